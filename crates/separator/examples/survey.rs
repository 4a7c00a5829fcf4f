//! Measures points of the survey behind the stage's tables and prints a line of CSV for each: `survey FIRST COUNT STEP`.

use std::io::Write;

use leuka_separator::Parameters;
use leuka_separator::stage::survey::{Point, measure};

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let [first, count, step] = numbers[..] else {
        eprintln!("give the first point, how many, and the step from one to the next");
        std::process::exit(2);
    };
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    for index in (0..count).map(|number| first + number * step) {
        let record = measure(&parameters, &blood, &Point::number(index)).expect("the production grid is usable");
        let mut line = index.to_string();
        let classes = record.classes.into_iter().flatten();
        let rest = [
            record.interface_mm,
            record.red_hematocrit,
            record.plasma_hematocrit,
            record.held,
            record.imbalance,
            record.transits,
        ];
        for value in record.point.0.into_iter().chain(rest).chain(classes) {
            line.push_str(&format!(",{value:.6e}"));
        }
        println!("{line}");
        std::io::stdout().flush().expect("the line is written");
    }
}
