//! The store: records on SQLite or PostgreSQL, by one schema and one set of statements.

use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyPool, Executor as _, Row as _};

use crate::document::ProcedureRecord;
use crate::entry::{Draft, GENESIS, Kind, Moment, Stored, chained};
use crate::error::Error;
use crate::keys::Key;
use crate::verify::{Checkpoint, Verdict, verify};

/// Where records are kept.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
}

/// Where a record ends at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Place of the last entry; 0 for none.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// A line of the list of records.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// Identifier of the record.
    pub id: String,
    /// When it was opened, ms since 1970.
    pub opened_utc_ms: i64,
    /// `open`, `interrupted`, `ended` or `closed`.
    pub state: String,
    /// Name of the protocol.
    pub protocol: String,
    /// Identifier of the donor.
    pub donor: String,
    /// Identifier of the order.
    pub order_id: String,
    /// Donation number of the product; empty before it is entered.
    pub din: String,
}

/// A machine of a console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Identifier.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// The record of the last run on it; empty for none.
    pub record: String,
}

/// What a record is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Identifier of the record.
    pub id: String,
    /// Name of the protocol.
    pub protocol: String,
    /// Identifier of the donor.
    pub donor: String,
    /// Identifier of the order.
    pub order_id: String,
}

/// The address with its kind, as the driver wants it: a bare path is SQLite's.
fn address(url: &str) -> Result<String, Error> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => {
            Ok(format!("sqlite:{path}{}", if path.contains('?') { "" } else { "?mode=rwc" }))
        }
        Some(("postgres" | "postgresql", _)) => Ok(url.to_owned()),
        None if !url.is_empty() => Ok(format!("sqlite:{url}?mode=rwc")),
        _ => Err(Error::Address(url.to_owned())),
    }
}

