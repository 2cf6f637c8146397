//! Random histories: everything that can happen to what customers' rows are made of.

use geom::Timestamp;
use records::{Author, Op, Record, Viewer};
use serde_json::{Map, Value, json};

use crate::test_world::{DAY, World};

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % limit
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() {
            None
        } else {
            Some(of[self.below(of.len())].clone())
        }
    }
}

/// Writes at random and remembers when.
pub struct History {
    pub world: World,
    random: Random,
    pub moments: Vec<i64>,
}

impl History {
    /// Two stages, two territories, and nothing else.
    pub async fn begin(world: World, seed: u64) -> Self {
        let stage =
            |name: &str, position: i64| create("stage", json!({ "name": name, "position": position }));
        let territory = |id: &str| Op::Create {
            type_name: "territory".into(),
            id: Some(id.into()),
            fields: object(json!({ "name": id })),
        };
        let mut ops = stage("First", 1);
        ops.extend(stage("Second", 2));
        ops.extend([territory("north"), territory("south")]);
        world.write(ops).await;
        for field in [
            json!({ "to_type": "account", "label_en": "Floor area", "kind": "number" }),
            json!({ "to_type": "account", "label_en": "Chain", "kind": "choice", "choices": ["one", "two"] }),
            json!({ "to_type": "account", "label_en": "Open", "kind": "boolean" }),
            json!({ "to_type": "account", "label_en": "Built", "kind": "date" }),
        ] {
            world
                .post("ada", "/api/v1/custom-fields", json!({ "fields": field }))
                .await;
        }
        let moments = vec![world.store().now().0];
        Self {
            world,
            random: Random(seed),
            moments,
        }
    }

    async fn all(&self, type_name: &str) -> Vec<Record> {
        let query = records::Query::of(type_name).limit(1_000);
        self.world
            .store()
            .list(&Viewer::system(), &query)
            .await
            .unwrap()
            .records
    }

    async fn one(&mut self, type_name: &str) -> Option<Record> {
        let all = self.all(type_name).await;
        self.random.one(&all)
    }

