//! The simulated operator: does what the machine asks for, by hand and by confirmation, after the time that a person
//! takes. Sees what a person sees: the screen's request, the bags, and a donor who says what is felt.

use leuka_blood::Anticoagulant;
use leuka_blood::parameters::{Error, ParameterFile};
use leuka_blood::quantity::{Concentration, Fraction, Mass, Pressure, Temperature, TimeSpan, Volume};
use leuka_control::{
    Eligibility, Identifier, Identity, OperatorAction, PhaseName, PostCounts, ProductLabel, RedCellUnit, Request,
    Solution, Symptom,
};
use leuka_device::Instant;
use leuka_donor::{Grade, Treatment};
use leuka_machine::{Handling, HandlingError, VirtualMachine};

use crate::deed::{Care, CareKind, Doses};
use crate::inputs::DoseCells;
use crate::laboratory::concentration;
use crate::mid_run::MidRun;
use crate::slip::{Slip, Slips};

/// How long each step takes and when the operator gives up, from `data/operator.toml`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    scan: TimeSpan,
    eligibility: TimeSpan,
    load_set: TimeSpan,
    bag: TimeSpan,
    access: TimeSpan,
    access_test: TimeSpan,
    connect: TimeSpan,
    disconnect: TimeSpan,
    product: TimeSpan,
    remove_line: TimeSpan,
    blood_pressure: TimeSpan,
    counts: TimeSpan,
    resume: TimeSpan,
    reset: TimeSpan,
    symptom: TimeSpan,
    attempts: f64,
    lasting: TimeSpan,
    saline_bag: Volume,
    anticoagulant_bag: Volume,
    change_at: Volume,
    red_cell_unit: Volume,
    red_cell_hematocrit: Fraction,
    red_cell_age: TimeSpan,
    count_age: TimeSpan,
    doses: Doses,
}

impl Manner {
    pub(crate) fn from_file(file: &ParameterFile) -> Result<Self, Error> {
        file.read(|reader| {
            let mut seconds = |name: &str| reader.within(name, "s", 0.0, 7200.0).map(TimeSpan::from_seconds);
            Ok(Self {
                scan: seconds("delay.scan")?,
                eligibility: seconds("delay.eligibility")?,
                load_set: seconds("delay.load_set")?,
                bag: seconds("delay.bag")?,
                access: seconds("delay.access")?,
                access_test: seconds("delay.access_test")?,
                connect: seconds("delay.connect")?,
                disconnect: seconds("delay.disconnect")?,
                product: seconds("delay.product")?,
                remove_line: seconds("delay.remove_line")?,
                blood_pressure: seconds("delay.blood_pressure")?,
                counts: seconds("delay.counts")?,
                resume: seconds("delay.resume")?,
                reset: seconds("delay.reset")?,
                symptom: seconds("delay.symptom")?,
                lasting: seconds("patience.lasting")?,
                attempts: reader.within("patience.attempts", "1", 0.0, 100.0)?,
                saline_bag: Volume::from_ml(reader.within("bag.saline", "mL", 100.0, 5000.0)?),
                anticoagulant_bag: Volume::from_ml(reader.within("bag.anticoagulant", "mL", 100.0, 5000.0)?),
                change_at: Volume::from_ml(reader.within("bag.change_at", "mL", 10.0, 500.0)?),
                red_cell_unit: Volume::from_ml(reader.within("bag.red_cells", "mL", 100.0, 1000.0)?),
                red_cell_hematocrit: Fraction::from_pct(reader.within("bag.red_cell_hematocrit", "%", 10.0, 80.0)?),
                red_cell_age: TimeSpan::from_hours(24.0 * reader.within("bag.red_cell_age", "d", 0.0, 60.0)?),
                count_age: TimeSpan::from_hours(reader.within("record.count_age", "h", 0.0, 1000.0)?),
                doses: Doses {
                    oral_calcium_mmol_kg: reader.within("care.oral_calcium", "mmol/kg", 0.0, 2.0)?,
                    vein_calcium_mmol_kg: reader.within("care.vein_calcium", "mmol/kg", 0.0, 0.2)?,
                    saline_ml_kg: reader.within("care.saline", "mL/kg", 0.0, 30.0)?,
                },
            })
        })
    }

