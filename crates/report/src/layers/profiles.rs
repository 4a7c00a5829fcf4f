//! A part of the map enlarged, and beside it, on the same scale across, the profiles in front of the outlets.

use super::canvas::{Anchor, Canvas, Scale, rounded_up};
use super::ground::{self, Frame, between};
use super::map::lines;
use super::{LEFT, Layer, LayerMap, MARGIN, OUTLETS, WIDTH};

const TOP: f64 = 584.0;
const BOTTOM: f64 = 804.0;
const MAP_RIGHT: f64 = 560.0;
const FIRST: f64 = 592.0;
const RIGHT: f64 = WIDTH - 24.0;
const SPACE: f64 = 16.0;
const ROWS: u32 = 110;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    let y = Scale { values: map.window.across, pixels: (TOP, BOTTOM) };
    canvas.text(MARGIN, TOP - 40.0, "head", Anchor::Start, "In front of the ports");
    canvas.beside(&y, LEFT, 6);
    canvas.upright(LEFT - 36.0, 0.5 * (TOP + BOTTOM), "small", &map.across_label);
    enlarged(map, &y, canvas);

    #[expect(clippy::cast_precision_loss, reason = "a few layers")]
    let pitch = (RIGHT - FIRST + SPACE) / map.layers.len() as f64;
    let mut left = FIRST;
    for layer in &map.layers {
        let right = left + pitch - SPACE;
        marks(map, &y, (left, right), canvas);
        profile(map, layer, &y, (left, right), canvas);
        left += pitch;
    }
    let caption = "at the end: % of volume, each on a scale of its own";
    canvas.text(0.5 * (FIRST + RIGHT), BOTTOM + 35.0, "small", Anchor::Middle, caption);
}

fn enlarged(map: &LayerMap, y: &Scale, canvas: &mut Canvas) {
    let frame = Frame { x: Scale { values: map.window.along, pixels: (LEFT, MAP_RIGHT) }, y: *y };
    let (width, height) = (MAP_RIGHT - LEFT, BOTTOM - TOP);
    canvas.raw(&format!(
        "<clipPath id=\"enlarged\"><rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{width}\" height=\"{height}\"/></clipPath>\
         <g clip-path=\"url(#enlarged)\">"
    ));
    ground::draw(map, &frame, "e", ROWS, canvas);
    lines(map, &frame, canvas);
    canvas.raw("</g>");
    canvas.below(&frame.x, BOTTOM, 4);
    canvas.text(0.5 * (LEFT + MAP_RIGHT), BOTTOM + 35.0, "small", Anchor::Middle, &map.along_label);
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS) {
        let (top, bottom) = (y.within(outlet.extent.0), y.within(outlet.extent.1));
        canvas.rect(
            (MAP_RIGHT + 5.0, top + 1.0),
            (7.0, bottom - top - 2.0),
            &format!("rx=\"2\" fill=\"{}\"", tint.hex()),
        );
    }
}

/// The outlets other than the first and the last, and the boundary.
fn marks(map: &LayerMap, y: &Scale, (left, right): (f64, f64), canvas: &mut Canvas) {
    let inner = map.outlets.len().saturating_sub(2);
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS).skip(1).take(inner) {
        let (top, bottom) = (y.within(outlet.extent.0), y.within(outlet.extent.1));
        let fill = format!("fill=\"{}\" fill-opacity=\".1\"", tint.hex());
        canvas.rect((left, top), (right - left, bottom - top), &fill);
    }
    if let Some(place) = map.boundary.as_ref().and_then(|(_, line)| line.last()) {
        let style = "stroke=\"#1c2430\" stroke-dasharray=\"5 3\"";
        canvas.path([(left, y.within(*place)), (right, y.within(*place))], false, style);
    }
}

fn profile(map: &LayerMap, layer: &Layer, y: &Scale, (left, right): (f64, f64), canvas: &mut Canvas) {
    let cells = map.across.len() - 1;
    let last = &layer.fraction[layer.fraction.len() - cells..];
    let middles: Vec<f64> = map.across.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    let (low, high) = map.window.across;
    let inner = middles.iter().copied().filter(|place| (low..high).contains(place) && *place > low);
    let places = std::iter::once(low).chain(inner).chain([high]);
    let shown: Vec<(f64, f64)> = places.map(|place| (place, 100.0 * between(&middles, last, place))).collect();
    let highest = shown.iter().map(|(_, pct)| *pct).fold(0.0, f64::max);
    let x = Scale { values: (0.0, rounded_up(highest)), pixels: (left, right) };
    let colour = layer.tint.hex();
    let curve = || shown.iter().map(|(place, pct)| (x.at(*pct), y.at(*place)));
    let area = std::iter::once((left, TOP)).chain(curve()).chain([(left, BOTTOM)]);
    canvas.path(area, true, &format!("fill=\"{colour}\" fill-opacity=\".25\""));
    canvas.path(curve(), false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\""));
    canvas.line((left, TOP), (left, BOTTOM), "axis");
    canvas.line((left, BOTTOM), (right, BOTTOM), "axis");
    let most = format!("{:.*}", x.digits(1), x.values.1);
    canvas.text(left, BOTTOM + 18.0, "small", Anchor::Start, "0");
    canvas.text(right, BOTTOM + 18.0, "small", Anchor::End, &most);
    canvas.text(left, TOP - 14.0, "small", Anchor::Start, &layer.label);
}
