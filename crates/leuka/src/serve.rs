//! `leuka serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::Failure;

/// Runs the bedside console: procedures from the browser, for many machines.
///
/// Without users it prints a link for the first one. --demo has ready users and a collection that goes on.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  leuka serve --demo
  leuka serve --data /var/lib/leuka
  leuka serve --store postgres://leuka@localhost/leuka
  leuka serve --listen 0.0.0.0:8480 --tls cert.pem key.pem")]
pub(crate) struct Arguments {
    /// Address and port; reachable from elsewhere only with --tls.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    /// Folder for the record's store and its key. [default: leuka-data; with --demo a new temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The record's store, when it is not in the folder: sqlite:FILE, or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// Ready users with a well-known password, and a collection that goes on; on this computer only.
    #[arg(long)]
    demo: bool,
    /// Listens here for vital signs from patient monitors: HL7 v2 over MLLP, to the run whose donor PID-3 names.
    #[arg(long, value_name = "ADDR")]
    hl7_listen: Option<SocketAddr>,
    /// Certificate chain and key, PEM.
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    site: crate::record::SiteArguments,
}

#[cfg(not(feature = "serve"))]
pub(crate) fn run(_: &Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::Input(
        "this leuka was built without its console; build it with:\n  cargo run --release --features serve -- serve"
            .into(),
    ))
}

#[cfg(feature = "serve")]
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    use std::io::Write as _;

    use leuka_console::{Settings, serve};

    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let data = arguments.data.clone().unwrap_or_else(|| match arguments.demo {
        true => std::env::temp_dir().join(format!("leuka-demo-{}", std::process::id())),
        false => PathBuf::from("leuka-data"),
    });
    let tls = arguments.tls.as_deref().and_then(|files| match files {
        [certificate, key] => Some((certificate.clone(), key.clone())),
        _ => None,
    });
    let Arguments { listen, store, demo, site, hl7_listen: monitors, .. } = arguments.clone();
    let settings = Settings { listen, data, store, demo, monitors, tls, site: site.site() };
    // Whoever read the lines may be gone; the server goes on.
    let tell = |line: &str| drop(writeln!(std::io::stdout(), "{line}"));
    serve(&settings, tell).map_err(|error| Failure::Work(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}
