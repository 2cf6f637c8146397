//! Blocks by code, reach by drive time, rules about customers.

use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, square};
use crate::testing::demo_atlas;

/// A customer at a postcode.
async fn at_postcode(
    world: &World,
    name: &str,
    code: &str,
    place: Option<(f64, f64)>,
    more: Value,
) -> String {
    let (_, location) = world.customer(name, place, more).await;
    let fields =
        json!({ "fields": { "postal_code": code, "lng": place.map(|p| p.0), "lat": place.map(|p| p.1) } });
    let path = format!("/api/v1/locations/{location}");
    let (status, answer) = world.ask("max", "PATCH", &path, fields).await;
    assert!(status.is_success(), "{answer}");
    location
}

async fn codes_of_addresses(world: World) {
    let one = at_postcode(&world, "One", "17033", None, json!({})).await;
    let two = at_postcode(&world, "Two", "17 034", Some((13.25, 53.55)), json!({})).await;
    let three = at_postcode(&world, "Three", "17039", Some((13.26, 53.55)), json!({})).await;
    let list = json!({ "text": "17033\n17034; 99999,\"Nowhere\"" });
    let found = world.post("max", "/api/v1/territories/codes", list).await;
    let codes: Vec<&str> = found["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["17033", "17034"]);
    assert_eq!(found["unknown"], json!(["99999", "Nowhere"]));
    assert_eq!(found["geometry"], Value::Null);

    // Which postcodes there are is not everybody's to know.
    let list = json!({ "codes": ["17033"] });
    let (status, _) = world
        .ask("rita", "POST", "/api/v1/territories/codes", list.clone())
        .await;
    assert_eq!(status.as_u16(), 403);
    let (status, _) = world
        .ask("rita", "POST", "/api/v1/territories/preview", list)
        .await;
    assert_eq!(status.as_u16(), 403);
    // Nothing is made of a list with a code nobody knows.
    let body = json!({ "name": "North", "codes": ["17033", "99999"] });
    let (status, refused) = world.ask("max", "POST", "/api/v1/territories/draw", body).await;
    assert_eq!(
        (status.as_u16(), refused["faults"][0]["code"].as_str()),
        (400, Some("unknown-code"))
    );

    let codes = json!({ "codes": ["17033", "17034"] });
    let mut question = codes.clone();
    question["territory_id"] = Value::Null;
    let preview = world.post("max", "/api/v1/territories/preview", question).await;
    assert_eq!(preview["moved_count"], 2);
    let body = json!({ "name": "North", "codes": ["17033", "17034"], "owner_id": "rita" });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(drawn["moved"], 2);
    let north = id_of(&drawn);
    assert_eq!(drawn["territory"]["extent"]["blocks"][0]["has_area"], false);
    let holders_now = holders(&world).await;
    assert_eq!(holders_now.keys().collect::<Vec<_>>(), vec![&one, &two]);
    let why = world
        .get("max", &format!("/api/v1/locations/{one}/ownership"))
        .await;
    assert_eq!(why["cause"], "unit");
    let decides = why["ladder"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["decides"] == true);
    assert_eq!(decides.unwrap()["text"], "In block 17033 of North");

    // An address that changes its postcode changes hands, and a drawn area is the stronger claim.
    let path = format!("/api/v1/locations/{three}");
    let moved = json!({ "fields": { "postal_code": "17033", "lng": 13.26, "lat": 53.55 } });
    world.ask("max", "PATCH", &path, moved).await;
    assert_eq!(holders(&world).await[&three], "North");
    draw(&world, "East", square(13.255, 53.5, 13.3, 53.6)).await;
    assert_eq!(holders(&world).await[&three], "East");

    // Other codes; and all of it can be taken back.
    let path = format!("/api/v1/territories/{north}/codes");
    let (status, changed) = world
        .ask("max", "PUT", &path, json!({ "codes": ["17034"] }))
        .await;
    assert_eq!(
        (status.as_u16(), &changed["moved"]),
        (200, &json!(1)),
        "{changed}"
    );
    assert_eq!(changed["territory"]["version"]["number"], 2);
    assert!(!holders(&world).await.contains_key(&one));
    world.undo("max", &changed["change_set"]).await;
    assert_eq!(holders(&world).await[&one], "North");
}

#[tokio::test]
async fn a_list_of_codes_makes_a_territory_by_the_postcodes_of_addresses() {
    codes_of_addresses(World::new().await).await;
}

#[tokio::test]
async fn a_list_of_codes_makes_a_territory_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        codes_of_addresses(world).await;
    }
}

