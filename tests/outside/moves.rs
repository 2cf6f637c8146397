//! Moving house: a backup of one database fills an empty one of the other engine, history and all.

use serde_json::json;

use crate::harness::{
    Engine, Server, World, customer, email, fresh_database, id_of, list, number, run, scenario, text,
};
use crate::records::feed;

scenario!(
    a_backup_moves_to_the_other_database,
    a_backup_that_is_none_is_refused
);

async fn a_backup_moves_to_the_other_database(mut world: World) {
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    let made = manager.post("/api/v1/accounts", json!({"fields": {"name": "Äpfel \"GmbH\"\nzweite Zeile", "type": "customer", "annual_revenue": 1}})).await.ok();
    let (id, began) = (id_of(&made["record"]), number(&made["record"]["recorded_at"]));
    let changed = manager
        .patch(
            &format!("/api/v1/accounts/{id}"),
            json!({"fields": {"name": "Birnen"}}),
        )
        .await
        .ok();
    customer(
        &manager,
        json!({"name": "Placed", "type": "customer"}),
        json!({"lng": 13.26, "lat": 53.55}),
    )
    .await;
    let deleted = manager
        .create("accounts", json!({"name": "Deleted", "type": "customer"}))
        .await;
    manager.delete(&format!("/api/v1/accounts/{deleted}")).await.ok();
    let before = feed(&admin).await;

    let file = world.path("house.backup").to_string_lossy().into_owned();
    run(&["backup", "--database", &world.database, "--out", &file], "").ok();
    let other = match world.engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    };
    // Without PostgreSQL it moves within SQLite, which the harness has said.
    let target = fresh_database(other, world.folder(), "other")
        .or_else(|| fresh_database(Engine::Sqlite, world.folder(), "other"))
        .expect("SQLite needs no server");
    run(&["restore", "--database", &target, &file], "").ok();
    run(&["verify", "--database", &target], "").ok();
    // A database that holds something is not written over.
    run(&["restore", "--database", &target, &file], "").refused();
    run(&["restore", "--database", &world.database, &file], "").refused();

    // Passwords are in it, as hashes: everybody signs in as before.
    world.server = Server::start(&target).await;
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    assert_eq!(
        feed(&admin).await,
        before,
        "the change feed is the same, hashes and all"
    );
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
    let address = format!("/api/v1/accounts/{id}");
    assert_eq!(manager.get(&address).await.ok()["fields"]["name"], "Birnen");
    assert_eq!(
        manager.get(&format!("{address}?as_of={began}")).await.ok()["fields"]["name"],
        "Äpfel \"GmbH\"\nzweite Zeile"
    );
    assert_eq!(
        list(&manager.get(&format!("{address}/history")).await.ok()["revisions"]).len(),
        2
    );
    assert_eq!(manager.count("accounts", "").await, 2);
    assert_eq!(manager.get("/api/v1/customers").await.ok()["count"], 1);
    // What was done before the move can be undone after it.
    let undo = format!("/api/v1/change-sets/{}/undo", text(&changed["change_set"]));
    manager.post(&undo, json!({})).await.ok();
    assert_eq!(
        manager.get(&address).await.ok()["fields"]["name"],
        "Äpfel \"GmbH\"\nzweite Zeile"
    );
    assert_eq!(
        email("manager"),
        text(&manager.get("/api/v1/session").await.ok()["user"]["email"])
    );
}

async fn a_backup_that_is_none_is_refused(world: World) {
    let file = world.path("house.backup").to_string_lossy().into_owned();
    run(&["backup", "--database", &world.database, "--out", &file], "").ok();
    let bytes = std::fs::read(&file).expect("the backup");
    let mut flipped = bytes.clone();
    let middle = bytes.len() / 2;
    flipped[middle] ^= 0x20;
    for (name, bytes) in [
        ("cut", &bytes[..bytes.len() / 2]),
        ("empty", &[][..]),
        ("text", b"not a backup".as_slice()),
        ("flipped", &flipped),
    ] {
        let path = world.path(name).to_string_lossy().into_owned();
        std::fs::write(&path, bytes).expect("a temporary file can be written");
        let target = fresh_database(world.engine, world.folder(), &format!("from-{name}"))
            .expect("the engine is there");
        let ran = run(&["restore", "--database", &target, &path], "");
        assert!(ran.refused().contains(name), "it names the file: {}", ran.errors);
        // Nothing half done: the good backup goes into the same database.
        run(&["restore", "--database", &target, &file], "").ok();
    }
}
