//! The table on a lattice of conditions, which all stages of a process share.
//!
//! Reading the table at one set of conditions sums over all points of the survey, and conditions change all the time. So
//! the table is read at the corners of a lattice only, each once in a process, and between them everything runs straight
//! in the four coordinates: the logarithms of the packing factor, of the share and of the count, and the haematocrit. A cell
//! is parted into simplices (H. W. Kuhn 1960), of which each has five of its sixteen corners, so that few corners are read
//! and few are summed over. What a corner holds depends on the corner alone, so a stage finds the same whoever came before it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use leuka_blood::math;

use super::survey::ENVELOPE;
use super::table::{Conditions, Entries, HELD, NODES, Place, QUANTITIES, Table, node_hematocrit, node_step};
use crate::Error;

/// Coordinates of the conditions.
const DIMENSIONS: usize = 4;
/// Corners of a simplex.
const CORNERS: usize = DIMENSIONS + 1;
/// Cells of the envelope along packing factor, haematocrit, share and count: 32 %, 4 points, 8 % and 7 % wide.
const CELLS: [u8; DIMENSIONS] = [20, 9, 56, 56];
/// White cells that are added before the logarithm of a count is taken, 1e9/L.
const FEW: f64 = 10.0;
/// Corners that are kept at most, some 25 MB of them; then they are read anew as they are asked for.
const MOST_CORNERS: usize = 16_384;

/// A corner, or the lowest corner of a cell.
type Corner = [u8; DIMENSIONS];
/// Steady states at one corner, from the clearest to the reddest collect line.
type Curve = [Entries; NODES];

/// The lattice with the corners that have been read so far.
pub(super) struct Lattice {
    table: &'static Table,
    /// The envelope in coordinates: where it begins, and cells for each unit.
    origin: [f64; DIMENSIONS],
    scale: [f64; DIMENSIONS],
    hematocrits: [f64; NODES],
    step: f64,
    corners: Mutex<BTreeMap<Corner, Arc<Curve>>>,
}

impl core::fmt::Debug for Lattice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lattice").finish_non_exhaustive()
    }
}

/// The coordinates of conditions, one unit a natural one.
fn coordinates(conditions: &Conditions) -> [f64; DIMENSIONS] {
    let Conditions { packing, hematocrit, share, wbc_1e9_l } = *conditions;
    [math::ln(packing), hematocrit, math::ln(share), math::ln(wbc_1e9_l + FEW)]
}

impl Lattice {
    /// The lattice of the embedded table.
    ///
    /// # Errors
    /// As [`Table::embedded`].
    pub(super) fn embedded() -> Result<&'static Self, Error> {
        static LATTICE: LazyLock<Result<Lattice, Error>> = LazyLock::new(|| Table::embedded().map(Lattice::new));
        LATTICE.as_ref().map_err(Clone::clone)
    }

    fn new(table: &'static Table) -> Self {
        let edge = |end: usize| {
            let [packing, hematocrit, share, wbc_1e9_l] = [0, 1, 2, 3].map(|axis| ENVELOPE[axis][end]);
            coordinates(&Conditions { packing, hematocrit, share, wbc_1e9_l })
        };
        let (origin, end) = (edge(0), edge(1));
        Self {
            table,
            origin,
            scale: core::array::from_fn(|axis| f64::from(CELLS[axis]) / (end[axis] - origin[axis])),
            hematocrits: core::array::from_fn(node_hematocrit),
            step: node_step(),
            corners: Mutex::default(),
        }
    }

    pub(super) const fn table(&self) -> &'static Table {
        self.table
    }

    /// The cell that conditions lie in, and where in it, 0 to 1 along each coordinate.
    fn find(&self, conditions: &Conditions) -> (Corner, [f64; DIMENSIONS]) {
        let at = coordinates(&conditions.within());
        let (mut cell, mut part) = ([0; DIMENSIONS], [0.0; DIMENSIONS]);
        for axis in 0..DIMENSIONS {
            let passed = (at[axis] - self.origin[axis]) * self.scale[axis];
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates at 0")]
            let whole = (passed as u8).min(CELLS[axis] - 1);
            cell[axis] = whole;
            part[axis] = (passed - f64::from(whole)).clamp(0.0, 1.0);
        }
        (cell, part)
    }

    /// The corners of the simplex that conditions lie in, and how much each counts: from the lowest corner of the cell the
    /// way leads along the axes, first along that on which they have passed the greatest part of the cell.
    fn simplex(&self, conditions: &Conditions) -> ([Corner; CORNERS], [f64; CORNERS]) {
        let (cell, part) = self.find(conditions);
        let mut axes: [usize; DIMENSIONS] = core::array::from_fn(|axis| axis);
        axes.sort_by(|one, other| part[*other].total_cmp(&part[*one]));
        let (mut corners, mut weights) = ([cell; CORNERS], [0.0; CORNERS]);
        let mut before = 1.0;
        for (step, axis) in axes.into_iter().enumerate() {
            weights[step] = before - part[axis];
            before = part[axis];
            corners[step + 1] = corners[step];
            corners[step + 1][axis] += 1;
        }
        weights[DIMENSIONS] = before;
        (corners, weights)
    }

    fn at(&self, corner: Corner) -> Arc<Curve> {
        let known = || self.corners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(curve) = known().get(&corner) {
            return Arc::clone(curve);
        }
        let [packing, hematocrit, share, wbc] =
            core::array::from_fn(|axis| self.origin[axis] + f64::from(corner[axis]) / self.scale[axis]);
        let curve = Arc::new(self.table.curve(&Conditions {
            packing: math::exp(packing),
            hematocrit,
            share: math::exp(share),
            wbc_1e9_l: math::exp(wbc) - FEW,
        }));
        let mut known = known();
        if known.len() >= MOST_CORNERS {
            known.clear();
        }
        known.insert(corner, Arc::clone(&curve));
        curve
    }
}

