//! Rights, undo as a whole, product lines, shares, trees.

use records::{Op, fields};
use serde_json::{Value, json};

use super::*;
use crate::test_world::square;

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
