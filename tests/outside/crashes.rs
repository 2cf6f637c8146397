//! The power goes out: during an import, and during writes that were acknowledged one by one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, World, email, list, number, run, scenario, text, wait};
use crate::realignment::{area, draw};
use crate::records::{feed, futures_of};

scenario!(
    an_import_survives_its_server,
    every_acknowledged_write_survives,
    a_publish_that_is_killed_happened_or_did_not
);

/// Rows of the import: enough for a dozen transactions.
const ROWS: usize = 3_000;

async fn an_import_survives_its_server(mut world: World) {
    let manager = world.sign_in("manager").await;
    let rows: String = (1..=ROWS)
        .map(|i| {
            format!(
                "C-{i},Firm {i},Street {i},17033,Town,13.{:05},53.55,Person {i}\n",
                20_000 + i
            )
        })
        .collect();
    let table = format!("Kundennummer,Name,Street,Zip,City,lng,lat,Contact Name\n{rows}");
    let import = manager.upload("many.csv", table.into_bytes()).await.ok();
    let id = text(&import["id"]);
    let job = manager
        .post(&format!("/api/v1/imports/{id}/run"), json!({}))
        .await
        .ok();
    // Until some rows are written and others are not.
    let written = wait::until("the first rows of the import", async || {
        let written = manager.count("accounts", "").await;
        (written > 0).then_some(written)
    })
    .await;
    world.kill_and_restart().await;
    assert!((written as usize) < ROWS, "it was killed in the middle");

    // The worker that died holds a lease; when it runs out, the next one goes on where it stopped.
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    wait::job_done(&manager, &job).await;
    let import = manager.get(&format!("/api/v1/imports/{id}")).await.ok();
    assert_eq!(import["state"], "done");
    assert_eq!(import["summary"]["rows"], ROWS);
    assert_eq!(import["summary"]["created"], ROWS);
    assert_eq!(
        (&import["summary"]["failed"], &import["summary"]["skipped"]),
        (&json!(0), &json!(0))
    );
    let numbers = all(&manager, "accounts")
        .await
        .into_iter()
        .map(|r| text(&r["fields"]["number"]));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    numbers.for_each(|number| *times.entry(number).or_default() += 1);
    assert_eq!(times.len(), ROWS, "every row is there");
    assert!(times.values().all(|n| *n == 1), "and once");
    // None is half there: each has its place and its person.
    for plural in ["locations", "contacts"] {
        let accounts: std::collections::BTreeSet<String> = all(&manager, plural)
            .await
            .into_iter()
            .map(|r| text(&r["fields"]["account_id"]))
            .collect();
        assert_eq!(accounts.len(), ROWS, "{plural}");
        assert_eq!(manager.count(plural, "").await, ROWS as i64, "{plural}");
    }
    assert_eq!(manager.get("/api/v1/customers?limit=1").await.ok()["count"], ROWS);
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);

    // It is still one import: it can be undone whole.
    manager
        .post(&format!("/api/v1/imports/{id}/undo"), json!({}))
        .await
        .ok();
    for plural in ["accounts", "locations", "contacts"] {
        assert_eq!(manager.count(plural, "").await, 0, "{plural}");
    }
}

/// All records of a type.
async fn all(client: &Client, plural: &str) -> Vec<Value> {
    let mut records: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client
            .ask(
                &format!("/api/v1/{plural}"),
                &[("limit", "1000"), ("cursor", &cursor)],
            )
            .await
            .ok();
        records.extend(list(&page["records"]).iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return records,
        }
    }
}

async fn every_acknowledged_write_survives(mut world: World) {
    let manager = world.sign_in("manager").await;
    let changed = manager
        .create(
            "accounts",
            json!({"name": "Counter", "type": "customer", "employees": 0}),
        )
        .await;
    let acknowledged: RefCell<Vec<(String, String)>> = RefCell::default();
    let counted = RefCell::new(0);
    let killed = RefCell::new(false);
    let server = RefCell::new(&mut world.server);
    let writers = (0..5).map(|writer| {
        let (manager, changed, acknowledged, counted, killed, server) =
            (&manager, &changed, &acknowledged, &counted, &killed, &server);
        async move {
            for turn in 1.. {
                if *killed.borrow() {
                    return;
                }
                if writer == 0 {
                    // One writer counts up in the same record.
                    let body = json!({"fields": {"employees": turn}});
                    let request = manager
                        .request(Method::PATCH, &format!("/api/v1/accounts/{changed}"))
                        .json(&body);
                    match manager.try_send(request).await {
                        Some(answer) => drop(answer.ok()),
                        None => return,
                    }
                    *counted.borrow_mut() = turn;
                } else {
                    let name = format!("Firm {writer}-{turn}");
                    let body = json!({"fields": {"name": name, "type": "customer"}});
                    let request = manager.request(Method::POST, "/api/v1/accounts").json(&body);
                    match manager.try_send(request).await {
                        Some(answer) => acknowledged
                            .borrow_mut()
                            .push((text(&answer.ok()["record"]["id"]), name)),
                        None => return,
                    }
                }
                if acknowledged.borrow().len() >= 100 && !*killed.borrow() {
                    // The others' requests are on their way.
                    *killed.borrow_mut() = true;
                    server.borrow_mut().kill();
                }
            }
        }
    });
    futures_of(writers).await;
    let (acknowledged, counted) = (acknowledged.into_inner(), counted.into_inner());
    assert!(acknowledged.len() >= 100);

    world.server = crate::harness::Server::start(&world.database).await;
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    for (id, name) in &acknowledged {
        assert_eq!(
            &manager.get(&format!("/api/v1/accounts/{id}")).await.ok()["fields"]["name"],
            name
        );
    }
    let counter = manager.get(&format!("/api/v1/accounts/{changed}")).await.ok();
    let value = number(&counter["fields"]["employees"]);
    // The one that was on its way may be there or not, but not another.
    assert!(
        value == counted || value == counted + 1,
        "acknowledged {counted}, read {value}"
    );
    assert_eq!(
        number(&counter["version"]),
        value + 1,
        "each count is one version"
    );
    // At most one unanswered write of each of the other four.
    let there = manager.count("accounts", "name like 'Firm %'").await;
    let sure = acknowledged.len() as i64;
    assert!(
        (sure..=sure + 4).contains(&there),
        "{sure} acknowledged, {there} there"
    );
    assert_eq!(
        manager.get("/api/v1/accounts/count").await.ok()["count"],
        there + 1
    );

    let numbers: Vec<i64> = feed(&admin).await.iter().map(|e| number(&e["seq"])).collect();
    assert_eq!(
        numbers,
        (1..=numbers.len() as i64).collect::<Vec<_>>(),
        "the feed has no gap"
    );
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
    world.server.kill();
    run(&["verify", "--database", &world.database], "").ok();
    let listed = run(&["user", "list", "--database", &world.database], "");
    assert!(listed.ok().contains(&email("manager")));
}

