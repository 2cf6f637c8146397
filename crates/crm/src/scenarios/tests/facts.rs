//! Rules about customers decide in a scenario as they decide when it is published: also rules about what no list and no
//! map shows, the number of employees and the country.

use serde_json::json;

use super::Firm;
use super::steps::held;

#[tokio::test]
async fn a_rule_about_employees_or_country_holds_in_a_scenario_too() {
    let firm = Firm::new().await;
    let world = &firm.world;
    for (name, lng, more) in [
        ("Big", 13.242, json!({ "employees": 900 })),
        ("Small", 13.243, json!({ "employees": 9 })),
    ] {
        world.customer(name, Some((lng, 53.55)), more).await;
    }
    let rules = json!([{ "conditions": [{ "field": "employees", "from": 500.0 }] }]);
    world
        .post(
            "mia",
            "/api/v1/territories/draw",
            json!({ "name": "Key", "rules": rules }),
        )
        .await;
    let id = firm.scenario("mia").await;
    // The strip holds W3, Small and Big; Big is Key's whosever the ground is.
    let path = format!("/api/v1/scenarios/{id}/preview");
    let card = world.post("mia", &path, firm.strip()).await;
    let mut moved: Vec<&str> = card["moved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    moved.sort_unstable();
    assert_eq!(moved, ["Small", "W3"], "{card:#}");
    firm.operate(&id, firm.strip()).await;
    let shown = held(&firm, &id).await;
    assert!(shown.contains(&("Key".to_owned(), 1)), "{shown:?}");
    let published = firm.publish("mia", &id).await;
    assert_eq!(published["moved"], 2, "as many as the card said");
    let overview = world.get("mia", "/api/v1/territories/overview").await;
    for territory in overview["territories"].as_array().unwrap() {
        let name = territory["name"].as_str().unwrap();
        let count = territory["totals"]["accounts"].as_i64().unwrap();
        assert!(
            shown.contains(&(name.to_owned(), count)),
            "{name} {count}: {shown:?}"
        );
    }
}

/// What rules look for is found when a publication ends them, and when a revert brings them back.
#[tokio::test]
async fn a_territory_of_rules_gets_its_customers_back_by_a_revert() {
    let firm = Firm::new().await;
    let world = &firm.world;
    world
        .customer("Big", Some((13.242, 53.55)), json!({ "employees": 900 }))
        .await;
    let rules = json!([{ "conditions": [{ "field": "employees", "from": 500.0 }] }]);
    world
        .post(
            "mia",
            "/api/v1/territories/draw",
            json!({ "name": "Key", "rules": rules }),
        )
        .await;
    let keys = async || {
        let overview = world.get("mia", "/api/v1/territories/overview").await;
        let all = overview["territories"].as_array().unwrap();
        let key = all.iter().find(|t| t["name"] == "Key");
        key.map(|key| {
            (
                key["id"].as_str().unwrap().to_owned(),
                key["totals"]["accounts"].as_i64().unwrap(),
            )
        })
    };
    let (key, count) = keys().await.unwrap();
    assert_eq!(count, 1);
    let before = firm.hash().await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, json!({ "kind": "remove", "territory_id": key }))
        .await;
    firm.publish("mia", &id).await;
    assert_eq!(keys().await, None);
    world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(keys().await.map(|(_, count)| count), Some(1));
    assert_eq!(firm.hash().await, before, "as it was");
}
