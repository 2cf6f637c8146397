//! One zoom: which features it shows, grouped by what is said of them, simplified, and cut into its tiles.

use std::cmp::Ordering;

use geom::{BBox, EXTENT, TileId};
use rayon::prelude::*;

use crate::MAX_ZOOM;
use crate::clip::{Axis, clip_line_between, clip_ring_between};
use crate::feature::{Feature, Layer, Ring, Shape};
use crate::join::join_lines;
use crate::simplify::{simplify_line, simplify_ring};
use crate::world::{Point, Rect, at, doubled_area, to_zoom, zoom_shift};

/// How far lines and areas run on beyond a tile's edge, so that what is drawn along the edge is whole.
pub(crate) const BUFFER: i32 = 64;

/// The tiles of one zoom that touch some bounds, numbered row by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub z: u8,
    west: i32,
    north: i32,
    columns: i32,
    rows: i32,
}

impl Grid {
    pub fn new(bounds: BBox, z: u8) -> Self {
        let mut tiles = TileId::covering(bounds, z);
        let first = tiles.next().unwrap_or(TileId { z, x: 0, y: 0 });
        let last = tiles.last().unwrap_or(first);
        Self {
            z,
            west: first.x as i32,
            north: first.y as i32,
            columns: (last.x - first.x) as i32 + 1,
            rows: (last.y - first.y) as i32 + 1,
        }
    }

    pub fn len(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    pub fn tile(&self, slot: usize) -> TileId {
        let columns = self.columns as usize;
        TileId {
            z: self.z,
            x: self.west as u32 + (slot % columns) as u32,
            y: self.north as u32 + (slot / columns) as u32,
        }
    }

    fn slot(&self, column: i32, row: i32) -> u32 {
        (row * self.columns + column) as u32
    }

    /// The first and last column, or row, whose tiles with their buffer hold a part of a range.
    fn span(low: i32, high: i32, first: i32, count: i32) -> std::ops::Range<i32> {
        let tile = |v: i32| v.div_euclid(EXTENT) - first;
        tile(low - BUFFER).max(0)..(tile(high + BUFFER) + 1).min(count)
    }

    fn column_span(&self, rect: &Rect) -> std::ops::Range<i32> {
        Self::span(rect.min.x, rect.max.x, self.west, self.columns)
    }

    fn row_span(&self, rect: &Rect) -> std::ops::Range<i32> {
        Self::span(rect.min.y, rect.max.y, self.north, self.rows)
    }

    /// The north-western corner of a tile in the zoom's units.
    fn corner(&self, column: i32, row: i32) -> Point {
        at((self.west + column) * EXTENT, (self.north + row) * EXTENT)
    }
}

/// Features that look alike at a zoom; `sample` is one of them.
pub(crate) struct Group<'f, 'a> {
    pub sample: &'f Feature<'a>,
    members: Vec<u32>,
}

/// A part of a feature within one tile, in that tile's units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub slot: u32,
    pub group: u32,
    pub part: Part,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Point(Point),
    Line(Vec<Point>),
    /// An outer ring and its holes, all open.
    Area(Vec<Vec<Point>>),
}

/// The features a zoom shows, grouped, in the order of drawing.
pub(crate) fn groups<'f, 'a>(features: &'f [Feature<'a>], z: u8) -> Vec<Group<'f, 'a>> {
    let shown = |i: &u32| features[*i as usize].zooms.contains(&z);
    let mut order: Vec<u32> = (0..features.len() as u32).filter(shown).collect();
    let compare = |a: u32, b: u32| look(&features[a as usize], &features[b as usize], z);
    order.par_sort_by(|a, b| compare(*a, *b));
    let alike = order.chunk_by(|a, b| compare(*a, *b).is_eq());
    alike
        .map(|members| Group {
            sample: &features[members[0] as usize],
            members: members.to_vec(),
        })
        .collect()
}

/// The order of drawing; equal where two features look alike.
fn look(a: &Feature, b: &Feature, z: u8) -> Ordering {
    let rank = |f: &Feature| match f.shape {
        Shape::Areas(_) => 0,
        Shape::Lines(_) => 1,
        Shape::Point(_) => 2,
    };
    let said = |f: &Feature| f.attributes.iter().filter(|a| a.from <= z).count();
    (a.layer, rank(a), a.order, said(a))
        .cmp(&(b.layer, rank(b), b.order, said(b)))
        .then_with(|| {
            let pairs = a.attributes_at(z).zip(b.attributes_at(z));
            let mut unequal = pairs.map(|(a, b)| (a.key, &a.value).cmp(&(b.key, &b.value)));
            unequal.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        })
}

