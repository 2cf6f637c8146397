//! Who has what, in one number: two states with the same hash are the same, to the last customer.

use geom::Timestamp;
use records::{At, Db, Error, on_db};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::compare::{FIELDS, people, value};
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Standing};

/// The state of all territories and assignments at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HashJson {
    /// Milliseconds since 1970.
    pub as_of: i64,
    /// SHA-256 over every assignment that holds, sorted: place, product line, territory, cause.
    pub hash: String,
    pub assignments: u64,
    /// SHA-256 over every territory: its fields, area, names and people.
    pub territories_hash: String,
}

/// One assignment as it counts: location, line, territory, cause.
pub(super) type Held = (String, String, String, String);

/// Assignments that hold at a moment, as they were known at another.
pub(super) async fn held(db: &Db, moment: i64, known_at: Option<i64>) -> Result<Vec<Held>, Problem> {
    const PRESENT: &str = "select location_id, coalesce(line, ''), territory_id, cause from assignments \
                           where valid_from <= $1 and valid_to > $1";
    const KNOWN: &str = "select location_id, coalesce(line, ''), territory_id, cause from assignments \
                         where valid_from <= $1 and valid_to > $1 and recorded_at <= $2 \
                         union all select location_id, coalesce(line, ''), territory_id, cause from assignments_history \
                         where valid_from <= $1 and valid_to > $1 and recorded_at <= $2 and superseded_at > $2";
    let rows = match known_at {
        None => on_db!(read db, pool => sqlx::query_as(PRESENT).bind(moment).fetch_all(pool).await),
        Some(known) => {
            on_db!(read db, pool => sqlx::query_as(KNOWN).bind(moment).bind(known).fetch_all(pool).await)
        }
    };
    Ok(rows.map_err(Error::from)?)
}

/// The hash of assignments, in whatever order they come.
pub(super) fn of_assignments(mut held: Vec<Held>) -> String {
    held.sort_unstable();
    let mut digest = Sha256::new();
    for (location, line, territory, cause) in held {
        for part in [location, line, territory, cause] {
            digest.update(part.as_bytes());
            digest.update([0x1f]);
        }
        digest.update([b'\n']);
    }
    hex(digest)
}

/// The hash of territories.
pub(super) fn of_territories(layout: &Layout) -> String {
    let mut all: Vec<&Standing> = layout.territories.iter().collect();
    all.sort_by(|a, b| a.id().cmp(b.id()));
    let mut digest = Sha256::new();
    for standing in all {
        let mut parts = vec![standing.id().to_owned()];
        parts.extend(FIELDS.iter().map(|f| value(&standing.record, f).to_string()));
        for field in ["area", "named_locations", "excluded_locations"] {
            let said = standing.version.as_ref().map(|v| value(v, field).to_string());
            parts.push(said.unwrap_or_else(|| "null".to_owned()));
        }
        parts.push(format!("{:?}", people(standing)));
        for part in parts {
            digest.update(part.as_bytes());
            digest.update([0x1f]);
        }
        digest.update([b'\n']);
    }
    hex(digest)
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The state at a moment; one of the future counts what is queued.
pub(super) async fn state(app: &App, at: At) -> Result<HashJson, Problem> {
    let now = crate::territories::present(&app.store).await?;
    let moment = at.as_of.unwrap_or(now);
    let known = at.known_at.map(|t| t.0);
    if moment > now
        && known.is_none()
        && let Some(layout) = super::queue::layout_at(app, moment).await?
    {
        let held = super::queue::held_in(app, &layout).await?;
        return Ok(HashJson {
            as_of: moment.0,
            assignments: held.len() as u64,
            hash: of_assignments(held),
            territories_hash: of_territories(&layout),
        });
    }
    let held = held(app.store.db(), moment.0, known).await?;
    let layout = Layout::load(
        &app.store,
        At {
            as_of: Some(Timestamp(moment.0)),
            known_at: at.known_at,
        },
    )
    .await?;
    Ok(HashJson {
        as_of: moment.0,
        assignments: held.len() as u64,
        hash: of_assignments(held),
        territories_hash: of_territories(&layout),
    })
}
