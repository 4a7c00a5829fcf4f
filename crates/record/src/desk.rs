//! What people do with a record: enter, amend, check identities, sign, close, end or resume what was cut off.
//!
//! Everything becomes an entry with who, when and why; a refusal too.

use serde_json::{Value, json};

use crate::document::{DIN, Ended, IDENTITY, ProcedureRecord, State};
use crate::entry::{Act, Actor, Draft, Kind, Meaning, Moment, Signature};
use crate::error::Error;
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
        let ended = Ended { at, interrupted: true, outcome: Value::Null, alarms: Value::Null };
        self.append(record, &[&Draft::new(Kind::Outcome, &ended)]).await
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

fn act(at: Moment, by: &Actor, action: &str, entity: &str, old: Value, new: Value, reason: &str) -> Act {
    let (action, entity, reason) = (action.to_owned(), entity.to_owned(), reason.trim().to_owned());
    Act { at, by: by.clone(), action, entity, old, new, reason }
}
