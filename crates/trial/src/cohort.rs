//! Cohorts: files that say how donors are distributed, and the donors that are drawn from them.
//!
//! ```toml
//! schema = "leuka.cohort/1"
//! name = "g-csf-day-5"
//! source = "row A1.5 of the published rows"
//! female_pct = 45
//! rest_pct = "granulocyte_pct"      # takes what the other parts of the white cells leave to 100 %
//!
//! [fixed]                            # the same in everybody
//! g_csf_mobilised = true
//!
//! [drawn.weight_kg]                  # a donor's number; any --set path can stand here, in quotes
//! shape = "log-normal"
//! middle = 82
//! middle_female = 67
//! spread = 0.16
//! low = 50
//! high = 140
//!
//! [share.vein_quality]               # a donor's word or flag, in parts of all
//! good = 80
//! fair = 20
//!
//! [[correlation]]
//! between = ["weight_kg", "height_cm"]
//! r = 0.5
//! ```
//!
//! A variate is a function of (seed, study, donor, path): another distribution, correlation or order of running shifts no
//! other. Correlations join the normal scores of the variates (a Gaussian copula), so that every distribution keeps its
//! shape; a bound cuts its distribution off without piling values up at it.

mod read;

use std::fmt::Write as _;

use leuka_blood::math;
use leuka_blood::random::Seed;
use leuka_procedure::file::{Field, FileKind, NamedText, Override, Preset, Problems};

use crate::file::{Checker, Plain, allowed, choice, number, text};
use read::{read_correlations, read_drawn, read_fixed, read_share};

/// The file's own fields.
pub(crate) const FIELDS: &[Field] = &[
    choice("schema", &[Cohort::VERSION], Preset::Required, "Version of this file's form"),
    text("name", Preset::Required, "Short name"),
    text("title", Preset::Text(""), "Who these donors are, in a few words"),
    text("source", Preset::Required, "Where the distributions come from"),
    number("female_pct", "%", 0.0, 100.0, Preset::Number(50.0), "Women among the donors"),
    text(
        "rest_pct",
        Preset::Optional("nothing is adjusted: the parts of the white cells add up to 100 as they stand"),
        "The part of the white cells that takes what the others leave to 100 %",
    ),
];

/// The fields of a distribution.
pub(crate) const DRAWN: &[Field] = &[
    choice("shape", &["normal", "log-normal", "uniform"], Preset::Text("normal"), "Distribution"),
    number(
        "middle",
        "",
        -1e9,
        1e9,
        Preset::Optional("the middle between the bounds, of a uniform one"),
        "Mean of a normal, median of a log-normal distribution",
    ),
    number(
        "spread",
        "",
        0.0,
        1e9,
        Preset::Optional("the width between the bounds, of a uniform one"),
        "Standard deviation; of a log-normal distribution that of the natural logarithm",
    ),
    number("middle_female", "", -1e9, 1e9, Preset::Optional("as of men"), "The same of women"),
    number("spread_female", "", 0.0, 1e9, Preset::Optional("as of men"), "The same of women"),
    number("low", "", -1e9, 1e9, Preset::Optional("the lowest that a donor file allows"), "Lower bound"),
    number("high", "", -1e9, 1e9, Preset::Optional("the highest that a donor file allows"), "Upper bound"),
    text("source", Preset::Text(""), "Where this distribution comes from"),
];

/// The fields of a correlation.
pub(crate) const CORRELATION: &[Field] = &[
    number("r", "", -0.99, 0.99, Preset::Required, "Correlation of the normal scores"),
    text("source", Preset::Text(""), "Where it comes from"),
];

/// How donors are distributed.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Short name.
    pub name: String,
    /// Who they are.
    pub title: String,
    /// Where the distributions come from.
    pub source: String,
    female: f64,
    rest: Option<String>,
    fixed: Vec<(String, Plain)>,
    drawn: Vec<Drawn>,
    shares: Vec<Share>,
    /// Lower triangle of the Cholesky factor of the correlations, row by row.
    factor: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    path: String,
    shape: Shape,
    /// (middle, spread) of men and of women.
    men: (f64, f64),
    women: (f64, f64),
    low: f64,
    high: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Normal,
    LogNormal,
    Uniform,
}

#[derive(Debug, Clone, PartialEq)]
struct Share {
    path: String,
    /// Each value with the upper end of its part of all, 0 to 1.
    parts: Vec<(Plain, f64)>,
}

/// One donor of a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnDonor {
    /// Every value with its full `--set` path, in a fixed order: sex, shares, drawn, rest, fixed.
    values: Vec<(String, Plain)>,
}

impl Cohort {
    /// The value of the file's field `schema`.
    pub const VERSION: &'static str = "leuka.cohort/1";

