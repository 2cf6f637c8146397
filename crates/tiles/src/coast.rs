//! Land and sea. OpenStreetMap draws coastlines with land on their left; here they are joined, cut at the
//! extract's frame and closed along it: to the left for the land, to the right for the sea.

use std::collections::HashMap;

use crate::clip::clip_line;
use crate::feature::{Ring, Rings};
use crate::index::Coast;
use crate::kinds::{Source, area_of};
use crate::world::{Point, Rect, at, doubled_area, to_world};

/// What of the frame is land and what is sea.
pub(crate) struct Ground {
    pub land: Vec<Rings>,
    pub sea: Vec<Rings>,
}

/// How far, as a part of the frame's longer side, a coastline may end before the frame and still be led on
/// to it: extracts are at times a little smaller than they say.
const REACH: f64 = 0.05;

/// The ground of an extract. Without coastlines, and where they cannot be closed, all of it is land.
pub(crate) fn ground(map: &Source) -> (Ground, Coast) {
    let lines = coastlines(map);
    if lines.is_empty() {
        return (all_land(&map.frame), Coast::None);
    }
    match close(lines, &map.frame) {
        Some(ground) => (ground, Coast::Closed),
        None => (all_land(&map.frame), Coast::Broken),
    }
}

fn all_land(frame: &Rect) -> Ground {
    Ground {
        land: vec![vec![ring(frame_ring(frame))]],
        sea: Vec::new(),
    }
}

/// The frame as an open ring, counter-clockwise on the map.
fn frame_ring(frame: &Rect) -> Vec<Point> {
    let mut corners = frame.corners().to_vec();
    corners.reverse();
    corners
}

fn ring(points: Vec<Point>) -> Ring {
    Ring {
        points,
        anchors: Vec::new(),
    }
}

/// All coastlines, joined end to start as far as they go. A ring has its first point again at its end. Nodes
/// the extract misses lie outside the frame, if it was cut with care, and are passed over.
fn coastlines(map: &Source) -> Vec<Vec<Point>> {
    let ways = map
        .extract
        .ways()
        .filter(|way| way.tags.is("natural", "coastline"));
    let mut lines: Vec<Option<Vec<Point>>> = ways
        .map(|way| {
            map.extract
                .line(&way)
                .into_iter()
                .map(to_world)
                .collect::<Vec<_>>()
        })
        .filter(|line| line.len() > 1)
        .map(Some)
        .collect();
    let mut starting: HashMap<Point, Vec<usize>> = HashMap::new();
    let mut ends: HashMap<Point, usize> = HashMap::new();
    for (i, line) in lines.iter().enumerate() {
        if let Some([first, .., last]) = line.as_deref() {
            starting.entry(*first).or_default().push(i);
            *ends.entry(*last).or_default() += 1;
        }
    }
    // Lines nothing leads to first, so that each chain is begun at its beginning; rings then remain.
    let begins = |line: &Option<Vec<Point>>| line.as_ref().is_some_and(|l| !ends.contains_key(&l[0]));
    let (mut order, rest): (Vec<usize>, Vec<usize>) = (0..lines.len()).partition(|i| begins(&lines[*i]));
    order.extend(rest);
    let mut joined = Vec::new();
    for first in order {
        let Some(mut chain) = lines[first].take() else {
            continue;
        };
        while chain.first() != chain.last() {
            let next = chain.last().and_then(|end| starting.get(end));
            let next = next.and_then(|starting| starting.iter().find_map(|i| lines[*i].take()));
            match next {
                Some(line) => chain.extend(line.into_iter().skip(1)),
                None => break,
            }
        }
        joined.push(chain);
    }
    joined
}

/// `None` where the lines do not part the frame in two.
fn close(lines: Vec<Vec<Point>>, frame: &Rect) -> Option<Ground> {
    let mut crossing: Vec<Vec<Point>> = Vec::new();
    let mut islands: Vec<Vec<Point>> = Vec::new();
    let mut lagoons: Vec<Vec<Point>> = Vec::new();
    let mut all_sea = None;
    for mut line in lines {
        let closed = line.first() == line.last();
        if !closed {
            crossing.extend(clip_line(&line, frame));
            continue;
        }
        line.pop();
        let outside = line.iter().position(|p| !frame.contains(*p));
        match outside {
            None if doubled_area(&line) < 0 => islands.push(line),
            None => lagoons.push(line),
            Some(first) => {
                line.rotate_left(first);
                line.push(line[0]);
                let parts = clip_line(&line, frame);
                if parts.is_empty() && holds(&line, frame.min) {
                    all_sea = Some(doubled_area(&line[..line.len() - 1]) > 0);
                }
                crossing.extend(parts);
            }
        }
    }
    let crossing: Vec<Vec<Point>> = crossing
        .into_iter()
        .map(|line| reach_frame(line, frame))
        .collect::<Option<_>>()?;
    let (mut land, mut sea) = if crossing.is_empty() {
        // Islands lie in the sea, lagoons in the land; the largest ring tells which is around all others.
        let largest = |rings: &[Vec<Point>]| rings.iter().map(|r| doubled_area(r).abs()).max().unwrap_or(0);
        let sea = all_sea.unwrap_or(largest(&islands) > largest(&lagoons));
        let whole = vec![vec![ring(frame_ring(frame))]];
        if sea {
            (Vec::new(), whole)
        } else {
            (whole, Vec::new())
        }
    } else {
        let turned = crossing
            .iter()
            .map(|line| line.iter().rev().copied().collect())
            .collect();
        (close_left(crossing, frame)?, close_left(turned, frame)?)
    };
    land.extend(islands.iter().map(|island| vec![ring(island.clone())]));
    sea.extend(lagoons.iter().map(|lagoon| vec![ring(lagoon.clone())]));
    islands.into_iter().for_each(|island| cut_out(&mut sea, island));
    lagoons.into_iter().for_each(|lagoon| cut_out(&mut land, lagoon));
    let both = area_of(&land) + area_of(&sea);
    let whole = doubled_area(&frame.corners()).abs() as f64 / 2.0;
    ((both - whole).abs() <= whole * 1e-3).then_some(Ground { land, sea })
}

