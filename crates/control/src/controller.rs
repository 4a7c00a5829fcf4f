//! The controller: its memory, its step, and the transitions between phases.

use leuka_blood::quantity::{FlowRate, Length, TimeSpan, Volume};
use leuka_device::{AlarmCode, Commands, Instant, Telemetry};
use leuka_dose::DonorBlood;

use crate::admission;
use crate::alarms::Alarms;
use crate::anticoagulant::AnticoagulantLock;
use crate::centrifuge::CentrifugeControl;
use crate::collect_line::CollectLine;
use crate::event::{Event, EventKind, Evidence, MOST_EVENTS, Note, Output, SetPoint};
use crate::inlet::InletControl;
use crate::interface::InterfaceLoop;
use crate::ledger::{Ledger, Progress};
use crate::operator::{OperatorAction, PostCounts, Request};
use crate::phase::{Moved, Paused, Phase, Running, SelfTest, Stopped, Then};
use crate::prescription::{Prescription, PrescriptionError};
use crate::reason::{EndReason, PauseReason, Reason, Refusal, StopCause};
use crate::reservoir::Reservoir;
use crate::senses::{Seen, Senses, Sensor};
use crate::yield_watch::YieldWatch;

/// Controls one procedure.
#[derive(Debug, Clone)]
pub struct Controller {
    pub(crate) prescription: Prescription,
    pub(crate) phase: Phase,
    pub(crate) entered_at: Instant,
    pub(crate) senses: Senses,
    pub(crate) alarms: Alarms,
    pub(crate) inlet: InletControl,
    pub(crate) anticoagulant: AnticoagulantLock,
    pub(crate) centrifuge: CentrifugeControl,
    pub(crate) interface: InterfaceLoop,
    pub(crate) collect_line: CollectLine,
    pub(crate) ledger: Ledger,
    pub(crate) yield_watch: YieldWatch,
    /// Of a set with one needle.
    pub(crate) reservoir: Option<Reservoir>,
    /// Plasma flow by hand, in semi-automatic mode.
    pub(crate) plasma_by_hand: Option<FlowRate>,
    /// Interface set-point that was last told, mm.
    pub(crate) told_interface_mm: f64,
    pub(crate) baseline_systolic: Option<f64>,
    pub(crate) looked_at_monitor: Instant,
    /// Where the draw valve is in its period, s.
    pub(crate) valve_s: f64,
    /// Since when the interface has been lost.
    pub(crate) lost_since: Option<Instant>,
    pub(crate) post_counts: Option<PostCounts>,
    /// Red cells hang on the saline line.
    pub(crate) red_cells_hang: bool,
    ending: Option<EndReason>,
    last: Commands,
    started: bool,
}

/// One step's surroundings: what comes in, and what goes out.
pub(crate) struct Beat<'a> {
    pub(crate) now: Instant,
    pub(crate) dt_s: f64,
    /// The clock ran backwards or jumped.
    pub(crate) clock_jumped: bool,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) seen: Seen,
    pub(crate) action: Option<&'a OperatorAction>,
    /// Begins as everything stopped and closed; the phase opens what it needs.
    pub(crate) commands: Commands,
    /// Written in place: a full list of events is too large to be moved about.
    events: &'a mut heapless::Vec<Event, MOST_EVENTS>,
}

impl<'a> Beat<'a> {
    /// Tells an event.
    pub(crate) fn tell(&mut self, kind: EventKind) {
        if self.events.push(Event { at: self.now, kind }).is_err()
            && let Some(last) = self.events.last_mut()
        {
            last.kind = EventKind::Note(Note::EventsLost);
        }
    }

    /// Tells a refusal.
    pub(crate) fn refuse(&mut self, reason: Refusal) {
        self.tell(EventKind::Refused { reason });
    }

    /// Tells a set-point that changed.
    pub(crate) fn tell_set_point(&mut self, what: SetPoint, old: f64, new: f64, reason: Reason) {
        self.tell(EventKind::SetPoint { what, old, new, reason });
    }

    /// Takes the operator's action, so that nobody else does.
    pub(crate) const fn take_action(&mut self) -> Option<&'a OperatorAction> {
        self.action.take()
    }
}

