//! A solved day as people see it: stops with times, roads and reasons, and what is left out.

use ::plan::{LeftOut as Left, Reason as Why, Span, VisitId};
use geojson::{Geometry, GeometryValue};
use geom::{LngLat, Timestamp};
use roads::{Query, Route as RoadRoute, Snap, SnapOptions};

use super::prepare::{Frozen, How, Prepared, open_window};
use super::run::Solved;
use super::why::Told;
use super::{BestDay, DayPlan, End, LeftOut, Leg, Locked, LunchBreak, Reason, Stop, Totals, links, words};
use crate::visits::hours::DayHours;
use crate::visits::{Candidate, DueState, MOST_CANDIDATES};

/// Seconds as whole minutes, away from zero.
pub(crate) fn minutes(seconds: i64) -> i64 {
    if seconds < 0 {
        -minutes(-seconds)
    } else {
        (seconds + 59) / 60
    }
}

/// The plan without what only its record knows: id, user, seed.
pub(super) fn day_plan(prepared: &Prepared<'_>, solved: &Solved, best_days: Vec<Option<BestDay>>) -> DayPlan {
    let task = prepared.task;
    let mut drawing = Drawing {
        prepared,
        query: task.atlas.roads().query(),
    };
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

/// Draws legs on the roads.
struct Drawing<'a> {
    prepared: &'a Prepared<'a>,
    query: Query<'a>,
}

impl Drawing<'_> {
    /// A leg between two snapped places; a straight line where there is no road, which a plan never drives.
    fn leg(
        &mut self,
        from: Option<Snap>,
        to: Option<Snap>,
        seconds: Option<i64>,
        ends: (LngLat, LngLat),
    ) -> Leg {
        let route = from.zip(to).and_then(|(from, to)| self.query.route(&from, &to));
        match route {
            Some(route) => leg_of(&route, seconds),
            None => Leg {
                seconds: seconds.unwrap_or(0),
                meters: 0,
                geometry: line(&[ends.0, ends.1]),
                streets: Vec::new(),
            },
        }
    }

    fn snap(&self, place: LngLat) -> Option<Snap> {
        self.prepared
            .task
            .atlas
            .roads()
            .snap(place, &SnapOptions::default())
            .ok()
    }

    /// What is over: as it was.
    fn frozen_stops(&mut self) -> Vec<Stop> {
        let task = self.prepared.task;
        let home = task.home.place;
        let mut from = home;
        let mut stops = Vec::new();
        for (frozen, seq) in task.frozen.iter().zip(1..) {
            // A visit at an address that is on no map is shown where the rep was before.
            let place = frozen.candidate.place.unwrap_or(from);
            let (a, b) = (self.snap(from), self.snap(place));
            let leg = self.leg(a, b, None, (from, place));
            stops.push(frozen_stop(self.prepared, frozen, seq, place, leg));
            from = place;
        }
        stops
    }

    /// What is planned: as the solver timed it.
    fn planned_stops(&mut self, solved: &Solved, offset: u32) -> Vec<Stop> {
        let prepared = self.prepared;
        let task = prepared.task;
        let mut from = prepared.begin_place();
        let mut stops = Vec::new();
        for (at, timed) in solved.route.stops.iter().enumerate() {
            let to = prepared.place_of(timed.visit);
            let candidate = &task.candidates[timed.visit.0 as usize];
            let place = candidate.place.unwrap_or(task.home.place);
            let ends = (prepared.snaps[from].map_or(task.home.place, |s| s.place), place);
            let leg = self.leg(
                prepared.snaps[from],
                prepared.snaps[to],
                Some(i64::from(timed.drive.time.0)),
                ends,
            );
            let seq = offset + 1 + u32::try_from(at).unwrap_or(0);
            stops.push(planned_stop(prepared, solved, at, seq, place, leg));
            from = to;
        }
        stops
    }

    /// From the last stop home; none on a day at home.
    fn home_leg(&mut self, solved: &Solved, is_away: bool) -> Option<Leg> {
        let prepared = self.prepared;
        let task = prepared.task;
        let home = prepared.snaps[prepared.home_place()];
        if let Some(last) = solved.order.last() {
            let from = prepared.snaps[prepared.place_of(*last)];
            let ends = (from.map_or(task.home.place, |s| s.place), task.home.place);
            return Some(self.leg(from, home, Some(i64::from(solved.route.drive_back.time.0)), ends));
        }
        if !is_away {
            return None;
        }
        let begun = task.begin.as_ref().map(|b| b.place);
        let from = begun
            .or_else(|| task.frozen.last().and_then(|f| f.candidate.place))
            .unwrap_or(task.home.place);
        let snap = self.snap(from);
        Some(self.leg(snap, home, None, (from, task.home.place)))
    }
}

fn leg_of(route: &RoadRoute, seconds: Option<i64>) -> Leg {
    let mut streets: Vec<String> = Vec::new();
    for step in &route.steps {
        let name = step.name.as_ref().or(step.reference.as_ref());
        if let Some(name) = name.filter(|n| streets.last() != Some(*n)) {
            streets.push(name.clone());
        }
    }
    Leg {
        seconds: seconds.unwrap_or_else(|| (route.trip.duration.0 + 500) / 1000),
        meters: route.trip.distance.0.round() as i64,
        geometry: line(&route.line),
        streets,
    }
}

