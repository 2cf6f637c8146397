//! Names of contacts and opportunities, searched by their parts without reading a table.
//!
//! The names are in an index of their own, which is brought up to the feed's end by whoever searches. What
//! is found is read through the searcher's rights.

use geom::Timestamp;
use points::{Category, Change, Filter as Rows, Index, Row, Schema, Text};
use records::{Db, Error, Filter, Query, Record, Store, Types, Viewer, on_db};
use sqlx::AssertSqlSafe;
use tokio::sync::Mutex;

/// Types whose names are searched, and their tables.
const TYPES: [(&str, &str); 2] = [("contact", "contacts"), ("opportunity", "opportunities")];
/// Changes read at once.
const BATCH: u32 = 5_000;
/// From so many changes on, all names are read anew.
const MOST_BEHIND: i64 = 100_000;
/// Hits looked at through the searcher's rights: so many, then eight times as many, up to the last.
const HITS: [usize; 3] = [40, 320, 2_560];

/// See the module.
#[derive(Default)]
pub(crate) struct Titles(Mutex<Option<Known>>);

struct Known {
    index: Index,
    /// The last change of the feed that it holds.
    seq: i64,
}

fn schema() -> Schema {
    Schema {
        categories: vec![Category::named("type")],
        texts: vec![Text::words("name")],
        ..Schema::default()
    }
}

fn row(type_name: &str, id: &str, name: String) -> Option<Row> {
    Some(Row {
        id: crate::live::row_id(id)?,
        place: None,
        categories: vec![Some(type_name.to_owned())],
        amounts: Vec::new(),
        times: Vec::<Option<Timestamp>>::new(),
        texts: vec![name],
    })
}

impl Titles {
    /// Records of a type by a part of their name, as far as the viewer may see them, best first.
    pub async fn search(
        &self,
        store: &Store,
        viewer: &Viewer,
        type_name: &str,
        text: &str,
        limit: usize,
    ) -> Result<Vec<Record>, Error> {
        let index = self.index(store).await?;
        for hits in HITS {
            let view = index
                .view(&Rows::category("type", [type_name]))
                .map_err(unexpected)?;
            let found = view.search(text, hits);
            let ids: Vec<String> = found
                .iter()
                .map(|hit| crate::live::id_text(hit.found.id()))
                .collect();
            let query = Query::of(type_name)
                .filter(Filter::Ids(ids.clone()))
                .limit(Query::MAX_LIMIT);
            let mut records = if ids.is_empty() {
                Vec::new()
            } else {
                store.list(viewer, &query).await?.records
            };
            if records.len() >= limit || ids.len() < hits || hits == HITS[HITS.len() - 1] {
                records.sort_by_key(|record| ids.iter().position(|id| *id == record.id));
                records.truncate(limit);
                return Ok(records);
            }
        }
        Ok(Vec::new())
    }

    /// The index with everything that is in the feed.
    pub async fn index(&self, store: &Store) -> Result<Index, Error> {
        let mut known = self.0.lock().await;
        let last = store.last_seq().await?;
        let mut now = match known.take().filter(|known| last - known.seq < MOST_BEHIND) {
            Some(known) => known,
            None => read_all(store.db(), last).await?,
        };
        while now.seq < last {
            let names = TYPES.map(|(type_name, _)| type_name);
            let (upto, changes) = store.changes_of(now.seq, BATCH, Types::Only(&names)).await?;
            let mut next = Vec::new();
            for (type_name, table) in TYPES {
                let of_type = changes.iter().filter(|change| change.type_name == type_name);
                let ids: Vec<&str> = of_type.map(|change| change.record_id.as_str()).collect();
                if ids.is_empty() {
                    continue;
                }
                next.extend(
                    ids.iter()
                        .filter_map(|id| crate::live::row_id(id))
                        .map(Change::Delete),
                );
                next.extend(
                    read_some(store.db(), type_name, table, &ids)
                        .await?
                        .into_iter()
                        .map(Change::Upsert),
                );
            }
            if !next.is_empty() {
                now.index.apply(next).map_err(unexpected)?;
            }
            now.seq = upto;
        }
        let index = now.index.clone();
        *known = Some(now);
        Ok(index)
    }
}

