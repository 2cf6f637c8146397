//! Whose is this place, since when, and why? And whose was it before, as we know now and as we knew then.

use std::collections::{BTreeSet, HashMap};

use geom::Timestamp;
use records::{At, Db, Error, Filter, Query, Record, Viewer, on_db};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use territory::{Cause, Claim, DecidedBy, Decision};
use utoipa::ToSchema;

use super::layout::Layout;
use crate::App;
use crate::crud::user_names;
use crate::problem::Problem;

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
        None => super::layout::present(&app.store).await?,
    };
    let known_at = at.known_at.map_or(i64::MAX, |t| t.0);
    let believed: Vec<&Row> = assignments
        .iter()
        .filter(|r| is_believed(r.recorded_at, r.superseded_at, known_at))
        .collect();
    let decision = layout.decide(&location.id, location.place(), None);
    let on_record = believed
        .iter()
        .copied()
        .find(|r| r.line.is_none() && r.from <= moment.0 && r.to > moment.0);
    // Of a moment to come the territories say it, with what is queued until then.
    let to_come = (at.known_at.is_none() && moment > app.store.now())
        .then(|| planned(layout, &decision, on_record, moment.0))
        .flatten();
    let here = match &to_come {
        Some(planned) => planned.as_ref(),
        None => on_record,
    };
    let here = here.as_ref();
    let account_owner = match location.text("account_id") {
        Some(account) => {
            let account = app.store.get(viewer, "account", account, at).await?;
            account.and_then(|a| a.text("owner_id").map(str::to_owned))
        }
        None => None,
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
        here.copied(),
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
        territory_name: here.map(|r| name(r)),
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

/// A row was on record at a moment; `i64::MAX` is now, and the end of what still is.
fn is_believed(recorded_at: i64, superseded_at: i64, known_at: i64) -> bool {
    recorded_at <= known_at && (superseded_at == i64::MAX || superseded_at > known_at)
}

/// Since when the territory has the place, through changes of the rule that gave it.
fn since(believed: &[&Row], row: &Row) -> i64 {
    let mut from = row.from;
    while let Some(before) = believed
        .iter()
        .find(|r| r.line == row.line && r.territory_id == row.territory_id && r.to == from && r.from < from)
    {
        from = before.from;
    }
    from
}

/// The rules, and what each says of this place.
fn ladder(
    words: &Words,
    layout: &Layout,
    location: &Record,
    decision: &Decision,
    here: Option<&Row>,
    account_owner: Option<&str>,
) -> Vec<Rung> {
    const ORDER: [(Cause, &str, &str); 8] = [
        (Cause::Named, "named", "Not held by name"),
        (
            Cause::Required,
            "list",
            "On no list of customers that must be in a territory",
        ),
        (Cause::Rule, "rule", "No rule about customers applies"),
        (Cause::Polygon, "polygon", "Inside no drawn area"),
        (Cause::Unit, "unit", "In no block of a territory"),
        (Cause::Reach, "reach", "In no reach of a territory"),
        (Cause::Cell, "cell", "In no cell of a computed plan"),
        (Cause::Nearest, "nearest", "No territory takes what is nearest"),
    ];
    let claims = || decision.winner.iter().chain(&decision.competing);
    // What is on record and what the rules say now differ for the moment between a change and its
    // consequences, and where somebody assigned by hand.
    let agrees = match (&decision.winner, here) {
        (Some(winner), Some(row)) => layout
            .by_number(winner.territory)
            .is_some_and(|t| t.id() == row.territory_id),
        (None, None) => true,
        _ => false,
    };
    let mut rungs: Vec<Rung> = Vec::new();
    if let Some(row) = here.filter(|_| !agrees) {
        rungs.push(Rung {
            rule: row.cause.clone(),
            applies: true,
            decides: true,
            text: format!(
                "On record for {}; the rules as they stand would say otherwise",
                words.territory(&row.territory_id)
            ),
        });
    }
    for (cause, rule, nothing) in ORDER {
        let of_kind: Vec<&Claim> = claims().filter(|c| c.cause == cause).collect();
        let decides = agrees && decision.winner.as_ref().is_some_and(|w| w.cause == cause);
        let text = match of_kind.first() {
            _ if cause == Cause::Polygon && location.place().is_none() => {
                "The place is on no map, so no area can hold it".to_owned()
            }
            None => nothing.to_owned(),
            Some(first) => claim_words(
                words,
                layout,
                first,
                &of_kind[1..],
                decides.then_some(decision.decided_by).flatten(),
            ),
        };
        rungs.push(Rung {
            rule: rule.to_owned(),
            applies: !of_kind.is_empty(),
            decides,
            text,
        });
    }
    let owner = account_owner.and_then(|o| words.user(o));
    rungs.push(Rung {
        rule: "account_owner".to_owned(),
        applies: owner.is_some(),
        decides: here.is_none() && owner.is_some(),
        text: owner.map_or_else(
            || "The customer has no owner".to_owned(),
            |o| format!("{o} is entered as the customer's owner"),
        ),
    });
    rungs
}

fn claim_words(
    words: &Words,
    layout: &Layout,
    first: &Claim,
    others: &[&Claim],
    decided_by: Option<DecidedBy>,
) -> String {
    let name = |claim: &Claim| {
        layout
            .by_number(claim.territory)
            .map(|t| words.territory(t.id()))
            .unwrap_or_default()
    };
    let mut text = match first.cause {
        Cause::Named => format!("Held by name by {}", name(first)),
        Cause::Required => format!("On the list of {}", name(first)),
        Cause::Rule => format!("Meets the rule of {}", name(first)),
        Cause::Polygon if first.on_border => format!(
            "Exactly on the border of {}, which no neighbour claims",
            name(first)
        ),
        Cause::Polygon => format!("Inside the drawn area of {}", name(first)),
        Cause::Unit => format!(
            "In block {} of {}",
            first.unit.as_deref().unwrap_or("?"),
            name(first)
        ),
        Cause::Reach => format!("In the reach of {}", name(first)),
        Cause::Cell => format!("In the computed area of {}", name(first)),
        Cause::Nearest => format!("Nearest to {}", name(first)),
    };
    if others.is_empty() {
        return text;
    }
    let names: Vec<String> = others.iter().map(|c| name(c)).collect();
    text += &format!(", and of {}", names.join(", "));
    let next = others[0];
    text += &match decided_by {
        Some(DecidedBy::Priority) => format!(
            "; {} has the higher priority ({} against {})",
            name(first),
            first.priority,
            next.priority
        ),
        Some(DecidedBy::SmallerArea) => format!(
            "; {} is the smaller area ({} against {} km²)",
            name(first),
            square_kilometers(first),
            square_kilometers(next)
        ),
        Some(DecidedBy::Distance) => format!("; {} is nearer", name(first)),
        Some(DecidedBy::OlderTerritory) => format!("; {} is the older territory", name(first)),
        _ => String::new(),
    };
    text
}

fn square_kilometers(claim: &Claim) -> String {
    format!("{:.2}", claim.square_meters.unwrap_or(0.0) / 1e6)
}

/// A version of an assignment, present or past.
#[derive(Clone, Debug)]
struct Row {
    id: String,
    version: i64,
    territory_id: String,
    line: Option<String>,
    cause: String,
    version_id: Option<String>,
    from: i64,
    to: i64,
    recorded_at: i64,
    superseded_at: i64,
    removed: bool,
}

async fn assignments(db: &Db, location: &str) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select id, version, territory_id, line, cause, version_id, valid_from, valid_to, recorded_at, \
                       cast(9223372036854775807 as bigint), false from assignments where location_id = $1 \
                       union all select id, version, territory_id, line, cause, version_id, valid_from, valid_to, \
                       recorded_at, superseded_at, removed from assignments_history where location_id = $1 \
                       order by 7, 2";
    type Columns = (
        String,
        i64,
        String,
        Option<String>,
        String,
        Option<String>,
        i64,
        i64,
        i64,
        i64,
        bool,
    );
    let rows: Vec<Columns> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(location).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .map(
            |(
                id,
                version,
                territory_id,
                line,
                cause,
                version_id,
                from,
                to,
                recorded_at,
                superseded_at,
                removed,
            )| Row {
                id,
                version,
                territory_id,
                line,
                cause,
                version_id,
                from,
                to,
                recorded_at,
                superseded_at,
                removed,
            },
        )
        .collect())
}

