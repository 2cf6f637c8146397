//! Many workers on one plan: each round the slots are shared out by neighbourhood, every group is searched on its own, and the groups'
//! routes are put together again. Groups, random numbers and steps do not depend on the number of threads, so neither does the plan.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::compiled::{NEVER, Problem};
use crate::random::Random;
use crate::search::{Options, Pace, Progress};
use crate::state::{ABSENT, State};
use crate::walk::{Tools, Walk, restored};

/// Plans of fewer stops or slots are searched as a whole.
const FEWEST_STOPS: usize = 400;
const FEWEST_SLOTS: usize = 16;
/// The most groups at a time: more than threads, so that an uneven round still keeps all of them busy.
const GROUPS: usize = 8;
/// A group is to have about so many stops, as one of a few routes has little to choose from.
const STOPS: usize = 200;
/// Rounds that a budget is cut into, and the fewest steps of one.
const ROUNDS: u64 = 60;
const FEWEST_STEPS: u64 = 256;

/// Whether a plan can be searched in groups: nothing may hold between slots but the visits' days.
pub(crate) fn can_share(state: &State) -> bool {
    let has = state.problem.has();
    state.planned >= FEWEST_STOPS
        && state.driven >= FEWEST_SLOTS
        && !has.conflicts
        && !has.nights
        && state.problem.rules().balance == 0
}

/// Groups that a plan of this size is searched in.
pub(crate) fn count(state: &State) -> usize {
    (state.planned / STOPS).clamp(2, GROUPS)
}

/// One group's work in a round.
struct Share {
    slots: Vec<usize>,
    /// By visit, whether an absent one is this group's to plan.
    mine: Vec<bool>,
    shared: Vec<bool>,
    seeds: Vec<u32>,
    stops: usize,
}

/// Walks until the budget is used, in rounds.
pub(crate) fn go<'n>(
    walk: &mut Walk,
    tools: Vec<Tools<'n>>,
    options: &Options,
    pace: &mut Pace,
    on_progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) {
    let problem = walk.state.problem;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.max(1))
        .build();
    let mut tools = tools;
    let mut steps = match pace {
        Pace::Steps(steps) => (*steps / ROUNDS).max(FEWEST_STEPS),
        Pace::Clock(_) => FEWEST_STEPS,
    };
    let begun = pace.fraction(0);
    loop {
        walk.fraction = pace.fraction(walk.step);
        walk.expect(pace, begun);
        walk.change_phase();
        if pace.is_over(walk.step, walk.fraction) {
            return;
        }
        let next = pace.fraction_after(walk.step, walk.fraction, steps);
        let shares = share_out(&walk.state, problem, tools.len(), &mut walk.random);
        let round = walk.random.next();
        let stops: usize = shares.iter().map(|s| s.stops).sum();
        let work = |(index, (share, tools)): (usize, (&Share, &mut Tools<'n>))| {
            let quota = (steps as usize * share.stops).div_ceil(stops.max(1)) as u64;
            let mut part = walk.clone();
            part.best_cost = part.state.cost;
            part.best = part.state.orders();
            part.random = Random::new(round.wrapping_add(index as u64 + 1));
            part.state.open.iter_mut().for_each(|open| *open = false);
            for &slot in &share.slots {
                part.state.open[slot] = !problem.slots()[slot].frozen;
            }
            part.state.shared.clone_from(&share.shared);
            tools.recreate.mine.clone_from(&share.mine);
            tools.seeds.clone_from(&share.seeds);
            part.stretch(tools, quota, (walk.fraction, next));
            let take =
                |orders: &[Vec<u32>]| share.slots.iter().map(|&s| orders[s].clone()).collect::<Vec<_>>();
            let last = part.state.orders();
            (quota, take(&last), take(&part.best), part.absences)
        };
        let mut tasks: Vec<_> = shares.iter().zip(tools.iter_mut()).enumerate().collect();
        let done: Vec<_> = match &pool {
            Ok(pool) if options.threads > 1 => pool.install(|| tasks.par_drain(..).map(work).collect()),
            // Without threads of its own the search goes on with one.
            _ => tasks.into_iter().map(work).collect(),
        };
        let (mut last, mut best) = (walk.state.orders(), walk.state.orders());
        let mut counted = Vec::new();
        for (share, (quota, lasts, bests, absences)) in shares.iter().zip(done) {
            counted.push(absences);
            walk.step += quota;
            for ((&slot, l), b) in share.slots.iter().zip(lasts).zip(bests) {
                last[slot] = l;
                best[slot] = b;
            }
        }
        walk.absences.join(&counted);
        if restored(problem, walk.state.earlier, &best).cost < walk.best_cost {
            walk.jump_to(&best);
        }
        walk.jump_to(&last);
        if let Pace::Clock(clock) = pace {
            let used = clock() - walk.fraction;
            // A round is to take a sixtieth of the budget.
            let wanted = steps as f64 / (used * ROUNDS as f64).max(1e-3);
            steps = (wanted as u64).clamp(steps / 2, steps * 2).max(FEWEST_STEPS);
        }
        if walk.report(pace, on_progress).is_break() {
            return;
        }
    }
}

