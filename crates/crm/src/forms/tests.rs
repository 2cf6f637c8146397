//! A form makes a lead or a case, says what is wrong, and robots get nowhere.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::test_world::World;
use crate::testing::TestApp;

async fn worlds() -> Vec<World> {
    World::with_channels(|_| crate::Channels::default()).await
}

fn form() -> Value {
    json!({
        "name": "Contact", "key": "contact", "target": "lead", "title": "Write <to> us", "language": "en",
        "fields": [{ "name": "name", "required": true }, { "name": "email", "label": "Your \"e-mail\"" }, { "name": "postal_code" }, { "name": "city" }, { "name": "message" }],
        "consent_text": "You may write to me.", "purpose": "newsletter", "consent_required": true, "thanks": "Thanks a lot.",
    })
}

/// The hidden field of a page.
fn page_of(html: &str) -> String {
    let (_, rest) = html
        .split_once("name=\"page\" value=\"")
        .unwrap_or_else(|| panic!("{html}"));
    rest.split('"').next().unwrap().to_owned()
}

async fn opened(world: &World) -> String {
    let (status, headers, html) = world.raw("", "GET", "/forms/contact", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    let html = String::from_utf8(html).unwrap();
    assert!(
        html.contains("Write &lt;to&gt; us")
            && html.contains("Your &quot;e-mail&quot;")
            && !html.contains("<script"),
        "{html}"
    );
    page_of(&html)
}

async fn later(world: &World, milliseconds: i64) {
    world.set_time(world.app.store.now().0 + milliseconds);
}

#[tokio::test]
async fn a_form_becomes_a_lead_with_what_was_agreed_to() {
    for world in worlds().await {
        world
            .post("ada", "/api/v1/forms", json!({ "fields": form() }))
            .await;
        let page = opened(&world).await;
        let good = |page: &str| {
            format!(
                "name=Ida+M%C3%BCller&email=ida%40x.example&message=Hello%0D%0Athere&status=converted&owner_id=max&consent=yes&page={page}"
            )
        };
        // Faster than anybody types.
        let (status, html) = world.send_form("/forms/contact", &good(&page)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            html.contains("very fast") && html.contains("Ida Müller"),
            "{html}"
        );
        later(&world, 5_000).await;
        let (status, html) = world.send_form("/forms/contact", &good(&page)).await;
        assert_eq!(status, StatusCode::OK, "{html}");
        assert!(html.contains("Thanks a lot."));
        // The button pressed twice is one enquiry.
        assert_eq!(
            world.send_form("/forms/contact", &good(&page)).await.0,
            StatusCode::OK
        );
        let leads = world.get("max", "/api/v1/leads").await["records"].clone();
        assert_eq!(leads.as_array().unwrap().len(), 1, "{leads}");
        let lead = &leads[0]["fields"];
        assert_eq!(
            (&lead["name"], &lead["message"], &lead["source"], &lead["status"]),
            (
                &json!("Ida Müller"),
                &json!("Hello\nthere"),
                &json!("web form Contact"),
                &json!("new")
            )
        );
        assert!(
            lead["score"].is_i64() && lead["owner_id"] != json!("max"),
            "{lead}"
        );
        let entry = world.get("max", "/api/v1/form-submissions").await["records"][0]["fields"].clone();
        assert_eq!(
            (
                &entry["consent"],
                &entry["consent_text"],
                &entry["purpose"],
                &entry["lead_id"]
            ),
            (
                &json!(true),
                &json!("You may write to me."),
                &json!("newsletter"),
                &leads[0]["id"]
            )
        );
        assert_eq!(
            entry["given"],
            json!({ "name": "Ida Müller", "email": "ida@x.example", "message": "Hello\nthere" })
        );
        // The feed says by what it came.
        let history = world
            .get(
                "max",
                &format!("/api/v1/leads/{}/history", leads[0]["id"].as_str().unwrap()),
            )
            .await;
        assert_eq!(history["revisions"][0]["cause"], "form");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_a_robot_sends_is_dropped() {
    for world in worlds().await {
        world
            .post("ada", "/api/v1/forms", json!({ "fields": form() }))
            .await;
        let page = opened(&world).await;
        later(&world, 5_000).await;
        let (status, html) = world
            .send_form(
                "/forms/contact",
                &format!("name=+&email=%22%3E%3Cscript%3E&page={page}"),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(
            html.contains("Name: needed")
                && html.contains("Please agree")
                && html.contains("&quot;&gt;&lt;script&gt;")
                && !html.contains("<script"),
            "{html}"
        );
        let (status, html) = world
            .send_form(
                "/forms/contact",
                &format!("name=Ida&email=nonsense&consent=yes&page={page}"),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(html.contains("Your &quot;e-mail&quot;: "), "{html}");
        let (status, _) = world
            .send_form(
                "/forms/contact",
                &format!("name=Bot&email=b%40x.example&consent=yes&fax_number_2=1&page={page}"),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "a robot learns nothing");
        let foreign = page.replace(page.split('.').next().unwrap(), &records::new_id());
        for made_up in [foreign.as_str(), "", "a.b.c"] {
            world.set_time(world.app.store.now().0 + 600_000);
            let (status, _) = world
                .send_form("/forms/contact", &format!("name=Bot&consent=yes&page={made_up}"))
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{made_up}");
        }
        later(&world, 86_400_000).await;
        let (status, html) = world
            .send_form("/forms/contact", &format!("name=Ida&consent=yes&page={page}"))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(html.contains("open for too long"), "{html}");
        assert_eq!(world.get("max", "/api/v1/leads/count").await["count"], 0);
        // Five in ten minutes by one address, counted from the last one on.
        let mut statuses = Vec::new();
        for _ in 0..6 {
            statuses.push(world.send_form("/forms/contact", "name=x").await.0.as_u16());
        }
        assert_eq!(statuses, [400, 400, 400, 400, 429, 429]);
        assert_eq!(
            world.send_form("/forms/nowhere", "name=x").await.0,
            StatusCode::NOT_FOUND
        );
        later(&world, 600_000).await;
        assert_eq!(
            world.send_form("/forms/contact", &"x".repeat(200_000)).await.0,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
}

#[tokio::test]
async fn a_form_becomes_a_case_in_its_queue() {
    for world in worlds().await {
        let (account, _) = world
            .customer(
                "Müller",
                None,
                json!({ "owner_id": "rita", "website": "https://mueller.example" }),
            )
            .await;
        let queue = world
            .post(
                "ada",
                "/api/v1/queues",
                json!({ "fields": { "name": "Complaints" } }),
            )
            .await;
        let fields = json!({
            "name": "Reklamation", "key": "contact", "target": "case", "language": "de", "queue_id": queue["record"]["id"],
            "fields": [{ "name": "name" }, { "name": "email", "required": true }, { "name": "kind", "required": true }, { "name": "description" }],
        });
        world
            .post("max", "/api/v1/forms", json!({ "fields": fields }))
            .await;
        let (_, _, html) = world.raw("", "GET", "/forms/contact", Value::Null).await;
        let html = String::from_utf8(html).unwrap();
        assert!(
            html.contains("lang=\"de\"")
                && html.contains(">Reklamation</option>")
                && html.contains(">Senden</button>"),
            "{html}"
        );
        later(&world, 5_000).await;
        let sent = format!(
            "name=Eva&email=eva%40mueller.example&kind=complaint&description=Leckt&page={}",
            page_of(&html)
        );
        let (status, html) = world.send_form("/forms/contact", &sent).await;
        assert_eq!(status, StatusCode::OK, "{html}");
        let case = world.get("rita", "/api/v1/cases").await["records"][0]["fields"].clone();
        assert_eq!(
            (
                &case["account_id"],
                &case["kind"],
                &case["channel"],
                &case["queue_id"]
            ),
            (
                &json!(account),
                &json!("complaint"),
                &json!("web"),
                &queue["record"]["id"]
            )
        );
        assert_eq!(
            (&case["subject"], &case["description"]),
            (&json!("Reklamation"), &json!("Leckt\n\nEva, eva@mueller.example"))
        );
        // A form that is switched off is none.
        let id = world.get("max", "/api/v1/forms").await["records"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        world
            .ask(
                "max",
                "PATCH",
                &format!("/api/v1/forms/{id}"),
                json!({ "fields": { "active": false } }),
            )
            .await;
        assert_eq!(
            world.raw("", "GET", "/forms/contact", Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        for wrong in [
            json!({ "name": "F", "target": "lead", "fields": [{ "name": "score" }] }),
            json!({ "name": "F", "target": "lead", "fields": [{ "name": "owner_id" }] }),
            json!({ "name": "F", "target": "case", "fields": [{ "name": "resolution" }] }),
            json!({ "name": "F", "target": "lead", "fields": [] }),
            json!({ "name": "F", "target": "lead", "fields": [{ "name": "email" }, { "name": "email" }] }),
            json!({ "name": "F", "target": "lead", "fields": [{ "name": "email" }], "key": "../x" }),
            json!({ "name": "F", "target": "lead", "fields": [{ "name": "email" }], "consent_required": true }),
        ] {
            let (status, _) = world
                .ask("ada", "POST", "/api/v1/forms", json!({ "fields": wrong }))
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        for who in ["rita", "anna", ""] {
            let body =
                json!({ "fields": { "name": "F", "target": "lead", "fields": [{ "name": "email" }] } });
            let (status, _) = world.ask(who, "POST", "/api/v1/forms", body).await;
            assert!([401, 403].contains(&status.as_u16()), "{who}: {status}");
        }
    }
}

#[tokio::test]
async fn a_false_postcode_is_to_verify_with_its_reason_and_points() {
    let test = TestApp::new("2026-03-02 09:00").await;
    let (_, max) = test.user("manager", "Max").await;
    test.user("rep", "Rita").await;
    test.create("form", form()).await;
    let (_, html) = test.ask_text("GET", "/forms/contact", "", None).await;
    test.set_clock("2026-03-02 09:01");
    let sent = format!(
        "name=Ida&email=ida%40bau.example&postal_code=99999&city=Neubrandenburg&consent=yes&page={}",
        page_of(&html)
    );
    let status = test.send_form("/forms/contact", &sent).await;
    assert_eq!(status, StatusCode::OK);
    let lead = test.ok("GET", "/api/v1/leads", &max, None).await["records"][0].clone();
    assert_eq!(lead["fields"]["status"], "to_verify", "{lead}");
    let card = test
        .ok(
            "GET",
            &format!("/api/v1/leads/{}/card", lead["id"].as_str().unwrap()),
            &max,
            None,
        )
        .await;
    let address = card["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["code"] == "address")
        .unwrap()
        .clone();
    assert_eq!(address["ok"], json!(false));
    assert!(
        address["text"]
            .as_str()
            .unwrap()
            .starts_with("Address uncertain:"),
        "{address}"
    );
    let points: i64 = card["score_reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["points"].as_i64().unwrap())
        .sum();
    assert_eq!(lead["fields"]["score"], json!(points));
}
