//! Computes a plan: prepare, solve or evaluate, keep promises, present. Pure: what it is handed decides.

use std::ops::ControlFlow;

use ::plan::{
    LeftOut, Options, OrderError, Problem as Puzzle, Route, SlotId, Span, VisitId, WhyPlanned, Window,
    Windows,
};

use super::best_day;
use super::prepare::{How, Prepared, Task, prepare};
use super::{Asked, DayPlan, present};
use crate::problem::Problem;

/// Steps of the search: enough for sixty candidates, and always as many, so that a plan can be computed again.
pub(crate) const STEPS: u64 = 5_000;
/// The seed unless one is asked for.
pub(crate) const SEED: u64 = 1;

/// How much later than promised is tried, in minutes, before a promise is kept at any price.
const LATE_BY: [i32; 5] = [15, 30, 60, 120, 600];

/// The one slot of a day.
pub(super) const TODAY: SlotId = SlotId(0);

/// What came of a task.
pub(crate) struct Computed {
    pub plan: DayPlan,
    pub asked: Asked,
}

/// An order with its times and what it leaves out.
pub(super) struct Solved {
    pub order: Vec<VisitId>,
    pub route: Route,
    /// Why each stop stands there and not elsewhere; empty for an order made by hand.
    pub why: Vec<Vec<WhyPlanned>>,
    pub left: Vec<LeftOut>,
    /// Every rule holds, so that prices are what they say.
    pub fits: bool,
}

/// Computes a plan. To be called where blocking is allowed: it takes tens of milliseconds.
pub(crate) fn run(task: &Task) -> Result<Computed, Problem> {
    let prepared = prepare(task)?;
    let mut solved = solve(&prepared)?;
    price_dropped(&prepared, &mut solved)?;
    let best_days = best_day::find(&prepared, &solved)?;
    let plan = present::day_plan(&prepared, &solved, best_days);
    let asked = Asked {
        wishes: task.wishes.clone(),
        slots: prepared.slots.clone(),
        visits: prepared.visits.clone(),
        places: prepared
            .snaps
            .iter()
            .map(|s| s.map_or(task.home.place, |s| s.place))
            .collect(),
        steps: task.steps,
        frozen: task.frozen.iter().map(|f| f.candidate.visit_id.clone()).collect(),
        ..Asked::default()
    };
    Ok(Computed { plan, asked })
}

fn solve(prepared: &Prepared<'_>) -> Result<Solved, Problem> {
    let task = prepared.task;
    let options = Options {
        seed: task.seed,
        steps: task.steps,
        ..Options::default()
    };
    let mut on = |_: &::plan::Progress<'_>| ControlFlow::Continue(());
    let earlier = numbers(prepared, &task.earlier);
    match &task.how {
        How::Fresh => {
            let plan = ::plan::solve(&prepared.puzzle, &options, &mut on);
            keep_promises(prepared, plan, &options)
        }
        How::Near => {
            let plan = ::plan::resolve(&prepared.puzzle, &[earlier], &options, &mut on).map_err(refused)?;
            keep_promises(prepared, plan, &options)
        }
        How::AsOrdered(order) => {
            let order = numbers(prepared, order);
            finish(prepared, &prepared.puzzle, order)
        }
        How::Add(visits) => {
            let mut order = earlier;
            for visit in numbers(prepared, visits) {
                order = with(prepared, &order, visit)?;
            }
            finish(prepared, &prepared.puzzle, order)
        }
    }
}

/// What is left out by hand has a price like the rest.
fn price_dropped(prepared: &Prepared<'_>, solved: &mut Solved) -> Result<(), Problem> {
    let orders = [solved.order.clone()];
    for left in &mut solved.left {
        let candidate = &prepared.task.candidates[left.visit.0 as usize];
        if prepared.task.wishes.dropped.contains(&candidate.visit_id) {
            *left = ::plan::explain(&prepared.priced, &orders, left.visit).map_err(refused)?;
        }
    }
    Ok(())
}

/// Visits by number: those that are candidates with a road, each once.
fn numbers(prepared: &Prepared<'_>, visits: &[String]) -> Vec<VisitId> {
    let mut order: Vec<VisitId> = Vec::with_capacity(visits.len());
    for number in visits.iter().filter_map(|v| prepared.numbers.get(v)) {
        if prepared.on_road(*number) && !order.contains(number) {
            order.push(*number);
        }
    }
    order
}

/// The order with one more visit: the cheapest way in, which may cost others their place; where there is none,
/// the place where it does the least harm, late or past the end of the shift.
fn with(prepared: &Prepared<'_>, order: &[VisitId], visit: VisitId) -> Result<Vec<VisitId>, Problem> {
    if order.contains(&visit) {
        return Ok(order.to_vec());
    }
    let orders = [order.to_vec()];
    if fits(
        prepared,
        &::plan::evaluate(&prepared.priced, TODAY, order).map_err(refused)?,
    ) {
        let left = ::plan::explain(&prepared.priced, &orders, visit).map_err(refused)?;
        if let Some(addition) = left.cheapest {
            let plan = ::plan::add_anyway(&prepared.priced, &orders, visit, &addition).map_err(refused)?;
            return Ok(plan.orders().swap_remove(0));
        }
    }
    Ok(forced(&prepared.priced, order, visit))
}

