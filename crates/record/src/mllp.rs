//! Frames of HL7's minimal lower layer protocol on a byte stream, with a limit on their size.

use hl7_mllp::{MllpFrame, VT};

/// The largest message that is taken. A monitor's snapshot has some kilobytes.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// What is wrong with a stream of frames. The connection it came by is closed: where the next frame begins is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Something else than a start block.
    #[error("byte {found:#04x} stands where a frame must begin with 0x0b: send HL7 in MLLP frames")]
    Start {
        /// What stands there.
        found: u8,
    },
    /// Too large.
    #[error("a message is larger than {MAX_MESSAGE} bytes: send fewer observations in one message")]
    TooLarge,
    /// Not text.
    #[error("a message is not in UTF-8: send ASCII or UTF-8 and say so in MSH-18")]
    Encoding,
}

/// Splits a stream into messages.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
}

impl Splitter {
    /// Takes bytes as they arrive.
    ///
    /// # Errors
    /// [`FrameError`]: nothing more may be taken from this stream.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        self.buffer.extend_from_slice(bytes);
        self.check()
    }

    /// The next whole message, without its frame.
    ///
    /// # Errors
    /// [`FrameError`]: nothing more may be taken from this stream.
    pub fn next_message(&mut self) -> Result<Option<String>, FrameError> {
        let Some(end) = MllpFrame::find_frame_end(&self.buffer) else { return Ok(None) };
        let rest = self.buffer.split_off(end);
        let frame = std::mem::replace(&mut self.buffer, rest);
        let payload = MllpFrame::decode(&frame).unwrap_or_default();
        let message = String::from_utf8(payload.to_vec()).map_err(|_| FrameError::Encoding)?;
        self.check()?;
        Ok(Some(message))
    }

    fn check(&self) -> Result<(), FrameError> {
        match self.buffer.first() {
            Some(&found) if found != VT => Err(FrameError::Start { found }),
            _ if self.buffer.len() > MAX_MESSAGE + 3 && MllpFrame::find_frame_end(&self.buffer).is_none() => {
                Err(FrameError::TooLarge)
            }
            _ => Ok(()),
        }
    }
}

/// A message in its frame.
#[must_use]
pub fn framed(message: &str) -> Vec<u8> {
    MllpFrame::encode(message.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_however_the_bytes_arrive() {
        let stream = [framed("MSH|one"), framed("MSH|two")].concat();
        for step in [1, 2, 3, 7, stream.len()] {
            let mut splitter = Splitter::default();
            let mut found = Vec::new();
            for bytes in stream.chunks(step) {
                splitter.push(bytes).unwrap();
                while let Some(message) = splitter.next_message().unwrap() {
                    found.push(message);
                }
            }
            assert_eq!(found, ["MSH|one", "MSH|two"], "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_frame_ends_the_stream() {
        assert_eq!(Splitter::default().push(b"GET / HTTP/1.1"), Err(FrameError::Start { found: b'G' }));
        let mut splitter = Splitter::default();
        let mut endless = vec![0x0b];
        endless.resize(MAX_MESSAGE + 10, b'x');
        assert_eq!(splitter.push(&endless), Err(FrameError::TooLarge));
        let mut splitter = Splitter::default();
        splitter.push(b"\x0b\xff\xfe\x1c\x0d").unwrap();
        assert_eq!(splitter.next_message(), Err(FrameError::Encoding));
    }
}
