//! What a balance leaves behind: ground for everybody, no islands that nobody lives on, and figures that are those of
//! the totals before and after it is kept.

use std::collections::BTreeMap;

use geo::{Area as _, BooleanOps as _, Contains as _};
use geo_types::{MultiPolygon, Point};
use records::{Op, fields, new_id};
use serde_json::{Value, json};
use testkit::Dice;

use super::Firm;
use crate::test_world::customer;

/// Places with their names: where they lie.
type Places = BTreeMap<String, (f64, f64)>;

/// Four territories with ragged borders around a crossing, and customers all over them, some of them held by name by a
/// territory far from them.
async fn four(dice: &mut Dice, count: usize) -> (Firm, Vec<String>, Places) {
    let firm = Firm::new().await;
    let world = &firm.world;
    for class in ["A", "B"] {
        let days = if class == "A" { 7 } else { 28 };
        let rhythm = [
            ("class", class.into()),
            ("days", days.into()),
            ("duration_minutes", 45.into()),
        ];
        world
            .write(vec![Op::create("visit_frequency", fields(rhythm))])
            .await;
    }
    let mut places = Places::new();
    let mut ops = Vec::new();
    for i in 0..count {
        let at = (dice.between(14.0, 14.4), dice.between(53.0, 53.4));
        let (account, location) = (new_id(), new_id());
        let more = json!({ "class": dice.pick(&["A", "B"]), "annual_revenue": dice.below(90_000) });
        ops.extend(customer(&account, &location, &format!("C{i}"), Some(at), more));
        places.insert(location, at);
    }
    ops.sort_by_key(|op| op.type_name().to_owned());
    world.write(ops).await;
    // The arms of the crossing, each with a bend; two neighbours share theirs to the last digit.
    let middle = (dice.between(14.15, 14.25), dice.between(53.15, 53.25));
    let mut bend = |x: f64, y: f64| (x + dice.between(-0.03, 0.03), y + dice.between(-0.03, 0.03));
    let arms = [
        ((14.0, middle.1), bend(14.08, middle.1)),
        ((middle.0, 53.4), bend(middle.0, 53.32)),
        ((14.4, middle.1), bend(14.32, middle.1)),
        ((middle.0, 53.0), bend(middle.0, 53.08)),
    ];
    let corners = [(14.0, 53.4), (14.4, 53.4), (14.4, 53.0), (14.0, 53.0)];
    let mut ids = Vec::new();
    for i in 0..4 {
        let (a, b) = (arms[i], arms[(i + 1) % 4]);
        let ring = [a.0, corners[i], b.0, b.1, middle, a.1, a.0].map(|(x, y)| [x, y]);
        let body =
            json!({ "name": format!("T{i}"), "geometry": { "type": "Polygon", "coordinates": [ring] } });
        let drawn = world.post("mia", "/api/v1/territories/draw", body).await;
        ids.push(drawn["territory"]["id"].as_str().unwrap().to_owned());
    }
    let far: Vec<String> = places.keys().take(3).cloned().collect();
    let path = format!("/api/v1/territories/{}/take", ids[0]);
    world.post("mia", &path, json!({ "location_ids": far })).await;
    places.retain(|id, _| !far.contains(id));
    (firm, ids, places)
}

fn polygons(geometry: &Value) -> MultiPolygon {
    crate::territories::parse_area(geometry)
        .unwrap()
        .polygons()
        .clone()
}

/// Geometry of each territory of a scenario, and who has each place.
async fn standing(firm: &Firm, scenario: &str, ids: &[String]) -> Vec<MultiPolygon> {
    let layout = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{scenario}/layout"))
        .await;
    let all = layout["territories"].as_array().unwrap();
    let of = |id: &String| {
        let one = all.iter().find(|t| t["id"] == id.as_str()).unwrap();
        assert!(one["geometry"].is_object(), "{} has no ground", one["name"]);
        polygons(&one["geometry"])
    };
    ids.iter().map(of).collect()
}

async fn totals(firm: &Firm, scenario: &str, side: &str) -> BTreeMap<String, Value> {
    let totals = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{scenario}/totals"))
        .await;
    let rows = totals["rows"].as_array().unwrap().iter();
    rows.filter(|r| r["territory_id"].is_string())
        .map(|r| (r["territory_id"].as_str().unwrap().to_owned(), r[side].clone()))
        .collect()
}

