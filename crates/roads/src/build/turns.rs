//! Which turns are allowed, and what they cost: the arcs of the search graph.

mod restrict;

use geom::LngLat;

use super::chains::{Chain, expand};
use super::network::{Attributes, End, Lane, Network, Stretch};
use super::restrictions::{Kind, Restriction};
use super::{Numbered, offset};
use crate::format::{Arc, CLOSED, Edge, NONE, TurnChange, part_of};
use crate::graph::{BothWays, RoadGraph};
use crate::profile::{Profile, Sign, TurnAt};
use crate::week::Week;

/// By direction of a segment: its edge, or [`NONE`].
pub(crate) type EdgeOf = [u32; 2];

/// The arcs by the node they leave, and the same by the node they enter.
pub(crate) struct Arcs {
    /// By node beyond the edges: the edge it is a copy of, sorted.
    pub copies: Vec<u32>,
    pub first: Vec<u32>,
    pub arcs: Vec<Arc>,
    pub first_back: Vec<u32>,
    pub back: Vec<Arc>,
    pub changes: Vec<TurnChange>,
}

impl Arcs {
    /// The search graph of these arcs.
    pub(super) fn graph<'a>(&'a self, edges: &'a [Edge]) -> BothWays<'a> {
        BothWays {
            graph: RoadGraph {
                edges,
                copies: &self.copies,
                first_arc: &self.first,
                arcs: &self.arcs,
            },
            first_back: &self.first_back,
            back_arcs: &self.back,
        }
    }
}

/// An end of a segment at a junction.
#[derive(Clone, Copy)]
pub(super) struct Leg {
    pub segment: u32,
    /// 0 if the segment begins here, 1 if it ends here.
    pub side: usize,
    pub way: End,
    /// Degrees clockwise from north, leaving the junction.
    bearing: f64,
    /// The edge that arrives here, and the one that leaves; [`NONE`] where closed.
    pub arrives: u32,
    pub leaves: u32,
    /// The same, but [`NONE`] also where open at some times only.
    usually: [u32; 2],
}

/// Where segments meet.
pub(super) struct Junctions<'a> {
    network: &'a Network,
    pub stretches: &'a [Stretch],
    profile: &'a Profile,
    /// By node: where its legs begin.
    pub first: Vec<u32>,
    pub legs: Vec<Leg>,
}

/// Degrees beyond which a turn between carriageways is a turn back.
const SHARP: f64 = 165.0;

/// Turns by edge, before copies are made.
pub(super) type Turns = Vec<Vec<Turn>>;

/// A turn, and what becomes of it at some times.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    pub arc: Arc,
    /// Number of a list of changes; 0 is empty.
    pub changes: u32,
}

/// Lists of schedules with the weights of turns.
pub(super) type Changes = Numbered<Vec<(u32, u32)>>;

impl Turn {
    /// The same turn, but closed by a schedule.
    pub(super) fn closed(self, schedule: u32, changes: &mut Changes) -> Self {
        let mut list = changes.all[self.changes as usize].clone();
        list.push((schedule, CLOSED));
        Self {
            changes: changes.number(list),
            ..self
        }
    }
}

pub(crate) fn build(
    network: &Network,
    schedules: &mut Numbered<Week>,
    stretches: &[Stretch],
    edge_of: &[EdgeOf],
    restrictions: &[Restriction],
    profile: &Profile,
) -> Arcs {
    let mut changes = Changes::of(Vec::new());
    let junctions = Junctions::new(network, stretches, edge_of, profile);
    let edges = edge_of.iter().flatten().filter(|e| **e != NONE).count();
    let mut turns: Turns = vec![Vec::new(); edges];
    for node in 0..network.places.len() as u32 {
        junctions.turns_at(node, &mut turns, schedules, &mut changes);
    }
    // What is the only way counts before what is forbidden, or the order of mapping would matter; what holds always
    // counts before what holds at times.
    let mut ordered: Vec<&Restriction> = restrictions.iter().collect();
    ordered.sort_by_key(|r| (r.week.is_some(), r.kind != Kind::Only));
    for restriction in ordered {
        if let Some(node) = restriction.via_node.and_then(|id| network.node(id)) {
            let schedule = restriction.week.clone().map(|week| schedules.number(week));
            junctions.restrict(node, restriction, schedule, &mut turns, &mut changes);
        }
    }
    let chains: Vec<Chain> = restrictions
        .iter()
        .filter(|r| !r.via_ways.is_empty())
        .flat_map(|r| {
            let schedule = r.week.clone().map(|week| schedules.number(week));
            junctions.chains(r, schedule, edge_of)
        })
        .collect();
    expand(&turns, &chains, &mut changes)
}

