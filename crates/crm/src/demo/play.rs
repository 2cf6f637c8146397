//! Two years, day by day.

use std::collections::HashMap;

use geom::{LngLat, Timestamp};
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use records::Op;
use serde_json::json;

use super::areas::{self, Areas};
use super::deals::{self, Deal};
use super::marketing::Marketing;
use super::people::{self, People, create};
use super::random::Random;
use super::sales::Sales;
use super::service::Service;
use super::store::{self, Customer};
use super::words::{CALLS, TASKS, VISIT_NOTES};
use super::{DAYS, SEED, Stage, customers};
use crate::calendars::weekday_index;
use crate::problem::Problem;
use crate::visits::hours::{DayHours, open_on};

/// Days on which another file of customers is imported.
const LATER_FILES: [i64; 6] = [122, 247, 365, 488, 611, 705];
/// The day on which a border is moved.
const REALIGNED: i64 = 427;
/// On the last days reps come to see fewer customers: something is left to be planned.
const QUIET_DAYS: i64 = 12;

/// Where everything stands while it is played.
struct World<'a> {
    stage: &'a Stage,
    people: People,
    stages: Vec<String>,
    customers: Vec<Customer>,
    /// Day of the last visit, by place; a customer not yet seen has one that never was.
    seen: HashMap<String, i64>,
    owners: HashMap<String, (String, String)>,
    deals: Vec<Deal>,
    sales: Sales,
    service: Service,
    marketing: Marketing,
    random: Random,
}

/// Plays everything.
pub(super) async fn play(
    stage: &Stage,
    list: &[u8],
    progress: &mut dyn FnMut(u64, u64, &str),
) -> Result<(), Problem> {
    let total = DAYS.unsigned_abs();
    progress(0, total, "People and customers");
    let people = people::hire(stage).await?;
    let stages = people::set_up(stage, &people).await?;
    let sales = Sales::set_up(stage, &people, &stages).await?;
    let service = Service::set_up(stage, &people).await?;
    let files = customers::files(list, LATER_FILES.len())?;
    stage.set(0, 10, 0);
    customers::import(stage, &people, "customers.csv", &files[0]).await?;
    let first = store::customers(stage.store().db()).await?;
    stage.set(1, 9, 0);
    let mut areas = match areas::borders(&first) {
        Some(borders) => {
            let quarters: Vec<Vec<Customer>> = (0..4)
                .map(|q| {
                    first
                        .iter()
                        .filter(|c| c.place.is_some_and(|p| borders.quarter(p) == q))
                        .cloned()
                        .collect()
                })
                .collect();
            people::settle_in(stage, &people, &quarters).await?;
            Some(areas::draw(stage, &people, &first, borders).await?)
        }
        None => None,
    };
    people::take_leave(stage, &people, DAYS).await?;
    let mut world = World {
        stage,
        people,
        stages,
        customers: Vec::new(),
        seen: HashMap::new(),
        owners: HashMap::new(),
        deals: Vec::new(),
        sales,
        service,
        marketing: Marketing::new(),
        random: Random::new(SEED),
    };
    world.take_stock(1).await?;
    customers::meet(stage, &world.people, &first, &mut world.random).await?;

    for day in 2..DAYS {
        if day % 10 == 0 {
            progress(day.unsigned_abs(), total, "Two years of visits");
        }
        world.day(day, &files, &mut areas).await?;
    }
    stage.set(DAYS - 1, 18, 30);
    world.promise().await?;
    crate::territories::settle(stage.store()).await?;
    if let Some(areas) = &areas {
        areas.think_of_spring(stage, &world.people).await?;
    }
    progress(total, total, "Done");
    Ok(())
}

fn rhythm(class: &str) -> i64 {
    match class {
        "A" => 14,
        "B" => 28,
        _ => 56,
    }
}

