//! What a screen shows of a machine now, from a course: values that instruments gave, control's beliefs, the alarms.

use leuka_blood::Component;
use leuka_blood::quantity::{Amount, FlowRate, Fraction, TimeSpan};
use leuka_control::PhaseName;
use leuka_device::{BagWeights, Burst, Clamp, HARMONICS, Inactivation, Priority, RAMP_S, Reading, burst};
use leuka_device::{Instant, ReturnTo};
use leuka_dose::CITRATE_MG_PER_MMOL;
use leuka_procedure::{LoggedAlarm, Sample, calcium_nadir};
use serde_json::{Value, json};

use super::course::Course;
use super::request;
use super::words;

/// Columns of the binary samples and of `samples` beside those of [`Sample`].
const MORE: [&str; 5] = [
    "dose_low95_1e6_per_kg",
    "dose_high95_1e6_per_kg",
    "ionised_calcium_forecast_mmol_l",
    "citrate_mg_kg_min",
    "return_flow_ml_min",
];

/// All columns but the time.
pub(crate) fn columns() -> Vec<&'static str> {
    Sample::COLUMNS.into_iter().skip(1).chain(MORE).collect()
}

/// What goes on around a course.
pub(crate) struct Around<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) run: Option<&'a str>,
    pub(crate) warp: u32,
    pub(crate) paused: bool,
    pub(crate) snapshots: &'a [(String, u64)],
    pub(crate) outlook: &'a Value,
    /// The lowest ionised calcium to come, where there is a forecast, mmol/L.
    pub(crate) calcium_mmol_l: Option<f64>,
    /// Why entries of the record wait; null where none do.
    pub(crate) trouble: Value,
}

/// The most that each bag has weighed, g: how full it can be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Supplies {
    most_g: [f64; 5],
}

/// A collection bag that hangs empty holds about this much, g.
const EMPTY_BAG_HOLDS_G: f64 = 600.0;

impl Supplies {
    pub(crate) fn look(&mut self, weights: &BagWeights) {
        for (most, (_, reading)) in self.most_g.iter_mut().zip(bags(weights)) {
            *most = most.max(reading.value.map_or(0.0, |weight| weight.grams()));
        }
    }

    fn full_g(&self, place: usize) -> f64 {
        match place {
            2 | 3 => EMPTY_BAG_HOLDS_G,
            _ => self.most_g.get(place).copied().unwrap_or(0.0),
        }
    }

    /// Saline that has left its bag, g.
    fn saline_used(&self, weights: &BagWeights) -> Option<f64> {
        let now = weights.saline.value?.grams();
        Some((self.most_g.get(1)? - now).max(0.0))
    }
}

fn bags(weights: &BagWeights) -> [(&'static str, &Reading<leuka_blood::quantity::Mass>); 5] {
    [
        ("anticoagulant", &weights.anticoagulant),
        ("saline", &weights.saline),
        ("product", &weights.product),
        ("waste", &weights.waste),
        ("reservoir", &weights.reservoir),
    ]
}

/// A binary sample: number, time, and every column.
pub(crate) fn frame(course: &Course, number: u32, calcium_mmol_l: Option<f64>) -> Vec<u8> {
    let sample = course.run.look();
    let values = sample.values().into_iter().skip(1).chain(more(course, calcium_mmol_l));
    let mut bytes = Vec::with_capacity(12 + 4 * (Sample::COLUMNS.len() + MORE.len()));
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&course.time_s().to_le_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "a screen needs no more than seven digits")]
    values.for_each(|value| bytes.extend_from_slice(&(value as f32).to_le_bytes()));
    bytes
}

/// The values of [`MORE`].
fn more(course: &Course, calcium_mmol_l: Option<f64>) -> [f64; MORE.len()] {
    let controller = course.run.controller();
    let band = controller.estimate().band_95.map(|dose| dose.count_1e6_kg());
    [
        band[0],
        band[1],
        calcium_mmol_l.unwrap_or(f64::NAN),
        citrate_mg_kg_min(course).unwrap_or(f64::NAN),
        return_ml_min(course).unwrap_or(f64::NAN),
    ]
}

fn citrate_mg_kg_min(course: &Course) -> Option<f64> {
    let prescription = course.run.controller().prescription();
    let flow = course.run.telemetry().pump_flows.anticoagulant.value?.ml_min();
    Some(flow * prescription.anticoagulant.citrate_mmol_ml * CITRATE_MG_PER_MMOL / prescription.donor.weight.kg())
}

