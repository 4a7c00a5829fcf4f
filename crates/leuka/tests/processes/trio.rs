//! Machine, control and guard as three real processes, and what the machine's record says of them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::proxy::{Garble, Proxy};

/// A quarter of the channel's cells, quick hands and a small target: what these tests are about depends on none of them.
const SHORT: [&str; 16] = [
    "model.separator.grid.axial_cells=8",
    "model.separator.grid.radial_cells=32",
    "protocol.target.volume_ml=200",
    "model.operator.delay.scan=1",
    "model.operator.delay.eligibility=1",
    "model.operator.delay.load_set=1",
    "model.operator.delay.bag=1",
    "model.operator.delay.access=1",
    "model.operator.delay.access_test=1",
    "model.operator.delay.connect=1",
    "model.operator.delay.disconnect=1",
    "model.operator.delay.product=1",
    "model.operator.delay.remove_line=1",
    "model.operator.delay.blood_pressure=1",
    "model.operator.delay.counts=1",
    "model.control.times.observation=2",
];

/// The clock runs from here on: blood flows through the set.
const REAL_FROM_S: &str = "360";

pub(crate) struct Trio {
    pub(crate) machine: Child,
    pub(crate) control: Child,
    pub(crate) guard: Child,
    links: Option<[Proxy; 2]>,
    pub(crate) folder: PathBuf,
    /// One trio at a time: they live by the clock.
    _alone: Option<MutexGuard<'static, ()>>,
}

pub(crate) fn leuka(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leuka"));
    let set = SHORT.iter().flat_map(|value| ["--set", value]);
    command.args(arguments).args(set).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

pub(crate) fn new_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("leuka-processes-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

impl Trio {
    /// All three in lockstep.
    pub(crate) fn lockstep(name: &str) -> Self {
        Self::start(name, &[], false, None)
    }

    /// All three in real pace, for a second, with blood flowing; with links that can be garbled or with plain ones.
    pub(crate) fn flowing(name: &str, is_garbled: bool) -> Self {
        static CLOCK: Mutex<()> = Mutex::new(());
        let alone = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = ["--pace", "real", "--real-from", REAL_FROM_S, "--patience", "2"];
        let trio = Self::start(name, &pace, is_garbled, Some(alone));
        trio.wait_for("the clock runs", Duration::from_secs(20));
        thread::sleep(Duration::from_secs(1));
        let events = trio.events();
        let flows = events.iter().any(|event| event["text"] == "establish interface begins");
        assert!(flows, "no blood flows: {:?}", events.last());
        assert_eq!(stop(&events), None, "it stopped before anything was done to it");
        trio
    }

    fn start(name: &str, pace: &[&str], is_garbled: bool, alone: Option<MutexGuard<'static, ()>>) -> Self {
        let folder = new_folder(name);
        let out = folder.to_str().unwrap();
        let mut machine = leuka(&["machine", "--listen", "127.0.0.1:0", "--out", out])
            .args(pace)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(machine.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.strip_prefix("listening on ").unwrap_or_else(|| panic!("{first}")).to_owned();
        thread::spawn(move || lines.count());
        let links = is_garbled.then(|| [Proxy::to(&address), Proxy::to(&address)]);
        let [to_control, to_guard] =
            links.as_ref().map_or([&address; 2], |links| links.each_ref().map(|link| &link.address));
        let peer = |seat: &str, address: &str| leuka(&[seat, "--machine", address, "--patience", "3"]).spawn().unwrap();
        let (control, guard) = (peer("control", to_control), peer("guard", to_guard));
        Self { machine, control, guard, links, folder, _alone: alone }
    }

    /// The link to control, when it can be garbled.
    pub(crate) fn garble_control(&self, garble: Garble) {
        self.links.as_ref().unwrap()[0].set(garble);
    }

    /// The link to the guard, when it can be garbled.
    pub(crate) fn garble_guard(&self, garble: Garble) {
        self.links.as_ref().unwrap()[1].set(garble);
    }

    /// The events that the machine has recorded until now.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("events.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub(crate) fn wait_for(&self, text: &str, longest: Duration) {
        let until = Instant::now() + longest;
        while !self.events().iter().any(|event| event["text"].as_str().is_some_and(|said| said.starts_with(text))) {
            assert!(Instant::now() < until, "no `{text}`; last: {:?}", self.events().last());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the machine recorded of its stop, which must come.
    pub(crate) fn stopped(&self) -> Stop {
        self.wait_for("stopped ", Duration::from_secs(5));
        thread::sleep(Duration::from_millis(500));
        stop(&self.events()).unwrap()
    }
}

impl Drop for Trio {
    fn drop(&mut self) {
        for process in [&mut self.machine, &mut self.control, &mut self.guard] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The machine's first protective stop, by its record.
#[derive(Debug, PartialEq)]
pub(crate) struct Stop {
    pub(crate) cause: String,
    /// From the last valid permit to the safe state, by the machine's own time.
    pub(crate) after_permit_ms: f64,
    /// The same by the clock of the machine's process.
    pub(crate) by_clock_ms: f64,
    /// From the last valid permit until no pump turned and both clamps were closed, by the machine's own time.
    pub(crate) at_rest_ms: f64,
}

fn stop(events: &[Value]) -> Option<Stop> {
    let note = events.iter().find(|event| event["kind"] == "link" && !event["data"]["cause"].is_null())?;
    let data = &note["data"];
    let number = |name: &str| data[name].as_f64().unwrap();
    let permit_s = number("last_permit_s");
    let after = |mark: &str| {
        let mut marks = events.iter().filter(|event| event["data"] == mark);
        marks.find_map(|event| event["at_s"].as_f64().filter(|&at_s| at_s >= permit_s)).unwrap_or(f64::INFINITY)
    };
    let rest_s =
        ["pumps_stopped", "draw_clamp_closed", "return_clamp_closed"].map(after).into_iter().fold(0.0, f64::max);
    Some(Stop {
        cause: data["cause"].as_str().unwrap().to_owned(),
        after_permit_ms: number("after_permit_ms"),
        by_clock_ms: number("by_clock_ms"),
        at_rest_ms: (rest_s - permit_s) * 1e3,
    })
}
