//! What a run comes to: its samples, its outcome, and what is kept for it on the way.

use std::collections::BTreeMap;

use leuka_blood::Component;
use leuka_blood::quantity::{CellCount, Fraction, Volume};
use leuka_control::PhaseName;
use leuka_device::Telemetry;
use leuka_machine::{BEAT_MICROS, VirtualMachine};

use super::{BEATS_PER_CONTROL, Ended, Run};
use crate::cells::{CellGroup, PerGroup};
use crate::channels::Channels;
use crate::inputs::Centrifuge;
use crate::laboratory::counts;
use crate::method::{is_eluted, is_filter};
use crate::outcome::{
    AlarmEntry, Balance, Believed, Counts, DonorOutcome, Efficiency, Eluted, Filtration, Nadir, Outcome, Peak, Product,
    Symptom,
};
use crate::sample::Sample;

/// What is kept of a run for its outcome.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) pre: Counts,
    pub(super) post: Option<Counts>,
    pub(super) nadir: Nadir,
    pub(super) peak: Peak,
    pub(super) symptoms: Vec<Symptom>,
    pub(super) alarms: Vec<AlarmEntry>,
    pub(super) stages: Vec<(PhaseName, f64)>,
    pub(super) collect_s: f64,
    pub(super) collect_inlet_ml: f64,
    pub(super) separator_pressure_mmhg: f64,
}

impl<C: Channels> Run<C> {
    pub(super) fn sample(&self) -> Sample {
        let telemetry = self.machine.telemetry();
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let extent = self.channels.extent();
        let truth = counts(self.machine.donor());
        Sample {
            time_s: self.seconds(),
            inlet_flow_ml_min: number(telemetry.pump_flows.inlet.value.map(|flow| flow.ml_min())),
            anticoagulant_flow_ml_min: number(telemetry.pump_flows.anticoagulant.value.map(|flow| flow.ml_min())),
            plasma_flow_ml_min: number(telemetry.pump_flows.plasma.value.map(|flow| flow.ml_min())),
            collect_flow_ml_min: number(telemetry.pump_flows.collect.value.map(|flow| flow.ml_min())),
            centrifuge_rpm: number(telemetry.centrifuge_speed.value.map(|speed| speed.rpm())),
            access_pressure_mmhg: number(telemetry.access_pressure.value.map(|pressure| pressure.mmhg())),
            return_pressure_mmhg: number(telemetry.return_pressure.value.map(|pressure| pressure.mmhg())),
            interface_mm: number(telemetry.camera.value.and_then(|image| image.interface).map(|length| length.mm())),
            collect_hematocrit_pct: number(telemetry.collect_optics.value.map(|optics| optics.hematocrit.pct())),
            heart_rate_per_min: number(telemetry.monitor.heart_rate.value.map(|rate| rate.per_min())),
            systolic_mmhg: number(telemetry.monitor.systolic.value.map(|pressure| pressure.mmhg())),
            diastolic_mmhg: number(telemetry.monitor.diastolic.value.map(|pressure| pressure.mmhg())),
            spo2_pct: number(telemetry.monitor.spo2.value.map(|saturation| saturation.pct())),
            respiration_per_min: number(telemetry.monitor.respiration.value.map(|rate| rate.per_min())),
            temperature_c: number(telemetry.monitor.temperature.value.map(|temperature| temperature.celsius())),
            processed_ml: extent.processed.ml(),
            dose_forecast_1e6_per_kg: extent.dose.count_1e6_kg(),
            dose_estimate_1e6_per_kg: extent.estimate.median.count_1e6_kg(),
            dose_low_1e6_per_kg: extent.estimate.band_80[0].count_1e6_kg(),
            dose_high_1e6_per_kg: extent.estimate.band_80[1].count_1e6_kg(),
            goal_probability_pct: extent.estimate.goal.pct(),
            true_dose_1e6_per_kg: self.dose(),
            true_product_ml: self.machine.product().volume_ml(),
            true_hematocrit_pct: truth.hematocrit_pct,
            true_wbc_1e9_l: truth.wbc_1e9_l,
            true_platelet_1e9_l: truth.platelet_1e9_l,
            true_cd34_per_ul: truth.cd34_per_ul,
            true_ionised_calcium_mmol_l: truth.ionised_calcium_mmol_l,
            true_citrate_mmol_l: self.machine.donor().blood().citrate.mmol_l(),
        }
    }

