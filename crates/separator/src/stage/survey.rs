//! The survey of the channel that the stage's tables are made of: where its points lie, and what is measured at each.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, STANDARD_GRAVITY_M_S2, TimeSpan};
use leuka_blood::{Anticoagulant, CellTable, Component, Mixture, PlasmaComposition, Population, math};

use super::table::{Conditions, Operation, Place};
use crate::steady::{Case, Steady, Study};
use crate::{Channel, Error, Parameters, Separator};

/// Coordinates of a point.
pub const DIMENSIONS: usize = 5;

/// The envelope: packing factor (force in the middle of the gap times the channel's volume over the inlet flow), g min;
/// inlet haematocrit; collect flow over inlet flow; white cells of the inlet, 1e9/L; haematocrit of the collect line.
///
/// Settling goes with the force and everything else that moves cells with the flow, so that the channel answers to their
/// quotient alone: one flow stands for all.
pub const ENVELOPE: [[f64; 2]; DIMENSIONS] = [[30.0, 7500.0], [0.15, 0.50], [0.0017, 0.1], [1.0, 500.0], [0.003, 0.3]];

/// Packing factor (g min) that only slow flows in a fast rotor exceed, and the part of the sites that stays below.
const RARE_PACKING: f64 = 2000.0;
const ORDINARY: f64 = 0.95;

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
    #[must_use]
    pub const fn stand_in(self) -> Population {
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

/// One point of the survey, in the units of [`ENVELOPE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(pub [f64; DIMENSIONS]);

/// Points that differ in the haematocrit of the collect line alone, from the lowest to the highest: the channel goes on
/// from each to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site(pub [Point; POINTS_PER_SITE]);

/// Number of the first site in [`CORE`], where most procedures are.
pub const FIRST_CORE: u32 = 500_000;
/// Number of the first site that is drawn towards the edges of the envelope, beyond which a table knows nothing.
pub const FIRST_EDGE: u32 = 750_000;
/// Number of the first site that tables are held against and not made of.
pub const FIRST_FRESH: u32 = 1_000_000;

/// Where most procedures are, in the units of [`ENVELOPE`].
pub const CORE: [[f64; 2]; DIMENSIONS] = [[80.0, 400.0], [0.22, 0.46], [0.005, 0.06], [2.0, 80.0], [0.01, 0.12]];

/// Points of a site, one in each third of the range of collect haematocrits.
pub const POINTS_PER_SITE: usize = 3;

impl Site {
    /// Site number `index` of an additive recurrence with the generalised golden ratio (Roberts 2018), which fills the
    /// envelope evenly however many sites are taken.
    #[must_use]
    pub fn number(index: u32) -> Self {
        // The root of x^6 = x + 1.
        const RATIO: f64 = 1.134_724_138_401_519_4;
        let mut step = 1.0;
        let turns: [f64; DIMENSIONS] = core::array::from_fn(|_| {
            step /= RATIO;
            let turns = 0.5 + f64::from(index + 1) * step;
            turns - math::floor(turns)
        });
        let is_core = (FIRST_CORE..FIRST_EDGE).contains(&index);
        let is_edge = (FIRST_EDGE..FIRST_FRESH).contains(&index);
        let turns = if is_edge { drawn_to_edges(turns) } else { turns };
        let envelope = if is_core { &CORE } else { &ENVELOPE };
        Self(core::array::from_fn(|third| {
            let [packing, hematocrit, share, wbc, collect] = turns;
            Point([
                if is_core { logarithmic(CORE[0], packing) } else { packing_factor(packing) },
                linear(envelope[1], hematocrit),
                logarithmic(envelope[2], share),
                WBC_SCALE_1E9_L * (logarithmic(envelope[3].map(|wbc| 1.0 + wbc / WBC_SCALE_1E9_L), wbc) - 1.0),
                logarithmic(envelope[4], (third as f64 + collect) / POINTS_PER_SITE as f64),
            ])
        }))
    }
}

/// As dense towards both ends of each coordinate as the nodes of Chebyshev (sin^2), of the ordinary packing factors in the
/// first; the last is spread over its thirds already.
fn drawn_to_edges([packing, hematocrit, share, wbc, collect]: [f64; DIMENSIONS]) -> [f64; DIMENSIONS] {
    let bent = |part: f64| {
        let sine = math::sin(0.5 * core::f64::consts::PI * part);
        sine * sine
    };
    let packing = if packing < ORDINARY { ORDINARY * bent(packing / ORDINARY) } else { packing };
    [packing, bent(hematocrit), bent(share), bent(wbc), collect]
}

fn linear([low, high]: [f64; 2], part: f64) -> f64 {
    low + part * (high - low)
}

fn logarithmic([low, high]: [f64; 2], part: f64) -> f64 {
    low * math::exp(part * math::ln(high / low))
}

/// By the logarithm, but few sites above [`RARE_PACKING`].
fn packing_factor(part: f64) -> f64 {
    let [low, high] = ENVELOPE[0];
    if part < ORDINARY {
        logarithmic([low, RARE_PACKING], part / ORDINARY)
    } else {
        logarithmic([RARE_PACKING, high], (part - ORDINARY) / (1.0 - ORDINARY))
    }
}

/// What the channel does at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Number of the site.
    pub site: u32,
    /// What was held.
    pub conditions: Conditions,
    /// What came of it; its collect haematocrit is the one that was reached.
    pub place: Place,
    /// Largest difference between what entered and what left in the last window, of what entered.
    pub imbalance: f64,
    /// Transits since the site's last point.
    pub transits: f64,
}

