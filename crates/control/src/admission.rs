//! Admission limits: may this donor undergo this procedure? Measured values before and predicted values after are held
//! against the protocol's limits, and the first that breaks one is the reason of the refusal.

use leuka_blood::quantity::{FlowRate, Fraction, Volume};
use leuka_dose::{DonorBlood, Exchange, after_procedure, blood_flow, extracorporeal_fraction, red_cells_lost};

use crate::operator::Eligibility;
use crate::prescription::Prescription;
use crate::reason::Refusal;
use crate::yield_watch::volume_to_confidence;

/// Holds what the operator confirmed against the protocol.
pub(crate) fn check_eligibility(prescription: &Prescription, stated: &Eligibility) -> Result<(), Refusal> {
    let limits = &prescription.limits.eligibility;
    if !stated.consent {
        return Err(Refusal::NoConsent);
    }
    if !stated.infection_markers_negative {
        return Err(Refusal::InfectionMarker);
    }
    if stated.pregnant {
        return Err(Refusal::Pregnant);
    }
    if stated.ace_inhibitor && limits.refuse_ace_inhibitor {
        return Err(Refusal::AceInhibitor);
    }
    if stated.anticoagulant_drug && limits.refuse_anticoagulant_drug {
        return Err(Refusal::AnticoagulantDrug);
    }
    let is_recent = stated.count_age <= limits.count_age;
    if !is_recent {
        let (hours, limit_hours) = (stated.count_age.hours(), limits.count_age.hours());
        return Err(Refusal::CountTooOld { hours, limit_hours });
    }
    Ok(())
}

/// Holds the donor's values, and those predicted for after a run with `inlet`, against the protocol.
pub(crate) fn check_limits(prescription: &Prescription, inlet: FlowRate) -> Result<(), Refusal> {
    let (donor, limits) = (&prescription.donor, &prescription.limits.eligibility);
    if donor.hemoglobin < limits.hemoglobin_before {
        return Err(Refusal::HemoglobinBefore { value: donor.hemoglobin, limit: limits.hemoglobin_before });
    }
    if donor.platelets < limits.platelets_before {
        return Err(Refusal::PlateletsBefore { value: donor.platelets, limit: limits.platelets_before });
    }
    if donor.ionised_calcium < limits.ionised_calcium {
        return Err(Refusal::Calcium { value: donor.ionised_calcium, limit: limits.ionised_calcium });
    }
    let outside = extracorporeal_fraction(prescription.blood_outside(), donor.tbv);
    if outside > limits.extracorporeal.automatic && !prescription.set.red_cell_prime {
        return Err(Refusal::ExtracorporealVolume { value: outside, limit: limits.extracorporeal.automatic });
    }
    let mean = inlet * prescription.drawn_part(inlet);
    let blood = blood_flow(mean, prescription.anticoagulant.ratio);
    let solution = (mean - blood) * (most_processed(prescription, blood) / blood);
    if let Some(limit) = prescription.anticoagulant.most_volume.filter(|most| solution > *most) {
        return Err(Refusal::TooMuchStarch { volume: solution, limit });
    }
    let after = predicted_after(prescription, inlet);
    let (red_cells_last, platelets_last) =
        (after.hemoglobin >= limits.hemoglobin_after, after.platelets >= limits.platelets_after);
    if !red_cells_last {
        return Err(Refusal::HemoglobinAfter { value: after.hemoglobin, limit: limits.hemoglobin_after });
    }
    if !platelets_last {
        return Err(Refusal::PlateletsAfter { value: after.platelets, limit: limits.platelets_after });
    }
    Ok(())
}

/// The donor's blood after the run that the target, or its cap, makes.
fn predicted_after(prescription: &Prescription, inlet: FlowRate) -> DonorBlood {
    let blood = blood_flow(inlet * prescription.drawn_part(inlet), prescription.anticoagulant.ratio);
    after_processing(prescription, inlet, most_processed(prescription, blood))
}

/// The donor's blood after so much was processed.
pub(crate) fn after_processing(prescription: &Prescription, inlet: FlowRate, processed: Volume) -> DonorBlood {
    let (donor, settings, set) = (&prescription.donor, &prescription.settings, &prescription.set);
    let before = DonorBlood { hematocrit: donor.hematocrit, hemoglobin: donor.hemoglobin, platelets: donor.platelets };
    let ratio = prescription.anticoagulant.ratio;
    let blood = blood_flow(inlet * prescription.drawn_part(inlet), ratio);
    let product = settings.collect_flow * (processed / blood);
    // Saline pushes the set's blood back before it; what it does not reach stays.
    let left_in_set = (set.extracorporeal_volume - settings.rinse_back_volume).max(Volume::ZERO);
    let plasma = |volume: Volume, hematocrit: Fraction| volume * (1.0 - hematocrit.fraction());
    let exchange = Exchange {
        processed,
        red_cells_lost: red_cells_lost(product, settings.collect_hematocrit, left_in_set, donor.hematocrit),
        plasma_lost: plasma(product, settings.collect_hematocrit) + plasma(left_in_set, donor.hematocrit),
        fluid_given: processed / (ratio.value() - 1.0) + settings.rinse_back_volume,
        fluid_retained: prescription.limits.eligibility.fluid_retained,
        platelet_efficiency: prescription.limits.eligibility.platelet_efficiency,
    };
    after_procedure(&before, donor.tbv, &exchange)
}

fn most_processed(prescription: &Prescription, blood: FlowRate) -> Volume {
    let (goal, tbv) = (&prescription.goal, prescription.donor.tbv);
    let cap = (tbv * goal.most_tbv_multiple).min(blood * goal.most_time);
    let basis = goal.basis(tbv, blood);
    let end = match goal.confidence {
        Some(_) => volume_to_confidence(prescription, blood),
        None => goal.target.forecast(leuka_dose::Progress::default(), &basis).map(|end| end.volume),
    };
    end.map_or(cap, |volume| volume.min(cap))
}