    const fn delay(&self, request: Request) -> TimeSpan {
        match request {
            Request::ScanOrder | Request::ScanDonor => self.scan,
            Request::ConfirmEligibility => self.eligibility,
            Request::AttachMonitor | Request::MeasureLying | Request::MeasureStanding => self.blood_pressure,
            Request::LoadSet => self.load_set,
            Request::HangSaline | Request::HangRedCells | Request::SpikeAnticoagulant | Request::FlushSet => self.bag,
            Request::InsertAccess => self.access,
            Request::TestDraw | Request::TestReturn => self.access_test,
            Request::Connect => self.connect,
            Request::Resume => self.resume,
            Request::Reset => self.reset,
            Request::Disconnect => self.disconnect,
            Request::MixProduct | Request::SampleProduct | Request::SealProduct => self.product,
            Request::RemoveLine => self.remove_line,
            Request::EnterCounts => self.counts,
        }
    }
}

/// The operator listens to the donor once in a second.
const LISTENS_US: u64 = 1_000_000;

/// What the operator knows about the procedure at hand.
#[derive(Debug, Clone)]
pub(crate) struct Knowledge {
    pub(crate) identity: Identity,
    /// The donor that the order names, which may be another one.
    pub(crate) ordered_donor: leuka_control::Identifier,
    pub(crate) consent: bool,
    pub(crate) infection_markers_negative: bool,
    pub(crate) pregnant: bool,
    pub(crate) ace_inhibitor: bool,
    pub(crate) anticoagulant: Anticoagulant,
    /// What hangs on the saline line.
    pub(crate) prime: leuka_machine::Solution,
    pub(crate) is_catheter: bool,
    pub(crate) dose_cells: DoseCells,
    pub(crate) weight: Mass,
}

/// The simulated operator.
#[derive(Debug)]
pub(crate) struct Operator {
    manner: Manner,
    knowledge: Knowledge,
    waiting: Option<(Request, Instant)>,
    attempts: Vec<Instant>,
    felt: Vec<(Symptom, Instant)>,
    /// When the donor is listened to again.
    listens: Instant,
    told: usize,
    connected: bool,
    /// What is done wrongly.
    pub(crate) slips: Slips,
    mid_run: MidRun,
}

/// What the operator does at one moment.
#[derive(Debug, Default)]
pub(crate) struct Doing {
    /// Told to control.
    pub(crate) action: Option<OperatorAction>,
    /// Done by hand, in order.
    pub(crate) hands: Vec<Handling>,
    /// Why the hands could not.
    pub(crate) failed: Option<HandlingError>,
    /// What the donor has begun to feel.
    pub(crate) felt: Option<Symptom>,
    /// Done for the donor.
    pub(crate) care: Option<Care>,
}

impl Doing {
    /// True when nothing is done.
    pub(crate) const fn is_nothing(&self) -> bool {
        let Self { action, hands, failed, felt, care } = self;
        action.is_none() && hands.is_empty() && failed.is_none() && felt.is_none() && care.is_none()
    }
}

impl Operator {
    pub(crate) fn new(manner: Manner, knowledge: Knowledge, mid_run: MidRun) -> Self {
        let slips = Slips::default();
        Self {
            manner,
            knowledge,
            waiting: None,
            attempts: Vec::new(),
            felt: Vec::new(),
            listens: Instant::START,
            told: 0,
            connected: false,
            slips,
            mid_run,
        }
    }