/// All pieces of a zoom, by tile and in the order of drawing.
pub(crate) fn cut(features: &[Feature], groups: &[Group], grid: &Grid) -> Vec<Piece> {
    let cutter = Cutter { grid };
    let mut pieces: Vec<Piece> = (0u32..)
        .zip(groups)
        .collect::<Vec<_>>()
        .into_par_iter()
        .flat_map(|(number, group)| cutter.group(features, number, group))
        .collect();
    pieces.par_sort_unstable();
    // What is mapped twice, as a way and as a relation, is drawn once.
    pieces.dedup();
    pieces
}

struct Cutter<'g> {
    grid: &'g Grid,
}

impl Cutter<'_> {
    fn group(&self, features: &[Feature], number: u32, group: &Group) -> Vec<Piece> {
        let members = group.members.iter().map(|i| &features[*i as usize]);
        let mut lines: Vec<&[Point]> = Vec::new();
        let mut areas: Vec<&Vec<Ring>> = Vec::new();
        let mut points: Vec<Point> = Vec::new();
        for member in members {
            match &member.shape {
                Shape::Point(point) => points.push(*point),
                Shape::Lines(parts) => lines.extend(parts.iter().map(Vec::as_slice)),
                Shape::Areas(parts) => areas.extend(parts),
            }
        }
        let directed = group.sample.attributes_at(self.grid.z).any(|a| a.key == "oneway");
        let lines = join_lines(&lines, directed);
        let layer = group.sample.layer;
        let piece = |(slot, part)| Piece {
            slot,
            group: number,
            part,
        };
        let points = points.into_par_iter().map(|p| self.point(p));
        let lines = lines.par_iter().flat_map_iter(|line| self.line(layer, line));
        let areas = areas.par_iter().flat_map_iter(|rings| self.area(layer, rings));
        points.chain(lines).chain(areas).map(piece).collect()
    }

    /// A point is in one tile only.
    fn point(&self, point: Point) -> (u32, Part) {
        let p = to_zoom(point, self.grid.z);
        // Rounding may push a point of the frame's edge over the edge of the last tile.
        let column = (p.x.div_euclid(EXTENT) - self.grid.west).clamp(0, self.grid.columns - 1);
        let row = (p.y.div_euclid(EXTENT) - self.grid.north).clamp(0, self.grid.rows - 1);
        let corner = self.grid.corner(column, row);
        let part = Part::Point(at(p.x - corner.x, p.y - corner.y));
        (self.grid.slot(column, row), part)
    }

    fn line(&self, layer: Layer, line: &[Point]) -> Vec<(u32, Part)> {
        let z = self.grid.z;
        let mut line = simplify_line(line, tolerance(z));
        line.iter_mut().for_each(|p| *p = to_zoom(*p, z));
        line.dedup();
        let Some(rect) = Rect::around(line.iter().copied()) else {
            return Vec::new();
        };
        if line.len() < 2 || rect.side() < least_side(layer, z) {
            return Vec::new();
        }
        let mut parts = Vec::new();
        for column in self.grid.column_span(&rect) {
            let west = self.grid.corner(column, 0).x;
            for strip in clip_line_between(&line, Axis::X, west - BUFFER, west + EXTENT + BUFFER) {
                let Some(rect) = Rect::around(strip.iter().copied()) else {
                    continue;
                };
                for row in self.grid.row_span(&rect) {
                    let corner = self.grid.corner(column, row);
                    let (low, high) = (corner.y - BUFFER, corner.y + EXTENT + BUFFER);
                    let slot = self.grid.slot(column, row);
                    let within = clip_line_between(&strip, Axis::Y, low, high);
                    parts.extend(
                        within
                            .into_iter()
                            .map(|part| (slot, Part::Line(moved(part, corner)))),
                    );
                }
            }
        }
        parts
    }

    fn area(&self, layer: Layer, rings: &[Ring]) -> Vec<(u32, Part)> {
        let z = self.grid.z;
        let least = least_area(layer, z);
        let mut rings = rings.iter().map(|ring| {
            let mut points = simplify_ring(&ring.points, &ring.anchors, tolerance(z));
            points.iter_mut().for_each(|p| *p = to_zoom(*p, z));
            without_spikes(points)
        });
        let large = |ring: &Vec<Point>| doubled_area(ring).abs() >= 2 * least;
        let Some(outer) = rings.next().filter(large) else {
            return Vec::new();
        };
        let rings: Vec<Vec<Point>> = std::iter::once(outer).chain(rings.filter(large)).collect();
        let mut parts = Vec::new();
        let Some(rect) = Rect::around(rings[0].iter().copied()) else {
            return parts;
        };
        for column in self.grid.column_span(&rect) {
            let west = self.grid.corner(column, 0).x;
            let strip = clip_rings(&rings, Axis::X, west - BUFFER, west + EXTENT + BUFFER);
            let Some(rect) = strip
                .first()
                .and_then(|outer| Rect::around(outer.iter().copied()))
            else {
                continue;
            };
            for row in self.grid.row_span(&rect) {
                let corner = self.grid.corner(column, row);
                let within = clip_rings(&strip, Axis::Y, corner.y - BUFFER, corner.y + EXTENT + BUFFER);
                let within: Vec<_> = within.into_iter().map(|ring| moved(ring, corner)).collect();
                if is_seen(&within) {
                    parts.push((self.grid.slot(column, row), Part::Area(within)));
                }
            }
        }
        parts
    }
}

