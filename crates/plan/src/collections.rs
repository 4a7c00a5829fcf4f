//! Finished collections of a site, as a table.
//!
//! One line a collection, under [`HEADER`]. An empty cell means that nobody measured it.

use leuka_dose::DoseCell;

/// The header: columns in this order.
pub const HEADER: &str = "cells,count_before_per_ul,count_after_per_ul,processed_ml,minutes,tbv_ml,yield_1e6,wbc_1e9_l,\
hematocrit_pct,platelet_before_1e9_l,platelet_after_1e9_l,events,expected_efficiency_pct";

/// A finished collection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collection {
    /// The cells that were counted.
    pub cells: DoseCell,
    /// Their count before, per uL.
    pub count_before_per_ul: f64,
    /// After.
    pub count_after_per_ul: Option<f64>,
    /// Blood processed without anticoagulant, mL.
    pub processed_ml: f64,
    /// Time of processing, min.
    pub minutes: f64,
    /// Blood volume of the donor, mL.
    pub tbv_ml: f64,
    /// Cells in the bag, 1e6.
    pub yield_1e6: f64,
    /// White cells before.
    pub wbc_1e9_l: Option<f64>,
    /// Haematocrit before.
    pub hematocrit_pct: Option<f64>,
    /// Platelets before.
    pub platelet_before_1e9_l: Option<f64>,
    /// Platelets after.
    pub platelet_after_1e9_l: Option<f64>,
    /// Reactions of the donor: how many.
    pub events: Option<f64>,
    /// CE2 that the protocol expected, where it was another than the prior's.
    pub expected_efficiency_pct: Option<f64>,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Another first line.
    #[error("the first line is `{found}`: it must be `{HEADER}`")]
    Header {
        /// What it is.
        found: String,
    },
    /// A cell.
    #[error("line {line}: {column} is `{found}`: {wanted}")]
    Cell {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What may stand there.
        wanted: String,
    },
    /// Too few or too many cells.
    #[error("line {line} has {found} cells instead of 13")]
    Cells {
        /// Line, from 1.
        line: usize,
        /// How many.
        found: usize,
    },
}

/// Reads a table.
///
/// # Errors
/// The first fault, with its line.
pub fn read(text: &str) -> Result<Vec<Collection>, Fault> {
    let mut lines = text.lines().map(str::trim_end).enumerate().filter(|(_, line)| !line.is_empty());
    let found = lines.next().map_or(String::new(), |(_, line)| line.to_owned());
    if found != HEADER {
        return Err(Fault::Header { found });
    }
    lines.map(|(at, line)| collection(at + 1, line)).collect()
}

fn collection(line: usize, text: &str) -> Result<Collection, Fault> {
    let cells: Vec<&str> = text.split(',').map(str::trim).collect();
    let [kind, before, after, processed, minutes, tbv, cells_1e6, wbc, hematocrit, first, last, events, expected] =
        cells.as_slice()
    else {
        return Err(Fault::Cells { line, found: cells.len() });
    };
    let number = |column, text: &str, low: f64, high: f64| {
        let value = text.parse::<f64>().ok().filter(|value| (low..=high).contains(value));
        let wanted = format!("give a number from {low} to {high}");
        value.ok_or_else(|| Fault::Cell { line, column, found: text.to_owned(), wanted })
    };
    let maybe = |column, text: &str, low, high| {
        if text.is_empty() { Ok(None) } else { number(column, text, low, high).map(Some) }
    };
    let known = DoseCell::ALL.into_iter().find(|cells| cells.name() == *kind);
    Ok(Collection {
        cells: known.ok_or_else(|| Fault::Cell {
            line,
            column: "cells",
            found: (*kind).to_owned(),
            wanted: format!("give one of {}", DoseCell::ALL.map(DoseCell::name).join(", ")),
        })?,
        count_before_per_ul: number("count_before_per_ul", before, 0.01, 1e6)?,
        count_after_per_ul: maybe("count_after_per_ul", after, 0.0, 1e6)?,
        processed_ml: number("processed_ml", processed, 50.0, 60_000.0)?,
        minutes: number("minutes", minutes, 5.0, 1000.0)?,
        tbv_ml: number("tbv_ml", tbv, 200.0, 15_000.0)?,
        yield_1e6: number("yield_1e6", cells_1e6, 1e-3, 1e7)?,
        wbc_1e9_l: maybe("wbc_1e9_l", wbc, 0.1, 1000.0)?,
        hematocrit_pct: maybe("hematocrit_pct", hematocrit, 10.0, 70.0)?,
        platelet_before_1e9_l: maybe("platelet_before_1e9_l", first, 1.0, 5000.0)?,
        platelet_after_1e9_l: maybe("platelet_after_1e9_l", last, 0.0, 5000.0)?,
        events: maybe("events", events, 0.0, 100.0)?,
        expected_efficiency_pct: maybe("expected_efficiency_pct", expected, 1.0, 150.0)?,
    })
}

impl Collection {
    /// As a line of the table.
    #[must_use]
    pub fn line(&self) -> String {
        let cell = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
        [
            self.cells.name().to_owned(),
            cell(Some(self.count_before_per_ul)),
            cell(self.count_after_per_ul),
            cell(Some(self.processed_ml)),
            cell(Some(self.minutes)),
            cell(Some(self.tbv_ml)),
            cell(Some(self.yield_1e6)),
            cell(self.wbc_1e9_l),
            cell(self.hematocrit_pct),
            cell(self.platelet_before_1e9_l),
            cell(self.platelet_after_1e9_l),
            cell(self.events),
            cell(self.expected_efficiency_pct),
        ]
        .join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "cd34,68,45,9800,182,4900,372.5,,40,180,120,1,";

    #[test]
    fn a_line_is_read_and_written_back() {
        let read = read(&format!("{HEADER}\n{LINE}\n\n")).unwrap();
        let [only] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((only.yield_1e6, only.wbc_1e9_l, only.events), (372.5, None, Some(1.0)));
        assert_eq!(super::read(&format!("{HEADER}\n{}", only.line())).unwrap(), read);
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_column() {
        let fault = |text: &str| read(text).unwrap_err().to_string();
        assert!(fault("cells,other\n").contains("the first line is `cells,other`"));
        assert!(fault(&format!("{HEADER}\ncd34,1\n")).contains("line 2 has 2 cells"));
        assert!(fault(&format!("{HEADER}\n{}", LINE.replace("9800", "9.8"))).contains("processed_ml is `9.8`"));
        assert!(fault(&format!("{HEADER}\n{}", LINE.replace("cd34", "cd33"))).contains("cells is `cd33`"));
    }
}
