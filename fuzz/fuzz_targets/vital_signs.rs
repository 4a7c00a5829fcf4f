//! Any bytes from a monitor: the inbox neither panics nor takes a sign that no living person has, and its answer is HL7.
#![no_main]

use leuka_record::import::hl7_vitals::{Inbox, ListenSettings};
use leuka_record::mllp::{Splitter, framed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let inbox = Inbox::new(ListenSettings::default(), Default::default, |signs| {
        for sign in signs.signs {
            let [low, high] = sign.vital.range();
            assert!((low..=high).contains(&sign.value), "{sign:?}");
        }
        Ok(())
    });
    look(&inbox, &String::from_utf8_lossy(bytes));
    let mut splitter = Splitter::default();
    for part in bytes.chunks(61) {
        if splitter.push(part).is_err() {
            return;
        }
        while let Ok(Some(message)) = splitter.next_message() {
            look(&inbox, &message);
        }
    }
});

fn look(inbox: &Inbox, text: &str) {
    let answer = inbox.answer(text);
    assert!(answer.starts_with("MSH|^~\\&|") && answer.contains("\rMSA|A"), "{answer:?}");
    assert!(answer.matches('\r').count() <= 3, "{answer:?}");
    let mut splitter = Splitter::default();
    splitter.push(&framed(&answer)).expect("an answer fits into a frame");
    assert_eq!(splitter.next_message(), Ok(Some(answer)));
}
