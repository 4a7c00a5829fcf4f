//! `leuka separate` and `leuka verify` as a user sees them.

use serde_json::Value;

use super::{leuka, text};

/// A separation that takes less than a second.
const COARSE: [&str; 5] = ["separate", "--grid", "8x32", "--minutes", "6"];

fn json(arguments: &[&str]) -> Value {
    let output = leuka(arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every key of an object must stand in the document.
fn all_documented(value: &Value) {
    let page = include_str!("../../../../docs/separation.md");
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            assert!(page.contains(&format!("`{key}`")), "docs/separation.md does not tell `{key}`");
            all_documented(value);
        }),
        Value::Array(values) => values.iter().for_each(all_documented),
        _ => {}
    }
}

#[test]
fn a_separation_tells_where_each_population_leaves() {
    let output = leuka(&COARSE);
    let table = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for expected in
        ["plasma  collect  red cells    sum", "CD34+ cells", "Eosinophils", "Interface", "Not a medical device"]
    {
        assert!(table.contains(expected), "`{expected}` is not in {table}");
    }
    assert!(!table.contains("Blasts"), "a population that did not enter is not shown");
    assert!(text(&output.stderr).contains("separating: 50 %"), "progress without a terminal");
}

#[test]
fn json_is_one_object_with_the_documented_keys() {
    let result = json(&[&COARSE[..], &["--json", "--blasts", "10"]].concat());
    assert_eq!(result["schema"], "leuka.separation/1");
    let populations = result["populations"].as_object().unwrap();
    assert_eq!(populations.len(), 9);
    let parts =
        |name: &str| ["plasma_pct", "collect_pct", "red_pct"].map(|port| populations[name][port].as_f64().unwrap());
    assert!(parts("erythrocyte")[2] > 95.0 && parts("platelet")[0] > parts("monocyte")[0]);
    all_documented(&result);
}

#[test]
fn speed_comes_from_the_packing_factor_and_can_be_given_either_way() {
    let case = |more: &[&str]| json(&[&COARSE[..], &["--json"], more].concat())["case"].clone();
    let of = |case: &Value, key: &str| case[key].as_f64().unwrap();
    // 171 g min x 60 mL/min / 75 mL.
    assert!((of(&case(&[]), "g") - 136.8).abs() < 0.1);
    let given = case(&["--rpm", "1500"]);
    let back = case(&["--g", &of(&given, "g").to_string()]);
    assert!((of(&back, "speed_rpm") - 1500.0).abs() < 1e-6);
}

#[test]
fn a_parameter_that_is_set_changes_the_separation() {
    let collect = |more: &[&str]| {
        json(&[&COARSE[..], &["--json"], more].concat())["populations"]["monocyte"]["collect_pct"].as_f64().unwrap()
    };
    let slow = collect(&["--set", "model.separator.settling.aggregation=3"]);
    assert!((slow - collect(&[])).abs() > 1.0);
}

#[test]
fn the_picture_is_an_svg_that_says_what_it_shows() {
    let path = std::env::temp_dir().join(format!("leuka-test-{}-layers.svg", std::process::id()));
    let output = leuka(&[&COARSE[..], &["--picture", path.to_str().unwrap()]].concat());
    assert!(text(&output.stdout).contains("layers.svg"));
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.len() < 600_000, "{} bytes", svg.len());
    for expected in
        ["lymphocytes", "interface", "Collect", "mL/min", "depth below the inner wall, mm", "Not a medical device"]
    {
        assert!(svg.contains(expected), "`{expected}` is not in the picture");
    }
}

#[test]
fn bad_input_gives_exit_code_2_and_says_what_to_do() {
    for (arguments, expected) in [
        (vec!["--hct", "90"], "90 is outside 0 to 75 %"),
        (vec!["--flow", "much"], "allowed is a number"),
        (vec!["--grid", "16"], "such as 16x64"),
        (vec!["--grid", "2x8"], "a channel grid of 2 x 8 cells cannot be used"),
        (vec!["--collect", "70"], "must be less than --flow 60 mL/min"),
        (vec!["--interface", "7"], "lies outside the gap of 5 mm"),
        (vec!["--blasts", "99"], "more than all white cells"),
        (vec!["--g", "100", "--rpm", "1000"], "cannot be used with"),
        (vec!["--set", "donor.weight_kg=70"], "begins with model.separator. or model.blood."),
        (vec!["--set", "model.separator.channel.gasp=3"], "is not a parameter of `separator.toml`"),
        (vec!["--parameters", "no-such-folder"], "no-such-folder: cannot be read"),
        (vec!["--picture", "no-such-folder/a.svg"], "no such folder for the picture"),
    ] {
        let output = leuka(&[&["separate"], &arguments[..]].concat());
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
    }
}

#[test]
fn verification_shows_exact_values_errors_and_orders_and_passes() {
    let output = leuka(&["verify", "--quick"]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}");
    for expected in [
        "Kynch sedimentation, n = 4.65",
        "Donor, conservation",
        "exact",
        "tolerance",
        "order",
        "400 cells",
        "problems passed",
    ] {
        assert!(table.contains(expected), "`{expected}` is not in {table}");
    }
}

#[test]
fn verification_as_json_has_the_documented_keys() {
    let result = json(&["verify", "--quick", "--json"]);
    assert_eq!(result["schema"], "leuka.verification/1");
    assert_eq!(result["passed"], true);
    assert!(result["problems"].as_array().unwrap().len() >= 10);
    all_documented(&result);
}