    /// Cells of the dose in the product for the dose weight, 1e6/kg.
    fn dose(&self) -> f64 {
        let cells = &self.cells;
        let (groups, weight_kg) = self.dose;
        let collected: f64 = groups.iter().map(|group| group.count(self.machine.product(), cells)).sum();
        collected / 1e6 / weight_kg
    }

    /// The outcome, of a run that has ended or of what was done until now.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let ended = self.ended.clone().unwrap_or(Ended { reason: "still running".into(), completed: false });
        let totals = self.machine.totals();
        let tbv_ml = self.person.formula_blood_volume.ml();
        let processed_ml = totals.drawn.fluid_ml();
        let given = totals.returned - totals.drawn;
        let citrate_mmol = given.get(Component::Citrate);
        let collect_min = self.log.collect_s / 60.0;
        let weight_kg = self.person.weight.kg();
        let post = self.log.post.unwrap_or_else(|| counts(self.machine.donor()));
        let product = self.machine.product();
        let cells = &self.cells;
        let per = |total: f64, minutes: f64| if minutes > 0.0 { total / minutes } else { 0.0 };
        let processing_min = self.channels.extent().time.minutes();
        Outcome {
            schema: "leuka.outcome/1",
            version: crate::VERSION,
            parameters_sha256: self.inputs.parameter_hash(),
            protocol: self.inputs.protocol_name(),
            seed: self.inputs.seed,
            separator: self.centrifuge.map(Centrifuge::name),
            end_reason: ended.reason,
            completed: ended.completed,
            duration_min: self.seconds() / 60.0,
            collect_min,
            tbv_ml,
            whole_blood_processed_ml: processed_ml,
            tbv_processed: processed_ml / tbv_ml,
            inlet_flow_mean_ml_min: per(self.log.collect_inlet_ml, collect_min),
            anticoagulant_total_ml: self.machine.anticoagulant_used().ml(),
            anticoagulant_to_donor_ml: given.get(Component::Anticoagulant),
            citrate_to_donor_mmol: citrate_mmol,
            citrate_mean_mg_kg_min: per(citrate_mmol * leuka_dose::CITRATE_MG_PER_MMOL / weight_kg, processing_min),
            product: Product {
                volume_ml: product.volume_ml(),
                hematocrit_pct: product.hematocrit() * 100.0,
                cells: PerGroup::from_fn(|group| group.count(product, cells)),
            },
            filtration: is_filter(&self.inputs.protocol).then(|| self.filtration()),
            dose_1e6_per_kg: self.dose(),
            dose_believed: Believed::new(&self.channels.extent().estimate, &self.purpose),
            efficiency: PerGroup::from_fn(|group| self.efficiency(group, processed_ml, &post)),
            donor: DonorOutcome {
                pre: self.log.pre,
                post,
                nadir: self.log.nadir,
                peak: self.log.peak,
                fluid_balance_ml: given.fluid_ml(),
                symptoms: self.log.symptoms.clone(),
            },
            alarms: self.log.alarms.clone(),
            balance: self.balance(),
        }
    }

    fn filtration(&self) -> Filtration {
        let held = self.machine.in_separator();
        let of = |mixture| CellGroup::Granulocyte.count(mixture, &self.cells);
        let (eluted, kept) = (of(self.machine.product()), of(&held));
        let quality = &self.quality;
        Filtration {
            pressure_peak_mmhg: self.log.separator_pressure_mmhg,
            held_wbc: CellGroup::Wbc.count(&held, &self.cells),
            eluted: (is_eluted(&self.inputs.protocol) && eluted > 0.0).then(|| Eluted {
                granulocyte_recovery_pct: 100.0 * eluted / (eluted + kept),
                viability_pct: 100.0 * quality.viability,
                post_transfusion_recovery_pct: 100.0 * quality.recovery,
                post_transfusion_recovery_centrifuged_pct: 100.0 * quality.recovery_centrifuged,
            }),
        }
    }

    fn balance(&self) -> BTreeMap<&'static str, Balance> {
        let components = self.machine.balance().map(|(component, error)| (component.name(), error));
        let all = components.chain([("water", self.machine.water_balance())]);
        all.map(|(name, relative_error)| (name, Balance { relative_error })).collect()
    }

    fn efficiency(&self, group: CellGroup, processed_ml: f64, post: &Counts) -> Efficiency {
        let collected = CellCount::from_cells(group.count(self.machine.product(), &self.cells));
        let processed = Volume::from_ml(processed_ml);
        let before = self.log.pre.concentration(group, &self.cells);
        let after = post.concentration(group, &self.cells);
        let pct = |efficiency: Option<Fraction>| efficiency.map(Fraction::pct);
        Efficiency {
            ce1_pct: pct(leuka_dose::ce1(collected, processed, before, after)),
            ce2_pct: pct(leuka_dose::ce2(collected, processed, before)),
        }
    }
}

