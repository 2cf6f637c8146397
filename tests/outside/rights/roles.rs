//! What a role may do, and that rights go with the owner.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, email, scenario, wait};

scenario!(what_a_role_may_do, rights_follow_the_owner);

async fn what_a_role_may_do(world: World) {
    let manager = world.sign_in("manager").await;
    let (rep, analyst, admin) = (
        world.sign_in("rep").await,
        world.sign_in("analyst").await,
        world.sign_in("admin").await,
    );
    let account = manager
        .create("accounts", json!({"name": "Everybody's", "type": "customer"}))
        .await;
    let address = format!("/api/v1/accounts/{account}");
    // An analyst reads everything and writes nothing but regions.
    analyst.get(&address).await.ok();
    analyst
        .patch(&address, json!({"fields": {"class": "A"}}))
        .await
        .refused(403, "forbidden");
    analyst.delete(&address).await.refused(403, "forbidden");
    analyst
        .post(
            "/api/v1/accounts",
            json!({"fields": {"name": "X", "type": "customer"}}),
        )
        .await
        .refused(403, "forbidden");
    analyst
        .upload("x.csv", b"Firma\nX\n".to_vec())
        .await
        .refused(403, "forbidden");
    rep.upload("x.csv", b"Firma\nX\n".to_vec())
        .await
        .refused(403, "forbidden");
    rep.post("/api/v1/geocode-jobs", json!({}))
        .await
        .refused(403, "forbidden");
    // Campaigns are set up and started by managers; an analyst keeps segments of their own.
    let segment = json!({"fields": {"name": "Mine", "subject": "account", "kind": "live", "definition": {}}});
    analyst.post("/api/v1/segments", segment.clone()).await.ok();
    rep.post("/api/v1/segments", segment).await.ok();
    let campaign = json!({"fields": {"name": "Spring"}});
    for client in [&rep, &analyst] {
        client
            .post("/api/v1/campaigns", campaign.clone())
            .await
            .refused(403, "forbidden");
    }
    let campaign = manager.create("campaigns", json!({"name": "Spring"})).await;
    for (client, act) in [
        (&rep, "start"),
        (&analyst, "start"),
        (&rep, "stop"),
        (&analyst, "stop"),
    ] {
        let refused = client
            .post(&format!("/api/v1/campaigns/{campaign}/{act}"), json!({}))
            .await;
        assert!(refused.status.is_client_error(), "{act}: {}", refused.text());
    }
    let user = json!({"fields": {"name": "New", "email": "new@outside.example", "role": "admin"}, "password": "long enough"});
    for client in [&rep, &analyst, &manager] {
        client
            .post("/api/v1/users/new", user.clone())
            .await
            .refused(403, "forbidden");
        client
            .post("/api/v1/verify", json!({}))
            .await
            .refused(403, "forbidden");
        client
            .put("/api/v1/role-rights/rep", json!({"account": {"read": "all"}}))
            .await
            .refused(403, "forbidden");
        // Nobody makes himself an admin, by whatever address.
        let own = format!("/api/v1/users/{}", client.user());
        client
            .patch(&own, json!({"fields": {"role": "admin"}}))
            .await
            .refused(403, "forbidden");
    }
    let made = admin.post("/api/v1/users/new", user).await.ok();
    assert_eq!(made["record"]["fields"]["email"], email("new").as_str());

    // A manager's import is the manager's; a rep's rights can be widened, and narrowed again.
    assert_eq!(rep.count("accounts", "").await, 0);
    admin
        .put(
            "/api/v1/role-rights/rep",
            json!({"account": {"read": "all"}, "location": {"read": "all"}}),
        )
        .await
        .ok();
    assert_eq!(rep.count("accounts", "").await, 1);
    admin
        .put(
            "/api/v1/role-rights/rep",
            json!({"account": {"read": "own"}, "location": {"read": "own"}}),
        )
        .await
        .ok();
    assert_eq!(rep.count("accounts", "").await, 0);
    admin
        .put("/api/v1/role-rights/admin", json!({"account": {"read": "none"}}))
        .await
        .refused(409, "admin-is-fixed");

    // Somebody who left cannot sign in, and is signed out.
    let left = rep.user();
    admin
        .patch(
            &format!("/api/v1/users/{left}"),
            json!({"fields": {"active": false}}),
        )
        .await
        .ok();
    rep.get("/api/v1/session").await.refused(401, "not-signed-in");
}

async fn rights_follow_the_owner(world: World) {
    let manager = world.sign_in("manager").await;
    let (rep, colleague) = (world.sign_in("rep").await, world.sign_in("colleague").await);
    let (account, location) = customer(
        &manager,
        json!({"name": "Handed over", "type": "customer", "owner_id": rep.user()}),
        json!({"street": "Ring", "lng": 13.26, "lat": 53.55}),
    )
    .await;
    let sees = async |client: &Client| -> Value {
        let count = client.get("/api/v1/customers").await.ok()["count"].clone();
        let card = client
            .get(&format!("/api/v1/accounts/{account}/card"))
            .await
            .status
            .as_u16();
        let place = client
            .get(&format!("/api/v1/customers/{location}"))
            .await
            .status
            .as_u16();
        json!([count, card, place])
    };
    assert_eq!(
        (sees(&rep).await, sees(&colleague).await),
        (json!([1, 200, 200]), json!([0, 404, 404]))
    );
    manager
        .patch(
            &format!("/api/v1/accounts/{account}"),
            json!({"fields": {"owner_id": colleague.user()}}),
        )
        .await
        .ok();
    wait::until("the map shows the new owner", async || {
        (sees(&rep).await == json!([0, 404, 404]) && sees(&colleague).await == json!([1, 200, 200]))
            .then_some(())
    })
    .await;
}
