//! A record's life: made, read, changed by two people at once, asked as of a past time, deleted, brought back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{World, id_of, list, number, scenario, text};

scenario!(
    a_record_lives_and_comes_back,
    two_editors_of_one_record_do_not_overwrite_each_other,
    the_past_can_be_read,
    the_change_feed_has_no_gaps_and_proves_itself,
    faults_are_named_by_pointer,
    a_request_sent_twice_is_done_once,
);

async fn a_record_lives_and_comes_back(world: World) {
    let manager = world.sign_in("manager").await;
    let made = manager
        .post("/api/v1/accounts", json!({"fields": {"name": "Bäckerei Größe", "type": "customer", "class": "B", "annual_revenue": 120050}}))
        .await;
    assert_eq!(made.status, 201);
    let id = id_of(&made.ok()["record"]);
    let address = format!("/api/v1/accounts/{id}");

    let read = manager.get(&address).await;
    assert_eq!(read.header("etag"), "\"v1\"");
    let record = read.ok();
    assert_eq!(record["type"], "account");
    assert_eq!(record["version"], 1);
    assert_eq!(record["changed_by"], manager.user().as_str());
    assert_eq!(record["fields"]["name"], "Bäckerei Größe");
    assert_eq!(record["fields"]["annual_revenue"], 120_050);

    let patched = manager.patch(&address, json!({"fields": {"class": "A"}})).await;
    assert_eq!(patched.header("etag"), "\"v2\"");
    let patched = patched.ok();
    assert_eq!(patched["record"]["fields"]["class"], "A");
    assert_eq!(
        patched["record"]["fields"]["name"], "Bäckerei Größe",
        "a patch leaves the rest alone"
    );

    let deletion = manager.delete(&address).await.ok();
    manager.get(&address).await.refused(404, "not-found");
    assert_eq!(manager.count("accounts", "").await, 0);
    assert_eq!(manager.get("/api/v1/customers").await.ok()["count"], 0);

    let history = manager.get(&format!("{address}/history")).await.ok();
    let revisions = list(&history["revisions"]);
    assert_eq!(
        revisions
            .iter()
            .map(|r| number(&r["record"]["version"]))
            .collect::<Vec<_>>(),
        [2, 1]
    );
    assert_eq!(revisions[0]["removed"], true, "{history:#}");
    assert_eq!(
        revisions[1]["superseded_at"],
        revisions[0]["record"]["recorded_at"]
    );
    assert_eq!(revisions[0]["author_name"], "manager");

    // Taking the deletion back brings it as it was; taking the change back too brings class B.
    let undone = manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&deletion["change_set"])),
            json!({}),
        )
        .await
        .ok();
    assert_eq!(
        (number(&undone["undone"]), list(&undone["blocked"]).len()),
        (1, 0),
        "{undone:#}"
    );
    assert_eq!(manager.get(&address).await.ok()["fields"]["class"], "A");
    manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&patched["change_set"])),
            json!({}),
        )
        .await
        .ok();
    let back = manager.get(&address).await.ok();
    assert_eq!(back["fields"], record["fields"]);
    // And an undo is a change like any other.
    manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&undone["change_set"])),
            json!({}),
        )
        .await;
    assert!(number(&back["version"]) > 2);
}

async fn two_editors_of_one_record_do_not_overwrite_each_other(world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    let id = manager
        .create("accounts", json!({"name": "Ring", "type": "customer"}))
        .await;
    let address = format!("/api/v1/accounts/{id}");
    let change = |client: &crate::harness::Client, name: &str, version: &str| {
        client
            .request(Method::PATCH, &address)
            .header("if-match", version)
            .json(&json!({"fields": {"name": name}}))
    };
    let first = manager
        .send(change(&manager, "Ring of the manager", "\"v1\""))
        .await;
    assert_eq!(first.header("etag"), "\"v2\"");
    let refused = admin
        .send(change(&admin, "Ring of the admin", "\"v1\""))
        .await
        .refused(412, "version-conflict");
    assert_eq!(refused["current"]["version"], 2);
    assert_eq!(refused["current"]["fields"]["name"], "Ring of the manager");
    assert_eq!(
        admin.get(&address).await.ok()["fields"]["name"],
        "Ring of the manager"
    );
    admin.send(change(&admin, "Ring of both", "\"v2\"")).await.ok();

    let delete = admin
        .request(Method::DELETE, &address)
        .header("if-match", "\"v1\"");
    admin.send(delete).await.refused(412, "version-conflict");
    let nonsense = admin
        .request(Method::DELETE, &address)
        .header("if-match", "three");
    admin.send(nonsense).await.refused(400, "bad-etag");
    admin.get(&address).await.ok();
}

