//! Whatever happens, assignments are what a slow look at everything says.

use records::{Query, Viewer};
use serde_json::{Value, json};

use testkit::Dice;

use super::*;
use crate::test_world::{MONDAY, square};

fn place(dice: &mut Dice) -> (f64, f64) {
    (dice.between(13.0, 13.5), dice.between(53.3, 53.7))
}

fn area(dice: &mut Dice) -> Value {
    let (west, south) = place(dice);
    square(
        west,
        south,
        west + dice.between(0.05, 0.3),
        south + dice.between(0.05, 0.3),
    )
}

/// The slow twin: every location against every territory, from what is on record, without index and feed.
async fn by_looking_at_everything(world: &World) -> BTreeMap<String, (String, &'static str)> {
    let all = async |type_name: &str| {
        let query = Query::of(type_name).limit(1000);
        let page = world.store().list(&Viewer::system(), &query).await.unwrap();
        assert!(page.next_cursor.is_none());
        page.records
    };
    let territories = all("territory").await;
    let versions = all("territory_version").await;
    let accounts = all("account").await;
    let mut holders = BTreeMap::new();
    for location in all("location").await {
        // (kind of claim, priority, size, age): the smallest wins.
        let mut best: Option<((u8, i64, f64, String), String)> = None;
        for territory in &territories {
            let open = versions
                .iter()
                .find(|v| v.text("territory_id") == Some(&territory.id) && v.fields["valid_to"].is_null());
            let Some(version) = open else { continue };
            let named = version.fields["named_locations"]
                .as_array()
                .is_some_and(|n| n.contains(&json!(location.id)));
            let corners = version.fields["area"]["coordinates"][0][0].as_array();
            let (mut inside, mut size) = (false, 0.0);
            if let Some(corners) = corners {
                let axis = |i: usize| corners.iter().map(move |c| c[i].as_f64().unwrap());
                let low = |i: usize| axis(i).fold(f64::INFINITY, f64::min);
                let high = |i: usize| axis(i).fold(f64::NEG_INFINITY, f64::max);
                if let (Some(lng), Some(lat)) = (location.number("lng"), location.number("lat")) {
                    inside = low(0) <= lng && lng < high(0) && low(1) <= lat && lat < high(1);
                }
                let shape = super::super::parse_area(&version.fields["area"]).unwrap();
                size = shape.square_meters();
            }
            let industry = accounts
                .iter()
                .find(|a| Some(a.id.as_str()) == location.text("account_id"))
                .and_then(|a| a.text("industry"));
            let rules = version.fields["rules"].as_array();
            let is_met = |rule: &Value| {
                let asked = rule["conditions"][0]["one_of"][0].as_str();
                let within = rule["within"].as_str().is_none_or(|id| {
                    let other = versions
                        .iter()
                        .find(|v| v.text("territory_id") == Some(id) && v.fields["valid_to"].is_null());
                    let area = other.map(|v| &v.fields["area"]).filter(|a| a.is_object());
                    let exists = territories.iter().any(|t| t.id == id);
                    exists
                        && area.zip(location.place()).is_some_and(|(area, place)| {
                            super::super::parse_area(area).unwrap().contains(place)
                        })
                });
                asked == industry && within
            };
            let ruled = rules.is_some_and(|rules| rules.iter().any(is_met));
            let key = match (named, ruled, inside) {
                (true, ..) => (0, 0.0),
                // Of two rules of one priority the one in the smaller area wins: here the world over, or one area.
                (false, true, _) => (1, 0.0),
                (false, false, true) => (2, size),
                (false, false, false) => continue,
            };
            let priority = -territory.integer("priority").unwrap_or(0);
            let key = (key.0, priority, key.1, territory.id.clone());
            if best
                .as_ref()
                .is_none_or(|(known, _)| key.partial_cmp(known) == Some(std::cmp::Ordering::Less))
            {
                best = Some((key, territory.id.clone()));
            }
        }
        if let Some((key, territory)) = best {
            holders.insert(
                location.id,
                (territory, ["named", "rule", "polygon"][usize::from(key.0)]),
            );
        }
    }
    holders
}

