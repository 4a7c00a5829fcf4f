//! People: users with their roles, passwords that are stored as argon2id hashes, sessions.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::entry::{Actor, hex};
use crate::error::Error;
use crate::store::Store;

/// Characters of a password at least.
const SHORTEST: usize = 10;
const LONGEST: usize = 200;
/// Wrong passwords until a login is locked, and for how long.
const FAILURES: i64 = 5;
const LOCKED_MS: i64 = 15 * 60_000;
/// A session lasts so long without being renewed.
const SESSION_MS: i64 = 12 * 3_600_000;

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs procedures.
    Nurse,
    /// Orders, runs and signs.
    Physician,
    /// Counts and reconciles.
    Lab,
    /// Lets things go wrong.
    Instructor,
    /// Keeps machines and users.
    Engineer,
    /// Looks.
    ReadOnly,
}

impl Role {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Nurse, Self::Physician, Self::Lab, Self::Instructor, Self::Engineer, Self::ReadOnly];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nurse => "nurse",
            Self::Physician => "physician",
            Self::Lab => "lab",
            Self::Instructor => "instructor",
            Self::Engineer => "engineer",
            Self::ReadOnly => "read_only",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What is typed.
    pub login: String,
    /// The name as it is printed.
    pub name: String,
    /// What the user is.
    pub role: Role,
    /// May sign in.
    pub active: bool,
}

impl User {
    /// As the one who does something.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { actor: self.login.clone(), role: self.role.name().to_owned() }
    }
}

/// A session that was begun: the token goes to the browser and is stored nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// For the cookie.
    pub token: String,
    /// For the page, to be sent with whatever changes something.
    pub csrf: String,
}

fn check_length(password: &str) -> Result<(), Error> {
    if (SHORTEST..=LONGEST).contains(&password.chars().count()) { Ok(()) } else { Err(Error::Password(SHORTEST)) }
}

/// Takes a while on purpose, on a thread for such work.
async fn hashed(password: &str) -> Result<String, Error> {
    let password = password.to_owned();
    let hash = tokio::task::spawn_blocking(move || {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).ok()
    });
    hash.await.ok().flatten().ok_or(Error::Password(SHORTEST))
}

fn matches(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// 32 random bytes, hexadecimal.
fn token() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Key { path: "a session's token".into(), why: error.to_string() })?;
    Ok(hex(&bytes))
}

fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

impl Store {
    /// Adds a user.
    ///
    /// # Errors
    /// [`Error::Value`] for a login that is used or is none; [`Error::Password`]; the database's refusal.
    pub async fn add_user(&self, login: &str, name: &str, role: Role, password: &str) -> Result<User, Error> {
        check_length(password)?;
        self.add_known_user(login, name, role, password).await
    }

