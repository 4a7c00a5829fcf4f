//! Every row at once: as a table, as JSON, and as a dossier in HTML that prints well.
//!
//! The dossier is laid out after FDA's guidance on the credibility of computational modelling in submissions of medical
//! devices (2023): question, context of use, model risk, verification, validation, applicability, limits.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use leuka_blood::validation::Band;
use leuka_procedure::pretty;
use leuka_report::{Forest, ForestRow, NOT_A_DEVICE, table};
use leuka_trial::memory::{self, Whole};
use serde_json::json;

use super::held::{self, Held};
use super::{Arguments, COUNTED, library, picture};
use crate::progress::Work;
use crate::{Failure, files, trial, verify};

/// What was simulated, with what it takes to show it.
struct Evidence {
    rows: Vec<Held>,
    /// The studies with their donors and runs.
    studies: Vec<(leuka_trial::Study, Whole)>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let evidence = gather(arguments)?;
    if let Some(path) = &arguments.html {
        files::write(path, &html(&evidence)?)?;
    }
    if arguments.json {
        let rows: Vec<_> = evidence.rows.iter().map(Held::json).collect();
        let left_out: Vec<_> = library::published()?
            .left_out
            .into_iter()
            .map(|(id, reason)| json!({ "id": id, "reason": reason }))
            .collect();
        print!(
            "{}",
            pretty(
                &json!({ "schema": "leuka.validation/1", "version": leuka_procedure::VERSION, "rows": rows, "left_out": left_out })
            )
        );
    } else {
        print!(
            "{}\n{}\n{NOT_A_DEVICE}\n",
            table(&HEADER, &cells(&evidence.rows)),
            table(&COUNTED, &counts(&evidence.rows))
        );
    }
    if let (Some(path), false) = (&arguments.html, arguments.json) {
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Simulates everything: the benches on one thread while the studies use all.
fn gather(arguments: &Arguments) -> Result<Evidence, Failure> {
    let names = held::studies()?;
    let benches = || -> Result<Vec<Held>, Failure> {
        let mut rows = held::donor()?;
        rows.extend(held::planner()?);
        rows.extend(held::filters()?);
        for name in held::BENCHES {
            rows.extend(held::separator(name)?);
        }
        Ok(rows)
    };
    let mut studies = Vec::new();
    let mut rows = std::thread::scope(|scope| {
        let benches = scope.spawn(benches);
        let mut rows = Vec::new();
        for name in &names {
            let study = library::study(name)?.with(arguments.donors, None);
            let work = std::sync::Mutex::new(Work::new(&format!("{name}, {} runs", study.runs()), arguments.json));
            #[expect(clippy::cast_precision_loss, reason = "a part of some hundred runs")]
            let tell = |progress: leuka_trial::Progress| {
                let mut work = work.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                work.tell(progress.done as f64 / progress.of.max(1) as f64);
            };
            let whole = memory::run(&study, trial::cores(), &AtomicBool::new(false), &tell);
            work.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).finish();
            if let Some(whole) = whole {
                rows.extend(held::study(name, &whole)?);
                studies.push((study, whole));
            }
        }
        let mut all = benches.join().map_err(|_| Failure::Work("a bench stopped by a defect".into()))??;
        all.extend(rows);
        Ok::<_, Failure>(all)
    })?;
    rows.sort_by(|one, other| other.miss().total_cmp(&one.miss()));
    Ok(Evidence { rows, studies })
}

const HEADER: [&str; 10] =
    ["Row", "What", "Unit", "Published", "Spread", "Simulated", "Interval", "Band", "Spread holds it", "Basis"];

/// The misses first.
fn cells(rows: &[Held]) -> Vec<Vec<String>> {
    rows.iter()
        .map(|row| {
            vec![
                row.id.clone(),
                row.what.clone(),
                row.unit.clone(),
                row.published.map_or_else(String::new, |value| format!("{value}")),
                row.spread.map_or_else(String::new, super::spread),
                format!("{:.2}", row.simulated),
                row.interval.map_or_else(String::new, super::spread),
                row.band().name().to_owned(),
                row.inside().map_or("", |inside| if inside { "inside" } else { "outside" }).to_owned(),
                row.basis.clone(),
            ]
        })
        .collect()
}

fn counts(rows: &[Held]) -> Vec<Vec<String>> {
    let count = |basis: &str, band: Band| rows.iter().filter(|row| row.basis == basis && row.band() == band).count();
    let row = |basis: &str| {
        let counts = [Band::Green, Band::Amber, Band::Red].map(|band| count(basis, band).to_string());
        [&[basis.to_owned()], &counts[..]].concat()
    };
    ["predicted", "assumed", "fitted"].map(row).to_vec()
}

const STYLE: &str = "body{font:15px/1.5 Georgia,serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1b2530}\
h1,h2,h3{font-family:Helvetica,Arial,sans-serif;line-height:1.2}h2{margin-top:2em;border-bottom:1px solid #9aa5af}\
table{border-collapse:collapse;font:12px/1.35 Helvetica,Arial,sans-serif;width:100%;margin:1em 0}\
th,td{border-bottom:1px solid #d7e0e8;padding:.25em .5em;text-align:left;vertical-align:top}th{background:#eef2f5}\
figure{margin:1.5em 0;break-inside:avoid}figure svg{max-width:100%;height:auto}figcaption{font-size:13px}\
.red td:nth-child(8){font-weight:bold}\
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}\
@page{size:A4;margin:18mm}";

fn html(evidence: &Evidence) -> Result<String, Failure> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>leuka {version}: credibility of the models</title><style>{STYLE}</style></head><body>\n<h1>leuka {version}: credibility of the models</h1>\n<p><strong>{NOT_A_DEVICE}</strong> Laid out after FDA's guidance on the credibility of computational modelling and simulation (2023). Made by <code>leuka validate --html</code>: everything below was computed by the program that wrote it.</p>\n",
        version = leuka_procedure::VERSION
    );
    page += QUESTION;
    page += &verification()?;
    page += &validation(evidence)?;
    page += APPLICABILITY;
    page += "</body></html>\n";
    Ok(page)
}

