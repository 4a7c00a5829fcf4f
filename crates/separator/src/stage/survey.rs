//! The survey of the channel that the stage's tables are made of: where its points lie, and what is measured at each.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, STANDARD_GRAVITY_M_S2, TimeSpan};
use leuka_blood::{Anticoagulant, CellTable, Component, Mixture, PlasmaComposition, Population, math};

use crate::steady::{Case, Steady, Study};
use crate::{Channel, Error, Parameters, Separator};

/// Coordinates of a point.
pub const DIMENSIONS: usize = 5;

/// The envelope: packing factor (force in the middle of the gap times the channel's volume over the inlet flow), g min;
/// inlet haematocrit; collect flow over inlet flow; white cells of the inlet, 1e9/L; haematocrit of the collect line.
///
/// Settling goes with the force and everything else that moves cells with the flow, so that the channel answers to their
/// quotient alone: one flow stands for all.
pub const ENVELOPE: [(f64, f64); DIMENSIONS] =
    [(30.0, 7500.0), (0.15, 0.50), (0.0017, 0.1), (1.0, 500.0), (0.003, 0.3)];

/// The inlet flow of the survey, mL/min.
const INLET_ML_MIN: f64 = 60.0;

/// White cells below which the count hardly matters, 1e9/L: the survey spreads its points by the logarithm of one plus
/// the count over this.
const WBC_SCALE_1E9_L: f64 = 5.0;

/// The classes of cells that are tabulated, beside red cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Platelets.
    Platelet,
    /// Lymphocytes: all have the same density and size.
    Lymphocyte,
    /// Monocytes.
    Monocyte,
    /// CD34 positive cells.
    Cd34,
    /// Neutrophils.
    Neutrophil,
    /// Neutrophils of a donor who got G-CSF.
    MobilisedNeutrophil,
    /// Eosinophils.
    Eosinophil,
    /// Blasts.
    Blast,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Platelet,
        Self::Lymphocyte,
        Self::Monocyte,
        Self::Cd34,
        Self::Neutrophil,
        Self::MobilisedNeutrophil,
        Self::Eosinophil,
        Self::Blast,
    ];

    /// The population that stands for the class in a survey, whose blood has no other use for it.
    const fn stand_in(self) -> Population {
        match self {
            Self::Platelet => Population::Platelet,
            Self::Lymphocyte => Population::TCell,
            Self::Monocyte => Population::Monocyte,
            Self::Cd34 => Population::Cd34,
            Self::Neutrophil => Population::Neutrophil,
            Self::MobilisedNeutrophil => Population::OtherLymphocyte,
            Self::Eosinophil => Population::Eosinophil,
            Self::Blast => Population::Blast,
        }
    }

    /// Part of all white cells in a survey's blood, by number.
    const fn share(self) -> f64 {
        match self {
            Self::Platelet => 0.0,
            Self::Lymphocyte => 0.25,
            Self::Monocyte => 0.09,
            Self::Cd34 => 0.01,
            Self::Neutrophil => 0.25,
            Self::MobilisedNeutrophil => 0.25,
            Self::Eosinophil => 0.02,
            Self::Blast => 0.13,
        }
    }
}

/// Platelets of a survey's blood, 1/L of inlet.
const PLATELETS_PER_L: f64 = 230e9;

/// One point of the survey, in the units of [`ENVELOPE`]. The last coordinate is what the search aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(pub [f64; DIMENSIONS]);

impl Point {
    /// Point number `index` of an additive recurrence with the generalised golden ratio (Roberts 2018), which fills the
    /// envelope evenly however many points are taken. All but the inlet's haematocrit are spread by
    /// their logarithm.
    #[must_use]
    pub fn number(index: u32) -> Self {
        // The root of x^6 = x + 1.
        const RATIO: f64 = 1.134_724_138_401_519_4;
        let mut step = 1.0;
        let mut place = [0.0; DIMENSIONS];
        for (axis, place) in place.iter_mut().enumerate() {
            step /= RATIO;
            let turns = 0.5 + f64::from(index + 1) * step;
            let share = turns - math::floor(turns);
            let (low, high) = ENVELOPE[axis];
            *place = match axis {
                1 => low + share * (high - low),
                3 => {
                    let (low, high) = (1.0 + low / WBC_SCALE_1E9_L, 1.0 + high / WBC_SCALE_1E9_L);
                    WBC_SCALE_1E9_L * (low * math::exp(share * math::ln(high / low)) - 1.0)
                }
                _ => low * math::exp(share * math::ln(high / low)),
            };
        }
        Self(place)
    }
}

/// What the channel does at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// The point; its last coordinate is the haematocrit that the collect line had.
    pub point: Point,
    /// Interface, mm from the inner wall.
    pub interface_mm: f64,
    /// Haematocrit of the red-cell line.
    pub red_hematocrit: f64,
    /// Haematocrit of the plasma line.
    pub plasma_hematocrit: f64,
    /// Red cells in the channel over its volume.
    pub held: f64,
    /// For each class: part of what enters that leaves by the collect port, part that leaves by the plasma port, and the
    /// amount held over what enters in a transit.
    pub classes: [[f64; 3]; 8],
    /// Largest difference between what entered and what left in the last window, of what entered.
    pub imbalance: f64,
    /// Transits until then.
    pub transits: f64,
}

