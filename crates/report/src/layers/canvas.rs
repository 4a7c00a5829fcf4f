//! Writing SVG: a few shapes, one style.

use std::fmt::Write;

use super::colour::Tint;

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// An SVG in the making. Lengths in pixels from the upper left corner.
pub(super) struct Canvas {
    svg: String,
}

const STYLE: &str = "text{font-family:Inter,'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#2b3640;\
font-size:12px}.title{font-size:22px;font-weight:600}.head{font-size:14px;font-weight:600}.strong{font-weight:600}\
.quiet{font-size:13px;fill:#5d6973}.light{font-size:11px;fill:#ffffff}.small{font-size:11px;fill:#5d6973}.axis{stroke:#8a949c;stroke-width:1}\
.grid{stroke:#dcdfe1;stroke-width:1}";

impl Canvas {
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        let title = escaped(title);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\"><title>{title}</title><style>{STYLE}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fdfcf9\"/>\n"
        );
        Self { svg }
    }

    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    /// SVG as it is.
    pub(super) fn raw(&mut self, svg: &str) {
        self.svg.push_str(svg);
        self.svg.push('\n');
    }

    /// A text in one of the classes of the style.
    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.name(), escaped(text));
        self.raw(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>"));
    }

    /// A text that reads upwards.
    pub(super) fn upright(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = escaped(text);
        self.raw(&format!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" class=\"{class}\" text-anchor=\"middle\">{text}</text>"
        ));
    }

    /// A rectangle with more attributes.
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), attributes: &str) {
        self.raw(&format!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" {attributes}/>"
        ));
    }

    /// A line of class `axis` or `grid`.
    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        self.raw(&format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"));
    }

    /// The axis of a scale along the channel, below what ends at `y`.
    pub(super) fn below(&mut self, x: &Scale, y: f64, most: u32) {
        for (value, text) in x.ticks(most) {
            self.line((x.at(value), y), (x.at(value), y + 5.0), "axis");
            self.text(x.at(value), y + 18.0, "small", Anchor::Middle, &text);
        }
    }

    /// The axis of a scale across the channel, to the left of what begins at `x`.
    pub(super) fn beside(&mut self, y: &Scale, x: f64, most: u32) {
        for (value, text) in y.ticks(most) {
            self.line((x - 5.0, y.at(value)), (x, y.at(value)), "axis");
            self.text(x - 9.0, y.at(value) + 4.0, "small", Anchor::End, &text);
        }
    }

    /// A small square in the colour of what the text beside it, on the line `y`, names.
    pub(super) fn swatch(&mut self, x: f64, y: f64, tint: Tint) {
        self.rect((x, y - 9.0), (10.0, 10.0), &format!("rx=\"2\" fill=\"{}\"", tint.hex()));
    }

    /// About how wide a small text is.
    pub(super) fn width(text: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a short text")]
        let letters = text.chars().count() as f64;
        6.6 * letters
    }

    /// A curve through points, or with `closed` the area that it bounds, with more attributes.
    pub(super) fn path(&mut self, points: impl IntoIterator<Item = (f64, f64)>, closed: bool, attributes: &str) {
        let mut data = String::new();
        for (place, (x, y)) in points.into_iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(data, "{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' });
        }
        let end = if closed { "Z" } else { "" };
        self.raw(&format!("<path d=\"{data}{end}\" {attributes}/>"));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A linear scale from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) values: (f64, f64),
    pub(super) pixels: (f64, f64),
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let part = (value - self.values.0) / (self.values.1 - self.values.0);
        self.pixels.0 + part * (self.pixels.1 - self.pixels.0)
    }

    /// As [`Self::at`], for a value that may lie outside.
    pub(super) fn within(&self, value: f64) -> f64 {
        self.at(value.clamp(self.values.0.min(self.values.1), self.values.0.max(self.values.1)))
    }

    /// The value at a pixel.
    pub(super) fn value(&self, pixel: f64) -> f64 {
        let part = (pixel - self.pixels.0) / (self.pixels.1 - self.pixels.0);
        self.values.0 + part * (self.values.1 - self.values.0)
    }

    /// Decimals that tell round values in `most` parts of the scale apart.
    pub(super) fn digits(&self, most: u32) -> usize {
        let step = rounded_up((self.values.1 - self.values.0) / f64::from(most));
        (0..6).find(|&digits| is_whole(step, digits)).unwrap_or(6)
    }

    /// Round values on the scale, at most `most` + 1, and the text of each.
    pub(super) fn ticks(&self, most: u32) -> Vec<(f64, String)> {
        let (low, high) = self.values;
        let step = rounded_up((high - low) / f64::from(most));
        let digits = self.digits(most);
        let first = (low / step - 1e-9).ceil();
        (0..=most)
            .map(|place| (first + f64::from(place)) * step)
            .filter(|value| *value <= high + 1e-9 * step)
            .map(|value| (value, format!("{value:.digits$}")))
            .collect()
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten; 1 for what is not positive.
pub(super) fn rounded_up(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return 1.0;
    }
    let mut power = 1.0;
    while power > value {
        power /= 10.0;
    }
    while power * 10.0 <= value {
        power *= 10.0;
    }
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= value * 0.999_999)
        .unwrap_or(power)
}

/// Whether a number with `digits` decimals shows the value.
fn is_whole(value: f64, digits: usize) -> bool {
    let shifted = (0..digits).fold(value, |value, _| value * 10.0);
    (shifted - shifted.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let texts = |low, high, most| {
            let scale = Scale { values: (low, high), pixels: (0.0, 1.0) };
            scale.ticks(most).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(texts(0.0, 500.0, 5), ["0", "100", "200", "300", "400", "500"]);
        assert_eq!(texts(0.15, 2.55, 5), ["0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(texts(0.0, 0.4, 2), ["0.0", "0.2", "0.4"]);
    }

    #[test]
    fn a_scale_rounds_up() {
        for (value, round) in [(0.3, 0.5), (2.0, 2.0), (2.1, 2.5), (70.0, 100.0), (0.0, 1.0)] {
            assert!((rounded_up(value) - round).abs() < 1e-9 * round, "{value}");
        }
    }
}
