//! What is left out, with its reasons and its price.

use ::plan::{LeftOut as Left, Reason as Why, VisitId};
use geom::LngLat;

use super::minutes;
use crate::plans::prepare::Prepared;
use crate::plans::run::Solved;
use crate::plans::why::Told;
use crate::plans::{BestDay, LeftOut, Reason, words};
use crate::visits::{Candidate, DueState, MOST_CANDIDATES};

/// Visits that are not planned, the most urgent first, then those the day was not even planned from.
pub(super) fn left_out(
    prepared: &Prepared<'_>,
    solved: &Solved,
    best_days: Vec<Option<BestDay>>,
) -> Vec<LeftOut> {
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