impl<'a> Junctions<'a> {
    fn new(network: &'a Network, stretches: &'a [Stretch], edge_of: &[EdgeOf], profile: &'a Profile) -> Self {
        let mut ends: Vec<(u32, Leg)> = Vec::with_capacity(2 * stretches.len());
        for (segment, stretch) in stretches.iter().enumerate() {
            for side in [0, 1] {
                let node = if side == 0 {
                    stretch.first()
                } else {
                    stretch.last()
                };
                let [forward, backward] = edge_of[segment];
                let lanes = network.attributes[stretch.attributes as usize].lanes();
                let usually = |side: usize| {
                    if lanes[side].is_some() {
                        edge_of[segment][side]
                    } else {
                        NONE
                    }
                };
                let (arrives, leaves) = if side == 0 {
                    (backward, forward)
                } else {
                    (forward, backward)
                };
                ends.push((
                    node,
                    Leg {
                        segment: segment as u32,
                        side,
                        way: stretch.ends[side],
                        bearing: bearing(network, stretch, side),
                        arrives,
                        leaves,
                        usually: [usually(1 - side), usually(side)],
                    },
                ));
            }
        }
        ends.sort_by_key(|(node, leg)| (*node, leg.segment, leg.side));
        let mut first = vec![0u32; network.places.len() + 1];
        for (node, _) in &ends {
            first[*node as usize + 1] += 1;
        }
        for node in 1..first.len() {
            first[node] += first[node - 1];
        }
        Self {
            network,
            stretches,
            profile,
            first,
            legs: ends.into_iter().map(|(_, leg)| leg).collect(),
        }
    }

    pub(super) fn legs_at(&self, node: u32) -> &[Leg] {
        let node = node as usize;
        &self.legs[self.first[node] as usize..self.first[node + 1] as usize]
    }

    fn turns_at(&self, node: u32, turns: &mut Turns, schedules: &mut Numbered<Week>, changes: &mut Changes) {
        let legs = self.legs_at(node);
        let blocked = self.network.rules.get(&node).is_some_and(|rule| rule.blocks);
        for from in legs.iter().filter(|leg| leg.arrives != NONE) {
            for to in legs.iter().filter(|leg| leg.leaves != NONE) {
                let u_turn = (from.segment, from.side) == (to.segment, to.side);
                // One turns back only where there is nothing else to do.
                let others = || {
                    legs.iter()
                        .any(|leg| leg.leaves_usually() && (leg.segment, leg.side) != (to.segment, to.side))
                };
                let allowed = if blocked { u_turn } else { !u_turn || !others() };
                if allowed {
                    let arc = self.turn(node, from, to, u_turn);
                    let list = self.entry_changes(from, to, arc, schedules);
                    turns[from.arrives as usize].push(Turn {
                        arc,
                        changes: changes.number(list),
                    });
                }
            }
        }
    }

    fn turn(&self, node: u32, from: &Leg, to: &Leg, u_turn: bool) -> Arc {
        let attributes = |leg: &Leg| {
            let stretch = &self.stretches[leg.segment as usize];
            &self.network.attributes[stretch.attributes as usize]
        };
        let (before, after) = (attributes(from), attributes(to));
        let is_roundabout =
            |road: u32| self.network.roads[road as usize].kind & crate::format::ROUNDABOUT != 0;
        // Right is positive; straight on means leaving opposite to where one came from.
        let angle = (to.bearing - from.bearing).rem_euclid(360.0) - 180.0;
        // Turning sharply onto the other carriageway of the same road is turning back.
        let road = |attributes: &Attributes| &self.network.roads[attributes.road as usize];
        let same_road =
            road(before).name == road(after).name && road(before).reference == road(after).reference;
        let roundabout = is_roundabout(before.road) || is_roundabout(after.road);
        let divided =
            !from.leaves_usually() && !to.arrives_usually() && road(before).name != 0 && !roundabout;
        let back = u_turn || divided && same_road && angle.abs() > SHARP;
        let at = TurnAt {
            angle: if back { 180.0 } else { angle },
            roads: self.legs_at(node).iter().filter(|leg| leg.is_used()).count(),
            u_turn: back,
            boards: before.ferry != after.ferry,
            left_hand: before.left_hand,
            roundabout,
        };
        let seconds = self.delay(node, from, to) + self.profile.turn_seconds(at);
        let duration = part_of(seconds * 1000.0);
        // Arriving at a segment's first point means driving it backward.
        let arrives = before.lanes()[1 - from.side];
        let leaves = after.lanes()[to.side];
        let enters = restricted(leaves) && !restricted(arrives);
        Arc {
            head: to.leaves,
            weight: if enters {
                duration.max(self.profile.restricted_entry())
            } else {
                duration
            },
            duration,
        }
    }

