//! Segments: the index's answer against a plain look at every record, rights, dates, lists that stay.

use geom::Timestamp;
use records::{At, Filter, Op, Query, Viewer, fields};
use serde_json::{Value, json};

use super::ask::{of_few, of_many};
use crate::live::row_id;
use crate::test_world::{DAY, MONDAY, World, square};

fn create(type_name: &str, values: Value) -> Op {
    Op::create(type_name, values.as_object().cloned().unwrap_or_default())
}

async fn count(world: &World, who: &str, subject: &str, definition: Value) -> Value {
    let body = json!({ "subject": subject, "definition": definition });
    world.post(who, "/api/v1/segments/preview", body).await["count"].clone()
}

/// Four customers in a row, 0.01 degrees apart; the first is rita's and of class A, the others are rolf's and of class B.
async fn row(world: &World) -> Vec<(String, String)> {
    let mut made = Vec::new();
    for n in 0..4 {
        let (owner, class) = if n == 0 { ("rita", "A") } else { ("rolf", "B") };
        let place = Some((13.0 + 0.01 * f64::from(n), 53.5));
        made.push(
            world
                .customer(
                    &format!("Shop {n}"),
                    place,
                    json!({ "owner_id": owner, "class": class }),
                )
                .await,
        );
    }
    made
}

async fn live(world: World) {
    let made = row(&world).await;
    let near = json!({ "geometry": square(12.995, 53.49, 13.025, 53.51) });
    // Three of the four lie in the square, two of them are of class B.
    assert_eq!(
        count(&world, "max", "account", json!({ "within": [near] })).await,
        3
    );
    let of_b = json!({ "within": [near], "filter": "class = 'B'" });
    assert_eq!(count(&world, "max", "account", of_b.clone()).await, 2);
    assert_eq!(
        count(
            &world,
            "max",
            "account",
            json!({ "within": [near], "filter": { "op": "=", "args": [{ "property": "class" }, "B"] } })
        )
        .await,
        2
    );
    // A second place of one customer inside is still one customer; outside with the first inside as well.
    world
        .write(vec![create(
            "location",
            json!({ "account_id": made[1].0, "street": "Ring", "lng": 13.02, "lat": 53.5 }),
        )])
        .await;
    world
        .write(vec![create(
            "location",
            json!({ "account_id": made[3].0, "street": "Ring", "lng": 13.001, "lat": 53.5 }),
        )])
        .await;
    // Shop 3 is inside now by its second place.
    assert_eq!(count(&world, "max", "account", of_b.clone()).await, 3);
    // Related: an open case, and none.
    world
        .write(vec![create(
            "case",
            json!({ "subject": "Broken", "kind": "complaint", "status": "new", "account_id": made[1].0 }),
        )])
        .await;
    let open = |none: bool| json!({ "is": "records", "type": "case", "filter": "status NOT IN ('resolved', 'closed')", "none": none });
    let with = |related: Value| json!({ "within": [near], "related": [related] });
    assert_eq!(count(&world, "max", "account", with(open(false))).await, 1);
    assert_eq!(count(&world, "max", "account", with(open(true))).await, 3);
    // Bought, by order or standing there; a draft is no purchase.
    let product = records::new_id();
    world
        .write(vec![Op::Create {
            type_name: "product".into(),
            id: Some(product.clone()),
            fields: fields([
                ("name", "Scale".into()),
                ("code", "SC-1".into()),
                ("life_cycle", "active".into()),
            ]),
        }])
        .await;
    let line = json!([{ "product_id": product, "text": "Scale", "quantity": 1, "unit_price": 1_000 }]);
    let order = |account: &str, status: &str| {
        create(
            "order",
            json!({ "account_id": account, "status": status, "currency": "EUR", "lines": line }),
        )
    };
    world
        .write(vec![order(&made[0].0, "confirmed"), order(&made[2].0, "draft")])
        .await;
    world
        .write(vec![create(
            "asset",
            json!({ "name": "Scale", "account_id": made[3].0, "product_id": product, "status": "in_use" }),
        )])
        .await;
    let bought = |none: bool| json!({ "related": [{ "is": "bought", "product_id": product, "none": none }] });
    assert_eq!(count(&world, "max", "account", bought(false)).await, 2);
    assert_eq!(count(&world, "max", "account", bought(true)).await, 2);
    // Seen 10 days ago: visited within 30 days, not within 5.
    world.write(vec![create("visit", json!({ "account_id": made[0].0, "location_id": made[0].1, "status": "done", "check_in_at": MONDAY - 10 * DAY, "owner_id": "rita" }))]).await;
    let unseen =
        |days: i64| json!({ "filter": "class = 'A'", "related": [{ "is": "not_visited", "days": days }] });
    assert_eq!(count(&world, "max", "account", unseen(30)).await, 0);
    assert_eq!(count(&world, "max", "account", unseen(5)).await, 1);
    // A rep counts their own; the note says so.
    let body = json!({ "subject": "account", "definition": {} });
    let own = world.post("rita", "/api/v1/segments/preview", body.clone()).await;
    assert_eq!(
        (&own["count"], &own["rows"][0]["name"]),
        (&json!(1), &json!("Shop 0"))
    );
    assert!(
        own["rights_note"].as_str().unwrap().contains("Counted within"),
        "{own}"
    );
    assert_eq!(
        world.post("max", "/api/v1/segments/preview", body).await["rights_note"],
        Value::Null
    );
    // Contacts of customers with conditions, and by themselves; leads by their own place.
    for (name, account) in [("Anna", &made[0].0), ("Bert", &made[1].0), ("Bea", &made[1].0)] {
        world
            .write(vec![create(
                "contact",
                json!({ "name": name, "account_id": account }),
            )])
            .await;
    }
    assert_eq!(
        count(&world, "max", "contact", json!({ "customers": "class = 'B'" })).await,
        2
    );
    assert_eq!(
        count(
            &world,
            "max",
            "contact",
            json!({ "customers": "class = 'B'", "filter": "name like 'Be%'" })
        )
        .await,
        2
    );
    assert_eq!(
        count(&world, "max", "contact", json!({ "filter": "name = 'Anna'" })).await,
        1
    );
    assert_eq!(
        count(&world, "rolf", "contact", json!({ "filter": "name = 'Anna'" })).await,
        0
    );
    world
        .write(vec![
            create(
                "lead",
                json!({ "name": "Leo", "status": "new", "lng": 13.0, "lat": 53.5 }),
            ),
            create(
                "lead",
                json!({ "name": "Lea", "status": "new", "lng": 14.0, "lat": 53.5 }),
            ),
        ])
        .await;
    assert_eq!(count(&world, "max", "lead", json!({ "within": [near] })).await, 1);
}

