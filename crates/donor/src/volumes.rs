//! What the body consists of, and the water and protein that move between blood and tissue.
//!
//! The body is three mixtures: the circulating blood, the interstitium (liquid, solutes, protein) and what is
//! elsewhere (cells outside the circulation, bicarbonate buffered in cells). Whatever leaves one enters another or is
//! written into the [`Ledger`]. The three liquids of a mixture (plasma, anticoagulant, saline) move together at the
//! make-up of where they come from, so each of them balances by itself.
//!
//! Refilling of the blood from the interstitium is Starling's equation about the resting state, positive into the
//! blood; oncotic pressure after Landis and Pappenheimer, to which hydroxyethyl starch adds its own. Drinking and basal urine cancel and are not followed; excess
//! volume leaves the interstitium as urine.

use leuka_blood::{CellTable, Component, Mixture, PlasmaComposition, Population};

use crate::description::{BodySize, Description, Error};

parameter_group! {
    /// Volumes, filtration and protein.
    VolumeParameters {
        interstitium in "mL/kg" from 50.0 to 400.0;
        body_to_venous_hematocrit in "1" from 0.7 to 1.0;
        filtration in "mL/min/mmHg" from 0.0 to 100.0;
        reflection in "1" from 0.0 to 1.0;
        interstitial_compliance in "mL/mmHg/kg" from 1.0 to 1000.0;
        globulin in "g/L" from 5.0 to 60.0;
        interstitial_protein in "1" from 0.0 to 1.0;
        protein_return in "1/min" from 0.0 to 0.1;
        urine in "1/min" from 0.0 to 0.1;
        heparin_half_life in "min" from 10.0 to 600.0;
        starch_half_life in "h" from 0.5 to 1000.0;
        starch_oncotic in "mmHg L/g" from 0.0 to 5.0;
    }
}

/// What the body has made and destroyed since the start: the sources and sinks that close every account.
///
/// For each component, contents now less contents at the start = received - drawn + gained - lost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Ledger {
    /// Made or taken up: cells from marrow production, citrate production, bone calcium, bicarbonate of citrate
    /// metabolism, calcium given into a vein.
    pub gained: Mixture,
    /// Destroyed or left: cells that die, citrate burnt and excreted, urine, bone uptake, air gone into the lungs.
    pub lost: Mixture,
}

/// Where everything is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// The circulating blood.
    pub(crate) blood: Mixture,
    /// Liquid, solutes and protein between the cells of the tissues.
    pub(crate) interstitium: Mixture,
    /// Cells outside the circulation and the bicarbonate that cells buffer.
    pub(crate) elsewhere: Mixture,
}

/// One solute's movements, amount per minute.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct SoluteRates {
    /// Into the plasma from outside the account.
    pub(crate) gained: f64,
    /// Out of the plasma and out of the account.
    pub(crate) lost: f64,
    /// From plasma to interstitium.
    pub(crate) to_interstitium: f64,
}

/// Everything dissolved or liquid that moves, per minute.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rates {
    /// Liquid from the interstitium into the blood, mL/min.
    pub(crate) refill_ml: f64,
    /// Liquid from the interstitium into the urine, mL/min.
    pub(crate) urine_ml: f64,
    /// Protein from the interstitium into the blood, g/min.
    pub(crate) protein_return_g: f64,
    /// Citrate, mmol/min.
    pub(crate) citrate: SoluteRates,
    /// Calcium, mmol/min.
    pub(crate) calcium: SoluteRates,
    /// Magnesium, mmol/min.
    pub(crate) magnesium: SoluteRates,
    /// Bicarbonate, mmol/min.
    pub(crate) bicarbonate: SoluteRates,
    /// Bicarbonate from the interstitium into cells, mmol/min.
    pub(crate) bicarbonate_buffered: f64,
    /// Heparin, IU/min.
    pub(crate) heparin: SoluteRates,
    /// Hydroxyethyl starch, g/min; it stays in the plasma until it is excreted.
    pub(crate) starch: SoluteRates,
}

