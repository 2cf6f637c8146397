//! My day from the outside of the crate's routes: on the demo map, with real addresses.

use serde_json::{Value, json};

use crate::testing::{TestApp, data};

/// A test of a world with so many mixed customers, on both databases.
macro_rules! on_both {
    ($name:ident, $customers:expr, $test:ident) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                $test(World::new(&mixed($customers)).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                if let Some(world) = World::on_postgres(&mixed($customers)).await {
                    $test(world).await;
                }
            }
        }
    };
}

mod accepted;
mod day;
mod driven;
mod from_now;
mod proposed;
mod refusals;

/// Monday, 23 November 2026.
pub(crate) const MONDAY: &str = "2026-11-23";

/// A rep with a home, working hours, and customers at real places of the demo map.
pub(crate) struct World {
    pub t: TestApp,
    pub rep: String,
    pub rep_token: String,
    pub manager_token: String,
    calendar: String,
    /// Account and place of each customer, in order.
    pub customers: Vec<(String, String)>,
}

/// A customer of the world.
#[derive(Clone)]
pub(crate) struct Customer {
    class: &'static str,
    /// Days since the last visit; `None` for never.
    visited: Option<i64>,
    hours: Option<&'static str>,
    minutes: i64,
}

/// Real points of customers of the demo, spread over the map.
fn points(count: usize) -> Vec<(f64, f64)> {
    let text = std::fs::read_to_string(data().join("customers.truth.csv")).unwrap();
    let all: Vec<(f64, f64)> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut parts = line.split(',').skip(1).map(str::parse);
            Some((parts.next()?.ok()?, parts.next()?.ok()?))
        })
        .collect();
    let step = all.len() / count;
    all.into_iter().step_by(step.max(1)).take(count).collect()
}

/// `count` customers of all classes, some overdue, some due, some not.
pub(crate) fn mixed(count: usize) -> Vec<Customer> {
    let hours = [
        Some("Mo-Fr 09:00-18:00; Sa 09:00-13:00"),
        Some("Mo-Fr 08:00-12:00,14:00-18:00"),
        None,
        Some("Mo-Fr 07:30-15:30"),
    ];
    (0..count)
        .map(|i| Customer {
            class: ["A", "B", "C"][i % 3],
            // A due after 14 days, B after 28, C after 56: most are over, some are near.
            visited: Some([16, 31, 60, 13, 40, 55][i % 6] + (i as i64 / 6)),
            hours: hours[i % 4],
            minutes: 30,
        })
        .collect()
}

impl World {
    pub async fn new(customers: &[Customer]) -> Self {
        Self::in_app(TestApp::new(&format!("{MONDAY} 06:30")).await, customers).await
    }

    /// `None`, with the reason printed, where there is no PostgreSQL.
    async fn on_postgres(customers: &[Customer]) -> Option<Self> {
        let t = TestApp::on_postgres(&format!("{MONDAY} 06:30")).await?;
        Some(Self::in_app(t, customers).await)
    }

    async fn in_app(t: TestApp, customers: &[Customer]) -> Self {
        let (rep, rep_token) = t.user("rep", "Anna").await;
        let (_, manager_token) = t.user("manager", "Mona").await;
        for (class, days) in [("A", 14), ("B", 28), ("C", 56)] {
            t.create(
                "visit_frequency",
                json!({"class": class, "days": days, "duration_minutes": 30}),
            )
            .await;
        }
        let calendar = t
            .create(
                "rep_calendar",
                json!({
                    "user_id": rep, "home_label": "Home", "lng": 13.2606, "lat": 53.5561,
                    "lunch_minutes": 30, "lunch_from": "11:30", "lunch_to": "13:30",
                    "shifts": {"mo": ["08:00", "16:30"], "tu": ["08:00", "16:30"], "we": ["08:00", "16:30"],
                               "th": ["08:00", "16:30"], "fr": ["08:00", "15:00"]},
                }),
            )
            .await;
        let mut world = Self {
            t,
            rep,
            rep_token,
            manager_token,
            calendar,
            customers: Vec::new(),
        };
        let now = world.t.at(&format!("{MONDAY} 10:00"));
        for (number, (customer, (lng, lat))) in customers.iter().zip(points(customers.len())).enumerate() {
            let place = json!({"lng": lng, "lat": lat});
            world
                .customer(&format!("Customer {number}"), customer, place, now)
                .await;
        }
        world
    }

    async fn customer(
        &mut self,
        name: &str,
        customer: &Customer,
        place: Value,
        now: i64,
    ) -> (String, String) {
        let account = self
            .t
            .create(
                "account",
                json!({"name": name, "type": "customer", "class": customer.class, "owner_id": self.rep}),
            )
            .await;
        let mut fields = json!({
            "account_id": account, "street": "Street", "city": "Neubrandenburg", "active": true,
            "opening_hours": customer.hours, "visit_minutes": customer.minutes,
        });
        fields
            .as_object_mut()
            .unwrap()
            .extend(crate::testing::object(place));
        let location = self.t.create("location", fields).await;
        if let Some(days) = customer.visited {
            let at = now - days * 86_400_000;
            let visit = json!({
                "account_id": account, "location_id": location, "owner_id": self.rep, "status": "done",
                "check_in_at": at, "check_out_at": at + 1_800_000, "outcome": "talk", "note": format!("note {name}"),
            });
            self.t.create("visit", visit).await;
        }
        self.customers.push((account.clone(), location.clone()));
        (account, location)
    }