async fn agrees_with_the_slow_twin(world: &World, what: &str) {
    let open = open_assignments(world).await;
    let found: BTreeMap<String, (String, &str)> = open
        .iter()
        .map(|((location, _), fields)| {
            let causes = ["named", "rule", "polygon"];
            let cause = causes.into_iter().find(|c| fields["cause"] == *c).unwrap();
            (
                location.clone(),
                (fields["territory_id"].as_str().unwrap().to_owned(), cause),
            )
        })
        .collect();
    assert_eq!(found, by_looking_at_everything(world).await, "{what}");
}

#[tokio::test]
async fn with_rules_about_customers_too() {
    let world = World::new().await;
    let mut dice = Dice::seeded(21);
    let industries = ["Health", "Retail", "Craft"];
    let mut accounts = Vec::new();
    for i in 0..30 {
        let place = (i % 8 > 0).then(|| place(&mut dice));
        let industry = json!({ "industry": industries[dice.index(3)] });
        accounts.push(world.customer(&format!("C{i}"), place, industry).await);
    }
    let mut territories: Vec<String> = Vec::new();
    for name in ["North", "South", "Key"] {
        let drawn = draw(&world, name, area(&mut dice)).await;
        territories.push(id_of(&drawn));
    }
    // Only one of them has rules: which of two rules wins depends on areas, which this twin does not know.
    let key = territories[2].clone();
    let mut by_rule = 0;
    for step in 0..40 {
        let what = format!("step {step}");
        world.set_time(MONDAY + (step + 1) * 3_600_000);
        let (account, location) = accounts[dice.index(accounts.len())].clone();
        let (method, path, body) = match dice.below(5) {
            0 => {
                let within = [None, Some(territories[0].clone()), Some(territories[1].clone())];
                let condition = json!({ "field": "industry", "one_of": [industries[dice.index(3)]] });
                let rule = json!({ "conditions": [condition], "within": within[dice.index(3)] });
                let rules = if dice.below(5) == 0 {
                    json!([])
                } else {
                    json!([rule])
                };
                let path = format!("/api/v1/territories/{key}/rules");
                ("PUT", path, json!({ "rules": rules }))
            }
            1 => {
                let fields = json!({ "industry": industries[dice.index(3)] });
                let path = format!("/api/v1/accounts/{account}");
                ("PATCH", path, json!({ "fields": fields }))
            }
            2 => {
                let (lng, lat) = place(&mut dice);
                let path = format!("/api/v1/locations/{location}");
                ("PATCH", path, json!({ "fields": { "lng": lng, "lat": lat } }))
            }
            3 => {
                let id = &territories[dice.index(3)];
                let path = format!("/api/v1/territories/{id}/geometry");
                ("PUT", path, json!({ "geometry": area(&mut dice) }))
            }
            _ => {
                let id = &territories[dice.index(3)];
                let path = format!("/api/v1/territories/{id}/take");
                ("POST", path, json!({ "location_ids": [location] }))
            }
        };
        let (status, answer) = world.ask("max", method, &path, body).await;
        assert!(status.is_success(), "{what}: {method} {path}: {answer}");
        agrees_with_the_slow_twin(&world, &what).await;
        let open = open_assignments(&world).await;
        by_rule += open.values().filter(|a| a["cause"] == "rule").count();
    }
    assert!(by_rule > 20, "rules decided {by_rule} times");
}

