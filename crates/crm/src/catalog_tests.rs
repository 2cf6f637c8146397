//! Declarations, tables and twins agree, on both databases.

use std::sync::Arc;

use records::{Store, SystemClock, check_tables};

async fn disagreements(url: &str) -> Vec<String> {
    let store = Store::open(
        url,
        crate::catalog().unwrap(),
        Arc::new(SystemClock),
        crate::rules(),
    )
    .await
    .unwrap();
    let faults = check_tables(&store).await.unwrap();
    store.db().close().await;
    faults
}

#[tokio::test]
async fn declarations_and_tables_agree_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.sqlite");
    assert_eq!(disagreements(&file.to_string_lossy()).await, Vec::<String>::new());
}

#[tokio::test]
async fn declarations_and_tables_agree_on_postgresql() {
    // Without PostgreSQL the cluster says why, or fails where it is required.
    let Some(cluster) = testkit::postgres::cluster() else {
        return;
    };
    assert_eq!(disagreements(&cluster.database()).await, Vec::<String>::new());
}

/// Of the types that grow large: a page in these orders must not need every row.
#[tokio::test]
async fn long_lists_begin_without_reading_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.sqlite");
    let store = Store::open(
        &file.to_string_lossy(),
        crate::catalog().unwrap(),
        Arc::new(SystemClock),
        crate::rules(),
    )
    .await
    .unwrap();
    let records::Db::Sqlite { read, .. } = store.db() else {
        panic!("a file is SQLite");
    };
    for (table, orders) in [
        (
            "accounts",
            &["name_folded", "annual_revenue", "owner_id", "class"][..],
        ),
        ("contacts", &["name_folded", "account_id"]),
        (
            "opportunities",
            &[
                "name_folded",
                "close_date",
                "amount",
                "owner_id",
                "stage_since",
                "account_id",
            ],
        ),
        (
            "activities",
            &[
                "subject_folded",
                "due_at",
                "happened_at",
                "owner_id",
                "account_id",
            ],
        ),
    ] {
        for order in orders {
            for direction in [
                format!("r.{order} nulls last, r.id"),
                format!("r.{order} desc nulls first, r.id desc"),
            ] {
                let sql =
                    format!("explain query plan select * from {table} r order by {direction} limit 101");
                let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
                    .fetch_all(read)
                    .await
                    .unwrap();
                let steps: Vec<&str> = plan.iter().map(|step| step.3.as_str()).collect();
                // The few of one customer are sorted by their ids.
                let sorts = match *order {
                    "account_id" => "USE TEMP B-TREE FOR ORDER BY",
                    _ => "USE TEMP B-TREE",
                };
                assert!(
                    steps.iter().any(|step| step.contains("USING INDEX"))
                        && !steps.iter().any(|step| step.starts_with(sorts)),
                    "{table} by {direction}: {steps:?}"
                );
            }
        }
    }
    store.db().close().await;
}

/// When a record is taken away, whoever links to it is looked for; and pages ask the same.
#[tokio::test]
async fn whoever_links_to_a_record_is_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.sqlite");
    let store = Store::open(
        &file.to_string_lossy(),
        crate::catalog().unwrap(),
        Arc::new(SystemClock),
        crate::rules(),
    )
    .await
    .unwrap();
    let records::Db::Sqlite { read, .. } = store.db() else {
        panic!("a file is SQLite");
    };
    let mut looked_at = 0;
    for record_type in store.catalog().iter() {
        for field in &record_type.fields {
            let grows = ["account", "contact", "location", "opportunity", "lead", "case"];
            if !field.to.as_deref().is_some_and(|to| grows.contains(&to)) {
                continue;
            }
            let (table, name) = (&record_type.table, &field.name);
            let sql = format!("explain query plan select id from {table} where {name} = 'x'");
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .fetch_all(read)
                .await
                .unwrap();
            assert!(plan[0].3.starts_with("SEARCH"), "{table}.{name}: {}", plan[0].3);
            looked_at += 1;
        }
    }
    assert!(looked_at > 40, "{looked_at}");
    store.db().close().await;
}
