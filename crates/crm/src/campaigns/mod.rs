//! Campaigns: something offered to a segment by several ways, with some left out at random, and what came of it.
//!
//! Who is meant is asked once, when the campaign starts: everybody gets exactly one way, by preference and consent, and
//! within each way and territory some are left out by lot. Start is one change set and can be taken back until something
//! went out. What it was worth is what those addressed did more than those left out.

mod answers;
mod draw;
mod http;
mod labels;
mod link;
mod lists;
mod mailing;
mod objections;
mod outcome;
mod page;
mod pages;
mod responses;
mod results;
mod setup;
mod start;
mod statistics;
mod stop;
mod whom;

#[cfg(test)]
mod tests;

use records::{At, Record};
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

pub(crate) use link::Links;
pub(crate) use mailing::{follow, may_go, replied, with_mail};
pub(crate) use objections::unsubscribed_by;
pub(crate) use setup::rules;
pub(crate) use start::start;
pub(crate) use stop::may_be_undone;

/// A campaign as the viewer may see it.
pub(crate) async fn campaign(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, "campaign", id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("Campaign {id}")))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(http::router())
        .merge(lists::router())
        .merge(results::router())
        .merge(answers::router())
        .merge(responses::router())
        .merge(pages::router())
        .merge(mailing::router())
}
