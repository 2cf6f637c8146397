//! Opening the road sections of a pack, and what they say about a road.

mod check;

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use geom::{Fixed, LngLat};
use pack::{OpenError, Pack};

use crate::array::{Array, Sections};
use crate::format::{self, Edge, EdgeChange, Header, Piece, Segment, TurnChange};
use crate::graph::RoadGraph;
use crate::hierarchy::{Customizer, Hierarchy, Metric};
use crate::matrix::{self, Matrix, MatrixTooLarge};
use crate::query::Query;
use crate::road::Road;
use crate::search::{Blocks, Net};
use crate::snap::Snap;

pub(crate) use check::{check_starts, levels, refuse};

/// A set of directed roads each of which leads to each other. `component 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(pub u32);

impl std::fmt::Display for ComponentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "component {}", self.0)
    }
}

/// How large an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Stretches of road between junctions.
    pub segments: usize,
    /// Segments by the directions they may be driven in.
    pub edges: usize,
    /// Allowed turns.
    pub turns: usize,
    /// Strongly connected components.
    pub components: usize,
    /// Bytes of all sections in the pack.
    pub bytes: usize,
}

/// The roads of a map pack: read-only, shared by all threads.
pub struct RoadIndex {
    profile: String,
    pub(crate) segments: Array<Segment>,
    pub(crate) first_point: Array<u32>,
    pub(crate) points: Array<Fixed>,
    pub(crate) edges: Array<Edge>,
    copies: Array<u32>,
    first_arc: Array<u32>,
    arcs: Array<format::Arc>,
    pub(crate) first_time: Array<u32>,
    pub(crate) times: Array<[u16; 2]>,
    pub(crate) edge_changes: Array<EdgeChange>,
    pub(crate) turn_changes: Array<TurnChange>,
    components: Array<u32>,
    pub(crate) roads: Array<format::Road>,
    first_text: Array<u32>,
    texts: Array<u8>,
    pub(crate) boxes: Array<format::Box4>,
    pub(crate) pieces: Array<Piece>,
    largest: ComponentId,
    pub(crate) hierarchy: Hierarchy,
    /// What the roads cost by the profile they were built with.
    pub(crate) metric: Metric,
    /// Made when first needed, as is the next.
    blocks: OnceLock<Blocks>,
    customizer: OnceLock<Customizer>,
}

impl RoadIndex {
    /// Opens the roads of the first profile in the pack. Every number that leads to another place is checked once, so that
    /// nothing can go out of bounds later; the bytes themselves are checked by [`Pack::verify`].
    pub fn open(pack: Arc<Pack>) -> Result<Self, OpenError> {
        Self::open_sections(&Sections {
            pack,
            prefix: format::PREFIX.to_owned(),
        })
    }

    /// Opens the roads of every profile in the pack: the first, then the others by name.
    pub fn open_all(pack: &Arc<Pack>) -> Result<Vec<Self>, OpenError> {
        let first = Self::open(Arc::clone(pack))?;
        let headers = pack.sections().map(|(name, _)| name);
        let prefixes: Vec<String> = headers
            .filter(|name| name.starts_with("roads:"))
            .filter_map(|name| name.strip_suffix(format::HEADER.strip_prefix(format::PREFIX)?))
            .map(str::to_owned)
            .collect();
        let others = prefixes.into_iter().map(|prefix| {
            let pack = Arc::clone(pack);
            Self::open_sections(&Sections { pack, prefix })
        });
        std::iter::once(Ok(first)).chain(others).collect()
    }

    fn open_sections(pack: &Sections) -> Result<Self, OpenError> {
        Self::open_unnamed(pack).map_err(|error| match error {
            // The checks know sections by their first profile's names.
            OpenError::Section { section, reason } => OpenError::Section {
                section: match section.starts_with(format::PREFIX) {
                    true => format::renamed(&section, &pack.prefix),
                    false => section,
                },
                reason,
            },
            other => other,
        })
    }

