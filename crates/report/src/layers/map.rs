//! The channel, unrolled: what lies where, how it flows, where it leaves.

use super::canvas::{Anchor, Canvas, Scale};
use super::ground::{self, Frame, between};
use super::{LEFT, LayerMap, MARGIN, OUTLETS, RIGHT};

const TOP: f64 = 142.0;
const BOTTOM: f64 = 422.0;
const ROWS: u32 = 140;
/// The part of the boundary's way at which its name stands.
const NAMED_AT: f64 = 0.3;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    let ends = |faces: &[f64]| (faces[0], faces[faces.len() - 1]);
    let frame = Frame {
        x: Scale { values: ends(&map.along), pixels: (LEFT, RIGHT) },
        y: Scale { values: ends(&map.across), pixels: (TOP, BOTTOM) },
    };
    canvas.text(MARGIN, TOP - 22.0, "head", Anchor::Start, "What lies where");
    let caption = "white: lines of flow; the two that end at the edges of a port enclose what it draws";
    canvas.text(RIGHT, TOP - 22.0, "small", Anchor::End, caption);
    ground::draw(map, &frame, "m", ROWS, canvas);
    lines(map, &frame, canvas);
    name_boundary(map, &frame, canvas);
    window(map, &frame, canvas);
    axes(map, &frame, canvas);
    inlet(map, canvas);
    outlets(map, &frame.y, canvas);
}

/// Lines of flow and the boundary.
pub(super) fn lines(map: &LayerMap, frame: &Frame, canvas: &mut Canvas) {
    // A soft shade under the white, which would be lost on light ground.
    for (colour, wide, faint, strong) in [("#2a1a14", 1.6, 0.16, 0.4), ("#ffffff", 0.0, 0.55, 1.0)] {
        canvas.raw(&format!("<g fill=\"none\" stroke-linejoin=\"round\" stroke=\"{colour}\">"));
        for line in &map.streamlines {
            let points = clipped(&map.along, line, frame);
            let style = format!("stroke-opacity=\"{faint}\" stroke-width=\"{}\"", 1.0 + wide);
            canvas.path(points.iter().copied(), false, &style);
            arrow(&points, &style, canvas);
        }
        for line in &map.divides {
            let style = format!("stroke-opacity=\"{strong}\" stroke-width=\"{}\"", 1.3 + wide);
            canvas.path(clipped(&map.along, line, frame), false, &style);
        }
        canvas.raw("</g>");
    }
    if let Some((_, line)) = &map.boundary {
        let points = clipped(&middles(&map.along), line, frame);
        canvas.path(points, false, "fill=\"none\" stroke=\"#1c2430\" stroke-width=\"1.5\" stroke-dasharray=\"7 4\"");
    }
}

fn middles(faces: &[f64]) -> Vec<f64> {
    faces.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect()
}

/// The part of a line inside a frame, in pixels: it begins and ends on the frame's sides.
fn clipped(along: &[f64], across: &[f64], frame: &Frame) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (along.first(), along.last()) else { return Vec::new() };
    let (low, high) = (frame.x.values.0.max(*first), frame.x.values.1.min(*last));
    let inner = along.iter().copied().filter(|place| (low..high).contains(place) && *place > low);
    let places = std::iter::once(low).chain(inner).chain([high]);
    let point = |place| (frame.x.at(place), frame.y.at(between(along, across, place)));
    places.map(point).collect()
}

/// A small head in the middle of a line, where the flow goes.
fn arrow(points: &[(f64, f64)], style: &str, canvas: &mut Canvas) {
    let middle = points.len() / 2;
    if let (Some((x, y)), Some((far_x, far_y))) = (points.get(middle), points.get(middle + 1)) {
        let slope = (far_y - y) / (far_x - x);
        let at = |back: f64, side: f64| (x - back, y - back * slope + side);
        canvas.path([at(5.0, -3.0), at(0.0, 0.0), at(5.0, 3.0)], false, style);
    }
}

fn name_boundary(map: &LayerMap, frame: &Frame, canvas: &mut Canvas) {
    if let Some((label, line)) = &map.boundary {
        let along = frame.x.values.0 + NAMED_AT * (frame.x.values.1 - frame.x.values.0);
        let y = frame.y.within(between(&middles(&map.along), line, along));
        canvas.text(frame.x.at(along), y - 9.0, "strong", Anchor::Start, label);
    }
}

/// The part that is enlarged.
fn window(map: &LayerMap, frame: &Frame, canvas: &mut Canvas) {
    let (left, right) = (frame.x.within(map.window.along.0), frame.x.within(map.window.along.1));
    let (top, bottom) = (frame.y.within(map.window.across.0), frame.y.within(map.window.across.1));
    canvas.rect((left, top), (right - left, bottom - top), "fill=\"none\" stroke=\"#1c2430\" stroke-opacity=\".55\"");
    canvas.text(left + 6.0, top - 6.0, "small", Anchor::Start, "enlarged below");
}

fn axes(map: &LayerMap, frame: &Frame, canvas: &mut Canvas) {
    canvas.below(&frame.x, BOTTOM, 5);
    canvas.beside(&frame.y, LEFT, 5);
    canvas.text(0.5 * (LEFT + RIGHT), BOTTOM + 35.0, "small", Anchor::Middle, &map.along_label);
    canvas.upright(LEFT - 36.0, 0.5 * (TOP + BOTTOM), "small", &map.across_label);
}

fn inlet(map: &LayerMap, canvas: &mut Canvas) {
    let middle = 0.5 * (TOP + BOTTOM);
    let (from, to) = (MARGIN, MARGIN + 62.0);
    let style = "fill=\"none\" stroke=\"#5d6973\" stroke-width=\"2\"";
    canvas.path([(from, middle), (to, middle)], false, style);
    canvas.path([(to - 6.0, middle - 4.0), (to, middle), (to - 6.0, middle + 4.0)], false, style);
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
