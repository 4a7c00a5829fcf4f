//! `leuka reconcile`.

use std::process::ExitCode;

use leuka_plan::{Bag, Budget, Scale, reconcile};
use leuka_procedure::pretty;
use leuka_report::NOT_A_DEVICE;

use crate::Failure;

/// Makes the account of a product bag: volume by scales and by device, count and viability make the dose with its error,
/// held against the order's specification.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  leuka reconcile --weight 245.4 --tare 40 --device-volume 209.8 --count 2.0 --viability 97 --dose-weight 74 --specification 5")]
pub(crate) struct Arguments {
    /// Weight of the full bag, g.
    #[arg(long, value_name = "G")]
    weight: f64,
    /// Weight of the empty bag, g.
    #[arg(long, value_name = "G")]
    tare: f64,
    /// Volume that the device tells, mL.
    #[arg(long, value_name = "ML")]
    device_volume: Option<f64>,
    /// Count of the dose's cells, 1e6/mL.
    #[arg(long, value_name = "1E6/ML")]
    count: f64,
    /// Living part, %.
    #[arg(long, value_name = "PCT", default_value_t = 100.0)]
    viability: f64,
    /// The weight that the dose is for, kg.
    #[arg(long, value_name = "KG")]
    dose_weight: f64,
    /// What the order asks for at least, living cells, 1e6/kg.
    #[arg(long, value_name = "1E6/KG")]
    specification: f64,
    /// Haematocrit of the product, %.
    #[arg(long, value_name = "PCT", default_value_t = 3.0)]
    hematocrit: f64,
    /// Volume of white cells in the product, %.
    #[arg(long, value_name = "PCT", default_value_t = 2.0)]
    leukocrit: f64,
    /// A fixed density (g/mL) in place of that by haematocrit and leukocrit; the customary 1.05 makes 2 % too little.
    #[arg(long, value_name = "G/ML")]
    density: Option<f64>,
    /// Coefficient of variation of the count, %.
    #[arg(long, value_name = "PCT", default_value_t = 8.0)]
    count_error: f64,
    /// Prints the account as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let by_composition =
        Scale::Composition { hematocrit_pct: arguments.hematocrit, leukocrit_pct: arguments.leukocrit };
    let account = reconcile(&Bag {
        weight_g: arguments.weight,
        tare_g: arguments.tare,
        scale: arguments.density.map_or(by_composition, Scale::Fixed),
        device_ml: arguments.device_volume,
        count_1e6_ml: arguments.count,
        viability_pct: arguments.viability,
        dose_weight_kg: arguments.dose_weight,
        specification_1e6_per_kg: arguments.specification,
        budget: Budget { count: arguments.count_error / 100.0, ..Budget::default() },
    })
    .map_err(|error| Failure::Input(error.to_string()))?;
    if arguments.json {
        print!("{}", pretty(&account));
    } else {
        let device = account.device_ml.zip(account.device_excess_pct).map_or(String::new(), |(device, excess)| {
            format!("; by the device {device:.1} mL ({excess:+.1} %; devices read about +4.9 %)")
        });
        let [low, high] = account.band_95_1e6_per_kg;
        let budget = &account.budget;
        print!(
            "Volume     {:.1} mL by the scales at {:.4} g/mL{device}\n\
             Cells      {:.1} x1e6\n\
             Dose       {:.2} x1e6/kg living, 95 % band {low:.2} to {high:.2}\n\
             Error      {:.1} %: volume {:.1} %, count {:.1} %, viability {:.1} %\n\
             Order      at least {:.2} x1e6/kg: {}; the true dose is below it with {:.0} %\n\n{NOT_A_DEVICE}\n",
            account.volume_ml,
            account.density_g_ml,
            account.cells_1e6,
            account.dose_1e6_per_kg,
            100.0 * account.error,
            100.0 * budget.volume,
            100.0 * budget.count,
            100.0 * budget.viability,
            account.specification_1e6_per_kg,
            if account.passes { "passes" } else { "FAILS" },
            account.failing_pct,
        );
    }
    Ok(if account.passes { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
