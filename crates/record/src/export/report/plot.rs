//! Plots over the time of the procedure, one below the other on the same axis.

use super::page::{Book, LEFT, NOTE, QUIET, RIGHT, RULE, TEXT};
use crate::export::sheet::{Align, Ink, Style, Weight};

/// Room for the numbers of the vertical axis.
const AXIS: f32 = 11.0;

/// A line of a plot.
pub(super) struct Series<'a> {
    pub(super) name: &'a str,
    pub(super) points: Vec<[f64; 2]>,
    pub(super) ink: Ink,
    pub(super) dash: &'static [f32],
}

/// A plot.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    pub(super) series: Vec<Series<'a>>,
    /// Lower and upper border of a band, on the same times.
    pub(super) band: Option<(Vec<[f64; 3]>, Ink)>,
    /// A level with its name.
    pub(super) level: Option<(f64, &'a str)>,
    pub(super) range: Option<[f64; 2]>,
    pub(super) height: f32,
}

/// Values of times in minutes, thinned to what a page shows.
pub(super) fn thinned(times: &[f64], values: &[f64]) -> Vec<[f64; 2]> {
    let known: Vec<[f64; 2]> = times
        .iter()
        .zip(values)
        .filter(|(_, value)| value.is_finite())
        .map(|(time, value)| [time / 60.0, *value])
        .collect();
    let step = known.len().div_ceil(400).max(1);
    known
        .chunks(step)
        .filter_map(|chunk| {
            let [time, sum] = chunk.iter().fold([0.0, 0.0], |[time, sum], [t, v]| [time + t, sum + v]);
            #[expect(clippy::cast_precision_loss, reason = "a chunk has some dozen points")]
            let count = chunk.len() as f64;
            (!chunk.is_empty()).then_some([time / count, sum / count])
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "places on a page in millimetres")]
const fn mm(value: f64) -> f32 {
    value as f32
}

/// Draws a plot at the book's place; `minutes` is the end of the axis, whose numbers stand below when `is_last`.
pub(super) fn draw(book: &mut Book<'_>, plot: &Plot<'_>, minutes: f64, is_last: bool) {
    let (top, bottom) = (book.y + 4.0, book.y + 4.0 + plot.height);
    let (left, right) = (LEFT + AXIS, RIGHT);
    let [low, high, step] = scale(plot);
    let x = |minute: f64| left + (right - left) * mm(minute / minutes.max(1.0));
    let y = |value: f64| bottom - (bottom - top) * mm((value.clamp(low, high) - low) / (high - low));
    legend(book, plot);
    let mut tick = low;
    while tick <= high + step * 1e-6 {
        let at = y(tick);
        book.sheet().bar([left, at - 0.06], [right - left, 0.12], RULE);
        let decimals = usize::from(step < 1.0) + usize::from(step < 0.1);
        book.text(left - 1.5, at + 0.9, &format!("{tick:.decimals$}"), NOTE, Align::Right);
        tick += step;
    }
    if let Some((band, ink)) = &plot.band {
        let upper = band.iter().map(|[time, _, high]| [x(*time), y(*high)]);
        let lower = band.iter().rev().map(|[time, low, _]| [x(*time), y(*low)]);
        let outline = upper.chain(lower).collect();
        book.sheet().area(outline, *ink, 0.16);
    }
    if let Some((level, name)) = plot.level.filter(|(level, _)| (low..=high).contains(level)) {
        let at = y(level);
        book.sheet().line(vec![[left, at], [right, at]], TEXT, 0.25, &[1.2, 0.8]);
        book.text(left + 1.0, at - 0.8, name, NOTE, Align::Left);
    }
    for series in &plot.series {
        let points = series.points.iter().map(|[time, value]| [x(*time), y(*value)]).collect();
        book.sheet().line(points, series.ink, 0.38, series.dash);
    }
    book.y = bottom + 4.2;
    if is_last {
        hours(book, minutes, bottom, x);
    }
}

fn hours(book: &mut Book<'_>, minutes: f64, bottom: f32, x: impl Fn(f64) -> f32) {
    let step = if minutes > 300.0 { 60.0 } else { 30.0 };
    let mut minute = 0.0;
    while minute <= minutes {
        let at = x(minute);
        book.sheet().bar([at - 0.08, bottom], [0.16, 1.2], QUIET);
        book.text(at, bottom + 4.0, &format!("{minute:.0}"), NOTE, Align::Centre);
        minute += step;
    }
    book.text(RIGHT, bottom + 7.2, "minutes of the procedure", NOTE, Align::Right);
    book.y = bottom + 10.0;
}

fn legend(book: &mut Book<'_>, plot: &Plot<'_>) {
    let title = Style::new(8.0, Weight::Medium, TEXT);
    let y = book.y + 1.6;
    book.text(LEFT, y, plot.title, title, Align::Left);
    let mut x = RIGHT;
    for series in plot.series.iter().rev() {
        let width = book.letters.width_mm(series.name, NOTE);
        book.text(x, y, series.name, NOTE, Align::Right);
        x -= width + 1.4;
        book.sheet().line(vec![[x - 6.0, y - 0.9], [x, y - 0.9]], series.ink, 0.45, series.dash);
        x -= 9.5;
    }
}

/// Low and high end of the vertical axis and the step of its numbers.
fn scale(plot: &Plot<'_>) -> [f64; 3] {
    let values = plot.series.iter().flat_map(|series| series.points.iter().map(|[_, value]| *value));
    let band = plot.band.iter().flat_map(|(band, _)| band.iter().flat_map(|[_, low, high]| [*low, *high]));
    let level = plot.level.iter().map(|(level, _)| *level);
    let [low, high] = plot.range.unwrap_or_else(|| {
        let bounds = values
            .chain(band)
            .chain(level)
            .fold([f64::MAX, f64::MIN], |[low, high], value| [low.min(value), high.max(value)]);
        if bounds[0] > bounds[1] { [0.0, 1.0] } else { bounds }
    });
    let span = (high - low).max(1e-3);
    let steps =
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0];
    let step = steps.into_iter().find(|step| span / step <= 4.5).unwrap_or(span / 4.0);
    [(low / step).floor() * step, (high / step).ceil() * step, step]
}
