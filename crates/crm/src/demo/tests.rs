//! The demo as its first visitor finds it.

use std::sync::Arc;

use geom::Timestamp;
use jiff::civil::{Date, Time};
use records::{ManualClock, Store, Viewer};
use serde_json::Value;

use super::*;
use crate::testing::{TestApp, data, demo_atlas};
use crate::{DEMO_EMAILS, Zone};

/// A Monday.
const TODAY: &str = "2026-11-23";

fn settings() -> Settings {
    Settings {
        zone: Zone::named("Europe/Berlin").unwrap(),
        currency: "EUR".into(),
        organisation: String::new(),
        public_url: None,
        open_services: false,
        channels: crate::Channels::default(),
        demo_password: Some(crate::DEMO_PASSWORD.into()),
    }
}

async fn seed_at(url: &str) {
    let list = std::fs::read(data().join("customers.csv")).unwrap();
    let today: Date = TODAY.parse().unwrap();
    let mut last = (0, 0);
    let mut progress = |done, total, _: &str| {
        assert!(
            done >= last.0 && done <= total,
            "{done} of {total} after {last:?}"
        );
        last = (done, total);
    };
    seed(url, demo_atlas(), &settings(), &list, today, &mut progress)
        .await
        .unwrap();
    assert_eq!(last.0, last.1, "the bar ends full");
}

async fn visited() -> (TestApp, Zone) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.sqlite").to_string_lossy().into_owned();
    seed_at(&file).await;
    // Everything is in the one file: what SQLite keeps beside it is empty, if it is there still.
    let beside = std::fs::metadata(format!("{file}-wal")).map_or(0, |wal| wal.len());
    assert_eq!(beside, 0);

    let settings = settings();
    let zone = settings.zone.clone();
    let clock = Arc::new(ManualClock::at(
        zone.at(TODAY.parse().unwrap(), Time::constant(7, 0, 0, 0)),
    ));
    let store = Store::open(&file, crate::catalog().unwrap(), clock.clone(), crate::rules())
        .await
        .unwrap();
    (TestApp::over(store, settings, clock, folder).await, zone)
}

