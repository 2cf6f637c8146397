//! Getting in: sign-in, sessions, tokens, foreign pages; and requests that are too large.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Client, PASSWORD, World, email, list, run, scenario, text};

scenario!(
    signing_in_and_out,
    a_token_does_what_its_scope_says,
    another_sites_page_cannot_write,
    a_body_of_a_hundred_megabytes_is_refused,
    health_and_metrics,
);

async fn signing_in_and_out(world: World) {
    let client = Client::new(&world.server.address);
    client.get("/api/v1/session").await.refused(401, "not-signed-in");
    for address in [
        "/api/v1/accounts",
        "/api/v1/customers",
        "/api/v1/search?q=x",
        "/tiles/customers/0/0/0.mvt",
        "/geocode?q=x",
        "/api/v1/events",
    ] {
        client.get(address).await.refused(401, "not-signed-in");
    }
    let sign_in = async |email: &str, password: &str| {
        client
            .post("/api/v1/session", json!({"email": email, "password": password}))
            .await
    };
    // An unknown address and a wrong password are told the same.
    let wrong = sign_in(&email("manager"), "not the password")
        .await
        .refused(401, "wrong-sign-in");
    let unknown = sign_in(&email("nobody"), PASSWORD)
        .await
        .refused(401, "wrong-sign-in");
    assert_eq!(wrong, unknown);

    let answer = sign_in("  MANAGER@outside.example ", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = answer.ok();
    assert_eq!(session["user"]["role"], "manager");
    assert_eq!(session["landing"], "/map");
    assert_eq!(
        session["demo"], false,
        "the demo's password exists in the demo only"
    );
    assert_eq!(session["rights"]["account"]["read"], "all");
    assert_eq!(list(&session["map"]["bounds"]).len(), 4);
    assert_eq!(
        client.get("/api/v1/session/demo").await.ok()["password"],
        json!(null)
    );
    client.get("/api/v1/session").await.ok();

    assert_eq!(client.delete("/api/v1/session").await.status, 204);
    client.get("/api/v1/session").await.refused(401, "not-signed-in");
    // The cookie itself is worth nothing any more.
    let (value, _) = cookie.split_once(';').expect("a cookie with attributes");
    let replayed = Client::new(&world.server.address);
    replayed
        .send(
            replayed
                .request(Method::GET, "/api/v1/session")
                .header("cookie", value),
        )
        .await
        .refused(401, "not-signed-in");

    // A new password ends the sessions that the old one began.
    let admin = world.sign_in("admin").await;
    let rep = world.sign_in("rep").await;
    admin
        .post(
            &format!("/api/v1/users/{}/password", rep.user()),
            json!({"password": "a new password"}),
        )
        .await
        .ok();
    rep.get("/api/v1/session").await.refused(401, "not-signed-in");
    client
        .post(
            "/api/v1/session",
            json!({"email": email("rep"), "password": "a new password"}),
        )
        .await
        .ok();
}

async fn a_token_does_what_its_scope_says(world: World) {
    let manager = world.sign_in("manager").await;
    let token = |made: &serde_json::Value| text(&made["token"]);
    let reads = token(
        &manager
            .post("/api/v1/tokens", json!({"name": "reads"}))
            .await
            .ok(),
    );
    let writes = token(
        &manager
            .post(
                "/api/v1/tokens",
                json!({"name": "writes", "write": true, "days": 1}),
            )
            .await
            .ok(),
    );
    let (reads, writes) = (
        Client::with_token(&world.server.address, &reads),
        Client::with_token(&world.server.address, &writes),
    );

    let body = json!({"fields": {"name": "By token", "type": "customer"}});
    reads
        .post("/api/v1/accounts", body.clone())
        .await
        .refused(403, "forbidden");
    reads
        .post("/api/v1/tokens", json!({"name": "more", "write": true}))
        .await
        .refused(403, "forbidden");
    assert_eq!(reads.count("accounts", "").await, 0);
    let made = writes.post("/api/v1/accounts", body).await.ok();
    assert_eq!(made["record"]["changed_by"], manager.user().as_str());
    assert_eq!(reads.count("accounts", "").await, 1);

    // The list tells names, never secrets; a deleted token is worth nothing.
    let listed = manager.get("/api/v1/tokens").await;
    assert!(!listed.text().contains("bw_"), "{}", listed.text());
    let listed = listed.ok();
    let of_reads = list(&listed["tokens"])
        .iter()
        .find(|t| t["name"] == "reads")
        .expect("it is listed");
    manager
        .delete(&format!("/api/v1/tokens/{}", text(&of_reads["id"])))
        .await
        .ok();
    reads.get("/api/v1/accounts").await.refused(401, "not-signed-in");
    writes.get("/api/v1/accounts").await.ok();

    manager
        .post("/api/v1/tokens", json!({"name": "forever", "days": 100_000}))
        .await
        .refused(400, "out-of-range");
    Client::with_token(&world.server.address, "bw_made_up")
        .get("/api/v1/accounts")
        .await
        .refused(401, "not-signed-in");

    // The command line's token, printed once, works like any other.
    let printed = run(
        &["user", "token", "--database", &world.database, &email("analyst")],
        "",
    )
    .ok()
    .trim()
    .to_owned();
    let analyst = Client::with_token(&world.server.address, &printed);
    assert_eq!(
        analyst.get("/api/v1/session").await.ok()["user"]["role"],
        "analyst"
    );
    let refused = run(
        &[
            "user",
            "token",
            "--database",
            &world.database,
            "nobody@outside.example",
        ],
        "",
    );
    assert!(refused.refused().contains("nobody@outside.example"));
}

async fn another_sites_page_cannot_write(world: World) {
    let manager = world.sign_in("manager").await;
    let body = json!({"fields": {"name": "Forged", "type": "customer"}});
    let post = |origin: &str| {
        manager
            .request(Method::POST, "/api/v1/accounts")
            .header("origin", origin)
            .json(&body)
    };
    for origin in ["http://evil.example", "null", "https://127.0.0.1.evil.example"] {
        manager.send(post(origin)).await.refused(403, "forbidden");
    }
    let sign_in = manager
        .request(Method::POST, "/api/v1/session")
        .header("origin", "http://evil.example");
    manager
        .send(sign_in.json(&json!({"email": email("rep"), "password": PASSWORD})))
        .await
        .refused(403, "forbidden");
    let sign_out = manager
        .request(Method::DELETE, "/api/v1/session")
        .header("origin", "http://evil.example");
    manager.send(sign_out).await.refused(403, "forbidden");
    assert_eq!(manager.count("accounts", "").await, 0);
    manager.send(post(&world.server.address)).await.ok();
    assert_eq!(manager.count("accounts", "").await, 1);

    // Answers are not to be sniffed, framed by others, or kept by caches on the way.
    let answer = manager.get("/api/v1/accounts").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("x-request-id").is_empty());
}

