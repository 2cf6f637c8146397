//! Whose customers are once a scenario is published, and again when it is reverted (`territories/heirs.rs` has the rule).

use std::collections::BTreeSet;

use records::{Db, Error, Op, fields, on_db};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::commit::Plan;
use crate::App;
use crate::problem::Problem;
use crate::territories::heirs::staying;
pub(super) use crate::territories::heirs::{Change, Passing, ops, passing};
use crate::territories::{Layout, store};

/// All places of these accounts.
pub(super) async fn places_of(db: &Db, passing: &[Passing]) -> Result<Vec<(String, String)>, Problem> {
    let sql = AssertSqlSafe(format!(
        "select id, account_id from locations where account_id in ({})",
        store::listed(db, "$1")
    ));
    let ids = store::json_list(passing.iter().map(|p| p.account.as_str()));
    Ok(on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await).map_err(Error::from)?)
}

/// What a publication passes on: of places that change hands, and of territories whose people change.
pub(super) async fn of_plan(
    app: &App,
    plan: &Plan,
    present: &Layout,
    target: &Layout,
) -> Result<Vec<Passing>, Problem> {
    let db = app.store.db();
    let transfers = plan.transfers();
    let moved: BTreeSet<&str> = transfers.keys().copied().collect();
    let stay = staying(db, present, target, &moved).await?;
    let moved = transfers.iter().map(|(place, (from, to))| {
        let before = from.and_then(|t| present.get(t));
        (*place, before, to.and_then(|t| target.get(t)))
    });
    let stay = stay
        .iter()
        .map(|(place, before, after)| (place.as_str(), Some(*before), Some(*after)));
    let changes: Vec<Change<'_>> = moved.chain(stay).collect();
    Ok(passing(db, present, &changes).await?)
}

/// Owners that a publication changed and nobody since are again who they were.
pub(super) async fn taken_back(app: &App, publication: &str) -> Result<Vec<Op>, Problem> {
    type Row = (String, Option<String>, Option<String>, Option<String>);
    const ACCOUNTS: &str = "select c.record_id, was.owner_id, became.owner_id, a.owner_id from changes c \
        join accounts a on a.id = c.record_id \
        join accounts_history was on was.id = c.record_id and was.version = c.version - 1 \
        left join accounts_history became on became.id = c.record_id and became.version = c.version \
        where c.change_set = $1 and c.record_type = 'account' and c.operation = 'update' order by c.record_id";
    let db = app.store.db();
    let rows: Vec<Row> =
        on_db!(read db, pool => sqlx::query_as(ACCOUNTS).bind(publication).fetch_all(pool).await)
            .map_err(Error::from)?;
    let back = rows.into_iter().filter_map(|(id, was, became, is)| {
        // What has no later version is as the publication left it.
        let became = became.or_else(|| is.clone());
        let patch = fields([("owner_id", was.clone().map_or(Value::Null, Value::from))]);
        (became == is && was != is).then(|| Op::update("account", id, patch))
    });
    Ok(back.collect())
}
