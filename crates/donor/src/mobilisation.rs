//! Drugs that bring CD34 positive cells into the blood.
//!
//! G-CSF is absorbed slowly, cleared by kidneys and by the very neutrophils that it makes, and stimulates by Hill's
//! equation. Its effect reaches granulocytes after one transit and progenitors after two. Plerixafor, single doses of
//! which are usual, opens the marrow for hours, after two transits. Effects wear off as they came.

use leuka_blood::math;
use leuka_blood::quantity::TimeSpan;

use crate::recovery::Recovery;
use crate::state::Pools;

parameter_group! {
    /// Kinetics and effect of the drugs.
    MobilisationParameters {
        g_csf_absorption in "1/h" from 0.01 to 10.0;
        g_csf_bioavailability in "1" from 0.05 to 1.0;
        g_csf_volume in "mL/kg" from 10.0 to 1000.0;
        g_csf_half_life in "h" from 0.2 to 50.0;
        g_csf_clearance_gain in "1" from 0.0 to 10.0;
        g_csf_most in "1" from 0.1 to 100.0;
        g_csf_half_effect in "ng/mL" from 0.1 to 1000.0;
        g_csf_steepness in "1" from 0.5 to 5.0;
        granulocyte_transit in "h" from 1.0 to 200.0;
        progenitor_transit in "h" from 1.0 to 200.0;
        plerixafor_absorption in "1/h" from 0.05 to 20.0;
        plerixafor_half_life in "h" from 0.2 to 50.0;
        plerixafor_transit in "h" from 0.1 to 50.0;
        plerixafor_usual_dose in "ug/kg" from 10.0 to 1000.0;
        interaction in "1" from 0.0 to 10.0;
    }
}

/// Doses of G-CSF under the skin, one a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Each dose, ug/kg.
    pub ug_per_kg: f64,
    /// Doses so far, at most 30.
    pub doses: u32,
    /// Since the last of them.
    pub since_last_dose: TimeSpan,
}

/// How a donor answers mobilising drugs, and what was given before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mobilisation {
    /// Answer to G-CSF against the usual one: 0.2 is a poor mobiliser.
    pub response: f64,
    /// The course of G-CSF that the donor is in. Without one the counts of the description are at rest.
    pub course: Option<Course>,
}

impl Default for Mobilisation {
    fn default() -> Self {
        Self { response: 1.0, course: None }
    }
}

/// What drives the marrow at one instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MarrowDrive {
    /// G-CSF's effect on granulocytes and, in part, on other cells of the blood.
    pub(crate) g_csf_granulocyte: f64,
    /// G-CSF's effect on progenitors.
    pub(crate) g_csf_progenitor: f64,
    /// Plerixafor's effect: 1 is about the peak of a usual dose.
    pub(crate) plerixafor: f64,
    /// How the two act together.
    pub(crate) interaction: Interaction,
}

/// Where G-CSF has opened the marrow already, plerixafor adds less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interaction(f64);

impl Interaction {
    /// Plerixafor's effect beside a relative rise of the level by G-CSF.
    pub(crate) fn plerixafor(self, drive: &MarrowDrive, risen: f64) -> f64 {
        drive.plerixafor / (1.0 + self.0 * risen.max(0.0))
    }
}

/// The drugs' kinetics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drugs {
    parameters: MobilisationParameters,
}

const MIN_PER_H: f64 = 60.0;
/// Step of the account of a course before the procedure, min.
const COURSE_STEP_MIN: f64 = 5.0;
const DAY_MIN: f64 = 24.0 * MIN_PER_H;

impl Drugs {
    pub(crate) const fn new(parameters: &MobilisationParameters) -> Self {
        Self { parameters: *parameters }
    }

    /// Puts a dose of G-CSF under the skin.
    pub(crate) fn give_g_csf(&self, pools: &mut Pools, ug_per_kg: f64) {
        pools.g_csf_depot += ug_per_kg;
    }

    /// Puts a dose of plerixafor under the skin.
    pub(crate) fn give_plerixafor(&self, pools: &mut Pools, ug_per_kg: f64) {
        pools.plerixafor_depot += ug_per_kg / self.parameters.plerixafor_usual_dose;
    }

