//! The channel meets the exact answers of its reference problems.

use leuka_separator::Grid;
use leuka_separator::verification::{Figure, kynch, mass_balance, plug_flow_capture, single_cell};

fn close(figure: &Figure, tolerance: f64) {
    let Figure { name, unit, exact, computed } = figure;
    assert!((computed - exact).abs() <= tolerance, "{name}: {computed} {unit} against the exact {exact}");
}

#[test]
fn kynch_sedimentation_meets_its_closed_form_to_the_last_digit_given() {
    // The answers are given to 1e-6 in volume fraction and in metres (0.1 um for one front).
    for exponent in [1.0, 2.0, 4.65] {
        for figure in kynch(exponent, 100).unwrap() {
            close(&figure, 1.0e-6);
        }
    }
}

#[test]
fn a_single_neutrophil_takes_the_published_time() {
    // A cell of 0.15 mm is crossed in 0.45 s; second order leaves a hundredth of that.
    close(&single_cell(100).unwrap(), 0.005);
    close(&single_cell(200).unwrap(), 0.00125);
}

#[test]
fn plug_flow_catches_what_reaches_the_wall() {
    // What is left after 300 s is 3.5 % of the catch behind a front two or three cells wide: one cell of 400.
    let [short, long] = plug_flow_capture(400).unwrap();
    close(&short, 1e-5);
    close(&long, 1.0 / 400.0);
}

#[test]
fn red_cells_leave_at_the_haematocrit_that_the_mass_balance_asks_for() {
    // After 16 minutes 3e-4 of the bed is still on its way to the steady state.
    close(&mass_balance(Grid { axial: 12, radial: 48 }).unwrap(), 5e-4);
}