/// The contacts of customers, the same whether the customers are named to the database or everybody's are looked at.
async fn of_few_and_of_many(world: World) {
    let made = row(&world).await;
    let mut all = Vec::new();
    for (name, account) in [("Anna", 0), ("Bert", 1), ("Bea", 1), ("Cora", 3)] {
        let written = world
            .write(vec![create(
                "contact",
                json!({ "name": name, "account_id": made[account].0 }),
            )])
            .await;
        all.push(written.records[0].id.clone());
    }
    let before = MONDAY + DAY / 2;
    world.set_time(MONDAY + DAY);
    world
        .write(vec![create(
            "contact",
            json!({ "name": "Emil", "account_id": made[0].0 }),
        )])
        .await;
    let rita = Viewer::system_for("rita");
    for (places, filter, at, expected) in [
        (vec![0, 1, 2], None, At::as_of(Timestamp(before)), vec![0, 1, 2]),
        (vec![1, 3], None, At::PRESENT, vec![1, 2, 3]),
        (vec![1, 3], Some(Filter::eq("name", "Bert")), At::PRESENT, vec![1]),
        (vec![2], None, At::PRESENT, vec![]),
    ] {
        let places: Vec<_> = places
            .iter()
            .map(|n: &usize| row_id(&made[*n].1).unwrap())
            .collect();
        let mut query = Query::of("contact").at(at);
        query.filter = filter;
        let expected: Vec<String> = expected.iter().map(|n: &usize| all[*n].clone()).collect();
        for found in [
            of_few(&world.app, &rita, &places, query.clone()).await,
            of_many(&world.app, &rita, &places, &query).await,
        ] {
            let mut found = found.unwrap();
            found.sort();
            assert_eq!(found, expected, "{query:?}");
        }
    }
}

