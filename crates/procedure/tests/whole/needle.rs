//! One needle with a reservoir, as its ready protocol has it.

use leuka_control::PhaseName;
use leuka_device::{Clamp, DrawFrom, ReturnTo};

use crate::watched::{Watched, worst_balance};

#[test]
fn one_needle_reaches_its_target_with_half_the_flow_and_returns_everything() {
    let mut watched = Watched::ready("cd34-single-needle", "autologous-74kg", &[]);
    let (mut reservoir_ml, mut suction_mmhg, mut return_mmhg) = (0.0_f64, 0.0_f64, 0.0_f64);
    while watched.run.is_running() {
        watched.second();
        let view = watched.run.machine().plant_view();
        reservoir_ml = reservoir_ml.max(view.reservoir_ml);
        suction_mmhg = suction_mmhg.min(view.draw_mmhg);
        if view.is_connected {
            return_mmhg = return_mmhg.max(view.return_mmhg);
            let commands = watched.run.commands().unwrap();
            let draws = commands.draw_from == DrawFrom::Donor && commands.draw_clamp == Clamp::Open;
            let gives = commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open;
            assert!(!(draws && gives), "both at once at {} s", watched.now_s());
        }
    }
    let outcome = watched.run.outcome();
    assert_eq!(outcome.end_reason, "the target was reached");
    assert!(outcome.completed && worst_balance(&outcome) < 1e-9, "{:?}", outcome.balance);
    let high: Vec<_> = outcome.alarms.iter().filter(|alarm| alarm.priority == "high").collect();
    assert!(high.is_empty(), "{high:?}");
    // What the bed takes while the needle draws comes back while it returns: the loop knows, and the line stays pale.
    for wrong in ["collect_line_red", "hematocrit_mismatch"] {
        assert!(outcome.alarms.iter().all(|alarm| alarm.code != wrong), "{wrong}: {:?}", outcome.alarms);
    }
    let part = outcome.inlet_flow_mean_ml_min / 55.0;
    assert!((0.45..0.60).contains(&part), "the mean inlet is {part} of the wish");
    assert!((170.0..195.0).contains(&reservoir_ml), "the reservoir held {reservoir_ml} mL");
    let left_ml = watched.run.machine().plant_view().reservoir_ml;
    assert!(left_ml < 25.0, "{left_ml} mL are left in it");
    assert!((-250.0..0.0).contains(&suction_mmhg), "{suction_mmhg} mmHg");
    assert!((20.0..350.0).contains(&return_mmhg), "{return_mmhg} mmHg");
    // Saline, anticoagulant and the set's prime, less product, divert and what is left in the set.
    assert!(outcome.donor.fluid_balance_ml.abs() < 700.0, "{} mL", outcome.donor.fluid_balance_ml);
    let turns =
        watched.events.iter().filter(|event| event.text.starts_with("the needle returns: the reservoir")).count();
    let drawn_ml = outcome.whole_blood_processed_ml * 12.0 / 11.0;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen turns")]
    let each_ml = drawn_ml / turns as f64;
    assert!((150.0..200.0).contains(&each_ml), "{turns} turns of {each_ml} mL");
    for phase in [PhaseName::Paused, PhaseName::Stopped] {
        assert!(watched.run.stages().iter().all(|(name, _)| *name != phase), "{phase}");
    }
}