fn unexpected(error: points::Error) -> Error {
    Error::Schema(error.to_string())
}

async fn read_all(db: &Db, seq: i64) -> Result<Known, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for (type_name, table) in TYPES {
        let sql = AssertSqlSafe(format!("select id, name from {table}"));
        let named: Vec<(String, String)> =
            on_db!(read db, pool => sqlx::query_as(sql).fetch_all(pool).await)?;
        rows.extend(
            named
                .into_iter()
                .filter_map(|(id, name)| row(type_name, &id, name)),
        );
    }
    let built = tokio::task::spawn_blocking(move || Index::build(schema(), rows)).await;
    let index = built
        .map_err(|e| Error::Schema(e.to_string()))?
        .map_err(unexpected)?;
    Ok(Known { index, seq })
}

async fn read_some(db: &Db, type_name: &str, table: &str, ids: &[&str]) -> Result<Vec<Row>, Error> {
    let list = match db {
        Db::Sqlite { .. } => "select value from json_each($1)",
        Db::Postgres(_) => "select jsonb_array_elements_text($1::jsonb)",
    };
    let sql = AssertSqlSafe(format!("select id, name from {table} where id in ({list})"));
    let ids = serde_json::Value::from(ids.to_vec()).to_string();
    let named: Vec<(String, String)> =
        on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(named
        .into_iter()
        .filter_map(|(id, name)| row(type_name, &id, name))
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_world::World;

    async fn titles(world: &World, who: &str, q: &str) -> Vec<Value> {
        let found = world.get(who, &format!("/api/v1/search?q={q}")).await;
        let records = found["records"].as_array().cloned().unwrap_or_default();
        records
            .into_iter()
            .filter(|r| r["type"] != "customer")
            .map(|r| r["title"].clone())
            .collect()
    }

    async fn names_are_found(world: World) {
        let (mine, _) = world
            .customer("Bakery", None, json!({ "owner_id": "rita" }))
            .await;
        let (other, _) = world
            .customer("Garage", None, json!({ "owner_id": "rolf" }))
            .await;
        let create = |type_name: &str, fields: Value| {
            records::Op::create(type_name, fields.as_object().cloned().unwrap_or_default())
        };
        let stage = world
            .write(vec![create("stage", json!({ "name": "First", "position": 1 }))])
            .await;
        let stage = stage.records[0].id.clone();
        let deal = |name: &str, account: &str, owner: &str| {
            create(
                "opportunity",
                json!({ "name": name, "account_id": account, "stage_id": stage, "owner_id": owner }),
            )
        };
        let written = world
            .write(vec![
                deal("Big oven", &mine, "rita"),
                deal("Second oven", &other, "rolf"),
                create("contact", json!({ "name": "Olga Ovenmaker", "account_id": mine })),
            ])
            .await;
        assert_eq!(
            titles(&world, "max", "ove").await,
            ["Olga Ovenmaker", "Big oven", "Second oven"]
        );
        // Rights hold for each record.
        assert_eq!(
            titles(&world, "rita", "oven").await,
            ["Olga Ovenmaker", "Big oven"]
        );
        let renamed = json!({ "name": "Big kiln" });
        let id = written.records[0].id.clone();
        world
            .write(vec![records::Op::update(
                "opportunity",
                id.clone(),
                renamed.as_object().cloned().unwrap(),
            )])
            .await;
        assert_eq!(titles(&world, "rita", "kil").await, ["Big kiln"]);
        assert_eq!(titles(&world, "rita", "oven").await, ["Olga Ovenmaker"]);
        world.write(vec![records::Op::delete("opportunity", id)]).await;
        assert_eq!(titles(&world, "rita", "kil").await, Vec::<Value>::new());
    }

    #[tokio::test]
    async fn names_are_found_as_far_as_rights_reach() {
        names_are_found(World::new().await).await;
    }

    #[tokio::test]
    async fn names_are_found_as_far_as_rights_reach_on_postgres() {
        if let Some(world) = World::on_postgres().await {
            names_are_found(world).await;
        }
    }
}