    /// Looks at request and donor and does what is due; says so in `doing`, which says nothing yet.
    pub(crate) fn look(
        &mut self,
        request: Option<Request>,
        phase: PhaseName,
        machine: &mut VirtualMachine,
        doing: &mut Doing,
    ) {
        let now = machine.now();
        doing.felt = self.listen(machine, now);
        if let Some(symptom) = self.report(now) {
            doing.action = Some(OperatorAction::ReportSymptom(symptom));
            doing.care = self.manner.doses.for_symptom(symptom, self.knowledge.weight);
            for &treatment in doing.care.iter().flat_map(|care| &care.treatments) {
                machine.donor_mut().treat(treatment);
            }
            return;
        }
        for (slip, action) in [(Slip::Pause, OperatorAction::Pause), (Slip::EndEarly, OperatorAction::EndEarly)] {
            if self.slips.due(slip, now) {
                doing.action = Some(action);
                return;
            }
        }
        if let Some(action) = self.mid_run.look(phase, machine) {
            doing.action = Some(action);
            return;
        }
        let request = request.filter(|request| !self.ignores(*request, now));
        self.hang_ahead(request, machine, doing);
        let due = self.waiting.filter(|(request, since)| now.since(*since) >= self.manner.delay(*request));
        if let Some((request, _)) = due {
            self.waiting = Some((request, now));
            self.answer(request, machine, doing);
        } else if phase == PhaseName::Paused && self.bag_is_due(machine) {
            self.by_hand(machine, doing, &[self.new_bag()]);
        } else if phase == PhaseName::Collect && self.bag_is_due(machine) {
            // A bag that is changed while blood is drawn looks to the guard like one that delivers nothing.
            doing.action = Some(OperatorAction::Pause);
        }
    }

    /// Takes note of a new request. The anticoagulant is hung first, spiked and scanned when it hangs still.
    pub(crate) fn hang_ahead(&mut self, request: Option<Request>, machine: &mut VirtualMachine, doing: &mut Doing) {
        if request != self.waiting.map(|(request, _)| request) {
            self.waiting = request.map(|request| (request, machine.now()));
            if request == Some(Request::SpikeAnticoagulant) {
                self.change_bag(machine, doing);
            }
        }
    }

    pub(crate) fn change_bag(&self, machine: &mut VirtualMachine, doing: &mut Doing) {
        self.by_hand(machine, doing, &[self.new_bag()]);
    }

    pub(crate) fn care(&self, kind: CareKind) -> Care {
        self.manner.doses.care(kind, self.knowledge.weight)
    }

    fn ignores(&self, request: Request, now: Instant) -> bool {
        match request {
            Request::Resume | Request::FlushSet => self.slips.holds(Slip::IgnoresPause, now),
            Request::Reset => self.slips.holds(Slip::IgnoresStop, now),
            _ => false,
        }
    }

    /// An identifier as it is scanned: another one when it is confused.
    fn scan(&self, right: &Identifier, slips: &[Slip], now: Instant) -> Identifier {
        let is_wrong = slips.iter().any(|slip| self.slips.holds(*slip, now));
        if is_wrong { Identifier::try_from("ANOTHER").unwrap_or_default() } else { right.clone() }
    }

    /// What the donor has begun to feel since the last look.
    pub(crate) fn listen(&mut self, machine: &VirtualMachine, now: Instant) -> Option<Symptom> {
        if !self.connected || now < self.listens {
            return None;
        }
        self.listens = now.plus_micros(LISTENS_US);
        let symptoms = machine.donor().symptoms();
        let feels = [
            (symptoms.citrate >= Grade::Mild, Symptom::Tingling),
            (symptoms.citrate >= Grade::Moderate, Symptom::Cramps),
            (symptoms.vasovagal > Fraction::from_fraction(0.3) || symptoms.hypotension, Symptom::Faint),
        ];
        let is_new = |symptom: &Symptom| !self.felt.iter().any(|(felt, _)| felt == symptom);
        let new = feels.into_iter().find_map(|(feels, symptom)| (feels && is_new(&symptom)).then_some(symptom))?;
        self.felt.push((new, now));
        Some(new)
    }

    /// A symptom that has been felt long enough to have been said.
    fn report(&mut self, now: Instant) -> Option<Symptom> {
        let (symptom, since) = *self.felt.get(self.told)?;
        (now.since(since) >= self.manner.symptom).then(|| {
            self.told += 1;
            symptom
        })
    }

    /// True when a new anticoagulant bag is due.
    pub(crate) fn bag_is_due(&self, machine: &VirtualMachine) -> bool {
        machine.anticoagulant_left() < self.manner.change_at
    }

