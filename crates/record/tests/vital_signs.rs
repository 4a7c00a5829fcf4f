//! Vital signs from a patient monitor: what is taken, what is refused and why, and what a second copy does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset, Utc};
use leuka_record::import::hl7_vitals::{Inbox, ListenSettings, Listener, Vital, VitalSigns, read};
use leuka_record::mllp::{Splitter, framed};

const HEADER: &str = "MSH|^~\\&|MONITOR^0012210000000000^EUI-64|WARD|LEUKA||20261128140500+0000||ORU^R01^ORU_R01|M-17|P|2.6|||NE|AL|||||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO";
const PATIENT: &str = "PID|||PT-0074^^^SITE^PI||DOE^JANE";
const ORDER: &str = "OBR|1|A|B|182777000^monitoring of patient^SCT|||20261128140500+0000";

fn message(observations: &[&str]) -> String {
    let mut lines = vec![HEADER, PATIENT, "PV1||U", ORDER];
    lines.extend(observations);
    lines.join("\r") + "\r"
}

const RATE: &str =
    "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F|||20261128140459.5+0000";
const SYSTOLIC: &str = "OBX|2|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|1.2.1.1|16.0|265987^MDC_DIM_KILO_PASCAL^MDC|||||F";
const SATURATION: &str = "OBX|3|NM|59408-5^SpO2^LN|1.3.1.1|97|%^percent^UCUM|||||F";
const NOTHING: &str = "OBX|4|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.2|8388607|262688^MDC_DIM_PERCENT^MDC|||||X";
const OTHER: &str = "OBX|5|ST|184327^MDC_ECG_STAT_ECT^MDC|1.1.1.2|none||||||F";

fn utc() -> FixedOffset {
    FixedOffset::east_opt(0).unwrap()
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_867_200, 0).unwrap()
}

/// An inbox and what it took.
fn inbox(patient: Option<&str>) -> (Inbox, Arc<Mutex<Vec<VitalSigns>>>) {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&taken);
    let settings = ListenSettings { patient: patient.map(str::to_owned), ..ListenSettings::default() };
    let inbox = Inbox::new(settings, noon, move |signs| {
        into.lock().unwrap().push(signs);
        Ok(())
    });
    (inbox, taken)
}

#[test]
fn a_monitors_message_is_read_with_units_and_times() {
    let signs = read(&message(&[RATE, SYSTOLIC, SATURATION, NOTHING, OTHER]), utc()).unwrap();
    assert_eq!((signs.control_id.as_str(), signs.patient.as_deref()), ("M-17", Some("PT-0074")));
    let shown: Vec<(Vital, String, String)> = signs
        .signs
        .iter()
        .map(|sign| (sign.vital, format!("{:.1}", sign.value), sign.at.format("%H:%M:%S%.3f").to_string()))
        .collect();
    let wanted = [
        (Vital::HeartRate, "72.0", "14:04:59.500"),
        (Vital::Systolic, "120.0", "14:05:00.000"),
        (Vital::OxygenSaturation, "97.0", "14:05:00.000"),
    ];
    assert_eq!(shown, wanted.map(|(vital, value, at)| (vital, value.to_owned(), at.to_owned())));
}

#[test]
fn a_message_with_one_fault_is_refused_whole_with_the_place_and_the_reason() {
    let all = [RATE, SYSTOLIC, SATURATION];
    let good = message(&all);
    for (what, wrong, code, place) in [
        ("another type", good.replace("ORU^R01^ORU_R01", "ADT^A01^ADT_A01"), "AR|M-17", "MSH-9"),
        ("another version", good.replace("|2.6|", "|3.0|"), "AR|M-17", "MSH-12"),
        ("another processing", good.replace("|P|2.6", "|X|2.6"), "AR|M-17", "MSH-11"),
        ("no control identifier", good.replace("|M-17|", "||"), "AE|", "MSH-10"),
        ("no number", good.replace("|72|", "|seventy|"), "AE|M-17", "OBX-5 of set 1"),
        (
            "a wrong unit",
            good.replace("264864^MDC_DIM_BEAT_PER_MIN", "266016^MDC_DIM_MMHG"),
            "AE|M-17",
            "OBX-6 of set 1",
        ),
        ("out of range", good.replace("|72|", "|720|"), "AE|M-17", "OBX-5 of set 1"),
        ("infinite", good.replace("|72|", "|inf|"), "AE|M-17", "OBX-5 of set 1"),
        ("text where a number must be", good.replace("OBX|3|NM", "OBX|3|ST"), "AE|M-17", "OBX-2 of set 3"),
        ("no such time", good.replace("20261128140459.5", "20261328140459.5"), "AE|M-17", "OBX-14 of set 1"),
        ("no order", good.replace("OBR|", "NTE|"), "AE|M-17", "OBX"),
        ("no header", good.replace("MSH|", "MSX|"), "AE|", "MSH"),
        ("nothing", String::new(), "AE|", "MSH"),
    ] {
        let (inbox, taken) = inbox(None);
        let answer = inbox.answer(&wrong);
        assert!(answer.contains(&format!("\rMSA|{code}")), "{what}: {answer}");
        assert!(answer.contains(&format!("|E|||{place}")), "{what}: {answer}");
        assert!(taken.lock().unwrap().is_empty(), "{what}: something was taken");
    }
}

