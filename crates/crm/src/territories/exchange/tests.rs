//! Out and in again, in every form.

use serde_json::{Value, json};

use crate::test_world::{World, square};
use crate::testing::demo_atlas;

/// Everything about territories that must come back: by name, without ids and times.
async fn state(world: &World) -> Vec<Value> {
    let overview = world.get("max", "/api/v1/territories/overview").await;
    let territories = overview["territories"].as_array().unwrap();
    let name_of = |id: &Value| {
        territories
            .iter()
            .find(|t| t["id"] == *id)
            .map(|t| t["name"].clone())
    };
    territories
        .iter()
        .map(|t| {
            let mut t = t.clone();
            t["parent_id"] = name_of(&t["parent_id"]).unwrap_or(Value::Null);
            for rule in t["extent"]["rules"].as_array_mut().unwrap() {
                if rule["within"].is_string() {
                    rule["within"] = name_of(&rule["within"]).unwrap();
                }
            }
            let named = t["version"]["named"].clone();
            let t = t.as_object_mut().unwrap();
            t.insert("named".into(), named);
            for field in ["id", "version", "record_version"] {
                t.remove(field);
            }
            Value::Object(t.clone())
        })
        .collect()
}

/// A world with a territory of every sort.
async fn furnish(world: &World) {
    world.app.set_atlas(demo_atlas());
    let (_, named) = world.customer("Named", Some((13.7, 53.3)), json!({})).await;
    world
        .customer(
            "West",
            Some((13.2341, 53.5512)),
            json!({ "annual_revenue": 1200 }),
        )
        .await;
    world
        .customer(
            "Clinic",
            Some((13.23, 53.55)),
            json!({ "industry": "Health", "employees": 90 }),
        )
        .await;
    world
        .customer("Centre", Some((13.2606, 53.5574)), json!({}))
        .await;
    let draw = async |body: Value| {
        let drawn = world.post("max", "/api/v1/territories/draw", body).await;
        drawn["territory"]["id"].as_str().unwrap().to_owned()
    };
    let region = draw(json!({ "name": "Region <A> & \"B\"", "is_group": true })).await;
    // Corners with digits that a careless writer would lose.
    let ring = json!([
        [13.2, 53.5],
        [13.25000000000001, 53.5],
        [13.25, 53.6],
        [0.1 + 13.1, 53.6],
        [13.2, 53.5]
    ]);
    let hole = json!([[13.21, 53.51], [13.22, 53.51], [13.22, 53.52], [13.21, 53.51]]);
    let area = json!({ "type": "Polygon", "coordinates": [ring, hole] });
    let west =
        draw(json!({ "name": "West; \u{d6}st", "geometry": area, "parent_id": region, "owner_id": "rita" }))
            .await;
    let path = format!("/api/v1/territories/{west}/members");
    let members = json!({ "members": [
        { "user_id": "rita", "role": "owner", "share": 60.0 }, { "user_id": "rolf", "role": "owner", "share": 40.0 },
        { "user_id": "max", "role": "manager" },
    ] });
    let (status, answer) = world.ask("max", "PUT", &path, members).await;
    assert!(status.is_success(), "{answer}");
    let path = format!("/api/v1/territories/{west}/settings");
    let settings = json!({ "priority": 3, "capacity_hours": 37.5, "colour": 7 });
    let (status, answer) = world.ask("max", "PUT", &path, settings).await;
    assert!(status.is_success(), "{answer}");
    draw(json!({ "name": "Town", "codes": ["Neubrandenburg"], "line": "Service" })).await;
    draw(json!({ "name": "Reach", "reach": { "lng": 13.2606, "lat": 53.5574, "minutes": 6.0, "label": "Markt" } })).await;
    draw(json!({ "name": "Held", "location_ids": [named] })).await;
    let rule = json!({ "conditions": [{ "field": "industry", "one_of": ["Health"] }, { "field": "employees", "from": 50.0 }], "within": west });
    draw(json!({ "name": "Key accounts", "rules": [rule] })).await;
}

async fn wipe(world: &World) {
    let overview = world.get("max", "/api/v1/territories/overview").await;
    for territory in overview["territories"].as_array().unwrap() {
        let path = format!("/api/v1/territories/{}", territory["id"].as_str().unwrap());
        let (status, answer) = world.ask("max", "DELETE", &path, Value::Null).await;
        assert!(status.is_success(), "{answer}");
    }
}

async fn post_file(world: &World, path: &str, bytes: Vec<u8>) -> (u16, Value) {
    let (status, answer) = world.upload("max", path, bytes).await;
    (status.as_u16(), answer)
}

