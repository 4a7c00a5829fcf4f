//! `leuka record`: records from the command line.
//!
//! Whatever changes a record is done by somebody: a login and a password, each time, and what the login's role may not do
//! is refused with the attempt in the trail.

mod desk;
mod exchange;
mod listening;
mod recording;
mod show;
mod users;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use leuka_record::{Clock, Error, Key, Role, Store, User};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::Failure;

#[cfg(feature = "serve")]
pub(crate) use exchange::SiteArguments;
pub(crate) use listening::Listening;
pub(crate) use recording::Recording;

/// Records of procedures: what happened, who did what, and nothing lost.
///
/// A run streams into a record with `leuka run --record`. The store is an SQLite file or a PostgreSQL database.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka run --record                                   (a run into leuka-record.sqlite)
  leuka record user add nora --name 'Nora Nurse' --role nurse
  leuka record list
  leuka record identity ID --wristband PT-0074 --bag PT-0074 --login nora
  leuka record enter ID product.din A999926123456 --login nora
  leuka record bag ID --weight 245.4 --tare 40 --count 2.0 --viability 97 --login lena
  leuka record sign ID --meaning authorship --login nora
  leuka record close ID --login petra
  leuka record verify ID
  leuka record export ID --format fhir --out bundle.json   (also hl7, label, pdf, parquet, sdc)
  leuka record send ID --to 127.0.0.1:2575                 (HL7 over MLLP)
Passwords come from LEUKA_PASSWORD, a terminal, or the first line of standard input.

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// The store: sqlite:FILE, a file, or postgres://USER@HOST/DATABASE.
    /// [default: LEUKA_RECORD, else leuka-record.sqlite in the current folder]
    #[arg(long, global = true, value_name = "STORE", default_value = "", hide_default_value = true)]
    store: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(show::List),
    Search(show::Search),
    Show(show::Show),
    Verify(show::Verify),
    Export(exchange::Export),
    Send(exchange::Send),
    Import(exchange::Import),
    Backup(show::Backup),
    Enter(desk::Enter),
    Amend(desk::Amend),
    Identity(desk::Identity),
    Bag(desk::BagOf),
    Label(desk::Label),
    Sign(desk::Sign),
    Close(desk::Close),
    Interrupt(desk::Interrupt),
    Resume(recording::Resume),
    #[command(subcommand)]
    User(users::Command),
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Command::Verify(verify) = &arguments.command
        && let Some(file) = verify.file()
    {
        return show::verify_file(verify, file);
    }
    match &arguments.command {
        Command::Export(export) => {
            if let Some(folder) = export.folder() {
                return exchange::export_folder(folder, export);
            }
        }
        Command::Send(send) => {
            if let Some(folder) = send.folder() {
                return exchange::send_folder(folder, send);
            }
        }
        _ => {}
    }
    let office = Office::open(&arguments.store)?;
    match &arguments.command {
        Command::List(list) => show::list(&office, list),
        Command::Search(search) => show::search(&office, search),
        Command::Show(show) => show::show(&office, show),
        Command::Verify(verify) => show::verify(&office, verify),
        Command::Export(export) => exchange::export(&office, export),
        Command::Send(send) => exchange::send(&office, send),
        Command::Import(import) => exchange::import(&office, import),
        Command::Backup(backup) => show::backup(&office, backup),
        Command::Enter(enter) => desk::enter(&office, enter),
        Command::Amend(amend) => desk::amend(&office, amend),
        Command::Identity(identity) => desk::identity(&office, identity),
        Command::Bag(bag) => desk::bag(&office, bag),
        Command::Label(label) => desk::label(&office, label),
        Command::Sign(sign) => desk::sign(&office, sign),
        Command::Close(close) => desk::close(&office, close),
        Command::Interrupt(interrupt) => desk::interrupt(&office, interrupt),
        Command::Resume(resume) => recording::resume(office, resume),
        Command::User(command) => users::run(&office, command),
    }
}

/// An open store with what is needed to work with it.
#[derive(Debug)]
struct Office {
    url: String,
    runtime: Runtime,
    store: Store,
    clock: Clock,
}

