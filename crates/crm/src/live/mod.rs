//! The live index: every customer's place in memory, in step with the change feed.
//!
//! The index is derived: worked out from the ledger of versions, or taken up from the run before, and followed
//! by the feed's numbers afterwards. Maps of the past are worked out from the same ledger when asked for, and
//! kept for a few questions.

mod added;
mod columns;
mod due;
mod filter;
mod http;
mod kept;
mod ledger;
mod legend;
mod list;
mod past;
mod rows;
mod scope;
mod shelf;
mod touched;

pub(crate) use columns::{id_text, row_id, stage_amount, stage_count};
pub(crate) use http::{
    Asked, CustomerRow, Names, accepts_gzip, accounts_of, customer_rows, filter_of, index_problem,
    mvt_response, router, tile_of, visible_location,
};
pub(crate) use list::sort_page;
pub(crate) use scope::{SharedPlaces, sight};
pub use shelf::{Shelf, Stored};

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use geom::Timestamp;
use points::Index;
use records::{Catalog, Filter, FilterError, RecordType, Store};
use tokio::sync::watch;

use added::Added;
use past::{Book, Touch, reassign, reread, touched_after};
use rows::Moment;

use crate::territories::Branches;
use crate::time::Zone;

/// One state of the index and what it was built from.
#[derive(Clone)]
pub(crate) struct State {
    /// The rows.
    pub index: Index,
    /// Number of the last change of the feed that it holds.
    pub seq: i64,
    /// Stages whose pipeline has columns, in order.
    pub stages: Vec<String>,
    /// Added fields that have columns, in order.
    pub added: Vec<Added>,
    /// The day that decided what is due.
    day_start: Timestamp,
}

/// The index that follows, and a few of the past.
pub(crate) struct Live {
    store: Store,
    zone: Zone,
    customer_type: Catalog,
    current: RwLock<Arc<State>>,
    /// Newest question first: (as of, index).
    past: Mutex<Vec<(i64, Arc<State>)>>,
    /// Held while a past state is worked out.
    asking: tokio::sync::Mutex<()>,
    book: Arc<Book>,
    shelf: Option<Arc<dyn Shelf>>,
    published: watch::Sender<i64>,
    /// The catalog may have other fields than the index.
    fields_changed: tokio::sync::Notify,
    merging: Mutex<Option<Merging>>,
}

/// A merge of the index's parts that runs beside everything else.
type Merging = tokio::task::JoinHandle<Result<points::Compaction, points::Error>>;

/// How many past moments are kept: a question compares two. Each takes some 200 MB for a million places.
const PAST_KEPT: usize = 2;
/// A past state that so many places changed in is worked out anew.
const MOST_REREAD: usize = 2_000;
/// Fewer places are read from the records in no time at all.
const LEAST_KEPT: usize = 50_000;
/// Changes read at once.
const BATCH: u32 = 50_000;

impl Live {
    /// The index of the present: taken up from the shelf, or built from the records.
    pub async fn start(
        store: Store,
        zone: Zone,
        shelf: Option<Arc<dyn Shelf>>,
    ) -> Result<Arc<Self>, records::Error> {
        let customer_type = Catalog::parse(&[include_str!("customer.toml")])
            .map_err(|e| records::Error::Schema(e.to_string()))?;
        let kept = match &shelf {
            Some(shelf) => kept::take_up(Arc::clone(shelf), &store).await?,
            None => None,
        };
        let is_kept = kept.is_some();
        let (state, book) = match kept {
            Some((state, ledger)) => (state, Book::new(ledger)),
            None => {
                let book = Book::new(Book::read(&store).await?);
                let moment = moment(&store, &zone, None).await?;
                (book.state(&store, moment, None).await?, book)
            }
        };
        let (published, _) = watch::channel(state.seq);
        let live = Arc::new(Self {
            store,
            zone,
            customer_type,
            current: RwLock::new(Arc::new(state)),
            past: Mutex::new(Vec::new()),
            asking: tokio::sync::Mutex::new(()),
            book: Arc::new(book),
            shelf,
            published,
            fields_changed: tokio::sync::Notify::new(),
            merging: Mutex::new(None),
        });
        if is_kept {
            live.catch_up().await?;
        } else {
            live.keep();
        }
        Ok(live)
    }

