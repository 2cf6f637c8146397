//! Trees and their filter, shares, overlaps and their rules, dates that were wrong, what-ifs, fairness.

use records::{Op, fields};
use serde_json::{Value, json};

use super::*;
use crate::test_world::{DAY, MONDAY, square};

async fn put(world: &World, path: &str, body: Value) -> Value {
    let (status, answer) = world.ask("max", "PUT", path, body).await;
    assert!(status.is_success(), "PUT {path}: {status} {answer}");
    answer
}

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

async fn a_wrong_date(world: World) {
    let (account, location) = world.customer("Acme", Some((13.25, 53.55)), json!({})).await;
    let area = square(13.2, 53.5, 13.3, 53.6);
    let body = json!({ "name": "South", "geometry": area, "owner_id": "rolf" });
    let south = id_of(&world.post("max", "/api/v1/territories/draw", body).await);
    // On day 30 North takes over; that it did so on day 20 is known only on day 40.
    world.set_time(MONDAY + 30 * DAY);
    let body = json!({ "name": "North", "geometry": area, "owner_id": "rita", "location_ids": [location] });
    let north = id_of(&world.post("max", "/api/v1/territories/draw", body).await);
    world.set_time(MONDAY + 40 * DAY);
    let who = async |at: i64, known_at: Option<i64>| {
        let known = known_at
            .map(|k| format!("&known_at={}", MONDAY + k * DAY + DAY / 2))
            .unwrap_or_default();
        let path = format!(
            "/api/v1/accounts/{account}/ownership?as_of={}{known}",
            MONDAY + at * DAY + DAY / 2
        );
        let answer = world.get("max", &path).await;
        (
            answer["territory_name"].as_str().unwrap_or("none").to_owned(),
            answer["owner_name"].as_str().unwrap_or("none").to_owned(),
        )
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(who(25, None).await, pair("South", "Rolf"));
    let path = format!("/api/v1/territories/{north}/began");
    let corrected = world.post("max", &path, json!({ "from": "2026-03-22" })).await;
    assert_eq!(corrected["territory"]["version"]["number"], 1);
    // As we know now; and as we believed before the correction.
    let staffed = json!({ "members": [{ "user_id": "rita", "role": "owner" }], "from": "2026-03-22" });
    put(&world, &format!("/api/v1/territories/{north}/members"), staffed).await;
    world.set_time(MONDAY + 50 * DAY);
    assert_eq!(who(25, None).await, pair("North", "Rita"));
    assert_eq!(who(25, Some(45)).await, pair("North", "Rita"));
    assert_eq!(
        who(25, Some(35)).await,
        pair("South", "Rolf"),
        "what was believed then stays"
    );
    assert_eq!(who(35, Some(35)).await, pair("North", "Rita"));
    assert_eq!(who(10, None).await, pair("South", "Rolf"));
    assert_eq!(who(10, Some(35)).await, pair("South", "Rolf"));
    let history = world
        .get("max", &format!("/api/v1/accounts/{account}/ownership"))
        .await["history"]
        .clone();
    let now: Vec<&Value> = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["superseded_at"].is_null())
        .collect();
    assert_eq!(now.len(), 2, "{history:#}");
    assert_eq!(
        (&now[0]["territory_name"], &now[0]["from"]),
        (&json!("North"), &now[1]["to"])
    );
    assert!(
        history
            .as_array()
            .unwrap()
            .iter()
            .any(|h| h["text"] == "Corrected"),
        "{history:#}"
    );
    // Nothing is assigned twice, and what the rules say is what is on record.
    assert_eq!(holders(&world).await[&location], "North");
    let (status, problem) = world
        .ask("max", "POST", &path, json!({ "from": "2027-01-01" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["code"]),
        (400, &json!("in-the-future"))
    );
    // Later than it was believed: South had it for longer.
    world.post("max", &path, json!({ "from": "2026-03-27" })).await;
    assert_eq!(who(23, None).await, pair("South", "Rolf"));
    assert_eq!(who(26, None).await.0, "North");
    let _ = south;
}

#[tokio::test]
async fn a_wrong_date_in_the_past_is_corrected_and_both_views_are_kept_apart() {
    a_wrong_date(World::new().await).await;
}

#[tokio::test]
async fn a_wrong_date_in_the_past_is_corrected_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        a_wrong_date(world).await;
    }
}

