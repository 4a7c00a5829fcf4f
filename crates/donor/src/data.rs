//! This crate's parameters, read from `data/donor.toml`.

use leuka_blood::parameters::{Error, ParameterFile};

/// Declares the parameters of one section of the file: each field with its unit and the range that the model can work
/// with. The field's name is the key in the file.
macro_rules! parameter_group {
    ($(#[$doc:meta])* $group:ident { $($field:ident in $unit:literal from $low:literal to $high:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct $group {
            $(pub(crate) $field: f64,)+
        }

        impl $group {
            pub(crate) fn read(
                reader: &mut leuka_blood::parameters::Reader<'_>,
                section: &str,
            ) -> Result<Self, leuka_blood::parameters::Error> {
                Ok(Self {
                    $($field: reader.within(&format!("{section}.{}", stringify!($field)), $unit, $low, $high)?,)+
                })
            }
        }
    };
}

use crate::binding::BindingParameters;
use crate::cells::{CellParameters, ExchangeParameters};
use crate::circulation::CirculationParameters;
use crate::citrate_calcium::{BicarbonateParameters, BoneParameters, CitrateParameters, GutParameters};
use crate::description::{DefaultParameters, SizeParameters};
use crate::electrolytes::ElectrolyteParameters;
use crate::heat::HeatParameters;
use crate::mobilisation::MobilisationParameters;
use crate::oxygen::OxygenParameters;
use crate::pth::HormoneParameters;
use crate::recovery::RecoveryParameters;
use crate::reflex::ReflexParameters;
use crate::symptoms::SymptomParameters;
use crate::vasovagal::VasovagalParameters;
use crate::volumes::VolumeParameters;

/// Everything about the model of the donor that is not a property of one donor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    pub(crate) size: SizeParameters,
    pub(crate) default: DefaultParameters,
    pub(crate) volumes: VolumeParameters,
    pub(crate) circulation: CirculationParameters,
    pub(crate) reflex: ReflexParameters,
    pub(crate) vasovagal: VasovagalParameters,
    pub(crate) citrate: CitrateParameters,
    pub(crate) binding: BindingParameters,
    pub(crate) bone: BoneParameters,
    pub(crate) gut: GutParameters,
    pub(crate) hormone: HormoneParameters,
    pub(crate) electrolytes: ElectrolyteParameters,
    pub(crate) bicarbonate: BicarbonateParameters,
    pub(crate) oxygen: OxygenParameters,
    pub(crate) heat: HeatParameters,
    pub(crate) cells: CellParameters,
    pub(crate) mobilisation: MobilisationParameters,
    pub(crate) recovery: RecoveryParameters,
    pub(crate) symptoms: SymptomParameters,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("donor.toml", include_str!("../data/donor.toml"))
    }

    /// The values that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_file(&Self::embedded_file()?)
    }

    /// The same, for donors who never faint: what chance does would hide what is compared.
    #[must_use]
    pub const fn without_fainting(&self) -> Self {
        let mut parameters = *self;
        parameters.vasovagal.hazard = 0.0;
        parameters
    }

    /// Reads and checks a parameter file.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit, out of range or unknown.
    pub fn from_file(file: &ParameterFile) -> Result<Self, Error> {
        file.read(|reader| {
            Ok(Self {
                size: SizeParameters::read(reader, "size")?,
                default: DefaultParameters::read(reader, "default")?,
                volumes: VolumeParameters::read(reader, "volumes")?,
                circulation: CirculationParameters::read(reader, "circulation")?,
                reflex: ReflexParameters::read(reader, "reflex")?,
                vasovagal: VasovagalParameters::read(reader, "vasovagal")?,
                citrate: CitrateParameters::read(reader, "citrate")?,
                binding: BindingParameters::read(reader, "binding")?,
                bone: BoneParameters::read(reader, "bone")?,
                gut: GutParameters::read(reader, "gut")?,
                hormone: HormoneParameters::read(reader, "hormone")?,
                electrolytes: ElectrolyteParameters::read(reader, "electrolytes")?,
                bicarbonate: BicarbonateParameters::read(reader, "bicarbonate")?,
                oxygen: OxygenParameters::read(reader, "oxygen")?,
                heat: HeatParameters::read(reader, "heat")?,
                cells: CellParameters {
                    platelet: ExchangeParameters::read(reader, "platelet")?,
                    t_cell: ExchangeParameters::read(reader, "t_cell")?,
                    other_lymphocyte: ExchangeParameters::read(reader, "other_lymphocyte")?,
                    monocyte: ExchangeParameters::read(reader, "monocyte")?,
                    cd34: ExchangeParameters::read(reader, "cd34")?,
                    neutrophil: ExchangeParameters::read(reader, "neutrophil")?,
                    eosinophil: ExchangeParameters::read(reader, "eosinophil")?,
                    blast: ExchangeParameters::read(reader, "blast")?,
                },
                mobilisation: MobilisationParameters::read(reader, "mobilisation")?,
                recovery: RecoveryParameters::read(reader, "recovery")?,
                symptoms: SymptomParameters::read(reader, "symptoms")?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_reads_and_every_value_has_a_source() {
        let file = Parameters::embedded_file().unwrap();
        assert!(Parameters::from_file(&file).is_ok());
        for (path, _, unit, source) in file.entries() {
            assert!(!unit.is_empty() && source.len() > 5, "{path} needs a unit and a source");
        }
    }
}
