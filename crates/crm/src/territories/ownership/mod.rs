//! Whose is this place, since when, and why? And whose was it before, as we know now and as we knew then.

mod history;
mod ladder;
mod words;

use geom::Timestamp;
use records::{At, Filter, Query, Record, Viewer};
use serde::Serialize;
use territory::Decision;
use utoipa::ToSchema;

use super::facts::Facts;
use super::layout::Layout;
use crate::App;
use crate::problem::Problem;

use history::{Row, assignments, history, is_believed, since};
use ladder::ladder;
use words::Words;

/// One rule in the order of precedence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Rung {
    /// named, list, rule, polygon, unit, reach, cell, nearest, account_owner
    pub rule: String,
    /// It says something about this place.
    pub applies: bool,
    /// It is the one that decided.
    pub decides: bool,
    pub text: String,
}

/// A span of the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PastOwner {
    pub owner_name: Option<String>,
    pub territory_name: Option<String>,
    /// Milliseconds since 1970.
    pub from: i64,
    /// Null: still.
    pub to: Option<i64>,
    /// When this was written down.
    pub recorded_at: i64,
    /// When it was found to be otherwise, or taken back; null: believed now.
    pub superseded_at: Option<i64>,
    pub cause: Option<String>,
    pub text: String,
}

/// Whose a place is, since when, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Ownership {
    pub location_id: String,
    /// Who works the territory; without a territory, the account's owner.
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub territory_id: Option<String>,
    pub territory_name: Option<String>,
    /// Since when the territory has it; milliseconds since 1970.
    pub since: Option<i64>,
    /// polygon, named, …
    pub cause: Option<String>,
    /// Number of the territory's version that brought it.
    pub version_number: Option<i64>,
    /// Who made that version.
    pub author_name: Option<String>,
    /// The rules in the order of precedence.
    pub ladder: Vec<Rung>,
    pub text: String,
    /// Newest first: what is believed now, then what was believed and is no longer.
    pub history: Vec<PastOwner>,
}

/// Answers for a place that the viewer may see, at a moment.
pub(crate) async fn ownership(
    app: &App,
    viewer: &Viewer,
    location: &Record,
    at: At,
    layout: &Layout,
) -> Result<Ownership, Problem> {
    let words = Words::load(app, viewer).await?;
    let assignments = assignments(app.store.db(), &location.id).await?;
    let moment = match at.as_of {
        Some(moment) => moment,
        None => super::present::present(&app.store).await?,
    };
    let known_at = at.known_at.map_or(i64::MAX, |t| t.0);
    let believed: Vec<&Row> = assignments
        .iter()
        .filter(|r| is_believed(r.recorded_at, r.superseded_at, known_at))
        .collect();
    let on_record = believed
        .iter()
        .copied()
        .find(|r| r.line.is_none() && r.from <= moment.0 && r.to > moment.0);
    let account = match location.text("account_id") {
        // What rules look at they look at whoever asks.
        Some(account) => app.store.get(&Viewer::system(), "account", account, at).await?,
        None => None,
    };
    let account_owner = match &account {
        Some(account) => {
            let seen = app.store.get(viewer, "account", &account.id, at).await?;
            seen.and_then(|a| a.text("owner_id").map(str::to_owned))
        }
        None => None,
    };
    let facts = Facts::of(location, account.as_ref());
    let decision = layout.decide(&location.id, &facts, None);
    // Of a moment to come the territories say it, with what is queued until then.
    let to_come = (at.known_at.is_none() && moment > app.store.now())
        .then(|| planned(layout, &decision, on_record, moment.0))
        .flatten();
    let here = match &to_come {
        Some(planned) => planned.as_ref(),
        None => on_record,
    };
    let owner_id = match here {
        Some(row) if to_come.is_some() => layout
            .get(&row.territory_id)
            .and_then(|t| t.owner())
            .map(str::to_owned),
        Some(row) => words.owner_at(&row.territory_id, moment.0, known_at),
        None => account_owner.clone(),
    };
    let version = here
        .and_then(|r| r.version_id.as_ref())
        .and_then(|id| words.versions.get(id));
    let name = |row: &Row| words.territory(&row.territory_id);
    let ladder = ladder(
        &words,
        layout,
        location,
        &decision,
        here,
        account_owner.as_deref(),
    );
    let since = here.map(|row| since(&believed, row));
    let author_name = version
        .and_then(|v| v.author.as_deref())
        .and_then(|a| words.user(a));
    let text = match here {
        Some(row) => {
            let decided = ladder
                .iter()
                .find(|rung| rung.decides)
                .map_or("", |rung| rung.text.as_str());
            let owner = owner_id.as_deref().and_then(|o| words.user(o));
            let who = owner.map_or_else(|| ", worked by nobody".to_owned(), |owner| format!(", {owner}"));
            let day = since
                .map(|since| app.settings.zone.date(Timestamp(since)).to_string())
                .unwrap_or_default();
            let by = version.map(|v| {
                let author = author_name
                    .as_deref()
                    .map(|a| format!(" by {a}"))
                    .unwrap_or_default();
                format!(" Version {}{author}.", v.number)
            });
            format!(
                "{}{who}, since {day}. {decided}.{}",
                name(row),
                by.unwrap_or_default()
            )
        }
        None => match owner_id.as_deref().and_then(|o| words.user(o)) {
            Some(owner) => {
                format!("No territory has this place. {owner} is entered as the customer's owner.")
            }
            None => "No territory has this place, and the customer has no owner.".to_owned(),
        },
    };
    Ok(Ownership {
        location_id: location.id.clone(),
        owner_name: owner_id.as_deref().and_then(|o| words.user(o)),
        owner_id,
        territory_id: here
            .map(|r| r.territory_id.clone())
            .filter(|id| words.may_see(id)),
        territory_name: here.map(name),
        since,
        cause: here.map(|r| r.cause.clone()),
        version_number: version.map(|v| v.number),
        author_name,
        ladder,
        text,
        history: history(&words, &assignments),
    })
}

/// What a layout of a moment to come says otherwise than what is on record: another territory (`Some(Some)`), none
/// (`Some(None)`), or the same (`None`).
fn planned(
    layout: &Layout,
    decision: &Decision,
    on_record: Option<&Row>,
    moment: i64,
) -> Option<Option<Row>> {
    let winner = decision.winner.as_ref();
    let wanted = winner.and_then(|w| Some((layout.by_number(w.territory)?, w.cause)));
    if wanted.map(|(t, _)| t.id()) == on_record.map(|r| r.territory_id.as_str()) {
        return None;
    }
    Some(wanted.map(|(standing, cause)| Row {
        id: String::new(),
        version: 0,
        territory_id: standing.id().to_owned(),
        line: None,
        cause: super::planner::cause_word(cause).to_owned(),
        version_id: None,
        from: moment,
        to: i64::MAX,
        recorded_at: moment,
        superseded_at: i64::MAX,
        removed: false,
    }))
}

/// The account's place that stands for it: the first.
pub(super) async fn main_location(
    app: &App,
    viewer: &Viewer,
    account: &str,
    at: At,
) -> Result<Option<Record>, Problem> {
    let query = Query::of("location")
        .filter(Filter::eq("account_id", account))
        .at(at)
        .limit(1);
    Ok(app.store.list(viewer, &query).await?.records.pop())
}
