//! How long does it take to look at, publish and revert a scenario that moves every one of many customers, and what do
//! two such scenarios add to the database? `BAILIWICK_PLACES` customers, 100,000 unless said, over the routes.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use crm::{App, Settings, Zone};
use http_body_util::BodyExt as _;
use records::{Author, Op, Store, SystemClock, fields, new_id};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let places = std::env::var("BAILIWICK_PLACES")
        .ok()
        .and_then(|n| n.parse().ok());
    // `cargo test --benches` only asks whether it runs.
    let places = if std::env::args().any(|a| a == "--test") {
        Some(500)
    } else {
        places
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(realign(places.unwrap_or(100_000)));
}

/// The routes, asked in a manager's name.
struct Asked {
    router: Router,
    token: String,
}

impl Asked {
    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(if body.is_null() {
                Body::empty()
            } else {
                Body::from(body.to_string())
            })
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = response
            .into_body()
            .collect()
            .await
            .expect("a whole answer")
            .to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }
}

fn square(west: f64, east: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, 50.0], [east, 50.0], [east, 54.0], [west, 54.0], [west, 50.0]]] })
}

async fn realign(places: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("many.sqlite");
    let catalog = crm::catalog().expect("the declarations are sound");
    let url = file.to_string_lossy().into_owned();
    let store = Store::open(&url, catalog, Arc::new(SystemClock), crm::rules())
        .await
        .expect("a database");
    fill(&store, places).await;
    let settings = Settings {
        zone: Zone::named("Europe/Berlin").expect("a known zone"),
        currency: "EUR".into(),
        organisation: String::new(),
        public_url: None,
        open_services: false,
        channels: crm::Channels::default(),
        demo_password: None,
    };
    let token = crm::create_token(store.db(), "mia", "bench", true, 1, store.now())
        .await
        .expect("a token");
    let app = App::start(store.clone(), settings, None)
        .await
        .expect("the application");
    let tasks = app.spawn_background(false);
    let asked = Asked {
        router: crm::router(app.clone()),
        token,
    };

    // Everybody in one of twenty strips; the scenario moves each strip's customers to the next.
    let mut ids = Vec::new();
    for i in 0..20 {
        let west = 8.0 + f64::from(i) * 0.2;
        let body =
            json!({ "name": format!("Strip {i}"), "geometry": square(west, west + 0.2), "owner_id": "mia" });
        let drawn = asked.ask("POST", "/api/v1/territories/draw", body).await;
        ids.push(drawn["territory"]["id"].as_str().expect("an id").to_owned());
    }
    let before = asked.ask("GET", "/api/v1/territories/hash", Value::Null).await;
    assert_eq!(before["assignments"], places);
    checkpoint(&store).await;
    let bytes = std::fs::metadata(&file).expect("the file").len();
    let mut scenarios = Vec::new();
    for _ in 0..2 {
        let made = asked.ask("POST", "/api/v1/scenarios", json!({})).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        for i in 0..20_i32 {
            let west = 8.0 + f64::from(i) * 0.2;
            let change = json!({ "kind": "move", "to": ids[(i as usize + 1) % 20], "geometry": square(west, west + 0.2) });
            asked
                .ask("POST", &format!("/api/v1/scenarios/{id}/operations"), change)
                .await;
        }
        scenarios.push(id);
    }
    checkpoint(&store).await;
    let more = std::fs::metadata(&file).expect("the file").len() - bytes;
    let share = more as f64 / bytes as f64;
    println!(
        "two scenarios of 20 steps over {places} customers: {more} bytes more on {bytes}, {:.2} %",
        share * 100.0
    );
    assert!(places < 10_000 || share < 0.05, "{share}");

    let id = &scenarios[0];
    let half = json!({ "kind": "move", "to": ids[0], "geometry": square(8.0, 8.5) });
    let card = asked
        .ask("POST", &format!("/api/v1/scenarios/{id}/preview"), half)
        .await;
    println!(
        "a card over {} of them: {} ms",
        card["moved_count"], card["took_ms"]
    );
    let totals = asked
        .ask("GET", &format!("/api/v1/scenarios/{id}/totals"), Value::Null)
        .await;
    println!("totals of all: {} ms", totals["took_ms"]);
    // The first strip's customers are given to the second, those to the third …: the last step's givers hold all.
    let moved = totals["summary"]["after"]["places_moved"]
        .as_u64()
        .expect("a count");
    let (began, worked) = (Instant::now(), cpu_seconds());
    let published = asked
        .ask("POST", &format!("/api/v1/scenarios/{id}/publish"), json!({}))
        .await;
    println!(
        "{moved} published in {:.1} s, {:.1} CPU s",
        began.elapsed().as_secs_f64(),
        cpu_seconds() - worked
    );
    assert_eq!(published["moved"], moved);
    assert!(moved as f64 >= places as f64 * 0.9, "{moved} of {places} move");
    let after = asked.ask("GET", "/api/v1/territories/hash", Value::Null).await;
    assert_ne!(after["hash"], before["hash"]);
    let (began, worked) = (Instant::now(), cpu_seconds());
    asked
        .ask("POST", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    println!(
        "taken back in {:.1} s, {:.1} CPU s",
        began.elapsed().as_secs_f64(),
        cpu_seconds() - worked
    );
    let again = asked.ask("GET", "/api/v1/territories/hash", Value::Null).await;
    assert_eq!(again["hash"], before["hash"]);
    tasks.iter().for_each(|t| t.abort());
}

/// CPU time of the process, of all its threads; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    // The fields that say so are counted in hundredths of a second.
    let ticks = |n: usize| after.split(' ').nth(n).and_then(|t| t.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

async fn checkpoint(store: &Store) {
    if let records::Db::Sqlite { write, .. } = store.db() {
        sqlx::query("pragma wal_checkpoint(truncate)")
            .execute(write)
            .await
            .expect("a checkpoint");
    }
}

/// A manager, and customers on a grid over the strips.
async fn fill(store: &Store, places: usize) {
    let author = Author::system("bench", "Customers");
    let user = fields([
        ("name", "Mia".into()),
        ("email", "mia@example.org".into()),
        ("role", "manager".into()),
        ("active", true.into()),
    ]);
    let op = Op::Create {
        type_name: "user".into(),
        id: Some("mia".into()),
        fields: user,
    };
    store.write(&author, vec![op]).await.expect("a user");
    let set = store.change_set(&author).await.expect("a change set");
    let numbers: Vec<usize> = (0..places).collect();
    for chunk in numbers.chunks(1_000) {
        let (mut accounts, mut locations) = (Vec::new(), Vec::new());
        for i in chunk {
            let (account, location) = (new_id(), new_id());
            let (column, row) = (i % 400, i / 400);
            let values = fields([("name", format!("Firm {i}").into()), ("type", "customer".into())]);
            accounts.push(Op::Create {
                type_name: "account".into(),
                id: Some(account.clone()),
                fields: values,
            });
            let values = fields([
                ("account_id", account.into()),
                ("street", "Ring".into()),
                ("lng", (8.005 + column as f64 * 0.01).into()),
                ("lat", (50.01 + row as f64 * 0.01).into()),
            ]);
            locations.push(Op::Create {
                type_name: "location".into(),
                id: Some(location),
                fields: values,
            });
        }
        set.write(accounts).await.expect("accounts");
        set.write(locations).await.expect("places");
    }
    set.close().await.expect("the set closes");
}
