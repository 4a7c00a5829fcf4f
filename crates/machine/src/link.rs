//! The links on which commands and permits arrive. A disturbed link takes the real wire form: the frame is encoded, its
//! bits are flipped, and what still decodes is handed on.

use leuka_blood::random::{Seed, Stream};
use leuka_device::frame::{self, MAX_FRAME, Message};

/// One link.
#[derive(Debug)]
pub(crate) struct Link {
    stream: Stream,
    lost: bool,
    /// Probability that a frame is damaged.
    noise: Option<f64>,
    refused: u32,
}

impl Link {
    pub(crate) fn new(seed: Seed, name: &str) -> Self {
        Self { stream: seed.stream(&format!("machine.link.{name}")), lost: false, noise: None, refused: 0 }
    }

    pub(crate) const fn disturb(&mut self, lost: bool, noise: Option<f64>) {
        self.lost = lost;
        self.noise = noise;
    }

    /// True while every frame arrives as it was sent.
    pub(crate) const fn is_clear(&self) -> bool {
        !self.lost && self.noise.is_none()
    }

    /// Frames that arrived damaged and were refused.
    pub(crate) const fn refused(&self) -> u32 {
        self.refused
    }

    /// What arrives of a message.
    pub(crate) fn carry<M: Message + Clone>(&mut self, message: &M) -> Option<M> {
        if self.lost {
            return None;
        }
        let Some(noise) = self.noise else { return Some(message.clone()) };
        let mut buffer = [0; MAX_FRAME];
        let arrived = frame::encode(message, &mut buffer).ok().and_then(|length| {
            let bytes = buffer.get_mut(..length.saturating_sub(1))?;
            if self.stream.chance(noise) {
                self.flip_bits(bytes);
            }
            frame::decode(bytes).ok()
        });
        if arrived.is_none() {
            self.refused = self.refused.saturating_add(1);
        }
        arrived
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place inside a short frame")]
    #[expect(clippy::cast_precision_loss, reason = "a frame is short")]
    fn flip_bits(&mut self, bytes: &mut [u8]) {
        let flips = 1 + (self.stream.uniform() * 8.0) as usize;
        for _ in 0..flips {
            let bit = (self.stream.uniform() * (bytes.len() * 8) as f64) as usize;
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use leuka_device::{Commands, Instant};

    use super::*;

    #[test]
    fn a_noisy_link_hands_on_whole_frames_or_none() {
        let mut link = Link::new(Seed::run(5), "test");
        link.disturb(false, Some(0.5));
        let mut arrived = 0u32;
        for sequence in 0..1000 {
            let commands = Commands { sequence, at: Instant::from_micros(9), ..Commands::default() };
            if let Some(got) = link.carry(&commands) {
                // Flipping the same bit twice leaves a frame whole.
                assert_eq!(got, commands);
                arrived += 1;
            }
        }
        assert_eq!(arrived + link.refused(), 1000);
        assert!((400..600).contains(&arrived), "{arrived} of 1000 frames arrived");
    }
}