const QUESTION: &str = "<h2>1 Question of interest</h2>
<p>How would a leukapheresis go in a given donor or patient, with a given protocol: how many cells are collected, what does it cost the donor, how long does it take, and which of two protocols does better?</p>
<h2>2 Context of use</h2>
<p>Comparison of protocols in cohorts of virtual donors before a study in people is designed; test of control and safety software against a virtual plant; teaching. Quantities of interest are collection efficiency and cell dose, product volume and composition, the donor's counts, ionised calcium and circulation, and the rates of reactions. Decisions about a person are outside the context of use.</p>
<h2>3 Model risk</h2>
<table><thead><tr><th>Use</th><th>Influence of the model</th><th>Consequence of a wrong answer</th><th>Risk</th></tr></thead><tbody>
<tr><td>Teaching, software tests</td><td>high: nothing else decides</td><td>low: a wrong lesson, found when it meets practice</td><td>low</td></tr>
<tr><td>Ranking protocols before a study</td><td>medium: beside literature and experience</td><td>medium: a study that asks the wrong question</td><td>medium</td></tr>
<tr><td>Absolute yields or rates of reactions</td><td>medium</td><td>medium: too few or too many donors planned</td><td>medium; high where the rows below miss</td></tr>
<tr><td>Treating people</td><td colspan=\"3\">outside the context of use</td></tr></tbody></table>
";

const APPLICABILITY: &str = "<h2>6 Applicability</h2>
<ul><li>The separator is one channel with settings of its own: rows measured on several makes of machine are held against it, and machines differ from each other by more than most rows' spread.</li>
<li>Cohorts say in their files which distributions come from a publication and which are engineering judgement. Most publications give medians of counts and little about bodies; correlations are judgement.</li>
<li>Rows marked assumed needed an input that the publication does not state. It was chosen with the result known; agreement there is weaker evidence than a prediction. Rows marked fitted are no evidence at all beyond the fit.</li>
<li>Adults are covered best; children by few rows, granulocytes and depletion by assumed settings.</li></ul>
<h2>7 Limits</h2>
<ul><li>Intervals of simulated values hold the chance of drawing so many donors, not the doubt about the model.</li>
<li>Measured counts carry an error of some 8 %, and published efficiencies with or without anticoagulant in the volume differ by 9 %: neither is taken out.</li>
<li>Whole procedures run on the reduced stage of the separator, whose distance from the channel is in docs/separation.md; blood with starch runs on the channel itself.</li>
<li>Between-run spread comes from donors, instruments and the operator's preference of the collect line; it is smaller than the spread between centres.</li></ul>
<h2>8 Adequacy</h2>
<p>For comparisons within one protocol family the evidence carries the direction of effects where the row of the effect is green or amber. Absolute values may be used where their row is green and predicted. A red row forbids use of that quantity until its reason is found.</p>
";

/// What `leuka verify --quick` solves.
fn verification() -> Result<String, Failure> {
    let solved = verify::quick()?;
    let passed = solved.iter().filter(|(_, _, passed)| *passed).count();
    let mut text = format!(
        "<h2>4 Verification</h2>\n<p>Reference problems with exact or independent answers, solved by the code that runs procedures: {passed} of {} passed. <code>leuka verify</code> shows every figure, error and order of convergence, and solves the slow ones too. The program gives the same bytes on every x86-64 processor; every run balances each cell line, water and citrate to 1e-9.</p>\n<table><thead><tr><th>Problem</th><th>About</th><th></th></tr></thead><tbody>\n",
        solved.len()
    );
    for (name, about, passed) in solved {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            escaped(about),
            if passed { "pass" } else { "MISS" }
        );
    }
    Ok(text + "</tbody></table>\n")
}