    fn new_bag(&self) -> Handling {
        let bag = leuka_machine::Solution::Anticoagulant(self.knowledge.anticoagulant);
        Handling::HangAnticoagulant(bag, self.manner.anticoagulant_bag)
    }

    fn by_hand(&self, machine: &mut VirtualMachine, doing: &mut Doing, hands: &[Handling]) {
        for &handling in hands {
            match machine.handle(handling) {
                Ok(()) => doing.hands.push(handling),
                Err(error) => doing.failed = Some(error),
            }
        }
    }

    fn answer(&mut self, request: Request, machine: &mut VirtualMachine, doing: &mut Doing) {
        self.do_by_hand(request, machine, doing);
        if doing.failed.is_none() {
            doing.action = match request {
                Request::Resume => Some(self.again(machine.now(), OperatorAction::Resume)),
                Request::Reset => Some(self.again(machine.now(), OperatorAction::Reset)),
                request => self.confirmation(request, machine),
            };
        }
    }

    /// What a request needs to be done by hand.
    pub(crate) fn do_by_hand(&mut self, request: Request, machine: &mut VirtualMachine, doing: &mut Doing) {
        let hands = self.hands(request);
        self.by_hand(machine, doing, &hands);
        if doing.failed.is_some() {
            return;
        }
        match request {
            Request::Connect => self.connected = true,
            Request::Disconnect => {
                self.connected = false;
                machine.donor_mut().treat(Treatment::LegsRaised(false));
            }
            _ => {}
        }
    }

    /// What a request needs to be done by hand.
    fn hands(&self, request: Request) -> Vec<Handling> {
        let manner = &self.manner;
        match request {
            Request::AttachMonitor | Request::MeasureLying | Request::MeasureStanding => {
                vec![Handling::MeasureBloodPressure]
            }
            Request::LoadSet => vec![Handling::LoadSet],
            Request::HangSaline => vec![Handling::HangSaline(self.knowledge.prime, manner.saline_bag)],
            Request::SpikeAnticoagulant => vec![Handling::ConnectAnticoagulant],
            Request::HangRedCells => vec![Handling::HangSaline(
                leuka_machine::Solution::RedCells(manner.red_cell_hematocrit),
                manner.red_cell_unit,
            )],
            Request::InsertAccess => vec![Handling::InsertAccess],
            Request::Connect => vec![Handling::ConnectDonor],
            Request::Disconnect => vec![Handling::DisconnectDonor],
            Request::SealProduct => vec![Handling::SealProduct],
            Request::RemoveLine => vec![Handling::RemoveAccess],
            Request::ScanOrder
            | Request::ScanDonor
            | Request::ConfirmEligibility
            | Request::TestDraw
            | Request::TestReturn
            | Request::Resume
            | Request::FlushSet
            | Request::Reset
            | Request::MixProduct
            | Request::SampleProduct
            | Request::EnterCounts => Vec::new(),
        }
    }

