//! Which rows lie in a shape: whole boxes where possible, single rows along the border.

use geo::Orientation;
use geo::kernels::{Kernel, RobustKernel};
use geo_types::{Coord, Polygon};
use geom::BBox;

use crate::boxes::{BLOCK, Boxes, Node, Rect, bits};
use crate::half_open::crosses;
use crate::shape::{Kind, Shape};

/// Rows of one block of 64, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRows {
    pub block: u32,
    pub rows: u64,
}

/// Rows in order along the curve, with their places and boxes. Only placed rows.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub lngs: &'a [f64],
    pub lats: &'a [f64],
    pub boxes: &'a Boxes,
}

impl Places<'_> {
    fn at(&self, row: usize) -> Coord {
        Coord {
            x: self.lngs[row],
            y: self.lats[row],
        }
    }
}

/// The placed rows of a shape, blocks ascending, none empty. [`Shape::everywhere`] is the caller's case: it
/// gives all placed rows here.
pub(crate) fn rows_in_shape(shape: &Shape, places: Places<'_>) -> Vec<BlockRows> {
    let mut found = Vec::new();
    let Some(root) = places.boxes.root() else {
        return found;
    };
    match &shape.0 {
        Kind::Everywhere => push_all(places.boxes, root, &mut found),
        Kind::Box(bbox) => in_box(bbox, places, root, &mut found),
        Kind::Polygons(polygons) => {
            for polygon in polygons.iter() {
                let mut cover = PolygonCover::new(polygon, places, &mut found);
                cover.visit(root, 0, false);
            }
            if polygons.0.len() > 1 {
                unite(&mut found);
            }
        }
    }
    found
}

/// Sorts by block and joins the rows of the same block.
fn unite(found: &mut Vec<BlockRows>) {
    found.sort_unstable_by_key(|f| f.block);
    found.dedup_by(|next, kept| {
        let same = next.block == kept.block;
        if same {
            kept.rows |= next.rows;
        }
        same
    });
}

fn push_all(boxes: &Boxes, node: Node, found: &mut Vec<BlockRows>) {
    let blocks = boxes.blocks_of(node);
    found.extend(blocks.map(|block| BlockRows {
        block: block as u32,
        rows: boxes.all_rows(block),
    }));
}

fn in_box(bbox: &BBox, places: Places<'_>, node: Node, found: &mut Vec<BlockRows>) {
    let r = places.boxes.rect(node);
    let apart = r.west > bbox.east || bbox.west > r.east || r.south > bbox.north || bbox.south > r.north;
    // A box with an end that is not a number holds nothing.
    let ordered = bbox.west <= bbox.east && bbox.south <= bbox.north;
    if apart || !ordered {
        return;
    }
    let inside = r.west >= bbox.west && r.east <= bbox.east && r.south >= bbox.south && r.north <= bbox.north;
    if inside {
        push_all(places.boxes, node, found);
    } else if node.level > 0 {
        for child in places.boxes.children(node) {
            in_box(bbox, places, child, found);
        }
    } else {
        let block = node.index as usize;
        let mut rows = 0u64;
        for bit in bits(places.boxes.all_rows(block)) {
            let p = places.at(block * BLOCK + bit);
            let holds = (bbox.west..=bbox.east).contains(&p.x) && (bbox.south..=bbox.north).contains(&p.y);
            rows |= u64::from(holds) << bit;
        }
        push_block(block, rows, found);
    }
}

fn push_block(block: usize, rows: u64, found: &mut Vec<BlockRows>) {
    if rows != 0 {
        found.push(BlockRows {
            block: block as u32,
            rows,
        });
    }
}

/// An edge from its southern to its northern end (from west to east where it is level).
#[derive(Clone, Copy)]
struct Edge {
    low: Coord,
    high: Coord,
}

impl Edge {
    fn west(&self) -> f64 {
        self.low.x.min(self.high.x)
    }

    fn east(&self) -> f64 {
        self.low.x.max(self.high.x)
    }
}

/// What an edge means for the rows of a box, under the half-open rule.
enum Bearing {
    /// No row's ray crosses it.
    Never,
    /// Every row's ray crosses it.
    Always,
    /// Some rows' rays may cross it, but it does not pass through the box.
    Aside,
    /// It may pass through the box.
    Through,
}

