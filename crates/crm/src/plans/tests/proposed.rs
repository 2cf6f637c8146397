//! What is only proposed is nobody's plan, until somebody takes it.

use super::*;

on_both!(a_proposal_is_not_the_day, 12, a_proposal);

async fn a_proposal(world: World) {
    let draft = world.plan().await;
    let late = json!({"late_minutes": 40, "proposal": true});
    let propose = async |of: &Value| {
        let path = format!("/api/v1/plans/{}/replan", text(of, "id"));
        world
            .t
            .ok("POST", &path, &world.rep_token, Some(late.clone()))
            .await["plan"]
            .clone()
    };
    let shown = async || {
        let plan = world.day().await["plan"].clone();
        (text(&plan, "id").to_owned(), text(&plan, "status").to_owned())
    };
    let is = |plan: &Value, status: &str| (text(plan, "id").to_owned(), status.to_owned());
    let take = |plan: &Value| format!("/api/v1/plans/{}/take", text(plan, "id"));

    // More of them than drafts are kept: the day stays the one they were proposed for.
    for _ in 0..9 {
        let proposed = propose(&draft).await;
        check(&proposed);
        assert_eq!(text(&proposed, "status"), "proposed");
        assert_ne!(
            proposed["totals"]["start"], draft["totals"]["start"],
            "40 minutes later"
        );
        assert_eq!(shown().await, is(&draft, "draft"));
    }
    // Nor does one made from one that was made from another send it away.
    let mut proposed = propose(&draft).await;
    for _ in 0..9 {
        proposed = propose(&proposed).await;
        assert_eq!(shown().await, is(&draft, "draft"));
    }
    let (_, stranger) = world.t.user("rep", "Ben").await;
    assert_eq!(
        world.t.refused("POST", &take(&proposed), &stranger, None).await.0,
        404
    );
    let taken = world.t.ok("POST", &take(&proposed), &world.rep_token, None).await;
    assert_eq!((text(&taken, "status"), ids(&taken)), ("draft", ids(&proposed)));
    assert_eq!(shown().await, is(&proposed, "draft"));
    // Said twice it is the same.
    world.t.ok("POST", &take(&proposed), &world.rep_token, None).await;

    // Of an accepted day a proposal can be accepted at once; the other one is over then.
    let accepted = world.accept(&proposed).await["plan"].clone();
    let later = propose(&accepted).await;
    assert_eq!(shown().await, is(&accepted, "accepted"));
    let now = world.accept(&later).await["plan"].clone();
    assert_eq!(shown().await, is(&now, "accepted"));
    for over in [&now, &accepted] {
        assert_eq!(
            world
                .t
                .refused("POST", &take(over), &world.rep_token, None)
                .await
                .0,
            409
        );
    }
}
