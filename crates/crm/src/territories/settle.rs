//! Keeps assignments in step: reads the change feed after its own mark and assigns what a change concerns.
//!
//! Whatever wrote the change (a drawn border, a pin that moved, an import, an undo), the consequence is
//! worked out from what is on record now, and written as a change set *caused by* the change, so that one
//! undo takes both back. Where people changed territories, accounts of whoever had the places go along. Doing it
//! twice does nothing. One process at a time does it: the mark in the settings carries a lease.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use geom::{LngLat, Timestamp};
use records::{At, Author, Change, Clock as _, Error, Op, Store, SystemClock, Types, Viewer, fields};
use territory::{Area, Extent, TerritoryIndex};

use super::facts::{self, Facts};
use super::heirs;
use super::layout::{Layout, candidate};
use super::lease::{Lease, Mark};
use super::planner::plan;
use super::store;
use crate::App;

/// Changes read at once.
const BATCH: u32 = 5_000;
/// Types whose changes may concern assignments.
const CONCERN: [&str; 5] = [
    "location",
    "territory",
    "territory_version",
    "territory_member",
    "account",
];
/// Causes of changes of territories that pass accounts on: those by people, here and as records. A publication does so
/// itself, an undo brings owners back, an import of customers says who they are.
const PASSING: [&str; 2] = [super::edit::CAUSE, "api"];
/// Moves written in one transaction: two operations each, well under 50 ms.
const CHUNK: usize = 250;
/// How long to wait for another process's lease.
const PAUSE: Duration = Duration::from_millis(20);
/// An undo that is open for longer was left by a process that died, milliseconds by the records' clock.
const LONGEST_UNDO: i64 = 60_000;
/// From so many locations on, the comparison is made away from the threads that serve.
const MANY: usize = 500;

/// Works off the feed up to its present end, so that every location is assigned as the territories say.
/// Call it after writes to places or territories that do not go through a running server: the demo's
/// seeding, an import on the command line.
///
/// # Errors
/// [`Error::Database`]; what was done up to then stays and is not done again.
pub async fn settle(store: &Store) -> Result<(), Error> {
    settle_but(store, None).await
}

/// A change set that was written together with all that follows from it: worked out from all that the feed had up to
/// `seen`, when all of that had been worked off. Where nothing came between, there is nothing left to work out.
#[derive(Clone, Debug)]
pub(crate) struct WorkedOut {
    pub change_set: String,
    pub seen: i64,
}

/// The number of the feed's last change, if everything up to it was worked off.
pub(crate) async fn worked_off(store: &Store) -> Result<Option<i64>, Error> {
    let last = store.last_seq().await?;
    let mark = match store::read_cursor(store.db()).await? {
        Some(text) => mark_of(&text)?,
        None => return Ok(None),
    };
    Ok((mark.seq >= last).then_some(last))
}

fn mark_of(text: &str) -> Result<Mark, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::Schema(format!(
            "the setting of how far assignments are is {text}: {error}"
        ))
    })
}

