//! A site's past collections, from its table (`leuka_plan::collections`), into the store: a file whole or not at all, and once.

use leuka_plan::{Collection, Fault, HEADER, read_collections};
use sha2::{Digest, Sha256};
use sqlx::Row as _;

use crate::entry::{Actor, Moment, hex};
use crate::error::Error;
use crate::store::Store;

/// The largest table that is taken.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The most collections in a table.
pub const MAX_ROWS: usize = 200_000;

/// Why a table is not taken; nothing of it is stored then.
#[derive(Debug, thiserror::Error)]
pub enum CollectionsError {
    /// Too large.
    #[error("the table has {found}, more than {most}: split it")]
    TooLarge {
        /// What it has.
        found: String,
        /// What it may have.
        most: String,
    },
    /// Not text.
    #[error("the table is not in UTF-8: byte {at} is none of it; save it as CSV UTF-8")]
    Encoding {
        /// Where.
        at: usize,
    },
    /// A line is wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It has no collection.
    #[error("the table has no collection below its header")]
    Empty,
    /// The same file again.
    #[error("this file was imported already, {rows} collections on {utc}: nothing is counted twice")]
    Again {
        /// How many.
        rows: usize,
        /// When.
        utc: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Reads a table.
///
/// # Errors
/// [`CollectionsError`], with the line and the column for a fault.
pub fn read(bytes: &[u8]) -> Result<Vec<Collection>, CollectionsError> {
    let large = |found: String, most: String| CollectionsError::TooLarge { found, most };
    if bytes.len() > MAX_BYTES {
        return Err(large(format!("{} bytes", bytes.len()), format!("{MAX_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| CollectionsError::Encoding { at: error.valid_up_to() })?;
    // Spreadsheets put a mark before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = text.lines().count();
    if rows > MAX_ROWS + 1 {
        return Err(large(format!("{rows} lines"), format!("{MAX_ROWS} collections")));
    }
    let read = read_collections(text)?;
    if read.is_empty() { Err(CollectionsError::Empty) } else { Ok(read) }
}

impl Store {
    /// Imports a table of past collections; gives how many it had.
    ///
    /// # Errors
    /// [`CollectionsError`]; the store is as it was then.
    pub async fn import_collections(&self, bytes: &[u8], by: &Actor, at: Moment) -> Result<usize, CollectionsError> {
        let read = read(bytes)?;
        let file = hex(&Sha256::digest(bytes));
        let mut transaction = self.pool.begin().await.map_err(Error::from)?;
        let before = "SELECT COUNT(*), MIN(imported_utc_ms) FROM past_collections WHERE file_sha256 = $1";
        let row = sqlx::query(before).bind(&file).fetch_one(&mut *transaction).await.map_err(Error::from)?;
        let known: i64 = row.try_get(0).map_err(Error::from)?;
        if known > 0 {
            let utc = crate::entry::utc_text(row.try_get(1).unwrap_or_default());
            return Err(CollectionsError::Again { rows: usize::try_from(known).unwrap_or(0), utc });
        }
        let insert = "INSERT INTO past_collections (file_sha256, line, body, imported_utc_ms, actor) VALUES ($1, $2, $3, $4, $5)";
        for (line, collection) in (1_i64..).zip(&read) {
            let query = sqlx::query(insert).bind(&file).bind(line).bind(collection.line());
            let query = query.bind(at.utc_ms).bind(&by.actor);
            query.execute(&mut *transaction).await.map_err(Error::from)?;
        }
        transaction.commit().await.map_err(Error::from)?;
        Ok(read.len())
    }

    /// All past collections that were imported, in the order of their imports.
    ///
    /// # Errors
    /// The database's refusal; a line that can no longer be read.
    pub async fn past_collections(&self) -> Result<Vec<Collection>, CollectionsError> {
        let all = "SELECT body FROM past_collections ORDER BY imported_utc_ms, file_sha256, line";
        let rows = sqlx::query(all).fetch_all(&self.pool).await.map_err(Error::from)?;
        let mut text = HEADER.to_owned();
        for row in rows {
            text.push('\n');
            text.push_str(row.try_get::<String, _>(0).map_err(Error::from)?.as_str());
        }
        Ok(read_collections(&text)?)
    }
}