impl SoluteRates {
    fn mean(self, other: Self) -> Self {
        Self {
            gained: 0.5 * (self.gained + other.gained),
            lost: 0.5 * (self.lost + other.lost),
            to_interstitium: 0.5 * (self.to_interstitium + other.to_interstitium),
        }
    }
}

impl Rates {
    /// The middle between two sets of rates.
    pub(crate) fn mean(self, other: Self) -> Self {
        Self {
            refill_ml: 0.5 * (self.refill_ml + other.refill_ml),
            urine_ml: 0.5 * (self.urine_ml + other.urine_ml),
            protein_return_g: 0.5 * (self.protein_return_g + other.protein_return_g),
            citrate: self.citrate.mean(other.citrate),
            calcium: self.calcium.mean(other.calcium),
            magnesium: self.magnesium.mean(other.magnesium),
            bicarbonate: self.bicarbonate.mean(other.bicarbonate),
            bicarbonate_buffered: 0.5 * (self.bicarbonate_buffered + other.bicarbonate_buffered),
            heparin: self.heparin.mean(other.heparin),
            starch: self.starch.mean(other.starch),
        }
    }
}

impl Body {
    /// The body at rest: `plasma` is what the donor's plasma contains and `interstitial` what the liquid between the
    /// cells contains. Cells elsewhere and buffered bicarbonate are added by those who own them.
    pub(crate) fn new(
        description: &Description,
        parameters: &VolumeParameters,
        cells: &CellTable,
        plasma: &PlasmaComposition,
        interstitial: &PlasmaComposition,
    ) -> Result<Self, Error> {
        let total_ml = description.total_blood_volume.ml();
        let mut blood = Mixture::EMPTY;
        for (population, count) in description.cells.iter() {
            blood.set(population.into(), count.per_ul() * 1e3 * total_ml * cells[population].volume_ml());
        }
        let red_ml = parameters.body_to_venous_hematocrit * description.hematocrit.fraction() * total_ml;
        blood.set(Component::Erythrocyte, red_ml);
        let plasma_ml = total_ml - blood.cells_ml();
        if plasma_ml < 0.2 * total_ml {
            return Err(Error::NoPlasma { cells_pct: 100.0 * blood.cells_ml() / total_ml });
        }
        Ok(Self {
            blood: blood + plasma.mixture(plasma_ml),
            interstitium: interstitial.mixture(parameters.interstitium * description.weight.kg()),
            elsewhere: Mixture::EMPTY,
        })
    }

    /// All of it.
    pub(crate) fn contents(&self) -> Mixture {
        self.blood + self.interstitium + self.elsewhere
    }

    /// Haematocrit of venous blood: red cells are fewer in the smallest vessels, so veins hold more than the mean.
    pub(crate) fn venous_hematocrit(&self, body_to_venous: f64) -> f64 {
        self.blood.hematocrit() / body_to_venous
    }

    /// Takes `volume_ml` of venous blood, at most half of what there is.
    pub(crate) fn draw(&mut self, volume_ml: f64, body_to_venous: f64) -> Mixture {
        let total_ml = self.blood.fluid_ml();
        // `max` first, so that NaN is nothing.
        let volume_ml = volume_ml.max(0.0).min(0.5 * total_ml);
        let (liquid_ml, cells_ml) = (self.blood.liquid_ml(), self.blood.cells_ml());
        let fraction = volume_ml / total_ml;
        let red_fraction = fraction / body_to_venous;
        let red_ml = self.blood.get(Component::Erythrocyte) * red_fraction;
        let other_cells_ml = (cells_ml - self.blood.get(Component::Erythrocyte)) * fraction;
        let liquid_fraction = ((volume_ml - red_ml - other_cells_ml) / liquid_ml).clamp(0.0, 1.0);

        let mut drawn = self.blood * liquid_fraction;
        for population in Population::ALL {
            drawn.set(population.into(), self.blood.cell_ml(population) * fraction);
        }
        drawn.set(Component::Erythrocyte, red_ml);
        self.blood -= drawn;
        drawn
    }

