//! The table of steady states: what it was made of, and how it is read between its points.
//!
//! The interpolant is kriging: each quantity is a linear function of the features below plus a sum over the points of the
//! survey, whose weights fall with the distance by Wendland's function of compact support. One metric for all quantities,
//! found as the likeliest for the survey (`cargo xtask tables`):
//!
//! ```text
//! y(x) = b0 + b x + sum_i w_i (1 - r_i)^7 (7 r_i + 1)        r_i = | L (x - x_i) | < 1
//! ```
//!
//! Parts of a whole are tabulated by their logit, so that none leaves 0 to 1; hold-ups by their logarithm.

use std::sync::LazyLock;

use leuka_blood::{CellProperties, Population, math};
use sha2::{Digest, Sha256};

use super::survey::{Class, ENVELOPE};
use crate::Error;
use crate::data::Parameters;

/// Features of a point.
pub const FEATURES: usize = 9;
/// Tabulated quantities: four of the bed and three of each class.
pub const QUANTITIES: usize = 4 + 3 * Class::ALL.len();
/// Collect haematocrits at which curves are drawn.
pub(super) const NODES: usize = 7;

/// What the channel is run with, apart from the haematocrit of the collect line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Packing factor, g min.
    pub packing: f64,
    /// Haematocrit of what enters.
    pub hematocrit: f64,
    /// Collect flow over inlet flow.
    pub share: f64,
    /// White cells of what enters, 1e9/L.
    pub wbc_1e9_l: f64,
}

/// What happens to a class of cells at steady state.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Operation {
    /// Part that leaves by the collect port.
    pub collect: f64,
    /// Part that leaves by the plasma port.
    pub plasma: f64,
    /// Amount held, over what enters in the time in which the inlet flow fills the channel.
    pub holdup: f64,
}

/// A steady state.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Place {
    /// Haematocrit of the collect line.
    pub collect_hematocrit: f64,
    /// Interface, mm from the inner wall.
    pub interface_mm: f64,
    /// Haematocrit of the red-cell line.
    pub red_hematocrit: f64,
    /// Haematocrit of the plasma line.
    pub plasma_hematocrit: f64,
    /// Red cells held over the channel's volume.
    pub held: f64,
    /// By [`Class::ALL`].
    pub classes: [Operation; Class::ALL.len()],
}

/// Parts below this, or as far from 1, are not told apart.
const LEAST_PART: f64 = 0.003;

fn logit(part: f64) -> f64 {
    let part = part.clamp(LEAST_PART, 1.0 - LEAST_PART);
    math::ln(part / (1.0 - part))
}

fn part(logit: f64) -> f64 {
    let part = 1.0 / (1.0 + math::exp(-logit));
    // What was clamped away comes back as nothing, or as everything.
    ((part - LEAST_PART) / (1.0 - 2.0 * LEAST_PART)).clamp(0.0, 1.0)
}

impl Place {
    /// The tabulated quantities of a steady state.
    #[must_use]
    pub fn quantities(&self) -> [f64; QUANTITIES] {
        let mut list = [0.0; QUANTITIES];
        let (bed, classes) = list.split_at_mut(4);
        bed.copy_from_slice(&[
            self.interface_mm,
            logit(self.red_hematocrit),
            logit(self.plasma_hematocrit),
            logit(self.held),
        ]);
        for (list, class) in classes.chunks_exact_mut(3).zip(&self.classes) {
            list.copy_from_slice(&[logit(class.collect), logit(class.plasma), math::ln(class.holdup)]);
        }
        list
    }

    fn of(collect_hematocrit: f64, list: &[f64; QUANTITIES]) -> Self {
        let mut classes = [Operation::default(); Class::ALL.len()];
        for (class, list) in classes.iter_mut().zip(list[4..].chunks_exact(3)) {
            let collect = part(list[0]);
            *class = Operation { collect, plasma: part(list[1]).min(1.0 - collect), holdup: math::exp(list[2]) };
        }
        let [interface_mm, red, plasma, held, ..] = *list;
        Self {
            collect_hematocrit,
            interface_mm,
            red_hematocrit: part(red),
            plasma_hematocrit: part(plasma),
            held: part(held),
            classes,
        }
    }
}