/// What goes back: the inlet less what is collected, while it goes to the donor.
fn return_ml_min(course: &Course) -> Option<f64> {
    let flows = &course.run.telemetry().pump_flows;
    let (inlet, collect) = (flows.inlet.value?.ml_min(), flows.collect.value?.ml_min());
    let to_donor = course.run.commands().is_some_and(|commands| commands.return_to == ReturnTo::Donor);
    Some(if to_donor { (inlet - collect).max(0.0) } else { 0.0 })
}

/// The dose as it is believed, and what going on brings. Costs more than the rest, so it is asked for less often.
pub(crate) fn outlook(course: &Course) -> Value {
    let controller = course.run.controller();
    if course.run.status().processed_l <= 0.0 {
        return Value::Null;
    }
    let (estimate, goal) = (controller.estimate(), &controller.prescription().goal);
    let ([low80, high80], [low95, high95]) = (estimate.band_80, estimate.band_95);
    let collects = controller.phase().name() == PhaseName::Collect;
    let gain = collects.then(|| controller.gain(TimeSpan::from_minutes(10.0)));
    json!({
        "unit": "1e6/kg",
        "median": estimate.median.count_1e6_kg(),
        "low80": low80.count_1e6_kg(), "high80": high80.count_1e6_kg(),
        "low95": low95.count_1e6_kg(), "high95": high95.count_1e6_kg(),
        "goal": goal.goal.count_1e6_kg(), "minimum": goal.minimum.count_1e6_kg(),
        "p_goal": estimate.goal.fraction(), "p_minimum": estimate.minimum.fraction(),
        "to_ninety_min": collects.then(|| controller.time_to_confidence(Fraction::from_pct(90.0))).flatten().map(TimeSpan::minutes),
        "next_ten": gain.map(|gain| json!({
            "dose": gain.dose.count_1e6_kg(),
            "goal_pct": gain.goal.pct(),
            "platelets_1e9_l": -gain.platelets.count_1e9_l().abs(),
            "citrate_mg_kg": gain.citrate_mg_kg,
        })),
    })
}

/// The lowest ionised calcium to come: of the donor as the papers have them, from the first blood to the end of the
/// collection, at the flows of now and without calcium. Costs milliseconds for each hour.
pub(crate) fn calcium_forecast(course: &Course) -> Option<f64> {
    let controller = course.run.controller();
    let time = course.run.status();
    if controller.phase().name() != PhaseName::Collect || time.processed_l <= 0.0 {
        return None;
    }
    let flows = &course.run.telemetry().pump_flows;
    let (inlet, anticoagulant) = (flows.inlet.value?, flows.anticoagulant.value?);
    let blood = FlowRate::from_ml_min((inlet.ml_min() - anticoagulant.ml_min()).max(0.0));
    let passed = TimeSpan::from_minutes(1000.0 * time.processed_l / blood.ml_min().max(1.0));
    let left = controller.progress().time_left.unwrap_or(TimeSpan::ZERO);
    calcium_nadir(&course.inputs, blood, anticoagulant, passed + left, Amount::ZERO).ok()
}

/// A machine without a procedure.
pub(crate) fn idle(around: &Around<'_>) -> Value {
    let nothing = |names: &[&str]| -> Value { names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect() };
    let mut live = json!({
        "machine": around.id, "label": around.label, "kind": "simulated", "simulated": true, "run": null,
        "phase": "idle", "phase_title": "ready", "request": null, "is_connected": false, "is_over": false,
        "end_reason": null, "time_s": 0.0, "forecast_end_s": null, "warp": around.warp, "paused": around.paused,
        "operator": "human", "snapshots": [], "record_trouble": null, "dose": null, "interface": null, "why": null, "guard": null,
        "bags": [], "clamps": {}, "pressures": { "access_mmhg": null, "return_mmhg": null },
        "centrifuge": { "rpm": null, "g": null },
        "alarms": { "active": [], "audio": "on", "audio_left_s": null, "light": null, "sound": null },
    });
    live["vitals"] = nothing(&[
        "heart_rate_per_min",
        "systolic_mmhg",
        "diastolic_mmhg",
        "spo2_pct",
        "respiration_per_min",
        "temperature_c",
    ]);
    (live["vitals"]["source"], live["vitals"]["limits"]) = (json!("simulated"), json!({}));
    live["chemistry"] = nothing(&[
        "ionised_calcium_mmol_l",
        "citrate_mg_kg_min",
        "citrate_limit_mg_kg_min",
        "platelets_1e9_l",
        "hemoglobin_g_dl",
    ]);
    live["volumes"] = nothing(&[
        "processed_ml",
        "tbv_ml",
        "anticoagulant_to_donor_ml",
        "product_ml",
        "plasma_ml",
        "saline_ml",
        "balance_ml",
        "balance_pct",
    ]);
    live["flows"] =
        nothing(&["inlet_ml_min", "anticoagulant_ml_min", "plasma_ml_min", "collect_ml_min", "return_ml_min"]);
    live
}

