//! The dry run and the import as jobs.
//!
//! Every record gets an id made of the import's id, the table and the row, so that an import that was killed goes on
//! where it stopped and writes nothing twice.

use std::sync::Arc;

use records::{At, Author, Op, Viewer};
use serde_json::{Value, json};

use super::walk::{Outcome, walk};
use crate::App;
use crate::jobs::Progress;
use crate::problem::Problem;

/// The dry run as a job: reads and looks up every row, writes none.
pub(crate) async fn check(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    job(app, &payload, false, progress).await
}

/// The import as a job.
pub(crate) async fn run(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    job(app, &payload, true, progress).await
}

async fn job(
    app: &Arc<App>,
    payload: &Value,
    write: bool,
    progress: &mut Progress,
) -> Result<Value, Problem> {
    let id = payload.get("import_id").and_then(Value::as_str);
    let id = id.ok_or_else(|| Problem::unexpected("an import job without an import"))?;
    let import = app
        .store
        .get(&Viewer::system(), "import_job", id, At::PRESENT)
        .await?;
    let import = import.ok_or_else(|| Problem::not_found(format!("Import {id}")))?;
    let outcome = walk(app, &import, write, progress).await;
    finish(app, id, if write { "done" } else { "checked" }, outcome).await
}

async fn finish(
    app: &App,
    id: &str,
    state: &str,
    outcome: Result<Outcome, Problem>,
) -> Result<Value, Problem> {
    let author = Author::system("import-state", "Import");
    let (mut patch, answer) = match outcome {
        Ok(o) => {
            let summary = o.summary();
            let patch = json!({
                "state": state,
                "summary": {
                    "all": summary, "parts": o.parts,
                    "duplicates": o.duplicates, "duplicate_count": o.duplicate_count,
                },
                "errors": {
                    "rows": o.errors, "counts": o.error_counts,
                    "remarks": o.remarks, "remark_counts": o.remark_counts,
                    "unresolved": o.nobody.listed(),
                },
                "import_change_set": o.change_set,
            });
            (patch, Ok(serde_json::to_value(summary).unwrap_or_default()))
        }
        Err(problem) if problem.code == "cancelled" => (json!({ "state": "checked" }), Err(problem)),
        Err(problem) => {
            let patch = json!({ "state": "failed", "errors": { "message": problem.detail } });
            (patch, Err(problem))
        }
    };
    let patch = match patch.as_object_mut() {
        Some(patch) => std::mem::take(patch),
        None => serde_json::Map::new(),
    };
    let patch = patch
        .into_iter()
        .filter(|(name, value)| name != "import_change_set" || !value.is_null())
        .collect();
    app.store
        .write(&author, vec![Op::update("import_job", id, patch)])
        .await?;
    answer
}
