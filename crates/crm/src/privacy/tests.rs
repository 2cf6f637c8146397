//! One person is erased, and no table holds them any more; the chain holds, and so do the amounts.

use axum::http::StatusCode;
use records::{Db, Op, on_db};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use super::zip::unpack;
use crate::Channels;
use crate::channels::hexadecimal;
use crate::test_world::{DAY, MONDAY, World};

fn create(type_name: &str, id: &str, values: Value) -> Op {
    Op::Create {
        type_name: type_name.into(),
        id: Some(id.into()),
        fields: values.as_object().cloned().expect("an object"),
    }
}

async fn both() -> Vec<World> {
    World::with_channels(|folder| Channels {
        files: Some(folder.join("files")),
        ..Channels::default()
    })
    .await
}

/// Every value of every table as text, what is base64 decoded as well: (table, text).
async fn everything(world: &World) -> Vec<(String, String)> {
    let db = world.store().db();
    let columns = match db {
        Db::Sqlite { .. } => {
            "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'"
        }
        Db::Postgres(_) => {
            "select table_name::text, column_name::text from information_schema.columns where table_schema = current_schema()"
        }
    };
    let columns: Vec<(String, String)> =
        on_db!(read db, pool => sqlx::query_as(columns).fetch_all(pool).await).unwrap();
    assert!(columns.len() > 500, "the schema is read");
    let mut found = Vec::new();
    // What was migrated is no table of ours, and its checksums are bytes.
    for (table, column) in columns.into_iter().filter(|(table, _)| !table.starts_with('_')) {
        let sql = format!("select cast({column} as text) from {table} where {column} is not null");
        let values: Vec<(String,)> =
            on_db!(read db, pool => sqlx::query_as(AssertSqlSafe(sql.clone())).fetch_all(pool).await)
                .unwrap();
        for (value,) in values {
            if column.ends_with("_base64") {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(&value).unwrap();
                found.push((
                    format!("{table}.{column}"),
                    String::from_utf8_lossy(&bytes).into_owned(),
                ));
            }
            found.push((format!("{table}.{column}"), value));
        }
    }
    found
}

/// Where one of the needles is, without case; numbers also without what stands between their digits.
fn holding(texts: &[(String, String)], needles: &[&str]) -> Vec<String> {
    let mut places: Vec<String> = texts
        .iter()
        .filter(|(_, text)| {
            let low = text.to_lowercase();
            let digits: String = low.chars().filter(|c| !" -/().".contains(*c)).collect();
            needles.iter().any(|n| low.contains(n) || digits.contains(n))
        })
        .map(|(place, _)| place.clone())
        .collect();
    places.sort();
    places.dedup();
    places
}

const NEEDLES: [&str; 6] = [
    "erika",
    "müller-wald",
    "mueller-wald",
    "old.address@example.org",
    "new.address@example.org",
    "3954567890",
];
const EVIDENCE: &str = "Paper form, signed by Erika Müller-Wald on 1 March.";

