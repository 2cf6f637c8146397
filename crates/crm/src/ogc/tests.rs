//! OGC API – Features as a client meets it: from the landing page by links alone.

mod refusals;

use std::collections::BTreeSet;

use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{DAY, MONDAY, World, square};

/// Follows a link of an answer, as a client does.
fn href(answer: &Value, rel: &str) -> String {
    let links = answer["links"].as_array().expect("links");
    let link = links
        .iter()
        .find(|l| l["rel"] == rel)
        .unwrap_or_else(|| panic!("no link {rel} in {answer}"));
    let href = link["href"].as_str().unwrap();
    href.strip_prefix("http://crm.example")
        .expect("an absolute address")
        .to_owned()
}

async fn some_customers(world: &World) -> Vec<(String, String)> {
    let mut made = Vec::new();
    for i in 0..5 {
        let place = (i < 4).then(|| (13.2 + f64::from(i) * 0.02, 53.55));
        made.push(
            world
                .customer(
                    &format!("C{i}"),
                    place,
                    json!({ "class": if i == 0 { "A" } else { "B" } }),
                )
                .await,
        );
    }
    let second = fields([
        ("account_id", made[0].0.as_str().into()),
        ("lng", 14.0.into()),
        ("lat", 54.0.into()),
    ]);
    world.write(vec![Op::create("location", second)]).await;
    for (name, west, owner) in [("West", 13.19, "rita"), ("East", 13.23, "rolf")] {
        let body =
            json!({ "name": name, "geometry": square(west, 53.5, west + 0.04, 53.6), "owner_id": owner });
        world.post("max", "/api/v1/territories/draw", body).await;
    }
    made
}