    /// Writes index and ledger for the next start, beside everything else.
    fn keep(&self) {
        if let Some(shelf) = self
            .shelf
            .clone()
            .filter(|_| self.present().index.len() >= LEAST_KEPT)
        {
            let (store, state, ledger) = (self.store.clone(), self.present(), self.book.ledger());
            tokio::spawn(async move { kept::keep(shelf, &store, state, ledger).await });
        }
    }

    /// The present.
    pub fn present(&self) -> Arc<State> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The present, or a past moment, worked out now if it is not at hand.
    pub async fn at(&self, as_of: Option<Timestamp>) -> Result<Arc<State>, records::Error> {
        let Some(as_of) = as_of.filter(|as_of| *as_of < self.store.now()) else {
            return Ok(self.present());
        };
        let seq = self.store.last_seq().await?;
        if let Some(state) = self.remembered(as_of).filter(|state| state.seq == seq) {
            return Ok(state);
        }
        let _one = self.asking.lock().await;
        let state = match self.remembered(as_of) {
            Some(state) if state.seq >= seq => return Ok(state),
            Some(state) => self.brought_up(&state, as_of, seq).await?,
            None => None,
        };
        let state = match state {
            Some(state) => state,
            None => {
                // Room is made first: two old ones and a new one would be one too many.
                self.past
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .truncate(PAST_KEPT - 1);
                let moment = moment(&self.store, &self.zone, Some(as_of)).await?;
                self.book
                    .state(&self.store, moment, Some(&self.present()))
                    .await?
            }
        };
        let state = Arc::new(state);
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.retain(|p| p.0 != as_of.0);
        past.insert(0, (as_of.0, state.clone()));
        past.truncate(PAST_KEPT);
        Ok(state)
    }

    fn remembered(&self, as_of: Timestamp) -> Option<Arc<State>> {
        let added = Added::of(self.store.catalog());
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.iter()
            .find(|p| p.0 == as_of.0 && p.1.added == added)
            .map(|p| p.1.clone())
    }

    /// A past state with what was changed since it was worked out: assignments are corrected backwards, a
    /// moment just gone by may have got later writes. `None` where too much changed.
    async fn brought_up(
        &self,
        state: &State,
        as_of: Timestamp,
        upto: i64,
    ) -> Result<Option<State>, records::Error> {
        let mut state = state.clone();
        let mut places = std::collections::HashSet::new();
        while state.seq < upto {
            let touch = touched_after(&self.store, state.seq).await?;
            state.seq = touch.seq;
            places.extend(touch.places);
            if touch.all || places.len() > MOST_REREAD {
                return Ok(None);
            }
        }
        let places: Vec<String> = places.into_iter().collect();
        let moment = moment(&self.store, &self.zone, Some(as_of)).await?;
        reread(&self.store, &mut state, &places, moment).await?;
        Ok(Some(state))
    }

    /// The type whose fields a filter on customers may name.
    pub fn customer_type(&self) -> RecordType {
        let base = self
            .customer_type
            .get("customer")
            .expect("customer.toml declares the type customer");
        added::customer_type(base, self.store.catalog())
    }

    /// A filter on customers in CQL2, for the index.
    pub fn filter(&self, cql2: &str, branches: &Branches) -> Result<points::Filter, FilterError> {
        let cql2 = cql2.trim();
        if cql2.is_empty() {
            return Ok(points::Filter::All);
        }
        let mut asked = Filter::parse_cql2(cql2, &self.customer_type())?;
        filter::spread(&mut asked, branches);
        filter::to_points(&asked, &Added::of(self.store.catalog()))
    }

    /// Told the feed's number each time a new state is published.
    pub fn published(&self) -> watch::Receiver<i64> {
        self.published.subscribe()
    }

