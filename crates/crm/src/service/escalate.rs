//! What is late is told, once: the case says so, and somebody gets a task.

use std::sync::Arc;
use std::time::Duration;

use records::{At, Author, Comparison, Filter, Op, Query, Record, Viewer, fields};
use serde_json::json;

use crate::App;
use crate::problem::Problem;

/// How often promises are looked at.
const EVERY: Duration = Duration::from_secs(20);
/// Taken at once.
const CHUNK: u32 = 200;

/// Looks at promises until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    loop {
        if let Err(error) = escalate(&app).await {
            tracing::error!(%error, "late cases could not be escalated; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Escalates every case whose answer or solution is overdue; gives how many.
pub(super) async fn escalate(app: &App) -> Result<usize, Problem> {
    let now = app.store.now();
    let past = |field: &str| Filter::compare(field, Comparison::Less, now.0);
    let unanswered = Filter::eq("status", "new").and(past("respond_due"));
    let unsolved = Filter::In {
        field: "status".into(),
        values: ["new", "open"].map(Into::into).to_vec(),
    }
    .and(past("resolve_due"));
    let late = unanswered.or(unsolved).and(Filter::IsNull {
        field: "escalated_at".into(),
    });
    let mut count = 0;
    loop {
        let query = Query::of("case")
            .filter(late.clone())
            .sort("id", false)
            .limit(CHUNK);
        let cases = app.store.list(&Viewer::system(), &query).await?.records;
        if cases.is_empty() {
            return Ok(count);
        }
        for case in &cases {
            let author = Author::system(
                "escalate",
                format!("{} is late", case.text("number").unwrap_or_default()),
            );
            let mut ops = vec![Op::Update {
                type_name: "case".into(),
                id: case.id.clone(),
                version: Some(case.version),
                patch: fields([("escalated_at", now.0.into())]),
            }];
            for user in told(app, case).await? {
                let task = json!({
                    "kind": "task", "status": "open", "owner_id": user, "due_at": now.0,
                    "subject": format!("Late: {} {}", case.text("number").unwrap_or_default(), case.text("subject").unwrap_or_default()),
                    "account_id": case.fields.get("account_id"), "contact_id": case.fields.get("contact_id"),
                });
                if let serde_json::Value::Object(task) = task {
                    ops.push(Op::create("activity", task));
                }
            }
            match app.store.write(&author, ops).await {
                Ok(_) => count += 1,
                // Somebody works on it at this moment: the next look decides.
                Err(records::Error::VersionConflict { .. } | records::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if cases.len() < CHUNK as usize {
            return Ok(count);
        }
    }
}

/// The owner and, above them, the managers of the queue's team; without a team every manager.
async fn told(app: &App, case: &Record) -> Result<Vec<String>, Problem> {
    let queue = match case.text("queue_id") {
        Some(id) => app.store.get(&Viewer::system(), "queue", id, At::PRESENT).await?,
        None => None,
    };
    let mut filter = Filter::eq("role", "manager").and(Filter::eq("active", true));
    if let Some(team) = queue.as_ref().and_then(|q| q.text("team_id")) {
        filter = filter.and(Filter::eq("team_id", team));
    }
    let managers = Query::of("user").filter(filter).sort("id", false).limit(20);
    let managers = app.store.list(&Viewer::system(), &managers).await?.records;
    let mut told: Vec<String> = case.text("owner_id").map(str::to_owned).into_iter().collect();
    for manager in managers {
        if !told.contains(&manager.id) {
            told.push(manager.id);
        }
    }
    Ok(told)
}
