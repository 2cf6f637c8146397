//! What lies on the ground, sorted by cell: runs of houses, pieces of lines, buildings.

use geom::{BBox, Fixed, LngLat, Meters, cell_of};
use osm::Extract;
use rayon::prelude::*;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::collect::{Found, Source, region};
use crate::index::{GROUP_REACH, GROUP_SIZE, HouseFlags, HouseGroup, OUTLINE_REACH, Outline, owns};
use crate::line::simplify;
use crate::near::{Packed, pack_cells};

/// A run of pieces reaches at most this far from its first point, unless it is one piece, metres.
pub(crate) const RUN: f64 = 150.0;

/// The middle of a piece of line.
pub(crate) fn half_way(a: Fixed, b: Fixed) -> LngLat {
    let mean = |a: i32, b: i32| ((i64::from(a) + i64::from(b)) / 2) as i32;
    Fixed {
        lng: mean(a.lng, b.lng),
        lat: mean(a.lat, b.lat),
    }
    .into()
}

/// Runs of houses of one street that lie together. `streets` are first house and how many.
pub(super) fn house_groups(houses: &[LngLat], streets: impl Iterator<Item = (u32, u32)>) -> Vec<HouseGroup> {
    let mut groups = Vec::new();
    for (first, count) in streets {
        let mut start = first;
        let mut bbox = BBox::EMPTY;
        for at in first..first + count {
            let grown = with(bbox, houses[at as usize]);
            if at > start && (at - start >= GROUP_SIZE as u32 || half_diagonal(grown) > GROUP_REACH) {
                groups.push(group(bbox, start, at - start));
                (start, bbox) = (at, with(BBox::EMPTY, houses[at as usize]));
            } else {
                bbox = grown;
            }
        }
        if count > 0 {
            groups.push(group(bbox, start, first + count - start));
        }
    }
    groups.sort_by_key(|g| (cell_of(g.middle.into()), g.first));
    groups
}

fn group(bbox: BBox, first: u32, count: u32) -> HouseGroup {
    let middle = bbox.center().into();
    HouseGroup { middle, first, count }
}

fn with(bbox: BBox, p: LngLat) -> BBox {
    BBox {
        west: bbox.west.min(p.lng()),
        south: bbox.south.min(p.lat()),
        east: bbox.east.max(p.lng()),
        north: bbox.north.max(p.lat()),
    }
}

/// How many pieces from the first of these points on lie within [`RUN`] metres of it; at least one.
pub(crate) fn run_length(points: &[Fixed]) -> u32 {
    let from = points.first().map(|p| LngLat::from(*p));
    let near = |p: &&Fixed| from.is_some_and(|from| from.distance(LngLat::from(**p)).0 <= RUN);
    (points.iter().skip(1).take_while(near).count() as u32).max(1)
}

/// From the middle of a box to its corner, metres.
fn half_diagonal(bbox: BBox) -> f64 {
    LngLat::new(bbox.west, bbox.south).map_or(0.0, |corner| corner.distance(bbox.center()).0)
}

/// Runs of pieces of lines by the cell of the middle of their first: numbers of the points they begin at.
pub(super) fn pieces(lines: &[u32], points: &[Fixed]) -> Vec<u32> {
    let mut pieces: Vec<(i64, u32)> = Vec::new();
    for line in lines.windows(2) {
        let mut at = line[0];
        while at + 1 < line[1] {
            let (a, b) = (points[at as usize], points[at as usize + 1]);
            pieces.push((cell_of(half_way(a, b)), at));
            at += run_length(&points[at as usize..line[1] as usize]);
        }
    }
    pieces.sort_unstable();
    pieces.into_iter().map(|p| p.1).collect()
}

/// Middles of buildings that hold no address.
pub(super) fn free_buildings(found: &Found<'_>) -> Packed {
    let addresses = RTree::bulk_load(
        found
            .addresses
            .iter()
            .filter(|a| a.source != Source::Line)
            .map(|a| [a.point.lng(), a.point.lat()])
            .collect(),
    );
    let free = found.buildings.iter().filter(|b| !b.addressed).map(|b| b.bbox);
    pack_cells(
        free.filter(|b| {
            let envelope = AABB::from_corners([b.west, b.south], [b.east, b.north]);
            addresses.locate_in_envelope(envelope).next().is_none()
        })
        .map(|b| cell_of(b.center()))
        .collect(),
    )
}

