//! On which of the next working days would a visit that is left out cost the least driving?

use ::plan::{Locks, PlaceId, Problem as Puzzle, Slot, SlotId, Span, Visit, VisitId, Windows};

use super::BestDay;
use super::prepare::{Prepared, windows_of};
use super::run::Solved;
use crate::problem::Problem;
use crate::visits::hours::open_on;

/// The best day of each visit left out, in their order; `None` where none of the days ahead takes it.
pub(super) fn find(prepared: &Prepared<'_>, solved: &Solved) -> Result<Vec<Option<BestDay>>, Problem> {
    let task = prepared.task;
    if task.ahead.is_empty() || solved.left.is_empty() {
        return Ok(vec![None; solved.left.len()]);
    }
    let home = PlaceId(prepared.home_place() as u32);
    let slots: Vec<Slot> = task
        .ahead
        .iter()
        .zip(0u16..)
        .map(|(ahead, day)| Slot {
            lunch: ahead.lunch,
            max_drive: task.max_drive,
            ..Slot::new(0, day, home, ahead.shift)
        })
        .collect();
    let mut visits: Vec<Visit> = solved
        .left
        .iter()
        .map(|left| {
            let number = left.visit.0 as usize;
            let candidate = &task.candidates[number];
            let service = Span::minutes(i32::try_from(candidate.service_minutes).unwrap_or(600));
            let by_day = task.ahead.iter().zip(0u16..).map(|(ahead, day)| {
                let hours = open_on(
                    candidate.opening_hours.as_deref(),
                    candidate.country.as_deref(),
                    ahead.day,
                );
                match windows_of(&hours, &task.zone, ahead.day, service) {
                    Windows::Daily(windows) => (day, windows),
                    _ => (day, vec![ahead.shift]),
                }
            });
            Visit {
                place: prepared.visits[number].place,
                windows: Windows::ByDay(by_day.collect()),
                ..Visit::new(PlaceId(0), service)
            }
        })
        .collect();
    let mut orders: Vec<Vec<VisitId>> = Vec::new();
    for (slot, (ahead, places)) in task.ahead.iter().zip(&prepared.ahead_places).enumerate() {
        let mut order = Vec::new();
        for ((_, service, promised), place) in ahead.stops.iter().zip(places) {
            let Some(place) = place else { continue };
            order.push(VisitId(visits.len() as u32));
            visits.push(Visit {
                tier: 0,
                locks: Locks {
                    slot: Some(SlotId(slot as u32)),
                    start: *promised,
                    ..Locks::default()
                },
                ..Visit::new(*place, Span(*service))
            });
        }
        orders.push(order);
    }
    // A promise outside the shift makes that day's order impossible; then there is no estimate.
    let Ok(puzzle) = Puzzle::new(slots, visits, &prepared.times) else {
        return Ok(vec![None; solved.left.len()]);
    };
    let mut found = Vec::with_capacity(solved.left.len());
    for number in 0..solved.left.len() {
        let ways =
            ::plan::insertions(&puzzle, &orders, VisitId(number as u32)).map_err(Problem::unexpected)?;
        let best = ways.iter().min_by_key(|way| (way.extra_drive, way.slot));
        found.push(best.map(|way| BestDay {
            date: task.ahead[way.slot.0 as usize].day.to_string(),
            minutes: super::present::minutes(i64::from(way.extra_drive.0)),
        }));
    }
    Ok(found)
}
