//! The wire form: postcard in a COBS frame, with version, kind, sequence number, time stamp and CRC-32.
//!
//! ```text
//! COBS( version u8 | kind u8 | sequence u32 LE | time u64 LE, microseconds | postcard payload | CRC-32 u32 LE ) 0x00
//! ```
//!
//! The CRC (ISO-HDLC) covers everything before it. COBS removes every zero byte inside, so that a zero byte always ends a
//! frame and a receiver that lost its place finds it again at the next one. [`crate::receive`] owns what a receiver does
//! with a stream of them. The wire protocol's document lists every kind of message.

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Serialize, de::DeserializeOwned};

use crate::command::{Commands, Permit};
use crate::handshake::{End, Hello, Welcome};
use crate::telemetry::{GuardTelemetry, Telemetry};
use crate::time::Instant;

/// The version of this wire form.
pub const VERSION: u8 = 1;
/// Longest frame, with its end byte.
pub const MAX_FRAME: usize = 1024;

const CHECK: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
const HEADER: usize = 14;
const CRC_LENGTH: usize = 4;
/// COBS adds one byte in 254 and one more; the zero byte ends the frame.
const MAX_BODY: usize = MAX_FRAME - MAX_FRAME / 254 - 2;

/// What can travel in a frame.
pub trait Message: Serialize + DeserializeOwned {
    /// Tells the kinds apart on the wire.
    const KIND: u8;
    /// The message's number.
    fn sequence(&self) -> u32;
    /// When it was made.
    fn at(&self) -> Instant;
}

/// Makes a struct with the fields `sequence` and `at` a message of a kind.
#[macro_export]
macro_rules! message {
    ($type:ty, $kind:literal) => {
        impl $crate::frame::Message for $type {
            const KIND: u8 = $kind;
            fn sequence(&self) -> u32 {
                self.sequence
            }
            fn at(&self) -> $crate::Instant {
                self.at
            }
        }
    };
}
message!(Telemetry, 1);
message!(GuardTelemetry, 2);
message!(Commands, 3);
message!(Permit, 4);
message!(Hello, 5);
message!(Welcome, 6);
message!(End, 7);

/// Why a frame was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The buffer for the frame is too short.
    #[error("the frame does not fit into its buffer: give it MAX_FRAME bytes")]
    Space,
    /// Not a COBS frame, or one that is too short or too long.
    #[error("not a frame: the bytes are not COBS, or too few or too many")]
    Framing,
    /// The check sum does not fit.
    #[error("the frame was damaged on its way: its check sum does not fit")]
    Crc,
    /// Another version of the wire form.
    #[error("the frame has version {0}, this side speaks version {VERSION}: update the older side")]
    Version(u8),
    /// Another kind of message.
    #[error("the frame is of kind {0}, which is not expected here")]
    Kind(u8),
    /// The payload is no message of its kind, or header and payload differ.
    #[error("the frame's content is not a message of its kind")]
    Content,
}

/// Writes a message as a frame into `out` and returns the frame's length, end byte included.
///
/// # Errors
/// [`Error::Space`] when `out` is shorter than the frame.
pub fn encode<M: Message>(message: &M, out: &mut [u8]) -> Result<usize, Error> {
    let mut body = [0u8; MAX_BODY];
    let (header, rest) = body.split_at_mut_checked(HEADER).ok_or(Error::Space)?;
    write_header(header, M::KIND, message.sequence(), message.at());
    let payload = postcard::to_slice(message, rest).map_err(|_| Error::Space)?.len();
    let covered = HEADER + payload;
    let check = CHECK.checksum(body.get(..covered).ok_or(Error::Space)?).to_le_bytes();
    body.get_mut(covered..covered + CRC_LENGTH).ok_or(Error::Space)?.copy_from_slice(&check);
    let (end, room) = out.split_last_mut().ok_or(Error::Space)?;
    let body = body.get(..covered + CRC_LENGTH).ok_or(Error::Space)?;
    let length = cobs::try_encode(body, room).map_err(|_| Error::Space)?;
    match room.get_mut(length) {
        Some(byte) => *byte = 0,
        None => *end = 0,
    }
    Ok(length + 1)
}

