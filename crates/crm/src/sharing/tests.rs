//! What a rule shares is in sight everywhere, and what it does not is nowhere; the rule is gone, the sight is gone.

use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{World, made, worlds};

/// Places have ids that the live index takes.
const ALPHA_PLACE: &str = "01900000-0000-7000-8000-0000000000a1";
const BETA_PLACE: &str = "01900000-0000-7000-8000-0000000000b1";

fn place_of(account: &str) -> &'static str {
    if account == "alpha" {
        ALPHA_PLACE
    } else {
        BETA_PLACE
    }
}

async fn status(world: &World, who: &str, method: &str, path: &str, body: Value) -> u16 {
    world.ask(who, method, path, body).await.0.as_u16()
}

/// Two customers of Rolf's with a place each, a contact and a note; Rita is of another department.
async fn furnish(world: &World) {
    world
        .write(vec![
            made("team", "product", json!({ "name": "Product" })),
            Op::update("user", "rita", fields([("team_id", "product".into())])),
        ])
        .await;
    for (id, name, class, lng) in [("alpha", "Alphawerk", "A", 13.2), ("beta", "Betawerk", "B", 13.3)] {
        world
            .write(crate::test_world::customer(
                id,
                place_of(id),
                name,
                Some((lng, 53.5)),
                json!({ "owner_id": "rolf", "class": class }),
            ))
            .await;
        world
            .write(vec![
                made("contact", &format!("{id}-person"), json!({ "name": format!("Person of {name}"), "account_id": id })),
                made("activity", &format!("{id}-note"), json!({ "kind": "note", "subject": format!("Note on {name}"), "account_id": id, "owner_id": "rolf" })),
            ])
            .await;
    }
}

