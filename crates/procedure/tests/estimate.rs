//! The live estimate of the dose in whole procedures: what it may see, and the run that it stops.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_control::{EndReason, OperatorAction, PhaseName};
use leuka_device::Telemetry;
use leuka_procedure::file::Override;
use leuka_procedure::{Answer, Centrifuge, Channels, Extent, Inputs, Local, Place, Run, Sensed, Sources};

/// The worked patient, with counts as they were entered.
const COMMON: [&str; 3] =
    ["order.entered_count_per_ul=68", "order.entered_hematocrit_pct=38", "protocol.count.sample_min=30"];
/// What no instrument shows: another count than the laboratory told, another blood volume than the formula's, another
/// marrow and another release from it.
const HIDDEN: [&str; 5] = [
    "donor.cd34_per_ul=110",
    "donor.total_blood_volume_ml=4300",
    "donor.marrow_factor=0.5",
    "donor.splenic_platelet_pct=50",
    "model.donor.cd34.exchange=0.001",
];

fn inputs(sets: &[&str]) -> Inputs {
    let overrides = COMMON.iter().chain(sets).map(|text| Override::parse(text).unwrap()).collect();
    let separator = Some(Centrifuge::Stage);
    Inputs::read(&Sources { overrides, separator, seed: 3, ..Sources::default() }).unwrap()
}

/// Control as it is, and all that it was told.
struct Recorder {
    local: Local,
    told: Vec<(Telemetry, Option<OperatorAction>)>,
}

impl Channels for Recorder {
    fn beat(&mut self, sensed: Sensed<'_>, answer: &mut Answer) {
        if sensed.is_controls_turn {
            self.told.push((*sensed.telemetry, sensed.action.cloned()));
        }
        self.local.beat(sensed, answer);
    }
    fn place(&self) -> Place {
        self.local.place()
    }
    fn extent(&self) -> Extent {
        self.local.extent()
    }
    fn ending(&self) -> Option<EndReason> {
        self.local.ending()
    }
}

fn recorded(inputs: &Inputs, minutes: u32) -> (Recorder, f64) {
    let mut run = Run::with(inputs, |local| Recorder { local, told: Vec::new() }).unwrap();
    let mut dose = 0.0;
    for _ in 0..minutes * 60 {
        dose = run.second().true_dose_1e6_per_kg;
    }
    (run.into_channels(), dose)
}

#[test]
fn the_estimate_does_not_change_with_what_is_hidden_in_the_donor() {
    const MINUTES: u32 = 110;
    let (seen, dose) = recorded(&inputs(&[]), MINUTES);
    let estimate = seen.local.extent().estimate;
    assert!(estimate.median.count_1e6_kg() > 0.3 && seen.local.place().phase == PhaseName::Collect);
    assert!(seen.told.iter().any(|(_, action)| matches!(action, Some(OperatorAction::EnterMidRunCount(_)))));

    let mut other = Local::new(&inputs(&HIDDEN)).unwrap().into_control();
    for (telemetry, action) in &seen.told {
        other.step(telemetry, action.as_ref());
    }
    let bits = |estimate: &leuka_dose::Estimate| {
        let [low, high] = estimate.band_95;
        [estimate.median, low, high].map(|dose| dose.count_1e6_kg().to_bits())
    };
    assert_eq!(bits(&other.estimate()), bits(&estimate));
    assert_eq!(other.estimate(), estimate);

    // The hidden values do matter: the other donor gives another dose.
    let (_, other_dose) = recorded(&inputs(&HIDDEN), MINUTES);
    assert!((other_dose / dose - 1.0).abs() > 0.1, "{other_dose} against {dose}");
}

#[test]
fn a_dose_with_confidence_stops_the_run_and_says_why() {
    let sets = ["protocol.target.dose_1e6_per_kg=2", "protocol.target.confidence_pct=80", "protocol.observation_min=0"];
    let mut run = Run::new(&inputs(&sets)).unwrap();
    let mut ending = None;
    while run.is_running() {
        run.second();
        for event in run.take_events() {
            if event.kind == "ending" {
                ending = Some((event.text.clone(), run.outcome()));
            }
        }
    }
    let (text, at_end) = ending.unwrap();
    assert!(text.contains("2.00 x1e6/kg are in the bag with 8") && text.contains("80 % were asked for"), "{text}");
    assert!((80.0..84.0).contains(&at_end.dose_believed.goal_pct), "{}", at_end.dose_believed.goal_pct);
    let outcome = run.outcome();
    assert!(outcome.completed && outcome.end_reason.contains("80 % were asked for"), "{}", outcome.end_reason);
    assert!(at_end.dose_believed.median_1e6_per_kg > 2.0);
}
