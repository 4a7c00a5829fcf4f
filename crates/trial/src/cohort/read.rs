//! Reading the tables of a cohort file.

use leuka_procedure::file::{Field, FileKind, Kind};

use super::{CORRELATION, DRAWN, Drawn, Shape, Share, cholesky, qualified};
use crate::file::{Checker, Plain, Table, Values, join};

/// The field of a protocol, donor or order file at a full path; `None` for a model's number and for what is no field.
fn field_at(path: &str) -> Option<&'static Field> {
    let (kind, rest) = path.split_once('.')?;
    let kinds = [FileKind::Protocol, FileKind::Donor, FileKind::Order];
    kinds.into_iter().find(|known| known.name() == kind)?.field(rest)
}

/// Notes a path that is no field.
fn check_path(checker: &mut Checker<'_>, at: &str, path: &str, offset: usize) -> Option<()> {
    if path.starts_with("model.") || field_at(path).is_some() {
        return Some(());
    }
    let kind = path.split('.').next().unwrap_or_default();
    checker.found(Some(offset), at, format!("`{path}` is no field: `leuka schema {kind}` lists them"));
    None
}

pub(super) fn read_fixed(checker: &mut Checker<'_>, table: &Table<'_>) -> Vec<(String, Plain)> {
    let mut fixed = Vec::new();
    for (path, offset, value) in checker.plains("", table, "fixed") {
        let path = qualified(&path);
        if check_path(checker, "fixed", &path, offset).is_some() {
            fixed.push((path, value));
        }
    }
    fixed
}

pub(super) fn read_drawn(checker: &mut Checker<'_>, key: &str, offset: usize, table: &Table<'_>) -> Option<Drawn> {
    let at = join("drawn", key);
    let values = checker.table(&at, table, DRAWN, &[]);
    let path = qualified(key);
    check_path(checker, &at, &path, offset)?;
    let allowed_range = match field_at(&path).map(|field| field.kind) {
        Some(Kind::Number { low, high } | Kind::Tiers { low, high }) => Some((low, high)),
        Some(_) => {
            checker.found(Some(offset), &at, "is no number and cannot be drawn: give its parts under [share]");
            return None;
        }
        None => None,
    };
    let shape = match values.text("shape").as_deref() {
        Some("uniform") => Shape::Uniform,
        Some("log-normal") => Shape::LogNormal,
        _ => Shape::Normal,
    };
    let low = values.number("low").or(allowed_range.map(|(low, _)| low));
    let high = values.number("high").or(allowed_range.map(|(_, high)| high));
    let (Some(low), Some(high)) = (low, high) else {
        checker.found(Some(offset), &at, "has no bounds: give low and high");
        return None;
    };
    let outside = allowed_range.is_some_and(|(least, most)| low < least || high > most);
    if outside || low >= high {
        let range = allowed_range.map_or_else(String::new, |(least, most)| format!(" within {least} to {most}"));
        checker.found(Some(offset), &at, format!("runs from {low} to {high}: low must be below high{range}"));
        return None;
    }
    let men = middle_and_spread(checker, &at, offset, shape, &values, (low, high))?;
    let women = (values.number("middle_female").unwrap_or(men.0), values.number("spread_female").unwrap_or(men.1));
    let wrong = |(middle, spread): (f64, f64)| {
        !(low..=high).contains(&middle) || (shape == Shape::LogNormal && (middle <= 0.0 || spread > 5.0))
    };
    if wrong(men) || wrong(women) {
        let hint = if shape == Shape::LogNormal { ", and the spread of a log-normal one below 5" } else { "" };
        checker.found(Some(offset), &at, format!("has its middle outside {low} to {high}: it must lie inside{hint}"));
        return None;
    }
    Some(Drawn { path, shape, men, women, low, high })
}

fn middle_and_spread(
    checker: &mut Checker<'_>,
    at: &str,
    offset: usize,
    shape: Shape,
    values: &Values,
    (low, high): (f64, f64),
) -> Option<(f64, f64)> {
    match (shape, values.number("middle"), values.number("spread")) {
        (Shape::Uniform, None, None) => Some((0.5 * (low + high), high - low)),
        (Shape::Uniform, ..) => {
            checker.found(Some(offset), at, "is uniform: it has low and high, and no middle or spread");
            None
        }
        (_, Some(middle), Some(spread)) => Some((middle, spread)),
        _ => {
            checker.found(Some(offset), at, "has no middle or no spread: give both");
            None
        }
    }
}

pub(super) fn read_share(checker: &mut Checker<'_>, key: &str, offset: usize, table: &Table<'_>) -> Option<Share> {
    let (at, path) = (join("share", key), qualified(key));
    check_path(checker, &at, &path, offset)?;
    let kind = field_at(&path)?.kind;
    let mut parts = Vec::new();
    let mut sum = 0.0;
    for (word, value) in table {
        let given = match value.get_ref() {
            toml::de::DeValue::Integer(number) => number.as_str().parse().ok(),
            toml::de::DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        let word = word.get_ref().as_ref();
        let plain = match kind {
            Kind::Flag => word.parse().ok().map(Plain::Flag),
            Kind::Choice(words) => words.contains(&word).then(|| Plain::Text(word.to_owned())),
            Kind::Number { low, high } => {
                word.parse().ok().filter(|number: &f64| (low..=high).contains(number)).map(Plain::Number)
            }
            _ => None,
        };
        match (given.filter(|part| *part >= 0.0), plain) {
            (Some(part), Some(plain)) => {
                sum += part;
                parts.push((plain, sum));
            }
            _ => {
                let message =
                    "is no part of all: write VALUE = PART with a value that the field allows and a part of at least 0";
                checker.found(Some(value.span().start), &join(&at, word), message);
                return None;
            }
        }
    }
    if sum <= 0.0 {
        checker.found(Some(offset), &at, "has no parts: give at least one above 0");
        return None;
    }
    let parts = parts.into_iter().map(|(plain, end)| (plain, end / sum)).collect();
    Some(Share { path, parts })
}

/// The Cholesky factor of the correlations between what is drawn.
pub(super) fn read_correlations(
    checker: &mut Checker<'_>,
    table: &Table<'_>,
    drawn: &[Drawn],
) -> Option<Vec<Vec<f64>>> {
    let count = drawn.len();
    let mut matrix: Vec<Vec<f64>> =
        (0..count).map(|row| (0..count).map(|column| if row == column { 1.0 } else { 0.0 }).collect()).collect();
    for (offset, inner) in checker.list(table, "correlation") {
        let values = checker.table("correlation", inner, CORRELATION, &["between"]);
        let names = checker.values("correlation", inner, "between").map_or_else(Vec::new, |(_, names)| names);
        let places: Vec<Option<usize>> = names
            .iter()
            .map(|name| drawn.iter().position(|known| known.path == qualified(&name.to_string())))
            .collect();
        match (places.as_slice(), values.number("r")) {
            ([Some(one), Some(other)], Some(r)) if one != other => {
                for (row, column) in [(*one, *other), (*other, *one)] {
                    if let Some(entry) = matrix.get_mut(row).and_then(|row| row.get_mut(column)) {
                        *entry = r;
                    }
                }
            }
            (_, None) => {}
            _ => {
                let message = "names no two different distributions: write between = [\"weight_kg\", \"height_cm\"]";
                checker.found(Some(offset), "correlation.between", message);
            }
        }
    }
    let factor = cholesky(&matrix);
    if factor.is_none() {
        checker.found(None, "correlation", "the correlations contradict each other: no distribution has all of them");
    }
    factor
}
