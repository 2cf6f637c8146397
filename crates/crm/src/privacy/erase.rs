//! Doing it: what the plan says, in an order in which nothing is left behind when it breaks off, and looking again afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::{Author, Filter, Op, Query as RecordQuery, Viewer, Words as _, fields};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::beside;
use super::plan::{Plan, plan};
use crate::App;
use crate::problem::Problem;

/// What an erasure did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Erasing {
    /// The change set it is; it cannot be undone.
    change_set: Option<String>,
    /// The record that says that it was done.
    erasure_id: String,
    /// Records that were changed.
    records: u64,
    /// Records by type.
    by_type: BTreeMap<String, u64>,
    /// Rows beside the records, by table.
    tables: BTreeMap<String, u64>,
    /// Mails as they were sent.
    mails: u64,
    /// Uploaded files.
    uploads: u64,
    /// Bytes of attachments.
    attachments: u64,
    /// Everything was read once more afterwards: so many records and rows still hold something. More than 0 only when
    /// somebody wrote it anew meanwhile.
    left: u64,
}

impl Erasing {
    /// Records that were changed.
    pub fn changed(&self) -> u64 {
        self.records
    }
}

/// Who asks for it, and why.
pub(super) struct Request {
    pub type_name: String,
    pub id: String,
    pub user_id: String,
    pub reason: String,
    /// The person's customer loses name, address and number too, where they are the person's.
    pub customers: bool,
}

/// Erases a person. Rights are the caller's business.
pub(super) async fn erase(app: &Arc<App>, request: Request) -> Result<Erasing, Problem> {
    let Request {
        type_name,
        id,
        user_id,
        reason,
        customers,
    } = request;
    let plan = plan(app, &type_name, &id, customers).await?;
    let plan = plan.ok_or_else(|| Problem::not_found(format!("{type_name} {id}")))?;
    let viewer = Viewer::system_for(user_id.clone());
    let author = Author::new(viewer.clone(), "erase", format!("Erased a person ({type_name})"));
    // What other programs call the person goes as a record: a value in its place would have to be the only one of its kind.
    let foreign = plan.person.whole("external_id");
    let known = RecordQuery::of("external_id")
        .filter(Filter::Ids(foreign))
        .limit(RecordQuery::MAX_LIMIT);
    let known = app.store.list(&Viewer::system(), &known).await?.records;
    let ops: Vec<Op> = known
        .into_iter()
        .map(|r| Op::delete("external_id", r.id))
        .collect();
    if !ops.is_empty() {
        app.store.write(&author, ops).await?;
    }
    let erasures = plan.erasures();
    let by_type = Plan::counted(erasures.iter().map(|e| (e.type_name.clone(), e.id.clone())));
    let erased = app.store.erase_all(&author, &erasures).await?;
    beside::forget(app, &plan.mails, &plan.uploads).await?;
    beside::forget_received(app, &plan.person.whole("activity")).await?;
    let attachments = beside::forget_bytes(app, &plan.bytes).await?;
    // The reason may name the person.
    let reason = plan.person.near.without(&reason).unwrap_or(reason);
    let values = fields([
        ("subject_type", type_name.as_str().into()),
        ("subject_id", id.as_str().into()),
        ("reason", reason.into()),
        ("erased_at", app.store.now().0.into()),
        ("requested_by", user_id.into()),
        ("records", erased.records.into()),
        ("counts", json!(by_type)),
        ("erasure_set", erased.change_set.clone().into()),
    ]);
    let log = Author::new(
        viewer,
        "erase",
        format!("Noted the erasure of a person ({type_name})"),
    );
    let written = app.store.write(&log, vec![Op::create("erasure", values)]).await?;
    // Last, so that what was told to others and what was answered meanwhile goes as well.
    let tables = app.store.sweep_words(&plan.far, &beside::OWN_WAY, true).await?;
    let left = app.store.find_words(&plan.far).await?.len() as u64
        + app
            .store
            .sweep_words(&plan.far, &beside::OWN_WAY, false)
            .await?
            .values()
            .sum::<u64>();
    app.live.wait_for(written.last_seq).await;
    Ok(Erasing {
        change_set: erased.change_set,
        erasure_id: written.records.first().map(|r| r.id.clone()).unwrap_or_default(),
        records: erased.records,
        by_type,
        tables,
        mails: plan.mails.len() as u64,
        uploads: plan.uploads.len() as u64,
        attachments,
        left,
    })
}