    /// What is told to control when the hands are done, and what the scanner, the papers and the laboratory say.
    pub(crate) fn confirmation(&self, request: Request, machine: &VirtualMachine) -> Option<OperatorAction> {
        let know = &self.knowledge;
        let identity = &know.identity;
        let now = machine.now();
        Some(match request {
            Request::ScanOrder => OperatorAction::ScanOrder {
                order: self.scan(&identity.order, &[Slip::WrongOrder], now),
                donor: self.scan(&know.ordered_donor, &[Slip::WrongOrderDonor], now),
            },
            Request::ScanDonor => OperatorAction::ScanDonor {
                id: self.scan(&identity.donor, &[Slip::WrongDonor], now),
                second: self.scan(&identity.donor_second, &[Slip::WrongSecondIdentifier], now),
            },
            Request::ConfirmEligibility => OperatorAction::ConfirmEligibility(Eligibility {
                consent: know.consent,
                infection_markers_negative: know.infection_markers_negative,
                pregnant: know.pregnant,
                ace_inhibitor: know.ace_inhibitor,
                anticoagulant_drug: false,
                count_age: self.manner.count_age,
            }),
            Request::AttachMonitor => return None,
            Request::LoadSet => OperatorAction::LoadSet { code: self.scan(&identity.set_code, &[Slip::WrongSet], now) },
            Request::HangSaline => OperatorAction::HangSaline {
                solution: if self.slips.holds(Slip::WrongSaline, now) { Solution::Other } else { Solution::Saline },
            },
            Request::SpikeAnticoagulant => OperatorAction::SpikeAnticoagulant {
                solution: if self.slips.holds(Slip::WrongAnticoagulant, now) {
                    Solution::Saline
                } else {
                    Solution::Anticoagulant(know.anticoagulant)
                },
            },
            Request::HangRedCells => OperatorAction::HangRedCells(self.red_cells(now)),
            Request::InsertAccess => OperatorAction::InsertAccess { lock_aspirated: know.is_catheter },
            Request::TestDraw => OperatorAction::TestDraw { free: true },
            Request::TestReturn => OperatorAction::TestReturn { free: true },
            Request::Connect => OperatorAction::Connect,
            Request::FlushSet if self.slips.holds(Slip::SkipsFlush, now) => OperatorAction::Resume,
            Request::FlushSet => OperatorAction::FlushSet,
            Request::Resume => OperatorAction::Resume,
            Request::Reset => OperatorAction::Reset,
            Request::Disconnect => OperatorAction::Disconnect,
            Request::MixProduct => OperatorAction::MixProduct,
            Request::SampleProduct => OperatorAction::SampleProduct,
            Request::SealProduct => OperatorAction::SealProduct {
                label: ProductLabel {
                    product: self.scan(&identity.product, &[Slip::WrongLabel], now),
                    donor: self.scan(&identity.donor, &[Slip::WrongLabelDonor], now),
                    order: identity.order.clone(),
                },
            },
            Request::RemoveLine => OperatorAction::RemoveLine { hemostasis: true },
            Request::MeasureLying => OperatorAction::MeasureLying { systolic: systolic(machine) },
            Request::MeasureStanding => OperatorAction::MeasureStanding { systolic: systolic(machine) },
            Request::EnterCounts => OperatorAction::EnterCounts(self.counts(machine)),
        })
    }

    /// The unit of red cells that is brought.
    fn red_cells(&self, now: Instant) -> RedCellUnit {
        let is = |slip| self.slips.holds(slip, now);
        let age_days = if is(Slip::OldRedCells) { 30.0 } else { self.manner.red_cell_age.hours() / 24.0 };
        let celsius = if is(Slip::ColdRedCells) { 6.0 } else { 36.0 };
        RedCellUnit {
            donor: self.scan(&self.knowledge.identity.donor, &[Slip::WrongRedCells], now),
            age: TimeSpan::from_hours(24.0 * age_days),
            potassium: Concentration::from_mmol_l(4.0 + age_days),
            temperature: Temperature::from_celsius(celsius),
        }
    }

    /// Once more, or the end when it was tried too often of late.
    fn again(&mut self, now: Instant, action: OperatorAction) -> OperatorAction {
        let lasting = self.manner.lasting;
        self.attempts.retain(|&attempt| now.since(attempt) < lasting);
        #[expect(clippy::cast_precision_loss, reason = "a handful of attempts")]
        if self.attempts.len() as f64 >= self.manner.attempts {
            return OperatorAction::EndEarly;
        }
        self.attempts.push(now);
        action
    }

    fn counts(&self, machine: &VirtualMachine) -> PostCounts {
        let blood = machine.donor().blood();
        PostCounts {
            hematocrit: blood.hematocrit,
            platelets: blood.cells[leuka_blood::Population::Platelet],
            white_cells: concentration(&blood, crate::CellGroup::Wbc),
            dose_cells: self
                .knowledge
                .dose_cells
                .groups()
                .iter()
                .fold(leuka_blood::quantity::CellConcentration::ZERO, |sum, &group| sum + concentration(&blood, group)),
        }
    }
}

/// What the cuff shows: the virtual donor lies, and nothing in the model falls on standing up.
fn systolic(machine: &VirtualMachine) -> Pressure {
    machine.donor().vitals().systolic
}
