//! Cells as a laboratory counts them: groups of the populations that the models follow.

use leuka_blood::{CellTable, Mixture, Population};
use serde::Serialize;

/// What a blood count or a product count reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellGroup {
    /// All white cells.
    Wbc,
    /// All lymphocytes.
    Lymphocyte,
    /// T lymphocytes.
    Cd3,
    /// Monocytes.
    Monocyte,
    /// Neutrophils and eosinophils.
    Granulocyte,
    /// CD34 positive cells.
    Cd34,
    /// Platelets.
    Platelet,
    /// Red cells.
    Erythrocyte,
}

impl CellGroup {
    /// The populations that are counted together.
    #[must_use]
    pub const fn members(self) -> &'static [Population] {
        match self {
            Self::Wbc => &Population::WHITE,
            Self::Lymphocyte => &Population::LYMPHOCYTES,
            Self::Cd3 => &[Population::TCell],
            Self::Monocyte => &[Population::Monocyte],
            Self::Granulocyte => &Population::GRANULOCYTES,
            Self::Cd34 => &[Population::Cd34],
            Self::Platelet => &[Population::Platelet],
            Self::Erythrocyte => &[Population::Erythrocyte],
        }
    }

    /// Number of cells of the group in a mixture.
    #[must_use]
    pub fn count(self, mixture: &Mixture, cells: &CellTable) -> f64 {
        self.members().iter().map(|&population| mixture.count(population, cells)).sum()
    }
}

/// One value for each group.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub struct PerGroup<T> {
    /// All white cells.
    pub wbc: T,
    /// All lymphocytes.
    pub lymphocyte: T,
    /// T lymphocytes.
    pub cd3: T,
    /// Monocytes.
    pub monocyte: T,
    /// Neutrophils and eosinophils.
    pub granulocyte: T,
    /// CD34 positive cells.
    pub cd34: T,
    /// Platelets.
    pub platelet: T,
    /// Red cells.
    pub erythrocyte: T,
}

impl<T> PerGroup<T> {
    /// Asks `f` for each group's value.
    pub fn from_fn(mut f: impl FnMut(CellGroup) -> T) -> Self {
        Self {
            wbc: f(CellGroup::Wbc),
            lymphocyte: f(CellGroup::Lymphocyte),
            cd3: f(CellGroup::Cd3),
            monocyte: f(CellGroup::Monocyte),
            granulocyte: f(CellGroup::Granulocyte),
            cd34: f(CellGroup::Cd34),
            platelet: f(CellGroup::Platelet),
            erythrocyte: f(CellGroup::Erythrocyte),
        }
    }

    /// The value of one group.
    pub const fn get(&self, group: CellGroup) -> &T {
        match group {
            CellGroup::Wbc => &self.wbc,
            CellGroup::Lymphocyte => &self.lymphocyte,
            CellGroup::Cd3 => &self.cd3,
            CellGroup::Monocyte => &self.monocyte,
            CellGroup::Granulocyte => &self.granulocyte,
            CellGroup::Cd34 => &self.cd34,
            CellGroup::Platelet => &self.platelet,
            CellGroup::Erythrocyte => &self.erythrocyte,
        }
    }
}