    /// Tells the follower that the catalog may have other fields now.
    pub fn look_at_fields(&self) {
        self.fields_changed.notify_one();
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
            self.renew();
            // The minute's tick is for midnight, when due dates change without a write; while a merge runs it
            // is shorter, so that its end is noticed.
            let merges = self
                .merging
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some();
            let tick = tokio::time::sleep(std::time::Duration::from_secs(if merges { 1 } else { 60 }));
            tokio::select! {
                changed = feed.changed() => if changed.is_err() { return },
                () = self.fields_changed.notified() => {}
                () = tick => {}
            }
        }
    }

    /// Applies everything the feed has beyond the present state.
    pub async fn catch_up(&self) -> Result<(), records::Error> {
        // What comes after a number of the feed.
        let mut ahead: Option<(i64, Touch)> = None;
        loop {
            self.install_merged().await;
            let state = self.present();
            let moment = moment(&self.store, &self.zone, None).await?;
            let is_of_other_fields = Added::of(self.store.catalog()) != state.added;
            if moment.day_start != state.day_start || is_of_other_fields {
                self.publish(self.book.state(&self.store, moment, Some(&state)).await?);
                continue;
            }
            let touch = match ahead.take() {
                Some((after, touch)) if after == state.seq => touch,
                _ => touched_after(&self.store, state.seq).await?,
            };
            let seq = touch.seq;
            if seq == state.seq {
                return Ok(());
            }
            let places: Vec<String> = touch.places.iter().cloned().collect();
            self.book.note(state.seq, seq, &places);
            if touch.all {
                self.publish(self.book.state(&self.store, moment, Some(&state)).await?);
                continue;
            }
            // What follows is looked up while this is put in its place.
            let next = self.brought_on(&state, &touch, moment);
            let (next, following) = tokio::try_join!(next, self.look_ahead(seq))?;
            ahead = following.map(|touch| (seq, touch));
            let merge = next.index.wants_compaction().then(|| next.index.clone());
            self.publish(next);
            if let Some(index) = merge {
                self.merge(index);
            }
        }
    }

    /// The state after what is touched.
    async fn brought_on(
        &self,
        state: &State,
        touch: &Touch,
        moment: Moment,
    ) -> Result<State, records::Error> {
        let mut next = State {
            seq: touch.seq,
            ..state.clone()
        };
        let mut anew = reassign(&self.store, &mut next, &touch.assigned, moment).await?;
        anew.extend(touch.places.difference(&touch.assigned).cloned());
        reread(&self.store, &mut next, &anew, moment).await?;
        Ok(next)
    }

    async fn look_ahead(&self, after: i64) -> Result<Option<Touch>, records::Error> {
        if self.store.last_seq().await? == after {
            return Ok(None);
        }
        touched_after(&self.store, after).await.map(Some)
    }

    /// Reads a new ledger beside everything else when the old one knows too little.
    fn renew(self: &Arc<Self>) {
        if !self.book.wants_renewal() {
            return;
        }
        let live = Arc::clone(self);
        tokio::spawn(async move {
            let Ok(_one) = live.book.renewing.try_lock() else {
                return;
            };
            match Book::read(&live.store).await {
                Ok(ledger) => {
                    live.book.install(ledger);
                    live.keep();
                }
                Err(error) => {
                    tracing::warn!(%error, "the ledger of customers could not be read anew; trying again")
                }
            }
        });
    }

    /// Merges the index's parts beside the work: seconds for a million rows, in which changes go on being
    /// published. Only one merge runs at a time.
    fn merge(&self, index: Index) {
        let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        if merging.is_none() {
            *merging = Some(tokio::task::spawn_blocking(move || index.compact()));
        }
    }

    /// Puts a finished merge in the place of what it was made from; waits for none.
    async fn install_merged(&self) {
        let finished = {
            let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
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
            self.publish(State {
                index,
                ..(*state).clone()
            });
        }
    }

    fn publish(&self, state: State) {
        let seq = state.seq;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
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
