//! One stop of a day: what is over as it was, what is planned with its reasons.

use ::plan::Span;
use geom::LngLat;

use super::minutes;
use crate::plans::prepare::{Frozen, How, Prepared, open_window};
use crate::plans::run::Solved;
use crate::plans::{Leg, Locked, Reason, Stop, links, words};
use crate::visits::hours::DayHours;
use crate::visits::{Candidate, DueState};

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

pub(super) fn frozen_stop(
    prepared: &Prepared<'_>,
    frozen: &Frozen,
    seq: u32,
    place: LngLat,
    leg: Leg,
) -> Stop {
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

pub(super) fn planned_stop(
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