impl Office {
    /// Opens the store of this address; an empty one is that of the environment, else of the current folder.
    fn open(url: &str) -> Result<Self, Failure> {
        let url = match url {
            "" => std::env::var("LEUKA_RECORD").unwrap_or_else(|_| "leuka-record.sqlite".to_owned()),
            url => url.to_owned(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Work(format!("the record cannot begin to work: {error}")))?;
        let store = runtime.block_on(Store::open(&url)).map_err(|error| at_store(&url, error))?;
        Ok(Self { url, runtime, store, clock: Clock::start() })
    }

    fn block<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(work)?)
    }

    /// Where the key for checkpoints is: beside an SQLite file, else in the current folder.
    fn key_file(&self) -> PathBuf {
        if self.is_postgres() {
            return PathBuf::from("leuka-record.key");
        }
        let path = self.url.strip_prefix("sqlite:").unwrap_or(&self.url);
        Path::new(path.split('?').next().unwrap_or(path)).with_extension("key")
    }

    fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Signs where a record ends now; returns the words to keep.
    fn checkpoint(&self, record: &str) -> Result<String, Failure> {
        let key = Key::at(&self.key_file())?;
        let checkpoint = self.block(self.store.checkpoint(record, &key, self.clock.now()))?;
        Ok(format!("{}:{}", checkpoint.seq, checkpoint.hash))
    }

    /// The person of a login who gives the password and may do this, where no record is concerned.
    fn person_of(&self, login: &str, task: &Task) -> Result<User, Failure> {
        let password = password(&format!("Password of {login}: "))?;
        let user = self.block(self.store.authenticate(login, &password, self.clock.now().utc_ms))?;
        if task.roles.contains(&user.role) {
            return Ok(user);
        }
        let (login, role) = (login.to_owned(), user.role.name());
        Err(Error::Role { login, role, what: task.what, allowed: task.allowed }.into())
    }

    /// The person of a login who gives the password and may do this; a refusal for the role is put into the trail.
    fn person(&self, login: &str, record: &str, task: &Task) -> Result<User, Failure> {
        let password = password(&format!("Password of {login}: "))?;
        let now = self.clock.now();
        let user = self.block(self.store.authenticate(login, &password, now.utc_ms))?;
        if task.roles.contains(&user.role) {
            return Ok(user);
        }
        let attempt = json!({ "what": task.what, "role": user.role.name() });
        let reason = format!("{} is for {}", task.what, task.allowed);
        self.block(self.store.refuse(record, task.what, attempt, &user.actor(), &reason, now))?;
        let (login, role) = (login.to_owned(), user.role.name());
        Err(Error::Role { login, role, what: task.what, allowed: task.allowed }.into())
    }
}

/// Something that some roles may do.
struct Task {
    what: &'static str,
    roles: &'static [Role],
    allowed: &'static str,
}

const ENTERING: Task =
    Task { what: "entering", roles: &[Role::Nurse, Role::Physician, Role::Lab], allowed: "nurse, physician and lab" };
const CLOSING: Task = Task { what: "closing", roles: &[Role::Nurse, Role::Physician], allowed: "nurse and physician" };

/// The password: of the environment, typed on a terminal, or the next line of standard input.
fn password(prompt: &str) -> Result<String, Failure> {
    use std::io::{BufRead as _, IsTerminal as _};
    let failed = |error: std::io::Error| Failure::Input(format!("the password cannot be read: {error}"));
    if let Ok(password) = std::env::var("LEUKA_PASSWORD") {
        return Ok(password);
    }
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt).map_err(failed);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A value as it is typed: JSON where it is JSON, else a text.
fn typed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn at_store(url: &str, error: Error) -> Failure {
    // A password in an address is nobody's business.
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((kind, _)), Some((_, place))) => format!("{kind}://...@{place}"),
        _ => url.to_owned(),
    };
    Failure::Work(format!("{shown}: {error}"))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(_) | Error::Schema(_) | Error::Unreadable { .. } | Error::Key { .. } | Error::Full(_) => {
                Self::Work(error.to_string())
            }
            _ => Self::Input(error.to_string()),
        }
    }
}
