//! Every kind of step: what it does, what it refuses, and that it can be taken back.

use serde_json::{Value, json};

use super::Firm;
use crate::test_world::square;

/// Accounts by territory name, as the scenario would have them.
pub(super) async fn held(firm: &Firm, scenario: &str) -> Vec<(String, i64)> {
    let totals = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{scenario}/totals"))
        .await;
    let mut held: Vec<(String, i64)> = totals["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| !r["after"].is_null())
        .map(|r| {
            let name = r["name"].as_str().unwrap().to_owned();
            (name, r["after"]["places"].as_i64().unwrap())
        })
        .collect();
    held.sort();
    held
}

pub(super) fn expected(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect()
}

#[tokio::test]
async fn places_move_by_name_also_without_coordinates_and_to_nobody() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let places = |which: &[usize]| -> Vec<&str> { which.iter().map(|i| firm.places[*i].as_str()).collect() };
    // "Nowhere" has no place on the map.
    firm.operate(
        &id,
        json!({ "kind": "move", "to": firm.east, "location_ids": places(&[0, 5]) }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 4), ("No territory", 0), ("West", 2)])
    );
    firm.operate(
        &id,
        json!({ "kind": "move", "to": null, "location_ids": places(&[0, 1, 5]) }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 2), ("No territory", 3), ("West", 1)])
    );
    // Back where its area has it anyway: nobody has to hold it by name.
    firm.operate(
        &id,
        json!({ "kind": "move", "to": firm.west, "location_ids": places(&[0]) }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 2), ("No territory", 2), ("West", 2)])
    );
    let (status, code, _) = firm
        .refused(
            "mia",
            "POST",
            &format!("/api/v1/scenarios/{id}/operations"),
            json!({ "kind": "move", "to": firm.west, "location_ids": places(&[0]) }),
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "nothing-to-move"));
    // It is published as it was shown.
    firm.publish("mia", &id).await;
    assert_eq!(firm.owner(0).await, "West");
    assert_eq!(firm.owner(1).await, Value::Null);
    assert_eq!(firm.owner(5).await, Value::Null);
    let verify = firm.world.app.store.verify().await.unwrap();
    assert!(verify.broken.is_none());
}

#[tokio::test]
async fn steps_are_taken_back_and_done_again_in_any_order() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let first = firm.operate(&id, firm.strip()).await["operation"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    firm.operate(
        &id,
        json!({ "kind": "set", "territory_id": firm.west, "name": "Far west", "capacity_hours": 38.5 }),
    )
    .await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    firm.world.post("mia", &path("undo"), Value::Null).await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 3), ("No territory", 1), ("West", 2)])
    );
    firm.world.post("mia", &path("redo"), Value::Null).await;
    firm.world
        .post("mia", &path(&format!("operations/{first}/undo")), Value::Null)
        .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 2), ("Far west", 3), ("No territory", 1)])
    );
    let (status, code, _) = firm
        .refused(
            "mia",
            "POST",
            &path(&format!("operations/{first}/undo")),
            Value::Null,
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "nothing-to-undo"));
    // A copy has the steps that stand, and costs nothing else.
    let copy = firm.world.post("mia", &path("copy"), json!({})).await;
    assert_eq!(copy["operations"], 1);
    assert_eq!(copy["copied_from"]["id"], id.as_str());
    let diff = firm.world.get("mia", &path("diff")).await;
    let what = &diff["territories"][0]["what"];
    assert_eq!(what, &json!(["name: West → Far west", "capacity: none → 38.5"]));
}

