//! Files of every kind become records of every kind, and nothing stays when the import is undone.

mod workbooks;

use serde_json::{Value, json};

use crate::test_world::{World, worlds};
use crate::testing::Patience;

/// Uploads files that belong together.
pub(crate) async fn upload(world: &World, files: &[(&str, &[u8])]) -> Value {
    let (status, import) = world.upload_files("max", "/api/v1/imports", files).await;
    assert!(status.is_success(), "{status} {import}");
    import
}

/// One step of an import to its end: check or run.
pub(crate) async fn step(world: &World, import: &Value, step: &str) -> Value {
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    let job = world.post("max", &format!("{path}/{step}"), Value::Null).await;
    let job = job["id"].as_str().unwrap().to_owned();
    let worker = tokio::spawn(crate::jobs::work(world.app.clone()));
    let patience = Patience::for_what("a step of an import");
    loop {
        patience.wait(Some(&worker)).await;
        let now = crate::jobs::find(world.app.store.db(), &job)
            .await
            .unwrap()
            .unwrap();
        if ["done", "failed", "cancelled"].contains(&now.state.as_str()) {
            assert_eq!(now.state, "done", "{}", now.message);
            break;
        }
    }
    worker.abort();
    world.settle().await;
    world.get("max", &path).await
}

/// rows, created, updated, skipped, failed; they have to add up.
pub(crate) fn sums(summary: &Value) -> [u64; 5] {
    let counts =
        ["rows", "created", "updated", "skipped", "failed"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts[0], counts[1..].iter().sum::<u64>(), "{summary:#}");
    counts
}

