//! The published planners, side by side: each with its equation, source and known error.
//!
//! They disagree up to fivefold at low counts. None carries an uncertainty; the plan's own distribution does.

use leuka_blood::math::pow;
use leuka_dose::DoseCell;
use serde::Serialize;

/// What the formulas are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Donation {
    /// The cells that the dose counts.
    pub cells: DoseCell,
    /// Their count before, per uL.
    pub count_per_ul: f64,
    /// White cells before, 1e9/L.
    pub wbc_1e9_l: f64,
    /// Haematocrit before, %.
    pub hematocrit_pct: f64,
    /// The weight that the dose is for, kg.
    pub dose_weight_kg: f64,
    /// Goal, 1e6/kg.
    pub goal_1e6_per_kg: f64,
    /// CE2 that is expected, %.
    pub efficiency_pct: f64,
    /// Blood volume of the donor, L.
    pub tbv_l: f64,
}

/// One published planner and what it says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published {
    /// Its usual name.
    pub name: &'static str,
    /// The equation.
    pub equation: &'static str,
    /// Litres of blood for the goal; `None` where a coefficient or an input is missing.
    pub volume_l: Option<f64>,
    /// Sessions, where the planner counts them.
    pub sessions: Option<f64>,
    /// Where it comes from.
    pub source: &'static str,
    /// Its known error, or why it says nothing here.
    pub error: &'static str,
}

/// Volume of blood between sessions of Ford's planner, in blood volumes.
const FORD_TBV: f64 = 2.5;

/// Every published planner for these cells.
#[must_use]
pub fn published(donation: &Donation) -> Vec<Published> {
    let Donation { cells, count_per_ul: c, wbc_1e9_l: wbc, hematocrit_pct: hematocrit, .. } = *donation;
    let cells_1e6 = donation.goal_1e6_per_kg * donation.dose_weight_kg;
    let volume = |efficiency: f64| (c > 0.0 && efficiency > 0.0).then(|| cells_1e6 / (c * efficiency));
    let by_ce2 = volume(donation.efficiency_pct / 100.0);
    let mut all = vec![Published {
        name: "CE2",
        equation: "V = goal w / (c CE2)",
        volume_l: by_ce2,
        sessions: None,
        source: "definition of CE2",
        error: "best of three on 137 runs: R2 .955 (MNC), .805 (continuous MNC)",
    }];
    if cells == DoseCell::Cd34 {
        let japan = (wbc > 0.0 && hematocrit > 0.0).then(|| (32.5 * pow(wbc / hematocrit, -0.364)).clamp(5.0, 90.0));
        all.extend([
            Published {
                name: "Almeida-Neto",
                equation: "dose = 0.43 c V / w",
                volume_l: volume(0.43),
                sessions: None,
                source: "row D1: Hematol Transfus Cell Ther 2020;42:164",
                error: "r .775 (.726 to .816) on 338 collections, allogeneic",
            },
            Published {
                name: "Japan 2019",
                equation: "CE[%] = 32.5 (WBC/Hct)^-0.364, 5 to 90",
                volume_l: japan.and_then(|pct| volume(pct / 100.0)),
                sessions: None,
                source: "48 harvests, 2019; WBC 1e9/L, Hct %",
                error: "one centre, 48 harvests; steep where the white count is low",
            },
            Published {
                name: "Okayama type",
                equation: "CE2[%] = a Hct[%] + b",
                volume_l: None,
                sessions: None,
                source: "coefficients per machine, learned by the site",
                error: "says nothing here: no coefficients for this machine; the sign of a differs between machines",
            },
            Published {
                name: "Ford",
                equation: "V = w goal / (c CE); sessions = V / (2.5 TBV)",
                volume_l: by_ce2,
                sessions: by_ce2.map(|litres| litres / (FORD_TBV * donation.tbv_l)),
                source: "Ford's planner",
                error: "as CE2; sessions of 2.5 blood volumes",
            },
            Published {
                name: "Delamain A, B",
                equation: "regressions for the day of the peak and the number of aphereses",
                volume_l: None,
                sessions: None,
                source: "Delamain",
                error: "says nothing here: its coefficients are not entered",
            },
        ]);
    }
    if cells == DoseCell::Cd3 {
        let bounded = (donation.efficiency_pct / 100.0).clamp(0.10, 0.90);
        all.extend([
            Published {
                name: "40 % rule",
                equation: "V = target / (0.40 c)",
                volume_l: volume(0.40),
                sessions: None,
                source: "CAR-T collections",
                error: "exceeded by 90 % of runs: the mean CE is about 60 %",
            },
            Published {
                name: "DLI",
                equation: "V = w goal / (WBC lymphocytes CD3 CE), CE 10 to 90 %, WBC 1 to 50",
                volume_l: volume(bounded).map(|litres| litres * wbc / wbc.clamp(1.0, 50.0)),
                sessions: None,
                source: "planner for donor lymphocytes",
                error: "not told",
            },
        ]);
    }
    all
}