/// Slots by group: each visit belongs to the nearest of some random visits, each slot to the group of most of its stops.
fn share_out(state: &State, problem: &Problem, groups: usize, random: &mut Random) -> Vec<Share> {
    let planned: Vec<u32> = (0..problem.visits().len() as u32)
        .filter(|&v| problem.visits()[v as usize].place.is_some())
        .collect();
    let centres: Vec<usize> = spread(problem, &planned, groups, random);
    let mut group_of = vec![0usize; problem.visits().len()];
    for &visit in &planned {
        let rows = problem.rows(problem.place(problem.calls_of(visit).start));
        let near = centres
            .iter()
            .enumerate()
            .min_by_key(|(_, c)| rows.drive_to(**c).min(rows.drive_from(**c)));
        group_of[visit as usize] = near.map_or(0, |(index, _)| index);
    }
    let count = centres.len();
    let mut group_of_slot = vec![0usize; state.routes.len()];
    let mut next = random.below(count);
    for (slot, route) in state.routes.iter().enumerate() {
        let mut votes = vec![0; count];
        for &call in &route.stops {
            votes[group_of[problem.visit_of(call) as usize]] += 1;
        }
        group_of_slot[slot] = if route.stops.is_empty() {
            next = (next + 1) % count;
            next
        } else {
            (0..count)
                .max_by_key(|&g| (votes[g], std::cmp::Reverse(g)))
                .unwrap_or(0)
        };
    }
    let mut shares: Vec<Share> = (0..count)
        .map(|group| Share {
            slots: (0..state.routes.len())
                .filter(|&s| group_of_slot[s] == group)
                .collect(),
            mine: vec![false; problem.visits().len()],
            shared: vec![false; problem.visits().len()],
            seeds: Vec::new(),
            stops: 0,
        })
        .collect();
    for &visit in &planned {
        let calls = problem
            .calls_of(visit)
            .map(|c| state.slot_of[c as usize])
            .filter(|&s| s != ABSENT);
        let mut groups: Vec<usize> = calls.map(|s| group_of_slot[s as usize]).collect();
        groups.sort_unstable();
        groups.dedup();
        match groups[..] {
            // An absent visit is planned by the group around it; one that is partly planned by the only group that has it.
            [] => groups.push(group_of[visit as usize]),
            [only] => shares[only].mine[visit as usize] = true,
            _ => groups
                .iter()
                .for_each(|&g| shares[g].shared[visit as usize] = true),
        }
        if let [only] = groups[..] {
            shares[only].mine[visit as usize] = true;
        }
        for &group in &groups {
            if !problem.is_delivery(visit) {
                shares[group].seeds.push(visit);
            }
        }
    }
    for share in &mut shares {
        share.stops = share.slots.iter().map(|&s| state.routes[s].stops.len()).sum();
    }
    shares.retain(|share| share.stops > 0);
    shares
}

/// Places that lie apart: the first at random, each further one the farthest of a few random ones.
fn spread(problem: &Problem, visits: &[u32], groups: usize, random: &mut Random) -> Vec<usize> {
    let place = |random: &mut Random| {
        let visit = visits[random.below(visits.len())];
        problem.place(problem.calls_of(visit).start)
    };
    let mut centres = vec![place(random)];
    while centres.len() < groups {
        let tries: Vec<usize> = (0..6).map(|_| place(random)).collect();
        let apart = |p: usize| {
            centres
                .iter()
                .map(|&c| problem.drive(c, p).min(NEVER))
                .min()
                .unwrap_or(0)
        };
        let far = tries
            .into_iter()
            .max_by_key(|&p| (apart(p), std::cmp::Reverse(p)));
        centres.extend(far);
    }
    centres
}
