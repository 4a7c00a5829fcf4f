//! Who may come in: users and sessions are the record's; the set-up link and the lock-out of addresses are the console's.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use leuka_record::{Error, Role, Store};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::bedside::course::Who;
use crate::clock;
use crate::error::{ConsoleError, Refused};

/// Wrong passwords from an address before it is locked out for a while; each after that doubles the time.
const TRIES: u32 = 10;
const FIRST_LOCK: Duration = Duration::from_secs(10);
const LONGEST_LOCK: Duration = Duration::from_secs(900);

/// A user, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct User {
    pub(crate) login: String,
    pub(crate) name: String,
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
    pub(crate) active: bool,
}

impl From<leuka_record::User> for User {
    fn from(user: leuka_record::User) -> Self {
        let leuka_record::User { login, name, role, active } = user;
        Self { login, name, role, active }
    }
}

/// The words for roles, for the description of the interface.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the description of the interface names these")]
pub(crate) enum RoleName {
    Nurse,
    Physician,
    Lab,
    Instructor,
    Engineer,
    ReadOnly,
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: leuka_record::User,
    pub(crate) csrf: String,
}

impl Caller {
    /// As records name those who do something.
    pub(crate) fn who(&self) -> Who {
        Who { login: self.user.login.clone(), name: self.user.name.clone(), role: self.user.role }
    }
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    until: Option<Instant>,
}

/// The door: the link of the first user, and addresses that guess.
#[derive(Debug, Default)]
pub(crate) struct Door {
    setup: Mutex<Option<String>>,
    failures: Mutex<BTreeMap<String, Failures>>,
}

impl Door {
    /// The token of the first user's link, while there is nobody.
    pub(crate) async fn setup_token(&self, store: &Store) -> Result<Option<String>, ConsoleError> {
        if !store.users().await?.is_empty() {
            return Ok(None);
        }
        let token = clock::secret()?;
        *locked(&self.setup) = Some(token.clone());
        Ok(Some(token))
    }

    /// The first user, by the link that was printed. It works once.
    pub(crate) async fn set_up(
        &self,
        store: &Store,
        token: &str,
        (login, name): (&str, &str),
        password: &str,
    ) -> Result<User, Refused> {
        let taken = {
            let mut setup = locked(&self.setup);
            if setup.as_deref().is_some_and(|known| same(known, token)) { setup.take() } else { None }
        };
        let known = taken.ok_or_else(|| {
            let message = "this link is not the one that the server printed at its start: use that one, once";
            Refused::new(StatusCode::FORBIDDEN, "setup", message)
        })?;
        let added = store.add_user(login, name, Role::Engineer, password).await;
        if added.is_err() {
            *locked(&self.setup) = Some(known);
        }
        Ok(added?.into())
    }

    /// Refuses an address that has guessed too often.
    pub(crate) fn refuse_locked(&self, from: &str) -> Result<(), Refused> {
        let now = clock::now();
        let until = locked(&self.failures).get(from).and_then(|failures| failures.until);
        match until.filter(|until| *until > now) {
            None => Ok(()),
            Some(until) => {
                let seconds = (until - now).as_secs() + 1;
                let message = format!("too many wrong passwords from this address: try again in {seconds} s");
                Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, "locked", message))
            }
        }
    }

    /// Counts what came of a sign-in from an address.
    pub(crate) fn count(&self, from: &str, came_in: bool) {
        let now = clock::now();
        let mut all = locked(&self.failures);
        all.retain(|_, failures| failures.until.is_none_or(|until| until + LONGEST_LOCK > now));
        if came_in {
            all.remove(from);
            return;
        }
        let failures = all.entry(from.to_owned()).or_default();
        failures.count += 1;
        if failures.count >= TRIES {
            let doublings = (failures.count - TRIES).min(10);
            failures.until = Some(now + (FIRST_LOCK * (1 << doublings)).min(LONGEST_LOCK));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who has this session.
pub(crate) async fn caller(store: &Store, cookie: &str) -> Result<Option<Caller>, Error> {
    let found = store.session(cookie, clock::utc_ms()).await?;
    Ok(found.map(|(user, csrf)| Caller { user, csrf }))
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

/// Whether two secrets are the same; takes as long wherever they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_guesses_waits_longer_each_time_and_others_do_not() {
        let door = Door::default();
        for _ in 0..TRIES {
            assert!(door.refuse_locked("10.0.0.1").is_ok());
            door.count("10.0.0.1", false);
        }
        let refused = door.refuse_locked("10.0.0.1").unwrap_err();
        assert!(refused.message.contains("10 s"), "{}", refused.message);
        door.count("10.0.0.1", false);
        assert!(door.refuse_locked("10.0.0.1").unwrap_err().message.contains("20 s"));
        assert!(door.refuse_locked("10.0.0.2").is_ok());
        door.count("10.0.0.1", true);
        assert!(door.refuse_locked("10.0.0.1").is_ok());
    }
}
