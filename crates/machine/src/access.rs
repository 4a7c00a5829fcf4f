//! The way into the vein: a needle, cannula or catheter, and the vein behind it.
//!
//! Glossary
//! - fistula needle: the steel needle of dialysis and apheresis; its size is counted in gauge (G), more is thinner.
//! - catheter: a tube in a central vein; its size is counted in French (Fr), more is wider.
//! - Starling resistor: a soft tube that falls together when the pressure inside drops below that outside, so that no
//!   amount of suction draws more than a certain flow.

use leuka_blood::math::{greater, lesser};
use leuka_blood::parameters::{Error, Reader};
use serde::{Deserialize, Serialize};

/// A needle, cannula or catheter lumen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessKind {
    /// Dialysis catheter, 8 Fr, 125 mm: published row P1.
    #[serde(rename = "dialysis-catheter-8fr")]
    DialysisCatheter8Fr,
    /// Dialysis catheter, 6.5 Fr, 75 mm: published row P2.
    #[serde(rename = "dialysis-catheter-6.5fr")]
    DialysisCatheter65Fr,
    /// Cannula, 18 G, 45 mm: published row P3.
    #[serde(rename = "cannula-18g")]
    Cannula18G,
    /// Cannula, 20 G, 32 mm: published row P4.
    #[serde(rename = "cannula-20g")]
    Cannula20G,
    /// Fistula needle, 16 G, for an adult's arm vein.
    #[serde(rename = "fistula-needle-16g")]
    FistulaNeedle16G,
    /// Fistula needle, 17 G, for an adult's arm vein.
    #[serde(rename = "fistula-needle-17g")]
    FistulaNeedle17G,
    /// Apheresis catheter for an adult, 11.5 Fr, two lumens.
    ApheresisCatheter,
}

impl AccessKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::DialysisCatheter8Fr,
        Self::DialysisCatheter65Fr,
        Self::Cannula18G,
        Self::Cannula20G,
        Self::FistulaNeedle16G,
        Self::FistulaNeedle17G,
        Self::ApheresisCatheter,
    ];

    /// True for a catheter in a central vein.
    #[must_use]
    pub const fn is_central(self) -> bool {
        matches!(self, Self::DialysisCatheter8Fr | Self::DialysisCatheter65Fr | Self::ApheresisCatheter)
    }

    /// The published row that gives its pressures, and the entry of the factor by which an access without a row of its
    /// own is scaled.
    const fn row(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::DialysisCatheter8Fr => ("p1", None),
            Self::DialysisCatheter65Fr => ("p2", None),
            Self::Cannula18G => ("p3", None),
            Self::Cannula20G => ("p4", None),
            Self::FistulaNeedle16G => ("p3", Some("fistula_needle_16g")),
            Self::FistulaNeedle17G => ("p3", Some("fistula_needle_17g")),
            Self::ApheresisCatheter => ("p1", Some("apheresis_catheter")),
        }
    }
}

/// How well an arm vein fills. Central veins do not depend on it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VeinQuality {
    /// Large, straight and full.
    #[default]
    Good,
    /// Usable.
    Fair,
    /// Thin or soon empty.
    Poor,
}

/// Flows of the published rows P1 to P4, mL/min.
const ROW_FLOWS: [f64; 4] = [20.0, 30.0, 40.0, 50.0];

/// Pressure lost along an access against flow: straight lines through nothing and the four published points, the last
/// one carried on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PressureFlow {
    drops_mmhg: [f64; 4],
    /// The straight lines: flow and drop where each begins, and its slope, mmHg/(mL/min).
    lines: [(f64, f64, f64); 4],
}

impl PressureFlow {
    /// Pressure lost at a flow, mmHg. `flow_ml_min` must not be negative.
    #[must_use]
    pub fn drop_mmhg(&self, flow_ml_min: f64) -> f64 {
        let (flow, drop, slope) = self.line(|end_flow, _| flow_ml_min <= end_flow);
        drop + slope * (flow_ml_min - flow)
    }

    /// The flow at which the access and a linear resistance in series lose `drop_mmhg`, mL/min; 0 for a negative drop.
    #[must_use]
    pub fn flow_ml_min(&self, drop_mmhg: f64, series_mmhg_per_ml_min: f64) -> f64 {
        let total = |flow: f64, drop: f64| drop + series_mmhg_per_ml_min * flow;
        let (flow, drop, slope) = self.line(|end_flow, end_drop| drop_mmhg <= total(end_flow, end_drop));
        greater(flow + (drop_mmhg - total(flow, drop)) / (slope + series_mmhg_per_ml_min), 0.0)
    }

    /// The first line whose end `is_beyond` accepts, else the last. Once it accepts one it accepts those that follow, so
    /// that they are counted, without a branch.
    #[inline]
    fn line(&self, is_beyond: impl Fn(f64, f64) -> bool) -> (f64, f64, f64) {
        let ends = || ROW_FLOWS.into_iter().zip(self.drops_mmhg).take(ROW_FLOWS.len() - 1);
        self.lines[ends().map(|(flow, drop)| usize::from(!is_beyond(flow, drop))).sum::<usize>()]
    }

