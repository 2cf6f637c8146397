//! The disk is full.

use serde_json::json;

use crate::harness::{Engine, Server, World};

/// Beside what is in the files already: more than starting needs, less than a few hundred long descriptions.
const ROOM: u64 = 4_000_000;

/// On SQLite only: PostgreSQL's disk is its own server's, which cannot be filled from here.
#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let mut world = World::start(Engine::Sqlite)
        .await
        .expect("SQLite needs no server");
    world.server.kill();
    // The tables alone are megabytes, and stand in either file, depending on when the program was killed.
    let size = |file: String| std::fs::metadata(file).map_or(0, |of| of.len());
    let full = size(world.database.clone()) + size(format!("{}-wal", world.database));
    world.server = Server::start_on_a_small_disk(&world.database, full + ROOM).await;
    let manager = world.sign_in("manager").await;
    let description = "A long story. ".repeat(5_000);
    let mut acknowledged = 0;
    let refused = loop {
        let fields =
            json!({"name": format!("Firm {acknowledged}"), "type": "prospect", "description": description});
        let answer = manager.post("/api/v1/accounts", json!({"fields": fields})).await;
        if answer.status != 201 {
            break answer;
        }
        acknowledged += 1;
        assert!(acknowledged < 1_000, "the disk is not small");
    };
    let problem = refused.refused(507, "disk-full");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("nothing of this change was written")),
        "{problem:#}"
    );
    assert!(acknowledged > 5, "it was full from the start");
    // It goes on answering.
    assert_eq!(manager.count("accounts", "").await, acknowledged);

    // And with room again everything acknowledged is there, the chain is whole, and writing goes on.
    world.kill_and_restart().await;
    let (manager, admin) = (world.sign_in("manager").await, world.sign_in("admin").await);
    assert_eq!(manager.count("accounts", "").await, acknowledged);
    assert_eq!(admin.post("/api/v1/verify", json!({})).await.ok()["ok"], true);
    manager
        .create("accounts", json!({"name": "One more", "type": "prospect"}))
        .await;
    assert_eq!(manager.count("accounts", "").await, acknowledged + 1);
}
