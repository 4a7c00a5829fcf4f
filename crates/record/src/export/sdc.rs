//! IEEE 11073 SDC: the machine and its monitor as an MDIB document (IEEE 11073-10207), as it stands at the end of the run.
//!
//! One device with two modules, their metrics with the last values that instruments gave, and every alarm of the run as
//! alert condition with a visible signal. A document, not a service: no network stack stands behind it.

use chrono::{DateTime, Utc};

use super::told::Told;
use crate::document::ProcedureRecord;

const MESSAGE: &str = "http://standards.ieee.org/downloads/11073/11073-10207-2017/message";
const PARTICIPANT: &str = "http://standards.ieee.org/downloads/11073/11073-10207-2017/participant";
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Coding system of what IEEE 11073-10101, the default, has no term for.
const OWN: &str = "urn:x-leuka:metric";
const UCUM: &str = "http://unitsofmeasure.org";

/// A metric: column of the samples, module, code, coding system if it is not the default, name, unit code and system,
/// resolution, category.
struct Metric {
    column: &'static str,
    module: &'static str,
    code: &'static str,
    is_own: bool,
    name: &'static str,
    unit: &'static str,
    is_ucum: bool,
    resolution: &'static str,
    category: &'static str,
}

const fn vital(column: &'static str, code: &'static str, name: &'static str, unit: &'static str) -> Metric {
    let (module, resolution, category) = ("monitor", "0.1", "Msrmt");
    Metric { column, module, code, is_own: false, name, unit, is_ucum: false, resolution, category }
}

const fn own(column: &'static str, name: &'static str, unit: &'static str, category: &'static str) -> Metric {
    Metric {
        column,
        module: "separator",
        code: column,
        is_own: true,
        name,
        unit,
        is_ucum: true,
        resolution: "0.01",
        category,
    }
}

const METRICS: [Metric; 16] = [
    vital("heart_rate_per_min", "147842", "Heart rate", "264864"),
    vital("spo2_pct", "150456", "Oxygen saturation", "262688"),
    vital("systolic_mmhg", "150021", "Systolic pressure, non-invasive", "266016"),
    vital("diastolic_mmhg", "150022", "Diastolic pressure, non-invasive", "266016"),
    vital("respiration_per_min", "151562", "Respiratory rate", "264928"),
    vital("temperature_c", "150344", "Temperature", "268192"),
    own("inlet_flow_ml_min", "Inlet flow", "mL/min", "Msrmt"),
    own("anticoagulant_flow_ml_min", "Anticoagulant flow", "mL/min", "Msrmt"),
    own("plasma_flow_ml_min", "Plasma flow", "mL/min", "Msrmt"),
    own("collect_flow_ml_min", "Collect flow", "mL/min", "Msrmt"),
    own("centrifuge_rpm", "Centrifuge speed", "/min", "Msrmt"),
    own("access_pressure_mmhg", "Access pressure", "mm[Hg]", "Msrmt"),
    own("return_pressure_mmhg", "Return pressure", "mm[Hg]", "Msrmt"),
    own("processed_ml", "Whole blood processed", "mL", "Clc"),
    own("dose_estimate_1e6_per_kg", "Dose by the live estimate", "10*6/kg", "Clc"),
    own("goal_probability_pct", "Probability of the goal", "%", "Clc"),
];

/// The MDIB of a record's run, as XML.
#[must_use]
pub fn mdib(record: &ProcedureRecord) -> String {
    let told = Told::new(record);
    let alerts = alerts(told);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {} -->\n<msg:GetMdibResponse xmlns:msg=\"{MESSAGE}\" \
         xmlns:pm=\"{PARTICIPANT}\" xmlns:xsi=\"{SCHEMA}\" SequenceId=\"{sequence}\">\n<msg:Mdib MdibVersion=\"1\" \
         SequenceId=\"{sequence}\">\n",
        leuka_report::NOT_A_DEVICE,
        sequence = sequence(&record.id),
    );
    xml.push_str("<pm:MdDescription DescriptionVersion=\"0\">\n<pm:Mds Handle=\"mds\" SafetyClassification=\"Inf\">\n");
    xml.push_str(&coded("Type", "separator", Some(OWN), "Blood cell separator (simulated)"));
    describe_alerts(&mut xml, &alerts);
    xml.push_str("<pm:MetaData>\n<pm:Manufacturer>leuka</pm:Manufacturer>\n<pm:ModelName>virtual blood cell separator</pm:ModelName>\n</pm:MetaData>\n");
    xml.push_str(
        "<pm:SystemContext Handle=\"context\">\n<pm:PatientContext Handle=\"context.patient\"/>\n</pm:SystemContext>\n",
    );
    for module in ["monitor", "separator"] {
        xml.push_str(&format!("<pm:Vmd Handle=\"{module}\">\n<pm:Channel Handle=\"{module}.channel\">\n"));
        METRICS.iter().filter(|metric| metric.module == module).for_each(|metric| describe(&mut xml, metric));
        xml.push_str("</pm:Channel>\n</pm:Vmd>\n");
    }
    xml.push_str("</pm:Mds>\n</pm:MdDescription>\n<pm:MdState StateVersion=\"0\">\n");
    states(&mut xml, told, &alerts);
    xml.push_str("</pm:MdState>\n</msg:Mdib>\n</msg:GetMdibResponse>\n");
    xml
}

/// An alert of the run: code, priority, whether it is of the patient.
struct Alert {
    code: String,
    priority: &'static str,
    kind: &'static str,
}

