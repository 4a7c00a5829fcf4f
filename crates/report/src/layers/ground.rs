//! The coloured ground of a map: what lies where in a part of the channel.

use std::fmt::Write;

use super::LayerMap;
use super::canvas::{Canvas, Scale};
use super::colour::{Rgb, body, hex, stained};

/// Most colours along a row.
const STOPS: usize = 48;

/// A rectangle of the picture with its scales: `x` along the channel, `y` across it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// Draws the ground of `frame` in rows, each a gradient along the channel; `name` tells its gradients from others.
pub(super) fn draw(map: &LayerMap, frame: &Frame, name: &str, rows: u32, canvas: &mut Canvas) {
    let across = middles(&map.across);
    let stops = stops(map, frame);
    let (Some(first), Some(last)) = (stops.first(), stops.last()) else { return };
    let (left, right) = frame.x.pixels;
    let (top, bottom) = frame.y.pixels;
    let height = (bottom - top) / f64::from(rows);
    let mut defs = String::from("<defs>");
    let mut bands = String::from("<g shape-rendering=\"crispEdges\">");
    for row in 0..rows {
        let middle = top + (f64::from(row) + 0.5) * height;
        let depth = frame.y.value(middle);
        // Writing to a String cannot fail.
        let _ = write!(
            defs,
            "<linearGradient id=\"{name}{row}\" gradientUnits=\"userSpaceOnUse\" x1=\"{:.1}\" x2=\"{:.1}\">",
            first.1, last.1
        );
        for (section, pixel) in &stops {
            let offset = (pixel - first.1) / (last.1 - first.1).max(1e-9);
            let colour = hex(colour_at(map, *section, &across, depth));
            let _ = write!(defs, "<stop offset=\"{offset:.3}\" stop-color=\"{colour}\"/>");
        }
        defs.push_str("</linearGradient>");
        let (upper, tall) = (middle - 0.5 * height, if row + 1 < rows { height + 0.6 } else { height });
        let _ = write!(
            bands,
            "<rect x=\"{left}\" y=\"{upper:.2}\" width=\"{:.1}\" height=\"{tall:.2}\" fill=\"url(#{name}{row})\"/>",
            right - left
        );
    }
    canvas.raw(&(defs + "</defs>"));
    canvas.raw(&(bands + "</g>"));
}

/// The cells along the channel that give a row its colours, with the pixel of their middle: those inside the frame and
/// one more on each side.
fn stops(map: &LayerMap, frame: &Frame) -> Vec<(usize, f64)> {
    let along = middles(&map.along);
    let (low, high) = frame.x.values;
    let first = along.partition_point(|place| *place < low).saturating_sub(1);
    let end = (along.partition_point(|place| *place <= high) + 1).min(along.len());
    let every = (end - first).div_ceil(STOPS);
    (first..end).step_by(every.max(1)).map(|section| (section, frame.x.at(along[section]))).collect()
}

fn middles(faces: &[f64]) -> Vec<f64> {
    faces.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect()
}

fn colour_at(map: &LayerMap, section: usize, across: &[f64], depth: f64) -> Rgb {
    let cells = section * across.len()..(section + 1) * across.len();
    let mut fractions = map.layers.iter().map(|layer| (layer, between(across, &layer.fraction[cells.clone()], depth)));
    let ground = fractions.next().map_or(body(0.0), |(_, fraction)| body(fraction));
    let stains: Vec<_> = fractions.map(|(layer, fraction)| (layer.tint.rgb(), layer.gain * fraction)).collect();
    stained(ground, &stains)
}

/// The value at `place`, on straight lines between those at `places`; level beyond them, 0 without any.
pub(super) fn between(places: &[f64], values: &[f64], place: f64) -> f64 {
    let known = places.len().min(values.len());
    let (places, values) = (&places[..known], &values[..known]);
    let next = places.partition_point(|before| *before < place);
    match (next.checked_sub(1), values.get(next)) {
        (None, first) => first.copied().unwrap_or(0.0),
        (Some(last), None) => values[last],
        (Some(last), Some(after)) => {
            let part = (place - places[last]) / (places[next] - places[last]);
            values[last] + part * (after - values[last])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_places_the_value_lies_on_the_line() {
        let (places, values) = ([1.0, 2.0, 4.0], [10.0, 20.0, 0.0]);
        for (place, value) in [(0.0, 10.0), (1.5, 15.0), (3.0, 10.0), (9.0, 0.0)] {
            assert!((between(&places, &values, place) - value).abs() < 1e-12, "{place}");
        }
        assert_eq!((between(&places, &values[..1], 3.0), between(&places, &[], 3.0)), (10.0, 0.0));
    }
}
