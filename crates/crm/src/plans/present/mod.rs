//! A solved day as people see it: stops with times, roads and reasons, and what is left out.

mod left;
mod roads;
mod stops;

use geom::Timestamp;

use super::prepare::Prepared;
use super::run::Solved;
use super::{BestDay, DayPlan, End, Leg, LunchBreak, Stop, Totals};
use left::left_out;
use roads::Drawing;

/// Seconds as whole minutes, away from zero.
pub(crate) fn minutes(seconds: i64) -> i64 {
    if seconds < 0 {
        -minutes(-seconds)
    } else {
        (seconds + 59) / 60
    }
}

/// The plan without what only its record knows: id, user, seed.
pub(in crate::plans) fn day_plan(
    prepared: &Prepared<'_>,
    solved: &Solved,
    best_days: Vec<Option<BestDay>>,
) -> DayPlan {
    let task = prepared.task;
    let mut drawing = Drawing::of(prepared);
    let mut stops = drawing.frozen_stops();
    let offset = u32::try_from(stops.len()).unwrap_or(u32::MAX);
    stops.extend(drawing.planned_stops(solved, offset));
    let home_leg = drawing.home_leg(solved, !stops.is_empty());
    let lunch = solved
        .route
        .lunch
        .filter(|_| !solved.order.is_empty())
        .map(|taken| LunchBreak {
            start: task.instant(taken.from).0,
            end: task.instant(taken.to).0,
            after_seq: offset + taken.after_stops,
        });
    let (start, end) = ends(prepared, solved, &stops, home_leg.as_ref());
    let legs = stops.iter().map(|s| &s.leg).chain(&home_leg);
    let (meters, drive_s) = legs.fold((0, 0), |sum, leg| (sum.0 + leg.meters, sum.1 + leg.seconds));
    let totals = Totals {
        meters,
        drive_s,
        visit_s: stops.iter().map(|s| s.service_s).sum(),
        wait_s: stops.iter().map(|s| s.wait_s).sum(),
        start: start.at,
        end: end.at,
        overtime_s: ((end.at - task.instant(task.shift.to).0) / 1000).max(0),
    };
    DayPlan {
        id: String::new(),
        date: task.day.to_string(),
        user_id: String::new(),
        status: "draft".into(),
        seed: i64::try_from(task.seed).unwrap_or(0),
        map_hash: task.atlas.hash_hex(),
        computing_ms: 0,
        totals,
        start,
        end,
        stops,
        home_leg,
        lunch: lunch.or(task.lunch_taken),
        left_out: left_out(prepared, solved, best_days),
        change_set: None,
        notes: Vec::new(),
    }
}

/// Where and when the day begins and ends.
fn ends(prepared: &Prepared<'_>, solved: &Solved, stops: &[Stop], home_leg: Option<&Leg>) -> (End, End) {
    let task = prepared.task;
    let home = |at: Timestamp| End {
        label: task.home.label.clone(),
        lng: task.home.place.lng(),
        lat: task.home.place.lat(),
        at: at.0,
    };
    let Some(first) = stops.first() else {
        let at = task.instant(task.begin_at());
        return (home(at), home(at));
    };
    let start = match &task.begin {
        Some(begin) if task.frozen.is_empty() => End {
            label: begin.label.clone(),
            lng: begin.place.lng(),
            lat: begin.place.lat(),
            at: task.instant(solved.route.leave).0,
        },
        _ if task.frozen.is_empty() => home(task.instant(solved.route.leave)),
        _ => home(Timestamp(first.arrive - first.leg.seconds * 1000)),
    };
    let back = if solved.order.is_empty() {
        let drive = home_leg.map_or(0, |leg| leg.seconds * 1000);
        let left = stops
            .last()
            .map_or(start.at, |s| s.depart)
            .max(task.instant(task.begin_at()).0);
        Timestamp(left + drive)
    } else {
        task.instant(solved.route.back)
    };
    (start, home(back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_away_from_zero() {
        for (seconds, expected) in [(0, 0), (1, 1), (60, 1), (61, 2), (-1, -1), (-61, -2)] {
            assert_eq!(minutes(seconds), expected, "{seconds} s");
        }
    }
}
