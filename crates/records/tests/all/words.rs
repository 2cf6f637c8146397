//! Words that go everywhere: from records, their past, and the tables beside them.

use std::sync::Arc;

use records::{Db, Erasure, Grant, Op, Viewer, Words, on_db};
use serde_json::json;

use crate::feed::tamper;
use crate::toy::{assert_whole, on_both, system};

/// One word, whatever its case.
struct One(&'static str);

impl Words for One {
    fn without(&self, text: &str) -> Option<String> {
        let low = text.to_lowercase();
        low.contains(self.0).then(|| low.replace(self.0, "[erased]"))
    }
}

#[tokio::test]
async fn words_go_from_every_version_and_every_table_and_the_chain_holds() {
    on_both(|world| async move {
        let secret = "geheimrat";
        let person = world
            .create(&system(), "person", json!({"family_name": "Geheimrat", "note": "Herr Geheimrat, Tel. \"1\""}))
            .await;
        let person = world.update(&system(), &person, json!({"note": "calm"})).await;
        let firm = world
            .create(&system(), "firm", json!({"name": "Geheimrat & Sons", "email": "geheimrat@example.org", "revenue": 1000,
                "tags": {"said": ["by \"Geheimrat\"", 7]}, "custom": {"who": "Geheimrat"}}))
            .await;
        let other = world.create(&system(), "firm", json!({"name": "Calm & Sons"})).await;
        let gone = world.create(&system(), "memo", json!({"text": "from Geheimrat"})).await;
        let deletion = records::Author::system("api", "Deleted the memo of Geheimrat");
        world.store.write(&deletion, vec![Op::delete("memo", &gone.id)]).await.unwrap();
        let key = "insert into idempotency_keys (user_id, idempotency_key, request_digest, response, created_at) \
                   values ('u', 'k', 'd', '{\"name\":\"Geheimrat\",\"n\":12}', 1)";
        on_db!(write world.store.db(), pool => sqlx::query(key).execute(pool).await.map(|_| ())).unwrap();

        let words: Arc<dyn Words> = Arc::new(One(secret));
        let found = world.store.find_words(words.as_ref()).await.unwrap();
        let told: Vec<_> = found.iter().map(|f| (f.type_name.as_str(), f.id.as_str(), f.present)).collect();
        assert_eq!(
            told,
            [("firm", firm.id.as_str(), true), ("memo", gone.id.as_str(), false), ("person", person.id.as_str(), true)]
        );
        assert_eq!(found[0].fields.iter().collect::<Vec<_>>(), ["custom", "email", "name", "tags"]);
        let beside = world.store.sweep_words(words.as_ref(), &[], false).await.unwrap();
        assert_eq!(beside, [("change_sets".to_owned(), 1), ("idempotency_keys".to_owned(), 1)].into());

        let erasures: Vec<Erasure> = found
            .iter()
            .map(|f| Erasure {
                type_name: f.type_name.clone(),
                id: f.id.clone(),
                whole: f.type_name == "person",
                words: Some(words.clone()),
            })
            .collect();
        // Whoever may not delete everything of a type may not erase.
        let mut grants = vec![("person".to_owned(), Grant::ALL), ("firm".to_owned(), Grant::ALL)];
        let some = records::Author::new(Viewer::user("u", grants.clone()), "erase", "Erased");
        assert!(world.store.erase_all(&some, &erasures).await.is_err());
        grants.push(("memo".to_owned(), Grant::ALL));
        let all = records::Author::new(Viewer::user("u", grants), "erase", "Erased");
        let erased = world.store.erase_all(&all, &erasures).await.unwrap();
        assert_eq!(erased.records, 3);
        // Once taken out, they are not found again.
        let left = world.store.sweep_words(words.as_ref(), &[], true).await.unwrap();
        assert_eq!(left, [("idempotency_keys".to_owned(), 1)].into(), "the label went with its record");
        assert!(world.store.sweep_words(words.as_ref(), &[], false).await.unwrap().is_empty());
        assert!(world.store.find_words(words.as_ref()).await.unwrap().is_empty());

        let now = world.store.get(&Viewer::system(), "firm", &firm.id, records::At::PRESENT).await.unwrap().unwrap();
        assert_eq!(now.text("name"), Some("[erased] & sons"));
        assert_eq!(now.text("email"), None, "an address without its words is none");
        assert_eq!(now.integer("revenue"), Some(1000), "amounts stay");
        assert_eq!(now.fields["tags"], json!({"said": ["by \"[erased]\"", 7]}));
        let calm = world.store.get(&Viewer::system(), "firm", &other.id, records::At::PRESENT).await.unwrap().unwrap();
        assert_eq!(calm.version, 1, "what does not hold them is not touched");
        let report = world.store.verify().await.unwrap();
        assert_eq!(report.broken, None);
        // Two versions of the person, one of the firm, one of the memo.
        assert_eq!(report.redacted, 4);
        assert!(world.store.undo(&system(), &erased.change_set.unwrap()).await.is_err());
        world.update(&system(), &now, json!({"name": "New"})).await;
        assert_whole(&world.store).await;
        tamper(&world, "update memos_history set text = 'changed'").await;
        assert!(world.store.verify().await.unwrap().broken.is_some(), "what is left is guarded");
    })
    .await;
}

#[tokio::test]
async fn no_byte_of_it_stays_in_sqlites_files() {
    on_both(|world| async move {
        let Db::Sqlite { read, .. } = world.store.db() else {
            return;
        };
        let path: String = sqlx::query_scalar("select file from pragma_database_list where name = 'main'")
            .fetch_one(read)
            .await
            .unwrap();
        let long = "Geheimrat ".repeat(3000);
        let person = world
            .create(
                &system(),
                "person",
                json!({"family_name": "Geheimrat", "note": long}),
            )
            .await;
        let person = world.update(&system(), &person, json!({"note": "calm"})).await;
        for note in 0..50 {
            world
                .create(
                    &system(),
                    "person",
                    json!({"family_name": format!("Calm {note}")}),
                )
                .await;
        }
        let erasure = Erasure {
            type_name: "person".into(),
            id: person.id,
            whole: true,
            words: Some(Arc::new(One("geheimrat"))),
        };
        world.store.erase_all(&system(), &[erasure]).await.unwrap();
        world
            .store
            .sweep_words(&One("geheimrat"), &[], true)
            .await
            .unwrap();
        for end in ["", "-wal"] {
            let bytes = std::fs::read(format!("{path}{end}")).unwrap_or_default();
            let found = bytes.windows(9).any(|w| w.eq_ignore_ascii_case(b"geheimrat"));
            assert!(!found, "{path}{end} still holds the name");
        }
    })
    .await;
}