    /// What a turn weighs at times when it enters a restricted road and usually does not, or the other way round.
    fn entry_changes(
        &self,
        from: &Leg,
        to: &Leg,
        arc: Arc,
        schedules: &mut Numbered<Week>,
    ) -> Vec<(u32, u32)> {
        let attributes = |leg: &Leg| {
            let stretch = &self.stretches[leg.segment as usize];
            &self.network.attributes[stretch.attributes as usize]
        };
        let (before, after) = (attributes(from), attributes(to));
        if before.variants == 0 && after.variants == 0 {
            return Vec::new();
        }
        let entered = self.network.times(after, to.side, restricted);
        let enters = entered.except(&self.network.times(before, 1 - from.side, restricted));
        let usually = restricted(after.lanes()[to.side]) && !restricted(before.lanes()[1 - from.side]);
        let (week, weight) = match usually {
            true => (Week::always().except(&enters), arc.duration),
            false => (enters, arc.duration.max(self.profile.restricted_entry())),
        };
        match week.is_never() {
            true => Vec::new(),
            false => vec![(schedules.number(week), weight)],
        }
    }

    /// Seconds lost at signals, signs and gates.
    fn delay(&self, node: u32, from: &Leg, to: &Leg) -> f64 {
        let Some(rule) = self.network.rules.get(&node) else {
            return 0.0;
        };
        // Arriving at the last point one drives as the segment runs, at the first against it.
        let along = from.way.along == (from.side == 1);
        let counts = |sign: Sign| match sign {
            Sign::Plain => true,
            Sign::MinorStop => {
                let others = self
                    .legs_at(node)
                    .iter()
                    .filter(|leg| leg.segment != from.segment);
                others.map(|leg| self.speed(leg)).fold(0.0, f64::max) > self.speed(from)
            }
            // A stop sign just behind a junction is meant for those who come towards the junction.
            Sign::Stop => {
                let length = |leg: &Leg| self.network.length(&self.stretches[leg.segment as usize].nodes).0;
                self.legs_at(node).len() != 2 || length(from) >= 20.0 || length(to) <= 20.0
            }
        };
        let delays = rule.delays.iter().filter(|d| d.along.is_none_or(|a| a == along));
        delays
            .filter(|d| d.sign != Sign::Stop || d.along.is_some() || counts(d.sign))
            .filter(|d| d.sign != Sign::MinorStop || counts(d.sign))
            .map(|d| d.seconds)
            .sum()
    }

    /// km/h, the faster direction.
    fn speed(&self, leg: &Leg) -> f64 {
        let stretch = &self.stretches[leg.segment as usize];
        let attributes = &self.network.attributes[stretch.attributes as usize];
        [attributes.forward, attributes.backward]
            .into_iter()
            .flatten()
            .map(Lane::speed)
            .fold(0.0, f64::max)
    }
}

impl Leg {
    fn arrives_usually(&self) -> bool {
        self.usually[0] != NONE
    }

    fn leaves_usually(&self) -> bool {
        self.usually[1] != NONE
    }

    /// The road is open in some direction, and not at some times only.
    fn is_used(&self) -> bool {
        self.arrives_usually() || self.leaves_usually()
    }
}

fn restricted(lane: Option<Lane>) -> bool {
    lane.is_some_and(|lane| lane.restricted)
}

/// The direction in which a segment leaves its first (`side` 0) or last point, taken some metres away, where
/// roads run as they are driven and not as their crossing was drawn.
fn bearing(network: &Network, stretch: &Stretch, side: usize) -> f64 {
    const AWAY: f64 = 10.0;
    let places = |i: usize| -> LngLat {
        let node = if side == 0 {
            stretch.nodes[i]
        } else {
            stretch.nodes[stretch.nodes.len() - 1 - i]
        };
        network.place(node)
    };
    let start = places(0);
    let mut before = [0.0f64; 2];
    for i in 1..stretch.nodes.len() {
        let here = offset(start, places(i));
        let (near, far) = (before[0].hypot(before[1]), here[0].hypot(here[1]));
        if far >= AWAY {
            let share = if far > near {
                (AWAY - near) / (far - near)
            } else {
                1.0
            };
            let at = [0, 1].map(|axis| before[axis] + (here[axis] - before[axis]) * share);
            return at[0].atan2(at[1]).to_degrees();
        }
        before = here;
    }
    before[0].atan2(before[1]).to_degrees()
}
