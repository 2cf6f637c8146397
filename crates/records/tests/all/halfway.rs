//! A writer that dies or loses its database in the middle of many batches: nothing of them is there, and the next one writes.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use geom::Timestamp;
use records::{Author, Db, Error, ManualClock, Op, new_id};
use serde_json::{Value, json};

use crate::toy::{HOUR, START, World, assert_whole, firm, map, open, postgres, sqlite, state, system};

/// Set for the process that is to die: the database that it writes to.
const DIES_ON: &str = "RECORDS_DIES_ON";
/// Its number in the outcome of a process.
const SIGKILL: i32 = 9;
/// Posts that a publication would concern.
const POSTS: usize = 900;
/// Batches that are written before the end comes.
const HALF: usize = 3;

/// Ends of what holds and beginnings of what is to hold, as a publication writes them: by rows, and as records.
fn publication() -> Vec<Vec<Op>> {
    let at = START + 3 * HOUR;
    let posts: Vec<usize> = (0..POSTS).collect();
    let batch = |chunk: &[usize]| -> Vec<Op> {
        let ends = chunk
            .iter()
            .map(|i| Op::update("post", format!("post-{i}"), map(json!({ "valid_to": at }))));
        let begins = chunk.iter().map(|i| Op::Create {
            type_name: "post".into(),
            id: Some(format!("next-{i}")),
            fields: map(json!({ "firm_id": "firm-1", "valid_from": at })),
        });
        ends.chain(begins).collect()
    };
    posts.chunks(130).map(batch).collect()
}

async fn setting(world: &World) {
    let made = |type_name: &str, id: String, fields| Op::Create {
        type_name: type_name.into(),
        id: Some(id),
        fields: map(fields),
    };
    let from = world.store.now().0;
    let mut ops = vec![made("firm", "firm-1".into(), firm("F"))];
    ops.extend((0..POSTS).map(|i| {
        let fields = json!({ "firm_id": "firm-1", "valid_from": from });
        made("post", format!("post-{i}"), fields)
    }));
    world.store.write(&system(), ops).await.unwrap();
    world.pass(HOUR);
}

/// What the next writer finds is what was there before, and it can write.
async fn nothing_is_half_done(world: &World, before: &[(String, String, Value)]) {
    assert_eq!(state(&world.store).await, before);
    assert_whole(&world.store).await;
    world.pass(HOUR);
    let batches = publication();
    let written = world
        .store
        .write_whole(&system(), new_id(), batches.into_iter())
        .await
        .unwrap();
    assert_whole(&world.store).await;
    let entries = world.store.changes(written.last_seq - 1, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    let set = world
        .store
        .find_change_set(&written.change_set)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(set.entries as usize, 2 * POSTS, "an end and a beginning of each");
}

/// Writes half of a publication and is killed by a signal that nothing can handle.
async fn die(url: &str) -> ! {
    let clock = Arc::new(ManualClock::at(Timestamp(START + 2 * HOUR)));
    let store = open(url, clock).await.expect("the database is there");
    let batches = publication().into_iter().enumerate().map(|(i, batch)| {
        if i == HALF {
            let killed = Command::new("sh").args(["-c", "kill -KILL $PPID"]).status();
            panic!("it lives on after {killed:?}");
        }
        batch
    });
    let written = store.write_whole(&system(), new_id(), batches).await;
    panic!("it lives on after {written:?}");
}

#[tokio::test]
async fn a_writer_that_is_killed_in_the_middle_leaves_nothing_and_the_next_one_writes() {
    if let Ok(url) = std::env::var(DIES_ON) {
        die(&url).await;
    }
    let name = "halfway::a_writer_that_is_killed_in_the_middle_leaves_nothing_and_the_next_one_writes";
    for engine in ["SQLite", "PostgreSQL"] {
        let folder = tempfile::tempdir().unwrap();
        let world = match engine {
            "SQLite" => Some(sqlite(&folder).await),
            _ => postgres().await,
        };
        let Some(world) = world else { continue };
        eprintln!("on {engine}");
        setting(&world).await;
        let before = state(&world.store).await;
        let (url, me) = (world.url.clone(), std::env::current_exe().unwrap());
        let child = tokio::task::spawn_blocking(move || {
            Command::new(me)
                .args(["--exact", name, "--nocapture"])
                .env(DIES_ON, url)
                .output()
        });
        let ended = child.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), Some(SIGKILL), "{:?}: {said}", ended.status);
        // Who opens the database anew finds the same as who had it open all the time.
        let clock = Arc::new(ManualClock::at(world.store.now()));
        let opened = open(&world.url, clock).await.unwrap();
        assert_eq!(state(&opened).await, before);
        opened.db().close().await;
        nothing_is_half_done(&world, &before).await;
    }
}

