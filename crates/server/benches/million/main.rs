//! A million customers over HTTP: what does it take to see, sum, find and change them?
//!
//! `cargo bench -p server --bench million` makes a database in `target/million` (some minutes; kept for the
//! next run), starts the program on it and measures. `BAILIWICK_CUSTOMERS=20000` makes a smaller one. Every
//! answer is compared with plain SQL on the same database; the times are printed, not judged.

mod fill;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
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
    runtime.block_on(run(&folder()?, &crowd))
}

/// `target/million`, wherever cargo builds.
fn folder() -> anyhow::Result<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_bailiwick"));
    let target = program
        .ancestors()
        .nth(2)
        .context("the program is in target/release")?;
    let folder = target.join("million");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
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
    Ok(())
}
