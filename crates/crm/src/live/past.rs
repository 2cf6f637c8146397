//! States of the index that are not just the next one: of a past moment, of another day, of a first start.
//!
//! They are worked out from the ledger; places that a change after the ledger's last one concerns are read
//! from the records.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use points::{Change, Index, RowId};
use records::{Error, Store, Types};

use super::added::Added;
use super::ledger::{self, Ledger};
use super::rows::{self, Moment, Which};
use super::touched::touched_places;
use super::{BATCH, State, columns, row_id};

/// A ledger, and the places it does not know the last about.
pub(super) struct Book {
    ledger: Mutex<Arc<Ledger>>,
    touched: Mutex<Touched>,
    /// While a new ledger is read.
    pub renewing: tokio::sync::Mutex<()>,
}

/// Places that changes after the ledger's concern, with the number of the last such change.
struct Touched {
    /// Up to which change of the feed all are here.
    upto: i64,
    places: HashMap<String, i64>,
}

/// Types whose changes concern places.
const CONCERN: [&str; 7] = [
    "location",
    "account",
    "opportunity",
    "assignment",
    "visit",
    "visit_frequency",
    "stage",
];

/// From so many touched places on, and the twentieth part of all, a new ledger is read.
const MANY_TOUCHED: usize = 20_000;

impl Book {
    pub fn new(ledger: Ledger) -> Self {
        let touched = Touched {
            upto: ledger.seq,
            places: HashMap::new(),
        };
        Self {
            ledger: Mutex::new(Arc::new(ledger)),
            touched: Mutex::new(touched),
            renewing: tokio::sync::Mutex::new(()),
        }
    }

    /// Reads a ledger of everything on record.
    pub async fn read(store: &Store) -> Result<Ledger, Error> {
        // The number is read first: a place that changes while the tables are read is touched afterwards.
        let seq = store.last_seq().await?;
        Ok(ledger::load(store.db(), seq, Added::of(store.catalog())).await?)
    }

    pub fn ledger(&self) -> Arc<Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a younger ledger in the place of the one there is.
    pub fn install(&self, ledger: Ledger) {
        let mut touched = self.touched();
        touched.places.retain(|_, seq| *seq > ledger.seq);
        touched.upto = touched.upto.max(ledger.seq);
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(ledger);
    }

    /// Whether so much changed since that a new ledger would pay.
    pub fn wants_renewal(&self) -> bool {
        self.touched().places.len() > MANY_TOUCHED.max(self.ledger().len() / 20)
    }

    /// Takes note of the places that the changes between two numbers concern.
    pub fn note(&self, after: i64, upto: i64, places: &[String]) {
        let mut touched = self.touched();
        // A gap is closed by `follow`.
        if after <= touched.upto && upto > touched.upto {
            touched.places.extend(places.iter().map(|id| (id.clone(), upto)));
            touched.upto = upto;
        }
    }

    /// Takes note of everything up to a number of the feed.
    async fn follow(&self, store: &Store, upto: i64) -> Result<(), Error> {
        loop {
            let after = self.touched().upto;
            if after >= upto {
                return Ok(());
            }
            let touch = touched_after(store, after).await?;
            let places: Vec<String> = touch.places.into_iter().collect();
            self.note(after, touch.seq, &places);
        }
    }