impl Store {
    /// Opens a store (`sqlite:FILE`, a bare path, or `postgres://...`), makes it when it is not there and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// [`Error::Address`] for another kind of address; the database's refusal.
    pub async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let url = address(url)?;
        let is_sqlite = url.starts_with("sqlite:");
        let pool = AnyPoolOptions::new()
            // SQLite has one writer; readers wait for it no longer than its transactions last.
            .max_connections(if is_sqlite { 1 } else { 8 })
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if is_sqlite {
                        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                                        PRAGMA busy_timeout = 5000;";
                        connection.execute(settings).await?;
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool })
    }

    /// Copies an SQLite store into a new file, whole and consistent, while it is in use. PostgreSQL has `pg_dump` for that.
    ///
    /// # Errors
    /// The database's refusal: a file that is there already, a disk that is full.
    pub async fn backup(&self, file: &str) -> Result<(), Error> {
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.pool).await?;
        Ok(())
    }

    /// Closes it: what an SQLite log holds goes into the file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Lets an SQLite store grow to so many pages of 4 KiB and no further.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn limit_pages(&self, pages: u32) -> Result<(), Error> {
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(limit).execute(&self.pool).await?;
        Ok(())
    }

    /// Opens a record with its first entry.
    ///
    /// # Errors
    /// [`Error::Exists`] when the identifier is used; the database's refusal.
    pub async fn create(&self, opening: &Opening, first: &Draft, at: Moment) -> Result<Head, Error> {
        let mut transaction = self.pool.begin().await?;
        let found =
            sqlx::query("SELECT 1 FROM records WHERE id = $1").bind(&opening.id).fetch_optional(&mut *transaction);
        if found.await?.is_some() {
            return Err(Error::Exists(opening.id.clone()));
        }
        sqlx::query(
            "INSERT INTO records (id, opened_utc_ms, state, protocol, donor, order_id) VALUES ($1, $2, 'open', $3, $4, $5)",
        )
        .bind(&opening.id)
        .bind(at.utc_ms)
        .bind(&opening.protocol)
        .bind(&opening.donor)
        .bind(&opening.order_id)
        .execute(&mut *transaction)
        .await?;
        let head = insert(&mut transaction, &opening.id, Head { seq: 0, hash: GENESIS.to_owned() }, &[first]).await?;
        transaction.commit().await?;
        Ok(head)
    }

    /// Adds entries after the last one, all or none; returns where the record ends now. What it returns is on the disk.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; [`Error::Closed`] for the run's own entries on a closed record; the database's refusal.
    pub async fn append(&self, record: &str, drafts: &[&Draft]) -> Result<Head, Error> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, record, drafts).await?;
        let head = last(&mut transaction, record).await?;
        let head = insert(&mut transaction, record, head, drafts).await?;
        for draft in drafts {
            index(&mut transaction, record, draft).await?;
        }
        transaction.commit().await?;
        Ok(head)
    }

    /// Where a record ends.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn head(&self, record: &str) -> Result<Head, Error> {
        let mut connection = self.pool.acquire().await?;
        last(&mut connection, record).await
    }

    /// The entries of a record behind a place, in order.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn entries_after(&self, record: &str, seq: i64) -> Result<Vec<Stored>, Error> {
        let rows = sqlx::query("SELECT seq, kind, body, hash FROM entries WHERE record = $1 AND seq > $2 ORDER BY seq")
            .bind(record)
            .bind(seq)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(stored).collect()
    }

    /// The hash of the entry at a place, if there is one.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn hash_at(&self, record: &str, seq: i64) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT hash FROM entries WHERE record = $1 AND seq = $2")
            .bind(record)
            .bind(seq)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("hash")).transpose()?)
    }

    /// Signs where the record ends.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn checkpoint(&self, record: &str, key: &Key, at: Moment) -> Result<Checkpoint, Error> {
        let Head { seq, hash } = self.head(record).await?;
        let signature = key.sign(record, seq, &hash, at.utc_ms);
        let checkpoint = Checkpoint { seq, hash, utc_ms: at.utc_ms, signer: key.public(), signature };
        sqlx::query(
            "INSERT INTO checkpoints (record, seq, hash, utc_ms, signer, signature) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (record, seq) DO NOTHING",
        )
        .bind(record)
        .bind(checkpoint.seq)
        .bind(&checkpoint.hash)
        .bind(checkpoint.utc_ms)
        .bind(&checkpoint.signer)
        .bind(&checkpoint.signature)
        .execute(&self.pool)
        .await?;
        Ok(checkpoint)
    }

    /// Records whose identifier, donor, order, protocol or donation number contains `text` (all for none), newest first.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn search(&self, text: &str, most: i64) -> Result<Vec<Listed>, Error> {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let rows = sqlx::query(
            "SELECT id, opened_utc_ms, state, protocol, donor, order_id, din FROM records \
             WHERE id LIKE $1 ESCAPE '\\' OR donor LIKE $1 ESCAPE '\\' OR order_id LIKE $1 ESCAPE '\\' \
             OR protocol LIKE $1 ESCAPE '\\' OR din LIKE $1 ESCAPE '\\' \
             ORDER BY opened_utc_ms DESC, id LIMIT $2",
        )
        .bind(format!("%{escaped}%"))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(listed).collect()
    }

    /// All entries of a record, as they are stored.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn entries(&self, record: &str) -> Result<Vec<Stored>, Error> {
        let rows = sqlx::query("SELECT seq, kind, body, hash FROM entries WHERE record = $1 ORDER BY seq")
            .bind(record)
            .fetch_all(&self.pool)
            .await?;
        if rows.is_empty() {
            return Err(Error::NoRecord(record.to_owned()));
        }
        rows.iter().map(stored).collect()
    }

    /// A record without its events and samples: how it began, what was done, how it ended, who signed.
    ///
    /// # Errors
    /// [`Error::NoRecord`], [`Error::Unreadable`]; the database's refusal.
    pub async fn outline(&self, record: &str) -> Result<ProcedureRecord, Error> {
        let rows = sqlx::query(
            "SELECT seq, kind, body, hash FROM entries WHERE record = $1 AND kind NOT IN ('event', 'sample') ORDER BY seq",
        )
        .bind(record)
        .fetch_all(&self.pool)
        .await?;
        let entries: Vec<Stored> = rows.iter().map(stored).collect::<Result<_, _>>()?;
        ProcedureRecord::read(record, &entries)
    }

    /// The machines of a console.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn bedsides(&self) -> Result<Vec<Machine>, Error> {
        let rows = sqlx::query("SELECT id, label, record FROM bedsides ORDER BY id").fetch_all(&self.pool).await?;
        let machine = |row: &AnyRow| {
            Ok(Machine { id: row.try_get("id")?, label: row.try_get("label")?, record: row.try_get("record")? })
        };
        rows.iter().map(machine).collect()
    }

    /// Keeps a machine of a console, with the record of the last run on it.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn keep_bedside(&self, machine: &Machine) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO bedsides (id, label, record) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET label = excluded.label, record = excluded.record",
        )
        .bind(&machine.id)
        .bind(&machine.label)
        .bind(&machine.record)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The last donation number that begins so (facility and year), if any.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn last_number(&self, begins: &str) -> Result<Option<String>, Error> {
        let end = format!("{begins}~");
        let row = sqlx::query("SELECT MAX(din) AS din FROM records WHERE din >= $1 AND din < $2")
            .bind(begins)
            .bind(end)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("din")?)
    }

    /// The checkpoints of a record, in order.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn checkpoints(&self, record: &str) -> Result<Vec<Checkpoint>, Error> {
        let rows =
            sqlx::query("SELECT seq, hash, utc_ms, signer, signature FROM checkpoints WHERE record = $1 ORDER BY seq")
                .bind(record)
                .fetch_all(&self.pool)
                .await?;
        let checkpoint = |row: &AnyRow| {
            Ok(Checkpoint {
                seq: row.try_get("seq")?,
                hash: row.try_get("hash")?,
                utc_ms: row.try_get("utc_ms")?,
                signer: row.try_get("signer")?,
                signature: row.try_get("signature")?,
            })
        };
        rows.iter().map(checkpoint).collect()
    }

    /// Verifies a record; `trusted` is the public key whose checkpoints count.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn verify(&self, record: &str, trusted: Option<&str>) -> Result<Verdict, Error> {
        Ok(verify(record, &self.entries(record).await?, &self.checkpoints(record).await?, trusted))
    }

    /// The whole record.
    ///
    /// # Errors
    /// [`Error::NoRecord`], [`Error::Unreadable`]; the database's refusal.
    pub async fn load(&self, record: &str) -> Result<ProcedureRecord, Error> {
        ProcedureRecord::read(record, &self.entries(record).await?)
    }

    /// The record that has this donation number, if any.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn with_din(&self, din: &str) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT id FROM records WHERE din = $1").bind(din).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get("id")).transpose()?)
    }

    /// Records whose run goes on or was cut off without a word, for a program that starts and knows that nothing runs.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn open_records(&self) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT id FROM records WHERE state = 'open' ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }
}

