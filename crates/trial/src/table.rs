//! The outcome table: its columns, its rows, and its form as CSV.
//!
//! Numbers are written with the fewest digits that give the same number again, so the CSV holds exactly what was computed.

use leuka_procedure::file::FileKind;
use leuka_procedure::{Outcome, Sample};

use crate::file::Plain;
use crate::measure::MEASURES;
use crate::study::Study;

/// Version of the table's form.
pub const SCHEMA: &str = "leuka.trial-outcomes/1";
/// Version of the form of the time courses.
pub const COURSES_SCHEMA: &str = "leuka.trial-courses/1";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Whole numbers.
    Integer,
    /// Numbers; an empty cell where there is none.
    Number,
    /// Words.
    Text,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Unit; empty for none.
    pub unit: String,
    /// What it holds.
    pub about: String,
    /// As what.
    pub holds: Holds,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A whole number.
    Integer(u64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Cell {
    /// The number in it.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "numbers of donors and seeds are below 2^53")]
        match self {
            Self::Number(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            Self::Empty | Self::Text(_) => None,
        }
    }
}

/// One run: a cell for each column.
pub type Row = Vec<Cell>;

/// The columns of a study's outcome table.
#[must_use]
pub fn columns(study: &Study) -> Vec<Column> {
    let column = |name: &str, unit: &str, about: &str, holds| Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        about: about.to_owned(),
        holds,
    };
    let mut columns = vec![
        column("donor", "", "Number of the donor, from 0", Holds::Integer),
        column("arm", "", "Name of the arm", Holds::Text),
    ];
    for path in &study.factors {
        let values = study.arms.iter().flat_map(|arm| &arm.set).filter(|(known, _)| known == path);
        let holds = holds(values.map(|(_, value)| value));
        columns.push(column(path, &unit_of(path), "As set in the arm", holds));
    }
    let donor = study.donor(0);
    for path in study.cohort().into_iter().flat_map(crate::Cohort::paths) {
        let value = donor.as_ref().and_then(|donor| donor.varying().find(|(known, _)| *known == path));
        let holds = holds(value.into_iter().map(|(_, value)| value));
        columns.push(column(path, &unit_of(path), "As drawn", holds));
    }
    columns.push(column("run_seed", "", "Seed of the run: leuka run --seed repeats it", Holds::Integer));
    columns.push(column("end_reason", "", "Why the run ended", Holds::Text));
    columns.push(column("failure", "", "Why there is no outcome; empty where there is one", Holds::Text));
    columns.extend(MEASURES.iter().map(|measure| column(measure.name, measure.unit, measure.about, Holds::Number)));
    columns
}

/// The columns of a study's time courses.
#[must_use]
pub fn course_columns() -> Vec<Column> {
    let column = |name: &str, holds| Column {
        name: name.to_owned(),
        unit: Sample::unit(name).to_owned(),
        about: String::new(),
        holds,
    };
    let keys = [column("donor", Holds::Integer), column("arm", Holds::Text)];
    keys.into_iter().chain(Sample::COLUMNS.iter().map(|name| column(name, Holds::Number))).collect()
}

fn holds<'a>(mut values: impl Iterator<Item = &'a Plain>) -> Holds {
    if values.all(|value| matches!(value, Plain::Number(_))) { Holds::Number } else { Holds::Text }
}

/// The unit of a path, from the table of fields.
fn unit_of(path: &str) -> String {
    let field = path.split_once('.').and_then(|(kind, rest)| {
        let kinds = [FileKind::Protocol, FileKind::Donor, FileKind::Order];
        kinds.into_iter().find(|known| known.name() == kind)?.field(rest)
    });
    field.map_or("", |field| field.unit).to_owned()
}

/// The row of a run.
#[must_use]
pub(crate) fn row(study: &Study, donor: u64, arm: usize, ended: &Result<Outcome, String>) -> Row {
    let cell = |value: &Plain| match value {
        Plain::Number(number) => Cell::Number(*number),
        other => Cell::Text(other.to_string()),
    };
    let this = study.arms.get(arm);
    let mut row = vec![Cell::Integer(donor), Cell::Text(this.map_or_else(String::new, |arm| arm.name.clone()))];
    for path in &study.factors {
        let set = this.and_then(|arm| arm.set.iter().find(|(known, _)| known == path));
        row.push(set.map_or(Cell::Empty, |(_, value)| cell(value)));
    }
    if let (Some(drawn), Some(cohort)) = (study.donor(donor), study.cohort()) {
        row.extend(drawn.varying().zip(cohort.paths()).map(|((_, value), _)| cell(value)));
    }
    row.push(Cell::Integer(study.run_seed(donor)));
    let known = |number: Option<f64>| number.filter(|number| number.is_finite()).map_or(Cell::Empty, Cell::Number);
    match ended {
        Ok(outcome) => {
            row.push(Cell::Text(outcome.end_reason.clone()));
            row.push(Cell::Empty);
            row.extend(MEASURES.iter().map(|measure| known((measure.of)(outcome))));
        }
        Err(failure) => {
            row.push(Cell::Empty);
            row.push(Cell::Text(failure.clone()));
            row.extend(MEASURES.iter().map(|_| Cell::Empty));
        }
    }
    row
}

/// The rows of a time course.
pub(crate) fn course_row(study: &Study, donor: u64, arm: usize, sample: &Sample) -> Row {
    let name = study.arms.get(arm).map_or_else(String::new, |arm| arm.name.clone());
    let known = |number: f64| if number.is_finite() { Cell::Number(number) } else { Cell::Empty };
    let mut row = vec![Cell::Integer(donor), Cell::Text(name)];
    row.extend(sample.values().map(known));
    row
}

/// The first line of a CSV file.
#[must_use]
pub fn header(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
    names.join(",") + "\n"
}

/// A row as a line of a CSV file.
#[must_use]
pub fn line(row: &[Cell]) -> String {
    let cells: Vec<_> = row
        .iter()
        .map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => quoted(text),
        })
        .collect();
    cells.join(",") + "\n"
}

/// Texts are quoted where CSV asks for it; line ends become blanks, so that a row is one line.
fn quoted(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Reads a line that [`line()`] wrote; `None` when it is none of these columns.
#[must_use]
pub fn parse(text: &str, columns: &[Column]) -> Option<Row> {
    let texts = split(text);
    if texts.len() != columns.len() {
        return None;
    }
    let cell = |(text, column): (String, &Column)| {
        Some(match column.holds {
            _ if text.is_empty() => Cell::Empty,
            Holds::Integer => Cell::Integer(text.parse().ok()?),
            Holds::Number => Cell::Number(text.parse().ok()?),
            Holds::Text => Cell::Text(text),
        })
    };
    texts.into_iter().zip(columns).map(cell).collect()
}

fn split(text: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cell.push(other),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_the_same_row_again() {
        let column = |name: &str, holds| Column { name: name.into(), unit: String::new(), about: String::new(), holds };
        let columns = [
            column("a", Holds::Integer),
            column("b", Holds::Number),
            column("c", Holds::Text),
            column("d", Holds::Number),
        ];
        let row =
            vec![Cell::Integer(7), Cell::Number(0.1 + 0.2), Cell::Text("ended, he said: \"no\"".into()), Cell::Empty];
        let text = line(&row);
        assert_eq!(text, "7,0.30000000000000004,\"ended, he said: \"\"no\"\"\",\n");
        assert_eq!(parse(text.trim_end(), &columns), Some(row));
        assert_eq!(parse("7,1", &columns), None);
    }
}
