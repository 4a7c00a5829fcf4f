//! Who holds calcium and magnesium: citrate, albumin, small ions, or nobody (ionised).
//!
//! With free citrate f = C / (1 + Ka_Ca Ca + Ka_Mg Mg), total calcium is
//! Ca (1 + L + Ka_Ca f + Kalb N a / (1 + Kalb Ca)), and magnesium alike; a is albumin relative to normal plasma. All
//! but the albumin part can leave the vessels (diffusible). Solved for the ionised parts by a damped Newton iteration.

parameter_group! {
    /// Association constants and binding sites.
    BindingParameters {
        citrate_calcium in "L/mmol" from 0.1 to 10.0;
        citrate_magnesium in "L/mmol" from 0.1 to 10.0;
        albumin_calcium in "L/mmol" from 0.0 to 2.0;
        albumin_calcium_sites in "mmol/L" from 0.0 to 50.0;
        albumin_magnesium in "L/mmol" from 0.0 to 2.0;
        albumin_magnesium_sites in "mmol/L" from 0.0 to 50.0;
        other_complexes in "1" from 0.0 to 1.0;
    }
}

/// Steps after which the iteration stops; warm-started it takes one or two, from far away fewer than ten.
const MOST_STEPS: usize = 25;
/// The iteration stops after a step of less than this part of both ions; the error left is its square.
const SETTLED: f64 = 1e-7;

/// Something of calcium and of magnesium: an ionised, diffusible or total concentration in mmol/L, or a relative fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ions {
    pub(crate) calcium: f64,
    pub(crate) magnesium: f64,
}

impl BindingParameters {
    /// Total calcium and magnesium of a liquid with these ionised parts.
    pub(crate) fn total(&self, ionised: Ions, citrate: f64, albumin: f64) -> Ions {
        let diffusible = self.diffusible(ionised, citrate);
        Ions {
            calcium: diffusible.calcium + ionised.calcium * self.albumin_holds_calcium(ionised.calcium, albumin),
            magnesium: diffusible.magnesium
                + ionised.magnesium * self.albumin_holds_magnesium(ionised.magnesium, albumin),
        }
    }

    /// The part of calcium and magnesium that is not held by albumin.
    pub(crate) fn diffusible(&self, ionised: Ions, citrate: f64) -> Ions {
        let free_citrate = self.free_citrate(ionised, citrate);
        let small = 1.0 + self.other_complexes;
        Ions {
            calcium: ionised.calcium * (small + self.citrate_calcium * free_citrate),
            magnesium: ionised.magnesium * (small + self.citrate_magnesium * free_citrate),
        }
    }

    /// What citrate holds of calcium and magnesium.
    pub(crate) fn held_by_citrate(&self, ionised: Ions, citrate: f64) -> Ions {
        let free_citrate = self.free_citrate(ionised, citrate);
        Ions {
            calcium: ionised.calcium * self.citrate_calcium * free_citrate,
            magnesium: ionised.magnesium * self.citrate_magnesium * free_citrate,
        }
    }

    /// The ionised parts of `total`, starting the search from `start`.
    pub(crate) fn ionised(&self, total: Ions, citrate: f64, albumin: f64, start: Ions) -> Ions {
        let mut ionised = start;
        for _ in 0..MOST_STEPS {
            let next = self.newton_step(total, citrate, albumin, ionised);
            let settled = (next.calcium - ionised.calcium).abs() <= SETTLED * next.calcium
                && (next.magnesium - ionised.magnesium).abs() <= SETTLED * next.magnesium;
            ionised = next;
            if settled {
                break;
            }
        }
        ionised
    }