fn line(points: &[LngLat]) -> Geometry {
    // Six digits are a tenth of a metre.
    let digits = |v: f64| (v * 1e6).round() / 1e6;
    let coordinates = points
        .iter()
        .map(|p| vec![digits(p.lng()), digits(p.lat())].into());
    Geometry::new(GeometryValue::LineString {
        coordinates: coordinates.collect(),
    })
}

/// What is the same for every stop.
fn stop_of(candidate: &Candidate, seq: u32, place: LngLat, leg: Leg) -> Stop {
    Stop {
        seq,
        visit_id: candidate.visit_id.clone(),
        location_id: candidate.location_id.clone(),
        account_id: candidate.account_id.clone(),
        name: candidate.name.clone(),
        address: candidate.address.clone(),
        phone: candidate.phone.clone(),
        lng: place.lng(),
        lat: place.lat(),
        due_state: candidate.due_state.as_str().into(),
        due_days: candidate.due_days,
        class: candidate.class.clone(),
        arrive: 0,
        start: 0,
        depart: 0,
        wait_s: 0,
        service_s: candidate.service_minutes * 60,
        leg,
        locked: Locked::default(),
        promised_at: candidate.promised_at.map(|t| t.0),
        hours_today: Vec::new(),
        reasons: Vec::new(),
        last_note: candidate.last_note.clone(),
        links: links::hand_off(place, &candidate.name),
        late_s: 0,
        check_in: None,
        status: if candidate.on_record { "planned" } else { "due" }.into(),
    }
}

fn frozen_stop(prepared: &Prepared<'_>, frozen: &Frozen, seq: u32, place: LngLat, leg: Leg) -> Stop {
    let late = frozen
        .candidate
        .promised_at
        .map_or(0, |t| (frozen.start.0 - t.0) / 1000);
    Stop {
        arrive: frozen.arrive.0,
        start: frozen.start.0,
        depart: frozen.depart.0,
        service_s: (frozen.depart.0 - frozen.start.0) / 1000,
        reasons: due_reasons(prepared, &frozen.candidate),
        late_s: late.max(0),
        check_in: frozen.check_in.clone(),
        status: frozen.status.clone(),
        ..stop_of(&frozen.candidate, seq, place, leg)
    }
}

fn planned_stop(
    prepared: &Prepared<'_>,
    solved: &Solved,
    at: usize,
    seq: u32,
    place: LngLat,
    leg: Leg,
) -> Stop {
    let task = prepared.task;
    let lang = task.language;
    let timed = &solved.route.stops[at];
    let number = timed.visit.0 as usize;
    let candidate = &task.candidates[number];
    let wishes = &task.wishes;
    let id = &candidate.visit_id;
    let start = task.instant(timed.start);
    let fixed = wishes.time.get(id).copied().or(candidate.promised_at);
    let late_s = fixed
        .map_or(0, |fixed| (start.0 - fixed.0) / 1000)
        .max(i64::from(timed.late.0))
        .max(0);
    let mut reasons = Vec::new();
    if let Some(promised) = candidate.promised_at {
        let late = (start.0 - promised.0) / 1000;
        reasons.push(if late > 0 {
            words::promise_broken(lang, task.clock(promised), minutes(late))
        } else {
            words::promised(lang, task.clock(promised))
        });
    }
    reasons.extend(due_reasons(prepared, candidate));
    reasons.extend(wishes.time.contains_key(id).then(|| words::time_locked(lang)));
    reasons.extend(wishes.order.contains(id).then(|| words::order_locked(lang)));
    let is_added = wishes.added.contains(id) || matches!(&task.how, How::Add(visits) if visits.contains(id));
    reasons.extend(is_added.then(|| words::added(lang)));
    reasons.push(words::on_the_way(
        lang,
        minutes(i64::from(detour(prepared, solved, at).0)),
    ));
    let why = solved.why.get(at).into_iter().flatten();
    reasons.extend(why.filter_map(|why| words::why_there(lang, why, &|_| None)));
    let hours_today = match &prepared.hours[number] {
        DayHours::Open(open) => {
            if open.is_empty() {
                reasons.push(words::closed_that_day(lang, task.day));
            }
            let span = |(from, to)| {
                let window = open_window(&task.zone, task.day, (from, to));
                [task.instant(window.from).0, task.instant(window.to).0]
            };
            open.iter().copied().map(span).collect()
        }
        DayHours::Unreadable(text) => {
            reasons.push(words::hours_unreadable(lang, text));
            Vec::new()
        }
        DayHours::NotGiven => Vec::new(),
    };
    Stop {
        arrive: task.instant(timed.arrive).0,
        start: start.0,
        depart: task.instant(timed.depart).0,
        wait_s: i64::from(timed.wait.0),
        locked: Locked {
            time: wishes.time.contains_key(id),
            order: wishes.order.contains(id),
            day: candidate.promised_at.is_some(),
        },
        hours_today,
        reasons,
        late_s,
        ..stop_of(candidate, seq, place, leg)
    }
}

