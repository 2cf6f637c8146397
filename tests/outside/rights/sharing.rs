//! What a rule shares is told by everything that tells of records, and by nothing any more once the rule is gone.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::json;

use super::traces::unpacked;
use super::{Hidden, SECRET, hidden};
use crate::harness::{Client, World, list, number, scenario, text};

scenario!(a_rule_shares_what_it_names_and_takes_it_back);

/// How much of the hidden customer and of the rep's own one is counted, and whether the map and the search tell it.
async fn told(rep: &Client) -> (i64, i64, i64, bool, bool, bool) {
    let legend = rep.get("/api/v1/legend?by=class").await.ok();
    let tile = unpacked(&rep.get("/tiles/customers/14/8795/5294.mvt").await);
    (
        rep.count("accounts", "").await,
        rep.count("locations", "").await,
        list(&legend["entries"]).iter().map(|e| number(&e["count"])).sum(),
        tile.contains(SECRET),
        rep.get("/api/v1/search?q=xylo").await.text().contains(SECRET),
        rep.get("/api/v1/accounts/export").await.text().contains(SECRET),
    )
}

/// Listens until the rep's own customer is told to have changed; whether the hidden one was before that.
async fn hears_of_the_hidden(stream: &mut Response, manager: &Client, hidden: &Hidden, class: &str) -> bool {
    for account in [&hidden.account, &hidden.own_account] {
        let change = json!({"fields": {"industry": class}});
        manager
            .patch(&format!("/api/v1/accounts/{account}"), change)
            .await
            .ok();
    }
    let mut heard = String::new();
    while !heard.contains(&hidden.own_account) {
        let chunk = tokio::time::timeout(Duration::from_secs(120), stream.chunk())
            .await
            .expect("an event comes");
        let chunk = chunk.expect("the stream goes on").expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    heard.contains(&hidden.account)
}

async fn a_rule_shares_what_it_names_and_takes_it_back(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let admin = world.sign_in("admin").await;
    let hidden = hidden(&world, &manager).await;
    let nothing = (1, 1, 1, false, false, false);
    assert_eq!(told(&rep).await, nothing);
    let rule = json!({"fields": {"name": "Xylophones", "record_type": "account", "condition": "number = 'XYL-1'",
        "along": ["location"], "access": "read", "role": "rep"}});
    for other in [&manager, &rep] {
        other
            .post("/api/v1/sharing-rules", rule.clone())
            .await
            .refused(403, "forbidden");
    }
    let mut stream = rep
        .request(Method::GET, "/api/v1/events")
        .send()
        .await
        .expect("the stream opens");
    assert!(!hears_of_the_hidden(&mut stream, &manager, &hidden, "Mills").await);

    let made = admin.post("/api/v1/sharing-rules", rule).await.ok();
    assert_eq!(told(&rep).await, (2, 2, 2, true, true, true));
    // Whoever listened before the rule was made is told of it from now on.
    assert!(hears_of_the_hidden(&mut stream, &manager, &hidden, "Bells").await);
    // What hangs on it and is not named stays out of sight; nothing is changed or deleted by looking.
    for (plural, id) in [
        ("contacts", &hidden.contact),
        ("opportunities", &hidden.opportunity),
        ("visits", &hidden.visit),
    ] {
        rep.get(&format!("/api/v1/{plural}/{id}"))
            .await
            .refused(404, "not-found");
    }
    assert!(!rep.get("/api/v1/search?q=xenia").await.text().contains("Xenia"));
    let account = format!("/api/v1/accounts/{}", hidden.account);
    // What is refused is said before it is tried, beside what is not.
    let own = format!("/api/v1/accounts/{}", hidden.own_account);
    let no = json!({"write": false, "delete": false});
    assert_eq!(rep.get(&account).await.ok()["may"], no);
    assert_eq!(
        rep.get(&own).await.ok()["may"],
        json!({"write": true, "delete": false})
    );
    let card = rep.get(&format!("{account}/card")).await.ok();
    assert_eq!(
        (&card["account"]["may"], &card["locations"][0]["record"]["may"]),
        (&no, &no)
    );
    rep.patch(&account, json!({"fields": {"class": "C"}}))
        .await
        .refused(403, "forbidden");
    let why = rep
        .get(&format!("/api/v1/sharing/why/account/{}", hidden.account))
        .await
        .ok();
    assert_eq!(why["reasons"][0]["rule"], "Xylophones");

    let id = text(&made["record"]["id"]);
    let rule = format!("/api/v1/sharing-rules/{id}");
    rep.delete(&rule).await.refused(404, "not-found");
    assert!(admin.delete(&rule).await.status.is_success());
    assert_eq!(told(&rep).await, nothing);
    rep.get(&account).await.refused(404, "not-found");
    assert!(!hears_of_the_hidden(&mut stream, &manager, &hidden, "Gongs").await);
}
