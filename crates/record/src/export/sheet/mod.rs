//! A printed sheet as a list of marks in millimetres, from the top left corner, and its two forms: PDF and PNG.
//!
//! Labels and reports are laid out once, as marks; [`png`] and, with the feature `pdf`, [`pdf`] draw the same marks.

pub(crate) mod letters;
#[cfg(feature = "pdf")]
pub(crate) mod pdf;
pub(crate) mod png;

pub(crate) use letters::{Letters, Weight};

/// Millimetres of one typographic point.
pub(crate) const MM_PER_POINT: f32 = 25.4 / 72.0;

/// Red, green, blue.
pub(crate) type Ink = [u8; 3];

/// The ink of text.
pub(crate) const BLACK: Ink = [0, 0, 0];
/// Paper.
pub(crate) const WHITE: Ink = [255, 255, 255];

/// One sheet.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) width_mm: f32,
    pub(crate) height_mm: f32,
    pub(crate) marks: Vec<Mark>,
}

/// One mark on a sheet.
#[derive(Debug, Clone)]
pub(crate) enum Mark {
    /// A filled rectangle.
    Bar { at: [f32; 2], size: [f32; 2], ink: Ink },
    /// A filled outline.
    Area { outline: Vec<[f32; 2]>, ink: Ink, opacity: f32 },
    /// A line through points.
    Line { points: Vec<[f32; 2]>, ink: Ink, width: f32, dash: &'static [f32] },
    /// A line of text from the left end of its base line.
    Text { at: [f32; 2], text: String, style: Style, is_turned: bool },
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) points: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
}

/// Where text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

impl Style {
    pub(crate) const fn new(points: f32, weight: Weight, ink: Ink) -> Self {
        Self { points, weight, ink }
    }
}

impl Sheet {
    pub(crate) const fn new(width_mm: f32, height_mm: f32) -> Self {
        Self { width_mm, height_mm, marks: Vec::new() }
    }

    pub(crate) fn bar(&mut self, at: [f32; 2], size: [f32; 2], ink: Ink) {
        self.marks.push(Mark::Bar { at, size, ink });
    }

    /// The outline of a rectangle, drawn inside it.
    pub(crate) fn frame(&mut self, [x, y]: [f32; 2], [w, h]: [f32; 2], width: f32, ink: Ink) {
        self.bar([x, y], [w, width], ink);
        self.bar([x, y + h - width], [w, width], ink);
        self.bar([x, y], [width, h], ink);
        self.bar([x + w - width, y], [width, h], ink);
    }

    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "only the report, which is a PDF, needs it"))]
    pub(crate) fn line(&mut self, points: Vec<[f32; 2]>, ink: Ink, width: f32, dash: &'static [f32]) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, ink, width, dash });
        }
    }

    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "only the report, which is a PDF, needs it"))]
    pub(crate) fn area(&mut self, outline: Vec<[f32; 2]>, ink: Ink, opacity: f32) {
        if outline.len() > 2 {
            self.marks.push(Mark::Area { outline, ink, opacity });
        }
    }

    /// Text on a base line.
    pub(crate) fn text(&mut self, letters: &Letters, [x, y]: [f32; 2], text: &str, style: Style, align: Align) {
        let text = letters.known(text);
        let width = letters.width_mm(&text, style);
        let x = match align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        self.marks.push(Mark::Text { at: [x, y], text, style, is_turned: false });
    }

    /// Text that reads downwards, from the point where it begins.
    pub(crate) fn turned_text(&mut self, letters: &Letters, at: [f32; 2], text: &str, style: Style) {
        self.marks.push(Mark::Text { at, text: letters.known(text), style, is_turned: true });
    }
}
