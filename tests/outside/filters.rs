//! CQL2 filters: on records, on customers, in space; and what a wrong one is told.

use serde_json::json;

use crate::harness::{Client, World, customer, list, number, scenario, text};

scenario!(
    filters_mean_what_they_say,
    filters_in_space,
    a_wrong_filter_is_told_what_is_wrong,
    pages_join_without_seams
);

/// Three firms in the town: Anker (A, 10 €), Birke (B, 20 €), Čapek (no class, no revenue).
async fn three_firms(client: &Client) -> [(String, String); 3] {
    let make = async |name: &str, class: Option<&str>, revenue: Option<i64>, lng: f64| {
        customer(
            client,
            json!({"name": name, "type": "customer", "class": class, "annual_revenue": revenue}),
            json!({"street": "Ring", "city": "Neubrandenburg", "lng": lng, "lat": 53.55}),
        )
        .await
    };
    [
        make("Anker", Some("A"), Some(1000), 13.25).await,
        make("Birke", Some("B"), Some(2000), 13.26).await,
        make("Čapek", None, None, 13.27).await,
    ]
}

async fn filters_mean_what_they_say(world: World) {
    let manager = world.sign_in("manager").await;
    three_firms(&manager).await;
    // The same question to the records (in SQL) and to the customers (in the live index) has the same answer.
    let cases = [
        ("name = 'Anker'", "name = 'Anker'", 1),
        ("class = 'A' or class = 'B'", "class = 'A' or class = 'B'", 2),
        (
            "class in ('A','B') and annual_revenue > 1000",
            "class in ('A','B') and revenue > 1000",
            1,
        ),
        (
            "annual_revenue between 1000 and 2000",
            "revenue between 1000 and 2000",
            2,
        ),
        // A missing value is neither A nor something else.
        ("not class = 'A'", "not class = 'A'", 1),
        ("class <> 'A'", "class <> 'A'", 1),
        ("class is null", "class is null", 1),
        ("class is not null", "class is not null", 2),
    ];
    for (on_records, on_customers, expected) in cases {
        assert_eq!(
            manager.count("accounts", on_records).await,
            expected,
            "{on_records}"
        );
        let listed = manager
            .ask("/api/v1/customers", &[("filter", on_customers)])
            .await
            .ok();
        assert_eq!(number(&listed["count"]), expected, "{on_customers}");
        assert_eq!(list(&listed["rows"]).len() as i64, expected, "{on_customers}");
    }
    assert_eq!(manager.count("accounts", "casei(name) like 'anker%'").await, 1);
    assert_eq!(manager.count("locations", "account_id.name = 'Birke'").await, 1);
    // A quote is a letter, not the end of the text.
    assert_eq!(
        manager.count("accounts", "name = 'Anker'' or ''1''=''1'").await,
        0
    );
}

async fn filters_in_space(world: World) {
    let manager = world.sign_in("manager").await;
    three_firms(&manager).await;
    // West of 13.265: Anker and Birke. The ring of the hole leaves Birke out.
    let box_ = "POLYGON((13.2 53.5, 13.265 53.5, 13.265 53.6, 13.2 53.6, 13.2 53.5))";
    let wound_the_other_way = "POLYGON((13.2 53.5, 13.2 53.6, 13.265 53.6, 13.265 53.5, 13.2 53.5))";
    let with_a_hole = "POLYGON((13.2 53.5, 13.265 53.5, 13.265 53.6, 13.2 53.6, 13.2 53.5), (13.255 53.54, 13.262 53.54, 13.262 53.56, 13.255 53.56, 13.255 53.54))";
    for (shape, expected) in [(box_, 2), (wound_the_other_way, 2), (with_a_hole, 1)] {
        assert_eq!(
            manager
                .count("locations", &format!("s_intersects(geometry, {shape})"))
                .await,
            expected,
            "{shape}"
        );
        let on_customers = manager
            .ask(
                "/api/v1/customers",
                &[("filter", &format!("S_INTERSECTS(place, {shape})"))],
            )
            .await
            .ok();
        assert_eq!(number(&on_customers["count"]), expected, "{shape}");
    }
    let both = format!("s_intersects(geometry, {box_}) and account_id.class = 'B'");
    assert_eq!(manager.count("locations", &both).await, 1);
}

async fn a_wrong_filter_is_told_what_is_wrong(world: World) {
    let manager = world.sign_in("manager").await;
    for address in ["/api/v1/accounts", "/api/v1/accounts/count", "/api/v1/customers"] {
        let problem = manager
            .ask(address, &[("filter", "colour = 'red'")])
            .await
            .refused(400, "bad-filter");
        assert!(
            text(&problem["detail"]).contains("colour"),
            "{address}: {problem:#}"
        );
        assert_eq!(problem["faults"][0]["pointer"], "?filter", "{address}");
        for wrong in [
            "name = ",
            "name like",
            "((((",
            "name = 'open",
            "drop table accounts",
            "{\"op\": \"=\"}",
            "name",
        ] {
            manager
                .ask(address, &[("filter", wrong)])
                .await
                .refused(400, "bad-filter");
        }
    }
    for shape in [
        "POLYGON((13.2 53.5, 13.3 53.5))",
        "POLYGON((13.2 700, 13.3 700, 13.3 701, 13.2 700))",
    ] {
        let filter = format!("s_intersects(geometry, {shape})");
        manager
            .ask("/api/v1/locations", &[("filter", &filter)])
            .await
            .refused(400, "bad-filter");
        let filter = format!("s_intersects(place, {shape})");
        manager
            .ask("/api/v1/customers", &[("filter", &filter)])
            .await
            .refused(400, "bad-filter");
    }
    let deep = format!("{}name = 'a'{}", "not (".repeat(5_000), ")".repeat(5_000));
    manager
        .ask("/api/v1/accounts", &[("filter", &deep)])
        .await
        .refused(400, "bad-filter");
}

async fn pages_join_without_seams(world: World) {
    let manager = world.sign_in("manager").await;
    // Names that sort differently by byte, by letter and without case; two alike.
    for name in ["Zeh", "anker", "Äpfel", "Anker", "Ring", "Ring", "öl"] {
        manager
            .create("accounts", json!({"name": name, "type": "customer"}))
            .await;
    }
    let mut names = Vec::new();
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = manager
            .ask(
                "/api/v1/accounts",
                &[("sort", "name"), ("limit", "2"), ("cursor", &cursor)],
            )
            .await
            .ok();
        for record in list(&page["records"]) {
            names.push(text(&record["fields"]["name"]));
            ids.push(text(&record["id"]));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(names.len(), 7);
    let whole = manager
        .ask("/api/v1/accounts", &[("sort", "name"), ("limit", "100")])
        .await
        .ok();
    let whole: Vec<String> = list(&whole["records"]).iter().map(|r| text(&r["id"])).collect();
    assert_eq!(ids, whole);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "no record twice");
    manager
        .ask("/api/v1/accounts", &[("cursor", "made up")])
        .await
        .refused(400, "bad-cursor");
}
