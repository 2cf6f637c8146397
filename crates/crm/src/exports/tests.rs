//! What goes out comes in again with the same cells, and nobody exports what they may not see.

use serde_json::{Value, json};

use super::presets::{PRESETS, Source};
use crate::test_world::{World, worlds};

async fn csv(world: &World, who: &str, path: &str) -> Vec<Vec<String>> {
    let (status, headers, bytes) = world.raw(who, "GET", path, Value::Null).await;
    assert!(
        status.is_success(),
        "{status} {}",
        String::from_utf8_lossy(&bytes)
    );
    assert!(headers["content-disposition"].to_str().unwrap().contains(".csv"));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&bytes[..]);
    reader
        .records()
        .map(|r| r.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn every_column_of_a_preset_is_one_that_the_import_takes_for_the_same_field() {
    let catalog = crate::catalog().unwrap();
    for preset in &PRESETS {
        let headers: Vec<&str> = preset.columns.iter().map(|(header, _)| *header).collect();
        let proposed = crate::imports::proposed(&catalog, &headers);
        for ((header, source), field) in preset.columns.iter().zip(proposed) {
            let wanted = match source {
                // Owners are people of this firm, whom a file of another does not know.
                Source::Account("owner_id") => continue,
                Source::Account(name) => format!("account.{name}"),
                Source::Place(name) => format!("location.{name}"),
                Source::StreetAndNumber => "location.street".to_owned(),
                Source::Address => "location.source_text".to_owned(),
                Source::Domain => "account.website".to_owned(),
                Source::Contact(name) => format!("contact.{name}"),
                Source::Word(name) => format!("account.{name}"),
                Source::Number => "account.external_id".to_owned(),
                Source::Kept => {
                    assert_eq!(field, None, "{}: {header}", preset.name);
                    continue;
                }
            };
            assert_eq!(
                field.as_deref(),
                Some(wanted.as_str()),
                "{}: {header}",
                preset.name
            );
        }
    }
}

#[tokio::test]
async fn a_list_goes_out_whole_by_filter_and_rights_and_no_formula_runs() {
    for world in worlds().await {
        for (name, owner, revenue) in [
            ("=1+1", "rita", 123_450),
            ("Bäckerei, \"Mitte\"", "rita", 100),
            ("Rolf's", "rolf", 5),
        ] {
            world
                .customer(
                    name,
                    Some((13.2, 53.5)),
                    json!({ "owner_id": owner, "annual_revenue": revenue }),
                )
                .await;
        }
        let all = csv(&world, "max", "/api/v1/accounts/export?sort=name").await;
        let column = |name: &str| all[0].iter().position(|h| h == name).unwrap();
        assert_eq!(all.len(), 4);
        let names: Vec<&str> = all[1..].iter().map(|r| r[column("name")].as_str()).collect();
        assert_eq!(names, ["'=1+1", "Bäckerei, \"Mitte\"", "Rolf's"]);
        assert_eq!(all[1][column("annual_revenue")], "1234.50");
        assert_eq!(all[1][column("owner name")], "Rita");
        let own = csv(&world, "rita", "/api/v1/accounts/export").await;
        assert_eq!(own.len(), 3);
        let few = csv(
            &world,
            "max",
            "/api/v1/accounts/export?filter=annual_revenue%20%3E%2050",
        )
        .await;
        assert_eq!(few.len(), 3);
        let before = csv(&world, "max", "/api/v1/accounts/export?as_of=2026-01-01").await;
        assert_eq!(before.len(), 1);
        for (who, path) in [
            ("rita", "/api/v1/import-jobs/export"),
            ("max", "/api/v1/accounts/export?filter=nothing%20%3D%201"),
        ] {
            let (_, _, bytes) = world.raw(who, "GET", path, Value::Null).await;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(
                text.lines().count() <= 1 || text.contains("nothing"),
                "{path}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn more_than_a_page_goes_out_once_each() {
    let world = World::new().await;
    let mut ops = Vec::new();
    for i in 0..2_300 {
        let fields = json!({ "name": format!("Firm {i:05}"), "type": "customer" });
        ops.push(records::Op::create(
            "account",
            fields.as_object().unwrap().clone(),
        ));
    }
    world.write(ops).await;
    let all = csv(&world, "max", "/api/v1/accounts/export?sort=name&limit=7").await;
    let names: Vec<&String> = all[1..].iter().map(|r| &r[1]).collect();
    assert_eq!(names.len(), 2_300);
    assert!(names.is_sorted() && names[0] == "Firm 00000" && names[2_299] == "Firm 02299");
}

#[tokio::test]
async fn customers_go_out_in_the_columns_of_other_crms() {
    for world in worlds().await {
        let more = json!({ "owner_id": "rita", "website": "https://baecker.example", "annual_revenue": 5_000_000, "industry": "Bakery" });
        let (account, place) = world.customer("Bäckerei", Some((13.26, 53.55)), more).await;
        let address = json!({ "house_number": "7", "postal_code": "17033", "city": "Neubrandenburg" });
        let contact = json!({ "name": "Erika Muster", "given_name": "Erika", "family_name": "Muster", "account_id": account, "email": "erika@baecker.example" });
        world
            .write(vec![
                records::Op::update("location", &place, address.as_object().unwrap().clone()),
                records::Op::create("contact", contact.as_object().unwrap().clone()),
            ])
            .await;
        let cell = async |preset: &str, header: &str| {
            let rows = csv(
                &world,
                "rita",
                &format!("/api/v1/customers/export?preset={preset}"),
            )
            .await;
            assert_eq!(rows.len(), 2, "{preset}");
            rows[1][rows[0].iter().position(|h| h == header).unwrap()].clone()
        };
        assert_eq!(cell("salesforce", "BillingStreet").await, "Ring 7");
        assert_eq!(cell("salesforce", "Account Owner").await, "Rita");
        assert_eq!(cell("salesforce", "AnnualRevenue").await, "50000");
        assert_eq!(cell("hubspot", "Company Domain Name").await, "baecker.example");
        assert_eq!(
            cell("pipedrive", "Organization - Address").await,
            "Ring 7, 17033 Neubrandenburg"
        );
        assert_eq!(cell("bailiwick", "Nachname").await, "Muster");
        assert_eq!(csv(&world, "rolf", "/api/v1/customers/export").await.len(), 1);
        let held = async |filter: &str| {
            let rows = csv(
                &world,
                "rita",
                &format!("/api/v1/customers/export?filter={filter}"),
            )
            .await;
            rows.len() - 1
        };
        assert_eq!(held("revenue%20%3E%201000").await, 1);
        assert_eq!(held("class%20%3D%20'A'").await, 0);
        let (status, problem) = world
            .ask(
                "rita",
                "GET",
                "/api/v1/customers/export?preset=lotus",
                Value::Null,
            )
            .await;
        assert_eq!(status, 400);
        assert!(problem.to_string().contains("pipedrive"), "{problem}");
    }
}
