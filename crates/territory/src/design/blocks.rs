//! Blocks given by their outlines (municipalities, postcodes, hexagons): who is beside whom, what lies in them, and territories dissolved from them.

use std::collections::{BTreeMap, HashMap};

use geo::InteriorPoint;
use geo_types::{Coord, MultiPolygon};
use geom::LngLat;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::arcs::{OUTSIDE, Segment, join};
use super::borders::Borders;
use super::lattice::Lattice;
use super::projection::EqualArea;
use crate::{Shape, ShapeError};

/// Outlines that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BlockError {
    /// An outline that is no area, such as one that crosses itself.
    #[error("block {block}: {why}")]
    Outline {
        /// The block's number, from 0.
        block: u32,
        /// What is wrong with it.
        why: ShapeError,
    },
    /// Two blocks claim the same ground.
    #[error(
        "blocks {} and {} overlap by {square_meters:.0} m² near {lng:.6}, {lat:.6}; cut the one out of the other",
        blocks[0],
        blocks[1]
    )]
    Overlap {
        /// Their numbers, the smaller first.
        blocks: [u32; 2],
        /// How much they share.
        square_meters: f64,
        /// A place in what they share.
        lng: f64,
        /// A place in what they share.
        lat: f64,
    },
}

/// Ground that two blocks may share without being refused: no more than this in m², or than that share of the smaller. Such slivers come from
/// outlines that were simplified one by one.
const SLIVER: (f64, f64) = (1.0, 1e-4);

/// Blocks whose outlines have been looked over.
#[derive(Clone, Debug)]
pub struct Blocks {
    shapes: Vec<Shape>,
    lattice: Lattice,
    places: Vec<LngLat>,
    neighbours: Vec<[u32; 2]>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

impl Blocks {
    /// Looks outlines over. Corners less than about a millimetre apart count as one, and a corner on another block's border as a corner of that
    /// border too, so that neighbours need not have the same corners.
    ///
    /// # Errors
    /// The first outline that is no area, or else the first two that overlap.
    pub fn parse(outlines: Vec<MultiPolygon>) -> Result<Self, BlockError> {
        let shapes = outlines
            .into_iter()
            .zip(0..)
            .map(|(outline, block)| Shape::parse(outline).map_err(|why| BlockError::Outline { block, why }))
            .collect::<Result<Vec<Shape>, _>>()?;
        let lattice = Lattice::of(&shapes);
        let boxes = RTree::bulk_load(
            shapes
                .iter()
                .zip(0..)
                .map(|(shape, block)| {
                    let b = shape.bbox();
                    let corners = Rectangle::from_corners([b.west, b.south], [b.east, b.north]);
                    GeomWithData::new(corners, block)
                })
                .collect(),
        );
        let places = shapes.iter().map(inner_place).collect();
        let mut blocks = Self {
            neighbours: Vec::new(),
            shapes,
            lattice,
            places,
            boxes,
        };
        blocks.refuse_overlaps()?;
        blocks.neighbours = blocks.beside();
        Ok(blocks)
    }

    /// A place inside each block, by number: what [`Problem::places`](super::Problem::places) wants.
    #[must_use]
    pub fn places(&self) -> &[LngLat] {
        &self.places
    }

    /// Blocks with a common border, each pair once, the smaller number first; and for islands (one block or several that touch no others) the
    /// shortest way over to another block, so that all hang together. What [`Problem::neighbours`](super::Problem::neighbours) wants.
    #[must_use]
    pub fn neighbours(&self) -> &[[u32; 2]] {
        &self.neighbours
    }

    /// The block in which each place lies. Borders belong to one block each, as of [`Shape::contains`].
    #[must_use]
    pub fn members(&self, places: &[Option<LngLat>]) -> Vec<Option<u32>> {
        places.iter().map(|place| self.block_at((*place)?)).collect()
    }

    fn block_at(&self, place: LngLat) -> Option<u32> {
        let at = AABB::from_point([place.lng(), place.lat()]);
        self.boxes
            .locate_in_envelope_intersecting(at)
            .map(|b| b.data)
            .filter(|b| self.shapes[*b as usize].contains(place))
            .min()
    }

