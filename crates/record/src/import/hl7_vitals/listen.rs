//! Listening: one thread for the address, one for each monitor.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset, Utc};

use super::message::{Address, DUPLICATE_KEY, INTERNAL, Refusal, UNKNOWN_KEY, VitalSigns, read};
use crate::mllp::{Splitter, framed};

/// Messages whose repetition is recognised.
const REMEMBERED: usize = 4096;
/// How often a waiting thread looks whether it shall end.
const LOOK: Duration = Duration::from_millis(100);

/// How messages are taken.
#[derive(Debug, Clone)]
pub struct ListenSettings {
    /// The patient whose signs are taken; another's are refused. None takes whoever comes.
    pub patient: Option<String>,
    /// The zone of times that state none.
    pub zone: FixedOffset,
    /// Monitors at the same time.
    pub connections: usize,
    /// A monitor that has been silent for so long is let go.
    pub silence: Duration,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self { patient: None, zone: Utc.fix(), connections: 8, silence: Duration::from_secs(600) }
    }
}

/// Takes vital signs; what it refuses, with the reason, is not acknowledged as taken.
type Taker = dyn Fn(VitalSigns) -> Result<(), String> + Send + Sync;

/// Answers messages: what is between the network and whoever takes the signs.
pub struct Inbox {
    settings: ListenSettings,
    taker: Box<Taker>,
    clock: fn() -> DateTime<Utc>,
    seen: Mutex<VecDeque<(String, String)>>,
    answers: AtomicUsize,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Inbox {
    /// An inbox whose signs go to `taker` before they are acknowledged; `clock` dates the answers.
    pub fn new(
        settings: ListenSettings,
        clock: fn() -> DateTime<Utc>,
        taker: impl Fn(VitalSigns) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings,
            taker: Box::new(taker),
            clock,
            seen: Mutex::new(VecDeque::new()),
            answers: AtomicUsize::new(0),
        }
    }

    /// Takes a message or refuses it; gives the acknowledgement.
    pub fn answer(&self, text: &str) -> String {
        let address = Address::of(text);
        let outcome = self.take(text, &address);
        self.acknowledgement(&address, outcome.as_ref().err())
    }

    fn take(&self, text: &str, address: &Address) -> Result<(), Refusal> {
        let signs = read(text, self.settings.zone)?;
        if let (Some(wanted), patient) = (&self.settings.patient, &signs.patient)
            && patient.as_ref() != Some(wanted)
        {
            let reason = format!("this run is of {wanted}: assign the monitor to this patient");
            return Err(Refusal::error(UNKNOWN_KEY, "PID-3", reason));
        }
        let key = format!("{}|{}|{}", address.application, address.facility, address.control_id);
        // Held while the signs are taken, so that the same message on two connections is taken once.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.iter().find(|(known, _)| *known == key) {
            Some((_, before)) if before == text => return Ok(()),
            Some(_) => {
                let reason = "another message came with this control identifier: give each its own";
                return Err(Refusal::error(DUPLICATE_KEY, "MSH-10", reason));
            }
            None => {}
        }
        if !signs.signs.is_empty() {
            (self.taker)(signs).map_err(|reason| Refusal::error(INTERNAL, "MSH", reason))?;
        }
        seen.push_back((key, text.to_owned()));
        if seen.len() > REMEMBERED {
            seen.pop_front();
        }
        Ok(())
    }

    fn acknowledgement(&self, to: &Address, refusal: Option<&Refusal>) -> String {
        let now = (self.clock)();
        let number = self.answers.fetch_add(1, Ordering::Relaxed) + 1;
        let stamp = now.format("%Y%m%d%H%M%S%.3f+0000");
        let id = format!("ACK{}-{number}", now.format("%H%M%S%3f"));
        let processing = if to.processing.is_empty() { "P" } else { &to.processing };
        let (application, facility) = (&to.application, &to.facility);
        let code = refusal.map_or("AA", |refusal| refusal.code);
        let mut text = format!(
            "MSH|^~\\&|LEUKA||{application}|{facility}|{stamp}||ACK^R01^ACK|{id}|{processing}|2.6\rMSA|{code}|{}\r",
            to.control_id
        );
        if let Some(refusal) = refusal {
            let (number, meaning) = refusal.condition;
            let said = escaped(&refusal.to_string());
            text.push_str(&format!("ERR|||{number}^{meaning}^HL70357|E|||{said}|{said}\r"));
        }
        text
    }
}

/// Text in which HL7's own signs are escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\E\\"),
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// A listener that runs until it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    is_ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens at an address for monitors and hands their messages to an inbox.
    ///
    /// # Errors
    /// What the system says of the address.
    pub fn bind(address: impl ToSocketAddrs, inbox: Inbox) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let is_ending = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&is_ending);
        let inbox = Arc::new(inbox);
        let thread = std::thread::Builder::new()
            .name("vital signs".to_owned())
            .spawn(move || serve(&listener, &inbox, &ending))?;
        Ok(Self { address, is_ending, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so itself.
            drop(thread.join());
        }
    }
}

fn serve(listener: &TcpListener, inbox: &Arc<Inbox>, is_ending: &Arc<AtomicBool>) {
    let mut monitors: Vec<JoinHandle<()>> = Vec::new();
    while !is_ending.load(Ordering::Relaxed) {
        monitors.retain(|monitor| !monitor.is_finished());
        match listener.accept() {
            // Too many: the connection is closed at once, and the monitor tries again.
            Ok(_) if monitors.len() >= inbox.settings.connections => {}
            Ok((stream, _)) => {
                let (inbox, is_ending) = (Arc::clone(inbox), Arc::clone(is_ending));
                let monitor = std::thread::Builder::new().name("monitor".to_owned());
                // A connection that ends in an error ends: its monitor connects again and sends again.
                monitors.extend(monitor.spawn(move || drop(attend(stream, &inbox, &is_ending))));
            }
            Err(_) => std::thread::sleep(LOOK),
        }
    }
    for monitor in monitors {
        drop(monitor.join());
    }
}

fn attend(mut stream: TcpStream, inbox: &Inbox, is_ending: &AtomicBool) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut splitter = Splitter::default();
    let mut bytes = vec![0; 16 * 1024];
    let mut silent = Duration::ZERO;
    while !is_ending.load(Ordering::Relaxed) && silent < inbox.settings.silence {
        match stream.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                silent = Duration::ZERO;
                splitter.push(bytes.get(..count).unwrap_or_default()).map_err(io::Error::other)?;
                while let Some(message) = splitter.next_message().map_err(io::Error::other)? {
                    stream.write_all(&framed(&inbox.answer(&message)))?;
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => silent += LOOK,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