impl Controller {
    /// Prepares a procedure.
    ///
    /// # Errors
    /// Names the first field of the prescription that cannot be carried out.
    pub fn new(prescription: Prescription) -> Result<Self, PrescriptionError> {
        prescription.check()?;
        Ok(Self {
            phase: Phase::SelfTest(SelfTest::Guard),
            entered_at: Instant::START,
            senses: Senses::new(prescription.sensors),
            alarms: Alarms::new(),
            inlet: InletControl::new(&prescription)?,
            anticoagulant: AnticoagulantLock::new(&prescription),
            centrifuge: CentrifugeControl::new(&prescription),
            interface: InterfaceLoop::new(&prescription),
            collect_line: CollectLine::new(&prescription),
            ledger: Ledger::default(),
            yield_watch: YieldWatch::new(&prescription),
            reservoir: Reservoir::new(&prescription),
            plasma_by_hand: None,
            told_interface_mm: prescription.settings.interface.mm(),
            baseline_systolic: None,
            looked_at_monitor: Instant::START,
            valve_s: 0.0,
            lost_since: None,
            post_counts: None,
            red_cells_hang: false,
            ending: None,
            last: Commands::default(),
            started: false,
            prescription,
        })
    }

    /// One step: takes what the machine senses and what the operator did since the last step, and gives commands and
    /// events. To be called every 100 ms.
    pub fn step(&mut self, telemetry: &Telemetry, action: Option<&OperatorAction>) -> Output {
        let mut output = Output::default();
        self.step_into(telemetry, action, &mut output);
        output
    }

    /// The same, written over the last output: a list of events is large to be moved about.
    pub fn step_into(&mut self, telemetry: &Telemetry, action: Option<&OperatorAction>, output: &mut Output) {
        output.events.clear();
        output.commands = self.command(telemetry, action, &mut output.events);
    }

    fn command(
        &mut self,
        telemetry: &Telemetry,
        action: Option<&OperatorAction>,
        events: &mut heapless::Vec<Event, MOST_EVENTS>,
    ) -> Commands {
        let mut beat = self.begin_beat(telemetry, action, events);
        self.watch(&mut beat);
        self.handle_anywhere(&mut beat);
        self.advance(&mut beat);
        if beat.take_action().is_some() {
            let (phase, awaited) = (self.phase.name(), self.request());
            beat.refuse(Refusal::NotNow { phase, awaited });
        }
        self.last = Commands { sequence: self.last.sequence.wrapping_add(1), at: beat.now, ..beat.commands };
        self.last
    }

    /// Where the procedure stands.
    #[must_use]
    pub const fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What the procedure waits for the operator to do; `None` while the machine works by itself.
    #[must_use]
    pub const fn request(&self) -> Option<Request> {
        match &self.phase {
            Phase::Paused(Paused { flushed: false, .. }) if self.alarms.is_active(AlarmCode::LongPause) => {
                Some(Request::FlushSet)
            }
            phase => phase.request(),
        }
    }

    /// How the procedure ended; `None` while it goes on.
    #[must_use]
    pub fn outcome(&self) -> Option<EndReason> {
        match &self.phase {
            Phase::Summary => self.ending.clone(),
            phase => phase.refusal(),
        }
    }

    /// The counts that were entered after the run.
    #[must_use]
    pub const fn post_counts(&self) -> Option<&PostCounts> {
        self.post_counts.as_ref()
    }

