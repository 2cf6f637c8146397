//! Many workers on one plan: each round the slots are shared out by neighbourhood, every group is searched on its own, and the groups'
//! routes are put together again. Groups, random numbers and steps do not depend on the number of threads, so neither does the plan.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::compiled::{NEVER, Problem};
use crate::neighbours::Neighbours;
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

/// Groups that a plan of this size is searched in. Against the clock nothing has to be the same at another number of threads, and the
/// fewer groups there are, the more each has to choose from.
pub(crate) fn count(state: &State, options: &Options, pace: &Pace) -> usize {
    let most = match pace {
        Pace::Steps(_) => GROUPS,
        Pace::Clock { .. } => options.threads,
    };
    (state.planned / STOPS).clamp(2, most.max(2))
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
        Pace::Clock { .. } => FEWEST_STEPS,
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
        let neighbours = tools[0].neighbours;
        let shares = share_out(&walk.state, problem, neighbours, tools.len(), &mut walk.random);
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
        if matches!(pace, Pace::Clock { .. }) {
            let used = pace.fraction(walk.step) - walk.fraction;
            // A round is to take a sixtieth of the budget.
            let wanted = steps as f64 / (used * ROUNDS as f64).max(1e-3);
            steps = (wanted as u64).clamp(steps / 2, steps * 2).max(FEWEST_STEPS);
        }
        if walk.report(pace, on_progress).is_break() {
            return;
        }
    }
}

/// Slots by group: cut in two by place, as often as it takes, so that each has about as many stops. A visit that is absent belongs to the
/// group around it.
fn share_out(
    state: &State,
    problem: &Problem,
    neighbours: &Neighbours,
    groups: usize,
    random: &mut Random,
) -> Vec<Share> {
    let (driven, empty): (Vec<usize>, Vec<usize>) =
        (0..state.routes.len()).partition(|&s| !state.routes[s].stops.is_empty());
    let mut parts = Vec::with_capacity(groups);
    cut(state, driven, groups, random, &mut parts);
    let count = parts.len();
    let mut next = random.below(count);
    for slot in empty {
        next = (next + 1) % count;
        parts[next].push(slot);
    }
    let mut group_of_slot = vec![0usize; state.routes.len()];
    let mut shares: Vec<Share> = Vec::with_capacity(count);
    for (group, mut slots) in parts.into_iter().enumerate() {
        slots.sort_unstable();
        slots.iter().for_each(|&slot| group_of_slot[slot] = group);
        shares.push(Share {
            stops: slots.iter().map(|&s| state.routes[s].stops.len()).sum(),
            slots,
            mine: vec![false; problem.visits().len()],
            shared: vec![false; problem.visits().len()],
            seeds: Vec::new(),
        });
    }
    let groups_with = |visit: u32| {
        let calls = problem
            .calls_of(visit)
            .map(|c| state.slot_of[c as usize])
            .filter(|&s| s != ABSENT);
        let mut groups: Vec<usize> = calls.map(|s| group_of_slot[s as usize]).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    };
    let visits = problem.visits();
    for visit in (0..visits.len() as u32).filter(|&v| visits[v as usize].place.is_some()) {
        let mut groups = groups_with(visit);
        if groups.is_empty() {
            let near = neighbours.near(visit).iter().skip(1);
            let around = near.map(|&other| groups_with(other)).find(|g| !g.is_empty());
            let among = around.unwrap_or_else(|| (0..count).collect());
            groups.push(among[random.below(among.len())]);
        }
        // One that is partly planned is planned further by the only group that has it.
        if let [only] = groups[..] {
            shares[only].mine[visit as usize] = true;
        } else {
            groups
                .iter()
                .for_each(|&g| shares[g].shared[visit as usize] = true);
        }
        if !problem.is_delivery(visit) {
            groups.iter().for_each(|&g| shares[g].seeds.push(visit));
        }
    }
    shares
}

/// Cuts slots into so many parts of about as many stops each: those nearer to one random place here, those nearer to one far from it there.
fn cut(state: &State, mut slots: Vec<usize>, parts: usize, random: &mut Random, done: &mut Vec<Vec<usize>>) {
    if parts < 2 || slots.len() < 2 {
        return done.push(slots);
    }
    let problem = state.problem;
    let drive = |from: usize, to: usize| i64::from(problem.drive(from, to).min(NEVER));
    let mut place = || {
        let stops = &state.routes[slots[random.below(slots.len())]].stops;
        problem.place(stops[random.below(stops.len())])
    };
    let one = place();
    let tries: Vec<usize> = (0..6).map(|_| place()).collect();
    let far = tries
        .into_iter()
        .max_by_key(|&p| (drive(one, p), std::cmp::Reverse(p)));
    let other = far.unwrap_or(one);
    let lean = |slot: usize| -> i64 {
        let stops = &state.routes[slot].stops;
        let lean = stops.iter().map(|&call| {
            let here = problem.place(call);
            drive(one, here) - drive(other, here)
        });
        lean.sum::<i64>() / stops.len().max(1) as i64
    };
    slots.sort_by_cached_key(|&slot| (lean(slot), slot));
    let stops: usize = slots.iter().map(|&s| state.routes[s].stops.len()).sum();
    let (mut first, mut sum) = (0, 0);
    while first + 1 < slots.len() && (first == 0 || sum * parts < stops * (parts / 2)) {
        sum += state.routes[slots[first]].stops.len();
        first += 1;
    }
    let rest = slots.split_off(first);
    cut(state, slots, parts / 2, random, done);
    cut(state, rest, parts - parts / 2, random, done);
}
