//! What people do with a record: enter, amend, check identities, sign, close, end or resume what was cut off.
//!
//! Everything becomes an entry with who, when and why; a refusal too.

use leuka_plan::{Bag, Budget, Reconciled, Scale, reconcile};
use leuka_procedure::{DoseCells, recorded};
use serde_json::{Value, json};

use crate::document::{COUNTS, DIN, IDENTITY, LABEL, ProcedureRecord, RECONCILED, State};
use crate::entry::{Act, Actor, Draft, Kind, Meaning, Moment, Signature};
use crate::error::Error;
use crate::export::label::{DonationNumber, Label, Site, Structure, scan};
use crate::people::Role;
use crate::store::{Head, Store};

impl Store {
    /// Enters a value under a name; an amendment when there is one already, or when the record is closed, and then `reason`
    /// must say why. The old value stays readable.
    ///
    /// # Errors
    /// [`Error::Value`] for an amendment without a reason; [`Error::DinUsed`]; [`Error::NoRecord`]; the database's refusal.
    pub async fn enter(
        &self,
        record: &str,
        entity: &str,
        value: Value,
        by: &Actor,
        reason: &str,
        at: Moment,
    ) -> Result<Head, Error> {
        let whole = self.load(record).await?;
        let old = whole.fact(entity).cloned();
        let is_amendment = old.is_some() || whole.state == State::Closed;
        if is_amendment && reason.trim().is_empty() {
            return Err(Error::Value {
                field: "reason".into(),
                value: "nothing".into(),
                wanted: format!("why {entity} is amended, in words"),
            });
        }
        if entity == DIN
            && let Some(din) = value.as_str()
            && let Some(other) = self.with_din(din).await?.filter(|other| other != record)
        {
            self.refuse(record, entity, value.clone(), by, "the donation number is another record's", at).await?;
            return Err(Error::DinUsed { din: din.to_owned(), record: other });
        }
        let action = if is_amendment { "amend" } else { "enter" };
        let act = act(at, by, action, entity, old.unwrap_or_default(), value, reason);
        self.append(record, &[&Draft::new(Kind::Act, &act)]).await
    }

    /// Gives the product its donation number: thirteen characters, the same with the check character, or a scanned code.
    ///
    /// # Errors
    /// [`Error::Value`] for what is no donation number; otherwise as [`Store::enter`].
    pub async fn number(&self, record: &str, text: &str, by: &Actor, reason: &str, at: Moment) -> Result<Head, Error> {
        let number = donation_number(text).map_err(|wanted| Error::Value {
            field: DIN.into(),
            value: text.to_owned(),
            wanted,
        })?;
        self.enter(record, DIN, json!(number.as_str()), by, reason, at).await
    }

    /// Makes the account of the bag from the counts that were entered, and enters it.
    ///
    /// # Errors
    /// [`Error::Value`] without counts or with such as no bag can have; otherwise as [`Store::enter`].
    pub async fn account(&self, record: &str, by: &Actor, reason: &str, at: Moment) -> Result<Reconciled, Error> {
        let account = self.load(record).await?.account()?;
        self.enter(record, RECONCILED, json!(account), by, reason, at).await?;
        Ok(account)
    }

    /// Holds what was scanned from the printed label against the record: the donation number as it is or with its check
    /// character, or a code, of which everything is compared with the label of this site.
    ///
    /// # Errors
    /// [`Error::Label`] when they do not agree: the attempt is in the trail; the database's refusal.
    pub async fn check_label(
        &self,
        record: &str,
        scanned: &str,
        site: &Site,
        by: &Actor,
        at: Moment,
    ) -> Result<Head, Error> {
        match agrees(&self.load(record).await?, scanned, site) {
            Ok(()) => self.enter(record, LABEL, json!(scanned), by, "scanned again", at).await,
            Err(reason) => {
                self.refuse(record, LABEL, json!({ "scanned": scanned }), by, &reason, at).await?;
                Err(Error::Label(reason))
            }
        }
    }

    /// Holds the donor's identifier on the order against those on wristband and bag.
    ///
    /// # Errors
    /// [`Error::Identity`] when they do not agree: the attempt is in the trail; the database's refusal.
    pub async fn check_identity(
        &self,
        record: &str,
        wristband: &str,
        bag: &str,
        by: &Actor,
        at: Moment,
    ) -> Result<Head, Error> {
        let order = self.load(record).await?.opened.donor_id;
        let scanned = json!({ "order": order, "wristband": wristband, "bag": bag });
        if order == wristband && order == bag {
            return self.enter(record, IDENTITY, scanned, by, "checked again", at).await;
        }
        self.refuse(record, IDENTITY, scanned, by, "the identifiers do not agree", at).await?;
        Err(Error::Identity { order, wristband: wristband.to_owned(), bag: bag.to_owned() })
    }

