//! Territories from outside, over the routes: what a manager does, and what everybody then sees.

use std::collections::BTreeMap;

use records::{At, Op, Query, Viewer, fields};
use serde_json::{Value, json};

use crate::test_world::{DAY, MONDAY, World, customer, square};

/// Who has what now: (location, line) → (territory, cause, version, since, reason). One entry at most each.
async fn open_assignments(world: &World) -> BTreeMap<(String, String), Value> {
    let mut open = BTreeMap::new();
    let mut query = Query::of("assignment").limit(1000);
    loop {
        let page = world.store().list(&Viewer::system(), &query).await.unwrap();
        for record in page
            .records
            .into_iter()
            .filter(|r| r.fields["valid_to"].is_null())
        {
            let key = (
                record.text("location_id").unwrap().to_owned(),
                record.text("line").unwrap_or("").to_owned(),
            );
            let before = open.insert(key.clone(), Value::Object(record.fields));
            assert!(before.is_none(), "{key:?} is assigned twice");
        }
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return open,
        }
    }
}

/// Names of the territories by location.
async fn holders(world: &World) -> BTreeMap<String, String> {
    let open = open_assignments(world).await;
    let mut holders = BTreeMap::new();
    for ((location, line), fields) in open {
        if line.is_empty() {
            let id = fields["territory_id"].as_str().unwrap();
            let territory = world
                .store()
                .get(&Viewer::system(), "territory", id, At::PRESENT)
                .await
                .unwrap();
            holders.insert(
                location,
                territory
                    .map(|t| t.text("name").unwrap().to_owned())
                    .unwrap_or_default(),
            );
        }
    }
    holders
}

async fn draw(world: &World, name: &str, geometry: Value) -> Value {
    world
        .post(
            "max",
            "/api/v1/territories/draw",
            json!({ "name": name, "geometry": geometry }),
        )
        .await
}

fn id_of(written: &Value) -> String {
    written["territory"]["id"]
        .as_str()
        .expect("a territory")
        .to_owned()
}

async fn draws_and_undoes(world: World) {
    let (account, inside) = world
        .customer(
            "Bäckerei X",
            Some((13.25, 53.55)),
            json!({ "annual_revenue": 120_000 }),
        )
        .await;
    let (_, outside) = world.customer("Far away", Some((14.0, 54.0)), json!({})).await;
    let before = open_assignments(&world).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6), "owner_id": "rita" });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(drawn["moved"], 1);
    assert_eq!(drawn["territory"]["owner_name"], "Rita");
    assert_eq!(drawn["territory"]["version"]["number"], 1);
    assert_eq!(drawn["territory"]["version"]["author_name"], "Max");
    assert_eq!(drawn["territory"]["totals"]["accounts"], 1);
    assert_eq!(drawn["territory"]["totals"]["revenue"], 120_000);
    assert_eq!(drawn["territory"]["geometry"]["type"], "MultiPolygon");

    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"].as_array().unwrap().len(), 1);
    assert_eq!(overview["without"]["locations"], 1);
    // One gap: the place far away.
    assert_eq!(overview["issues"], 1);
    assert_eq!(overview["people"][0]["name"], "Rita");

    let why = world
        .get("max", &format!("/api/v1/accounts/{account}/ownership"))
        .await;
    assert_eq!(why["location_id"], inside.as_str());
    assert_eq!(why["territory_name"], "North");
    assert_eq!(why["owner_name"], "Rita");
    assert_eq!(why["cause"], "polygon");
    assert_eq!(why["version_number"], 1);
    assert_eq!(why["author_name"], "Max");
    let decides: Vec<&Value> = why["ladder"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["decides"] == true)
        .collect();
    assert_eq!(decides.len(), 1);
    assert_eq!(decides[0]["rule"], "polygon");
    assert_eq!(decides[0]["text"], "Inside the drawn area of North");
    assert!(
        why["text"]
            .as_str()
            .unwrap()
            .starts_with("North, Rita, since 2026-03-02."),
        "{}",
        why["text"]
    );

    let nobody = world
        .get("max", &format!("/api/v1/locations/{outside}/ownership"))
        .await;
    assert_eq!(nobody["territory_id"], Value::Null);
    assert_eq!(nobody["since"], Value::Null);
    assert!(
        nobody["ladder"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["decides"] == false)
    );

    let undone = world.undo("max", &drawn["change_set"]).await;
    assert_eq!(undone["blocked_count"], 0);
    assert_eq!(open_assignments(&world).await, before);
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"], json!([]));
    // The map shows it too.
    let rows = world
        .get(
            "max",
            "/api/v1/customers?filter=territory_id IS NULL"
                .replace(' ', "%20")
                .as_str(),
        )
        .await;
    assert_eq!(rows["count"], 2);
}

