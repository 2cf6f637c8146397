//! A search's plan as people see it: rows, who gets too few visits, and the rules that stand against it.

use std::collections::{BTreeMap, HashMap};

use ::plan::{
    LeftOut, Plan, Problem as Puzzle, Reason as Why, Recurrence, Route, SlotId, TimeOfDay, VisitId,
    WhyPlanned,
};
use jiff::civil::Date;

use super::bound::Room;
use super::layout::Layout;
use super::present::{Marks, Rhythms, cell, row_of};
use super::work::Search;
use super::{Best, Body, Unmet, change};
use crate::plans::present::minutes;
use crate::plans::why::Told;
use crate::plans::{Reason, words};

/// At most so many reasons are told for a visit left out.
const REASONS: usize = 3;

/// The fewest visits that a rhythm asks for within the days.
fn fewest(visit: &::plan::Visit, days: usize) -> i64 {
    let Recurrence::Gap(gap) = &visit.recurrence else {
        return 1;
    };
    let days = i64::try_from(days).unwrap_or(i64::MAX);
    let max = i64::from(gap.max).max(1);
    let latest = gap.since_last.map_or(0, |since| (max - i64::from(since)).max(0));
    if latest >= days {
        0
    } else {
        1 + (days - 1 - latest) / max
    }
}

/// Visits asked for, by rep, as far as that is known before a plan is finished.
pub(super) fn expected(layout: &Layout, reps: usize, days: usize) -> Vec<i64> {
    let mut by_rep = vec![0; reps];
    for (visit, origin) in layout.visits.iter().zip(&layout.origins) {
        by_rep[origin.wanted.0] += fewest(visit, days);
    }
    by_rep
}

/// Plans of a search as people see them.
pub(super) struct Shown<'a> {
    pub search: &'a Search,
    pub layout: &'a Layout,
    pub puzzle: &'a Puzzle,
    /// Visits asked for, as far as that is known before a plan is finished.
    pub expected: Vec<i64>,
    /// The time there is for them.
    pub room: Room,
}