/// What the interpolant measures distances in. Values outside the envelope count as its edge.
#[must_use]
pub fn features(conditions: &Conditions, collect_hematocrit: f64) -> [f64; FEATURES] {
    let Conditions { packing, hematocrit, share, wbc_1e9_l } = *conditions;
    let within = |axis: usize, value: f64| value.clamp(ENVELOPE[axis][0], ENVELOPE[axis][1]);
    let (packing, hematocrit) = (within(0, packing), within(1, hematocrit));
    let (share, wbc, collect) = (within(2, share), within(3, wbc_1e9_l), math::ln(within(4, collect_hematocrit)));
    [
        math::ln(packing),
        // The bed packs by the packing factor, and thins out where that is small.
        60.0 / packing,
        math::ln(1.0 + 0.01 * packing * hematocrit),
        6.0 * hematocrit,
        math::ln(share),
        // White cells crowd the channel as a whole, and the collect port by what it draws of it.
        math::ln(1.0 + wbc / 20.0),
        math::ln(1.0 + wbc * 0.0007 / share),
        collect,
        BEND * (collect - MIDDLE) * (collect - MIDDLE),
    ]
}

/// The last feature bends the one before it, the logarithm of the collect haematocrit, so that the table can be finer at
/// one end: around the middle of its range.
const BEND: f64 = 0.3;
const MIDDLE: f64 = -3.5;

/// The covariance of two points at distance `r` in the metric: Wendland's function of up to nine dimensions with two
/// continuous derivatives, as smooth as Matern's of 3/2, without a transcendental and nothing from 1 on.
#[must_use]
#[inline(always)]
pub fn covariance(r: f64) -> f64 {
    let far = (1.0 - r).max(0.0);
    let squared = far * far;
    squared * squared * squared * far * (7.0 * r + 1.0)
}

/// Square of the distance of two places in the metric.
#[must_use]
pub fn distance2(one: &[f64; FEATURES], other: &[f64; FEATURES]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum()
}

#[inline(always)]
fn dot(one: &[f64; FEATURES], other: &[f64; FEATURES]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Of the parameters that the survey was run with.
    pub fingerprint: String,
    /// What each class was taken to be.
    pub cells: [CellProperties; Class::ALL.len()],
    /// L: a feature's row of places.
    pub metric: [[f64; FEATURES]; FEATURES],
    /// b0 and b.
    pub trend: [[f64; QUANTITIES]; FEATURES + 1],
    /// The points of the survey.
    pub points: Vec<Centre>,
}

/// A point of the survey: where it lies in the metric, and its weight on each quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    /// L x.
    pub place: [f64; FEATURES],
    /// w.
    pub weights: [f64; QUANTITIES],
}

