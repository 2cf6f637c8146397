//! Trees and their filter, shares of the work, overlaps and their rules.

use records::{Op, fields};
use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, square};

async fn a_tree(world: World) {
    world
        .customer("Inside", Some((13.25, 53.55)), json!({ "annual_revenue": 500 }))
        .await;
    world.customer("Outside", Some((13.8, 53.9)), json!({})).await;
    let group = json!({ "name": "Division", "is_group": true });
    let division = id_of(&world.post("max", "/api/v1/territories/draw", group).await);
    let group = json!({ "name": "Region", "is_group": true, "parent_id": division });
    let region = id_of(&world.post("max", "/api/v1/territories/draw", group).await);
    let district = id_of(&draw(&world, "District", square(13.2, 53.5, 13.3, 53.6)).await);
    let path = format!("/api/v1/territories/{district}/settings");
    let moved = put(&world, &path, json!({ "parent_id": region })).await;
    assert_eq!(moved["territory"]["parent_id"], region.as_str());

    // Who asks for the division gets what lies below the region below it: list, count, legend, tile, region.
    for (id, count) in [(&division, 1), (&region, 1), (&district, 1)] {
        let filter = format!("territory_id%20%3D%20%27{id}%27");
        let rows = world
            .get("max", &format!("/api/v1/customers?filter={filter}"))
            .await;
        assert_eq!(
            (&rows["count"], &rows["rows"][0]["name"]),
            (&json!(count), &json!("Inside"))
        );
        let filter = format!("NOT%20territory_id%20IN%20(%27{id}%27)");
        assert_eq!(
            world
                .get("max", &format!("/api/v1/customers?filter={filter}"))
                .await["count"],
            0
        );
        let legend = format!("/api/v1/legend?by=class&filter=territory_id%20%3D%20%27{id}%27");
        let legend = world.get("max", &legend).await;
        assert_eq!(legend["entries"][0]["count"], 1, "{legend}");
        let tile = format!("/tiles/customers/0/0/0.mvt?filter=territory_id%20%3D%20%27{id}%27");
        let (status, _, bytes) = world.raw("max", "GET", &tile, Value::Null).await;
        assert!(status.as_u16() == 200 && !bytes.is_empty(), "the tile of {id}");
        let body = json!({ "shape": null, "filter": format!("territory_id = '{id}'") });
        assert_eq!(world.post("max", "/api/v1/snapshot", body).await["a"]["count"], 1);
    }
    let overview = world.get("max", "/api/v1/territories/overview").await;
    let top = overview["territories"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "Division")
        .unwrap();
    assert_eq!(
        (&top["totals"]["revenue"], &top["rolled_up"]["revenue"]),
        (&json!(0), &json!(500))
    );

    // Nobody stands below itself.
    let path = format!("/api/v1/territories/{division}/settings");
    let (status, problem) = world
        .ask("max", "PUT", &path, json!({ "parent_id": district }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("circle"))
    );
    // As of the day before, the tree was not there.
    let day_before = MONDAY - DAY;
    let filter = format!("territory_id%20%3D%20%27{division}%27&as_of={day_before}");
    assert_eq!(
        world
            .get("max", &format!("/api/v1/customers?filter={filter}"))
            .await["count"],
        0
    );
}

#[tokio::test]
async fn a_filter_by_parent_includes_everything_below_it() {
    a_tree(World::new().await).await;
}

#[tokio::test]
async fn a_filter_by_parent_includes_everything_below_it_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        a_tree(world).await;
    }
}