async fn a_body_of_a_hundred_megabytes_is_refused(world: World) {
    let manager = world.sign_in("manager").await;
    let mut body = vec![b'a'; 100 * 1024 * 1024];
    body[..21].copy_from_slice(b"{\"fields\": {\"name\": \"");
    for (method, address) in [
        (Method::POST, "/api/v1/accounts"),
        (Method::POST, "/api/v1/session"),
        (Method::PUT, "/api/v1/imports/x/mapping"),
    ] {
        let request = manager
            .request(method, address)
            .header("content-type", "application/json")
            .body(body.clone());
        // The server may answer and hang up before it was told everything: then the connection breaks.
        if let Some(answer) = manager.try_send(request).await {
            answer.refused(413, "too-large");
        }
    }
    // It is alive, and holds nothing of it.
    assert_eq!(manager.count("accounts", "").await, 0);
    let long = json!({"fields": {"name": "a".repeat(1_000_000), "type": "customer"}});
    manager
        .post("/api/v1/accounts", long)
        .await
        .refused(400, "invalid");
}

async fn health_and_metrics(world: World) {
    let client = Client::new(&world.server.address);
    assert_eq!(client.get("/healthz").await.text(), "ok\n");
    client.get("/api/v1/session").await;
    let metrics = client.get("/metrics").await.text();
    assert!(metrics.contains("bailiwick_request_seconds"), "{metrics}");
}
