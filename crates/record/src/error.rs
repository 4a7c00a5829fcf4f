//! What can go wrong with a record.

/// Why something could not be done with a record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused, or is not there.
    #[error("the record's database: {0}; what was acknowledged is safe, try again once it is back")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the record's schema: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The address of the store is of neither kind.
    #[error("{0} is no store: give sqlite:FILE, or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// There is no such record.
    #[error("there is no record {0}: `leuka record list` shows those that are there")]
    NoRecord(String),
    /// A record with this identifier is there already.
    #[error("record {0} is there already and is never written over")]
    Exists(String),
    /// The record is closed.
    #[error("record {0} is closed: it can be amended, with a reason, and nothing else")]
    Closed(String),
    /// The record lacks what a closed one must have.
    #[error("record {id} cannot be closed: {} missing", .missing.join(", "))]
    Incomplete {
        /// The record.
        id: String,
        /// What it lacks.
        missing: Vec<String>,
    },
    /// Identifiers that must agree do not.
    #[error(
        "refused: the order says {order}, the wristband {wristband}, the bag {bag}; nothing goes on until they agree"
    )]
    Identity {
        /// The donor's identifier on the order.
        order: String,
        /// On the wristband.
        wristband: String,
        /// On the bag.
        bag: String,
    },
    /// The label and the record disagree.
    #[error("refused: {0}")]
    Label(String),
    /// The donation number is used by another record.
    #[error("{din} is the product of record {record} already: a donation number is given once")]
    DinUsed {
        /// The donation number.
        din: String,
        /// Whose it is.
        record: String,
    },
    /// Login, password or both are wrong, or the user is not active.
    #[error("login or password is wrong")]
    Credentials,
    /// Too many failures.
    #[error("{login} is locked for {minutes} min after {failures} wrong passwords: wait, or let an engineer unlock it")]
    Locked {
        /// Who.
        login: String,
        /// For how long from now.
        minutes: i64,
        /// After how many failures.
        failures: i64,
    },
    /// Nobody could manage users any more.
    #[error("{0} is the last active engineer: make another one first")]
    LastEngineer(String),
    /// A password that is too easy to guess.
    #[error("a password has {0} to 200 characters")]
    Password(usize),
    /// A user who may not do this.
    #[error("{login} is {role}: {what} is for {allowed}")]
    Role {
        /// Who.
        login: String,
        /// As what.
        role: &'static str,
        /// What was to be done.
        what: &'static str,
        /// Who may.
        allowed: &'static str,
    },
    /// A value that does not suit its field.
    #[error("{field}: {value} is not {wanted}")]
    Value {
        /// The field.
        field: String,
        /// What was given.
        value: String,
        /// What is allowed.
        wanted: String,
    },
    /// A stored entry does not read.
    #[error("entry {seq} of record {id} does not read: {why}; `leuka record verify` says what is intact")]
    Unreadable {
        /// The record.
        id: String,
        /// The entry.
        seq: i64,
        /// What is wrong.
        why: String,
    },
    /// The key file.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// The run writes faster than the database takes it, or the database is gone for too long.
    #[error("{0} entries wait for the database, no more are kept: pause the procedure until it is back")]
    Full(usize),
}
