//! Blocks and codes that two territories claim, as files bring them.

use serde_json::{Value, json};

use crate::test_world::{World, square};

async fn take_in(world: &World, path: &str, bytes: Vec<u8>) -> (u16, Value) {
    let (status, answer) = world.upload("max", path, bytes).await;
    (status.as_u16(), answer)
}

#[tokio::test]
async fn blocks_that_two_territories_claim_are_told_with_the_place_and_with_who_has_them() {
    let world = World::new().await;
    let block = |code: &str, west: f64, east: f64| json!({ "system": "municipality", "code": code, "name": code, "area": square(west, 53.5, east, 53.6) });
    let listed = |code: &str| json!({ "system": "postcode", "code": code, "name": "" });
    let file = |territories: Vec<(&str, Option<&str>, i64, Vec<Value>)>| {
        let features: Vec<Value> = territories
            .into_iter()
            .map(|(name, parent, priority, blocks)| {
                json!({ "type": "Feature", "geometry": null, "properties": {
                    "name": name, "parent": parent, "priority": priority, "members": [], "blocks": blocks } })
            })
            .collect();
        json!({ "type": "FeatureCollection", "features": features })
            .to_string()
            .into_bytes()
    };
    let both = file(vec![
        (
            "North",
            None,
            0,
            vec![block("1", 13.2, 13.3), listed("17033"), listed("17034")],
        ),
        ("South", None, 5, vec![block("2", 13.28, 13.4), listed("17 034")]),
        // Of one tree, and apart.
        ("Under", Some("South"), 0, vec![block("3", 13.35, 13.4)]),
        ("Apart", None, 0, vec![block("4", 13.4, 13.5), listed("17035")]),
    ]);
    let notes = |taken: &Value| -> Vec<Value> {
        let rows = taken["rows"].as_array().unwrap();
        rows.iter().map(|r| r["notes"].clone()).collect()
    };
    for dry in ["?dry_run=true", ""] {
        let path = format!("/api/v1/territories/import{dry}");
        let (status, taken) = take_in(&world, &path, both.clone()).await;
        assert_eq!((status, &taken["refused"]), (200, &json!(0)), "{taken:#}");
        let notes = notes(&taken);
        assert_eq!(notes[0], notes[1], "both are told");
        let told: Vec<&str> = notes[0]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("Block 2 of South and block 1 of North overlap near 13.29")
                && told[0].ends_with("km²): South has it."),
            "{told:?}"
        );
        assert_eq!(told[1], "South and North both list 17034: South has it.");
        assert_eq!((&notes[2], &notes[3]), (&json!([]), &json!([])), "{taken:#}");
    }
    // What stands on record already counts as well; and what is taken in again unchanged says so again.
    let later = file(vec![(
        "West",
        None,
        0,
        vec![block("9", 13.1, 13.21), listed("17035")],
    )]);
    let (_, taken) = take_in(&world, "/api/v1/territories/import", later).await;
    let told = notes(&taken)[0].to_string();
    assert!(
        told.contains("Block 1 of North and block 9 of West overlap near 13.20"),
        "{told}"
    );
    assert!(
        told.contains("Apart and West both list 17035: Apart has it."),
        "{told}"
    );
}