    fn open_unnamed(pack: &Sections) -> Result<Self, OpenError> {
        let header: Array<Header> = Array::open(pack, format::HEADER)?;
        let header = *header.first().ok_or_else(|| refuse(format::HEADER, "is empty"))?;
        if header.layout != format::LAYOUT {
            return Err(refuse(
                format::HEADER,
                &format!(
                    "has layout {}, this program reads {}",
                    header.layout,
                    format::LAYOUT
                ),
            ));
        }
        let components: Array<u32> = Array::open(pack, format::COMPONENTS)?;
        let largest = (0..components.len())
            .rev()
            .max_by_key(|c| components[*c])
            .unwrap_or(0);
        let edges: Array<Edge> = Array::open(pack, format::EDGES)?;
        let arcs: Array<format::Arc> = Array::open(pack, format::ARCS)?;
        let hierarchy = Hierarchy::open(pack, header.nodes as usize)?;
        let mut index = Self {
            profile: String::new(),
            segments: Array::open(pack, format::SEGMENTS)?,
            first_point: Array::open(pack, format::FIRST_POINT)?,
            points: Array::open(pack, format::POINTS)?,
            metric: Metric::open(pack, edges.clone(), arcs.clone(), &hierarchy)?,
            hierarchy,
            blocks: OnceLock::new(),
            customizer: OnceLock::new(),
            edges,
            copies: Array::open(pack, format::COPIES)?,
            first_arc: Array::open(pack, format::FIRST_ARC)?,
            arcs,
            first_time: Array::open(pack, format::FIRST_TIME)?,
            times: Array::open(pack, format::TIMES)?,
            edge_changes: Array::open(pack, format::EDGE_CHANGES)?,
            turn_changes: Array::open(pack, format::TURN_CHANGES)?,
            roads: Array::open(pack, format::ROADS)?,
            first_text: Array::open(pack, format::FIRST_TEXT)?,
            texts: Array::open(pack, format::TEXTS)?,
            boxes: Array::open(pack, format::BOXES)?,
            pieces: Array::open(pack, format::PIECES)?,
            components,
            largest: ComponentId(largest as u32),
        };
        index.check(header)?;
        index.profile = index.text(header.profile).unwrap_or_default().to_owned();
        Ok(index)
    }

