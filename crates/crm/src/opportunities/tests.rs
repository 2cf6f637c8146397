//! Sales move through stages; the board, the way and the forecast follow.

use axum::http::StatusCode;
use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{DAY, MONDAY, World, worlds};

async fn stages(world: &World) {
    let stage = |id: &str, fields: Value| Op::Create {
        type_name: "stage".into(),
        id: Some(id.into()),
        fields: serde_json::from_value(fields).unwrap(),
    };
    world
        .write(vec![
            stage("open", json!({ "name": "Open", "position": 1, "probability": 20, "days": 10 })),
            stage("offer", json!({
                "name": "Offer", "position": 2, "probability": 60, "forecast_category": "commit",
                "tasks": [{ "subject": "Call about the offer", "days": 2 }],
            })),
            stage("won", json!({ "name": "Won", "position": 3, "probability": 100, "is_closed": true, "is_won": true })),
            stage("lost", json!({ "name": "Lost", "position": 4, "probability": 0, "is_closed": true })),
        ])
        .await;
}

async fn deal(world: &World, id: &str, account: &str, owner: &str, amount: i64) {
    let values = fields([
        ("name", id.into()),
        ("account_id", account.into()),
        ("stage_id", "open".into()),
        ("amount", amount.into()),
        ("probability", 20.into()),
        ("close_date", "2026-03-20".into()),
        ("owner_id", owner.into()),
    ]);
    world
        .write(vec![Op::Create {
            type_name: "opportunity".into(),
            id: Some(id.into()),
            fields: values,
        }])
        .await;
}

async fn go(world: &World, who: &str, id: &str, body: Value) -> (StatusCode, Value) {
    let answer = world
        .ask(who, "POST", &format!("/api/v1/opportunities/{id}/stage"), body)
        .await;
    world.settle().await;
    answer
}

