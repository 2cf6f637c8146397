//! A firm's records in bulk, written through the ordinary write path month by month with a clock that is set.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use crm::territories::{NewTerritory, draw, settle};
use geom::Timestamp;
use records::{Author, Clock as _, ManualClock, Op, Store, SystemClock};
use serde_json::{Map, Value, json};
use testkit::crowd::{Crowd, DAYS};

use crate::program::PASSWORD;

pub const DAY: i64 = 86_400_000;
/// Months of history; in each the crowd's next ones come.
const MONTHS: u16 = 24;
/// Contacts of each account, and activities.
pub const CONTACTS: u32 = 2;
pub const ACTIVITIES: u32 = 5;
/// Patches below one region.
const PATCHES_OF_A_REGION: usize = 10;
/// Name, probability, whether it ends there, whether well, what the forecast takes it for.
pub const STAGES: [(&str, i64, bool, bool, &str); 6] = [
    ("Qualified", 10, false, false, "pipeline"),
    ("Needs known", 30, false, false, "pipeline"),
    ("Offer", 60, false, false, "best_case"),
    ("Negotiation", 80, false, false, "commit"),
    ("Won", 100, true, true, "closed"),
    ("Lost", 0, true, false, "closed"),
];
const KINDS: [&str; 5] = ["task", "call", "email", "meeting", "note"];
const CHUNK: usize = 10_000;

/// What an id stands for; together with a number it makes the id.
#[derive(Clone, Copy)]
pub enum Of {
    Account = 1,
    Location,
    Contact,
    Activity,
    Deal,
    User,
    Stage,
    Pipeline,
}

/// The id of one of the crowd: the same each time, in order of numbers.
pub fn id(of: Of, number: u32) -> String {
    format!("01900000-0000-7{:03x}-8000-{number:012x}", of as u32)
}

/// A contact's name, e-mail and telephone.
pub fn contact(number: u32) -> (String, String, String) {
    const GIVEN: [&str; 8] = ["Anna", "Ben", "Clara", "David", "Eva", "Felix", "Greta", "Hans"];
    const FAMILY: [&str; 8] = [
        "Albers", "Brandt", "Conrad", "Dietz", "Ehlers", "Franke", "Gerdes", "Hamann",
    ];
    let mixed = number.wrapping_mul(2_654_435_761) >> 8;
    let (given, family) = (GIVEN[mixed as usize % 8], FAMILY[mixed as usize / 8 % 8]);
    (
        format!("{given} {family} {number}"),
        format!(
            "{}.{number}@firm{}.example",
            given.to_lowercase(),
            number / CONTACTS
        ),
        format!("+49 171 {number:07}"),
    )
}

/// Fills a database that has no account; gives how many changes there are.
pub async fn fill(url: &str, crowd: &Crowd) -> anyhow::Result<i64> {
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let store = Store::open(url, crm::catalog()?, clock.clone(), crm::rules()).await?;
    let writer = Writer {
        store,
        clock,
        crowd,
        first: SystemClock.now().0 - i64::from(DAYS + 1) * DAY,
        author: Author::system("bench", "The crowd"),
    };
    if writer.store.last_seq().await? == 0 {
        let began = Instant::now();
        if let records::Db::Sqlite { write, .. } = writer.store.db() {
            // A bench's database that is cut short is made anew: nobody waits for the disk.
            sqlx::query("pragma synchronous = off").execute(write).await?;
        }
        writer.people().await?;
        for month in 0..=MONTHS {
            writer.month(month).await?;
            if month % 6 == 0 {
                println!(
                    "  month {month} of {MONTHS} after {:.0} s",
                    began.elapsed().as_secs_f64()
                );
            }
        }
        let statistics = match writer.store.db() {
            records::Db::Sqlite { write, .. } => {
                sqlx::query("pragma wal_checkpoint(truncate)")
                    .execute(write)
                    .await?;
                sqlx::query("pragma optimize").execute(write).await.map(|_| ())
            }
            records::Db::Postgres(pool) => sqlx::query("analyze").execute(pool).await.map(|_| ()),
        };
        statistics?;
        println!("  filled in {:.0} s", began.elapsed().as_secs_f64());
    }
    let changes = writer.store.last_seq().await?;
    writer.store.db().close().await;
    Ok(changes)
}

