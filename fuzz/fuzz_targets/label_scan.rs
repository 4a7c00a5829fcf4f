//! Any scan and any typed donation number: what is taken encodes to what was scanned.
#![no_main]

use leuka_record::export::label::{DonationNumber, compound, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(structures) = scan(&text) {
        let again = match structures.as_slice() {
            [one] if !text.starts_with("=+") => one.encode(),
            many => {
                // The message's own number is not kept.
                let encoded = compound(many);
                format!("{}{}{}", &encoded[..4], &text[4..7], &encoded[7..])
            }
        };
        assert_eq!(again, text);
    }
    if let Ok(number) = DonationNumber::typed(&text) {
        assert_eq!(DonationNumber::parse(number.as_str()), Ok(number.clone()));
        assert!(text.trim_end().ends_with(number.check()));
    }
});
