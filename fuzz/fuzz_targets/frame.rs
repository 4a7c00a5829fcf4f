//! Any bytes on a link: the receiver must neither panic nor hand on a message that does not encode to its own frame.
#![no_main]

use leuka_device::frame::{MAX_FRAME, Message, decode, encode, kind};
use leuka_device::handshake::{End, Hello, Welcome};
use leuka_device::receive::Splitter;
use leuka_device::{Commands, GuardTelemetry, Permit, Telemetry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    Splitter::default().push(bytes, look);
    look(bytes);
});

fn look(frame: &[u8]) {
    there_and_back::<Telemetry>(frame);
    there_and_back::<GuardTelemetry>(frame);
    there_and_back::<Commands>(frame);
    there_and_back::<Permit>(frame);
    there_and_back::<Hello>(frame);
    there_and_back::<Welcome>(frame);
    there_and_back::<End>(frame);
}

fn there_and_back<M: Message>(frame: &[u8]) {
    let Ok(message) = decode::<M>(frame) else { return };
    assert_eq!(kind(frame), Ok(M::KIND));
    let mut again = [0; MAX_FRAME];
    let length = encode(&message, &mut again).expect("what was decoded fits into a frame");
    let copy = decode::<M>(&again[..length - 1]).expect("what was encoded decodes");
    assert_eq!((copy.sequence(), copy.at()), (message.sequence(), message.at()));
}
