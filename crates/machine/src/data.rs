//! This crate's parameters, read from `data/machine.toml`.

use leuka_blood::parameters::{Error, ParameterFile, Reader};
use leuka_blood::quantity::{Mass, Volume};
use leuka_device::PumpFlows;

use crate::access::{Access, AccessKind, Vein, VeinQuality};
use crate::pump::PumpParameters;
use crate::sensor::{Make, Measured};

/// Declares the parameters of one section of the file: each field with its unit and the range that the model can work
/// with. The field's name is the key in the file.
macro_rules! section {
    ($(#[$doc:meta])* $section:ident = $name:literal { $($field:ident in $unit:literal from $low:literal to $high:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct $section {
            $(pub(crate) $field: f64,)+
        }

        impl $section {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                Ok(Self {
                    $($field: reader.within(concat!($name, ".", stringify!($field)), $unit, $low, $high)?,)+
                })
            }
        }
    };
}

section! {
    /// How often slow parts move and how fast actuators react.
    Timing = "timing" {
        control_period in "s" from 0.05 to 1.0;
        separator_period in "s" from 0.05 to 5.0;
        donor_period in "s" from 0.05 to 5.0;
        pump_reaction in "s" from 0.0 to 1.0;
        clamp_reaction in "s" from 0.0 to 1.0;
    }
}
section! {
    /// What the machine itself refuses.
    InterlockLimits = "interlock" {
        permit_window in "s" from 0.02 to 0.25;
        command_age in "s" from 0.1 to 1.0;
        clock_tolerance in "s" from 0.001 to 1.0;
        most_inlet_flow in "mL/min" from 0.0 to 1000.0;
        most_anticoagulant_flow in "mL/min" from 0.0 to 1000.0;
        most_plasma_flow in "mL/min" from 0.0 to 1000.0;
        most_collect_flow in "mL/min" from 0.0 to 1000.0;
        most_speed in "rpm" from 0.0 to 10000.0;
        most_warmth in "C" from 20.0 to 50.0;
    }
}
section! {
    /// The rotor and its drive.
    CentrifugeParameters = "centrifuge" {
        vibration in "mm" from 0.0 to 1.0;
        spin_up in "s" from 0.1 to 600.0;
        most_acceleration in "rpm/s" from 1.0 to 1000.0;
        coast in "s" from 1.0 to 3600.0;
        camera_speed in "rpm" from 0.0 to 5000.0;
    }
}
section! {
    /// Volumes of the set.
    LineVolumes = "line" {
        draw in "mL" from 5.0 to 500.0;
        inlet in "mL" from 1.0 to 500.0;
        red in "mL" from 5.0 to 500.0;
        plasma in "mL" from 5.0 to 500.0;
        collect in "mL" from 5.0 to 500.0;
        chamber in "mL" from 5.0 to 500.0;
        cushion in "mL" from 0.0 to 100.0;
        return_upper in "mL" from 1.0 to 500.0;
        return_guarded in "mL" from 3.0 to 500.0;
        parcel in "mL" from 0.01 to 1.0;
    }
}
section! {
    /// Pressures and flows.
    Hydraulics = "hydraulics" {
        draw_compliance in "mL/mmHg" from 0.001 to 1.0;
        return_compliance in "mL/mmHg" from 0.001 to 1.0;
        saline_head in "mmHg" from 0.0 to 200.0;
        open_line in "mmHg/(mL/min)" from 0.01 to 10.0;
        channel in "mmHg/(mL/min)" from 0.0 to 20.0;
        return_vein in "mmHg" from 0.0 to 50.0;
    }
}
section! {
    /// The veins that are drawn from.
    VeinParameters = "vein" {
        filling in "mmHg" from 1.0 to 100.0;
        good in "mL/min" from 1.0 to 1000.0;
        fair in "mL/min" from 1.0 to 1000.0;
        poor in "mL/min" from 1.0 to 1000.0;
        central_filling in "mmHg" from 1.0 to 50.0;
        central in "mL/min" from 1.0 to 1000.0;
    }
}
section! {
    /// Bags and the drop counter.
    BagParameters = "bag" {
        anticoagulant_tare in "g" from 0.0 to 1000.0;
        saline_tare in "g" from 0.0 to 1000.0;
        product_tare in "g" from 0.0 to 1000.0;
        waste_tare in "g" from 0.0 to 1000.0;
        reservoir_tare in "g" from 0.0 to 1000.0;
        drop in "mL" from 0.001 to 1.0;
    }
}
section! {
    /// The air detectors.
    AirDetection = "air" {
        window in "mL" from 0.01 to 2.0;
        threshold in "mL" from 0.001 to 2.0;
    }
}
section! {
    /// Mains and battery.
    PowerParameters = "power" {
        battery in "min" from 0.0 to 1000.0;
        battery_charge in "" from 0.0 to 10.0;
    }
}
section! {
    /// The blood warmer.
    WarmerParameters = "warmer" {
        ambient in "C" from 0.0 to 40.0;
        lag in "s" from 1.0 to 3600.0;
    }
}
section! {
    /// Optics of the collect line.
    OpticsParameters = "optics" {
        gain_error in "" from 0.0 to 1.0;
        platelet_interference in "" from 0.0 to 1.0;
    }
}
section! {
    /// The interface camera.
    CameraParameters = "camera" {
        least_hematocrit in "" from 0.0 to 0.5;
    }
}
section! {
    /// A needle that has left its vein.
    InfiltrationParameters = "infiltration" {
        stiffness in "mmHg/mL" from 0.0 to 100.0;
        pain in "mL" from 0.0 to 100.0;
        answer in "s" from 0.0 to 600.0;
    }
}
section! {
    /// The donor's monitor.
    MonitorParameters = "monitor" {
        arterial_line in "" from 0.0 to 1.0;
        least_pulse in "" from 0.0 to 1.0;
    }
}
section! {
    /// Where marks are set.
    MarkLimits = "mark" {
        return_pressure in "mmHg" from 1.0 to 1000.0;
        suction in "mmHg" from 1.0 to 1000.0;
    }
}

