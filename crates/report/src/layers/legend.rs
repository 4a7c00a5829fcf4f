//! What the colours of the maps mean.

use std::fmt::Write;

use super::canvas::{Anchor, Canvas, Scale};
use super::colour::{body, hex};
use super::{LEFT, LayerMap};

const TOP: f64 = 482.0;

pub(super) fn draw(map: &LayerMap, canvas: &mut Canvas) {
    let Some((first, others)) = map.layers.split_first() else { return };
    let ramp = Scale { values: (0.0, 80.0), pixels: (LEFT, LEFT + 150.0) };
    let mut stops = String::new();
    for step in 0..=8 {
        let part = f64::from(step) / 8.0;
        // Writing to a String cannot fail.
        let _ = write!(stops, "<stop offset=\"{part:.3}\" stop-color=\"{}\"/>", hex(body(0.8 * part)));
    }
    canvas.raw(&format!("<defs><linearGradient id=\"body\">{stops}</linearGradient></defs>"));
    canvas.rect((ramp.pixels.0, TOP), (150.0, 10.0), "fill=\"url(#body)\"");
    for (value, text) in ramp.ticks(4) {
        canvas.text(ramp.at(value), TOP + 24.0, "small", Anchor::Middle, &text);
    }
    canvas.text(ramp.pixels.1 + 16.0, TOP + 9.0, "small", Anchor::Start, &format!("{}, %", first.label));
    let left = LEFT + 270.0;
    let mut x = left;
    for layer in others {
        let label = format!("{} \u{d7}{}", layer.label, layer.gain);
        canvas.swatch(x, TOP + 9.0, layer.tint);
        canvas.text(x + 15.0, TOP + 9.0, "small", Anchor::Start, &label);
        x += 32.0 + Canvas::width(&label);
    }
    let caption = "drawn so many times stronger than they are, so that thin layers show";
    canvas.text(left, TOP + 25.0, "small", Anchor::Start, caption);
}
