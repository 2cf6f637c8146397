//! Why a task is in no route: vehicle by vehicle the planner's reason, or what the exact count of times says.

use ::plan::{LeftOut, Plan, TimeOfDay, VisitId};
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use super::answer::{absent, left_out};
use super::puzzle::Puzzle;
use super::route::Writer;
use super::schedule::{Fleet, Hindrance};
use super::tasks::Kind;
use crate::plans::present::minutes;
use crate::plans::why::Told;
use crate::plans::{Language, Reason, words};

/// The entries of what is left out, each with `reasons` and, where there is one, the `cheapest` way to have it after all.
pub(super) fn unassigned(
    fleet: Fleet<'_>,
    puzzle: &Puzzle,
    plan: &Plan,
    routes: &[Vec<usize>],
    language: Language,
) -> Vec<Value> {
    let writer = Writer { fleet, atlas: None };
    let name = |visit: VisitId| fleet.asking.tasks[puzzle.task(visit)].name();
    let mut all = Vec::new();
    for task in absent(fleet, routes) {
        let mut told = left_out(writer, task);
        // A delivery stays behind for the reasons of its pickup.
        let asked = match fleet.asking.tasks[task].kind {
            Kind::Delivery => task - 1,
            _ => task,
        };
        let twins: Vec<&LeftOut> = plan
            .left_out
            .iter()
            .filter(|left| puzzle.task(left.visit) == asked)
            .collect();
        let mut reasons = Vec::new();
        for (vehicle, details) in fleet.asking.vehicles.iter().enumerate() {
            let visit = puzzle.visit(asked, vehicle);
            let known = twins
                .iter()
                .filter(|left| left.visit == visit)
                .flat_map(|left| &left.reasons);
            let known = known
                .filter(|slot| slot.slot.0 as usize == vehicle)
                .flat_map(|slot| &slot.reasons);
            let clock = |at: TimeOfDay| {
                let seconds = (puzzle.base + i64::from(at.0)).rem_euclid(86_400);
                Time::midnight().saturating_add(jiff::SignedDuration::from_secs(seconds))
            };
            let words = Told {
                language,
                day: Date::constant(1970, 1, 1),
                visit,
                name: &name,
                clock: &clock,
                date: &|_| None,
            };
            let mut said: Vec<Reason> = known.filter_map(|why| words.why_not(why)).collect();
            if said.is_empty() || puzzle.by_cost && said.iter().any(|r| r.amount.is_some()) {
                said = vec![exact(fleet, vehicle, &routes[vehicle], asked, language)];
            }
            for reason in said {
                // Vehicles have no calendar, so no day is named.
                let text = if reason.code == "CLOSED_THAT_DAY" {
                    language
                        .pick(
                            "none of its time windows meets the vehicle's",
                            "keines seiner Zeitfenster trifft das des Fahrzeugs",
                        )
                        .to_owned()
                } else {
                    reason.text
                };
                reasons.push(json!({ "vehicle": details.id, "code": reason.code, "text": text, "amount": reason.amount }));
            }
        }
        told.insert("reasons".into(), json!(reasons));
        let ways = twins.iter().filter_map(|left| left.cheapest.as_ref());
        if let Some(way) = ways.filter(|_| !puzzle.by_cost).min_by_key(|way| way.extra_drive) {
            let drops: Vec<String> = way.drops.iter().map(|visit| name(*visit)).collect();
            told.insert(
                "cheapest".into(),
                json!({
                    "vehicle": fleet.asking.vehicles[way.slot.0 as usize].id,
                    "extra_minutes": minutes(i64::from(way.extra_drive.0)),
                    "displaces": drops,
                }),
            );
        }
        all.push(Value::Object(told));
    }
    all
}

/// What stands against a task in a vehicle: even alone, or else beside what the vehicle has.
fn exact(fleet: Fleet<'_>, vehicle: usize, order: &[usize], task: usize, language: Language) -> Reason {
    let unit: Vec<usize> = match fleet.asking.tasks[task].kind {
        Kind::Pickup => vec![task, task + 1],
        _ => vec![task],
    };
    let alone = fleet.fit(vehicle, &unit).err();
    let beside = || {
        let with = |at: usize| {
            let mut with = order.to_vec();
            unit.iter().rev().for_each(|task| with.insert(at, *task));
            fleet.fit(vehicle, &with).err()
        };
        (0..=order.len()).filter_map(with).min_by_key(Hindrance::seconds)
    };
    let is_alone = alone.is_some();
    let lang = language;
    let of = |seconds: i64| minutes(seconds);
    match alone.or_else(beside) {
        Some(Hindrance::Skills) => words::needs_skill(lang),
        Some(Hindrance::Load) => words::car_full(lang),
        Some(Hindrance::MaxTasks) => words::tasks_limit(lang),
        Some(Hindrance::NoWay) => words::unreachable(lang),
        Some(Hindrance::TravelTime(over)) => words::drive_limit(lang, of(over)),
        Some(Hindrance::Distance(over)) => words::distance_limit(lang, over),
        Some(Hindrance::Late(None, over)) if is_alone => words::too_far(lang, of(over)),
        Some(Hindrance::Late(None, over)) => words::no_time_left(lang, of(over)),
        Some(Hindrance::Late(Some(of_task), late)) => {
            let other = (of_task != task).then(|| fleet.asking.tasks[of_task].name());
            words::window_missed(lang, other.as_deref(), of(late))
        }
        Some(Hindrance::Break) => words::no_room_for_lunch(lang),
        // It fits at a price that no search found worth it within its limits.
        Some(Hindrance::Precedence) | None => words::lower_priority(lang, &[]),
    }
}