/// Ends every other connection to the database, as a server does that is stopped.
fn hang_up(url: &str) {
    let url = url.to_owned();
    let ends = async move {
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where datname = current_database() and pid <> pg_backend_pid()";
        let ended: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        assert!(ended > 0, "somebody was connected");
        pool.close().await;
    };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let thread = std::thread::spawn(move || runtime().unwrap().block_on(ends));
    thread.join().unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_leaves_nothing_and_the_next_one_writes() {
    let Some(world) = postgres().await else { return };
    assert!(matches!(world.store.db(), Db::Postgres(_)));
    setting(&world).await;
    let before = state(&world.store).await;
    let batches = publication().into_iter().enumerate().map(|(i, batch)| {
        if i == HALF {
            hang_up(&world.url);
        }
        batch
    });
    let error = world
        .store
        .write_whole(&system(), new_id(), batches)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error}");
    nothing_is_half_done(&world, &before).await;
}

#[tokio::test]
async fn a_request_that_is_given_up_in_the_middle_leaves_nothing_and_the_next_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    for world in [Some(sqlite(&folder).await), postgres().await]
        .into_iter()
        .flatten()
    {
        setting(&world).await;
        let before = state(&world.store).await;
        // Whoever asked goes away: the work is dropped where it waits the next time, for the database or, where that has
        // answered already, for its turn.
        let (tell, mut hear) = tokio::sync::mpsc::unbounded_channel();
        let batches = publication().into_iter().enumerate().map(move |(i, batch)| {
            if i == HALF {
                tell.send(()).unwrap();
            }
            batch
        });
        let author: Author = system();
        tokio::select! {
            biased;
            _ = hear.recv() => {}
            written = world.store.write_whole(&author, new_id(), batches) => panic!("{written:?}"),
        }
        nothing_is_half_done(&world, &before).await;
    }
}

/// Sessions of this database that stand in a transaction and do nothing.
async fn left_open(pool: &sqlx::PgPool) -> i64 {
    let sql = "select count(*) from pg_stat_activity \
               where datname = current_database() and state like 'idle in transaction%'";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn whoever_gives_up_while_a_transaction_begins_leaves_none_open() {
    let Some(world) = postgres().await else { return };
    let other = sqlx::PgPool::connect(&world.url).await.unwrap();
    let before = state(&world.store).await;
    // Given up after one look at it, after two, … until one of them is written.
    for looks in 1.. {
        let ops = vec![Op::create("firm", map(firm("Given up")))];
        let author = system();
        let mut left = looks;
        let given_up = {
            let mut write = std::pin::pin!(world.store.write(&author, ops));
            let look = std::future::poll_fn(|cx| match write.as_mut().poll(cx) {
                Poll::Ready(written) => Poll::Ready(Some(written)),
                Poll::Pending => {
                    left -= 1;
                    if left == 0 {
                        Poll::Ready(None)
                    } else {
                        Poll::Pending
                    }
                }
            });
            look.await
        };
        // What ends by itself ends soon; what nobody ends stays.
        let patience = Instant::now();
        while left_open(&other).await > 0 {
            let waited = patience.elapsed();
            assert!(
                waited < Duration::from_secs(20),
                "given up after {looks} looks, it stays open"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if let Some(written) = given_up {
            written.unwrap();
            break;
        }
    }
    // Who gives up while it is committed may find it written.
    assert!(state(&world.store).await.len() > before.len());
    assert_whole(&world.store).await;
    other.close().await;
}
