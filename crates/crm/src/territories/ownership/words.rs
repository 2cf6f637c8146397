//! Names of everything that ever was, and who worked what when.

use std::collections::{BTreeSet, HashMap};

use records::{Error, Filter, Query, Viewer, on_db};
use sqlx::AssertSqlSafe;

use super::history::is_believed;
use crate::App;
use crate::crud::user_names;
use crate::problem::Problem;

pub(super) struct Member {
    pub user_id: String,
    /// Per cent of the work.
    pub share: f64,
    pub from: i64,
    pub to: i64,
    pub recorded_at: i64,
    pub superseded_at: i64,
}

pub(super) struct Version {
    pub number: i64,
    pub author: Option<String>,
}

/// Names of everything that ever was, and who worked what when.
pub(super) struct Words {
    pub users: HashMap<String, String>,
    pub territories: HashMap<String, String>,
    /// `None`: all.
    pub visible: Option<BTreeSet<String>>,
    pub versions: HashMap<String, Version>,
    /// Owners by territory, as recorded now and ever.
    pub members: HashMap<String, Vec<Member>>,
}

impl Words {
    pub async fn load(app: &App, viewer: &Viewer) -> Result<Self, Problem> {
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

    pub fn may_see(&self, territory: &str) -> bool {
        self.visible
            .as_ref()
            .is_none_or(|visible| visible.contains(territory))
    }

    pub fn territory(&self, id: &str) -> String {
        if !self.may_see(id) {
            return "another territory".to_owned();
        }
        self.territories
            .get(id)
            .cloned()
            .unwrap_or_else(|| "a territory of the past".to_owned())
    }

    pub fn user(&self, id: &str) -> Option<String> {
        self.users.get(id).cloned()
    }

    pub fn members_of(&self, territory: &str) -> impl Iterator<Item = &Member> {
        self.members
            .get(territory)
            .into_iter()
            .flatten()
            .filter(|m| m.superseded_at == i64::MAX)
    }

    /// Who worked a territory at a moment, as it was known at another (`i64::MAX`: now).
    pub fn owner_at(&self, territory: &str, moment: i64, known_at: i64) -> Option<String> {
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