    /// Reads and checks a cohort file.
    ///
    /// # Errors
    /// Every problem that can be told, with file, line, field and what is allowed.
    pub fn read(file: &NamedText) -> Result<Self, Problems> {
        let (mut checker, table) = Checker::open(file, "cohort")?;
        let table = table.get_ref();
        let values = checker.table("", table, FIELDS, &["fixed", "drawn", "share", "correlation"]);
        let fixed = read_fixed(&mut checker, table);
        let drawn: Vec<_> = checker
            .tables(table, "drawn")
            .into_iter()
            .filter_map(|(path, offset, inner)| read_drawn(&mut checker, &path, offset, inner))
            .collect();
        let shares: Vec<_> = checker
            .tables(table, "share")
            .into_iter()
            .filter_map(|(path, offset, inner)| read_share(&mut checker, &path, offset, inner))
            .collect();
        let factor = read_correlations(&mut checker, table, &drawn);
        let rest = values.text("rest_pct").map(|path| qualified(&path));
        let cohort = (|| {
            Some(Self {
                name: values.text("name")?,
                title: values.text("title")?,
                source: values.text("source")?,
                female: values.number("female_pct")? / 100.0,
                rest,
                fixed,
                drawn,
                shares,
                factor: factor?,
            })
        })();
        if let Some(cohort) = &cohort {
            cohort.check_complete(&mut checker);
        }
        checker.finish(cohort)
    }

    /// Every field that a donor file must give is given, and none twice.
    fn check_complete(&self, checker: &mut Checker<'_>) {
        let mut paths: Vec<&str> = self.paths().collect();
        paths.extend(self.fixed.iter().map(|(path, _)| path.as_str()));
        for field in FileKind::Donor.fields().iter().filter(|field| field.preset == Preset::Required) {
            let path = qualified(field.path);
            if field.path != "schema" && !paths.contains(&path.as_str()) {
                let message = format!(
                    "is missing: a donor needs it, {}; give it under [drawn], [share] or [fixed]",
                    allowed(field)
                );
                checker.found(None, field.path, message);
            }
        }
        paths.sort_unstable();
        let twice: Vec<_> = paths
            .windows(2)
            .filter(|pair| pair.first() == pair.last())
            .filter_map(|pair| pair.first().copied())
            .collect();
        for path in twice {
            checker.found(None, path, "is given twice: leave it to one of [drawn], [share], [fixed] and rest_pct");
        }
        if let Some(rest) = self.rest.as_deref().filter(|rest| !PARTS.contains(rest)) {
            checker.found(None, "rest_pct", format!("is {rest}: allowed is one of {}", PARTS.join(", ")));
        }
    }

    /// The full paths of what differs between donors, in the order in which donors have them.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let sex = std::iter::once("donor.sex");
        let shares = self.shares.iter().map(|share| share.path.as_str());
        let drawn = self.drawn.iter().map(|drawn| drawn.path.as_str());
        sex.chain(shares).chain(drawn).chain(self.rest.as_deref())
    }

    /// Draws the donor at a place of chance.
    #[must_use]
    pub fn donor(&self, seed: Seed) -> DrawnDonor {
        let uniform = |path: &str| seed.stream(&format!("cohort.{path}")).uniform();
        let is_female = uniform("donor.sex") < self.female;
        let sex = if is_female { "female" } else { "male" };
        let mut values = vec![("donor.sex".to_owned(), Plain::Text(sex.to_owned()))];
        for share in &self.shares {
            let at = uniform(&share.path);
            if let Some((value, _)) = share.parts.iter().find(|(_, end)| at < *end).or(share.parts.last()) {
                values.push((share.path.clone(), value.clone()));
            }
        }
        let scores: Vec<f64> = self.drawn.iter().map(|drawn| math::normal_quantile(uniform(&drawn.path))).collect();
        for (drawn, row) in self.drawn.iter().zip(&self.factor) {
            let score: f64 = row.iter().zip(&scores).map(|(weight, score)| weight * score).sum();
            values.push((drawn.path.clone(), Plain::Number(drawn.at(score, is_female))));
        }
        if let Some(rest) = &self.rest {
            values.push((rest.clone(), Plain::Number(self.rest_of(rest, &values))));
        }
        values.extend(self.fixed.iter().cloned());
        DrawnDonor { values }
    }

    fn rest_of(&self, rest: &str, values: &[(String, Plain)]) -> f64 {
        let given = |path: &str| {
            let found = values.iter().chain(&self.fixed).find(|(known, _)| known == path);
            if let Some((_, Plain::Number(number))) = found { *number } else { 0.0 }
        };
        let others: f64 = PARTS.iter().filter(|part| **part != rest).map(|part| given(part)).sum();
        rounded((100.0 - others).max(0.0))
    }
}

/// The parts of the white cells that add up to 100 %.
const PARTS: [&str; 4] = ["donor.lymphocyte_pct", "donor.monocyte_pct", "donor.granulocyte_pct", "donor.blast_pct"];