async fn the_past_can_be_read(world: World) {
    let manager = world.sign_in("manager").await;
    let made = manager
        .post(
            "/api/v1/accounts",
            json!({"fields": {"name": "Old name", "type": "prospect"}}),
        )
        .await
        .ok();
    let (id, began) = (id_of(&made["record"]), number(&made["record"]["recorded_at"]));
    let address = format!("/api/v1/accounts/{id}");
    let changed = manager
        .patch(&address, json!({"fields": {"name": "New name"}}))
        .await
        .ok();
    let changed = number(&changed["record"]["recorded_at"]);
    manager.delete(&address).await.ok();
    assert!(began < changed, "two versions have two times");

    let at = async |moment: i64| manager.get(&format!("{address}?as_of={moment}")).await;
    at(began - 1).await.refused(404, "not-found");
    assert_eq!(at(began).await.ok()["fields"]["name"], "Old name");
    assert_eq!(at(changed - 1).await.ok()["fields"]["name"], "Old name");
    assert_eq!(at(changed).await.ok()["fields"]["name"], "New name");
    manager.get(&address).await.refused(404, "not-found");

    // Lists and counts are as of the same moment, under the same filter.
    let count = async |moment: i64| {
        let answer = manager
            .ask(
                "/api/v1/accounts/count",
                &[("filter", "name = 'Old name'"), ("as_of", &moment.to_string())],
            )
            .await;
        number(&answer.ok()["count"])
    };
    assert_eq!(
        (count(began - 1).await, count(began).await, count(changed).await),
        (0, 1, 0)
    );
    let listed = manager
        .ask("/api/v1/accounts", &[("as_of", &changed.to_string())])
        .await
        .ok();
    assert_eq!(list(&listed["records"]).len(), 1);
    manager
        .get(&format!("{address}?as_of=yesterday"))
        .await
        .refused(400, "not-a-moment");
}

async fn the_change_feed_has_no_gaps_and_proves_itself(world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    // Writers at the same time: the numbers are given at the commit, so none is missing and none comes late.
    let writers = (0..4).map(|writer| {
        let manager = &manager;
        async move {
            for i in 0..10 {
                let id = manager
                    .create(
                        "accounts",
                        json!({"name": format!("Firm {writer}-{i}"), "type": "customer"}),
                    )
                    .await;
                manager
                    .patch(
                        &format!("/api/v1/accounts/{id}"),
                        json!({"fields": {"class": "C"}}),
                    )
                    .await
                    .ok();
            }
        }
    });
    futures_of(writers).await;
    let entries = feed(&admin).await;
    let numbers: Vec<i64> = entries.iter().map(|e| number(&e["seq"])).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    // 4 writers × 10 records × (made, changed)
    assert_eq!(entries.iter().filter(|e| e["type"] == "account").count(), 80);
    let times: Vec<i64> = entries.iter().map(|e| number(&e["at"])).collect();
    assert!(times.is_sorted(), "{times:?}");
    let mut hashes: Vec<&str> = entries.iter().filter_map(|e| e["hash"].as_str()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), entries.len(), "every entry has a hash of its own");

    let verified = admin.post("/api/v1/verify", json!({})).await.ok();
    assert_eq!(verified["ok"], true, "{verified:#}");
    assert_eq!(verified["entries"], entries.len());
    manager.get("/api/v1/changes").await.refused(403, "forbidden");
}

/// The whole change feed, read in pages.
pub async fn feed(admin: &crate::harness::Client) -> Vec<Value> {
    let mut entries: Vec<Value> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |e| number(&e["seq"]));
        let page = admin
            .get(&format!("/api/v1/changes?limit=50&after={after}"))
            .await
            .ok();
        let page = list(&page["changes"]).clone();
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

