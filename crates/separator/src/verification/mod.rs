//! Reference problems with exact answers, and the study of the grid, all run on the production kernel.
//!
//! A batch is a channel without flow; the other parameters are the problem's own. Each problem hands back what the
//! channel computes beside what is exact, so that a command can print it and a test can judge it.

mod balance;
mod batch;
mod closure;
mod drift;
mod grids;
mod kynch;
mod limits;
mod smooth;

pub use leuka_blood::verification::{Convergence, Figure, Findings, Problem};

pub use grids::GRID_STUDY;

/// Every problem but the study of the grid, in the order in which they are best read.
pub const PROBLEMS: &[Problem] = &[
    Problem {
        name: "Kynch sedimentation, n = 1",
        about: "even suspension in a rotating drum; closed form by characteristics (Kynch 1952)",
        slow: false,
        run: |_| Ok(kynch::findings(1.0)?),
    },
    Problem {
        name: "Kynch sedimentation, n = 2",
        about: "the same with stronger hindrance",
        slow: false,
        run: |_| Ok(kynch::findings(2.0)?),
    },
    Problem {
        name: "Kynch sedimentation, n = 4.65",
        about: "the same, plateau and clear front only: this sediment is not one shock",
        slow: false,
        run: |_| Ok(kynch::findings(4.65)?),
    },
    Problem {
        name: "Single cell",
        about: "a neutrophil at 200 g: r = r0 exp(s omega^2 t), from 0.095 to 0.100 m",
        slow: false,
        run: |_| Ok(drift::single_cell()?),
    },
    Problem {
        name: "Plug-flow capture",
        about: "platelets that reach the wall of an annulus within the residence time, closed form",
        slow: false,
        run: |_| Ok(drift::plug_flow_capture()?),
    },
    Problem {
        name: "Smooth layer across the gap",
        about: "hindered settling of a smooth layer on the production spacing; exact by characteristics before any shock",
        slow: false,
        run: |_| Ok(smooth::across()?),
    },
    Problem {
        name: "Smooth cloud along the channel",
        about: "dilute cells carried by the parabolic profile on the production spacing; exact",
        slow: false,
        run: |_| Ok(smooth::along()?),
    },
    Problem {
        name: "Limits of the closure",
        about: "Richardson-Zaki for one species; Masliyah for several; equal species move together; a batch has no net flow",
        slow: false,
        run: |_| Ok(closure::findings()?),
    },
    Problem {
        name: "Mass balance",
        about: "60 mL/min at haematocrit 0.375, 30 mL/min of plasma out: the rest leaves at 0.75, on every grid",
        slow: true,
        run: |tell| Ok(balance::findings(tell)?),
    },
    Problem {
        name: "Conservation",
        about: "every component over 100 s of a start from saline with all populations, air and a changing speed",
        slow: false,
        run: |_| Ok(limits::conservation()?),
    },
    Problem {
        name: "Limits of the flow",
        about: "no flow, plasma alone, red cells alone, closed ports: exact",
        slow: false,
        run: |_| Ok(limits::findings()?),
    },
];
