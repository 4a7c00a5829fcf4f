//! Sending messages over MLLP until each is acknowledged.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use hl7_parser::Message;

use crate::mllp::{FrameError, Splitter, framed};

/// How long a receiver is waited for, and how often a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendSettings {
    /// For the connection.
    pub connect: Duration,
    /// For each acknowledgement.
    pub answer: Duration,
    /// Times that a message is sent, always with the same control identifier.
    pub attempts: u32,
}

impl Default for SendSettings {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), answer: Duration::from_secs(15), attempts: 3 }
    }
}

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Not reached, or lost, as often as was tried.
    #[error(
        "{to} did not take message {control_id} in {attempts} attempts: {source}; what was acknowledged before stays sent"
    )]
    Lost {
        /// Address.
        to: String,
        /// The message.
        control_id: String,
        /// Attempts.
        attempts: u32,
        /// The last attempt's fault.
        source: io::Error,
    },
    /// Refused by the receiver: sending it again would change nothing.
    #[error("{to} refused message {control_id} with {code}: {reason}")]
    Refused {
        /// Address.
        to: String,
        /// The message.
        control_id: String,
        /// `AE` or `AR`.
        code: String,
        /// In the receiver's words.
        reason: String,
    },
    /// What is to be sent is no message.
    #[error("what is to be sent has no control identifier in MSH-10")]
    NoMessage,
}

/// A connection to a receiver.
#[derive(Debug)]
pub struct Sender {
    to: String,
    settings: SendSettings,
    stream: Option<(TcpStream, Splitter)>,
}

/// What an acknowledgement says.
struct Answer {
    code: String,
    control_id: String,
    reason: String,
}

impl Sender {
    /// A sender to `HOST:PORT`; connects with the first message.
    #[must_use]
    pub fn new(to: &str, settings: SendSettings) -> Self {
        Self { to: to.to_owned(), settings, stream: None }
    }

    /// Sends a message until it is acknowledged; gives the number of attempts.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&mut self, message: &str) -> Result<u32, SendError> {
        let header = Message::parse(message).ok().and_then(|message| {
            let id = message.segment("MSH")?.field(10)?.raw_value();
            (!id.is_empty()).then(|| id.to_owned())
        });
        let control_id = header.ok_or(SendError::NoMessage)?;
        let mut attempt = 1;
        loop {
            match self.exchange(message, &control_id) {
                Ok(answer) if matches!(answer.code.as_str(), "AA" | "CA") => return Ok(attempt),
                Ok(Answer { code, reason, .. }) => {
                    return Err(SendError::Refused { to: self.to.clone(), control_id, code, reason });
                }
                Err(_) if attempt < self.settings.attempts => {
                    self.stream = None;
                    attempt += 1;
                }
                Err(source) => {
                    let to = self.to.clone();
                    return Err(SendError::Lost { to, control_id, attempts: attempt, source });
                }
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a receiver's silence is measured by the clock on the wall")]
    fn exchange(&mut self, message: &str, control_id: &str) -> io::Result<Answer> {
        let (stream, splitter) = match &mut self.stream {
            Some(open) => open,
            closed => closed.insert((connect(&self.to, self.settings.connect)?, Splitter::default())),
        };
        stream.set_write_timeout(Some(self.settings.answer))?;
        stream.write_all(&framed(message))?;
        let deadline = Instant::now() + self.settings.answer;
        let mut bytes = [0; 4096];
        loop {
            while let Some(text) = splitter.next_message().map_err(faulty)? {
                match Answer::read(&text) {
                    Some(answer) if answer.control_id == control_id => return Ok(answer),
                    // A late answer to an earlier copy.
                    _ => {}
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no acknowledgement came in time"));
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut bytes)? {
                0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed")),
                count => splitter.push(bytes.get(..count).unwrap_or_default()).map_err(faulty)?,
            }
        }
    }
}

fn faulty(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn connect(to: &str, patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the address has no host");
    for address in to.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Answer {
    fn read(text: &str) -> Option<Self> {
        let message = Message::parse_with_lenient_newlines(text.trim_end(), true).ok()?;
        let said = message.segment("MSA")?;
        let field = |number| said.field(number).map_or("", |field| field.raw_value());
        let error = message.segment("ERR");
        let reasons = [(8, error), (7, error), (3, error), (3, Some(said))];
        let words = |(number, segment): &(usize, Option<&hl7_parser::message::Segment<'_>>)| {
            let text = segment.and_then(|segment| segment.field(*number)).map_or("", |field| field.raw_value());
            (!text.is_empty()).then(|| message.separators.decode(text).to_string())
        };
        let reason = reasons.iter().find_map(words).unwrap_or_else(|| "no reason was given".to_owned());
        Some(Self { code: field(1).to_owned(), control_id: field(2).to_owned(), reason })
    }
}
