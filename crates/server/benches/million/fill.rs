//! Writes the crowd into a database through the ordinary write path, day by day, with a clock that is set:
//! what was changed later has a past.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use crm::territories::{NewTerritory, draw};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use records::{Author, ManualClock, Op, Store};
use serde_json::{Map, Value, json};
use testkit::crowd::{Crowd, DAYS, Deal, Later, Visit};

use crate::program::PASSWORD;

/// Sales stages in order: name, whether it ends there, whether well.
const STAGES: [(&str, bool, bool); 6] = [
    ("Qualified", false, false),
    ("Needs known", false, false),
    ("Offer", false, false),
    ("Negotiation", false, false),
    ("Won", true, true),
    ("Lost", true, false),
];
/// Operations written at once.
const CHUNK: usize = 1_000;

/// What an id stands for; together with a number it makes the id.
#[derive(Clone, Copy)]
pub enum Of {
    Account = 1,
    Location,
    Visit,
    Deal,
    User,
    Stage,
}

/// The id of one of the crowd: the same each time, in order of numbers.
pub fn id(of: Of, number: u32) -> String {
    format!("01900000-0000-7{:03x}-8000-{number:012x}", of as u32)
}

/// The first of the two years, for a database that is filled today.
fn first_day() -> Date {
    zone()
        .date(records::Clock::now(&records::SystemClock))
        .saturating_sub((i64::from(DAYS) + 1).days())
}

/// The time zone of the bench.
pub fn zone() -> crm::Zone {
    crm::Zone::named("Europe/Berlin").expect("Berlin has a time zone")
}

/// Fills a new database at `path`.
pub async fn fill(path: &Path, crowd: &Crowd) -> anyhow::Result<()> {
    let clock = Arc::new(ManualClock::at(geom::Timestamp(0)));
    let url = path.to_str().context("a path in UTF-8")?;
    let store = Store::open(url, crm::catalog()?, clock.clone(), crm::rules()).await?;
    // A bench's database that is cut short is made anew: nobody waits for the disk.
    if let records::Db::Sqlite { write, .. } = store.db() {
        sqlx::query("pragma synchronous = off").execute(write).await?;
    }
    let writer = Writer {
        store,
        clock,
        crowd,
        first: first_day(),
        author: Author::system("bench", "The crowd"),
    };
    let began = Instant::now();
    let schedule = Schedule::of(crowd);
    writer.people().await?;
    for day in 0..=DAYS {
        writer.day(day, &schedule).await?;
        if day % 73 == 0 {
            println!(
                "  day {day} of {DAYS} after {:.0} s",
                began.elapsed().as_secs_f64()
            );
        }
    }
    let written = writer.store.last_seq().await?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "  {written} changes in {seconds:.0} s, {:.0} a second",
        written as f64 / seconds
    );
    if let records::Db::Sqlite { write, .. } = writer.store.db() {
        for sql in ["pragma optimize", "pragma wal_checkpoint(truncate)"] {
            sqlx::query(sql).execute(write).await?;
        }
    }
    writer.store.db().close().await;
    Ok(())
}

/// What happens on which day, by numbers.
struct Schedule {
    joining: Vec<Vec<u32>>,
    changing: Vec<Vec<u32>>,
    planning: Vec<Vec<u32>>,
    visiting: Vec<Vec<u32>>,
    dealing: Vec<Vec<u32>>,
    moving: Vec<Vec<u32>>,
    /// Day on which a customer is gone.
    gone: std::collections::HashMap<u32, u16>,
}

impl Schedule {
    fn of(crowd: &Crowd) -> Self {
        let days = || vec![Vec::new(); usize::from(DAYS) + 1];
        let mut all = Self {
            joining: days(),
            changing: days(),
            planning: days(),
            visiting: days(),
            dealing: days(),
            moving: days(),
            gone: std::collections::HashMap::new(),
        };
        let size = crowd.size();
        for n in 0..size.customers {
            all.joining[usize::from(crowd.customer(n).joined)].push(n);
            if let Some((day, what)) = crowd.later(n) {
                all.changing[usize::from(day)].push(n);
                if what == Later::Gone {
                    all.gone.insert(n, day);
                }
            }
        }
        for n in 0..size.visits {
            let visit = crowd.visit(n);
            // A plan made before the customer came is made when it came.
            if let Some(before) = visit.planned_before {
                let came = crowd.customer(visit.customer).joined;
                all.planning[usize::from(visit.day.saturating_sub(before).max(came))].push(n);
            }
            if visit.day <= DAYS {
                all.visiting[usize::from(visit.day)].push(n);
            }
        }
        for n in 0..size.opportunities {
            let deal = crowd.deal(n);
            all.dealing[usize::from(deal.day)].push(n);
            if let Some(moved) = deal.moved.filter(|m| deal.day + m.0 <= DAYS) {
                all.moving[usize::from(deal.day + moved.0)].push(n);
            }
        }
        all
    }