#[tokio::test]
async fn drawing_assigns_and_one_undo_takes_all_of_it_back() {
    draws_and_undoes(World::new().await).await;
}

#[tokio::test]
async fn drawing_assigns_and_one_undo_takes_all_of_it_back_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        draws_and_undoes(world).await;
    }
}

#[tokio::test]
async fn a_border_that_crosses_itself_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    let bow = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.2, 53.2], [13.2, 53.0], [13.0, 53.2], [13.0, 53.0]]] });
    let before = world.store().last_seq().await.unwrap();
    let (status, problem) = world
        .ask(
            "max",
            "POST",
            "/api/v1/territories/draw",
            json!({ "name": "Bow", "geometry": bow }),
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(problem["faults"][0]["pointer"], "/geometry");
    assert_eq!(problem["faults"][0]["code"], "crosses-itself");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("13.100000, 53.100000"),
        "{problem}"
    );
    assert_eq!(world.store().last_seq().await.unwrap(), before);
    // In a preview it is an answer with the place to show.
    let preview = world
        .post(
            "max",
            "/api/v1/territories/preview",
            json!({ "territory_id": null, "geometry": bow }),
        )
        .await;
    let near = |value: &Value, to: f64| (value.as_f64().unwrap() - to).abs() < 1e-9;
    assert!(
        near(&preview["problem"]["lng"], 13.1) && near(&preview["problem"]["lat"], 53.1),
        "{preview}"
    );
    assert_eq!(preview["sides"], json!([]));
}

