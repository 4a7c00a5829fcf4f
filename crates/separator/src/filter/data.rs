//! Parameters of filters, column and chamber, read from `data/filter.toml`.

use leuka_blood::Population;
use leuka_blood::parameters::{Error, ParameterFile, Reader};

/// The packed beds that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BedKind {
    /// Nylon fibre, for granulocytes: eluted at the end.
    Nylon,
    /// The first of the two fibre filters for stored blood: its cells come off on washing.
    FilterOne,
    /// The second: its cells stay.
    FilterTwo,
    /// Beads that take granulocytes and monocytes.
    Column,
}

impl BedKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nylon, Self::FilterOne, Self::FilterTwo, Self::Column];

    const fn section(self) -> &'static str {
        match self {
            Self::Nylon => "nylon",
            Self::FilterOne => "filter-one",
            Self::FilterTwo => "filter-two",
            Self::Column => "column",
        }
    }
}

/// Everything about filters, column and chamber.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    pub(crate) adhesion: Adhesion,
    beds: [BedParameters; BedKind::ALL.len()],
    /// The microfluidic filter.
    pub size: SizeParameters,
    /// The elutriation chamber.
    pub chamber: ChamberParameters,
    /// What filtration does to the cells.
    pub quality: QualityParameters,
}

/// What all beds share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adhesion {
    /// Citrate for calcium, L/mmol.
    pub(crate) calcium_affinity: f64,
    pub(crate) calcium_low: f64,
    pub(crate) calcium_high: f64,
    pub(crate) flow_exponent: f64,
    pub(crate) kozeny: f64,
    pub(crate) layers: usize,
}

/// One bed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BedParameters {
    pub(crate) area_cm2: f64,
    pub(crate) depth_cm: f64,
    pub(crate) porosity: f64,
    /// Surface of the packing over its volume, 1/mm.
    pub(crate) surface_per_mm: f64,
    pub(crate) reference_ml_min: f64,
    /// With free calcium.
    pub(crate) free: Captures,
    /// With calcium bound by citrate.
    pub(crate) citrate: Captures,
    pub(crate) white_capacity: f64,
    pub(crate) platelet_capacity: f64,
    pub(crate) elution: f64,
    pub(crate) elution_ml: f64,
}

/// Part of what enters the clean bed that stays, at the reference flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Captures {
    granulocyte: f64,
    monocyte: f64,
    lymphocyte: f64,
    platelet: f64,
}

impl Captures {
    /// That of one population; red cells pass.
    pub(crate) const fn of(&self, population: Population) -> f64 {
        match population {
            Population::Erythrocyte => 0.0,
            Population::Platelet => self.platelet,
            Population::Neutrophil | Population::Eosinophil => self.granulocyte,
            Population::Monocyte => self.monocyte,
            Population::TCell | Population::OtherLymphocyte | Population::Cd34 | Population::Blast => self.lymphocyte,
        }
    }
}

/// The microfluidic filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeParameters {
    pub(crate) void_ml: f64,
    pub(crate) mixer_ml: f64,
    pub(crate) cut_um: f64,
    pub(crate) steepness: f64,
    pub(crate) red_cell_um: f64,
    pub(crate) hematocrit: f64,
    pub(crate) crowding: f64,
    /// mmHg/(mL/min)/(mPa s).
    pub(crate) resistance: f64,
}

/// The elutriation chamber.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChamberParameters {
    pub(crate) volume_ml: f64,
    pub(crate) area_cm2: f64,
    pub(crate) radius_mm: f64,
    pub(crate) size_spread: f64,
    pub(crate) red_cell_shape: f64,
}

/// What filtration does to granulocytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityParameters {
    /// Living part of eluted cells.
    pub viability: f64,
    /// Part of the transfused cells that is found in the recipient's blood.
    pub recovery: f64,
    /// The same of cells collected by centrifugation.
    pub recovery_centrifuged: f64,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("filter.toml", include_str!("../../data/filter.toml"))
    }

    /// The values that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_file(&Self::embedded_file()?)
    }

    /// Reads and checks a parameter file.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit, out of range or unknown.
    pub fn from_file(file: &ParameterFile) -> Result<Self, Error> {
        file.read(|reader| {
            let mut beds = [bed(reader, BedKind::Nylon)?; BedKind::ALL.len()];
            for (parameters, kind) in beds.iter_mut().zip(BedKind::ALL) {
                *parameters = bed(reader, kind)?;
            }
            Ok(Self {
                adhesion: adhesion(reader)?,
                beds,
                size: size(reader)?,
                chamber: chamber(reader)?,
                quality: quality(reader)?,
            })
        })
    }

    pub(crate) const fn bed(&self, kind: BedKind) -> &BedParameters {
        // The discriminants are the places in BedKind::ALL, so the index is always inside.
        &self.beds[kind as usize]
    }
}