/// Places that change hands in a publication.
const PLACES: usize = 800;

async fn a_publish_that_is_killed_happened_or_did_not(mut world: World) {
    let mut manager = world.sign_in("manager").await;
    let rows: String = (1..=PLACES)
        .map(|i| {
            format!(
                "C-{i},Firm {i},Street {i},17033,Town,13.{:05},53.55,Person {i}\n",
                20_000 + i
            )
        })
        .collect();
    let table = format!("Kundennummer,Name,Street,Zip,City,lng,lat,Contact Name\n{rows}");
    let import = manager.upload("many.csv", table.into_bytes()).await.ok();
    let run = format!("/api/v1/imports/{}/run", text(&import["id"]));
    let job = manager.post(&run, json!({})).await.ok();
    wait::job_done(&manager, &job).await;
    draw(&manager, json!({"name": "West", "geometry": area(13.1, 13.3)})).await;
    let (east, _) = draw(&manager, json!({"name": "East", "geometry": area(13.3, 13.4)})).await;
    let move_all = json!({"kind": "move", "to": east, "geometry": area(13.1, 13.3)});

    // Once undisturbed: how long it takes, what it makes of the assignments, and that it can be taken back.
    let hash = async |manager: &Client| manager.get("/api/v1/territories/hash").await.ok()["hash"].clone();
    let scenario = async |manager: &Client| {
        let id = text(&manager.post("/api/v1/scenarios", json!({})).await.ok()["id"]);
        let operations = format!("/api/v1/scenarios/{id}/operations");
        manager.post(&operations, move_all.clone()).await.ok();
        format!("/api/v1/scenarios/{id}")
    };
    let before = hash(&manager).await;
    let path = scenario(&manager).await;
    let began = Instant::now();
    let published = manager.post(&format!("{path}/publish"), json!({})).await.ok();
    let took = began.elapsed();
    assert_eq!(published["moved"], PLACES);
    let after = hash(&manager).await;
    assert_ne!(after, before);
    manager.post(&format!("{path}/revert"), json!({})).await.ok();
    assert_eq!(hash(&manager).await, before);

    let mut stopped = 0;
    for share in [0.6, 0.2, 0.02] {
        let path = scenario(&manager).await;
        let publish = format!("{path}/publish");
        let request = manager.request(Method::POST, &publish).json(&json!({}));
        let killed = async {
            tokio::time::sleep(Duration::from_secs_f64(took.as_secs_f64() * share)).await;
            world.server.kill();
        };
        let (answer, ()) = tokio::join!(manager.try_send(request), killed);
        world.server = crate::harness::Server::start(&world.database).await;
        manager = world.sign_in("manager").await;
        let admin = world.sign_in("admin").await;
        let is = hash(&manager).await;
        let state = text(&manager.get(&path).await.ok()["state"]);
        if is == before {
            assert!(answer.is_none(), "what was acknowledged is there");
            assert_eq!(state, "draft", "killed after {share} of the time");
            stopped += 1;
            // Nothing stands in the way of trying again.
            let again = manager.post(&publish, json!({})).await.ok();
            assert_eq!(again["moved"], PLACES);
        } else {
            assert_eq!(state, "published", "killed after {share} of the time");
        }
        assert_eq!(hash(&manager).await, after);
        assert_eq!(manager.count("accounts", "").await, PLACES as i64);
        assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
        manager.post(&format!("{path}/revert"), json!({})).await.ok();
        assert_eq!(hash(&manager).await, before);
    }
    assert!(stopped > 0, "all were published before they were killed");
}
