//! `bailiwick demo`: everything a first look needs, made on the first start and kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use atlas::Atlas;
use clap::Args;
use crm::App;

use crate::channels::ChannelArguments;
use crate::cli::{Database, Listen};
use crate::{listen, map, open, progress};

/// Where the demo lives and listens.
#[derive(Args)]
pub struct DemoArguments {
    #[command(flatten)]
    listen: Listen,
    /// Where the demo's map and database are kept
    #[arg(long, env = "BAILIWICK_DEMO_FOLDER", default_value = "var/demo")]
    folder: PathBuf,
    /// Where the extract and the customer list are
    #[arg(long, env = "BAILIWICK_DATA", default_value = "data")]
    data: PathBuf,
    /// postgres://… instead of a database file in the folder; it has to be empty
    #[arg(long, env = "BAILIWICK_DEMO_DATABASE")]
    database: Option<String>,
    /// Make map and data, then stop instead of serving
    #[arg(long)]
    no_serve: bool,
    #[command(flatten)]
    channels: ChannelArguments,
}

/// Makes what is missing, then serves.
pub async fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    // The terminal belongs to the progress bar and the address; only trouble is logged.
    listen::start_log("warn,sqlx=error");
    std::fs::create_dir_all(&arguments.folder)
        .with_context(|| format!("making the folder {}", arguments.folder.display()))?;
    let atlas = demo_map(&arguments)?;
    let settings = Database {
        database: String::new(),
        map: None,
        time_zone: "Europe/Berlin".to_owned(),
        currency: "EUR".to_owned(),
        organisation: "Bailiwick Demo GmbH\nMarktplatz 1\n17033 Neubrandenburg".to_owned(),
        channels: arguments.channels.clone(),
    };
    let mut settings = open::settings(&settings)?;
    if arguments.channels.files.is_none() {
        settings.channels.files = Some(arguments.folder.join("files"));
    }
    settings.public_url = arguments.listen.public_url.clone();
    // Everybody knows the demo's password anyway.
    settings.open_services = true;
    settings.demo_password = Some(crm::DEMO_PASSWORD.to_owned());
    let database = match &arguments.database {
        Some(url) => {
            seed_if_empty(&arguments, url, &atlas, &settings).await?;
            url.clone()
        }
        None => demo_file(&arguments, &atlas, &settings).await?,
    };
    if arguments.no_serve {
        return Ok(());
    }
    let store = open::store(&database, Arc::new(records::SystemClock)).await?;
    let app = App::start(store, settings, Some(atlas)).await?;
    listen::listen(app, &arguments.listen, |address| {
        println!("Bailiwick's demo is at http://{address}");
        println!("Sign in with the password {:?} as", crm::DEMO_PASSWORD);
        for email in crm::DEMO_EMAILS {
            println!("  {email}");
        }
        println!(
            "Stop with Ctrl-C. To begin anew, delete {}",
            arguments.folder.display()
        );
    })
    .await
}

/// The demo's map: opened, or built when there is none that this program reads.
fn demo_map(arguments: &DemoArguments) -> anyhow::Result<Arc<Atlas>> {
    let pack = arguments.folder.join("demo.pack");
    if pack.exists() {
        match Atlas::open(&pack) {
            Ok(atlas) => return Ok(Arc::new(atlas)),
            Err(error) => eprintln!("The demo's map is built anew: {error}"),
        }
    }
    let extract = arguments.data.join("neubrandenburg.osm.pbf");
    map::build(&[&extract], &[], &[atlas::Profile::car()], &pack, false)?;
    Ok(Arc::new(Atlas::open(&pack)?))
}

/// The demo's database file. It gets its name only when two years have been played into it.
async fn demo_file(
    arguments: &DemoArguments,
    atlas: &Arc<Atlas>,
    settings: &crm::Settings,
) -> anyhow::Result<String> {
    let file = arguments.folder.join("demo.sqlite");
    if !file.exists() {
        let begun = arguments.folder.join("demo.begun.sqlite");
        remove_database(&begun)?;
        seed(arguments, &begun.to_string_lossy(), atlas, settings).await?;
        std::fs::rename(&begun, &file).with_context(|| format!("naming {}", file.display()))?;
        remove_database(&begun)?;
    }
    Ok(file.to_string_lossy().into_owned())
}

/// A database file and what SQLite keeps beside it.
fn remove_database(file: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", PathBuf::from(path).display()));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn seed_if_empty(
    arguments: &DemoArguments,
    url: &str,
    atlas: &Arc<Atlas>,
    settings: &crm::Settings,
) -> anyhow::Result<()> {
    let store = open::store(url, Arc::new(records::SystemClock)).await?;
    let is_empty = store.last_seq().await? == 0;
    store.db().close().await;
    if is_empty {
        seed(arguments, url, atlas, settings).await
    } else {
        Ok(())
    }
}

async fn seed(
    arguments: &DemoArguments,
    database: &str,
    atlas: &Arc<Atlas>,
    settings: &crm::Settings,
) -> anyhow::Result<()> {
    let list = arguments.data.join("customers.csv");
    let customers = std::fs::read(&list).with_context(|| format!("reading {}", list.display()))?;
    let bar = progress::bar(1, "steps", false);
    let mut show = |done: u64, total: u64, what: &str| {
        bar.set_length(total.max(1));
        bar.set_position(done);
        bar.set_message(what.to_owned());
    };
    crm::seed_demo(database, atlas.clone(), settings, &customers, &mut show).await?;
    bar.finish_and_clear();
    Ok(())
}
