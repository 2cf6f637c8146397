//! Scenarios: branches of the territories. A scenario is what holds at a moment and a list of operations on it, so a
//! copy costs only its operations. What comes of them is worked out by the code that decides in production, over the
//! live customers; publishing makes it true in one change set, now or from a date, and reverting takes it back.

mod draft;
mod effect;
mod ground;

mod balance;
mod change;
mod fields;
mod prepare;
mod ring;
mod sharing;
mod staff;
mod transfers;

mod branch;
mod life;
mod review;

mod compare;
mod driven;
mod figures;
mod hash;
mod heirs;
mod homes;
mod outcome;
mod prices;
mod sizes;

mod commit;
mod deals;
mod merge;
mod moves;
mod objections;
mod publish;
mod queue;
mod revert;

mod answers;
mod http;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use crate::App;
use crate::problem::Problem;

pub(crate) use balance::job as balance_job;
pub(crate) use branch::Scenarios;
pub(crate) use http::router;
pub(crate) use prices::job as price_job;
pub(crate) use publish::may_be_undone;
pub(crate) use queue::{follow, layout_at};

/// Begins a scenario in a person's name, with these changes and a comment: for the demo.
pub(crate) async fn think_of(
    app: &Arc<App>,
    user_id: &str,
    name: &str,
    changes: &[Value],
    said: &str,
) -> Result<(), Problem> {
    let signed = crate::sessions::load(app, user_id)
        .await?
        .ok_or_else(|| Problem::not_found(format!("User {user_id}")))?;
    let (id, _) = life::create(app, &signed, Some(name), None).await?;
    for change in changes {
        let change = serde_json::from_value(change.clone()).map_err(Problem::unexpected)?;
        http::add(app, &signed, &id, change).await?;
    }
    let comment = review::NewComment {
        text: said.to_owned(),
        ..review::NewComment::default()
    };
    review::comment(app, &signed, &id, comment).await?;
    Ok(())
}