/// What must not depend on the database or on chance.
async fn counts(url: &str) -> Vec<u64> {
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let store = Store::open(url, crate::catalog().unwrap(), clock, crate::rules())
        .await
        .unwrap();
    let mut counts = Vec::new();
    for name in [
        "user",
        "account",
        "location",
        "visit",
        "activity",
        "opportunity",
        "contact",
        "assignment",
        "territory_version",
    ] {
        counts.push(
            store
                .count(&Viewer::system(), &records::Query::of(name))
                .await
                .unwrap(),
        );
    }
    store.db().close().await;
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_two_years_on_both_databases() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.sqlite").to_string_lossy().into_owned();
    let url = tokio::task::spawn_blocking(|| testkit::postgres::cluster().map(|c| c.database()))
        .await
        .unwrap();
    let Some(url) = url else { return };
    seed_at(&file).await;
    seed_at(&url).await;
    assert_eq!(counts(&file).await, counts(&url).await);
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} in {value:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_years_of_a_sales_team() {
    let (t, zone) = visited().await;
    let signed = |email: &'static str| {
        let t = &t;
        async move {
            let filter = records::Filter::eq("email", email);
            let page = t
                .app
                .store
                .list(&Viewer::system(), &records::Query::of("user").filter(filter))
                .await
                .unwrap();
            let id = page.records[0].id.clone();
            crate::create_token(t.app.store.db(), &id, "test", true, 30, t.app.store.now())
                .await
                .unwrap()
        }
    };
    for email in DEMO_EMAILS {
        let body = serde_json::json!({ "email": email, "password": crate::DEMO_PASSWORD });
        let session = t.ok("POST", "/api/v1/session", "", Some(body)).await;
        assert_eq!(session["demo"], true);
    }
    let manager = signed("manager@demo.example").await;
    let rep = signed("rep@demo.example").await;

    // Customers: today's and those of two years ago.
    let count = |as_of: &'static str| {
        let (t, manager) = (&t, manager.clone());
        async move {
            t.ok(
                "GET",
                &format!("/api/v1/customers?limit=1{as_of}"),
                &manager,
                None,
            )
            .await["count"]
                .as_u64()
                .unwrap()
        }
    };
    let (now, before) = (count("").await, count("&as_of=2025-01-15").await);
    assert!(
        before > 250 && now > before + 40,
        "{before} customers then, {now} now"
    );
    let visits = t.ok("GET", "/api/v1/visits/count", &manager, None).await["count"]
        .as_u64()
        .unwrap();
    assert!((3_000..10_000).contains(&visits), "{visits} visits");
    for (path, least) in [
        ("opportunities", 100),
        ("activities", 300),
        ("contacts", 150),
        ("leads", 100),
        ("cases", 60),
        ("assets", 5),
        ("quotes", 40),
        ("orders", 20),
        ("products", 8),
        ("targets", 30),
        ("imports", 0),
    ] {
        if least > 0 {
            let n = t
                .ok("GET", &format!("/api/v1/{path}/count"), &manager, None)
                .await["count"]
                .as_u64()
                .unwrap();
            assert!(n >= least, "{n} {path}");
        }
    }
    let won = t
        .ok(
            "GET",
            "/api/v1/opportunities/count?filter=probability%3D100",
            &manager,
            None,
        )
        .await;
    let lost = t
        .ok(
            "GET",
            "/api/v1/opportunities/count?filter=probability%3D0",
            &manager,
            None,
        )
        .await;
    let open = t
        .ok(
            "GET",
            "/api/v1/opportunities/count?filter=is_closed%3Dfalse",
            &manager,
            None,
        )
        .await;
    for n in [&won, &lost, &open] {
        assert!(
            n["count"].as_u64().unwrap() >= 10,
            "won {won}, lost {lost}, open {open}"
        );
    }

    // Four territories with an owner each; a gap and an overlap to look at.
    let overview = t.ok("GET", "/api/v1/territories/overview", &manager, None).await;
    let territories = list(&overview, "territories");
    assert_eq!(territories.len(), 4);
    for territory in territories {
        assert!(territory["owner_name"].is_string(), "{territory:#}");
        assert!(
            territory["totals"]["accounts"].as_u64().unwrap()
                + territory["totals"]["prospects"].as_u64().unwrap()
                > 50,
            "{:#}",
            territory["totals"]
        );
    }
    let issues = t.ok("GET", "/api/v1/territories/issues", &manager, None).await;
    assert_eq!(list(&issues, "overlaps").len(), 1, "{issues:#}");
    assert!(!list(&list(&issues, "overlaps")[0], "locations").is_empty());
    assert!(
        (1..10).contains(&list(&issues, "gaps").len()),
        "{:#}",
        issues["gaps"]
    );

    // The border that was moved is in somebody's history.
    let rows = t.ok("GET", "/api/v1/customers?limit=500", &manager, None).await;
    let mut moved = 0;
    for row in list(&rows, "rows")
        .iter()
        .filter(|r| r["territory_name"] == "North-East")
    {
        let path = format!(
            "/api/v1/locations/{}/ownership",
            row["location_id"].as_str().unwrap()
        );
        let ownership = t.ok("GET", &path, &manager, None).await;
        moved += usize::from(list(&ownership, "history").len() >= 2);
    }
    assert!(moved >= 5, "{moved} places changed hands");

    // The rep who signs in has more to do than a day holds, and a plan is made.
    let day = t.ok("GET", &format!("/api/v1/days/{TODAY}"), &rep, None).await;
    assert_eq!(day["message"], Value::Null);
    assert_eq!(day["due"]["appointments"], 2, "{:#}", day["due"]);
    assert!(day["due"]["overdue"].as_u64().unwrap() >= 12, "{:#}", day["due"]);
    let plan = t
        .ok("POST", &format!("/api/v1/days/{TODAY}/plan"), &rep, None)
        .await;
    println!(
        "{}",
        crate::plan_text(&t.app, day["user"]["id"].as_str().unwrap(), TODAY)
            .await
            .unwrap()
    );
    println!("planned in {} ms", plan["computing_ms"]);
    assert!(list(&plan, "stops").len() >= 8);
    assert!(!list(&plan, "left_out").is_empty());
    let promised = list(&plan, "stops")
        .iter()
        .filter(|s| !s["promised_at"].is_null());
    assert!(promised.clone().count() == 2 && promised.clone().all(|s| s["late_s"] == 0));

    // Nothing was written later than yesterday evening, and the audit log is whole.
    let last = t.app.store.changes(0, 1).await.unwrap()[0].at;
    assert_eq!(zone.date(last), "2024-11-23".parse().unwrap());
    let head = t.app.store.last_seq().await.unwrap();
    let newest = t.app.store.changes(head - 500, 10_000).await.unwrap();
    let seeded = newest
        .iter()
        .filter(|c| c.cause == "demo")
        .map(|c| c.at)
        .max()
        .unwrap();
    assert!(seeded < Timestamp(t.at(&format!("{TODAY} 00:00"))), "{seeded:?}");
    let report = t.app.store.verify().await.unwrap();
    assert_eq!(report.broken, None);
}
