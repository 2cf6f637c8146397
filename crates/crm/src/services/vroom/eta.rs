//! Plan mode: when the steps are best taken in the order they are given in, and what that violates.
//!
//! Steps may begin before their windows or after them; the seconds of both, over the whole route, are as few as can be,
//! then the time from start to end is as short as can be. With every step counted from the latest moment at which the
//! route could have begun to reach it, steps in order are numbers that do not fall, and the best ones lie on the bounds
//! of windows: one pass over the steps with those bounds is exact. Only several breaks within one drive are chosen one
//! after the other.

use super::Refusal;
use super::driven::Step;
use super::schedule::{Fleet, Leg};
use super::tasks::{Item, Wish};

/// Fewer is better: seconds outside windows, then the length of the route, then seconds before the vehicle may set off.
type Harm = (i64, i64, i64);

/// Steps times bounds of windows, and for each drive with breaks pairs of bounds, at most.
const MOST_CELLS: usize = 50_000_000;

/// What a step wants.
#[derive(Clone, Debug, Default)]
struct Bounds {
    windows: Vec<(i64, i64)>,
    not_before: Option<i64>,
    not_after: Option<i64>,
}

impl Bounds {
    /// Seconds outside the windows, or nothing where it must not begin then.
    fn harm(&self, time: i64) -> Option<i64> {
        let forced =
            self.not_before.is_some_and(|at| time < at) || self.not_after.is_some_and(|at| time > at);
        (!forced).then(|| outside(&self.windows, time).abs())
    }

    fn ends(&self) -> impl Iterator<Item = i64> + '_ {
        let windows = self.windows.iter().flat_map(|w| [w.0, w.1]);
        windows.chain(self.not_before).chain(self.not_after)
    }

    /// The least harm between two moments, and the first moment with it.
    fn best(&self, from: i64, to: i64) -> Option<(i64, i64)> {
        let inside = self.ends().filter(|at| (from..=to).contains(at));
        let all = [from, to].into_iter().chain(inside);
        all.filter_map(|at| self.harm(at).map(|harm| (harm, at))).min()
    }
}

/// Seconds after the nearest window, or before it (below 0).
fn outside(windows: &[(i64, i64)], time: i64) -> i64 {
    let one = |&(from, to): &(i64, i64)| {
        if time < from {
            time - from
        } else {
            (time - to).max(0)
        }
    };
    windows.iter().map(one).min_by_key(|s| s.abs()).unwrap_or(0)
}

/// A break that is wished for.
struct Wished {
    /// Its place in [`super::tasks::Vehicle::pauses`].
    pause: usize,
    service: i64,
    bounds: Bounds,
}

/// A place that the vehicle is at, with the breaks on the way to it.
struct Node {
    bounds: Bounds,
    leg: Leg,
    /// Setup and service there.
    action: (i64, i64),
    pauses: Vec<Wished>,
    /// Seconds from the start, as fast as can be.
    offset: i64,
    /// What the breaks on the way take.
    paused: i64,
}

