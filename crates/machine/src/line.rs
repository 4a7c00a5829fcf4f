//! Lines: what enters first leaves first. A [`Line`] knows what its fluid is made of; a [`Bubbles`] only where air is
//! among fluid, which is cheap enough for every beat.

use std::collections::VecDeque;

use leuka_blood::Mixture;

use crate::chamber::Flowing;

/// Tubing as a plug-flow delay: a queue of parcels, each well mixed in itself. The newest parcel grows until it holds
/// the parcel volume, so the queue is bounded and a delay is exact to one parcel.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    parcels: VecDeque<Parcel>,
    parcel_ml: f64,
}

#[derive(Debug, Clone, Copy)]
struct Parcel {
    mixture: Mixture,
    volume_ml: f64,
}

impl Line {
    /// A line of `volume_ml`, filled with air, made of parcels of `parcel_ml`.
    pub(crate) fn of_air(volume_ml: f64, parcel_ml: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number of parcels"
        )]
        let capacity = (2.0 * volume_ml / parcel_ml) as usize + 8;
        let mut line = Self { parcels: VecDeque::with_capacity(capacity), parcel_ml };
        line.push(Mixture::air(volume_ml));
        line
    }

    /// A line without anything in it, which will hold `volume_ml`.
    pub(crate) fn empty(volume_ml: f64, parcel_ml: f64) -> Self {
        let mut line = Self::of_air(volume_ml, parcel_ml);
        line.parcels.clear();
        line
    }

    /// Lets a mixture in at the line's start.
    pub(crate) fn push(&mut self, mixture: Mixture) {
        let volume_ml = mixture.volume_ml();
        if volume_ml <= 0.0 {
            return;
        }
        let full = self.parcels.len() == self.parcels.capacity();
        match self.parcels.back_mut() {
            Some(newest) if full || newest.volume_ml + 0.5 * volume_ml < self.parcel_ml => {
                newest.mixture += mixture;
                newest.volume_ml += volume_ml;
            }
            _ => self.parcels.push_back(Parcel { mixture, volume_ml }),
        }
    }

    /// Lets `volume_ml` out at the line's end; all there is when that is less.
    pub(crate) fn pop(&mut self, volume_ml: f64) -> Mixture {
        let mut out = Mixture::EMPTY;
        let mut wanted_ml = volume_ml;
        while wanted_ml > 0.0 {
            let Some(oldest) = self.parcels.front_mut() else { break };
            if oldest.volume_ml > wanted_ml {
                oldest.mixture.pour_part(wanted_ml / oldest.volume_ml, &mut out);
                oldest.volume_ml -= wanted_ml;
                break;
            }
            wanted_ml -= oldest.volume_ml;
            out += &oldest.mixture;
            self.parcels.pop_front();
        }
        out
    }

    /// Everything inside.
    pub(crate) fn contents(&self) -> Mixture {
        self.parcels.iter().fold(Mixture::EMPTY, |sum, parcel| sum + parcel.mixture)
    }
}

/// The air among the fluid of a line. Fluid without air is one slug however much it is, so that a line without air costs
/// next to nothing.
#[derive(Debug, Clone)]
pub(crate) struct Bubbles {
    /// Before the newest, the oldest first.
    older: VecDeque<Slug>,
    newest: Slug,
    parcel_ml: f64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Slug {
    volume_ml: f64,
    air_ml: f64,
}

impl Slug {
    /// Lets `wanted_ml`, which it holds, out of it.
    fn split(&mut self, wanted_ml: f64) -> Flowing {
        let air_ml = if self.air_ml > 0.0 { self.air_ml * (wanted_ml / self.volume_ml) } else { 0.0 };
        self.air_ml -= air_ml;
        self.volume_ml -= wanted_ml;
        Flowing { fluid_ml: wanted_ml - air_ml, air_ml }
    }

    fn all(self) -> Flowing {
        Flowing { fluid_ml: self.volume_ml - self.air_ml, air_ml: self.air_ml }
    }
}

impl Bubbles {
    /// Of a dry line of `volume_ml`.
    pub(crate) fn of_air(volume_ml: f64, parcel_ml: f64) -> Self {
        Self { older: VecDeque::with_capacity(64), newest: Slug { volume_ml, air_ml: volume_ml }, parcel_ml }
    }

    /// Lets fluid and air in at the line's start, mixed.
    pub(crate) fn push(&mut self, entering: Flowing) {
        let newest = &mut self.newest;
        let (volume_ml, air_ml) = (entering.volume_ml(), entering.air_ml);
        let are_fluid = newest.air_ml == 0.0 && air_ml == 0.0;
        if are_fluid || newest.volume_ml + 0.5 * volume_ml < self.parcel_ml {
            newest.volume_ml += volume_ml;
            newest.air_ml += air_ml;
        } else {
            let before = core::mem::replace(newest, Slug { volume_ml, air_ml });
            self.older.push_back(before);
        }
    }

