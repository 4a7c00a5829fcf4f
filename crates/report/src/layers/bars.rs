//! Bars with the part of each thing that leaves by each outlet.

use super::canvas::{Anchor, Canvas, Scale};
use super::{LEFT, LayerMap, MARGIN, OUTLETS, RIGHT};

const TOP: f64 = 902.0;
const PITCH: f64 = 25.0;
const HEIGHT: f64 = 18.0;
/// Narrowest part in which its text fits, %.
const READABLE_PCT: f64 = 4.0;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    if map.destinations.is_empty() {
        return;
    }
    let x = Scale { values: (0.0, 100.0), pixels: (LEFT, RIGHT) };
    canvas.text(MARGIN, TOP - 18.0, "head", Anchor::Start, "Where it leaves");
    let mut legend = LEFT + 40.0;
    for (outlet, tint) in map.outlets.iter().zip(OUTLETS) {
        canvas.swatch(legend, TOP - 18.0, tint);
        canvas.text(legend + 15.0, TOP - 18.0, "small", Anchor::Start, &outlet.label);
        legend += 36.0 + Canvas::width(&outlet.label);
    }
    let mut top = TOP;
    for destination in &map.destinations {
        let middle = top + 0.5 * HEIGHT + 4.0;
        canvas.text(LEFT - 10.0, middle, "", Anchor::End, &destination.label);
        let mut before = 0.0;
        for (place, (part, tint)) in destination.parts.iter().zip(OUTLETS).enumerate() {
            let pct = 100.0 * part;
            let (from, to) = (x.within(before), x.within(before + pct));
            canvas.rect((from, top), (to - from, HEIGHT), &format!("fill=\"{}\"", tint.hex()));
            if pct >= READABLE_PCT {
                let class = if place == 0 { "small" } else { "light" };
                canvas.text(0.5 * (from + to), middle, class, Anchor::Middle, &format!("{pct:.0} %"));
            }
            before += pct;
        }
        top += PITCH;
    }
    canvas.below(&x, top, 5);
    canvas.text(0.5 * (LEFT + RIGHT), top + 35.0, "small", Anchor::Middle, "% of what enters");
}

/// Where the bars of so many things end.
pub(super) fn bottom(destinations: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let rows = destinations as f64;
    TOP + PITCH * rows + 40.0
}