/// Imbalance above which a point counts as not steady.
const UNSTEADY: f64 = 0.04;
/// Haematocrit below which the collect line holds nothing that tells where the bed is.
const CLEAR: f64 = 1e-3;

impl Record {
    /// Whether the channel was as steady as a table needs it, with a bed that the collect line felt.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.imbalance < UNSTEADY && self.place.collect_hematocrit > CLEAR
    }

    /// The header of the file that [`Self::line`] writes.
    #[must_use]
    pub fn header() -> String {
        let mut header = String::from(
            "site,packing_g_min,inlet_hematocrit,collect_share,wbc_1e9_l,collect_hematocrit,interface_mm,red_hematocrit,\
             plasma_hematocrit,held_hematocrit,imbalance,transits",
        );
        for class in Class::ALL {
            let name = format!("{class:?}").to_lowercase();
            header.push_str(&format!(",{name}_collected,{name}_to_plasma,{name}_holdup"));
        }
        header
    }

    /// A line of the survey's file.
    #[must_use]
    pub fn line(&self) -> String {
        let (Conditions { packing, hematocrit, share, wbc_1e9_l }, place) = (self.conditions, &self.place);
        let mut numbers = vec![
            packing,
            hematocrit,
            share,
            wbc_1e9_l,
            place.collect_hematocrit,
            place.interface_mm,
            place.red_hematocrit,
            place.plasma_hematocrit,
            place.held,
            self.imbalance,
            self.transits,
        ];
        numbers.extend(place.classes.iter().flat_map(|class| [class.collect, class.plasma, class.holdup]));
        numbers.iter().fold(self.site.to_string(), |line, number| format!("{line},{number:.6e}"))
    }

    /// Reads such a line; `None` for one that is none.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let (site, rest) = line.split_once(',')?;
        let numbers: Vec<f64> = rest.split(',').map(|text| text.parse().ok()).collect::<Option<_>>()?;
        let (head, classes) = numbers.split_at_checked(11)?;
        let &[
            packing,
            hematocrit,
            share,
            wbc_1e9_l,
            collect_hematocrit,
            interface_mm,
            red,
            plasma,
            held,
            imbalance,
            transits,
        ] = head
        else {
            return None;
        };
        let mut place = Place {
            collect_hematocrit,
            interface_mm,
            red_hematocrit: red,
            plasma_hematocrit: plasma,
            held,
            ..Place::default()
        };
        if classes.len() != 3 * place.classes.len() {
            return None;
        }
        for (class, numbers) in place.classes.iter_mut().zip(classes.chunks_exact(3)) {
            let &[collect, plasma, holdup] = numbers else { return None };
            *class = Operation { collect, plasma, holdup };
        }
        Some(Self {
            site: site.parse().ok()?,
            conditions: Conditions { packing, hematocrit, share, wbc_1e9_l },
            place,
            imbalance,
            transits,
        })
    }
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
const MOST: f64 = 36.0;
/// Transits at most from one point of a site to the next.
const MOST_MORE: f64 = 18.0;
/// A point is steady when in a window no class changes its place or its balance by more than this part of what enters.
const STEADY: f64 = 0.005;