/// Cells as a survey has them: with lymphocytes of one kind, and mobilised neutrophils in the place of the other.
#[must_use]
pub fn cells(blood: &leuka_blood::Parameters) -> CellTable {
    let mut cells = blood.cells;
    cells[Population::OtherLymphocyte] = cells[Population::Neutrophil];
    cells[Population::OtherLymphocyte].density_g_ml = blood.mobilised_neutrophil_density_g_ml;
    cells
}

/// The blood of a point, 1 mL, with ACD-A at 12:1.
fn inlet(point: &Point, blood: &leuka_blood::Parameters) -> Mixture {
    let Point([_, hematocrit, _, wbc_1e9_l, _]) = *point;
    let mut inlet = Mixture::of(Component::Erythrocyte, hematocrit);
    for class in Class::ALL {
        let population = class.stand_in();
        let per_l = if class == Class::Platelet { PLATELETS_PER_L } else { wbc_1e9_l * 1e9 * class.share() };
        inlet.set(population.into(), per_l * 1e-3 * blood.cells[population].volume_ml());
    }
    let liquid_ml = 1.0 - inlet.cells_ml();
    let anticoagulant_ml = (1.0_f64 / 12.0).min(0.5 * liquid_ml);
    let plasma = PlasmaComposition {
        citrate_mmol_l: 0.1,
        calcium_mmol_l: 2.4,
        magnesium_mmol_l: 0.8,
        bicarbonate_mmol_l: 24.0,
        protein_g_l: 70.0,
    };
    inlet
        + plasma.mixture(liquid_ml - anticoagulant_ml)
        + blood.fluids.anticoagulant(Anticoagulant::AcdA, anticoagulant_ml)
}

/// Transits of the first part, of a window, and at most.
const FIRST: f64 = 9.0;
const WINDOW: f64 = 3.0;
const MOST: f64 = 42.0;
/// A point is steady when in a window no class changes its place or its balance by more than this part of what enters.
const STEADY: f64 = 0.005;

/// Runs the channel at a point until it is steady, or for as long as a survey can wait; the record tells.
///
/// # Errors
/// As [`Channel::new`].
pub fn measure(parameters: &Parameters, blood: &leuka_blood::Parameters, point: &Point) -> Result<Record, Error> {
    let properties = leuka_blood::Parameters { cells: cells(blood), ..*blood };
    let mut channel = Channel::new(parameters, &properties, parameters.grid, &Mixture::saline(1.0))?;
    let Point([packing, _, share, wbc_1e9_l, aim]) = *point;
    let force = packing * INLET_ML_MIN / channel.contents().fluid_ml();
    let radius_m = (parameters.inner_radius_mm + 0.5 * parameters.gap_mm) * 1e-3;
    let case = Case {
        blood: inlet(point, &properties),
        inlet_flow: FlowRate::from_ml_min(INLET_ML_MIN),
        collect_flow: FlowRate::from_ml_min(share * INLET_ML_MIN),
        rotation: RotationalSpeed::from_rad_s(math::sqrt(force * STANDARD_GRAVITY_M_S2 / radius_m)),
        collect_hematocrit: Fraction::from_fraction(aim),
        // A thick buffy coat needs room above the bed.
        interface_mm: parameters.collect_depth_mm + 0.2 + (0.01 * wbc_1e9_l).min(1.0),
        duration: TimeSpan::ZERO,
        averaging: TimeSpan::ZERO,
    };
    let mut study = Study::new(&channel, &case);
    let transit = study.transit();
    let mut last = study.window(&mut channel, transit * FIRST);
    let mut transits = FIRST;
    loop {
        let now = study.window(&mut channel, transit * WINDOW);
        transits += WINDOW;
        let imbalance = imbalance(&now);
        if transits >= MOST || (imbalance < STEADY && change(&now, &last) < STEADY) {
            return Ok(record(&channel, &case, point, &now, transit, imbalance, transits));
        }
        last = now;
    }
}

fn classes() -> impl Iterator<Item = Population> {
    Class::ALL.into_iter().map(Class::stand_in)
}

fn imbalance(steady: &Steady) -> f64 {
    let off =
        |population| (steady.plasma[population] + steady.collect[population] + steady.red[population] - 1.0).abs();
    classes().chain([Population::Erythrocyte]).map(off).fold(0.0, f64::max)
}

fn change(now: &Steady, last: &Steady) -> f64 {
    classes().map(|population| (now.collect[population] - last.collect[population]).abs()).fold(0.0, f64::max)
}

fn record(
    channel: &Channel,
    case: &Case,
    point: &Point,
    steady: &Steady,
    transit: TimeSpan,
    imbalance: f64,
    transits: f64,
) -> Record {
    let contents = channel.contents();
    let (entering, inlet_ml) = (case.blood * (1.0 / case.blood.volume_ml()), (case.inlet_flow * transit).ml());
    let Point(mut place) = *point;
    place[4] = steady.collect_hematocrit.fraction();
    Record {
        point: Point(place),
        interface_mm: steady.interface_mm,
        red_hematocrit: steady.red_hematocrit.fraction(),
        plasma_hematocrit: steady.plasma[Population::Erythrocyte] * case.inlet_flow.ml_min() * entering.hematocrit()
            / steady.plasma_flow.ml_min().max(1e-9),
        held: contents.get(Component::Erythrocyte) / contents.fluid_ml(),
        classes: Class::ALL.map(|class| {
            let population = class.stand_in();
            let entered_ml = entering.cell_ml(population) * inlet_ml;
            [steady.collect[population], steady.plasma[population], contents.cell_ml(population) / entered_ml]
        }),
        imbalance,
        transits,
    }
}
