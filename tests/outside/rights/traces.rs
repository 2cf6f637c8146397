//! Lists, counts, tiles, searches and events say nothing of a hidden record.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{SECRET, hidden};
use crate::harness::{Answer, World, list, number, scenario};

scenario!(
    a_reps_world_holds_no_trace_of_a_colleagues_customer,
    events_tell_only_what_may_be_seen,
);

async fn a_reps_world_holds_no_trace_of_a_colleagues_customer(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let hidden = hidden(&world, &manager).await;
    // What is looked for in every byte the rep is sent.
    let traces = [
        SECRET,
        "Xenia",
        "Xylo",
        "Geheimweg",
        "777000777",
        "7770777",
        &hidden.account,
        &hidden.location,
        &hidden.contact,
    ];
    let addresses = [
        "/api/v1/accounts".to_owned(),
        "/api/v1/accounts?sort=-annual_revenue".into(),
        "/api/v1/locations".into(),
        "/api/v1/contacts".into(),
        "/api/v1/opportunities".into(),
        "/api/v1/activities".into(),
        "/api/v1/visits".into(),
        "/api/v1/customers".into(),
        "/api/v1/customers?q=xylo".into(),
        "/api/v1/customers?sort=-revenue".into(),
        "/api/v1/search?q=xylo".into(),
        "/api/v1/search?q=geheimweg".into(),
        "/api/v1/search?q=7770777".into(),
        "/api/v1/search?q=xenia".into(),
        "/api/v1/legend?by=industry".into(),
        "/api/v1/legend?by=owner_id".into(),
        "/api/v1/consents".into(),
        "/api/v1/segments".into(),
        "/api/v1/segment-members".into(),
        "/api/v1/campaigns".into(),
        "/api/v1/campaign-members".into(),
        "/api/v1/campaign-responses".into(),
        "/api/v1/comments".into(),
        "/api/v1/collaboration/notifications".into(),
        "/api/v1/collaboration/follows".into(),
        format!("/api/v1/campaigns/{}/members", hidden.campaign),
        format!("/api/v1/campaigns/{}/results", hidden.campaign),
        format!("/api/v1/campaigns/{}/answers", hidden.campaign),
        format!("/api/v1/campaigns/{}/map", hidden.campaign),
        format!("/api/v1/campaigns/{}/list?channel=visit", hidden.campaign),
        format!("/api/v1/campaigns/{}/mailing", hidden.campaign),
        format!("/api/v1/campaigns/{}/mailing/example", hidden.campaign),
        "/api/v1/sharing-rules".into(),
        "/api/v1/change-sets".into(),
        format!("/api/v1/change-sets?record={}", hidden.account),
        "/api/v1/repair".into(),
        "/api/v1/jobs".into(),
        format!("/api/v1/accounts/{}/card", hidden.own_account),
        format!("/api/v1/accounts/{}/timeline", hidden.own_account),
        "/tiles/customers/0/0/0.mvt".into(),
        "/tiles/customers/14/8795/5294.mvt".into(),
    ];
    let now = number(&rep.get("/api/v1/session").await.ok()["now"]);
    for address in addresses {
        // Now, and as of a moment when it was there too.
        let past = format!(
            "{address}{}as_of={now}",
            if address.contains('?') { "&" } else { "?" }
        );
        for address in [address.clone(), past] {
            let answer = rep.get(&address).await;
            assert!(answer.status.is_success(), "{address}: {}", answer.text());
            let body = unpacked(&answer);
            for trace in traces {
                assert!(!body.contains(trace), "{address} tells {trace}");
            }
        }
    }
    // The manager, asked the same, does see it: the traces are looked for in the right words.
    assert!(
        manager
            .get("/api/v1/customers?q=xylo")
            .await
            .text()
            .contains(SECRET)
    );
    assert!(
        manager
            .get("/api/v1/search?q=xenia")
            .await
            .text()
            .contains("Xenia")
    );
    let tile = manager.get("/tiles/customers/14/8795/5294.mvt").await;
    assert!(
        unpacked(&tile).contains(SECRET),
        "the tile of the town shows it to the manager"
    );

    // A segment is its owner's; what one asks for oneself counts one's own customers.
    for address in [
        format!("/api/v1/segments/{}/members", hidden.segment),
        format!("/api/v1/segments/{}/export", hidden.segment),
        format!("/api/v1/consent/check?contact_id={}", hidden.contact),
    ] {
        rep.get(&address).await.refused(404, "not-found");
    }
    let everybody = json!({"subject": "account", "definition": {}});
    let asked = rep.post("/api/v1/segments/preview", everybody.clone()).await.ok();
    assert_eq!(
        (&asked["count"], asked["points"].as_array().map(Vec::len)),
        (&json!(1), Some(1))
    );
    assert_eq!(
        manager.post("/api/v1/segments/preview", everybody).await.ok()["count"],
        2
    );
    let contacts = json!({"subject": "contact", "definition": {}});
    assert_eq!(
        rep.post("/api/v1/segments/preview", contacts).await.ok()["count"],
        0
    );
    let results = rep
        .get(&format!("/api/v1/campaigns/{}/results", hidden.campaign))
        .await
        .ok();
    assert_eq!(results["total"]["treated"]["count"], 0);

    // Counts are counts of what may be seen, also through a link to what may not.
    for (plural, filter) in [
        ("accounts", "name like 'Xylo%'"),
        ("accounts", "annual_revenue > 700000000"),
        ("locations", "street = 'Geheimweg'"),
        ("contacts", "account_id.name like 'Xylo%'"),
        ("opportunities", "amount = 55555"),
        ("visits", "status = 'planned'"),
        ("visits", "cause = 'campaign'"),
        ("consents", ""),
        ("segment-members", ""),
        ("campaign-members", ""),
        ("comments", ""),
        ("users", "id in ('nobody')"),
    ] {
        assert_eq!(rep.count(plural, filter).await, 0, "{plural}: {filter}");
    }
    assert_eq!(rep.count("accounts", "").await, 1);
    assert_eq!(rep.count("locations", "").await, 1);
    assert_eq!(rep.get("/api/v1/customers").await.ok()["count"], 1);
    let legend = rep.get("/api/v1/legend?by=class").await.ok();
    let total: i64 = list(&legend["entries"]).iter().map(|e| number(&e["count"])).sum();
    assert_eq!(total, 1, "{legend:#}");
    assert_eq!(rep.get("/api/v1/places/summary").await.ok()["total"], 1);
    rep.get(&format!("/api/v1/accounts/{}", hidden.own_account))
        .await
        .ok();
    rep.get(&format!("/api/v1/customers/{}", hidden.own_location))
        .await
        .ok();
    rep.get("/api/v1/changes").await.refused(403, "forbidden");
}