#[test]
fn a_second_copy_is_acknowledged_and_not_taken_twice() {
    let (inbox, taken) = inbox(None);
    let first = message(&[RATE]);
    assert!(inbox.answer(&first).contains("MSA|AA|M-17"));
    assert!(inbox.answer(&first).contains("MSA|AA|M-17"));
    assert_eq!(taken.lock().unwrap().len(), 1);
    let other = inbox.answer(&message(&[RATE, SATURATION]));
    assert!(other.contains("MSA|AE|M-17") && other.contains("205^Duplicate key identifier"), "{other}");
    assert_eq!(taken.lock().unwrap().len(), 1);
}

#[test]
fn signs_of_another_patient_are_refused() {
    let (inbox, taken) = inbox(Some("PT-0012"));
    for text in [message(&[RATE]), message(&[RATE]).replace(PATIENT, "PID|1")] {
        let answer = inbox.answer(&text);
        assert!(answer.contains("MSA|AE|M-17") && answer.contains("204^"), "{answer}");
    }
    assert!(taken.lock().unwrap().is_empty());
}

#[test]
fn what_cannot_be_taken_is_not_acknowledged_as_taken() {
    let inbox = Inbox::new(ListenSettings::default(), noon, |_| Err("the run is over".to_owned()));
    let answer = inbox.answer(&message(&[RATE]));
    assert!(answer.contains("MSA|AE|M-17") && answer.contains("the run is over"), "{answer}");
}

#[test]
fn an_answer_cannot_be_torn_apart_by_what_it_repeats() {
    let (inbox, _) = inbox(None);
    let answer = inbox.answer(&message(&[RATE]).replace("|72|", "|7\\F\\2\u{7}|"));
    assert_eq!(answer.matches('\r').count(), 3, "{answer:?}");
    assert!(!answer.contains('\u{7}'));
}

#[test]
fn monitors_are_answered_over_the_network_until_the_listener_is_dropped() {
    let (inbox, taken) = inbox(None);
    let listener = Listener::bind("127.0.0.1:0", inbox).unwrap();
    let address = listener.address();
    let mut monitor = TcpStream::connect(address).unwrap();
    let both = [framed(&message(&[RATE])), framed(&message(&[SATURATION]).replace("M-17", "M-18"))].concat();
    for bytes in both.chunks(50) {
        monitor.write_all(bytes).unwrap();
    }
    let (mut splitter, mut answers, mut bytes) = (Splitter::default(), Vec::new(), [0; 512]);
    while answers.len() < 2 {
        let count = monitor.read(&mut bytes).unwrap();
        splitter.push(&bytes[..count]).unwrap();
        while let Some(answer) = splitter.next_message().unwrap() {
            answers.push(answer);
        }
    }
    assert!(answers[0].contains("MSA|AA|M-17") && answers[1].contains("MSA|AA|M-18"), "{answers:?}");
    assert_eq!(taken.lock().unwrap().len(), 2);

    let mut stranger = TcpStream::connect(address).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(matches!(stranger.read(&mut bytes), Ok(0) | Err(_)), "what is no MLLP is let go");
    drop(listener);
    assert!(matches!(monitor.read(&mut bytes), Ok(0) | Err(_)));
}