    fn through(drops_mmhg: [f64; 4]) -> Self {
        let mut lines = [(0.0, 0.0, 0.0); 4];
        let mut from = (0.0, 0.0);
        for ((line, flow), drop) in lines.iter_mut().zip(ROW_FLOWS).zip(drops_mmhg) {
            *line = (from.0, from.1, (drop - from.1) / (flow - from.0));
            from = (flow, drop);
        }
        Self { drops_mmhg, lines }
    }
}

/// An access as it is drawn through and as it is returned through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// Suction needed to draw.
    pub draw: PressureFlow,
    /// Pressure needed to return.
    pub give: PressureFlow,
}

impl Access {
    pub(crate) fn read(reader: &mut Reader<'_>, kind: AccessKind) -> Result<Self, Error> {
        let (row, scaled_by) = kind.row();
        let factor = match scaled_by {
            Some(name) => reader.within(&format!("access.{name}"), "", 0.01, 10.0)?,
            None => 1.0,
        };
        let mut curve = |side: &str| -> Result<PressureFlow, Error> {
            let mut drops_mmhg = [0.0; 4];
            let mut lowest = f64::MIN_POSITIVE;
            for (drop, flow) in drops_mmhg.iter_mut().zip(ROW_FLOWS) {
                let value = reader.within(&format!("access.{row}.{side}_{flow}_ml_min"), "mmHg", lowest, 1000.0)?;
                lowest = value;
                *drop = value * factor;
            }
            Ok(PressureFlow::through(drops_mmhg))
        };
        Ok(Self { draw: curve("suction")?, give: curve("return")? })
    }
}

/// The vein that is drawn from, as a Starling resistor: its filling pressure pushes blood to the access until the flow
/// needs all of it, and then the vein falls together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vein {
    /// Pressure that fills the vein, mmHg.
    pub(crate) filling_mmhg: f64,
    /// Most that it gives, mL/min.
    pub(crate) most_ml_min: f64,
}

impl Vein {
    /// Flow through vein, access and a linear resistance in series, mL/min, when the pressure behind them is
    /// `pressure_mmhg`.
    pub(crate) fn flow_ml_min(&self, access: &PressureFlow, pressure_mmhg: f64, series_mmhg_per_ml_min: f64) -> f64 {
        if self.most_ml_min <= 0.0 {
            return 0.0;
        }
        let own_resistance = self.filling_mmhg / self.most_ml_min;
        let drop = self.filling_mmhg - pressure_mmhg;
        lesser(access.flow_ml_min(drop, own_resistance + series_mmhg_per_ml_min), self.most_ml_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Parameters;

    fn access(kind: AccessKind) -> Access {
        *Parameters::embedded().unwrap().access(kind)
    }

    #[test]
    fn published_rows_p1_to_p4_are_reproduced_both_ways() {
        let rows = [
            (AccessKind::DialysisCatheter8Fr, [43.0, 61.0, 81.0, 96.0], [21.0, 36.0, 55.0, 76.0]),
            (AccessKind::DialysisCatheter65Fr, [51.0, 68.0, 89.0, 108.0], [18.0, 38.0, 60.0, 80.0]),
            (AccessKind::Cannula18G, [53.0, 76.0, 100.0, 123.0], [32.0, 44.0, 68.0, 97.0]),
            (AccessKind::Cannula20G, [63.0, 94.0, 121.0, 146.0], [38.0, 57.0, 86.0, 120.0]),
        ];
        for (kind, suction, pressure) in rows {
            for (place, flow) in ROW_FLOWS.into_iter().enumerate() {
                let access = access(kind);
                assert!((access.draw.drop_mmhg(flow) - suction[place]).abs() < 1e-9, "{kind:?} at {flow} mL/min");
                assert!((access.give.drop_mmhg(flow) - pressure[place]).abs() < 1e-9, "{kind:?} at {flow} mL/min");
                assert!((access.draw.flow_ml_min(suction[place], 0.0) - flow).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_flow_through_two_resistances_loses_the_whole_drop() {
        let draw = access(AccessKind::Cannula20G).draw;
        for drop in [5.0, 80.0, 200.0, 400.0] {
            let flow = draw.flow_ml_min(drop, 0.7);
            assert!((draw.drop_mmhg(flow) + 0.7 * flow - drop).abs() < 1e-9);
        }
        assert_eq!(draw.flow_ml_min(-3.0, 0.7), 0.0);
    }

    #[test]
    fn more_suction_draws_no_more_from_a_vein_that_has_fallen_together() {
        let vein = Vein { filling_mmhg: 20.0, most_ml_min: 70.0 };
        let draw = access(AccessKind::FistulaNeedle17G).draw;
        assert!(vein.flow_ml_min(&draw, -10.0, 0.0) < vein.flow_ml_min(&draw, -20.0, 0.0));
        assert_eq!(vein.flow_ml_min(&draw, -200.0, 0.0), 70.0);
        assert_eq!(vein.flow_ml_min(&draw, -400.0, 0.0), 70.0);
    }

    #[test]
    fn a_wider_access_needs_less_suction() {
        let suction = |kind| access(kind).draw.drop_mmhg(60.0);
        assert!(suction(AccessKind::FistulaNeedle16G) < suction(AccessKind::FistulaNeedle17G));
        assert!(suction(AccessKind::FistulaNeedle17G) < suction(AccessKind::Cannula18G));
        assert!(suction(AccessKind::ApheresisCatheter) < suction(AccessKind::DialysisCatheter8Fr));
    }
}