#[tokio::test]
async fn a_territory_comes_changes_and_goes() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let added = firm
        .operate(
            &id,
            json!({ "kind": "add", "name": "Middle", "geometry": square(13.24, 53.5, 13.27, 53.6), "owner_id": "rita" }),
        )
        .await;
    let middle = added["operation"]["body"]["territory_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 1), ("Middle", 2), ("No territory", 1), ("West", 2)])
    );
    firm.operate(
        &id,
        json!({ "kind": "members", "territory_id": middle, "members": [
            { "user_id": "rita", "role": "owner", "share": 60 }, { "user_id": "rolf", "role": "owner", "share": 40 } ] }),
    )
    .await;
    // West shrinks to its first place; what it gives up belongs to nobody.
    firm.operate(
        &id,
        json!({ "kind": "reshape", "territory_id": firm.west, "geometry": square(13.2, 53.5, 13.22, 53.6) }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 1), ("Middle", 2), ("No territory", 2), ("West", 1)])
    );
    firm.operate(
        &id,
        json!({ "kind": "remove", "territory_id": firm.east, "to": middle }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("Middle", 3), ("No territory", 2), ("West", 1)])
    );
    let operations = format!("/api/v1/scenarios/{id}/operations");
    let (status, code, _) = firm.refused("mia", "POST", &operations, firm.strip()).await;
    assert_eq!((status, code.as_str()), (400, "removed-territory"));

    let before = firm.hash().await;
    let territories = |state: &Value| state["territories_hash"].clone();
    let then = firm.world.get("mia", "/api/v1/territories/hash").await;
    firm.publish("mia", &id).await;
    assert_eq!(firm.owner(4).await, "Middle");
    // The id it was planned with is the one it has.
    let shown = firm
        .world
        .get("mia", &format!("/api/v1/territories/{middle}"))
        .await;
    assert_eq!(shown["fields"]["name"], "Middle");
    let overview = firm.world.get("mia", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"].as_array().unwrap().len(), 2);
    // Reverting brings the removed one back under its id, and takes the new one away.
    let reverted = firm
        .world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(reverted["scenario"]["state"], "reverted");
    assert_eq!(firm.hash().await, before);
    let now = firm.world.get("mia", "/api/v1/territories/hash").await;
    assert_eq!(territories(&now), territories(&then));
    assert!(firm.world.app.store.verify().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn a_locked_territory_neither_gives_nor_takes() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    firm.operate(
        &id,
        json!({ "kind": "lock", "territory_id": firm.west, "locked": true }),
    )
    .await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    let lasso = json!({ "kind": "move", "to": null, "geometry": square(13.24, 53.5, 13.27, 53.6) });
    let card = firm.world.post("mia", &path("preview"), lasso).await;
    assert_eq!(
        (&card["moved_count"], &card["left_out"]["locked"]),
        (&json!(1), &json!(1)),
        "{card:#}"
    );
    for change in [
        json!({ "kind": "move", "to": firm.west, "location_ids": [firm.places[3]] }),
        json!({ "kind": "reshape", "territory_id": firm.west, "geometry": square(13.2, 53.5, 13.22, 53.6) }),
        json!({ "kind": "remove", "territory_id": firm.west }),
    ] {
        let (status, code, _) = firm.refused("mia", "POST", &path("operations"), change).await;
        assert_eq!((status, code.as_str()), (409, "locked"));
    }
    // Another area stops at its border.
    firm.operate(
        &id,
        json!({ "kind": "reshape", "territory_id": firm.east, "geometry": square(13.22, 53.5, 13.3, 53.6) }),
    )
    .await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 2), ("No territory", 1), ("West", 3)])
    );
    firm.operate(
        &id,
        json!({ "kind": "lock", "territory_id": firm.west, "locked": false }),
    )
    .await;
    firm.operate(&id, firm.strip()).await;
    assert_eq!(
        held(&firm, &id).await,
        expected(&[("East", 3), ("No territory", 1), ("West", 2)])
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let operations = format!("/api/v1/scenarios/{id}/operations");
    let bow = json!({ "type": "Polygon", "coordinates": [[[13.2, 53.5], [13.3, 53.6], [13.3, 53.5], [13.2, 53.6], [13.2, 53.5]]] });
    let unknown = "018f0000-0000-7000-8000-000000000000";
    let cases = [
        (
            json!({ "kind": "reshape", "territory_id": firm.west, "geometry": bow }),
            "crosses-itself",
        ),
        (
            json!({ "kind": "move", "to": unknown, "location_ids": [firm.places[0]] }),
            "no-such-record",
        ),
        (
            json!({ "kind": "move", "to": firm.east, "location_ids": [unknown] }),
            "no-such-record",
        ),
        (
            json!({ "kind": "move", "to": firm.east, "location_ids": [] }),
            "required",
        ),
        (json!({ "kind": "move", "to": firm.east }), "required"),
        (json!({ "kind": "add", "name": " " }), "required"),
        (
            json!({ "kind": "set", "territory_id": firm.west, "parent_id": firm.west }),
            "circle",
        ),
        (
            json!({ "kind": "set", "territory_id": firm.west, "capacity_hours": -1 }),
            "out-of-range",
        ),
        (
            json!({ "kind": "members", "territory_id": firm.west, "members": [{ "user_id": "nobody" }] }),
            "no-such-record",
        ),
        (
            json!({ "kind": "members", "territory_id": firm.west, "members": [
                { "user_id": "ben", "share": 60 }, { "user_id": "ann", "share": 50 }] }),
            "out-of-range",
        ),
        (
            json!({ "kind": "remove", "territory_id": firm.west, "to": firm.west }),
            "not-an-heir",
        ),
    ];
    for (change, code) in cases {
        let (status, refused, answer) = firm.refused("mia", "POST", &operations, change.clone()).await;
        assert_eq!((status, refused.as_str()), (400, code), "{change} {answer:#}");
    }
    // While somebody draws, a crossing is an answer; a lasso may cross itself.
    let preview = format!("/api/v1/scenarios/{id}/preview");
    let drawing = json!({ "kind": "reshape", "territory_id": firm.west, "geometry": bow });
    let card = firm.world.post("mia", &preview, drawing).await;
    assert_eq!(card["problem"]["code"], "crosses-itself");
    assert_eq!(card["problem"]["lng"], 13.25);
    let lasso = json!({ "kind": "move", "to": firm.east, "geometry": bow });
    assert_eq!(
        firm.world.post("mia", &preview, lasso).await["problem"],
        Value::Null
    );
    let (status, _) = firm
        .world
        .ask("mia", "GET", &format!("/api/v1/scenarios/{unknown}"), Value::Null)
        .await;
    assert_eq!(status.as_u16(), 404);
}
