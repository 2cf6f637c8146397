//! Who works a territory, in which role and with which share; from now on, or from a date in the past.

use std::collections::BTreeSet;

use geom::Timestamp;
use records::{At, Author, Filter, Op, Query, Record, Store, Viewer, Written, fields};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::layout::Layout;
use super::super::present::present;
use super::seen;
use crate::problem::Problem;

/// What somebody does for a territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberRole {
    /// Works it; its hours are theirs, by share.
    Owner,
    /// Works beside the owners, on other products.
    Overlay,
    /// Stands in.
    Backup,
    /// Is answerable for it.
    Manager,
}

impl MemberRole {
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Overlay => "overlay",
            Self::Backup => "backup",
            Self::Manager => "manager",
        }
    }
}

/// Somebody who is to work a territory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Member {
    pub user_id: String,
    pub role: MemberRole,
    /// Per cent of the work, more than 0 and at most 100; owners who give none share what the others leave.
    pub share: Option<f64>,
}

/// Most people of one territory.
const MOST: usize = 50;

fn check(members: &[Member]) -> Result<(), Problem> {
    if members.len() > MOST {
        return Err(Problem::bad(
            "/members",
            "too-many",
            format!("At most {MOST} people work one territory."),
        ));
    }
    let mut once = BTreeSet::new();
    for (i, member) in members.iter().enumerate() {
        if !once.insert((&member.user_id, member.role)) {
            return Err(Problem::bad(
                &format!("/members/{i}"),
                "twice",
                "The same person stands in the same role twice.",
            ));
        }
        if member.share.is_some_and(|s| !(s > 0.0 && s <= 100.0)) {
            return Err(Problem::bad(
                &format!("/members/{i}/share"),
                "out-of-range",
                "A share is more than 0 and at most 100 per cent.",
            ));
        }
    }
    let owners = members.iter().filter(|m| m.role == MemberRole::Owner);
    let given: f64 = owners.filter_map(|m| m.share).sum();
    if given > 100.0 + 1e-9 {
        return Err(Problem::bad(
            "/members",
            "over-100",
            format!("The owners' shares come to {given} per cent; at most 100 can be shared out."),
        ));
    }
    Ok(())
}

/// The operations that make these people, and nobody else, work a territory from `from` on. Whoever was entered
/// for a time after it never worked it.
pub(in super::super) async fn staffing(
    store: &Store,
    id: &str,
    members: &[Member],
    from: Timestamp,
) -> Result<Vec<Op>, Problem> {
    check(members)?;
    let query = Query::of("territory_member")
        .filter(Filter::eq("territory_id", id))
        .limit(Query::MAX_LIMIT);
    let on_record = store.list(&Viewer::system(), &query).await?.records;
    let mut wanted: Vec<&Member> = members.iter().collect();
    let mut ops = Vec::new();
    for record in &on_record {
        let begins = record.integer("valid_from").unwrap_or(0);
        let ends = record.integer("valid_to");
        if ends.is_some_and(|ends| ends <= from.0) {
            continue;
        }
        let same = wanted.iter().position(|m| is_same(record, m));
        let kept = same.filter(|_| ends.is_none() && begins <= from.0);
        match kept {
            Some(position) => drop(wanted.remove(position)),
            None if begins >= from.0 => ops.push(Op::delete("territory_member", record.id.clone())),
            None => ops.push(update(record, "valid_to", from.0)),
        }
    }
    ops.extend(wanted.into_iter().map(|member| create(id, member, from)));
    // Runs of one sort are written together.
    ops.sort_by_key(|op| match op {
        Op::Update { .. } => 0,
        Op::Create { .. } => 2,
        _ => 1,
    });
    Ok(ops)
}

fn is_same(record: &Record, member: &Member) -> bool {
    record.text("user_id") == Some(&member.user_id)
        && record.text("role") == Some(member.role.word())
        && record.number("share") == member.share
}

fn update(record: &Record, field: &str, value: i64) -> Op {
    Op::Update {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        version: Some(record.version),
        patch: fields([(field, value.into())]),
    }
}

fn create(territory: &str, member: &Member, from: Timestamp) -> Op {
    let mut values: Map<String, Value> = fields([
        ("territory_id", territory.into()),
        ("user_id", member.user_id.as_str().into()),
        ("role", member.role.word().into()),
        ("valid_from", from.0.into()),
    ]);
    if let Some(share) = member.share {
        values.insert("share".into(), share.into());
    }
    Op::create("territory_member", values)
}

/// Says who works a territory from a moment on, which may be in the past: what was believed until now stays on
/// record as such.
///
/// # Errors
/// Shares above 100, a moment in the future, the territory or a person does not exist.
pub(crate) async fn staff(
    store: &Store,
    author: &Author,
    id: &str,
    members: &[Member],
    from: Option<Timestamp>,
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    seen(store, author, &layout, id).await?;
    let now = present(store).await?;
    let from = from.unwrap_or(now);
    if from > now {
        return Err(Problem::bad(
            "/from",
            "in-the-future",
            "People are entered from today or from a past date.",
        ));
    }
    let ops = staffing(store, id, members, from).await?;
    Ok(store.write(author, ops).await?)
}
