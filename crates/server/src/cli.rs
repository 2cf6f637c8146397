//! The command line: one subcommand per thing to do, each with `--help`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::channels::ChannelArguments;
use crate::{data, demo, design, listen, map, places, users};

/// A geographic CRM: customers, territories and routes on one map, in one program you own.
#[derive(Parser)]
#[command(name = "bailiwick", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start with the demo: builds its map, plays two years of customers and visits, and serves
    Demo(demo::DemoArguments),
    /// Build, look at and check map packs
    #[command(subcommand)]
    Map(map::MapCommand),
    /// Serve the web application and the API, and work off jobs
    Serve(ServeArguments),
    /// Only work off jobs, beside other processes on the same database
    Work(Database),
    /// Import customers from a CSV file
    Import(data::ImportArguments),
    /// Export records as CSV
    Export(data::ExportArguments),
    /// Look up the addresses of a CSV file
    Geocode(places::GeocodeArguments),
    /// Divide the customers of a CSV file into fair territories
    Design(design::DesignArguments),
    /// Plan a rep's day
    Plan(data::PlanArguments),
    /// Make users, set passwords, print API tokens
    #[command(subcommand)]
    User(users::UserCommand),
    /// Write the whole database to one portable file
    Backup(data::BackupArguments),
    /// Fill an empty database from a backup
    Restore(data::RestoreArguments),
    /// Check the audit log against the records, and a map pack against its checksums
    Verify(data::VerifyArguments),
}

/// Which database and in which time zone.
#[derive(Args, Clone)]
pub struct Database {
    /// A file (SQLite) or postgres://user@host/name
    #[arg(long, env = "BAILIWICK_DATABASE", default_value = "bailiwick.sqlite")]
    pub database: String,
    /// The map pack
    #[arg(long, env = "BAILIWICK_MAP")]
    pub map: Option<PathBuf>,
    /// The organisation's time zone
    #[arg(long, env = "BAILIWICK_TIME_ZONE", default_value = "Europe/Berlin")]
    pub time_zone: String,
    /// The organisation's currency
    #[arg(long, env = "BAILIWICK_CURRENCY", default_value = "EUR")]
    pub currency: String,
    /// Name and address of the organisation as on its quotes and orders, by lines
    #[arg(long, env = "BAILIWICK_ORGANISATION", default_value = "")]
    pub organisation: String,
    #[command(flatten)]
    pub channels: ChannelArguments,
}

/// Where to listen.
#[derive(Args, Clone)]
pub struct Listen {
    /// Address and port; port 0 takes a free one
    #[arg(long, env = "BAILIWICK_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// The address people reach the server at, for calendar feeds
    #[arg(long, env = "BAILIWICK_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Answer routes, tables and addresses in other programs' forms (OSRM, Nominatim, Photon) without a sign-in: they tell of the map only
    #[arg(long, env = "BAILIWICK_OPEN_SERVICES")]
    pub open_services: bool,
}

/// What `serve` needs.
#[derive(Args)]
pub struct ServeArguments {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub listen: Listen,
}

/// Does what was asked.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Map(command) => return map::run(command),
        Command::Geocode(arguments) => return places::geocode(&arguments),
        Command::Design(arguments) => return design::run(&arguments),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        match arguments.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Serve(arguments) => listen::serve(&arguments).await,
            Command::Work(database) => listen::work(&database).await,
            Command::Import(arguments) => data::import(&arguments).await,
            Command::Export(arguments) => data::export(&arguments).await,
            Command::Plan(arguments) => data::plan(&arguments).await,
            Command::User(command) => users::run(command).await,
            Command::Backup(arguments) => data::backup(&arguments).await,
            Command::Restore(arguments) => data::restore(&arguments).await,
            Command::Verify(arguments) => data::verify(&arguments).await,
            Command::Map(_) | Command::Geocode(_) | Command::Design(_) => Ok(()),
        }
    })
}
