//! A rep leaves, one more joins, a ring is balanced: shown, kept, published as it was shown.

use serde_json::{Value, json};

use super::Firm;
use super::steps::{expected, held};
use crate::test_world::square;

#[tokio::test]
async fn a_rep_leaves_and_one_more_joins() {
    let firm = Firm::with_many(60).await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, json!({ "kind": "leave", "territory_id": firm.west }))
        .await;
    let all = 60 + 6;
    let now = held(&firm, &id).await;
    assert_eq!(now, expected(&[("East", all - 1), ("No territory", 1)]));
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/undo"), Value::Null)
        .await;
    firm.operate(
        &id,
        json!({ "kind": "join", "name": "Third", "owner_id": "rita" }),
    )
    .await;
    let now = held(&firm, &id).await;
    assert_eq!(now.iter().map(|n| n.1).sum::<i64>(), all, "{now:?}");
    let third = now.iter().find(|n| n.0 == "Third").unwrap().1;
    // A third of 65 is 21.7; the engine's own tests say how near it comes.
    assert!((15..=28).contains(&third), "{now:?}");
    let shown: Vec<(String, i64)> = now.into_iter().filter(|n| n.0 != "No territory").collect();
    let hash_before = firm.hash().await;
    firm.publish("mia", &id).await;
    let overview = firm.world.get("mia", "/api/v1/territories/overview").await;
    let mut is: Vec<(String, i64)> = overview["territories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            (
                t["name"].as_str().unwrap().to_owned(),
                t["totals"]["accounts"].as_i64().unwrap(),
            )
        })
        .collect();
    is.sort();
    assert_eq!(is, shown, "published as it was shown");
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(firm.hash().await, hash_before);
}

#[tokio::test]
async fn a_ring_is_balanced_and_the_result_kept_as_one_step() {
    let firm = Firm::with_many(120).await;
    let id = firm.scenario("mia").await;
    // First a lopsided state: West gives most of its ground away.
    firm.operate(
        &id,
        json!({ "kind": "move", "to": firm.east, "geometry": square(13.21, 53.5, 13.25, 53.6) }),
    )
    .await;
    let lopsided = held(&firm, &id).await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    let impossible = json!({ "territory_ids": [firm.west, firm.east], "measures": [{ "measure": "places", "high": 10.0 }] });
    let failed = firm.balance(&id, impossible).await;
    assert_eq!(failed["state"], "failed");
    let words = failed["message"].as_str().unwrap();
    assert!(words.contains("laces"), "the range is named: {words}");
    assert_eq!(failed["relax"]["measure"], "places");
    // What is not offered is refused, not ignored.
    let by_drive = json!({ "territory_ids": [firm.west, firm.east], "by": "drive", "keep_share": 0.08 });
    let (status, _, answer) = firm.refused("mia", "POST", &path("balances"), by_drive).await;
    assert_eq!(
        (status, &answer["faults"][0]["pointer"]),
        (400, &json!("/keep_share")),
        "{answer:#}"
    );
    let question = json!({ "territory_ids": [firm.west, firm.east],
        "measures": [{ "measure": "places", "tolerance": 0.05 }], "keep_share": 1.0 });
    let found = firm.balance(&id, question).await;
    assert_eq!(found["state"], "ready", "{:#}", found["message"]);
    let imbalance = found["result"]["imbalance"].as_f64().unwrap();
    assert!(imbalance <= 0.05, "{imbalance}");
    assert!(found["result"]["imbalance_before"].as_f64().unwrap() > 0.5);
    assert_eq!(held(&firm, &id).await, lopsided, "nothing is kept yet");
    let balance = found["id"].as_str().unwrap();
    let kept = firm
        .world
        .post("mia", &path(&format!("balances/{balance}/keep")), Value::Null)
        .await;
    assert_eq!(kept["scenario"]["operations"], 2);
    let even = held(&firm, &id).await;
    let rows = found["result"]["rows"].as_array().unwrap();
    for row in rows {
        let name = row["name"].as_str().unwrap();
        let is = even.iter().find(|e| e.0 == name).unwrap().1;
        assert_eq!(
            is as f64,
            row["after"]["places"].as_f64().unwrap(),
            "{name}: as it was promised"
        );
    }
    // Undone as one; and then it is stale no more, but kept once.
    firm.world.post("mia", &path("undo"), Value::Null).await;
    assert_eq!(held(&firm, &id).await, lopsided);
    firm.operate(
        &id,
        json!({ "kind": "set", "territory_id": firm.west, "name": "W" }),
    )
    .await;
    let (status, code, _) = firm
        .refused(
            "mia",
            "POST",
            &path(&format!("balances/{balance}/keep")),
            Value::Null,
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "stale"));
    let sides = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/compare?ids=present,{id}"))
        .await;
    assert_eq!(sides["columns"].as_array().unwrap().len(), 2);
    let row = |m: &str| {
        sides["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["measure"] == m)
            .unwrap()
            .clone()
    };
    assert_eq!(row("places_moved")["best"], json!([0]));
}
