//! Where roads part so that one must say which to keep to.

use geom::LngLat;

use crate::format::Edge;
use crate::graph::RoadGraph;
use crate::guidance::Turn;
use crate::index::RoadIndex;
use crate::road::{Road, RoadClass};

/// Both roads lead on within so many degrees of straight.
const AHEAD: f64 = 50.0;
/// Away from motorways roads part where neither is much straighter than the other, in degrees.
const ALIKE: f64 = 20.0;
/// Bearings are taken over this many metres.
const SHORT: f64 = 10.0;

/// What is taken at the end of a node's edge on the way to the next node, if roads of the same kind part there; `None` where the
/// way on is plain, or a turn like others.
pub(crate) fn taken(roads: &RoadIndex, graph: RoadGraph<'_>, node: u32, next: u32) -> Option<Turn> {
    let road = |node: u32| roads.road_of(graph.edge(node).segment());
    let (before, after) = (road(node), road(next));
    if after.roundabout {
        return None;
    }
    let here = graph.edge(node);
    let others = graph.turns_from(node).iter().map(|turn| graph.edge_of(turn.head));
    let others = others.filter(|other| {
        let edge = graph.edge(*other);
        edge.segment() != here.segment() && *other != graph.edge_of(next)
    });
    let mut alike = others
        .filter(|other| are_alike(&before, &after, &road(*other)))
        .peekable();
    alike.peek()?;
    let arrives = heading(roads, here, true);
    let angle = |edge: &Edge| (heading(roads, edge, false) - arrives + 180.0).rem_euclid(360.0) - 180.0;
    let ours = angle(graph.edge(next));
    if ours.abs() > AHEAD {
        return None;
    }
    let (mut left, mut right) = (false, false);
    for other in alike {
        let theirs = angle(graph.edge(other));
        let fast = is_fast(&after);
        if theirs.abs() <= AHEAD && (fast || (ours.abs() - theirs.abs()).abs() <= ALIKE) {
            left |= theirs < ours;
            right |= theirs > ours;
        }
    }
    match (left, right) {
        (false, false) => None,
        (true, true) => Some(Turn::Straight),
        (true, false) => Some(Turn::SlightRight),
        (false, true) => Some(Turn::SlightLeft),
    }
}

fn is_fast(road: &Road<'_>) -> bool {
    road.link || matches!(road.class, RoadClass::Motorway | RoadClass::Trunk)
}

/// Two roads that lead on from one so that neither is plainly the way on.
fn are_alike(before: &Road<'_>, taken: &Road<'_>, other: &Road<'_>) -> bool {
    if taken.class != other.class || taken.link != other.link || other.roundabout {
        return false;
    }
    let goes_on = |road: &Road<'_>| {
        (road.name, road.reference) == (before.name, before.reference)
            && (road.name, road.reference) != (None, None)
    };
    // Who stays on a street by its name does not think of a fork, but on a motorway one must change lanes in time.
    is_fast(taken) || !goes_on(taken) || goes_on(other)
}

/// Degrees clockwise from north in which an edge begins, or ends.
fn heading(roads: &RoadIndex, edge: &Edge, at_end: bool) -> f64 {
    let line = roads.line(edge.segment());
    // From the end that is looked at to the other.
    let from_last = at_end != edge.is_backward();
    let point = |i: usize| -> LngLat {
        let i = if from_last { line.len() - 1 - i } else { i };
        line[i].into()
    };
    let here = point(0);
    let away = (1..line.len()).map(point);
    let there = away
        .clone()
        .find(|place| place.distance(here).0 >= SHORT)
        .or((1..line.len()).next_back().map(point));
    match there {
        None => 0.0,
        Some(there) if at_end => there.bearing(here),
        Some(there) => here.bearing(there),
    }
}
