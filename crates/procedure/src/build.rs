//! From checked inputs to the things that run: donor, separator, machine, controller, guard, operator.

use leuka_blood::quantity::{Length, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{CellTable, Population, parameters};
use leuka_control::{Controller, Prescription};
use leuka_donor::Donor;
use leuka_guard::{Entered, Guard, LimitTable};
use leuka_machine::{AccessKind, Setup, VeinQuality, VirtualMachine};
use leuka_separator::filter::QualityParameters;

use crate::donor::Person;
use crate::file::{Document, Problem, Problems};
use crate::inputs::{Centrifuge, Inputs, parameter_problem};
use crate::method::{Volumes, separator};
use crate::mid_run::MidRun;
use crate::operator::{Knowledge, Manner, Operator};
use crate::prescription::{Hardware, identifier, prescription, solution};

/// Everything that a run moves.
pub(crate) struct Built {
    pub(crate) machine: VirtualMachine,
    pub(crate) controller: Controller,
    pub(crate) guard: Guard,
    pub(crate) operator: Operator,
    pub(crate) purpose: leuka_dose::Purpose,
    pub(crate) cells: CellTable,
    pub(crate) quality: QualityParameters,
    pub(crate) person: Person,
    pub(crate) centrifuge: Option<Centrifuge>,
}

/// Builds everything; what a model refuses is a problem of the inputs.
pub(crate) fn models(inputs: &Inputs) -> Result<Built, Problems> {
    let seed = Seed::run(inputs.seed);
    let person = Person::read(&inputs.donor)?;
    let blood = blood(inputs)?;
    let separator_parameters = parameters_of(leuka_separator::Parameters::from_file(&inputs.models.separator))?;
    let filters = parameters_of(leuka_separator::filter::Parameters::from_file(&inputs.models.filter))?;
    let machine_parameters = parameters_of(leuka_machine::Parameters::from_file(&inputs.models.machine))?;
    let defaults =
        parameters_of(leuka_control::Parameters::from_file(&inputs.models.control, person.formula_blood_volume))?;
    let limits = parameters_of(LimitTable::from_file(&inputs.models.guard))?;
    let manner = parameters_of(Manner::from_file(&inputs.models.operator))?;

    let donor = donor(inputs, &person, &blood, seed)?;
    let (separator, centrifuge) =
        separator(&inputs.protocol, inputs.separator, &separator_parameters, &filters, &blood)
            .map_err(|error| model_problem("separator", &error))?;
    let separator_volume = Volume::from_ml(separator.contents().volume_ml());
    let anticoagulant = solution(&inputs.protocol);
    let filled = Volume::from_ml(machine_parameters.lines_ml()) + separator_volume;
    let hardware = Hardware {
        channel_volume: separator_volume,
        channel_radius: Length::from_mm(separator_parameters.inner_radius_mm + 0.5 * separator_parameters.gap_mm),
        channel_gap: Length::from_mm(separator_parameters.gap_mm),
        collect_line: machine_parameters.collect_line(),
        extracorporeal: filled,
        prime: filled,
        anticoagulant_bag_tare: machine_parameters.anticoagulant_bag_tare(),
        reservoir_bag_tare: machine_parameters.reservoir_bag_tare(),
        drop_volume: machine_parameters.drop_volume(),
        volumes: Volumes { separator: separator_volume, before: machine_parameters.lines_before_separator() },
    };
    let prescription = prescription(inputs, &person, &defaults, &hardware, &blood.fluids)?;
    let entered = entered(&prescription);
    let purpose = prescription.goal.purpose(prescription.donor.tbv);
    let count_error = prescription.goal.belief.common.count_error;
    let mid_run = MidRun::new(inputs, blood.cells, count_error, seed);
    let knowledge = knowledge(inputs, &person, &prescription.identity)?;
    let controller = Controller::new(prescription).map_err(|error| inputs.protocol.problem("", error.to_string()))?;
    let guard = Guard::new(limits.for_donor(&entered)).map_err(|error| model_problem("guard", &error))?;
    let machine = VirtualMachine::new(Setup {
        parameters: machine_parameters,
        blood,
        anticoagulant,
        draw_access: access(&inputs.protocol, "access.draw")?,
        return_access: access(&inputs.protocol, "access.return")?,
        vein: vein(&inputs.donor),
        donor,
        separator,
        seed,
    })
    .map_err(|error| model_problem("machine", &error))?;
    Ok(Built {
        machine,
        controller,
        guard,
        operator: Operator::new(manner, knowledge, mid_run),
        purpose,
        cells: blood.cells,
        quality: filters.quality,
        person,
        centrifuge,
    })
}

/// What the guard is told of the prescription. It judges by the outermost tier: control is to have acted before.
fn entered(prescription: &Prescription) -> Entered {
    let Prescription { donor, anticoagulant, set, limits, .. } = prescription;
    Entered {
        weight: donor.weight,
        tbv: donor.tbv,
        deficit: limits.fluid_deficit.absolute,
        surplus: limits.fluid_surplus.absolute,
        citrate_mmol_kg_min: anticoagulant.citrate.absolute.mg_kg_min() / leuka_dose::CITRATE_MG_PER_MMOL
            * PUMP_AND_DROPS,
        citrate_mmol_ml: anticoagulant.citrate_mmol_ml,
        density: anticoagulant.density,
        starch: anticoagulant.most_volume,
        extracorporeal: if set.red_cell_prime { Volume::ZERO } else { prescription.blood_outside() },
        most_extracorporeal: limits.eligibility.extracorporeal.absolute,
        reservoir: set.reservoir.map(|volume| (volume, set.reservoir_tare)),
    }
}

/// Albumin for a prime: 5 %.
const ALBUMIN_G_ML: f64 = 0.05;

/// What pumps deliver and drops count may be more than what is asked for by this, without anything being wrong.
const PUMP_AND_DROPS: f64 = 1.15;

/// Cells and liquids, with the neutrophils that G-CSF makes lighter.
pub(crate) fn blood(inputs: &Inputs) -> Result<leuka_blood::Parameters, Problem> {
    let mut blood = parameters_of(leuka_blood::Parameters::from_file(&inputs.models.blood))?;
    if inputs.donor.flag("g_csf_mobilised") == Some(true) {
        blood.cells[Population::Neutrophil].density_g_ml = blood.mobilised_neutrophil_density_g_ml;
    }
    Ok(blood)
}

/// The body of the donor file.
pub(crate) fn donor(
    inputs: &Inputs,
    person: &Person,
    blood: &leuka_blood::Parameters,
    seed: Seed,
) -> Result<Donor, Problem> {
    let parameters = parameters_of(leuka_donor::Parameters::from_file(&inputs.models.donor))?;
    let description = person.description(&inputs.donor, &parameters);
    Donor::new(&description, &parameters, blood, seed).map_err(|error| inputs.donor.problem("", error.to_string()))
}

fn knowledge(inputs: &Inputs, person: &Person, identity: &leuka_control::Identity) -> Result<Knowledge, Problem> {
    let flag = |name: &str| inputs.donor.flag(name).unwrap_or(false);
    let ordered_donor = match inputs.order.text("donor_id") {
        Some(_) => identifier(&inputs.order, "donor_id")?,
        None => identity.donor.clone(),
    };
    Ok(Knowledge {
        identity: identity.clone(),
        ordered_donor,
        consent: flag("consent"),
        infection_markers_negative: flag("infection_markers_negative"),
        pregnant: flag("pregnant"),
        ace_inhibitor: flag("ace_inhibitor"),
        anticoagulant: solution(&inputs.protocol),
        prime: match inputs.protocol.flag("albumin_prime") {
            Some(true) => leuka_machine::Solution::Albumin(ALBUMIN_G_ML),
            _ => leuka_machine::Solution::Saline,
        },
        is_catheter: access(&inputs.protocol, "access.draw")?.is_central(),
        dose_cells: inputs.dose_cells(),
        weight: person.weight,
    })
}

fn access(protocol: &Document, path: &str) -> Result<AccessKind, Problem> {
    let name = protocol.text(path).unwrap_or_default();
    serde_json::from_value(name.into())
        .map_err(|_| protocol.problem(path, format!("is \"{name}\": the machine has no such access")))
}

fn vein(donor: &Document) -> VeinQuality {
    match donor.text("vein_quality") {
        Some("poor") => VeinQuality::Poor,
        Some("fair") => VeinQuality::Fair,
        _ => VeinQuality::Good,
    }
}

fn parameters_of<T>(read: Result<T, parameters::Error>) -> Result<T, Problem> {
    read.map_err(parameter_problem)
}

fn model_problem(model: &str, error: &dyn std::error::Error) -> Problem {
    Problem { file: format!("{model} model"), line: None, field: String::new(), message: error.to_string() }
}
