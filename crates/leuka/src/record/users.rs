//! `leuka record user`: who may do what.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use leuka_procedure::pretty;
use leuka_record::{Error, Role};

use super::{Office, password};
use crate::Failure;

/// Users, their roles and passwords. An engineer keeps them; the first user needs nobody.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds a user; the password is asked for.
    Add(Add),
    /// Lists the users.
    List {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Changes a user's role, whether the user may sign in, or the password.
    Change(Change),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What is typed: 1 to 40 of a-z, 0-9, dot, dash and underscore.
    login: String,
    /// The name as it is printed beside signatures.
    #[arg(long)]
    name: String,
    /// nurse, physician, lab, instructor, engineer or read_only.
    #[arg(long, value_parser = role)]
    role: Role,
    /// The engineer who adds; not needed for the first user.
    #[arg(long)]
    by: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    /// Whom.
    login: String,
    /// Another role.
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// May sign in, or not.
    #[arg(long)]
    active: Option<bool>,
    /// Asks for a new password, which also unlocks.
    #[arg(long)]
    password: bool,
    /// The engineer who changes.
    #[arg(long)]
    by: String,
}

fn role(text: &str) -> Result<Role, String> {
    let names = Role::ALL.map(Role::name).join(", ");
    Role::of(text).ok_or_else(|| format!("allowed are {names}"))
}

pub(super) fn run(office: &Office, command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Add(add) => {
            let is_first = office.block(office.store.users())?.is_empty();
            if !is_first {
                let by = add.by.as_deref();
                engineer(
                    office,
                    by.ok_or_else(|| Failure::Input("give --by ENGINEER: there are users already".into()))?,
                )?;
            }
            let secret = new_password(&add.login)?;
            let user = office.block(office.store.add_user(&add.login, &add.name, add.role, &secret))?;
            println!("{} ({}) is {}", user.login, user.name, user.role.name());
        }
        Command::Change(change) => {
            engineer(office, &change.by)?;
            let secret = if change.password { Some(new_password(&change.login)?) } else { None };
            let changed = office.store.change_user(&change.login, change.role, change.active, secret.as_deref());
            let user = office.block(changed)?;
            println!("{} is {}, {}", user.login, user.role.name(), if user.active { "active" } else { "not active" });
        }
        Command::List { json } => {
            let users = office.block(office.store.users())?;
            if *json {
                print!("{}", pretty(&users));
            } else {
                for user in users {
                    let active = if user.active { "" } else { "  (not active)" };
                    println!("{:<20} {:<10} {}{active}", user.login, user.role.name(), user.name);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn engineer(office: &Office, login: &str) -> Result<(), Failure> {
    let secret = password(&format!("Password of {login}: "))?;
    let user = office.block(office.store.authenticate(login, &secret, office.clock.now().utc_ms))?;
    if user.role == Role::Engineer {
        return Ok(());
    }
    let (login, role) = (login.to_owned(), user.role.name());
    Err(Error::Role { login, role, what: "keeping users", allowed: "an engineer" }.into())
}

/// A new password: of `LEUKA_NEW_PASSWORD`, else as other passwords are read.
fn new_password(login: &str) -> Result<String, Failure> {
    match std::env::var("LEUKA_NEW_PASSWORD") {
        Ok(secret) => Ok(secret),
        Err(_) => password(&format!("New password of {login}: ")),
    }
}