/// A machine with its procedure.
pub(crate) fn live(course: &mut Course, around: &Around<'_>) -> Value {
    let alarms = alarms(course, around.warp);
    let run = &course.run;
    let controller = run.controller();
    let (phase, asked) = (controller.phase(), controller.request());
    let proposal = asked.and_then(|asked| run.proposal(asked));
    let progress = controller.progress();
    let over = !run.is_running();
    let forecast_end_s =
        progress.time_left.filter(|_| phase.is_connected()).map(|left| course.time_s() + left.seconds());
    json!({
        "machine": around.id, "label": around.label, "kind": "simulated", "simulated": true,
        "run": {
            "id": around.run, "protocol": course.inputs.protocol_name(), "protocol_title": course.inputs.protocol_title(),
            "donor": course.start.donor.0, "donor_id": controller.prescription().identity.donor,
            "seed": course.start.seed, "record": around.run,
        },
        "phase": phase.name(), "phase_title": phase.name().text(),
        "request": asked.filter(|_| !over).map(|asked| request::shown(asked, proposal.as_ref())),
        "is_connected": phase.is_connected(), "is_over": over,
        "end_reason": over.then(|| run.outcome().end_reason),
        "time_s": course.time_s(), "forecast_end_s": forecast_end_s, "warp": around.warp, "paused": around.paused,
        "operator": if course.start.by_person { "human" } else { "simulated" },
        "snapshots": around.snapshots.iter()
            .map(|(name, beat)| json!({ "name": name, "at_s": super::course::seconds(*beat) })).collect::<Vec<_>>(),
        "record_trouble": around.trouble,
        "dose": around.outlook,
        "vitals": vitals(course),
        "chemistry": chemistry(course, around.calcium_mmol_l),
        "volumes": volumes(course),
        "flows": flows(course),
        "pressures": pressures(course),
        "centrifuge": centrifuge(course),
        "bags": shown_bags(course),
        "clamps": { "draw": clamp(&run.telemetry().draw_clamp), "return": clamp(&run.telemetry().return_clamp) },
        "interface": interface(course),
        "why": course.why.as_ref().map(|told| json!({ "at_s": told.at_s, "text": told.text, "source": told.source })),
        "guard": { "verdict": run.verdict(), "text": course.guard.as_deref().unwrap_or("the guard lets commands pass") },
        "alarms": alarms,
    })
}

fn flows(course: &Course) -> Value {
    let flows = &course.run.telemetry().pump_flows;
    let shown = |reading: &Reading<leuka_blood::quantity::FlowRate>| reading.value.map(|flow| flow.ml_min());
    json!({
        "inlet_ml_min": shown(&flows.inlet), "anticoagulant_ml_min": shown(&flows.anticoagulant),
        "plasma_ml_min": shown(&flows.plasma), "collect_ml_min": shown(&flows.collect),
        "return_ml_min": return_ml_min(course),
    })
}

fn pressures(course: &Course) -> Value {
    let telemetry = course.run.telemetry();
    json!({
        "access_mmhg": telemetry.access_pressure.value.map(|pressure| pressure.mmhg()),
        "return_mmhg": telemetry.return_pressure.value.map(|pressure| pressure.mmhg()),
    })
}

fn centrifuge(course: &Course) -> Value {
    let rpm = course.run.telemetry().centrifuge_speed.value.map(|speed| speed.rpm());
    let radius_m = course.run.controller().prescription().set.channel_radius.metres();
    let gravities = rpm.map(|rpm| {
        let turning = rpm * core::f64::consts::TAU / 60.0;
        turning * turning * radius_m / leuka_blood::quantity::STANDARD_GRAVITY_M_S2
    });
    json!({ "rpm": rpm, "g": gravities })
}

fn shown_bags(course: &Course) -> Vec<Value> {
    let weights = &course.run.telemetry().weights;
    let hangs = |(place, (name, reading)): (usize, (&'static str, &Reading<leuka_blood::quantity::Mass>))| {
        let weight_g = reading.value?.grams();
        (name != "reservoir" || course.run.controller().prescription().set.reservoir.is_some())
            .then(|| json!({ "name": name, "weight_g": weight_g, "full_g": course.supplies.full_g(place) }))
    };
    bags(weights).into_iter().enumerate().filter_map(hangs).collect()
}

fn clamp(reading: &Reading<Clamp>) -> Option<&'static str> {
    reading.value.map(|clamp| if clamp == Clamp::Open { "open" } else { "closed" })
}