fn validation(evidence: &Evidence) -> Result<String, Failure> {
    let mut text = String::from(
        "<h2>5 Validation</h2>\n<p>Each published value beside what is simulated for it, the largest misses first. Band: green within 10 %, amber within 30 %, red beyond. Interval: 95 %, by the number of virtual donors. Basis: fitted with the row in sight, with an input assumed, or predicted.</p>\n",
    );
    text += &html_table(&COUNTED, &counts(&evidence.rows), |_| "");
    let band = |place: usize| evidence.rows.get(place).map_or("", |row| row.band().name());
    text += &html_table(&HEADER, &cells(&evidence.rows), band);
    text += "<h3>5.1 How far each row is off</h3>\n";
    for (part, title) in [
        ("procedure", "Whole procedures in cohorts"),
        ("donor", "The body alone"),
        ("separator", "The separator alone, and granulocytes"),
    ] {
        text += &figure(
            &forest(title, part, &evidence.rows),
            "Simulated over published values. The interval is that of the simulation.",
        );
    }
    text += "<h3>5.2 Studies</h3>\n";
    for (study, whole) in &evidence.studies {
        let cohort = study.cohort().map_or_else(String::new, |cohort| format!("{} ({})", cohort.title, cohort.source));
        let failed: u64 = whole.summary.failures.values().sum();
        let _ = writeln!(
            text,
            "<h4>{}</h4>\n<p>{} Donors: {}; {cohort}. Runs: {}, without an outcome: {failed}.</p>",
            escaped(&study.title),
            escaped(&study.question),
            study.donors,
            whole.rows.len()
        );
        for (name, picture) in
            whole.summary.pictures().into_iter().filter(|(name, _)| !name.ends_with("-difference")).take(2)
        {
            text += &figure(&picture.svg(), &format!("{}: {name}.", study.name));
        }
    }
    text += "<h3>5.3 The body over time</h3>\n";
    let work = |error: &dyn std::error::Error| Failure::Work(error.to_string());
    let parameters = leuka_donor::Parameters::embedded().map_err(|error| work(&error))?;
    let blood = leuka_blood::Parameters::embedded().map_err(|error| work(&error))?;
    for curves in leuka_donor::validation::curves(&parameters, &blood).map_err(|error| work(&error))? {
        text += &figure(&picture(&curves).svg(), curves.title);
    }
    text += "<h3>5.4 What was assumed, and what is left out</h3>\n<ul>\n";
    let mut told: Vec<String> = Vec::new();
    for row in evidence.rows.iter().filter(|row| !row.assumed.is_empty()) {
        let line = format!("{}: {}", row.id, row.assumed);
        if !told.contains(&line) {
            let _ = writeln!(text, "<li>{}</li>", escaped(&line));
            told.push(line);
        }
    }
    for (id, reason) in library::published()?.left_out {
        let _ = writeln!(text, "<li>{id} is left out: {}</li>", escaped(&reason));
    }
    text += "</ul>\n<h3>5.5 Publications</h3>\n<p>Row ids are those of validation/published.csv, which names the publications.</p>\n";
    Ok(text)
}

fn forest(title: &str, part: &str, rows: &[Held]) -> String {
    let row = |row: &Held| {
        let ratio = row.ratio()?;
        let published = row.published?;
        let ends = |(low, high): (f64, f64)| (low / published, high / published);
        Some(ForestRow { label: short(&format!("{} {}", row.id, row.what)), ratio, interval: row.interval.map(ends) })
    };
    let mut rows: Vec<&Held> = rows.iter().filter(|row| row.part == part).collect();
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    Forest { title: title.to_owned(), rows: rows.into_iter().filter_map(row).collect() }.svg()
}

fn short(text: &str) -> String {
    if text.chars().count() > 68 { text.chars().take(66).collect::<String>() + " …" } else { text.to_owned() }
}

fn figure(svg: &str, caption: &str) -> String {
    format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", escaped(caption))
}

fn html_table<'a>(header: &[&str], rows: &[Vec<String>], class: impl Fn(usize) -> &'a str) -> String {
    let head: String = header.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    let mut text = format!("<table><thead><tr>{head}</tr></thead><tbody>\n");
    for (place, row) in rows.iter().enumerate() {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        let _ = writeln!(text, "<tr class=\"{}\">{cells}</tr>", class(place));
    }
    text + "</tbody></table>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