async fn out_wiped_and_in_again(world: World, format: &str) {
    furnish(&world).await;
    let before = state(&world).await;
    let (status, headers, bytes) = world
        .raw(
            "max",
            "GET",
            &format!("/api/v1/territories/export?format={format}"),
            Value::Null,
        )
        .await;
    assert!(status.is_success(), "{}", String::from_utf8_lossy(&bytes));
    let disposition = headers["content-disposition"].to_str().unwrap();
    let ending = if format == "shp" { "shp.zip" } else { format };
    assert!(
        disposition.contains(&format!("territories-2026-03-02.{ending}")),
        "{disposition}"
    );

    // As it is there, nothing would happen.
    let (_, dry) = post_file(&world, "/api/v1/territories/import?dry_run=true", bytes.clone()).await;
    assert_eq!(
        (&dry["same"], &dry["created"], &dry["changed"]),
        (&json!(6), &json!(0), &json!(0)),
        "{format}: {dry}"
    );
    assert_eq!(dry["format"], format);

    wipe(&world).await;
    assert_eq!(state(&world).await, Vec::<Value>::new());
    let (_, dry) = post_file(&world, "/api/v1/territories/import?dry_run=true", bytes.clone()).await;
    assert_eq!(
        (&dry["created"], &dry["change_set"]),
        (&json!(6), &Value::Null),
        "{dry}"
    );
    assert_eq!(
        state(&world).await,
        Vec::<Value>::new(),
        "a dry run writes nothing"
    );
    let (status, taken) = post_file(&world, "/api/v1/territories/import", bytes.clone()).await;
    assert_eq!(status, 200, "{taken}");
    assert_eq!(
        (&taken["created"], &taken["refused"]),
        (&json!(6), &json!(0)),
        "{taken}"
    );
    assert!(taken["moved"].as_u64().unwrap() >= 4, "{taken}");
    let after = state(&world).await;
    for (a, b) in after.iter().zip(&before) {
        assert_eq!(a, b, "{format}");
    }
    assert_eq!(after.len(), before.len());
    // A second time nothing changes, and one undo takes all of it away.
    let (_, again) = post_file(&world, "/api/v1/territories/import", bytes).await;
    assert_eq!(
        (&again["same"], &again["change_set"]),
        (&json!(6), &Value::Null),
        "{again}"
    );
    world.undo("max", &taken["change_set"]).await;
    assert_eq!(state(&world).await, Vec::<Value>::new());
}

#[tokio::test]
async fn geojson_out_and_in_again_is_the_same() {
    out_wiped_and_in_again(World::new().await, "geojson").await;
}

#[tokio::test]
async fn kml_out_and_in_again_is_the_same() {
    out_wiped_and_in_again(World::new().await, "kml").await;
}

#[tokio::test]
async fn csv_out_and_in_again_is_the_same() {
    out_wiped_and_in_again(World::new().await, "csv").await;
}

#[tokio::test]
async fn geopackage_out_and_in_again_is_the_same() {
    out_wiped_and_in_again(World::new().await, "gpkg").await;
}

#[tokio::test]
async fn shapefile_out_and_in_again_is_the_same() {
    out_wiped_and_in_again(World::new().await, "shp").await;
}

#[tokio::test]
async fn geojson_out_and_in_again_is_the_same_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        out_wiped_and_in_again(world, "geojson").await;
    }
}

#[tokio::test]
async fn shapefile_out_and_in_again_is_the_same_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        out_wiped_and_in_again(world, "shp").await;
    }
}