#[tokio::test]
async fn a_balance_leaves_no_islands_and_tells_what_the_totals_tell() {
    for seed in [3, 4] {
        let mut dice = Dice::seeded(seed);
        let (firm, ids, places) = four(&mut dice, 160).await;
        for keep in [0.08, 0.3, 1.0] {
            let scenario = firm.scenario("mia").await;
            let what = format!("seed {seed} keep {keep}");
            let before = totals(&firm, &scenario, "before").await;
            let ground_before = standing(&firm, &scenario, &ids).await;
            let locks: Vec<&String> = places.keys().take(4).collect();
            let question = json!({ "territory_ids": ids, "keep_share": keep, "locks": locks,
                "measures": [{ "measure": "hours", "tolerance": 0.05 }] });
            let found = firm.balance(&scenario, question).await;
            assert_eq!(found["state"], "ready", "{what}: {}", found["message"]);
            let result = &found["result"];
            // Everybody who moves is listed, and nobody who is locked.
            let moving = result["places"].as_array().unwrap();
            assert_eq!(result["moved_places"], moving.len(), "{what}");
            let is_locked = |m: &&Value| locks.iter().any(|l| m[0] == l.as_str());
            assert_eq!(moving.iter().find(is_locked), None, "{what}");
            if keep == 1.0 {
                let most = result["imbalance"].as_f64().unwrap();
                assert!(most <= 0.1, "{what}: the most against the mean is {most}");
            }
            for row in result["rows"].as_array().unwrap() {
                let id = row["territory_id"].as_str().unwrap();
                assert_eq!(row["before"]["hours"], before[id]["hours"], "{what}: {row:#}");
            }
            let path = format!(
                "/api/v1/scenarios/{scenario}/balances/{}/keep",
                found["id"].as_str().unwrap()
            );
            firm.world.post("mia", &path, Value::Null).await;
            let after = totals(&firm, &scenario, "after").await;
            for row in result["rows"].as_array().unwrap() {
                let id = row["territory_id"].as_str().unwrap();
                assert_eq!(row["after"]["hours"], after[id]["hours"], "{what}: {row:#}");
            }
            let ground = standing(&firm, &scenario, &ids).await;
            let area = |all: &[MultiPolygon]| all.iter().map(|g| g.unsigned_area()).sum::<f64>();
            let lost = area(&ground_before) - area(&ground);
            assert!(lost.abs() < 1e-7, "{what}: {lost} square degrees");
            for i in 0..ids.len() {
                for j in 0..i {
                    let both = ground[i].intersection(&ground[j]).unsigned_area();
                    assert!(both < 1e-9, "{what}: {i} and {j} share {both}");
                }
            }
            // Every piece of ground has somebody on it who is its own.
            let names: BTreeMap<String, usize> =
                ids.iter().enumerate().map(|(i, id)| (id.clone(), i)).collect();
            let owners = firm
                .world
                .get("mia", &format!("/api/v1/scenarios/{scenario}/owners"))
                .await;
            let listed: Vec<&str> = owners["territories"]
                .as_array()
                .unwrap()
                .iter()
                .map(|t| t.as_str().unwrap())
                .collect();
            let moved: BTreeMap<&str, usize> = owners["places"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| {
                    (
                        p[0].as_str().unwrap(),
                        names[listed[p[1].as_u64().unwrap() as usize]],
                    )
                })
                .collect();
            let was = |at: &(f64, f64)| {
                ground_before
                    .iter()
                    .position(|g| g.contains(&Point::new(at.0, at.1)))
            };
            for (i, shape) in ground.iter().enumerate() {
                for piece in shape {
                    let own = places.iter().filter(|(id, at)| {
                        let owner = moved.get(id.as_str()).copied().or_else(|| was(at));
                        owner == Some(i) && piece.contains(&Point::new(at.0, at.1))
                    });
                    assert!(own.count() > 0, "{what}: nobody of T{i} lives on {piece:?}");
                }
            }
        }
    }
}