    /// Lets `volume_ml` out at the line's end; all there is when that is less.
    pub(crate) fn pop(&mut self, volume_ml: f64) -> Flowing {
        if self.older.is_empty() && self.newest.volume_ml > volume_ml {
            return self.newest.split(volume_ml);
        }
        self.pop_slugs(volume_ml)
    }

    fn pop_slugs(&mut self, volume_ml: f64) -> Flowing {
        let mut out = Flowing::default();
        let mut wanted_ml = volume_ml;
        while wanted_ml > 0.0 {
            let oldest = self.older.front_mut().unwrap_or(&mut self.newest);
            if oldest.volume_ml > wanted_ml {
                out += oldest.split(wanted_ml);
                break;
            }
            wanted_ml -= oldest.volume_ml;
            out += core::mem::take(oldest).all();
            if self.older.pop_front().is_none() {
                break;
            }
        }
        out
    }

    /// Air in the newest `window_ml` of the line, mL: what a detector at the line's start has before it.
    pub(crate) fn at_start_ml(&self, window_ml: f64) -> f64 {
        let (mut seen_ml, mut air_ml) = (0.0, 0.0);
        if self.newest.air_ml == 0.0 && self.newest.volume_ml >= window_ml {
            return 0.0;
        }
        for slug in core::iter::once(&self.newest).chain(self.older.iter().rev()) {
            let part = ((window_ml - seen_ml) / slug.volume_ml.max(f64::MIN_POSITIVE)).min(1.0);
            if part <= 0.0 {
                break;
            }
            air_ml += slug.air_ml * part;
            seen_ml += slug.volume_ml;
        }
        air_ml
    }

    /// All air in the line, mL.
    pub(crate) fn air_ml(&self) -> f64 {
        self.older.iter().map(|slug| slug.air_ml).sum::<f64>() + self.newest.air_ml
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::Component;

    use super::*;

    #[test]
    fn a_front_leaves_after_exactly_the_dead_volume() {
        let mut line = Line::of_air(20.0, 0.1);
        let mut passed_ml = 0.0f64;
        while line.pop(0.05).get(Component::Saline) == 0.0 {
            line.push(Mixture::saline(0.05));
            passed_ml += 0.05;
        }
        assert!((passed_ml - 20.0).abs() < 0.05 + 1e-9, "the front came after {passed_ml} mL");
    }

    #[test]
    fn what_goes_in_comes_out_in_order_and_in_full() {
        let mut line = Line::of_air(3.0, 0.1);
        let mut out = Mixture::EMPTY;
        for step in 0..400 {
            line.push(if step % 2 == 0 { Mixture::saline(0.07) } else { Mixture::of(Component::Plasma, 0.03) });
            out += line.pop(0.05);
        }
        let all = out + line.contents();
        assert!((all.get(Component::Saline) - 14.0).abs() < 1e-12);
        assert!((all.get(Component::Plasma) - 6.0).abs() < 1e-12);
        assert!((all.get(Component::Air) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_detector_sees_only_its_window() {
        let mut line = Bubbles::of_air(0.0, 0.1);
        line.push(Flowing { fluid_ml: 2.0, air_ml: 0.0 });
        line.push(Flowing { fluid_ml: 0.0, air_ml: 0.3 });
        assert!((line.at_start_ml(0.2) - 0.2).abs() < 1e-12);
        line.push(Flowing { fluid_ml: 1.0, air_ml: 0.0 });
        assert_eq!(line.at_start_ml(0.2), 0.0);
    }

    #[test]
    fn a_bubble_leaves_after_the_fluid_before_it_and_in_full() {
        let mut line = Bubbles::of_air(0.0, 0.1);
        for _ in 0..100 {
            line.push(Flowing { fluid_ml: 0.05, air_ml: 0.0 });
        }
        line.push(Flowing { fluid_ml: 0.05, air_ml: 0.15 });
        let mut passed = Flowing::default();
        while passed.air_ml == 0.0 {
            let out = line.pop(0.07);
            line.push(Flowing { fluid_ml: 0.07, air_ml: 0.0 });
            passed.fluid_ml += out.fluid_ml;
            passed.air_ml += out.air_ml;
        }
        assert!((passed.fluid_ml - 5.0).abs() < 0.07, "{passed:?}");
        assert!((passed.air_ml + line.air_ml() - 0.15).abs() < 1e-15);
    }
}
