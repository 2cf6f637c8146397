//! The ledger against its slow twin: after random histories, every row of every moment is what reading all
//! tables as of that moment gives.

mod history;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use geom::Timestamp;
use points::{Index, Row, RowId, Shape};

use super::Ledger;
use crate::live::added::Added;
use crate::live::past::Book;
use crate::live::rows::{self, Which};
use crate::live::{Live, Shelf, Stored, columns, kept, moment};
use crate::test_world::{MONDAY, World};
use history::History;

fn rows_of(index: &Index) -> BTreeMap<RowId, Row> {
    let view = index.view(&points::Filter::All).unwrap();
    view.rows_in(&Shape::everywhere())
        .iter()
        .map(|row| (row.id(), row.to_row()))
        .collect()
}

/// The slow twin: everything read as of the moment.
async fn read_whole(live: &Live, as_of: Option<Timestamp>) -> BTreeMap<RowId, Row> {
    let moment = moment(&live.store, &live.zone, as_of).await.unwrap();
    let stages = rows::stages(live.store.db()).await.unwrap();
    let added = Added::of(live.store.catalog());
    let read = rows::load(live.store.db(), Which::All, moment, &stages, &added)
        .await
        .unwrap();
    rows_of(&Index::build(columns::schema(&stages, &added), read).unwrap())
}

async fn compare(history: &History, live: &Live, what: &str) {
    let last = *history.moments.last().unwrap();
    let mut moments: Vec<Option<Timestamp>> =
        vec![None, Some(Timestamp(MONDAY - 1)), Some(Timestamp(last - 1))];
    moments.extend(
        history
            .moments
            .iter()
            .step_by(7)
            .flat_map(|&t| [Some(Timestamp(t)), Some(Timestamp(t - 1))]),
    );
    for as_of in moments {
        let (known, read) = (live.at(as_of).await.unwrap(), read_whole(live, as_of).await);
        assert_eq!(rows_of(&known.index), read, "{what}, as of {as_of:?}");
        assert_eq!(known.index.faults(), Vec::<String>::new(), "{what}");
    }
}

async fn random_history(world: World, seed: u64) {
    let mut history = History::begin(world, seed).await;
    let live = Arc::clone(&history.world.app.live);
    history.go_on(90).await;
    compare(
        &history,
        &live,
        &format!("seed {seed}, the ledger is empty, all is read"),
    )
    .await;

    live.book.install(Book::read(&live.store).await.unwrap());
    compare(&history, &live, &format!("seed {seed}, the ledger knows all")).await;
    history.go_on(60).await;
    compare(&history, &live, &format!("seed {seed}, the ledger knows a part")).await;
}

#[tokio::test]
async fn every_moment_is_what_reading_all_gives() {
    for seed in 1..=6 {
        random_history(World::new().await, seed).await;
    }
}

#[tokio::test]
async fn every_moment_is_what_reading_all_gives_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        random_history(world, 7).await;
    }
}

/// A shelf in memory.
#[derive(Default)]
struct Board(Mutex<BTreeMap<String, Vec<u8>>>);

impl Shelf for Board {
    fn read(&self, name: &str) -> io::Result<Option<Stored>> {
        let found = self.0.lock().unwrap().get(name).cloned();
        Ok(found.map(|bytes| Arc::new(bytes) as Stored))
    }

    fn write(
        &self,
        name: &str,
        fill: &mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        self.0.lock().unwrap().insert(name.into(), bytes);
        Ok(())
    }
}

#[tokio::test]
async fn what_was_kept_is_taken_up_and_follows() {
    let mut history = History::begin(World::new().await, 9).await;
    history.go_on(80).await;
    let live = Arc::clone(&history.world.app.live);
    live.book.install(Book::read(&live.store).await.unwrap());
    let board: Arc<dyn Shelf> = Arc::new(Board::default());
    kept::keep(
        Arc::clone(&board),
        &live.store,
        live.present(),
        live.book.ledger(),
    )
    .await;
    assert!(
        kept::take_up(Arc::clone(&board), &live.store)
            .await
            .unwrap()
            .is_some()
    );

    // Another day, and changes nobody saw.
    history.go_on(40).await;
    let again = Live::start(live.store.clone(), live.zone.clone(), Some(Arc::clone(&board)))
        .await
        .unwrap();
    assert!(
        again.book.ledger().seq < live.store.last_seq().await.unwrap(),
        "the kept ledger is in use"
    );
    compare(&history, &again, "taken up").await;

    // Other records are not mistaken for these.
    let other = World::new().await;
    assert!(kept::take_up(board, other.store()).await.unwrap().is_none());
}

#[tokio::test]
async fn damaged_bytes_are_no_ledger() {
    let mut history = History::begin(World::new().await, 10).await;
    history.go_on(60).await;
    let ledger = Book::read(history.world.store()).await.unwrap();
    let mut bytes = Vec::new();
    ledger.write_to(b"a note", &mut bytes).unwrap();
    let (again, note) = Ledger::from_bytes(&bytes).expect("the bytes are whole");
    assert_eq!(
        (again.seq, again.len(), note),
        (ledger.seq, ledger.len(), b"a note".to_vec())
    );
    for length in (0..bytes.len()).step_by(61) {
        assert!(
            Ledger::from_bytes(&bytes[..length]).is_none(),
            "cut to {length} bytes"
        );
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x40;
        // What stands between the sections says nothing.
        if let Some((other, _)) = Ledger::from_bytes(&flipped) {
            let mut rewritten = Vec::new();
            other.write_to(b"a note", &mut rewritten).unwrap();
            assert_eq!(rewritten, bytes, "byte {at}");
        }
    }
}
