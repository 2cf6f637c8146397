//! The demo: two years of a small sales organisation, played through the ordinary write path with a clock that
//! is set, so that history, as-of and differences are real. The customers are a list that is imported; all else
//! is invented here, the same each time but for ids.

mod areas;
mod customers;
mod deals;
mod marketing;
mod people;
mod play;
mod random;
mod sales;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use atlas::Atlas;
use geom::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use records::{Author, Clock as _, ManualClock, Op, Store, SystemClock, Viewer, Written};

use crate::problem::Problem;
use crate::{App, Settings};

/// The same demo each time.
const SEED: u64 = 2026;
/// Two years.
const DAYS: i64 = 730;

/// Fills an empty database with the demo, up to yesterday evening. `progress` hears of days played and days in
/// all. On SQLite the file is whole only when this returns: begin with a name of its own, rename afterwards.
///
/// # Errors
/// A [`Problem`] in words; the database is then of no use.
pub async fn seed_demo(
    database: &str,
    atlas: Arc<Atlas>,
    settings: &Settings,
    customers: &[u8],
    progress: &mut dyn FnMut(u64, u64, &str),
) -> Result<(), Problem> {
    let today = settings.zone.date(SystemClock.now());
    seed(database, atlas, settings, customers, today, progress).await
}

/// As [`seed_demo`] for any day as today.
pub(crate) async fn seed(
    database: &str,
    atlas: Arc<Atlas>,
    settings: &Settings,
    customers: &[u8],
    today: Date,
    progress: &mut dyn FnMut(u64, u64, &str),
) -> Result<(), Problem> {
    let first = today.saturating_sub(DAYS.days());
    let clock = Arc::new(ManualClock::at(
        settings.zone.at(first, Time::constant(8, 0, 0, 0)),
    ));
    let catalog = crate::catalog().map_err(Problem::unexpected)?;
    let records = Store::open(database, catalog, clock.clone(), crate::rules()).await?;
    store::careless(records.db()).await?;
    let app = App::start(records.clone(), settings.clone(), Some(atlas)).await?;
    let stage = Stage {
        app,
        clock,
        first,
        today,
    };
    play::play(&stage, customers, progress).await?;
    store::careful(records.db()).await?;
    records.db().close().await;
    Ok(())
}

/// What all scenes need: the application, the clock, the calendar of the play.
struct Stage {
    app: Arc<App>,
    clock: Arc<ManualClock>,
    /// The first day.
    first: Date,
    /// The day the demo is made for; the play ends the evening before.
    today: Date,
}

impl Stage {
    fn store(&self) -> &Store {
        &self.app.store
    }

    fn atlas(&self) -> Result<Arc<Atlas>, Problem> {
        self.app.map()
    }

    /// The day with this number; 0 is the first.
    fn day(&self, number: i64) -> Date {
        self.first.saturating_add(number.days())
    }

    fn at(&self, day: Date, hour: i8, minute: i8) -> Timestamp {
        self.app
            .settings
            .zone
            .at(day, Time::new(hour, minute, 0, 0).unwrap_or(Time::midnight()))
    }

    /// Sets the clock to a time of a day of the play.
    fn set(&self, number: i64, hour: i8, minute: i8) {
        self.clock.set(self.at(self.day(number), hour, minute));
    }

    /// Writes in a person's name.
    async fn write(&self, user: &str, label: &str, ops: Vec<Op>) -> Result<Option<Written>, Problem> {
        if ops.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.store().write(&author(user, label), ops).await?))
    }
}

/// A person acting in the demo.
fn author(user: &str, label: &str) -> Author {
    Author::new(Viewer::system_for(user), "demo", label)
}