#[tokio::test]
async fn shares_of_60_and_40_split_the_work_and_nonsense_is_refused() {
    let world = World::new().await;
    world
        .customer("Class A", Some((13.25, 53.55)), json!({ "class": "A" }))
        .await;
    let frequency = Op::create(
        "visit_frequency",
        fields([
            ("class", "A".into()),
            ("days", 7.into()),
            ("duration_minutes", 60.into()),
        ]),
    );
    world.write(vec![frequency]).await;
    let north = id_of(&draw(&world, "North", square(13.2, 53.5, 13.3, 53.6)).await);
    let path = format!("/api/v1/territories/{north}/members");
    let member =
        |user: &str, role: &str, share: Option<f64>| json!({ "user_id": user, "role": role, "share": share });
    let members = json!({ "members": [
        member("rita", "owner", Some(60.0)), member("rolf", "owner", Some(40.0)), member("anna", "backup", None),
    ] });
    let staffed = put(&world, &path, members.clone()).await;
    assert_eq!(staffed["territory"]["members"].as_array().unwrap().len(), 3);
    assert_eq!(staffed["territory"]["owner_name"], "Rita");
    assert_eq!(
        put(&world, &path, members).await["change_set"],
        Value::Null,
        "the same again changes nothing"
    );
    let page = world.get("max", "/api/v1/territories/fairness").await;
    let hours = |name: &str| {
        let people = page["people"].as_array().unwrap();
        let row = people.iter().find(|p| p["name"] == name).unwrap();
        (
            row["visit_hours"].as_f64().unwrap(),
            row["territories"][0]["share"].as_f64().unwrap(),
        )
    };
    // One visit of an hour each week.
    assert_eq!((hours("Rita"), hours("Rolf")), ((0.6, 60.0), (0.4, 40.0)));
    assert_eq!(
        page["people"].as_array().unwrap().len(),
        2,
        "a backup has no share"
    );
    // 0.6 against a mean of 0.5; Gini (0.6 - 0.4) / (2 · 2 · 0.5) = 0.1.
    let customers = &page["distribution"][0];
    assert_eq!(
        (&customers["max_to_mean"], &customers["gini"]),
        (&json!(1.2), &json!(0.1))
    );

    for (members, code) in [
        (
            json!([
                member("rita", "owner", Some(70.0)),
                member("rolf", "owner", Some(40.0))
            ]),
            "over-100",
        ),
        (json!([member("rita", "owner", Some(0.0))]), "out-of-range"),
        (
            json!([member("rita", "owner", None), member("rita", "owner", None)]),
            "twice",
        ),
    ] {
        let (status, problem) = world
            .ask("max", "PUT", &path, json!({ "members": members }))
            .await;
        assert_eq!(
            (status.as_u16(), &problem["faults"][0]["code"]),
            (400, &json!(code))
        );
    }
    world.undo("max", &staffed["change_set"]).await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    assert_eq!(overview["territories"][0]["members"], json!([]));
}

#[tokio::test]
async fn an_overlap_is_settled_by_each_of_the_four_rules() {
    for rule in ["priority", "line", "cut", "split"] {
        let world = World::new().await;
        let mut places = Vec::new();
        // West alone, two on shared ground (west and east of its middle), east alone.
        for lng in [13.22, 13.255, 13.295, 13.33] {
            places.push(
                world
                    .customer(&format!("At {lng}"), Some((lng, 53.55)), json!({}))
                    .await
                    .1,
            );
        }
        let west = id_of(&draw(&world, "West", square(13.2, 53.5, 13.3, 53.6)).await);
        let east = id_of(&draw(&world, "East", square(13.25, 53.5, 13.35, 53.6)).await);
        let issues = world.get("max", "/api/v1/territories/issues").await;
        assert_eq!(issues["overlaps"][0]["locations"].as_array().unwrap().len(), 2);
        let mut body = json!({ "a": west, "b": east, "rule": rule });
        match rule {
            "line" => {
                body["territory"] = east.clone().into();
                body["line"] = "Service".into();
            }
            "split" => {}
            _ => body["winner"] = east.clone().into(),
        }
        let settled = world
            .post("max", "/api/v1/territories/overlaps/settle", body.clone())
            .await;
        let open = open_assignments(&world).await;
        let holder = |place: &String, line: &str| {
            let found = open.get(&(place.clone(), line.to_owned()))?;
            Some(if found["territory_id"] == west.as_str() {
                "West"
            } else {
                "East"
            })
        };
        let common: Vec<_> = places.iter().map(|p| holder(p, "")).collect();
        let expected = match rule {
            "line" => [Some("West"), Some("West"), Some("West"), None],
            "split" => [Some("West"), Some("West"), Some("East"), Some("East")],
            _ => [Some("West"), Some("East"), Some("East"), Some("East")],
        };
        assert_eq!(common, expected, "{rule}");
        let service: Vec<_> = places.iter().map(|p| holder(p, "Service")).collect();
        let lined = [None, Some("East"), Some("East"), Some("East")];
        assert_eq!(
            service,
            if rule == "line" { lined } else { [None; 4] },
            "{rule}: one owner per line"
        );
        let left = world.get("max", "/api/v1/territories/issues").await["overlaps"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(
            left,
            usize::from(rule == "priority"),
            "{rule}: both borders stay only with a priority"
        );
        if left == 0 {
            let (status, again) = world
                .ask("max", "POST", "/api/v1/territories/overlaps/settle", body)
                .await;
            assert_eq!((status.as_u16(), &again["code"]), (409, &json!("no-overlap")));
        }
        world.undo("max", &settled["change_set"]).await;
        let issues = world.get("max", "/api/v1/territories/issues").await;
        assert_eq!(
            issues["overlaps"].as_array().unwrap().len(),
            1,
            "{rule} is taken back"
        );
    }
}
