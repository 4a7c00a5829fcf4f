//! Profiles across the channel in front of the outlets, each layer on a scale of its own.

use super::canvas::{Anchor, Canvas, Scale, rounded_up};
use super::colour::Tint;
use super::{Layer, LayerMap, MARGIN, OUTLETS};

const TOP: f64 = 588.0;
const BOTTOM: f64 = 778.0;
const LEFT: f64 = MARGIN + 40.0;
const RIGHT: f64 = 690.0;
const SPACE: f64 = 16.0;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    let y = Scale { values: map.window, pixels: (TOP, BOTTOM) };
    canvas.text(MARGIN, TOP - 42.0, "head", Anchor::Start, "Across the channel in front of the ports");
    #[expect(clippy::cast_precision_loss, reason = "a few layers")]
    let width = (RIGHT - LEFT + SPACE) / map.layers.len() as f64 - SPACE;
    let mut left = LEFT;
    for (place, layer) in map.layers.iter().enumerate() {
        marks(map, &y, (left, left + width), canvas);
        profile(map, layer, &y, (left, left + width), canvas);
        if place == 0 {
            for (value, text) in y.ticks(5) {
                canvas.line((left - 4.0, y.at(value)), (left, y.at(value)), "axis");
                canvas.text(left - 8.0, y.at(value) + 4.0, "small", Anchor::End, &text);
            }
        }
        left += width + SPACE;
    }
    canvas.upright(LEFT - 34.0, 0.5 * (TOP + BOTTOM), "small", &map.across_label);
    canvas.text(
        0.5 * (LEFT + RIGHT),
        BOTTOM + 33.0,
        "small",
        Anchor::Middle,
        "% of volume, each on a scale of its own",
    );
}

/// The outlets that begin and end inside the window, and the boundary.
fn marks(map: &LayerMap, y: &Scale, (left, right): (f64, f64), canvas: &mut Canvas) {
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS).skip(1).take(1) {
        let (top, bottom) = (y.within(outlet.extent.0), y.within(outlet.extent.1));
        let fill = format!("fill=\"{}\" fill-opacity=\".13\"", tint.hex());
        canvas.rect((left, top), (right - left, bottom - top), &fill);
    }
    if let Some(place) = map.boundary.as_ref().and_then(|(_, line)| line.last()) {
        let style = "stroke=\"#1c2430\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\"";
        canvas.path([(left, y.within(*place)), (right, y.within(*place))], false, style);
    }
}

fn profile(map: &LayerMap, layer: &Layer, y: &Scale, (left, right): (f64, f64), canvas: &mut Canvas) {
    let cells = map.across.len() - 1;
    let last = &layer.fraction[layer.fraction.len() - cells..];
    let middles = map.across.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
    let shown: Vec<(f64, f64)> = middles
        .zip(last)
        .filter(|(place, _)| (map.window.0..=map.window.1).contains(place))
        .map(|(place, fraction)| (place, 100.0 * fraction))
        .collect();
    let highest = shown.iter().map(|(_, pct)| *pct).fold(0.0, f64::max);
    let x = Scale { values: (0.0, rounded_up(highest)), pixels: (left, right) };
    let colour = if layer.tint == Tint::Straw { "#a08a4a".to_owned() } else { layer.tint.hex() };
    let curve = || shown.iter().map(|(place, pct)| (x.at(*pct), y.at(*place)));
    if let (Some(first), Some(end)) = (shown.first(), shown.last()) {
        let area = std::iter::once((left, y.at(first.0))).chain(curve()).chain([(left, y.at(end.0))]);
        canvas.path(area, true, &format!("fill=\"{colour}\" fill-opacity=\".28\""));
        canvas.path(curve(), false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\""));
    }
    canvas.line((left, TOP), (left, BOTTOM), "axis");
    canvas.line((left, BOTTOM), (right, BOTTOM), "axis");
    for (value, text) in x.ticks(2) {
        canvas.line((x.at(value), BOTTOM), (x.at(value), BOTTOM + 4.0), "axis");
        let anchor = if value > 0.0 { Anchor::Middle } else { Anchor::Start };
        canvas.text(x.at(value), BOTTOM + 16.0, "small", anchor, &text);
    }
    canvas.rect((left, TOP - 21.0), (9.0, 9.0), &format!("rx=\"2\" fill=\"{colour}\""));
    canvas.text(left + 13.0, TOP - 12.0, "small", Anchor::Start, &layer.label);
}
