//! Blood for studies without a donor.

use leuka_blood::{Anticoagulant, Component, Mixture, PlasmaComposition, Population};

/// A blood sample by its counts; the default has usual counts and the CD34+ cells of a donor who was mobilised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Haematocrit before anticoagulant, %.
    pub hematocrit_pct: f64,
    /// White cells, 1e9/L.
    pub wbc_1e9_l: f64,
    /// Lymphocytes, % of white cells; 72 % of them are T cells, as donor files have it.
    pub lymphocyte_pct: f64,
    /// Monocytes, % of white cells.
    pub monocyte_pct: f64,
    /// Eosinophils, % of white cells.
    pub eosinophil_pct: f64,
    /// Blasts, % of white cells.
    pub blast_pct: f64,
    /// CD34+ cells, 1/uL; they count as white cells. Neutrophils are what is left.
    pub cd34_per_ul: f64,
    /// Platelets, 1e9/L.
    pub platelet_1e9_l: f64,
    /// Volume of blood with anticoagulant over volume of anticoagulant (ACD-A).
    pub ratio: f64,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            hematocrit_pct: 44.0,
            wbc_1e9_l: 7.0,
            lymphocyte_pct: 30.0,
            monocyte_pct: 7.0,
            eosinophil_pct: 3.0,
            blast_pct: 0.0,
            cd34_per_ul: 60.0,
            platelet_1e9_l: 250.0,
            ratio: 12.0,
        }
    }
}

/// T cells, % of lymphocytes.
const T_CELL_PCT: f64 = 72.0;

/// Usual plasma.
const PLASMA: PlasmaComposition = PlasmaComposition {
    citrate_mmol_l: 0.1,
    calcium_mmol_l: 2.4,
    magnesium_mmol_l: 0.8,
    bicarbonate_mmol_l: 24.0,
    protein_g_l: 70.0,
};

impl Sample {
    /// Cells of a population, 1/uL of blood before anticoagulant (red cells: 0, they are given as haematocrit); below 0
    /// for neutrophils when the others are more than all white cells.
    #[must_use]
    pub fn per_ul(&self, population: Population) -> f64 {
        let part = |pct: f64| self.wbc_1e9_l * 1e3 * pct / 100.0;
        match population {
            Population::Erythrocyte => 0.0,
            Population::Platelet => self.platelet_1e9_l * 1e3,
            Population::TCell => part(self.lymphocyte_pct) * T_CELL_PCT / 100.0,
            Population::OtherLymphocyte => part(self.lymphocyte_pct) * (1.0 - T_CELL_PCT / 100.0),
            Population::Monocyte => part(self.monocyte_pct),
            Population::Cd34 => self.cd34_per_ul,
            Population::Eosinophil => part(self.eosinophil_pct),
            Population::Blast => part(self.blast_pct),
            Population::Neutrophil => {
                let others = self.lymphocyte_pct + self.monocyte_pct + self.eosinophil_pct + self.blast_pct;
                part(100.0 - others) - self.cd34_per_ul
            }
        }
    }

    /// 1 mL of blood with its anticoagulant added.
    #[must_use]
    pub fn mixture(&self, blood: &leuka_blood::Parameters) -> Mixture {
        let mut cells = Mixture::of(Component::Erythrocyte, self.hematocrit_pct / 100.0);
        for population in Population::ALL.into_iter().filter(|&population| population != Population::Erythrocyte) {
            cells.set(population.into(), self.per_ul(population) * 1e3 * blood.cells[population].volume_ml());
        }
        let whole = cells + PLASMA.mixture(1.0 - cells.cells_ml());
        whole + blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0 / (self.ratio - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_out_as_they_were_given_thinned_by_the_anticoagulant() {
        let blood = leuka_blood::Parameters::embedded().unwrap();
        let sample = Sample { blast_pct: 10.0, ..Sample::default() };
        let mixture = sample.mixture(&blood);
        let thinned = 11.0 / 12.0;
        assert!((mixture.hematocrit() - 0.44 * thinned).abs() < 1e-12);
        let white: f64 = Population::WHITE.iter().map(|&kind| mixture.per_ul(kind, &blood.cells)).sum();
        assert!((white - 7000.0 * thinned).abs() < 1e-6, "{white}");
        assert!((mixture.per_ul(Population::Blast, &blood.cells) - 700.0 * thinned).abs() < 1e-9);
    }
}