struct Writer<'a> {
    store: Store,
    clock: Arc<ManualClock>,
    crowd: &'a Crowd,
    /// Milliseconds since 1970.
    first: i64,
    author: Author,
}

impl Writer<'_> {
    fn at(&self, day: u16) -> i64 {
        self.first + i64::from(day) * DAY + 9 * 3_600_000
    }

    /// Those of `all` that come in a month, by number.
    fn of_month(all: u32, month: u16) -> std::ops::Range<u32> {
        let share = |month: u16| (u64::from(all) * u64::from(month) / u64::from(MONTHS)) as u32;
        match month {
            MONTHS => 0..0,
            month => share(month)..share(month + 1),
        }
    }

    async fn write(&self, ops: impl Iterator<Item = Op>) -> anyhow::Result<()> {
        let mut ops = ops.peekable();
        while ops.peek().is_some() {
            let chunk: Vec<Op> = ops.by_ref().take(CHUNK).collect();
            self.store.write(&self.author, chunk).await?;
        }
        Ok(())
    }

    /// A manager, a rep for each patch, regions with their patches, a pipeline and its stages.
    async fn people(&self) -> anyhow::Result<()> {
        self.clock.set(Timestamp(self.at(0)));
        let patches = self.crowd.patches();
        let users = (0..=patches.len() as u32).map(|number| {
            let (name, role) = match number.checked_sub(1) {
                None => ("manager".to_owned(), "manager"),
                Some(rep) => (format!("rep{rep}"), "rep"),
            };
            let email = format!("{name}@million.example");
            create(
                "user",
                id(Of::User, number),
                json!({ "name": name, "email": email, "role": role, "language": "en", "active": true }),
            )
        });
        self.write(users).await?;
        let pipeline = json!({ "name": "Sales", "position": 1 });
        self.write([create("pipeline", id(Of::Pipeline, 0), pipeline)].into_iter())
            .await?;
        let stages = (0..).zip(STAGES).map(|(number, (name, probability, is_closed, is_won, category))| {
            let stage = json!({ "name": name, "position": number + 1, "probability": probability, "is_closed": is_closed,
                "is_won": is_won, "forecast_category": category, "pipeline_id": id(Of::Pipeline, 0) });
            create("stage", id(Of::Stage, number), stage)
        });
        self.write(stages).await?;
        let rhythms = [("A", 14), ("B", 28), ("C", 56)].map(|(class, days)| {
            let rhythm = json!({ "class": class, "days": days, "duration_minutes": 30 });
            create("visit_frequency", records::new_id(), rhythm)
        });
        self.write(rhythms.into_iter()).await?;
        for number in [0, 1] {
            let user = id(Of::User, number);
            crm::set_password(self.store.db(), &user, PASSWORD, self.store.now())
                .await
                .map_err(problem)?;
        }
        for (region, patches) in patches.chunks(PATCHES_OF_A_REGION).enumerate() {
            let name = format!("Region {region}");
            let new = NewTerritory {
                name,
                is_group: true,
                ..NewTerritory::default()
            };
            let (parent, _) = draw(&self.store, &self.author, new).await.map_err(problem)?;
            for (number, patch) in (1..).zip(patches) {
                let [w, s, e, n] = patch.bounds;
                let ring = json!([[w, s], [e, s], [e, n], [w, n], [w, s]]);
                let owner = (region * PATCHES_OF_A_REGION) as u32 + number;
                let new = NewTerritory {
                    name: patch.name.clone(),
                    geometry: Some(json!({ "type": "Polygon", "coordinates": [ring] })),
                    owner_id: Some(id(Of::User, owner)),
                    parent_id: Some(parent.clone()),
                    ..NewTerritory::default()
                };
                draw(&self.store, &self.author, new).await.map_err(problem)?;
            }
        }
        Ok(())
    }

    /// Who comes in a month, with contacts and activities, and what becomes of the deals of the month before.
    async fn month(&self, month: u16) -> anyhow::Result<()> {
        let day = month * (DAYS / MONTHS);
        self.clock.set(Timestamp(self.at(day)));
        let size = self.crowd.size();
        let new = Self::of_month(size.customers, month);
        self.write(new.clone().map(|n| self.account(n))).await?;
        self.write(new.clone().map(|n| self.location(n))).await?;
        let contacts = new.start * CONTACTS..new.end * CONTACTS;
        self.write(contacts.map(|n| self.contact(n))).await?;
        let activities = new.start * ACTIVITIES..new.end * ACTIVITIES;
        self.write(activities.map(|n| self.activity(n, day))).await?;
        settle(&self.store).await?;
        let deals = Self::of_month(size.opportunities, month);
        self.write(deals.map(|n| self.deal(n, day))).await?;
        if let Some(before) = month.checked_sub(1) {
            let moved = Self::of_month(size.opportunities, before);
            self.write(moved.filter_map(|n| self.moved(n))).await?;
        }
        Ok(())
    }

    fn account(&self, n: u32) -> Op {
        let c = self.crowd.customer(n);
        create(
            "account",
            id(Of::Account, n),
            json!({ "name": c.name, "phone": c.phone, "type": c.kind, "class": c.class, "industry": c.industry,
                "annual_revenue": c.revenue, "owner_id": id(Of::User, c.owner + 1) }),
        )
    }

    fn location(&self, n: u32) -> Op {
        let c = self.crowd.customer(n);
        create(
            "location",
            id(Of::Location, n),
            json!({ "account_id": id(Of::Account, n), "street": c.street, "house_number": c.house_number,
                "postal_code": c.postal_code, "city": c.city, "lng": c.place.lng(), "lat": c.place.lat(),
                "geocode_status": "imported" }),
        )
    }

    fn contact(&self, n: u32) -> Op {
        let (name, email, phone) = contact(n);
        create(
            "contact",
            id(Of::Contact, n),
            json!({ "name": name, "email": email, "phone": phone, "account_id": id(Of::Account, n / CONTACTS) }),
        )
    }

    fn activity(&self, n: u32, day: u16) -> Op {
        let account = n / ACTIVITIES;
        let owner = self.crowd.customer(account).owner + 1;
        let kind = KINDS[n as usize % KINDS.len()];
        let is_open = kind == "task" && n.is_multiple_of(3);
        let at = self.at(day) + i64::from(n % 20) * DAY;
        create(
            "activity",
            id(Of::Activity, n),
            json!({ "kind": kind, "subject": format!("About order {n}"), "account_id": id(Of::Account, account),
                "owner_id": id(Of::User, owner), "status": if is_open { "open" } else { "done" },
                "happened_at": (!is_open).then_some(at), "due_at": is_open.then_some(at) }),
        )
    }

    /// Whose a deal is, spread over all customers that there are by then.
    fn customer_of(&self, deal: u32) -> u32 {
        let size = self.crowd.size();
        (u64::from(deal) * u64::from(size.customers) / u64::from(size.opportunities)) as u32
    }

    fn deal(&self, n: u32, day: u16) -> Op {
        let (deal, customer) = (self.crowd.deal(n), self.customer_of(n));
        let owner = self.crowd.customer(customer).owner + 1;
        let zone = jiff::tz::TimeZone::UTC;
        let close = self.at(day) + i64::from(30 + n % 180) * DAY;
        let close = jiff::Timestamp::from_millisecond(close).map(|at| at.to_zoned(zone).date().to_string());
        create(
            "opportunity",
            id(Of::Deal, n),
            json!({ "name": deal.name, "account_id": id(Of::Account, customer), "owner_id": id(Of::User, owner),
                "stage_id": id(Of::Stage, u32::from(deal.stage)), "amount": deal.amount, "close_date": close.ok() }),
        )
    }

    /// Three in four go on, most of them to their end.
    fn moved(&self, n: u32) -> Option<Op> {
        let stage = match n % 8 {
            0 | 1 => return None,
            2..=4 => 4,
            5 | 6 => 5,
            _ => 3,
        };
        let fields = json!({ "stage_id": id(Of::Stage, stage) });
        Some(Op::update("opportunity", id(Of::Deal, n), known(fields)))
    }
}

fn create(type_name: &str, id: String, record: Value) -> Op {
    Op::Create {
        type_name: type_name.into(),
        id: Some(id),
        fields: known(record),
    }
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

/// The path or address that `--database` takes.
pub fn url_of(path: &std::path::Path) -> anyhow::Result<String> {
    Ok(path.to_str().context("a path in UTF-8")?.to_owned())
}
