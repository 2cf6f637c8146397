//! What territories are made of and what they claim, as it is promised: six ways to make one, overlaps settled each way and
//! gaps named.

use serde_json::{Value, json};

use crate::harness::{World, list, number, scenario, text};
use crate::realignment::{area, draw, place};

scenario!(
    six_ways_make_a_territory,
    an_overlap_is_settled_each_way_and_gaps_are_named
);

/// Each in a product line of its own, so that each has whom it asks for and none takes from another.
async fn six_ways_make_a_territory(world: World) {
    let manager = world.sign_in("manager").await;
    // The first three in the town, with two postcodes; the last far from it.
    let mut places = Vec::new();
    for (name, lng, lat, code) in [
        ("Market", 13.261, 53.557, "17033"),
        ("Station", 13.262, 53.5605, "17033"),
        ("Lake", 13.25, 53.545, "17034"),
        ("Far", 13.6, 53.3, "17039"),
    ] {
        places.push(place(&manager, name, lng, lat, code).await);
    }
    let ring = |points: Value| json!({"type": "Polygon", "coordinates": [points]});
    // A lasso may cross itself: an eight around Market and Lake, which lie in its two loops.
    let eight = ring(json!([
        [13.24, 53.54],
        [13.27, 53.56],
        [13.258, 53.56],
        [13.258, 53.54],
        [13.24, 53.54]
    ]));
    let caught = manager
        .post("/api/v1/lasso", json!({"geometry": eight}))
        .await
        .ok();
    let caught: Vec<String> = list(&caught["locations"])
        .iter()
        .map(|l| text(&l["location_id"]))
        .collect();
    assert!(!caught.is_empty() && caught.len() < 4, "{caught:?}");
    let town = list(&manager.get("/api/v1/boundaries?q=Neubrandenburg").await.ok())
        .iter()
        .find(|b| b["kind"] == "administrative" && b["name"] == "Neubrandenburg")
        .expect("the map knows its town")
        .clone();
    let pasted = manager
        .post(
            "/api/v1/territories/codes",
            json!({"text": "17033\n17034; 00000"}),
        )
        .await
        .ok();
    assert_eq!(pasted["unknown"], json!(["00000"]), "{pasted:#}");
    let codes: Vec<Value> = list(&pasted["blocks"])
        .iter()
        .map(|b| b["code"].clone())
        .collect();
    let ways = [
        ("drawn", json!({"geometry": area(13.2, 13.3)}), 3),
        ("lasso", json!({"location_ids": caught}), caught.len()),
        ("block", json!({"codes": [town["name"]]}), 3),
        ("pasted", json!({"codes": codes}), 3),
        // Lake lies apart from every street: no reach holds it.
        (
            "reach",
            json!({"reach": {"lng": 13.261, "lat": 53.557, "minutes": 15.0}}),
            2,
        ),
        ("named", json!({"location_ids": [places[3]]}), 1),
    ];
    for (name, mut body, count) in ways {
        body["name"] = name.into();
        body["line"] = name.into();
        let (id, made) = draw(&manager, body).await;
        assert_eq!(made["totals"]["accounts"], count, "{name}: {made:#}");
        assert_eq!(made["totals"]["revenue"], 100 * count, "{name}");
        let overview = manager.get("/api/v1/territories/overview").await.ok();
        let listed = list(&overview["territories"])
            .iter()
            .find(|t| t["id"] == id.as_str());
        assert_eq!(listed.expect("it is listed")["name"], name);
    }
    // A new customer is assigned on creation, in every line that claims the spot.
    place(&manager, "New", 13.2615, 53.5575, "17033").await;
    let overview = manager.get("/api/v1/territories/overview").await.ok();
    let count = |name: &str| {
        let all = list(&overview["territories"]);
        let one = all.iter().find(|t| t["name"] == name).expect("it is there");
        one["totals"]["accounts"].clone()
    };
    assert_eq!(
        [count("drawn"), count("pasted"), count("reach"), count("named")],
        [4, 4, 3, 1].map(Value::from)
    );
}

async fn an_overlap_is_settled_each_way_and_gaps_are_named(world: World) {
    let manager = world.sign_in("manager").await;
    for (name, lng) in [
        ("West", 13.22),
        ("Both", 13.265),
        ("East", 13.3),
        ("Outside", 13.4),
    ] {
        place(&manager, name, lng, 53.55, "17033").await;
    }
    let (left, _) = draw(&manager, json!({"name": "Left", "geometry": area(13.2, 13.28)})).await;
    let (right, _) = draw(&manager, json!({"name": "Right", "geometry": area(13.25, 13.32)})).await;
    let issues = async || manager.get("/api/v1/territories/issues").await.ok();
    let found = issues().await;
    assert_eq!(found["overlaps"][0]["locations"][0]["name"], "Both", "{found:#}");
    let gaps: Vec<&Value> = list(&found["gaps"]).iter().map(|g| &g["name"]).collect();
    assert_eq!(gaps, ["Outside"], "{found:#}");
    let counts = async || {
        let overview = manager.get("/api/v1/territories/overview").await.ok();
        let of = |id: &str| {
            let all = list(&overview["territories"]);
            number(&all.iter().find(|t| t["id"] == id).expect("it is there")["totals"]["accounts"])
        };
        (of(&left), of(&right))
    };
    let settle = async |rule: Value| {
        let mut body = json!({"a": left, "b": right});
        body.as_object_mut()
            .unwrap()
            .extend(rule.as_object().unwrap().clone());
        let answer = manager
            .post("/api/v1/territories/overlaps/settle", body)
            .await
            .ok();
        text(&answer["change_set"])
    };
    let back = async |set: String| {
        manager
            .post(&format!("/api/v1/change-sets/{set}/undo"), json!({}))
            .await
            .ok();
    };
    // By priority: the ground stays with both, the customer goes to the winner.
    for (winner, expected) in [(&left, (2, 1)), (&right, (1, 2))] {
        let set = settle(json!({"rule": "priority", "winner": winner})).await;
        assert_eq!(counts().await, expected);
        back(set).await;
    }
    // By product line: each line has an owner.
    let set = settle(json!({"rule": "line", "territory": right, "line": "Service"})).await;
    assert_eq!(counts().await, (2, 2));
    assert_eq!(issues().await["overlaps"], json!([]));
    back(set).await;
    // Cut: nothing is claimed twice any more.
    let set = settle(json!({"rule": "cut", "winner": right})).await;
    assert_eq!(
        (counts().await, &issues().await["overlaps"]),
        ((1, 2), &json!([]))
    );
    back(set).await;
    // Split: everybody has one owner, and nobody is claimed twice.
    settle(json!({"rule": "split"})).await;
    let (a, b) = counts().await;
    assert_eq!(a + b, 3);
    let left = issues().await;
    assert!(
        list(&left["overlaps"])
            .iter()
            .all(|o| o["locations"] == json!([])),
        "{left:#}"
    );
}
