//! The index and the ledger between two runs: written when they are new, and taken up again if they are of the
//! same records.

use std::sync::Arc;

use geom::Timestamp;
use points::Index;
use records::{Error, Store};
use serde::{Deserialize, Serialize};

use super::added::Added;
use super::ledger::Ledger;
use super::shelf::Shelf;
use super::{State, columns};

/// From so many changes on, reading everything takes less time than following them.
const MOST_BEHIND: i64 = 200_000;
const INDEX: &str = "customers.index";
const LEDGER: &str = "customers.ledger";
/// Goes up when a row's columns come to mean something else.
const MEANING: u32 = 1;

/// What was written, and of which records.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    meaning: u32,
    program: String,
    /// Number of the last change that is in it, and that change's hash: no other history has this one.
    seq: i64,
    hash: String,
    stages: Vec<String>,
    day_start: i64,
}

impl Note {
    /// Of the records up to a change; `None` where there is none with this number.
    async fn of(
        store: &Store,
        seq: i64,
        stages: &[String],
        day_start: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let change = store.changes(seq - 1, 1).await?.into_iter().next();
        Ok(change.filter(|change| change.seq == seq).map(|change| Self {
            meaning: MEANING,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            seq,
            hash: change.hash,
            stages: stages.to_vec(),
            day_start: day_start.0,
        }))
    }

    /// Whether it speaks of these records, and not of too long ago.
    async fn holds(&self, store: &Store) -> Result<bool, Error> {
        let again = Self::of(store, self.seq, &self.stages, Timestamp(self.day_start)).await?;
        let behind = store.last_seq().await? - self.seq;
        Ok(again.as_ref() == Some(self) && behind <= MOST_BEHIND)
    }
}

/// Writes both. A failure is logged: they can be made anew.
pub(super) async fn keep(shelf: Arc<dyn Shelf>, store: &Store, state: Arc<State>, ledger: Arc<Ledger>) {
    let written = async {
        let of_index = Note::of(store, state.seq, &state.stages, state.day_start).await?;
        let of_ledger = Note::of(store, ledger.seq, &state.stages, state.day_start).await?;
        let (Some(of_index), Some(of_ledger)) = (of_index, of_ledger) else {
            return Ok(());
        };
        let text = |note: &Note| serde_json::to_vec(note).map_err(|e| Error::Schema(e.to_string()));
        let (of_index, of_ledger) = (text(&of_index)?, text(&of_ledger)?);
        tokio::task::spawn_blocking(move || {
            shelf.write(INDEX, &mut |to| state.index.write_to(&of_index, to))?;
            shelf.write(LEDGER, &mut |to| ledger.write_to(&of_ledger, to))
        })
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|e| Error::Schema(e.to_string()))
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "the index of customers could not be kept for the next start");
    }
}

/// What was kept, if it is whole and of these records.
pub(super) async fn take_up(shelf: Arc<dyn Shelf>, store: &Store) -> Result<Option<(State, Ledger)>, Error> {
    let read = tokio::task::spawn_blocking(move || read(&*shelf)).await;
    let (index, of_index, ledger, of_ledger) = match read.map_err(std::io::Error::other).flatten() {
        Ok(Some(read)) => read,
        Ok(None) => return Ok(None),
        Err(error) => {
            tracing::warn!(%error, "the kept index of customers cannot be read; it is made anew");
            return Ok(None);
        }
    };
    let notes: Option<(Note, Note)> = serde_json::from_slice(&of_index)
        .ok()
        .zip(serde_json::from_slice(&of_ledger).ok());
    let Some((of_index, of_ledger)) = notes else {
        return Ok(None);
    };
    let added = Added::of(store.catalog());
    let schema = columns::schema(&of_index.stages, &added);
    let is_of_other_fields = *index.schema() != schema || ledger.added() != added;
    if is_of_other_fields || !of_index.holds(store).await? || !of_ledger.holds(store).await? {
        tracing::info!("the kept index of customers is of other records; it is made anew");
        return Ok(None);
    }
    let state = State {
        index,
        seq: of_index.seq,
        stages: of_index.stages,
        added,
        day_start: Timestamp(of_index.day_start),
    };
    Ok(Some((state, ledger)))
}

type Read = (Index, Vec<u8>, Ledger, Vec<u8>);

fn read(shelf: &dyn Shelf) -> std::io::Result<Option<Read>> {
    let (Some(index), Some(ledger)) = (shelf.read(INDEX)?, shelf.read(LEDGER)?) else {
        return Ok(None);
    };
    let damaged = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let (index, of_index) = Index::from_bytes(index).map_err(|e| damaged(&e.to_string()))?;
    let ledger = Ledger::from_bytes((*ledger).as_ref()).ok_or_else(|| damaged("the ledger is damaged"))?;
    Ok(Some((index, of_index, ledger.0, ledger.1)))
}
