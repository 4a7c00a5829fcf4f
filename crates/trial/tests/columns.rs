//! The Parquet file holds what the CSV holds, with units and the version of its form.

#![cfg(feature = "columns")]

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use leuka_procedure::file::NamedText;
use leuka_trial::{Ended, Folder, Shard, Study};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const STUDY: &str = "schema = \"leuka.study/1\"\nname = \"columns\"\ndonors = 2\ncourses_every_min = 20\n[set]\n\"protocol.target.tbv_multiple\" = 0.5\n";

#[test]
fn parquet_holds_what_the_csv_holds() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("columns");
    let _ = std::fs::remove_dir_all(&path);
    let none = |_: &str| unreachable!("the study names no file");
    let study = Study::read(&NamedText { name: "s.toml".into(), text: STUDY.into() }, &none).unwrap();
    let folder = Folder::open(&path, &study, false).unwrap();
    let ended = folder.run(&study, Shard::WHOLE, 2, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(matches!(ended, Ended::Finished(_)));

    let csv = std::fs::read_to_string(path.join("outcomes.csv")).unwrap();
    let mut lines = csv.lines();
    let names: Vec<_> = lines.next().unwrap().split(',').collect();
    let place = names.iter().position(|name| *name == "product_ml").unwrap();
    let in_csv: Vec<f64> = lines.map(|line| line.split(',').nth(place).unwrap().parse().unwrap()).collect();

    let file = ParquetRecordBatchReaderBuilder::try_new(File::open(path.join("outcomes.parquet")).unwrap()).unwrap();
    let schema = file.schema().clone();
    assert_eq!(schema.metadata()["schema"], leuka_trial::SCHEMA);
    assert_eq!(schema.field_with_name("product_ml").unwrap().metadata()["unit"], "mL");
    let batch = file.build().unwrap().next().unwrap().unwrap();
    let column = batch.column_by_name("product_ml").unwrap().as_primitive::<Float64Type>();
    assert_eq!(column.values().to_vec(), in_csv);
    assert_eq!(batch.num_columns(), names.len());
    assert!(path.join("courses.parquet").exists());

    let again = |name: &str| std::fs::read(path.join(name)).unwrap();
    let first = again("outcomes.parquet");
    folder.run(&study, Shard::WHOLE, 1, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(first == again("outcomes.parquet"), "the same rows give the same bytes");
}
