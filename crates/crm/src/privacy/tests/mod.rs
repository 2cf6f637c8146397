//! One person is erased, and no table holds them any more; the chain holds, and so do the amounts.

mod erased;
mod given_out;

use axum::http::StatusCode;
use records::{Db, Op, on_db};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::Channels;
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
