//! What a receiver does with a stream of bytes: cuts it into frames, keeps messages in order, and tells old from new.

use crate::frame::MAX_FRAME;
use crate::time::Instant;

/// Cuts a stream of bytes into frames at the zero bytes.
#[derive(Debug)]
pub struct Splitter {
    bytes: [u8; MAX_FRAME],
    length: usize,
    /// More came than a frame can hold: nothing counts until the next zero byte.
    is_overrun: bool,
}

impl Default for Splitter {
    fn default() -> Self {
        Self { bytes: [0; MAX_FRAME], length: 0, is_overrun: false }
    }
}

impl Splitter {
    /// Takes bytes as they arrive and hands on every frame that is whole, without its end byte. Empty frames and those
    /// that are too long are dropped.
    pub fn push(&mut self, arrived: &[u8], mut take: impl FnMut(&[u8])) {
        for &byte in arrived {
            if byte == 0 {
                let frame = self.bytes.get(..self.length).filter(|frame| !frame.is_empty() && !self.is_overrun);
                if let Some(frame) = frame {
                    take(frame);
                }
                (self.length, self.is_overrun) = (0, false);
            } else if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            } else {
                self.is_overrun = true;
            }
        }
    }
}

/// Lets each message of a stream through once, in order: repeated and overtaken ones are refused.
#[derive(Debug, Default, Clone, Copy)]
pub struct Order {
    last: Option<u32>,
}

impl Order {
    /// True when the number is later than all before it.
    pub fn is_next(&mut self, sequence: u32) -> bool {
        let is_next = self.last.is_none_or(|last| sequence > last);
        if is_next {
            self.last = Some(sequence);
        }
        is_next
    }
}

/// Tells by the receiver's own clock how old a message is, beyond the fastest that ever arrived.
#[derive(Debug, Default, Clone, Copy)]
pub struct Age {
    /// Receiver's clock less sender's time for the fastest message.
    offset_us: Option<i64>,
}

impl Age {
    /// Age in microseconds of a message made `at` by its sender, when the receiver's clock shows `clock_us`.
    pub fn micros(&mut self, at: Instant, clock_us: u64) -> u64 {
        let delay_us = clock_us.wrapping_sub(at.micros()).cast_signed();
        let fastest_us = self.offset_us.map_or(delay_us, |offset_us| offset_us.min(delay_us));
        self.offset_us = Some(fastest_us);
        delay_us.abs_diff(fastest_us)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{decode, encode};
    use crate::{Commands, GuardTelemetry};

    fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        Splitter::default().push(bytes, |frame| frames.push(frame.to_vec()));
        frames
    }

    fn wire(sequence: u32) -> Vec<u8> {
        let mut buffer = [0; MAX_FRAME];
        let message = Commands { sequence, at: Instant::from_micros(u64::from(sequence)), ..Commands::default() };
        let length = encode(&message, &mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    #[test]
    fn a_receiver_that_lost_its_place_finds_it_at_the_next_zero() {
        let bytes = [&wire(1)[7..], &wire(2)[..], &[9; 3 * MAX_FRAME], &[0], &wire(3)[..]].concat();
        let arrived: Vec<u32> = frames(&bytes)
            .iter()
            .filter_map(|frame| decode::<Commands>(frame).ok())
            .map(|commands| commands.sequence)
            .collect();
        assert_eq!(arrived, [2, 3]);
    }

    #[test]
    fn repeated_and_overtaken_messages_are_refused() {
        let mut order = Order::default();
        assert_eq!([4, 5, 5, 4, 7, 6].map(|sequence| order.is_next(sequence)), [true, true, false, false, true, false]);
    }

    #[test]
    fn a_backlog_is_told_by_the_receivers_clock() {
        let mut age = Age::default();
        let at = Instant::from_micros;
        assert_eq!(age.micros(at(100), 5_000_000), 0);
        assert_eq!(age.micros(at(50_100), 5_049_000), 0, "a faster one");
        assert_eq!(age.micros(at(100_100), 5_400_000), 301_000);
    }

    proptest! {
        #[test]
        fn no_stream_makes_the_receiver_panic_or_believe(pieces in proptest::collection::vec(
            prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), (0u32..9).prop_map(wire)], 0..12)) {
            let whole = pieces.concat();
            let mut splitter = Splitter::default();
            let mut streamed = Vec::new();
            for part in whole.chunks(7) {
                splitter.push(part, |frame| streamed.push(frame.to_vec()));
            }
            prop_assert_eq!(&streamed, &frames(&whole), "the cut of the stream changes nothing");
            for frame in &streamed {
                let _ = decode::<GuardTelemetry>(frame);
                if let Ok(commands) = decode::<Commands>(frame) {
                    prop_assert!(commands.sequence < 9);
                }
            }
        }
    }
}