    /// The block nearest to a place that lies in none, as on a coast that was simplified; `None` without blocks.
    #[must_use]
    pub fn nearest(&self, place: LngLat) -> Option<u32> {
        // A degree of longitude is shorter than one of latitude.
        let squeeze = place.lat().to_radians().cos();
        let away = |block: u32| {
            let rings = self.shapes[block as usize].polygons().iter();
            rings
                .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                .flat_map(|ring| ring.lines())
                .map(|l| {
                    let local = |c: Coord| [(c.x - place.lng()) * squeeze, c.y - place.lat()];
                    from_origin(local(l.start), local(l.end))
                })
                .fold(f64::INFINITY, f64::min)
        };
        let mut best: Option<(f64, u32)> = None;
        let by_box = self
            .boxes
            .nearest_neighbor_iter_with_distance_2([place.lng(), place.lat()]);
        for (block, least) in by_box.map(|(b, square)| (b.data, square.sqrt() * squeeze)) {
            if best.is_some_and(|b| b.0 < least) {
                break;
            }
            let found = (away(block), block);
            if best.is_none_or(|b| found < b) {
                best = Some(found);
            }
        }
        best.map(|b| b.1)
    }

    /// The borders of territories made of whole blocks, `seats` having the seat of each block. They run on the blocks' own borders, each shared
    /// piece once; blocks without a seat are left open.
    #[must_use]
    pub fn dissolved(&self, seats: &[Option<u32>]) -> Borders {
        self.dissolved_around(seats, &[])
    }

    /// As [`dissolved`](Self::dissolved); and when the borders are straightened, these customers stay on the side of the block they lie in.
    #[must_use]
    pub fn dissolved_around(&self, seats: &[Option<u32>], customers: &[LngLat]) -> Borders {
        let map = EqualArea::around(self.places.iter().copied());
        let seat_of = |block: u32| seats.get(block as usize).copied().flatten().unwrap_or(OUTSIDE);
        let seat_beside = |block: Option<u32>| block.map_or(OUTSIDE, seat_of);
        let segments: Vec<Segment> = self
            .lattice
            .sides
            .iter()
            .map(|(ends, beside)| Segment {
                from: ends[0],
                to: ends[1],
                left: seat_beside(beside[0]),
                right: seat_beside(beside[1]),
            })
            .filter(|s| s.left != s.right)
            .collect();
        let corner = |p: &u32| self.lattice.corners[*p as usize];
        let at = |p: &u32| LngLat::new(corner(p)[0], corner(p)[1]).map_or([0.0; 2], |p| map.project(p));
        let arcs = join(self.lattice.corners.len(), &segments);
        let lines: Vec<Vec<[f64; 2]>> = arcs.iter().map(|a| a.points.iter().map(at).collect()).collect();
        let inside = customers.iter().filter_map(|p| Some((*p, self.block_at(*p)?)));
        let own = self.places.iter().copied().zip(0..);
        let (sites, label): (Vec<[f64; 2]>, Vec<u32>) = own
            .chain(inside)
            .map(|(place, block)| (map.project(place), seat_of(block)))
            .unzip();
        Borders {
            map,
            between: lines.iter().map(|l| vec![None; l.len()]).collect(),
            fixed: lines.iter().map(|l| vec![false; l.len()]).collect(),
            lines,
            arcs,
            sites,
            label,
            strip: Vec::new(),
        }
    }

    /// Pairs from the lattice, then ways over to islands.
    fn beside(&self) -> Vec<[u32; 2]> {
        let mut pairs: Vec<[u32; 2]> = self
            .lattice
            .sides
            .values()
            .filter_map(|beside| Some([beside[0]?, beside[1]?]))
            .map(|[a, b]| [a.min(b), a.max(b)])
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let map = EqualArea::around(self.places.iter().copied());
        let mut corners: Vec<GeomWithData<[f64; 2], u32>> = Vec::new();
        for (ends, beside) in &self.lattice.sides {
            let [lng, lat] = self.lattice.corners[ends[0] as usize];
            let at = LngLat::new(lng, lat).map_or([0.0; 2], |p| map.project(p));
            corners.extend(beside.iter().flatten().map(|b| GeomWithData::new(at, *b)));
        }
        let tree = RTree::bulk_load(corners.clone());
        loop {
            let group = self.groups(&pairs);
            let mut size: BTreeMap<u32, usize> = BTreeMap::new();
            group.iter().for_each(|g| *size.entry(*g).or_default() += 1);
            let Some(main) = size.iter().max_by_key(|(g, n)| (**n, std::cmp::Reverse(**g))) else {
                return pairs;
            };
            let main = *main.0;
            if size.len() == 1 {
                return pairs;
            }
            // From every island the shortest way to any other block.
            let mut ways: BTreeMap<u32, (f64, [u32; 2])> = BTreeMap::new();
            for corner in &corners {
                let mine = group[corner.data as usize];
                if mine == main {
                    continue;
                }
                let other = tree
                    .nearest_neighbor_iter(*corner.geom())
                    .find(|c| group[c.data as usize] != mine);
                let Some(other) = other else { continue };
                let (p, q) = (corner.geom(), other.geom());
                let far = (p[0] - q[0]).hypot(p[1] - q[1]);
                let pair = [corner.data.min(other.data), corner.data.max(other.data)];
                let best = ways.entry(mine).or_insert((f64::INFINITY, pair));
                if far < best.0 || (far == best.0 && pair < best.1) {
                    *best = (far, pair);
                }
            }
            pairs.extend(ways.into_values().map(|w| w.1));
            pairs.sort_unstable();
            pairs.dedup();
        }
    }

