//! Who may come in: users with their roles and passwords, sessions, and the lock-out of those who guess.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::clock;
use crate::error::{ConsoleError, Refused};
use crate::store::Store;

/// A session ends after so long without use, s.
const IDLE_S: i64 = 12 * 3600;
/// Wrong passwords for a login or from an address before it is locked out for a while.
const TRIES: u32 = 5;
/// Each wrong password after that doubles the time, up to this.
const LONGEST_LOCK: Duration = Duration::from_secs(900);
/// The shortest password that is taken.
const SHORTEST: usize = 10;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Does the operator's steps.
    Nurse,
    /// Does them too, orders, signs.
    Physician,
    /// Types counts, reconciles.
    Lab,
    /// Injects, warps, rewinds.
    Instructor,
    /// Manages users and machines.
    Engineer,
    /// Looks.
    ReadOnly,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Nurse, Self::Physician, Self::Lab, Self::Instructor, Self::Engineer, Self::ReadOnly];

    /// Its word in files and messages.
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
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Account {
    name: String,
    role: Role,
    active: bool,
    password: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Session {
    login: String,
    csrf: String,
    used: i64,
}

/// A user, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct User {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    #[serde(default = "yes")]
    pub(crate) active: bool,
}

const fn yes() -> bool {
    true
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) csrf: String,
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Book {
    accounts: BTreeMap<String, Account>,
    /// By the hash of the cookie: who reads the file has no session by it.
    sessions: BTreeMap<String, Session>,
    failures: BTreeMap<String, Failures>,
    setup: Option<String>,
}

/// Everybody who may come in.
#[derive(Debug)]
pub(crate) struct Accounts {
    store: Store,
    book: Mutex<Book>,
}