    /// What drives the marrow now.
    pub(crate) const fn drive(&self, pools: &Pools) -> MarrowDrive {
        MarrowDrive {
            g_csf_granulocyte: pools.g_csf_granulocyte,
            g_csf_progenitor: pools.g_csf_progenitor,
            plerixafor: pools.plerixafor_release,
            interaction: Interaction(self.parameters.interaction),
        }
    }

    /// G-CSF's effect on granulocytes as a part of the greatest.
    pub(crate) fn strength(&self, pools: &Pools) -> f64 {
        pools.g_csf_granulocyte / self.parameters.g_csf_most
    }

    /// Adds the rates, per minute.
    pub(crate) fn add_rates(&self, pools: &Pools, rates: &mut Pools) {
        let p = &self.parameters;
        let per_min = |per_h: f64| per_h / MIN_PER_H;
        let half_life = |hours: f64| core::f64::consts::LN_2 / (hours * MIN_PER_H);
        let absorbed = per_min(p.g_csf_absorption) * pools.g_csf_depot;
        let cleared = half_life(p.g_csf_half_life) * (1.0 + p.g_csf_clearance_gain * pools.g_csf_granulocyte);
        let effect = self.effect(pools.g_csf);
        rates.g_csf_depot -= absorbed;
        rates.g_csf += absorbed * p.g_csf_bioavailability * 1e3 / p.g_csf_volume - cleared * pools.g_csf;
        let transit = |from: f64, into: f64, hours: f64| (from - into) / (hours * MIN_PER_H);
        rates.g_csf_granulocyte += transit(effect, pools.g_csf_granulocyte, p.granulocyte_transit);
        rates.g_csf_progenitor_early += transit(effect, pools.g_csf_progenitor_early, p.progenitor_transit);
        rates.g_csf_progenitor += transit(pools.g_csf_progenitor_early, pools.g_csf_progenitor, p.progenitor_transit);

        let absorbed = per_min(p.plerixafor_absorption) * pools.plerixafor_depot;
        rates.plerixafor_depot -= absorbed;
        rates.plerixafor += absorbed - half_life(p.plerixafor_half_life) * pools.plerixafor;
        rates.plerixafor_release_early +=
            transit(pools.plerixafor, pools.plerixafor_release_early, p.plerixafor_transit);
        rates.plerixafor_release +=
            transit(pools.plerixafor_release_early, pools.plerixafor_release, p.plerixafor_transit);
    }

    /// Stimulation by G-CSF in plasma, ng/mL.
    fn effect(&self, ng_ml: f64) -> f64 {
        if ng_ml <= 0.0 {
            return 0.0;
        }
        let p = &self.parameters;
        p.g_csf_most / (1.0 + math::pow(p.g_csf_half_effect / ng_ml, p.g_csf_steepness))
    }

    /// Lets a course act on pools at rest; returns what it has made of the platelet count, relative to before.
    pub(crate) fn act_before(&self, course: &Course, recovery: &Recovery, pools: &mut Pools) -> f64 {
        let mut platelets = 1.0;
        let last_min = course.since_last_dose.minutes();
        for dose in 1..=course.doses {
            self.give_g_csf(pools, course.ug_per_kg);
            let mut left_min = if dose < course.doses { DAY_MIN } else { last_min };
            while left_min > 0.0 {
                let step_min = left_min.min(COURSE_STEP_MIN);
                let first = self.rates_before(recovery, pools, platelets);
                let ahead = (pools.after(&first.0, step_min), platelets + first.1 * step_min);
                let second = self.rates_before(recovery, &ahead.0, ahead.1);
                *pools = pools.after(&first.0.mean(&second.0), step_min);
                platelets += 0.5 * (first.1 + second.1) * step_min;
                left_min -= step_min;
            }
        }
        platelets
    }

    fn rates_before(&self, recovery: &Recovery, pools: &Pools, platelets: f64) -> (Pools, f64) {
        let mut rates = Pools::default();
        self.add_rates(pools, &mut rates);
        recovery.add_precursor_rates(pools, platelets, self.strength(pools), &mut rates);
        (rates, recovery.platelet_change(pools, platelets))
    }
}
