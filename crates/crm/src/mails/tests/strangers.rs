//! Whoever is not known becomes a lead, programs are not answered, and what came back marks its address.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{activity, count, hand_in, message, worlds};
use crate::test_world::made;

#[tokio::test]
async fn strangers_become_leads_people_we_know_do_not_and_programs_are_not_answered() {
    for world in worlds().await {
        let stranger = message("Ole Olsen <ole@neu.example>", "sales@firm.example", "Prices?", "");
        let taken = hand_in(&world, &stranger).await;
        assert_eq!(taken["outcome"], "lead");
        let lead_id = activity(&world, &taken).await["lead_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let lead = world.get("max", &format!("/api/v1/leads/{lead_id}")).await["fields"].clone();
        assert_eq!(
            (&lead["name"], &lead["email"], &lead["source"], &lead["message"]),
            (
                &json!("Ole Olsen"),
                &json!("ole@neu.example"),
                &json!("mail"),
                &json!("The pump leaks.")
            )
        );
        assert!(
            lead["score"].as_i64().unwrap() > 0 && lead["owner_id"].is_string(),
            "{lead}"
        );
        // The second message goes on with it.
        let taken = hand_in(
            &world,
            &message("ole@neu.example", "sales@firm.example", "And?", ""),
        )
        .await;
        assert_eq!(
            (&taken["outcome"], &activity(&world, &taken).await["lead_id"]),
            (&json!("lead"), &json!(lead_id))
        );
        assert_eq!(count(&world, "max", "leads").await, 1);
        // Eva writes to the office: it stands in her firm's timeline.
        let taken = hand_in(
            &world,
            &message("eva@mueller.example", "office@firm.example", "Hello", ""),
        )
        .await;
        let entry = activity(&world, &taken).await;
        assert_eq!(
            (&taken["outcome"], &entry["contact_id"]),
            (&json!("contact"), &json!("eva"))
        );
        let timeline = world
            .get(
                "rita",
                &format!(
                    "/api/v1/accounts/{}/timeline",
                    entry["account_id"].as_str().unwrap()
                ),
            )
            .await;
        let found = timeline["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|i| i["kind"] == "email" && i["title"] == "Hello");
        assert!(found, "{timeline}");
        for (from, head, outcome) in [
            (
                "eva@mueller.example",
                "Auto-Submitted: auto-replied\r\n",
                "ignored",
            ),
            (
                "news@shop.example",
                "List-Unsubscribe: <mailto:x@shop.example>\r\n",
                "ignored",
            ),
            ("service@firm.example", "", "ignored"),
            ("office@firm.example", "", "ignored"),
        ] {
            let taken = hand_in(&world, &message(from, "service@firm.example", "x", head)).await;
            assert_eq!(taken["outcome"], outcome, "{from} {head}");
        }
        assert_eq!(count(&world, "max", "cases").await, 0);
        // A machine that writes and writes is stopped.
        let mut outcomes = Vec::new();
        for number in 0..32 {
            let mail = message(
                "loop@machine.example",
                "service@firm.example",
                &format!("Alarm {number}"),
                "",
            );
            outcomes.push(
                hand_in(&world, &mail).await["outcome"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        assert_eq!(
            (&outcomes[29], &outcomes[30], &outcomes[31]),
            (&"case".to_owned(), &"held".to_owned(), &"held".to_owned())
        );
        assert_eq!(hand_in(&world, "no message").await["outcome"], "refused");
        for who in ["max", "rita", "anna"] {
            let (status, _) = world.upload(who, "/api/v1/mails/incoming", b"x".to_vec()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{who}");
            assert_eq!(
                world.ask(who, "GET", "/api/v1/mails/status", Value::Null).await.0,
                StatusCode::FORBIDDEN
            );
        }
        let status = world.get("ada", "/api/v1/mails/status").await;
        assert_eq!(status["incoming"].as_array().unwrap().len(), 40);
        assert!(!status.to_string().contains("pass word"));
    }
}

fn bounce(message_id: &str, address: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: office@firm.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Message-ID: <{}@relay.example>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n--r\r\n\r\nSorry.\r\n\
         --r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 no such user\r\n\r\n--r\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\nSubject: x\r\n\r\n--r--\r\n",
        records::new_id()
    )
}

#[tokio::test]
async fn what_came_back_marks_the_address_and_only_what_we_sent_can_come_back() {
    for world in worlds().await {
        let body = json!({ "contact_id": "eva", "subject": "Offer", "text": "Here it is." });
        let sent = world.post("rita", "/api/v1/mails", body.clone()).await;
        let id = sent["record"]["fields"]["message_id"].as_str().unwrap();
        let eva = async || world.get("rita", "/api/v1/contacts/eva").await["fields"].clone();
        for (message_id, address) in [
            ("made-up@firm.example", "eva@mueller.example"),
            (id, "max@elsewhere.example"),
        ] {
            assert_eq!(
                hand_in(&world, &bounce(message_id, address)).await["outcome"],
                "bounce"
            );
            assert_eq!(eva().await["email_bounced_at"], Value::Null, "{address}");
        }
        hand_in(&world, &bounce(id, "EVA@mueller.example")).await;
        let marked = eva().await;
        assert!(marked["email_bounced_at"].is_i64());
        assert_eq!(marked["email_bounce"], "550 no such user");
        let mail = world
            .get(
                "rita",
                &format!("/api/v1/activities/{}", sent["record"]["id"].as_str().unwrap()),
            )
            .await;
        assert_eq!(mail["fields"]["mail_state"], "bounced");
        let (status, refused) = world.ask("rita", "POST", "/api/v1/mails", body.clone()).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::CONFLICT, &json!("bounced"))
        );
        // Only the program marks; another address is another matter.
        let (status, _) = world
            .ask(
                "rita",
                "PATCH",
                "/api/v1/contacts/eva",
                json!({ "fields": { "email_bounced_at": null } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        world
            .ask(
                "rita",
                "PATCH",
                "/api/v1/contacts/eva",
                json!({ "fields": { "email": "eva.m@mueller.example" } }),
            )
            .await;
        assert_eq!(
            (&eva().await["email_bounced_at"], &eva().await["email_bounce"]),
            (&Value::Null, &Value::Null)
        );
        world.post("rita", "/api/v1/mails", body).await;
    }
}

#[tokio::test]
async fn a_mail_is_put_to_no_deal_that_its_writer_may_not_see() {
    for world in worlds().await {
        let account = world.get("rita", "/api/v1/contacts/eva").await["fields"]["account_id"].clone();
        let deal = json!({ "name": "Deal of Rita's", "account_id": account, "stage_id": "first", "owner_id": "rita" });
        world
            .write(vec![
                made("stage", "first", json!({ "name": "First", "position": 1 })),
                made("opportunity", "deal", deal),
            ])
            .await;
        let deal = "deal";
        let body =
            json!({ "to": ["somebody@x.example"], "subject": "Spy", "text": "x", "opportunity_id": deal });
        let (status, refused) = world.ask("rolf", "POST", "/api/v1/mails", body.clone()).await;
        assert_eq!(
            (status, &refused["faults"][0]["pointer"]),
            (StatusCode::BAD_REQUEST, &json!("/opportunity_id")),
            "{refused}"
        );
        let written = world.post("rita", "/api/v1/mails", body).await;
        assert_eq!(written["record"]["fields"]["opportunity_id"], json!(deal));
    }
}
