//! Whose territory a sale is in: that of its place, or of its customer's first place.

use std::collections::{BTreeMap, BTreeSet};

use geom::Timestamp;
use records::{Record, on_db};
use sqlx::AssertSqlSafe;

use crate::App;
use crate::problem::Problem;
use crate::territories::{json_list, listed};

/// The same of many at once: the territory that a sale `$row` was credited to, else that of its place at the moment
/// `$at`, else that of its customer's first place that has one.
pub(super) const TERRITORY_OF: &str = "coalesce($row.credited_territory_id, \
    (select a.territory_id from assignments a where a.location_id = $row.location_id and a.line is null \
     and a.valid_from <= $at and a.valid_to > $at limit 1), \
    (select a.territory_id from locations l join assignments a on a.location_id = l.id \
     where l.account_id = $row.account_id and a.line is null and a.valid_from <= $at and a.valid_to > $at \
     order by l.id limit 1))";

/// The territory of one sale at a moment.
pub(super) async fn territory_of(app: &App, deal: &Record, at: Timestamp) -> Result<Option<String>, Problem> {
    let one = |name: &str| deal.text(name).map(str::to_owned).into_iter().collect();
    let found = Territories::load(app, &one("location_id"), &one("account_id"), at).await?;
    Ok(found
        .of(deal.text("location_id"), deal.text("account_id"))
        .map(str::to_owned))
}

/// The territory of a customer's first place, now.
pub(crate) async fn account_territory(app: &App, account: &str) -> Result<Option<String>, Problem> {
    let accounts = BTreeSet::from([account.to_owned()]);
    let found = Territories::load(app, &BTreeSet::new(), &accounts, app.store.now()).await?;
    Ok(found.of(None, Some(account)).map(str::to_owned))
}

/// Territories of places and of customers' first places, at a moment.
#[derive(Debug, Default)]
struct Territories {
    of_location: BTreeMap<String, String>,
    of_account: BTreeMap<String, String>,
}

impl Territories {
    async fn load(
        app: &App,
        locations: &BTreeSet<String>,
        accounts: &BTreeSet<String>,
        at: Timestamp,
    ) -> Result<Self, Problem> {
        let db = app.store.db();
        // Two questions, each with its index: with `or` between them the database reads every place there is.
        let sql = AssertSqlSafe(format!(
            "select a.location_id, l.account_id, a.territory_id from locations l join assignments a on a.location_id = l.id \
             where l.id in ({}) and a.line is null and a.valid_from <= $3 and a.valid_to > $3 union \
             select a.location_id, l.account_id, a.territory_id from locations l join assignments a on a.location_id = l.id \
             where l.account_id in ({}) and a.line is null and a.valid_from <= $3 and a.valid_to > $3 order by 2, 1",
            listed(db, "$1"),
            listed(db, "$2")
        ));
        let locations = json_list(locations.iter().map(String::as_str));
        let accounts = json_list(accounts.iter().map(String::as_str));
        let rows: Vec<(String, String, String)> = on_db!(read db, pool =>
            sqlx::query_as(sql).bind(locations).bind(accounts).bind(at.0).fetch_all(pool).await)
        .map_err(records::Error::from)?;
        let mut found = Self::default();
        for (location, account, territory) in rows {
            // Ids grow with time: the first is the oldest place.
            found
                .of_account
                .entry(account)
                .or_insert_with(|| territory.clone());
            found.of_location.insert(location, territory);
        }
        Ok(found)
    }

    fn of(&self, location: Option<&str>, account: Option<&str>) -> Option<&str> {
        location
            .and_then(|id| self.of_location.get(id))
            .or_else(|| account.and_then(|id| self.of_account.get(id)))
            .map(String::as_str)
    }
}