impl World<'_> {
    /// After customers came or territories changed: whose everything is.
    async fn take_stock(&mut self, day: i64) -> Result<(), Problem> {
        self.customers = customers::hand_over(self.stage, &self.people).await?;
        self.owners = store::owners(self.stage.store().db(), self.stage.store().now()).await?;
        for customer in &self.customers {
            if !self.seen.contains_key(&customer.location) {
                // As if seen at some time in the past, so that not all fall due at once.
                let ago = self.random.between(0, rhythm(&customer.class));
                self.seen.insert(customer.location.clone(), day - ago);
            }
        }
        Ok(())
    }

    async fn day(&mut self, day: i64, files: &[Vec<u8>], areas: &mut Option<Areas>) -> Result<(), Problem> {
        let stage = self.stage;
        if let Some(part) = LATER_FILES.iter().position(|d| *d == day) {
            stage.set(day, 8, 30);
            let name = format!("customers-{}.csv", stage.day(day));
            customers::import(stage, &self.people, &name, &files[part + 1]).await?;
            self.take_stock(day).await?;
        }
        if day == REALIGNED
            && let Some(areas) = areas
        {
            stage.set(day, 9, 0);
            areas.realign(stage, &self.people, &self.customers).await?;
            self.take_stock(day).await?;
        }
        let weekday = weekday_index(stage.day(day).weekday());
        if weekday > 4 {
            return Ok(());
        }
        stage.set(day, 9, 30);
        if day % 91 == 0 {
            customers::close_books(stage, &self.people, &mut self.customers, &mut self.random).await?;
        }
        if day % 23 == 0 {
            customers::win(stage, &mut self.customers, &mut self.random).await?;
        }
        if day % 47 == 0 {
            customers::lose(stage, &self.people, &mut self.customers, &mut self.random).await?;
        }
        self.work_deals(day).await?;
        for rep in 0..self.people.reps.len() {
            let away = people::away(rep, DAYS)
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&day));
            if !away {
                self.work_day(rep, day).await?;
            }
        }
        Ok(())
    }

    /// Steps of opportunities, and now and then a new one.
    async fn work_deals(&mut self, day: i64) -> Result<(), Problem> {
        self.stage.set(day, 10, 0);
        let mut going = Vec::new();
        for mut deal in std::mem::take(&mut self.deals) {
            let is_due = deal.is_due(day);
            let goes_on =
                !is_due || deals::step(self.stage, &self.stages, &mut deal, day, &mut self.random).await?;
            if is_due {
                self.sales
                    .follow(self.stage, deal.id(), deal.is_offer(), day)
                    .await?;
            }
            if goes_on {
                going.push(deal);
            }
        }
        self.deals = going;
        if self.random.chance(0.45) && !self.customers.is_empty() {
            let customer = self.random.pick(&self.customers).clone();
            let territory = self.owners.get(&customer.location).map(|o| o.0.clone());
            let deal = deals::open(
                self.stage,
                &self.stages,
                &customer,
                territory,
                day,
                &mut self.random,
            )
            .await?;
            self.deals.extend(deal);
        }
        self.sales
            .day(self.stage, &self.people, &self.customers, day)
            .await?;
        self.service
            .day(self.stage, &self.people, &self.customers, day)
            .await?;
        self.marketing
            .day(self.stage, &self.people, &self.customers, day)
            .await
    }

    /// One rep's day: the visits that are most overdue among those that are open, and a call or two.
    async fn work_day(&mut self, number: usize, day: i64) -> Result<(), Problem> {
        let date = self.stage.day(day);
        let rep = self.people.reps[number].clone();
        let quiet = day > DAYS - QUIET_DAYS;
        let most = if quiet {
            self.random.between(0, 2)
        } else {
            self.random.between(2, 5)
        };
        let mut due: Vec<(f64, usize)> = self
            .customers
            .iter()
            .enumerate()
            .filter(|(_, c)| c.kind == "customer" && c.owner.as_deref() == Some(&rep))
            .filter_map(|(at, c)| {
                let days = rhythm(&c.class);
                let over = day - self.seen.get(&c.location).copied().unwrap_or(day) - days;
                (over >= -days / 8).then_some((over as f64 / days as f64, at))
            })
            .collect();
        due.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut ops = Vec::new();
        let mut from = Time::constant(8, 15, 0, 0);
        for (_, at) in due {
            if ops.len() as i64 >= most {
                break;
            }
            let customer = self.customers[at].clone();
            let Some(start) = free_at(&customer, date, from) else {
                continue;
            };
            let visit = self.visit(&rep, &customer, date, start);
            ops.push(visit);
            self.seen.insert(customer.location.clone(), day);
            from = later(start, 55 + self.random.between(0, 40));
        }
        let label = format!("Visit reports of {date}");
        if self.random.chance(0.22) {
            ops.extend(self.call(&rep, date));
        }
        self.stage
            .set(day, 17, i8::try_from(10 * number + 5).unwrap_or(0));
        self.stage.write(&rep, &label, ops).await?;
        Ok(())
    }

    fn visit(&mut self, rep: &str, customer: &Customer, date: Date, start: Time) -> Op {
        let random = &mut self.random;
        let minutes = match customer.class.as_str() {
            "A" => 45,
            "B" => 30,
            _ => 20,
        };
        let at = self.stage.at(date, start.hour(), start.minute()).0;
        let outcome = match random.between(0, 9) {
            0..=3 => "order",
            4..=7 => "talk",
            8 => "absent",
            _ => "other",
        };
        let note = if outcome == "absent" {
            "Nobody in charge was there."
        } else {
            *random.pick(&VISIT_NOTES)
        };
        // A few steps from the door, at most some sixty metres.
        let here = customer.place.and_then(|p| {
            let step = |random: &mut Random| (random.unit() - 0.5) * 0.001;
            LngLat::new(p.lng() + step(random), p.lat() + step(random) * 0.6).ok()
        });
        let distance = here
            .zip(customer.place)
            .map(|(here, pin)| here.distance(pin).0.round());
        let length = minutes + random.between(-10, 15);
        let record = json!({
            "account_id": customer.account, "location_id": customer.location, "owner_id": rep, "status": "done",
            "cause": "frequency", "planned_start": at, "planned_end": at + minutes * 60_000, "duration_minutes": minutes,
            "check_in_at": at + random.between(-6, 9) * 60_000, "check_out_at": at + (10 + length) * 60_000,
            "check_in_lng": here.map(LngLat::lng), "check_in_lat": here.map(LngLat::lat), "check_in_distance_m": distance,
            "outcome": outcome, "note": note,
        });
        create("visit", None, record)
    }

    /// A call, mail, note or meeting with some customer; now and then a task that stays open.
    fn call(&mut self, rep: &str, date: Date) -> Option<Op> {
        let mine: Vec<usize> = (0..self.customers.len())
            .filter(|i| self.customers[*i].owner.as_deref() == Some(rep))
            .collect();
        if mine.is_empty() {
            return None;
        }
        let account = self.customers[*self.random.pick(&mine)].account.clone();
        let at = self
            .stage
            .at(date, 13, i8::try_from(self.random.between(0, 59)).unwrap_or(0))
            .0;
        let open = self.random.chance(0.1);
        let record = if open {
            let due = at + self.random.between(2, 20) * 86_400_000;
            let late = due < self.stage.at(self.stage.today, 0, 0).0;
            json!({ "kind": "task", "subject": self.random.pick(&TASKS), "account_id": account, "owner_id": rep,
                    "due_at": due, "status": if late { "done" } else { "open" } })
        } else {
            let (kind, subject) = *self.random.pick(&CALLS);
            json!({ "kind": kind, "subject": subject, "account_id": account, "owner_id": rep, "direction": "out",
                    "happened_at": at, "status": "done" })
        };
        Some(create("activity", None, record))
    }

    /// Appointments for the next days that can be worked, today included.
    async fn promise(&mut self) -> Result<(), Problem> {
        let days: Vec<Date> = (0..7)
            .map(|n| self.stage.today.saturating_add(i64::from(n).days()))
            .filter(|d| *d == self.stage.today || weekday_index(d.weekday()) < 5)
            .take(3)
            .collect();
        for rep in self.people.reps.clone() {
            let mut ops = Vec::new();
            let mut taken = Vec::new();
            for (number, day) in days.iter().enumerate() {
                for (hour, minute) in [(10, 20), (13, 45)].into_iter().skip(usize::from(number > 1)) {
                    let wanted = Time::constant(hour, minute, 0, 0);
                    let free = self.customers.iter().find(|c| {
                        c.place.is_some()
                            && c.owner.as_deref() == Some(&rep)
                            && !taken.contains(&c.location)
                            && free_at(c, *day, wanted) == Some(wanted)
                            && c.class != "C"
                    });
                    let Some(customer) = free.cloned() else { continue };
                    taken.push(customer.location.clone());
                    ops.push(appointment(&rep, &customer, self.stage.at(*day, hour, minute)));
                }
            }
            self.stage.write(&rep, "Appointments", ops).await?;
        }
        Ok(())
    }
}

