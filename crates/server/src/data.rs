//! Records from the command line: import, export, backup, restore, verify, and a rep's plan.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use records::{At, Filter, Kind, Query, SystemClock, Viewer};

use crate::cli::Database;
use crate::{open, progress, users};

/// What to import.
#[derive(Args)]
pub struct ImportArguments {
    #[command(flatten)]
    database: Database,
    /// A CSV file of customers
    file: PathBuf,
    /// In whose name: an admin's or manager's e-mail address
    #[arg(long)]
    user: String,
    /// What happens to customers on record: skip, update, fill or create
    #[arg(long, default_value = "skip")]
    duplicates: String,
    /// Only check: read and look up every row, write none
    #[arg(long)]
    dry_run: bool,
    /// No progress bar
    #[arg(long)]
    quiet: bool,
}

/// `bailiwick import`.
pub async fn import(arguments: &ImportArguments) -> anyhow::Result<()> {
    let bytes =
        std::fs::read(&arguments.file).with_context(|| format!("reading {}", arguments.file.display()))?;
    let app = open::app(&arguments.database).await?;
    let user = users::find(app.store(), &arguments.user).await?;
    let name = arguments
        .file
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let bar = progress::bar(0, "rows", arguments.quiet);
    let mut show = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let report = crm::import_file(
        &app,
        &user.id,
        &name,
        &bytes,
        &arguments.duplicates,
        !arguments.dry_run,
        &mut show,
    )
    .await?;
    bar.finish_and_clear();
    println!("{report}");
    app.store().db().close().await;
    Ok(())
}

/// What to export.
#[derive(Args)]
pub struct ExportArguments {
    #[command(flatten)]
    database: Database,
    /// The record type: account, location, contact, visit, …
    record_type: String,
    /// Where to write; standard output unless given
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Only records that meet this CQL2 text
    #[arg(long)]
    filter: Option<String>,
    /// As they were at this time (milliseconds, or 2026-02-28T12:00:00Z)
    #[arg(long)]
    as_of: Option<String>,
}

/// `bailiwick export`.
pub async fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let store = open::store(&arguments.database.database, Arc::new(SystemClock)).await?;
    let record_type = store.record_type(&arguments.record_type).map_err(|e| {
        let known: Vec<&str> = store.catalog().iter().map(|t| t.name.as_str()).collect();
        anyhow::anyhow!("{e}; the types are {}", known.join(", "))
    })?;
    let mut query = Query::of(record_type.name.clone()).limit(Query::MAX_LIMIT);
    if let Some(filter) = &arguments.filter {
        query = query.filter(Filter::parse_cql2(filter, record_type)?);
    }
    if let Some(as_of) = &arguments.as_of {
        query = query.at(At::as_of(crm::parse_moment(as_of)?));
    }
    let output: Box<dyn std::io::Write> = match &arguments.out {
        Some(path) => {
            Box::new(std::fs::File::create(path).with_context(|| format!("writing {}", path.display()))?)
        }
        None => Box::new(std::io::stdout().lock()),
    };
    let mut writer = csv::Writer::from_writer(output);
    let names = record_type.fields.iter().map(|f| f.name.as_str());
    writer.write_record(["id"].into_iter().chain(names))?;
    let mut written = 0u64;
    loop {
        let page = store.list(&Viewer::system(), &query).await?;
        for record in &page.records {
            let cell = |name: &str, money: bool| match record.fields.get(name) {
                None | Some(serde_json::Value::Null) => String::new(),
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Number(n)) if money => n
                    .as_i64()
                    .map(|n| format!("{}.{:02}", n / 100, (n % 100).abs()))
                    .unwrap_or_default(),
                Some(other) => other.to_string(),
            };
            let declared = record_type
                .fields
                .iter()
                .map(|f| cell(&f.name, f.kind == Kind::Money));
            writer.write_record(std::iter::once(record.id.clone()).chain(declared))?;
            written += 1;
        }
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => break,
        }
    }
    writer.flush()?;
    if let Some(path) = &arguments.out {
        println!("{written} {} in {}", record_type.plural.en, path.display());
    }
    Ok(())
}

/// Whose day to plan.
#[derive(Args)]
pub struct PlanArguments {
    #[command(flatten)]
    database: Database,
    /// The rep's e-mail address
    user: String,
    /// The day, like 2026-02-28
    day: String,
}

/// `bailiwick plan`.
pub async fn plan(arguments: &PlanArguments) -> anyhow::Result<()> {
    ensure!(
        arguments.database.map.is_some(),
        "planning needs a map: give --map region.pack"
    );
    let app = open::app(&arguments.database).await?;
    let user = users::find(app.store(), &arguments.user).await?;
    println!("{}", crm::plan_text(&app, &user.id, &arguments.day).await?);
    app.store().db().close().await;
    Ok(())
}

/// Where to write the backup.
#[derive(Args)]
pub struct BackupArguments {
    #[command(flatten)]
    database: Database,
    /// The file
    #[arg(long, short)]
    out: PathBuf,
}

/// `bailiwick backup`.
pub async fn backup(arguments: &BackupArguments) -> anyhow::Result<()> {
    let store = open::store(&arguments.database.database, Arc::new(SystemClock)).await?;
    // Written beside the target and renamed when whole.
    let mut temporary = arguments.out.clone().into_os_string();
    temporary.push(".tmp");
    let writing = || format!("writing {}", arguments.out.display());
    let file = tokio::fs::File::create(&temporary).await.with_context(writing)?;
    let rows = store.backup(file).await?;
    tokio::fs::rename(&temporary, &arguments.out)
        .await
        .with_context(writing)?;
    println!("{rows} rows in {}", arguments.out.display());
    println!(
        "Everything is in it, also the hashes of passwords and tokens: keep it as safe as the database."
    );
    Ok(())
}

/// Where the backup is.
#[derive(Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    database: Database,
    /// The backup
    file: PathBuf,
}

/// `bailiwick restore`.
pub async fn restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let store = open::store(&arguments.database.database, Arc::new(SystemClock)).await?;
    let reading = || format!("reading {}", arguments.file.display());
    let file = tokio::fs::File::open(&arguments.file)
        .await
        .with_context(reading)?;
    let rows = store.restore(file).await.with_context(reading)?;
    let report = store.verify().await?;
    if let Some(broken) = report.broken {
        bail!(
            "{rows} rows were read, but the audit log is broken at {} {}: {}",
            broken.type_name,
            broken.id,
            broken.reason
        );
    }
    println!(
        "{rows} rows read; {} entries of the audit log verified",
        report.entries
    );
    Ok(())
}

/// What to verify.
#[derive(Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    database: Database,
}

/// `bailiwick verify`.
pub async fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let store = open::store(&arguments.database.database, Arc::new(SystemClock)).await?;
    let report = store.verify().await?;
    if let Some(atlas) = open::atlas(arguments.database.map.as_deref())? {
        atlas.verify()?;
        println!("map pack: every section is as it was written");
    }
    if let Some(broken) = report.broken {
        let entry = broken.seq.map(|s| format!("entry {s}, ")).unwrap_or_default();
        bail!(
            "the audit log is broken: {entry}{} {}: {}",
            broken.type_name,
            broken.id,
            broken.reason
        );
    }
    println!(
        "{} entries and {} versions verified, {} redacted",
        report.entries, report.versions, report.redacted
    );
    Ok(())
}
