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

/// A map pack, if one is named.
pub fn atlas(path: Option<&Path>) -> anyhow::Result<Option<Arc<Atlas>>> {
    path.map(|path| Ok(Arc::new(Atlas::open(path)?))).transpose()
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
        public_url: None,
        open_services: false,
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