#[tokio::test]
async fn a_place_on_a_shared_border_has_exactly_one_territory() {
    let world = World::new().await;
    let (_, on_border) = world
        .customer("On the border", Some((13.25, 53.55)), json!({}))
        .await;
    let (_, corner) = world
        .customer("On the corner", Some((13.25, 53.6)), json!({}))
        .await;
    draw(&world, "West", square(13.2, 53.5, 13.25, 53.6)).await;
    // The western area had it while it was alone: nobody else claims the border.
    assert_eq!(holders(&world).await[&on_border], "West");
    draw(&world, "East", square(13.25, 53.5, 13.3, 53.6)).await;
    draw(&world, "North", square(13.2, 53.6, 13.3, 53.7)).await;
    let holders = holders(&world).await;
    // Left and lower borders belong to an area, right and upper ones do not.
    assert_eq!(holders[&on_border], "East");
    assert_eq!(holders[&corner], "North");
    let why = world
        .get("max", &format!("/api/v1/locations/{on_border}/ownership"))
        .await;
    assert_eq!(why["history"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_pin_that_moves_over_the_border_changes_hands_with_reason_and_history() {
    let world = World::new().await;
    let (_, location) = world
        .customer("Bäckerei X", Some((13.22, 53.55)), json!({}))
        .await;
    draw(&world, "West", square(13.2, 53.5, 13.25, 53.6)).await;
    draw(&world, "East", square(13.25, 53.5, 13.3, 53.6)).await;
    world.set_time(MONDAY + DAY);
    let path = format!("/api/v1/locations/{location}");
    let (status, moved) = world
        .ask(
            "max",
            "PATCH",
            &path,
            json!({ "fields": { "lng": 13.28, "lat": 53.55 } }),
        )
        .await;
    assert_eq!(status, 200, "{moved}");
    assert_eq!(holders(&world).await[&location], "East");
    let reason = &open_assignments(&world).await[&(location.clone(), String::new())]["reason"];
    assert_eq!(reason["winner"]["territory"], "East");
    assert_eq!(reason["decided_by"], "only_claim");
    assert_eq!(reason["place"], json!([13.28, 53.55]));

    let why = world.get("max", &format!("{path}/ownership")).await;
    let history = why["history"].as_array().unwrap();
    assert_eq!(history[0]["territory_name"], "East");
    assert_eq!(history[1]["territory_name"], "West");
    assert_eq!(history[1]["to"], history[0]["from"]);
    let past = world
        .get("max", &format!("{path}/ownership?as_of={}", MONDAY + DAY / 2))
        .await;
    assert_eq!(past["territory_name"], "West");
    assert!(
        past["ladder"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["decides"] == true && r["text"] == "Inside the drawn area of West")
    );

    // Undoing the move takes the assignment back, and says so.
    world.undo("max", &moved["change_set"]).await;
    assert_eq!(holders(&world).await[&location], "West");
    let why = world.get("max", &format!("{path}/ownership")).await;
    assert_eq!(why["history"][0]["territory_name"], "West");
    assert_eq!(why["history"][0]["to"], Value::Null);
    let taken_back = why["history"]
        .as_array()
        .unwrap()
        .iter()
        .find(|h| h["text"] == "Taken back")
        .unwrap();
    assert_eq!(taken_back["territory_name"], "East");
    // As we knew on the day in between, it was East.
    let known = world
        .get(
            "max",
            &format!("{path}/ownership?known_at={}", MONDAY + DAY + 500),
        )
        .await;
    let _ = known;
}

#[tokio::test]
async fn the_owner_of_a_past_day_is_who_it_was() {
    let world = World::new().await;
    let (_, location) = world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6), "owner_id": "rita" });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    let id = id_of(&drawn);
    world.set_time(MONDAY + 30 * DAY);
    let given = world
        .post(
            "max",
            &format!("/api/v1/territories/{id}/owner"),
            json!({ "user_id": "rolf" }),
        )
        .await;
    assert_eq!(given["territory"]["owner_name"], "Rolf");
    assert_eq!(given["moved"], 0);
    world.set_time(MONDAY + 60 * DAY);
    let reshaped = world
        .ask(
            "max",
            "PUT",
            &format!("/api/v1/territories/{id}/geometry"),
            json!({ "geometry": square(13.4, 53.5, 13.5, 53.6) }),
        )
        .await;
    assert_eq!(reshaped.0, 200);
    assert_eq!(reshaped.1["moved"], 1);
    assert_eq!(reshaped.1["territory"]["version"]["number"], 2);

    let at = async |day: i64| {
        world
            .get(
                "max",
                &format!(
                    "/api/v1/locations/{location}/ownership?as_of={}",
                    MONDAY + day * DAY
                ),
            )
            .await
    };
    assert_eq!(at(15).await["owner_name"], "Rita");
    assert_eq!(at(45).await["owner_name"], "Rolf");
    assert_eq!(at(75).await["territory_id"], Value::Null);
    let history = at(75).await["history"].clone();
    let spans: Vec<(&str, i64)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|h| {
            (
                h["owner_name"].as_str().unwrap(),
                (h["to"].as_i64().unwrap() - MONDAY) / DAY,
            )
        })
        .collect();
    assert_eq!(spans, [("Rolf", 60), ("Rita", 30)]);

    let overview = async |day: i64| {
        world
            .get(
                "max",
                &format!("/api/v1/territories/overview?as_of={}", MONDAY + day * DAY),
            )
            .await
    };
    let past = overview(15).await;
    assert_eq!(past["territories"][0]["owner_name"], "Rita");
    assert_eq!(past["territories"][0]["totals"]["accounts"], 1);
    assert_eq!(past["territories"][0]["version"]["number"], 1);
    let now = overview(75).await;
    assert_eq!(now["territories"][0]["owner_name"], "Rolf");
    assert_eq!(now["territories"][0]["totals"]["accounts"], 0);
    assert_eq!(overview(-1).await["territories"], json!([]));
}