    /// How far the run has come, and where it will end.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (ledger, goal) = (&self.ledger, &self.prescription.goal);
        let inlet_flow = FlowRate::from_ml_min(self.inlet.target_ml_min());
        let basis = goal.basis(self.prescription.donor.tbv, self.blood_flow());
        let now = basis.at(ledger.progress());
        let at_end = match goal.confidence {
            Some(_) => self.stops_in().map(|left| {
                let (processed, collecting) = (now.volume + basis.blood_flow * left, now.time + left);
                basis.at(leuka_dose::Progress { processed, collecting })
            }),
            None => goal.target.forecast(ledger.progress(), &basis),
        };
        Progress {
            now,
            at_end,
            time_left: at_end.map(|end| (end.time - now.time).max(TimeSpan::ZERO)),
            product: Volume::from_ml(ledger.product_ml),
            anticoagulant: Volume::from_ml(ledger.anticoagulant_ml),
            fluid_balance: Volume::from_ml(ledger.balance_ml),
            inlet_flow,
            interface: self.interface.position(),
            interface_set_point: Length::from_mm(self.told_interface_mm),
            collect_hematocrit: self.collect_line.measured,
            estimated_hematocrit: self.interface.venous_hematocrit(),
        }
    }

    /// What the procedure is to be.
    #[must_use]
    pub const fn prescription(&self) -> &Prescription {
        &self.prescription
    }

    /// The inlet flow that limits leave of the wish.
    #[must_use]
    pub fn allowed_inlet(&self) -> FlowRate {
        FlowRate::from_ml_min(self.inlet.allowed_ml_min())
    }

    /// The donor's blood after so much was processed at that flow, predicted.
    #[must_use]
    pub fn predicted_after(&self, processed: Volume) -> DonorBlood {
        admission::after_processing(&self.prescription, self.allowed_inlet(), processed)
    }

    /// Why the donor's values would be refused at admission, if they would.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        admission::check_limits(&self.prescription, self.allowed_inlet()).err()
    }

    /// Flow of blood from the vein at the inlet that is aimed at, over whole turns of one needle.
    pub(crate) fn blood_flow(&self) -> FlowRate {
        let inlet = FlowRate::from_ml_min(self.inlet.target_ml_min() / self.prescription.settings.method.dilution());
        leuka_dose::blood_flow(inlet, self.prescription.anticoagulant.ratio) * self.prescription.drawn_part(inlet)
    }

    /// The first sensor without which no fluid may move between donor and machine that gives nothing.
    pub(crate) fn missing_sensor(&self, seen: &Seen) -> Option<Sensor> {
        let no_scale = self.reservoir.is_some() && seen.reservoir_g.is_none();
        seen.missing_vital().or(no_scale.then_some(Sensor::ReservoirWeight))
    }

    fn begin_beat<'a>(
        &mut self,
        telemetry: &'a Telemetry,
        action: Option<&'a OperatorAction>,
        events: &'a mut heapless::Vec<Event, MOST_EVENTS>,
    ) -> Beat<'a> {
        let (now, before) = (telemetry.at, self.last.at);
        let longest_s = self.prescription.sensors.longest_beat.seconds();
        let jumped = now < before || now.since(before) > self.prescription.sensors.longest_beat;
        let clock_jumped = jumped && self.started;
        let dt_s = if self.started { now.since(before).seconds().min(longest_s) } else { 0.0 };
        self.started = true;
        Beat {
            now,
            dt_s,
            clock_jumped,
            telemetry,
            seen: self.senses.update(telemetry),
            action,
            commands: Commands::default(),
            events,
        }
    }

    /// The commands of the step before.
    pub(crate) const fn last_commands(&self) -> &Commands {
        &self.last
    }

    fn advance(&mut self, beat: &mut Beat<'_>) {
        match &self.phase {
            Phase::SelfTest(step) => self.self_test(beat, *step),
            Phase::Admission(admission) => self.admission(beat, *admission),
            Phase::LoadSet(loaded) => self.load_set(beat, *loaded),
            Phase::PressureTest(step) => self.pressure_test(beat, *step),
            Phase::ConnectAnticoagulant => self.connect_anticoagulant(beat),
            Phase::RedCells => self.red_cells(beat),
            Phase::Running(running) => self.run(beat, *running),
            Phase::VeinAccess { failed } => self.vein_access(beat, *failed),
            Phase::AccessTest { draw_free, failed } => self.access_test(beat, *draw_free, *failed),
            Phase::Connect => self.connect(beat),
            Phase::Paused(paused) => self.paused(beat, *paused),
            Phase::Disconnect => self.disconnect(beat),
            Phase::Product(step) => self.product(beat, *step),
            Phase::RemoveLine => self.remove_line(beat),
            Phase::Observation(observation) => self.observation(beat, *observation),
            Phase::Counts => self.counts(beat),
            Phase::Stopped(stopped) => self.stopped(beat, *stopped),
            Phase::Summary | Phase::Refused(_) => {}
        }
    }

    /// Goes to another phase.
    pub(crate) fn go(&mut self, beat: &mut Beat<'_>, next: Phase) {
        let (from, to) = (self.phase.name(), next.name());
        self.phase = next;
        if from != to {
            self.entered_at = beat.now;
            beat.tell(EventKind::PhaseChanged { from, to });
        }
    }

    /// Ends the procedure with a refusal, before the donor is connected.
    pub(crate) fn refuse(&mut self, beat: &mut Beat<'_>, reason: Refusal) {
        beat.refuse(reason.clone());
        beat.commands = Commands::default();
        self.go(beat, Phase::Refused(reason));
    }

    /// Pauses what is running.
    pub(crate) fn pause(&mut self, beat: &mut Beat<'_>, resume: Running, reason: PauseReason) {
        beat.tell(EventKind::Paused { reason });
        self.stand_still(beat);
        self.go(beat, Phase::Paused(Paused { resume, reason, since: beat.now, flushed: false }));
    }

    /// Stops everything.
    pub(crate) fn stop(&mut self, beat: &mut Beat<'_>, cause: StopCause) {
        let then = match &self.phase {
            Phase::Running(running) => Then::Pause(*running, beat.now),
            Phase::Paused(paused) => Then::Pause(paused.resume, paused.since),
            Phase::Stopped(stopped) => stopped.then,
            step => Then::Step(step.name()),
        };
        beat.tell(EventKind::Stopped { cause });
        let evidence = Some(Evidence::Stop(cause));
        self.alarm(beat, cause.alarm(), evidence);
        self.stand_still(beat);
        self.go(beat, Phase::Stopped(Stopped { cause, then, resetting: None }));
    }

    /// Resumes at the begin of its time, with pressures and silences forgiven.
    pub(crate) fn resume(&mut self, beat: &mut Beat<'_>, running: Running) {
        let afresh = |moved: Moved| Moved { elapsed: TimeSpan::ZERO, ..moved };
        let running = match running {
            Running::Prime(moved) => Running::Prime(afresh(moved)),
            Running::Divert(moved) => Running::Divert(afresh(moved)),
            Running::Elute(moved) => Running::Elute(afresh(moved)),
            Running::RinseBack(moved) => Running::RinseBack(afresh(moved)),
            Running::EstablishInterface { .. } => {
                Running::EstablishInterface { elapsed: TimeSpan::ZERO, settled: TimeSpan::ZERO }
            }
            Running::Collect { elapsed } => Running::Collect { elapsed },
        };
        self.anticoagulant.restart();
        self.inlet.resume(beat.now);
        self.interface.restart_watch(beat.now);
        self.lost_since = None;
        self.go(beat, Phase::Running(running));
    }

    /// Ends the collection: saline returns what is in the set, unless it must not or need not.
    pub(crate) fn end_collection(&mut self, beat: &mut Beat<'_>, reason: EndReason, may_rinse: bool) {
        beat.tell(EventKind::Ending { reason: reason.clone() });
        let is_surplus = matches!(reason, EndReason::FluidBalance { .. });
        self.ending.get_or_insert(reason);
        self.close_yield();
        self.stand_still(beat);
        if may_rinse && self.prescription.settings.method.elution().is_some() {
            self.go(beat, Phase::Running(Running::Elute(Moved::default())));
        } else if may_rinse {
            self.rinse_or_disconnect(beat);
        } else if is_surplus && self.reservoir_has_blood() {
            // No saline, but the donor's own blood.
            let volume = self.prescription.settings.rinse_back_volume;
            self.go(beat, Phase::Running(Running::RinseBack(Moved { volume, ..Moved::default() })));
        } else {
            beat.tell(EventKind::Note(Note::RinseBackOmitted));
            self.go(beat, Phase::Disconnect);
        }
    }

    /// Returns the blood in the set, where that is prescribed.
    pub(crate) fn rinse_or_disconnect(&mut self, beat: &mut Beat<'_>) {
        // What hangs on the saline line after a prime with red cells is no rinse.
        let is_wanted = self.prescription.settings.rinse_back_volume > Volume::ZERO || self.reservoir_has_blood();
        if is_wanted && !self.red_cells_hang {
            self.go(beat, Phase::Running(Running::RinseBack(Moved::default())));
        } else {
            beat.tell(EventKind::Note(Note::RinseBackOmitted));
            self.go(beat, Phase::Disconnect);
        }
    }

    /// Ends when the access is in place but no blood has been drawn: the line comes out again.
    pub(crate) fn end_before_blood(&mut self, beat: &mut Beat<'_>) {
        let reason = EndReason::EndedEarly;
        beat.tell(EventKind::Ending { reason: reason.clone() });
        self.ending.get_or_insert(reason);
        self.go(beat, Phase::RemoveLine);
    }

    fn reservoir_has_blood(&self) -> bool {
        self.reservoir.as_ref().is_some_and(Reservoir::has_blood)
    }

    fn stand_still(&mut self, beat: &mut Beat<'_>) {
        beat.commands = Commands::default();
        self.inlet.halt();
        self.interface.follow(0.0);
        self.collect_line.rest(beat.now);
    }

    /// A condition holds (`Some`) or does not.
    #[inline]
    pub(crate) fn alarm(&mut self, beat: &mut Beat<'_>, code: AlarmCode, evidence: Option<Evidence>) {
        if evidence.is_none() && !self.alarms.is_active(code) {
            return;
        }
        if let Some(event) = self.alarms.set(beat.now, code, evidence) {
            beat.tell(event);
        }
    }

    /// Reminds the operator of a step that has waited long.
    pub(crate) fn remind_operator(&mut self, beat: &mut Beat<'_>) {
        let waiting = self.request().is_some()
            && !matches!(self.phase, Phase::Paused(_) | Phase::Stopped(_))
            && beat.now.since(self.entered_at) > self.prescription.times.operator_step;
        let evidence = waiting.then_some(Evidence::Phase(self.phase.name()));
        self.alarm(beat, AlarmCode::StepTimeOut, evidence);
    }
}
