//! Territories: drawn, owned, explained, moved, taken back to the very same state.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text};

scenario!(
    a_territory_is_drawn_owned_explained_and_taken_back,
    areas_that_are_none_are_refused,
    territories_go_out_are_wiped_and_come_in_the_same,
    a_rule_and_shared_work
);

/// A rectangle from west to east, over the latitudes of the town.
fn area(west: f64, east: f64) -> Value {
    json!({"type": "Polygon", "coordinates": [[[west, 53.5], [east, 53.5], [east, 53.6], [west, 53.6], [west, 53.5]]]})
}

/// Who owns what, without what changes by itself (times and numbers of versions).
async fn assigned(client: &Client) -> Vec<(String, Value, Value)> {
    let rows = client.get("/api/v1/customers?sort=name&limit=500").await.ok();
    list(&rows["rows"])
        .iter()
        .map(|r| {
            (
                text(&r["name"]),
                r["territory_name"].clone(),
                r["territory_id"].clone(),
            )
        })
        .collect()
}

async fn territory_of(client: &Client, location: &str, query: &str) -> Value {
    client
        .get(&format!("/api/v1/locations/{location}/ownership{query}"))
        .await
        .ok()
}

async fn a_territory_is_drawn_owned_explained_and_taken_back(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let mut places = Vec::new();
    for (name, lng) in [("West", 13.22), ("Middle", 13.26), ("East", 13.30)] {
        let fields = json!({"name": name, "type": "customer", "annual_revenue": 100});
        places.push(
            customer(&manager, fields, json!({"lng": lng, "lat": 53.55}))
                .await
                .1,
        );
    }
    assert_eq!(rep.get("/api/v1/customers").await.ok()["count"], 0);
    let before = number(&manager.get("/api/v1/session").await.ok()["now"]);

    let drawn = manager
        .post(
            "/api/v1/territories/draw",
            json!({"name": "Left", "geometry": area(13.2, 13.28), "owner_id": rep.user()}),
        )
        .await
        .ok();
    assert_eq!(number(&drawn["moved"]), 2, "{drawn:#}");
    let left = text(&drawn["territory"]["id"]);
    assert_eq!(drawn["territory"]["totals"]["accounts"], 2);
    assert_eq!(drawn["territory"]["totals"]["revenue"], 200);
    // The owner sees the customers of the territory, and only these.
    let names =
        async |client: &Client| -> Vec<String> { assigned(client).await.into_iter().map(|r| r.0).collect() };
    assert_eq!(names(&rep).await, ["Middle", "West"]);

    // Who, since when, and why; and before it was drawn, nobody.
    let why = territory_of(&manager, &places[1], "").await;
    assert_eq!(why["territory_id"], left.as_str());
    assert_eq!(why["owner_id"], rep.user().as_str(), "{why:#}");
    assert!(!text(&why["text"]).is_empty());
    assert!(
        list(&why["ladder"]).iter().any(|rule| rule["decides"] == true),
        "one rule decides: {why:#}"
    );
    let past = territory_of(&manager, &places[1], &format!("?as_of={before}")).await;
    assert_eq!(past["territory_id"], Value::Null);
    let overview = manager
        .get(&format!("/api/v1/territories/overview?as_of={before}"))
        .await
        .ok();
    assert_eq!(list(&overview["territories"]).len(), 0);

    // A preview writes nothing; the change then does what it said.
    let state = assigned(&manager).await;
    let preview = manager
        .post(
            "/api/v1/territories/preview",
            json!({"territory_id": left, "geometry": area(13.2, 13.24)}),
        )
        .await
        .ok();
    assert_eq!(number(&preview["moved_count"]), 1, "{preview:#}");
    assert_eq!(assigned(&manager).await, state);
    let reshaped = manager
        .put(
            &format!("/api/v1/territories/{left}/geometry"),
            json!({"geometry": area(13.2, 13.24)}),
        )
        .await
        .ok();
    assert_eq!(number(&reshaped["moved"]), 1);
    assert_eq!(names(&rep).await, ["West"]);
    rep.get(&format!("/api/v1/customers/{}", places[1]))
        .await
        .refused(404, "not-found");

    // Taken back, everything is as it was: every assignment, and what the rep sees.
    let undone = manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&reshaped["change_set"])),
            json!({}),
        )
        .await
        .ok();
    assert_eq!(undone["blocked_count"], 0, "{undone:#}");
    assert_eq!(assigned(&manager).await, state, "{undone:#}");
    assert_eq!(names(&rep).await, ["Middle", "West"]);
    let admin = world.sign_in("admin").await;
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);

    // A second one over the first: the overlap is named with the accounts in it, and so is who is in none.
    manager
        .post(
            "/api/v1/territories/draw",
            json!({"name": "Right", "geometry": area(13.25, 13.29)}),
        )
        .await
        .ok();
    let issues = manager.get("/api/v1/territories/issues").await.ok();
    let overlap = &issues["overlaps"][0];
    let mut two = [text(&overlap["a"]["name"]), text(&overlap["b"]["name"])];
    two.sort();
    assert_eq!(two, ["Left", "Right"], "{issues:#}");
    assert_eq!(overlap["locations"][0]["name"], "Middle");
    assert_eq!(issues["gaps"][0]["name"], "East");

    // By name, wherever it lies.
    manager
        .post(
            &format!("/api/v1/territories/{left}/take"),
            json!({"location_ids": [places[2]]}),
        )
        .await
        .ok();
    assert_eq!(
        territory_of(&manager, &places[2], "").await["territory_id"],
        left.as_str()
    );
    rep.post(
        "/api/v1/territories/draw",
        json!({"name": "Mine", "geometry": area(13.0, 14.0)}),
    )
    .await
    .refused(403, "forbidden");
}

