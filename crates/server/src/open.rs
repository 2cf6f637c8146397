//! Opening what the settings name: the database, the map, and both as the application.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use atlas::Atlas;
use crm::{App, Settings, Zone};
use records::{Clock, Store, SystemClock};

use crate::cli::Database;

/// The records, migrated.
pub async fn store(database: &str, clock: Arc<dyn Clock>) -> anyhow::Result<Store> {
    let catalog = crm::catalog().context("the declared record types are not sound")?;
    Store::open(database, catalog, clock, crm::rules())
        .await
        .with_context(|| format!("opening the database {}", without_password(database)))
}

/// Packs up to this size are compared with their checksums before anything is answered from them; larger ones
/// beside the answering, bytes.
const CHECKED_AT_ONCE: u64 = 100_000_000;

/// Opens a pack; what is wrong with it names the file.
pub fn pack(path: &Path) -> anyhow::Result<Atlas> {
    Atlas::open(path).map_err(|error| {
        let shown = path.display().to_string();
        let named = error.to_string().contains(&shown);
        let error = anyhow::Error::new(error);
        if named { error } else { error.context(shown) }
    })
}

/// A map pack, if one is named. A damaged one is refused; of a large one it is logged.
pub fn atlas(path: Option<&Path>) -> anyhow::Result<Option<Arc<Atlas>>> {
    let Some(path) = path else { return Ok(None) };
    let atlas = Arc::new(pack(path)?);
    let check = |atlas: &Atlas, path: &Path| {
        atlas.verify().with_context(|| {
            format!(
                "{} is damaged; build it again with `bailiwick map build`",
                path.display()
            )
        })
    };
    if std::fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_AT_ONCE) {
        check(&atlas, path)?;
    } else {
        let (atlas, path) = (atlas.clone(), path.to_owned());
        std::thread::spawn(move || {
            if let Err(error) = check(&atlas, &path) {
                tracing::error!("{error:#}");
            }
        });
    }
    Ok(Some(atlas))
}

/// Settings from the command line.
pub fn settings(database: &Database) -> anyhow::Result<Settings> {
    Ok(Settings {
        zone: Zone::named(&database.time_zone).with_context(|| {
            format!(
                "time zone {:?} is unknown; give an IANA name like Europe/Berlin",
                database.time_zone
            )
        })?,
        currency: database.currency.clone(),
        organisation: database.organisation.clone(),
        public_url: None,
        open_services: false,
        channels: database.channels.channels(&database.database)?,
        demo_password: None,
    })
}

/// The application on the machine's clock.
pub async fn app(database: &Database) -> anyhow::Result<Arc<App>> {
    let store = store(&database.database, Arc::new(SystemClock)).await?;
    let atlas = atlas(database.map.as_deref())?;
    Ok(App::start(store, settings(database)?, atlas).await?)
}

/// A database address that may be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        _ => url.to_owned(),
    }
}