/// Spans by territory and by whoever worked it, newest first; what was believed once and no longer is last.
fn history(words: &Words, rows: &[Row]) -> Vec<PastOwner> {
    let believed = rows.iter().filter(|r| r.superseded_at == i64::MAX);
    let mut now: Vec<PastOwner> = believed.flat_map(|row| spans(words, row)).collect();
    now.sort_by_key(|span| std::cmp::Reverse(span.from));
    let mut before: Vec<PastOwner> = rows
        .iter()
        .filter(|row| row.superseded_at < i64::MAX && !only_ended(rows, row))
        .map(|row| PastOwner {
            owner_name: words
                .owner_at(&row.territory_id, row.from, row.recorded_at)
                .and_then(|o| words.user(&o)),
            territory_name: Some(words.territory(&row.territory_id)),
            from: row.from,
            to: open_end(row.to),
            recorded_at: row.recorded_at,
            superseded_at: Some(row.superseded_at),
            cause: Some(row.cause.clone()),
            text: if row.removed {
                "Taken back".to_owned()
            } else {
                "Corrected".to_owned()
            },
        })
        .collect();
    before.sort_by_key(|span| std::cmp::Reverse(span.recorded_at));
    now.extend(before);
    now
}

fn open_end(to: i64) -> Option<i64> {
    (to < i64::MAX).then_some(to)
}

