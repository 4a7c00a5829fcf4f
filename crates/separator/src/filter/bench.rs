//! Filters on the bench: blood of known counts through a clean or a loaded filter, and the published rows about that.
//!
//! Fitted are the captures of rows J2 and J5, the capture and the capacities of row J4, and the cut of row J8 (see
//! `data/filter.toml`); the depletion over hours of row J8 is a prediction with an assumed volume.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::validation::Row;
use leuka_blood::{Anticoagulant, Component, Mixture, PlasmaComposition, Population};

use super::{Bed, BedKind, Parameters, SizeFilter};
use crate::{Error, Outlets, Separator, Settings};

/// Step of the bench.
pub const STEP: TimeSpan = TimeSpan::from_seconds(0.5);
/// Normal white cells, 1e9/L.
const NORMAL: f64 = 6.5;

/// The parameters that every filter of the bench is made with.
#[derive(Debug, Clone)]
pub struct Bench {
    blood: leuka_blood::Parameters,
    channel: crate::Parameters,
    filter: Parameters,
}

impl Bench {
    /// With the embedded parameters.
    ///
    /// # Errors
    /// When an embedded file does not read.
    pub fn embedded() -> Result<Self, Error> {
        Ok(Self {
            blood: leuka_blood::Parameters::embedded()?,
            channel: crate::Parameters::embedded()?,
            filter: Parameters::embedded()?,
        })
    }

    /// 100 mL of blood with these white cells (1e9/L) in their usual proportions, with one part of anticoagulant in twelve.
    #[must_use]
    pub fn blood(&self, white_1e9_l: f64, anticoagulant: Anticoagulant) -> Mixture {
        let mut cells = Mixture::of(Component::Erythrocyte, 42.0);
        for (population, per_ul) in [
            (Population::Platelet, 250e3),
            (Population::TCell, 220.0 * white_1e9_l),
            (Population::OtherLymphocyte, 80.0 * white_1e9_l),
            (Population::Monocyte, 80.0 * white_1e9_l),
            (Population::Neutrophil, 590.0 * white_1e9_l),
            (Population::Eosinophil, 30.0 * white_1e9_l),
        ] {
            cells.set(population.into(), per_ul * 1e5 * self.blood.cells[population].volume_ml());
        }
        let plasma = PlasmaComposition {
            citrate_mmol_l: 0.1,
            calcium_mmol_l: 2.4,
            magnesium_mmol_l: 0.8,
            bicarbonate_mmol_l: 24.0,
            protein_g_l: 70.0,
        };
        let whole = cells + plasma.mixture(100.0 - cells.cells_ml());
        whole + self.blood.fluids.anticoagulant(anticoagulant, whole.volume_ml() / 11.0)
    }

    /// Normal blood diluted with saline to this haematocrit.
    #[must_use]
    pub fn diluted(&self, hematocrit: f64) -> Mixture {
        let blood = self.blood(NORMAL, Anticoagulant::AcdA);
        let volume_ml = blood.get(Component::Erythrocyte) / hematocrit;
        blood + Mixture::saline(volume_ml - blood.volume_ml())
    }

    /// White cells in a mixture.
    #[must_use]
    pub fn white(&self, mixture: &Mixture) -> f64 {
        Population::WHITE.into_iter().map(|population| mixture.count(population, &self.blood.cells)).sum()
    }