    /// Lets `rates` act for `minutes`.
    pub(crate) fn apply(&mut self, rates: &Rates, minutes: f64, ledger: &mut Ledger) {
        self.move_liquid(rates.refill_ml * minutes);
        let urine = liquid(&self.interstitium, rates.urine_ml * minutes);
        self.interstitium -= urine;
        ledger.lost += urine;
        self.blood.add(Component::Protein, rates.protein_return_g * minutes);
        self.interstitium.add(Component::Protein, -rates.protein_return_g * minutes);
        let solutes = [
            (Component::Citrate, rates.citrate),
            (Component::Calcium, rates.calcium),
            (Component::Magnesium, rates.magnesium),
            (Component::Bicarbonate, rates.bicarbonate),
            (Component::Heparin, rates.heparin),
            (Component::Hes, rates.starch),
        ];
        for (solute, rate) in solutes {
            self.blood.add(solute, (rate.gained - rate.lost - rate.to_interstitium) * minutes);
            self.interstitium.add(solute, rate.to_interstitium * minutes);
            ledger.gained.add(solute, rate.gained * minutes);
            ledger.lost.add(solute, rate.lost * minutes);
        }
        self.interstitium.add(Component::Bicarbonate, -rates.bicarbonate_buffered * minutes);
        self.elsewhere.add(Component::Bicarbonate, rates.bicarbonate_buffered * minutes);
    }

    /// Moves liquid from the interstitium into the blood, or back when negative.
    fn move_liquid(&mut self, volume_ml: f64) {
        let (from, into) = if volume_ml > 0.0 {
            (&mut self.interstitium, &mut self.blood)
        } else {
            (&mut self.blood, &mut self.interstitium)
        };
        let moved = liquid(from, volume_ml.abs());
        *from -= moved;
        *into += moved;
    }
}

/// `volume_ml` of the liquids of a mixture at their make-up, without solutes; all of them when there is less.
fn liquid(source: &Mixture, volume_ml: f64) -> Mixture {
    let held_ml = source.liquid_ml();
    let fraction = if held_ml > 0.0 { (volume_ml / held_ml).min(1.0) } else { 0.0 };
    let mut part = Mixture::EMPTY;
    for component in [Component::Plasma, Component::Anticoagulant, Component::Saline] {
        part.set(component, source.get(component) * fraction);
    }
    part
}

/// The rules by which water and protein move in one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Volumes {
    filtration_ml_min_mmhg: f64,
    reflection: f64,
    interstitial_compliance_ml_mmhg: f64,
    protein_return_per_min: f64,
    urine_per_min: f64,
    heparin_loss_per_min: f64,
    starch_loss_per_min: f64,
    starch_oncotic_mmhg_l_g: f64,
    rest: Rest,
}

/// The resting state that water and protein return to.
#[derive(Debug, Clone, Copy)]
struct Rest {
    capillary_mmhg: f64,
    protein_g_l: f64,
    interstitial_ml: f64,
    extracellular_ml: f64,
}

impl Volumes {
    /// The rules for a donor who rests with this body and capillary pressure.
    pub(crate) fn new(parameters: &VolumeParameters, size: &BodySize, body: &Body, capillary_mmhg: f64) -> Self {
        Self {
            filtration_ml_min_mmhg: parameters.filtration * size.rate,
            reflection: parameters.reflection,
            interstitial_compliance_ml_mmhg: parameters.interstitial_compliance * size.weight_kg,
            protein_return_per_min: parameters.protein_return,
            urine_per_min: parameters.urine,
            heparin_loss_per_min: core::f64::consts::LN_2 / parameters.heparin_half_life,
            starch_loss_per_min: core::f64::consts::LN_2 / (60.0 * parameters.starch_half_life),
            starch_oncotic_mmhg_l_g: parameters.starch_oncotic,
            rest: Rest {
                capillary_mmhg,
                protein_g_l: body.blood.per_litre_liquid(Component::Protein),
                interstitial_ml: body.interstitium.liquid_ml(),
                extracellular_ml: body.blood.liquid_ml() + body.interstitium.liquid_ml(),
            },
        }
    }