impl DrawnDonor {
    /// The values that differ between donors, each with its full path.
    pub(crate) fn varying(&self) -> impl Iterator<Item = (&str, &Plain)> {
        self.values.iter().map(|(path, value)| (path.as_str(), value))
    }

    /// The donor as a donor file; `id` stands on the wristband.
    #[must_use]
    pub fn file(&self, id: &str) -> String {
        let mut text = format!("schema = \"{}\"\nid = \"{id}\"\nname = \"Drawn donor\"\n", FileKind::Donor.version());
        for (path, value) in &self.values {
            if let Some(field) = path.strip_prefix("donor.") {
                let _ = match value {
                    Plain::Text(word) => writeln!(text, "{field} = \"{word}\""),
                    other => writeln!(text, "{field} = {other}"),
                };
            }
        }
        text
    }

    /// What was drawn beside the donor: values of the protocol, the order or the models.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        let beside = self.values.iter().filter(|(path, _)| !path.starts_with("donor."));
        beside.map(|(path, value)| Override { path: path.clone(), value: value.to_string() }).collect()
    }
}

impl Drawn {
    /// The value at a standard normal score.
    fn at(&self, score: f64, is_female: bool) -> f64 {
        let (middle, spread) = if is_female { self.women } else { self.men };
        let part = below(score);
        let value = match self.shape {
            Shape::Uniform => self.low + part * (self.high - self.low),
            Shape::Normal => cut(part, middle, spread, self.low, self.high),
            Shape::LogNormal => {
                let ln = |x: f64| if x > 0.0 { math::ln(x) } else { f64::NEG_INFINITY };
                math::exp(cut(part, ln(middle), spread, ln(self.low), ln(self.high)))
            }
        };
        rounded(value).clamp(self.low, self.high)
    }
}

/// The quantile at `part` of a normal distribution that is cut off at `low` and `high`.
fn cut(part: f64, middle: f64, spread: f64, low: f64, high: f64) -> f64 {
    if spread <= 0.0 {
        return middle;
    }
    let (from, to) = (below((low - middle) / spread), below((high - middle) / spread));
    middle + spread * math::normal_quantile(from + part * (to - from))
}

/// The standard normal distribution function.
fn below(score: f64) -> f64 {
    0.5 * math::erfc(-score / core::f64::consts::SQRT_2)
}

/// Four decimals are more than any of a donor's numbers is known to.
fn rounded(value: f64) -> f64 {
    math::round(value * 1e4) / 1e4
}

/// A path with the kind of file in front: fields without one are the donor's.
pub(crate) fn qualified(path: &str) -> String {
    let known = ["donor.", "protocol.", "order.", "model."];
    if known.iter().any(|kind| path.starts_with(kind)) { path.to_owned() } else { format!("donor.{path}") }
}

