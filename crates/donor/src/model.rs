//! The rules of one donor, all slow parts together: what they are at rest and how fast everything changes.

use leuka_blood::{Component, Population};

use crate::Parameters;
use crate::body::{Body, Rates};
use crate::cells::Cells;
use crate::circulation::{Circulation, CirculationState, Influence};
use crate::citrate_calcium::{Chemistry, ChemistryDrive, Ionised};
use crate::description::{BodySize, Description, Error};
use crate::electrolytes::Electrolytes;
use crate::heat::Heat;
use crate::mobilisation::Drugs;
use crate::pth::Hormone;
use crate::recovery::Recovery;
use crate::state::Pools;
use crate::volumes::Volumes;

/// The rules of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model {
    pub(crate) circulation: Circulation,
    pub(crate) chemistry: Chemistry,
    pub(crate) hormone: Hormone,
    pub(crate) drugs: Drugs,
    pub(crate) heat: Heat,
    volumes: Volumes,
    electrolytes: Electrolytes,
    cells: Cells,
    pub(crate) recovery: Recovery,
    body_to_venous_hematocrit: f64,
    rest_hematocrit: f64,
}

/// Everything of a donor that changes with time and is no event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    pub(crate) body: Body,
    pub(crate) pools: Pools,
    pub(crate) circulation: CirculationState,
    pub(crate) ionised: Ionised,
}

impl Model {
    /// The rules for this donor, and the donor's state at rest or in the middle of a course of G-CSF.
    ///
    /// # Errors
    /// [`Error::NoPlasma`] when cells fill the blood.
    pub(crate) fn new(
        description: &Description,
        parameters: &Parameters,
        size: &BodySize,
        blood: &leuka_blood::Parameters,
    ) -> Result<(Self, State), Error> {
        let p = parameters;
        let ratio = p.volumes.body_to_venous_hematocrit;
        let (mut body, plasma_ml) = Body::with_cells(description, ratio, &blood.cells)?;
        let mut pools = Pools::default();
        let chemistry = Chemistry::new(description, p, size, plasma_ml, &mut body);
        let electrolytes = Electrolytes::new(&p.electrolytes, size, description.bicarbonate.mmol_l(), &mut body);
        let hormone = Hormone::new(&p.hormone, description.ionised_calcium.mmol_l(), &mut pools);
        let heat = Heat::new(&p.heat, description.weight.kg(), description.temperature.celsius(), &mut pools);
        let drugs = Drugs::new(&p.mobilisation);
        let marrow = description.marrow_factor.fraction();
        let spleen = p.cells.platelet.with_share_elsewhere(description.splenic_platelets);
        let mut recovery = Recovery::new(&p.recovery, marrow, spleen.elsewhere, &body);
        Recovery::rest(&mut pools);
        if let Some(course) = description.mobilisation.course {
            let left = drugs.act_before(&course, &recovery, &mut pools);
            if description.usual_platelets.is_none() {
                recovery.set_platelets(1.0 / left);
            }
        }
        let platelets = description.cells[Population::Platelet];
        if let Some(usual) = description.usual_platelets.filter(|_| platelets.per_ul() > 0.0) {
            recovery.set_platelets(usual / platelets);
        }
        if let Some(usual) = description.usual_hematocrit {
            recovery.set_red_cells(usual / description.hematocrit);
        }
        let without = p.default.cells_per_ul();
        let cells = Cells::new(&p.cells, description, size, &blood.cells, &without, &drugs.drive(&pools), &mut body);
        let (circulation, circulation_state) =
            Circulation::new(description, &p.circulation, &p.reflex, size, p.default.heart_rate);
        let at_rest = circulation.haemodynamics(&circulation_state, body.blood.fluid_ml(), &Influence::default());
        let model = Self {
            circulation,
            chemistry,
            hormone,
            drugs,
            heat,
            volumes: Volumes::new(&p.volumes, size, &body, at_rest.capillary_mmhg),
            electrolytes,
            cells,
            recovery,
            body_to_venous_hematocrit: ratio,
            rest_hematocrit: body.blood.hematocrit(),
        };
        let state = State { body, pools, circulation: circulation_state, ionised: chemistry.ions_at_rest() };
        Ok((model, state))
    }

    /// Ratio of the body's haematocrit to that of venous blood.
    pub(crate) const fn body_to_venous_hematocrit(&self) -> f64 {
        self.body_to_venous_hematocrit
    }

    /// How much thicker the blood is than at rest, relative.
    pub(crate) fn thickening(&self, body: &Body) -> f64 {
        body.blood.hematocrit() / self.rest_hematocrit - 1.0
    }

    /// The ions of a body, searched from where they were last.
    pub(crate) fn bind(&self, body: &Body, last: &Ionised) -> Ionised {
        self.chemistry.bind(body, self.volumes.relative_protein(body), last)
    }

    /// The rates of all slow parts, per minute, for the ions of this body; `calcium_mmol` is what runs into a vein per
    /// minute.
    pub(crate) fn rates(
        &self,
        body: &Body,
        pools: &Pools,
        ionised: &Ionised,
        capillary_mmhg: f64,
        calcium_mmol: f64,
    ) -> Rates {
        let mut rates = Rates::default();
        let refill_ml = self.volumes.add_rates(body, capillary_mmhg, &mut rates);
        let drive = ChemistryDrive { refill_ml, calcium_mmol };
        self.chemistry.add_rates(body, pools, ionised, &drive, &mut rates);
        self.electrolytes.add_rates(body, refill_ml, self.hormone.relative(pools), &mut rates);
        self.hormone.add_rates(pools, ionised.plasma.calcium, &mut rates.pools);
        self.drugs.add_rates(pools, &mut rates.pools);
        self.cells.add_rates(body, &self.drugs.drive(pools), &mut rates);
        self.recovery.add_rates(body, pools, self.drugs.strength(pools), &mut rates);
        self.heat.add_rates(pools, &mut rates.pools);
        rates
    }

    /// Bicarbonate of plasma, mmol/L.
    pub(crate) fn bicarbonate(body: &Body) -> f64 {
        body.blood.per_litre_liquid(Component::Bicarbonate)
    }
}