/// A customer with Erika, and everything that can hang on her.
async fn erika(world: &World) -> (String, String) {
    let (account, location) = world
        .customer(
            "Malerbetrieb Nord",
            Some((13.26, 53.55)),
            json!({ "owner_id": "rita" }),
        )
        .await;
    let contact = json!({ "fields": { "name": "Erika Müller-Wald", "given_name": "Erika", "family_name": "Müller-Wald",
        "email": "old.address@example.org", "phone": "0395 456 78-90", "note": "Likes blue.", "title": "Owner",
        "account_id": account, "custom": { "nick": "Erika" } } });
    let made = world.post("rita", "/api/v1/contacts", contact).await;
    let id = made["record"]["id"].as_str().unwrap().to_owned();
    let patch = json!({ "fields": { "email": "New.Address@example.org" } });
    let (status, _) = world
        .ask("rita", "PATCH", &format!("/api/v1/contacts/{id}"), patch)
        .await;
    assert_eq!(status, StatusCode::OK);
    world
        .write(vec![
            create("stage", "open", json!({ "name": "Open", "position": 1, "probability": 20 })),
            create("contact", "twin", json!({ "name": "E. Mueller-Wald", "email": "new.address@example.org", "account_id": account })),
            create("lead", "lead1", json!({ "name": "Erika Müller-Wald", "status": "qualified", "contact_id": id, "street": "Erikaweg",
                "message": "Please call", "lng": 13.2, "lat": 53.5, "checks": { "email": "old.address@example.org" } })),
            create("case", "case1", json!({ "subject": "Paint for Frau Müller-Wald", "description": "It peels", "kind": "request", "status": "new",
                "account_id": account, "contact_id": id })),
            create("activity", "mail1", json!({ "kind": "email", "subject": "Erika asks", "body": "My own words", "account_id": account,
                "contact_id": id, "case_id": "case1", "from_address": "new.address@example.org", "to_addresses": "us@example.com" })),
            create("activity", "note1", json!({ "kind": "note", "subject": "Site", "body": "Met Müller-Wald, Erika (Tel. +49 395 45678 90) there.",
                "account_id": account, "owner_id": "rita" })),
            create("consent", "consent1", json!({ "contact_id": id, "purpose": "marketing", "channel": "email", "lawful_basis": "consent",
                "given_at": MONDAY - DAY, "evidence": EVIDENCE, "source": "Fair" })),
            create("opportunity", "deal1", json!({ "name": "Anstrich Erika Müller-Wald", "stage_id": "open", "account_id": account, "amount": 500_000, "owner_id": "rita" })),
            create("opportunity_role", "role1", json!({ "opportunity_id": "deal1", "contact_id": id, "role": "decider" })),
            create("quote", "quote1", json!({ "account_id": account, "contact_id": id, "status": "draft", "currency": "EUR",
                "terms": "As agreed with Erika Müller-Wald." })),
            create("visit", "visit1", json!({ "account_id": account, "location_id": location, "owner_id": "rita", "status": "done",
                "note": "Erika Mueller-Wald was out; new.address@example.org" })),
            create("external_id", "ext1", json!({ "system": "salesforce", "external": "003ERIKA", "record_type": "contact", "record_id": id })),
        ])
        .await;
    world.write(vec![Op::delete("contact", "twin")]).await;
    let path = format!("/api/v1/files/upload?name=Vertrag%20Erika.txt&about_type=contact&about_id={id}");
    let (status, _) = world.upload("rita", &path, b"signed: Erika".to_vec()).await;
    assert_eq!(status, StatusCode::CREATED);
    // What lies beside the records: an answer kept for a repeated request, a job, a mail, an upload.
    for sql in [
        "insert into idempotency_keys (user_id, idempotency_key, request_digest, status, response, created_at) values ('rita', 'k', 'd', 201, '{\"name\":\"Erika M\\u00fcller-Wald\"}', 1)",
        "insert into jobs (id, kind, payload, state, done, total, unit, message, result, created_at, attempts, cancel_requested) values ('j', 'x', '{}', 'done', 1, 1, 'rows', 'Wrote to old.address@example.org', '{\"of\":[\"Müller-Wald, Erika\"]}', 1, 1, false)",
        "insert into outgoing_mails (id, activity_id, message_id, sender, recipients, message_base64, state, attempts, next_at, note, created_at) values ('o', 'mail1', 'm', 'us@example.com', '[]', 'RGVhciBFcmlrYQ==', 'sent', 1, 0, '', 1)",
        "insert into incoming_mails (digest, message_id, source, received_at, outcome, note, from_address, subject, activity_id) values ('d', 'erika@x', 'imap', 1, 'taken', '', 'new.address@example.org', 'Erika asks', 'mail1')",
        "insert into import_files (import_id, part, bytes_base64) values ('i', 0, 'bmFtZTtlbWFpbApFcmlrYSBNdWVsbGVyLVdhbGQ7b2xkLmFkZHJlc3NAZXhhbXBsZS5vcmc=')",
    ] {
        on_db!(write world.store().db(), pool => sqlx::query(sql).execute(pool).await.map(|_| ())).unwrap();
    }
    (account, id)
}