impl Shown<'_> {
    /// Rows of these routes, by slot.
    fn rows(&self, routes: &[Route]) -> Body {
        let facts = &self.search.facts;
        let zone = &self.search.zone;
        let mut people: Vec<_> = facts
            .reps
            .iter()
            .map(|rep| row_of(rep, zone, &facts.days))
            .collect();
        let mut rhythms = Rhythms::of(&facts.reps);
        // By day, so that each visit of a rhythm is told against the one before it.
        let mut by_day: Vec<usize> = (0..routes.len()).collect();
        by_day.sort_by_key(|&slot| (self.layout.slot_of[slot].1, self.layout.slot_of[slot].0));
        let mut met = 0;
        for slot in by_day {
            let (rep, day) = self.layout.slot_of[slot];
            let date = facts.days[day];
            let due: HashMap<VisitId, Option<i64>> = routes[slot]
                .stops
                .iter()
                .map(|stop| {
                    let origin = &self.layout.origins[stop.visit.0 as usize];
                    let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
                    (stop.visit, rhythms.visit(&wanted.candidate.location_id, day))
                })
                .collect();
            let told = |stop: &::plan::Stop| {
                let origin = &self.layout.origins[stop.visit.0 as usize];
                let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
                let stood = wanted.booked.iter().any(|v| {
                    v.integer("planned_start")
                        .is_some_and(|at| zone.date(geom::Timestamp(at)) == date)
                });
                let marks = Marks {
                    due_days: due.get(&stop.visit).copied().flatten(),
                    promised: origin.promised,
                    fixed: origin.fixed,
                    stood,
                    why: self.why(stop, wanted.rhythm),
                };
                Some((&wanted.candidate, marks))
            };
            let done = cell(&facts.reps[rep], zone, date, facts.language, &routes[slot], told);
            let visits = i64::try_from(done.stops.len()).unwrap_or(0);
            met += visits;
            people[rep].met += visits;
            people[rep].cells[day] = done;
        }
        let mut body = Body {
            people,
            met,
            map_hash: self.search.atlas.hash_hex(),
            ..Body::default()
        };
        change::tally(&mut body);
        body
    }

    /// The best so far, without reasons.
    pub fn so_far(&self, orders: &[Vec<VisitId>]) -> Body {
        let routes: Vec<Route> = (0u32..)
            .zip(orders)
            .map(|(slot, order)| ::plan::evaluate(self.puzzle, SlotId(slot), order).unwrap_or_default())
            .collect();
        let mut body = self.rows(&routes);
        for (row, expected) in body.people.iter_mut().zip(&self.expected) {
            row.asked = row.met.max(*expected);
        }
        body.asked = body.people.iter().map(|row| row.asked).sum();
        let mut planned = self.planned(orders.iter().flatten().copied());
        for (count, visit) in planned.iter_mut().zip(&self.layout.visits) {
            *count = (*count).max(fewest(visit, self.search.facts.days.len()));
        }
        let open: Vec<i64> = body.people.iter().map(|row| row.asked - row.met).collect();
        body.open = self.open(&body, &planned, &open);
        body
    }

    /// The plan with who gets too few visits, and why.
    pub fn finished(&self, plan: &Plan) -> Body {
        let mut body = self.rows(&plan.routes);
        let facts = &self.search.facts;
        let stops = plan.routes.iter().flat_map(|route| &route.stops);
        let mut asked = self.planned(stops.map(|stop| stop.visit));
        let mut open = vec![0; body.people.len()];
        for left in &plan.left_out {
            let origin = &self.layout.origins[left.visit.0 as usize];
            let rep = &facts.reps[origin.wanted.0];
            let candidate = &rep.wanted[origin.wanted.1].candidate;
            let missing = i64::from(left.missing.max(1));
            if left
                .reasons
                .iter()
                .any(|slot| slot.reasons.iter().all(can_give_way))
            {
                open[origin.wanted.0] += missing;
            }
            asked[left.visit.0 as usize] += missing;
            let name = |visit: VisitId| self.name(visit);
            body.unmet.push(Unmet {
                user_id: rep.user_id.clone(),
                location_id: candidate.location_id.clone(),
                account_id: candidate.account_id.clone(),
                name: candidate.name.clone(),
                lng: candidate.place.map(geom::LngLat::lng),
                lat: candidate.place.map(geom::LngLat::lat),
                class: candidate.class.clone(),
                due_days: candidate.due_days,
                missing,
                reasons: self.reasons(left),
                price_minutes: left
                    .cheapest
                    .as_ref()
                    .map(|way| minutes(i64::from(way.extra_drive.0))),
                displaces: left
                    .cheapest
                    .iter()
                    .flat_map(|way| way.drops.iter().map(|v| name(*v)))
                    .collect(),
                best: left.cheapest.as_ref().map(|way| Best {
                    day: self.day_of(way.slot).to_string(),
                    minutes: minutes(i64::from(way.extra_drive.0)),
                }),
            });
            body.asked += missing;
            body.people[origin.wanted.0].asked += missing;
        }
        body.open = self.open(&body, &asked, &open);
        body.asked += body.met;
        for row in &mut body.people {
            row.asked += row.met;
        }
        body.unmet.sort_by(|a, b| {
            (&a.user_id, a.due_days, &a.name, &a.location_id).cmp(&(
                &b.user_id,
                b.due_days,
                &b.name,
                &b.location_id,
            ))
        });
        body
    }

    /// How often each visit is planned.
    fn planned(&self, visits: impl Iterator<Item = VisitId>) -> Vec<i64> {
        let mut count = vec![0; self.layout.visits.len()];
        visits.for_each(|visit| count[visit.0 as usize] += 1);
        count
    }

    /// How many visits more could be met at most, with so many asked for of each visit and so many open for each rep.
    fn open(&self, body: &Body, asked: &[i64], open: &[i64]) -> i64 {
        let met: Vec<i64> = body.people.iter().map(|row| row.met).collect();
        self.room.more(asked, &met, open)
    }

    /// Why a stop is on its day and at its place in the order; nothing is known of a plan that is not finished.
    fn why(&self, stop: &::plan::Stop, rhythm: Option<i64>) -> Vec<Reason> {
        let facts = &self.search.facts;
        let lang = facts.language;
        let date = |slot: SlotId| Some(self.day_of(slot));
        let told = stop.why.iter().filter_map(|why| match (why, rhythm) {
            (WhyPlanned::Days { days }, Some(every)) => {
                let days = days
                    .iter()
                    .filter_map(|d| facts.days.get(usize::from(*d)).copied());
                Some(words::rhythm_days(lang, every, &days.collect::<Vec<_>>()))
            }
            (WhyPlanned::OnTheWay { extra }, _) => Some(words::on_the_way(lang, minutes(i64::from(extra.0)))),
            (why, _) => words::why_there(lang, why, &date),
        });
        told.collect()
    }

    fn name(&self, visit: VisitId) -> String {
        let origin = &self.layout.origins[visit.0 as usize];
        self.search.facts.reps[origin.wanted.0].wanted[origin.wanted.1]
            .candidate
            .name
            .clone()
    }

    fn day_of(&self, slot: SlotId) -> Date {
        self.search.facts.days[self.layout.slot_of[slot.0 as usize].1]
    }

    /// What stands against a visit: of all days, the rules met most often, each in the words of one day.
    fn reasons(&self, left: &LeftOut) -> Vec<Reason> {
        let facts = &self.search.facts;
        let zone = &self.search.zone;
        let mut found: BTreeMap<String, (usize, Reason)> = BTreeMap::new();
        let name = |visit: VisitId| self.name(visit);
        let date = |number: u16| facts.days.get(usize::from(number)).copied();
        for slot in &left.reasons {
            let day = self.day_of(slot.slot);
            let clock = |at: TimeOfDay| zone.time(crate::calendars::instant_of(zone, day, at));
            let told = Told {
                language: facts.language,
                day,
                visit: left.visit,
                name: &name,
                clock: &clock,
                date: &date,
            };
            for reason in slot.reasons.iter().filter_map(|why| told.why_not(why)) {
                let known = found
                    .entry(reason.code.clone())
                    .or_insert_with(|| (0, reason.clone()));
                known.0 += 1;
                // Of amounts the smallest is nearest to fitting.
                if reason
                    .amount
                    .zip(known.1.amount)
                    .is_some_and(|(new, old)| new < old)
                {
                    known.1 = reason;
                }
            }
        }
        // Days of others are none that it could be visited on.
        let asked = |slot: &&::plan::SlotReasons| !matches!(slot.reasons[..], [Why::NotAllowed]);
        let slots = left.reasons.iter().filter(asked).count();
        let rep = &facts.reps[self.layout.origins[left.visit.0 as usize].wanted.0].name;
        let mut found: Vec<(usize, Reason)> = found
            .into_values()
            .map(|(days, reason)| (days, words::on_days(facts.language, reason, days, slots, rep)))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.code.cmp(&b.1.code)));
        let reasons: Vec<Reason> = found.into_iter().take(REASONS).map(|(_, r)| r).collect();
        if reasons.is_empty() {
            let on_road = self.layout.visits[left.visit.0 as usize].place.is_some();
            let lang = facts.language;
            return vec![if on_road {
                words::no_working_day(lang)
            } else {
                words::no_coordinates(lang)
            }];
        }
        reasons
    }

    /// The visits of another plan of the same days as orders of this problem.
    pub fn orders_of(&self, body: &Body) -> Vec<Vec<VisitId>> {
        let facts = &self.search.facts;
        let mut by_location: HashMap<&str, Vec<VisitId>> = HashMap::new();
        for (number, origin) in (0u32..).zip(&self.layout.origins) {
            let wanted = &facts.reps[origin.wanted.0].wanted[origin.wanted.1];
            by_location
                .entry(&wanted.candidate.location_id)
                .or_default()
                .push(VisitId(number));
        }
        let mut once: Vec<bool> = vec![false; self.layout.visits.len()];
        let mut orders = Vec::with_capacity(self.layout.slots.len());
        for (slot, (rep, day)) in self.layout.slot_of.iter().enumerate() {
            let user = &facts.reps[*rep].user_id;
            let row = body.people.iter().find(|r| r.user_id == *user);
            let Some(cell) = row.and_then(|r| r.cells.get(*day)) else {
                orders.push(Vec::new());
                continue;
            };
            let number = self.layout.slots[slot].day;
            let mut order = Vec::new();
            for stop in &cell.stops {
                let visits = by_location.get(stop.location_id.as_str()).into_iter().flatten();
                let fits = |visit: &&VisitId| {
                    let at = visit.0 as usize;
                    let known = &self.layout.visits[at];
                    let free = matches!(known.recurrence, Recurrence::Gap(_)) || !once[at];
                    let here = SlotId(u32::try_from(slot).unwrap_or(u32::MAX));
                    free && known.locks.day.is_none_or(|day| day == number)
                        && known
                            .allowed
                            .as_ref()
                            .is_none_or(|allowed| allowed.contains(&here))
                };
                if let Some(visit) = visits.copied().find(|v| fits(&v)) {
                    once[visit.0 as usize] = true;
                    order.push(visit);
                }
            }
            orders.push(order);
        }
        orders
    }
}

/// A rule that another plan could get around; the others stand whatever is planned.
fn can_give_way(why: &Why) -> bool {
    !matches!(
        why,
        Why::NoCoordinates
            | Why::RepAbsent
            | Why::NotAllowed
            | Why::NeedsSkill { .. }
            | Why::ClosedThatDay
            | Why::NotBefore { .. }
            | Why::Unreachable
            | Why::TooFar { .. }
            | Why::TooLong { .. }
            | Why::Frozen
    )
}
