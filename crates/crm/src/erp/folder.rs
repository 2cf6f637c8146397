//! Orders as files: each is laid into the folder once, whole, even when the program stops in between.
//!
//! First the document is written under a name of its own, then the database says that this one counts, then it gets its
//! name. Whatever of it a crash leaves out is done at the next look, and an ERP that takes files away gets none twice.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use records::{At, Viewer};

use super::store;
use crate::App;
use crate::plans::Language;
use crate::problem::Problem;
use crate::sales;

/// How often it is looked whether an order waits, when nothing was told.
const EVERY: Duration = Duration::from_secs(15);

/// Lays orders down until the task is dropped; does nothing without a folder.
pub(crate) async fn follow(app: Arc<App>) {
    let Some(folder) = app.settings.channels.erp_folder.clone() else {
        return;
    };
    let mut grown = app.store.watch();
    loop {
        if let Err(error) = lay_down(&app, &folder).await {
            tracing::error!(%error, "orders could not be laid down for the ERP; trying again");
        }
        // Every change wakes this; more than once a second it need not look.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let nap = tokio::time::sleep(EVERY);
        tokio::select! { _ = grown.changed() => {}, () = nap => {} }
    }
}

/// Lays down what waits; gives how many files.
pub(super) async fn lay_down(app: &App, folder: &Path) -> Result<usize, Problem> {
    let db = app.store.db();
    put_in_place(app, folder).await?;
    let since = store::since(db, app.store.now()).await?;
    let mut count = 0;
    for (order,) in store::waiting(db, since).await? {
        let Some(record) = app
            .store
            .get(&Viewer::system(), "order", &order, At::PRESENT)
            .await?
        else {
            continue;
        };
        let document = sales::Document::load(app, &Viewer::system(), &record, Language::English).await?;
        let xml = sales::order_ubl(&document);
        let name = mail::file_name(&format!("{}.xml", record.text("number").unwrap_or(&order)));
        let part = format!(".{}.part", records::new_id());
        let path = folder.join(&part);
        let written = tokio::task::spawn_blocking(move || written_whole(&path, xml.as_bytes())).await;
        written
            .map_err(Problem::unexpected)?
            .map_err(|e| unwritable(folder, &e))?;
        if store::decide(db, &order, &name, &part, app.store.now()).await? {
            count += 1;
        } else {
            remove(folder.join(&part)).await?;
        }
    }
    put_in_place(app, folder).await?;
    Ok(count)
}

fn unwritable(folder: &Path, error: &std::io::Error) -> Problem {
    Problem::conflict("erp-folder", format!("{}: {error}", folder.display()))
}

fn written_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

async fn remove(path: PathBuf) -> Result<(), Problem> {
    tokio::fs::remove_file(&path)
        .await
        .map_err(|e| unwritable(&path, &e))
}

/// Gives every decided file its name.
async fn put_in_place(app: &App, folder: &Path) -> Result<(), Problem> {
    let db = app.store.db();
    for (order, name, part) in store::decided(db).await? {
        match tokio::fs::rename(folder.join(&part), folder.join(&name)).await {
            Ok(()) => tracing::info!(order, file = name, "an order was laid down for the ERP"),
            // It has its name already: the program stopped before it could say so.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(folder, &error)),
        }
        store::placed(db, &order).await?;
    }
    Ok(())
}