    /// The name of the profile the roads were built with, such as `car`.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The search graph.
    #[must_use]
    pub fn graph(&self) -> RoadGraph<'_> {
        RoadGraph {
            edges: &self.edges,
            copies: &self.copies,
            first_arc: &self.first_arc,
            arcs: &self.arcs,
        }
    }

    /// A query with its own scratch memory; keep one per thread. Asks by the profile the roads were built with; see
    /// [`RoadIndex::with`] for others.
    #[must_use]
    pub fn query(&self) -> Query<'_> {
        Query::new(self.net())
    }

    /// The trip from each source to each target: each cell is what [`Query::trip`] answers. Sources are shared among
    /// the threads of the current `rayon` pool; the answer does not depend on how many.
    #[must_use]
    pub fn matrix(&self, sources: &[Snap], targets: &[Snap]) -> Matrix {
        matrix::matrix(self.net(), sources, targets)
    }

    /// [`RoadIndex::matrix`], refused with the size it would need where that is more than `most` bytes.
    pub fn matrix_within(
        &self,
        sources: &[Snap],
        targets: &[Snap],
        most: u64,
    ) -> Result<Matrix, MatrixTooLarge> {
        matrix::matrix_within(self.net(), sources, targets, most)
    }

    /// The matrix in blocks of `rows` rows (the last may have fewer), told one after the other with the number of their first
    /// row, until `tell` breaks. Takes the memory of one block: ten thousand places by ten thousand need not fit.
    pub fn matrix_blocks<B>(
        &self,
        sources: &[Snap],
        targets: &[Snap],
        rows: usize,
        tell: &mut dyn FnMut(usize, Matrix) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        matrix::matrix_blocks(self.net(), sources, targets, rows, tell)
    }

    /// What the roads cost by the profile they were built with.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    pub(crate) fn turns(&self) -> Array<format::Arc> {
        self.arcs.clone()
    }

    pub(crate) fn blocks(&self) -> &Blocks {
        self.blocks.get_or_init(|| Blocks::new(self))
    }

    pub(crate) fn customizer(&self) -> &Customizer {
        self.customizer.get_or_init(|| Customizer::new(&self.hierarchy))
    }

    pub(crate) fn net(&self) -> Net<'_> {
        Net {
            roads: self,
            metric: &self.metric,
        }
    }

    /// What the road is called that a place was put on.
    #[must_use]
    pub fn road(&self, snap: &Snap) -> Road<'_> {
        self.road_of(snap.segment as usize)
    }

    /// Counts.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            segments: self.segments.len(),
            edges: self.edges.len(),
            turns: self.arcs.len(),
            components: self.components.len(),
            bytes: size_of_val(&*self.segments)
                + size_of_val(&*self.first_point)
                + size_of_val(&*self.points)
                + size_of_val(&*self.edges)
                + size_of_val(&*self.copies)
                + size_of_val(&*self.first_arc)
                + size_of_val(&*self.arcs)
                + size_of_val(&*self.components)
                + size_of_val(&*self.first_time)
                + size_of_val(&*self.times)
                + size_of_val(&*self.edge_changes)
                + size_of_val(&*self.turn_changes)
                + size_of_val(&*self.roads)
                + size_of_val(&*self.first_text)
                + size_of_val(&*self.texts)
                + size_of_val(&*self.boxes)
                + size_of_val(&*self.pieces)
                + self.hierarchy.bytes()
                + self.metric.bytes(),
        }
    }

    /// How many nodes of the search graph a component holds; 0 where there is no such component.
    #[must_use]
    pub fn component_size(&self, component: ComponentId) -> usize {
        self.components
            .get(component.0 as usize)
            .map_or(0, |n| *n as usize)
    }

    /// The component that holds most roads.
    #[must_use]
    pub fn largest_component(&self) -> ComponentId {
        self.largest
    }

    pub(crate) fn road_of(&self, segment: usize) -> Road<'_> {
        let Some(segment) = self.segments.get(segment) else {
            return Road::UNKNOWN;
        };
        let road = &self.roads[segment.road as usize];
        let texts = [road.name, road.reference, road.destination, road.exit];
        Road::new(texts.map(|text| self.text(text)), road.kind)
    }

    pub(crate) fn may_snap(&self, segment: usize) -> bool {
        self.roads[self.segments[segment].road as usize].kind & format::NO_SNAP == 0
    }

    /// A segment's points, both ends included.
    pub(crate) fn line(&self, segment: usize) -> &[Fixed] {
        &self.points[self.first_point[segment] as usize..self.first_point[segment + 1] as usize]
    }

    /// The places of all ends and bends of a segment.
    pub(crate) fn places(&self, segment: usize) -> impl DoubleEndedIterator<Item = LngLat> + '_ {
        self.line(segment).iter().map(|p| LngLat::from(*p))
    }

    /// The components of a segment's directions; they differ where one cannot turn around. The larger first, of
    /// equals the one with the smaller number.
    pub(crate) fn components_of(&self, segment: usize) -> impl Iterator<Item = ComponentId> + use<> {
        let sides = [self.segments[segment].forward, self.segments[segment].backward];
        let known = |edge: u32| self.edges.get(edge as usize).map(|e| ComponentId(e.component));
        let mut components = sides.map(known);
        components.sort_by_key(|c| c.map(|c| (std::cmp::Reverse(self.component_size(c)), c)));
        components.into_iter().flatten()
    }

    fn text(&self, text: u32) -> Option<&str> {
        let text = text as usize;
        let bytes = &self.texts[self.first_text[text] as usize..self.first_text[text + 1] as usize];
        std::str::from_utf8(bytes).ok().filter(|t| !t.is_empty())
    }
}

impl std::fmt::Debug for RoadIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.statistics().fmt(f)
    }
}
