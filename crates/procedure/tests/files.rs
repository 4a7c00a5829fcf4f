//! Good files pass, broken files are named: file, line, field, what is allowed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_procedure::check_file;
use leuka_procedure::file::{Document, FileKind, NamedText, Override, json_schema};

fn ready(folder: &str) -> Vec<NamedText> {
    let folder = format!("{}/../../{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| NamedText { name: path.display().to_string(), text: std::fs::read_to_string(path).unwrap() })
        .collect()
}

const PROTOCOL: &str = r#"schema = "leuka.protocol/1"
name = "test"
cells = "cd34"
inlet_flow_ml_min = 55
centrifuge_rpm = 1150

[anticoagulant]
inlet_ratio = 12
limit_ml_min_l = { warning = 0.8, automatic = 1.2, absolute = 1.2 }

[target]
tbv_multiple = 2.0
"#;

const DONOR: &str = r#"schema = "leuka.donor/1"
sex = "male"
age_years = 40
height_cm = 175
weight_kg = 74
hematocrit_pct = 42
wbc_1e9_l = 7
lymphocyte_pct = 28
monocyte_pct = 8
granulocyte_pct = 64
platelet_1e9_l = 240
"#;

fn problem(text: &str) -> String {
    check_file(&NamedText { name: "broken.toml".into(), text: text.into() }).unwrap_err().to_string()
}

#[test]
fn every_ready_file_is_good_and_says_where_its_values_come_from() {
    for (folder, kind, at_least) in [("protocols", "protocol", 6), ("donors", "donor", 6), ("scenarios", "scenario", 6)]
    {
        let files = ready(folder);
        assert!(files.len() >= at_least);
        for file in files {
            assert_eq!(check_file(&file).unwrap_or_else(|problems| panic!("{problems}")), kind);
            assert!(file.text.starts_with("# "), "{} begins with a comment on its sources", file.name);
        }
    }
}

/// Each row: which good file, what is replaced, by what, and what the error must tell: line, field, what is allowed.
const BROKEN: &[(&str, &str, &str, &[&str])] = &[
    // Unknown keys and wrong units.
    (
        PROTOCOL,
        "inlet_flow_ml_min = 55",
        "inlet_flow_l_h = 3.3",
        &[":4:", "protocol.inlet_flow_l_h", "did you mean `inlet_flow_ml_min`"],
    ),
    (
        PROTOCOL,
        "centrifuge_rpm",
        "centrifuge_rpms",
        &[":5:", "protocol.centrifuge_rpms", "did you mean `centrifuge_rpm`"],
    ),
    (
        PROTOCOL,
        "inlet_ratio = 12",
        "inlet_ratio = 12\ncolour = 1",
        &[":9:", "protocol.anticoagulant.colour", "leuka schema protocol"],
    ),
    (PROTOCOL, "[target]", "[goal]", &["protocol.goal", "is not a field"]),
    (DONOR, "weight_kg = 74", "weight_lb = 163", &[":5:", "donor.weight_lb", "did you mean `weight_kg`"]),
    (DONOR, "height_cm = 175", "height_m = 1.75", &[":4:", "donor.height_m", "did you mean `height_cm`"]),
    // Impossible values.
    (PROTOCOL, "= 55", "= 550", &[":4:", "protocol.inlet_flow_ml_min", "is 550", "4 to 120 mL/min"]),
    (PROTOCOL, "= 55", "= -5", &[":4:", "is -5", "4 to 120 mL/min"]),
    (PROTOCOL, "= 55", "= nan", &[":4:", "is nan", "4 to 120 mL/min"]),
    (PROTOCOL, "= 1150", "= inf", &[":5:", "is inf", "750 to 3000 rpm"]),
    (PROTOCOL, "inlet_ratio = 12", "inlet_ratio = 20", &[":8:", "protocol.anticoagulant.inlet_ratio", "6 to 15"]),
    (PROTOCOL, "automatic = 1.2", "automatic = 0.7", &[":9:", "protocol.anticoagulant.limit_ml_min_l", "run outwards"]),
    (PROTOCOL, "warning = 0.8", "warming = 0.8", &[":9:", "no tier `warming`", "warning, automatic and absolute"]),
    (PROTOCOL, "tbv_multiple = 2.0", "tbv_multiple = 9.0", &[":12:", "protocol.target.tbv_multiple", "0.5 to 5"]),
    (DONOR, "= 42", "= 142", &[":6:", "donor.hematocrit_pct", "15 to 60 %"]),
    (DONOR, "height_cm = 175", "height_cm = 1.75", &[":4:", "donor.height_cm", "50 to 220 cm"]),
    (DONOR, "\"male\"", "\"M\"", &[":2:", "donor.sex", "\"female\", \"male\""]),
    // Contradictions.
    (
        PROTOCOL,
        "tbv_multiple = 2.0",
        "tbv_multiple = 2.0\ntime_min = 120",
        &["protocol.target.time_min", "protocol.target.tbv_multiple", "exactly one target"],
    ),
    (PROTOCOL, "tbv_multiple = 2.0", "", &["protocol.target", "give one of dose_1e6_per_kg"]),
    (DONOR, "lymphocyte_pct = 28", "lymphocyte_pct = 48", &[":10:", "add up to 120 %", "100 within 1"]),
    (
        DONOR,
        "platelet_1e9_l = 240",
        "platelet_1e9_l = 240\ncd3_per_ul = 5000",
        &[":12:", "donor.cd3_per_ul", "more than all lymphocytes (1960 /uL"],
    ),
    (
        DONOR,
        "platelet_1e9_l = 240",
        "platelet_1e9_l = 240\nsystolic_mmhg = 90\ndiastolic_mmhg = 85",
        &[":13:", "donor.diastolic_mmhg", "at least 15 below"],
    ),
    // One needle.
    (
        PROTOCOL,
        "[target]",
        "[access]\nsingle_needle = true\n[target]",
        &["protocol.access.single_needle", "cannot draw and return at once: give protocol.reservoir_ml"],
    ),
    (
        PROTOCOL,
        "centrifuge_rpm = 1150",
        "centrifuge_rpm = 1150\nreservoir_ml = 150",
        &[":6:", "protocol.reservoir_ml", "give access.single_needle = true"],
    ),
    (
        PROTOCOL,
        "centrifuge_rpm = 1150",
        "reservoir_ml = 150\n[access]\nsingle_needle = true",
        &["protocol.access.return", "must be the needle that draws, \"fistula-needle-16g\""],
    ),
    // Wrong types.
    (PROTOCOL, "= 55", "= \"55 mL/min\"", &[":4:", "is \"55 mL/min\"", "allowed is a number"]),
    (PROTOCOL, "inlet_ratio = 12", "inlet_ratio = [12]", &[":8:", "is [12]", "allowed is a number"]),
    (PROTOCOL, "name = \"test\"", "name = 7", &[":2:", "protocol.name", "allowed is a text"]),
    (DONOR, "\"male\"", "true", &[":2:", "is true", "\"female\", \"male\""]),
    (
        DONOR,
        "platelet_1e9_l = 240",
        "platelet_1e9_l = 240\nconsent = \"yes\"",
        &[":12:", "donor.consent", "true or false"],
    ),
    (PROTOCOL, "[anticoagulant]\ninlet_ratio = 12", "anticoagulant = 3", &["protocol.anticoagulant", "is not a field"]),
    // Missing, truncated, doubled, empty.
    (DONOR, "weight_kg = 74\n", "", &["donor.weight_kg", "is missing", "4 to 250 kg"]),
    (PROTOCOL, "absolute = 1.2 }", "absolute = ", &["not valid TOML"]),
    (PROTOCOL, "tbv_multiple = 2.0", "tbv_multiple =", &[":12:", "not valid TOML"]),
    (PROTOCOL, "name = \"test\"", "name = \"test", &[":2:", "not valid TOML"]),
    (DONOR, "weight_kg = 74", "weight_kg = 74\nweight_kg = 75", &[":6:", "not valid TOML", "duplicate"]),
    (DONOR, "leuka.donor/1", "leuka.donor/9", &["schema", "leuka.donor/1"]),
];

#[test]
fn each_broken_file_is_told_with_line_field_and_what_is_allowed() {
    assert!(BROKEN.len() >= 30);
    for (good, from, to, expected) in BROKEN {
        assert!(good.contains(from), "`{from}` is not in the good file");
        let message = problem(&good.replacen(from, to, 1));
        for part in *expected {
            assert!(message.contains(part), "`{part}` is not in the message for `{to}`:\n{message}");
        }
        assert!(message.contains("broken.toml"), "no file name in: {message}");
    }
}

#[test]
fn empty_huge_and_foreign_files_are_refused() {
    assert!(problem("").contains("begin the file with schema"));
    assert!(problem("[[[").contains("not valid TOML"));
    assert!(problem(&format!("{DONOR}# {}", "x".repeat(2 << 20))).contains("are too many"));
    assert!(problem("\u{0}\u{1}").contains("not valid TOML"));
    assert!(problem(&format!("{DONOR}name = \"{}\"", "x".repeat(300))).contains("at most 200 characters"));
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let message = problem(&DONOR.replace("= 42", "= 142").replace("= 74", "= 7400").replace("\"male\"", "\"x\""));
    assert_eq!(message.lines().count(), 3, "{message}");
}

fn overridden(kind: FileKind, text: &str, set: &[&str]) -> Result<Document, String> {
    let overrides: Vec<_> = set.iter().map(|text| Override::parse(text).unwrap()).collect();
    Document::read(kind, "good.toml", text, &overrides).map_err(|problems| problems.to_string())
}

#[test]
fn every_field_of_both_files_can_be_set_and_is_checked_like_the_file() {
    let donor =
        overridden(FileKind::Donor, DONOR, &["donor.weight_kg=81.5", "donor.sex=female", "protocol.name=x"]).unwrap();
    assert_eq!(donor.number("weight_kg"), Some(81.5));
    assert_eq!(donor.text("sex"), Some("female"));
    let error = overridden(FileKind::Donor, DONOR, &["donor.weight_kg=heavy"]).unwrap_err();
    assert!(error.contains("--set: donor.weight_kg: is \"heavy\"") && error.contains("4 to 250 kg"), "{error}");
    let error = overridden(FileKind::Donor, DONOR, &["donor.weigth_kg=3"]).unwrap_err();
    assert!(error.contains("donor.weigth_kg: is not a field"), "{error}");
    assert!(Override::parse("donor.weight_kg").unwrap_err().to_string().contains("path=value"));
}

#[test]
fn one_tier_of_a_limit_or_all_three_can_be_set() {
    let read = |set: &[&str]| overridden(FileKind::Protocol, PROTOCOL, set);
    let one = read(&["protocol.anticoagulant.limit_ml_min_l.automatic=1.0"]).unwrap();
    let tiers = one.tier("anticoagulant.limit_ml_min_l", None).unwrap();
    assert_eq!((tiers.warning, tiers.automatic, tiers.absolute), (0.8, 1.0, 1.2));
    let all = read(&["protocol.anticoagulant.limit_ml_min_l=0.9"]).unwrap();
    assert_eq!(all.tier("anticoagulant.limit_ml_min_l", None).unwrap().warning, 0.9);
    assert!(read(&["protocol.anticoagulant.limit_ml_min_l.automatic=0.1"]).is_err());
    let base = Some(leuka_blood::ThreeTier { warning: 90.0, automatic: 85.0, absolute: 80.0 });
    let part = read(&["protocol.limits.spo2_low_pct.warning=92"]).unwrap().tier("limits.spo2_low_pct", base).unwrap();
    assert_eq!((part.warning, part.automatic), (92.0, 85.0));
}

#[test]
fn a_target_that_is_set_replaces_the_one_in_the_file() {
    let file = overridden(FileKind::Protocol, PROTOCOL, &["protocol.target.volume_ml=9000"]).unwrap();
    assert!(!file.gives("target.tbv_multiple"));
    assert_eq!(file.number("target.volume_ml"), Some(9000.0));
}

#[test]
fn speed_and_packing_factor_stand_in_each_others_way_and_an_override_of_one_replaces_the_other() {
    let both = PROTOCOL.replace("centrifuge_rpm = 1150", "centrifuge_rpm = 1150\npacking_factor_g_min = 171");
    let message = problem(&both);
    assert!(message.contains("packing_factor_g_min: cannot stand beside protocol.centrifuge_rpm"), "{message}");
    let file = overridden(FileKind::Protocol, PROTOCOL, &["protocol.packing_factor_g_min=171"]).unwrap();
    assert!(!file.gives("centrifuge_rpm") && file.number("packing_factor_g_min") == Some(171.0));
    let silent = overridden(FileKind::Protocol, &PROTOCOL.replace("centrifuge_rpm = 1150", ""), &[]).unwrap();
    assert_eq!((silent.number("centrifuge_rpm"), silent.number("packing_factor_g_min")), (Some(1200.0), None));
}

#[test]
fn the_json_schema_names_every_field_with_its_unit_range_and_default() {
    for kind in [FileKind::Protocol, FileKind::Donor] {
        let schema = json_schema(kind);
        for field in kind.fields() {
            let mut at = &schema;
            for part in field.path.split('.') {
                at = &at["properties"][part];
            }
            let about = at["description"].as_str().unwrap_or_else(|| panic!("{} is not in the schema", field.path));
            assert!(about.contains(field.unit), "{}", field.path);
        }
        assert_eq!(schema["additionalProperties"], false);
    }
    let weight = &json_schema(FileKind::Donor)["properties"]["weight_kg"];
    assert_eq!((weight["minimum"].as_f64(), weight["maximum"].as_f64()), (Some(4.0), Some(250.0)));
}