    /// A clean bed filled with saline.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn bed(&self, kind: BedKind) -> Result<Bed, Error> {
        Bed::new(kind, &self.filter, &self.channel, &self.blood, &Mixture::saline(1.0))
    }

    /// A clean size filter filled with saline.
    ///
    /// # Errors
    /// See [`SizeFilter::new`].
    pub fn size_filter(&self) -> Result<SizeFilter, Error> {
        SizeFilter::new(&self.filter, &self.channel, &self.blood, &Mixture::saline(1.0))
    }

    /// Part of a population that a bed keeps of blood that passes while it is clean, %.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn captured_pct(
        &self,
        kind: BedKind,
        blood: &Mixture,
        flow_ml_min: f64,
        population: Population,
    ) -> Result<f64, Error> {
        let mut bed = self.bed(kind)?;
        let few = *blood - blood.only(|component| component == population.into()) * 0.999;
        pass(&mut bed, &few, 600.0, flow_ml_min, settings(0.0, false));
        let out = pass(&mut bed, &few, 30.0, flow_ml_min, settings(0.0, false)).red;
        Ok(kept_pct(&few, &out, population))
    }

    /// Part of each population that the adsorption column keeps after an hour at 30 mL/min, %.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn column_pct(&self, populations: [Population; 3]) -> Result<[f64; 3], Error> {
        let blood = self.blood(NORMAL, Anticoagulant::Heparin);
        let mut column = self.bed(BedKind::Column)?;
        pass(&mut column, &blood, 1700.0, 30.0, settings(0.0, false));
        let out = pass(&mut column, &blood, 100.0, 30.0, settings(0.0, false)).red;
        Ok(populations.map(|population| kept_pct(&blood, &out, population)))
    }

    /// White cells that a filter has kept when the effluent passes 500 per uL.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn capacity(&self, kind: BedKind, white_1e9_l: f64) -> Result<f64, Error> {
        let blood = self.blood(white_1e9_l, Anticoagulant::AcdA);
        let mut filter = self.bed(kind)?;
        loop {
            let out = pass(&mut filter, &blood, 5.0, 20.0, settings(0.0, false)).red;
            if self.white(&out) / (out.volume_ml() * 1e3) > 500.0 {
                return Ok(self.white(&filter.deposit()));
            }
        }
    }

    /// White cells that 500 mL of blood leave behind a filter, and white cells and platelets as parts of what came.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn residual(&self, kind: BedKind, white_1e9_l: f64) -> Result<(f64, f64, f64), Error> {
        let blood = self.blood(white_1e9_l, Anticoagulant::AcdA);
        let unit_ml = 500.0 * 12.0 / 11.0;
        let mut filter = self.bed(kind)?;
        let mut out = pass(&mut filter, &blood, unit_ml, 20.0, settings(0.0, false)).red;
        out += pass(&mut filter, &Mixture::saline(1.0), 100.0, 20.0, settings(0.0, false)).red;
        let platelets = |mixture: &Mixture| mixture.cell_ml(Population::Platelet);
        let came = blood * (unit_ml / blood.volume_ml());
        Ok((self.white(&out), self.white(&out) / self.white(&came), platelets(&out) / platelets(&came)))
    }

    /// What the size filter parts of blood diluted to this haematocrit, at 10 mL/min.
    ///
    /// # Errors
    /// See [`SizeFilter::new`].
    pub fn parted(&self, hematocrit: f64) -> Result<Outlets, Error> {
        let mut filter = self.size_filter()?;
        let blood = self.diluted(hematocrit);
        pass(&mut filter, &blood, 200.0, 10.0, settings(1.0, false));
        Ok(pass(&mut filter, &blood, 100.0, 10.0, settings(1.0, false)))
    }

    /// Part of the white cells that 450 mL of diluted blood lose in 3.5 h through the size filter at 10 mL/min, the
    /// filtrate coming back and saline for what was taken.
    ///
    /// # Errors
    /// See [`SizeFilter::new`].
    pub fn depleted(&self) -> Result<f64, Error> {
        const STEPS: u32 = 7 * 3600;
        let mut filter = self.size_filter()?;
        let mut reservoir = self.diluted(0.10);
        reservoir = reservoir * (450.0 / reservoir.volume_ml());
        let before = self.white(&reservoir);
        for _ in 0..STEPS {
            let inlet = reservoir.draw(10.0 * STEP.minutes());
            let out = filter.advance(&inlet, &settings(1.0, false), STEP);
            reservoir += out.red + Mixture::saline(out.collect.volume_ml());
        }
        Ok(1.0 - (self.white(&reservoir) + self.white(&filter.contents())) / before)
    }

    /// Rows J2, J4, J5 and J8.
    ///
    /// # Errors
    /// See [`Bed::new`].
    pub fn rows(&self) -> Result<Vec<Row>, Error> {
        let nylon = |anticoagulant| {
            let blood = self.blood(NORMAL, anticoagulant);
            self.captured_pct(BedKind::Nylon, &blood, 60.0, Population::Neutrophil)
        };
        let fitted = |id, what, unit, published, simulated| Row::value(id, what, unit, published, simulated).fitted();
        let within = |id, what, unit, range, simulated| Row::range(id, what, unit, range, simulated).fitted();
        let [granulocytes, monocytes, lymphocytes] =
            self.column_pct([Population::Neutrophil, Population::Monocyte, Population::TCell])?;
        let (_, white, platelets) = self.residual(BedKind::FilterTwo, NORMAL)?;
        let parted = self.parted(0.10)?;
        let collected_pct = |of: &dyn Fn(&Mixture) -> f64| {
            let (collect, red) = (of(&parted.collect), of(&parted.red));
            100.0 * collect / (collect + red)
        };
        let of = |population| collected_pct(&|mixture: &Mixture| mixture.cell_ml(population));
        Ok(vec![
            fitted("J2", "granulocytes kept by nylon fibre, heparin", "%", 91.0, nylon(Anticoagulant::Heparin)?)
                .with_sd(2.0),
            fitted("J2", "granulocytes kept by nylon fibre, ACD", "%", 21.0, nylon(Anticoagulant::AcdA)?).with_sd(5.0),
            within(
                "J4",
                "capacity of filter one to 500/uL",
                "1e9",
                (1.9, 3.4),
                self.capacity(BedKind::FilterOne, NORMAL)? / 1e9,
            ),
            within(
                "J4",
                "capacity of filter two to 500/uL",
                "1e9",
                (3.6, 7.8),
                self.capacity(BedKind::FilterTwo, NORMAL)? / 1e9,
            ),
            fitted("J4", "white cells that filter two removes from 500 mL", "%", 97.0, 100.0 * (1.0 - white)),
            fitted("J4", "platelets that filter two removes from 500 mL", "%", 90.0, 100.0 * (1.0 - platelets)),
            fitted("J5", "granulocytes, adsorption column", "%", 65.0, granulocytes),
            fitted("J5", "monocytes, adsorption column", "%", 55.0, monocytes),
            fitted("J5", "lymphocytes, adsorption column", "%", 2.0, lymphocytes),
            within(
                "J8",
                "white cells kept by the size filter",
                "%",
                (85.0, 100.0),
                collected_pct(&|mixture| self.white(mixture)),
            ),
            within("J8", "red cells lost by the size filter", "%", (10.0, 15.0), of(Population::Erythrocyte)),
            within("J8", "platelets lost by the size filter", "%", (10.0, 15.0), of(Population::Platelet)),
            Row::value("J8", "depletion over 3.5 h", "%", 98.0, 100.0 * self.depleted()?).assuming("450 mL circulate"),
        ])
    }
}