    fn touched(&self) -> std::sync::MutexGuard<'_, Touched> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index of a moment. Where it can, it shares what was built over another index's places and texts.
    pub async fn state(&self, store: &Store, moment: Moment, near: Option<&State>) -> Result<State, Error> {
        let added = Added::of(store.catalog());
        if self.ledger().added() != added {
            self.install(Self::read(store).await?);
        }
        // Ledger and touched places belong together, so both are taken before the next ledger comes.
        let seq = store.last_seq().await?;
        self.follow(store, seq).await?;
        let (ledger, touched) = {
            let touched = self.touched();
            let ids: Vec<String> = touched.places.keys().cloned().collect();
            (self.ledger(), ids)
        };
        let stages = rows::stages(store.db()).await?;
        let frequencies = rows::frequencies(store.db(), moment).await?;
        let except: HashSet<RowId> = touched.iter().filter_map(|id| row_id(id)).collect();
        let added = self.ledger().added();
        let schema = columns::schema(&stages, &added);
        let near = near
            .map(|state| state.index.clone())
            .filter(|index| *index.schema() == schema);
        let known = stages.clone();
        // On rayon's few threads all of it: each thread that asks for hundreds of megabytes keeps some of them.
        let work = move |_: &rayon::Scope<'_>| {
            let columns = ledger.columns(moment, &known, &frequencies, &except);
            match near {
                Some(near) => near.revised(columns),
                None => Index::of_columns(schema, &columns),
            }
        };
        let index = tokio::task::spawn_blocking(move || rayon::scope(work))
            .await
            .map_err(|e| Error::Schema(e.to_string()))?
            .map_err(|e| Error::Schema(e.to_string()))?;
        let mut state = State {
            index,
            seq,
            stages,
            added,
            day_start: moment.day_start,
        };
        if !touched.is_empty() {
            reread(store, &mut state, &touched, moment).await?;
        }
        Ok(state)
    }
}

/// What the next changes of the feed mean for the places.
pub(super) struct Touch {
    /// The number of the last of these changes.
    pub seq: i64,
    /// The places they concern.
    pub places: HashSet<String>,
    /// Those of them that are only in another territory.
    pub assigned: HashSet<String>,
    /// All places are concerned.
    pub all: bool,
}

pub(super) async fn touched_after(store: &Store, after: i64) -> Result<Touch, Error> {
    let (seq, changed) = store.changed(after, BATCH, Types::Only(&CONCERN)).await?;
    let mut touched: HashMap<String, Vec<String>> = HashMap::new();
    for (type_name, id) in changed {
        touched.entry(type_name).or_default().push(id);
    }
    let assigned = touched.remove_entry("assignment");
    let mut places = touched_places(store.db(), &touched).await?;
    let mut assigned = match assigned {
        Some(entry) => touched_places(store.db(), &HashMap::from([entry])).await?,
        None => HashSet::new(),
    };
    assigned.retain(|place| !places.contains(place));
    places.extend(assigned.iter().cloned());
    Ok(Touch {
        seq,
        places,
        assigned,
        all: touched.contains_key("stage") || touched.contains_key("visit_frequency"),
    })
}

/// Brings places that are only in another territory in step; gives those of them that the index does not have.
pub(super) async fn reassign(
    store: &Store,
    state: &mut State,
    places: &HashSet<String>,
    moment: Moment,
) -> Result<Vec<String>, Error> {
    let ids: Vec<String> = places.iter().cloned().collect();
    let now_in = rows::territories(store.db(), &ids, moment).await?;
    let (mut changes, mut unknown) = (Vec::with_capacity(ids.len()), Vec::new());
    for place in ids {
        match row_id(&place).and_then(|id| state.index.get(id)) {
            None => unknown.push(place),
            Some(found) => {
                let mut row = found.to_row();
                row.categories[columns::TERRITORY] = now_in.get(&place).cloned();
                changes.push(Change::Upsert(row));
            }
        }
    }
    state
        .index
        .apply(changes)
        .map_err(|e| Error::Schema(e.to_string()))?;
    Ok(unknown)
}

/// Reads these places' rows of a moment from the records.
pub(super) async fn reread(
    store: &Store,
    state: &mut State,
    ids: &[String],
    moment: Moment,
) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let rows = rows::load(
        store.db(),
        Which::Places(ids),
        moment,
        &state.stages,
        &state.added,
    )
    .await?;
    let found: HashSet<RowId> = rows.iter().map(|r| r.id).collect();
    let gone = ids
        .iter()
        .filter_map(|id| row_id(id))
        .filter(|id| !found.contains(id));
    let changes: Vec<Change> = gone
        .map(Change::Delete)
        .chain(rows.into_iter().map(Change::Upsert))
        .collect();
    state
        .index
        .apply(changes)
        .map_err(|e| Error::Schema(e.to_string()))
}
