//! The channel, unrolled: what lies where, how it flows, where it leaves.

use std::fmt::Write;

use super::canvas::{Anchor, Canvas, Scale};
use super::colour::{Rgb, body, hex, stained};
use super::{LayerMap, MARGIN, OUTLETS, WIDTH};

const LEFT: f64 = 150.0;
const RIGHT: f64 = WIDTH - 190.0;
const TOP: f64 = 140.0;
const BOTTOM: f64 = 430.0;
/// Rows of colour from top to bottom.
const ROWS: u32 = 145;
/// Most colours along a row.
const STOPS: usize = 48;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    let ends = |faces: &[f64]| (faces[0], faces[faces.len() - 1]);
    let x = Scale { values: ends(&map.along), pixels: (LEFT, RIGHT) };
    let y = Scale { values: ends(&map.across), pixels: (TOP, BOTTOM) };
    canvas.text(MARGIN, TOP - 18.0, "head", Anchor::Start, "What lies where");
    colours(map, &x, &y, canvas);
    lines(map, &x, &y, canvas);
    axes(map, &x, &y, canvas);
    inlet(map, canvas);
    outlets(map, &y, canvas);
    legend(map, canvas);
}

/// One rectangle a row, filled with a gradient along the channel.
fn colours(map: &LayerMap, x: &Scale, y: &Scale, canvas: &mut Canvas) {
    let middles = |faces: &[f64]| faces.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect::<Vec<_>>();
    let (along, across) = (middles(&map.along), middles(&map.across));
    let height = (BOTTOM - TOP) / f64::from(ROWS);
    let every = along.len().div_ceil(STOPS);
    let mut defs = String::from("<defs>");
    let mut rows = String::from("<g shape-rendering=\"crispEdges\">");
    for row in 0..ROWS {
        let top = TOP + f64::from(row) * height;
        let depth = y.values.0 + (f64::from(row) + 0.5) / f64::from(ROWS) * (y.values.1 - y.values.0);
        // Writing to a String cannot fail.
        let _ = write!(defs, "<linearGradient id=\"r{row}\">");
        for (section, place) in along.iter().enumerate().skip(every / 2).step_by(every) {
            let offset = (x.at(*place) - LEFT) / (RIGHT - LEFT);
            let colour = hex(colour_at(map, section, &across, depth));
            let _ = write!(defs, "<stop offset=\"{offset:.3}\" stop-color=\"{colour}\"/>");
        }
        defs.push_str("</linearGradient>");
        let (width, tall) = (RIGHT - LEFT, height + 0.6);
        let _ = write!(
            rows,
            "<rect x=\"{LEFT}\" y=\"{top:.2}\" width=\"{width}\" height=\"{tall:.2}\" fill=\"url(#r{row})\"/>"
        );
    }
    canvas.raw(&(defs + "</defs>"));
    canvas.raw(&(rows + "</g>"));
}

fn colour_at(map: &LayerMap, section: usize, across: &[f64], depth: f64) -> Rgb {
    let cells = section * across.len()..(section + 1) * across.len();
    let mut fractions = map.layers.iter().map(|layer| (layer, between(across, &layer.fraction[cells.clone()], depth)));
    let ground = fractions.next().map_or(body(0.0), |(_, fraction)| body(fraction));
    let stains: Vec<_> = fractions.map(|(layer, fraction)| (layer.tint.rgb(), layer.gain * fraction)).collect();
    stained(ground, &stains)
}

/// The value at `place`, on straight lines between those at `places`.
fn between(places: &[f64], values: &[f64], place: f64) -> f64 {
    let next = places.partition_point(|known| *known < place);
    match (next.checked_sub(1), values.get(next)) {
        (None, _) => values[0],
        (Some(last), None) => values[last],
        (Some(last), Some(after)) => {
            let part = (place - places[last]) / (places[next] - places[last]);
            values[last] + part * (after - values[last])
        }
    }
}

fn lines(map: &LayerMap, x: &Scale, y: &Scale, canvas: &mut Canvas) {
    canvas.raw("<g fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\">");
    for line in &map.streamlines {
        let points = || map.along.iter().zip(line).map(|(along, across)| (x.at(*along), y.within(*across)));
        canvas.path(points(), false, "stroke=\"#ffffff\" stroke-opacity=\".55\" stroke-width=\"1\"");
        arrow(&points().collect::<Vec<_>>(), canvas);
    }
    if let Some((label, line)) = &map.boundary {
        let middles = map.along.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
        let points: Vec<_> = middles.zip(line).map(|(along, across)| (x.at(along), y.within(*across))).collect();
        let style = "stroke=\"#1c2430\" stroke-width=\"1.6\" stroke-dasharray=\"7 4\"";
        canvas.path(points.iter().copied(), false, style);
        canvas.raw("</g>");
        if let Some((_, high)) = points.get(points.len() / 4) {
            canvas.raw("<g style=\"paint-order:stroke\" stroke=\"#fdfcf9\" stroke-width=\"3\" stroke-opacity=\".75\">");
            canvas.text(LEFT + 0.36 * (RIGHT - LEFT), high - 7.0, "strong", Anchor::Start, label);
            canvas.raw("</g>");
        }
    } else {
        canvas.raw("</g>");
    }
}