#[tokio::test]
async fn an_overlap_is_shown_with_its_customers_and_settled_by_name() {
    let world = World::new().await;
    let (account, both) = world.customer("In both", Some((13.25, 53.55)), json!({})).await;
    let (_, gap) = world.customer("In none", Some((13.05, 53.55)), json!({})).await;
    let (_, lost) = world.customer("On no map", None, json!({})).await;
    let north = id_of(&draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await);
    // Larger, so it loses what both claim.
    let south = id_of(&draw(&world, "South", square(13.2, 53.3, 13.35, 53.57)).await);
    assert_eq!(holders(&world).await[&both], "North");
    let issues = world.get("max", "/api/v1/territories/issues").await;
    assert_eq!(issues["overlaps"].as_array().unwrap().len(), 1);
    assert_eq!(issues["overlaps"][0]["a"]["name"], "North");
    assert_eq!(issues["overlaps"][0]["b"]["name"], "South");
    assert_eq!(
        issues["overlaps"][0]["locations"],
        json!([{ "location_id": both, "account_id": account, "name": "In both" }])
    );
    assert_eq!(issues["gaps"][0]["location_id"], gap.as_str());
    // 13.05, 53.55 is as far west of both; South begins at the same longitude and reaches 53.57.
    assert!(["North", "South"].contains(&issues["gaps"][0]["nearest"]["name"].as_str().unwrap()));
    assert_eq!(issues["not_placed"][0]["location_id"], lost.as_str());
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["issues"], 3);

    let before = open_assignments(&world).await;
    let taken = world
        .post(
            "max",
            &format!("/api/v1/territories/{south}/take"),
            json!({ "location_ids": [both, lost] }),
        )
        .await;
    assert_eq!(taken["moved"], 2);
    assert_eq!(holders(&world).await[&both], "South");
    assert_eq!(holders(&world).await[&lost], "South");
    let why = world
        .get("max", &format!("/api/v1/locations/{both}/ownership"))
        .await;
    assert_eq!(why["cause"], "named");
    let rungs = why["ladder"].as_array().unwrap();
    assert_eq!(rungs[0]["text"], "Held by name by South");
    assert_eq!(rungs[0]["decides"], true);
    let polygon = rungs.iter().find(|r| r["rule"] == "polygon").unwrap();
    assert_eq!(
        (&polygon["applies"], &polygon["decides"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(polygon["text"], "Inside the drawn area of North");

    // North takes it back by name: South gives the name up, so no two hold it.
    let back = world
        .post(
            "max",
            &format!("/api/v1/territories/{north}/take"),
            json!({ "location_ids": [both] }),
        )
        .await;
    assert_eq!(back["moved"], 1);
    let layout = super::Layout::load(world.store(), At::PRESENT).await.unwrap();
    assert_eq!(layout.get(&south).unwrap().named, std::slice::from_ref(&lost));
    assert_eq!(layout.get(&north).unwrap().named, std::slice::from_ref(&both));
    // Released, the area decides: it is North's all the same, by another rule, and since the beginning.
    let released = world
        .post(
            "max",
            &format!("/api/v1/territories/{north}/release"),
            json!({ "location_ids": [both] }),
        )
        .await;
    assert_eq!(
        open_assignments(&world).await[&(both.clone(), String::new())]["cause"],
        "polygon"
    );
    for set in [&released, &back, &taken] {
        assert_eq!(world.undo("max", &set["change_set"]).await["blocked_count"], 0);
    }
    assert_eq!(open_assignments(&world).await, before);
    // Taking what it has changes nothing.
    let nothing = world
        .post(
            "max",
            &format!("/api/v1/territories/{north}/take"),
            json!({ "location_ids": [both] }),
        )
        .await;
    assert_eq!(nothing, json!({ "change_set": null, "moved": 0 }));
    let (status, problem) = world
        .ask(
            "max",
            "POST",
            &format!("/api/v1/territories/{north}/take"),
            json!({ "location_ids": ["nowhere"] }),
        )
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("no-such-record"))
    );
}

