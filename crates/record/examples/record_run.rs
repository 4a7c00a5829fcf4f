//! Streams a run into a store and says, line by line, which entry is on the disk: what the kill tests kill.
//!
//! `record_run STORE ID [SECONDS]`; with a record that is there already, the run is resumed after its last sample.

use std::error::Error;
use std::io::Write as _;

use leuka_procedure::{Inputs, Run, Sources};
use leuka_record::{Actor, Clock, Store, Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, id, rest @ ..] = arguments.as_slice() else { return Err("give STORE and ID".into()) };
    let seconds: u64 = rest.first().map_or(Ok(u64::MAX), |text| text.parse())?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(stream(url, id, seconds))
}

async fn stream(url: &str, id: &str, seconds: u64) -> Result<(), Box<dyn Error>> {
    let clock = Clock::start();
    let by = Actor { actor: "record_run".into(), role: String::new() };
    let inputs = Inputs::read(&Sources::default())?;
    let store = Store::open(url).await?;
    let mut run = Run::new(&inputs)?;
    let mut writer = match store.load(id).await {
        Err(leuka_record::Error::NoRecord(_)) => Writer::open(&store, id, &inputs, by, clock.now()).await?,
        Err(error) => return Err(error.into()),
        Ok(record) => {
            if record.ended.is_some() {
                store.resume(id, &by, "the program was killed", clock.now()).await?;
            }
            // The same inputs give the same run: what is recorded already is run again and left out.
            for _ in 0..record.samples.len() {
                run.second();
                run.take_events();
            }
            Writer::again(&store, id).await?
        }
    };
    let mut said = std::io::stdout().lock();
    for _ in 0..seconds {
        if !run.is_running() {
            break;
        }
        let sample = run.second();
        for event in run.take_events() {
            writer.event(&event, clock.now())?;
        }
        // Last of its second, so that a second is on the disk with all of its events or not at all.
        writer.sample(&sample)?;
        let head = writer.flush().await?;
        writeln!(said, "{} {}", head.seq, head.hash)?;
        said.flush()?;
    }
    if !run.is_running() {
        writer.outcome(&run.outcome(), run.alarm_log(), clock.now())?;
        let head = writer.flush().await?;
        writeln!(said, "{} {}", head.seq, head.hash)?;
    }
    Ok(())
}