    /// An operation that makes sense now; none where there is nothing to do it to.
    async fn step(&mut self) -> Vec<Op> {
        let now = self.world.store().now().0;
        let place = |random: &mut Random| {
            (
                13.2 + random.below(9) as f64 / 100.0,
                53.5 + random.below(9) as f64 / 100.0,
            )
        };
        let class = ["A", "B", "C"][self.random.below(3)];
        match self.random.below(18) {
            0..=2 => {
                let kind = ["customer", "customer", "prospect"][self.random.below(3)];
                let revenue = (self.random.below(3) > 0).then(|| self.random.below(9_000));
                let owner = self.random.one(&["rita", "rolf"]);
                create(
                    "account",
                    json!({ "name": format!("Firm {now}"), "type": kind, "class": class,
                    "annual_revenue": revenue, "owner_id": owner, "phone": "0395 12" }),
                )
            }
            3..=5 => {
                let Some(account) = self.one("account").await else {
                    return Vec::new();
                };
                let (lng, lat) = place(&mut self.random);
                let placed = self.random.below(5) > 0;
                create(
                    "location",
                    json!({ "account_id": account.id, "street": "Ringstraße", "house_number": "7",
                    "city": (["Burg", "Stargard"][self.random.below(2)]), "lng": placed.then_some(lng), "lat": placed.then_some(lat) }),
                )
            }
            6 => {
                let Some(account) = self.one("account").await else {
                    return Vec::new();
                };
                let change = match self.random.below(7) {
                    4 => {
                        json!({ "custom_floor_area": self.random.below(900) as f64 / 7.0, "custom_chain": "one" })
                    }
                    5 => json!({ "custom_floor_area": null, "custom_open": self.random.below(2) == 0 }),
                    6 => {
                        json!({ "custom_chain": "two", "custom_built": format!("20{}-05-01", 10 + self.random.below(9)) })
                    }
                    0 => json!({ "class": null, "annual_revenue": 77 }),
                    1 => json!({ "name": format!("Other {now}"), "phone": null }),
                    2 => json!({ "type": "prospect", "industry": "Bakery" }),
                    _ => json!({ "owner_id": null, "class": class }),
                };
                vec![Op::update("account", account.id, object(change))]
            }
            7 => {
                let Some(location) = self.one("location").await else {
                    return Vec::new();
                };
                let (lng, lat) = place(&mut self.random);
                let other = self.one("account").await.map(|a| a.id);
                let change = match (self.random.below(3), other) {
                    (0, Some(account)) => json!({ "account_id": account }),
                    (1, _) => json!({ "lng": lng, "lat": lat, "geocode_status": "pinned" }),
                    _ => json!({ "visit_minutes": 45, "postal_code": "17033" }),
                };
                vec![Op::update("location", location.id, object(change))]
            }
            8..=10 => {
                let Some(location) = self.one("location").await else {
                    return Vec::new();
                };
                let at = now + (self.random.below(200) as i64 - 190) * DAY;
                let next = (self.random.below(2) == 0)
                    .then(|| ["2026-03-20", "2026-02-01", "2027-01-01"][self.random.below(3)]);
                create(
                    "visit",
                    json!({ "account_id": location.text("account_id"), "location_id": location.id,
                    "status": "done", "check_in_at": at, "next_date": next }),
                )
            }
            11 => {
                let Some(location) = self.one("location").await else {
                    return Vec::new();
                };
                let at = now + (self.random.below(20) as i64 - 3) * DAY;
                create(
                    "visit",
                    json!({ "account_id": location.text("account_id"), "location_id": location.id,
                    "status": "planned", "planned_start": at, "promised_at": (self.random.below(3) > 0).then_some(now) }),
                )
            }
            12 => {
                let Some(visit) = self.one("visit").await else {
                    return Vec::new();
                };
                let change = match self.random.below(3) {
                    0 => json!({ "status": "cancelled" }),
                    1 => json!({ "status": "done", "check_in_at": now }),
                    _ => json!({ "next_date": "2026-04-04" }),
                };
                vec![Op::update("visit", visit.id, object(change))]
            }
            13 => {
                let (Some(location), Some(stage)) = (self.one("location").await, self.one("stage").await)
                else {
                    return Vec::new();
                };
                let at = (self.random.below(2) == 0).then(|| location.id.clone());
                create(
                    "opportunity",
                    json!({ "name": "Order", "account_id": location.text("account_id"),
                    "location_id": at, "stage_id": stage.id, "amount": self.random.below(500) }),
                )
            }
            14 => {
                let (Some(deal), Some(stage)) = (self.one("opportunity").await, self.one("stage").await)
                else {
                    return Vec::new();
                };
                let closed = self.random.below(3) == 0;
                vec![Op::update(
                    "opportunity",
                    deal.id,
                    object(json!({ "stage_id": stage.id, "is_closed": closed })),
                )]
            }
            15 => {
                let type_name = ["account", "location", "visit", "opportunity"][self.random.below(4)];
                let Some(gone) = self.one(type_name).await else {
                    return Vec::new();
                };
                vec![Op::delete(type_name, gone.id)]
            }
            16 => self.assign(now).await,
            _ if self.random.below(3) == 0 => {
                let days = 1 + self.random.below(40);
                let location = self
                    .one("location")
                    .await
                    .map(|l| l.id)
                    .filter(|_| self.random.below(2) == 0);
                let of = if location.is_some() { None } else { Some(class) };
                create(
                    "visit_frequency",
                    json!({ "class": of, "location_id": location, "days": days }),
                )
            }
            _ if self.random.below(4) == 0 => {
                let position = self.random.below(4);
                create(
                    "stage",
                    json!({ "name": format!("Stage {now}"), "position": position }),
                )
            }
            _ => Vec::new(),
        }
    }

    /// Assignments as the program corrects them: an end, perhaps in the past, and another one.
    async fn assign(&mut self, now: i64) -> Vec<Op> {
        let Some(location) = self.one("location").await else {
            return Vec::new();
        };
        let from = now - self.random.below(30) as i64 * DAY;
        let territory = ["north", "south"][self.random.below(2)];
        let open = self.all("assignment").await.into_iter().find(|a| {
            a.text("location_id") == Some(location.id.as_str())
                && a.integer("valid_to").is_none_or(|to| to == i64::MAX)
        });
        let end = open.map(|a| {
            let to = from.max(a.integer("valid_from").unwrap_or(from));
            Op::update("assignment", a.id.clone(), object(json!({ "valid_to": to })))
        });
        let begin = json!({ "location_id": location.id, "territory_id": territory, "cause": "polygon", "valid_from": from });
        end.into_iter().chain(create("assignment", begin)).collect()
    }

    pub async fn go_on(&mut self, steps: usize) {
        for _ in 0..steps {
            let clock = self.world.store().now().0 + [1_000, DAY / 3, 3 * DAY][self.random.below(3)];
            self.world.clock.set(Timestamp(clock));
            let ops = self.step().await;
            if ops.is_empty() {
                continue;
            }
            let written = self
                .world
                .store()
                .write(&Author::system("test", "Random"), ops)
                .await
                .expect("it can be written");
            let change = self.world.store().changes(written.last_seq - 1, 1).await.unwrap();
            self.moments.push(change[0].at.0);
            if self.random.below(3) == 0 {
                self.world.app.live.catch_up().await.unwrap();
            }
        }
        self.world.app.live.catch_up().await.unwrap();
    }
}

fn create(type_name: &str, fields: Value) -> Vec<Op> {
    vec![Op::create(type_name, object(fields))]
}

fn object(fields: Value) -> Map<String, Value> {
    fields.as_object().cloned().unwrap_or_default()
}