/// Everything about the machine that is not a choice of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    pub(crate) timing: Timing,
    pub(crate) interlock: InterlockLimits,
    pub(crate) pump: PumpParameters,
    pub(crate) centrifuge: CentrifugeParameters,
    pub(crate) line: LineVolumes,
    pub(crate) hydraulics: Hydraulics,
    pub(crate) vein: VeinParameters,
    pub(crate) bag: BagParameters,
    pub(crate) air: AirDetection,
    pub(crate) power: PowerParameters,
    pub(crate) warmer: WarmerParameters,
    pub(crate) optics: OpticsParameters,
    pub(crate) camera: CameraParameters,
    pub(crate) infiltration: InfiltrationParameters,
    pub(crate) monitor: MonitorParameters,
    pub(crate) mark: MarkLimits,
    accesses: [Access; AccessKind::ALL.len()],
    makes: Vec<Make>,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("machine.toml", include_str!("../data/machine.toml"))
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
            let mut accesses = [Access::read(reader, AccessKind::DialysisCatheter8Fr)?; AccessKind::ALL.len()];
            for (access, kind) in accesses.iter_mut().zip(AccessKind::ALL) {
                *access = Access::read(reader, kind)?;
            }
            let monitor = MonitorParameters::read(reader)?;
            let line = Make::arterial_line(reader)?;
            let make = |measured| {
                let by_cuff = Make::read(reader, measured)?;
                let is_pressure = matches!(measured, Measured::Systolic | Measured::Diastolic);
                Ok(if is_pressure && monitor.arterial_line > 0.5 { line } else { by_cuff })
            };
            let makes = Measured::ALL.into_iter().map(make).collect::<Result<_, _>>()?;
            Ok(Self {
                timing: Timing::read(reader)?,
                interlock: InterlockLimits::read(reader)?,
                pump: PumpParameters::read(reader)?,
                centrifuge: CentrifugeParameters::read(reader)?,
                line: LineVolumes::read(reader)?,
                hydraulics: Hydraulics::read(reader)?,
                vein: VeinParameters::read(reader)?,
                bag: BagParameters::read(reader)?,
                air: AirDetection::read(reader)?,
                power: PowerParameters::read(reader)?,
                warmer: WarmerParameters::read(reader)?,
                optics: OpticsParameters::read(reader)?,
                camera: CameraParameters::read(reader)?,
                infiltration: InfiltrationParameters::read(reader)?,
                monitor,
                mark: MarkLimits::read(reader)?,
                accesses,
                makes,
            })
        })
    }

    /// Pressure and flow of an access.
    #[must_use]
    pub fn access(&self, kind: AccessKind) -> &Access {
        // The discriminants are the places in AccessKind::ALL, so the index is always inside.
        &self.accesses[kind as usize]
    }

    /// Weight of the empty anticoagulant bag.
    #[must_use]
    pub fn anticoagulant_bag_tare(&self) -> Mass {
        Mass::from_grams(self.bag.anticoagulant_tare)
    }

    /// Weight of the empty reservoir bag.
    #[must_use]
    pub fn reservoir_bag_tare(&self) -> Mass {
        Mass::from_grams(self.bag.reservoir_tare)
    }

    /// Volume of a drop of anticoagulant.
    #[must_use]
    pub fn drop_volume(&self) -> Volume {
        Volume::from_ml(self.bag.drop)
    }

    /// Dead volume from the channel's collect port to the product bag.
    #[must_use]
    pub fn collect_line(&self) -> Volume {
        Volume::from_ml(self.line.collect)
    }

    /// Volume of the lines from the draw valve to the separator.
    #[must_use]
    pub fn lines_before_separator(&self) -> Volume {
        Volume::from_ml(self.line.draw + self.line.inlet)
    }

    /// Volume of lines and drip chamber, mL: the set without the channel.
    #[must_use]
    pub fn lines_ml(&self) -> f64 {
        let line = &self.line;
        line.draw
            + line.inlet
            + line.red
            + line.plasma
            + line.collect
            + line.chamber
            + line.return_upper
            + line.return_guarded
    }

    pub(crate) fn vein(&self, kind: AccessKind, quality: VeinQuality) -> Vein {
        let vein = &self.vein;
        if kind.is_central() {
            return Vein { filling_mmhg: vein.central_filling, most_ml_min: vein.central };
        }
        let most_ml_min = match quality {
            VeinQuality::Good => vein.good,
            VeinQuality::Fair => vein.fair,
            VeinQuality::Poor => vein.poor,
        };
        Vein { filling_mmhg: vein.filling, most_ml_min }
    }

    pub(crate) fn make(&self, measured: Measured) -> Make {
        // One make stands for each measured quantity, in their order, so the index is always inside.
        self.makes[measured as usize]
    }
}

impl InterlockLimits {
    /// The most that each pump may be told to carry, mL/min.
    pub(crate) const fn most_flow(&self) -> PumpFlows<f64> {
        PumpFlows {
            inlet: self.most_inlet_flow,
            anticoagulant: self.most_anticoagulant_flow,
            plasma: self.most_plasma_flow,
            collect: self.most_collect_flow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_reads_and_every_value_has_a_source() {
        let file = Parameters::embedded_file().unwrap();
        assert!(Parameters::from_file(&file).is_ok());
        for (path, _, _, source) in file.entries() {
            assert!(!source.is_empty(), "{path} needs a source");
        }
    }

    #[test]
    fn the_index_of_an_access_is_its_place_in_all() {
        for (place, kind) in AccessKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }
}
