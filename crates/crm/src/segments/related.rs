//! What is on record elsewhere about customers, as sets of their places.

use std::collections::HashSet;

use geom::Timestamp;
use points::{Filter as Points, RowId};
use records::{At, Db, Filter, Query, on_db};

use super::definition::{Related, cql2};
use crate::App;
use crate::live::row_id;
use crate::problem::Problem;
use crate::sessions::Signed;

const DAY: i64 = 86_400_000;

/// Places of customers that something is on record about; `inside`: they are wanted, else the others.
pub(super) struct Known {
    pub inside: bool,
    pub places: HashSet<RowId>,
}

/// A related condition, as what the index can be asked and what it cannot.
pub(super) enum Part {
    Index(Points),
    Known(Known),
}

fn at_of(as_of: Option<Timestamp>) -> At {
    as_of.map_or(At::PRESENT, At::as_of)
}

/// Understands one condition; counts only what the viewer may see.
pub(super) async fn part(
    app: &App,
    signed: &Signed,
    related: &Related,
    as_of: Option<Timestamp>,
) -> Result<Part, Problem> {
    let at = at_of(as_of);
    let (accounts, none) = match related {
        Related::NotVisited { days } => {
            let since = as_of.unwrap_or_else(|| app.store.now()).0 - days * DAY;
            let seen = Points::Range {
                column: "last_visit".into(),
                from: Some(since),
                to: None,
            };
            return Ok(Part::Index(Points::Not(Box::new(seen))));
        }
        Related::Records {
            type_name,
            filter,
            none,
        } => {
            let mut query = Query::of(type_name.as_str()).at(at);
            let text = cql2(filter.as_ref());
            if !text.is_empty() {
                query = query.filter(
                    Filter::parse_cql2(&text, app.store.record_type(type_name)?)
                        .map_err(records::Error::from)?,
                );
            }
            (
                app.store.texts(&signed.viewer, &query, "account_id").await?,
                *none,
            )
        }
        Related::Bought { product_id, none } => {
            let mut accounts = buyers(app, signed, product_id, at).await?;
            let standing = Query::of("asset")
                .filter(Filter::eq("product_id", product_id.as_str()))
                .at(at);
            accounts.extend(app.store.texts(&signed.viewer, &standing, "account_id").await?);
            (accounts, *none)
        }
    };
    Ok(Part::Known(Known {
        inside: !none,
        places: places_of(app, &accounts).await?.into_iter().collect(),
    }))
}

/// Customers with an order that names the product and was neither left a draft nor cancelled.
async fn buyers(app: &App, signed: &Signed, product: &str, at: At) -> Result<Vec<String>, Problem> {
    // The lines are one text in JSON as the program writes it; an id has no letters that mean something in a pattern.
    if uuid::Uuid::parse_str(product).is_err() {
        return Err(Problem::bad(
            "/definition/related",
            "not-a-product",
            format!("{product:?} is no product's id."),
        ));
    }
    const SQL: &str = "select id from orders where lines like $1";
    let pattern = format!("%\"product_id\":\"{product}\"%");
    let rows: Vec<(String,)> =
        on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(pattern).fetch_all(pool).await)
            .map_err(records::Error::from)?;
    let mut found = Vec::new();
    for ids in rows.chunks(Filter::MAX_LIST) {
        let sold = Filter::one_of("status", ["confirmed", "handed_over", "shipped", "invoiced"]);
        let query = Query::of("order")
            .filter(Filter::in_ids(ids.iter().map(|r| r.0.clone())).and(sold))
            .at(at);
        found.extend(app.store.texts(&signed.viewer, &query, "account_id").await?);
    }
    Ok(found)
}

/// The places of these customers.
pub(super) async fn places_of(app: &App, accounts: &[String]) -> Result<Vec<RowId>, Problem> {
    const SQLITE: &str = "select id from locations where account_id in (select value from json_each($1))";
    const POSTGRES: &str =
        "select id from locations where account_id in (select jsonb_array_elements_text($1::jsonb))";
    let ids = serde_json::to_string(accounts).map_err(Problem::unexpected)?;
    let rows: Result<Vec<(String,)>, sqlx::Error> = match app.store.db() {
        Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    let rows = rows.map_err(records::Error::from)?;
    Ok(rows.iter().filter_map(|row| row_id(&row.0)).collect())
}
