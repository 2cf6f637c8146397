//! Cycles from the outside of the crate's routes: on the demo map, with real addresses.

mod asked;
mod weeks;

use serde_json::Value;

use crate::plans::tests::{World, list, mixed, number, text};
use crate::testing::Patience;

/// A world whose jobs are worked off.
async fn world(customers: usize) -> World {
    let world = World::new(&mixed(customers)).await;
    tokio::spawn(crate::jobs::work(world.t.app.clone()));
    world
}

impl World {
    async fn manager(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.t.ok(method, path, &self.manager_token, body).await
    }

    async fn cycle(&self, body: Value) -> Value {
        let cycle = self.manager("POST", "/api/v1/cycles", Some(body)).await;
        self.planned(text(&cycle, "id")).await
    }

    /// The cycle once it is planned.
    async fn planned(&self, id: &str) -> Value {
        let patience = Patience::for_what("planning a cycle");
        loop {
            let cycle = self.manager("GET", &format!("/api/v1/cycles/{id}"), None).await;
            if text(&cycle, "state") != "planning" {
                return cycle;
            }
            patience.wait(None).await;
        }
    }

    async fn job(&self, job: &Value) -> Value {
        let patience = Patience::for_what("a job of a cycle");
        loop {
            let job = self
                .manager("GET", &format!("/api/v1/jobs/{}", text(job, "id")), None)
                .await;
            if !["queued", "running"].contains(&text(&job, "state")) {
                return job;
            }
            patience.wait(None).await;
        }
    }
}

/// Every visit of a cycle: place, day, start, end.
fn visits(cycle: &Value) -> Vec<(String, String, i64, i64)> {
    let mut all = Vec::new();
    for row in list(cycle, "rows") {
        for cell in list(row, "cells") {
            for stop in list(cell, "stops") {
                all.push((
                    text(stop, "location_id").to_owned(),
                    text(cell, "day").to_owned(),
                    number(stop, "start"),
                    number(stop, "depart"),
                ));
            }
        }
    }
    all
}
