//! Makes the stage's table: surveys the channel, fits the interpolant, and holds it against fresh points.
//!
//! Run it as `cargo xtask tables`. Points that are in the files already are not measured again, so that it can be stopped at
//! any time and goes on where it was; the files come out the same whatever the number of threads.

mod fit;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use leuka_separator::Parameters;
use leuka_separator::stage::survey::{Class, FIRST_CORE, FIRST_EDGE, FIRST_FRESH, POINTS_PER_SITE, Record, measure};
use leuka_separator::stage::table::Table;

const HELP: &str = "\
cargo xtask tables [--sites N] [--core N] [--edge N] [--fresh N] [--threads N]

  --sites N    sites over the whole envelope, three points each (default 353)
  --core N     more sites where most procedures are (default 90)
  --edge N     more sites near the edges of the envelope (default 78)
  --fresh N    sites that the table is held against, which it is not made of (default 109)
  --threads N  channels that run at the same time (default: one for each core)

Writes survey.csv, fresh.csv and stage.txt into the separator's data. What stands in the two surveys is not measured again:
remove them after a change of the channel.";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut sites, mut core, mut edge, mut fresh) = (353, 90, 78, 109);
    let mut threads = std::thread::available_parallelism()?.get();
    while let Some(word) = arguments.next() {
        let mut number =
            || arguments.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} needs a whole number"));
        match word.as_str() {
            "--sites" => sites = number()?,
            "--core" => core = number()?,
            "--edge" => edge = number()?,
            "--fresh" => fresh = number()?,
            "--threads" => threads = number()? as usize,
            _ => {
                println!("{HELP}");
                return if word == "--help" { Ok(()) } else { Err(format!("`{word}` is no option").into()) };
            }
        }
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let numbers = (0..sites).chain(FIRST_CORE..FIRST_CORE + core).chain(FIRST_EDGE..FIRST_EDGE + edge).collect();
    let survey = survey(&data.join("survey.csv"), numbers, threads)?;
    let steady: Vec<Record> = survey.into_iter().filter(Record::is_steady).collect();
    println!("{} points of the survey are steady", steady.len());
    let blood = leuka_blood::Parameters::embedded()?;
    let table = fit::table(&steady, &Parameters::embedded()?, &blood)?;
    fs::write(data.join("stage.txt"), table.text())?;
    let fresh = self::survey(&data.join("fresh.csv"), (FIRST_FRESH..FIRST_FRESH + fresh).collect(), threads)?;
    // As it is read, not as it was made.
    compare(&Table::parse(&table.text())?, &fresh.into_iter().filter(Record::is_steady).collect::<Vec<_>>());
    Ok(())
}

/// The records of the sites, those that `file` lacks measured now.
fn survey(file: &Path, sites: Vec<u32>, threads: usize) -> Result<Vec<Record>, Box<dyn Error>> {
    let (parameters, blood) = (Parameters::embedded()?, leuka_blood::Parameters::embedded()?);
    let mut known: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
    for record in fs::read_to_string(file).unwrap_or_default().lines().filter_map(Record::read) {
        known.entry(record.site).or_default().push(record);
    }
    known.retain(|site, records| sites.contains(site) && records.len() == POINTS_PER_SITE);
    let missing: Vec<u32> = sites.into_iter().filter(|site| !known.contains_key(site)).collect();
    let part: PathBuf = file.with_extension("csv.part");
    write(&part, known.values().flatten())?;
    let out = Mutex::new((fs::OpenOptions::new().append(true).open(&part)?, known, 0_u32));
    let next = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "how long is left, for people")]
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&site) = missing.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let records = measure(&parameters, &blood, site).expect("the production grid is usable");
                    let mut out = out.lock().expect("no thread panics");
                    let (file, known, done) = &mut *out;
                    for record in &records {
                        writeln!(file, "{}", record.line()).expect("the survey can be written");
                    }
                    fs::copy(&part, part.with_extension("")).expect("the survey can be written");
                    known.insert(site, records.to_vec());
                    *done += 1;
                    let left_s =
                        begun.elapsed().as_secs_f64() / f64::from(*done) * (missing.len() - *done as usize) as f64;
                    eprint!(
                        "\r{}: {done} of {} sites, {:.0} min left   ",
                        file_name(&part),
                        missing.len(),
                        left_s / 60.0
                    );
                }
            });
        }
    });
    eprintln!();
    let (_, known, _) = out.into_inner()?;
    write(file, known.values().flatten())?;
    fs::remove_file(part)?;
    // As they stand in the file: the same whether they were measured now or earlier.
    Ok(fs::read_to_string(file)?.lines().filter_map(Record::read).collect())
}

fn file_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn write<'a>(file: &Path, records: impl Iterator<Item = &'a Record>) -> std::io::Result<()> {
    let mut text = Record::header() + "\n";
    records.for_each(|record| text.push_str(&(record.line() + "\n")));
    fs::write(file, text)
}

/// Prints how far the table is from the channel, over the envelope and where most procedures are.
fn compare(table: &Table, fresh: &[Record]) {
    let usual = |record: &&Record| (60.0..=800.0).contains(&record.conditions.packing);
    print("over the whole envelope", table, &fresh.iter().collect::<Vec<_>>());
    print("with packing factors of 60 to 800 g min", table, &fresh.iter().filter(usual).collect::<Vec<_>>());
}

fn print(place: &str, table: &Table, fresh: &[&Record]) {
    let mut errors: Vec<(f64, String)> = Vec::new();
    for record in fresh {
        let at = table.at(&record.conditions, record.place.collect_hematocrit);
        for ((class, table), channel) in Class::ALL.iter().zip(&at.classes).zip(&record.place.classes) {
            let error = 100.0 * (table.collect - channel.collect).abs();
            let (table, channel) = (100.0 * table.collect, 100.0 * channel.collect);
            let hematocrit = 100.0 * record.place.collect_hematocrit;
            errors.push((
                error,
                format!(
                    "{class:?}: table {table:.1} %, channel {channel:.1} %, at {:?}, collect haematocrit {hematocrit:.2} %",
                    record.conditions
                ),
            ));
        }
    }
    errors.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at = |part: f64| errors.get((part * errors.len() as f64) as usize).map_or(f64::NAN, |error| error.0);
    println!("{} fresh points {place}, captures of {} classes, percentage points:", fresh.len(), Class::ALL.len());
    println!("  median {:.2}, 95 % {:.2}, 99 % {:.2}", at(0.5), at(0.95), at(0.99));
    for (error, text) in errors.iter().rev().take(3) {
        println!("  worst {error:.1}: {text}");
    }
}