/// The text of a body as it was before it was packed for the way.
pub(super) fn unpacked(answer: &Answer) -> String {
    assert_ne!(
        answer.header("content-encoding"),
        "gzip",
        "the client unpacks what it asked to be packed"
    );
    answer.text()
}

async fn events_tell_only_what_may_be_seen(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let hidden = hidden(&world, &manager).await;
    let mut stream = rep
        .request(Method::GET, "/api/v1/events")
        .send()
        .await
        .expect("the stream opens");
    assert_eq!(stream.status(), 200);
    manager
        .patch(
            &format!("/api/v1/accounts/{}", hidden.account),
            json!({"fields": {"class": "B"}}),
        )
        .await
        .ok();
    manager
        .patch(
            &format!("/api/v1/accounts/{}", hidden.own_account),
            json!({"fields": {"class": "C"}}),
        )
        .await
        .ok();
    let mut heard = String::new();
    while !heard.contains(&hidden.own_account) {
        let chunk = tokio::time::timeout(Duration::from_secs(120), stream.chunk())
            .await
            .expect("an event comes");
        let chunk = chunk.expect("the stream goes on").expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    // The colleague's came first; had it been told, it would have been heard by now.
    assert!(!heard.contains(&hidden.account), "{heard}");
    assert!(heard.contains("event: change"), "{heard}");
}