/// Leads loose ends near the frame straight on to it; `None` where an end lies too far inside.
fn reach_frame(mut line: Vec<Point>, frame: &Rect) -> Option<Vec<Point>> {
    for _ in 0..2 {
        line.reverse();
        let end = *line.last()?;
        let edges = [
            (end.x - frame.min.x, at(frame.min.x, end.y)),
            (frame.max.x - end.x, at(frame.max.x, end.y)),
            (end.y - frame.min.y, at(end.x, frame.min.y)),
            (frame.max.y - end.y, at(end.x, frame.max.y)),
        ];
        let (distance, edge) = *edges.iter().min_by_key(|(distance, _)| *distance)?;
        if f64::from(distance) > REACH * f64::from(frame.side()) {
            return None;
        }
        if distance > 0 {
            line.push(edge);
        }
    }
    Some(line)
}

/// Joins lines that cross the frame into rings, walking from each line's end counter-clockwise along the
/// frame to the next line's start: what lies left of the lines. `None` unless starts and ends alternate.
fn close_left(lines: Vec<Vec<Point>>, frame: &Rect) -> Option<Vec<Rings>> {
    let around = |p: Point| along_frame(p, frame);
    let mut crossings: Vec<(i64, bool, usize)> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let (first, last) = (*line.first()?, *line.last()?);
        crossings.extend([(around(first), true, i), (around(last), false, i)]);
    }
    crossings.sort_unstable();
    let n = crossings.len();
    let alternate = (0..n).all(|i| crossings[i].1 != crossings[(i + 1) % n].1);
    if !alternate {
        return None;
    }
    let mut next = vec![0; lines.len()];
    for i in 0..n {
        let ((_, start, line), (_, _, follower)) = (crossings[i], crossings[(i + 1) % n]);
        if !start {
            next[line] = follower;
        }
    }
    let mut used = vec![false; lines.len()];
    let mut rings = Vec::new();
    for first in 0..lines.len() {
        let mut points = Vec::new();
        let mut line = first;
        while !used[line] {
            used[line] = true;
            points.extend_from_slice(&lines[line]);
            let (from, to) = (*lines[line].last()?, *lines[next[line]].first()?);
            points.extend(corners_between(around(from), around(to), frame));
            line = next[line];
        }
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        if doubled_area(&points) != 0 {
            rings.push(vec![ring(points)]);
        }
    }
    Some(rings)
}

/// How far along the frame a point of it lies, counter-clockwise from the north-western corner.
fn along_frame(p: Point, frame: &Rect) -> i64 {
    let (width, height) = sides(frame);
    let (east, south) = (i64::from(p.x - frame.min.x), i64::from(p.y - frame.min.y));
    if p.x == frame.min.x {
        south
    } else if p.y == frame.max.y {
        height + east
    } else if p.x == frame.max.x {
        height + width + (height - south)
    } else {
        2 * height + width + (width - east)
    }
}

fn sides(frame: &Rect) -> (i64, i64) {
    (
        i64::from(frame.max.x - frame.min.x),
        i64::from(frame.max.y - frame.min.y),
    )
}

/// The frame's corners met on the way from one place along it to another.
fn corners_between(from: i64, to: i64, frame: &Rect) -> Vec<Point> {
    let (width, height) = sides(frame);
    let whole = 2 * (width + height);
    let to = if to < from { to + whole } else { to };
    let corners = [
        (0, frame.min),
        (height, at(frame.min.x, frame.max.y)),
        (height + width, frame.max),
        (2 * height + width, at(frame.max.x, frame.min.y)),
    ];
    let twice = corners
        .iter()
        .copied()
        .chain(corners.map(|(at, p)| (at + whole, p)));
    twice
        .filter(|(at, _)| (from..=to).contains(at))
        .map(|(_, p)| p)
        .collect()
}

/// Makes a ring a hole of the smallest area around it, if there is one.
fn cut_out(areas: &mut [Rings], hole: Vec<Point>) {
    let size = doubled_area(&hole).abs();
    let around = areas.iter_mut().filter(|rings| {
        let outer = &rings[0].points;
        doubled_area(outer).abs() > size && holds(outer, hole[0])
    });
    if let Some(rings) = around.min_by_key(|rings| doubled_area(&rings[0].points).abs()) {
        rings.push(ring(hole));
    }
}

/// A point lies inside a ring, by counting crossings to its east.
fn holds(ring: &[Point], p: Point) -> bool {
    let Some(&last) = ring.last() else {
        return false;
    };
    let mut inside = false;
    let mut a = last;
    for &b in ring {
        if (a.y > p.y) != (b.y > p.y) {
            let run = i64::from(b.y) - i64::from(a.y);
            let rise = (i64::from(b.x) - i64::from(a.x)) * (i64::from(p.y) - i64::from(a.y));
            let offset = i64::from(p.x) - i64::from(a.x);
            let west = if run > 0 {
                offset * run < rise
            } else {
                offset * run > rise
            };
            inside ^= west;
        }
        a = b;
    }
    inside
}