    /// Plasma protein against rest.
    pub(crate) fn relative_protein(&self, body: &Body) -> f64 {
        body.blood.per_litre_liquid(Component::Protein) / self.rest.protein_g_l
    }

    /// The movements of liquid, protein, heparin and starch; the other solutes stay zero.
    pub(crate) fn rates(&self, body: &Body, capillary_mmhg: f64) -> Rates {
        let plasma_ml = body.blood.liquid_ml();
        let interstitial_ml = body.interstitium.liquid_ml();
        let protein_g_l = body.blood.per_litre_liquid(Component::Protein);
        let starch_mmhg = self.starch_oncotic_mmhg_l_g * body.blood.per_litre_liquid(Component::Hes);
        let oncotic_mmhg =
            oncotic_pressure_mmhg(protein_g_l) - oncotic_pressure_mmhg(self.rest.protein_g_l) + starch_mmhg;
        let tissue_mmhg = (interstitial_ml - self.rest.interstitial_ml) / self.interstitial_compliance_ml_mmhg;
        let drive_mmhg = self.rest.capillary_mmhg - capillary_mmhg + self.reflection * oncotic_mmhg + tissue_mmhg;
        let excess_ml = plasma_ml + interstitial_ml - self.rest.extracellular_ml;
        Rates {
            refill_ml: self.filtration_ml_min_mmhg * drive_mmhg,
            urine_ml: self.urine_per_min * excess_ml.max(0.0),
            protein_return_g: self.protein_return_per_min * (self.rest.protein_g_l - protein_g_l) * plasma_ml * 1e-3,
            heparin: excreted(self.heparin_loss_per_min * body.blood.get(Component::Heparin)),
            starch: excreted(self.starch_loss_per_min * body.blood.get(Component::Hes)),
            ..Rates::default()
        }
    }
}

/// Nothing but a loss.
fn excreted(lost: f64) -> SoluteRates {
    SoluteRates { lost, ..SoluteRates::default() }
}

/// Oncotic pressure of plasma after Landis and Pappenheimer (1963).
fn oncotic_pressure_mmhg(protein_g_l: f64) -> f64 {
    let g_dl = 0.1 * protein_g_l;
    g_dl * (2.1 + g_dl * (0.16 + g_dl * 0.009))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oncotic_pressure_of_normal_plasma_is_as_published() {
        // Seven grams per decilitre: 25.6 mmHg by the formula, some 25 measured.
        assert!((oncotic_pressure_mmhg(70.0) - 25.6).abs() < 0.1);
    }

    #[test]
    fn venous_blood_is_drawn_at_venous_haematocrit_and_exact_volume() {
        let blood = Mixture::of(Component::Erythrocyte, 2000.0)
            + Mixture::of(Component::Platelet, 10.0)
            + Mixture::of(Component::Plasma, 2600.0)
            + Mixture::saline(390.0)
            + Mixture::of(Component::Protein, 200.0);
        let mut body = Body { blood, interstitium: Mixture::EMPTY, elsewhere: Mixture::EMPTY };
        let drawn = body.draw(100.0, 0.91);
        assert!((drawn.volume_ml() - 100.0).abs() < 1e-10);
        assert!((drawn.hematocrit() - 2000.0 / (0.91 * 5000.0)).abs() < 1e-12);
        let saline_share = drawn.get(Component::Saline) / drawn.liquid_ml();
        assert!((saline_share - 390.0 / 2990.0).abs() < 1e-12);
        assert!(
            (drawn.per_litre_liquid(Component::Protein) - blood.per_litre_liquid(Component::Protein)).abs() < 1e-10
        );
        assert_eq!(body.draw(f64::NAN, 0.91), Mixture::EMPTY);
        assert_eq!(body.draw(-1.0, 0.91), Mixture::EMPTY);
        assert!(body.draw(1e9, 0.91).volume_ml() < 2460.0);
    }
}