/// Runs stories side by side on this test's thread.
pub async fn futures_of<F: Future<Output = ()>>(stories: impl Iterator<Item = F>) {
    let mut stories: Vec<_> = stories.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        stories.retain_mut(|story| story.as_mut().poll(context).is_pending());
        if stories.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

async fn faults_are_named_by_pointer(world: World) {
    let manager = world.sign_in("manager").await;
    let refuse = async |fields: Value| {
        let answer = manager
            .post("/api/v1/accounts", json!({ "fields": fields }))
            .await;
        let problem = answer.refused(400, answer.json()["code"].as_str().unwrap_or_default());
        list(&problem["faults"])
            .iter()
            .map(|f| text(&f["pointer"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(refuse(json!({"type": "customer"})).await, ["/fields/name"]);
    assert_eq!(
        refuse(json!({"name": "X", "type": "fish"})).await,
        ["/fields/type"]
    );
    assert_eq!(
        refuse(json!({"name": "X", "type": "customer", "colour": "red"})).await,
        ["/fields/colour"]
    );
    assert_eq!(
        refuse(json!({"name": "X", "type": "customer", "annual_revenue": "much"})).await,
        ["/fields/annual_revenue"]
    );
    assert_eq!(
        refuse(json!({"name": "", "type": 7, "email": "nobody"}))
            .await
            .len(),
        3,
        "all faults at once"
    );

    let account = manager
        .create("accounts", json!({"name": "X", "type": "customer"}))
        .await;
    for (lng, lat, pointer) in [(13.2, 700.0, "/fields/lat"), (-181.0, 53.5, "/fields/lng")] {
        let place = json!({"fields": {"account_id": account, "lng": lng, "lat": lat}});
        let problem = manager.post("/api/v1/locations", place).await;
        let problem = problem.refused(400, "invalid");
        assert_eq!(problem["faults"][0]["pointer"], pointer, "{problem:#}");
    }
    // Not JSON at all, and JSON of another shape.
    let bad = manager
        .request(Method::POST, "/api/v1/accounts")
        .header("content-type", "application/json")
        .body("{\"fields\": {");
    manager.send(bad).await.refused(400, "bad-request");
    manager
        .post("/api/v1/accounts", json!({"name": "no fields"}))
        .await
        .refused(422, "bad-request");
    manager
        .get("/api/v1/accounts?limit=many")
        .await
        .refused(400, "bad-request");
    manager
        .get("/api/v1/accounts?limit=0")
        .await
        .refused(400, "out-of-range");
    manager.get("/api/v1/unicorns").await.refused(404, "not-found");
    manager
        .get("/api/v1/no/such/address")
        .await
        .refused(404, "no-such-address");
    assert_eq!(manager.count("accounts", "").await, 1);
}

async fn a_request_sent_twice_is_done_once(world: World) {
    let manager = world.sign_in("manager").await;
    let send = async |key: &str, name: &str| {
        let body = json!({"fields": {"name": name, "type": "customer"}});
        manager
            .send(
                manager
                    .request(Method::POST, "/api/v1/accounts")
                    .header("idempotency-key", key)
                    .json(&body),
            )
            .await
    };
    let first = send("key-1", "Once").await;
    let again = send("key-1", "Once").await;
    assert_eq!(
        (first.status, again.status),
        (201.try_into().unwrap(), 201.try_into().unwrap())
    );
    assert_eq!(first.json(), again.json());
    send("key-1", "Something else").await.refused(409, "key-used");
    send("key-2", "Twice").await.ok();
    assert_eq!(manager.count("accounts", "").await, 2);

    // A key belongs to its user, and a refused request frees it.
    let admin = world.sign_in("admin").await;
    let body = json!({"fields": {"name": "Once", "type": "customer"}});
    admin
        .send(
            admin
                .request(Method::POST, "/api/v1/accounts")
                .header("idempotency-key", "key-1")
                .json(&body),
        )
        .await
        .ok();
    send("key-3", "").await.refused(400, "invalid");
    send("key-3", "Better").await.ok();
    assert_eq!(manager.count("accounts", "").await, 4);
}
