//! This crate's parameters, read from `data/separator.toml`.

use leuka_blood::parameters::{Error, ParameterFile};

use crate::grid::Grid;

/// Geometry, closures and numerics of the channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Radius of the inner wall, mm.
    pub inner_radius_mm: f64,
    /// Distance between the walls, mm.
    pub gap_mm: f64,
    /// Height of the channel along the axis of rotation, mm.
    pub height_mm: f64,
    /// Length along the flow, at mid-gap, mm.
    pub length_mm: f64,
    /// Richardson-Zaki exponent n.
    pub hindrance_exponent: f64,
    /// Settling speed of red-cell aggregates against single red cells.
    pub aggregation: f64,
    /// Haematocrit from which on aggregation is complete; below, it falls in proportion to the haematocrit.
    pub aggregation_hematocrit: f64,
    /// Factor on aggregation at the usual level of hydroxyethyl starch; it rises with the level and stays from there.
    pub starch_aggregation: f64,
    /// That level in the liquid, g/L.
    pub starch_level_g_l: f64,
    /// Largest volume fraction of cells that settling can reach.
    pub packing_limit: f64,
    /// Viscosity of undiluted plasma, Pa s.
    pub plasma_viscosity_pa_s: f64,
    /// Viscosity of saline and anticoagulant, Pa s.
    pub crystalloid_viscosity_pa_s: f64,
    /// Volume fraction of cells at which the viscosity law diverges.
    pub viscosity_packing: f64,
    /// Length of the pocket in front of the dam, mm; 0 cuts the channel's own profile.
    pub pocket_mm: f64,
    /// Depth of the middle of the collect port below the inner wall, mm.
    pub collect_depth_mm: f64,
    /// Radial extent of the collect port, mm.
    pub collect_opening_mm: f64,
    /// Depth below the inner wall at which the dam ends: red cells leave under it, mm.
    pub dam_depth_mm: f64,
    /// Depth below the inner wall down to which the plasma port draws, mm.
    pub plasma_depth_mm: f64,
    /// Shear-induced dispersion over (red cell radius squared x shear rate).
    pub shear_coefficient: f64,
    /// Radius of a red cell, m.
    pub red_cell_radius_m: f64,
    /// Mixing length of inlet and ports, m: times the mean speed along the channel it is a radial dispersion. Fitted.
    pub remixing_m: f64,
    /// Volume fraction of red cells at which the camera sees the interface.
    pub camera_threshold: f64,
    /// Volume fraction of white cells from which on the camera sees buffy coat.
    pub camera_white_layer: f64,
    /// Production grid.
    pub grid: Grid,
    /// How many times longer sections are at the inlet than at the outlet.
    pub axial_refinement: f64,
    /// How many times wider cells are far from the collect port than in front of it.
    pub radial_refinement: f64,
    /// Distance over which the refinement around the collect port fades, mm.
    pub focus_width_mm: f64,
    /// Courant number of the time step.
    pub courant: f64,
    /// Courant number of the waves of concentration across the gap in an implicit step.
    pub settling_courant: f64,
    /// Settling across the gap by implicit steps; otherwise by explicit Runge-Kutta steps.
    pub implicit: bool,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("separator.toml", include_str!("../data/separator.toml"))
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
            Ok(Self {
                inner_radius_mm: reader.within("channel.inner_radius", "mm", 10.0, 500.0)?,
                gap_mm: reader.within("channel.gap", "mm", 0.5, 50.0)?,
                height_mm: reader.within("channel.height", "mm", 1.0, 500.0)?,
                length_mm: reader.within("channel.length", "mm", 10.0, 5000.0)?,
                hindrance_exponent: reader.within("settling.hindrance_exponent", "", 1.0, 10.0)?,
                aggregation: reader.within("settling.aggregation", "", 1.0, 20.0)?,
                aggregation_hematocrit: reader.within("settling.aggregation_hematocrit", "", 0.01, 1.0)?,
                starch_aggregation: reader.within("settling.starch_aggregation", "", 1.0, 5.0)?,
                starch_level_g_l: reader.within("settling.starch_level", "g/L", 0.1, 60.0)?,
                packing_limit: reader.within("settling.packing_limit", "", 0.3, 0.99)?,
                plasma_viscosity_pa_s: reader.within("viscosity.plasma", "mPa s", 0.5, 10.0)? * 1e-3,
                crystalloid_viscosity_pa_s: reader.within("viscosity.crystalloid", "mPa s", 0.3, 10.0)? * 1e-3,
                viscosity_packing: reader.within("viscosity.packing", "", 1.01, 2.0)?,
                pocket_mm: reader.within("ports.pocket", "mm", 0.0, 1000.0)?,
                collect_depth_mm: reader.within("ports.depth", "mm", 0.0, 50.0)?,
                collect_opening_mm: reader.within("ports.opening", "mm", 0.0, 50.0)?,
                dam_depth_mm: reader.within("ports.dam", "mm", 0.0, 50.0)?,
                plasma_depth_mm: reader.within("ports.plasma", "mm", 0.0, 50.0)?,
                shear_coefficient: reader.within("dispersion.shear_coefficient", "", 0.0, 1.0)?,
                red_cell_radius_m: reader.within("dispersion.red_cell_radius", "um", 1.0, 5.0)? * 1e-6,
                remixing_m: reader.within("dispersion.remixing_length", "um", 0.0, 100.0)? * 1e-6,
                camera_threshold: reader.within("camera.threshold", "", 0.01, 0.9)?,
                camera_white_layer: reader.within("camera.white_layer", "", 0.001, 0.9)?,
                grid: Grid {
                    axial: whole(reader.within("grid.axial_cells", "", 4.0, 1000.0)?),
                    radial: whole(reader.within("grid.radial_cells", "", 8.0, 4000.0)?),
                },
                axial_refinement: reader.within("grid.axial_refinement", "", 1.0, 20.0)?,
                radial_refinement: reader.within("grid.radial_refinement", "", 1.0, 20.0)?,
                focus_width_mm: reader.within("grid.focus_width", "mm", 0.1, 50.0)?,
                courant: reader.within("grid.courant", "", 0.01, 0.5)?,
                settling_courant: reader.within("grid.settling_courant", "", 0.1, 16.0)?,
                implicit: reader.within("grid.implicit", "", 0.0, 1.0)? > 0.5,
            })
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked by the reader")]
fn whole(value: f64) -> usize {
    value as usize
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
}