async fn areas_that_are_none_are_refused(world: World) {
    let manager = world.sign_in("manager").await;
    let ring = |points: Value| json!({"type": "Polygon", "coordinates": [points]});
    let shapes = [
        (
            "crosses itself",
            ring(json!([
                [13.2, 53.5],
                [13.3, 53.6],
                [13.3, 53.5],
                [13.2, 53.6],
                [13.2, 53.5]
            ])),
        ),
        ("is empty", json!({"type": "Polygon", "coordinates": []})),
        (
            "has two corners",
            ring(json!([[13.2, 53.5], [13.3, 53.6], [13.2, 53.5]])),
        ),
        (
            "lies off the earth",
            ring(json!([[13.2, 53.5], [13.3, 700.0], [13.3, 53.5], [13.2, 53.5]])),
        ),
        (
            "is a line",
            json!({"type": "LineString", "coordinates": [[13.2, 53.5], [13.3, 53.6]]}),
        ),
        (
            "crosses the antimeridian",
            ring(json!([
                [179.0, -17.0],
                [-179.0, -17.0],
                [-179.0, -16.0],
                [179.0, -16.0],
                [179.0, -17.0]
            ])),
        ),
        ("is no GeoJSON", json!({"type": "Circle", "radius": 3})),
    ];
    for (what, geometry) in shapes {
        let answer = manager
            .post(
                "/api/v1/territories/draw",
                json!({"name": "Odd", "geometry": geometry}),
            )
            .await;
        let problem = answer.refused(400, answer.json()["code"].as_str().unwrap_or_default());
        assert_eq!(
            problem["faults"][0]["pointer"], "/geometry",
            "{what}: {problem:#}"
        );
    }
    assert_eq!(manager.count("territories", "").await, 0);
    assert_eq!(manager.count("territory-versions", "").await, 0);
    // Wound the wrong way, and with a hole, it is an area like any other.
    let outer = json!([
        [13.2, 53.5],
        [13.2, 53.6],
        [13.3, 53.6],
        [13.3, 53.5],
        [13.2, 53.5]
    ]);
    let hole = json!([
        [13.24, 53.54],
        [13.26, 53.54],
        [13.26, 53.56],
        [13.24, 53.56],
        [13.24, 53.54]
    ]);
    customer(
        &manager,
        json!({"name": "In the hole", "type": "customer"}),
        json!({"lng": 13.25, "lat": 53.55}),
    )
    .await;
    customer(
        &manager,
        json!({"name": "In the ring", "type": "customer"}),
        json!({"lng": 13.28, "lat": 53.55}),
    )
    .await;
    let drawn = manager
        .post(
            "/api/v1/territories/draw",
            json!({"name": "Ring", "geometry": {"type": "Polygon", "coordinates": [outer, hole]}}),
        )
        .await
        .ok();
    assert_eq!(number(&drawn["moved"]), 1, "{drawn:#}");
}

/// Everything of the territories that must survive, without ids, versions and times.
async fn extents(client: &Client) -> Vec<Value> {
    let overview = client.get("/api/v1/territories/overview").await.ok();
    let all = list(&overview["territories"]).iter();
    all.map(|t| {
        let fields = [
            "name",
            "line",
            "colour",
            "priority",
            "capacity_hours",
            "members",
            "geometry",
            "extent",
            "totals",
        ];
        fields.iter().map(|f| t[*f].clone()).collect()
    })
    .collect()
}

