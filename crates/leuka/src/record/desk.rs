//! What people do with a record from the command line.

use std::process::ExitCode;

use clap::Args;
use leuka_record::document::{COUNTS, DIN};
use leuka_record::{Error, Meaning};
use serde_json::{Value, json};

use super::exchange::SiteArguments;
use super::{CLOSING, ENTERING, Office, password, typed};
use crate::Failure;

/// Enters a value under a name, such as product.din, vitals.before, labs.cd34, set.lot, access, consent.
#[derive(Debug, Args)]
pub(super) struct Enter {
    /// The record.
    id: String,
    /// Under which name.
    name: String,
    /// What: JSON, or a text.
    value: String,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Replaces a value, with a reason; the old one stays readable.
#[derive(Debug, Args)]
pub(super) struct Amend {
    /// The record.
    id: String,
    /// Under which name.
    name: String,
    /// What it is now: JSON, or a text.
    value: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Holds the donor's identifier on the order against wristband and bag; all must agree.
#[derive(Debug, Args)]
pub(super) struct Identity {
    /// The record.
    id: String,
    /// As scanned from the wristband.
    #[arg(long)]
    wristband: String,
    /// As scanned from the bag.
    #[arg(long)]
    bag: String,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Enters the product's counts and makes its account: volume, dose, error budget.
#[derive(Debug, Args)]
pub(super) struct BagOf {
    /// The record.
    id: String,
    /// Weight of the full bag, g.
    #[arg(long, value_name = "G")]
    weight: f64,
    /// Weight of the empty bag, g.
    #[arg(long, value_name = "G")]
    tare: f64,
    /// Count of the dose's cells, 1e6/mL.
    #[arg(long, value_name = "1E6/ML")]
    count: f64,
    /// Living part, %.
    #[arg(long, value_name = "PCT")]
    viability: f64,
    /// Haematocrit of the product, %.
    #[arg(long, value_name = "PCT", default_value_t = 3.0)]
    hematocrit: f64,
    /// Volume of white cells in the product, %.
    #[arg(long, value_name = "PCT", default_value_t = 2.0)]
    leukocrit: f64,
    /// Why, when counts are there already.
    #[arg(long, default_value = "")]
    reason: String,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Holds what was scanned from the printed label against the record: the donation number, its bar code, or the whole
/// compound message.
#[derive(Debug, Args)]
pub(super) struct Label {
    /// The record.
    id: String,
    /// As scanned: thirteen characters, or a code that begins with = (flags, dates and counts are checked).
    scanned: String,
    #[command(flatten)]
    site: SiteArguments,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Signs a record as it stands.
#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The record.
    id: String,
    /// authorship (nurse, physician, lab), review or approval (physician).
    #[arg(long, value_parser = meaning)]
    meaning: Meaning,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Closes a record that has all it must have; it says what is missing.
#[derive(Debug, Args)]
pub(super) struct Close {
    /// The record.
    id: String,
    /// A remark.
    #[arg(long, default_value = "complete")]
    reason: String,
    /// Who.
    #[arg(long)]
    login: String,
}

/// Says that the run of an open record was cut off; then it can be resumed, or signed and closed as it is.
#[derive(Debug, Args)]
pub(super) struct Interrupt {
    /// The record.
    id: String,
    /// Who.
    #[arg(long)]
    login: String,
}

fn meaning(text: &str) -> Result<Meaning, String> {
    let known = Meaning::ALL.into_iter().find(|meaning| meaning.name() == text);
    known.ok_or_else(|| "allowed are authorship, review and approval".to_owned())
}

pub(super) fn enter(office: &Office, arguments: &Enter) -> Result<ExitCode, Failure> {
    let Enter { id, name, value, login } = arguments;
    put(office, id, name, typed(value), login, "")
}

pub(super) fn amend(office: &Office, arguments: &Amend) -> Result<ExitCode, Failure> {
    let Amend { id, name, value, reason, login } = arguments;
    put(office, id, name, typed(value), login, reason)
}

fn put(office: &Office, id: &str, name: &str, value: Value, login: &str, reason: &str) -> Result<ExitCode, Failure> {
    let by = office.person(login, id, &ENTERING)?.actor();
    let now = office.clock.now();
    let head = if name == DIN {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        office.block(office.store.number(id, &text, &by, reason, now))?
    } else {
        office.block(office.store.enter(id, name, value, &by, reason, now))?
    };
    println!("{name} is entry {} of record {id}", head.seq);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn identity(office: &Office, arguments: &Identity) -> Result<ExitCode, Failure> {
    let Identity { id, wristband, bag, login } = arguments;
    let by = office.person(login, id, &ENTERING)?.actor();
    office.block(office.store.check_identity(id, wristband, bag, &by, office.clock.now()))?;
    println!("order, wristband and bag agree: {wristband}");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn bag(office: &Office, arguments: &BagOf) -> Result<ExitCode, Failure> {
    let BagOf { id, reason, login, .. } = arguments;
    let by = office.person(login, id, &ENTERING)?.actor();
    let record = office.block(office.store.load(id))?;
    let counts = json!({
        (record.counted_cells()): arguments.count,
        "viability_pct": arguments.viability,
        "hematocrit_pct": arguments.hematocrit,
        "leukocrit_pct": arguments.leukocrit,
        "weight_g": arguments.weight,
        "tare_g": arguments.tare,
    });
    record.account_of(&counts)?;
    office.block(office.store.enter(id, COUNTS, counts, &by, reason, office.clock.now()))?;
    let account = office.block(office.store.account(id, &by, reason, office.clock.now()))?;
    let [low, high] = account.band_95_1e6_per_kg;
    println!(
        "{:.1} mL, {:.2} x1e6/kg living, 95 % band {low:.2} to {high:.2}",
        account.volume_ml, account.dose_1e6_per_kg
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn label(office: &Office, arguments: &Label) -> Result<ExitCode, Failure> {
    let Label { id, scanned, site, login } = arguments;
    let by = office.person(login, id, &ENTERING)?.actor();
    office.block(office.store.check_label(id, scanned, &site.site(), &by, office.clock.now()))?;
    println!("the label is this product's: {scanned}");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn sign(office: &Office, arguments: &Sign) -> Result<ExitCode, Failure> {
    let Sign { id, meaning, login } = arguments;
    let secret = password(&format!("Password of {login}: "))?;
    let now = office.clock.now();
    let signature = match office.runtime.block_on(office.store.sign(id, login, &secret, *meaning, now)) {
        Err(error @ Error::Role { .. }) => {
            if let Some(user) = office.block(office.store.user(login))? {
                let attempt = json!({ "meaning": meaning.name(), "role": user.role.name() });
                office.block(office.store.refuse(id, "signature", attempt, &user.actor(), &error.to_string(), now))?;
            }
            return Err(error.into());
        }
        other => other?,
    };
    let kept = office.checkpoint(id)?;
    println!(
        "{} signed at {}: {}, entries 1 to {}\nCheckpoint {kept}",
        signature.name,
        signature.at.utc(),
        meaning.name(),
        signature.signed_seq
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn close(office: &Office, arguments: &Close) -> Result<ExitCode, Failure> {
    let Close { id, reason, login } = arguments;
    let by = office.person(login, id, &CLOSING)?.actor();
    office.block(office.store.close_record(id, &by, reason, office.clock.now()))?;
    println!("record {id} is closed\nCheckpoint {}", office.checkpoint(id)?);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn interrupt(office: &Office, arguments: &Interrupt) -> Result<ExitCode, Failure> {
    let Interrupt { id, login } = arguments;
    office.person(login, id, &CLOSING)?;
    office.block(office.store.interrupt(id, office.clock.now()))?;
    println!("record {id} is interrupted: resume it, or sign and close it as it is");
    Ok(ExitCode::SUCCESS)
}
