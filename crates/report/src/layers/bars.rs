//! Bars with the part of each thing that leaves by each outlet.

use super::canvas::{Anchor, Canvas, Scale};
use super::{LayerMap, OUTLETS, WIDTH};

const TOP: f64 = 588.0;
const BOTTOM: f64 = 778.0;
const LEFT: f64 = 850.0;
const RIGHT: f64 = WIDTH - 50.0;
/// Narrowest part in which its text fits, %.
const READABLE_PCT: f64 = 11.0;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    if map.destinations.is_empty() {
        return;
    }
    let x = Scale { values: (0.0, 100.0), pixels: (LEFT, RIGHT) };
    canvas.text(750.0, TOP - 42.0, "head", Anchor::Start, "Where they leave");
    let mut legend = LEFT;
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS) {
        canvas.rect((legend, TOP - 21.0), (9.0, 9.0), &format!("rx=\"2\" fill=\"{}\"", tint.hex()));
        canvas.text(legend + 13.0, TOP - 12.0, "small", Anchor::Start, &outlet.label);
        #[expect(clippy::cast_precision_loss, reason = "a short text")]
        let width = outlet.label.chars().count() as f64;
        legend += 30.0 + 6.6 * width;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let pitch = ((BOTTOM - TOP) / map.destinations.len() as f64).min(40.0);
    let height = 0.72 * pitch;
    let mut top = TOP;
    for destination in &map.destinations {
        let middle = top + 0.5 * height + 4.0;
        canvas.text(LEFT - 10.0, middle, "", Anchor::End, &destination.label);
        let mut before = 0.0;
        for (place, (part, tint)) in destination.parts.iter().zip(OUTLETS).enumerate() {
            let (from, to) = (x.within(before), x.within(before + 100.0 * part));
            canvas.rect((from, top), (to - from, height), &format!("fill=\"{}\"", tint.hex()));
            if 100.0 * part >= READABLE_PCT {
                let colour = if place == 0 { "#2b3640" } else { "#ffffff" };
                canvas.raw(&format!(
                    "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"middle\" style=\"fill:{colour};font-size:11px\">{:.0} %</text>",
                    0.5 * (from + to),
                    100.0 * part
                ));
            }
            before += 100.0 * part;
        }
        top += pitch;
    }
    canvas.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis");
    for (value, text) in x.ticks(4) {
        canvas.line((x.at(value), BOTTOM), (x.at(value), BOTTOM + 4.0), "axis");
        canvas.text(x.at(value), BOTTOM + 16.0, "small", Anchor::Middle, &text);
    }
    canvas.text(0.5 * (LEFT + RIGHT), BOTTOM + 33.0, "small", Anchor::Middle, "% of what enters");
}