    /// Puts a refused attempt into the trail.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn refuse(
        &self,
        record: &str,
        entity: &str,
        attempt: Value,
        by: &Actor,
        reason: &str,
        at: Moment,
    ) -> Result<Head, Error> {
        let act = act(at, by, "refuse", entity, Value::Null, attempt, reason);
        self.append(record, &[&Draft::new(Kind::Act, &act)]).await
    }

    /// Signs a record as it stands: the user and the password, each time.
    ///
    /// # Errors
    /// [`Error::Credentials`], [`Error::Locked`]; [`Error::Role`] for who may not; the database's refusal.
    pub async fn sign(
        &self,
        record: &str,
        login: &str,
        password: &str,
        meaning: Meaning,
        at: Moment,
    ) -> Result<Signature, Error> {
        let user = self.authenticate(login, password, at.utc_ms).await?;
        let may = match meaning {
            Meaning::Authorship => matches!(user.role, Role::Nurse | Role::Physician | Role::Lab),
            Meaning::Review | Meaning::Approval => matches!(user.role, Role::Physician),
        };
        if !may {
            let allowed = if meaning == Meaning::Authorship { "nurse, physician and lab" } else { "a physician" };
            let (role, what) = (user.role.name(), meaning.name());
            return Err(Error::Role { login: login.to_owned(), role, what, allowed });
        }
        let Head { seq, hash } = self.head(record).await?;
        let signature =
            Signature { at, by: user.actor(), name: user.name, meaning, signed_seq: seq, signed_hash: hash };
        self.append(record, &[&Draft::new(Kind::Signature, &signature)]).await?;
        Ok(signature)
    }

    /// Closes a record that is complete.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::Incomplete`] with all that is missing; the database's refusal.
    pub async fn close_record(&self, record: &str, by: &Actor, reason: &str, at: Moment) -> Result<Head, Error> {
        let whole = self.load(record).await?;
        if whole.state == State::Closed {
            return Err(Error::Closed(record.to_owned()));
        }
        let missing = whole.missing();
        if !missing.is_empty() {
            return Err(Error::Incomplete { id: record.to_owned(), missing });
        }
        let act = act(at, by, "close", "record", Value::Null, Value::Null, reason);
        self.append(record, &[&Draft::new(Kind::Close, &act)]).await
    }

    /// Says that the run of an open record was cut off. It can be resumed or closed afterwards.
    ///
    /// # Errors
    /// [`Error::Value`] for a record that is not open; [`Error::NoRecord`]; the database's refusal.
    pub async fn interrupt(&self, record: &str, at: Moment) -> Result<Head, Error> {
        self.expect_state(record, State::Open, "open").await?;
        self.append(record, &[&Draft::interruption(at)]).await
    }

    /// Opens an interrupted record again, for its run to go on.
    ///
    /// # Errors
    /// [`Error::Value`] for a record that is not interrupted; [`Error::NoRecord`]; the database's refusal.
    pub async fn resume(&self, record: &str, by: &Actor, reason: &str, at: Moment) -> Result<Head, Error> {
        self.expect_state(record, State::Interrupted, "interrupted").await?;
        let act = act(at, by, "resume", "record", Value::Null, Value::Null, reason);
        self.append(record, &[&Draft::new(Kind::Act, &act)]).await
    }

    async fn expect_state(&self, record: &str, state: State, wanted: &str) -> Result<ProcedureRecord, Error> {
        let whole = self.load(record).await?;
        if whole.state == state {
            return Ok(whole);
        }
        let value = json!(whole.state).as_str().unwrap_or_default().to_owned();
        Err(Error::Value { field: format!("record {record}"), value, wanted: wanted.to_owned() })
    }
}

impl ProcedureRecord {
    /// The account of the bag by the counts that were entered.
    ///
    /// # Errors
    /// [`Error::Value`] without counts, with such as no bag can have, or for inputs of another version.
    pub fn account(&self) -> Result<Reconciled, Error> {
        self.account_of(self.fact(COUNTS).unwrap_or(&Value::Null))
    }