/// Reads a message from a frame without its end byte.
///
/// # Errors
/// [`Error`] names what is wrong; a damaged frame is never returned as a message.
pub fn decode<M: Message>(frame: &[u8]) -> Result<M, Error> {
    let mut body = [0u8; MAX_BODY];
    let content = open(frame, &mut body)?;
    let (header, payload) = content.split_first_chunk::<HEADER>().ok_or(Error::Framing)?;
    if kind_of(header) != M::KIND {
        return Err(Error::Kind(kind_of(header)));
    }
    let (message, rest) = postcard::take_from_bytes::<M>(payload).map_err(|_| Error::Content)?;
    let mut expected = [0; HEADER];
    write_header(&mut expected, M::KIND, message.sequence(), message.at());
    if rest.is_empty() && expected == *header { Ok(message) } else { Err(Error::Content) }
}

/// The kind of the message in a whole frame without its end byte.
///
/// # Errors
/// [`Error`] when the frame is damaged or of another version.
pub fn kind(frame: &[u8]) -> Result<u8, Error> {
    let mut body = [0u8; MAX_BODY];
    let content = open(frame, &mut body)?;
    content.first_chunk::<HEADER>().map(kind_of).ok_or(Error::Framing)
}

const fn kind_of(header: &[u8; HEADER]) -> u8 {
    let [_, kind, ..] = *header;
    kind
}

/// Header and payload of a frame whose check sum and version are right.
fn open<'a>(frame: &[u8], body: &'a mut [u8; MAX_BODY]) -> Result<&'a [u8], Error> {
    if frame.len() > MAX_BODY {
        return Err(Error::Framing);
    }
    let length = cobs::decode(frame, body).map_err(|_| Error::Framing)?.frame_size();
    let body = body.get(..length).ok_or(Error::Framing)?;
    let (covered, check) = body.split_last_chunk::<CRC_LENGTH>().ok_or(Error::Framing)?;
    if CHECK.checksum(covered) != u32::from_le_bytes(*check) {
        return Err(Error::Crc);
    }
    match covered.first() {
        Some(&VERSION) => Ok(covered),
        Some(&version) => Err(Error::Version(version)),
        None => Err(Error::Framing),
    }
}

fn write_header(header: &mut [u8], kind: u8, sequence: u32, at: Instant) {
    let bytes = [VERSION, kind].into_iter().chain(sequence.to_le_bytes()).chain(at.micros().to_le_bytes());
    for (to, byte) in header.iter_mut().zip(bytes) {
        *to = byte;
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::quantity::{FlowRate, Pressure};
    use proptest::prelude::*;

    use super::*;
    use crate::reading::Reading;

    fn commands() -> Commands {
        let mut commands = Commands { sequence: 7, at: Instant::from_micros(123_456), ..Commands::default() };
        commands.pumps.inlet = FlowRate::from_ml_min(52.5);
        commands
    }

    fn frame<M: Message>(message: &M) -> Vec<u8> {
        let mut buffer = [0xff; MAX_FRAME];
        let length = encode(message, &mut buffer).unwrap();
        assert_eq!(buffer[length - 1], 0);
        buffer[..length - 1].to_vec()
    }

    #[test]
    fn a_message_survives_its_frame() {
        assert_eq!(decode::<Commands>(&frame(&commands())), Ok(commands()));
        let telemetry = Telemetry {
            sequence: u32::MAX,
            at: Instant::END,
            access_pressure: Reading::new(Pressure::from_mmhg(-120.5), Instant::from_micros(9)),
            ..Telemetry::default()
        };
        assert_eq!(decode::<Telemetry>(&frame(&telemetry)), Ok(telemetry));
    }

    #[test]
    fn every_single_bit_flip_is_refused() {
        let good = frame(&commands());
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode::<Commands>(&bad).is_err(), "bit {bit} went unnoticed");
        }
    }

    #[test]
    fn other_versions_kinds_and_lengths_are_told_apart() {
        let good = frame(&commands());
        assert_eq!(decode::<Permit>(&good), Err(Error::Kind(3)));
        assert!(matches!(decode::<Commands>(&good[..good.len() - 1]), Err(Error::Framing | Error::Crc)));
        assert_eq!(decode::<Commands>(&[]), Err(Error::Framing));
        assert_eq!(decode::<Commands>(&[1; MAX_FRAME + 1]), Err(Error::Framing));
        assert_eq!(encode(&commands(), &mut [0; 10]), Err(Error::Space));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..MAX_FRAME + 10)) {
            let _ = decode::<Telemetry>(&bytes);
            let _ = decode::<GuardTelemetry>(&bytes);
        }
    }
}
