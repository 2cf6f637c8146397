//! Which places a change concerns.

use std::collections::{HashMap, HashSet};

use records::{Db, on_db};
use sqlx::AssertSqlSafe;

/// Places that a batch of changes touches, by the tables the changes are in.
pub(super) async fn touched_places(
    db: &Db,
    touched: &HashMap<String, Vec<String>>,
) -> Result<HashSet<String>, sqlx::Error> {
    let list = match db {
        Db::Sqlite { .. } => "select value from json_each($1)",
        Db::Postgres(_) => "select jsonb_array_elements_text($1::jsonb)",
    };
    let mut places = HashSet::new();
    for (type_name, ids) in touched {
        let by_own_row = |table: &str, column: &str| {
            format!(
                "select {column} from {table} where id in ({list}) \
                 union select {column} from {table}_history where id in ({list})"
            )
        };
        let of_accounts =
            |accounts: String| format!("select id from locations where account_id in ({accounts})");
        let sql = match type_name.as_str() {
            "location" => {
                places.extend(ids.iter().cloned());
                // Another place of the account may become its first, or stop being it.
                of_accounts(by_own_row("locations", "account_id"))
            }
            "account" => of_accounts(list.to_owned()),
            "opportunity" => of_accounts(by_own_row("opportunities", "account_id")),
            "assignment" => by_own_row("assignments", "location_id"),
            "visit" => by_own_row("visits", "location_id"),
            "visit_frequency" => by_own_row("visit_frequencies", "location_id"),
            _ => continue,
        };
        let ids = serde_json::to_string(ids).unwrap_or_else(|_| "[]".to_owned());
        let sql = AssertSqlSafe(sql);
        let rows: Vec<(Option<String>,)> =
            on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
        places.extend(rows.into_iter().filter_map(|r| r.0));
    }
    Ok(places)
}