/// What somebody sees of the two customers, by every way there is.
async fn seen(world: &World, who: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for plural in ["accounts", "locations", "contacts", "activities"] {
        let listed = world.get(who, &format!("/api/v1/{plural}?sort=id")).await;
        let counted = world.get(who, &format!("/api/v1/{plural}/count")).await["count"].clone();
        let ids: Vec<String> = listed["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(counted, json!(ids.len()), "{plural}");
        for id in ["alpha", "beta"] {
            let name = match plural {
                "accounts" => id.to_owned(),
                "locations" => place_of(id).to_owned(),
                "contacts" => format!("{id}-person"),
                _ => format!("{id}-note"),
            };
            let one = status(
                world,
                who,
                "GET",
                &format!("/api/v1/{plural}/{name}"),
                Value::Null,
            )
            .await;
            assert_eq!(one == 200, ids.contains(&name), "{name}");
            let past = world
                .ask(
                    who,
                    "GET",
                    &format!("/api/v1/{plural}/{name}/history"),
                    Value::Null,
                )
                .await;
            assert_eq!(past.0.as_u16() == 200, ids.contains(&name), "{name}");
        }
        seen.extend(ids);
    }
    // The live index: list, legend, search, tile.
    let customers = world.get(who, "/api/v1/customers?limit=10&sort=name").await;
    let names: Vec<&str> = customers["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap())
        .collect();
    for (name, account) in [("Alphawerk", "alpha"), ("Betawerk", "beta")] {
        let found = world.get(who, &format!("/api/v1/search?q={name}")).await["records"].to_string();
        let (_, _, csv) = world
            .raw(who, "GET", "/api/v1/accounts/export?format=csv", Value::Null)
            .await;
        let sees = |id: &str| seen.iter().any(|one| one == id);
        // A place is on the map for whoever may see it and its customer.
        let there = sees(account) && sees(place_of(account));
        assert_eq!(names.contains(&name), there, "{name} in the list");
        assert_eq!(found.contains(name), there, "{name} by search: {found}");
        assert_eq!(
            String::from_utf8_lossy(&csv).contains(name),
            sees(account),
            "{name} in the file"
        );
    }
    // Both places lie in this tile.
    let (_, _, tile) = world
        .raw(who, "GET", "/tiles/customers/6/34/20", Value::Null)
        .await;
    assert_eq!(tile.is_empty(), names.is_empty(), "{} bytes", tile.len());
    seen.extend(names.into_iter().map(str::to_owned));
    seen
}

#[tokio::test]
async fn what_a_rule_shares_is_in_sight_as_long_as_it_says_so() {
    for world in worlds().await {
        furnish(&world).await;
        assert!(seen(&world, "rita").await.is_empty());
        let rule = json!({ "fields": { "name": "A customers for Product", "record_type": "account", "condition": "class = 'A'", "along": ["location", "contact"], "access": "read", "team_id": "product" } });
        for who in ["max", "rita", "anna"] {
            assert_eq!(
                status(&world, who, "POST", "/api/v1/sharing-rules", rule.clone()).await,
                403,
                "{who}"
            );
        }
        let counts = world
            .post(
                "ada",
                "/api/v1/sharing/check",
                json!({ "record_type": "account", "condition": "class = 'A'", "along": ["location"] }),
            )
            .await;
        assert_eq!(
            counts["counts"],
            json!([{ "type": "account", "count": 1 }, { "type": "location", "count": 1 }])
        );
        assert!(
            counts["may_go_along"]
                .as_array()
                .unwrap()
                .contains(&json!("case")),
            "{counts}"
        );
        let made = world.post("ada", "/api/v1/sharing-rules", rule).await;
        let id = made["record"]["id"].as_str().unwrap().to_owned();
        world.settle().await;

        // Everything that the rule names, and nothing beside it: no note, no other customer.
        let all = ["alpha", ALPHA_PLACE, "alpha-person", "Alphawerk"];
        assert_eq!(seen(&world, "rita").await, all);
        let why = world.get("rita", "/api/v1/sharing/why/account/alpha").await;
        assert_eq!(
            why,
            json!({ "reasons": [{ "code": "shared", "rule": "A customers for Product", "may_write": false }], "shared": [] })
        );
        assert_eq!(
            status(
                &world,
                "rita",
                "GET",
                "/api/v1/sharing/why/account/beta",
                Value::Null
            )
            .await,
            404
        );
        let why = world.get("max", "/api/v1/sharing/why/account/alpha").await;
        assert_eq!(
            (&why["reasons"][0]["code"], &why["shared"]),
            (
                &json!("all"),
                &json!([{ "rule": "A customers for Product", "with": "Product", "may_write": false }])
            )
        );
        let own = world.get("rolf", "/api/v1/sharing/why/account/alpha").await;
        assert_eq!(
            own["reasons"],
            json!([{ "code": "own", "rule": null, "may_write": true }])
        );
        assert_eq!(
            world.get("rita", "/api/v1/session").await["rights"]["account"]["read"],
            "territory"
        );
        let patch = json!({ "fields": { "industry": "Mills" } });
        assert_eq!(
            status(&world, "rita", "PATCH", "/api/v1/accounts/alpha", patch.clone()).await,
            403
        );
        assert_eq!(
            status(&world, "rita", "PATCH", "/api/v1/accounts/beta", patch.clone()).await,
            404
        );
        // She may say something about it, and is told what others say.
        world
            .post(
                "rita",
                "/api/v1/collaboration/comments",
                json!({ "type": "account", "id": "alpha", "text": "They ask for feature X." }),
            )
            .await;
        world.set_time(crate::test_world::MONDAY + 60_000);
        // Of the past she sees what the present shares.
        let before = world
            .get("rita", "/api/v1/accounts?as_of=2026-03-02T08:00:05Z")
            .await;
        assert_eq!(before["records"].as_array().unwrap().len(), 1, "{before}");

        // The record changes, and with it the sight.
        world
            .write(vec![Op::update(
                "account",
                "alpha",
                fields([("class", "C".into())]),
            )])
            .await;
        assert!(seen(&world, "rita").await.is_empty());
        world
            .write(vec![Op::update(
                "account",
                "alpha",
                fields([("class", "A".into())]),
            )])
            .await;
        assert_eq!(seen(&world, "rita").await, all);

        // The rule lets change, but nobody deletes by it.
        let change = async |fields: Value| {
            let version = world.get("ada", &format!("/api/v1/sharing-rules/{id}")).await["version"].clone();
            let (status, answer) = world
                .ask(
                    "ada",
                    "PATCH",
                    &format!("/api/v1/sharing-rules/{id}"),
                    json!({ "version": version, "fields": fields }),
                )
                .await;
            assert!(status.is_success(), "{answer}");
            world.settle().await;
            answer
        };
        change(json!({ "access": "write" })).await;
        world
            .ask("rita", "PATCH", "/api/v1/accounts/alpha", patch.clone())
            .await;
        assert_eq!(
            world.get("max", "/api/v1/accounts/alpha").await["fields"]["industry"],
            "Mills"
        );
        assert_eq!(
            status(&world, "rita", "DELETE", "/api/v1/accounts/alpha", Value::Null).await,
            403
        );
        assert_eq!(
            status(&world, "rita", "PATCH", "/api/v1/accounts/beta", patch.clone()).await,
            404
        );
        let paused = change(json!({ "active": false })).await;
        assert!(seen(&world, "rita").await.is_empty());
        world.undo("ada", &paused["change_set"]).await;
        assert_eq!(seen(&world, "rita").await, all);
        // Somebody else's department, somebody else's rule.
        assert_eq!(seen(&world, "rolf").await.len(), 10);
        world
            .write(vec![Op::update(
                "user",
                "rita",
                fields([("team_id", Value::Null)]),
            )])
            .await;
        assert!(seen(&world, "rita").await.is_empty());
    }
}

#[tokio::test]
async fn what_a_role_has_nothing_of_can_still_be_shared_and_senseless_rules_are_refused() {
    let world = World::new().await;
    furnish(&world).await;
    let rule = |fields: Value| {
        let mut whole = json!({ "name": "R", "record_type": "account", "access": "read", "user_id": "rita" });
        for (name, value) in fields.as_object().unwrap() {
            whole[name] = value.clone();
        }
        json!({ "fields": whole })
    };
    for (fields, code) in [
        (json!({ "role": "rep" }), "one-reader"),
        (json!({ "user_id": null }), "one-reader"),
        (json!({ "record_type": "user" }), "not-shared"),
        (json!({ "record_type": "nothing" }), "not-shared"),
        (json!({ "along": ["product"] }), "no-link"),
        (json!({ "along": "location" }), "not-types"),
        (json!({ "condition": "colour = 'red'" }), "not-a-condition"),
        (json!({ "condition": "class =" }), "not-a-condition"),
    ] {
        let (status, answer) = world
            .ask("ada", "POST", "/api/v1/sharing-rules", rule(fields.clone()))
            .await;
        assert_eq!(
            (status.as_u16(), answer["faults"][0]["code"].as_str()),
            (400, Some(code)),
            "{fields}: {answer}"
        );
    }
    // A rep has nothing of price lists' webhooks, forms or segments of others; a segment can be lent.
    let body = json!({ "fields": { "name": "All", "subject": "account", "kind": "live", "definition": {} } });
    let segment = world.post("max", "/api/v1/segments", body).await["record"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        status(
            &world,
            "rita",
            "GET",
            &format!("/api/v1/segments/{segment}"),
            Value::Null
        )
        .await,
        404
    );
    world
        .post(
            "ada",
            "/api/v1/sharing-rules",
            rule(json!({ "record_type": "segment", "condition": "name = 'All'" })),
        )
        .await;
    assert_eq!(
        status(
            &world,
            "rita",
            "GET",
            &format!("/api/v1/segments/{segment}"),
            Value::Null
        )
        .await,
        200
    );
    // Forms are no business of a rep's at all.
    let form = json!({ "fields": { "name": "Contact", "target": "lead", "fields": [{ "field": "name" }] } });
    let made = world.ask("ada", "POST", "/api/v1/forms", form).await;
    if made.0.is_success() {
        let id = made.1["record"]["id"].as_str().unwrap().to_owned();
        assert_eq!(
            status(&world, "rita", "GET", &format!("/api/v1/forms/{id}"), Value::Null).await,
            404
        );
        world
            .post(
                "ada",
                "/api/v1/sharing-rules",
                rule(json!({ "record_type": "form" })),
            )
            .await;
        assert_eq!(
            status(&world, "rita", "GET", &format!("/api/v1/forms/{id}"), Value::Null).await,
            200
        );
        assert_eq!(
            world.get("rita", "/api/v1/session").await["rights"]["form"]["read"],
            "shared"
        );
    }
}
