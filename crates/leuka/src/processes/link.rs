//! One TCP link and its frames. The only place that reads a clock or a socket.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use leuka_device::frame::{self, MAX_FRAME, Message};
use leuka_device::receive::Splitter;

/// How long a write may hold up its process: a peer that does not read loses frames instead.
const WRITE_TIME: Duration = Duration::from_millis(5);
/// How long a peer may take for its greeting.
const GREETING_TIME: Duration = Duration::from_secs(5);

/// Now, by this process's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the shell passes time in; nothing below it reads a clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// What arrives on a link.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// A whole frame, without its end byte.
    Frame(Vec<u8>),
    /// The other side is gone.
    Closed,
}

/// The sending side of a link.
#[derive(Debug)]
pub(crate) struct Sender {
    stream: TcpStream,
    /// Whole frames that have not gone out yet.
    waiting: Vec<u8>,
}

impl Sender {
    /// Takes a connected stream.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(WRITE_TIME))?;
        Ok(Self { stream, waiting: Vec::new() })
    }

    /// Lays a message beside those that go out together.
    pub(crate) fn add<M: Message>(&mut self, message: &M) {
        let mut bytes = [0; MAX_FRAME];
        if let Ok(length) = frame::encode(message, &mut bytes) {
            self.waiting.extend_from_slice(&bytes[..length]);
        }
    }

    /// Sends what waits. What a peer does not take in time is dropped; the next frames begin with an end byte then, so
    /// that they do not run into the remains of the last.
    pub(crate) fn flush(&mut self) {
        let is_torn = self.stream.write_all(&self.waiting).is_err();
        self.waiting.clear();
        if is_torn {
            self.waiting.push(0);
        }
    }

    /// Sends a message at once.
    pub(crate) fn send<M: Message>(&mut self, message: &M) {
        self.add(message);
        self.flush();
    }

    /// Reads one message, a greeting, before anything else is read.
    pub(crate) fn greeting<M: Message>(&mut self) -> Result<M, Greeting> {
        self.stream.set_read_timeout(Some(GREETING_TIME))?;
        let mut bytes = Vec::new();
        let mut byte = [0];
        while bytes.len() < MAX_FRAME {
            self.stream.read_exact(&mut byte)?;
            match byte {
                [0] => break,
                [other] => bytes.push(other),
            }
        }
        self.stream.set_read_timeout(None)?;
        Ok(frame::decode(&bytes)?)
    }

    /// Hands everything that arrives from now on to `take`, on a thread of its own, until `take` says no.
    pub(crate) fn listen(&self, mut take: impl FnMut(Arrival) -> bool + Send + 'static) -> io::Result<()> {
        let mut stream = self.stream.try_clone()?;
        std::thread::spawn(move || {
            let mut splitter = Splitter::default();
            let mut bytes = [0; 4096];
            let mut is_wanted = true;
            while is_wanted {
                match stream.read(&mut bytes) {
                    Ok(0) => break,
                    Ok(length) => splitter.push(&bytes[..length], |frame| {
                        is_wanted = is_wanted && take(Arrival::Frame(frame.to_vec()));
                    }),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            take(Arrival::Closed);
        });
        Ok(())
    }

    /// The same into a channel.
    pub(crate) fn arrivals(&self) -> io::Result<mpsc::Receiver<Arrival>> {
        let (sender, receiver) = mpsc::channel();
        self.listen(move |arrival| sender.send(arrival).is_ok())?;
        Ok(receiver)
    }
}

/// Why no greeting came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Greeting {
    /// The network refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came is no greeting.
    #[error("{0}")]
    Frame(#[from] frame::Error),
}
