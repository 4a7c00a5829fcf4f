//! Starting the console, and its end.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use leuka_record::export::label::Site;
use leuka_record::{Key, Role, Store};

use crate::bedside::Order;
use crate::bedside::course::{Start, Who};
use crate::bedside::recording::Archive;
use crate::clock;
use crate::error::{ConsoleError, Refused};
use crate::http::{App, Shared, router};
use crate::library::Shelf;
use crate::machines::Machines;
use crate::monitors;

/// How the console is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its folder: the record's SQLite file, unless `store` names another place, and the key of checkpoints.
    pub data: PathBuf,
    /// The record's store, where it is not in the folder: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`.
    pub store: Option<String>,
    /// What the site says of its labels.
    pub site: Site,
    /// Ready users with a well-known password, and a procedure that runs.
    pub demo: bool,
    /// Where it listens for vital signs by HL7 (MLLP), if anywhere.
    pub monitors: Option<SocketAddr>,
    /// Certificate and key, PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// The password of every demonstration user.
const DEMO_PASSWORD: &str = "demo";
/// Open requests have so long to end.
const GRACE: Duration = Duration::from_secs(3);

/// Runs the console until it is told to end (SIGINT or SIGTERM). `tell` hears what a person should know.
///
/// # Errors
/// Why it cannot start: see [`ConsoleError`].
pub fn serve(settings: &Settings, tell: impl Fn(&str)) -> Result<(), ConsoleError> {
    if settings.demo && !settings.listen.ip().is_loopback() {
        return Err(ConsoleError::DemoReachable(settings.listen));
    }
    if settings.tls.is_none() && !settings.listen.ip().is_loopback() {
        return Err(ConsoleError::Plain(settings.listen));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| ConsoleError::Listen(settings.listen, error))?;
    runtime.block_on(run(settings, tell))
}

async fn run(settings: &Settings, tell: impl Fn(&str)) -> Result<(), ConsoleError> {
    let archive = open(settings).await?;
    let app: Shared = Arc::new(App::new(archive, settings.site.clone(), settings.demo, settings.tls.is_some()));
    let listener = TcpListener::bind(settings.listen).map_err(|error| ConsoleError::Listen(settings.listen, error))?;
    listener.set_nonblocking(true).map_err(|error| ConsoleError::Listen(settings.listen, error))?;
    let address = listener.local_addr().unwrap_or(settings.listen);
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    if settings.demo {
        begin_demo(&app, &tell).await?;
    } else {
        Machines::start(&app, &["Bed 1"]).await?;
    }
    tell(&format!("Console    {scheme}://{address}/"));
    if let Some(token) = app.door.setup_token(&app.archive.store).await? {
        tell(&format!("First user {scheme}://{address}/#/setup?token={token}"));
    }
    let monitors = settings.monitors.map(|address| monitors::listen(&app, address)).transpose()?;
    if let Some(listener) = &monitors {
        tell(&format!("Monitors   HL7 on {}", listener.address()));
    }
    tell(&format!("Data       {}\n\n{}", settings.data.display(), leuka_report::NOT_A_DEVICE));
    let handle = Handle::new();
    tokio::spawn(end_when_told(handle.clone()));
    let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let failed = |error| ConsoleError::Listen(settings.listen, error);
    let served = match &settings.tls {
        None => axum_server::from_tcp(listener).map_err(failed)?.handle(handle).serve(service).await.map_err(failed),
        Some((certificate, key)) => {
            // A provider that was installed before is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let tls = RustlsConfig::from_pem_file(certificate, key).await.map_err(ConsoleError::Tls)?;
            axum_server::from_tcp_rustls(listener, tls)
                .map_err(failed)?
                .handle(handle)
                .serve(service)
                .await
                .map_err(failed)
        }
    };
    drop(monitors);
    Machines::end(&app).await;
    app.archive.store.clone().close().await;
    served
}

/// The store with its key, which lies beside it.
async fn open(settings: &Settings) -> Result<Archive, ConsoleError> {
    let folder = &settings.data;
    std::fs::create_dir_all(folder).map_err(|error| ConsoleError::File { path: folder.clone(), error })?;
    let url = match &settings.store {
        Some(url) => url.clone(),
        None => format!("sqlite:{}", own_file(&folder.join("record.sqlite"))?.display()),
    };
    let store = Store::open(&url).await?;
    Ok(Archive::new(store, Key::at(&folder.join("record.key"))?))
}

/// A file that is its owner's alone before anything is in it: hashes of passwords, donors' names.
fn own_file(path: &Path) -> Result<&Path, ConsoleError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| ConsoleError::File { path: path.to_owned(), error })?;
    Ok(path)
}

async fn end_when_told(handle: Handle<SocketAddr>) {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminated) = terminated {
            tokio::select! { _ = interrupted => {}, _ = terminated.recv() => {} }
        } else {
            let _ = interrupted.await;
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
    handle.graceful_shutdown(Some(GRACE));
}

/// Ready users, four machines, and a collection that goes on.
async fn begin_demo(app: &Shared, tell: &impl Fn(&str)) -> Result<(), ConsoleError> {
    for role in Role::ALL {
        let login = role.name().to_owned();
        let name = format!("Demo {}", role.name().replace('_', " "));
        if app.archive.store.user(&login).await?.is_none() {
            app.archive.store.add_known_user(&login, &name, role, DEMO_PASSWORD).await?;
        }
    }
    tell("Users      nurse, physician, lab, instructor, engineer, read_only; password: demo");
    Machines::start(app, &["Bed 1", "Bed 2", "Bed 3", "Bed 4"]).await?;
    let Ok(machine) = app.machine("m1") else { return Ok(()) };
    if app.archive.store.search("", 1).await?.is_empty() {
        let who = Who { login: "demo".into(), name: "The demonstration".into(), role: Role::Instructor };
        let file = |shelf: Shelf, id: &str| {
            shelf.file(id).map(|file| (file.name, file.text)).map_err(|refused| demo_failed(&refused))
        };
        let start = Start {
            machine: "m1".into(),
            opened_utc: clock::utc(),
            opened_by: "demo".into(),
            protocol: file(Shelf::Protocol, "cd34-autologous")?,
            donor: file(Shelf::Donor, "autologous-74kg")?,
            scenario: None,
            set: Vec::new(),
            seed: 1,
            by_person: false,
            warp: 10,
        };
        let begun = machine.order(who.clone(), String::new(), Order::Begin(Box::new(start))).await;
        begun.map_err(|refused| demo_failed(&refused))?;
        let ahead = machine.order(who, String::new(), Order::Ahead(DEMO_AHEAD_S)).await;
        ahead.map_err(|refused| demo_failed(&refused))?;
    }
    Ok(())
}

/// The demonstration begins well in its collection, s.
const DEMO_AHEAD_S: u32 = 4200;

fn demo_failed(refused: &Refused) -> ConsoleError {
    ConsoleError::Demo(refused.message.clone())
}
