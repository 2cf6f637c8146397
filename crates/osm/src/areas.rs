//! Areas: closed ways and multipolygon or boundary relations, assembled into rings.

use std::collections::HashSet;

use geom::Fixed;
use rayon::prelude::*;

use crate::clipped::close_outside;
use crate::nest::{Ring, nest};
use crate::rings::{Joint, Line, join};
use crate::{Extract, MemberKind, NodeId, Relation, RelationId, Tags, Way, WayId};

/// Where an area comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AreaSource {
    /// A closed way.
    Way(WayId),
    /// A multipolygon or boundary relation.
    Relation(RelationId),
}

/// An area with holes in degrees; outer rings counter-clockwise, inner ones clockwise.
#[derive(Clone, Debug)]
pub struct Area<'a> {
    /// The element it was made of.
    pub source: AreaSource,
    /// That element's tags (old-style multipolygons: the outer way's).
    pub tags: Tags<'a>,
    /// At least one polygon with at least four points a ring.
    pub shape: geo_types::MultiPolygon<f64>,
    /// False where rings had to be closed or left out because members are missing from the extract.
    pub complete: bool,
}

impl Extract {
    /// Assembles every relation of type `multipolygon` or `boundary` that `wanted` accepts, and every
    /// closed way that `wanted` accepts, in order of source. Rings are joined from member ways in any
    /// order and direction; what cannot be closed is left out and the area marked incomplete. Where
    /// members were cut away outside [`Extract::bounds`], a short gap there is closed by a straight
    /// line, so that the area is right inside them; it counts as incomplete, too.
    /// Which ring is a hole follows from how they lie in each other, as roles are often wrong.
    pub fn areas<'a>(&'a self, wanted: impl Fn(&Tags<'a>) -> bool + Sync) -> Vec<Area<'a>> {
        let relations: Vec<Relation<'a>> = self.relations().filter(|r| kind_of(r).is_some()).collect();
        let from_relations: Vec<(Area<'a>, Vec<WayId>)> = relations
            .par_iter()
            .filter_map(|relation| {
                let (tags, taken) = self.tags_of_area(relation);
                wanted(&tags)
                    .then(|| self.relation_area(relation, tags))
                    .flatten()
                    .map(|area| (area, taken))
            })
            .collect();
        let taken: HashSet<WayId> = from_relations
            .iter()
            .flat_map(|(_, taken)| taken)
            .copied()
            .collect();
        let mut areas: Vec<Area<'a>> = (0..self.way_ids.len())
            .into_par_iter()
            .map(|i| self.way_at(i))
            .filter(|way| way.is_closed() && wanted(&way.tags) && !taken.contains(&way.id))
            .filter_map(|way| self.way_area(&way))
            .collect();
        areas.extend(from_relations.into_iter().map(|(area, _)| area));
        areas
    }

    fn way_area<'a>(&'a self, way: &Way<'a>) -> Option<Area<'a>> {
        let line = Line {
            nodes: way.nodes,
            inner: false,
        };
        let (shape, complete) = self.shape(&[line], 0);
        Some(Area {
            source: AreaSource::Way(way.id),
            tags: way.tags,
            shape: shape?,
            complete,
        })
    }

    fn relation_area<'a>(&'a self, relation: &Relation<'a>, tags: Tags<'a>) -> Option<Area<'a>> {
        let kind = kind_of(relation)?;
        let mut seen = HashSet::new();
        let mut missing = 0;
        let mut lines = Vec::new();
        for member in relation.members().filter(|m| m.kind == MemberKind::Way) {
            let inner = match (member.role, kind) {
                ("inner" | "enclave", _) => true,
                ("outer" | "exclave" | "", _) | (_, Kind::Multipolygon) => false,
                (_, Kind::Boundary) => continue,
            };
            if !seen.insert(member.id) {
                continue;
            }
            match self.way(WayId(member.id)) {
                Some(way) => lines.push(Line {
                    nodes: way.nodes,
                    inner,
                }),
                None => missing += 1,
            }
        }
        let (shape, complete) = self.shape(&lines, missing);
        Some(Area {
            source: AreaSource::Relation(relation.id),
            tags,
            shape: shape?,
            complete,
        })
    }

    /// Joins and nests the lines. The second value is true when nothing was missing.
    fn shape(&self, lines: &[Line<'_>], missing: usize) -> (Option<geo_types::MultiPolygon<f64>>, bool) {
        let joined = join(lines);
        let mut complete = missing == 0 && joined.all_closed;
        let mut points = |joint: &Joint| -> Vec<Fixed> {
            let points: Vec<Fixed> = joint
                .nodes
                .iter()
                .filter_map(|id| self.fixed(NodeId(*id)))
                .collect();
            complete &= points.len() == joint.nodes.len();
            points
        };
        let mut rings: Vec<Ring> = (joined.rings.iter())
            .filter_map(|ring| Ring::new(points(ring), ring.inner))
            .collect();
        // With most of the members gone, what is left says little about the whole.
        if let Some(bounds) = self.bounds.filter(|_| (1..=lines.len()).contains(&missing)) {
            for inner in [false, true] {
                let chains = joined.chains.iter().filter(|chain| chain.inner == inner);
                let closed = close_outside(chains.map(&mut points).collect(), bounds);
                rings.extend(closed.into_iter().filter_map(|ring| Ring::new(ring, inner)));
            }
        }
        let nested = nest(rings);
        complete &= nested.all_placed;
        let shape = (!nested.polygons.is_empty()).then_some(geo_types::MultiPolygon(nested.polygons));
        (shape, complete)
    }

    /// A multipolygon without tags that describe it has those of its first outer way that has any.
    /// Closed ways with the same tags are then part of it, not areas of their own.
    fn tags_of_area<'a>(&'a self, relation: &Relation<'a>) -> (Tags<'a>, Vec<WayId>) {
        let describes = |key: &str| {
            !matches!(key, "type" | "source" | "created_by" | "note" | "fixme") && !key.starts_with("source:")
        };
        let own = relation.tags.iter().any(|(key, _)| describes(key));
        if own || kind_of(relation) != Some(Kind::Multipolygon) {
            return (relation.tags, Vec::new());
        }
        let ways = || {
            let members = relation.members().filter(|m| m.kind == MemberKind::Way);
            members.filter_map(|m| Some((m.role, self.way(WayId(m.id))?)))
        };
        let outer = ways().find(|(role, way)| *role != "inner" && !way.tags.is_empty());
        let Some((_, outer)) = outer else {
            return (relation.tags, Vec::new());
        };
        let taken = ways()
            .filter(|(_, way)| way.tags.same(&outer.tags))
            .map(|(_, way)| way.id);
        (outer.tags, taken.collect())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Multipolygon,
    Boundary,
}

fn kind_of(relation: &Relation<'_>) -> Option<Kind> {
    match relation.tags.get("type")? {
        "multipolygon" => Some(Kind::Multipolygon),
        "boundary" => Some(Kind::Boundary),
        _ => None,
    }
}