fn appointment(rep: &str, customer: &Customer, at: Timestamp) -> Op {
    let minutes = if customer.class == "A" { 45 } else { 30 };
    let record = json!({
        "account_id": customer.account, "location_id": customer.location, "owner_id": rep, "status": "planned",
        "cause": "appointment", "purpose": "Appointment", "planned_start": at.0, "planned_end": at.0 + minutes * 60_000,
        "promised_at": at.0, "duration_minutes": minutes,
    });
    create("visit", None, record)
}

fn later(time: Time, minutes: i64) -> Time {
    time.checked_add(minutes.minutes())
        .unwrap_or(Time::constant(23, 59, 0, 0))
}

/// From when on a day, not before `from`, a customer is open for an hour of working time.
fn free_at(customer: &Customer, day: Date, from: Time) -> Option<Time> {
    let latest = Time::constant(15, 30, 0, 0);
    let start = match open_on(customer.hours.as_deref(), None, day) {
        DayHours::NotGiven | DayHours::Unreadable(_) => Some(from),
        DayHours::Open(open) => open
            .into_iter()
            .filter(|(_, to)| *to == Time::midnight() || *to >= later(from, 45))
            .map(|(opens, to)| (opens.max(from), to))
            .find(|(start, to)| *to == Time::midnight() || later(*start, 45) <= *to)
            .map(|(start, _)| start),
    };
    start.filter(|start| *start <= latest)
}
