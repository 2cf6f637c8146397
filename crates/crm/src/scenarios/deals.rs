//! What a publication means for deals: closed ones keep their credit, open ones stay for a while with whoever had the
//! customer, or pass on.

use std::collections::{BTreeMap, HashMap};

use geom::Timestamp;
use records::{At, Db, Error, Op, Viewer, fields, on_db};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::commit::{Commit, Plan};
use super::figures::owners;
use super::publish::{CAUSE, Options};
use crate::App;
use crate::problem::Problem;
use crate::territories::{HOLDOVER, Layout, Standing, store};

const DAY: i64 = 24 * 3600 * 1000;

/// An opportunity and the place that it goes with: its own, or the first of its account.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Deal {
    id: String,
    location_id: String,
    owner_id: Option<String>,
    is_closed: Option<bool>,
    credited_territory_id: Option<String>,
}

async fn deals_of(db: &Db, locations: &[&str]) -> Result<Vec<Deal>, Problem> {
    let list = store::listed(db, "$1");
    let sql = AssertSqlSafe(format!(
        "select o.id, l.id as location_id, o.owner_id, o.is_closed, o.credited_territory_id \
         from opportunities o join locations l on l.account_id = o.account_id where l.id in ({list}) \
         and (o.location_id = l.id or (o.location_id is null \
         and l.id = (select min(f.id) from locations f where f.account_id = o.account_id))) order by o.id"
    ));
    let ids = store::json_list(locations.iter().copied());
    Ok(on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await).map_err(Error::from)?)
}

/// How many deals a publication concerns.
#[derive(Clone, Debug, Default)]
pub(super) struct Concerned {
    pub closed: u64,
    /// Open ones by whoever has them.
    pub open: BTreeMap<Option<String>, u64>,
}

pub(super) async fn concerned(app: &App, plan: &Plan) -> Result<Concerned, Problem> {
    let transfers = plan.transfers();
    let places: Vec<&str> = transfers.keys().copied().collect();
    let mut found = Concerned::default();
    for deal in deals_of(app.store.db(), &places).await? {
        if deal.is_closed == Some(true) {
            found.closed += 1;
        } else {
            *found.open.entry(deal.owner_id).or_insert(0) += 1;
        }
    }
    Ok(found)
}

fn passes(deal: &Deal, to: &str) -> Op {
    Op::update("opportunity", deal.id.clone(), fields([("owner_id", to.into())]))
}

/// What is written beside the assignments.
pub(super) async fn ops(
    app: &App,
    plan: &Plan,
    present: &Layout,
    commit: &Commit<'_>,
    options: &Options,
) -> Result<Vec<Op>, Problem> {
    let transfers = plan.transfers();
    let mut places: Vec<&str> = transfers.keys().copied().collect();
    places.sort_unstable();
    let (mut updates, mut held): (Vec<Op>, BTreeMap<&str, Vec<String>>) = (Vec::new(), BTreeMap::new());
    let had = |territory: Option<&str>, user: Option<&str>| {
        let standing = territory.and_then(|t| present.get(t));
        standing
            .zip(user)
            .is_some_and(|(t, user)| owners(t).contains(&user))
    };
    let target: HashMap<&str, &Standing> = commit.target.iter().map(|t| (t.id(), t)).collect();
    for deal in deals_of(app.store.db(), &places).await? {
        let Some((place, (from, to))) = transfers.get_key_value(deal.location_id.as_str()) else {
            continue;
        };
        if deal.is_closed == Some(true) {
            if let (Some(from), None) = (from, &deal.credited_territory_id) {
                let credit = fields([("credited_territory_id", (*from).into())]);
                updates.push(Op::update("opportunity", deal.id.clone(), credit));
            }
            continue;
        }
        if !had(*from, deal.owner_id.as_deref()) {
            continue;
        }
        match options.holdover_days {
            None => {}
            Some(0) => {
                let heir = to.and_then(|to| target.get(to)).and_then(|t| t.owner());
                updates.extend(heir.map(|heir| passes(&deal, heir)));
            }
            Some(_) => held.entry(place).or_default().push(deal.id),
        }
    }
    let Some(days) = options.holdover_days.filter(|d| *d > 0) else {
        return Ok(updates);
    };
    let asked = held.keys().map(|id| (*id).to_owned()).collect();
    let already = store::open_of(app.store.db(), &asked).await?;
    let until = commit.at.0 + i64::from(days) * DAY;
    for (place, deals) in held {
        let (from, _) = transfers[place];
        // What an earlier publication left with somebody stays with them until then.
        if already
            .iter()
            .any(|o| o.location_id == place && o.cause == HOLDOVER)
        {
            continue;
        }
        let Some(from) = from else { continue };
        updates.push(Op::create(
            "assignment",
            fields([
                ("location_id", place.into()),
                ("territory_id", from.into()),
                ("line", HOLDOVER.into()),
                ("cause", HOLDOVER.into()),
                (
                    "reason",
                    json!({ "until": until, "deals": deals, "publication": commit.change_set }),
                ),
                ("valid_from", commit.at.0.into()),
            ]),
        ));
    }
    Ok(updates)
}

