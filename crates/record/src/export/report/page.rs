//! Pages: margins, heads and feet, headings, tables.

use crate::export::sheet::{Align, Ink, Letters, Sheet, Style, Weight};
use crate::export::told::Told;

pub(super) const WIDTH: f32 = 210.0;
pub(super) const HEIGHT: f32 = 297.0;
pub(super) const LEFT: f32 = 17.0;
pub(super) const RIGHT: f32 = WIDTH - 17.0;
/// Width between the margins.
pub(super) const MEASURE: f32 = RIGHT - LEFT;
const TOP: f32 = 21.0;
const BOTTOM: f32 = HEIGHT - 20.0;

pub(super) const TEXT: Ink = [28, 32, 38];
pub(super) const QUIET: Ink = [104, 112, 122];
pub(super) const RULE: Ink = [205, 210, 216];
pub(super) const TINT: Ink = [243, 245, 248];
pub(super) const DEEP: Ink = [27, 60, 105];

pub(super) const BODY: Style = Style::new(8.5, Weight::Regular, TEXT);
pub(super) const BODY_STRONG: Style = Style::new(8.5, Weight::Medium, TEXT);
pub(super) const NOTE: Style = Style::new(7.0, Weight::Regular, QUIET);
pub(super) const HEADING: Style = Style::new(11.0, Weight::Medium, DEEP);

/// Pages as they are written.
pub(super) struct Book<'a> {
    pub(super) told: Told<'a>,
    pub(super) letters: &'a Letters,
    pages: Vec<Sheet>,
    /// Where the next thing goes.
    pub(super) y: f32,
}

/// A column of a table: heading, width, alignment.
pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) width: f32,
    pub(super) align: Align,
}

impl<'a> Book<'a> {
    pub(super) fn new(told: Told<'a>, letters: &'a Letters) -> Self {
        let mut book = Self { told, letters, pages: Vec::new(), y: 0.0 };
        book.new_page();
        book
    }

    pub(super) fn new_page(&mut self) {
        self.pages.push(Sheet::new(WIDTH, HEIGHT));
        self.y = TOP;
    }

    /// The page that is written on.
    pub(super) fn sheet(&mut self) -> &mut Sheet {
        let last = self.pages.len().saturating_sub(1);
        // There is always a page: `new` makes the first one.
        &mut self.pages[last]
    }

    pub(super) fn text(&mut self, x: f32, y: f32, text: &str, style: Style, align: Align) {
        let letters = self.letters;
        self.sheet().text(letters, [x, y], text, style, align);
    }

    /// A new page, unless so much room is left.
    pub(super) fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.make_room(24.0);
        self.y += 5.0;
        self.text(LEFT, self.y, text, HEADING, Align::Left);
        let y = self.y + 2.2;
        self.sheet().bar([LEFT, y], [MEASURE, 0.25], DEEP);
        self.y += 6.8;
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str, style: Style) {
        for line in self.letters.wrapped(text, style, MEASURE) {
            self.make_room(4.0);
            self.text(LEFT, self.y, &line, style, Align::Left);
            self.y += style.points * 0.48;
        }
        self.y += 1.5;
    }

    /// A table that goes on over pages, its heads repeated.
    pub(super) fn table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        self.heads(columns);
        for (at, row) in rows.iter().enumerate() {
            if self.y + 4.4 > BOTTOM {
                self.new_page();
                self.heads(columns);
            }
            if at % 2 == 1 {
                let y = self.y - 3.2;
                self.sheet().bar([LEFT, y], [MEASURE, 4.4], TINT);
            }
            let mut x = LEFT;
            for (column, cell) in columns.iter().zip(row) {
                let fitted = self.letters.fitted(cell, BODY, column.width - 1.0);
                self.cell(x, column, &fitted, BODY);
                x += column.width;
            }
            self.y += 4.4;
        }
        self.y += 1.0;
    }

    fn heads(&mut self, columns: &[Column]) {
        let lines = columns.iter().map(|column| column.head.lines().count()).max().unwrap_or(1);
        for line in 0..lines {
            let mut x = LEFT;
            for column in columns {
                self.cell(x, column, column.head.lines().nth(line).unwrap_or_default(), NOTE);
                x += column.width;
            }
            self.y += if line + 1 < lines { 3.0 } else { 0.0 };
        }
        let y = self.y + 1.3;
        self.sheet().bar([LEFT, y], [MEASURE, 0.15], RULE);
        self.y += 5.0;
    }

    fn cell(&mut self, x: f32, column: &Column, text: &str, style: Style) {
        let at = match column.align {
            Align::Left => x,
            Align::Centre => x + column.width / 2.0,
            Align::Right => x + column.width - 3.0,
        };
        self.text(at, self.y, text, style, column.align);
    }

    /// Names with their values, one below the other, in a column of the page.
    pub(super) fn pairs(&mut self, x: f32, y: f32, width: f32, pairs: &[(&str, String)]) -> f32 {
        let mut at = y;
        for (name, value) in pairs {
            let fitted = self.letters.fitted(value, BODY_STRONG, width - 24.0);
            self.text(x, at, name, NOTE, Align::Left);
            self.text(x + 23.0, at, &fitted, BODY_STRONG, Align::Left);
            at += 4.5;
        }
        at
    }

    /// Heads and feet, once it is known how many pages there are.
    pub(super) fn finish(mut self) -> Vec<Sheet> {
        let record = self.told.record;
        let count = self.pages.len();
        let who = format!("{}   {}", record.opened.donor_id, self.told.donor_name());
        let day = self.told.started().format("%-d %B %Y").to_string();
        let small = Style::new(7.5, Weight::Regular, QUIET);
        let strong = Style::new(8.5, Weight::Bold, DEEP);
        for (at, sheet) in self.pages.iter_mut().enumerate() {
            sheet.bar([0.0, 0.0], [WIDTH, 3.0], DEEP);
            sheet.text(self.letters, [LEFT, 12.5], "leuka", strong, Align::Left);
            sheet.text(self.letters, [LEFT + 11.0, 12.5], &who, small, Align::Left);
            sheet.text(self.letters, [RIGHT - 24.0, 12.5], &day, small, Align::Right);
            sheet.frame([RIGHT - 21.0, 8.8], [21.0, 5.4], 0.3, DEEP);
            let tag = Style::new(7.5, Weight::Bold, DEEP);
            sheet.text(self.letters, [RIGHT - 10.5, 12.6], "SIMULATED", tag, Align::Centre);
            sheet.bar([LEFT, HEIGHT - 15.0], [MEASURE, 0.15], RULE);
            sheet.text(self.letters, [LEFT, HEIGHT - 11.0], leuka_report::NOT_A_DEVICE, small, Align::Left);
            let page = format!("{} of {count}", at + 1);
            sheet.text(self.letters, [RIGHT, HEIGHT - 11.0], &page, small, Align::Right);
            let short = record.hash.get(..16).unwrap_or_default();
            let bound = format!("Record {}, entry {}, hash {short}", record.id, record.seq);
            sheet.text(self.letters, [LEFT, HEIGHT - 7.5], &bound, NOTE, Align::Left);
        }
        self.pages
    }
}
