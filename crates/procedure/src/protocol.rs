//! The protocol file: how a procedure is to be done.

use crate::file::field::{Field, Preset, choice, flag, number, text, tiers};
use crate::file::{Document, Problem};
use crate::method::{self, METHODS};

/// The fields of which exactly one ends a run.
pub(crate) const TARGETS: [&str; 4] =
    ["target.dose_1e6_per_kg", "target.volume_ml", "target.tbv_multiple", "target.time_min"];

/// The fields of which one at most says how fast the centrifuge turns.
pub(crate) const SPEEDS: [&str; 2] = ["centrifuge_rpm", "packing_factor_g_min"];

const NOT_THE_TARGET: Preset = Preset::Optional("another target ends the run");

/// What holds when a limit is left out.
const CONTROLS: Preset = Preset::Optional("control's own limit, in its parameter file control.toml");

pub(crate) const ACCESSES: &[&str] = &[
    "fistula-needle-16g",
    "fistula-needle-17g",
    "cannula-18g",
    "cannula-20g",
    "apheresis-catheter",
    "dialysis-catheter-8fr",
    "dialysis-catheter-6.5fr",
];

pub(crate) const FIELDS: &[Field] = &[
    choice("schema", &["leuka.protocol/1"], Preset::Required, "Version of this file's form"),
    text("name", Preset::Required, "Short name, used for the run folder"),
    text("title", Preset::Text("unnamed protocol"), "What the protocol is for, in a few words"),
    choice("method", METHODS, Preset::Text("continuous"), "How the cells are taken out of the blood"),
    choice(
        "cells",
        &["cd34", "cd3", "mononuclear", "monocytes", "granulocytes", "white-cells"],
        Preset::Required,
        "Cells that the dose counts",
    ),
    number(
        "inlet_flow_ml_min",
        "mL/min",
        4.0,
        120.0,
        Preset::Required,
        "Wished inlet flow (anticoagulated blood); lowered by the machine where a limit asks for it",
    ),
    number("collect_flow_ml_min", "mL/min", 0.2, 20.0, Preset::Number(1.0), "Flow of the collect pump"),
    number(
        "collect_hematocrit_pct",
        "%",
        0.5,
        10.0,
        Preset::Number(3.0),
        "Haematocrit that the collect line is held at",
    ),
    number(
        "centrifuge_rpm",
        "rpm",
        750.0,
        3000.0,
        Preset::Number(1200.0),
        "Fixed speed of the centrifuge; not beside packing_factor_g_min",
    ),
    number(
        "packing_factor_g_min",
        "g min",
        20.0,
        1000.0,
        Preset::Optional("the centrifuge keeps centrifuge_rpm"),
        "Gravities at mid-gap times channel volume over inlet flow, kept by letting the centrifuge's speed follow the inlet; 171 is 1200 rpm at 60 mL/min",
    ),
    number(
        "interface_mm",
        "mm",
        0.5,
        4.5,
        Preset::Number(1.6),
        "Distance of the interface from the channel's inner wall to begin with",
    ),
    number(
        "expected_efficiency_pct",
        "%",
        5.0,
        100.0,
        Preset::Number(55.0),
        "CE2 that is expected of the cells, for the dose forecast",
    ),
    choice(
        "anticoagulant.solution",
        &["acd-a", "acd-b", "hes-citrate", "heparin"],
        Preset::Text("acd-a"),
        "Anticoagulant; hes-citrate is hydroxyethyl starch 6 % with trisodium citrate, for granulocytes",
    ),
    number("anticoagulant.inlet_ratio", "to 1", 6.0, 15.0, Preset::Number(12.0), "Inlet flow over anticoagulant flow"),
    tiers(
        "anticoagulant.limit_ml_min_l",
        "mL/min per L of blood volume",
        0.2,
        2.0,
        Preset::Tiers(0.8, 1.2, 1.2),
        "Anticoagulant rate for the donor's blood volume",
    ),
    tiers(
        "anticoagulant.citrate_limit_mg_kg_min",
        "mg/kg/min",
        0.3,
        4.0,
        Preset::Tiers(1.7, 1.9, 1.9),
        "Citrate rate for body weight",
    ),
    number(
        TARGETS[0],
        "1e6/kg",
        0.05,
        1000.0,
        NOT_THE_TARGET,
        "Ends the run at this dose of the cells, by the forecast",
    ),
    number(
        TARGETS[1],
        "mL",
        100.0,
        50_000.0,
        NOT_THE_TARGET,
        "Ends the run at this volume of whole blood, without anticoagulant",
    ),
    number(
        TARGETS[2],
        "blood volumes",
        0.5,
        5.0,
        NOT_THE_TARGET,
        "Ends the run at this multiple of the donor's blood volume",
    ),
    number(TARGETS[3], "min", 40.0, 480.0, NOT_THE_TARGET, "Ends the run after this time of collection"),
    number(
        "target.confidence_pct",
        "%",
        50.0,
        99.0,
        Preset::Optional("the point forecast ends the run"),
        "Beside target.dose_1e6_per_kg: ends the run when the dose is in the bag with this probability",
    ),
    number(
        "count.sample_min",
        "min",
        5.0,
        480.0,
        Preset::Optional("nothing is counted during the run"),
        "A sample for a count during the run is taken so long after the collection has begun",
    ),
    choice("count.of", &["bag", "blood"], Preset::Text("bag"), "What is counted"),
    number(
        "count.result_after_min",
        "min",
        0.0,
        240.0,
        Preset::Number(30.0),
        "Time from the sample until its count is typed; the count holds for the moment of the sample",
    ),
    number(
        "most.tbv_multiple",
        "blood volumes",
        0.5,
        6.0,
        Preset::Number(5.0),
        "Ends the run at the latest here, whatever the target",
    ),
    number(
        "most.time_min",
        "min",
        40.0,
        600.0,
        Preset::Number(480.0),
        "Ends the collection at the latest here, whatever the target",
    ),
    choice(
        "access.draw",
        ACCESSES,
        Preset::Text("fistula-needle-16g"),
        "Needle, cannula or catheter lumen that blood is drawn by",
    ),
    choice(
        "access.return",
        ACCESSES,
        Preset::Text("fistula-needle-17g"),
        "Needle, cannula or catheter lumen that blood is returned by",
    ),
    flag(
        "access.single_needle",
        false,
        "Draws and returns in turns by one needle, with a reservoir; draw and return then name the same",
    ),
    number(
        "reservoir_ml",
        "mL",
        50.0,
        400.0,
        Preset::Optional("draw and return have an access each, and blood is drawn and returned at once"),
        "What the reservoir of a single needle holds when it is full; it counts as blood outside the body",
    ),
    choice("set", &["standard", "small"], Preset::Text("standard"), "Disposable set"),
    flag("albumin_prime", false, "Albumin of 5 % hangs in place of saline, for prime and rinse-back"),
    flag(
        "red_cell_prime",
        false,
        "The set is primed with red cells, which a small child needs; then nothing is rinsed back",
    ),
    number("prime_flow_ml_min", "mL/min", 10.0, 120.0, Preset::Number(80.0), "Inlet flow while saline fills the set"),
    number(
        "divert_volume_ml",
        "mL",
        0.0,
        300.0,
        Preset::Number(30.0),
        "Prime and first blood that go to waste before the return is opened",
    ),
    number("divert_flow_ml_min", "mL/min", 4.0, 120.0, Preset::Number(30.0), "Inlet flow meanwhile"),
    number(
        "rinse_back_ml",
        "mL",
        0.0,
        600.0,
        Preset::Number(250.0),
        "Saline that returns the blood in the set; 0 omits rinse-back",
    ),
    number("rinse_back_flow_ml_min", "mL/min", 4.0, 120.0, Preset::Number(40.0), "Inlet flow of that saline"),
    number(
        "rinse_back_rpm",
        "rpm",
        100.0,
        1500.0,
        Preset::Number(750.0),
        "Speed of the centrifuge meanwhile: slow, so that the cells come along",
    ),
    number(
        "keep_open_flow_ml_min",
        "mL/min",
        0.0,
        20.0,
        Preset::Number(0.0),
        "Saline that keeps the return open while the access is paused; 0 for none",
    ),
    number(
        "anticoagulant.bag_low_ml",
        "mL",
        10.0,
        300.0,
        Preset::Number(50.0),
        "Content at which the bag counts as nearly empty",
    ),
    number(
        "anticoagulant.drop_silence_s",
        "s",
        2.0,
        60.0,
        Preset::Number(9.0),
        "Silence of the drop detector that is accepted, at the least",
    ),
    number(
        "anticoagulant.drops_missed",
        "drops",
        1.0,
        50.0,
        Preset::Number(4.0),
        "Silence of the drop detector that is accepted, in drops expected",
    ),
    number(
        "chamber.flush_at_pct",
        "%",
        20.0,
        120.0,
        Preset::Number(60.0),
        "Filling at which an elutriation chamber is flushed: all white cells spill at 100, the slowest of them before",
    ),
    number(
        "chamber.longest_fill_min",
        "min",
        2.0,
        120.0,
        Preset::Number(45.0),
        "Time of filling after which it is flushed whatever its sensor says",
    ),
    number(
        "chamber.flush_flow_ml_min",
        "mL/min",
        2.0,
        40.0,
        Preset::Number(12.0),
        "Flow of the collect pump while it is flushed",
    ),
    number(
        "chamber.flush_volume_ml",
        "mL",
        5.0,
        100.0,
        Preset::Number(22.0),
        "Volume of each flush that goes to the product bag",
    ),
    number(
        "elution.volume_ml",
        "mL",
        20.0,
        450.0,
        Preset::Number(300.0),
        "Saline that washes cells off a depth filter into the product bag",
    ),
    number("elution.flow_ml_min", "mL/min", 5.0, 50.0, Preset::Number(40.0), "Flow of that saline"),
    number(
        "dilution",
        "to 1",
        1.0,
        6.0,
        Preset::Number(1.0),
        "Inlet of a size filter over the anticoagulated blood in it; the rest is saline",
    ),
    number("observation_min", "min", 0.0, 120.0, Preset::Number(15.0), "Observation after the line is removed"),
    tiers("limits.access_pressure_mmhg", "mmHg", -400.0, -20.0, CONTROLS, "Suction in the draw line"),
    tiers("limits.return_pressure_mmhg", "mmHg", 50.0, 450.0, CONTROLS, "Pressure in the return line"),
    tiers("limits.filter_pressure_mmhg", "mmHg", 10.0, 400.0, CONTROLS, "Pressure that a filter takes"),
    tiers("limits.heart_rate_low_per_min", "/min", 20.0, 150.0, CONTROLS, "Low heart rate"),
    tiers("limits.heart_rate_high_per_min", "/min", 60.0, 240.0, CONTROLS, "High heart rate"),
    tiers("limits.systolic_low_mmhg", "mmHg", 40.0, 140.0, CONTROLS, "Low systolic pressure"),
    number(
        "limits.systolic_fall_pct",
        "%",
        5.0,
        60.0,
        CONTROLS,
        "Fall of systolic pressure from its baseline that is told",
    ),
    tiers("limits.spo2_low_pct", "%", 50.0, 100.0, CONTROLS, "Low oxygen saturation"),
    tiers(
        "limits.fluid_deficit_pct",
        "% of blood volume",
        1.0,
        40.0,
        CONTROLS,
        "Fluid that the donor lacks, the set's content included",
    ),
    tiers(
        "limits.fluid_surplus_pct",
        "% of blood volume",
        1.0,
        60.0,
        CONTROLS,
        "Fluid that the donor has been given beyond what was drawn",
    ),
    tiers("limits.battery_min", "min", 1.0, 240.0, CONTROLS, "Time that the battery lasts"),
    tiers("limits.return_temperature_c", "C", 36.0, 42.0, CONTROLS, "Temperature of the blood that goes back"),
    number(
        "limits.starch_ml_kg",
        "mL/kg",
        5.0,
        60.0,
        CONTROLS,
        "Hydroxyethyl starch solution in a day, for body weight",
    ),
    number(
        "limits.line_red_pct",
        "%",
        2.0,
        30.0,
        CONTROLS,
        "Haematocrit from which the collect or plasma line counts as red",
    ),
    number(
        "limits.standing_fall_mmhg",
        "mmHg",
        5.0,
        60.0,
        CONTROLS,
        "Fall of systolic pressure on standing up that keeps the donor under observation",
    ),
    tiers("limits.extracorporeal_pct", "% of blood volume", 2.0, 40.0, CONTROLS, "Donor's blood outside the body"),
    number("eligibility.hemoglobin_before_g_dl", "g/dL", 5.0, 16.0, CONTROLS, "Lowest haemoglobin to begin with"),
    number(
        "eligibility.hemoglobin_after_g_dl",
        "g/dL",
        4.0,
        16.0,
        CONTROLS,
        "Lowest haemoglobin predicted for the end",
    ),
    number("eligibility.platelet_before_1e9_l", "1e9/L", 5.0, 300.0, CONTROLS, "Lowest platelets to begin with"),
    number("eligibility.platelet_after_1e9_l", "1e9/L", 5.0, 300.0, CONTROLS, "Lowest platelets predicted for the end"),
    number("eligibility.ionised_calcium_mmol_l", "mmol/L", 0.5, 1.3, CONTROLS, "Lowest ionised calcium to begin with"),
    number(
        "eligibility.platelet_efficiency_pct",
        "%",
        0.0,
        60.0,
        CONTROLS,
        "Part of the platelets passing that the prediction takes as lost",
    ),
    number(
        "eligibility.fluid_retained_pct",
        "%",
        0.0,
        100.0,
        CONTROLS,
        "Part of the fluid given that the prediction takes as still in the blood at the end",
    ),
];

