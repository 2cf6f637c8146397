//! Whose accounts are once their places are other people's: who owns an account because its first place is in their territory
//! passes it on with the place, or with the people of the territory. Accounts of anybody else (a key account manager's, say)
//! stay with them. A publication does it with its moves; [`of_edit`] does it after a change that is no scenario's.

use std::collections::{BTreeSet, HashMap};

use geom::Timestamp;
use records::{At, Db, Error, Op, Store, fields, on_db};
use sqlx::AssertSqlSafe;

use super::layout::{Layout, Standing};
use super::planner::Move;
use super::store;

/// Who owns a territory.
pub(crate) fn owners(standing: &Standing) -> Vec<&str> {
    let owner = |m: &&records::Record| m.text("role") == Some("owner");
    let owners = standing.members.iter().filter(owner);
    owners.filter_map(|m| m.text("user_id")).collect()
}

/// A place with the territory it was in and the one it will be in.
pub(crate) type Change<'a> = (&'a str, Option<&'a Standing>, Option<&'a Standing>);

/// An account that passes to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    pub account: String,
    pub from: String,
    pub to: String,
}

/// An account by its first place.
#[derive(sqlx::FromRow)]
struct Owned {
    account: String,
    owner: String,
    place: String,
}

/// The accounts whose first place is one of these, with their owners.
async fn owned(db: &Db, places: &[&str]) -> Result<Vec<Owned>, Error> {
    let list = store::listed(db, "$1");
    let sql = AssertSqlSafe(format!(
        "select a.id as account, a.owner_id as owner, l.id as place from locations l \
         join accounts a on a.id = l.account_id where a.owner_id is not null and l.id in ({list}) \
         and l.id = (select min(f.id) from locations f where f.account_id = l.account_id) order by a.id"
    ));
    let ids = store::json_list(places.iter().copied());
    Ok(on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?)
}

/// The territories of the common line that places had last; those that never had one are left out.
async fn last_held(db: &Db, places: &[&str]) -> Result<HashMap<String, String>, Error> {
    let list = store::listed(db, "$1");
    let sql = AssertSqlSafe(format!(
        "select location_id, territory_id from assignments where line is null and location_id in ({list}) \
         order by valid_to, valid_from, id"
    ));
    let ids = store::json_list(places.iter().copied());
    let rows: Vec<(String, String)> =
        on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(rows.into_iter().collect())
}

/// Accounts that pass on: owned by an owner of the territory that their first place was in, who owns the new one no more.
/// A place that was nobody's counts as of the territory of `present` that had it last: its account is still with whoever
/// worked that one.
pub(crate) async fn passing(
    db: &Db,
    present: &Layout,
    changes: &[Change<'_>],
) -> Result<Vec<Passing>, Error> {
    let heir = |before: Option<&Standing>, after: Option<&Standing>, owner: &str| -> Option<String> {
        let (before, after) = (before?, after?);
        let passes = owners(before).contains(&owner) && !owners(after).contains(&owner);
        after.owner().filter(|_| passes).map(str::to_owned)
    };
    let mut by_place: HashMap<&str, (Option<&Standing>, Option<&Standing>)> =
        changes.iter().map(|c| (c.0, (c.1, c.2))).collect();
    let mut nobodys: Vec<&str> = by_place
        .iter()
        .filter(|(_, (before, after))| before.is_none() && after.is_some_and(|t| t.owner().is_some()))
        .map(|(place, _)| *place)
        .collect();
    nobodys.sort_unstable();
    if !nobodys.is_empty() {
        for (place, territory) in last_held(db, &nobodys).await? {
            if let Some(change) = by_place.get_mut(place.as_str()) {
                change.0 = present.get(&territory);
            }
        }
    }
    let mut places: Vec<&str> = by_place.keys().copied().collect();
    places.sort_unstable();
    let found = owned(db, &places).await?.into_iter().filter_map(|one| {
        let (before, after) = by_place.get(one.place.as_str())?;
        Some(Passing {
            to: heir(*before, *after, &one.owner)?,
            account: one.account,
            from: one.owner,
        })
    });
    Ok(found.collect())
}

/// Places that stay in a territory of the common line whose owners are others: all that it has but `moved`.
pub(crate) async fn staying<'a>(
    db: &Db,
    before: &'a Layout,
    after: &'a Layout,
    moved: &BTreeSet<&str>,
) -> Result<Vec<(String, &'a Standing, &'a Standing)>, Error> {
    let mut stay = Vec::new();
    for was in before.territories.iter().filter(|t| t.line().is_none()) {
        let Some(is) = after.get(was.id()).filter(|is| owners(is) != owners(was)) else {
            continue;
        };
        let held = store::held_by(db, was.id()).await?.into_iter();
        let held = held.filter(|place| !moved.contains(place.as_str()));
        stay.extend(held.map(|place| (place, was, is)));
    }
    Ok(stay)
}

/// A change of territories on record that is no publication.
pub(super) struct Edit<'a> {
    /// When its first entry was written.
    pub began: Timestamp,
    /// It changed who works a territory.
    pub of_people: bool,
    /// What follows from it.
    pub moves: &'a [Move],
    /// The territories as they are now.
    pub present: &'a Layout,
}

/// What such a change passes on.
pub(super) async fn of_edit(store: &Store, edit: &Edit<'_>) -> Result<Vec<Passing>, Error> {
    let moves = edit.moves.iter().filter(|m| m.line.is_none() && m.is_transfer());
    let transfers: Vec<(&str, Option<&str>, &str)> = moves
        .filter_map(|m| Some((m.location_id.as_str(), m.from(), m.to()?)))
        .collect();
    if transfers.is_empty() && !edit.of_people {
        return Ok(Vec::new());
    }
    // Entries of one write share their time, and no other write has it.
    let moment = |at: i64| At {
        as_of: Some(Timestamp(at)),
        known_at: Some(Timestamp(at)),
    };
    let before = Layout::load(store, moment(edit.began.0 - 1)).await?;
    let moved: BTreeSet<&str> = transfers.iter().map(|t| t.0).collect();
    // Compared with what holds now, not with what held just after: what was taken back meanwhile passes nothing on.
    let stay = match edit.of_people {
        true => staying(store.db(), &before, edit.present, &moved).await?,
        false => Vec::new(),
    };
    let moved = transfers
        .iter()
        .map(|(place, from, to)| (*place, from.and_then(|t| before.get(t)), edit.present.get(to)));
    let stay = stay
        .iter()
        .map(|(place, was, is)| (place.as_str(), Some(*was), Some(*is)));
    let changes: Vec<Change<'_>> = moved.chain(stay).collect();
    passing(store.db(), &before, &changes).await
}

pub(crate) fn ops(passing: &[Passing]) -> Vec<Op> {
    let pass = |p: &Passing| {
        let owner = fields([("owner_id", p.to.as_str().into())]);
        Op::update("account", p.account.clone(), owner)
    };
    passing.iter().map(pass).collect()
}
