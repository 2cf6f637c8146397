//! The API describes itself, truly: every address in the description answers, and nothing points outside.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{World, scenario};

scenario!(every_described_address_answers);

async fn every_described_address_answers(world: World) {
    let admin = world.sign_in("admin").await;
    let answer = admin.get("/api/v1/openapi.json").await;
    assert!(answer.header("content-type").starts_with("application/json"));
    let description = answer.ok();
    assert!(
        description["openapi"]
            .as_str()
            .is_some_and(|v| v.starts_with("3.1")),
        "{}",
        description["openapi"]
    );
    let text = answer.text();
    for (position, _) in text.match_indices("\"$ref\":\"") {
        let reference = &text[position + 8..];
        let reference = &reference[..reference.find('"').expect("a closed text")];
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} points outside"));
        assert!(
            description.pointer(pointer).is_some(),
            "{reference} points to nothing"
        );
    }
    let paths = description["paths"].as_object().expect("paths");
    assert!(paths.len() > 40, "{}", paths.len());
    let mut wrong = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            assert!(
                operation["summary"].is_string(),
                "{method} {path} says in a line what it does"
            );
            assert!(
                operation["responses"].as_object().is_some_and(|r| !r.is_empty()),
                "{method} {path}"
            );
            if path == "/api/v1/events" {
                continue; // a stream without an end; it has a scenario of its own
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let address = example(path);
            let mut request = admin.request(method.clone(), &address);
            if matches!(method, Method::POST | Method::PUT | Method::PATCH) {
                request = request.json(&Value::Object(serde_json::Map::new()));
            }
            // Sign-out and the like would end the session that the rest needs.
            if path == "/api/v1/session" && method == Method::DELETE {
                continue;
            }
            let answer = admin.send(request).await;
            let status = answer.status.as_u16();
            // An id that is none may be unknown, an empty body may be wrong; the address itself is there.
            // Pages for people who follow a link or fill a form in, also where there is none.
            let is_page = ["/r/{link}", "/r/{link}/stop", "/forms/{key}"].contains(&path.as_str())
                && answer.header("content-type").starts_with("text/html");
            let no_route = status == 404 && !is_page && answer.json()["code"] == "no-such-address";
            // Services in other programs' forms refuse in these programs' words.
            let is_problem = if operation["tags"][0] == "map services" {
                let body = if status >= 400 { answer.json() } else { Value::Null };
                ["message", "error"].iter().any(|name| body[*name].is_string())
                    || body["error"]["message"].is_string()
            } else {
                is_page || answer.header("content-type") == "application/problem+json"
            };
            if no_route || status == 405 || status >= 500 || (status >= 400 && !is_problem) {
                wrong.push(format!("{method} {address}: {status} {}", answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    admin.post("/api/v1/verify", json!({})).await.ok();
}

/// An address of a path, with an example for every part in braces.
fn example(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{plural}" => "accounts",
        "{z}" | "{x}" => "0",
        "{y}" => "0.mvt",
        "{date}" => "2026-03-02",
        "{role}" => "rep",
        part if part.starts_with('{') => "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
