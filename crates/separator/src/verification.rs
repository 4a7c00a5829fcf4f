//! Reference problems with exact answers, run on the production kernel.
//!
//! Each function returns what the channel computes beside what is exact, so that a command can print them and a test can
//! judge them. A batch is a channel without flow; the other parameters are the problem's own.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population, math};

use crate::{Channel, Error, Grid, Parameters, Separator, Settings};

/// One figure of a reference problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// The unit of both values.
    pub unit: &'static str,
    /// The exact value.
    pub exact: f64,
    /// What the channel computes.
    pub computed: f64,
}

/// A channel with one kind of cell in it, spread evenly.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Radius of the inner wall, m.
    pub inner_m: f64,
    /// Radius of the outer wall, m.
    pub outer_m: f64,
    /// Volume fraction at the start.
    pub fraction: f64,
    /// Hindrance exponent n.
    pub exponent: f64,
    /// Packing limit.
    pub packing: f64,
    /// Cells across the gap.
    pub radial: usize,
}

/// Sedimentation coefficient of the red cell that stands for the one kind of cell, s.
const COEFFICIENT_S: f64 = 1e-7;
/// Acceleration of the batches expressed as omega^2, 1/s2.
const OMEGA2: f64 = 20_000.0;

impl Batch {
    /// The channel, with saline between cells whose sedimentation coefficient is 1e-7 s.
    ///
    /// # Errors
    /// Those of [`Channel::new`], and an error in the embedded parameter files.
    pub fn channel(&self) -> Result<Channel, Error> {
        let mut parameters = Parameters::embedded()?;
        let mut blood = leuka_blood::Parameters::embedded()?;
        parameters.inner_radius_mm = self.inner_m * 1e3;
        parameters.gap_mm = (self.outer_m - self.inner_m) * 1e3;
        parameters.hindrance_exponent = self.exponent;
        parameters.packing_limit = self.packing;
        parameters.aggregation = 1.0;
        parameters.shear_coefficient = 0.0;
        parameters.remixing_m2_s = 0.0;
        parameters.radial_refinement = 1.0;
        let cell = &mut blood.cells[Population::Erythrocyte];
        let excess_kg_m3 = (cell.density_g_ml - blood.fluids.saline_density_g_ml) * 1e3;
        let square_m2 = 18.0 * parameters.crystalloid_viscosity_pa_s * COEFFICIENT_S / excess_kg_m3;
        cell.diameter_um = math::sqrt(square_m2) * 1e6;
        let mut prime = Mixture::saline(1.0 - self.fraction);
        prime.set(Component::Erythrocyte, self.fraction);
        Channel::new(&parameters, &blood, Grid { axial: 4, radial: self.radial }, &prime)
    }

    /// Spins the channel until k t = `kt`, with k = s omega^2.
    fn spin(&self, channel: &mut Channel, kt: f64) {
        let seconds = kt / (COEFFICIENT_S * OMEGA2);
        channel.advance(&Mixture::EMPTY, &still(OMEGA2), TimeSpan::from_seconds(seconds));
    }
}

/// No flow, at omega^2 in 1/s2.
fn still(omega2: f64) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rad_s(math::sqrt(omega2)),
        plasma_flow: FlowRate::ZERO,
        collect_flow: FlowRate::ZERO,
        flush: false,
    }
}

/// Where a layer begins or ends, found from conservation: the volume of cells on either side of a jump places the jump
/// within a cell of the grid, as the equal-area rule.
struct Layers {
    plateau: f64,
    clear_m: f64,
    sediment_m: f64,
}

/// Reads plateau, clear-liquid front and sediment front from the profile of a batch whose sediment has the fraction
/// `packed`.
fn layers(channel: &Channel, batch: &Batch, packed: f64) -> Layers {
    let profile = channel.profile(Population::Erythrocyte);
    let middle = profile.len() / 2;
    let plateau = profile[middle].fraction;
    let (mut clear, mut heavy) = (0.0, 0.0);
    for cell in &profile {
        let area = cell.outer_m * cell.outer_m - cell.inner_m * cell.inner_m;
        if cell.inner_m < profile[middle].inner_m {
            clear += (1.0 - cell.fraction / plateau) * area;
        } else {
            heavy += (cell.fraction - plateau) / (packed - plateau) * area;
        }
    }
    Layers {
        plateau,
        clear_m: math::sqrt(batch.inner_m * batch.inner_m + clear),
        sediment_m: math::sqrt(batch.outer_m * batch.outer_m - heavy),
    }
}

/// Problem 1: Kynch sedimentation in a rotating drum. The returned figures are plateau, clear front and sediment front
/// at k t = 0.05 and 0.10, for the given hindrance exponent (1, 2 or 4.65; the last without sediment).
///
/// # Errors
/// As [`Batch::channel`].
pub fn kynch(exponent: f64, radial: usize) -> Result<Vec<Figure>, Error> {
    let batch = Batch { inner_m: 0.08, outer_m: 0.10, fraction: 0.35, exponent, packing: 0.70, radial };
    let exact: [[f64; 3]; 2] = if exponent == 1.0 {
        [[0.327605, 0.0826892, 0.096946], [0.305968, 0.0855630, 0.094247]]
    } else if exponent == 2.0 {
        [[0.335195, 0.081748, 0.097950], [0.320386, 0.083616, 0.096020]]
    } else {
        [[0.345230, 0.080551, f64::NAN], [0.340362, 0.081125, f64::NAN]]
    };
    let mut channel = batch.channel()?;
    let mut figures = Vec::new();
    for exact in exact {
        batch.spin(&mut channel, 0.05);
        let found = layers(&channel, &batch, batch.packing);
        let mut push = |name, unit, exact: f64, computed| {
            if exact.is_finite() {
                figures.push(Figure { name, unit, exact, computed });
            }
        };
        push("plateau", "", exact[0], found.plateau);
        push("clear front", "m", exact[1], found.clear_m);
        push("sediment front", "m", exact[2], found.sediment_m);
    }
    Ok(figures)
}