/// The steady states under some conditions, from the clearest to the reddest collect line.
#[derive(Debug, Clone)]
pub(super) struct Curves {
    lattice: &'static Lattice,
    places: [Corner; CORNERS],
    corners: [Arc<Curve>; CORNERS],
    /// How much each corner counts.
    weights: [f64; CORNERS],
    /// Red cells held at each node, of the channel's volume.
    held: [f64; NODES],
}

impl Curves {
    pub(super) fn new(lattice: &'static Lattice, conditions: &Conditions) -> Self {
        let (places, weights) = lattice.simplex(conditions);
        let corners = places.map(|corner| lattice.at(corner));
        let mut curves = Self { lattice, places, corners, weights, held: [0.0; NODES] };
        curves.follow(conditions);
        curves
    }

    /// Turns to other conditions.
    pub(super) fn follow(&mut self, conditions: &Conditions) {
        let (places, weights) = self.lattice.simplex(conditions);
        for ((held, place), corner) in self.places.iter_mut().zip(places).zip(&mut self.corners) {
            if *held != place {
                (*held, *corner) = (place, self.lattice.at(place));
            }
        }
        self.weights = weights;
        self.held = [0.0; NODES];
        for (weight, curve) in self.weights.iter().zip(&self.corners) {
            for (held, node) in self.held.iter_mut().zip(curve.iter()) {
                *held += weight * node[HELD];
            }
        }
    }

    /// Red cells held at the clearest and at the reddest collect line, of the channel's volume.
    pub(super) const fn range(&self) -> [f64; 2] {
        [self.held[0], self.held[NODES - 1]]
    }

    /// The steady state that holds `held` red cells, or the nearest.
    pub(super) fn holding(&self, held: f64) -> Place {
        // The last node that holds less; the reddest but one at most, so that there is one after it.
        let low = self.held[1..NODES - 1].iter().take_while(|node| **node <= held).count();
        let part = ((held - self.held[low]) / (self.held[low + 1] - self.held[low])).clamp(0.0, 1.0);
        let mut entries = [0.0; QUANTITIES];
        for (weight, curve) in self.weights.iter().zip(&self.corners) {
            let (below, above) = (weight * (1.0 - part), weight * part);
            for ((entry, low), high) in entries.iter_mut().zip(&curve[low]).zip(&curve[low + 1]) {
                *entry += below * low + above * high;
            }
        }
        Place::with_entries(self.lattice.hematocrits[low] * math::exp(part * self.lattice.step), &entries)
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::random::Seed;

    use super::*;

    /// Worst and root mean square difference of the entries between corners, over conditions drawn from ordinary ones.
    fn differences() -> ([f64; QUANTITIES], [f64; QUANTITIES]) {
        let lattice = Lattice::embedded().unwrap();
        let mut chance = Seed::run(3).stream("conditions");
        let (mut worst, mut squares) = ([0.0_f64; QUANTITIES], [0.0; QUANTITIES]);
        let draws = 60;
        for _ in 0..draws {
            let mut between = |low: f64, high: f64| low * math::exp(chance.uniform() * math::ln(high / low));
            let conditions = Conditions {
                packing: between(150.0, 1500.0),
                hematocrit: between(0.25, 0.45),
                share: between(0.005, 0.05),
                wbc_1e9_l: between(5.0, 150.0),
            };
            let curves = Curves::new(lattice, &conditions);
            for (exact, held) in lattice.table.curve(&conditions).iter().zip(curves.held) {
                let found = curves.holding(held).entries();
                for axis in 0..QUANTITIES {
                    let apart = (found[axis] - exact[axis]).abs();
                    worst[axis] = worst[axis].max(apart);
                    squares[axis] += apart * apart;
                }
            }
        }
        let count = f64::from(draws) * NODES as f64;
        (worst, squares.map(|square| math::sqrt(square / count)))
    }

    #[test]
    fn between_corners_the_lattice_is_closer_to_the_table_than_the_table_to_the_channel() {
        let (worst, rms) = differences();
        assert!(worst[0] < 0.02 && rms[0] < 0.005, "interface, mm: {} {}", worst[0], rms[0]);
        // Haematocrits, then what is collected and lost of each class; the table itself is off by 3.3 points in one of 20.
        for axis in (1..QUANTITIES).filter(|axis| *axis <= HELD || !(axis - HELD).is_multiple_of(3)) {
            assert!(worst[axis] < 0.03 && rms[axis] < 0.006, "entry {axis}: {} {}", worst[axis], rms[axis]);
        }
    }

    #[test]
    fn a_corner_holds_what_the_table_says_there() {
        let lattice = Lattice::embedded().unwrap();
        let edge = Conditions { packing: 30.0, hematocrit: 0.15, share: 0.0017, wbc_1e9_l: 1.0 };
        let exact = lattice.table.curve(&edge);
        let curves = Curves::new(lattice, &edge);
        for (node, exact) in exact.iter().enumerate() {
            let found = curves.holding(curves.held[node]).entries();
            for (found, exact) in found.iter().zip(exact) {
                assert!((found - exact).abs() < 1e-9, "{found} {exact}");
            }
        }
    }
}
