//! Overlaps, previews, thousands at once, deletion.

use records::{At, Op, Query, Viewer, fields};
use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, customer, square};

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
    let layout = super::super::Layout::load(world.store(), At::PRESENT)
        .await
        .unwrap();
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
    assert_eq!(
        nothing,
        json!({ "change_set": null, "moved": 0, "accounts_passed": 0 })
    );
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
