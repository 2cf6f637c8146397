//! What can be reached within a time: the exact parts of roads, and an area around them.

mod area;
mod blocks;
mod contour;
mod field;
mod frame;
mod line;
mod nest;
mod refine;
mod rows;
mod simplify;

use std::ops::RangeInclusive;

use geom::{LngLat, Millis};

use crate::cost::Packed;
use crate::format::{Edge, NONE};
use crate::index::RoadIndex;
use crate::nearby::numbers_in;
use crate::road::Road;
use crate::search::{Flood, Net};
use crate::snap::{BACKWARD, FORWARD, Snap};

pub use area::AreaOptions;

/// All roads reached within a time, exactly: a point lies on them if a trip there takes no longer.
pub struct Reach<'a> {
    roads: &'a RoadIndex,
    from: Snap,
    limit: Millis,
    /// By segment and centimetres along it, in order, not overlapping.
    parts: Vec<Part>,
}

/// A reached stretch of a segment: centimetres from its first point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    segment: u32,
    from: u32,
    to: u32,
}

/// A reached stretch of road.
#[derive(Clone, Debug, PartialEq)]
pub struct ReachedRoad<'a> {
    /// What it is called.
    pub road: Road<'a>,
    /// Its line, in no particular direction.
    pub line: Vec<LngLat>,
}

impl<'a> Reach<'a> {
    /// The time it was asked for.
    #[must_use]
    pub fn limit(&self) -> Millis {
        self.limit
    }

    /// A trip to that place takes no longer than the limit: exactly what [`crate::Query::trip`] would say of
    /// a place that may be arrived at in both directions.
    #[must_use]
    pub fn contains(&self, place: &Snap) -> bool {
        self.parts_of(place.segment)
            .iter()
            .any(|p| (p.from..=p.to).contains(&place.along))
    }

    /// The reached stretches, by segment.
    pub fn roads(&self) -> impl Iterator<Item = ReachedRoad<'a>> + '_ {
        self.parts.iter().map(|part| ReachedRoad {
            road: self.roads.road_of(part.segment as usize),
            line: self.line(part),
        })
    }

    /// The area around what is reached, outer rings counter-clockwise, with holes: places within
    /// [`AreaOptions::beyond_road`] of a road that are nearer to a reached road than to one that is not.
    /// Every point on a reached road lies inside. Empty where nothing is reached.
    #[must_use]
    pub fn area(&self, options: &AreaOptions) -> geo_types::MultiPolygon<f64> {
        area::draw(self, options)
    }

    fn parts_of(&self, segment: u32) -> &[Part] {
        let start = self.parts.partition_point(|p| p.segment < segment);
        let count = self.parts[start..].partition_point(|p| p.segment == segment);
        &self.parts[start..start + count]
    }

    fn line(&self, part: &Part) -> Vec<LngLat> {
        let mut line = Vec::new();
        let segment = part.segment as usize;
        for piece in pieces(self.roads, segment) {
            if let Some([a, b]) = piece.cut(part.from, part.to) {
                if line.last() != Some(&a) {
                    line.push(a);
                }
                line.push(b);
            }
        }
        line
    }
}

/// A straight piece of a segment with the centimetres at its ends.
struct Measured {
    ends: [LngLat; 2],
    along: [f64; 2],
}

impl Measured {
    /// What lies between two distances along the segment.
    fn cut(&self, from: u32, to: u32) -> Option<[LngLat; 2]> {
        let [start, end] = self.along;
        let (from, to) = (f64::from(from).max(start), f64::from(to).min(end));
        (from <= to).then(|| [self.at(from), self.at(to)])
    }

    fn at(&self, along: f64) -> LngLat {
        let [start, end] = self.along;
        let share = if end > start {
            (along - start) / (end - start)
        } else {
            0.0
        };
        let [a, b] = self.ends;
        let between = |a: f64, b: f64| a + (b - a) * share;
        LngLat::new(between(a.lng(), b.lng()), between(a.lat(), b.lat())).unwrap_or(a)
    }
}

/// A segment's pieces, measured so that the last ends exactly at the segment's length.
fn pieces(roads: &RoadIndex, segment: usize) -> impl Iterator<Item = Measured> + '_ {
    let total: f64 = roads
        .places(segment)
        .zip(roads.places(segment).skip(1))
        .map(|(a, b)| a.distance(b).0)
        .sum();
    let length = f64::from(roads.segments[segment].length);
    let scale = if total > 0.0 { length / total } else { 0.0 };
    let mut walked = 0.0;
    roads
        .places(segment)
        .zip(roads.places(segment).skip(1))
        .map(move |(a, b)| {
            let start = walked * scale;
            walked += a.distance(b).0;
            Measured {
                ends: [a, b],
                along: [start, walked * scale],
            }
        })
}