    /// An appointment on Monday.
    async fn promise(&self, customer: usize, time: &str) -> String {
        let (account, location) = &self.customers[customer];
        let at = self.t.at(&format!("{MONDAY} {time}"));
        let visit = json!({
            "account_id": account, "location_id": location, "owner_id": self.rep, "status": "planned", "cause": "appointment",
            "planned_start": at, "planned_end": at + 1_800_000, "promised_at": at, "duration_minutes": 30,
        });
        self.t.create("visit", visit).await
    }

    async fn plan(&self) -> Value {
        self.t
            .ok(
                "POST",
                &format!("/api/v1/days/{MONDAY}/plan"),
                &self.rep_token,
                Some(json!({})),
            )
            .await
    }

    async fn accept(&self, plan: &Value) -> Value {
        self.t
            .ok(
                "POST",
                &format!("/api/v1/plans/{}/accept", text(plan, "id")),
                &self.rep_token,
                None,
            )
            .await
    }

    async fn replan(&self, plan: &Value, wish: Value) -> Value {
        self.t
            .ok(
                "POST",
                &format!("/api/v1/plans/{}/replan", text(plan, "id")),
                &self.rep_token,
                Some(wish),
            )
            .await
    }

    async fn day(&self) -> Value {
        self.t
            .ok("GET", &format!("/api/v1/days/{MONDAY}"), &self.rep_token, None)
            .await
    }

    pub async fn visit(&self, id: &str) -> Value {
        self.t
            .ok("GET", &format!("/api/v1/visits/{id}"), &self.manager_token, None)
            .await["fields"]
            .clone()
    }
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value:#}"))
}

pub(crate) fn number(value: &Value, name: &str) -> i64 {
    value[name]
        .as_i64()
        .unwrap_or_else(|| panic!("{name} in {value:#}"))
}

pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} in {value:#}"))
}

fn ids(plan: &Value) -> Vec<String> {
    list(plan, "stops")
        .iter()
        .map(|s| text(s, "visit_id").to_owned())
        .collect()
}

fn codes(item: &Value) -> Vec<String> {
    list(item, "reasons")
        .iter()
        .map(|r| text(r, "code").to_owned())
        .collect()
}

/// Checks a plan against the rules by itself: times follow from each other, windows hold, legs meet.
fn check(plan: &Value) {
    let stops = list(plan, "stops");
    let lunch = &plan["lunch"];
    let mut at = number(&plan["start"], "at");
    let mut meters = 0;
    let mut drive = 0;
    let mut end_of_leg: Option<Vec<f64>> = None;
    for (index, stop) in stops.iter().enumerate() {
        assert_eq!(number(stop, "seq"), index as i64 + 1);
        let mut lunch_ms = 0;
        let mut wait_lunch = 0;
        // A pause at home comes before the day's first drive, which is when the day begins.
        let still_ahead = !lunch.is_null() && number(lunch, "end") > at;
        if still_ahead && number(lunch, "after_seq") == index as i64 {
            lunch_ms = number(lunch, "end") - number(lunch, "start");
            wait_lunch = number(stop, "start")
                - at
                - number(&stop["leg"], "seconds") * 1000
                - lunch_ms
                - number(stop, "wait_s") * 1000;
            assert!(wait_lunch >= 0, "lunch does not fit before {stop:#}");
        }
        let drive_ms = number(&stop["leg"], "seconds") * 1000;
        let expected = at + drive_ms + lunch_ms + wait_lunch + number(stop, "wait_s") * 1000;
        assert_eq!(number(stop, "start"), expected, "{stop:#}");
        assert!(number(stop, "arrive") >= at + drive_ms, "{stop:#}");
        assert_eq!(
            number(stop, "depart"),
            number(stop, "start") + number(stop, "service_s") * 1000
        );
        let open = list(stop, "hours_today");
        if !open.is_empty() && number(stop, "late_s") == 0 {
            let inside = |span: &Value| {
                span[0].as_i64() <= stop["start"].as_i64() && stop["depart"].as_i64() <= span[1].as_i64()
            };
            assert!(open.iter().any(inside), "outside its opening hours: {stop:#}");
        }
        at = number(stop, "depart");
        meters += number(&stop["leg"], "meters");
        drive += number(&stop["leg"], "seconds");
        let line = stop["leg"]["geometry"]["coordinates"].as_array().unwrap();
        let point = |p: &Value| vec![p[0].as_f64().unwrap(), p[1].as_f64().unwrap()];
        if let Some(before) = &end_of_leg {
            assert_eq!(before, &point(&line[0]), "legs do not meet at stop {}", index);
        }
        end_of_leg = Some(point(&line[line.len() - 1]));
    }
    if !stops.is_empty() {
        meters += number(&plan["home_leg"], "meters");
        drive += number(&plan["home_leg"], "seconds");
        assert!(number(&plan["end"], "at") >= at + number(&plan["home_leg"], "seconds") * 1000);
    }
    assert_eq!(number(&plan["totals"], "meters"), meters);
    assert_eq!(number(&plan["totals"], "drive_s"), drive);
}