#[tokio::test]
async fn municipalities_of_the_map_are_blocks_with_an_area() {
    let world = World::new().await;
    let atlas = demo_atlas();
    world.app.set_atlas(atlas.clone());
    let town = atlas
        .boundaries()
        .iter()
        .find(|b| b.name() == "Neubrandenburg" && b.reference().is_some())
        .expect("the demo map has the town");
    let middle = geom::LngLat::new(13.2606, 53.5574).unwrap();
    assert!(town.contains(middle));
    let (_, inside) = world
        .customer("Inside", Some((13.2606, 53.5574)), json!({}))
        .await;
    world.customer("Outside", Some((13.0, 53.9)), json!({})).await;
    let body = json!({ "name": "Town", "codes": ["neubrandenburg"] });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(drawn["moved"], 1, "{drawn}");
    assert_eq!(drawn["territory"]["extent"]["blocks"][0]["has_area"], true);
    assert_eq!(drawn["territory"]["geometry"]["type"], "MultiPolygon");
    assert_eq!(drawn["territory"]["extent"]["is_drawn"], false);
    assert_eq!(holders(&world).await.keys().collect::<Vec<_>>(), vec![&inside]);
    // A drawn border goes first: blocks over it are told whom they do not get.
    draw(&world, "Drawn", square(13.2, 53.5, 13.3, 53.6)).await;
    let question = json!({ "territory_id": null, "codes": ["neubrandenburg"] });
    let preview = world.post("max", "/api/v1/territories/preview", question).await;
    assert_eq!(
        (&preview["moved_count"], &preview["stay_count"]),
        (&json!(0), &json!(1))
    );
    let gone = world.get("max", "/api/v1/territories/overview").await["territories"][0]["id"].clone();
    let path = format!("/api/v1/territories/{}", gone.as_str().unwrap());
    world.ask("max", "DELETE", &path, Value::Null).await;
    // Its border is edited: from then on it is a drawn area.
    let path = format!("/api/v1/territories/{}/geometry", id_of(&drawn));
    let area = json!({ "geometry": square(13.2, 53.5, 13.3, 53.6) });
    let (_, reshaped) = world.ask("max", "PUT", &path, area).await;
    assert_eq!(reshaped["territory"]["extent"]["blocks"], json!([]));
    assert_eq!(reshaped["territory"]["extent"]["is_drawn"], true);
    assert_eq!(holders(&world).await.keys().collect::<Vec<_>>(), vec![&inside]);
}