/// The next version of the record says the same but for its end: that is no other belief.
fn only_ended(rows: &[Row], row: &Row) -> bool {
    let next = rows
        .iter()
        .find(|r| r.id == row.id && r.version == row.version + 1);
    !row.removed && next.is_some_and(|next| next.from == row.from && next.territory_id == row.territory_id)
}

/// A row of the past, cut where the territory changed hands.
fn spans(words: &Words, row: &Row) -> Vec<PastOwner> {
    let mut cuts: BTreeSet<i64> = BTreeSet::from([row.from]);
    for member in words.members_of(&row.territory_id) {
        cuts.extend(
            [member.from, member.to]
                .into_iter()
                .filter(|t| *t > row.from && *t < row.to),
        );
    }
    let cuts: Vec<i64> = cuts.into_iter().collect();
    let cause = match row.cause.as_str() {
        "named" => "Held by name",
        "polygon" => "Inside the drawn area",
        "rule" => "By a rule",
        "unit" => "In a block",
        "reach" => "In reach",
        "holdover" => "Open deals stay for a while",
        _ => "By hand",
    };
    let version = row.version_id.as_ref().and_then(|id| words.versions.get(id));
    let text = version.map_or_else(|| cause.to_owned(), |v| format!("{cause}, version {}", v.number));
    let mut spans: Vec<PastOwner> = Vec::new();
    for (i, from) in cuts.iter().enumerate() {
        let to = cuts.get(i + 1).copied().unwrap_or(row.to);
        let owner_name = words
            .owner_at(&row.territory_id, *from, i64::MAX)
            .and_then(|o| words.user(&o));
        if let Some(last) = spans.last_mut().filter(|last| last.owner_name == owner_name) {
            last.to = open_end(to);
            continue;
        }
        spans.push(PastOwner {
            owner_name,
            territory_name: Some(words.territory(&row.territory_id)),
            from: *from,
            to: open_end(to),
            recorded_at: row.recorded_at,
            superseded_at: None,
            cause: Some(row.cause.clone()),
            text: text.clone(),
        });
    }
    spans
}

struct Member {
    user_id: String,
    /// Per cent of the work.
    share: f64,
    from: i64,
    to: i64,
    recorded_at: i64,
    superseded_at: i64,
}

struct Version {
    number: i64,
    author: Option<String>,
}