#[tokio::test]
async fn files_of_other_programs_are_taken_and_nonsense_is_refused_by_name() {
    let world = World::new().await;
    world.customer("Inside", Some((13.25, 53.55)), json!({})).await;
    let feature = json!({ "type": "Feature", "geometry": square(13.2, 53.5, 13.3, 53.6), "properties": { "GEN": "Kreis", "blocks": 4 } });
    let file = json!({ "type": "FeatureCollection", "features": [feature] }).to_string();
    let (_, taken) = post_file(&world, "/api/v1/territories/import", file.into_bytes()).await;
    assert_eq!(
        (&taken["created"], &taken["moved"]),
        (&json!(1), &json!(1)),
        "{taken}"
    );
    assert_eq!(taken["rows"][0]["name"], "Kreis");
    // The same name with another border is a change of the same territory.
    let kml = "<kml><Placemark><name>Kreis</name><Polygon><outerBoundaryIs><LinearRing><coordinates>\
               13.4,53.5,0 13.5,53.5,0 13.5,53.6,0 13.4,53.5,0</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>";
    let (_, changed) = post_file(&world, "/api/v1/territories/import", kml.into()).await;
    assert_eq!(
        (&changed["changed"], &changed["rows"][0]["what"]),
        (&json!(1), &json!(["extent"])),
        "{changed}"
    );
    let codes = "territory;kind;value\nNorth;postcode;17033\nNorth;customer;nobody\nNorth;owner;stranger@example.org\n";
    let (_, taken) = post_file(&world, "/api/v1/territories/import?dry_run=true", codes.into()).await;
    assert_eq!(taken["rows"][0]["notes"].as_array().unwrap().len(), 2, "{taken}");

    for (file, says) in [
        ("", "column `territory`"),
        ("{\"type\": \"Feature", "EOF"),
        ("{\"type\": \"Point\"}", "no GeoJSON feature collection"),
        (
            "{\"type\": \"FeatureCollection\", \"features\": []}",
            "no territories",
        ),
        (
            "<kml><Placemark><name>A</name><Polygon/></Placemark></kml>",
            "polygon without readable coordinates",
        ),
        ("<kml><unclosed></kml>", "cannot be taken in"),
        ("SQLite format 3\u{0}and then nothing", "GeoPackage"),
        (
            "territory,kind,value\nA,area,POINT (1 2)\n",
            "Line 2: the area is no WKT",
        ),
        ("territory,kind,value\nA,king,x\n", "king is no kind of line"),
        ("territory,priority\nA,high\n", "column priority, read high"),
        (
            "{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"name\":\"A\"}},{\"properties\":{\"name\":\"a \"}}]}",
            "twice",
        ),
    ] {
        let (status, refused) = post_file(&world, "/api/v1/territories/import", file.into()).await;
        assert_eq!(status, 400, "{file}: {refused}");
        assert!(
            refused["detail"].as_str().unwrap().contains(says),
            "{file}: {}",
            refused["detail"]
        );
    }
    // A rep takes nothing in, and gets out what is the rep's own.
    let (status, _) = world
        .upload(
            "rita",
            "/api/v1/territories/import",
            b"territory\nMine\n".to_vec(),
        )
        .await;
    assert_eq!(status.as_u16(), 403);
    let (_, _, bytes) = world
        .raw(
            "rita",
            "GET",
            "/api/v1/territories/export?format=csv",
            Value::Null,
        )
        .await;
    assert_eq!(
        String::from_utf8(bytes).unwrap().lines().count(),
        1,
        "only the header"
    );
}

#[tokio::test]
async fn crossing_borders_and_overlapping_blocks_are_refused_with_the_place() {
    let world = World::new().await;
    let bow = json!([
        [13.2, 53.5],
        [13.3, 53.6],
        [13.3, 53.5],
        [13.2, 53.6],
        [13.2, 53.5]
    ]);
    let feature = |name: &str, geometry: Value| json!({ "type": "Feature", "geometry": geometry, "properties": { "name": name } });
    let crossed = feature("Crossed", json!({ "type": "Polygon", "coordinates": [bow] }));
    let fine = feature("Fine", square(13.4, 53.5, 13.5, 53.6));
    let block = |code: &str, area: Value| json!({ "system": "municipality", "code": code, "name": code, "area": area });
    let mut blocks = feature("Blocks", Value::Null);
    blocks["properties"]["members"] = json!([]);
    blocks["properties"]["blocks"] = json!([
        block("1", square(13.6, 53.5, 13.7, 53.6)),
        block("2", square(13.65, 53.5, 13.75, 53.6)),
    ]);
    let file = json!({ "type": "FeatureCollection", "features": [crossed, fine, blocks] }).to_string();
    let (status, taken) = post_file(&world, "/api/v1/territories/import", file.into_bytes()).await;
    assert_eq!(
        (status, &taken["created"], &taken["refused"]),
        (200, &json!(1), &json!(2)),
        "{taken}"
    );
    assert_eq!(
        taken["rows"][0]["notes"],
        json!(["The border crosses itself near 13.250000, 53.550000."])
    );
    let note = taken["rows"][2]["notes"][0].as_str().unwrap();
    assert!(note.starts_with("Blocks 1 and 2 overlap near 13.6"), "{note}");
    assert!(note.ends_with("cut the one out of the other."), "{note}");
}

#[tokio::test]
async fn a_branch_goes_out_alone() {
    let world = World::new().await;
    furnish(&world).await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    let territories = overview["territories"].as_array().unwrap();
    let region = territories
        .iter()
        .find(|t| t["rolled_up"] != t["totals"])
        .unwrap();
    let path = format!(
        "/api/v1/territories/export?format=geojson&branch={}",
        region["id"].as_str().unwrap()
    );
    let file = world.get("max", &path).await;
    let names: Vec<&str> = file["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Region <A> & \"B\"", "West; \u{d6}st"]);
}