/// A sales process: Qualify, Proposal, Closed Won, Closed Lost.
pub(crate) async fn stages(world: &World) {
    let mut ops = vec![records::Op::Create {
        type_name: "pipeline".into(),
        id: Some("sales".into()),
        fields: records::fields([("name", "Sales Pipeline".into())]),
    }];
    for (position, (name, closed, won)) in [
        ("Qualify", false, false),
        ("Proposal", false, false),
        ("Closed Won", true, true),
        ("Closed Lost", true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = json!({ "name": name, "position": position, "probability": 10, "is_closed": closed, "is_won": won, "pipeline_id": "sales" });
        ops.push(records::Op::create("stage", fields.as_object().unwrap().clone()));
    }
    world.write(ops).await;
}

async fn count(world: &World, plural: &str) -> u64 {
    world.get("max", &format!("/api/v1/{plural}/count")).await["count"]
        .as_u64()
        .unwrap()
}

async fn one(world: &World, plural: &str, filter: &str) -> Value {
    let path = format!(
        "/api/v1/{plural}?filter={}",
        filter.replace(' ', "%20").replace('=', "%3D")
    );
    let found = world.get("max", &path).await;
    assert_eq!(
        found["records"].as_array().unwrap().len(),
        1,
        "{plural} {filter}: {found}"
    );
    found["records"][0].clone()
}

const ACCOUNTS: &str = "Account ID,Account Name,Parent Account ID,Billing Street,Billing Zip/Postal Code,Billing City,Account Owner,Region Code\n\
    0015D00000XyZab,Acme GmbH,0015D00000XyZac,Ring 1,17033,Neubrandenburg,Rita,N\n\
    0015D00000XyZac,Acme Holding,,Ring 2,17033,Neubrandenburg,Somebody Else,N\n\
    0015D00000XyZad,Known Firm,,Ring,,,rolf@example.org,S\n";
const CONTACTS: &str = "Contact ID,First Name,Last Name,Account Name,Account ID,Email,Title\n\
    0035D00000AaAaa,Ada,Byron,Acme GmbH,0015D00000XyZabQAF,\"ada@acme.example, ada@home.example\",CTO\n\
    0035D00000AaAab,Charles,Babbage,New Engines,,charles@engines.example,\n\
    0035D00000AaAac,,,,,,Nobody\n\
    0035D00000AaAad,Grace,Alone,,,grace@gmail.com,\n";
const DEALS: &str = "Opportunity ID,Opportunity Name,Account ID,Stage,Amount,Close Date,Opportunity Owner\n\
    0065D00000BbBbb,Big deal,0015D00000XyZab,Proposal,\"$1,234.50\",12/31/2026,Rita\n\
    0065D00000BbBbc,Won deal,0015D00000XyZac,Closed Won,10,11/30/2026,Rolf\n\
    0065D00000BbBbd,Odd stage,0015D00000XyZab,Vorgespräch,10,10/13/2026,Nobody Here\n\
    0065D00000BbBbe,No customer,0015D00000XyZzz,Proposal,10,10/14/2026,Rita\n";

#[tokio::test]
async fn three_exports_at_once_are_linked_deduplicated_and_undone() {
    for world in worlds().await {
        stages(&world).await;
        world
            .customer("Known Firm", None, json!({ "owner_id": "rolf" }))
            .await;
        let before = (
            count(&world, "accounts").await,
            world.store().last_seq().await.unwrap(),
        );
        // The order in which they are sent does not matter.
        let files = [
            ("deals.csv", DEALS.as_bytes()),
            ("contacts.csv", CONTACTS.as_bytes()),
            ("accounts.csv", ACCOUNTS.as_bytes()),
        ];
        let import = upload(&world, &files).await;
        let objects: Vec<&str> = import["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["object"].as_str().unwrap())
            .collect();
        assert_eq!(objects, ["opportunity", "contact", "account"]);
        assert_eq!(import["parts"][0]["preset"], "Salesforce");

        let checked = step(&world, &import, "check").await;
        // Known Firm is skipped; a contact without a name and a deal without a customer fail: 11 = 8 + 0 + 1 + 2.
        assert_eq!(sums(&checked["summary"]), [11, 8, 0, 1, 2], "{checked:#}");
        assert_eq!(
            count(&world, "accounts").await,
            before.0,
            "a dry run writes nothing"
        );
        let done = step(&world, &import, "run").await;
        assert_eq!(done["summary"], checked["summary"]);
        for part in 0..3 {
            assert_eq!(done["parts"][part]["summary"], checked["parts"][part]["summary"]);
            sums(&done["parts"][part]["summary"]);
        }
        // Two of the file, the firm of Charles, and the household of Grace.
        assert_eq!(
            done["summary"]["records"],
            json!({ "account": 4, "contact": 3, "location": 2, "opportunity": 3 })
        );

        let acme = one(&world, "accounts", "name = 'Acme GmbH'").await;
        let holding = one(&world, "accounts", "name = 'Acme Holding'").await;
        assert_eq!(
            acme["fields"]["parent_id"], holding["id"],
            "a parent further down the file"
        );
        assert_eq!(acme["fields"]["owner_id"], "rita");
        assert_eq!(acme["fields"]["custom"]["region_code"], "N");
        assert_eq!(
            holding["fields"]["owner_id"], "max",
            "an unknown owner is the importer"
        );
        assert_eq!(holding["fields"]["custom"]["account_owner"], "Somebody Else");
        let ada = one(&world, "contacts", "name = 'Ada Byron'").await;
        assert_eq!(ada["fields"]["account_id"], acme["id"]);
        assert_eq!(ada["fields"]["email"], "ada@acme.example");
        assert_eq!(ada["fields"]["custom"]["more_email"], "ada@home.example");
        let grace = one(&world, "contacts", "name = 'Grace Alone'").await;
        let household = world
            .get(
                "max",
                &format!(
                    "/api/v1/accounts/{}",
                    grace["fields"]["account_id"].as_str().unwrap()
                ),
            )
            .await;
        assert_eq!(household["fields"]["type"], "household");
        let big = one(&world, "opportunities", "name = 'Big deal'").await;
        assert_eq!(big["fields"]["account_id"], acme["id"]);
        assert_eq!(
            (&big["fields"]["amount"], &big["fields"]["close_date"]),
            (&json!(123_450), &json!("2026-12-31"))
        );
        assert_eq!(
            one(&world, "opportunities", "name = 'Won deal'").await["fields"]["is_won"],
            true
        );
        let odd = one(&world, "opportunities", "name = 'Odd stage'").await;
        assert_eq!(odd["fields"]["custom"]["stage"], "Vorgespräch");
        assert_eq!(odd["fields"]["owner_id"], "max");

        let unresolved: Vec<(&str, &str)> = done["unresolved"]
            .as_array()
            .unwrap()
            .iter()
            .map(|u| (u["to"].as_str().unwrap(), u["read"].as_str().unwrap()))
            .collect();
        for wanted in [
            ("account", "0015D00000XyZzz"),
            ("stage", "Vorgespräch"),
            ("user", "Nobody Here"),
            ("user", "Somebody Else"),
        ] {
            assert!(unresolved.contains(&wanted), "{wanted:?} in {unresolved:?}");
        }
        let known = &done["duplicates"][0];
        assert_eq!(
            (&known["title"], &known["sure"], &known["fate"]),
            (&json!("Known Firm"), &json!(true), &json!("skip"))
        );
        assert_eq!(known["reasons"], json!(["name_street"]));
        let failed = world
            .raw(
                "max",
                "GET",
                &format!("/api/v1/imports/{}/failed?part=0", import["id"].as_str().unwrap()),
                Value::Null,
            )
            .await;
        assert!(String::from_utf8_lossy(&failed.2).contains("No customer"));

        // The same files again: nothing new.
        let again = step(&world, &upload(&world, &files).await, "run").await;
        assert_eq!(sums(&again["summary"])[1], 0, "{:#}", again["summary"]);

        let undone = world
            .post(
                "max",
                &format!("/api/v1/imports/{}/undo", import["id"].as_str().unwrap()),
                Value::Null,
            )
            .await;
        assert_eq!(undone["state"], "undone");
        assert_eq!(count(&world, "accounts").await, before.0);
        for plural in ["contacts", "opportunities", "external-ids"] {
            assert_eq!(count(&world, plural).await, 0, "{plural}");
        }
        assert!(world.store().last_seq().await.unwrap() > before.1);
        assert!(world.store().verify().await.unwrap().broken.is_none());
    }
}

#[tokio::test]
async fn a_person_says_who_is_meant_and_what_becomes_of_a_row() {
    for world in worlds().await {
        stages(&world).await;
        let (known, _) = world
            .customer(
                "Bäckerei Müller",
                Some((13.26, 53.55)),
                json!({ "email": "info@mueller.example" }),
            )
            .await;
        let table = "Name,E-mail,Owner,lng,lat,Industry\n\
            Bäckerei Mueller GmbH,info@mueller.example,R. I. Ta,13.2601,53.5501,Bakery\n\
            Other,other@other.example,R. I. Ta,13.3,53.6,\n";
        let import = upload(&world, &[("list.csv", table.as_bytes())]).await;
        let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
        let checked = step(&world, &import, "check").await;
        assert_eq!(sums(&checked["summary"]), [2, 2, 0, 0, 0]);
        let found = &checked["duplicates"][0];
        assert_eq!(
            (&found["row"], &found["sure"], &found["fate"], &found["id"]),
            (&json!(1), &json!(false), &json!("create"), &json!(known))
        );
        assert_eq!(found["reasons"], json!(["email", "domain"]));
        assert_eq!(
            checked["unresolved"],
            json!([{ "to": "user", "read": "R. I. Ta", "rows": 2, "ambiguous": false }])
        );

        let mut mapping = checked["mapping"].clone();
        mapping["rows"] = json!([{ "part": 0, "row": 1, "choice": "fill" }]);
        mapping["links"] = json!([{ "to": "user", "read": "R. I. Ta", "id": "rita" }]);
        let (status, mapped) = world
            .ask("max", "PUT", &format!("{path}/mapping"), mapping.clone())
            .await;
        assert!(status.is_success(), "{mapped}");
        let done = step(&world, &import, "run").await;
        assert_eq!(sums(&done["summary"]), [2, 1, 1, 0, 0]);
        assert_eq!(done["unresolved"], json!([]));
        let known = world.get("max", &format!("/api/v1/accounts/{known}")).await;
        assert_eq!(known["fields"]["name"], "Bäckerei Müller", "only what was empty");
        assert_eq!(
            (&known["fields"]["industry"], &known["fields"]["owner_id"]),
            (&json!("Bakery"), &json!("rita"))
        );
        assert_eq!(
            one(&world, "accounts", "name = 'Other'").await["fields"]["owner_id"],
            "rita"
        );

        for (change, code) in [
            (
                json!({ "rows": [], "links": [{ "to": "user", "read": "x", "id": "nobody" }] }),
                "unknown-record",
            ),
            (json!({ "parts": [] }), "not-the-tables"),
            (
                json!({ "parts": [{ "object": null, "columns": [] }] }),
                "nothing-left",
            ),
            (
                json!({ "parts": [{ "object": "user", "columns": [] }] }),
                "unknown-object",
            ),
        ] {
            let fresh = upload(&world, &[("list.csv", table.as_bytes())]).await;
            let mut wrong = fresh["mapping"].clone();
            for (name, value) in change.as_object().unwrap() {
                wrong[name] = value.clone();
            }
            let path = format!("/api/v1/imports/{}/mapping", fresh["id"].as_str().unwrap());
            let (status, problem) = world.ask("max", "PUT", &path, wrong).await;
            assert_eq!(
                (status.as_u16(), &problem["code"]),
                (400, &json!(code)),
                "{problem}"
            );
        }
        let (status, _) = world.ask("rita", "GET", &path, Value::Null).await;
        assert_eq!(status, 403);
    }
}

#[tokio::test]
async fn address_books_and_records_of_an_own_kind_come_in() {
    for world in worlds().await {
        let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u-1\r\nFN:Ada Byron\r\nN:Byron;Ada;;;\r\nORG:Engines\r\nEMAIL:ada@engines.example\r\n\
            ADR:;;Ring 1;Neubrandenburg;;17033;Germany\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nUID:u-2\r\nFN:Charles\r\nORG:Engines\r\nEND:VCARD\r\n";
        let import = upload(&world, &[("book.vcf", cards.as_bytes())]).await;
        assert_eq!(
            (&import["parts"][0]["preset"], &import["parts"][0]["format"]),
            (&json!("vCard"), &json!("vcard"))
        );
        let done = step(&world, &import, "run").await;
        assert_eq!(sums(&done["summary"]), [2, 2, 0, 0, 0], "{done:#}");
        assert_eq!(
            done["summary"]["records"],
            json!({ "account": 1, "contact": 2, "location": 1 })
        );
        let again = step(
            &world,
            &upload(&world, &[("book.vcf", cards.as_bytes())]).await,
            "run",
        )
        .await;
        assert_eq!(sums(&again["summary"]), [2, 0, 0, 2, 0]);
        assert_eq!(again["duplicates"][0]["reasons"], json!(["external_id"]));

        let kind = json!({ "fields": { "label_en": "Boiler", "plural_en": "Boilers", "place": true } });
        let made = world.post("ada", "/api/v1/custom-types", kind).await;
        let name = made["record"]["fields"]["name"].as_str().unwrap().to_owned();
        for (label, kind, link) in [
            ("Serial", "text", Value::Null),
            ("Firm", "link", json!("account")),
            ("Built on", "date", Value::Null),
        ] {
            let field =
                json!({ "fields": { "to_type": name, "label_en": label, "kind": kind, "to_link": link } });
            world.post("ada", "/api/v1/custom-fields", field).await;
        }
        let record_type = world.store().record_type(&name).unwrap().clone();
        let title = record_type
            .field(record_type.title.as_deref().unwrap())
            .unwrap()
            .label
            .en
            .clone();
        let table = format!(
            "{title};Serial;Firm;Built on;Colour\nB1;S-1;Engines;31.12.2020;red\nB2;S-2;Unknown Firm;01.02.2021;blue\n"
        );
        let import = upload(&world, &[("Boilers.csv", table.as_bytes())]).await;
        assert_eq!(
            import["parts"][0]["object"],
            name.as_str(),
            "{:#}",
            import["parts"][0]["columns"]
        );
        let done = step(&world, &import, "run").await;
        assert_eq!(sums(&done["summary"]), [2, 2, 0, 0, 0], "{done:#}");
        let plural = record_type.table.replace('_', "-");
        let listed = world
            .get(
                "max",
                &format!("/api/v1/{plural}?sort={}", record_type.title.clone().unwrap()),
            )
            .await;
        let fields = &listed["records"][0]["fields"];
        assert_eq!(fields["custom_built_on"], "2020-12-31", "{fields}");
        assert!(fields["custom_firm"].is_string());
        assert_eq!(done["remarks"][0]["read"], "Unknown Firm");
        let (_, undone) = world
            .ask(
                "max",
                "POST",
                &format!("/api/v1/imports/{}/undo", import["id"].as_str().unwrap()),
                Value::Null,
            )
            .await;
        assert_eq!(undone["state"], "undone");
        assert_eq!(count(&world, &plural).await, 0);
    }
}

#[tokio::test]
async fn what_earlier_rows_change_later_ones_find() {
    use std::fmt::Write as _;

    for world in worlds().await {
        let first = "Account ID,Account Name\n0015D00000XyZad,Known Firm\n";
        let import = upload(&world, &[("accounts.csv", first.as_bytes())]).await;
        step(&world, &import, "check").await;
        step(&world, &import, "run").await;
        let known = one(&world, "accounts", "name = 'Known Firm'").await["id"].clone();
        // Two rows mean it, more rows apart than are written at once; the first brings its place.
        let mut table =
            "Account ID,Account Name,Billing Street,Billing Zip/Postal Code,Billing City\n".to_owned();
        for row in 0..520 {
            match row {
                100 | 400 => table.push_str("0015D00000XyZad,Known Firm,Ring 7,17033,Neubrandenburg\n"),
                _ => writeln!(
                    table,
                    "0015D0000000{row:03},Firm {row},Weg {row},17033,Neubrandenburg"
                )
                .unwrap(),
            }
        }
        let import = upload(&world, &[("accounts.csv", table.as_bytes())]).await;
        let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
        let mut mapping = import["mapping"].clone();
        mapping["duplicates"] = json!("update");
        let (status, mapped) = world.ask("max", "PUT", &format!("{path}/mapping"), mapping).await;
        assert!(status.is_success(), "{mapped}");
        step(&world, &import, "check").await;
        let done = step(&world, &import, "run").await;
        assert_eq!(sums(&done["summary"]), [520, 518, 2, 0, 0]);
        let places = format!("account_id = '{}'", known.as_str().unwrap());
        one(&world, "locations", &places).await;
    }
}