/// What the ports are asked for: so much collect flow, mL/min, and whether what is held is to leave.
#[must_use]
pub const fn settings(collect_ml_min: f64, flush: bool) -> Settings {
    Settings {
        rotation: RotationalSpeed::ZERO,
        plasma_flow: FlowRate::ZERO,
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        flush,
    }
}

/// Lets `volume_ml` of fluid pass at a flow; returns what left by the red and the collect port.
pub fn pass(
    separator: &mut impl Separator,
    fluid: &Mixture,
    volume_ml: f64,
    flow_ml_min: f64,
    settings: Settings,
) -> Outlets {
    let portion_ml = flow_ml_min * STEP.minutes();
    let portion = *fluid * (portion_ml / fluid.volume_ml());
    let mut left = Outlets::default();
    let mut passed_ml = 0.0;
    while passed_ml < volume_ml - 1e-9 {
        let out = separator.advance(&portion, &settings, STEP);
        left.red += out.red;
        left.collect += out.collect;
        passed_ml += portion_ml;
    }
    left
}

fn kept_pct(came: &Mixture, left: &Mixture, population: Population) -> f64 {
    let concentration = |mixture: &Mixture| mixture.cell_ml(population) / mixture.volume_ml();
    100.0 * (1.0 - concentration(left) / concentration(came))
}
