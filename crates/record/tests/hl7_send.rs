//! Sending over MLLP: acknowledged, refused, silent, lost and late.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leuka_record::export::hl7::{SendError, SendSettings, Sender};
use leuka_record::mllp::{Splitter, framed};

const MESSAGE: &str = "MSH|^~\\&|LEUKA|SITE|EHR|SITE|20261128140500+0000||ORU^R01^ORU_R01|L-1|P|2.6\r";

/// What the receiver does with each message that it gets.
#[derive(Clone, Copy)]
enum Does {
    Answers(&'static str),
    StaysSilent,
    HangsUp,
}

/// A receiver that acts by a list, and the messages that it got.
fn receiver(acts: &'static [Does]) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let got = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&got);
    std::thread::spawn(move || {
        let mut acts = acts.iter();
        'connections: for stream in listener.incoming() {
            let (mut stream, mut splitter, mut bytes) = (stream.unwrap(), Splitter::default(), [0; 4096]);
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                splitter.push(&bytes[..count]).unwrap();
                while let Some(message) = splitter.next_message().unwrap() {
                    into.lock().unwrap().push(message);
                    match acts.next() {
                        Some(Does::Answers(text)) => stream.write_all(&framed(text)).unwrap(),
                        Some(Does::StaysSilent) => {}
                        Some(Does::HangsUp) => continue 'connections,
                        None => return,
                    }
                }
            }
        }
    });
    (address, got)
}

fn settings() -> SendSettings {
    SendSettings { connect: Duration::from_secs(2), answer: Duration::from_millis(300), attempts: 3 }
}

const TAKEN: &str = "MSH|^~\\&|EHR|SITE|LEUKA|SITE|20261128140501||ACK^R01^ACK|1|P|2.6\rMSA|AA|L-1\r";
const OTHER: &str = "MSH|^~\\&|EHR|SITE|LEUKA|SITE|20261128140501||ACK^R01^ACK|1|P|2.6\rMSA|AA|L-0\r";
const REFUSED: &str = "MSH|^~\\&|EHR|SITE|LEUKA|SITE|20261128140501||ACK^R01^ACK|1|P|2.6\rMSA|AE|L-1\rERR|||204^Unknown key identifier^HL70357|E||||no such patient \\T\\ ward\r";

#[test]
fn what_is_acknowledged_is_sent_once() {
    let (address, got) = receiver(&[Does::Answers(TAKEN)]);
    assert_eq!(Sender::new(&address.to_string(), settings()).send(MESSAGE).unwrap(), 1);
    assert_eq!(*got.lock().unwrap(), [MESSAGE]);
}

#[test]
fn silence_and_a_lost_connection_are_answered_with_the_same_message() {
    let (address, got) = receiver(&[Does::StaysSilent, Does::HangsUp, Does::Answers(TAKEN)]);
    assert_eq!(Sender::new(&address.to_string(), settings()).send(MESSAGE).unwrap(), 3);
    assert_eq!(*got.lock().unwrap(), [MESSAGE; 3], "the same control identifier each time");
}

#[test]
fn a_refusal_is_told_with_its_reason_and_not_repeated() {
    let (address, got) = receiver(&[Does::Answers(REFUSED)]);
    let error = Sender::new(&address.to_string(), settings()).send(MESSAGE).unwrap_err();
    assert!(matches!(&error, SendError::Refused { code, .. } if code == "AE"), "{error}");
    assert!(error.to_string().contains("no such patient & ward"), "{error}");
    assert_eq!(got.lock().unwrap().len(), 1);
}

#[test]
fn an_answer_to_another_message_is_no_answer() {
    let (address, _) = receiver(&[Does::Answers(OTHER), Does::Answers(OTHER), Does::Answers(OTHER)]);
    let error = Sender::new(&address.to_string(), settings()).send(MESSAGE).unwrap_err();
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[test]
fn nobody_there_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Sender::new(&free.to_string(), settings()).send(MESSAGE).unwrap_err();
    assert!(matches!(error, SendError::Lost { .. }), "{error}");
    assert!(matches!(Sender::new("127.0.0.1:1", settings()).send("PID|1"), Err(SendError::NoMessage)));
}