/// The outer ring comes first and takes its holes with it.
fn clip_rings(rings: &[Vec<Point>], axis: Axis, low: i32, high: i32) -> Vec<Vec<Point>> {
    let clip = |ring: &Vec<Point>| without_spikes(clip_ring_between(ring, axis, low, high));
    let mut clipped = rings.iter().map(clip);
    let outer = clipped.next().unwrap_or_default();
    if doubled_area(&outer) == 0 {
        return Vec::new();
    }
    let holes = clipped.filter(|hole| doubled_area(hole) != 0);
    std::iter::once(outer).chain(holes).collect()
}

/// Something of the area lies on the tile itself, and its holes do not take all of it.
fn is_seen(rings: &[Vec<Point>]) -> bool {
    let tile = Rect {
        min: at(0, 0),
        max: at(EXTENT, EXTENT),
    };
    let Some((outer, holes)) = rings.split_first() else {
        return false;
    };
    let size = |ring: &Vec<Point>| doubled_area(ring).abs();
    let on_tile = Rect::around(outer.iter().copied()).is_some_and(|rect| rect.meets(&tile));
    on_tile && size(outer) > holes.iter().map(size).sum()
}

fn moved(mut points: Vec<Point>, corner: Point) -> Vec<Point> {
    points
        .iter_mut()
        .for_each(|p| *p = at(p.x - corner.x, p.y - corner.y));
    points
}

/// Takes out of an open ring what rounding made of its narrow parts: points met twice in a row, and ways
/// there and back again. Empty where nothing else is left.
fn without_spikes(ring: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(ring.len());
    for p in ring {
        kept.push(p);
        while let [.., a, b, c] = kept[..] {
            if !is_spike(a, b, c) {
                break;
            }
            kept.truncate(kept.len() - 2);
            if a != c {
                kept.push(c);
            }
        }
    }
    // The same across the seam of the ring.
    loop {
        let n = kept.len();
        if n < 3 {
            return Vec::new();
        }
        if is_spike(kept[n - 2], kept[n - 1], kept[0]) {
            kept.pop();
        } else if is_spike(kept[n - 1], kept[0], kept[1]) {
            kept.remove(0);
        } else {
            return kept;
        }
    }
}

/// From a to b and back along the same line towards c, or no way at all.
fn is_spike(a: Point, b: Point, c: Point) -> bool {
    let (ux, uy) = (i64::from(b.x - a.x), i64::from(b.y - a.y));
    let (vx, vy) = (i64::from(c.x - b.x), i64::from(c.y - b.y));
    ux * vy == uy * vx && ux * vx + uy * vy <= 0
}

/// How far a simplified line may stray, in world units: half a browser pixel (4 units of the zoom), and at
/// the last zoom, which is enlarged in the browser, one unit.
fn tolerance(z: u8) -> f64 {
    let units = if z == MAX_ZOOM { 1.0 } else { 4.0 };
    units * f64::from(1u32 << zoom_shift(z))
}

/// The least area, in squared units of the zoom, that is drawn. A browser's pixel is 8 × 8 = 64.
fn least_area(layer: Layer, z: u8) -> i64 {
    match (layer, z) {
        (Layer::Landuse | Layer::Landcover, ..MAX_ZOOM) => 512,
        (Layer::Water | Layer::Earth, ..MAX_ZOOM) => 128,
        (Layer::Buildings, ..MAX_ZOOM) => 100,
        _ => 4,
    }
}

/// The least side of its box, in units of the zoom, that a line must have to be drawn.
fn least_side(layer: Layer, z: u8) -> i32 {
    match (layer, z) {
        (_, 13..) => 1,
        (Layer::Water, _) => 16,
        _ => 8,
    }
}