#[tokio::test]
async fn a_reach_stays_as_it_is_until_a_person_takes_over_what_another_map_says() {
    let world = World::new().await;
    world.app.set_atlas(demo_atlas());
    let (_, near) = world.customer("Near", Some((13.2606, 53.5574)), json!({})).await;
    world.customer("Far", Some((13.0, 53.9)), json!({})).await;
    let reach = json!({ "lng": 13.2606, "lat": 53.5574, "minutes": 5.0, "label": "Marktplatz" });
    let question = json!({ "territory_id": null, "reach": reach });
    let preview = world.post("max", "/api/v1/territories/preview", question).await;
    assert_eq!(preview["moved_count"], 1);
    let body = json!({ "name": "Centre", "reach": reach });
    let drawn = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(drawn["moved"], 1);
    let id = id_of(&drawn);
    assert_eq!(drawn["territory"]["extent"]["reach"]["minutes"], 5.0);
    assert_eq!(drawn["territory"]["extent"]["reach"]["is_outdated"], false);
    let why = world
        .get("max", &format!("/api/v1/locations/{near}/ownership"))
        .await;
    assert_eq!(why["cause"], "reach");
    let same = world.get("max", &format!("/api/v1/territories/{id}/reach")).await;
    assert_eq!(
        (&same["gained_km2"], &same["lost_km2"]),
        (&json!(0.0), &json!(0.0))
    );

    // As it would stand on record had it been worked out on an older map, with fewer roads: a small square.
    let version = drawn["territory"]["version"]["id"].as_str().unwrap();
    let (table, hash) = ("territory_versions", "f".repeat(64));
    let area = square(13.25, 53.55, 13.27, 53.56);
    let area = json!({ "type": "MultiPolygon", "coordinates": [area["coordinates"]] });
    let stored = json!({ "lng": 13.2606, "lat": 53.5574, "minutes": 5.0, "profile": "car", "map_hash": hash, "area": area });
    let sql = sqlx::AssertSqlSafe(format!("update {table} set reach = $1 where id = $2"));
    let db = world.store().db();
    records::on_db!(write db, pool => sqlx::query(sql).bind(stored.to_string()).bind(version).execute(pool).await.map(|_| ())).unwrap();
    // Any change lets the territories be read again; the reach is not touched by it.
    let path = format!("/api/v1/territories/{id}");
    world
        .ask("max", "PATCH", &path, json!({ "fields": { "name": "Core" } }))
        .await;

    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"][0]["extent"]["reach"]["is_outdated"], true);
    assert_eq!(
        overview["territories"][0]["geometry"], area,
        "nothing is applied by itself"
    );
    let issues = world.get("max", "/api/v1/territories/issues").await;
    assert_eq!(issues["outdated"][0]["territory"]["name"], "Core");
    let proposed = world.get("max", &format!("/api/v1/territories/{id}/reach")).await;
    assert!(
        proposed["gained_km2"].as_f64().unwrap() > 1.0,
        "{}",
        proposed["gained_km2"]
    );
    assert_ne!(proposed["map_hash"], proposed["new_map_hash"]);

    let path = format!("/api/v1/territories/{id}/reach/renew");
    let renewed = world.post("max", &path, Value::Null).await;
    assert_eq!(renewed["territory"]["geometry"], proposed["geometry"]);
    assert_eq!(renewed["territory"]["extent"]["reach"]["is_outdated"], false);
    assert_eq!(
        world.get("max", "/api/v1/territories/issues").await["outdated"],
        json!([])
    );
    world.undo("max", &renewed["change_set"]).await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"][0]["geometry"], area);
}