/// The order with a visit put where it does the least harm: lateness first, then overtime, then driving.
fn forced(puzzle: &Puzzle, order: &[VisitId], visit: VisitId) -> Vec<VisitId> {
    let harm = |at: usize| {
        let mut with = order.to_vec();
        with.insert(at, visit);
        let route = ::plan::evaluate(puzzle, TODAY, &with).ok()?;
        let late: i64 = route.stops.iter().map(|s| i64::from(s.late.0)).sum();
        Some(((late, route.overtime, route.drive.time), with))
    };
    let best = (0..=order.len()).filter_map(harm).min_by_key(|(harm, _)| *harm);
    // Without any way there and back it stays out.
    best.map_or_else(|| order.to_vec(), |(_, with)| with)
}

/// Promised visits, and those fixed or taken in by hand, are kept: a little late where that has to be, and at the
/// price of others.
fn keep_promises(prepared: &Prepared<'_>, plan: ::plan::Plan, options: &Options) -> Result<Solved, Problem> {
    let broken = |orders: &[Vec<VisitId>]| -> Vec<VisitId> {
        let all = (0..prepared.visits.len()).map(|n| VisitId(n as u32));
        all.filter(|v| {
            let visit = &prepared.visits[v.0 as usize];
            visit.tier == 0 && visit.allowed.is_none() && prepared.on_road(*v) && !orders[0].contains(v)
        })
        .collect()
    };
    let lost = broken(&plan.orders());
    if lost.is_empty() {
        let order = plan.orders().swap_remove(0);
        let route = ::plan::evaluate(&prepared.puzzle, TODAY, &order).map_err(refused)?;
        let stops = plan.routes.into_iter().next().unwrap_or_default().stops;
        return Ok(Solved {
            order,
            route,
            why: stops.into_iter().map(|stop| stop.why).collect(),
            left: plan.left_out,
            fits: true,
        });
    }
    let mut orders = plan.orders();
    for minutes in LATE_BY {
        let mut visits = prepared.visits.clone();
        for visit in &lost {
            let visit = &mut visits[visit.0 as usize];
            if let Some(start) = visit.locks.start.take() {
                visit.windows = Windows::Daily(vec![Window::new(start, start + Span::minutes(minutes))]);
            }
        }
        let puzzle =
            Puzzle::new(prepared.slots.clone(), visits, &prepared.times).map_err(Problem::unexpected)?;
        let mut on = |_: &::plan::Progress<'_>| ControlFlow::Continue(());
        let tried = ::plan::resolve(&puzzle, &orders, options, &mut on).map_err(refused)?;
        if broken(&tried.orders()).is_empty() {
            return finish(prepared, &puzzle, tried.orders().swap_remove(0));
        }
    }
    for visit in lost {
        if !orders[0].contains(&visit) {
            orders[0] = forced(&prepared.puzzle, &orders[0], visit);
        }
    }
    finish(prepared, &prepared.puzzle, orders.swap_remove(0))
}

/// Times of an order, and why the others are not in it. Times come from `puzzle`, whose windows may be wider
/// than those of the problem.
fn finish(prepared: &Prepared<'_>, puzzle: &Puzzle, order: Vec<VisitId>) -> Result<Solved, Problem> {
    let route = ::plan::evaluate(puzzle, TODAY, &order).map_err(refused)?;
    let strict = ::plan::evaluate(&prepared.priced, TODAY, &order).map_err(refused)?;
    let fits = fits(prepared, &strict);
    let orders = [order];
    let absent = (0..prepared.visits.len())
        .map(|n| VisitId(n as u32))
        .filter(|v| !orders[0].contains(v));
    let left: Result<Vec<LeftOut>, OrderError> = absent
        .map(|v| ::plan::explain(&prepared.priced, &orders, v))
        .collect();
    let [order] = orders;
    Ok(Solved {
        order,
        route,
        why: Vec::new(),
        left: left.map_err(refused)?,
        fits,
    })
}

/// Nothing is late, nothing too long, and lunch has its time.
fn fits(prepared: &Prepared<'_>, route: &Route) -> bool {
    let slot = &prepared.slots[0];
    let lunch_late = match (route.lunch, slot.lunch) {
        (Some(taken), Some(lunch)) => taken.to > lunch.within.to,
        _ => false,
    };
    route.stops.iter().all(|s| s.late == Span::ZERO)
        && route.overtime == Span::ZERO
        && !lunch_late
        && slot.max_drive.is_none_or(|most| route.drive.time <= most)
}

fn refused(error: OrderError) -> Problem {
    Problem::conflict(
        "cannot-be-driven",
        format!("This order cannot be driven: {error}."),
    )
}