impl Table {
    /// The table that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded() -> Result<&'static Self, Error> {
        static TABLE: LazyLock<Result<Table, Error>> =
            LazyLock::new(|| Table::parse(include_str!("../../data/stage.txt")));
        TABLE.as_ref().map_err(Clone::clone)
    }

    /// Reads the text that [`Self::text`] writes.
    ///
    /// # Errors
    /// [`Error::Stage`] for a text that is not one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let broken = || Error::Stage { what: "reading: its file is broken".to_owned() };
        let mut table = Self {
            fingerprint: String::new(),
            cells: [CellProperties { density_g_ml: 0.0, density_sd_g_ml: 0.0, diameter_um: 0.0 }; Class::ALL.len()],
            metric: [[0.0; FEATURES]; FEATURES],
            trend: [[0.0; QUANTITIES]; FEATURES + 1],
            points: Vec::new(),
        };
        let (mut cells, mut metric, mut trend) =
            (table.cells.iter_mut(), table.metric.iter_mut(), table.trend.iter_mut());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').ok_or_else(broken)?;
            let numbers = || rest.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>().map_err(|_| broken());
            match word {
                "made-from" => rest.clone_into(&mut table.fingerprint),
                "cells" => {
                    let [density_g_ml, density_sd_g_ml, diameter_um] = numbers()?.try_into().map_err(|_| broken())?;
                    *cells.next().ok_or_else(broken)? = CellProperties { density_g_ml, density_sd_g_ml, diameter_um };
                }
                "metric" => *metric.next().ok_or_else(broken)? = numbers()?.try_into().map_err(|_| broken())?,
                "trend" => *trend.next().ok_or_else(broken)? = numbers()?.try_into().map_err(|_| broken())?,
                "point" => {
                    let mut place = numbers()?;
                    let weights = place.split_off(FEATURES.min(place.len()));
                    table.points.push(Centre {
                        place: place.try_into().map_err(|_| broken())?,
                        weights: weights.try_into().map_err(|_| broken())?,
                    });
                }
                _ => return Err(broken()),
            }
        }
        if cells.next().is_some() || metric.next().is_some() || trend.next().is_some() || table.points.is_empty() {
            return Err(broken());
        }
        Ok(table)
    }

    /// The table as text: one line for each class of cells, row of the metric, row of the trend, and point.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# The stage's table, made by `cargo xtask tables` from the survey beside it. cells: density g/mL, its spread, diameter um.\n\
             # metric: rows of L. trend: b0, then b by feature. point: L x, then the weights. Columns of quantities: interface mm,\n\
             # logits of red-line, plasma-line and held haematocrit, and by class the logits of the parts collected and lost to plasma,\n\
             # and the logarithm of the hold-up.\n",
        );
        text.push_str(&format!("made-from {}\n", self.fingerprint));
        let mut line = |word: &str, numbers: &mut dyn Iterator<Item = f64>| {
            text.push_str(word);
            numbers.for_each(|number| text.push_str(&format!(" {number}")));
            text.push('\n');
        };
        for cell in &self.cells {
            line("cells", &mut [cell.density_g_ml, cell.density_sd_g_ml, cell.diameter_um].into_iter());
        }
        self.metric.iter().for_each(|row| line("metric", &mut row.iter().copied()));
        self.trend.iter().for_each(|row| line("trend", &mut row.iter().copied()));
        for Centre { place, weights } in &self.points {
            line("point", &mut place.iter().chain(weights).copied());
        }
        text
    }

    /// Refuses parameters that the table was not made with.
    pub(super) fn check(&self, parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<(), Error> {
        if self.fingerprint == fingerprint(parameters, blood) {
            Ok(())
        } else {
            Err(Error::Stage {
                what: "the channel's parameters, its liquids or its red cells as they are now".to_owned(),
            })
        }
    }

    /// The class that a population belongs to; `None` for red cells, which have their own law.
    pub(super) fn class_of(
        &self,
        population: Population,
        blood: &leuka_blood::Parameters,
    ) -> Result<Option<Class>, Error> {
        if population == Population::Erythrocyte {
            return Ok(None);
        }
        let cell = blood.cells[population];
        match Class::ALL.into_iter().zip(&self.cells).find(|(_, known)| **known == cell) {
            Some((class, _)) => Ok(Some(class)),
            None => Err(Error::Stage { what: format!("the density or size of cells like `{}`", population.name()) }),
        }
    }

    /// The steady state under `conditions` with `collect_hematocrit` in the collect line.
    #[must_use]
    pub fn at(&self, conditions: &Conditions, collect_hematocrit: f64) -> Place {
        let [place, ..] = self.line(conditions, &[collect_hematocrit; LANES]);
        place
    }

    /// Steady states under the same conditions.
    fn line(&self, conditions: &Conditions, hematocrits: &[f64; LANES]) -> [Place; LANES] {
        let sums = pulp::Arch::new().dispatch(Line::new(self, conditions, hematocrits));
        core::array::from_fn(|lane| {
            let list = core::array::from_fn(|quantity| sums[quantity][lane]);
            Place::of(hematocrits[lane], &list)
        })
    }

    fn place(&self, features: &[f64; FEATURES]) -> [f64; FEATURES] {
        let mut place = [0.0; FEATURES];
        for (feature, row) in features.iter().zip(&self.metric) {
            for (place, factor) in place.iter_mut().zip(row) {
                *place += feature * factor;
            }
        }
        place
    }

    fn trend(&self, features: &[f64; FEATURES]) -> [f64; QUANTITIES] {
        let [mut sums, slopes @ ..] = self.trend;
        for (feature, row) in features.iter().zip(&slopes) {
            for (sum, slope) in sums.iter_mut().zip(row) {
                *sum += feature * slope;
            }
        }
        sums
    }

    /// The steady states under `conditions` at every node, as lists of their entries.
    pub(super) fn curve(&self, conditions: &Conditions) -> [Entries; NODES] {
        let places = self.line(conditions, &core::array::from_fn(node_hematocrit));
        let mut nodes: [Entries; NODES] = core::array::from_fn(|index| places[index].entries());
        // More red cells inside mean a higher bed, and that more of them are drawn.
        for index in 1..NODES {
            nodes[index][HELD] = nodes[index][HELD].max(nodes[index - 1][HELD] + LEAST_RISE);
        }
        nodes
    }
}