fn stored(row: &AnyRow) -> Result<Stored, Error> {
    Ok(Stored {
        seq: row.try_get("seq")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        hash: row.try_get("hash")?,
    })
}

fn listed(row: &AnyRow) -> Result<Listed, Error> {
    Ok(Listed {
        id: row.try_get("id")?,
        opened_utc_ms: row.try_get("opened_utc_ms")?,
        state: row.try_get("state")?,
        protocol: row.try_get("protocol")?,
        donor: row.try_get("donor")?,
        order_id: row.try_get("order_id")?,
        din: row.try_get("din")?,
    })
}

/// Takes the record for this transaction: whoever else adds to it waits. A statement that writes comes first, because
/// SQLite lets nobody write who has read before others wrote.
async fn lock(connection: &mut sqlx::AnyConnection, record: &str, drafts: &[&Draft]) -> Result<(), Error> {
    let taken = sqlx::query("UPDATE records SET id = id WHERE id = $1").bind(record).execute(&mut *connection).await?;
    if taken.rows_affected() == 0 {
        return Err(Error::NoRecord(record.to_owned()));
    }
    let row = sqlx::query("SELECT state FROM records WHERE id = $1").bind(record).fetch_one(connection).await?;
    let is_closed = row.try_get::<String, _>("state")? == "closed";
    let is_amendment = |draft: &&Draft| matches!(draft.kind, Kind::Act | Kind::Signature);
    if is_closed && !drafts.iter().all(is_amendment) {
        return Err(Error::Closed(record.to_owned()));
    }
    Ok(())
}

async fn last(connection: &mut sqlx::AnyConnection, record: &str) -> Result<Head, Error> {
    let row = sqlx::query("SELECT seq, hash FROM entries WHERE record = $1 ORDER BY seq DESC LIMIT 1")
        .bind(record)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| Error::NoRecord(record.to_owned()))?;
    Ok(Head { seq: row.try_get("seq")?, hash: row.try_get("hash")? })
}

async fn insert(
    connection: &mut sqlx::AnyConnection,
    record: &str,
    mut head: Head,
    drafts: &[&Draft],
) -> Result<Head, Error> {
    for draft in drafts {
        let seq = head.seq + 1;
        let hash = chained(&head.hash, record, seq, draft.kind.name(), &draft.body);
        sqlx::query("INSERT INTO entries (record, seq, kind, body, hash) VALUES ($1, $2, $3, $4, $5)")
            .bind(record)
            .bind(seq)
            .bind(draft.kind.name())
            .bind(&draft.body)
            .bind(&hash)
            .execute(&mut *connection)
            .await?;
        head = Head { seq, hash };
    }
    Ok(head)
}

/// Keeps the table that is searched in step with an entry.
async fn index(connection: &mut sqlx::AnyConnection, record: &str, draft: &Draft) -> Result<(), Error> {
    let set = |statement| sqlx::query(statement).bind(record);
    match draft.kind {
        Kind::Close => set("UPDATE records SET state = 'closed' WHERE id = $1").execute(connection).await?,
        Kind::Outcome if draft.body.contains("\"interrupted\":true") => {
            set("UPDATE records SET state = 'interrupted' WHERE id = $1").execute(connection).await?
        }
        Kind::Outcome => set("UPDATE records SET state = 'ended' WHERE id = $1").execute(connection).await?,
        Kind::Act => {
            let act: Result<crate::entry::Act, _> = serde_json::from_str(&draft.body);
            match act {
                Ok(act) if act.entity == crate::document::DIN && act.action != "refuse" => {
                    let din = act.new.as_str().unwrap_or_default().to_owned();
                    set("UPDATE records SET din = $2 WHERE id = $1").bind(din).execute(connection).await?
                }
                Ok(act) if act.action == "resume" => {
                    set("UPDATE records SET state = 'open' WHERE id = $1").execute(connection).await?
                }
                _ => return Ok(()),
            }
        }
        Kind::Open | Kind::Event | Kind::Sample | Kind::Signature => return Ok(()),
    };
    Ok(())
}
