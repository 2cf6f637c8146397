//! Scenarios from the inside: over the router, with a clock that stands still.

mod balances;
mod facts;
mod heirs;
mod life;
mod merging;
mod reps;
mod staff;
mod steps;

use serde_json::{Value, json};

use crate::test_world::{World, square};
use crate::testing::Patience;

/// Two territories side by side, West with three customers and East with two; one more on no map.
struct Firm {
    world: World,
    west: String,
    east: String,
    places: Vec<String>,
}

impl Firm {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.person("mia", "manager").await;
        world.person("ben", "rep").await;
        world.person("ann", "rep").await;
        world.person("ola", "analyst").await;
        let mut places = Vec::new();
        for (name, lng) in [
            ("W1", 13.21),
            ("W2", 13.23),
            ("W3", 13.245),
            ("E1", 13.26),
            ("E2", 13.28),
        ] {
            let more = json!({ "annual_revenue": 100_000 });
            places.push(world.customer(name, Some((lng, 53.55)), more).await.1);
        }
        places.push(world.customer("Nowhere", None, json!({})).await.1);
        let draw = async |name: &str, west: f64, east: f64, owner: &str| {
            let body = json!({ "name": name, "geometry": square(west, 53.5, east, 53.6), "owner_id": owner });
            let drawn = world.post("mia", "/api/v1/territories/draw", body).await;
            drawn["territory"]["id"].as_str().unwrap().to_owned()
        };
        let west = draw("West", 13.2, 13.25, "ben").await;
        let east = draw("East", 13.25, 13.3, "ann").await;
        Self {
            world,
            west,
            east,
            places,
        }
    }

    async fn scenario(&self, who: &str) -> String {
        let made = self.world.post(who, "/api/v1/scenarios", json!({})).await;
        made["id"].as_str().unwrap().to_owned()
    }

    async fn operate(&self, scenario: &str, change: Value) -> Value {
        self.world
            .post("mia", &format!("/api/v1/scenarios/{scenario}/operations"), change)
            .await
    }

    /// The strip with W3 goes to East.
    fn strip(&self) -> Value {
        json!({ "kind": "move", "to": self.east, "geometry": square(13.24, 53.5, 13.25, 53.6) })
    }

    async fn publish(&self, who: &str, scenario: &str) -> Value {
        self.world
            .post(who, &format!("/api/v1/scenarios/{scenario}/publish"), json!({}))
            .await
    }

    async fn hash(&self) -> String {
        let state = self.world.get("mia", "/api/v1/territories/hash").await;
        state["hash"].as_str().unwrap().to_owned()
    }

    async fn owner(&self, place: usize) -> Value {
        let path = format!("/api/v1/locations/{}/ownership", self.places[place]);
        self.world.get("mia", &path).await["territory_name"].clone()
    }

    async fn refused(&self, who: &str, method: &str, path: &str, body: Value) -> (u16, String, Value) {
        let (status, answer) = self.world.ask(who, method, path, body).await;
        assert!(!status.is_success(), "{method} {path}: {answer:#}");
        let code = answer["code"].as_str().unwrap_or_default().to_owned();
        (status.as_u16(), code, answer)
    }

    /// The same with so many customers more, spread evenly over both territories.
    async fn with_many(count: usize) -> Self {
        let firm = Self::new().await;
        for i in 0..count {
            let (row, column) = ((i / 12) as f64, (i % 12) as f64);
            let place = (13.203 + column * 0.008, 53.51 + row * 0.007);
            firm.world
                .customer(&format!("C{i}"), Some(place), json!({}))
                .await;
        }
        firm
    }

    /// Balances, with a worker that does it; gives what came of it.
    async fn balance(&self, scenario: &str, question: Value) -> Value {
        let path = format!("/api/v1/scenarios/{scenario}/balances");
        let begun = self.world.post("mia", &path, question).await;
        let one = format!("{path}/{}", begun["id"].as_str().unwrap());
        let worker = tokio::spawn(crate::jobs::work(self.world.app.clone()));
        let patience = Patience::for_what("the search for a balance");
        loop {
            let now = self.world.get("mia", &one).await;
            if now["state"] != "running" {
                worker.abort();
                return now;
            }
            patience.wait(Some(&worker)).await;
        }
    }
}
