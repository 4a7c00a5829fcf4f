//! A machine of the console: its thread, its procedure, and what screens may read of it.
//!
//! The thread alone holds the procedure. Orders come in by a bounded channel and are answered one by one. What screens
//! show goes out by `watch` channels: whoever is slow sees the latest and never a backlog. Events and samples stay in
//! lists that screens read from where they left off.

pub(crate) mod course;
mod keeper;
pub(crate) mod live;
pub(crate) mod recording;
pub(crate) mod request;
mod words;

pub(crate) use words::alarm as alarm_words;

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use leuka_procedure::{Deed, Sample};
use leuka_record::Role;
use leuka_record::import::hl7_vitals::VitalSigns;
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::error::{ConsoleError, Refused};
use course::{Silence, Start, Told, Who};
use keeper::Keeper;
use recording::Archive;

/// An answer waits so long for the database.
const WRITTEN: Duration = Duration::from_secs(3);
/// Orders that wait at most.
const MOST_ORDERS: usize = 64;

/// What somebody wants of a machine.
#[derive(Debug)]
pub(crate) enum Order {
    /// Begin a procedure.
    Begin(Box<Start>),
    /// Confirm what is asked for, with these answers.
    Confirm { request: String, with: serde_json::Map<String, Value> },
    /// The operator does something else.
    Deed(Deed),
    /// How fast time goes, and whether at all.
    Pace { warp: Option<u32>, paused: Option<bool> },
    /// Let something go wrong.
    Inject { fault: String, magnitude: f64, lasts_s: Option<f64> },
    /// Let a scenario's faults come.
    Scenario { title: String, text: String },
    /// Silence or acknowledge alarms.
    Alarms(Silence),
    /// A monitor sent vital signs.
    Hear(VitalSigns),
    /// Keep this moment.
    Snapshot(String),
    /// Back to a moment.
    Rewind(Back),
    /// The log of alarms.
    AlarmLog,
    /// How the procedure began and what was done to it, for another look at it.
    Story,
    /// So many seconds at once, without pace.
    Ahead(u32),
    /// The server ends: write what there is.
    End,
}

/// What an order came to, and when that is written.
struct Answer {
    value: Value,
    written: Option<oneshot::Receiver<()>>,
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self { value, written: None }
    }
}

/// Back to where.
#[derive(Debug)]
pub(crate) enum Back {
    /// A second of the procedure.
    To(f64),
    /// A snapshot.
    Snapshot(String),
}

struct Letter {
    who: Who,
    why: String,
    order: Order,
    answer: oneshot::Sender<Result<Answer, Refused>>,
}

/// What screens read.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) told: Vec<Arc<Told>>,
    pub(crate) rows: Vec<Sample>,
}

/// What the thread sends out.
pub(crate) struct Screens {
    /// The live values, as JSON.
    pub(crate) live: watch::Sender<Arc<str>>,
    /// The alarms, as JSON.
    pub(crate) alarms: watch::Sender<Arc<str>>,
    /// The latest binary sample.
    pub(crate) frame: watch::Sender<Bytes>,
    /// The number that the next event will have.
    pub(crate) seq: watch::Sender<u64>,
    log: Mutex<Log>,
}

impl Screens {
    fn new() -> Self {
        Self {
            live: watch::Sender::new("null".into()),
            alarms: watch::Sender::new("null".into()),
            frame: watch::Sender::new(Bytes::new()),
            seq: watch::Sender::new(0),
            log: Mutex::new(Log::default()),
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Events from this number on.
    pub(crate) fn events(&self, from: u64, most: usize) -> Vec<Arc<Told>> {
        let log = self.log();
        let first = log.told.partition_point(|told| told.seq < from);
        log.told.iter().skip(first).take(most).cloned().collect()
    }
}

/// A machine.
pub(crate) struct Bedside {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) screens: Arc<Screens>,
    orders: SyncSender<Letter>,
}

impl Bedside {
    /// Starts the machine's thread; the run of a record that was on it goes on.
    pub(crate) fn start(
        id: &str,
        label: &str,
        archive: &Archive,
        resumes: Option<String>,
    ) -> Result<Self, ConsoleError> {
        let (orders, letters) = sync_channel(MOST_ORDERS);
        let screens = Arc::new(Screens::new());
        let (archive, shown) = (archive.clone(), Arc::clone(&screens));
        let (name, title) = (id.to_owned(), label.to_owned());
        std::thread::Builder::new()
            .name(format!("machine {id}"))
            .spawn(move || {
                // Made here: a procedure stays on its thread.
                let mut keeper = Keeper::new(&name, &title, archive, shown);
                if let Some(run) = resumes {
                    keeper.resume(&run);
                }
                keeper.keep(&letters);
            })
            .map_err(ConsoleError::Thread)?;
        Ok(Self { id: id.to_owned(), label: label.to_owned(), screens, orders })
    }

    /// Lets it write what there is, and end.
    pub(crate) async fn end(&self) {
        let who = Who { login: "console".into(), name: "The server".into(), role: Role::Engineer };
        // Whatever comes of it, the server ends.
        let _ = self.order(who, String::new(), Order::End).await;
    }

    /// Gives an order and waits for its answer, which says `"recorded": false` where the database does not take it in time.
    pub(crate) async fn order(&self, who: Who, why: String, order: Order) -> Result<Value, Refused> {
        let (answer, answered) = oneshot::channel();
        match self.orders.try_send(Letter { who, why, order, answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Refused::busy()),
            Err(TrySendError::Disconnected(_)) => return Err(Refused::failed("the machine's thread has ended")),
        }
        let ended = |_| Refused::failed("the machine's thread has ended");
        let Answer { mut value, written } = answered.await.map_err(ended)??;
        if let Some(written) = written
            && !matches!(timeout(WRITTEN, written).await, Ok(Ok(())))
        {
            value["recorded"] = Value::Bool(false);
        }
        Ok(value)
    }
}
