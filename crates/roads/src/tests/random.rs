//! Random road maps: few nodes, many ways, restrictions of every kind.

use geom::{LngLat, LocalMeters};
use osm::{Builder, Extract, MemberKind, NodeId, RelationId, WayId};
use proptest::prelude::*;

/// A random map: every way has two nodes, so that a way is a road between junctions.
#[derive(Clone, Debug)]
pub(super) struct RandomMap {
    /// Metres east and north of [`RandomMap::middle`].
    pub nodes: Vec<[f64; 2]>,
    pub ways: Vec<RandomWay>,
    pub restrictions: Vec<RandomRestriction>,
}

#[derive(Clone, Debug)]
pub(super) struct RandomWay {
    pub from: usize,
    pub to: usize,
    pub oneway: bool,
    pub highway: &'static str,
    pub access: Option<&'static str>,
}

/// Ways are numbers into [`RandomMap::ways`].
#[derive(Clone, Debug)]
pub(super) struct RandomRestriction {
    pub only: bool,
    pub from: usize,
    pub via: Via,
    pub to: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Via {
    Node(usize),
    Way(usize),
}

impl RandomMap {
    pub(super) fn middle() -> LngLat {
        LngLat::new(13.26, 53.55).expect("a place in Neubrandenburg")
    }

    pub(super) fn place(&self, node: usize) -> LngLat {
        LocalMeters::at(Self::middle()).unproject(self.nodes[node])
    }

    /// Some way along a way's line, 0 to 1.
    pub(super) fn place_on(&self, way: usize, share: f64) -> LngLat {
        let RandomWay { from, to, .. } = self.ways[way];
        let [a, b] = [self.nodes[from], self.nodes[to]];
        let at = [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * share);
        LocalMeters::at(Self::middle()).unproject(at)
    }

    pub(super) fn extract(&self) -> Extract {
        self.extract_with(|_| None)
    }

    /// With a condition for each restriction, by number.
    pub(super) fn extract_with(&self, condition: impl Fn(usize) -> Option<String>) -> Extract {
        let mut builder = Builder::default();
        for node in 0..self.nodes.len() {
            builder.node(NodeId(node as i64), self.place(node).into(), []);
        }
        for (id, way) in (0..).zip(&self.ways) {
            let mut tags = vec![("highway", way.highway)];
            tags.extend(way.oneway.then_some(("oneway", "yes")));
            tags.extend(way.access.map(|value| ("access", value)));
            builder.way(WayId(id), [way.from, way.to].map(|n| NodeId(n as i64)), tags);
        }
        for (id, restriction) in (0..).zip(&self.restrictions) {
            let via = match restriction.via {
                Via::Node(node) => (MemberKind::Node, node as i64, "via"),
                Via::Way(way) => (MemberKind::Way, way as i64, "via"),
            };
            let (from, to) = (restriction.from as i64, restriction.to as i64);
            let members = [(MemberKind::Way, from, "from"), via, (MemberKind::Way, to, "to")];
            let kind = if restriction.only {
                "only_straight_on"
            } else {
                "no_left_turn"
            };
            let value = condition(id as usize).map(|when| format!("{kind} @ {when}"));
            let restriction = match &value {
                Some(value) => ("restriction:conditional", value.as_str()),
                None => ("restriction", kind),
            };
            builder.relation(RelationId(id), members, [("type", "restriction"), restriction]);
        }
        builder.finish()
    }
}

/// Six to fourteen junctions on a jittered grid, neighbours mostly joined.
pub(super) fn random_map() -> impl Strategy<Value = RandomMap> {
    (2usize..5, 3usize..5).prop_flat_map(|(rows, columns)| {
        let count = rows * columns;
        let jitter = prop::collection::vec((-30.0..30.0f64, -30.0..30.0f64), count);
        let way = (
            any::<u8>(),
            prop::sample::select(vec!["residential", "residential", "primary", "service"]),
        );
        let ways = prop::collection::vec(way, 2 * count);
        let extra = prop::collection::vec((0..count, 0..count), 0..4);
        let picks = prop::collection::vec((any::<u16>(), any::<u16>(), any::<u16>(), any::<u8>()), 0..8);
        (jitter, ways, extra, picks).prop_map(move |(jitter, looks, extra, picks)| {
            let at = |i: usize| {
                [
                    (i % columns) as f64 * 150.0 - 250.0,
                    (i / columns) as f64 * 150.0 - 250.0,
                ]
            };
            let nodes = jitter
                .iter()
                .enumerate()
                .map(|(i, j)| [at(i)[0] + j.0, at(i)[1] + j.1])
                .collect();
            let beside = (0..count)
                .filter(|i| i % columns + 1 < columns)
                .map(|i| (i, i + 1));
            let above = (0..count)
                .filter(|i| i + columns < count)
                .map(|i| (i, i + columns));
            let ends = beside
                .chain(above)
                .chain(extra.into_iter().filter(|(a, b)| a != b));
            let ways: Vec<RandomWay> = ends
                .zip(looks.iter().cycle())
                // One in eight is missing, so that dead ends and islands come about.
                .filter(|(_, (look, _))| look % 8 != 0)
                .map(|((a, b), (look, highway))| RandomWay {
                    from: if look & 64 == 0 { a } else { b },
                    to: if look & 64 == 0 { b } else { a },
                    oneway: look & 32 != 0 && look & 16 != 0,
                    highway,
                    access: (look % 11 == 0).then_some("private"),
                })
                .collect();
            let restrictions = picks
                .iter()
                .filter_map(|pick| restriction(&ways, *pick))
                .collect();
            RandomMap {
                nodes,
                ways,
                restrictions,
            }
        })
    })
}

/// A restriction between ways that really meet.
fn restriction(ways: &[RandomWay], (from, via, to, kind): (u16, u16, u16, u8)) -> Option<RandomRestriction> {
    let pick = |from: Vec<usize>, number: u16| from.get(number as usize % from.len().max(1)).copied();
    let at = |node: usize, not: &[usize]| -> Vec<usize> {
        let touches = |w: &usize| ways[*w].from == node || ways[*w].to == node;
        (0..ways.len())
            .filter(|w| touches(w) && !not.contains(w))
            .collect()
    };
    let first = pick((0..ways.len()).collect(), from)?;
    let node = if kind & 4 == 0 {
        ways[first].from
    } else {
        ways[first].to
    };
    let (via, last_node, used) = match kind & 1 {
        0 => (Via::Node(node), node, vec![first]),
        _ => {
            let between = pick(at(node, &[first]), via)?;
            let end = if ways[between].from == node {
                ways[between].to
            } else {
                ways[between].from
            };
            (Via::Way(between), end, vec![first, between])
        }
    };
    Some(RandomRestriction {
        only: kind & 2 != 0,
        from: first,
        via,
        to: pick(at(last_node, &used), to)?,
    })
}