    fn newton_step(&self, total: Ions, citrate: f64, albumin: f64, at: Ions) -> Ions {
        let free = self.free_citrate(at, citrate);
        let competition = 1.0 + self.citrate_calcium * at.calcium + self.citrate_magnesium * at.magnesium;
        let (ka_calcium, ka_magnesium) = (self.citrate_calcium, self.citrate_magnesium);
        let small = 1.0 + self.other_complexes;
        let holds_calcium = self.albumin_holds_calcium(at.calcium, albumin);
        let holds_magnesium = self.albumin_holds_magnesium(at.magnesium, albumin);
        let missing_calcium = at.calcium * (small + ka_calcium * free + holds_calcium) - total.calcium;
        let missing_magnesium = at.magnesium * (small + ka_magnesium * free + holds_magnesium) - total.magnesium;

        // Derivatives of the two totals by the two ions; each ion also takes citrate from the other.
        let taken = free / competition;
        let by_calcium = small + ka_calcium * free - ka_calcium * ka_calcium * at.calcium * taken
            + holds_calcium / (1.0 + self.albumin_calcium * at.calcium);
        let by_magnesium = small + ka_magnesium * free - ka_magnesium * ka_magnesium * at.magnesium * taken
            + holds_magnesium / (1.0 + self.albumin_magnesium * at.magnesium);
        let cross_calcium = -ka_calcium * ka_magnesium * at.calcium * taken;
        let cross_magnesium = -ka_calcium * ka_magnesium * at.magnesium * taken;
        let determinant = by_calcium * by_magnesium - cross_calcium * cross_magnesium;
        Ions {
            calcium: damped(
                at.calcium,
                (missing_calcium * by_magnesium - cross_calcium * missing_magnesium) / determinant,
            ),
            magnesium: damped(
                at.magnesium,
                (missing_magnesium * by_calcium - cross_magnesium * missing_calcium) / determinant,
            ),
        }
    }

    fn free_citrate(&self, ionised: Ions, citrate: f64) -> f64 {
        citrate / (1.0 + self.citrate_calcium * ionised.calcium + self.citrate_magnesium * ionised.magnesium)
    }

    fn albumin_holds_calcium(&self, calcium: f64, albumin: f64) -> f64 {
        self.albumin_calcium * self.albumin_calcium_sites * albumin / (1.0 + self.albumin_calcium * calcium)
    }

    fn albumin_holds_magnesium(&self, magnesium: f64, albumin: f64) -> f64 {
        self.albumin_magnesium * self.albumin_magnesium_sites * albumin / (1.0 + self.albumin_magnesium * magnesium)
    }
}

/// A step down never takes more than nine tenths, so an ion stays positive.
fn damped(value: f64, decrease: f64) -> f64 {
    (value - decrease).max(0.1 * value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    const REST: Ions = Ions { calcium: 1.25, magnesium: 0.55 };

    fn binding() -> BindingParameters {
        Parameters::embedded().unwrap().binding
    }

    #[test]
    fn plasma_at_rest_has_the_usual_total_calcium_and_magnesium() {
        let total = binding().total(REST, 0.1, 1.0);
        assert!((total.calcium - 2.45).abs() < 0.02, "{total:?}");
        assert!((total.magnesium - 0.86).abs() < 0.02, "{total:?}");
    }

    #[test]
    fn solving_undoes_adding_up_from_any_start() {
        let binding = binding();
        for citrate in [0.0, 0.1, 1.0, 5.0, 20.0] {
            for albumin in [0.0, 0.3, 1.0, 1.4] {
                for start in [REST, Ions { calcium: 1e-3, magnesium: 1e-3 }, Ions { calcium: 9.0, magnesium: 9.0 }] {
                    let total = binding.total(REST, citrate, albumin);
                    let found = binding.ionised(total, citrate, albumin, start);
                    assert!((found.calcium / REST.calcium - 1.0).abs() < 1e-10, "{citrate} {albumin} {found:?}");
                    assert!((found.magnesium / REST.magnesium - 1.0).abs() < 1e-10, "{citrate} {albumin} {found:?}");
                }
            }
        }
    }

    #[test]
    fn citrate_lowers_both_ions() {
        let binding = binding();
        let total = binding.total(REST, 0.1, 1.0);
        let more = binding.ionised(total, 1.5, 1.0, REST);
        assert!(more.calcium < REST.calcium && more.magnesium < REST.magnesium);
    }
}
