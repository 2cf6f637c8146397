//! A million customers over HTTP: what does it take to see, sum, find and change them?
//!
//! `cargo bench -p server --bench million` makes a database in `target/million` (some minutes; kept for the
//! next run), starts the program on it and measures. `BAILIWICK_CUSTOMERS=20000` makes a smaller one. Every
//! answer is compared with plain SQL on the same database; the times are printed, not judged.

mod fill;
mod measure;
mod program;
mod sql;
mod times;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use measure::Asker;
use program::Program;
use sql::Sql;
use testkit::crowd::{Crowd, CrowdSize};

const SEED: u64 = 1;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` only wants to know that it compiles and starts.
    if std::env::args().any(|a| a == "--test") {
        return Ok(());
    }
    let size = match std::env::var("BAILIWICK_CUSTOMERS") {
        Ok(text) => text
            .parse()
            .with_context(|| format!("BAILIWICK_CUSTOMERS is {text:?}, not a number"))?,
        Err(_) => 1_000_000,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let extract = osm::read(&[&root.join("data/neubrandenburg.osm.pbf")], &mut |_| {})?;
    let crowd = Crowd::around(&extract, CrowdSize::of(size), SEED);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&program::folder("million")?, &crowd))
}

async fn run(folder: &Path, crowd: &Crowd) -> anyhow::Result<()> {
    let size = crowd.size();
    let database = folder.join(format!("{}.sqlite", size.customers));
    if !database.exists() {
        println!("making {} with {size:?}", database.display());
        let unfinished = folder.join("unfinished.sqlite");
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!("unfinished.sqlite{ending}")));
        }
        fill::fill(&unfinished, crowd).await?;
        std::fs::rename(&unfinished, &database)?;
    }
    // The first start reads the records and keeps what it made of them; the second takes that up.
    let kept = folder.join(format!("{}.sqlite.kept", size.customers));
    if kept.exists() {
        std::fs::remove_dir_all(&kept)?;
    }
    let (program, cold) = Program::start(&database, None)?;
    println!(
        "first start: {:.1} s; memory: at most {} MB, now {} MB",
        cold.as_secs_f64(),
        program.memory()?.0,
        program.memory()?.1
    );
    let waiting = Instant::now();
    while size.customers >= 50_000
        && !kept.join("customers.ledger").exists()
        && waiting.elapsed().as_secs() < 120
    {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    drop(program);
    let (program, warm) = Program::start(&database, None)?;
    println!(
        "second start: {:.2} s; memory: at most {} MB, now {} MB",
        warm.as_secs_f64(),
        program.memory()?.0,
        program.memory()?.1
    );
    let asker = Asker {
        crowd,
        manager: program.sign_in("manager@million.example").await?,
        rep: program.sign_in("rep0@million.example").await?,
        sql: Sql::open(&database).await?,
    };
    println!("| question | asked | median ms | 95 % | most | largest answer kB, gzip / plain |");
    println!("|---|---|---|---|---|---|");
    asker.tiles().await?;
    asker.snapshots().await?;
    asker.search().await?;
    asker.screens().await?;
    let run = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_secs();
    asker.edits(run).await?;
    let (most, now) = program.memory()?;
    println!("memory of the second run: at most {most} MB, now {now} MB");
    Ok(())
}