/// A house point is surely this much nearer to a building's corner than the building's own, metres: walls are
/// not drawn better.
const SURELY: f64 = 3.0;

/// Outlines of buildings in which the nearest house may be another building's. A corner nearest to a house of its
/// own building says that all between such corners is: what lies nearer to one point than to others is convex.
pub(super) fn outlines(
    extract: &Extract,
    found: &Found<'_>,
    houses: &[LngLat],
    flags: &[HouseFlags],
) -> (Vec<Outline>, Vec<[i16; 2]>) {
    let squeeze = region(extract).map_or(1.0, |r| r.center().lat().to_radians().cos());
    let flat = |p: LngLat| [p.lng() * squeeze, p.lat()];
    let known = RTree::bulk_load(
        (0u32..)
            .zip(houses)
            .filter(|(at, _)| flags[*at as usize].0 & HouseFlags::IMPLIED == 0)
            .map(|(at, p)| GeomWithData::new(flat(*p), at))
            .collect::<Vec<_>>(),
    );
    let mut found: Vec<(i64, Outline, Vec<[i16; 2]>)> = found
        .buildings
        .par_iter()
        .filter_map(|building| {
            let line = extract.line(&extract.way(building.way)?);
            let middle = Fixed::from(building.bbox.center());
            let ring = outline_of(&line, middle)?;
            let bbox = building.bbox.grown(Meters(3.0));
            let envelope = AABB::from_corners(
                [bbox.west * squeeze, bbox.south],
                [bbox.east * squeeze, bbox.north],
            );
            let place = |at: u32| houses[at as usize];
            let mut own: Vec<u32> = known
                .locate_in_envelope(envelope)
                .map(|h| h.data)
                .filter(|at| owns(middle, &ring, place(*at)))
                .collect();
            if own.is_empty() && building.addressed {
                // Around a corner: its middle lies outside of it.
                let center = building.bbox.center();
                let near = known.nearest_neighbor(flat(center)).map(|h| h.data);
                own.extend(near.filter(|at| place(*at).distance(center).0 < 1.0));
            }
            let first = *own.iter().min()?;
            let is_needed = line.iter().any(|corner| {
                let nearest = own.iter().map(|at| place(*at).distance(*corner).0);
                let nearest = nearest.fold(f64::MAX, f64::min);
                known.nearest_neighbor(flat(*corner)).is_some_and(|other| {
                    !own.contains(&other.data) && place(other.data).distance(*corner).0 + SURELY < nearest
                })
            });
            if !is_needed {
                return None;
            }
            let one = own.iter().all(|at| place(*at).distance(place(first)).0 < 1.0);
            let house = if one { first } else { Outline::INSIDE };
            let outline = Outline {
                middle,
                house,
                first: 0,
            };
            Some((cell_of(middle.into()), outline, ring))
        })
        .collect();
    found.sort_by_key(|(cell, o, ring)| (*cell, o.middle.lng, o.middle.lat, o.house, ring.len()));
    let mut corners = Vec::new();
    let mut outlines = Vec::new();
    for (_, mut outline, ring) in found {
        outline.first = corners.len() as u32;
        corners.extend(ring);
        outlines.push(outline);
    }
    (outlines, corners)
}

/// Corners of a ring from its middle, in ten-millionths of a degree; `None` for less than a triangle, and what is
/// too large.
fn outline_of(line: &[LngLat], middle: Fixed) -> Option<Vec<[i16; 2]>> {
    let simple = simplify(line, 1.0);
    let ring: Vec<[i16; 2]> = simple
        .iter()
        .skip(1)
        .map(|p| {
            let p = Fixed::from(*p);
            let off = |to: i32, from: i32| i16::try_from(i64::from(to) - i64::from(from)).ok();
            Some([off(p.lng, middle.lng)?, off(p.lat, middle.lat)?])
        })
        .collect::<Option<_>>()?;
    let reach = ring.iter().map(|[x, y]| {
        let corner = Fixed {
            lng: middle.lng.saturating_add(i32::from(*x)),
            lat: middle.lat.saturating_add(i32::from(*y)),
        };
        LngLat::from(corner).distance(middle.into()).0
    });
    (ring.len() >= 3 && reach.fold(0.0, f64::max) <= OUTLINE_REACH).then_some(ring)
}
