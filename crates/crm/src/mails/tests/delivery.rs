//! Out by a real server and in by another, once each; what lies in a folder is read once.

use std::path::Path;

use axum::http::StatusCode;
use mail::Tls;
use serde_json::json;

use super::{activity, count, furnish, message, office, server, worlds};
use crate::Channels;
use crate::mails::{fetch, send, store};
use crate::test_world::World;

#[tokio::test]
async fn mail_goes_out_once_by_a_real_server_and_comes_in_by_another() {
    let Some(servers) = testkit::mail::servers() else {
        return;
    };
    let open = |folder: &Path| Channels {
        smtp: Some(server(
            servers.smtp_port,
            Tls::Upgrade,
            Some(servers.authority.clone()),
        )),
        imap: Some((
            server(servers.imaps_port, Tls::Direct, Some(servers.authority.clone())),
            "INBOX".into(),
        )),
        ..office(folder)
    };
    for (round, world) in World::with_channels(open).await.into_iter().enumerate() {
        furnish(&world).await;
        let queue = async || world.get("ada", "/api/v1/mails/status").await["outgoing"].clone();
        // The same message posted twice is one.
        let post =
            json!({ "contact_id": "eva", "subject": format!("Round {round}"), "text": "Hello\n.\nEva" });
        let sent = world.post("rita", "/api/v1/mails", post).await;
        assert_eq!(send::work_off(&world.app, "w").await.unwrap(), 1);
        assert_eq!(send::work_off(&world.app, "w").await.unwrap(), 0);
        assert_eq!(queue().await[0]["state"], "sent");
        let own = world
            .get(
                "rita",
                &format!("/api/v1/activities/{}", sent["record"]["id"].as_str().unwrap()),
            )
            .await;
        assert_eq!(own["fields"]["mail_state"], "sent");
        for (to, state, words) in [
            ("nobody@x.example", "failed", "nobody of that name"),
            ("later@x.example", "waiting", "come back later"),
        ] {
            world.post("rita", "/api/v1/mails", json!({ "to": [to], "account_id": own["fields"]["account_id"], "subject": to, "text": "x" })).await;
            send::work_off(&world.app, "w").await.unwrap();
            let first = queue().await[0].clone();
            assert_eq!(
                (&first["state"], &first["attempts"]),
                (&json!(state), &json!(1)),
                "{first}"
            );
            assert!(first["note"].as_str().unwrap().contains(words), "{first}");
        }
        // A minute later once more, then after five.
        let now = world.app.store.now().0;
        assert_eq!(queue().await[0]["next_at"], json!(now + 60_000));
        world.set_time(now + 60_000);
        assert_eq!(send::work_off(&world.app, "w").await.unwrap(), 1);
        assert_eq!(queue().await[0]["next_at"], json!(now + 60_000 + 300_000));
        // A worker that dies over a message leaves it unclear: it is not sent again unasked.
        world
            .post(
                "rita",
                "/api/v1/mails",
                json!({ "to": ["otto@x.example"], "contact_id": "eva", "subject": "Lost", "text": "x" }),
            )
            .await;
        let claimed = store::claim(world.app.store.db(), "dead", world.app.store.now(), 900_000)
            .await
            .unwrap()
            .unwrap();
        world.set_time(now + 60_000 + 900_001);
        send::work_off(&world.app, "w").await.unwrap();
        let lost = world
            .get("rita", &format!("/api/v1/activities/{}", claimed.activity_id))
            .await;
        assert_eq!(lost["fields"]["mail_state"], "unclear");
        let again = format!("/api/v1/mails/outgoing/{}/again", claimed.id);
        assert_eq!(
            world.ask("ada", "POST", &again, json!({})).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            world.ask("ada", "POST", &again, json!({})).await.0,
            StatusCode::NOT_FOUND
        );
        send::work_off(&world.app, "w").await.unwrap();

        // Everything that went out lies in the one mailbox there is: it is ours, so it is nobody's news.
        let mut expected = 2;
        if round == 0 {
            // And one of Eva's, who writes by the same server.
            let composed = mail::compose(&mail::Draft {
                id: "eva-1@mueller.example".into(),
                answers: vec![own["fields"]["message_id"].as_str().unwrap().to_owned()],
                from: mail::Address {
                    name: "Eva".into(),
                    address: "eva@mueller.example".into(),
                },
                to: vec![mail::Address {
                    name: String::new(),
                    address: "office@firm.example".into(),
                }],
                cc: Vec::new(),
                subject: "Re: Round 0".into(),
                text: "Thanks.".into(),
                attachments: Vec::new(),
                at: std::time::SystemTime::UNIX_EPOCH,
                automatic: false,
                unsubscribe: Vec::new(),
            });
            let smtp = world.app.settings.channels.smtp.clone().unwrap();
            let sent = mail::send(&smtp, "mueller.example", &composed.unwrap()).await;
            assert!(matches!(sent, mail::Sent::Accepted(_)), "{sent:?}");
            expected += 1;
        } else {
            // The first world's three messages lie there too.
            expected += 3;
        }
        assert_eq!(fetch::from_mailbox(&world.app).await.unwrap(), expected);
        assert_eq!(
            fetch::from_mailbox(&world.app).await.unwrap(),
            0,
            "the position is remembered"
        );
        let incoming = world.get("ada", "/api/v1/mails/status").await["incoming"].clone();
        let outcomes: Vec<&str> = incoming
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["outcome"].as_str().unwrap())
            .collect();
        let ignored = outcomes.iter().filter(|o| **o == "ignored").count();
        if round == 0 {
            assert_eq!(ignored, 2, "{incoming}");
            let answer = incoming
                .as_array()
                .unwrap()
                .iter()
                .find(|i| i["from_address"] == "eva@mueller.example")
                .unwrap();
            assert_eq!(answer["outcome"], "contact");
            assert_eq!(activity(&world, answer).await["contact_id"], "eva");
        }
    }
}

#[tokio::test]
async fn a_folder_of_messages_is_read_once() {
    for world in worlds().await {
        let folder = world.folder().join("mail");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(
            folder.join("1.eml"),
            message("eva@mueller.example", "service@firm.example", "Pump", ""),
        )
        .unwrap();
        std::fs::write(folder.join("2.eml"), "nothing").unwrap();
        assert_eq!(fetch::from_folder(&world.app).await.unwrap(), 2);
        assert_eq!(fetch::from_folder(&world.app).await.unwrap(), 0);
        assert!(folder.join("done/1.eml").is_file() && folder.join("refused/2.eml").is_file());
        assert!(
            !std::fs::read_to_string(folder.join("refused/2.reason.txt"))
                .unwrap()
                .is_empty()
        );
        assert_eq!(count(&world, "max", "cases").await, 1);
    }
}
