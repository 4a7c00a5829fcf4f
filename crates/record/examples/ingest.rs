//! Measures the store: how fast a run goes in, what an hour of it takes on the disk, and how fast one of ten thousand is
//! found. `ingest [STORE] [RECORDS]`; a new SQLite file in the temporary folder and 10,000 records when left out.

use std::collections::VecDeque;
use std::error::Error;
use std::time::Instant;

use leuka_procedure::{Event, Inputs, Run, Sample, Sources};
use leuka_record::entry::{Draft, Kind};
use leuka_record::{Actor, Clock, Opening, Store, Writer};
use serde_json::json;

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let mut arguments = std::env::args().skip(1);
    let file = std::env::temp_dir().join(format!("leuka-ingest-{}.sqlite", std::process::id()));
    let given = arguments.next();
    let url = given.clone().unwrap_or_else(|| file.display().to_string());
    let records = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let measured = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(&url, records));
    if given.is_none() {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
    measured
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn now() -> Instant {
    Instant::now()
}

async fn measure(url: &str, records: u32) -> Done<()> {
    let store = Store::open(url).await?;
    let clock = Clock::start();
    let by = Actor { actor: "ingest".into(), role: String::new() };
    let inputs = Inputs::read(&Sources::default())?;
    let mut run = Run::new(&inputs)?;
    let mut seconds: Vec<(Sample, Vec<Event>)> = Vec::new();
    while run.is_running() {
        let sample = run.second();
        seconds.push((sample, run.take_events()));
    }
    let events: usize = seconds.iter().map(|(_, events)| events.len()).sum();
    println!("the run: {} samples, {events} events", seconds.len());

    for (name, batch) in [("a second at a time, as at the bedside", 1), ("a minute at a time", 60)] {
        let id = format!("INGEST-{batch}-{}", clock.now().utc_ms);
        let mut writer = Writer::open(&store, &id, &inputs, by.clone(), clock.now()).await?;
        let taken = &seconds[..seconds.len().min(2000 * batch)];
        let began = now();
        for part in taken.chunks(batch) {
            for (sample, events) in part {
                for event in events {
                    writer.event(event, clock.now())?;
                }
                writer.sample(sample)?;
            }
            writer.flush().await?;
        }
        let took = began.elapsed().as_secs_f64();
        println!("{name}: {:.0} samples/s with their events, each batch on the disk", taken.len() as f64 / took);
        writer.outcome(&run.outcome(), &VecDeque::new(), clock.now())?;
        writer.flush().await?;
        if batch == 60 {
            weigh(&store, &id, taken.len()).await?;
        }
    }
    events_alone(&store, &inputs, &by, &clock, &seconds).await?;
    many(&store, records, &by, &clock).await
}

/// What a record takes, and how long it takes to be read and verified.
async fn weigh(store: &Store, id: &str, samples: usize) -> Done<()> {
    let entries = store.entries(id).await?;
    let bytes: usize = entries.iter().map(|entry| entry.body.len() + entry.hash.len() + entry.kind.len() + 8).sum();
    let hours = samples as f64 / 3600.0;
    println!("bytes of an hour of the procedure: {:.2} MB, before the database's own", bytes as f64 / 1e6 / hours);
    let began = now();
    let verdict = store.verify(id, None).await?;
    println!("verified {} entries in {:.0} ms", verdict.entries, 1e3 * began.elapsed().as_secs_f64());
    let began = now();
    store.load(id).await?;
    println!("read as a whole in {:.0} ms", 1e3 * began.elapsed().as_secs_f64());
    Ok(())
}

/// Events one at a time, each on the disk before the next.
async fn events_alone(
    store: &Store,
    inputs: &Inputs,
    by: &Actor,
    clock: &Clock,
    seconds: &[(Sample, Vec<Event>)],
) -> Done<()> {
    let id = format!("EVENTS-{}", clock.now().utc_ms);
    let mut writer = Writer::open(store, &id, inputs, by.clone(), clock.now()).await?;
    let events: Vec<&Event> = seconds.iter().flat_map(|(_, events)| events).cycle().take(1000).collect();
    let began = now();
    for event in &events {
        writer.event(event, clock.now())?;
        writer.flush().await?;
    }
    println!("events one at a time: {:.0} events/s", events.len() as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

/// Many records, and the slowest of many searches among them.
async fn many(store: &Store, records: u32, by: &Actor, clock: &Clock) -> Done<()> {
    let began = now();
    for number in 0..records {
        let at = clock.now();
        let opening = Opening {
            id: format!("MANY-{}-{number:05}", at.utc_ms),
            protocol: "cd34-autologous".into(),
            donor: format!("PT-{number:05}"),
            order_id: format!("ORDER-{number:05}"),
        };
        let opened = json!({
            "at": at, "actor": by.actor, "role": "", "inputs": {}, "title": "", "donor_id": opening.donor,
            "order_id": opening.order_id, "equipment": {},
        });
        store.create(&opening, &Draft::new(Kind::Open, &opened), at).await?;
        let din = json!(format!("A999926{number:06}"));
        store.enter(&opening.id, "product.din", din, by, "", at).await?;
    }
    println!("{records} records with their donation numbers in {:.1} s", began.elapsed().as_secs_f64());
    let mut slowest: f64 = 0.0;
    for number in (0..records).step_by((records as usize / 100).max(1)) {
        for text in [format!("PT-{number:05}"), format!("A999926{number:06}"), "autologous".into(), "nobody".into()] {
            let began = now();
            store.search(&text, 50).await?;
            slowest = slowest.max(1e3 * began.elapsed().as_secs_f64());
        }
    }
    println!("the slowest of 400 searches: {slowest:.1} ms");
    Ok(())
}