async fn rules_decide(world: World) {
    let customer = async |name: &str, lng: f64, industry: &str, employees: i64| {
        let facts = json!({ "industry": industry, "employees": employees });
        world.customer(name, Some((lng, 53.55)), facts).await
    };
    let (clinic, clinic_place) = customer("Clinic", 13.22, "health", 400).await;
    let (_, practice) = customer("Practice", 13.23, "Health", 6).await;
    let (_, shop) = customer("Shop", 13.24, "Retail", 500).await;
    let (_, far_clinic) = customer("Far clinic", 13.28, "Health", 300).await;
    let north = id_of(&draw(&world, "North", square(13.2, 53.5, 13.25, 53.6)).await);
    draw(&world, "South", square(13.25, 53.5, 13.3, 53.6)).await;
    let rule = json!({
        "conditions": [{ "field": "industry", "one_of": ["Health"] }, { "field": "employees", "from": 50.0 }],
        "within": north,
    });
    let question = json!({ "territory_id": null, "rules": [rule] });
    let preview = world.post("max", "/api/v1/territories/preview", question).await;
    assert_eq!(preview["moved"][0]["name"], "Clinic");
    assert_eq!(preview["moved_count"], 1);
    let body = json!({ "name": "Key accounts", "rules": [rule], "owner_id": "rolf" });
    let made = world.post("max", "/api/v1/territories/draw", body).await;
    assert_eq!(made["moved"], 1, "{made}");
    let key = id_of(&made);
    let who = async || {
        let names = holders(&world).await;
        [&clinic_place, &practice, &shop, &far_clinic].map(|id| names[id].clone())
    };
    assert_eq!(who().await, ["Key accounts", "North", "North", "South"]);
    let why = world
        .get("max", &format!("/api/v1/accounts/{clinic}/ownership"))
        .await;
    assert_eq!(
        (&why["cause"], &why["owner_name"]),
        (&json!("rule"), &json!("Rolf"))
    );
    let rung = why["ladder"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["decides"] == true);
    assert_eq!(
        rung.unwrap()["text"],
        "Meets the rule of Key accounts: industry is Health, employees from 50"
    );
    assert_eq!(
        world.get("max", "/api/v1/territories/issues").await["overlaps"],
        json!([])
    );

    // The firm shrinks, and the customer goes back to the area it lies in.
    world.set_time(MONDAY + DAY);
    let path = format!("/api/v1/accounts/{clinic}");
    let shrunk = json!({ "fields": { "employees": 20 } });
    let (_, changed) = world.ask("max", "PATCH", &path, shrunk).await;
    assert_eq!(who().await[0], "North");
    world.undo("max", &changed["change_set"]).await;
    assert_eq!(who().await[0], "Key accounts");

    // The area the rule holds within grows: so does what the rule reaches.
    let path = format!("/api/v1/territories/{north}/geometry");
    let wide = json!({ "geometry": square(13.2, 53.5, 13.29, 53.6) });
    let question = json!({ "territory_id": north, "geometry": wide["geometry"] });
    let preview = world.post("max", "/api/v1/territories/preview", question).await;
    let (_, wider) = world.ask("max", "PUT", &path, wide).await;
    assert_eq!(who().await[3], "Key accounts");
    assert_eq!(
        wider["moved"], preview["moved_count"],
        "a preview says what then happens"
    );
    world.undo("max", &wider["change_set"]).await;
    assert_eq!(who().await, ["Key accounts", "North", "North", "South"]);

    // Everywhere; and without rules again.
    let path = format!("/api/v1/territories/{key}/rules");
    let mut everywhere = rule.clone();
    everywhere.as_object_mut().unwrap().remove("within");
    world
        .ask("max", "PUT", &path, json!({ "rules": [everywhere] }))
        .await;
    assert_eq!(who().await, ["Key accounts", "North", "North", "Key accounts"]);
    world.ask("max", "PUT", &path, json!({ "rules": [] })).await;
    assert_eq!(who().await, ["North", "North", "North", "South"]);
}

#[tokio::test]
async fn rules_by_industry_and_size_beat_areas_and_follow_the_customer() {
    rules_decide(World::new().await).await;
}

#[tokio::test]
async fn rules_by_industry_and_size_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        rules_decide(world).await;
    }
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused_by_name() {
    let world = World::new().await;
    let refused = async |conditions: Value, within: Value| {
        let rule = json!({ "conditions": conditions, "within": within });
        let body = json!({ "name": "Key", "rules": [rule] });
        let (status, problem) = world.ask("max", "POST", "/api/v1/territories/draw", body).await;
        assert_eq!(status, 400, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    };
    let none = Value::Null;
    assert!(
        refused(json!([]), none.clone())
            .await
            .contains("1 to 200 conditions")
    );
    let shoe = json!([{ "field": "shoe_size", "from": 40.0 }]);
    assert!(
        refused(shoe, none.clone())
            .await
            .contains("shoe_size cannot be asked")
    );
    let nothing = json!([{ "field": "employees" }]);
    assert!(refused(nothing, none.clone()).await.contains("employees"));
    let backwards = json!([{ "field": "employees", "from": 50.0, "to": 10.0 }]);
    assert!(
        refused(backwards, none.clone())
            .await
            .contains("begins above its end")
    );
    let blank = json!([{ "field": "industry", "one_of": [" "] }]);
    assert!(refused(blank, none).await.contains("industry"));
    let health = json!([{ "field": "industry", "one_of": ["Health"] }]);
    assert!(refused(health, json!("nobody")).await.contains("not found"));
}
