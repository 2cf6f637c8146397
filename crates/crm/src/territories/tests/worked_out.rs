//! What was written together with its consequences is not looked at again, and only that.

use records::{Author, Op, fields};
use serde_json::json;

use super::super::settle::{WorkedOut, settled, worked_off};
use super::holders;
use crate::test_world::{World, square};

#[tokio::test]
async fn only_a_set_that_came_straight_after_what_it_was_worked_out_from_is_passed_by() {
    for (between, holder) in [(0, "West"), (1, "East")] {
        let world = World::new().await;
        let (_, place) = world.customer("Firm", Some((13.21, 53.55)), json!({})).await;
        for (name, west) in [("West", 13.2), ("East", 13.25)] {
            let body = json!({ "name": name, "geometry": square(west, 53.5, west + 0.05, 53.6) });
            world.post("max", "/api/v1/territories/draw", body).await;
        }
        world.settle().await;
        let seen = worked_off(world.store()).await.unwrap();
        let seen = seen.expect("everything is worked off");
        assert_eq!(seen, world.store().last_seq().await.unwrap());

        // The customer moves to the East; whoever writes it claims that its assignment is written too.
        let change_set = records::new_id();
        world.app.territories.set_worked_out(Some(WorkedOut {
            change_set: change_set.clone(),
            seen: seen - between,
        }));
        let moves = Op::update("location", place.clone(), fields([("lng", 13.26.into())]));
        let author = Author::system("test", "Test");
        let batches = vec![vec![moves]].into_iter();
        world
            .store()
            .write_whole(&author, change_set, batches)
            .await
            .unwrap();
        assert_eq!(worked_off(world.store()).await.unwrap(), None);
        settled(&world.app).await;
        assert_eq!(holders(&world).await[&place], holder, "{between} between");
        assert!(worked_off(world.store()).await.unwrap().is_some());
    }
}