/// Names of everything that ever was, and who worked what when.
struct Words {
    users: HashMap<String, String>,
    territories: HashMap<String, String>,
    /// `None`: all.
    visible: Option<BTreeSet<String>>,
    versions: HashMap<String, Version>,
    /// Owners by territory, as recorded now and ever.
    members: HashMap<String, Vec<Member>>,
}

impl Words {
    async fn load(app: &App, viewer: &Viewer) -> Result<Self, Problem> {
        let db = app.store.db();
        let with_past = |columns: &str, table: &str, ends: bool| {
            let (now, then) = if ends {
                (", cast(9223372036854775807 as bigint)", ", superseded_at")
            } else {
                ("", "")
            };
            AssertSqlSafe(format!(
                "select {columns}{now} from {table} union all select {columns}{then} from {table}_history order by 1, 2"
            ))
        };
        let names = with_past("id, version, name", "territories", false);
        let names: Vec<(String, i64, String)> =
            on_db!(read db, pool => sqlx::query_as(names).fetch_all(pool).await).map_err(Error::from)?;
        let versions = with_past("id, version, number, author_id", "territory_versions", false);
        let versions: Vec<(String, i64, i64, Option<String>)> =
            on_db!(read db, pool => sqlx::query_as(versions).fetch_all(pool).await).map_err(Error::from)?;
        let members = with_past(
            "territory_id, user_id, role, share, valid_from, valid_to, recorded_at",
            "territory_members",
            true,
        );
        type Row = (String, String, String, Option<f64>, i64, i64, i64, i64);
        let members: Vec<Row> =
            on_db!(read db, pool => sqlx::query_as(members).fetch_all(pool).await).map_err(Error::from)?;
        let mut of_territory: HashMap<String, Vec<Member>> = HashMap::new();
        for (territory, user_id, role, share, from, to, recorded_at, superseded_at) in members {
            if role == "owner" {
                of_territory.entry(territory).or_default().push(Member {
                    user_id,
                    share: share.unwrap_or(100.0),
                    from,
                    to,
                    recorded_at,
                    superseded_at,
                });
            }
        }
        let visible = if viewer.is_system || viewer.grant("territory").read == records::Scope::All {
            None
        } else {
            let query = Query::of("territory")
                .filter(Filter::all())
                .limit(Query::MAX_LIMIT);
            Some(
                app.store
                    .list(viewer, &query)
                    .await?
                    .records
                    .into_iter()
                    .map(|r| r.id)
                    .collect(),
            )
        };
        Ok(Self {
            users: user_names(app).await?,
            territories: names.into_iter().map(|(id, _, name)| (id, name)).collect(),
            visible,
            versions: versions
                .into_iter()
                .map(|(id, _, number, author)| (id, Version { number, author }))
                .collect(),
            members: of_territory,
        })
    }

    fn may_see(&self, territory: &str) -> bool {
        self.visible
            .as_ref()
            .is_none_or(|visible| visible.contains(territory))
    }

    fn territory(&self, id: &str) -> String {
        if !self.may_see(id) {
            return "another territory".to_owned();
        }
        self.territories
            .get(id)
            .cloned()
            .unwrap_or_else(|| "a territory of the past".to_owned())
    }

    fn user(&self, id: &str) -> Option<String> {
        self.users.get(id).cloned()
    }

    fn members_of(&self, territory: &str) -> impl Iterator<Item = &Member> {
        self.members
            .get(territory)
            .into_iter()
            .flatten()
            .filter(|m| m.superseded_at == i64::MAX)
    }

    /// Who worked a territory at a moment, as it was known at another (`i64::MAX`: now).
    fn owner_at(&self, territory: &str, moment: i64, known_at: i64) -> Option<String> {
        let members = self.members.get(territory).into_iter().flatten();
        members
            .filter(|m| {
                is_believed(m.recorded_at, m.superseded_at, known_at) && m.from <= moment && m.to > moment
            })
            .max_by(|a, b| {
                a.share
                    .total_cmp(&b.share)
                    .then_with(|| b.user_id.cmp(&a.user_id))
            })
            .map(|m| m.user_id.clone())
    }
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
