//! The sections of the pack that belong to roads, and what lies in them. All little-endian.

use bytemuck::{Pod, Zeroable};
use geom::Fixed;

use crate::cost::{Cost, LARGEST_PART, Packed};

/// "No edge in this direction."
pub(crate) const NONE: u32 = u32::MAX;

/// What names of sections begin with. Those of further profiles begin with `roads:` and the profile's name.
pub(crate) const PREFIX: &str = "roads/";

/// What names of sections begin with for a profile that is not the first.
pub(crate) fn prefix_of(profile: &str) -> String {
    format!("roads:{profile}/")
}

/// The name of a section for another profile.
pub(crate) fn renamed(section: &str, prefix: &str) -> String {
    format!("{prefix}{}", section.strip_prefix(PREFIX).unwrap_or(section))
}

/// One [`Header`].
pub(crate) const HEADER: &str = "roads/header";
/// [`Segment`] by segment.
pub(crate) const SEGMENTS: &str = "roads/segments";
/// `u32`: where each segment's points begin; one more than segments.
pub(crate) const FIRST_POINT: &str = "roads/first-point";
/// [`Fixed`]: the segments' points, both ends included.
pub(crate) const POINTS: &str = "roads/points";
/// [`Edge`] by edge: a segment driven in one direction.
pub(crate) const EDGES: &str = "roads/edges";
/// `u32`, the edge of each node beyond the edges: copies made by restrictions over several ways.
pub(crate) const COPIES: &str = "roads/copies";
/// `u32`: where each node's arcs begin; one more than nodes.
pub(crate) const FIRST_ARC: &str = "roads/first-arc";
/// [`Arc`]: allowed turns, by node they leave.
pub(crate) const ARCS: &str = "roads/arcs";
/// `u32`: number of nodes by component.
pub(crate) const COMPONENTS: &str = "roads/components";
/// [`Road`] by road.
pub(crate) const ROADS: &str = "roads/roads";
/// `u32`: where each text begins; one more than texts. Text 0 is empty.
pub(crate) const FIRST_TEXT: &str = "roads/first-text";
/// UTF-8.
pub(crate) const TEXTS: &str = "roads/texts";
/// `[i32; 4]`, west, south, east, north: boxes of [`FAN_OUT`] entries each, level by level, leaves first.
pub(crate) const BOXES: &str = "roads/tree-boxes";
/// [`Piece`]: the leaves' entries.
pub(crate) const PIECES: &str = "roads/tree-pieces";

/// `u32`: where each schedule's times begin; one more than schedules.
pub(crate) const FIRST_TIME: &str = "roads/first-time";
/// `[u16; 2]`: times of the week, from one minute to before another.
pub(crate) const TIMES: &str = "roads/times";
/// [`EdgeChange`]: edges that are driven otherwise at times.
pub(crate) const EDGE_CHANGES: &str = "roads/edge-changes";
/// [`TurnChange`]: turns that are forbidden or weigh otherwise at times; of several for a turn the last counts.
pub(crate) const TURN_CHANGES: &str = "roads/turn-changes";

/// `u32` by rank: the node of the search graph that is contracted then.
pub(crate) const NODE_OF_RANK: &str = "roads/node-of-rank";
/// `u32` by rank: the parent in the elimination tree.
pub(crate) const PARENT: &str = "roads/elimination-parent";
/// `u32` by rank: where a node's arcs to higher nodes begin; one more than nodes.
pub(crate) const FIRST_OUT: &str = "roads/first-out";
/// `u32`: ranks of their higher nodes.
pub(crate) const OUT_HEADS: &str = "roads/out-heads";
/// `u32` by arc: the lower node it goes over, or [`NONE`] for a turn.
pub(crate) const OUT_VIA: &str = "roads/out-via";
/// `u32` by rank: where a node's arcs from higher nodes begin; one more than nodes.
pub(crate) const FIRST_IN: &str = "roads/first-in";
/// `u32`: ranks of their higher nodes.
pub(crate) const IN_HEADS: &str = "roads/in-heads";
/// `u32` by arc: the lower node it goes over, or [`NONE`] for a turn.
pub(crate) const IN_VIA: &str = "roads/in-via";
/// `u32` by rank: where the arcs to higher nodes begin that queries use; one more than nodes.
pub(crate) const FIRST_WAY_OUT: &str = "roads/first-way-out";
/// [`crate::hierarchy::UpArc`]: those arcs.
pub(crate) const WAYS_OUT: &str = "roads/ways-out";
/// `u32` by rank: where the arcs from higher nodes begin that queries use; one more than nodes.
pub(crate) const FIRST_WAY_IN: &str = "roads/first-way-in";
/// [`crate::hierarchy::UpArc`]: those arcs.
pub(crate) const WAYS_IN: &str = "roads/ways-in";

/// Entries in a box of the R-tree.
pub(crate) const FAN_OUT: usize = 16;

