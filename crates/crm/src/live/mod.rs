//! The live index: every customer's place in memory, in step with the change feed.
//!
//! The index is derived: built from the records at start, followed by the feed's numbers afterwards. Maps of
//! the past are separate indexes, built when asked for and kept for a few questions.

mod columns;
mod filter;
mod http;
mod legend;
mod rows;
mod scope;

pub(crate) use columns::{id_text, row_id, stage_amount, stage_count};
pub(crate) use http::{
    CustomerRow, Names, accepts_gzip, accounts_of, customer_rows, index_problem, mvt_response, router,
    sort_page, tile_of, visible_location,
};
pub(crate) use scope::sight;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use geom::Timestamp;
use points::{Change, Index};
use records::{Catalog, Filter, FilterError, RecordType, Store};
use tokio::sync::watch;

use rows::{Moment, Which};

use crate::time::Zone;

/// One state of the index and what it was built from.
pub(crate) struct State {
    /// The rows.
    pub index: Index,
    /// Number of the last change of the feed that it holds.
    pub seq: i64,
    /// Stages whose pipeline has columns, in order.
    pub stages: Vec<String>,
    /// The day that decided what is due.
    day_start: Timestamp,
}

/// The index that follows, and a few of the past.
pub(crate) struct Live {
    store: Store,
    zone: Zone,
    customer_type: Catalog,
    current: RwLock<Arc<State>>,
    /// Newest first: (as of, seq of the feed, index).
    past: Mutex<Vec<(i64, i64, Arc<State>)>>,
    published: watch::Sender<i64>,
    merging: Mutex<Option<Merging>>,
}

/// A merge of the index's parts that runs beside everything else.
type Merging = tokio::task::JoinHandle<Result<points::Compaction, points::Error>>;

/// How many past moments are kept.
const PAST_KEPT: usize = 3;
/// Changes read at once.
const BATCH: u32 = 5_000;
/// When more places than this changed at once, all are read again.
const REBUILD_FROM: usize = 50_000;

impl Live {
    /// Builds the index of the present.
    pub async fn start(store: Store, zone: Zone) -> Result<Arc<Self>, records::Error> {
        let customer_type = Catalog::parse(&[include_str!("customer.toml")])
            .map_err(|e| records::Error::Schema(e.to_string()))?;
        let state = Arc::new(build(&store, &zone, None).await?);
        let (published, _) = watch::channel(state.seq);
        Ok(Arc::new(Self {
            store,
            zone,
            customer_type,
            current: RwLock::new(state),
            past: Mutex::new(Vec::new()),
            published,
            merging: Mutex::new(None),
        }))
    }