    /// Whether a customer is still there when the visits of a day are written down.
    fn is_there(&self, customer: u32, day: u16) -> bool {
        self.gone.get(&customer).is_none_or(|gone| day < *gone)
    }
}

struct Writer<'a> {
    store: Store,
    clock: Arc<ManualClock>,
    crowd: &'a Crowd,
    first: Date,
    author: Author,
}

impl Writer<'_> {
    fn at(&self, day: u16, minute: u16) -> geom::Timestamp {
        let time = Time::constant((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        zone().at(self.date(day), time)
    }

    fn date(&self, day: u16) -> Date {
        self.first.saturating_add(i64::from(day).days())
    }

    async fn write(&self, ops: Vec<Op>) -> anyhow::Result<()> {
        for chunk in ops.chunks(CHUNK) {
            self.store.write(&self.author, chunk.to_vec()).await?;
        }
        Ok(())
    }

    /// A manager, a rep for each patch, the patches drawn, stages and visit rhythms.
    async fn people(&self) -> anyhow::Result<()> {
        self.clock.set(self.at(0, 6 * 60));
        let patches = self.crowd.patches();
        let mut ops = Vec::new();
        for number in 0..=patches.len() as u32 {
            let (name, email, role) = match number.checked_sub(1) {
                None => (
                    "Manager".to_owned(),
                    "manager@million.example".to_owned(),
                    "manager",
                ),
                Some(rep) => (format!("Rep {rep}"), format!("rep{rep}@million.example"), "rep"),
            };
            let user =
                json!({ "name": name, "email": email, "role": role, "language": "en", "active": true });
            ops.push(create("user", id(Of::User, number), user));
        }
        for (number, (name, is_closed, is_won)) in (0..).zip(STAGES) {
            let stage =
                json!({ "name": name, "position": number + 1, "is_closed": is_closed, "is_won": is_won });
            ops.push(create("stage", id(Of::Stage, number), stage));
        }
        for (class, days) in [("A", 14), ("B", 28), ("C", 56)] {
            let rhythm = json!({ "class": class, "days": days, "duration_minutes": 30 });
            ops.push(create("visit_frequency", records::new_id(), rhythm));
        }
        self.write(ops).await?;
        for number in [0, 1] {
            let now = self.store.now();
            crm::set_password(self.store.db(), &id(Of::User, number), PASSWORD, now)
                .await
                .map_err(problem)?;
        }
        for (number, patch) in (1..).zip(patches) {
            let [w, s, e, n] = patch.bounds;
            let ring = json!([[w, s], [e, s], [e, n], [w, n], [w, s]]);
            let territory = NewTerritory {
                name: patch.name.clone(),
                geometry: Some(json!({ "type": "Polygon", "coordinates": [ring] })),
                owner_id: Some(id(Of::User, number)),
                ..NewTerritory::default()
            };
            draw(&self.store, &self.author, territory)
                .await
                .map_err(problem)?;
        }
        Ok(())
    }

    async fn day(&self, day: u16, schedule: &Schedule) -> anyhow::Result<()> {
        let today = usize::from(day);
        self.clock.set(self.at(day, 7 * 60));
        // Accounts and their places chunk by chunk, as an import writes them.
        for chunk in schedule.joining[today].chunks(CHUNK) {
            let accounts = chunk
                .iter()
                .map(|&n| create("account", id(Of::Account, n), self.account(n)));
            self.write(accounts.collect()).await?;
            let places = chunk
                .iter()
                .map(|&n| create("location", id(Of::Location, n), self.location(n, n)));
            self.write(places.collect()).await?;
        }
        let changes = schedule.changing[today].iter().filter_map(|&n| self.change(n));
        let mut changes: Vec<Op> = changes.collect();
        changes.sort_by_key(|op| match op {
            Op::Update { type_name, .. } => (0, type_name.clone()),
            _ => (1, String::new()),
        });
        self.write(changes).await?;
        crm::territories::settle(&self.store).await?;

        let planned = schedule.planning[today].iter().map(|&n| (n, self.crowd.visit(n)));
        let planned = planned.filter(|(_, v)| schedule.is_there(v.customer, day));
        self.write(
            planned
                .map(|(n, v)| create("visit", id(Of::Visit, n), self.planned(&v)))
                .collect(),
        )
        .await?;
        let deals = schedule.dealing[today].iter().map(|&n| (n, self.crowd.deal(n)));
        let deals = deals.filter(|(_, d)| schedule.is_there(d.customer, day));
        self.write(
            deals
                .map(|(n, d)| create("opportunity", id(Of::Deal, n), self.deal(&d)))
                .collect(),
        )
        .await?;
        let moved = schedule.moving[today].iter().map(|&n| (n, self.crowd.deal(n)));
        let moved = moved.filter(|(_, d)| schedule.is_there(d.customer, day));
        self.write(moved.filter_map(|(n, d)| self.moved(n, &d)).collect())
            .await?;

        // In the evening the day's visits are on record.
        self.clock.set(self.at(day, 18 * 60));
        let done = schedule.visiting[today].iter().map(|&n| (n, self.crowd.visit(n)));
        let done: Vec<(u32, Visit)> = done.filter(|(_, v)| schedule.is_there(v.customer, day)).collect();
        let (known, new): (Vec<_>, Vec<_>) = done.into_iter().partition(|(_, v)| v.planned_before.is_some());
        self.write(
            new.iter()
                .map(|(n, v)| create("visit", id(Of::Visit, *n), self.done(v)))
                .collect(),
        )
        .await?;
        self.write(
            known
                .iter()
                .map(|(n, v)| update("visit", id(Of::Visit, *n), self.outcome(v)))
                .collect(),
        )
        .await
    }

    fn account(&self, n: u32) -> Value {
        let c = self.crowd.customer(n);
        json!({
            "name": c.name, "phone": c.phone, "type": c.kind, "class": c.class, "industry": c.industry,
            "annual_revenue": c.revenue, "owner_id": id(Of::User, c.owner + 1),
        })
    }

    /// The place of a customer, at the address of one.
    fn location(&self, n: u32, at: u32) -> Value {
        let c = self.crowd.customer(at);
        json!({
            "account_id": id(Of::Account, n), "street": c.street, "house_number": c.house_number,
            "postal_code": c.postal_code, "city": c.city, "lng": c.place.lng(), "lat": c.place.lat(),
            "geocode_status": "imported",
        })
    }

    fn change(&self, n: u32) -> Option<Op> {
        let account = |fields: Value| Some(update("account", id(Of::Account, n), fields));
        match self.crowd.later(n)?.1 {
            Later::Revalued { revenue, class } => {
                account(json!({ "annual_revenue": revenue, "class": class }))
            }
            Later::HandedOver { owner } => account(json!({ "owner_id": id(Of::User, owner + 1) })),
            Later::Renamed { name } => account(json!({ "name": name })),
            Later::Moved { to } => Some(update("location", id(Of::Location, n), self.location(n, to))),
            Later::Gone => Some(Op::Delete {
                type_name: "account".into(),
                id: id(Of::Account, n),
                version: None,
            }),
        }
    }

    fn deal(&self, d: &Deal) -> Value {
        json!({
            "name": d.name, "account_id": id(Of::Account, d.customer), "stage_id": id(Of::Stage, u32::from(d.stage)),
            "is_closed": false, "amount": d.amount,
        })
    }

    fn moved(&self, n: u32, d: &Deal) -> Option<Op> {
        let stage = d.moved?.1;
        let closed = STAGES[usize::from(stage)].1;
        let fields = json!({ "stage_id": id(Of::Stage, u32::from(stage)), "is_closed": closed });
        Some(update("opportunity", id(Of::Deal, n), fields))
    }

    fn planned(&self, v: &Visit) -> Value {
        let start = self.at(v.day, v.minute).0;
        json!({
            "account_id": id(Of::Account, v.customer), "location_id": id(Of::Location, v.customer), "status": "planned",
            "planned_start": start, "promised_at": v.is_promised.then_some(start),
        })
    }

    fn done(&self, v: &Visit) -> Value {
        let mut fields = self.planned(v);
        if let (Some(all), Value::Object(outcome)) = (fields.as_object_mut(), self.outcome(v)) {
            all.extend(outcome);
        }
        fields
    }

    fn outcome(&self, v: &Visit) -> Value {
        let next = v.next_after.map(|days| self.date(v.day + days).to_string());
        json!({ "status": "done", "check_in_at": self.at(v.day, v.minute).0, "outcome": "talk", "next_date": next })
    }
}

fn create(type_name: &str, id: String, record: Value) -> Op {
    Op::Create {
        type_name: type_name.into(),
        id: Some(id),
        fields: known(record),
    }
}

fn update(type_name: &str, id: String, fields: Value) -> Op {
    Op::update(type_name, id, known(fields))
}

fn known(record: Value) -> Map<String, Value> {
    match record {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn problem(problem: crm::Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem:?}")
}
