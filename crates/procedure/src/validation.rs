//! How separation stands against published results: whole procedures on ready protocols, and steady separations where a
//! row is about the separator alone.
//!
//! Every row says with which speed it was run. Fitted is one number, the mixing length, on rows A1.4 and A2.2 at 60 mL/min and
//! 137 g (fixed speed); everything else is predicted, or assumed where the row leaves an input open.

use leuka_blood::Population;
use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, STANDARD_GRAVITY_M_S2, TimeSpan};
use leuka_blood::validation::Row;
use leuka_blood::{Mixture, math};
use leuka_separator::steady::{Case, Steady, steady};
use leuka_separator::{Channel, Sample};

use crate::file::{NamedText, Override, Problems};
use crate::{Centrifuge, Inputs, Outcome, Run, Sources};

/// Why a row could not be simulated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The models refuse it.
    #[error(transparent)]
    Inputs(#[from] Problems),
    /// The separator refuses it.
    #[error(transparent)]
    Separator(#[from] leuka_separator::Error),
    /// The parameters do not read.
    #[error(transparent)]
    Parameters(#[from] leuka_blood::parameters::Error),
    /// A procedure did not reach its end, so that there is nothing to compare.
    #[error("the procedure for row {row} ended early: {reason}")]
    EndedEarly {
        /// The row.
        row: &'static str,
        /// What the run says.
        reason: String,
    },
}

/// Published rows that belong to one study, and how they are simulated.
pub struct Study {
    /// Its rows.
    pub name: &'static str,
    run: fn(Option<Centrifuge>) -> Result<Vec<Row>, Error>,
}

impl Study {
    /// Simulates it; whole procedures with the model of the centrifuge that is wanted, steady separations always with the
    /// channel.
    ///
    /// # Errors
    /// What a model refuses, and a procedure that did not reach its end.
    pub fn run(&self, centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
        (self.run)(centrifuge)
    }
}

/// All studies of separation.
pub const SEPARATION: &[Study] = &[
    Study { name: "A1.4", run: |_| captures() },
    Study { name: "A2.8, A2.9", run: |_| force() },
    Study { name: "A1.5", run: collect_flow },
    Study { name: "A1.10", run: platelet_count },
    Study { name: "A2.1", run: chamber },
    Study { name: "B1", run: patients },
    Study { name: "B3", run: large_volume },
    Study { name: "F1, F4, F10", run: granulocytes },
    Study { name: "F11", run: depletion },
];

/// Force of the steady rows, g, and the collect line's haematocrit, %.
const FORCE_G: f64 = 137.0;
const COLLECT_PCT: f64 = 3.0;

/// Blood of a donor after G-CSF.
const MOBILISED: Sample = Sample {
    hematocrit_pct: 44.0,
    wbc_1e9_l: 39.9,
    lymphocyte_pct: 8.8,
    monocyte_pct: 5.0,
    eosinophil_pct: 0.75,
    blast_pct: 0.0,
    cd34_per_ul: 80.0,
    platelet_1e9_l: 220.0,
    ratio: 12.0,
};

/// A separation at 60 mL/min, collect 1 mL/min.
fn separation(sample: &Sample, is_mobilised: bool, force_g: f64) -> Result<Steady, Error> {
    let parameters = leuka_separator::Parameters::embedded()?;
    let mut blood = leuka_blood::Parameters::embedded()?;
    if is_mobilised {
        blood.cells[Population::Neutrophil].density_g_ml = blood.mobilised_neutrophil_density_g_ml;
    }
    let radius_m = (parameters.inner_radius_mm + 0.5 * parameters.gap_mm) * 1e-3;
    let case = Case {
        blood: sample.mixture(&blood),
        inlet_flow: FlowRate::from_ml_min(60.0),
        collect_flow: FlowRate::from_ml_min(1.0),
        rotation: RotationalSpeed::from_rad_s(math::sqrt(force_g * STANDARD_GRAVITY_M_S2 / radius_m)),
        collect_hematocrit: Fraction::from_pct(COLLECT_PCT),
        interface_mm: parameters.collect_depth_mm + 0.22,
        duration: TimeSpan::from_minutes(30.0),
        averaging: TimeSpan::from_minutes(4.0),
    };
    let mut channel = Channel::new(&parameters, &blood, parameters.grid, &Mixture::saline(1.0))?;
    Ok(steady(&mut channel, &case))
}

/// Part of the mononuclear cells that is collected, %.
fn mononuclear(separation: &Steady, sample: &Sample) -> f64 {
    let kinds = [Population::TCell, Population::OtherLymphocyte, Population::Monocyte, Population::Cd34];
    let all: f64 = kinds.iter().map(|&kind| sample.per_ul(kind)).sum();
    100.0 * kinds.iter().map(|&kind| separation.collect[kind] * sample.per_ul(kind)).sum::<f64>() / all
}

fn captures() -> Result<Vec<Row>, Error> {
    let usual = Sample::default();
    let (mobilised, not) = (separation(&MOBILISED, true, FORCE_G)?, separation(&usual, false, FORCE_G)?);
    let pct = |steady: &Steady, kind| 100.0 * steady.collect[kind];
    use Population::{Cd34, Monocyte, Neutrophil, Platelet, TCell};
    let rows = [
        Row::value("A1.4", "CD34+, mobilised (137 g)", "%", 77.0, pct(&mobilised, Cd34)),
        Row::value("A1.4", "mononuclear, mobilised", "%", 61.0, mononuclear(&mobilised, &MOBILISED)),
        Row::value("A1.4", "platelets, mobilised", "%", 19.0, pct(&mobilised, Platelet)),
        Row::value("A1.4", "granulocytes, mobilised", "%", 15.0, pct(&mobilised, Neutrophil)),
        Row::value("A1.4", "mononuclear, not mobilised (137 g)", "%", 57.0, mononuclear(&not, &usual)),
        Row::value("A1.4", "platelets, not mobilised", "%", 12.0, pct(&not, Platelet)),
        Row::value("A1.4", "granulocytes, not mobilised", "%", 1.7, pct(&not, Neutrophil)),
        Row::value("A2.2", "lymphocytes (137 g)", "%", 65.0, pct(&not, TCell)),
        Row::value("A2.2", "monocytes", "%", 61.0, pct(&not, Monocyte)),
        Row::value("A2.2", "platelets", "%", 11.0, pct(&not, Platelet)),
    ];
    Ok(rows.into_iter().map(Row::fitted).collect())
}

fn force() -> Result<Vec<Row>, Error> {
    let usual = Sample::default();
    let (low, high) = (separation(&usual, false, 70.0)?, separation(&usual, false, 214.0)?);
    let platelets = high.collect[Population::Platelet] / low.collect[Population::Platelet];
    let forces = "four separation factors: taken as 70 and 214 g at the ends";
    Ok(vec![
        Row::value("A2.8", "mononuclear, lowest force", "%", 52.0, mononuclear(&low, &usual)).assuming(forces),
        Row::value("A2.8", "mononuclear, highest force", "%", 70.0, mononuclear(&high, &usual)).assuming(forces),
        Row::value("A2.8", "platelets, highest over lowest force", "", 1.8, platelets).assuming(forces),
        Row::range("A2.9", "mononuclear cleared, low force", "%", (70.0, 80.0), mononuclear(&low, &usual))
            .assuming(forces),
        Row::range("A2.9", "mononuclear cleared, high force", "%", (95.0, 100.0), mononuclear(&high, &usual))
            .assuming(forces),
    ])
}

/// Runs a ready protocol with a ready donor to its end.
fn whole(
    row: &'static str,
    centrifuge: Option<Centrifuge>,
    (protocol, donor): (&str, &str),
    set: &[&str],
) -> Result<Outcome, Error> {
    let file = |text: &str| Some(NamedText { name: format!("row {row}"), text: text.to_owned() });
    let overrides = set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>().map_err(Problems::from)?;
    let sources = Sources {
        protocol: file(protocol),
        donor: file(donor),
        overrides,
        seed: 1,
        // Left open, it is the stage wherever that serves: not with starch.
        separator: centrifuge.filter(|model| *model == Centrifuge::Channel),
        ..Sources::default()
    };
    let mut run = Run::new(&Inputs::read(&sources)?)?;
    while run.is_running() {
        run.pass_second();
        run.take_events();
    }
    let outcome = run.outcome();
    if outcome.completed { Ok(outcome) } else { Err(Error::EndedEarly { row, reason: outcome.end_reason }) }
}

macro_rules! ready {
    ($protocol:literal, $donor:literal) => {
        (
            include_str!(concat!("../../../protocols/", $protocol, ".toml")),
            include_str!(concat!("../../../donors/", $donor, ".toml")),
        )
    };
}

/// An efficiency, or NaN where there were no such cells.
fn known(efficiency: Option<f64>) -> f64 {
    efficiency.unwrap_or(f64::NAN)
}

fn fall_pct(before: f64, after: f64) -> f64 {
    100.0 * (after / before - 1.0)
}

fn collect_flow(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let files = ready!("cd34-allogeneic", "allogeneic-62kg");
    let one = whole("A1.5", centrifuge, files, &[])?;
    let two = whole("A1.5", centrifuge, files, &["protocol.collect_flow_ml_min=2"])?;
    let ce2 = |outcome: &Outcome| known(outcome.efficiency.cd34.ce2_pct);
    Ok(vec![
        Row::value("A1.5", "CD34+ CE2, collect 1 mL/min (fixed speed)", "%", 53.0, ce2(&one)),
        Row::value("A1.5", "CD34+ CE2, collect 2 mL/min (fixed speed)", "%", 55.1, ce2(&two)),
    ])
}

fn platelet_count(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let files = ready!("cd34-autologous", "autologous-74kg");
    [("above 100", 170.0, 6.86), ("50 to 100", 75.0, 13.02), ("below 50", 40.0, 22.63)]
        .into_iter()
        .map(|(_, count, published)| {
            let outcome = whole("A1.10", centrifuge, files, &[&format!("donor.platelet_1e9_l={count}")])?;
            let what = match count {
                count if count > 100.0 => "platelet CE2, count 170e9/L (fixed speed)",
                count if count > 50.0 => "platelet CE2, count 75e9/L (fixed speed)",
                _ => "platelet CE2, count 40e9/L (fixed speed)",
            };
            Ok(Row::value("A1.10", what, "%", published, known(outcome.efficiency.platelet.ce2_pct)))
        })
        .collect()
}

fn chamber(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let volume = "protocol.target.tbv_multiple=2.0";
    let continuous = whole("A2.1", centrifuge, ready!("mononuclear-research", "healthy-70kg"), &[volume])?;
    let chamber = whole("A2.1", centrifuge, ready!("chamber-cd3", "healthy-70kg"), &[volume])?;
    let ce2 = |outcome: &Outcome| known(outcome.efficiency.cd3.ce2_pct);
    Ok(vec![
        Row::value("A2.1", "CD3+ CE2, continuous (fixed speed)", "%", 54.7, ce2(&continuous)),
        Row::value("A2.1", "CD3+ CE2, chamber (fixed speed)", "%", 50.4, ce2(&chamber)),
        Row::value("A2.1", "product, continuous", "mL", 192.0, continuous.product.volume_ml),
        Row::value("A2.1", "product, chamber", "mL", 183.0, chamber.product.volume_ml),
    ])
}

fn mononuclear_1e9(outcome: &Outcome) -> f64 {
    let cells = &outcome.product.cells;
    (cells.lymphocyte + cells.monocyte + cells.cd34) / 1e9
}

fn patients(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let files = ready!("mononuclear-research", "healthy-70kg");
    let outcome = whole("B1", centrifuge, files, &["protocol.target.volume_ml=11700"])?;
    let counts = "counts of the 38 patients: those of a healthy donor";
    let white = outcome.product.cells.wbc / 1e9;
    Ok(vec![
        Row::value("B1", "product of 11.7 L (fixed speed)", "mL", 191.0, outcome.product.volume_ml).with_sd(24.0),
        Row::value("B1", "white cells in it", "1e9", 13.5, white).with_sd(5.7).assuming(counts),
        Row::value("B1", "mononuclear part of them", "%", 81.5, 100.0 * mononuclear_1e9(&outcome) / white)
            .with_sd(15.1)
            .assuming(counts),
    ])
}

fn large_volume(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let files = ready!("mononuclear-research", "healthy-70kg");
    let set = [
        "protocol.target.volume_ml=11800",
        "protocol.inlet_flow_ml_min=66",
        "protocol.collect_flow_ml_min=3",
        "protocol.collect_hematocrit_pct=4",
    ];
    let outcome = whole("B3", centrifuge, files, &set)?;
    let (pre, post) = (&outcome.donor.pre, &outcome.donor.post);
    let circulating = |counts: &crate::Counts| counts.lymphocyte_1e9_l + counts.monocyte_1e9_l;
    Ok(vec![
        Row::value("B3", "mononuclear cells of 11.8 L (fixed speed)", "1e9", 14.0, mononuclear_1e9(&outcome)),
        Row::value("B3", "product haematocrit", "%", 4.0, outcome.product.hematocrit_pct)
            .assuming("the haematocrit is set"),
        Row::value("B3", "mononuclear cells of the donor", "%", -19.0, fall_pct(circulating(pre), circulating(post))),
        Row::value("B3", "platelets of the donor", "%", -45.0, fall_pct(pre.platelet_1e9_l, post.platelet_1e9_l)),
    ])
}

fn granulocytes(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let files = ready!("granulocytes", "granulocyte-donor-80kg");
    let usual = whole("F1", centrifuge, files, &[])?;
    let shallow = whole("F4", centrifuge, files, &["protocol.collect_hematocrit_pct=3"])?;
    let unstarched = whole("F10", centrifuge, files, &["protocol.anticoagulant.solution=acd-a"])?;
    let ce2 = |outcome: &Outcome| known(outcome.efficiency.granulocyte.ce2_pct);
    let gain = usual.product.cells.granulocyte / unstarched.product.cells.granulocyte;
    let settings = "settings of the protocol, chosen after trial runs";
    let offsets = "interface offsets 15 and 35: collect haematocrit 3 % and that of the protocol";
    Ok(vec![
        Row::value("F1", "granulocyte CE (packing factor)", "%", 53.7, ce2(&usual)).assuming(settings),
        Row::value("F1", "platelet CE", "%", 10.9, known(usual.efficiency.platelet.ce2_pct)).assuming(settings),
        Row::value("F1", "product haematocrit", "%", 7.4, usual.product.hematocrit_pct).assuming(settings),
        Row::value("F4", "granulocyte CE, low offset (packing factor)", "%", 40.0, ce2(&shallow))
            .with_sd(17.0)
            .assuming(offsets),
        Row::value("F4", "granulocyte CE, high offset", "%", 60.0, ce2(&usual)).with_sd(12.0).assuming(offsets),
        Row::value("F10", "granulocytes with over without starch (packing factor)", "", 2.1, gain),
    ])
}

fn depletion(centrifuge: Option<Centrifuge>) -> Result<Vec<Row>, Error> {
    let outcome = whole("F11", centrifuge, ready!("depletion", "leukaemia-70kg"), &[])?;
    let (pre, post) = (&outcome.donor.pre, &outcome.donor.post);
    let settings = "settings of the protocol, chosen after trial runs";
    Ok(vec![
        Row::value(
            "F11",
            "white cells of the patient (fixed speed)",
            "%",
            -50.3,
            fall_pct(pre.wbc_1e9_l, post.wbc_1e9_l),
        )
        .with_sd(21.2)
        .assuming(settings),
        Row::value("F11", "white-cell CE1", "%", 53.7, known(outcome.efficiency.wbc.ce1_pct))
            .with_sd(19.8)
            .assuming(settings),
    ])
}
