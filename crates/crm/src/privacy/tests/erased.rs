//! Nothing of the person is left, and everything that is not theirs is.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{EVIDENCE, NEEDLES, both, create, erika, everything, holding};
use crate::channels::hexadecimal;

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
        let (status, seen) = world.ask("rita", "GET", "/api/v1/erasures", Value::Null).await;
        assert!(
            status == StatusCode::FORBIDDEN || seen["records"] == json!([]),
            "{seen}"
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
