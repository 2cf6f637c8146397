//! Two times: what was true, and what we believed.

use geom::Timestamp;
use records::{At, Query, Viewer};
use serde_json::json;

use crate::toy::{HOUR, assert_whole, firm, on_both, system};

#[tokio::test]
async fn a_post_is_seen_as_valid_then_and_as_known_then() {
    on_both(|world| async move {
        let viewer = Viewer::system();
        let firm = world.create(&system(), "firm", firm("F")).await;
        let t = |h: i64| world.store.now().0 + h * HOUR;
        let (monday, tuesday, wednesday) = (t(0), t(24), t(48));
        let post = world
            .create(
                &system(),
                "post",
                json!({"firm_id": firm.id, "user_id": "anna", "valid_from": monday}),
            )
            .await;
        assert!(post.fields["valid_to"].is_null(), "the end is open");
        // On Wednesday we learn that Anna's post had ended on Tuesday, when Ben's began.
        let learned = {
            world.clock.set(Timestamp(wednesday));
            let ended = world.update(&system(), &post, json!({"valid_to": tuesday})).await;
            world
                .create(
                    &system(),
                    "post",
                    json!({"firm_id": firm.id, "user_id": "ben", "valid_from": tuesday}),
                )
                .await;
            ended.recorded_at.0
        };
        let who = |as_of: i64, known_at: Option<i64>| {
            let (store, viewer) = (world.store.clone(), viewer.clone());
            async move {
                let at = At {
                    as_of: Some(Timestamp(as_of)),
                    known_at: known_at.map(Timestamp),
                };
                let page = store.list(&viewer, &Query::of("post").at(at)).await.unwrap();
                page.records
                    .iter()
                    .map(|r| r.text("user_id").unwrap().to_string())
                    .collect::<Vec<_>>()
            }
        };
        assert_eq!(who(monday - 1, None).await, [""; 0]);
        assert_eq!(who(monday, None).await, ["anna"]);
        // Half-open: Tuesday is Ben's.
        assert_eq!(who(tuesday - 1, None).await, ["anna"]);
        assert_eq!(who(tuesday, None).await, ["ben"]);
        assert_eq!(
            who(wednesday + 1000 * HOUR, None).await,
            ["ben"],
            "the future may be asked"
        );
        // Before we learned of it, we believed Tuesday was Anna's.
        assert_eq!(who(tuesday, Some(learned - 1)).await, ["anna"]);
        assert_eq!(who(tuesday, Some(learned + 1)).await, ["ben"]);
        // Without a time: every validity on record.
        assert_eq!(world.store.count(&viewer, &Query::of("post")).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_feed_hears_of_validities_that_begin_and_end() {
    on_both(|world| async move {
        let firm = world.create(&system(), "firm", firm("F")).await;
        let now = world.store.now().0;
        world
            .create(
                &system(),
                "post",
                json!({"firm_id": firm.id, "valid_from": now + HOUR, "valid_to": now + 3 * HOUR}),
            )
            .await;
        let noted = |hours: i64| {
            world.clock.set(Timestamp(now + hours * HOUR));
            world.store.note_validities()
        };
        assert_eq!(noted(0).await.unwrap(), 0);
        assert_eq!(noted(1).await.unwrap(), 1);
        assert_eq!(noted(2).await.unwrap(), 0);
        assert_eq!(noted(3).await.unwrap(), 1);
        assert_eq!(noted(4).await.unwrap(), 0);
        let changes = world.store.changes(0, 1000).await.unwrap();
        let operations: Vec<_> = changes
            .iter()
            .filter(|c| c.type_name == "post")
            .map(|c| c.operation.as_str())
            .collect();
        assert_eq!(operations, ["create", "begin", "end"]);
        assert_whole(&world.store).await;
    })
    .await;
}

#[tokio::test]
async fn many_validities_may_begin_at_once() {
    on_both(|world| async move {
        let firm = world.create(&system(), "firm", firm("F")).await;
        let start = world.store.now().0 + HOUR;
        let ops: Vec<_> = (0..2500)
            .map(|_| {
                let values = json!({"firm_id": firm.id, "valid_from": start});
                records::Op::create("post", crate::toy::map(values))
            })
            .collect();
        world.store.write(&system(), ops).await.unwrap();
        world.clock.set(Timestamp(start));
        assert_eq!(world.store.note_validities().await.unwrap(), 2500);
        assert_eq!(world.store.note_validities().await.unwrap(), 0);
    })
    .await;
}