/// The steps of a vehicle as they are wished for, with times. Refused where forced times exclude each other.
pub(super) fn steps(fleet: Fleet<'_>, vehicle: usize) -> Result<Vec<Step>, Refusal> {
    let asked = fleet.vehicle(vehicle);
    let infeasible = || Refusal::input(format!("Infeasible route for vehicle {}.", asked.id));
    let order = tasks_of(&asked.steps);
    let nodes = nodes(fleet, vehicle, &order);
    if nodes.iter().any(|node| !node.leg.exists()) {
        return Err(infeasible());
    }
    let candidates = candidates(&nodes, asked.window);
    let with_breaks = nodes.iter().filter(|node| !node.pauses.is_empty()).count();
    let pairs = with_breaks * candidates.len() * candidates.len();
    if nodes.len() * candidates.len() > MOST_CELLS || pairs > MOST_CELLS {
        return Err(Refusal::too_large(format!(
            "The {} steps of vehicle {} have too many time windows to be timed together; ask for parts of them.",
            asked.steps.len(),
            asked.id
        )));
    }
    // The harm so far by candidate, and by step and candidate the candidate of the step before.
    let start = |&from: &i64| {
        let early = (asked.window.0 - from).max(0);
        Some((early, -from, early))
    };
    let mut reached: Vec<Option<Harm>> = candidates.iter().map(start).collect();
    let mut before: Vec<Vec<u32>> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        let own = |from: i64| {
            let time = from + node.offset;
            if at + 1 == nodes.len() {
                return Some(((time - asked.window.1).max(0), from));
            }
            node.bounds.harm(time).map(|harm| (harm, 0))
        };
        let mut best: Option<(Harm, u32)> = None;
        let mut row = Vec::with_capacity(candidates.len());
        let mut now = Vec::with_capacity(candidates.len());
        for (number, &from) in (0u32..).zip(&candidates) {
            if node.pauses.is_empty() {
                let here = reached[number as usize].map(|harm| (harm, number));
                best = better(best, here);
            } else {
                // What the breaks cost depends on both ends of the drive.
                let until = reached[..=number as usize].iter().zip(&candidates);
                best = (0u32..).zip(until).fold(None, |best, (earlier, (harm, &left))| {
                    let times = harm.and_then(|harm| Some((harm, pauses(node, left, from)?)));
                    let both = times.map(|(harm, times)| {
                        let outside: i64 = times.iter().map(|(_, harm)| harm).sum();
                        ((harm.0 + outside, harm.1, harm.2), earlier)
                    });
                    better(best, both)
                });
            }
            let both =
                best.and_then(|(harm, _)| own(from).map(|own| (harm.0 + own.0, harm.1 + own.1, harm.2)));
            now.push(both);
            row.push(best.map_or(0, |(_, earlier)| earlier));
        }
        before.push(row);
        reached = now;
    }
    let ends = reached.iter().enumerate();
    let best = ends.filter_map(|(at, harm)| harm.map(|harm| (harm, at))).min();
    let (_, mut at) = best.ok_or_else(infeasible)?;
    let mut chosen = vec![candidates[at]];
    for row in before.iter().rev() {
        at = row[at] as usize;
        chosen.push(candidates[at]);
    }
    chosen.reverse();
    Ok(written(&nodes, &order, &chosen, asked.window))
}

/// The first of two unless the other does less harm.
fn better(one: Option<(Harm, u32)>, other: Option<(Harm, u32)>) -> Option<(Harm, u32)> {
    match (one, other) {
        (Some(one), Some(other)) if one.0 <= other.0 => Some(one),
        (one, None) => one,
        (_, other) => other,
    }
}

/// The tasks among wished steps.
pub(super) fn tasks_of(wishes: &[Wish]) -> Vec<usize> {
    let task = |wish: &Wish| match wish.item {
        Item::Task(task) => Some(task),
        Item::Pause(_) => None,
    };
    wishes.iter().filter_map(task).collect()
}

fn nodes(fleet: Fleet<'_>, vehicle: usize, order: &[usize]) -> Vec<Node> {
    let asked = fleet.vehicle(vehicle);
    let mut wishes = asked.steps.iter();
    let (mut offset, mut done) = (0, 0);
    let mut nodes = Vec::with_capacity(order.len() + 1);
    for (at, leg) in fleet.legs(vehicle, order).into_iter().enumerate() {
        let mut pauses = Vec::new();
        let mut bounds = Bounds::default();
        for wish in wishes.by_ref() {
            let forced = |windows: &[(i64, i64)]| Bounds {
                windows: windows.to_vec(),
                not_before: wish.not_before,
                not_after: wish.not_after,
            };
            match wish.item {
                Item::Pause(pause) => pauses.push(Wished {
                    pause,
                    service: asked.pauses[pause].service,
                    bounds: forced(&asked.pauses[pause].windows),
                }),
                Item::Task(task) => {
                    bounds = forced(&fleet.asking.tasks[task].windows);
                    break;
                }
            }
        }
        let paused = pauses.iter().map(|wished| wished.service).sum::<i64>();
        offset += done + paused + leg.seconds;
        let action = if at < order.len() {
            fleet.action(vehicle, order, at)
        } else {
            (0, 0)
        };
        done = action.0 + action.1;
        nodes.push(Node {
            bounds,
            leg,
            action,
            pauses,
            offset,
            paused,
        });
    }
    nodes
}