#[tokio::test]
async fn a_client_finds_its_way_by_links_alone() {
    let world = World::new().await;
    some_customers(&world).await;
    let landing = world.get("nobody", "/ogc").await;
    assert_eq!(world.get("nobody", "/ogc/").await, landing);
    let conformance = world.get("nobody", &href(&landing, "conformance")).await;
    let classes: Vec<&str> = conformance["conformsTo"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap())
        .collect();
    for class in ["core", "oas30", "geojson"] {
        assert!(
            classes.contains(
                &format!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{class}").as_str()
            )
        );
    }
    let collections = world.get("anna", &href(&landing, "data")).await;
    let mut seen = BTreeSet::new();
    for collection in collections["collections"].as_array().unwrap() {
        let described = world.get("anna", &href(collection, "self")).await;
        assert_eq!(&described, collection);
        let page = world.get("anna", &href(collection, "items")).await;
        assert_eq!(page["type"], "FeatureCollection");
        assert_eq!(page["numberReturned"], page["features"].as_array().unwrap().len());
        let bounds = collection["extent"]["spatial"]["bbox"][0].as_array().unwrap();
        assert_eq!(bounds.len(), 4, "{collection}");
        let first = &page["features"][0];
        let here = format!("{}/{}", href(collection, "items"), first["id"].as_str().unwrap());
        let one = world.get("anna", &here).await;
        assert_eq!(
            (&one["geometry"], &one["properties"]),
            (&first["geometry"], &first["properties"])
        );
        assert_eq!(href(&one, "collection"), href(collection, "self"));
        assert_eq!(href(&one, "self"), here);
        seen.insert(collection["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        seen,
        BTreeSet::from(["accounts", "locations", "territories"].map(str::to_owned))
    );
    let (status, headers, _) = world
        .raw("anna", "GET", "/ogc/collections/locations/items", Value::Null)
        .await;
    assert_eq!(
        (status.as_u16(), &headers["content-type"]),
        (200, &"application/geo+json".parse().unwrap())
    );
    for (who, path, expected) in [
        ("nobody", "/ogc/collections", 401),
        ("nobody", "/ogc/collections/locations/items", 401),
        ("anna", "/ogc/collections/shoes", 404),
        ("anna", "/ogc/collections/shoes/items", 404),
        ("anna", "/ogc/collections/locations/items/none", 404),
    ] {
        assert_eq!(
            world.ask(who, "GET", path, Value::Null).await.0,
            expected,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_description_names_every_path_that_answers_and_every_parameter() {
    let world = World::new().await;
    some_customers(&world).await;
    let landing = world.get("anna", "/ogc").await;
    let (_, headers, bytes) = world
        .raw("anna", "GET", &href(&landing, "service-desc"), Value::Null)
        .await;
    assert_eq!(
        headers["content-type"],
        "application/vnd.oai.openapi+json;version=3.0"
    );
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.0."));
    assert_eq!(document["servers"][0]["url"], "http://crm.example/ogc");
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        let id = match path.split('/').nth(2) {
            Some(collection) if path.contains("{featureId}") => {
                let page = world
                    .get("anna", &format!("/ogc/collections/{collection}/items"))
                    .await;
                page["features"][0]["id"].as_str().unwrap().to_owned()
            }
            _ => String::new(),
        };
        let address = format!("/ogc{}", path.replace("{featureId}", &id));
        world.get("anna", address.trim_end_matches('/')).await;
        let parameters = operations["get"]["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for parameter in parameters {
            let parameter = document
                .pointer(&parameter["$ref"].as_str().unwrap()[1..])
                .unwrap();
            let value = match parameter["name"].as_str().unwrap() {
                "bbox" => "13,53,14,54",
                "datetime" => "2026-03-02T12:00:00Z",
                "limit" => "7",
                "filter" => "id%20%3C%3E%20%27x%27",
                "filter-lang" => "cql2-text",
                _ => continue,
            };
            world
                .get(
                    "anna",
                    &format!("{address}?{}={value}", parameter["name"].as_str().unwrap()),
                )
                .await;
        }
        let (status, problem) = world
            .ask("anna", "GET", &format!("{address}?shoe=42"), Value::Null)
            .await;
        assert!(
            path == "/" || status == 400 && problem["code"] == "unknown-parameter",
            "{path}: {status} {problem}"
        );
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_hold_everything_once() {
    let world = World::new().await;
    some_customers(&world).await;
    for (collection, expected) in [("accounts", 5usize), ("locations", 6), ("territories", 2)] {
        let mut path = format!("/ogc/collections/{collection}/items?limit=2&filter=id%20%3C%3E%20%27x%27");
        let mut ids = BTreeSet::new();
        let mut pages = 0;
        loop {
            let page = world.get("anna", &path).await;
            pages += 1;
            assert_eq!(page["numberMatched"], expected);
            assert!(page["features"].as_array().unwrap().len() <= 2);
            for feature in page["features"].as_array().unwrap() {
                assert!(ids.insert(feature["id"].as_str().unwrap().to_owned()), "twice");
            }
            if !page["links"]
                .as_array()
                .unwrap()
                .iter()
                .any(|l| l["rel"] == "next")
            {
                break;
            }
            path = href(&page, "next");
        }
        assert_eq!(
            (ids.len(), pages),
            (expected, expected.div_ceil(2)),
            "{collection}"
        );
    }
    let most = world
        .get("anna", "/ogc/collections/locations/items?limit=100000")
        .await;
    assert_eq!(most["numberReturned"], 6);
}

#[tokio::test]
async fn a_box_a_filter_and_rights_choose_what_is_seen() {
    let world = World::new().await;
    let made = some_customers(&world).await;
    let names = |page: &Value| -> Vec<String> {
        let features = page["features"].as_array().unwrap().iter();
        let mut names: Vec<String> = features
            .map(|f| f["properties"]["name"].as_str().unwrap_or("").to_owned())
            .collect();
        names.sort();
        names
    };
    let accounts = world
        .get(
            "anna",
            "/ogc/collections/accounts/items?bbox=13.19,53.5,13.23,53.6",
        )
        .await;
    assert_eq!(names(&accounts), ["C0", "C1"]);
    // The second place counts as well, and stands in the geometry.
    let far = world
        .get("anna", "/ogc/collections/accounts/items?bbox=13.9,53.9,14.1,54.1")
        .await;
    assert_eq!(names(&far), ["C0"]);
    assert_eq!(far["features"][0]["geometry"]["type"], "MultiPoint");
    assert_eq!(far["features"][0]["properties"]["places"], 2);
    let heights = world
        .get(
            "anna",
            "/ogc/collections/accounts/items?bbox=13.19,53.5,0,13.23,53.6,99",
        )
        .await;
    assert_eq!(heights["features"], accounts["features"]);
    let everywhere = world
        .get("anna", "/ogc/collections/accounts/items?bbox=-180,-90,180,90")
        .await;
    assert_eq!(names(&everywhere).len(), 4, "who is on no map is in no box");
    let of_class = world
        .get(
            "anna",
            "/ogc/collections/accounts/items?filter=class%20%3D%20%27A%27",
        )
        .await;
    assert_eq!(names(&of_class), ["C0"]);
    let territories = world
        .get(
            "anna",
            "/ogc/collections/territories/items?bbox=13.24,53.55,13.25,53.56",
        )
        .await;
    assert_eq!(names(&territories), ["East"]);
    assert_eq!(territories["features"][0]["properties"]["owner"], "Rolf");
    assert_eq!(territories["features"][0]["geometry"]["type"], "MultiPolygon");
    let over = world
        .get("anna", "/ogc/collections/territories/items?bbox=170,53,13.2,54")
        .await;
    assert_eq!(names(&over), ["West"]);

    let place = world
        .get("anna", &format!("/ogc/collections/locations/items/{}", made[0].1))
        .await;
    assert_eq!(
        place["geometry"],
        json!({ "type": "Point", "coordinates": [13.2, 53.55] })
    );
    assert_eq!(place["properties"]["account"], "C0");
    assert_eq!(place["properties"]["territory"], "West");
    // A rep sees what is theirs.
    let own = world.get("rita", "/ogc/collections/accounts/items").await;
    assert_eq!(names(&own), ["C0", "C1"]);
    assert_eq!(own["numberMatched"], 2);
    let own = world.get("rita", "/ogc/collections/territories/items").await;
    assert_eq!(names(&own), ["West"]);
    let other = format!("/ogc/collections/accounts/items/{}", made[3].0);
    assert_eq!(world.ask("rita", "GET", &other, Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_date_shows_what_was_then() {
    let world = World::new().await;
    let (account, location) = world.customer("Acme", Some((13.22, 53.55)), json!({})).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6) });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    world.set_time(MONDAY + 10 * DAY);
    world
        .write(vec![Op::update(
            "account",
            account.clone(),
            fields([("name", "Acme & Sons".into())]),
        )])
        .await;
    let to = fields([("lng", 15.0.into()), ("lat", 53.55.into())]);
    world
        .write(vec![Op::update("location", location.clone(), to)])
        .await;
    let path = format!(
        "/api/v1/territories/{}/geometry",
        drawn["territory"]["id"].as_str().unwrap()
    );
    world
        .ask(
            "max",
            "PUT",
            &path,
            json!({ "geometry": square(14.9, 53.5, 15.1, 53.6) }),
        )
        .await;
    for (datetime, name, lng) in [
        ("2026-03-05T00:00:00Z", "Acme", 13.22),
        ("2026-03-01T00:00:00Z/2026-03-05", "Acme", 13.22),
        ("../2026-03-05T00:00:00Z", "Acme", 13.22),
        ("2026-03-05T00:00:00Z/..", "Acme & Sons", 15.0),
        ("2026-04-01", "Acme & Sons", 15.0),
    ] {
        let page = world
            .get(
                "anna",
                &format!("/ogc/collections/locations/items?datetime={datetime}"),
            )
            .await;
        assert_eq!(
            page["features"][0]["geometry"]["coordinates"][0], lng,
            "{datetime}"
        );
        assert_eq!(page["features"][0]["properties"]["account"], name, "{datetime}");
        assert_eq!(
            page["features"][0]["properties"]["territory"], "North",
            "{datetime}"
        );
        let area = world
            .get(
                "anna",
                &format!("/ogc/collections/territories/items?datetime={datetime}&bbox=14,53,16,54"),
            )
            .await;
        assert_eq!(area["numberMatched"], i32::from(lng == 15.0), "{datetime}");
    }
    let before = world
        .get("anna", "/ogc/collections/accounts/items?datetime=2020-01-01")
        .await;
    assert_eq!(before["features"], json!([]));
    let one = format!("/ogc/collections/accounts/items/{account}");
    assert_eq!(
        world.get("anna", &format!("{one}?datetime=2026-03-05")).await["properties"]["name"],
        "Acme"
    );
}