/// An assignment that leaves a place with who had it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Holdover {
    id: String,
    pub location_id: String,
    territory_id: String,
    valid_from: i64,
    reason: Option<String>,
}

impl Holdover {
    /// When it ends, ms since 1970.
    pub fn until(&self) -> i64 {
        self.said()
            .get("until")
            .and_then(Value::as_i64)
            .unwrap_or(i64::MAX)
    }

    fn said(&self) -> Value {
        let reason = self.reason.as_deref();
        reason
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    fn deals(&self) -> Vec<String> {
        let said = self.said();
        let deals = said
            .get("deals")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        deals
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    fn end(&self, at: i64) -> Op {
        let until = at.max(self.valid_from);
        Op::update(
            "assignment",
            self.id.clone(),
            fields([("valid_to", until.into())]),
        )
    }
}

/// All that have not ended.
pub(super) async fn holdovers(db: &Db) -> Result<Vec<Holdover>, Problem> {
    const SQL: &str = "select id, location_id, territory_id, valid_from, reason from assignments \
                       where line = 'holdover' and cause = 'holdover' and valid_to = 9223372036854775807 order by id";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?)
}

/// Holdovers whose time is over end, and their deals that are still open pass on. Gives when the next one ends.
pub(super) async fn end_due(app: &App) -> Result<Option<i64>, Problem> {
    let now = app.store.now().0;
    let all = holdovers(app.store.db()).await?;
    let (due, later): (Vec<Holdover>, Vec<Holdover>) = all.into_iter().partition(|h| h.until() <= now);
    let next = later.iter().map(Holdover::until).min();
    if due.is_empty() {
        return Ok(next);
    }
    let layout = app.territories.layout.get(&app.store).await?;
    let asked = due.iter().map(|h| h.location_id.clone()).collect();
    let open = store::open_of(app.store.db(), &asked).await?;
    let mut updates: Vec<Op> = Vec::new();
    for holdover in &due {
        let now_with = open
            .iter()
            .find(|o| o.location_id == holdover.location_id && o.line.is_none())
            .and_then(|o| layout.get(&o.territory_id))
            .and_then(Standing::owner);
        let had = layout.get(&holdover.territory_id).map(owners).unwrap_or_default();
        for id in holdover.deals() {
            let deal = app
                .store
                .get(&Viewer::system(), "opportunity", &id, At::PRESENT)
                .await?;
            let passes_on = deal.as_ref().is_some_and(|d| {
                d.boolean("is_closed") != Some(true) && d.text("owner_id").is_some_and(|o| had.contains(&o))
            });
            if let Some(heir) = now_with.filter(|_| passes_on) {
                updates.push(Op::update("opportunity", id, fields([("owner_id", heir.into())])));
            }
        }
    }
    updates.extend(due.iter().map(|h| h.end(h.until())));
    let label = match due.len() {
        1 => "Open deals of 1 place pass on".to_owned(),
        n => format!("Open deals of {n} places pass on"),
    };
    let author = records::Author::system(CAUSE, label);
    let batches = updates.chunks(2_000).map(<[Op]>::to_vec).collect::<Vec<_>>();
    app.store
        .write_whole(&author, records::new_id(), batches.into_iter())
        .await?;
    Ok(next)
}

/// What a publication did to deals, taken back: owners that it changed and nobody since, holdovers that it began. Credit
/// that it wrote down stays: it says whose the customer was.
pub(super) async fn taken_back(app: &App, publication: &str, at: Timestamp) -> Result<Vec<Op>, Problem> {
    const DEALS: &str = "select record_id, max(version) from changes where change_set = $1 \
                         and record_type = 'opportunity' group by record_id order by record_id";
    let db = app.store.db();
    let rows: Vec<(String, i64)> =
        on_db!(read db, pool => sqlx::query_as(DEALS).bind(publication).fetch_all(pool).await)
            .map_err(Error::from)?;
    let mut ops: Vec<Op> = Vec::new();
    for (id, version) in rows {
        let history = app.store.history(&Viewer::system(), "opportunity", &id).await?;
        let owner = |version: i64| {
            let revision = history.iter().find(|r| r.record.version == version)?;
            Some(revision.record.text("owner_id").map(str::to_owned))
        };
        let (Some(before), Some(after)) = (owner(version - 1), owner(version)) else {
            continue;
        };
        let present = history.iter().find(|r| r.superseded_at.is_none());
        let unchanged = present.is_some_and(|p| p.record.text("owner_id").map(str::to_owned) == after);
        if before != after && unchanged {
            ops.push(Op::update(
                "opportunity",
                id,
                fields([("owner_id", before.map_or(Value::Null, Value::from))]),
            ));
        }
    }
    let begun = holdovers(db).await?.into_iter().filter(|h| {
        let said = h.said();
        said.get("publication").and_then(Value::as_str) == Some(publication)
    });
    ops.extend(begun.map(|h| h.end(at.0)));
    Ok(ops)
}
