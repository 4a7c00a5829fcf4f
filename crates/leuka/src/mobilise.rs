//! `leuka mobilise`.

use std::path::PathBuf;
use std::process::ExitCode;

use leuka_procedure::{DaySample, Inputs, Plan, Sources, days_csv, mobilisation_picture, mobilise};
use leuka_report::{NOT_A_DEVICE, table};

use crate::units::Quantity;
use crate::{Failure, files};

/// Mobilises a donor with G-CSF, plerixafor or both: counts by the hour and the best hour to start a collection.
///
/// Writes the donor file of that hour, for `leuka run --donor`. The donor file that is given tells of a donor who has had
/// no drug yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka mobilise --donor donors/healthy-70kg.toml --g-csf 10ug/kg/d --days 5 --picture
  leuka mobilise --donor donors/healthy-70kg.toml --plerixafor 240ug/kg
  leuka mobilise --donor D.toml --g-csf 10ug/kg/d --days 5 --plerixafor 240ug/kg --out day-5.toml")]
pub(crate) struct Arguments {
    /// Donor file (TOML) of a donor who is not mobilised.
    #[arg(long, value_name = "FILE")]
    donor: PathBuf,
    /// Daily dose of G-CSF, as 10ug/kg/d.
    #[arg(long, value_name = "DOSE", value_parser = Quantity::daily_dose)]
    g_csf: Option<f64>,
    /// Daily doses of G-CSF.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=14))]
    days: u32,
    /// A dose of plerixafor, as 240ug/kg.
    #[arg(long, value_name = "DOSE", value_parser = Quantity::dose)]
    plerixafor: Option<f64>,
    /// Hour of the plerixafor from the first dose of G-CSF [default: 10 h before the last dose of G-CSF]
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(0..=336))]
    plerixafor_hour: Option<u32>,
    /// Where the donor file of the best hour goes [default: the donor file's name with -mobilised]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draws counts by the hour beside the donor file, and writes them as CSV.
    #[arg(long)]
    picture: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.g_csf.is_none() && arguments.plerixafor.is_none() {
        return Err(Failure::Input("no drug is given: add --g-csf 10ug/kg/d, --plerixafor 240ug/kg or both".into()));
    }
    let sources = Sources { donor: Some(files::read(&arguments.donor)?), ..Sources::default() };
    let plan = Plan {
        g_csf_ug_per_kg: arguments.g_csf.unwrap_or(0.0),
        g_csf_doses: if arguments.g_csf.is_some() { arguments.days } else { 0 },
        plerixafor_ug_per_kg: arguments.plerixafor,
        plerixafor_hour: arguments.plerixafor_hour,
    };
    let mobilised = mobilise(&Inputs::read(&sources)?, &plan)?;
    let out = arguments.out.clone().unwrap_or_else(|| {
        let stem = arguments.donor.file_stem().unwrap_or_default().to_string_lossy();
        PathBuf::from(format!("{stem}-mobilised.toml"))
    });
    files::write_new(&out, &mobilised.donor_file)?;
    print!("{}", text(&mobilised.samples, mobilised.best_h));
    println!("\nDonor file  {}", out.display());
    if arguments.picture {
        let (picture, values) = (out.with_extension("svg"), out.with_extension("csv"));
        let title = format!("Mobilisation, {}", arguments.donor.file_stem().unwrap_or_default().display());
        files::write_new(&picture, &mobilisation_picture(&title, &mobilised).svg())?;
        files::write_new(&values, &days_csv(&mobilised.samples))?;
        println!("Picture     {}\nCounts      {}", picture.display(), values.display());
    }
    println!("\nNext:\n  leuka run --donor {}\n\n{NOT_A_DEVICE}", out.display());
    Ok(ExitCode::SUCCESS)
}

/// Counts every twelve hours and at the best hour.
fn text(samples: &[DaySample], best_h: u32) -> String {
    let rows = samples.iter().filter(|sample| sample.time_h % 12.0 == 0.0 || sample.time_h == f64::from(best_h));
    let rows: Vec<_> = rows
        .map(|sample| {
            let mark = if sample.time_h == f64::from(best_h) { " <- best" } else { "" };
            vec![
                format!("{:.0}{mark}", sample.time_h),
                format!("{:.1}", sample.counts.cd34_per_ul),
                format!("{:.1}", sample.counts.wbc_1e9_l),
                format!("{:.0}", sample.counts.platelet_1e9_l),
            ]
        })
        .collect();
    let table = table(&["Hour", "CD34+, /uL", "White cells, 1e9/L", "Platelets, 1e9/L"], &rows);
    let day = best_h / 24 + 1;
    format!("{table}\nBest start  hour {best_h} (day {day}): most CD34+ over the four hours of a collection\n")
}
