//! What a rep must not see is not there: not by any list, count, map, search, filter, error or event.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, World, customer, email, list, number, scenario, text, wait};

scenario!(
    a_reps_world_holds_no_trace_of_a_colleagues_customer,
    a_hidden_record_answers_like_one_that_never_was,
    events_tell_only_what_may_be_seen,
    what_a_role_may_do,
    rights_follow_the_owner,
);

/// A name that occurs nowhere else, in the town of the demo map.
const SECRET: &str = "Xylophonwerk";

/// A customer of the colleague's with everything that hangs on one, and one of the rep's own.
struct Hidden {
    account: String,
    location: String,
    contact: String,
    opportunity: String,
    activity: String,
    visit: String,
    change_set: String,
    own_account: String,
    own_location: String,
}

async fn hidden(world: &World, manager: &Client) -> Hidden {
    let (rep, colleague) = (
        world.sign_in("rep").await.user(),
        world.sign_in("colleague").await.user(),
    );
    let place = json!({"street": "Geheimweg", "house_number": "7", "city": "Neubrandenburg", "lng": 13.2611, "lat": 53.5566});
    let account = manager
        .post(
            "/api/v1/accounts",
            json!({"fields": {
            "name": SECRET, "type": "customer", "class": "A", "industry": "Xylophones", "owner_id": colleague,
            "annual_revenue": 777_000_777, "phone": "0395 7770777", "number": "XYL-1"}}),
        )
        .await
        .ok();
    let change_set = text(&account["change_set"]);
    let account = text(&account["record"]["id"]);
    let mut fields = place.clone();
    fields["account_id"] = account.clone().into();
    let location = manager.create("locations", fields).await;
    let contact = manager
        .create(
            "contacts",
            json!({"name": "Xenia Xylander", "account_id": account}),
        )
        .await;
    let stage = manager
        .create("stages", json!({"name": "Offer", "position": 1}))
        .await;
    let opportunity = manager
        .create("opportunities", json!({"name": "Xylo deal", "account_id": account, "stage_id": stage, "amount": 55_555, "owner_id": colleague}))
        .await;
    let activity = manager
        .create(
            "activities",
            json!({"kind": "note", "subject": "Xylo note", "account_id": account, "owner_id": colleague}),
        )
        .await;
    let visit = manager
        .create("visits", json!({"location_id": location, "account_id": account, "owner_id": colleague, "status": "planned", "planned_start": 4_000_000_000_000_i64}))
        .await;
    let (own_account, own_location) = customer(
        manager,
        json!({"name": "Yachthafen", "type": "customer", "class": "B", "owner_id": rep, "annual_revenue": 100}),
        json!({"street": "Seeweg", "house_number": "1", "city": "Neubrandenburg", "lng": 13.2620, "lat": 53.5570}),
    )
    .await;
    Hidden {
        account,
        location,
        contact,
        opportunity,
        activity,
        visit,
        change_set,
        own_account,
        own_location,
    }
}

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
            let body = String::from_utf8_lossy(&unpacked(&answer)).into_owned();
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
        String::from_utf8_lossy(&unpacked(&tile)).contains(SECRET),
        "the tile of the town shows it to the manager"
    );

    // Counts are counts of what may be seen, also through a link to what may not.
    for (plural, filter) in [
        ("accounts", "name like 'Xylo%'"),
        ("accounts", "annual_revenue > 700000000"),
        ("locations", "street = 'Geheimweg'"),
        ("contacts", "account_id.name like 'Xylo%'"),
        ("opportunities", "amount = 55555"),
        ("visits", "status = 'planned'"),
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

/// A body as it was before it was packed for the way.
fn unpacked(answer: &crate::harness::Answer) -> Vec<u8> {
    assert_ne!(
        answer.header("content-encoding"),
        "gzip",
        "the client unpacks what it asked to be packed"
    );
    answer.body.clone()
}

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
        (
            Method::POST,
            "/api/v1/change-sets/{}/undo",
            &hidden.change_set,
            Some("{}"),
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

async fn what_a_role_may_do(world: World) {
    let manager = world.sign_in("manager").await;
    let (rep, analyst, admin) = (
        world.sign_in("rep").await,
        world.sign_in("analyst").await,
        world.sign_in("admin").await,
    );
    let account = manager
        .create("accounts", json!({"name": "Everybody's", "type": "customer"}))
        .await;
    let address = format!("/api/v1/accounts/{account}");
    // An analyst reads everything and writes nothing but regions.
    analyst.get(&address).await.ok();
    analyst
        .patch(&address, json!({"fields": {"class": "A"}}))
        .await
        .refused(403, "forbidden");
    analyst.delete(&address).await.refused(403, "forbidden");
    analyst
        .post(
            "/api/v1/accounts",
            json!({"fields": {"name": "X", "type": "customer"}}),
        )
        .await
        .refused(403, "forbidden");
    analyst
        .upload("x.csv", b"Firma\nX\n".to_vec())
        .await
        .refused(403, "forbidden");
    rep.upload("x.csv", b"Firma\nX\n".to_vec())
        .await
        .refused(403, "forbidden");
    rep.post("/api/v1/geocode-jobs", json!({}))
        .await
        .refused(403, "forbidden");
    let user = json!({"fields": {"name": "New", "email": "new@outside.example", "role": "admin"}, "password": "long enough"});
    for client in [&rep, &analyst, &manager] {
        client
            .post("/api/v1/users/new", user.clone())
            .await
            .refused(403, "forbidden");
        client
            .post("/api/v1/verify", json!({}))
            .await
            .refused(403, "forbidden");
        client
            .put("/api/v1/role-rights/rep", json!({"account": {"read": "all"}}))
            .await
            .refused(403, "forbidden");
        // Nobody makes himself an admin, by whatever address.
        let own = format!("/api/v1/users/{}", client.user());
        client
            .patch(&own, json!({"fields": {"role": "admin"}}))
            .await
            .refused(403, "forbidden");
    }
    let made = admin.post("/api/v1/users/new", user).await.ok();
    assert_eq!(made["record"]["fields"]["email"], email("new").as_str());

    // A manager's import is the manager's; a rep's rights can be widened, and narrowed again.
    assert_eq!(rep.count("accounts", "").await, 0);
    admin
        .put(
            "/api/v1/role-rights/rep",
            json!({"account": {"read": "all"}, "location": {"read": "all"}}),
        )
        .await
        .ok();
    assert_eq!(rep.count("accounts", "").await, 1);
    admin
        .put(
            "/api/v1/role-rights/rep",
            json!({"account": {"read": "own"}, "location": {"read": "own"}}),
        )
        .await
        .ok();
    assert_eq!(rep.count("accounts", "").await, 0);
    admin
        .put("/api/v1/role-rights/admin", json!({"account": {"read": "none"}}))
        .await
        .refused(409, "admin-is-fixed");

    // Somebody who left cannot sign in, and is signed out.
    let left = rep.user();
    admin
        .patch(
            &format!("/api/v1/users/{left}"),
            json!({"fields": {"active": false}}),
        )
        .await
        .ok();
    rep.get("/api/v1/session").await.refused(401, "not-signed-in");
}

async fn rights_follow_the_owner(world: World) {
    let manager = world.sign_in("manager").await;
    let (rep, colleague) = (world.sign_in("rep").await, world.sign_in("colleague").await);
    let (account, location) = customer(
        &manager,
        json!({"name": "Handed over", "type": "customer", "owner_id": rep.user()}),
        json!({"street": "Ring", "lng": 13.26, "lat": 53.55}),
    )
    .await;
    let sees = async |client: &Client| -> Value {
        let count = client.get("/api/v1/customers").await.ok()["count"].clone();
        let card = client
            .get(&format!("/api/v1/accounts/{account}/card"))
            .await
            .status
            .as_u16();
        let place = client
            .get(&format!("/api/v1/customers/{location}"))
            .await
            .status
            .as_u16();
        json!([count, card, place])
    };
    assert_eq!(
        (sees(&rep).await, sees(&colleague).await),
        (json!([1, 200, 200]), json!([0, 404, 404]))
    );
    manager
        .patch(
            &format!("/api/v1/accounts/{account}"),
            json!({"fields": {"owner_id": colleague.user()}}),
        )
        .await
        .ok();
    wait::until("the map shows the new owner", async || {
        (sees(&rep).await == json!([0, 404, 404]) && sees(&colleague).await == json!([1, 200, 200]))
            .then_some(())
    })
    .await;
}
