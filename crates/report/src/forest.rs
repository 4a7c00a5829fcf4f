//! Simulated over published values, one line for each row, so that misses are seen at once.

use std::fmt::Write as _;

use crate::NOT_A_DEVICE;

/// One row.
#[derive(Debug, Clone, Default)]
pub struct ForestRow {
    /// What it is.
    pub label: String,
    /// Simulated over published value.
    pub ratio: f64,
    /// Ends of its interval, where it has one.
    pub interval: Option<(f64, f64)>,
}

/// Rows on one axis from 0 to 2, with 10 % and 30 % either way shaded; what lies beyond is drawn at the edge.
#[derive(Debug, Clone, Default)]
pub struct Forest {
    /// The title.
    pub title: String,
    /// The rows, from the top.
    pub rows: Vec<ForestRow>,
}

const LINE: f64 = 15.0;
const LEFT: f64 = 430.0;
const WIDTH: f64 = 420.0;
const TOP: f64 = 44.0;

impl Forest {
    /// The picture as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
        let bottom = TOP + LINE * self.rows.len() as f64;
        let (wide, high) = (LEFT + WIDTH + 60.0, bottom + 46.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{wide}\" height=\"{high}\" fill=\"#ffffff\"/>\n<text x=\"8\" y=\"18\" font-size=\"14\">{}</text>\n",
            escaped(&self.title)
        );
        for (away, colour) in [(0.3, "#eef2f5"), (0.1, "#d7e0e8")] {
            let (from, to) = (place(1.0 - away), place(1.0 + away));
            let _ = writeln!(
                svg,
                "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                to - from,
                bottom - TOP
            );
        }
        for tick in [0.0, 0.5, 1.0, 1.5, 2.0] {
            let x = place(tick);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"#9aa5af\" stroke-width=\"0.6\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>",
                bottom + 14.0
            );
        }
        let mut y = TOP + 0.5 * LINE;
        for row in &self.rows {
            self.row(&mut svg, row, y);
            y += LINE;
        }
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">simulated over published; shaded: within 10 and 30 %</text>\n<text x=\"8\" y=\"{:.1}\" font-size=\"9\">{NOT_A_DEVICE}</text>\n</svg>\n",
            place(1.0),
            bottom + 28.0,
            bottom + 42.0
        );
        svg
    }

    #[expect(clippy::unused_self, reason = "a row belongs to its picture")]
    fn row(&self, svg: &mut String, row: &ForestRow, y: f64) {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            y + 4.0,
            escaped(&row.label)
        );
        if !row.ratio.is_finite() {
            return;
        }
        if let Some((low, high)) = row.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            let (low, high) = (place(low.min(high)), place(low.max(high)));
            let _ = writeln!(
                svg,
                "<line x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#1f5fa8\" stroke-width=\"1.4\"/>"
            );
        }
        let x = place(row.ratio);
        let is_beyond = !(0.0..=2.0).contains(&row.ratio);
        let fill = if is_beyond { "#ffffff" } else { "#1f5fa8" };
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y}\" r=\"3.2\" fill=\"{fill}\" stroke=\"#1f5fa8\"/>");
        if is_beyond {
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{:.1}</text>", LEFT + WIDTH + 8.0, y + 4.0, row.ratio);
        }
    }
}

fn place(ratio: f64) -> f64 {
    LEFT + WIDTH * ratio.clamp(0.0, 2.0) / 2.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_axis_are_drawn_at_its_edge_with_their_number() {
        let row =
            |label: &str, ratio| ForestRow { label: label.into(), ratio, interval: Some((0.9 * ratio, 1.1 * ratio)) };
        let svg = Forest { title: "a < b".into(), rows: vec![row("near", 1.0), row("far", 5.4)] }.svg();
        assert!(svg.contains("a &lt; b") && svg.contains("near") && svg.contains(">5.4<"));
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains(NOT_A_DEVICE));
    }
}
