//! Regions from outside: figures, rows, files, rights and dates.

mod months;
mod random;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::test_world::{World, customer, square};

#[tokio::test]
async fn a_territory_is_what_is_assigned_to_it_and_to_its_branches() {
    let world = World::new().await;
    let (_, inside) = world.customer("Inside", Some((13.25, 53.55)), json!({})).await;
    let (_, named) = world.customer("By name", Some((14.0, 53.0)), json!({})).await;
    world.customer("Outside", Some((13.5, 53.0)), json!({})).await;
    let region = world
        .post(
            "max",
            "/api/v1/territories/draw",
            json!({ "name": "Region", "location_ids": [named] }),
        )
        .await;
    let region = region["territory"]["id"].clone();
    let district =
        json!({ "name": "District", "geometry": square(13.2, 53.5, 13.3, 53.6), "parent_id": region });
    world.post("max", "/api/v1/territories/draw", district).await;
    let body = json!({ "shape": { "territory_id": region } });
    let snapshot = world.post("anna", "/api/v1/snapshot", body.clone()).await;
    assert_eq!(snapshot["a"]["count"], 2);
    assert_eq!(snapshot["shape"]["properties"]["name"], "Region");
    let rows = world.post("anna", "/api/v1/snapshot/rows", body).await;
    let ids: Vec<&Value> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["location_id"])
        .collect();
    assert_eq!(ids, [&json!(named), &json!(inside)], "sorted by name");
    assert_eq!(rows["count"], 2);
}

#[tokio::test]
async fn a_filter_and_rights_narrow_what_is_counted_and_the_answer_says_so() {
    let world = World::new().await;
    for (name, lat, class) in [
        ("North A", 53.55, "A"),
        ("North B", 53.56, "B"),
        ("South A", 53.45, "A"),
    ] {
        world
            .customer(name, Some((13.25, lat)), json!({ "class": class }))
            .await;
    }
    for (name, south, owner) in [("North", 53.5, "rita"), ("South", 53.4, "rolf")] {
        let body =
            json!({ "name": name, "geometry": square(13.2, south, 13.3, south + 0.1), "owner_id": owner });
        world.post("max", "/api/v1/territories/draw", body).await;
    }
    let everywhere = json!({ "shape": null });
    let all = world.post("anna", "/api/v1/snapshot", everywhere.clone()).await;
    assert_eq!(
        (&all["a"]["count"], &all["rights_note"]),
        (&json!(3), &Value::Null)
    );
    let north = world.post("rita", "/api/v1/snapshot", everywhere).await;
    assert_eq!(north["a"]["count"], 2);
    assert_eq!(north["rights_note"], "Counted within North only");
    let only_a = world
        .post("anna", "/api/v1/snapshot", json!({ "filter": "class = 'A'" }))
        .await;
    assert_eq!(only_a["a"]["count"], 2);
    let (status, problem) = world
        .ask(
            "anna",
            "POST",
            "/api/v1/snapshot",
            json!({ "filter": "shoe = 42" }),
        )
        .await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("bad-filter"))
    );
    let bow = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.2, 53.2], [13.2, 53.0], [13.0, 53.2], [13.0, 53.0]]] });
    for (shape, code) in [
        (json!({ "geometry": bow }), "crosses-itself"),
        (
            json!({ "geometry": square(13.0, 53.0, 13.1, 53.1), "territory_id": "x" }),
            "too-many-shapes",
        ),
        (
            json!({ "reach": { "lng": 13.0, "lat": 700.0, "minutes": 5 } }),
            "not-on-earth",
        ),
    ] {
        let (status, problem) = world
            .ask("anna", "POST", "/api/v1/snapshot", json!({ "shape": shape }))
            .await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (400, Some(code)),
            "{problem}"
        );
    }
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot", json!({ "as_of": "soon" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["pointer"]),
        (400, &json!("/as_of"))
    );
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot/rows", json!({ "kind": "new" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["pointer"]),
        (400, &json!("/compare_to"))
    );
}