/// One polygon against the boxes. The edges that still matter shrink from box to box; those that every
/// ray crosses are folded into a parity.
struct PolygonCover<'a> {
    /// All edges, then the ones left for each box on the way down.
    edges: Vec<Edge>,
    places: Places<'a>,
    found: &'a mut Vec<BlockRows>,
}

impl<'a> PolygonCover<'a> {
    fn new(polygon: &Polygon, places: Places<'a>, found: &'a mut Vec<BlockRows>) -> Self {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let mut edges = Vec::new();
        for ring in rings {
            let Some(&last) = ring.0.last() else { continue };
            let mut from = last;
            for &to in &ring.0 {
                if from != to {
                    let (low, high) = if (from.y, from.x) <= (to.y, to.x) {
                        (from, to)
                    } else {
                        (to, from)
                    };
                    edges.push(Edge { low, high });
                }
                from = to;
            }
        }
        Self { edges, places, found }
    }

    /// Visits a box with the edges from `start` on and the parity of the edges already counted.
    fn visit(&mut self, node: Node, start: usize, mut parity: bool) {
        let rect = self.places.boxes.rect(node);
        let end = self.edges.len();
        let mut through = false;
        for i in start..end {
            let edge = self.edges[i];
            match bearing(&edge, &rect) {
                Bearing::Never => {}
                Bearing::Always => parity = !parity,
                Bearing::Aside => self.edges.push(edge),
                Bearing::Through => {
                    through = true;
                    self.edges.push(edge);
                }
            }
        }
        if !through {
            // The border does not pass through: all rows of the box are on one side, so one tells.
            let corner = Coord {
                x: rect.west,
                y: rect.south,
            };
            if self.holds(corner, end, parity) {
                push_all(self.places.boxes, node, self.found);
            }
        } else if node.level > 0 {
            for child in self.places.boxes.children(node) {
                self.visit(child, end, parity);
            }
        } else {
            let block = node.index as usize;
            let mut rows = 0u64;
            for bit in bits(self.places.boxes.all_rows(block)) {
                let p = self.places.at(block * BLOCK + bit);
                rows |= u64::from(self.holds(p, end, parity)) << bit;
            }
            push_block(block, rows, self.found);
        }
        self.edges.truncate(end);
    }

    fn holds(&self, p: Coord, start: usize, parity: bool) -> bool {
        self.edges[start..]
            .iter()
            .fold(parity, |inside, edge| inside ^ crosses(edge.low, edge.high, p))
    }
}

/// Errs only towards [`Bearing::Through`]. See [`crate::half_open`] for the rule.
fn bearing(edge: &Edge, rect: &Rect) -> Bearing {
    let (low, high) = (edge.low, edge.high);
    if low.y == high.y {
        // A level edge is never crossed, but what is inside above it is outside below it. A point on it
        // counts as above, so the box must reach below it for that to matter.
        let passes = low.y > rect.south && low.y <= rect.north && low.x <= rect.east && high.x >= rect.west;
        return if passes { Bearing::Through } else { Bearing::Never };
    }
    if high.y <= rect.south || low.y > rect.north || edge.east() <= rect.west {
        return Bearing::Never;
    }
    let spans = low.y <= rect.south && high.y > rect.north;
    let beside = || if spans { Bearing::Always } else { Bearing::Aside };
    if edge.west() > rect.east {
        return beside();
    }
    // The corner that reaches farthest to the east of the edge, and the one farthest to the west.
    let rising_east = high.x >= low.x;
    let (south_east, north_west) = (
        Coord {
            x: rect.east,
            y: rect.south,
        },
        Coord {
            x: rect.west,
            y: rect.north,
        },
    );
    let (north_east, south_west) = (
        Coord {
            x: rect.east,
            y: rect.north,
        },
        Coord {
            x: rect.west,
            y: rect.south,
        },
    );
    let (most_east, most_west) = if rising_east {
        (south_east, north_west)
    } else {
        (north_east, south_west)
    };
    if RobustKernel::orient2d(low, high, most_east) == Orientation::CounterClockwise {
        return beside();
    }
    if RobustKernel::orient2d(low, high, most_west) != Orientation::CounterClockwise {
        return Bearing::Never;
    }
    Bearing::Through
}
