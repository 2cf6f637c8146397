//! Mail finds whom it belongs to, is taken once and sent once, and what is forged or hostile changes nothing.

mod delivery;
mod strangers;

use std::path::Path;

use axum::http::{StatusCode, header};
use mail::{Secret, Server, Tls};
use records::{At, Op, Viewer};
use serde_json::{Value, json};

use crate::Channels;
use crate::test_world::{World, made};

fn server(port: u16, tls: Tls, authority: Option<Vec<u8>>) -> Server {
    Server {
        host: "localhost".into(),
        port,
        tls,
        user: Some((testkit::mail::USER.into(), Secret::new(testkit::mail::PASSWORD))),
        authority,
    }
}

/// Doors of an office; nobody listens where mail goes out.
fn office(folder: &Path) -> Channels {
    Channels {
        smtp: Some(server(1, Tls::Off, None)),
        mail_from: Some(mail::Address {
            name: "Firm".into(),
            address: "office@firm.example".into(),
        }),
        sales_addresses: vec!["sales@firm.example".into()],
        files: Some(folder.join("files")),
        mail_folder: Some(folder.join("mail")),
        ..Channels::default()
    }
}

/// A queue with an address, and a customer of Rita's with somebody to write.
async fn furnish(world: &World) {
    world
        .write(vec![made(
            "queue",
            "q1",
            json!({ "name": "Service", "email": "Service@firm.example" }),
        )])
        .await;
    let (account, _) = world
        .customer(
            "Müller",
            None,
            json!({ "owner_id": "rita", "website": "https://mueller.example" }),
        )
        .await;
    let eva = json!({ "name": "Eva Müller", "email": "eva@mueller.example", "account_id": account });
    world.write(vec![made("contact", "eva", eva)]).await;
}

async fn worlds() -> Vec<World> {
    let worlds = World::with_channels(office).await;
    for world in &worlds {
        furnish(world).await;
    }
    worlds
}

fn message(from: &str, to: &str, subject: &str, more: &str) -> String {
    // Each message has an id of its own.
    let id = records::new_id();
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}@out.example>\r\n{more}\r\nThe pump leaks.\r\n"
    )
}

