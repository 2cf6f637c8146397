//! Stopping a campaign, taking its start back while nothing has gone out, and noting what has.

use std::collections::HashSet;

use geom::Timestamp;
use records::{Author, Comparison, Filter, Op, Query, Record, Viewer, fields};
use serde_json::{Map, Value};

use super::mailing;
use super::start::{CHUNK, must_be};
use crate::App;
use crate::consent::Channel;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Everything of a campaign that meets a filter, for the program.
async fn all(app: &App, type_name: &str, filter: Filter) -> Result<Vec<Record>, Problem> {
    let mut query = Query::of(type_name).filter(filter).limit(Query::MAX_LIMIT);
    let mut found = Vec::new();
    loop {
        let page = app.store.list(&Viewer::system(), &query).await?;
        found.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(found),
        }
    }
}

async fn members_that(app: &App, campaign: &str, filter: Filter) -> Result<Vec<Record>, Problem> {
    all(
        app,
        "campaign_member",
        Filter::eq("campaign_id", campaign).and(filter),
    )
    .await
}

/// Stops a campaign: what has not gone out stays here. Gives the change set.
pub(super) async fn stop(app: &App, signed: &Signed, campaign: &Record) -> Result<String, Problem> {
    must_be(campaign, "running")?;
    let label = format!("Stopped {}", campaign.text("name").unwrap_or_default());
    let author = signed
        .program_on(app, "campaign", &campaign.id, "campaign", &label)
        .await?;
    let set = app.store.change_set(&author).await?;
    // Nothing more comes into the queue of mail; what the server has not got yet comes out of it afterwards.
    mailing::end(app.store.db(), &campaign.id, "stopped", app.store.now()).await?;
    let mut ops = vec![Op::Update {
        type_name: "campaign".into(),
        id: campaign.id.clone(),
        version: Some(campaign.version),
        patch: fields([
            ("status", "stopped".into()),
            ("stopped_at", app.store.now().0.into()),
        ]),
    }];
    let cancelled =
        |type_name: &str, id: &str| Op::update(type_name, id, fields([("status", "cancelled".into())]));
    let visits = all(
        app,
        "visit",
        Filter::eq("campaign_id", campaign.id.as_str()).and(Filter::eq("status", "due")),
    )
    .await?;
    ops.extend(visits.iter().map(|visit| cancelled("visit", &visit.id)));
    let waiting: HashSet<&str> = visits.iter().map(|v| v.id.as_str()).collect();
    let planned = members_that(app, &campaign.id, Filter::eq("status", "planned")).await?;
    let calls: Vec<String> = planned
        .iter()
        .filter_map(|m| m.text("activity_id").map(str::to_owned))
        .collect();
    let open = crate::visits::by_ids(&app.store, "activity", &calls).await?;
    for member in &planned {
        let call = member.text("activity_id").and_then(|id| open.get(id));
        if let Some(call) = call.filter(|c| c.text("status") == Some("open")) {
            ops.push(cancelled("activity", &call.id));
        }
        // A visit that a rep has planned is a promise to the rep's day; it stands.
        let stands = member
            .text("visit_id")
            .is_some_and(|visit| !waiting.contains(visit));
        if !stands {
            ops.push(Op::update(
                "campaign_member",
                member.id.clone(),
                fields([("status", "stopped".into())]),
            ));
        }
    }
    let mut last = 0;
    let mut ops = ops.into_iter().peekable();
    while ops.peek().is_some() {
        last = set.write(ops.by_ref().take(CHUNK).collect()).await?.last_seq;
    }
    let change_set = set.id().to_owned();
    set.close().await?;
    mailing::take_out(app.store.db(), &campaign.id, app.store.now()).await?;
    app.live.wait_for(last).await;
    Ok(change_set)
}

/// What has gone out already, in words; `None`: nothing.
async fn gone_out(app: &App, campaign: &str) -> Result<Option<String>, Problem> {
    let touched = Filter::one_of("status", ["planned", "left_out"]).negated();
    let count = |type_name: &'static str, filter: Filter| async move {
        let query = Query::of(type_name).filter(Filter::eq("campaign_id", campaign).and(filter));
        app.store.count(&Viewer::system(), &query).await
    };
    let members = count("campaign_member", touched).await?;
    let visits = count("visit", Filter::compare("status", Comparison::NotEqual, "due")).await?;
    let responses = count("campaign_response", Filter::all()).await?;
    let calls = members_that(app, campaign, Filter::eq("channel", "phone")).await?;
    let calls: Vec<String> = calls
        .iter()
        .filter_map(|m| m.text("activity_id").map(str::to_owned))
        .collect();
    let made = crate::visits::by_ids(&app.store, "activity", &calls).await?;
    let made = made.values().filter(|a| a.text("status") != Some("open")).count();
    let mails = mailing::laid_in(app.store.db(), campaign).await?;
    if members + visits + responses == 0 && made == 0 && mails == 0 {
        return Ok(None);
    }
    Ok(Some(format!(
        "{members} members were reached or answered, {mails} e-mails are on their way or sent, {visits} visits are planned or made, {made} calls were made, {responses} responses are in."
    )))
}

/// Refuses an undo of a start after something went out. Other change sets pass.
pub(crate) async fn may_be_undone(app: &App, change_set: &str) -> Result<(), Problem> {
    let filter = Filter::eq("started_by", change_set);
    let campaigns = all(app, "campaign", filter).await?;
    for campaign in campaigns {
        if let Some(what) = gone_out(app, &campaign.id).await? {
            return Err(Problem::conflict(
                "went-out",
                format!(
                    "{} cannot be taken back: {what} Stop it instead.",
                    campaign.text("name").unwrap_or("The campaign")
                ),
            ));
        }
    }
    Ok(())
}

/// Notes that a list was used: letters were posted, mails were sent. Gives the change set and how many.
pub(super) async fn mark_sent(
    app: &App,
    author: &Author,
    campaign: &Record,
    channel: Channel,
    allowed: &HashSet<String>,
) -> Result<(String, usize), Problem> {
    must_be(campaign, "running")?;
    let filter = Filter::eq("status", "planned").and(Filter::eq("channel", channel.as_str()));
    let planned = members_that(app, &campaign.id, filter.and(Filter::eq("arm", "treated"))).await?;
    let planned: Vec<_> = planned
        .into_iter()
        .filter(|m| allowed.contains(&m.id) && m.text("activity_id").is_none())
        .collect();
    let now = app.store.now();
    let set = app.store.change_set(author).await?;
    for some in planned.chunks(CHUNK) {
        let sent = |m: &Record| Op::update("campaign_member", m.id.clone(), sent_at(now));
        set.write(some.iter().map(sent).collect()).await?;
    }
    let change_set = set.id().to_owned();
    set.close().await?;
    Ok((change_set, planned.len()))
}

fn sent_at(now: Timestamp) -> Map<String, Value> {
    fields([("status", "sent".into()), ("sent_at", now.0.into())])
}