/// The lower Cholesky factor of a symmetric matrix; `None` when it is not positive definite.
pub(crate) fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (place, row) in matrix.iter().enumerate() {
        let mut line: Vec<f64> = Vec::with_capacity(place + 1);
        for column in 0..=place {
            let dot = |other: &[f64]| line.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
            let entry = *row.get(column)?;
            if column == place {
                let left = entry - dot(&line);
                if left <= 1e-10 {
                    return None;
                }
                line.push(math::sqrt(left));
            } else {
                let other = factor.get(column)?;
                line.push((entry - dot(other)) / *other.get(column)?);
            }
        }
        factor.push(line);
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
schema = "leuka.cohort/1"
name = "test"
source = "none"
female_pct = 40
rest_pct = "granulocyte_pct"
[fixed]
g_csf_mobilised = true
albumin_g_l = 40
[drawn.age_years]
shape = "uniform"
low = 20
high = 60
[drawn.height_cm]
middle = 178
middle_female = 165
spread = 7
[drawn.weight_kg]
shape = "log-normal"
middle = 82
middle_female = 67
spread = 0.15
low = 45
high = 140
[drawn.hematocrit_pct]
middle = 43
spread = 3
low = 36
high = 50
[drawn.wbc_1e9_l]
middle = 40
spread = 10
low = 15
high = 80
[drawn.lymphocyte_pct]
middle = 9
spread = 2
low = 4
high = 15
[drawn.monocyte_pct]
middle = 7
spread = 2
low = 2
high = 12
[drawn.platelet_1e9_l]
middle = 230
spread = 50
low = 120
high = 400
[drawn."model.machine.pump.x"]
middle = 1
spread = 0.1
low = 0.5
high = 1.5
[share.vein_quality]
good = 3
poor = 1
[[correlation]]
between = ["height_cm", "weight_kg"]
r = 0.6
"#;

    fn read(text: &str) -> Result<Cohort, String> {
        Cohort::read(&NamedText { name: "c.toml".into(), text: text.into() }).map_err(|problems| problems.to_string())
    }

    fn numbers(cohort: &Cohort, path: &str, count: u64) -> Vec<f64> {
        let value = |subject| {
            let donor = cohort.donor(Seed { seed: 1, study: 2, subject });
            let found = donor.varying().find(|(known, _)| *known == path).map(|(_, value)| value.clone());
            if let Some(Plain::Number(number)) = found { number } else { f64::NAN }
        };
        (0..count).map(value).collect()
    }

    fn moments(values: &[f64]) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, math::sqrt(values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n))
    }

    #[test]
    fn donors_have_the_distributions_and_correlations_of_their_file() {
        let cohort = read(FILE).unwrap();
        let ages = numbers(&cohort, "donor.age_years", 4000);
        let (mean, sd) = moments(&ages);
        // Four standard errors of the mean of 4000.
        assert!((mean - 40.0).abs() < 0.73 && (sd - 40.0 / math::sqrt(12.0)).abs() < 0.4, "{mean} {sd}");
        let platelets = numbers(&cohort, "donor.platelet_1e9_l", 4000);
        assert!(platelets.iter().all(|count| (120.0..=400.0).contains(count)));
        assert!((moments(&platelets).0 - 230.0).abs() < 4.0, "{:?}", moments(&platelets));

        // Height and weight of men only, so that the sexes' difference adds no correlation.
        let men: Vec<(f64, f64)> = (0..8000)
            .map(|subject| cohort.donor(Seed { seed: 1, study: 2, subject }))
            .filter(|donor| donor.varying().any(|(_, value)| *value == Plain::Text("male".into())))
            .map(|donor| {
                let number = |path| {
                    let found = donor.varying().find(|(known, _)| *known == path);
                    if let Some((_, Plain::Number(number))) = found { *number } else { f64::NAN }
                };
                (number("donor.height_cm"), math::ln(number("donor.weight_kg")))
            })
            .collect();
        let share = men.len() as f64 / 8000.0;
        assert!((share - 0.6).abs() < 0.022, "{share} are men");
        let ((mean_x, sd_x), (mean_y, sd_y)) = {
            let (x, y): (Vec<f64>, Vec<f64>) = men.iter().copied().unzip();
            (moments(&x), moments(&y))
        };
        let r = men.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / men.len() as f64 / sd_x / sd_y;
        assert!((r - 0.6).abs() < 0.04, "correlation {r}");
    }

    #[test]
    fn one_distribution_more_changes_no_other() {
        let more = format!("{FILE}\n[drawn.cd34_per_ul]\nshape = \"log-normal\"\nmiddle = 60\nspread = 0.7\n");
        let (less, more) = (read(FILE).unwrap(), read(&more).unwrap());
        for path in ["donor.age_years", "donor.weight_kg", "donor.granulocyte_pct"] {
            assert_eq!(numbers(&less, path, 50), numbers(&more, path, 50));
        }
    }

    #[test]
    fn a_donor_is_a_donor_file_whose_white_cells_add_up() {
        let donor = read(FILE).unwrap().donor(Seed { seed: 1, study: 1, subject: 9 });
        let file = NamedText { name: "d.toml".into(), text: donor.file("D-9") };
        assert_eq!(leuka_procedure::check_file(&file), Ok("donor"));
        assert_eq!(donor.overrides().len(), 1, "the number of the machine stands beside the donor");
    }

    #[test]
    fn every_problem_says_where_it_is_and_what_is_allowed() {
        let told =
            read(&FILE.replace("[drawn.age_years]", "[drawn.aeg_years]").replace("r = 0.6", "r = 2")).unwrap_err();
        for part in [
            "c.toml:10: cohort.drawn.aeg_years: `donor.aeg_years` is no field",
            "cohort.correlation.r: is `2`: allowed is a number from -0.99 to 0.99",
        ] {
            assert!(told.contains(part), "`{part}` is not in\n{told}");
        }
        let told = read(&FILE.replace("high = 400", "high = 4000")).unwrap_err();
        assert!(
            told.contains(
                "cohort.drawn.platelet_1e9_l: runs from 120 to 4000: low must be below high within 5 to 1500"
            ),
            "{told}"
        );
        let told = read(&FILE.replace("[drawn.weight_kg]", "[share.weight_kg]")).unwrap_err();
        assert!(told.contains("cohort.share.weight_kg"), "{told}");
    }

    #[test]
    fn correlations_that_contradict_each_other_are_refused() {
        let more = "[[correlation]]\nbetween = [\"age_years\", \"height_cm\"]\nr = 0.9\n[[correlation]]\nbetween = [\"age_years\", \"weight_kg\"]\nr = -0.9\n";
        assert!(read(&format!("{FILE}{more}")).unwrap_err().contains("contradict"));
    }
}