    /// For every block the smallest block it hangs together with.
    fn groups(&self, pairs: &[[u32; 2]]) -> Vec<u32> {
        let mut group: Vec<u32> = (0..self.shapes.len() as u32).collect();
        let find = |group: &[u32], mut i: u32| {
            while group[i as usize] != i {
                i = group[i as usize];
            }
            i
        };
        for [a, b] in pairs {
            let (a, b) = (find(&group, *a), find(&group, *b));
            group[a.max(b) as usize] = a.min(b);
        }
        (0..group.len() as u32).map(|i| find(&group, i)).collect()
    }

    /// Overlapping outlines have a border that crosses another's, lies inside another block, or runs the same way round as another's.
    fn refuse_overlaps(&self) -> Result<(), BlockError> {
        let mut suspects: Vec<[u32; 2]> = self.lattice.doubled.clone();
        suspects.extend(self.lattice.crossings());
        for (ends, beside) in &self.lattice.sides {
            let ([Some(mine), None] | [None, Some(mine)]) = *beside else {
                continue;
            };
            let [a, b] = ends.map(|e| self.lattice.corners[e as usize]);
            let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
            let Ok(place) = LngLat::new(middle[0], middle[1]) else {
                continue;
            };
            let around = self
                .boxes
                .locate_in_envelope_intersecting(AABB::from_point(middle));
            suspects.extend(
                around
                    .map(|o| o.data)
                    .filter(|o| *o != mine && self.shapes[*o as usize].contains(place))
                    .map(|o| [mine.min(o), mine.max(o)]),
            );
        }
        suspects.sort_unstable();
        suspects.dedup();
        for blocks in suspects {
            let [a, b] = blocks.map(|b| &self.shapes[b as usize]);
            let shared = geo::BooleanOps::intersection(a.polygons(), b.polygons());
            let square_meters = geo::GeodesicArea::geodesic_area_unsigned(&shared);
            let most = SLIVER.0.max(SLIVER.1 * a.square_meters().min(b.square_meters()));
            if square_meters > most {
                let at = shared.interior_point().map_or(Coord { x: 0.0, y: 0.0 }, |p| p.0);
                return Err(BlockError::Overlap {
                    blocks,
                    square_meters,
                    lng: at.x,
                    lat: at.y,
                });
            }
        }
        Ok(())
    }
}

/// How far a segment passes from the origin.
fn from_origin(a: [f64; 2], b: [f64; 2]) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let square = d[0] * d[0] + d[1] * d[1];
    let along = if square > 0.0 {
        (-(a[0] * d[0] + a[1] * d[1]) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (a[0] + along * d[0]).hypot(a[1] + along * d[1])
}

/// A place inside the largest part of a shape.
fn inner_place(shape: &Shape) -> LngLat {
    let inside = shape.polygons().interior_point();
    inside
        .and_then(|p| LngLat::new(p.x(), p.y()).ok())
        .unwrap_or_else(|| shape.bbox().center())
}

impl super::Demands {
    /// Keeps the customers of a block together, `block_of` having the block of each (see [`Blocks::members`]). Exceptions leave their block: those
    /// that are locked to a seat or excluded already.
    pub fn keep_blocks_whole(&mut self, block_of: &[Option<u32>]) {
        let mut alone = vec![false; block_of.len()];
        let exceptions = self
            .locks
            .iter()
            .map(|l| l.unit)
            .chain(self.excluded.iter().copied());
        for unit in exceptions {
            if let Some(alone) = alone.get_mut(unit as usize) {
                *alone = true;
            }
        }
        let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
        for (unit, block) in block_of.iter().enumerate() {
            if let (Some(block), false) = (block, alone[unit]) {
                members.entry(*block).or_default().push(unit as u32);
            }
        }
        let mut groups: Vec<Vec<u32>> = members.into_values().filter(|m| m.len() > 1).collect();
        groups.sort_unstable();
        self.together.extend(groups);
    }
}