pub(crate) fn collect<'a>(net: Net<'a>, from: &Snap, limit: Millis, flood: &mut Flood) -> Reach<'a> {
    let (roads, graph) = (net.roads, net.graph());
    let milliseconds = u32::try_from(limit.0).unwrap_or(u32::MAX);
    // A bit by segment, so that they come out in order.
    let mut reached = vec![0u64; roads.segments.len().div_ceil(64)];
    let mut mark = |segment: u32| reached[segment as usize / 64] |= 1 << (segment % 64);
    flood.run(net, from, milliseconds, |node| mark(graph.edge(node).segment / 2));
    if (from.segment as usize) < roads.segments.len() {
        mark(from.segment);
    }
    let mut parts = Vec::new();
    for segment in numbers_in(&reached) {
        let arrivals = Arrivals::new(net, segment, from, flood);
        if arrivals.all_in_time(limit.0 as u64) {
            parts.push(Part {
                segment,
                from: 0,
                to: arrivals.length,
            });
            continue;
        }
        let length = roads.segments[segment as usize].length;
        let halves = match segment == from.segment {
            true => vec![0..=from.along.min(length), from.along.min(length)..=length],
            false => vec![0..=length],
        };
        for half in halves {
            for part in arrivals.in_time(half, limit.0 as u64) {
                add(&mut parts, segment, part);
            }
        }
    }
    Reach {
        roads,
        from: *from,
        limit,
        parts,
    }
}

fn add(parts: &mut Vec<Part>, segment: u32, part: RangeInclusive<u32>) {
    match parts.last_mut() {
        Some(last) if last.segment == segment && *part.start() <= last.to.saturating_add(1) => {
            last.to = last.to.max(*part.end());
        }
        _ => parts.push(Part {
            segment,
            from: *part.start(),
            to: *part.end(),
        }),
    }
}

/// The ways to arrive at a point of one segment.
struct Arrivals<'a> {
    length: u32,
    /// The two directions: the edge, and the cost at its start.
    sides: [Option<(&'a Edge, Packed)>; 2],
    /// The source, where it lies on this segment.
    source: Option<(u32, [Option<&'a Edge>; 2])>,
}

impl<'a> Arrivals<'a> {
    fn new(net: Net<'a>, segment: u32, source: &Snap, flood: &mut Flood) -> Self {
        let graph = net.graph();
        let known = &net.roads.segments[segment as usize];
        let edge = |edge: u32| (edge != NONE && net.is_open(edge)).then(|| &graph.edges[edge as usize]);
        let mut side = |number: u32| {
            let cost = edge(number).and_then(|_| graph.nodes_of(number).map(|n| flood.cost(net, n)).min())?;
            (!cost.is_unreached()).then(|| (&graph.edges[number as usize], cost))
        };
        let edges = [edge(known.forward), edge(known.backward)];
        Self {
            length: known.length,
            sides: [side(known.forward), side(known.backward)],
            source: (segment == source.segment).then(|| {
                let [forward, backward] = edges;
                let may = |direction: u8| source.directions & direction != 0;
                let left = [
                    forward.filter(|_| may(FORWARD)),
                    backward.filter(|_| may(BACKWARD)),
                ];
                (source.along.min(known.length), left)
            }),
        }
    }

    /// Every point is reached in time whichever way one arrives. Not known of the source's own segment.
    fn all_in_time(&self, limit: u64) -> bool {
        let in_time = |side: &Option<(&Edge, Packed)>| {
            side.is_none_or(|(edge, cost)| u64::from((cost + edge.packed()).parts().1) <= limit)
        };
        self.source.is_none() && self.sides.iter().any(Option::is_some) && self.sides.iter().all(in_time)
    }

    /// The cost of arriving at a point driving forward (`side` 0) or backward (1).
    fn arrive(&self, side: usize, x: u32) -> Packed {
        let along = |from_first: u32| {
            if side == 0 {
                from_first
            } else {
                self.length - from_first
            }
        };
        let around = self.sides[side].map(|(edge, cost)| cost + edge.part(along(x)));
        let ahead = self.source.and_then(|(at, edges)| {
            let edge = edges[side].filter(|_| along(at) <= along(x))?;
            Some(edge.part(along(x)) - edge.part(along(at)))
        });
        around.into_iter().chain(ahead).min().unwrap_or(Packed::UNREACHED)
    }

    /// The stretches of `range` where the better way to arrive is in time. `range` must not hold the source
    /// inside: then driving forward costs more and driving backward less the farther the point is.
    fn in_time(&self, range: RangeInclusive<u32>, limit: u64) -> Vec<RangeInclusive<u32>> {
        let (start, end) = range.into_inner();
        let forward_wins = |x: u32| self.arrive(0, x) <= self.arrive(1, x);
        let reached = |side: usize, x: u32| {
            let cost = self.arrive(side, x);
            !cost.is_unreached() && u64::from(cost.parts().1) <= limit
        };
        let turn = first_where(start, end + 1, |x| !forward_wins(x));
        let mut found = Vec::new();
        let late = first_where(start, turn, |x| !reached(0, x));
        if late > start {
            found.push(start..=late - 1);
        }
        let early = first_where(turn, end + 1, |x| reached(1, x));
        if early <= end {
            found.push(early..=end);
        }
        found
    }
}

/// The first number of `start..end` for which the condition holds, `end` if none; it must hold for all after.
fn first_where(start: u32, end: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (start, end);
    while low < high {
        let middle = low + (high - low) / 2;
        match holds(middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    low
}