    /// The present.
    pub fn present(&self) -> Arc<State> {
        self.current
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// The present, or a past moment, built now if it is not at hand.
    pub async fn at(&self, as_of: Option<Timestamp>) -> Result<Arc<State>, records::Error> {
        let Some(as_of) = as_of else {
            return Ok(self.present());
        };
        if as_of >= self.store.now() {
            return Ok(self.present());
        }
        let seq = self.store.last_seq().await?;
        {
            let past = self
                .past
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(found) = past.iter().find(|p| p.0 == as_of.0 && p.1 == seq) {
                return Ok(found.2.clone());
            }
        }
        let state = Arc::new(build(&self.store, &self.zone, Some(as_of)).await?);
        let mut past = self
            .past
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        past.retain(|p| p.0 != as_of.0);
        past.insert(0, (as_of.0, seq, state.clone()));
        past.truncate(PAST_KEPT);
        Ok(state)
    }

    /// The type whose fields a filter on customers may name.
    pub fn customer_type(&self) -> &RecordType {
        self.customer_type
            .get("customer")
            .expect("customer.toml declares the type customer")
    }

    /// A filter on customers in CQL2, for the index.
    pub fn filter(&self, cql2: &str) -> Result<points::Filter, FilterError> {
        let cql2 = cql2.trim();
        if cql2.is_empty() {
            return Ok(points::Filter::All);
        }
        filter::to_points(&Filter::parse_cql2(cql2, self.customer_type())?)
    }

    /// Told the feed's number each time a new state is published.
    pub fn published(&self) -> watch::Receiver<i64> {
        self.published.subscribe()
    }

    /// Waits until the index holds a change, or two seconds: after a write, for the writer's next look.
    pub async fn wait_for(&self, seq: i64) {
        let mut published = self.published();
        let caught_up = published.wait_for(|at| *at >= seq);
        if tokio::time::timeout(std::time::Duration::from_secs(2), caught_up)
            .await
            .is_err()
        {
            tracing::warn!(seq, "the live index is behind the change feed");
        }
    }

    /// Follows the feed until the task is dropped.
    pub async fn follow(self: Arc<Self>) {
        let mut feed = self.store.watch();
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "the live index could not follow the change feed; trying again");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                continue;
            }
            // The minute's tick is for midnight, when due dates change without a write; while a merge runs it
            // is shorter, so that its end is noticed.
            let merges = self
                .merging
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .is_some();
            let tick = tokio::time::sleep(std::time::Duration::from_secs(if merges { 1 } else { 60 }));
            tokio::select! {
                changed = feed.changed() => if changed.is_err() { return },
                () = tick => {}
            }
        }
    }

    /// Applies everything the feed has beyond the present state.
    pub async fn catch_up(&self) -> Result<(), records::Error> {
        loop {
            self.install_merged().await;
            let state = self.present();
            let moment = moment(&self.store, &self.zone, None).await?;
            if moment.day_start != state.day_start {
                self.publish(build(&self.store, &self.zone, None).await?);
                continue;
            }
            let changes = self.store.changes(state.seq, BATCH).await?;
            let Some(last) = changes.last() else { return Ok(()) };
            let seq = last.seq;
            let mut touched: HashMap<String, Vec<String>> = HashMap::new();
            for change in changes {
                touched
                    .entry(change.type_name)
                    .or_default()
                    .push(change.record_id);
            }
            let places = rows::touched_places(self.store.db(), &touched).await?;
            let whole = touched.contains_key("stage")
                || touched.contains_key("visit_frequency")
                || places.len() > REBUILD_FROM;
            if whole {
                self.publish(build(&self.store, &self.zone, None).await?);
                continue;
            }
            let ids: Vec<String> = places.into_iter().collect();
            let rows = rows::load(self.store.db(), Which::Places(&ids), moment, &state.stages)
                .await
                .map_err(records::Error::from)?;
            let found: std::collections::HashSet<_> = rows.iter().map(|r| r.id).collect();
            let gone = ids
                .iter()
                .filter_map(|id| row_id(id))
                .filter(|id| !found.contains(id));
            let changes: Vec<Change> = gone
                .map(Change::Delete)
                .chain(rows.into_iter().map(Change::Upsert))
                .collect();
            let mut index = state.index.clone();
            index
                .apply(changes)
                .map_err(|e| records::Error::Schema(e.to_string()))?;
            let merge = index.wants_compaction().then(|| index.clone());
            let stages = state.stages.clone();
            self.publish(State {
                index,
                seq,
                stages,
                day_start: state.day_start,
            });
            if let Some(index) = merge {
                self.merge(index);
            }
        }
    }

    /// Merges the index's parts beside the work: seconds for a million rows, in which changes go on being
    /// published. Only one merge runs at a time.
    fn merge(&self, index: Index) {
        let mut merging = self
            .merging
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if merging.is_none() {
            *merging = Some(tokio::task::spawn_blocking(move || index.compact()));
        }
    }

    /// Puts a finished merge in the place of what it was made from; waits for none.
    async fn install_merged(&self) {
        let finished = {
            let mut merging = self
                .merging
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if merging.as_ref().is_some_and(tokio::task::JoinHandle::is_finished) {
                merging.take()
            } else {
                None
            }
        };
        let Some(task) = finished else { return };
        let compaction = match task.await {
            Ok(Ok(compaction)) => compaction,
            Ok(Err(error)) => {
                return tracing::error!(%error, "merging the live index failed; it goes on unmerged");
            }
            Err(error) => {
                return tracing::error!(%error, "merging the live index failed; it goes on unmerged");
            }
        };
        let state = self.present();
        let mut index = state.index.clone();
        // A rebuild that came in between has nothing to install into; its index is merged already.
        if index.install(compaction) {
            let stages = state.stages.clone();
            self.publish(State {
                index,
                seq: state.seq,
                stages,
                day_start: state.day_start,
            });
        }
    }

    fn publish(&self, state: State) {
        let seq = state.seq;
        *self
            .current
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(state);
        self.published.send_replace(seq);
    }
}

/// The moment asked for. The present is the clock's, or the last write's where that is later: writes never
/// share a moment, so a batch may run ahead of the clock, and its validities begin all the same.
async fn moment(store: &Store, zone: &Zone, as_of: Option<Timestamp>) -> Result<Moment, records::Error> {
    let now = match as_of {
        Some(as_of) => as_of,
        None => {
            let last = store.changes(store.last_seq().await? - 1, 1).await?;
            last.last()
                .map_or(store.now(), |change| store.now().max(change.at))
        }
    };
    Ok(Moment {
        as_of,
        now,
        day_start: zone.day_start(now),
    })
}

async fn build(store: &Store, zone: &Zone, as_of: Option<Timestamp>) -> Result<State, records::Error> {
    let moment = moment(store, zone, as_of).await?;
    // The number is read first: a change that slips in between is applied twice, which does no harm.
    let seq = store.last_seq().await?;
    let stages = rows::stages(store.db()).await.map_err(records::Error::from)?;
    let rows = rows::load(store.db(), Which::All, moment, &stages)
        .await
        .map_err(records::Error::from)?;
    let schema = columns::schema(&stages);
    let index = tokio::task::spawn_blocking(move || Index::build(schema, rows))
        .await
        .map_err(|e| records::Error::Schema(e.to_string()))?
        .map_err(|e| records::Error::Schema(e.to_string()))?;
    Ok(State {
        index,
        seq,
        stages,
        day_start: moment.day_start,
    })
}