/// How much less would be driven without the stop.
fn detour(prepared: &Prepared<'_>, solved: &Solved, at: usize) -> Span {
    let node = |i: Option<usize>| match i.and_then(|i| solved.order.get(i)) {
        Some(visit) => prepared.place_of(*visit),
        None if i.is_none() => prepared.begin_place(),
        None => prepared.home_place(),
    };
    let (before, here, after) = (node(at.checked_sub(1)), node(Some(at)), node(Some(at + 1)));
    let drive = |a: usize, b: usize| {
        let seconds = ::plan::DriveTimes::seconds(&prepared.times, place(a), place(b));
        if seconds == ::plan::UNREACHABLE {
            0
        } else {
            i32::try_from(seconds).unwrap_or(0)
        }
    };
    // The only stop of a day costs the whole way there and back.
    let without = if solved.order.len() == 1 && before == after {
        0
    } else {
        drive(before, after)
    };
    Span(drive(before, here) + drive(here, after) - without)
}

fn place(number: usize) -> ::plan::PlaceId {
    ::plan::PlaceId(number as u32)
}

fn due_reasons(prepared: &Prepared<'_>, candidate: &Candidate) -> Vec<Reason> {
    let lang = prepared.task.language;
    let due = candidate
        .due_days
        .filter(|_| candidate.due_state != DueState::None)
        .map(|days| words::due(lang, days));
    due.into_iter()
        .chain(candidate.closing.map(|day| words::deal_closing(lang, day)))
        .chain(
            candidate
                .campaign
                .as_ref()
                .map(|wish| words::campaign(lang, &wish.name, wish.until)),
        )
        .collect()
}

/// Visits that are not planned, the most urgent first, then those the day was not even planned from.
fn left_out(prepared: &Prepared<'_>, solved: &Solved, best_days: Vec<Option<BestDay>>) -> Vec<LeftOut> {
    let task = prepared.task;
    let mut left: Vec<(usize, LeftOut)> = solved
        .left
        .iter()
        .zip(best_days)
        .map(|(left, best)| (left.visit.0 as usize, one_left_out(prepared, solved, left, best)))
        .collect();
    left.sort_by_key(|(number, _)| *number);
    let beyond = task.beyond.iter().map(|candidate| LeftOut {
        reasons: vec![words::beyond_limit(task.language, MOST_CANDIDATES)],
        ..left_of(candidate)
    });
    left.into_iter().map(|(_, left)| left).chain(beyond).collect()
}

fn left_of(candidate: &Candidate) -> LeftOut {
    LeftOut {
        visit_id: candidate.visit_id.clone(),
        location_id: candidate.location_id.clone(),
        account_id: candidate.account_id.clone(),
        name: candidate.name.clone(),
        lng: candidate.place.map(LngLat::lng),
        lat: candidate.place.map(LngLat::lat),
        due_state: candidate.due_state.as_str().into(),
        due_days: candidate.due_days,
        reasons: Vec::new(),
        price_minutes: None,
        displaces: Vec::new(),
        best_day: None,
    }
}

fn one_left_out(prepared: &Prepared<'_>, solved: &Solved, left: &Left, best_day: Option<BestDay>) -> LeftOut {
    let task = prepared.task;
    let lang = task.language;
    let candidate = &task.candidates[left.visit.0 as usize];
    let mut reasons = Vec::new();
    if task.wishes.dropped.contains(&candidate.visit_id) {
        reasons.push(words::dropped(lang));
    } else if !prepared.on_road(left.visit) {
        let no_place = candidate.place.is_none();
        reasons.push(if no_place {
            words::no_coordinates(lang)
        } else {
            words::unreachable(lang)
        });
    } else {
        let is_early = candidate.due_state == DueState::Later;
        reasons.extend(
            candidate
                .due_days
                .filter(|_| is_early)
                .map(|days| words::not_due(lang, days)),
        );
        let found = left.reasons.iter().flat_map(|slot| &slot.reasons);
        reasons.extend(found.filter_map(|why| reason(prepared, left.visit, why)));
    }
    let price = left.cheapest.as_ref().filter(|_| solved.fits);
    LeftOut {
        reasons,
        price_minutes: price.map(|p| minutes(i64::from(p.extra_drive.0))),
        displaces: price.map_or_else(Vec::new, |p| names(prepared, &p.drops)),
        best_day,
        ..left_of(candidate)
    }
}

fn names(prepared: &Prepared<'_>, visits: &[VisitId]) -> Vec<String> {
    visits
        .iter()
        .map(|v| prepared.task.candidates[v.0 as usize].name.clone())
        .collect()
}

/// A rule of the solver's in words.
fn reason(prepared: &Prepared<'_>, visit: VisitId, why: &Why) -> Option<Reason> {
    let task = prepared.task;
    let told = Told {
        language: task.language,
        day: task.day,
        visit,
        name: &|visit| task.candidates[visit.0 as usize].name.clone(),
        clock: &|at| task.clock(task.instant(at)),
        date: &|number| (number == 0).then_some(task.day),
    };
    told.why_not(why)
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