/// Nodes and one more, which fill the lanes of every vector unit.
const LANES: usize = NODES + 1;

/// The collect haematocrit of a node, from the clearest to the reddest.
pub(super) fn node_hematocrit(index: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "few nodes")]
    let steps = index as f64;
    ENVELOPE[4][0] * math::exp(steps * node_step())
}

/// Logarithm of the collect haematocrit from one node to the next.
pub(super) fn node_step() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "few nodes")]
    let spans = (NODES - 1) as f64;
    math::ln(ENVELOPE[4][1] / ENVELOPE[4][0]) / spans
}

/// The sums over all points for some haematocrits of the collect line under the same conditions, as a job for the widest
/// vector unit that the processor has, with the same bits on each. Along the line only the last two features change, by
/// the logarithm of the haematocrit and its square, so that the square of the distance to a point is of fourth degree in it.
struct Line<'a> {
    points: &'a [Centre],
    trends: [[f64; LANES]; QUANTITIES],
    /// Where the first haematocrit lies in the metric, and how far the others are from it.
    place: [f64; FEATURES],
    steps: [f64; LANES],
    along: [f64; FEATURES],
    bend: [f64; FEATURES],
}

/// Points that are taken together: their covariances stay in the first cache while all quantities are summed.
const BLOCK: usize = 64;
/// Quantities that are summed side by side, as many as registers hold.
const ABREAST: usize = QUANTITIES / 2;
const _: () = assert!(QUANTITIES == 2 * ABREAST, "quantities are summed in two groups");

impl<'a> Line<'a> {
    fn new(table: &'a Table, conditions: &Conditions, hematocrits: &[f64; LANES]) -> Self {
        let all = hematocrits.map(|hematocrit| features(conditions, hematocrit));
        let trends = all.map(|features| table.trend(&features));
        let [first, ..] = all;
        let [.., straight, bent] = table.metric;
        let lean = 2.0 * BEND * (first[FEATURES - 2] - MIDDLE);
        Self {
            points: &table.points,
            trends: core::array::from_fn(|quantity| trends.map(|trend| trend[quantity])),
            place: table.place(&first),
            steps: all.map(|features| features[FEATURES - 2] - first[FEATURES - 2]),
            along: core::array::from_fn(|axis| straight[axis] + lean * bent[axis]),
            bend: bent.map(|entry| BEND * entry),
        }
    }

    /// Covariances of a point with the places of the line.
    #[inline(always)]
    fn near<S: pulp::Simd>(&self, simd: S, centre: &Centre, near: &mut [f64; LANES]) {
        let apart: [f64; FEATURES] = core::array::from_fn(|axis| self.place[axis] - centre.place[axis]);
        let (square, cross, fourth) =
            (dot(&self.along, &self.along), 2.0 * dot(&self.along, &self.bend), dot(&self.bend, &self.bend));
        let start = dot(&apart, &apart);
        let (slope, second) = (2.0 * dot(&apart, &self.along), square + 2.0 * dot(&apart, &self.bend));
        let [start, slope, second, cross, fourth] =
            [start, slope, second, cross, fourth].map(|number| simd.splat_f64s(number));
        let (zero, one, seven) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0), simd.splat_f64s(7.0));
        let (steps, near) = (S::as_simd_f64s(&self.steps).0, S::as_mut_simd_f64s(near).0);
        for (step, near) in steps.iter().zip(near) {
            let up = |lower, next| simd.add_f64s(lower, simd.mul_f64s(*step, next));
            let distance2 = up(start, up(slope, up(second, up(cross, fourth))));
            let r = simd.sqrt_f64s(simd.max_f64s(distance2, zero));
            // As `covariance`.
            let far = simd.max_f64s(simd.sub_f64s(one, r), zero);
            let squared = simd.mul_f64s(far, far);
            let seventh = simd.mul_f64s(simd.mul_f64s(simd.mul_f64s(squared, squared), squared), far);
            *near = simd.mul_f64s(seventh, simd.add_f64s(simd.mul_f64s(seven, r), one));
        }
    }
}

