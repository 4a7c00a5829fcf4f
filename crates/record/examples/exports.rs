//! Writes every export of a run folder into a folder, for the readers of others to open: `cargo xtask interop`.
//!
//! `cargo run -p leuka-record --example exports --all-features -- RUN_FOLDER OUT_FOLDER`

use std::error::Error;
use std::path::Path;

use leuka_record::export::{fhir, folder, hl7, sdc};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, out] = arguments.as_slice() else { return Err("give a run folder and a folder for the exports".into()) };
    let (run, out) = (Path::new(run), Path::new(out));
    let started = "2026-11-28T08:00:00Z".parse()?;
    let record = folder::run_folder(run, started)?;
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("bundle.json"), serde_json::to_string_pretty(&fhir::bundle(&record)?)?)?;
    std::fs::write(out.join("mdib.xml"), sdc::mdib(&record))?;
    let messages = hl7::messages(&record, 60.0);
    std::fs::write(out.join("messages.json"), serde_json::to_string(&messages)?)?;
    #[cfg(feature = "columns")]
    {
        let file = leuka_record::export::columns::run_file(&record)?;
        std::fs::write(out.join("samples.parquet"), file.samples)?;
        std::fs::write(out.join("events.parquet"), file.events)?;
    }
    Ok(())
}
