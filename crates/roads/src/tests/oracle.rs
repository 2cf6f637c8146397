//! The slow twins: `petgraph`'s Dijkstra on the search graph, and a search over the drawn ways themselves that knows
//! nothing of edges, turns or copies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use petgraph::algo::dijkstra;
use petgraph::visit::{EdgeFiltered, EdgeRef};
use proptest::prelude::*;

use super::random::{RandomMap, Via, random_map};
use super::*;
use crate::cost::Cost;
use crate::search::{Net, direct};
use crate::{ComponentRule, Matrix, Profile};

/// The best cost by `petgraph`: from each turn out of the source's edges, to each node of the target's.
pub(super) fn twin(net: Net<'_>, from: &Snap, to: &Snap) -> Option<Cost> {
    let graph = net.graph();
    let open = |node: u32| net.is_open(graph.edge_of(node));
    let taken = |arc: Cost| arc.weight() < u64::from(crate::format::CLOSED);
    let drivable = EdgeFiltered::from_fn(graph, |arc| {
        open(arc.source()) && open(arc.target()) && taken(*arc.weight())
    });
    let mut best = direct(net, from, to).map(|(cost, _)| Cost::from(cost));
    for (edge, along) in from.sides(net) {
        let whole = graph.edges[edge as usize];
        let rest = whole.cost() - Cost::from(whole.part(along));
        for turn in graph.open_turns_from(edge).filter(|turn| open(turn.head)) {
            let reached = dijkstra(&drivable, turn.head, None, |arc| *arc.weight());
            for (end, part) in to.ends(net) {
                let found = reached
                    .get(&end)
                    .map(|cost| rest + turn.cost() + *cost + Cost::from(part));
                best = best.into_iter().chain(found).min();
            }
        }
    }
    best
}

pub(super) fn snaps(roads: &RoadIndex, map: &RandomMap, at: &[(u16, f64)]) -> Vec<Snap> {
    let any = SnapOptions {
        component: ComponentRule::Any,
        ..SnapOptions::default()
    };
    let place = |(way, share): &(u16, f64)| map.place_on(*way as usize % map.ways.len(), *share);
    at.iter()
        .filter_map(|at| roads.snap(place(at), &any).ok())
        .collect()
}