impl pulp::WithSimd for Line<'_> {
    type Output = [[f64; LANES]; QUANTITIES];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let mut sums = self.trends;
        let mut near = [[0.0; LANES]; BLOCK];
        for points in self.points.chunks(BLOCK) {
            for (centre, near) in points.iter().zip(&mut near) {
                self.near(simd, centre, near);
            }
            for (group, sums) in sums.chunks_exact_mut(ABREAST).enumerate() {
                for lanes in 0..LANES / S::F64_LANES {
                    let mut abreast: [S::f64s; ABREAST] =
                        core::array::from_fn(|quantity| S::as_simd_f64s(&sums[quantity]).0[lanes]);
                    for (centre, near) in points.iter().zip(&near) {
                        let near = S::as_simd_f64s(near).0[lanes];
                        let weights = &centre.weights[group * ABREAST..][..ABREAST];
                        for (sum, weight) in abreast.iter_mut().zip(weights) {
                            *sum = simd.add_f64s(*sum, simd.mul_f64s(near, simd.splat_f64s(*weight)));
                        }
                    }
                    for (sum, abreast) in sums.iter_mut().zip(abreast) {
                        S::as_mut_simd_f64s(sum).0[lanes] = abreast;
                    }
                }
            }
        }
        sums
    }
}

/// Least rise of the red cells held from one node to the next, of the channel's volume.
const LEAST_RISE: f64 = 2e-4;

/// A short name of everything that a survey depends on but its classes of cells.
#[must_use]
pub fn fingerprint(parameters: &Parameters, blood: &leuka_blood::Parameters) -> String {
    let red = blood.cells[Population::Erythrocyte];
    let digest = Sha256::digest(format!("{parameters:?} {red:?} {:?}", blood.fluids));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Conditions {
    /// The nearest conditions inside the envelope.
    pub(super) fn within(&self) -> Self {
        let within = |axis: usize, value: f64| value.clamp(ENVELOPE[axis][0], ENVELOPE[axis][1]);
        Self {
            packing: within(0, self.packing),
            hematocrit: within(1, self.hematocrit),
            share: within(2, self.share),
            wbc_1e9_l: within(3, self.wbc_1e9_l),
        }
    }
}

/// What a steady state tells, in a row: interface, haematocrits of red and plasma line, red cells held, then collected,
/// lost and held of each class.
pub(super) type Entries = [f64; QUANTITIES];

/// Place of the red cells held.
pub(super) const HELD: usize = 3;

impl Place {
    pub(super) fn entries(&self) -> Entries {
        let mut list = [0.0; QUANTITIES];
        let (bed, classes) = list.split_at_mut(HELD + 1);
        bed.copy_from_slice(&[self.interface_mm, self.red_hematocrit, self.plasma_hematocrit, self.held]);
        for (list, class) in classes.chunks_exact_mut(3).zip(&self.classes) {
            list.copy_from_slice(&[class.collect, class.plasma, class.holdup]);
        }
        list
    }

    /// The steady state with this haematocrit in the collect line and these entries.
    pub(super) fn with_entries(collect_hematocrit: f64, list: &Entries) -> Self {
        let mut classes = [Operation::default(); Class::ALL.len()];
        for (class, list) in classes.iter_mut().zip(list[HELD + 1..].chunks_exact(3)) {
            *class = Operation { collect: list[0], plasma: list[1], holdup: list[2] };
        }
        let [interface_mm, red_hematocrit, plasma_hematocrit, held, ..] = *list;
        Self { collect_hematocrit, interface_mm, red_hematocrit, plasma_hematocrit, held, classes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_bits_on_the_widest_vector_unit_and_on_none() {
        let table = Table::embedded().unwrap();
        let hematocrits = core::array::from_fn(node_hematocrit);
        for (packing, hematocrit, share, wbc_1e9_l) in [(150.0, 0.25, 0.005, 5.0), (700.0, 0.37, 0.017, 60.0)] {
            let conditions = Conditions { packing, hematocrit, share, wbc_1e9_l };
            let line = || Line::new(table, &conditions, &hematocrits);
            let widest = pulp::Arch::new().dispatch(line());
            let none = pulp::WithSimd::with_simd(line(), pulp::Scalar::new());
            assert_eq!(widest.map(|sums| sums.map(f64::to_bits)), none.map(|sums| sums.map(f64::to_bits)));
        }
    }
}
