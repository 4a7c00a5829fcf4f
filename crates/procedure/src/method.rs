//! The method that a protocol names: what control is told of it, and its separator.

use leuka_blood::Mixture;
use leuka_blood::quantity::{FlowRate, Fraction, TimeSpan, Volume};
use leuka_control::{ChamberCycle, Dilution, Elution, Method};
use leuka_separator::filter::{self, Bed, BedKind, SizeFilter};
use leuka_separator::{Chamber, Channel, Error, Separator, Stage};

use crate::file::{Document, Problem};
use crate::inputs::Centrifuge;

/// The words in the file.
pub(crate) const METHODS: &[&str] = &["continuous", "chamber", "depth-filter", "adsorption-column", "size-filter"];

/// Time in which the draw valve turns once each way, s: what it lets in mixes in the size filter's mixer.
const VALVE_PERIOD_S: f64 = 20.0;

/// The volumes that a method needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Volumes {
    /// Content of the separator.
    pub(crate) separator: Volume,
    /// Lines from the draw valve to the separator.
    pub(crate) before: Volume,
}

/// The method as control wants it.
pub(crate) fn method(file: &Document, volumes: &Volumes) -> Result<Method, Problem> {
    let number = |path: &str| file.number(path).ok_or_else(|| file.problem(path, "is missing: give it"));
    Ok(match file.text("method") {
        Some("chamber") => Method::Chamber(ChamberCycle {
            flush_at: Fraction::from_pct(number("chamber.flush_at_pct")?),
            longest_fill: TimeSpan::from_minutes(number("chamber.longest_fill_min")?),
            flow: FlowRate::from_ml_min(number("chamber.flush_flow_ml_min")?),
            volume: Volume::from_ml(number("chamber.flush_volume_ml")?),
        }),
        Some("depth-filter") => Method::DepthFilter(Elution {
            displace: volumes.before + volumes.separator,
            flow: FlowRate::from_ml_min(number("elution.flow_ml_min")?),
            volume: Volume::from_ml(number("elution.volume_ml")?),
        }),
        Some("adsorption-column") => Method::AdsorptionColumn,
        Some("size-filter") => {
            Method::SizeFilter(Dilution { factor: number("dilution")?, period: TimeSpan::from_seconds(VALVE_PERIOD_S) })
        }
        _ => Method::Continuous,
    })
}

/// True when the method needs no rotor.
pub(crate) fn is_filter(file: &Document) -> bool {
    matches!(file.text("method"), Some("depth-filter" | "adsorption-column" | "size-filter"))
}

/// True when the product is washed off a filter.
pub(crate) fn is_eluted(file: &Document) -> bool {
    file.text("method") == Some("depth-filter")
}

/// The separator of the method, filled with saline, and which model of a centrifuge it has.
///
/// Where `wanted` leaves it open, the stage is taken when its table fits the parameters and the blood, else the channel.
pub(crate) fn separator(
    file: &Document,
    wanted: Option<Centrifuge>,
    channel: &leuka_separator::Parameters,
    filters: &filter::Parameters,
    blood: &leuka_blood::Parameters,
) -> Result<(Box<dyn Separator>, Option<Centrifuge>), Error> {
    let prime = Mixture::saline(1.0);
    let bed = |kind| Ok((Box::new(Bed::new(kind, filters, channel, blood, &prime)?) as Box<dyn Separator>, None));
    match file.text("method") {
        Some("depth-filter") => return bed(BedKind::Nylon),
        Some("adsorption-column") => return bed(BedKind::Column),
        Some("size-filter") => return Ok((Box::new(SizeFilter::new(filters, channel, blood, &prime)?), None)),
        _ => {}
    }
    let is_starched = blood.fluids.recipe(crate::prescription::solution(file)).hes_g_ml > 0.0;
    let stage = || match is_starched {
        true => Err(Error::Stage { what: "blood with starch".to_owned() }),
        false => Stage::new(channel, blood, &prime),
    };
    let tried = match wanted {
        Some(Centrifuge::Channel) => None,
        Some(Centrifuge::Stage) => Some(stage()?),
        None => stage().ok(),
    };
    let rotor: (Box<dyn Separator>, _) = match tried {
        Some(stage) => (Box::new(stage), Centrifuge::Stage),
        None => (Box::new(Channel::new(channel, blood, channel.grid, &prime)?), Centrifuge::Channel),
    };
    Ok(match (file.text("method"), rotor) {
        (Some("chamber"), (rotor, model)) => {
            (Box::new(Chamber::new(rotor, filters.chamber, channel, blood, &prime)?), Some(model))
        }
        (_, (rotor, model)) => (rotor, Some(model)),
    })
}

/// Fields that mean nothing without their method.
pub(crate) fn check(file: &Document) -> Vec<Problem> {
    let method = file.text("method").unwrap_or_default();
    let needs = |path: &str, methods: &[&str]| {
        (file.gives(path) && !methods.contains(&method)).then(|| {
            file.problem(
                path,
                format!(
                    "has no meaning with method = \"{method}\": remove it, or use \"{}\"",
                    methods.join("\" or \"")
                ),
            )
        })
    };
    let rotor = ["continuous", "chamber"];
    let fields = [
        needs("chamber", &["chamber"]),
        needs("elution", &["depth-filter"]),
        needs("dilution", &["size-filter"]),
        needs("reservoir_ml", &rotor),
        is_filter(file).then(|| needs("centrifuge_rpm", &rotor)).flatten(),
        is_filter(file).then(|| needs("packing_factor_g_min", &rotor)).flatten(),
        is_filter(file).then(|| needs("interface_mm", &rotor)).flatten(),
    ];
    fields.into_iter().flatten().collect()
}