    /// The same by other counts, before they are entered.
    ///
    /// # Errors
    /// As [`ProcedureRecord::account`].
    pub fn account_of(&self, counts: &Value) -> Result<Reconciled, Error> {
        let wrong = |field: &str, value: String, wanted: &str| Error::Value {
            field: field.to_owned(),
            value,
            wanted: wanted.to_owned(),
        };
        let (_, inputs) = recorded(&format!("record {}", self.id), &self.opened.inputs, Vec::new())
            .map_err(|problems| wrong("inputs", problems.to_string(), "what this version reads"))?;
        let number = |name: &str| {
            let found = counts.get(name).and_then(Value::as_f64);
            found.ok_or_else(|| wrong(&format!("{COUNTS}, {name}"), "nothing".into(), "a number: enter the counts"))
        };
        let outcome = self.ended.as_ref().map_or(&Value::Null, |ended| &ended.outcome);
        let leukocrit_pct = counts.get("leukocrit_pct").and_then(Value::as_f64).unwrap_or(USUAL_LEUKOCRIT_PCT);
        let bag = Bag {
            weight_g: number("weight_g")?,
            tare_g: number("tare_g")?,
            scale: Scale::Composition { hematocrit_pct: number("hematocrit_pct")?, leukocrit_pct },
            device_ml: outcome.pointer("/product/volume_ml").and_then(Value::as_f64),
            count_1e6_ml: number(counted(inputs.dose_cells()))?,
            viability_pct: number("viability_pct")?,
            dose_weight_kg: inputs.dose_weight_kg(),
            specification_1e6_per_kg: outcome
                .pointer("/dose_believed/minimum_1e6_per_kg")
                .and_then(Value::as_f64)
                .unwrap_or(0.0),
            budget: Budget::default(),
        };
        reconcile(&bag).map_err(|error| wrong(COUNTS, error.to_string(), "what a bag can have: amend the counts"))
    }

    /// Under which name the count of the dose's cells stands among the product's counts, 1e6/mL.
    #[must_use]
    pub fn counted_cells(&self) -> &'static str {
        recorded("", &self.opened.inputs, Vec::new()).map_or("cd34_1e6_ml", |(_, inputs)| counted(inputs.dose_cells()))
    }
}

/// Volume of white cells in a product of which nobody measured it, %.
const USUAL_LEUKOCRIT_PCT: f64 = 2.0;

const fn counted(cells: DoseCells) -> &'static str {
    match cells {
        DoseCells::Cd34 => "cd34_1e6_ml",
        DoseCells::Cd3 => "cd3_1e6_ml",
        DoseCells::Mononuclear => "mnc_1e6_ml",
        DoseCells::Monocytes => "monocyte_1e6_ml",
        DoseCells::Granulocytes => "granulocyte_1e6_ml",
        DoseCells::WhiteCells => "wbc_1e6_ml",
    }
}

/// The donation number of a scan or of what was typed.
fn donation_number(text: &str) -> Result<DonationNumber, String> {
    if !text.starts_with(['=', '&']) {
        let is_bare = text.chars().filter(|letter| !letter.is_whitespace()).count() == 13;
        let number = if is_bare { DonationNumber::parse(text.trim()) } else { DonationNumber::typed(text) };
        return number.map_err(|error| error.to_string());
    }
    let structures = scan(text).map_err(|error| error.to_string())?;
    let number = structures.into_iter().find_map(|structure| match structure {
        Structure::Donation { number, .. } => Some(number),
        _ => None,
    });
    number
        .ok_or_else(|| "the scan has no donation number: scan the code at the upper left or the square one".to_owned())
}

/// Whether a scan is of this record's label; why not, in words.
fn agrees(record: &ProcedureRecord, scanned: &str, site: &Site) -> Result<(), String> {
    let din = record.fact(DIN).and_then(Value::as_str);
    let din = din.ok_or_else(|| "the record has no donation number yet: give it first".to_owned())?;
    let number = donation_number(scanned)?;
    if number.as_str() != din {
        return Err(format!("the label says {number}, the record has {din}: this is another product's label"));
    }
    if !scanned.starts_with(['=', '&']) {
        return Ok(());
    }
    let label = Label::of(record, site).map_err(|error| error.to_string())?;
    label.agrees_with(scanned).map(drop).map_err(|error| error.to_string())
}

fn act(at: Moment, by: &Actor, action: &str, entity: &str, old: Value, new: Value, reason: &str) -> Act {
    let (action, entity, reason) = (action.to_owned(), entity.to_owned(), reason.trim().to_owned());
    Act { at, by: by.clone(), action, entity, old, new, reason }
}
