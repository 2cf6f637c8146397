//! From a path through the search graph to a line on the map and steps along named roads.

use std::ops::Range;

use geom::{LngLat, Meters, Millis};

use crate::cost::{Cost, Packed, Trip, centimeters};
use crate::forks;
use crate::guidance::Turn;
use crate::index::RoadIndex;
use crate::road::RoadClass;
use crate::search::{Net, Path};
use crate::snap::Snap;

/// The way from one place to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Duration and distance: the sums over the steps, exactly.
    pub trip: Trip,
    /// The line along the roads from snapped point to snapped point; at least two points.
    pub line: Vec<LngLat>,
    /// What to drive along, one step for each change of road.
    pub steps: Vec<Step>,
}

/// A stretch along one road.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The road's name.
    pub name: Option<String>,
    /// The road's number, such as `B 96`.
    pub reference: Option<String>,
    /// Where signposts say the road leads.
    pub destination: Option<String>,
    /// The number of the exit a slip road begins at.
    pub exit: Option<String>,
    /// The road's kind.
    pub class: RoadClass,
    /// It is a slip road.
    pub link: bool,
    /// The step begins where roads of the same kind part, and this is the one that is taken: slightly to the left or right, or
    /// straight on between others.
    pub fork: Option<Turn>,
    /// The stretch is part of a roundabout.
    pub roundabout: bool,
    /// Driving time, the turn into the road included.
    pub duration: Millis,
    /// Its length.
    pub distance: Meters,
    /// The points of the route's line it covers; neighbouring steps share one.
    pub points: Range<usize>,
    /// Degrees one turns to the right on entering it, negative to the left; 0 for the first step.
    pub turn: f64,
    /// Degrees clockwise from north in which it begins.
    pub heading: f64,
    /// In a roundabout: how many exits are passed, the one taken included.
    pub exits: u32,
}

pub(crate) fn describe(net: Net<'_>, from: &Snap, to: &Snap, path: &Path) -> Route {
    let roads = net.roads;
    let mut drawing = Drawing {
        roads,
        route: Route {
            trip: Cost::from(path.cost).trip(),
            line: vec![from.point],
            steps: Vec::new(),
        },
        lengths: Vec::new(),
        fork: None,
    };
    let graph = net.graph();
    let along = |snap: &Snap, edge: u32| {
        // A path begins and ends on edges of the snapped segments, unless the pack is damaged.
        let side = snap.sides(net).find(|(side, _)| *side == edge);
        side.map_or(0, |(_, along)| along)
    };
    let source = &graph.edges[path.source_edge as usize];
    let started = source.part(along(from, path.source_edge));
    match path.nodes.split_last() {
        None => {
            let cost = source.part(along(to, path.source_edge)) - started;
            drawing.drive(path.source_edge, Packed::ZERO, cost, Some(from), Some(to));
        }
        Some(((last, turn), between)) => {
            drawing.drive(
                path.source_edge,
                Packed::ZERO,
                source.packed() - started,
                Some(from),
                None,
            );
            drawing.pass(net, path.source_edge, path.nodes[0].0);
            for (i, (node, turn)) in between.iter().enumerate() {
                drawing.drive(
                    graph.edge_of(*node),
                    *turn,
                    graph.edge(*node).packed(),
                    None,
                    None,
                );
                drawing.pass(net, *node, path.nodes[i + 1].0);
            }
            let edge = graph.edge_of(*last);
            let part = graph.edges[edge as usize].part(along(to, edge));
            drawing.drive(edge, *turn, part, None, Some(to));
        }
    }
    drawing.finish(to)
}

/// Bearings are taken over this many metres, where roads run as they are driven and not as crossings are drawn.
const SHORT: f64 = 10.0;

struct Drawing<'a> {
    roads: &'a RoadIndex,
    route: Route,
    /// Centimetres of each step.
    lengths: Vec<u64>,
    /// What is taken where the edge that is drawn next begins, if roads part there.
    fork: Option<Turn>,
}