impl Log {
    pub(super) fn new(pre: Counts) -> Self {
        Self {
            pre,
            post: None,
            nadir: Nadir {
                ionised_calcium_mmol_l: f64::INFINITY,
                systolic_mmhg: f64::INFINITY,
                spo2_pct: f64::INFINITY,
            },
            peak: Peak { citrate_mmol_l: 0.0, heart_rate_per_min: 0.0 },
            symptoms: Vec::new(),
            alarms: Vec::new(),
            stages: vec![(PhaseName::SelfTest, 0.0)],
            collect_s: 0.0,
            collect_inlet_ml: 0.0,
            separator_pressure_mmhg: 0.0,
        }
    }

    /// Keeps the extremes of the true values while the donor is connected (and what they are at the first look).
    pub(super) fn look(&mut self, machine: &VirtualMachine, is_connected: bool) {
        if !is_connected && self.nadir.spo2_pct.is_finite() {
            return;
        }
        self.separator_pressure_mmhg = self.separator_pressure_mmhg.max(machine.separator_pressure().mmhg());
        let blood = machine.donor().blood();
        let vitals = machine.donor().vitals();
        let (nadir, peak) = (&mut self.nadir, &mut self.peak);
        nadir.ionised_calcium_mmol_l = nadir.ionised_calcium_mmol_l.min(blood.ionised_calcium.mmol_l());
        nadir.systolic_mmhg = nadir.systolic_mmhg.min(vitals.systolic.mmhg());
        nadir.spo2_pct = nadir.spo2_pct.min(vitals.spo2.pct());
        peak.citrate_mmol_l = peak.citrate_mmol_l.max(blood.citrate.mmol_l());
        peak.heart_rate_per_min = peak.heart_rate_per_min.max(vitals.heart_rate.per_min());
    }

    /// Counts time and inlet of the collection; what comes from a reservoir has been counted.
    pub(super) fn count(&mut self, phase: PhaseName, telemetry: &Telemetry, draws: bool) {
        if phase == PhaseName::Collect {
            #[expect(clippy::cast_precision_loss, reason = "a handful of beats")]
            let span_s = (BEATS_PER_CONTROL * BEAT_MICROS) as f64 / 1e6;
            self.collect_s += span_s;
            let inlet = telemetry.pump_flows.inlet.value.filter(|_| draws);
            self.collect_inlet_ml += inlet.map_or(0.0, |flow| flow.ml_min()) * span_s / 60.0;
        }
    }
}