/// What no single field can tell: fields of another method, that exactly one target ends a run, and one rule sets the
/// centrifuge's speed.
pub(crate) fn check(file: &Document) -> Vec<Problem> {
    let mut problems = method::check(file);
    problems.extend(check_target(file));
    problems.extend(check_speed(file));
    if file.gives("target.confidence_pct") && !file.gives(TARGETS[0]) {
        problems.push(file.problem(
            "target.confidence_pct",
            "needs protocol.target.dose_1e6_per_kg beside it: only a dose has a confidence",
        ));
    }
    problems.extend(check_needle(file));
    problems
}

fn check_target(file: &Document) -> Option<Problem> {
    let given: Vec<_> = TARGETS.into_iter().filter(|path| file.gives(path)).collect();
    match given.as_slice() {
        [_] => None,
        [] => Some(file.problem(
            "target",
            format!("is missing: give one of {}", TARGETS.map(|path| path.trim_start_matches("target.")).join(", ")),
        )),
        [first, second, ..] => Some(file.problem(
            second,
            format!("cannot stand beside protocol.{first}: exactly one target ends a run, remove one"),
        )),
    }
}

fn check_speed(file: &Document) -> Option<Problem> {
    let [speed, factor] = SPEEDS;
    (file.gives(speed) && file.gives(factor)).then(|| {
        file.problem(factor, format!("cannot stand beside protocol.{speed}: one of them sets the speed, remove one"))
    })
}

/// One needle and its reservoir go together.
fn check_needle(file: &Document) -> Option<Problem> {
    let (draw, give) = (file.text("access.draw"), file.text("access.return"));
    match (file.flag("access.single_needle") == Some(true), file.gives("reservoir_ml")) {
        (true, false) => Some(file.problem(
            "access.single_needle",
            "cannot draw and return at once: give protocol.reservoir_ml, or an access for each".to_owned(),
        )),
        (false, true) => Some(file.problem(
            "reservoir_ml",
            "has no meaning with an access each for draw and return: remove it, or give access.single_needle = true"
                .to_owned(),
        )),
        (true, true) if draw != give => Some(file.problem(
            "access.return",
            format!("must be the needle that draws, \"{}\": access.single_needle has one", draw.unwrap_or_default()),
        )),
        (true, true) if file.flag("red_cell_prime") == Some(true) => Some(file.problem(
            "reservoir_ml",
            "is no volume for a child who needs red_cell_prime: remove one of them".to_owned(),
        )),
        _ => None,
    }
}