impl Drawing<'_> {
    /// Adds (part of) an edge: after the turn into it, from a place on it or its start, to a place or its end.
    fn drive(&mut self, edge: u32, turn: Packed, along: Packed, from: Option<&Snap>, to: Option<&Snap>) {
        let edge = &self.roads.edges[edge as usize];
        let road = self.roads.road_of(edge.segment());
        let start = self.route.line.len() - 1;
        self.draw(edge.segment(), edge.is_backward(), from, to);
        let end = self.route.line.len();
        let duration = Millis(i64::from(turn.parts().1) + i64::from(along.parts().1));
        let same = |step: &Step| {
            step.name.as_deref() == road.name
                && step.reference.as_deref() == road.reference
                && step.roundabout == road.roundabout
                && (step.class == road.class || road.name.is_some())
                && step.link == road.link
        };
        let fork = self.fork.take();
        let last = self.route.steps.last_mut();
        if let Some(step) = last.filter(|step| fork.is_none() && same(step)) {
            step.duration += duration;
            step.points.end = end;
            if step.destination.is_none() {
                step.destination = road.destination.map(str::to_owned);
            }
        } else {
            self.route.steps.push(Step {
                name: road.name.map(str::to_owned),
                reference: road.reference.map(str::to_owned),
                destination: road.destination.map(str::to_owned),
                exit: road.exit.map(str::to_owned),
                class: road.class,
                link: road.link,
                fork,
                roundabout: road.roundabout,
                duration,
                distance: Meters::ZERO,
                points: start..end,
                turn: 0.0,
                heading: 0.0,
                exits: 0,
            });
            self.lengths.push(0);
        }
        if let Some(length) = self.lengths.last_mut() {
            *length += u64::from(along.parts().2);
        }
    }

    /// Looks at the junction at the end of a node's edge that was driven to its end: counts the exit of a roundabout, and
    /// finds out whether roads part there.
    fn pass(&mut self, net: Net<'_>, node: u32, next: u32) {
        let graph = net.graph();
        let is_roundabout = |node: u32| self.roads.road_of(graph.edge(node).segment()).roundabout;
        let turns = graph.turns_from(node);
        match is_roundabout(node) {
            true => {
                let leaves = turns.iter().any(|turn| !is_roundabout(turn.head));
                if let Some(step) = self.route.steps.last_mut().filter(|_| leaves) {
                    step.exits += 1;
                }
            }
            false if turns.len() > 1 => self.fork = forks::taken(self.roads, graph, node, next),
            false => {}
        }
    }

    /// Adds the points strictly between the two places, and the end of the edge where there is no second.
    fn draw(&mut self, segment: usize, backward: bool, from: Option<&Snap>, to: Option<&Snap>) {
        let line = self.roads.line(segment);
        // Driven forward, points after `piece` lie ahead; driven backward, `piece` and those before it.
        let (after, until) = match backward {
            false => (
                from.map_or(0, |s| s.piece + 1),
                to.map_or(line.len() as u32, |s| s.piece + 1),
            ),
            true => (
                to.map_or(0, |s| s.piece + 1),
                from.map_or(line.len() as u32, |s| s.piece + 1),
            ),
        };
        let points = line.get(after as usize..until as usize).unwrap_or_default();
        let mut push = |point: LngLat| {
            if self.route.line.last() != Some(&point) {
                self.route.line.push(point);
            }
        };
        match backward {
            false => points.iter().for_each(|p| push((*p).into())),
            true => points.iter().rev().for_each(|p| push((*p).into())),
        }
    }

    fn finish(mut self, to: &Snap) -> Route {
        if self.route.line.last() != Some(&to.point) || self.route.line.len() < 2 {
            self.route.line.push(to.point);
        }
        if let Some(step) = self.route.steps.last_mut() {
            step.points.end = self.route.line.len();
        }
        let line = &self.route.line;
        for (i, (step, length)) in self.route.steps.iter_mut().zip(&self.lengths).enumerate() {
            step.distance = centimeters(*length);
            let at = line[step.points.start];
            let far = |p: &&LngLat| p.distance(at).0 >= SHORT;
            let behind = &line[..step.points.start];
            let ahead = &line[step.points.start + 1..];
            let to = ahead.iter().find(far).or(ahead.last());
            let from = behind.iter().rev().find(far).or(behind.first());
            step.heading = to.map_or(0.0, |to| at.bearing(*to));
            if let Some(from) = from.filter(|_| i > 0) {
                // Between -180 and 180.
                step.turn = (step.heading - from.bearing(at) + 180.0).rem_euclid(360.0) - 180.0;
            }
        }
        self.route
    }
}