#[tokio::test]
async fn a_preview_says_what_then_happens() {
    let world = World::new().await;
    world
        .write(vec![Op::create(
            "visit_frequency",
            fields([
                ("class", "A".into()),
                ("days", 14.into()),
                ("duration_minutes", 45.into()),
            ]),
        )])
        .await;
    for (i, lng) in [13.21, 13.24, 13.26, 13.29].into_iter().enumerate() {
        let kind = if i == 0 { "prospect" } else { "customer" };
        let more = json!({ "type": kind, "class": "A", "annual_revenue": 1000 * (i as i64 + 1) });
        world
            .customer(&format!("Customer {i}"), Some((lng, 53.55 + lng / 1000.0)), more)
            .await;
    }
    let west = id_of(&draw(&world, "West", square(13.2, 53.5, 13.25, 53.6)).await);
    let seq = world.store().last_seq().await.unwrap();
    let wider = square(13.2, 53.5, 13.27, 53.6);
    let preview = world
        .post(
            "max",
            "/api/v1/territories/preview",
            json!({ "territory_id": west, "geometry": wider }),
        )
        .await;
    assert_eq!(preview["moved_count"], 1);
    assert_eq!(preview["moved"][0]["name"], "Customer 2");
    assert_eq!(
        (&preview["moved"][0]["from"], &preview["moved"][0]["to"]),
        (&Value::Null, &json!("West"))
    );
    let sides = preview["sides"].as_array().unwrap();
    assert_eq!(sides[0]["territory_id"], west.as_str());
    assert_eq!(sides[1]["territory_id"], "none");
    assert_eq!(sides[0]["before"]["accounts"], 1);
    assert_eq!(sides[0]["before"]["prospects"], 1);
    assert_eq!(sides[0]["after"]["revenue"], 1000 + 2000 + 3000);
    assert_eq!(
        world.store().last_seq().await.unwrap(),
        seq,
        "a preview writes nothing"
    );

    // A new territory over the old one takes from it, and says that it shares ground.
    let new = json!({ "territory_id": null, "geometry": square(13.2, 53.5, 13.22, 53.6) });
    let over = world.post("max", "/api/v1/territories/preview", new).await;
    assert_eq!(over["sides"][0]["territory_id"], Value::Null);
    assert_eq!(over["sides"][1]["name"], "West");
    assert_eq!(
        over["overlaps"],
        json!([{ "territory_id": west, "name": "West", "locations": 1 }])
    );

    // So does one that would be made of named places, wherever they lie.
    let ids: Vec<Value> = {
        let caught = json!({ "geometry": square(13.2, 53.5, 13.3, 53.6) });
        let caught = world.post("max", "/api/v1/lasso", caught).await;
        let of = |c: &Value| (c["name"] != "Customer 2").then(|| c["location_id"].clone());
        caught["locations"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(of)
            .collect()
    };
    let named = json!({ "territory_id": null, "location_ids": ids });
    let named = world.post("max", "/api/v1/territories/preview", named).await;
    assert_eq!(named["moved_count"], 3);
    assert_eq!(named["sides"][0]["territory_id"], Value::Null);
    assert_eq!(named["sides"][0]["before"]["accounts"], 0);
    assert_eq!(named["sides"][0]["after"]["revenue"], 1000 + 2000 + 4000);
    assert_eq!(named["sides"][1]["name"], "West");
    assert_eq!(named["sides"][1]["after"]["accounts"], 0);
    // Whoever holds a place by name gives it up to whoever takes it by name.
    let inner = json!({ "name": "Named", "location_ids": ids });
    let (status, inner) = world.ask("max", "POST", "/api/v1/territories/draw", inner).await;
    assert_eq!(status, 201);
    let again = json!({ "territory_id": west, "location_ids": ids });
    let again = world.post("max", "/api/v1/territories/preview", again).await;
    assert_eq!(again["moved_count"], 3);
    assert_eq!(again["moved"][0]["from"], "Named");
    assert_eq!(again["moved"][0]["to"], "West");
    let undo = format!(
        "/api/v1/change-sets/{}/undo",
        inner["change_set"].as_str().unwrap()
    );
    assert_eq!(world.ask("max", "POST", &undo, json!({})).await.0, 200);

    let (status, done) = world
        .ask(
            "max",
            "PUT",
            &format!("/api/v1/territories/{west}/geometry"),
            json!({ "geometry": wider }),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(done["moved"], 1);
    assert_eq!(done["territory"]["totals"], sides[0]["after"]);
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["without"]["totals"], sides[1]["after"]);
    // Three customers of class A: 26 visits a year of 45 minutes: 3 * (45 * 365 / 14 = 1173) / 60 / 52 = 1.1 h; the
    // prospect has no rhythm of its class.
    assert_eq!(done["territory"]["totals"]["visit_hours"], 0.8);

    let lasso = world
        .post(
            "max",
            "/api/v1/lasso",
            json!({ "geometry": square(13.2, 53.5, 13.3, 53.6) }),
        )
        .await;
    assert_eq!(lasso["count"], 4);
    assert_eq!(lasso["by_territory"][0]["totals"], done["territory"]["totals"]);
    assert_eq!(lasso["by_territory"][1]["territory_id"], Value::Null);
    assert_eq!(lasso["locations"][3]["territory_id"], Value::Null);
}

#[tokio::test]
async fn thousands_move_in_chunks_and_one_undo_brings_all_of_them_back() {
    let world = World::new().await;
    let mut ops = Vec::new();
    for i in 0..700 {
        let place = (13.2 + f64::from(i % 70) * 0.001, 53.5 + f64::from(i / 70) * 0.001);
        ops.extend(customer(
            &records::new_id(),
            &records::new_id(),
            &format!("C{i}"),
            Some(place),
            Value::Null,
        ));
    }
    // Accounts first: runs of one type are written together.
    ops.sort_by_key(|op| op.type_name().to_owned());
    world.write(ops).await;
    let all = draw(&world, "All", square(13.1, 53.4, 13.4, 53.7)).await;
    assert_eq!(all["moved"], 700);
    let before = open_assignments(&world).await;
    // Smaller, so it takes what lies in it: 35 columns of 10.
    let west = draw(&world, "West", square(13.1, 53.4, 13.2345, 53.7)).await;
    assert_eq!(west["moved"], 350);
    let undone = world.undo("max", &west["change_set"]).await;
    assert_eq!(undone["blocked_count"], 0);
    assert_eq!(open_assignments(&world).await, before);
    world.undo("max", &all["change_set"]).await;
    assert!(open_assignments(&world).await.is_empty());
    assert!(world.store().verify().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn a_deleted_territory_takes_everything_of_it_along_and_comes_back_whole() {
    let world = World::new().await;
    world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let body = json!({ "name": "North", "geometry": square(13.2, 53.5, 13.3, 53.6), "owner_id": "rita" });
    let id = id_of(&world.post("max", "/api/v1/territories/draw", body).await);
    let before = (
        open_assignments(&world).await,
        world.get("max", "/api/v1/territories/overview").await,
    );
    world.set_time(MONDAY + DAY);
    let (status, deleted) = world
        .ask("max", "DELETE", &format!("/api/v1/territories/{id}"), Value::Null)
        .await;
    assert_eq!(status, 200, "{deleted}");
    assert!(open_assignments(&world).await.is_empty());
    for type_name in ["territory_version", "territory_member"] {
        let page = world
            .store()
            .list(&Viewer::system(), &Query::of(type_name))
            .await
            .unwrap();
        assert!(
            page.records.iter().all(|r| !r.fields["valid_to"].is_null()),
            "{type_name} goes on"
        );
    }
    // Its past stays.
    let past = world
        .get(
            "max",
            &format!("/api/v1/territories/overview?as_of={}", MONDAY + DAY / 2),
        )
        .await;
    assert_eq!(past["territories"][0]["owner_name"], "Rita");
    assert_eq!(past["territories"][0]["totals"]["accounts"], 1);
    world.undo("max", &deleted["change_set"]).await;
    assert_eq!(open_assignments(&world).await, before.0);
    let mut after = world.get("max", "/api/v1/territories/overview").await;
    after["as_of"] = before.1["as_of"].clone();
    after["territories"][0]["record_version"] = before.1["territories"][0]["record_version"].clone();
    assert_eq!(after, before.1);
}

#[tokio::test]
async fn only_managers_change_territories_and_reps_see_their_own() {
    let world = World::new().await;
    let (_, north) = world
        .customer("North customer", Some((13.25, 53.55)), json!({}))
        .await;
    let (_, south) = world
        .customer("South customer", Some((13.25, 53.45)), json!({}))
        .await;
    for (name, south_edge, owner) in [("North", 53.5, "rita"), ("South", 53.4, "rolf")] {
        let geometry = square(13.2, south_edge, 13.3, south_edge + 0.1);
        world
            .post(
                "max",
                "/api/v1/territories/draw",
                json!({ "name": name, "geometry": geometry, "owner_id": owner }),
            )
            .await;
    }
    let body = json!({ "name": "Mine", "geometry": square(13.2, 53.5, 13.3, 53.6) });
    for who in ["rita", "anna"] {
        let (status, problem) = world
            .ask(who, "POST", "/api/v1/territories/draw", body.clone())
            .await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (403, Some("forbidden")),
            "{who}"
        );
    }
    let (status, _) = world
        .ask("nobody", "GET", "/api/v1/territories/overview", Value::Null)
        .await;
    assert_eq!(status, 401);
    let overview = world.get("rita", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"].as_array().unwrap().len(), 1);
    assert_eq!(overview["territories"][0]["name"], "North");
    assert_eq!(overview["territories"][0]["totals"]["accounts"], 1);
    let own = world
        .get("rita", &format!("/api/v1/locations/{north}/ownership"))
        .await;
    assert_eq!(own["territory_name"], "North");
    let (status, _) = world
        .ask(
            "rita",
            "GET",
            &format!("/api/v1/locations/{south}/ownership"),
            Value::Null,
        )
        .await;
    assert_eq!(status, 404);
    let seen = world
        .post(
            "rita",
            "/api/v1/lasso",
            json!({ "geometry": square(13.0, 53.0, 14.0, 54.0) }),
        )
        .await;
    assert_eq!(seen["count"], 1);
    assert_eq!(
        world.get("anna", "/api/v1/territories/overview").await["territories"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_version_is_never_edited_and_its_area_is_looked_over() {
    let world = World::new().await;
    let drawn = draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await;
    let version = drawn["territory"]["version"]["id"].as_str().unwrap();
    let path = format!("/api/v1/territory-versions/{version}");
    let patch = json!({ "fields": { "area": square(0.0, 0.0, 1.0, 1.0) } });
    let (status, problem) = world.ask("max", "PATCH", &path, patch).await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("fixed"))
    );
    let bad = json!({ "fields": { "territory_id": id_of(&drawn), "number": 7, "area": { "type": "Point", "coordinates": [1, 2] } } });
    let (status, problem) = world.ask("max", "POST", "/api/v1/territory-versions", bad).await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("not-an-area"))
    );
}

#[tokio::test]
async fn a_change_is_taken_back_as_a_whole_the_last_one_first() {
    let world = World::new().await;
    world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let drawn = draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await;
    let path = format!("/api/v1/territories/{}/geometry", id_of(&drawn));
    let first = world
        .ask(
            "max",
            "PUT",
            &path,
            json!({ "geometry": square(13.2, 53.5, 13.4, 53.6) }),
        )
        .await
        .1;
    let second = world
        .ask(
            "max",
            "PUT",
            &path,
            json!({ "geometry": square(13.2, 53.5, 13.5, 53.6) }),
        )
        .await
        .1;
    let undo = format!(
        "/api/v1/change-sets/{}/undo",
        first["change_set"].as_str().unwrap()
    );
    let before = world.store().last_seq().await.unwrap();
    let (status, problem) = world.ask("max", "POST", &undo, Value::Null).await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (409, Some("changed-since"))
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("Change the border of North"),
        "{problem}"
    );
    assert_eq!(world.store().last_seq().await.unwrap(), before);
    for set in [&second, &first, &drawn] {
        assert_eq!(world.undo("max", &set["change_set"]).await["blocked_count"], 0);
    }
    assert!(open_assignments(&world).await.is_empty());
}

#[tokio::test]
async fn product_lines_do_not_mix_and_shares_split_the_work() {
    let world = World::new().await;
    let (_, location) = world
        .customer("Acme", Some((13.25, 53.55)), json!({ "class": "A" }))
        .await;
    world
        .write(vec![Op::create(
            "visit_frequency",
            fields([
                ("class", "A".into()),
                ("days", 7.into()),
                ("duration_minutes", 600.into()),
            ]),
        )])
        .await;
    let area = square(13.2, 53.5, 13.3, 53.6);
    let common = id_of(&draw(&world, "North", area.clone()).await);
    let machines = json!({ "name": "Machines", "geometry": area, "line": "machines" });
    let machines = id_of(&world.post("max", "/api/v1/territories/draw", machines).await);
    let open = open_assignments(&world).await;
    assert_eq!(
        open[&(location.clone(), String::new())]["territory_id"],
        common.as_str()
    );
    assert_eq!(
        open[&(location.clone(), "machines".into())]["territory_id"],
        machines.as_str()
    );
    // The same ground in two lines is no overlap.
    let issues = world.get("max", "/api/v1/territories/issues").await;
    assert_eq!(issues["overlaps"], json!([]));
    for (user, share) in [("rita", 60), ("rolf", 40)] {
        let member = fields([
            ("territory_id", common.as_str().into()),
            ("user_id", user.into()),
            ("role", "owner".into()),
            ("share", share.into()),
        ]);
        world.write(vec![Op::create("territory_member", member)]).await;
    }
    let overview = world.get("max", "/api/v1/territories/overview").await;
    // 600 min * 365 / 7 = 31,285 min a year / 60 / 52 = 10.0 h a week, and the same place in the other line.
    for territory in overview["territories"].as_array().unwrap() {
        assert_eq!(territory["totals"]["visit_hours"], 10.0);
    }
    assert_eq!(
        overview["territories"][1]["owner_name"], "Rita",
        "the larger share comes first"
    );
    let hours: Vec<&Value> = overview["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["visit_hours"])
        .collect();
    assert_eq!(hours, [6.0, 4.0]);
}

#[tokio::test]
async fn a_branch_rolls_up_and_is_no_overlap_with_its_own() {
    let world = World::new().await;
    world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let region = id_of(&draw(&world, "Region", square(13.0, 53.0, 14.0, 54.0)).await);
    let body = json!({ "name": "District", "geometry": square(13.2, 53.5, 13.3, 53.6), "parent_id": region });
    world.post("max", "/api/v1/territories/draw", body).await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    let (district, region) = (&overview["territories"][0], &overview["territories"][1]);
    assert_eq!(district["totals"]["accounts"], 1);
    assert_eq!(region["totals"]["accounts"], 0);
    assert_eq!(region["rolled_up"]["accounts"], 1);
    assert_eq!(overview["issues"], 0);
}

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.below(1 << 30) as f64 / f64::from(1 << 30))
    }

    fn place(&mut self) -> (f64, f64) {
        (self.between(13.0, 13.5), self.between(53.3, 53.7))
    }

    fn area(&mut self) -> Value {
        let (west, south) = self.place();
        square(
            west,
            south,
            west + self.between(0.05, 0.3),
            south + self.between(0.05, 0.3),
        )
    }
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
                let shape = super::parse_area(&version.fields["area"]).unwrap();
                size = shape.square_meters();
            }
            let key = match (named, inside) {
                (true, _) => (0, 0.0),
                (false, true) => (1, size),
                (false, false) => continue,
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
                (territory, if key.0 == 0 { "named" } else { "polygon" }),
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
            let cause = if fields["cause"] == "named" {
                "named"
            } else {
                "polygon"
            };
            (
                location.clone(),
                (fields["territory_id"].as_str().unwrap().to_owned(), cause),
            )
        })
        .collect();
    assert_eq!(found, by_looking_at_everything(world).await, "{what}");
}