impl Accounts {
    pub(crate) fn open(store: &Store) -> Result<Self, ConsoleError> {
        let accounts = store.read("users.json")?.unwrap_or_default();
        let sessions = store.read("sessions.json")?.unwrap_or_default();
        let book = Book { accounts, sessions, ..Book::default() };
        Ok(Self { store: store.clone(), book: Mutex::new(book) })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Nobody is there yet: the token of the first user's link.
    pub(crate) fn setup_token(&self) -> Result<Option<String>, ConsoleError> {
        let mut book = self.book();
        if !book.accounts.is_empty() {
            return Ok(None);
        }
        let token = clock::secret()?;
        book.setup = Some(token.clone());
        Ok(Some(token))
    }

    pub(crate) fn needs_setup(&self) -> bool {
        self.book().accounts.is_empty()
    }

    /// The first user, by the link that was printed.
    pub(crate) fn set_up(&self, token: &str, user: User, password: &str) -> Result<(), Refused> {
        let fits = self.book().setup.as_deref().is_some_and(|known| same(known, token));
        if !fits {
            return Err(Refused::new(
                StatusCode::FORBIDDEN,
                "setup",
                "this link is not the one that the server printed at its start: use that one, once",
            ));
        }
        self.add_checked(user, password)?;
        self.book().setup = None;
        Ok(())
    }

    /// Adds a user whose password nobody guesses at once.
    pub(crate) fn add_checked(&self, user: User, password: &str) -> Result<(), Refused> {
        check_password(password)?;
        self.add(user, password)
    }

    /// Adds a user.
    pub(crate) fn add(&self, user: User, password: &str) -> Result<(), Refused> {
        check_name(&user.login, "login")?;
        if user.name.trim().is_empty() || user.name.len() > 100 {
            return Err(Refused::wrong("name: give 1 to 100 characters"));
        }
        let password = hash(password)?;
        let mut book = self.book();
        if book.accounts.contains_key(&user.login) {
            return Err(Refused::not_now(format!("login {} is taken: choose another", user.login)));
        }
        let account = Account { name: user.name, role: user.role, active: user.active, password };
        book.accounts.insert(user.login, account);
        Ok(self.store.write("users.json", &book.accounts)?)
    }

    /// Changes a user; who loses a role, a password or the right to come in loses every session.
    pub(crate) fn change(
        &self,
        login: &str,
        role: Option<Role>,
        active: Option<bool>,
        password: Option<&str>,
    ) -> Result<User, Refused> {
        let password =
            password.map(|password| check_password(password).and_then(|()| Ok(hash(password)?))).transpose()?;
        let mut book = self.book();
        let engineers = |book: &Book| {
            book.accounts.values().filter(|account| account.active && account.role == Role::Engineer).count()
        };
        let before = engineers(&book);
        let Some(account) = book.accounts.get_mut(login) else {
            return Err(Refused::unknown(format!("there is no user {login}")));
        };
        let old = account.clone();
        account.role = role.unwrap_or(account.role);
        account.active = active.unwrap_or(account.active);
        account.password = password.unwrap_or_else(|| account.password.clone());
        let user = user_of(login, account);
        if engineers(&book) == 0 && before > 0 {
            book.accounts.insert(login.to_owned(), old);
            return Err(Refused::not_now("this is the last active engineer: name another first"));
        }
        book.sessions.retain(|_, session| session.login != login);
        self.store.write("users.json", &book.accounts)?;
        self.store.write("sessions.json", &book.sessions)?;
        Ok(user)
    }

    pub(crate) fn users(&self) -> Vec<User> {
        self.book().accounts.iter().map(|(login, account)| user_of(login, account)).collect()
    }

    /// A session for who knows the password: the cookie and the caller. Takes a while on purpose.
    pub(crate) fn sign_in(&self, login: &str, password: &str, from: &str) -> Result<(String, Caller), Refused> {
        let keys = [format!("login {login}"), format!("from {from}")];
        self.refuse_locked(&keys)?;
        let user = match self.check(login, password) {
            Ok(user) => user,
            Err(refused) => {
                self.count_failure(&keys);
                return Err(refused);
            }
        };
        let (cookie, csrf) =
            (clock::secret().map_err(ConsoleError::from)?, clock::secret().map_err(ConsoleError::from)?);
        let mut book = self.book();
        for key in &keys {
            book.failures.remove(key);
        }
        let now = clock::unix();
        book.sessions.retain(|_, session| now - session.used < IDLE_S);
        let session = Session { login: login.to_owned(), csrf: csrf.clone(), used: now };
        book.sessions.insert(cookie_hash(&cookie), session);
        self.store.write("sessions.json", &book.sessions)?;
        Ok((cookie, Caller { user, csrf }))
    }

    /// Whether this password is this user's; whoever does not exist takes as long.
    pub(crate) fn check(&self, login: &str, password: &str) -> Result<User, Refused> {
        let account = self.book().accounts.get(login).cloned();
        let hash = account.as_ref().map_or(NOBODY, |account| account.password.as_str());
        let fits = argon2::PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        match account {
            Some(account) if fits && account.active => Ok(user_of(login, &account)),
            _ => Err(Refused::new(StatusCode::UNAUTHORIZED, "refused", "login or password is wrong")),
        }
    }

    fn refuse_locked(&self, keys: &[String]) -> Result<(), Refused> {
        let now = clock::now();
        let book = self.book();
        let until = keys.iter().filter_map(|key| book.failures.get(key)?.until).max().filter(|until| *until > now);
        match until {
            None => Ok(()),
            Some(until) => {
                let seconds = (until - now).as_secs() + 1;
                let message = format!("too many wrong passwords: try again in {seconds} s");
                Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, "locked", message))
            }
        }
    }

    fn count_failure(&self, keys: &[String]) {
        let now = clock::now();
        let mut book = self.book();
        book.failures.retain(|_, failures| failures.until.is_none_or(|until| until + LONGEST_LOCK > now));
        for key in keys {
            let failures = book.failures.entry(key.clone()).or_default();
            failures.count += 1;
            if failures.count >= TRIES {
                let doublings = (failures.count - TRIES).min(10);
                failures.until = Some(now + Duration::from_secs(10 << doublings).min(LONGEST_LOCK));
            }
        }
    }

    /// Who has this session.
    pub(crate) fn caller(&self, cookie: &str) -> Option<Caller> {
        let mut book = self.book();
        let now = clock::unix();
        let session = book.sessions.get_mut(&cookie_hash(cookie)).filter(|session| now - session.used < IDLE_S)?;
        session.used = now;
        let (login, csrf) = (session.login.clone(), session.csrf.clone());
        let account = book.accounts.get(&login).filter(|account| account.active)?;
        Some(Caller { user: user_of(&login, account), csrf })
    }

    /// Ends a session.
    pub(crate) fn sign_out(&self, cookie: &str) -> Result<(), Refused> {
        let mut book = self.book();
        book.sessions.remove(&cookie_hash(cookie));
        Ok(self.store.write("sessions.json", &book.sessions)?)
    }
}

/// A hash that no password has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9i$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

fn user_of(login: &str, account: &Account) -> User {
    User { login: login.to_owned(), name: account.name.clone(), role: account.role, active: account.active }
}

fn hash(password: &str) -> Result<String, ConsoleError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(ConsoleError::Password)?;
    Ok(hash.to_string())
}

fn check_password(password: &str) -> Result<(), Refused> {
    if (SHORTEST..=200).contains(&password.chars().count()) {
        Ok(())
    } else {
        Err(Refused::wrong(format!("password: give {SHORTEST} to 200 characters")))
    }
}

/// A word that can stand in a path.
pub(crate) fn check_name(name: &str, what: &str) -> Result<(), Refused> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=40).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.') {
        Ok(())
    } else {
        Err(Refused::wrong(format!("{what}: give 1 to 40 letters, digits, -, _ or .")))
    }
}

fn cookie_hash(cookie: &str) -> String {
    clock::hex(&Sha256::digest(cookie))
}

/// Whether two secrets are the same; takes as long wherever they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}