fn adhesion(reader: &mut Reader<'_>) -> Result<Adhesion, Error> {
    let low = reader.within("adhesion.calcium_low", "", 0.0, 0.9)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    let layers = reader.within("adhesion.layers", "", 1.0, 1000.0)? as usize;
    Ok(Adhesion {
        calcium_affinity: reader.within("adhesion.calcium_affinity", "L/mmol", 0.01, 100.0)?,
        calcium_low: low,
        calcium_high: reader.within("adhesion.calcium_high", "", low + 0.01, 1.0)?,
        flow_exponent: reader.within("adhesion.flow_exponent", "", 0.0, 2.0)?,
        kozeny: reader.within("adhesion.kozeny", "", 1.0, 20.0)?,
        layers,
    })
}

fn bed(reader: &mut Reader<'_>, kind: BedKind) -> Result<BedParameters, Error> {
    let mut get = |key: &str, unit: &str, low: f64, high: f64| {
        reader.within(&format!("{}.{key}", kind.section()), unit, low, high)
    };
    let free = captures(&mut get, "")?;
    let citrate = captures(&mut get, "_citrate")?;
    Ok(BedParameters {
        area_cm2: get("area", "cm2", 0.1, 1000.0)?,
        depth_cm: get("depth", "cm", 0.01, 100.0)?,
        porosity: get("porosity", "", 0.1, 0.99)?,
        surface_per_mm: get("surface", "1/mm", 0.1, 10_000.0)?,
        reference_ml_min: get("reference_flow", "mL/min", 0.1, 500.0)?,
        free,
        citrate,
        white_capacity: get("white_capacity", "1e9", 0.001, 1e4)? * 1e9,
        platelet_capacity: get("platelet_capacity", "1e9", 0.001, 1e5)? * 1e9,
        elution: get("elution", "", 0.0, 1.0)?,
        elution_ml: get("elution_volume", "mL", 1.0, 10_000.0)?,
    })
}

type Get<'a> = dyn FnMut(&str, &str, f64, f64) -> Result<f64, Error> + 'a;

fn captures(get: &mut Get<'_>, with: &str) -> Result<Captures, Error> {
    let mut capture = |class: &str| get(&format!("{class}{with}"), "", 0.0, 0.9999);
    Ok(Captures {
        granulocyte: capture("granulocyte")?,
        monocyte: capture("monocyte")?,
        lymphocyte: capture("lymphocyte")?,
        platelet: capture("platelet")?,
    })
}

fn size(reader: &mut Reader<'_>) -> Result<SizeParameters, Error> {
    Ok(SizeParameters {
        void_ml: reader.within("size.void", "mL", 0.01, 100.0)?,
        mixer_ml: reader.within("size.mixer", "mL", 0.1, 200.0)?,
        cut_um: reader.within("size.cut", "um", 0.5, 50.0)?,
        steepness: reader.within("size.steepness", "", 0.5, 50.0)?,
        red_cell_um: reader.within("size.red_cell_size", "um", 0.5, 10.0)?,
        hematocrit: reader.within("size.hematocrit", "", 0.0, 0.9)?,
        crowding: reader.within("size.crowding", "", 0.0, 20.0)?,
        resistance: reader.within("size.resistance", "mmHg/(mL/min)/(mPa s)", 0.0, 1000.0)?,
    })
}

fn chamber(reader: &mut Reader<'_>) -> Result<ChamberParameters, Error> {
    Ok(ChamberParameters {
        volume_ml: reader.within("chamber.volume", "mL", 1.0, 100.0)?,
        area_cm2: reader.within("chamber.area", "cm2", 0.1, 100.0)?,
        radius_mm: reader.within("chamber.radius", "mm", 10.0, 500.0)?,
        size_spread: reader.within("chamber.size_spread", "", 0.0, 0.3)?,
        red_cell_shape: reader.within("chamber.red_cell_shape", "", 0.05, 1.0)?,
    })
}

fn quality(reader: &mut Reader<'_>) -> Result<QualityParameters, Error> {
    Ok(QualityParameters {
        viability: reader.within("quality.viability", "", 0.0, 1.0)?,
        recovery: reader.within("quality.recovery", "", 0.0, 1.0)?,
        recovery_centrifuged: reader.within("quality.recovery_centrifuged", "", 0.0, 1.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_reads_and_every_value_has_a_source() {
        let file = Parameters::embedded_file().unwrap();
        assert!(Parameters::from_file(&file).is_ok());
        for (path, _, _, source) in file.entries() {
            assert!(source.len() > 5, "{path} needs a source");
        }
    }

    #[test]
    fn the_index_of_a_bed_is_its_place_in_all() {
        for (place, kind) in BedKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }
}
