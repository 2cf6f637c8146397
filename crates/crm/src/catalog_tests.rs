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
