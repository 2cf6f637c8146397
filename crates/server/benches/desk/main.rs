//! A million accounts, two million contacts, 300,000 opportunities and five million activities: what does a desk
//! wait for?
//!
//! `cargo bench -p server --bench desk` makes a database in `target/desk` (kept for the next run), starts the program
//! on it and asks. `BAILIWICK_CUSTOMERS=20000` makes a smaller one, `BAILIWICK_ON=postgres` makes it in a PostgreSQL that goes
//! away afterwards, `BAILIWICK_ON=postgres://…` in that database, where it stays, `BAILIWICK_PARTS=lists,pages,sales,duplicates,segments,morning,import` asks some of it. Answers are checked; the times are printed, and those beyond the goal named, not judged.

mod ask;
mod fill;
mod import;
#[path = "../million/program.rs"]
mod program;
#[path = "../million/times.rs"]
mod times;

use std::path::Path;

use anyhow::Context as _;
use ask::Asker;
use program::Program;
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
    let file = root.join("data/neubrandenburg.osm.pbf");
    let extract = osm::read(&[&file], &mut |_| {})?;
    let map = import::map(&file)?;
    let crowd = Crowd::around(&extract, CrowdSize::of(size), SEED);
    let url = match std::env::var("BAILIWICK_ON").as_deref() {
        Ok("postgres") => testkit::postgres::cluster()
            .context("PostgreSQL is not installed")?
            .database(),
        Ok(url) if url.starts_with("postgres://") => url.to_owned(),
        Ok(other) => anyhow::bail!("BAILIWICK_ON is {other:?}, neither postgres nor postgres://…"),
        _ => fill::url_of(&program::folder("desk")?.join(format!("{size}.sqlite")))?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&url, &map, &crowd))
}

async fn run(url: &str, map: &Path, crowd: &Crowd) -> anyhow::Result<()> {
    let changes = fill::fill(url, crowd).await?;
    let (program, start) = Program::start(Path::new(url), Some(map))?;
    println!("{changes} changes; start: {:.1} s", start.as_secs_f64());
    let asker = Asker {
        crowd,
        manager: program.sign_in("manager@million.example").await?,
        rep: program.sign_in("rep0@million.example").await?,
    };
    println!("| question | asked | median ms | 95 % | most | largest answer kB, gzip / plain |");
    println!("|---|---|---|---|---|---|");
    let parts = std::env::var("BAILIWICK_PARTS").ok();
    let asked = |part: &str| {
        parts
            .as_deref()
            .is_none_or(|list| list.split(',').any(|p| p == part))
    };
    if asked("lists") {
        asker.lists().await?;
    }
    if asked("pages") {
        asker.pages().await?;
    }
    if asked("sales") {
        asker.sales().await?;
    }
    if asked("duplicates") {
        asker.duplicates().await?;
    }
    if asked("segments") {
        asker.segments().await?;
    }
    if asked("morning") {
        asker.morning().await?;
    }
    if asked("import") {
        import::import(&program, &asker.manager, crowd, crowd.size().customers / 10).await?;
    }
    println!(
        "memory: at most {} MB, now {} MB",
        program.memory()?.0,
        program.memory()?.1
    );
    Ok(())
}
