//! What of the live index a viewer may see: the same rights as in SQL, as a filter on rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use points::{Filter, RowId};
use records::{Db, Grant, Scope, Viewer, on_db};
use sqlx::AssertSqlSafe;

use super::row_id;
use crate::App;

/// A viewer's rights on customers' places.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// Goes into every question to the index.
    pub filter: Filter,
    /// The viewer sees everything.
    pub is_all: bool,
    /// What the viewer sees, in words, where it is not everything.
    pub note: Option<String>,
}

/// The number of the feed, what was shared, and the places.
type Kept = (i64, String, Arc<Vec<RowId>>);

/// Places that were shared with people, as of a number of the feed: tiles ask for them again and again.
#[derive(Default)]
pub(crate) struct SharedPlaces {
    /// By person.
    known: Mutex<HashMap<String, Kept>>,
}

/// People whose places are kept.
const MOST_KEPT: usize = 500;

impl SharedPlaces {
    async fn of(&self, app: &App, viewer: &Viewer) -> Result<Arc<Vec<RowId>>, records::Error> {
        let shares = viewer.shares("account").iter().chain(viewer.shares("location"));
        // A share prints what it is a condition on, so that a rule that says something else is asked anew.
        let said = shares.map(|share| format!("{share:?}")).collect::<String>();
        let user = viewer.user_id.clone().unwrap_or_default();
        let seq = app.live.present().seq;
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, meant, places)) = known().get(&user)
            && *at == seq
            && *meant == said
        {
            return Ok(places.clone());
        }
        let ids = app.store.shared_with(viewer, "location", "account_id").await?;
        let places = Arc::new(ids.iter().filter_map(|id| row_id(id)).collect::<Vec<_>>());
        let mut known = known();
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert(user, (seq, said, places.clone()));
        Ok(places)
    }
}

/// Reads what the viewer may see: accounts and places both have to be readable, by scope or because they are shared.
pub(crate) async fn sight(app: &App, viewer: &Viewer) -> Result<Sight, records::Error> {
    let by_scope = sight_by_scope(app.store.db(), viewer).await?;
    if by_scope.is_all || (viewer.shares("account").is_empty() && viewer.shares("location").is_empty()) {
        return Ok(by_scope);
    }
    let places = app.shared_places.of(app, viewer).await?;
    if places.is_empty() {
        return Ok(by_scope);
    }
    let note = match by_scope.note.as_deref() {
        None | Some("nothing") => "what is shared with you".to_owned(),
        Some(note) => format!("{note}, and what is shared with you"),
    };
    Ok(Sight {
        filter: Filter::Or(vec![by_scope.filter, Filter::Ids(places.to_vec())]),
        is_all: false,
        note: Some(note),
    })
}

async fn sight_by_scope(db: &Db, viewer: &Viewer) -> Result<Sight, sqlx::Error> {
    let none = Sight {
        filter: Filter::None,
        is_all: false,
        note: Some("nothing".into()),
    };
    if viewer.is_system {
        return Ok(Sight {
            filter: Filter::All,
            is_all: true,
            note: None,
        });
    }
    let Some(user) = &viewer.user_id else {
        return Ok(none);
    };
    let narrower = |a: Grant, b: Grant| {
        if rank(a.read) < rank(b.read) {
            a.read
        } else {
            b.read
        }
    };
    match narrower(viewer.grant("account"), viewer.grant("location")) {
        Scope::All => Ok(Sight {
            filter: Filter::All,
            is_all: true,
            note: None,
        }),
        Scope::None => Ok(none),
        Scope::Team => {
            const SQL: &str =
                "select u.id from users u where u.team_id = (select v.team_id from users v where v.id = $1)";
            let owners = texts(db, SQL, user).await?;
            Ok(Sight {
                filter: Filter::category("owner_id", owners),
                is_all: false,
                note: Some("your team".into()),
            })
        }
        Scope::Own | Scope::Territory => {
            const SQL: &str = "select t.id from territory_members m join territories t on t.id = m.territory_id \
                               where m.user_id = $1 and m.valid_to = 9223372036854775807";
            const NAMES: &str = "select t.name from territory_members m join territories t on t.id = m.territory_id \
                                 where m.user_id = $1 and m.valid_to = 9223372036854775807 order by t.name";
            let territories = texts(db, SQL, user).await?;
            let names = texts(db, NAMES, user).await?;
            let mut any = vec![
                Filter::category("owner_id", [user.as_str()]),
                Filter::category("territory_id", territories),
            ];
            // The index knows the common line's territories only: places of a product line, and those that stay
            // in sight because of open deals, are named.
            const BESIDE: &str = "select distinct s.location_id from assignments s \
                                  join territory_members m on m.territory_id = s.territory_id \
                                  where m.user_id = $1 and m.valid_to = 9223372036854775807 \
                                  and s.line is not null and s.valid_to = 9223372036854775807";
            let beside: Vec<_> = texts(db, BESIDE, user)
                .await?
                .iter()
                .filter_map(|id| row_id(id))
                .collect();
            if !beside.is_empty() {
                any.push(Filter::Ids(beside));
            }
            let filter = Filter::Or(any);
            let note = if names.is_empty() {
                "your own customers".to_owned()
            } else {
                names.join(", ")
            };
            Ok(Sight {
                filter,
                is_all: false,
                note: Some(note),
            })
        }
    }
}

async fn texts(db: &Db, sql: &'static str, user: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(sql).bind(user).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

fn rank(scope: Scope) -> u8 {
    match scope {
        Scope::None => 0,
        Scope::Own => 1,
        Scope::Territory => 2,
        Scope::Team => 3,
        Scope::All => 4,
    }
}