/// Each alarm that the run had, once, at its highest priority.
fn alerts(told: Told<'_>) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    let logged = told.record.ended.as_ref().and_then(|ended| ended.alarms.as_array());
    let is_physiological = |code: &str| {
        logged.is_some_and(|all| {
            all.iter().any(|alarm| {
                alarm.get("code").and_then(|found| found.as_str()) == Some(code)
                    && alarm.get("physiological").and_then(serde_json::Value::as_bool) == Some(true)
            })
        })
    };
    let rank = |priority: &str| ["Lo", "Me", "Hi"].iter().position(|known| *known == priority);
    for alarm in told.alarms() {
        let priority = match alarm.priority.as_str() {
            "high" => "Hi",
            "medium" => "Me",
            _ => "Lo",
        };
        let kind = if is_physiological(&alarm.code) { "Phy" } else { "Tec" };
        match alerts.iter_mut().find(|alert| alert.code == alarm.code) {
            Some(alert) if rank(alert.priority) < rank(priority) => alert.priority = priority,
            Some(_) => {}
            None => alerts.push(Alert { code: alarm.code, priority, kind }),
        }
    }
    alerts
}

fn describe_alerts(xml: &mut String, alerts: &[Alert]) {
    xml.push_str("<pm:AlertSystem Handle=\"alerts\" SelfCheckPeriod=\"PT1S\">\n");
    for Alert { code, priority, kind } in alerts {
        let handle = escaped(code);
        xml.push_str(&format!(
            "<pm:AlertCondition Handle=\"alert.{handle}\" Kind=\"{kind}\" Priority=\"{priority}\">\n"
        ));
        xml.push_str(&coded("Type", code, Some("urn:x-leuka:alarm"), &code.replace('_', " ")));
        xml.push_str("<pm:Source>mds</pm:Source>\n</pm:AlertCondition>\n");
    }
    for Alert { code, .. } in alerts {
        let handle = escaped(code);
        xml.push_str(&format!(
            "<pm:AlertSignal Handle=\"signal.{handle}\" ConditionSignaled=\"alert.{handle}\" Manifestation=\"Vis\" Latching=\"false\"/>\n"
        ));
    }
    xml.push_str("</pm:AlertSystem>\n");
}

fn describe(xml: &mut String, metric: &Metric) {
    let Metric { column, resolution, category, .. } = metric;
    xml.push_str(&format!(
        "<pm:Metric xsi:type=\"pm:NumericMetricDescriptor\" Handle=\"{column}\" MetricCategory=\"{category}\" \
         MetricAvailability=\"Cont\" Resolution=\"{resolution}\">\n"
    ));
    xml.push_str(&coded("Type", metric.code, metric.is_own.then_some(OWN), metric.name));
    xml.push_str(&coded("Unit", metric.unit, metric.is_ucum.then_some(UCUM), ""));
    xml.push_str("</pm:Metric>\n");
}

fn states(xml: &mut String, told: Told<'_>, alerts: &[Alert]) {
    let mut state = |kind: &str, of: &str, rest: &str| {
        xml.push_str(&format!("<pm:State xsi:type=\"pm:{kind}State\" DescriptorHandle=\"{of}\"{rest}/>\n"));
    };
    state("Mds", "mds", " ActivationState=\"Off\"");
    state("AlertSystem", "alerts", " ActivationState=\"On\"");
    state("SystemContext", "context", "");
    for module in ["monitor", "separator"] {
        state("Vmd", module, "");
        state("Channel", &format!("{module}.channel"), "");
    }
    for Alert { code, .. } in alerts {
        let handle = escaped(code);
        state("AlertCondition", &format!("alert.{handle}"), " ActivationState=\"On\" Presence=\"false\"");
        state("AlertSignal", &format!("signal.{handle}"), " ActivationState=\"On\" Presence=\"Off\"");
    }
    for metric in &METRICS {
        xml.push_str(&format!(
            "<pm:State xsi:type=\"pm:NumericMetricState\" DescriptorHandle=\"{}\">\n",
            metric.column
        ));
        if let Some((value, at)) = last(told, metric.column) {
            xml.push_str(&format!(
                "<pm:MetricValue Value=\"{value:.3}\" DeterminationTime=\"{}\">\n<pm:MetricQuality Validity=\"Vld\" Mode=\"Demo\"/>\n</pm:MetricValue>\n",
                at.timestamp_millis()
            ));
        }
        xml.push_str("</pm:State>\n");
    }
    xml.push_str(&format!(
        "<pm:State xsi:type=\"pm:PatientContextState\" DescriptorHandle=\"context.patient\" Handle=\"patient\" \
         ContextAssociation=\"Assoc\">\n<pm:Identification Root=\"urn:x-leuka:donor\" Extension=\"{}\"/>\n</pm:State>\n",
        escaped(&told.record.opened.donor_id)
    ));
}

/// The last value that an instrument gave.
fn last(told: Told<'_>, column: &str) -> Option<(f64, DateTime<Utc>)> {
    let value = |row: &Vec<f64>| Some((told.sampled(row, column)?, told.at(row.first().copied().unwrap_or(0.0))));
    told.record.samples.iter().rev().find_map(value)
}

fn coded(element: &str, code: &str, system: Option<&str>, name: &str) -> String {
    let system = system.map_or(String::new(), |system| format!(" CodingSystem=\"{system}\""));
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("<pm:ConceptDescription Lang=\"en\">{}</pm:ConceptDescription>", escaped(name))
    };
    format!("<pm:{element} Code=\"{}\"{system}>{name}</pm:{element}>\n", escaped(code))
}

/// A name for the sequence of versions that this document is the first of; the same for the same record.
fn sequence(record: &str) -> String {
    let check = crc::Crc::<u64>::new(&crc::CRC_64_ECMA_182).checksum(record.as_bytes());
    format!("urn:uuid:{:08x}-{:04x}-8000-8000-{:012x}", check >> 32, (check >> 16) & 0xffff, check & 0xffff_ffff_ffff)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