async fn hand_in(world: &World, text: &str) -> Value {
    let (status, answer) = world
        .upload("ada", "/api/v1/mails/incoming", text.as_bytes().to_vec())
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn activity(world: &World, answer: &Value) -> Value {
    let id = answer["activity_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let found = world
        .store()
        .get(&Viewer::system(), "activity", id, At::PRESENT)
        .await
        .unwrap();
    Value::Object(found.unwrap().fields)
}

async fn count(world: &World, who: &str, plural: &str) -> Value {
    world.get(who, &format!("/api/v1/{plural}/count")).await["count"].clone()
}

const WITH_FILE: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>See the <b>photo</b>.</p>\r\n\
    --b\r\nContent-Type: text/html; name=\"../../x.html\"\r\nContent-Disposition: attachment; filename=\"../../x.html\"\r\n\r\n<script>alert(1)</script>\r\n--b--";

#[tokio::test]
async fn a_mail_to_a_queue_is_a_case_and_answers_thread_to_it() {
    for world in worlds().await {
        let first = message(
            "Eva <EVA@mueller.example>",
            "service@firm.example",
            "Pump",
            WITH_FILE,
        );
        let taken = hand_in(&world, &first).await;
        assert_eq!(taken["outcome"], "case", "{taken}");
        let entry = activity(&world, &taken).await;
        let case_id = entry["case_id"].as_str().unwrap().to_owned();
        let case = world.get("rita", &format!("/api/v1/cases/{case_id}")).await["fields"].clone();
        assert_eq!(
            (
                &case["contact_id"],
                &case["queue_id"],
                &case["channel"],
                &case["status"],
                &case["description"]
            ),
            (
                &json!("eva"),
                &json!("q1"),
                &json!("mail"),
                &json!("new"),
                &json!("See the photo.")
            )
        );
        assert_eq!(
            (&entry["direction"], &entry["from_address"], &entry["account_id"]),
            (&json!("in"), &json!("eva@mueller.example"), &case["account_id"])
        );
        // However often and by whatever way it comes.
        assert_eq!(hand_in(&world, &first).await["outcome"], "seen");
        assert_eq!(
            hand_in(&world, &format!("Received: by another way\r\n{first}")).await["outcome"],
            "seen"
        );
        assert_eq!(count(&world, "max", "cases").await, 1);

        // The file is the customer's, harmless, and nobody else's.
        let files = world
            .get(
                "rita",
                &format!(
                    "/api/v1/files?filter=account_id%3D'{}'",
                    case["account_id"].as_str().unwrap()
                ),
            )
            .await;
        let file = &files["records"][0];
        assert_eq!(
            (&file["fields"]["name"], &file["fields"]["about_id"]),
            (&json!("x.html"), &json!(case_id))
        );
        let content = format!("/api/v1/files/{}/content", file["id"].as_str().unwrap());
        let (status, headers, bytes) = world.raw("rita", "GET", &content, Value::Null).await;
        assert_eq!(
            (status, bytes.as_slice()),
            (StatusCode::OK, b"<script>alert(1)</script>".as_slice())
        );
        assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(
            headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .starts_with("attachment; filename=\"x.html\"")
        );
        assert_eq!(
            world.raw("rolf", "GET", &content, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );

        // The answer carries number and our own id, comes from the queue's address, and the case is in work.
        let body = json!({ "case_id": case_id, "subject": "Re: Pump", "text": "We come tomorrow." });
        let answer = world.post("rita", "/api/v1/mails", body.clone()).await;
        let sent = answer["record"]["fields"].clone();
        let number = case["number"].as_str().unwrap();
        assert_eq!(sent["subject"], json!(format!("[#{number}] Re: Pump")));
        assert_eq!(
            (&sent["to_addresses"], &sent["from_address"], &sent["mail_state"]),
            (
                &json!("eva@mueller.example"),
                &json!("service@firm.example"),
                &json!("queued")
            )
        );
        let state =
            async || world.get("rita", &format!("/api/v1/cases/{case_id}")).await["fields"]["status"].clone();
        assert_eq!(state().await, "open");
        // Rolf, who does not see the case, cannot write on it.
        assert_eq!(
            world.ask("rolf", "POST", "/api/v1/mails", body).await.0,
            StatusCode::BAD_REQUEST
        );

        let own_id = sent["message_id"].as_str().unwrap();
        world
            .write(vec![Op::update(
                "case",
                case_id.as_str(),
                serde_json::from_value(json!({ "status": "waiting" })).unwrap(),
            )])
            .await;
        let reply = message(
            "eva@mueller.example",
            "anything@else.example",
            "Re: whatever",
            &format!("In-Reply-To: <{own_id}>\r\n"),
        );
        let taken = hand_in(&world, &reply).await;
        assert_eq!(
            (activity(&world, &taken).await["case_id"].clone(), state().await),
            (json!(case_id), json!("open"))
        );
        // Her second message answers her own first one.
        let own_first = first
            .split("Message-ID: ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        let again = message(
            "eva@mueller.example",
            "service@firm.example",
            "Pump",
            &format!("References: {own_first}\r\n"),
        );
        assert_eq!(
            activity(&world, &hand_in(&world, &again).await).await["case_id"],
            json!(case_id)
        );
        // A colleague has only the number.
        let colleague = message(
            "otto@mueller.example",
            "service@firm.example",
            &format!("Fwd: [#{number}]"),
            "",
        );
        assert_eq!(
            activity(&world, &hand_in(&world, &colleague).await).await["case_id"],
            json!(case_id)
        );
        let mails = world
            .get("rita", &format!("/api/v1/mails?case_id={case_id}"))
            .await;
        assert_eq!(mails["mails"].as_array().unwrap().len(), 5);
        assert_eq!(count(&world, "max", "cases").await, 1);
        // What is closed stays closed.
        let closed = json!({ "status": "closed", "resolution": "New seal" });
        world
            .write(vec![Op::update(
                "case",
                case_id.as_str(),
                serde_json::from_value(closed).unwrap(),
            )])
            .await;
        let late = message(
            "eva@mueller.example",
            "service@firm.example",
            "Re: Pump",
            &format!("In-Reply-To: <{own_id}>\r\n"),
        );
        let follow = activity(&world, &hand_in(&world, &late).await).await["case_id"].clone();
        assert_ne!(follow, json!(case_id));
        let follow = world
            .get("rita", &format!("/api/v1/cases/{}", follow.as_str().unwrap()))
            .await;
        assert!(
            follow["fields"]["description"]
                .as_str()
                .unwrap()
                .starts_with(&format!("Follows {number}."))
        );
        assert_eq!(state().await, "closed");
    }
}

#[tokio::test]
async fn a_forged_answer_attaches_to_nothing() {
    for world in worlds().await {
        let taken = hand_in(
            &world,
            &message("eva@mueller.example", "service@firm.example", "Pump", ""),
        )
        .await;
        let entry = activity(&world, &taken).await;
        let case = world
            .get(
                "max",
                &format!("/api/v1/cases/{}", entry["case_id"].as_str().unwrap()),
            )
            .await;
        let body = json!({ "case_id": case["id"], "subject": "Re: Pump", "text": "Yes." });
        let sent = world.post("rita", "/api/v1/mails", body).await;
        let id = sent["record"]["fields"]["message_id"].as_str().unwrap();
        let other = world
            .post(
                "rita",
                "/api/v1/mails",
                json!({ "contact_id": "eva", "subject": "Other", "text": "Other." }),
            )
            .await;
        let other_id = other["record"]["id"].as_str().unwrap();
        let own = sent["record"]["id"].as_str().unwrap();
        let flipped = if id.contains(".0") {
            id.replacen(".0", ".1", 1)
        } else {
            id.replacen('@', "0@", 1)
        };
        for forged in [
            id.replace(own, other_id),
            flipped,
            format!("bw.{own}.00000000000000000000000000000000@firm.example"),
            format!("bw.{own}.@firm.example"),
            // The id of Eva's own message, by somebody else.
            entry["message_id"].as_str().unwrap().to_owned(),
        ] {
            let head = format!("In-Reply-To: <{forged}>\r\nReferences: <{forged}>\r\n");
            let mail = message("mallory@evil.example", "office@firm.example", "Re: Pump", &head);
            let taken = hand_in(&world, &mail).await;
            assert_eq!(
                (&taken["outcome"], &taken["activity_id"]),
                (&json!("unmatched"), &Value::Null),
                "{forged}"
            );
        }
        // The number alone helps no stranger either: it makes a case of its own.
        let number = case["fields"]["number"].as_str().unwrap();
        let guess = message(
            "mallory@evil.example",
            "service@firm.example",
            &format!("[#{number}] Pump"),
            "",
        );
        let taken = activity(&world, &hand_in(&world, &guess).await).await;
        assert_ne!(taken["case_id"], case["id"]);
        assert_eq!(taken["account_id"], Value::Null);
    }
}
