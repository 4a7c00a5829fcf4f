//! Any table of past collections: what is taken can be written and read again, to the digits that are written.
#![no_main]

use leuka_plan::HEADER;
use leuka_record::import::collections::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    look(&[HEADER.as_bytes(), b"\n", bytes].concat());
});

fn look(bytes: &[u8]) {
    if let Ok(collections) = read(bytes) {
        assert!(!collections.is_empty());
        assert!(collections.iter().all(|collection| collection.processed_ml >= 50.0 && collection.minutes >= 5.0));
    }
}