#[tokio::test]
async fn whatever_happens_assignments_are_what_looking_at_everything_says() {
    for seed in [11, 12] {
        let world = World::new().await;
        let mut dice = Dice::seeded(seed);
        let mut locations = Vec::new();
        for i in 0..40 {
            let place = (i % 8 > 0).then(|| place(&mut dice));
            locations.push(world.customer(&format!("C{i}"), place, Value::Null).await.1);
        }
        let mut territories: Vec<String> = Vec::new();
        let mut sets: Vec<Value> = Vec::new();
        for step in 0..40 {
            let what = format!("seed {seed} step {step}");
            world.set_time(MONDAY + (step + 1) * 3_600_000);
            let territory =
                (!territories.is_empty()).then(|| territories[dice.index(territories.len())].clone());
            let location = locations[dice.index(locations.len())].clone();
            let several: Vec<String> = (0..4)
                .map(|_| locations[dice.index(locations.len())].clone())
                .collect();
            let answer = match (dice.below(10), territory) {
                (0 | 1, _) | (_, None) => {
                    let drawn = draw(&world, &format!("T{step}"), area(&mut dice)).await;
                    territories.push(id_of(&drawn));
                    drawn
                }
                (2 | 3, Some(id)) => {
                    let path = format!("/api/v1/territories/{id}/geometry");
                    world
                        .ask("max", "PUT", &path, json!({ "geometry": area(&mut dice) }))
                        .await
                        .1
                }
                (4, Some(id)) => {
                    world
                        .ask(
                            "max",
                            "POST",
                            &format!("/api/v1/territories/{id}/take"),
                            json!({ "location_ids": several }),
                        )
                        .await
                        .1
                }
                (5, Some(id)) => {
                    world
                        .ask(
                            "max",
                            "POST",
                            &format!("/api/v1/territories/{id}/release"),
                            json!({ "location_ids": several }),
                        )
                        .await
                        .1
                }
                (6, Some(id)) => {
                    let patch = json!({ "fields": { "priority": dice.below(3) } });
                    world
                        .ask("max", "PATCH", &format!("/api/v1/territories/{id}"), patch)
                        .await
                        .1
                }
                (7, Some(_)) => {
                    let (lng, lat) = place(&mut dice);
                    let patch = json!({ "fields": { "lng": lng, "lat": lat } });
                    world
                        .ask("max", "PATCH", &format!("/api/v1/locations/{location}"), patch)
                        .await
                        .1
                }
                (8, Some(id)) if dice.below(3) == 0 => {
                    territories.retain(|t| *t != id);
                    world
                        .ask("max", "DELETE", &format!("/api/v1/territories/{id}"), Value::Null)
                        .await
                        .1
                }
                (8, Some(_)) => {
                    world
                        .ask(
                            "max",
                            "DELETE",
                            &format!("/api/v1/locations/{location}"),
                            Value::Null,
                        )
                        .await
                        .1
                }
                (_, Some(_)) if !sets.is_empty() => {
                    let set = sets.swap_remove(dice.index(sets.len()));
                    let path = format!("/api/v1/change-sets/{}/undo", set.as_str().unwrap());
                    let (status, undone) = world.ask("max", "POST", &path, Value::Null).await;
                    assert!(
                        status == 200 || undone["code"] == "changed-since",
                        "{what}: {undone}"
                    );
                    let query = Query::of("territory").limit(1000);
                    let left = world.store().list(&Viewer::system(), &query).await.unwrap();
                    territories = left.records.into_iter().map(|t| t.id).collect();
                    json!({ "change_set": undone["change_set"] })
                }
                _ => Value::Null,
            };
            if answer["change_set"].is_string() {
                sets.push(answer["change_set"].clone());
            }
            agrees_with_the_slow_twin(&world, &what).await;
        }
        // Doing it all again from the beginning of the feed changes nothing.
        let seq = world.store().last_seq().await.unwrap();
        let text = super::super::store::read_cursor(world.store().db())
            .await
            .unwrap()
            .unwrap();
        let start = json!({ "seq": 0, "holder": null, "until": 0 }).to_string();
        assert!(
            super::super::store::swap_cursor(world.store().db(), &text, &start)
                .await
                .unwrap()
        );
        super::super::settle(world.store()).await.unwrap();
        assert_eq!(
            world.store().last_seq().await.unwrap(),
            seq,
            "seed {seed}: done twice it does nothing"
        );
        assert!(world.store().verify().await.unwrap().broken.is_none());
        // Somebody has more than one territory's worth of history by now.
        assert!(
            sets.len() > 12 && !open_assignments(&world).await.is_empty(),
            "seed {seed}"
        );
    }
}

#[tokio::test]
async fn only_one_at_a_time_assigns_and_a_dead_one_is_waited_out() {
    let world = World::new().await;
    world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let db = world.store().db();
    let text = super::super::store::read_cursor(db).await.unwrap().unwrap();
    let mark: Value = serde_json::from_str(&text).unwrap();
    let until = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64
        + 300;
    let held = json!({ "seq": mark["seq"], "holder": "another", "until": until }).to_string();
    assert!(super::super::store::swap_cursor(db, &text, &held).await.unwrap());
    // A process that died holds the lease: whoever draws waits for its end, and then does the work.
    let drawn = draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await;
    assert_eq!(drawn["moved"], 1);
    // Several at once: each change is worked off exactly once.
    world.customer("Second", Some((13.26, 53.56)), json!({})).await;
    let all = (0..8).map(|_| super::super::settle(world.store()));
    for done in futures::future::join_all(all).await {
        done.unwrap();
    }
    assert_eq!(open_assignments(&world).await.len(), 2);
}