#[tokio::test]
async fn what_if_it_went_to_the_neighbour_is_what_then_happens() {
    let world = World::new().await;
    let mut border = String::new();
    for i in 0..24 {
        let lng = 13.205 + 0.005 * f64::from(i);
        let facts = json!({ "annual_revenue": 100 * (i + 1) });
        let (_, location) = world
            .customer(
                &format!("C{i}"),
                Some((lng, 53.55 + 0.001 * f64::from(i % 5))),
                facts,
            )
            .await;
        if i == 11 {
            border = location;
        }
    }
    draw(&world, "West", square(13.2, 53.5, 13.2625, 53.6)).await;
    let east = id_of(&draw(&world, "East", square(13.2625, 53.5, 13.33, 53.6)).await);
    draw(&world, "Far", square(14.0, 53.5, 14.1, 53.6)).await;
    let path = format!("/api/v1/locations/{border}/alternatives");
    let asked = world.get("max", &path).await;
    assert_eq!(asked["territory"]["name"], "West");
    let first = &asked["alternatives"][0];
    assert_eq!(
        (&first["territory"]["name"], &first["is_beside"]),
        (&json!("East"), &json!(true)),
        "{asked:#}"
    );
    assert!(first["distance_km"].as_f64().unwrap() > 0.0);
    let far = asked["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["territory"]["name"] == "Far")
        .unwrap();
    assert_eq!(far["is_beside"], false);
    let sides = first["sides"].as_array().unwrap();
    let side = |name: &str| sides.iter().find(|s| s["name"] == name).unwrap();
    // The twelfth customer has 1,200 of revenue.
    let change = |name: &str| {
        side(name)["after"]["revenue"].as_i64().unwrap() - side(name)["before"]["revenue"].as_i64().unwrap()
    };
    assert_eq!((change("East"), change("West")), (1200, -1200));
    // Doing it gives just these figures.
    world
        .post(
            "max",
            &format!("/api/v1/territories/{east}/take"),
            json!({ "location_ids": [border] }),
        )
        .await;
    let overview = world.get("max", "/api/v1/territories/overview").await;
    for name in ["East", "West"] {
        let now = overview["territories"]
            .as_array()
            .unwrap()
            .iter()
            .find(|t| t["name"] == name)
            .unwrap();
        assert_eq!(now["totals"], side(name)["after"], "{name}");
    }
    // A place that nobody has.
    let (_, nobody) = world.customer("Nobody's", Some((13.4, 53.55)), json!({})).await;
    let asked = world
        .get("max", &format!("/api/v1/locations/{nobody}/alternatives"))
        .await;
    assert_eq!(asked["territory"], Value::Null);
    assert_eq!(asked["alternatives"][0]["territory"]["name"], "East");
}

#[tokio::test]
async fn the_fairness_page_says_who_changed_hands_and_shows_a_rep_the_own_row() {
    let world = World::new().await;
    for i in 0..4 {
        let lng = 13.22 + 0.02 * f64::from(i);
        world
            .customer(
                &format!("C{i}"),
                Some((lng, 53.55)),
                json!({ "annual_revenue": 100 }),
            )
            .await;
    }
    let draw_for = async |name: &str, area: Value, user: &str| {
        let body = json!({ "name": name, "geometry": area, "owner_id": user });
        id_of(&world.post("max", "/api/v1/territories/draw", body).await)
    };
    // C0 and C1 lie west, C2 and C3 east.
    draw_for("West", square(13.2, 53.5, 13.25, 53.6), "rita").await;
    let east = draw_for("East", square(13.25, 53.5, 13.3, 53.6), "rolf").await;
    world.set_time(MONDAY + 10 * DAY);
    // Rolf's border moves west: it takes C1.
    let area = square(13.23, 53.5, 13.3, 53.6);
    let west = world.get("max", "/api/v1/territories/overview").await["territories"][1]["id"].clone();
    put(
        &world,
        &format!("/api/v1/territories/{}/geometry", west.as_str().unwrap()),
        json!({ "geometry": square(13.2, 53.5, 13.23, 53.6) }),
    )
    .await;
    put(
        &world,
        &format!("/api/v1/territories/{east}/geometry"),
        json!({ "geometry": area }),
    )
    .await;
    let page = world
        .get(
            "max",
            &format!("/api/v1/territories/fairness?since={}", MONDAY + 5 * DAY),
        )
        .await;
    let rows = page["people"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|r| r["name"] == name).unwrap();
    assert_eq!(
        (&row("Rita")["gained"], &row("Rita")["lost"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(
        (&row("Rolf")["gained"], &row("Rolf")["lost"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&page["disrupted"], &page["continuity"]),
        (&json!(1), &json!(0.75))
    );
    assert_eq!(
        (&row("Rolf")["customers"], &row("Rolf")["revenue"]),
        (&json!(3.0), &json!(300))
    );
    assert_eq!(row("Rolf")["drive_is_estimate"], true);
    // 1 and 3: the most is 1.5 times the mean.
    assert_eq!(page["distribution"][0]["max_to_mean"], 1.5);

    let own = world.get("rita", "/api/v1/territories/fairness").await;
    assert_eq!(own["people"].as_array().unwrap().len(), 1);
    assert_eq!(own["people"][0]["name"], "Rita");
    assert_eq!(
        (&own["distribution"], &own["continuity"]),
        (&json!([]), &Value::Null)
    );

    // An accepted cycle replaces the estimate: 7 hours in two weeks.
    let body = json!({ "people": [{ "user_id": "rolf", "met": 3, "asked": 3, "drive_s": 25_200 }] });
    const SQL: &str = "insert into cycles (id, user_id, created_at, first_day, last_day, state, question, body) \
                       values ('c', 'max', 1, '2026-03-02', '2026-03-15', 'accepted', '{}', $1)";
    let db = world.store().db();
    records::on_db!(write db, pool => sqlx::query(SQL).bind(body.to_string()).execute(pool).await.map(|_| ())).unwrap();
    let page = world.get("max", "/api/v1/territories/fairness").await;
    let rolf = page["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["name"] == "Rolf")
        .unwrap()
        .clone();
    assert_eq!(
        (&rolf["drive_hours"], &rolf["drive_is_estimate"]),
        (&json!(3.5), &json!(false))
    );
    assert_eq!(page["cycle"], json!(["2026-03-02", "2026-03-15"]));
}
