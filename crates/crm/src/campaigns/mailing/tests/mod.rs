//! A campaign's mails by a real mail server: each person once, nobody who may not, and what comes back is known.

mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mail::{Mailbox, Secret, Server, Tls};
use records::{Op, fields};
use serde_json::{Value, json};

use super::super::tests::{campaign, create, customers, members, segment};
use crate::Channels;
use crate::test_world::{MONDAY, World};

fn server(port: u16, tls: Tls, authority: &[u8]) -> Server {
    Server {
        host: "localhost".into(),
        port,
        tls,
        user: Some((testkit::mail::USER.into(), Secret::new(testkit::mail::PASSWORD))),
        authority: Some(authority.to_vec()),
    }
}

/// Ten contacts in the order of their names, with addresses of this round.
async fn people(world: &World, round: usize) -> Vec<String> {
    customers(world, 10).await;
    let found = world.get("max", "/api/v1/contacts?limit=100&sort=name").await;
    let ids: Vec<String> = found["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap().to_owned())
        .collect();
    let mut ops = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let address = match n {
            // The server knows nobody of that name; two share an address.
            2 => format!("nobody@r{round}.example"),
            4 => format!("P3@r{round}.example"),
            n => format!("p{n}@r{round}.example"),
        };
        ops.push(Op::update(
            "contact",
            id.as_str(),
            fields([("email", address.into()), ("language", "en".into())]),
        ));
        // The last one never said that mails are welcome.
        if n < 9 {
            ops.push(create("consent", json!({ "contact_id": id, "purpose": "marketing", "channel": "email", "lawful_basis": "consent", "given_at": MONDAY })));
        }
    }
    world.write(ops).await;
    ids
}

/// Raw messages of a round in the mailbox, by address, in small letters.
async fn delivered(server: &Server, round: usize) -> BTreeMap<String, Vec<String>> {
    let mut mailbox = Mailbox::open(server, "INBOX").await.unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = 0;
    loop {
        let waiting = mailbox.after(last).await.unwrap();
        let Some(end) = waiting.last() else { break };
        last = end.uid;
        for one in waiting {
            let bytes = mailbox.message(one.uid).await.unwrap().unwrap();
            let parsed = mail::parse(&bytes).unwrap();
            let to = parsed.to[0].address.to_lowercase();
            if to.ends_with(&format!("@r{round}.example")) {
                found
                    .entry(to)
                    .or_default()
                    .push(String::from_utf8(bytes).unwrap());
            }
        }
    }
    mailbox.close().await;
    found
}

fn header(message: &str, name: &str) -> String {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let line = unfolded.lines().find(|l| l.starts_with(&format!("{name}:")));
    line.map(|l| l[name.len() + 1..].trim().to_owned())
        .unwrap_or_default()
}

async fn hand_in(world: &World, text: &str) -> Value {
    let (status, answer) = world
        .upload("ada", "/api/v1/mails/incoming", text.as_bytes().to_vec())
        .await;
    assert!(status.is_success(), "{answer}");
    answer
}

async fn by_status(world: &World, id: &str) -> BTreeMap<String, (String, Value)> {
    let rows = members(world, id).await;
    let of = |row: &Value| {
        let name = row["name"]
            .as_str()
            .unwrap()
            .rsplit(", ")
            .next()
            .unwrap()
            .to_owned();
        let fields = &row["member"]["fields"];
        (
            name,
            (
                fields["status"].as_str().unwrap().to_owned(),
                fields["held"].clone(),
            ),
        )
    };
    rows.iter().map(of).collect()
}

#[tokio::test]
async fn a_stop_takes_out_what_has_not_gone_out() {
    // Nobody listens where mail goes out, so everything waits.
    let open = |_: &Path| Channels {
        smtp: Some(Server {
            tls: Tls::Off,
            authority: None,
            ..server(1, Tls::Off, &[])
        }),
        mail_from: Some(mail::Address {
            name: String::new(),
            address: "office@firm.example".into(),
        }),
        ..Channels::default()
    };
    for world in World::with_channels(open).await {
        people(&world, 0).await;
        let segment = segment(&world).await;
        let more = json!({ "control_share": 0, "channels": [{ "channel": "email" }], "variants": [{ "name": "A", "text": "Hello" }] });
        let id = campaign(&world, &segment, more).await;
        let path = |what: &str| format!("/api/v1/campaigns/{id}/{what}");
        world.post("max", &path("start"), Value::Null).await;
        world
            .post("max", &path("mailing"), json!({ "per_minute": 600 }))
            .await;
        assert_eq!(super::work_off(&world.app, "w").await.unwrap(), 8);
        // The changes of the mailing taken back: nobody is written to a second time for it.
        let sets = world.get("max", "/api/v1/change-sets?limit=5").await;
        let mails = sets["change_sets"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["label"] == "E-mails of Spring")
            .unwrap()
            .clone();
        world.undo("max", &mails["id"]).await;
        world.set_time(MONDAY + 60_000);
        assert_eq!(super::work_off(&world.app, "w").await.unwrap(), 0);
        let queue = world.get("ada", "/api/v1/mails/status").await["outgoing"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(queue, 8);
        world.post("max", &path("stop"), Value::Null).await;
        let states: BTreeSet<String> = world.get("ada", "/api/v1/mails/status").await["outgoing"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["state"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(states, BTreeSet::from(["failed".to_owned()]));
        let after = world.get("max", &path("mailing")).await;
        assert_eq!(
            (&after["state"], &after["sent"]),
            (&json!("stopped"), &json!(0)),
            "{after}"
        );
    }
}
