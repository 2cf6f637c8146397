//! One round from the first mail to the last answer, by real servers.

use std::collections::BTreeMap;
use std::path::Path;

use mail::{Server, Tls};
use records::{Op, fields};
use serde_json::{Value, json};

use super::super::super::tests::{campaign, create, segment};
use super::super::{LEASE, store, to_be_written, work_off, writing};
use super::{by_status, delivered, hand_in, header, people, server};
use crate::Channels;
use crate::mails::{Bulk, Laid, lay_in};
use crate::test_world::{MONDAY, World};

#[tokio::test]
async fn each_person_gets_one_mail_and_what_comes_back_counts() {
    let Some(servers) = testkit::mail::servers() else {
        return;
    };
    let imap = server(servers.imaps_port, Tls::Direct, &servers.authority);
    let open = |folder: &Path| Channels {
        smtp: Some(server(servers.smtp_port, Tls::Upgrade, &servers.authority)),
        mail_from: Some(mail::Address {
            name: "Firm".into(),
            address: "office@firm.example".into(),
        }),
        files: Some(folder.join("files")),
        ..Channels::default()
    };
    for (round, world) in World::with_channels(open).await.into_iter().enumerate() {
        one_round(&world, &imap, round).await;
    }
}

async fn one_round(world: &World, imap: &Server, round: usize) {
    let ids = people(world, round).await;
    let segment = segment(world).await;
    let only_mail = json!([{ "channel": "email" }]);
    let text = "Dear {name} of {firm},\n\ncome to {offer}: {link}";
    let variants = json!([{ "name": "A", "offer": "the opening", "subject": "For {name}", "text": text }]);
    let bad = json!({ "fields": { "name": "Bad", "segment_id": segment, "channels": only_mail, "variants": [{ "name": "A", "text": "Dear {nmae}" }] } });
    let (status, refused) = world.ask("max", "POST", "/api/v1/campaigns", bad).await;
    assert_eq!(
        (status.as_u16(), &refused["faults"][0]["code"]),
        (400, &json!("unknown-word"))
    );
    let id = campaign(
        world,
        &segment,
        json!({ "control_share": 0, "channels": only_mail, "variants": variants, "code": null }),
    )
    .await;
    let path = |what: &str| format!("/api/v1/campaigns/{id}/{what}");
    let go = json!({ "per_minute": 24 });
    // A draft can be looked at, not sent.
    let example = world.get("max", &path("mailing/example")).await;
    assert!(
        example["text"].as_str().unwrap().starts_with("Dear Max of "),
        "{example}"
    );
    let status = |answer: (axum::http::StatusCode, Value)| (answer.0.as_u16(), answer.1["code"].clone());
    assert_eq!(
        status(world.ask("max", "POST", &path("mailing"), go.clone()).await),
        (409, json!("wrong-status"))
    );
    let started = world.post("max", &path("start"), Value::Null).await;
    for who in ["rita", "anna"] {
        assert_eq!(
            world
                .ask(who, "POST", &path("mailing"), go.clone())
                .await
                .0
                .as_u16(),
            403,
            "{who}"
        );
        assert_eq!(
            world
                .ask(who, "POST", &path("mailing/pause"), Value::Null)
                .await
                .0
                .as_u16(),
            403,
            "{who}"
        );
    }
    let bad = world
        .ask("max", "POST", &path("mailing"), json!({ "per_minute": 0 }))
        .await;
    assert_eq!(bad.0.as_u16(), 400);

    // Between the start and the mails things happen: one withdraws, one's mail came back, and a lead of the same address
    // as the seventh wants nothing.
    world
        .write(vec![
            create("consent", json!({ "contact_id": ids[5], "purpose": "marketing", "channel": "any", "lawful_basis": "consent", "withdrawn_at": MONDAY + 1 })),
            Op::update("contact", ids[7].as_str(), fields([("email_bounced_at", MONDAY.into())])),
            create("lead", json!({ "name": "Same address", "status": "new", "email": format!("P6@R{round}.example"), "do_not_contact": true })),
        ])
        .await;
    world.set_time(MONDAY + 10);
    let state = async || world.get("max", &path("mailing")).await;
    let before = state().await;
    assert_eq!(
        (&before["state"], &before["all"], &before["to_send"]),
        (&json!("none"), &json!(9), &json!(9)),
        "{before}"
    );
    world.post("max", &path("mailing"), go.clone()).await;

    // Two every five seconds, however often it is asked.
    let app = &world.app;
    let mut now = MONDAY + 10;
    assert!(work_off(app, "w").await.unwrap() <= 2);
    assert_eq!(work_off(app, "w").await.unwrap(), 0);
    let after = state().await;
    assert_eq!(after["to_send"], 7, "{after}");
    // Held, nothing more happens; let go again, it goes on.
    world.post("max", &path("mailing/pause"), Value::Null).await;
    now += 60_000;
    world.set_time(now);
    assert_eq!(work_off(app, "w").await.unwrap(), 0);
    assert_eq!(state().await["state"], "paused");
    world.post("max", &path("mailing"), go.clone()).await;
    // A worker takes the mailing, lays a message into the queue and dies before it is on record: nobody else comes near
    // until its time is over, and then that person still gets one mail.
    let taken = store::claim(app.store.db(), "dead", app.store.now(), LEASE)
        .await
        .unwrap();
    assert_eq!(taken.map(|m| m.id), Some(id.clone()));
    let waiting = app
        .store
        .list(
            &records::Viewer::system(),
            &records::Query::of("campaign_member")
                .filter(to_be_written(&id))
                .sort("id", false),
        )
        .await
        .unwrap();
    let next = &waiting.records[0];
    let activity = writing::activity_id(&next.id);
    let half = Bulk {
        campaign_id: id.clone(),
        message_id: app
            .doors
            .seal(app)
            .await
            .unwrap()
            .message_id(&activity, "firm.example"),
        activity_id: activity,
        from: mail::Address {
            name: String::new(),
            address: "office@firm.example".into(),
        },
        to: mail::Address {
            name: String::new(),
            address: format!("half@r{round}.example"),
        },
        subject: "Half".into(),
        text: "Half".into(),
        unsubscribe: Vec::new(),
    };
    assert!(matches!(lay_in(app, &half).await.unwrap(), Laid::New(_)));
    assert_eq!(work_off(app, "w").await.unwrap(), 0);
    now += LEASE + 1;
    world.set_time(now);
    for _ in 0..20 {
        work_off(app, "w").await.unwrap();
        world.post("ada", "/api/v1/mails/fetch", Value::Null).await;
        now += 5_000;
        world.set_time(now);
    }
    let done = state().await;
    assert_eq!(done["state"], "done", "{done}");
    let found = by_status(world, &id).await;
    let of = |n: usize| found[&format!("Person {n:02}")].clone();
    let expected = |status: &str, held: Value| (status.to_owned(), held);
    for n in [0, 1, 8] {
        assert_eq!(of(n), expected("sent", Value::Null), "{n}");
    }
    assert_eq!(of(2), expected("bounced", json!("mail-failed")));
    assert_eq!(of(5), expected("opted_out", json!("withdrawn")));
    assert_eq!(of(6), expected("opted_out", json!("do-not-contact")));
    assert_eq!(of(7), expected("bounced", json!("bounced")));
    // Of the two at one address one got it.
    let mut shared = [of(3), of(4)];
    shared.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        shared,
        [
            expected("sent", Value::Null),
            expected("stopped", json!("same-address"))
        ]
    );
    assert_eq!(found.len(), 9);

    let boxes = delivered(imap, round).await;
    let addresses: Vec<&str> = boxes.keys().map(String::as_str).collect();
    let local = |n: &str| format!("{n}@r{round}.example");
    assert_eq!(addresses, [local("p0"), local("p1"), local("p3"), local("p8")]);
    assert!(boxes.values().all(|m| m.len() == 1), "each once");
    let message = |n: &str| boxes[&local(n)][0].clone();
    let parsed = mail::parse(message("p0").as_bytes()).unwrap();
    assert_eq!(parsed.subject, "For Person 00");
    let link = parsed
        .text
        .split("http://crm.example")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    assert!(
        parsed.text.starts_with("Dear Person 00 of Shop 00,")
            && parsed.text.contains(&format!("{link}/stop")),
        "{}",
        parsed.text
    );
    let unsubscribe = header(&message("p0"), "List-Unsubscribe");
    let token = link.trim_start_matches("/r/").to_owned();
    assert_eq!(
        unsubscribe,
        format!(
            "<http://crm.example{link}/stop>, <mailto:office@firm.example?subject=unsubscribe%20{token}>"
        )
    );

    // The link is a click. Looking at the last line ends nothing; pressing there does, once.
    let answers = async |kind: &str| {
        world
            .get(
                "max",
                &format!("/api/v1/campaign-responses/count?filter=kind%20%3D%20%27{kind}%27"),
            )
            .await["count"]
            .clone()
    };
    let consents = async |n: usize| {
        let withdrawn = world.get("max", &format!("/api/v1/consents?filter=contact_id%20%3D%20%27{}%27%20AND%20withdrawn_at%20IS%20NOT%20NULL", ids[n])).await;
        withdrawn["records"].as_array().unwrap().clone()
    };
    world.raw("nobody", "GET", &link, Value::Null).await;
    assert_eq!(answers("click").await, 1);
    assert_eq!(
        world
            .raw("nobody", "GET", &format!("{link}/stop"), Value::Null)
            .await
            .0
            .as_u16(),
        200
    );
    assert_eq!(consents(0).await.len(), 0);
    for _ in 0..2 {
        assert_eq!(
            world
                .send_form(&format!("{link}/stop"), "List-Unsubscribe=One-Click")
                .await
                .0
                .as_u16(),
            200
        );
    }
    let objected = consents(0).await;
    assert_eq!(objected.len(), 1);
    let said = &objected[0]["fields"];
    assert_eq!(
        (&said["channel"], &said["purpose"]),
        (&json!("email"), &json!("marketing"))
    );
    assert!(said["evidence"].as_str().unwrap().contains("RFC 8058"), "{said}");
    assert_eq!(
        world
            .send_form("/r/AAAAAAAAAA-00000000/stop", "")
            .await
            .0
            .as_u16(),
        404
    );

    // An answer counts once, and a program that is out of the office is no answer.
    let own = header(&message("p1"), "Message-ID");
    let reply = |from: &str, more: &str| {
        format!(
            "From: {from}\r\nTo: office@firm.example\r\nSubject: Re: For you\r\nMessage-ID: <{}@out.example>\r\nIn-Reply-To: {own}\r\n{more}\r\nYes!\r\n",
            records::new_id()
        )
    };
    hand_in(world, &reply(&local("p1"), "Auto-Submitted: auto-replied\r\n")).await;
    assert_eq!(answers("reply").await, 0);
    for _ in 0..2 {
        let taken = hand_in(world, &reply(&local("p1"), "")).await;
        assert_eq!(taken["outcome"], "contact", "{taken}");
    }
    assert_eq!(answers("reply").await, 1);
    // What comes back days later marks the member and the address.
    let own = header(&message("p8"), "Message-ID");
    let back = format!(
        "From: MAILER-DAEMON@out.example\r\nTo: office@firm.example\r\nSubject: Undelivered\r\nMessage-ID: <b{round}@out.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; out.example\r\n\r\nFinal-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\
        \r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {own}\r\n\r\n--b--\r\n",
        local("p8")
    );
    assert_eq!(hand_in(world, &back).await["outcome"], "bounce");
    // Some ask by mail, with the subject that their program filled in; a made-up one is a mail like any other.
    let code = header(&message("p3"), "List-Unsubscribe");
    let code = code
        .split("unsubscribe%20")
        .nth(1)
        .unwrap()
        .trim_end_matches('>')
        .to_owned();
    let by_mail = |subject: &str| {
        format!(
            "From: {}\r\nTo: office@firm.example\r\nSubject: {subject}\r\nMessage-ID: <{}@out.example>\r\n\r\n\r\n",
            local("p3"),
            records::new_id()
        )
    };
    assert_eq!(
        hand_in(world, &by_mail("unsubscribe AAAAAAAAAA-00000000")).await["outcome"],
        "contact"
    );
    assert_eq!(
        hand_in(world, &by_mail(&format!("unsubscribe {code}"))).await["outcome"],
        "opted_out"
    );
    let found = by_status(world, &id).await;
    let of = |n: usize| found[&format!("Person {n:02}")].0.clone();
    assert_eq!(
        (of(0), of(1), of(8)),
        ("opted_out".into(), "responded".into(), "bounced".into())
    );

    // The timeline has the mail; the start is not taken back; nobody of those who said no is in the next campaign.
    let undo = format!(
        "/api/v1/change-sets/{}/undo",
        started["change_set"].as_str().unwrap()
    );
    assert_eq!(
        status(world.ask("max", "POST", &undo, Value::Null).await),
        (409, json!("went-out"))
    );
    world.post("max", &path("stop"), Value::Null).await;
    let next = campaign(
        world,
        &segment,
        json!({ "name": "Next", "code": null, "control_share": 0, "channels": only_mail }),
    )
    .await;
    let preview = world
        .post("max", &format!("/api/v1/campaigns/{next}/preview"), Value::Null)
        .await;
    let excluded: BTreeMap<&str, i64> = preview["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["code"].as_str().unwrap(), e["count"].as_i64().unwrap()))
        .collect();
    // p0, p5 and one of p3 and p4 objected; p7 and p8 bounced; p9 never said yes.
    assert_eq!(
        excluded,
        BTreeMap::from([("withdrawn", 3), ("bounced", 2), ("no-consent", 1)]),
        "{preview}"
    );
}