    /// Adds a user of a demonstration, whose password everybody knows, however short it is.
    ///
    /// # Errors
    /// As [`Store::add_user`].
    pub async fn add_known_user(&self, login: &str, name: &str, role: Role, password: &str) -> Result<User, Error> {
        let wrong =
            |wanted: &str| Error::Value { field: "login".into(), value: login.to_owned(), wanted: wanted.to_owned() };
        let usual = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter);
        if login.is_empty() || login.len() > 40 || !login.chars().all(usual) {
            return Err(wrong("1 to 40 of a-z, 0-9, dot, dash and underscore"));
        }
        if self.user(login).await?.is_some() {
            return Err(wrong("free: somebody has it"));
        }
        if name.trim().is_empty() || name.chars().count() > 100 {
            let (value, wanted) = (name.to_owned(), "1 to 100 characters, as it is printed".to_owned());
            return Err(Error::Value { field: "name".into(), value, wanted });
        }
        let secret = hashed(password).await?;
        sqlx::query(
            "INSERT INTO users (login, name, role, secret, active, failures, locked_until_utc_ms) \
             VALUES ($1, $2, $3, $4, 1, 0, 0)",
        )
        .bind(login)
        .bind(name)
        .bind(role.name())
        .bind(secret)
        .execute(&self.pool)
        .await?;
        Ok(User { login: login.to_owned(), name: name.to_owned(), role, active: true })
    }

    /// The user of this login, if any.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn user(&self, login: &str) -> Result<Option<User>, Error> {
        Ok(self.users().await?.into_iter().find(|user| user.login == login))
    }

    /// All users, by login.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let rows =
            sqlx::query("SELECT login, name, role, active FROM users ORDER BY login").fetch_all(&self.pool).await?;
        let mut users = Vec::new();
        for row in rows {
            let role: String = row.try_get("role")?;
            users.push(User {
                login: row.try_get("login")?,
                name: row.try_get("name")?,
                role: Role::of(&role).unwrap_or(Role::ReadOnly),
                active: row.try_get::<i64, _>("active")? == 1,
            });
        }
        Ok(users)
    }

    /// Changes a user's role, whether the user may sign in, or the password; the last unlocks the login. Whoever is no longer
    /// active, or has a new password, is signed out.
    ///
    /// # Errors
    /// [`Error::Credentials`] for a login that is not there; [`Error::LastEngineer`]; [`Error::Password`]; the database's
    /// refusal.
    pub async fn change_user(
        &self,
        login: &str,
        role: Option<Role>,
        active: Option<bool>,
        password: Option<&str>,
    ) -> Result<User, Error> {
        let mut user = self.user(login).await?.ok_or(Error::Credentials)?;
        let secret = match password {
            None => None,
            Some(password) => {
                check_length(password)?;
                Some(hashed(password).await?)
            }
        };
        let was_engineer = user.active && user.role == Role::Engineer;
        user.role = role.unwrap_or(user.role);
        user.active = active.unwrap_or(user.active);
        if was_engineer && !(user.active && user.role == Role::Engineer) {
            let others = self.users().await?;
            let is_other = |other: &User| other.login != login && other.active && other.role == Role::Engineer;
            if !others.iter().any(is_other) {
                return Err(Error::LastEngineer(login.to_owned()));
            }
        }
        sqlx::query("UPDATE users SET role = $2, active = $3 WHERE login = $1")
            .bind(login)
            .bind(user.role.name())
            .bind(i64::from(user.active))
            .execute(&self.pool)
            .await?;
        if let Some(secret) = &secret {
            sqlx::query("UPDATE users SET secret = $2, failures = 0, locked_until_utc_ms = 0 WHERE login = $1")
                .bind(login)
                .bind(secret)
                .execute(&self.pool)
                .await?;
        }
        if secret.is_some() || !user.active {
            sqlx::query("DELETE FROM sessions WHERE login = $1").bind(login).execute(&self.pool).await?;
        }
        Ok(user)
    }

    /// The user of a login and password. The work is the same for a login that is not there.
    ///
    /// # Errors
    /// [`Error::Credentials`], [`Error::Locked`]; the database's refusal.
    pub async fn authenticate(&self, login: &str, password: &str, now_utc_ms: i64) -> Result<User, Error> {
        let row = sqlx::query("SELECT secret, failures, locked_until_utc_ms FROM users WHERE login = $1")
            .bind(login)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else {
            let _ = hashed("as much work as a right login").await;
            return Err(Error::Credentials);
        };
        let (secret, failures): (String, i64) = (row.try_get("secret")?, row.try_get("failures")?);
        let locked_until: i64 = row.try_get("locked_until_utc_ms")?;
        if locked_until > now_utc_ms {
            let minutes = (locked_until - now_utc_ms + 59_999) / 60_000;
            return Err(Error::Locked { login: login.to_owned(), minutes, failures });
        }
        let known = tokio::task::spawn_blocking({
            let password = password.to_owned();
            move || matches(&password, &secret)
        })
        .await
        .unwrap_or(false);
        let user = self.user(login).await?.filter(|user| user.active && known);
        let failures = if user.is_some() { 0 } else { failures + 1 };
        let until = if failures >= FAILURES { now_utc_ms + LOCKED_MS } else { 0 };
        sqlx::query("UPDATE users SET failures = $2, locked_until_utc_ms = $3 WHERE login = $1")
            .bind(login)
            .bind(failures)
            .bind(until)
            .execute(&self.pool)
            .await?;
        user.ok_or(Error::Credentials)
    }

    /// Begins a session of a user who has been authenticated.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn begin_session(&self, user: &User, now_utc_ms: i64) -> Result<Session, Error> {
        let session = Session { token: token()?, csrf: token()? };
        sqlx::query("DELETE FROM sessions WHERE expires_utc_ms < $1").bind(now_utc_ms).execute(&self.pool).await?;
        sqlx::query("INSERT INTO sessions (token_sha256, login, csrf, expires_utc_ms) VALUES ($1, $2, $3, $4)")
            .bind(token_hash(&session.token))
            .bind(&user.login)
            .bind(&session.csrf)
            .bind(now_utc_ms + SESSION_MS)
            .execute(&self.pool)
            .await?;
        Ok(session)
    }

    /// Whose session a token is of, with its token against forged requests; none for one that is over.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn session(&self, token: &str, now_utc_ms: i64) -> Result<Option<(User, String)>, Error> {
        let row = sqlx::query("SELECT login, csrf FROM sessions WHERE token_sha256 = $1 AND expires_utc_ms >= $2")
            .bind(token_hash(token))
            .bind(now_utc_ms)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let login: String = row.try_get("login")?;
        let user = self.user(&login).await?.filter(|user| user.active);
        user.map(|user| Ok((user, row.try_get("csrf")?))).transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn end_session(&self, token: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE token_sha256 = $1").bind(token_hash(token)).execute(&self.pool).await?;
        Ok(())
    }
}
