//! Open-loop study: one inlet and setting, held until the collect haematocrit is steady.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Mixture, PerPopulation, Population};

use crate::{Outlets, Separator, Settings};

/// What is held during a study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Composition of what enters (any amount).
    pub blood: Mixture,
    /// Flow at the inlet.
    pub inlet_flow: FlowRate,
    /// Flow of the collect port.
    pub collect_flow: FlowRate,
    /// Speed.
    pub rotation: RotationalSpeed,
    /// Haematocrit of the collect port that the plasma flow is steered to.
    pub collect_hematocrit: f64,
    /// Total time.
    pub duration: TimeSpan,
    /// The results are means over this last part.
    pub averaging: TimeSpan,
}

/// Means over the averaging time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// Fraction of what entered that left by the plasma port, for each population; NaN-free: 0 for what is absent.
    pub plasma: PerPopulation<f64>,
    /// The same by the collect port.
    pub collect: PerPopulation<f64>,
    /// The same by the red-cell port.
    pub red: PerPopulation<f64>,
    /// Haematocrit of the product.
    pub collect_hematocrit: f64,
    /// Haematocrit leaving by the red-cell port.
    pub red_hematocrit: f64,
    /// Plasma flow found.
    pub plasma_flow: FlowRate,
    /// Mean interface position, mm.
    pub interface_mm: f64,
}

/// Runs `separator` on `case`.
pub fn steady(separator: &mut impl Separator, case: &Case) -> Steady {
    let step = TimeSpan::from_seconds(0.5);
    let hematocrit = case.blood.hematocrit();
    let inlet_ml = (case.inlet_flow * step).ml();
    let inlet = case.blood * (inlet_ml / case.blood.volume_ml());
    let free = case.inlet_flow.ml_min() - case.collect_flow.ml_min();
    let mut target_mm = std::env::var("TGT").map(|s| s.parse().unwrap()).unwrap_or(1.5);
    let mut bed = 0.75;
    let mut entered = Mixture::EMPTY;
    let mut left = Outlets::default();
    let (mut plasma_sum, mut interface_sum, mut steps) = (0.0, 0.0, 0.0);
    let mut time = 0.0;
    let mut smooth = case.collect_hematocrit;
    while time < case.duration.seconds() {
        let view = separator.view();
        let error_mm = view.interface_mm - target_mm;
        let correction = (4.0 * error_mm).clamp(-6.0, 6.0);
        bed = (bed + 0.002 * error_mm.clamp(-0.3, 0.3)* step.seconds()).clamp(0.5, 0.95);
        let plasma = (free * (1.0 - hematocrit / bed) + correction).clamp(0.0, free);
        let settings = Settings {
            rotation: case.rotation,
            plasma_flow: FlowRate::from_ml_min(plasma),
            collect_flow: case.collect_flow,
        };
        let out = separator.advance(&inlet, &settings, step);
        smooth += (out.collect.hematocrit() - smooth) * step.seconds() / 20.0;
        if time > 180.0 {
            target_mm += (smooth - case.collect_hematocrit).clamp(-0.03, 0.03) * 0.03 * step.seconds();
            target_mm = target_mm.clamp(0.3, 4.0);
        }
        if std::env::var("TRACE").is_ok() && (time/step.seconds()) as usize % 120 == 0 { println!("{:6.1} int {:.3} target {:.3} bed {:.3} Qp {:.2} Hc {:.4} smooth {:.4} Hred {:.3} Hp {:.4}", time/60.0, view.interface_mm, target_mm, bed, plasma, out.collect.hematocrit(), smooth, out.red.hematocrit(), out.plasma.hematocrit()); }
        time += step.seconds();
        if time > case.duration.seconds() - case.averaging.seconds() {
            entered += inlet;
            left.red += out.red;
            left.collect += out.collect;
            left.plasma += out.plasma;
            plasma_sum += plasma;
            interface_sum += view.interface_mm;
            steps += 1.0;
        }
    }
    let fraction = |part: &Mixture| {
        PerPopulation::from_fn(|population: Population| {
            let all = entered.cell_ml(population);
            if all > 0.0 { part.cell_ml(population) / all } else { 0.0 }
        })
    };
    Steady {
        plasma: fraction(&left.plasma),
        collect: fraction(&left.collect),
        red: fraction(&left.red),
        collect_hematocrit: left.collect.hematocrit(),
        red_hematocrit: left.red.hematocrit(),
        plasma_flow: FlowRate::from_ml_min(plasma_sum / steps),
        interface_mm: interface_sum / steps,
    }
}
