//! What a laboratory reports of the virtual donor's blood.

use leuka_blood::quantity::CellConcentration;
use leuka_donor::{BloodCounts, Donor};

use crate::cells::CellGroup;
use crate::outcome::Counts;

/// Concentration of a group of cells.
pub(crate) fn concentration(blood: &BloodCounts, group: CellGroup) -> CellConcentration {
    group.members().iter().fold(CellConcentration::ZERO, |sum, &population| sum + blood.cells[population])
}

/// A venous sample, exact.
pub(crate) fn counts(donor: &Donor) -> Counts {
    let blood = donor.blood();
    let per_litre = |group| concentration(&blood, group).count_1e9_l();
    let per_ul = |group| concentration(&blood, group).per_ul();
    Counts {
        hematocrit_pct: blood.hematocrit.pct(),
        hemoglobin_g_dl: blood.hemoglobin.g_dl(),
        wbc_1e9_l: per_litre(CellGroup::Wbc),
        lymphocyte_1e9_l: per_litre(CellGroup::Lymphocyte),
        monocyte_1e9_l: per_litre(CellGroup::Monocyte),
        granulocyte_1e9_l: per_litre(CellGroup::Granulocyte),
        platelet_1e9_l: per_litre(CellGroup::Platelet),
        cd34_per_ul: per_ul(CellGroup::Cd34),
        cd3_per_ul: per_ul(CellGroup::Cd3),
        ionised_calcium_mmol_l: blood.ionised_calcium.mmol_l(),
    }
}