/// A small head in the middle of a curve, where the flow goes.
fn arrow(points: &[(f64, f64)], canvas: &mut Canvas) {
    let middle = points.len() / 2;
    if let (Some((x, y)), Some((far_x, far_y))) = (points.get(middle), points.get(middle + 1)) {
        let slope = (far_y - y) / (far_x - x);
        let at = |back: f64, side: f64| (x - back, y - back * slope + side);
        canvas.path([at(5.0, -3.0), at(0.0, 0.0), at(5.0, 3.0)], false, "stroke=\"#ffffff\" stroke-opacity=\".8\"");
    }
}

fn axes(map: &LayerMap, x: &Scale, y: &Scale, canvas: &mut Canvas) {
    for (value, text) in x.ticks(5) {
        canvas.line((x.at(value), BOTTOM), (x.at(value), BOTTOM + 5.0), "axis");
        canvas.text(x.at(value), BOTTOM + 18.0, "small", Anchor::Middle, &text);
    }
    for (value, text) in y.ticks(5) {
        canvas.line((LEFT - 5.0, y.at(value)), (LEFT, y.at(value)), "axis");
        canvas.text(LEFT - 9.0, y.at(value) + 4.0, "small", Anchor::End, &text);
    }
    canvas.text(0.5 * (LEFT + RIGHT), BOTTOM + 35.0, "small", Anchor::Middle, &map.along_label);
    canvas.upright(LEFT - 34.0, 0.5 * (TOP + BOTTOM), "small", &map.across_label);
}

fn inlet(map: &LayerMap, canvas: &mut Canvas) {
    let middle = 0.5 * (TOP + BOTTOM);
    let (from, to) = (MARGIN, LEFT - 58.0);
    canvas.path([(from, middle), (to, middle)], false, "stroke=\"#5d6973\" stroke-width=\"2\"");
    canvas.path(
        [(to - 6.0, middle - 4.0), (to, middle), (to - 6.0, middle + 4.0)],
        false,
        "fill=\"none\" stroke=\"#5d6973\" stroke-width=\"2\"",
    );
    canvas.text(from, middle - 12.0, "strong", Anchor::Start, &map.inlet.label);
    for (row, line) in (1..).zip(&map.inlet.details) {
        canvas.text(from, middle + 6.0 + 15.0 * f64::from(row), "small", Anchor::Start, line);
    }
}

fn outlets(map: &LayerMap, y: &Scale, canvas: &mut Canvas) {
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS) {
        let (top, bottom) = (y.within(outlet.extent.0), y.within(outlet.extent.1));
        canvas.rect((RIGHT + 5.0, top + 1.0), (7.0, bottom - top - 2.0), &format!("rx=\"2\" fill=\"{}\"", tint.hex()));
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let first = 0.5 * (top + bottom) + 4.0 - 7.0 * outlet.details.len() as f64;
        canvas.text(RIGHT + 20.0, first, "strong", Anchor::Start, &outlet.label);
        for (row, line) in (1..).zip(&outlet.details) {
            canvas.text(RIGHT + 20.0, first + 14.0 * f64::from(row), "small", Anchor::Start, line);
        }
    }
}

fn legend(map: &LayerMap, canvas: &mut Canvas) {
    let top = BOTTOM + 50.0;
    let Some((first, others)) = map.layers.split_first() else { return };
    let ramp = Scale { values: (0.0, 80.0), pixels: (LEFT, LEFT + 160.0) };
    let mut stops = String::new();
    for step in 0..=8 {
        let part = f64::from(step) / 8.0;
        let _ = write!(stops, "<stop offset=\"{part:.3}\" stop-color=\"{}\"/>", hex(body(0.8 * part)));
    }
    canvas.raw(&format!("<defs><linearGradient id=\"body\">{stops}</linearGradient></defs>"));
    canvas.rect((ramp.pixels.0, top), (160.0, 10.0), "fill=\"url(#body)\"");
    for (value, text) in ramp.ticks(4) {
        canvas.text(ramp.at(value), top + 24.0, "small", Anchor::Middle, &text);
    }
    canvas.text(ramp.pixels.1 + 22.0, top + 9.0, "small", Anchor::Start, &format!("{}, % of volume", first.label));
    let mut x = LEFT + 330.0;
    for layer in others {
        canvas.rect((x, top - 1.0), (12.0, 12.0), &format!("rx=\"2\" fill=\"{}\"", layer.tint.hex()));
        let label = format!("{} \u{d7}{}", layer.label, layer.gain);
        canvas.text(x + 17.0, top + 9.0, "small", Anchor::Start, &label);
        #[expect(clippy::cast_precision_loss, reason = "a short text")]
        let width = label.chars().count() as f64;
        x += 32.0 + 6.6 * width;
    }
    canvas.text(
        LEFT + 330.0,
        top + 25.0,
        "small",
        Anchor::Start,
        "drawn that much stronger than they are, so that thin layers show",
    );
}