/// What the sections were made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Header {
    /// [`LAYOUT`].
    pub layout: u32,
    /// Nodes of the search graph: edges and copies.
    pub nodes: u32,
    /// Text of the profile's name.
    pub profile: u32,
}

/// Raised when a section here changes its meaning.
pub(crate) const LAYOUT: u32 = 3;

/// A stretch of road between two junctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Segment {
    /// The edge from first to last point, or [`NONE`].
    pub forward: u32,
    /// The edge from last to first point, or [`NONE`].
    pub backward: u32,
    /// Its [`Road`].
    pub road: u32,
    /// Centimetres.
    pub length: u32,
}

/// A segment driven in one direction; a node of the search graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Edge {
    /// Milliseconds, what a search minimises; [`CLOSED`] where the edge is open at some times only.
    pub weight: u32,
    /// Milliseconds.
    pub duration: u32,
    /// Centimetres.
    pub distance: u32,
    /// The segment times two, plus one if driven from last to first point.
    pub segment: u32,
    /// Strongly connected component of the search graph.
    pub component: u32,
}

impl Edge {
    pub(crate) fn cost(&self) -> Cost {
        Cost::new(self.weight, self.duration, self.distance)
    }

    pub(crate) fn packed(&self) -> Packed {
        Packed::new(self.weight, self.duration, self.distance)
    }

    pub(crate) fn segment(&self) -> usize {
        (self.segment / 2) as usize
    }

    pub(crate) fn is_backward(&self) -> bool {
        self.segment % 2 == 1
    }

    /// The cost of driving the first `along` centimetres. Grows with `along`, part by part.
    pub(crate) fn part(&self, along: u32) -> Packed {
        let share = |whole: u32| match self.distance {
            0 => 0,
            all => (u64::from(whole) * u64::from(along.min(all)) / u64::from(all)) as u32,
        };
        Packed::new(share(self.weight), share(self.duration), along.min(self.distance))
    }
}

/// An allowed turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Arc {
    /// The node it leads to (reversed arcs: the node it comes from).
    pub head: u32,
    /// Milliseconds the turn adds to the weight.
    pub weight: u32,
    /// Milliseconds the turn takes.
    pub duration: u32,
}

impl Arc {
    pub(crate) fn cost(&self) -> Cost {
        Cost::new(self.weight, self.duration, 0)
    }

    pub(crate) fn packed(&self) -> Packed {
        Packed::new(self.weight, self.duration, 0)
    }
}

/// What an edge costs at some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct EdgeChange {
    pub edge: u32,
    /// The schedule by which it holds.
    pub schedule: u32,
    /// Milliseconds, or [`CLOSED`].
    pub weight: u32,
    /// Milliseconds.
    pub duration: u32,
}

/// What a turn weighs at some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct TurnChange {
    pub arc: u32,
    /// The schedule by which it holds.
    pub schedule: u32,
    /// Milliseconds, or [`CLOSED`].
    pub weight: u32,
}

/// The weight of an edge or turn that is closed.
pub(crate) const CLOSED: u32 = u32::MAX;

/// What segments of one name, number and kind have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Road {
    /// Text of `name`.
    pub name: u32,
    /// Text of `ref`.
    pub reference: u32,
    /// Text of where signposts say it leads.
    pub destination: u32,
    /// Text of the number of the motorway's exit it begins at.
    pub exit: u32,
    /// Number of the [`crate::RoadClass`], plus [`NO_SNAP`], [`ROUNDABOUT`], [`TOLL`], [`TUNNEL`], [`UNPAVED`],
    /// [`LEFT_HAND`], [`LINK`].
    pub kind: u32,
}

/// Nobody starts or ends here (ferries, private driveways).
pub(crate) const NO_SNAP: u32 = 1 << 8;
/// Part of a roundabout.
pub(crate) const ROUNDABOUT: u32 = 1 << 9;
/// One pays to use it.
pub(crate) const TOLL: u32 = 1 << 10;
/// In a tunnel.
pub(crate) const TUNNEL: u32 = 1 << 11;
/// Traffic keeps to the left.
pub(crate) const LEFT_HAND: u32 = 1 << 13;
/// A slip road.
pub(crate) const LINK: u32 = 1 << 14;
/// Not paved.
pub(crate) const UNPAVED: u32 = 1 << 12;

/// A straight piece of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Piece {
    pub segment: u32,
    /// The piece runs from this point of the segment to the next.
    pub from: u32,
}

/// A rounded, clamped part of a cost.
pub(crate) fn part_of(value: f64) -> u32 {
    // The cast takes NaN to 0 and anything negative to 0.
    (value.round() as u32).min(LARGEST_PART)
}

/// West, south, east, north.
pub(crate) type Box4 = [i32; 4];

/// The box around two points.
pub(crate) fn box_around(a: Fixed, b: Fixed) -> Box4 {
    [
        a.lng.min(b.lng),
        a.lat.min(b.lat),
        a.lng.max(b.lng),
        a.lat.max(b.lat),
    ]
}