/// Problem 2: a single neutrophil (s = 1.727e-7 s) at 200 g (at 0.10 m) from 0.095 to 0.100 m: the time in seconds that
/// a dilute band takes, from the mean radius of its cells.
///
/// # Errors
/// As [`Batch::channel`].
pub fn single_cell(radial: usize) -> Result<Figure, Error> {
    let batch = Batch { inner_m: 0.09, outer_m: 0.105, fraction: 1e-6, exponent: 4.48, packing: 0.95, radial };
    let mut channel = batch.channel()?;
    channel.keep_between(0.0945, 0.0955);
    // The same k as the problem's: only s omega^2 counts.
    let rate = 1.727e-7 * 200.0 * 9.80665 / 0.10;
    let mean = |channel: &Channel| {
        let (mut moment, mut sum) = (0.0, 0.0);
        for cell in channel.profile(Population::Erythrocyte) {
            let area = cell.outer_m * cell.outer_m - cell.inner_m * cell.inner_m;
            moment += cell.fraction * area * 0.5 * (cell.inner_m + cell.outer_m);
            sum += cell.fraction * area;
        }
        moment / sum
    };
    let start = mean(&channel);
    let aim = start * 0.100 / 0.095;
    let settings = still(rate / COEFFICIENT_S);
    let (mut seconds, mut before) = (0.0, start);
    loop {
        channel.advance(&Mixture::EMPTY, &settings, TimeSpan::from_seconds(0.1));
        let now = mean(&channel);
        if now >= aim || seconds > 60.0 {
            let computed = seconds + 0.1 * (aim - before) / (now - before);
            return Ok(Figure {
                name: "time from 0.095 to 0.100 m",
                unit: "s",
                exact: math::ln(0.100 / 0.095) / rate,
                computed,
            });
        }
        seconds += 0.1;
        before = now;
    }
}

/// Problem 3: plug flow through an annulus catches what a batch catches in the residence time: the part of the
/// platelets (s = 8.4e-9 s) that has reached the outer wall at 200 g, after 60 and 300 s.
///
/// # Errors
/// As [`Batch::channel`].
pub fn plug_flow_capture(radial: usize) -> Result<[Figure; 2], Error> {
    let batch = Batch { inner_m: 0.095, outer_m: 0.10, fraction: 1e-6, exponent: 4.48, packing: 0.95, radial };
    let rate = 8.4e-9 * 200.0 * 9.80665 / 0.10;
    let mut channel = batch.channel()?;
    let mut caught = |seconds: f64| {
        channel.advance(&Mixture::EMPTY, &still(rate / COEFFICIENT_S), TimeSpan::from_seconds(seconds));
        let profile = channel.profile(Population::Erythrocyte);
        let suspended: f64 = profile
            .iter()
            .take(profile.len() - 1)
            .map(|cell| cell.fraction * (cell.outer_m * cell.outer_m - cell.inner_m * cell.inner_m))
            .sum();
        // The last cell holds the sediment and, as its neighbour, suspension.
        let last = &profile[profile.len() - 1];
        let share = profile[profile.len() - 2].fraction * (last.outer_m * last.outer_m - last.inner_m * last.inner_m);
        let all = batch.fraction * (batch.outer_m * batch.outer_m - batch.inner_m * batch.inner_m);
        1.0 - (suspended + share) / all
    };
    let figure = |exact, computed| Figure { name: "captured part", unit: "", exact, computed };
    Ok([figure(0.20078, caught(60.0)), figure(0.96536, caught(240.0))])
}

/// Problem 4: with 60 mL/min in, 30 mL/min of cell-free plasma out and red cells leaving at 0.75, the inlet haematocrit
/// is 0.375. The channel is fed 0.375 until it is steady; the figure is the haematocrit at the red-cell port.
///
/// # Errors
/// As [`Batch::channel`].
pub fn mass_balance(grid: Grid) -> Result<Figure, Error> {
    let parameters = Parameters::embedded()?;
    let blood = leuka_blood::Parameters::embedded()?;
    let mut inlet = Mixture::of(Component::Plasma, 0.625);
    inlet.set(Component::Erythrocyte, 0.375);
    let mut channel = Channel::new(&parameters, &blood, grid, &inlet)?;
    let settings = Settings {
        rotation: RotationalSpeed::from_rpm(1500.0),
        plasma_flow: FlowRate::from_ml_min(30.0),
        collect_flow: FlowRate::ZERO,
        flush: false,
    };
    let mut red = Mixture::EMPTY;
    for minute in 0..16 {
        let out = channel.advance(&(inlet * 60.0), &settings, TimeSpan::from_minutes(1.0));
        if minute == 15 {
            red = out.red;
        }
    }
    Ok(Figure { name: "haematocrit at the red-cell port", unit: "", exact: 0.75, computed: red.hematocrit() })
}