pub(super) fn places(count: usize) -> impl Strategy<Value = Vec<(u16, f64)>> {
    prop::collection::vec((any::<u16>(), 0.0..1.0f64), count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_way_of_asking_agrees_with_petgraph(map in random_map(), at in places(6)) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let snaps = snaps(&roads, &map, &at);
        for from in &snaps {
            for to in &snaps {
                let mut query = roads.query();
                let route = query.route(from, to);
                assert_consistent(&roads, from, to, route.as_ref());
                prop_assert_eq!(route.map(|r| r.trip), twin(roads.net(), from, to).map(Cost::trip));
            }
        }
    }

    #[test]
    fn a_matrix_in_parts_is_the_same_matrix(map in random_map(), at in places(7), cut in 0usize..7) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let snaps = snaps(&roads, &map, &at);
        let whole = roads.matrix(&snaps, &snaps);
        let cut = cut.min(snaps.len());
        let rows = [roads.matrix(&snaps[..cut], &snaps), roads.matrix(&snaps[cut..], &snaps)];
        let joined: Vec<u32> = rows.iter().flat_map(|m| m.durations()).copied().collect();
        prop_assert_eq!(whole.durations(), &joined[..]);
        let columns = [roads.matrix(&snaps, &snaps[..cut]), roads.matrix(&snaps, &snaps[cut..])];
        for i in 0..snaps.len() {
            for j in 0..snaps.len() {
                let part = if j < cut { columns[0].trip(i, j) } else { columns[1].trip(i, j - cut) };
                prop_assert_eq!(whole.trip(i, j), part);
            }
        }
    }

    #[test]
    fn a_matrix_in_blocks_is_the_same_matrix(map in random_map(), at in places(7), rows in 0usize..9, stop in 1usize..9) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let snaps = snaps(&roads, &map, &at);
        let whole = roads.matrix(&snaps, &snaps);
        let mut told = Vec::new();
        let end = roads.matrix_blocks(&snaps, &snaps, rows, &mut |first, block: Matrix| {
            assert_eq!(first * snaps.len(), told.len());
            assert!(block.sources() <= rows.max(1));
            told.extend_from_slice(block.durations());
            if told.len() >= stop * snaps.len() { ControlFlow::Break(first) } else { ControlFlow::Continue(()) }
        });
        prop_assert_eq!(end.is_break(), snaps.len() >= stop);
        prop_assert_eq!(&whole.durations()[..told.len()], &told[..]);
        prop_assert!(told.len() >= stop.min(snaps.len()) * snaps.len());
        let bytes = Matrix::bytes_for(snaps.len(), snaps.len());
        prop_assert_eq!(roads.matrix_within(&snaps, &snaps, bytes), Ok(whole));
        if bytes > 0 {
            let refused = roads.matrix_within(&snaps, &snaps, bytes - 1);
            let size = format!("takes {} bytes", bytes);
            prop_assert!(refused.is_err_and(|why| why.to_string().contains(&size)));
        }
    }

    #[test]
    fn components_say_who_reaches_whom(map in random_map(), at in places(6)) {
        prop_assume!(!map.ways.is_empty());
        let roads = open(&map.extract());
        let snaps = snaps(&roads, &map, &at);
        for from in &snaps {
            // One cannot go back on a one-way road that leads nowhere, which is a component by itself.
            for to in snaps.iter().filter(|to| to.component == from.component && to.segment != from.segment) {
                prop_assert!(roads.query().trip(from, to).is_some());
            }
        }
        let sizes: usize = (0..roads.statistics().components).map(|c| roads.component_size(crate::ComponentId(c as u32))).sum();
        prop_assert_eq!(sizes, roads.graph().nodes());
    }

    /// Turns cost nothing here, so that only lengths, directions and restrictions count.
    #[test]
    fn restrictions_mean_what_is_drawn(map in random_map(), at in places(4)) {
        prop_assume!(!map.ways.is_empty());
        let mut map = map;
        map.ways.iter_mut().for_each(|way| way.access = None);
        let roads = open_with(&map.extract(), &free_turns());
        for from in &at {
            for to in &at {
                let [a, b] = [from, to].map(|(way, share)| (*way as usize % map.ways.len(), *share));
                let [from, to] = [a, b].map(|(way, share)| snap_to(&roads, &map, way, share));
                let (Some(from), Some(to)) = (from, to) else { continue };
                // Closer than a centimetre, "just ahead" and "just behind" are the same place to the engine.
                if a.0 == b.0 && (a.1 - b.1).abs() < 1e-3 && a.1 != b.1 {
                    continue;
                }
                let found = roads.query().trip(&from, &to).map(|t| t.duration.0 as f64);
                match (found, walk(&map, a, b)) {
                    // Segments are rounded to milliseconds, places on them to centimetres (6 ms at 15 km/h).
                    (Some(found), Some(walked)) => prop_assert!((found - walked).abs() < 60.0, "{found} ms, but walked {walked} ms"),
                    (found, walked) => prop_assert_eq!(found, walked),
                }
            }
        }
    }
}

fn free_turns() -> Profile {
    let car = include_str!("../../profiles/car.toml");
    let free = car
        .replace("penalty = 7.5", "penalty = 0")
        .replace("u_turn = 20", "u_turn = 0");
    let free = free.replace("oncoming = 2", "oncoming = 0");
    Profile::from_toml(&free).expect("the car's profile with free turns")
}

/// A snap to that very way: where ways cross or coincide, others are as near.
fn snap_to(roads: &RoadIndex, map: &RandomMap, way: usize, share: f64) -> Option<Snap> {
    let ends = [map.place(map.ways[way].from), map.place(map.ways[way].to)];
    let on_way = |snap: &Snap| {
        let line: Vec<LngLat> = roads.places(snap.segment as usize).collect();
        let piece = [line[snap.piece as usize], line[snap.piece as usize + 1]];
        let near = |a: LngLat, b: LngLat| a.distance(b).0 < 0.1;
        near(piece[0], ends[0]) && near(piece[1], ends[1])
            || near(piece[0], ends[1]) && near(piece[1], ends[0])
    };
    // Two ways between the same ends cannot be told apart by where they lie.
    let same = |w: &super::random::RandomWay| {
        [[w.from, w.to], [w.to, w.from]].contains(&[map.ways[way].from, map.ways[way].to])
    };
    if map.ways.iter().filter(|w| same(w)).count() > 1 {
        return None;
    }
    let place = map.place_on(way, share);
    roads.roads_near(place, geom::Meters(1.0)).find(on_way)
}