/// Courant number of the settling in a survey. Three times that of a run; no capture changes by more than 0.2 points.
const SETTLING_COURANT: f64 = 3.0;

/// Runs the channel through the points of site `number`, each until it is steady, or for as long as a survey can wait; the records
/// tell.
///
/// # Errors
/// As [`Channel::new`].
pub fn measure(
    parameters: &Parameters,
    blood: &leuka_blood::Parameters,
    number: u32,
) -> Result<[Record; POINTS_PER_SITE], Error> {
    let properties = leuka_blood::Parameters { cells: cells(blood), ..*blood };
    let parameters = &Parameters { settling_courant: SETTLING_COURANT, ..*parameters };
    let mut channel = Channel::new(parameters, &properties, parameters.grid, &Mixture::saline(1.0))?;
    let site = Site::number(number);
    let Site([first, ..]) = &site;
    let Point([packing, hematocrit, share, wbc_1e9_l, aim]) = *first;
    let conditions = Conditions { packing, hematocrit, share, wbc_1e9_l };
    let force = packing * INLET_ML_MIN / channel.contents().fluid_ml();
    let radius_m = (parameters.inner_radius_mm + 0.5 * parameters.gap_mm) * 1e-3;
    let case = Case {
        blood: inlet(first, &properties),
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
    let mut transits = FIRST;
    let mut most = MOST;
    let mut last = study.window(&mut channel, transit * FIRST);
    Ok(site.0.map(|point| {
        let Point([.., aim]) = point;
        study.aim(Fraction::from_fraction(aim));
        loop {
            let now = study.window(&mut channel, transit * WINDOW);
            transits += WINDOW;
            let imbalance = imbalance(&now);
            let steady = imbalance < STEADY && change(&now, &last) < STEADY && near(&now, aim);
            last = now;
            if transits >= most || steady {
                let record = record(&channel, &case, conditions, number, &now, transit, (imbalance, transits));
                most = MOST_MORE;
                transits = 0.0;
                return record;
            }
        }
    }))
}

/// The collect haematocrit is within a third of the aim.
fn near(now: &Steady, aim: f64) -> bool {
    math::ln(now.collect_hematocrit.fraction() / aim).abs() < 0.3
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
    conditions: Conditions,
    site: u32,
    steady: &Steady,
    transit: TimeSpan,
    (imbalance, transits): (f64, f64),
) -> Record {
    let contents = channel.contents();
    let (entering, inlet_ml) = (case.blood * (1.0 / case.blood.volume_ml()), (case.inlet_flow * transit).ml());
    let place = Place {
        collect_hematocrit: steady.collect_hematocrit.fraction(),
        interface_mm: steady.interface_mm,
        red_hematocrit: steady.red_hematocrit.fraction(),
        plasma_hematocrit: steady.plasma[Population::Erythrocyte] * case.inlet_flow.ml_min() * entering.hematocrit()
            / steady.plasma_flow.ml_min().max(1e-9),
        held: contents.get(Component::Erythrocyte) / contents.fluid_ml(),
        classes: Class::ALL.map(|class| {
            let population = class.stand_in();
            Operation {
                collect: steady.collect[population],
                plasma: steady.plasma[population],
                holdup: contents.cell_ml(population) / (entering.cell_ml(population) * inlet_ml),
            }
        }),
    };
    Record { site, conditions, place, imbalance, transits }
}
