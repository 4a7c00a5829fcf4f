//! Pictures: panels of curves above each other over one time axis.

use kuva::backend::svg::SvgBackend;
use kuva::plot::{LegendPosition, LinePlot};
use kuva::render::annotations::{ReferenceLine, ShadedRegion};
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

use crate::NOT_A_DEVICE;

/// Blue, green, violet, brown, grey: none of them an alarm colour.
const COLOURS: [&str; 5] = ["#1f5fa8", "#2e7d4f", "#7b4fa3", "#8a5a2b", "#5f6b76"];
/// Points drawn for a curve; longer ones are thinned.
const MAX_POINTS: usize = 1500;

/// One curve.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// Points (x, y) in order of x; a y that is not finite is left out.
    pub points: Vec<(f64, f64)>,
}

/// A level that should not be passed, drawn as a dashed line.
#[derive(Debug, Clone)]
pub struct Limit {
    /// What it is.
    pub label: String,
    /// Where it lies, in the panel's unit.
    pub value: f64,
}

/// Curves that share a unit.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// The vertical axis: what and in which unit.
    pub label: String,
    /// The curves, at most five.
    pub series: Vec<Series>,
    /// The limits.
    pub limits: Vec<Limit>,
}

/// A stretch of the horizontal axis that is shaded.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

/// A picture.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The title.
    pub title: String,
    /// The horizontal axis: what and in which unit.
    pub x_label: String,
    /// The panels, from the top.
    pub panels: Vec<Panel>,
    /// Shaded stretches, the same in every panel.
    pub stages: Vec<Stage>,
}

impl Picture {
    /// The picture as SVG, with the sentence that it is not a medical device's.
    #[must_use]
    pub fn svg(&self) -> String {
        let last = self.panels.len().saturating_sub(1);
        let plots: Vec<Vec<Plot>> = self.panels.iter().map(plots).collect();
        let layouts = self.panels.iter().zip(&plots).enumerate().map(|(row, (panel, plots))| {
            let layout = self.layout(panel, plots);
            if row == last { layout.with_x_label(&self.x_label) } else { layout }
        });
        let layouts: Vec<Layout> = layouts.collect();
        let figure = Figure::new(self.panels.len().max(1), 1)
            .with_title(format!("{}  -  {NOT_A_DEVICE}", self.title))
            .with_title_size(14)
            .with_plots(plots)
            .with_layouts(layouts)
            .with_shared_x_all()
            .with_spacing(8.0)
            .with_cell_size(980.0, 210.0);
        SvgBackend.render_scene(&figure.render())
    }

    fn layout(&self, panel: &Panel, plots: &[Plot]) -> Layout {
        let mut layout = Layout::auto_from_plots(plots)
            .with_y_label(&panel.label)
            .with_label_size(12)
            .with_tick_size(11)
            .with_body_size(11)
            .with_legend_position(LegendPosition::OutsideRightTop)
            .with_legend_box(false)
            .with_legend_width(170.0)
            .with_force_margins(70.0, 180.0);
        for stage in &self.stages {
            layout = layout.with_shaded_region(
                ShadedRegion::vertical(stage.from, stage.to).with_color("#dfe7ee").with_opacity(0.5),
            );
        }
        for limit in &panel.limits {
            layout = layout.with_reference_line(
                ReferenceLine::horizontal(limit.value).with_color("#444444").with_label(&limit.label),
            );
        }
        layout
    }
}

fn plots(panel: &Panel) -> Vec<Plot> {
    let drawn = panel.series.iter().zip(COLOURS).enumerate().map(|(place, (series, colour))| {
        let finite: Vec<_> = series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let every = finite.len().div_ceil(MAX_POINTS).max(1);
        let points: Vec<_> = finite.into_iter().step_by(every).collect();
        let line =
            LinePlot::new().with_data(points).with_color(colour).with_stroke_width(1.6).with_legend(&series.label);
        Plot::Line(match place % 3 {
            0 => line,
            1 => line.with_dashed(),
            _ => line.with_dotted(),
        })
    });
    drawn.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        let wave = (0..5000).map(|i| (f64::from(i), f64::from(i % 100))).collect();
        Picture {
            title: "A run".into(),
            x_label: "minutes".into(),
            panels: vec![Panel {
                label: "inlet, mL/min".into(),
                series: vec![Series { label: "inlet & more".into(), points: wave }],
                limits: vec![Limit { label: "goal".into(), value: 50.0 }],
            }],
            stages: vec![Stage { from: 0.0, to: 1000.0 }],
        }
    }

    #[test]
    fn a_picture_says_what_it_shows_and_that_it_is_no_device() {
        let svg = picture().svg();
        for text in ["A run", "minutes", "inlet, mL/min", "inlet &amp; more", "goal", "Not a medical device"] {
            assert!(svg.contains(text), "`{text}` is not in the picture");
        }
        assert!(svg.trim_start().starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn long_series_are_thinned_and_points_without_a_value_left_out() {
        let mut long = picture();
        long.panels[0].series[0].points.push((5001.0, f64::NAN));
        let svg = long.svg();
        assert!(!svg.contains("NaN"));
        assert!(svg.len() < 80_000, "{} bytes", svg.len());
    }

    #[test]
    fn a_picture_of_nothing_is_still_a_picture() {
        assert!(Picture::default().svg().contains("</svg>"));
    }
}