#[tokio::test]
async fn an_export_says_what_it_holds_and_holds_it() {
    let world = World::new().await;
    world
        .customer(
            "Bäckerei \"X\", Markt",
            Some((13.25, 53.55)),
            json!({ "annual_revenue": 123_456, "phone": "+49 395 1" }),
        )
        .await;
    world.customer("=HYPERLINK(1)", None, json!({})).await;
    world.customer("Far", Some((14.0, 54.0)), json!({})).await;
    let body =
        json!({ "shape": { "geometry": square(13.2, 53.5, 13.3, 53.6) }, "filter": "type = 'customer'" });
    let (status, headers, bytes) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", body.clone())
        .await;
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(status, 200, "{text}");
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"customers-drawn-shape-2026-03-02.csv\""
    );
    let about: Vec<&str> = text.lines().take_while(|l| l.starts_with("# ")).collect();
    assert!(about.contains(&"# shape: Drawn shape"), "{about:?}");
    assert!(about.contains(&"# filter: type = 'customer'"), "{about:?}");
    assert!(about.contains(&"# rights: all customers"), "{about:?}");
    assert!(about.contains(&"# rows: 1"), "{about:?}");
    assert!(
        about.contains(&"# as of: 2026-03-02 09:00 Europe/Berlin"),
        "{about:?}"
    );
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| &rows[0][header.iter().position(|h| h == name).unwrap()];
    assert_eq!(
        (cell("name"), cell("revenue"), cell("longitude")),
        ("Bäckerei \"X\", Markt", "1234.56", "13.25")
    );
    assert_eq!(cell("phone"), "+49 395 1");

    let (_, headers, bytes) = world
        .raw(
            "anna",
            "POST",
            "/api/v1/snapshot/export?format=geojson",
            json!({}),
        )
        .await;
    assert_eq!(headers["content-type"], "application/geo+json");
    let collection: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(collection["readme"]["rows"], "3");
    let features = collection["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    assert_eq!(features.iter().filter(|f| f["geometry"].is_null()).count(), 1);
    assert!(bytes.starts_with(b"{\"type\":\"FeatureCollection\""));

    let (_, _, bytes) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", json!({}))
        .await;
    assert!(String::from_utf8(bytes).unwrap().contains("'=HYPERLINK(1)"));
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot/export?format=xlsx", json!({}))
        .await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("unknown-format"))
    );
}

#[tokio::test]
async fn an_export_of_more_than_one_piece_is_whole() {
    let world = World::new().await;
    let mut ops = Vec::new();
    for i in 0..2_100 {
        ops.extend(customer(
            &records::new_id(),
            &records::new_id(),
            &format!("C{i}"),
            Some((13.2, 53.5)),
            Value::Null,
        ));
    }
    ops.sort_by_key(|op| op.type_name().to_owned());
    world.write(ops).await;
    let (_, _, csv) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", json!({}))
        .await;
    let lines = String::from_utf8(csv).unwrap();
    let names: BTreeSet<&str> = lines
        .lines()
        .filter(|l| !l.starts_with('#'))
        .skip(1)
        .map(|l| l.split(',').nth(2).unwrap())
        .collect();
    assert_eq!(names.len(), 2_100);
    let (_, _, geojson) = world
        .raw(
            "anna",
            "POST",
            "/api/v1/snapshot/export?format=geojson",
            json!({}),
        )
        .await;
    let collection: Value = serde_json::from_slice(&geojson).unwrap();
    assert_eq!(collection["features"].as_array().unwrap().len(), 2_100);
    let page = world
        .post(
            "anna",
            "/api/v1/snapshot/rows",
            json!({ "limit": 3, "cursor": "2099", "sort": "-name" }),
        )
        .await;
    assert_eq!(
        (page["rows"].as_array().unwrap().len(), &page["next_cursor"]),
        (1, &Value::Null)
    );
    assert_eq!(page["rows"][0]["name"], "C0");
}