/// Moments at which the route may be thought to have begun, ascending.
fn candidates(nodes: &[Node], window: (i64, i64)) -> Vec<i64> {
    let end = nodes.last().map_or(0, |node| node.offset);
    let mut all = vec![window.0];
    if window.1 < super::tasks::FOREVER {
        all.push(window.1 - end);
    }
    for node in nodes {
        all.extend(node.bounds.ends().map(|at| at - node.offset));
        for Wished { bounds, .. } in &node.pauses {
            // A break lies anywhere between leaving and, but for its own length, arriving.
            let leave = node.offset - node.leg.seconds - node.paused;
            all.extend(bounds.ends().flat_map(|at| {
                [
                    at - leave,
                    at - node.offset + node.paused,
                    at - leave - node.leg.seconds,
                ]
            }));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The breaks on the way to a node, when they begin and what that violates; both ends counted as in the table.
fn pauses(node: &Node, before: i64, after: i64) -> Option<Vec<(i64, i64)>> {
    let mut earliest = before + node.offset - node.leg.seconds - node.paused;
    let arrival = after + node.offset;
    let mut still = node.paused;
    let mut times = Vec::with_capacity(node.pauses.len());
    for Wished { bounds, service, .. } in &node.pauses {
        let latest = arrival - still;
        let (harm, at) = bounds.best(earliest, latest).filter(|_| earliest <= latest)?;
        times.push((at, harm));
        earliest = at + service;
        still -= service;
    }
    Some(times)
}

fn written(nodes: &[Node], order: &[usize], chosen: &[i64], window: (i64, i64)) -> Vec<Step> {
    let mut steps = Vec::with_capacity(nodes.len() + 1);
    let mut start = Step::at(None, chosen[0], 0, 0);
    start.early = (window.0 - chosen[0]).max(0);
    steps.push(start);
    let (mut time, mut driven, mut meters) = (chosen[0], 0, 0);
    for (at, node) in nodes.iter().enumerate() {
        let begins = chosen[at + 1] + node.offset;
        let times = pauses(node, chosen[at], chosen[at + 1]).unwrap_or_default();
        let mut left = node.leg.seconds;
        for (wished, (start, _)) in node.pauses.iter().zip(times) {
            let on_the_way = left.min(start - time);
            left -= on_the_way;
            let mut step = Step::at(
                Some(Item::Pause(wished.pause)),
                time + on_the_way,
                driven + node.leg.seconds - left,
                meters + node.leg.share(left),
            );
            step.wait = start - step.arrival;
            step.service = wished.service;
            let outside = outside(&wished.bounds.windows, start);
            (step.late, step.early) = (outside.max(0), (-outside).max(0));
            steps.push(step);
            time = start + wished.service;
        }
        driven += node.leg.seconds;
        meters += node.leg.meters;
        let mut step = Step::at(None, time + left, driven, meters);
        if let Some(&task) = order.get(at) {
            step.item = Some(Item::Task(task));
            step.wait = begins - step.arrival;
            (step.setup, step.service) = node.action;
            let outside = outside(&node.bounds.windows, begins);
            (step.late, step.early) = (outside.max(0), (-outside).max(0));
            time = begins + step.setup + step.service;
        } else {
            step.late = (step.arrival - window.1).max(0);
        }
        steps.push(step);
    }
    steps
}