#[tokio::test]
async fn whatever_happens_assignments_are_what_looking_at_everything_says() {
    for seed in [11, 12] {
        let world = World::new().await;
        let mut dice = Dice(seed);
        let mut locations = Vec::new();
        for i in 0..40 {
            let place = (i % 8 > 0).then(|| dice.place());
            locations.push(world.customer(&format!("C{i}"), place, Value::Null).await.1);
        }
        let mut territories: Vec<String> = Vec::new();
        let mut sets: Vec<Value> = Vec::new();
        for step in 0..40 {
            let what = format!("seed {seed} step {step}");
            world.set_time(MONDAY + (step + 1) * 3_600_000);
            let territory =
                (!territories.is_empty()).then(|| territories[dice.below(territories.len())].clone());
            let location = locations[dice.below(locations.len())].clone();
            let several: Vec<String> = (0..4)
                .map(|_| locations[dice.below(locations.len())].clone())
                .collect();
            let answer = match (dice.below(10), territory) {
                (0 | 1, _) | (_, None) => {
                    let drawn = draw(&world, &format!("T{step}"), dice.area()).await;
                    territories.push(id_of(&drawn));
                    drawn
                }
                (2 | 3, Some(id)) => {
                    let path = format!("/api/v1/territories/{id}/geometry");
                    world
                        .ask("max", "PUT", &path, json!({ "geometry": dice.area() }))
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
                    let (lng, lat) = dice.place();
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
                    let set = sets.swap_remove(dice.below(sets.len()));
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
        let text = super::store::read_cursor(world.store().db())
            .await
            .unwrap()
            .unwrap();
        let start = json!({ "seq": 0, "holder": null, "until": 0 }).to_string();
        assert!(
            super::store::swap_cursor(world.store().db(), &text, &start)
                .await
                .unwrap()
        );
        super::settle(world.store()).await.unwrap();
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
    let text = super::store::read_cursor(db).await.unwrap().unwrap();
    let mark: Value = serde_json::from_str(&text).unwrap();
    let until = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64
        + 300;
    let held = json!({ "seq": mark["seq"], "holder": "another", "until": until }).to_string();
    assert!(super::store::swap_cursor(db, &text, &held).await.unwrap());
    // A process that died holds the lease: whoever draws waits for its end, and then does the work.
    let drawn = draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await;
    assert_eq!(drawn["moved"], 1);
    // Several at once: each change is worked off exactly once.
    world.customer("Second", Some((13.26, 53.56)), json!({})).await;
    let all = (0..8).map(|_| super::settle(world.store()));
    for done in futures::future::join_all(all).await {
        done.unwrap();
    }
    assert_eq!(open_assignments(&world).await.len(), 2);
}
