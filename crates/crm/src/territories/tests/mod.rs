//! Territories from outside, over the routes: what a manager does, and what everybody then sees.

mod change;
mod clashes;
mod extent;
mod fair;
mod heirs;
mod life;
mod people;
mod tree;
mod twin;
mod worked_out;

use std::collections::BTreeMap;

use records::{At, Query, Viewer};
use serde_json::{Value, json};

use crate::test_world::World;

/// Who has what now: (location, line) → (territory, cause, version, since, reason). One entry at most each.
async fn open_assignments(world: &World) -> BTreeMap<(String, String), Value> {
    let mut open = BTreeMap::new();
    let mut query = Query::of("assignment").limit(1000);
    loop {
        let page = world.store().list(&Viewer::system(), &query).await.unwrap();
        for record in page
            .records
            .into_iter()
            .filter(|r| r.fields["valid_to"].is_null())
        {
            let key = (
                record.text("location_id").unwrap().to_owned(),
                record.text("line").unwrap_or("").to_owned(),
            );
            let before = open.insert(key.clone(), Value::Object(record.fields));
            assert!(before.is_none(), "{key:?} is assigned twice");
        }
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return open,
        }
    }
}

/// Names of the territories by location.
async fn holders(world: &World) -> BTreeMap<String, String> {
    let open = open_assignments(world).await;
    let mut holders = BTreeMap::new();
    for ((location, line), fields) in open {
        if line.is_empty() {
            let id = fields["territory_id"].as_str().unwrap();
            let territory = world
                .store()
                .get(&Viewer::system(), "territory", id, At::PRESENT)
                .await
                .unwrap();
            holders.insert(
                location,
                territory
                    .map(|t| t.text("name").unwrap().to_owned())
                    .unwrap_or_default(),
            );
        }
    }
    holders
}

async fn draw(world: &World, name: &str, geometry: Value) -> Value {
    world
        .post(
            "max",
            "/api/v1/territories/draw",
            json!({ "name": name, "geometry": geometry }),
        )
        .await
}

fn id_of(written: &Value) -> String {
    written["territory"]["id"]
        .as_str()
        .expect("a territory")
        .to_owned()
}

async fn put(world: &World, path: &str, body: Value) -> Value {
    let (status, answer) = world.ask("max", "PUT", path, body).await;
    assert!(status.is_success(), "PUT {path}: {status} {answer}");
    answer
}