#[tokio::test]
async fn a_sale_goes_its_dated_way_and_keeps_the_credit_of_its_closing() {
    for world in worlds().await {
        stages(&world).await;
        let area = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.5, 53.0], [13.5, 53.9], [13.0, 53.9], [13.0, 53.0]]] });
        let drawn = world
            .ask(
                "max",
                "POST",
                "/api/v1/territories/draw",
                json!({ "name": "South", "geometry": area, "owner_id": "rita" }),
            )
            .await
            .1;
        let south = drawn["territory"]["id"].clone();
        let (account, _) = world
            .customer("Firm", Some((13.2, 53.5)), json!({ "owner_id": "rita" }))
            .await;
        deal(&world, "d1", &account, "rita", 50_000).await;
        world.clock.set(geom::Timestamp(MONDAY + 3 * DAY + 60_000));
        let (status, moved) = go(&world, "rita", "d1", json!({ "stage_id": "offer" })).await;
        assert_eq!(status, StatusCode::OK, "{moved}");
        assert_eq!(moved["record"]["fields"]["probability"], 60);
        let task = &moved["tasks"][0]["fields"];
        // Two days on, nine in the morning in Berlin.
        assert_eq!(
            (&task["subject"], &task["due_at"]),
            (&json!("Call about the offer"), &json!(MONDAY + 5 * DAY))
        );
        // Nobody loses without a word; a rep without a share in it moves nothing.
        let (status, answer) = go(&world, "rita", "d1", json!({ "stage_id": "lost" })).await;
        assert_eq!(
            (status, &answer["faults"][0]["pointer"]),
            (StatusCode::BAD_REQUEST, &json!("/loss_reason"))
        );
        assert_eq!(
            go(&world, "rolf", "d1", json!({ "stage_id": "won" })).await.0,
            StatusCode::NOT_FOUND
        );
        world.clock.set(geom::Timestamp(MONDAY + 7 * DAY + 120_000));
        let (status, won) = go(
            &world,
            "rita",
            "d1",
            json!({ "stage_id": "won", "win_reason": "Service" }),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{won}");
        let fields = &won["record"]["fields"];
        assert_eq!(
            (
                &fields["is_closed"],
                &fields["is_won"],
                &fields["credited_territory_id"]
            ),
            (&json!(true), &json!(true), &south)
        );
        assert_eq!(
            (&fields["close_date"], &fields["closed_at"]),
            (&json!("2026-03-09"), &json!(MONDAY + 7 * DAY + 120_000))
        );
        let (_, page) = world
            .ask("rita", "GET", "/api/v1/opportunities/d1/card", Value::Null)
            .await;
        let way: Vec<(&str, i64)> = page["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["stage"].as_str().unwrap(), s["days"].as_i64().unwrap()))
            .collect();
        assert_eq!(way, [("Open", 3), ("Offer", 4), ("Won", 0)]);
        // Whether a stage is an end cannot be changed under the sales that stand in it.
        let (status, _) = world
            .ask(
                "ada",
                "PATCH",
                "/api/v1/stages/won",
                json!({ "fields": { "is_closed": false } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        // A change by the plain door keeps the same books.
        let (status, back) = world
            .ask(
                "rita",
                "PATCH",
                "/api/v1/opportunities/d1",
                json!({ "fields": { "stage_id": "open" } }),
            )
            .await;
        assert_eq!(
            (status, &back["record"]["fields"]["is_closed"]),
            (StatusCode::OK, &json!(false)),
            "{back}"
        );
    }
}

#[tokio::test]
async fn board_and_forecast_add_up_now_and_as_of_then() {
    for world in worlds().await {
        stages(&world).await;
        let (first, _) = world
            .customer("A", Some((13.2, 53.5)), json!({ "owner_id": "rita" }))
            .await;
        let (second, _) = world
            .customer("B", Some((14.2, 53.5)), json!({ "owner_id": "rolf" }))
            .await;
        let area = |west: f64| json!({ "type": "Polygon", "coordinates": [[[west, 53.0], [west + 0.5, 53.0], [west + 0.5, 53.9], [west, 53.9], [west, 53.0]]] });
        let (_, top) = world
            .ask(
                "max",
                "POST",
                "/api/v1/territories/draw",
                json!({ "name": "All", "geometry": area(20.0) }),
            )
            .await;
        for (name, west, owner) in [("West", 13.0, "rita"), ("East", 14.0, "rolf")] {
            let body = json!({ "name": name, "geometry": area(west), "owner_id": owner, "parent_id": top["territory"]["id"] });
            let (status, answer) = world.ask("max", "POST", "/api/v1/territories/draw", body).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
        }
        world.settle().await;
        deal(&world, "a1", &first, "rita", 10_000).await;
        deal(&world, "a2", &first, "rita", 333).await;
        deal(&world, "b1", &second, "rolf", 70_000).await;
        let then = MONDAY + DAY;
        world.clock.set(geom::Timestamp(then + DAY));
        assert_eq!(
            go(&world, "rolf", "b1", json!({ "stage_id": "offer" })).await.0,
            StatusCode::OK
        );
        world.clock.set(geom::Timestamp(then + 2 * DAY));
        assert_eq!(
            go(
                &world,
                "rita",
                "a1",
                json!({ "stage_id": "lost", "loss_reason": "Price" })
            )
            .await
            .0,
            StatusCode::OK
        );

        let (_, board) = world
            .ask("max", "GET", "/api/v1/pipelines/board", Value::Null)
            .await;
        let columns: Vec<(&str, i64, i64, i64)> = board["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| {
                (
                    s["name"].as_str().unwrap(),
                    s["count"].as_i64().unwrap(),
                    s["amount"].as_i64().unwrap(),
                    s["weighted"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            columns,
            [
                ("Open", 1, 333, 67),
                ("Offer", 1, 70_000, 42_000),
                ("Won", 0, 0, 0),
                ("Lost", 1, 10_000, 0)
            ]
        );
        assert_eq!(
            (&board["count"], &board["amount"], &board["weighted"]),
            (&json!(2), &json!(70_333), &json!(42_067))
        );
        assert_eq!(board["stages"][1]["cards"][0]["account_name"], "B");
        // A rep's board holds what the rep may see.
        let (_, own) = world
            .ask("rita", "GET", "/api/v1/pipelines/board", Value::Null)
            .await;
        assert_eq!(
            (&own["count"], &own["stages"][1]["count"]),
            (&json!(1), &json!(0))
        );

        for by in ["owner", "territory", "stage", "month"] {
            let (status, now) = world
                .ask(
                    "max",
                    "GET",
                    &format!("/api/v1/forecast?by={by}&from=2026-03-01&to=2026-03-31"),
                    Value::Null,
                )
                .await;
            assert_eq!(status, StatusCode::OK, "{now}");
            let total = &now["total"];
            assert_eq!(
                (
                    &total["open"],
                    &total["weighted"],
                    &total["commit"],
                    &total["lost"],
                    &total["count"]
                ),
                (
                    &json!(70_333),
                    &json!(42_067),
                    &json!(70_000),
                    &json!(10_000),
                    &json!(3)
                ),
                "{by}: {now}"
            );
            let (_, past) = world
                .ask(
                    "max",
                    "GET",
                    &format!("/api/v1/forecast?by={by}&from=2026-03-01&to=2026-03-31&as_of={then}"),
                    Value::Null,
                )
                .await;
            assert_eq!(
                (&past["total"]["open"], &past["total"]["commit"]),
                (&json!(80_333), &json!(0)),
                "{by}: {past}"
            );
        }
        let (_, tree) = world
            .ask(
                "max",
                "GET",
                "/api/v1/forecast?by=territory&from=2026-03-01&to=2026-03-31",
                Value::Null,
            )
            .await;
        let row = |name: &str| {
            tree["rows"]
                .as_array()
                .unwrap()
                .iter()
                .find(|r| r["name"] == name)
                .unwrap()
                .clone()
        };
        assert_eq!(row("All")["rolled_up"]["open"], 70_333);
        assert_eq!(
            (
                &row("All")["own"]["open"],
                &row("East")["own"]["open"],
                &row("West")["own"]["lost"]
            ),
            (&json!(0), &json!(70_000), &json!(10_000))
        );
        let (status, answer) = world
            .ask("max", "GET", "/api/v1/forecast?by=colour", Value::Null)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
}