async fn kept(world: World) {
    let made = row(&world).await;
    let fields_of = json!({ "fields": { "name": "Class B", "subject": "account", "kind": "live", "definition": { "filter": "class = 'B'" } } });
    let segment = world.post("max", "/api/v1/segments", fields_of).await["record"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let members = async |who: &str, more: &str| {
        world
            .get(who, &format!("/api/v1/segments/{segment}/members{more}"))
            .await
    };
    let found = members("max", "?limit=2").await;
    assert_eq!(
        (found["count"].as_i64(), found["rows"].as_array().unwrap().len()),
        (Some(3), 2)
    );
    assert_eq!(
        (&found["rows"][0]["name"], &found["rows"][0]["id"]),
        (&json!("Shop 1"), &json!(made[1].0))
    );
    let next = members(
        "max",
        &format!("?limit=2&cursor={}", found["next_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(
        (&next["rows"][0]["name"], &next["next_cursor"]),
        (&json!("Shop 3"), &Value::Null)
    );
    // A new customer is a member without a job run, and was none before.
    // Writes run some milliseconds ahead of a clock that stands still.
    let before = MONDAY + DAY / 2;
    world.set_time(MONDAY + DAY);
    world
        .customer("Shop 4", Some((13.04, 53.5)), json!({ "class": "B" }))
        .await;
    assert_eq!(members("max", "").await["count"], 4);
    assert_eq!(members("max", &format!("?as_of={before}")).await["count"], 3);
    let csv = world
        .raw(
            "max",
            "GET",
            &format!("/api/v1/segments/{segment}/export"),
            Value::Null,
        )
        .await;
    assert_eq!(String::from_utf8(csv.2).unwrap().lines().count(), 5);
    // Kept as a list: whoever comes later is not on it, whoever leaves is not counted; undo makes it current again.
    let frozen = world
        .post("max", &format!("/api/v1/segments/{segment}/freeze"), Value::Null)
        .await;
    assert_eq!(frozen["record"]["fields"]["frozen_count"], 4);
    world
        .customer("Shop 5", Some((13.05, 53.5)), json!({ "class": "B" }))
        .await;
    assert_eq!(members("max", "").await["count"], 4);
    world.write(vec![Op::delete("account", made[1].0.as_str())]).await;
    assert_eq!(members("max", "").await["count"], 3);
    assert_eq!(
        world
            .ask(
                "max",
                "POST",
                &format!("/api/v1/segments/{segment}/freeze"),
                Value::Null
            )
            .await
            .0
            .as_u16(),
        409
    );
    world.undo("max", &frozen["change_set"]).await;
    assert_eq!(members("max", "").await["count"], 4);
    // Somebody else's segment is not a rep's to see.
    assert_eq!(
        world
            .ask(
                "rita",
                "GET",
                &format!("/api/v1/segments/{segment}/members"),
                Value::Null
            )
            .await
            .0
            .as_u16(),
        404
    );
}

#[tokio::test]
async fn conditions_are_counted_on_sqlite() {
    live(World::new().await).await;
}

#[tokio::test]
async fn conditions_are_counted_on_postgresql() {
    if let Some(world) = World::on_postgres().await {
        live(world).await;
    }
}

#[tokio::test]
async fn members_and_lists_on_sqlite() {
    kept(World::new().await).await;
}

#[tokio::test]
async fn members_and_lists_on_postgresql() {
    if let Some(world) = World::on_postgres().await {
        kept(world).await;
    }
}

#[tokio::test]
async fn contacts_of_few_and_of_many_on_sqlite() {
    of_few_and_of_many(World::new().await).await;
}

#[tokio::test]
async fn contacts_of_few_and_of_many_on_postgresql() {
    if let Some(world) = World::on_postgres().await {
        of_few_and_of_many(world).await;
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_not_kept() {
    let world = World::new().await;
    let refused = async |subject: &str, definition: Value| {
        let body = json!({ "fields": { "name": "X", "subject": subject, "kind": "live", "definition": definition } });
        let (status, problem) = world.ask("max", "POST", "/api/v1/segments", body).await;
        assert_eq!(status.as_u16(), 400, "{problem}");
        problem["faults"][0]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        refused("account", json!({ "filter": "clas = 'A'" })).await,
        "not-a-filter"
    );
    assert_eq!(
        refused("account", json!({ "filter": "class = " })).await,
        "not-a-filter"
    );
    assert_eq!(refused("account", json!({ "colour": 1 })).await, "not-conditions");
    assert_eq!(
        refused("account", json!({ "customers": "class = 'A'" })).await,
        "not-here"
    );
    assert_eq!(
        refused("lead", json!({ "related": [{ "is": "not_visited", "days": 3 }] })).await,
        "not-of-leads"
    );
    assert_eq!(
        refused(
            "account",
            json!({ "related": [{ "is": "not_visited", "days": 0 }] })
        )
        .await,
        "out-of-range"
    );
    assert_eq!(
        refused(
            "account",
            json!({ "related": [{ "is": "records", "type": "user" }] })
        )
        .await,
        "unknown-type"
    );
    let many: Vec<Value> = (1..=9)
        .map(|days| json!({ "is": "not_visited", "days": days }))
        .collect();
    assert_eq!(refused("account", json!({ "related": many })).await, "too-many");
    // Without a map there is no drive.
    let body = json!({ "subject": "account", "definition": { "within": [{ "reach": { "lng": 13.0, "lat": 53.5, "minutes": 20.0 } }] } });
    let (status, problem) = world.ask("max", "POST", "/api/v1/segments/preview", body).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (503, Some("no-map")));
}