fn interface(course: &Course) -> Value {
    let controller = course.run.controller();
    let prescription = controller.prescription();
    if !prescription.settings.method.spins() {
        return Value::Null;
    }
    let image = course.run.telemetry().camera.value;
    let (position, coat) = (image.and_then(|image| image.interface), image.and_then(|image| image.buffy_coat));
    let gap = prescription.set.channel_gap.mm();
    let layers = position.map(|position| {
        let coat = coat.map_or(0.0, |coat| coat.mm());
        let plasma = (position.mm() - coat).max(0.0);
        json!([
            { "name": "plasma", "thickness_mm": plasma },
            { "name": "buffy coat", "thickness_mm": coat },
            { "name": "red cells", "thickness_mm": (gap - plasma - coat).max(0.0) },
        ])
    });
    json!({
        "position_mm": position.map(|position| position.mm()),
        "set_point_mm": controller.progress().interface_set_point.mm(),
        "confidence": image.map(|image| image.confidence.fraction()),
        "layers": layers.unwrap_or_else(|| json!([])),
        "channel_mm": gap,
        "collect_hematocrit_pct": course.run.telemetry().collect_optics.value.map(|optics| optics.hematocrit.pct()),
    })
}

fn vitals(course: &Course) -> Value {
    let limits = &course.run.controller().prescription().limits;
    let shown = &course.run.telemetry().monitor;
    json!({
        "heart_rate_per_min": shown.heart_rate.value.map(|rate| rate.per_min()),
        "systolic_mmhg": shown.systolic.value.map(|pressure| pressure.mmhg()),
        "diastolic_mmhg": shown.diastolic.value.map(|pressure| pressure.mmhg()),
        "spo2_pct": shown.spo2.value.map(|saturation| saturation.pct()),
        "respiration_per_min": shown.respiration.value.map(|rate| rate.per_min()),
        "temperature_c": shown.temperature.value.map(|temperature| temperature.celsius()),
        "monitor": course.monitor,
        "source": if course.monitor.is_some() { "hl7" } else { "simulated" },
        "limits": {
            "heart_rate_per_min": {
                "low": limits.heart_rate_low.warning.per_min(), "high": limits.heart_rate_high.warning.per_min(),
            },
            "systolic_mmhg": { "low": limits.systolic_low.warning.mmhg() },
            "spo2_pct": { "low": limits.spo2_low.warning.pct() },
            "access_pressure_mmhg": { "low": limits.access_pressure.automatic.mmhg() },
            "return_pressure_mmhg": { "high": limits.return_pressure.automatic.mmhg() },
        },
    })
}

fn chemistry(course: &Course, calcium_mmol_l: Option<f64>) -> Value {
    let controller = course.run.controller();
    let prescription = controller.prescription();
    let now = controller.predicted_after(controller.progress().now.volume);
    let sample = course.rows.last();
    json!({
        "ionised_calcium_mmol_l": calcium_mmol_l,
        "true_ionised_calcium_mmol_l": sample.map(|sample| sample.true_ionised_calcium_mmol_l),
        "citrate_mg_kg_min": citrate_mg_kg_min(course),
        "citrate_limit_mg_kg_min": prescription.anticoagulant.citrate.automatic.mg_kg_min(),
        "platelets_1e9_l": now.platelets.count_1e9_l(),
        "hemoglobin_g_dl": now.hemoglobin.g_dl(),
    })
}

fn volumes(course: &Course) -> Value {
    let controller = course.run.controller();
    let (progress, tbv) = (controller.progress(), controller.prescription().donor.tbv);
    let totals = course.run.machine().totals();
    let to_donor = totals.returned.get(Component::Anticoagulant) - totals.drawn.get(Component::Anticoagulant);
    json!({
        "processed_ml": progress.now.volume.ml(), "tbv_ml": tbv.ml(),
        "anticoagulant_to_donor_ml": to_donor, "product_ml": progress.product.ml(),
        "plasma_ml": null, "saline_ml": course.supplies.saline_used(&course.run.telemetry().weights),
        "balance_ml": progress.fluid_balance.ml(), "balance_pct": 100.0 * (progress.fluid_balance / tbv),
    })
}

