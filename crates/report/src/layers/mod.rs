//! A picture of layers: where things lie in a channel, what a section across it holds, and where everything leaves.
//!
//! Three rows: a map of the channel, unrolled, seen from the side; a part of it enlarged, with profiles across it in
//! front of the outlets; bars with the part of each thing that leaves by each outlet. The first layer is drawn as the body of the map, from straw
//! to dark red; the others stain it, each in its own colour.

mod bars;
mod canvas;
mod colour;
mod ground;
mod legend;
mod map;
mod profiles;

use canvas::{Anchor, Canvas};
pub use colour::Tint;

use crate::NOT_A_DEVICE;

/// What lies where in a channel.
#[derive(Debug, Clone, Default)]
pub struct LayerMap {
    /// The title.
    pub title: String,
    /// The conditions, a line each.
    pub conditions: Vec<String>,
    /// What is measured along the channel, with its unit.
    pub along_label: String,
    /// Where the cells along the channel begin, and the end.
    pub along: Vec<f64>,
    /// What is measured across the channel, with its unit.
    pub across_label: String,
    /// Where the cells across the channel begin, and the end; drawn from the top.
    pub across: Vec<f64>,
    /// The body, and then everything that stains it.
    pub layers: Vec<Layer>,
    /// Lines along which the flow runs: their place across, where each cell along begins, and at the end.
    pub streamlines: Vec<Vec<f64>>,
    /// Those lines that part what the outlets draw.
    pub divides: Vec<Vec<f64>>,
    /// A line to point out: its name, and its place across in each cell along.
    pub boundary: Option<(String, Vec<f64>)>,
    /// What enters.
    pub inlet: Outlet,
    /// What leaves at the end, from the top.
    pub outlets: Vec<Outlet>,
    /// The part that is enlarged.
    pub window: Window,
    /// Where each thing leaves.
    pub destinations: Vec<Destination>,
}

/// How much of one thing there is in each cell.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its name.
    pub label: String,
    /// Volume fraction, 0 to 1, `[cell along][cell across]`.
    pub fraction: Vec<f64>,
    /// Its colour; the body of the map has colours of its own.
    pub tint: Tint,
    /// How much stronger it stains than it is: a fraction of 1 / gain covers half of what lies under it.
    pub gain: f64,
}

/// A part of a channel.
#[derive(Debug, Default, Clone, Copy)]
pub struct Window {
    /// From where to where along it.
    pub along: (f64, f64),
    /// From where to where across it.
    pub across: (f64, f64),
}

/// Where something enters or leaves.
#[derive(Debug, Clone, Default)]
pub struct Outlet {
    /// Its name.
    pub label: String,
    /// What else there is to say, a short line each.
    pub details: Vec<String>,
    /// Which part of the way across it covers.
    pub extent: (f64, f64),
}

/// Which parts of one thing leave by each outlet.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The thing.
    pub label: String,
    /// The parts, 0 to 1, in the order of the outlets.
    pub parts: Vec<f64>,
}

const WIDTH: f64 = 1180.0;
const MARGIN: f64 = 40.0;
/// Where maps and bars begin and end.
const LEFT: f64 = 172.0;
const RIGHT: f64 = WIDTH - 150.0;
/// Colours of the outlets, from the top: of plasma, of the product, of red cells.
const OUTLETS: [Tint; 3] = [Tint::Straw, Tint::Blue, Tint::Red];

impl LayerMap {
    /// The picture as SVG, with the sentence that it is not a medical device's. What has no cells or no layers is left
    /// out.
    #[must_use]
    pub fn svg(&self) -> String {
        let height = bars::bottom(self.destinations.len()) + 50.0;
        let mut canvas = Canvas::new(WIDTH, height, &self.title);
        canvas.text(MARGIN, 46.0, "title", Anchor::Start, &self.title);
        for (y, line) in (0..).map(|row| 70.0 + 18.0 * f64::from(row)).zip(&self.conditions) {
            canvas.text(MARGIN, y, "quiet", Anchor::Start, line);
        }
        if self.has_cells() {
            map::draw(self, &mut canvas);
            legend::draw(self, &mut canvas);
            profiles::draw(self, &mut canvas);
        }
        bars::draw(self, &mut canvas);
        canvas.text(MARGIN, height - 20.0, "small", Anchor::Start, NOT_A_DEVICE);
        canvas.finish()
    }

    /// Whether every layer has a value for every cell, and there are some.
    fn has_cells(&self) -> bool {
        let cells = self.along.len().saturating_sub(1) * self.across.len().saturating_sub(1);
        cells > 0 && !self.layers.is_empty() && self.layers.iter().all(|layer| layer.fraction.len() == cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> LayerMap {
        let layer = |label: &str, tint, fraction: f64| Layer {
            label: label.into(),
            fraction: (0..64).map(|cell| fraction * f64::from(cell % 16) / 15.0).collect(),
            tint,
            gain: 20.0,
        };
        LayerMap {
            title: "Layers & more".into(),
            conditions: vec!["60 mL/min".into()],
            along_label: "along, mm".into(),
            along: (0..5).map(f64::from).collect(),
            across_label: "depth, mm".into(),
            across: (0..17).map(f64::from).collect(),
            layers: vec![layer("red cells", Tint::Red, 0.8), layer("monocytes", Tint::Violet, 0.02)],
            streamlines: vec![vec![3.0; 5]],
            boundary: Some(("interface".into(), vec![6.0; 4])),
            inlet: Outlet { label: "blood".into(), ..Outlet::default() },
            outlets: vec![Outlet { label: "plasma".into(), details: vec!["30 mL/min".into()], extent: (0.0, 4.0) }],
            divides: vec![],
            window: Window { along: (2.0, 4.0), across: (2.0, 9.0) },
            destinations: vec![Destination { label: "monocytes".into(), parts: vec![0.25, 0.75] }],
        }
    }

    #[test]
    fn it_says_what_it_shows_and_that_it_is_no_device() {
        let svg = picture().svg();
        for text in [
            "Layers &amp; more",
            "60 mL/min",
            "along, mm",
            "depth, mm",
            "red cells",
            "monocytes",
            "interface",
            "plasma",
            "30 mL/min",
            "25 %",
            "75 %",
            "Not a medical device",
        ] {
            assert!(svg.contains(text), "`{text}` is not in the picture");
        }
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && !svg.contains("NaN"));
    }

    #[test]
    fn a_fine_grid_does_not_make_a_large_picture() {
        let mut fine = picture();
        fine.along = (0..=128).map(f64::from).collect();
        fine.across = (0..=512).map(f64::from).collect();
        fine.boundary = None;
        for layer in &mut fine.layers {
            layer.fraction = (0..128 * 512).map(|cell| 0.5 * f64::from(cell % 512) / 511.0).collect();
        }
        let svg = fine.svg();
        assert!(svg.len() < 600_000, "{} bytes", svg.len());
    }

    #[test]
    fn a_picture_of_nothing_is_still_a_picture() {
        assert!(LayerMap::default().svg().contains("</svg>"));
        let mut torn = picture();
        torn.layers[0].fraction.pop();
        assert!(torn.svg().contains("</svg>"));
    }
}