#[tokio::test]
async fn after_an_erasure_no_table_holds_the_person_and_the_chain_and_the_amounts_do() {
    for world in both().await {
        let (_, id) = erika(&world).await;
        let before = everything(&world).await;
        let places = holding(&before, &NEEDLES);
        for place in [
            "contacts.name",
            "contacts_history.email",
            "contacts.custom",
            "leads.name",
            "cases.subject",
            "activities.body",
            "consents.evidence",
            "opportunities.name",
            "quotes.terms",
            "visits.note",
            "external_ids.external",
            "files.name",
            "jobs.result",
            "outgoing_mails.message_base64",
            "incoming_mails.subject",
            "import_files.bytes_base64",
        ] {
            assert!(
                places.iter().any(|p| p == place),
                "{place} is to hold her first: {places:?}"
            );
        }
        let path = format!("/api/v1/privacy/people/contact/{id}");
        // Who may: those who may delete anybody; a rep who sees her may not, another does not know of her.
        assert_eq!(
            world.ask("rita", "GET", &path, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            world.ask("rolf", "GET", &path, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            world.ask("anna", "GET", &path, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        let preview = world.get("max", &path).await;
        assert_eq!(preview["name"], "Erika Müller-Wald");
        assert_eq!(preview["own"]["contact"], 1, "{preview}");
        assert_eq!(
            (
                &preview["own"]["lead"],
                &preview["own"]["activity"],
                &preview["own"]["file"]
            ),
            (&json!(1), &json!(1), &json!(1))
        );
        // The note, the merged duplicate and the visit are linked to nobody but name her.
        assert_eq!(
            (
                &preview["named"]["activity"],
                &preview["named"]["contact"],
                &preview["named"]["visit"]
            ),
            (&json!(1), &json!(1), &json!(1))
        );
        assert_eq!(
            (&preview["mails"], &preview["uploads"], &preview["attachments"]),
            (&json!(1), &json!(1), &json!(1))
        );
        assert_eq!(preview["kept"], json!([]));
        assert_eq!(
            holding(&everything(&world).await, &NEEDLES),
            places,
            "a preview changes nothing"
        );

        let erase = format!("{path}/erase");
        let (status, refused) = world
            .ask("max", "POST", &erase, json!({ "confirm": "Erika" }))
            .await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::BAD_REQUEST, &json!("not-confirmed"))
        );
        let body = json!({ "confirm": "Erika Müller-Wald", "reason": "Erika asked by mail" });
        assert_eq!(
            world.ask("rita", "POST", &erase, body.clone()).await.0,
            StatusCode::FORBIDDEN
        );
        let done = world.post("max", &erase, body).await;
        assert_eq!(done["left"], 0, "{done}");

        let after = everything(&world).await;
        assert_eq!(holding(&after, &NEEDLES), Vec::<String>::new());
        let vault = world.folder().join("files");
        let left: Vec<_> = std::fs::read_dir(&vault)
            .unwrap()
            .flat_map(|d| std::fs::read_dir(d.unwrap().path()).unwrap())
            .collect();
        assert!(left.is_empty(), "the bytes of her file are gone");
        // The chain.
        let verified = world.post("ada", "/api/v1/verify", Value::Null).await;
        assert_eq!(verified["ok"], true, "{verified}");
        assert!(verified["redacted"].as_u64().unwrap() > 10);
        let set = done["change_set"].as_str().unwrap();
        let (status, _) = world
            .ask(
                "max",
                "POST",
                &format!("/api/v1/change-sets/{set}/undo"),
                Value::Null,
            )
            .await;
        assert_eq!(status, StatusCode::CONFLICT, "it cannot be undone");
        // The amounts, and what says that something was.
        let deal = world.get("max", "/api/v1/opportunities/deal1").await;
        assert_eq!(deal["fields"]["amount"], 500_000);
        assert_eq!(deal["fields"]["name"], "Anstrich [erased]");
        let quote = world.get("max", "/api/v1/quotes/quote1").await;
        assert_eq!(quote["fields"]["contact_id"], json!(id));
        let contact = world.get("max", &format!("/api/v1/contacts/{id}")).await;
        assert_eq!(contact["fields"]["name"], "erased");
        let lead = world.get("max", "/api/v1/leads/lead1").await;
        assert_eq!(
            lead["fields"]["lng"],
            Value::Null,
            "where she lives is nobody's any more"
        );
        let note = world.get("max", "/api/v1/activities/note1").await;
        assert_eq!(note["fields"]["body"], "Met [erased] (Tel. [erased]) there.");
        let consent = world.get("max", "/api/v1/consents/consent1").await;
        let evidence = consent["fields"]["evidence"].as_str().unwrap();
        let (salt, digest) = evidence
            .strip_prefix("sha256:")
            .and_then(|e| e.split_once(':'))
            .expect("a digest");
        assert_eq!(
            hexadecimal(&Sha256::digest(format!("{salt}{EVIDENCE}"))),
            digest,
            "whoever has the form can show it"
        );
        let log = world.get("ada", "/api/v1/erasures").await;
        assert_eq!(log["records"][0]["fields"]["subject_id"], json!(id));
        assert_eq!(log["records"][0]["fields"]["reason"], "[erased] asked by mail");
        assert_eq!(
            world.get("max", "/api/v1/search?q=Erika").await["records"],
            json!([])
        );
        assert_eq!(
            world.ask("rita", "GET", "/api/v1/erasures", Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        // Once more changes little and breaks nothing.
        let again = world.post("max", &erase, json!({ "confirm": "erased" })).await;
        assert_eq!(again["left"], 0);
        assert_eq!(world.post("ada", "/api/v1/verify", Value::Null).await["ok"], true);
    }
}

#[tokio::test]
async fn what_others_bear_as_well_stays_theirs() {
    for world in both().await {
        let (account, id) = erika(&world).await;
        world
            .write(vec![
                create(
                    "contact",
                    "other",
                    json!({ "name": "Erika Müller-Wald", "email": "other@example.org", "account_id": account,
                    "note": "Not old.address@example.org" }),
                ),
                create(
                    "activity",
                    "note2",
                    json!({ "kind": "note", "subject": "Erika Müller-Wald rang", "account_id": account }),
                ),
            ])
            .await;
        let patch = json!({ "fields": { "phone": "+49 395 45678 90" } });
        let (status, _) = world
            .ask("max", "PATCH", &format!("/api/v1/accounts/{account}"), patch)
            .await;
        assert_eq!(status, StatusCode::OK);
        let path = format!("/api/v1/privacy/people/contact/{id}");
        let preview = world.get("max", &path).await;
        assert_eq!(preview["kept"][0]["id"], json!(account));
        assert_eq!(preview["kept"][0]["kinds"], json!(["phone"]));
        assert_eq!(preview["kept"][1]["id"], "other");
        assert_eq!(preview["kept"][1]["kinds"], json!(["name"]));
        assert_eq!(preview["customers"][0]["id"], json!(account));
        let preview = world.get("max", &format!("{path}?customers=true")).await;
        assert_eq!(preview["kept"].as_array().unwrap().len(), 1, "{preview}");

        let body = json!({ "confirm": "Erika Müller-Wald", "customers": true });
        let done = world.post("max", &format!("{path}/erase"), body).await;
        assert_eq!(done["left"], 0);
        let after = everything(&world).await;
        assert_eq!(
            holding(
                &after,
                &["old.address@example.org", "new.address@example.org", "3954567890"]
            ),
            Vec::<String>::new()
        );
        let other = world.get("max", "/api/v1/contacts/other").await;
        assert_eq!(
            (&other["fields"]["name"], &other["fields"]["email"]),
            (&json!("Erika Müller-Wald"), &json!("other@example.org"))
        );
        assert_eq!(other["fields"]["note"], "Not [erased]");
        let note = world.get("max", "/api/v1/activities/note2").await;
        assert_eq!(
            note["fields"]["subject"], "Erika Müller-Wald rang",
            "it may be the other one"
        );
        let firm = world.get("max", &format!("/api/v1/accounts/{account}")).await;
        assert_eq!(
            (&firm["fields"]["phone"], &firm["fields"]["name"]),
            (&Value::Null, &json!("Malerbetrieb Nord"))
        );
        assert_eq!(world.post("ada", "/api/v1/verify", Value::Null).await["ok"], true);
    }
}

#[tokio::test]
async fn a_person_gets_all_that_is_on_record_of_them() {
    for world in both().await {
        let (_, id) = erika(&world).await;
        let path = format!("/api/v1/privacy/people/contact/{id}/export");
        assert_eq!(
            world.ask("rita", "GET", &path, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        let (status, headers, bytes) = world.raw("max", "GET", &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "application/zip");
        let files = unpack(&bytes);
        let file = |name: &str| {
            let found = files.iter().find(|f| f.0 == name);
            let text = found.map(|f| String::from_utf8(f.1.clone()).unwrap());
            text.unwrap_or_else(|| {
                panic!(
                    "{name} is in {:?}",
                    files.iter().map(|f| &f.0).collect::<Vec<_>>()
                )
            })
        };
        assert_eq!(file("files/Vertrag Erika.txt"), "signed: Erika");
        let page = file("index.html");
        for part in [
            "Erika Müller-Wald",
            "It peels",
            "My own words",
            EVIDENCE,
            "Malerbetrieb Nord",
            "Likes blue.",
        ] {
            assert!(page.contains(part), "{part}");
        }
        let all: Value = serde_json::from_str(&file("person.json")).unwrap();
        assert_eq!(
            all["records"]["contact"][0]["fields"]["email"],
            "New.Address@example.org"
        );
        let versions = all["history"]
            .as_array()
            .unwrap()
            .iter()
            .find(|h| h["type"] == "contact")
            .unwrap();
        assert!(
            versions["versions"]
                .to_string()
                .contains("old.address@example.org"),
            "what was on record before too"
        );
        assert!(file("csv/contacts.csv").contains("Müller-Wald"));
        assert!(file("csv/cases.csv").contains("It peels"));
        assert!(
            !page.contains("Met Müller-Wald"),
            "what others noted of the customer is not hers to have"
        );
    }
}

#[tokio::test]
async fn a_rule_proposes_and_a_person_decides() {
    for world in both().await {
        let (account, erika) = erika(&world).await;
        world
            .write(vec![create(
                "contact",
                "fresh",
                json!({ "name": "Frieda Frisch", "account_id": account }),
            )])
            .await;
        let list = "/api/v1/privacy/retention";
        assert_eq!(
            world.ask("rita", "GET", list, Value::Null).await.0,
            StatusCode::FORBIDDEN
        );
        let rule = json!({ "fields": { "name": "Two years", "subject": "contact", "days": 730 } });
        let rule = world.post("ada", "/api/v1/retention-rules", rule).await;
        world.set_time(MONDAY + 800 * DAY);
        assert_eq!(
            world.get("max", list).await,
            json!({ "proposals": [], "rules": 0, "more": false }),
            "off until switched on"
        );
        let rule_path = format!(
            "/api/v1/retention-rules/{}",
            rule["record"]["id"].as_str().unwrap()
        );
        let on = json!({ "fields": { "active": true } });
        assert_eq!(world.ask("ada", "PATCH", &rule_path, on).await.0, StatusCode::OK);
        world
            .write(vec![create(
                "activity",
                "call1",
                json!({ "kind": "call", "subject": "Rang", "contact_id": "fresh", "account_id": account,
                "happened_at": MONDAY + 700 * DAY }),
            )])
            .await;
        let found = world.get("max", list).await;
        let ids: Vec<&str> = found["proposals"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|p| p["id"].as_str())
            .collect();
        assert_eq!(ids, [erika.as_str()], "Frieda rang a hundred days ago");
        let fresh = json!({ "people": [{ "type": "contact", "id": "fresh" }] });
        let (status, refused) = world.ask("max", "POST", &format!("{list}/erase"), fresh).await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::CONFLICT, &json!("not-proposed"))
        );
        let keep = json!({ "type": "contact", "id": erika, "until": MONDAY + 900 * DAY });
        assert_eq!(
            world.ask("max", "POST", &format!("{list}/keep"), keep).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(world.get("max", list).await["proposals"], json!([]));
        world.set_time(MONDAY + 901 * DAY);
        let narrowed = json!({ "fields": { "filter": "language = 'fr'" } });
        assert_eq!(
            world.ask("ada", "PATCH", &rule_path, narrowed).await.0,
            StatusCode::OK
        );
        assert_eq!(world.get("max", list).await["proposals"], json!([]));
        let wide = json!({ "fields": { "filter": null } });
        assert_eq!(
            world.ask("ada", "PATCH", &rule_path, wide).await.0,
            StatusCode::OK
        );
        let both = json!({ "people": [{ "type": "contact", "id": erika }] });
        let done = world.post("max", &format!("{list}/erase"), both).await;
        assert_eq!(done["erased"], 1);
        assert_eq!(
            world.get("max", list).await["proposals"],
            json!([]),
            "the erased are not proposed again"
        );
        assert_eq!(
            holding(&everything(&world).await, &["old.address@example.org"]),
            Vec::<String>::new()
        );
    }
}