/// Driving a way in one direction, and where one came from before: enough to know every restriction over one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    way: usize,
    forward: bool,
    before: Option<usize>,
}

/// Milliseconds from a place on a way to another, by trying all drives over the drawn ways, nearest first.
fn walk(map: &RandomMap, (from, from_share): (usize, f64), (to, to_share): (usize, f64)) -> Option<f64> {
    let whole = |way: usize| {
        let speed = match map.ways[way].highway {
            "primary" => 65.0,
            "service" => 15.0,
            _ => 25.0,
        };
        map.place(map.ways[way].from)
            .distance(map.place(map.ways[way].to))
            .0
            / (speed / 3.6)
            * 1000.0
    };
    let allowed = |way: usize, forward: bool| forward || !map.ways[way].oneway;
    let part = |way: usize, forward: bool, share: f64| whole(way) * if forward { share } else { 1.0 - share };
    let mut best: Option<f64> = None;
    let mut better = |cost: f64| best = Some(best.map_or(cost, |b| b.min(cost)));
    // Costs as whole micro-seconds, so that they can be ordered.
    let mut open: BTreeSet<(u64, State)> = BTreeSet::new();
    let mut done: BTreeMap<State, u64> = BTreeMap::new();
    for forward in [true, false].into_iter().filter(|f| allowed(from, *f)) {
        let start = part(from, forward, from_share);
        if from == to && part(to, forward, to_share) >= start {
            better(part(to, forward, to_share) - start);
        }
        let state = State {
            way: from,
            forward,
            before: None,
        };
        open.insert((((whole(from) - start) * 1000.0) as u64, state));
    }
    // The cost in `open` is that of reaching the end of the state's way.
    while let Some((cost, state)) = open.pop_first() {
        if done.contains_key(&state) {
            continue;
        }
        done.insert(state, cost);
        for next in turns(map, state) {
            let reached = cost as f64 / 1000.0;
            if next.way == to {
                better(reached + part(to, next.forward, to_share));
            }
            if !done.contains_key(&next) {
                open.insert((cost + (whole(next.way) * 1000.0) as u64, next));
            }
        }
    }
    best
}

fn turns(map: &RandomMap, state: State) -> Vec<State> {
    let way = &map.ways[state.way];
    let node = if state.forward { way.to } else { way.from };
    let leaves = |w: usize| {
        let way = &map.ways[w];
        // In the way's direction, or against it.
        (way.from == node)
            .then_some(true)
            .or((way.to == node && !way.oneway).then_some(false))
    };
    let exits = (0..map.ways.len()).filter(|w| leaves(*w).is_some()).count();
    let drives: Vec<usize> = (0..map.ways.len())
        .filter(|w| leaves(*w).is_some() && (*w != state.way || exits == 1))
        .collect();
    let mut allowed = drives.clone();
    // What is the only way at a node counts before what is forbidden, or none of it would be left to be the only one.
    let at_node = |r: &&super::random::RandomRestriction| !(r.only && matches!(r.via, Via::Node(_)));
    let mut restrictions: Vec<_> = map.restrictions.iter().collect();
    restrictions.sort_by_key(at_node);
    for restriction in restrictions {
        let concerned = match restriction.via {
            Via::Node(via) => via == node && restriction.from == state.way,
            Via::Way(via) => via == state.way && state.before == Some(restriction.from),
        };
        let there = drives.contains(&restriction.to);
        match restriction.only {
            _ if !concerned => {}
            false => allowed.retain(|w| *w != restriction.to),
            // At one node, an only-way that is not there is a mistake in the map.
            true if there && allowed.contains(&restriction.to) => allowed.retain(|w| *w == restriction.to),
            true if matches!(restriction.via, Via::Way(_)) && there => allowed.clear(),
            true => {}
        }
    }
    let turn = |w: usize| {
        leaves(w).map(|forward| State {
            way: w,
            forward,
            before: Some(state.way),
        })
    };
    allowed.into_iter().filter_map(turn).collect()
}
