//! A place's assignments over time: what is believed now, and what was believed once and no longer is.

use std::collections::BTreeSet;

use records::{Db, Error, on_db};

use super::PastOwner;
use super::words::Words;

/// A row was on record at a moment; `i64::MAX` is now, and the end of what still is.
pub(super) fn is_believed(recorded_at: i64, superseded_at: i64, known_at: i64) -> bool {
    recorded_at <= known_at && (superseded_at == i64::MAX || superseded_at > known_at)
}

/// Since when the territory has the place, through changes of the rule that gave it.
pub(super) fn since(believed: &[&Row], row: &Row) -> i64 {
    let mut from = row.from;
    while let Some(before) = believed
        .iter()
        .find(|r| r.line == row.line && r.territory_id == row.territory_id && r.to == from && r.from < from)
    {
        from = before.from;
    }
    from
}

/// A version of an assignment, present or past.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub id: String,
    pub version: i64,
    pub territory_id: String,
    pub line: Option<String>,
    pub cause: String,
    pub version_id: Option<String>,
    #[sqlx(rename = "valid_from")]
    pub from: i64,
    #[sqlx(rename = "valid_to")]
    pub to: i64,
    pub recorded_at: i64,
    pub superseded_at: i64,
    pub removed: bool,
}

pub(super) async fn assignments(db: &Db, location: &str) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select id, version, territory_id, line, cause, version_id, valid_from, valid_to, recorded_at, \
                       cast(9223372036854775807 as bigint) as superseded_at, false as removed from assignments where location_id = $1 \
                       union all select id, version, territory_id, line, cause, version_id, valid_from, valid_to, \
                       recorded_at, superseded_at, removed from assignments_history where location_id = $1 \
                       order by 7, 2";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).bind(location).fetch_all(pool).await)?)
}

/// Spans by territory and by whoever worked it, newest first; what was believed once and no longer is last.
pub(super) fn history(words: &Words, rows: &[Row]) -> Vec<PastOwner> {
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
