//! The priors that the crate is published with, `data/dose.toml`.

use leuka_blood::parameters::{Error, ParameterFile, Reader};
use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, Fraction, TimeSpan};

use crate::belief::{Common, Covariates, EfficiencyPrior, UsualDoses};
use crate::target::DoseCell;

impl EfficiencyPrior {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("dose.toml", include_str!("../data/dose.toml"))
    }

    /// The prior of these cells.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit, out of range or unknown.
    pub fn from_file(file: &ParameterFile, cells: DoseCell) -> Result<Self, Error> {
        let all = file.read(|reader| {
            let common = common(reader)?;
            DoseCell::ALL.into_iter().map(|cells| Ok((cells, prior(reader, cells.name(), common)?))).collect()
        });
        let all: Vec<(DoseCell, Self)> = all?;
        let found = all.into_iter().find(|(known, _)| *known == cells).map(|(_, prior)| prior);
        found.ok_or_else(|| Error::Missing { file: "dose.toml".into(), path: cells.name().into(), unit: String::new() })
    }
}

fn common(reader: &mut Reader<'_>) -> Result<Common, Error> {
    Ok(Common {
        count_error: reader.within("common.count_error", "1", 0.001, 1.0)?,
        outliers: reader.within("common.outliers", "1", 0.0, 0.5)?,
        outlier_spread: reader.within("common.outlier_spread", "1", 1.0, 10.0)?,
        volume_error: reader.within("common.volume_error", "1", 0.0, 1.0)?,
        reference_flow_per_min: reader.within("common.reference_flow", "1/min", 1e-4, 0.1)?,
        reference_time: TimeSpan::from_minutes(reader.within("common.reference_time", "min", 10.0, 1000.0)?),
        reference_collecting: Fraction::from_pct(reader.within("common.reference_collecting", "%", 10.0, 100.0)?),
        second_day: reader.within("common.second_day", "1", 0.01, 5.0)?,
        second_day_spread: reader.within("common.second_day_spread", "1", 0.0, 2.0)?,
        collect_hematocrit: reader.within("common.collect_hematocrit", "1", 0.0, 1.0)?,
        interface_deviation: reader.within("common.interface_deviation", "1/mm2", 0.0, 5.0)?,
    })
}

fn prior(reader: &mut Reader<'_>, cells: &str, common: Common) -> Result<EfficiencyPrior, Error> {
    let mut value =
        |name: &str, unit: &str, low: f64, high: f64| reader.within(&format!("{cells}.{name}"), unit, low, high);
    Ok(EfficiencyPrior {
        efficiency: Fraction::from_pct(value("efficiency", "%", 1.0, 150.0)?),
        site_offset: value("site_offset", "1", -3.0, 3.0)?,
        site_spread: value("site_spread", "1", 0.0, 2.0)?,
        between_run: value("between_run", "1", 0.01, 2.0)?,
        within_run: value("within_run", "1", 0.0, 1.0)?,
        release_per_min: value("release", "1/min", 0.0, 1.0)?,
        release_spread: value("release_spread", "1", 0.0, 2.0)?,
        covariates: Covariates {
            white_cells: value("white_cells", "1", -2.0, 2.0)?,
            reference_white_cells: CellConcentration::from_1e9_l(value("reference_white_cells", "1e9/L", 0.1, 1000.0)?),
            hematocrit: value("hematocrit", "1", -5.0, 5.0)?,
            reference_hematocrit: Fraction::from_pct(value("reference_hematocrit", "%", 10.0, 70.0)?),
            packing: value("packing", "1", -2.0, 2.0)?,
            reference_packing: TimeSpan::from_minutes(value("reference_packing", "g min", 10.0, 2000.0)?),
        },
        usual: UsualDoses {
            goal_dose: CellDose::from_1e6_kg(value("goal_dose", "1e6/kg", 0.0, 1e5)?),
            goal_cells: CellCount::from_1e6(value("goal_cells", "1e6", 0.0, 1e7)?),
            minimum_dose: CellDose::from_1e6_kg(value("minimum_dose", "1e6/kg", 0.0, 1e5)?),
            minimum_cells: CellCount::from_1e6(value("minimum_cells", "1e6", 0.0, 1e7)?),
        },
        common,
    })
}
