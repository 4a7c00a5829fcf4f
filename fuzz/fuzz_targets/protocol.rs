//! Any text as a file of any kind, and any lines below a protocol's own: a problem names its file and says something, and
//! what passes the check can be built into a procedure or is refused in words.
#![no_main]

use leuka_procedure::file::NamedText;
use leuka_procedure::{Inputs, Sources, check_file};
use libfuzzer_sys::fuzz_target;

const PROTOCOL: &str = include_str!("../../protocols/cd34-autologous.toml");

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for text in [text.to_string(), format!("{PROTOCOL}\n{text}")] {
        let file = NamedText { name: "fuzz.toml".to_owned(), text };
        if let Err(problems) = check_file(&file) {
            assert!(!problems.0.is_empty());
            assert!(problems.0.iter().all(|problem| !problem.message.is_empty()));
        }
        let sources = Sources { protocol: Some(file), ..Sources::default() };
        if let Ok(inputs) = Inputs::read(&sources) {
            assert!(inputs.dose_weight_kg() > 0.0);
        }
    }
});
