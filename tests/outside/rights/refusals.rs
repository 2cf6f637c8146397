//! Asked for by its id, a hidden record answers like one that never was.

use reqwest::Method;
use serde_json::json;

use super::hidden;
use crate::harness::{World, list, scenario};

scenario!(a_hidden_record_answers_like_one_that_never_was);

async fn a_hidden_record_answers_like_one_that_never_was(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let hidden = hidden(&world, &manager).await;
    let nobody = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
    let own = &hidden.own_location;
    // (method, address with {} for the id, the hidden id, body with {} for the id)
    let cases: Vec<(Method, &str, &str, Option<&str>)> = vec![
        (Method::GET, "/api/v1/accounts/{}", &hidden.account, None),
        (Method::GET, "/api/v1/accounts/{}/history", &hidden.account, None),
        (Method::GET, "/api/v1/accounts/{}/card", &hidden.account, None),
        (Method::GET, "/api/v1/accounts/{}/timeline", &hidden.account, None),
        (
            Method::GET,
            "/api/v1/accounts/{}/ownership",
            &hidden.account,
            None,
        ),
        (
            Method::PATCH,
            "/api/v1/accounts/{}",
            &hidden.account,
            Some(r#"{"fields":{"class":"C"}}"#),
        ),
        (Method::DELETE, "/api/v1/accounts/{}", &hidden.account, None),
        (
            Method::GET,
            "/api/v1/sharing/why/account/{}",
            &hidden.account,
            None,
        ),
        (Method::GET, "/api/v1/locations/{}", &hidden.location, None),
        (
            Method::GET,
            "/api/v1/locations/{}/history",
            &hidden.location,
            None,
        ),
        (
            Method::GET,
            "/api/v1/locations/{}/candidates",
            &hidden.location,
            None,
        ),
        (
            Method::GET,
            "/api/v1/locations/{}/ownership",
            &hidden.location,
            None,
        ),
        (
            Method::POST,
            "/api/v1/locations/{}/pin",
            &hidden.location,
            Some(r#"{"lng":13.2,"lat":53.5}"#),
        ),
        (
            Method::POST,
            "/api/v1/locations/{}/geocode",
            &hidden.location,
            Some("{}"),
        ),
        (Method::GET, "/api/v1/customers/{}", &hidden.location, None),
        (Method::GET, "/api/v1/contacts/{}", &hidden.contact, None),
        (Method::GET, "/api/v1/contacts/{}/history", &hidden.contact, None),
        (
            Method::PATCH,
            "/api/v1/contacts/{}",
            &hidden.contact,
            Some(r#"{"fields":{"note":"x"}}"#),
        ),
        (Method::GET, "/api/v1/opportunities/{}", &hidden.opportunity, None),
        (
            Method::PATCH,
            "/api/v1/opportunities/{}",
            &hidden.opportunity,
            Some(r#"{"fields":{"amount":1}}"#),
        ),
        (Method::GET, "/api/v1/activities/{}", &hidden.activity, None),
        (Method::GET, "/api/v1/visits/{}", &hidden.visit, None),
        (
            Method::POST,
            "/api/v1/visits/{}/check-in",
            &hidden.visit,
            Some("{}"),
        ),
        (
            Method::POST,
            "/api/v1/visits/{}/report",
            &hidden.visit,
            Some(r#"{"outcome":"done","note":"x"}"#),
        ),
        (Method::POST, "/api/v1/plans/{}/take", &hidden.plan, Some("{}")),
        (Method::POST, "/api/v1/plans/{}/accept", &hidden.plan, Some("{}")),
        (
            Method::POST,
            "/api/v1/change-sets/{}/undo",
            &hidden.change_set,
            Some("{}"),
        ),
        (
            Method::GET,
            "/api/v1/collaboration/comments?type=account&id={}",
            &hidden.account,
            None,
        ),
        (
            Method::POST,
            "/api/v1/collaboration/comments",
            &hidden.account,
            Some(r#"{"type":"account","id":"{}","text":"Spy"}"#),
        ),
        (
            Method::PUT,
            "/api/v1/collaboration/follows/account/{}",
            &hidden.account,
            None,
        ),
        (
            Method::GET,
            "/api/v1/privacy/people/contact/{}",
            &hidden.contact,
            None,
        ),
        (
            Method::GET,
            "/api/v1/privacy/people/contact/{}/export",
            &hidden.contact,
            None,
        ),
        (
            Method::POST,
            "/api/v1/privacy/people/contact/{}/erase",
            &hidden.contact,
            Some(r#"{"confirm":"Xenia Xylander"}"#),
        ),
        (
            Method::POST,
            "/api/v1/privacy/retention/keep",
            &hidden.contact,
            Some(r#"{"type":"contact","id":"{}","until":1}"#),
        ),
        // A link to what one may not see is a link to nothing.
        (
            Method::POST,
            "/api/v1/contacts",
            &hidden.account,
            Some(r#"{"fields":{"name":"Spy","account_id":"{}"}}"#),
        ),
        (
            Method::POST,
            "/api/v1/locations",
            &hidden.account,
            Some(r#"{"fields":{"street":"Ring","account_id":"{}"}}"#),
        ),
        (
            Method::POST,
            "/api/v1/activities",
            &hidden.account,
            Some(r#"{"fields":{"kind":"note","subject":"Spy","account_id":"{}"}}"#),
        ),
        (
            Method::POST,
            "/api/v1/opportunities",
            &hidden.account,
            Some(r#"{"fields":{"name":"Spy","account_id":"{}"}}"#),
        ),
    ];
    let mut told = Vec::new();
    for (method, address, id, body) in cases {
        let ask = async |id: &str| {
            let mut request = rep.request(method.clone(), &address.replace("{}", id));
            if let Some(body) = body {
                let body = body.replace("{}", id);
                request = request.header("content-type", "application/json").body(body);
            }
            let answer = rep.send(request).await;
            assert!(
                answer.status.is_client_error(),
                "{method} {address}: {} {}",
                answer.status,
                answer.text()
            );
            (answer.status, answer.text().replace(id, "…"))
        };
        let (never_was, is_hidden) = (ask(nobody).await, ask(id).await);
        if never_was != is_hidden {
            told.push(format!(
                "{method} {address}\n  never was: {never_was:?}\n  is hidden: {is_hidden:?}"
            ));
        }
    }
    assert!(
        told.is_empty(),
        "the difference tells that it exists:\n{}",
        told.join("\n")
    );
    // Nothing of all that was written.
    let card = manager
        .get(&format!("/api/v1/accounts/{}/card", hidden.account))
        .await
        .ok();
    assert_eq!(card["account"]["version"], 1);
    assert_eq!(list(&card["contacts"]).len(), 1);
    assert_eq!(
        manager
            .get(&format!("/api/v1/locations/{}", hidden.location))
            .await
            .ok()["version"],
        1
    );
    // The rep's own place takes a pin.
    rep.post(
        &format!("/api/v1/locations/{own}/pin"),
        json!({"lng": 13.2, "lat": 53.5}),
    )
    .await
    .ok();
}