const fn priority_name(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Medium => "medium",
        Priority::Low => "low",
    }
}

/// The sound of a priority, whole.
pub(crate) fn sound(priority: Priority) -> Value {
    let Burst { pulses, length_s, repeats_s, fundamental_hz } = burst(priority);
    json!({
        "priority": priority_name(priority), "pulses_s": pulses, "length_s": length_s, "repeats_s": repeats_s,
        "fundamental_hz": fundamental_hz, "harmonics": HARMONICS, "ramp_s": RAMP_S,
    })
}

/// The alarms that are signalled, the highest and oldest first, and what light and sound do.
fn alarms(course: &mut Course, warp: u32) -> Value {
    let now = course.run.machine().now();
    let system = course.run.alarm_system();
    let (inactivation, signal) = (system.inactivation(now), system.signal(now));
    let mut signalled: Vec<LoggedAlarm> =
        course.run.alarm_log().iter().filter(|alarm| alarm.signal_end_s.is_none()).cloned().collect();
    signalled.sort_by(|a, b| b.priority.cmp(&a.priority).then(a.onset_s.total_cmp(&b.onset_s)));
    let active: Vec<Value> = signalled
        .iter()
        .map(|alarm| {
            let (title, action) = words::alarm(alarm.code);
            let (unit, factor) = words::unit(alarm.code);
            json!({
                "code": alarm.code, "title": title, "priority": priority_name(alarm.priority),
                "cause": course.causes.get(&alarm.code).map_or("", String::as_str), "action": action,
                "limit": alarm.limit.map(|limit| limit * factor), "value": alarm.value.map(|value| value * factor),
                "unit": unit, "at_s": alarm.onset_s,
                "latched": alarm.condition_end_s.is_some(), "acknowledged": alarm.acknowledged_s.is_some(),
            })
        })
        .collect();
    let left = |until: Instant| until.since(now).seconds() / f64::from(warp.max(1));
    let (audio, left_s) = match inactivation {
        Inactivation::None => ("on", None),
        Inactivation::AudioPaused(until) | Inactivation::AlarmPaused(until) => ("paused", Some(left(until))),
        Inactivation::AudioOff | Inactivation::AlarmOff => ("off", None),
    };
    let priority = signal.map(|signal| signal.code.priority());
    json!({
        "active": active, "audio": audio, "audio_left_s": left_s,
        "light": signal.filter(|signal| signal.visible).map(|signal| priority_name(signal.code.priority())),
        "sound": priority.filter(|_| signal.is_some_and(|signal| signal.audible)).map(sound),
    })
}

/// The log of alarms.
pub(crate) fn alarm_rows(course: &Course) -> Vec<Value> {
    let row = |alarm: &LoggedAlarm| {
        let (title, action) = words::alarm(alarm.code);
        let (unit, factor) = words::unit(alarm.code);
        let by = alarm.acknowledged_s.map(|at_s| {
            let seen = course.seen_by.iter().find(|(seen_s, _)| (*seen_s - at_s).abs() < 0.2);
            seen.map_or_else(|| "the operator".to_owned(), |(_, name)| name.clone())
        });
        json!({
            "code": alarm.code, "title": title, "priority": priority_name(alarm.priority),
            "onset_s": alarm.onset_s,
            "onset_utc": crate::clock::utc_after(&course.start.opened_utc, alarm.onset_s),
            "limit": alarm.limit.map(|limit| limit * factor), "value": alarm.value.map(|value| value * factor),
            "unit": unit, "action": action, "acknowledged_by": by,
            "condition_end_s": alarm.condition_end_s, "signal_end_s": alarm.signal_end_s,
        })
    };
    course.run.alarm_log().iter().map(row).collect()
}

/// Rows from a second on, at most one in every so many seconds, as columns.
pub(crate) fn series(rows: &[Sample], from_s: f64, every_s: f64) -> Value {
    let mut columns: Vec<Vec<Option<f64>>> = vec![Vec::new(); Sample::COLUMNS.len()];
    let mut next_s = from_s;
    for row in rows.iter().filter(|row| row.time_s >= from_s) {
        if row.time_s + 1e-6 >= next_s {
            next_s = row.time_s + every_s;
            for (column, value) in columns.iter_mut().zip(row.values()) {
                column.push(value.is_finite().then_some(value));
            }
        }
    }
    let named: serde_json::Map<String, Value> =
        Sample::COLUMNS.iter().zip(columns).map(|(name, values)| ((*name).to_owned(), json!(values))).collect();
    json!({ "columns": named })
}