/// [`settle`], which passes by what was worked out before it was written.
async fn settle_but(store: &Store, known: Option<&WorkedOut>) -> Result<(), Error> {
    let holder = records::new_id();
    loop {
        let last = store.last_seq().await?;
        let Some(text) = store::read_cursor(store.db()).await? else {
            store::begin_cursor(store.db(), &Mark::default().text()).await?;
            continue;
        };
        let mark = mark_of(&text)?;
        if mark.seq >= last {
            return Ok(());
        }
        // Half an undo is no state to draw conclusions from. One that was left open by a process that died
        // holds nobody up for long.
        if store::undo_under_way(store.db(), store.now().0 - LONGEST_UNDO).await? {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        if mark.holder.is_some() && mark.until > SystemClock.now().0 {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let mut lease = Lease {
            store,
            holder: holder.clone(),
            text,
        };
        if lease.hold(mark.seq).await? {
            let done = work(store, &mut lease, mark.seq, known).await;
            match done {
                Ok(seq) => lease.release(seq).await?,
                Err(error) => {
                    let seq = serde_json::from_str::<Mark>(&lease.text).map_or(mark.seq, |m| m.seq);
                    lease.release(seq).await?;
                    return Err(error);
                }
            }
        }
    }
}

/// What one change set concerns.
struct Concern {
    change_set: String,
    /// The number of its first change of those that are of interest.
    first_seq: i64,
    author: Option<String>,
    cause: String,
    /// When its first change was written.
    began: Timestamp,
    /// When its last change was written: from then on its consequences hold.
    at: Timestamp,
    /// It changed who works a territory.
    of_people: bool,
    territories: BTreeSet<String>,
    locations: BTreeSet<String>,
    /// Customers whose facts changed; of interest where rules look at them.
    accounts: BTreeSet<String>,
}

impl Concern {
    /// It came straight after what its consequences were worked out from, and brought them along.
    fn is_worked_out(&self, known: Option<&WorkedOut>) -> bool {
        known.is_some_and(|known| known.change_set == self.change_set && known.seen + 1 == self.first_seq)
    }

    /// Accounts go along with what it does to territories.
    fn passes(&self) -> bool {
        PASSING.contains(&self.cause.as_str()) && (self.of_people || !self.territories.is_empty())
    }
}

async fn work(
    store: &Store,
    lease: &mut Lease<'_>,
    mut seq: i64,
    known: Option<&WorkedOut>,
) -> Result<i64, Error> {
    let mut layout: Option<std::sync::Arc<Layout>> = None;
    loop {
        let (upto, changes) = store.changes_of(seq, BATCH, Types::Only(&CONCERN)).await?;
        if upto == seq {
            return Ok(seq);
        }
        let concerns = concerns(store, &changes).await?;
        if concerns.iter().any(|c| c.of_people || !c.territories.is_empty()) {
            layout = None;
        }
        for concern in concerns.into_iter().filter(|c| !c.is_worked_out(known)) {
            let present = match &layout {
                Some(layout) => layout.clone(),
                None => std::sync::Arc::new(Layout::load(store, At::PRESENT).await?),
            };
            layout = Some(present.clone());
            assign(store, lease, seq, &concern, present).await?;
        }
        seq = upto;
        lease.renew(seq).await?;
    }
}

/// Groups changes by their sets, in order. What several sets touched belongs to the last of them: the
/// decision rests on the state that one left.
async fn concerns(store: &Store, changes: &[Change]) -> Result<Vec<Concern>, Error> {
    let reads_facts = store::reads_facts(store.db()).await?;
    let mut sets: Vec<Concern> = Vec::new();
    let mut positions: HashMap<&str, usize> = HashMap::new();
    let mut last_of: HashMap<(&'static str, &str), usize> = HashMap::new();
    for change in changes {
        let what = match change.type_name.as_str() {
            "location" => "location",
            "territory" => "territory",
            "territory_version" => "territory_version",
            "territory_member" => "territory_member",
            "account" if reads_facts => "account",
            _ => continue,
        };
        let position = *positions.entry(&change.change_set).or_insert_with(|| {
            sets.push(Concern {
                change_set: change.change_set.clone(),
                first_seq: change.seq,
                author: change.author.clone(),
                cause: change.cause.clone(),
                began: change.at,
                at: change.at,
                of_people: false,
                territories: BTreeSet::new(),
                locations: BTreeSet::new(),
                accounts: BTreeSet::new(),
            });
            sets.len() - 1
        });
        sets[position].at = change.at;
        if what == "territory_member" {
            sets[position].of_people = true;
        } else {
            last_of.insert((what, &change.record_id), position);
        }
    }
    let mut versions: HashMap<usize, Vec<String>> = HashMap::new();
    for ((what, id), position) in last_of {
        match what {
            "location" => drop(sets[position].locations.insert(id.to_owned())),
            "account" => drop(sets[position].accounts.insert(id.to_owned())),
            "territory" => drop(sets[position].territories.insert(id.to_owned())),
            _ => versions.entry(position).or_default().push(id.to_owned()),
        }
    }
    for (position, ids) in versions {
        sets[position]
            .territories
            .extend(store::territories_of_versions(store.db(), &ids).await?);
    }
    sets.retain(|set| {
        let is_asked = !(set.territories.is_empty() && set.locations.is_empty() && set.accounts.is_empty());
        is_asked || (set.of_people && set.passes())
    });
    Ok(sets)
}

/// Writes the consequences of one change set.
async fn assign(
    store: &Store,
    lease: &mut Lease<'_>,
    seq: i64,
    concern: &Concern,
    layout: std::sync::Arc<Layout>,
) -> Result<(), Error> {
    let db = store.db();
    let mut asked = concern.locations.clone();
    let mut placed: HashMap<String, LngLat> = HashMap::new();
    let mut ends: Vec<Op> = Vec::new();
    for id in &concern.territories {
        asked.extend(store::held_by(db, id).await?);
        match layout.get(id) {
            Some(territory) => {
                for version in &territory.left_over {
                    let next = territory.version.as_ref().and_then(|v| v.integer("valid_from"));
                    let at = next.map_or(concern.at, Timestamp);
                    let from = version.integer("valid_from").unwrap_or(at.0);
                    ends.push(end("territory_version", version.id.clone(), from, at));
                }
                asked.extend(territory.named.iter().cloned());
                for shape in territory.shapes() {
                    placed.extend(store::locations_in(db, shape.bbox()).await?);
                }
            }
            // The territory is gone: what belongs to it ends with it.
            None => {
                let parts = store::open_parts(db, id).await?;
                ends.extend(
                    parts
                        .into_iter()
                        .map(|(type_name, id, from)| end(type_name, id, from, concern.at)),
                );
            }
        }
    }
    asked.extend(placed.keys().cloned());
    if layout.reads_facts() {
        asked.extend(store::locations_of(db, &concern.accounts).await?);
        asked.extend(met_by_rules(store, &layout, &concern.territories).await?);
        if !concern.territories.is_empty() {
            for territory in layout.ruled_within() {
                asked.extend(store::held_by(db, territory.id()).await?);
            }
        }
    }
    let places = facts::asked_by(db, &layout, &asked, placed).await?;
    let open = store::open_of(db, &asked).await?;
    let moves = if asked.len() < MANY {
        plan(&layout, &asked, &places, open)
    } else {
        let layout = layout.clone();
        tokio::task::spawn_blocking(move || plan(&layout, &asked, &places, open))
            .await
            .map_err(|error| Error::Schema(format!("comparing assignments failed: {error}")))?
    };
    let passing = match concern.passes() {
        true => {
            let edit = heirs::Edit {
                began: concern.began,
                of_people: concern.of_people,
                moves: &moves,
                present: &layout,
            };
            heirs::of_edit(store, &edit).await?
        }
        false => Vec::new(),
    };
    if moves.is_empty() && ends.is_empty() && passing.is_empty() {
        return Ok(());
    }
    let viewer = concern
        .author
        .as_ref()
        .map_or_else(Viewer::system, Viewer::system_for);
    let words = label(moves.len(), passing.len());
    let author = Author::new(viewer, "assignment", words).caused_by(&concern.change_set);
    let owners = heirs::ops(&passing);
    if moves.len() + owners.len() <= CHUNK {
        ends.extend(owners);
        ends.extend(moves.iter().flat_map(|m| m.end.iter().map(|o| o.end(concern.at))));
        ends.extend(moves.into_iter().filter_map(|m| m.begin_at(concern.at)));
        store.write(&author, ends).await?;
        return Ok(());
    }
    let set = store.change_set(&author).await?;
    // First the accounts: they follow from assignments that are still to end, so whoever goes on where a process died
    // finds those that are left.
    for chunk in owners.chunks(CHUNK) {
        set.write(chunk.to_vec()).await?;
        lease.renew(seq).await?;
    }
    if !ends.is_empty() {
        set.write(ends).await?;
    }
    for chunk in moves.chunks(CHUNK) {
        // Ends before begins: runs of one sort are written together.
        let ends = chunk.iter().flat_map(|m| m.end.iter().map(|o| o.end(concern.at)));
        let begins = chunk.iter().filter_map(|m| m.clone().begin_at(concern.at));
        set.write(ends.chain(begins).collect()).await?;
        lease.renew(seq).await?;
    }
    set.close().await?;
    Ok(())
}

/// Everybody whom rules or codes of these territories claim, and rules that hold within them.
async fn met_by_rules(
    store: &Store,
    layout: &Layout,
    territories: &BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    let own = territories.iter().filter_map(|id| layout.get(id));
    let within = layout.ruled_within().filter(|_| !territories.is_empty());
    let concerned = own.chain(within);
    let ground = |id: &str| layout.ground_of(id);
    let areas = concerned
        .flat_map(|t| t.areas(&ground))
        .map(|(area, _)| Area { line: None, ..area })
        .filter(|a| {
            matches!(
                *a.extent,
                Extent::Rule(_) | Extent::RuleWithin { .. } | Extent::Codes { .. }
            )
        });
    let areas: Vec<Area> = areas.collect();
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let all = facts::of_all(store.db()).await?;
    let met = move || {
        let index = TerritoryIndex::build(areas);
        let held = |(id, facts): &(String, Facts)| index.decide(&candidate(id, facts), None).winner.is_some();
        all.into_iter().filter(held).map(|(id, _)| id).collect()
    };
    tokio::task::spawn_blocking(met)
        .await
        .map_err(|error| Error::Schema(format!("looking for customers by rule failed: {error}")))
}

fn label(places: usize, accounts: usize) -> String {
    let count = |n: usize, one: &str, more: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {more}"),
    };
    let places = (places > 0).then(|| format!("Assign {}", count(places, "place", "places")));
    let accounts = (accounts > 0).then(|| format!("Pass on {}", count(accounts, "account", "accounts")));
    match (places, accounts) {
        (Some(places), Some(accounts)) => format!("{places}. {accounts}"),
        (places, accounts) => places
            .or(accounts)
            .unwrap_or_else(|| "Assign 0 places".to_owned()),
    }
}

/// Ends a record's validity, not before it began.
fn end(type_name: &str, id: String, valid_from: i64, at: Timestamp) -> Op {
    Op::update(type_name, id, fields([("valid_to", at.0.max(valid_from).into())]))
}

/// [`settle`] inside the server, where one task at a time does it. A failure is logged, not returned: the
/// write that asked for it stands, and the follower tries again.
pub(crate) async fn settled(app: &App) {
    let _one = app.territories.assigning.lock().await;
    let known = app.territories.worked_out();
    if let Err(error) = settle_but(&app.store, known.as_ref()).await {
        tracing::error!(%error, "customers could not be assigned; trying again");
    }
}

/// Follows the feed until the task is dropped.
pub(crate) async fn follow(app: std::sync::Arc<App>) {
    let mut feed = app.store.watch();
    loop {
        settled(&app).await;
        let tick = tokio::time::sleep(Duration::from_secs(30));
        tokio::select! {
            changed = feed.changed() => if changed.is_err() { return },
            () = tick => {}
        }
    }
}