async fn territories_go_out_are_wiped_and_come_in_the_same(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    for (name, lng) in [("West", 13.22), ("East", 13.30)] {
        let fields = json!({"name": name, "type": "customer", "industry": "Health", "employees": 60});
        customer(
            &manager,
            fields,
            json!({"lng": lng, "lat": 53.55, "postal_code": "17033"}),
        )
        .await;
    }
    for body in [
        json!({"name": "Left", "geometry": area(13.2, 13.28), "owner_id": rep.user(), "colour": 5}),
        json!({"name": "By code", "codes": ["17033"], "line": "Service"}),
        json!({"name": "Key", "rules": [{"conditions": [{"field": "employees", "from": 500.0}]}]}),
    ] {
        manager.post("/api/v1/territories/draw", body).await.ok();
    }
    let before = extents(&manager).await;
    for format in ["geojson", "kml", "csv", "gpkg", "shp"] {
        let file = manager
            .get(&format!("/api/v1/territories/export?format={format}"))
            .await;
        assert!(file.status.is_success(), "{format}: {}", file.text());
        let overview = manager.get("/api/v1/territories/overview").await.ok();
        for territory in list(&overview["territories"]) {
            manager
                .delete(&format!("/api/v1/territories/{}", text(&territory["id"])))
                .await
                .ok();
        }
        assert_eq!(extents(&manager).await, Vec::<Value>::new());
        let path = "/api/v1/territories/import";
        let post = async |query: &str| {
            let request = manager.request(reqwest::Method::POST, &format!("{path}{query}"));
            manager.send(request.body(file.body.clone())).await
        };
        let dry = post("?dry_run=true").await.ok();
        assert_eq!(
            (number(&dry["created"]), &dry["change_set"]),
            (3, &Value::Null),
            "{format}: {dry:#}"
        );
        let taken = post("").await.ok();
        assert_eq!(number(&taken["created"]), 3, "{format}: {taken:#}");
        assert_eq!(extents(&manager).await, before, "{format}");
    }
    // A rep may not take in, and what is no file of territories is refused.
    let request = rep.request(reqwest::Method::POST, "/api/v1/territories/import");
    let refused = rep.send(request.body("territory\nMine\n")).await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.text());
    let request = manager.request(reqwest::Method::POST, "/api/v1/territories/import");
    manager
        .send(request.body("{\"type\":\"Point\"}"))
        .await
        .refused(400, "unreadable-file");
}

async fn a_rule_and_shared_work(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let fields = json!({"name": "Clinic", "type": "customer", "industry": "Health", "employees": 60});
    let (account, place) = customer(&manager, fields, json!({"lng": 13.22, "lat": 53.55})).await;
    let body = json!({"name": "Left", "geometry": area(13.2, 13.28), "owner_id": rep.user()});
    let left = text(&manager.post("/api/v1/territories/draw", body).await.ok()["territory"]["id"]);
    let rule = json!({"conditions": [{"field": "industry", "one_of": ["health"]}, {"field": "employees", "from": 50.0}], "within": left});
    let body = json!({"name": "Key accounts", "rules": [rule]});
    manager.post("/api/v1/territories/draw", body).await.ok();
    assert_eq!(territory_of(&manager, &place, "").await["cause"], "rule");
    // Half a firm is no key account: the area has it again.
    manager
        .patch(
            &format!("/api/v1/accounts/{account}"),
            json!({"fields": {"employees": 30}}),
        )
        .await
        .ok();
    assert_eq!(
        territory_of(&manager, &place, "").await["territory_id"],
        left.as_str()
    );
    // Two share the work, six to four.
    let members = json!({"members": [
        {"user_id": rep.user(), "role": "owner", "share": 60.0}, {"user_id": manager.user(), "role": "owner", "share": 40.0},
    ]});
    manager
        .put(&format!("/api/v1/territories/{left}/members"), members)
        .await
        .ok();
    let page = manager.get("/api/v1/territories/fairness").await.ok();
    let shares: Vec<Value> = list(&page["people"])
        .iter()
        .map(|p| p["customers"].clone())
        .collect();
    assert_eq!(shares.len(), 2);
    assert!(
        shares.contains(&json!(0.6)) && shares.contains(&json!(0.4)),
        "{shares:?}"
    );
    let own = rep.get("/api/v1/territories/fairness").await.ok();
    assert_eq!(list(&own["people"]).len(), 1);
    assert_eq!(own["distribution"], json!([]));
}
