//! Borders laid on streets and rivers, where these run through the corridor between two territories' customers.

use std::collections::HashMap;

use geom::LngLat;
use rstar::primitives::{GeomWithData, Line};
use rstar::{AABB, RTree};

use super::borders::Borders;

/// A line has to cross so many sides of the corridor in a row before the border is laid on it.
const LEAST: usize = 3;

/// Where a line crosses a side of a triangle of the corridor.
#[derive(Clone, Copy, Debug)]
struct Crossing {
    /// Which segment of the line and how far along it, 0 to 1.
    along: (usize, f64),
    at: [f64; 2],
    /// Which point of which arc passes between the same two customers; none where the side joins two of one territory.
    place: Option<(usize, usize)>,
}

/// Points `from..=to` of an arc, and what replaces them.
type Piece = (usize, usize, Vec<[f64; 2]>);

pub(crate) fn lay(borders: &Borders, lines: &[Vec<LngLat>]) -> Borders {
    let mut out = borders.clone();
    let mut place: HashMap<[u32; 2], (usize, usize)> = HashMap::new();
    for (arc, pairs) in borders.between.iter().enumerate() {
        for (i, pair) in pairs.iter().enumerate() {
            if let Some(pair) = pair {
                place.insert(*pair, (arc, i));
            }
        }
    }
    // Every side of the corridor's triangles: mixed ones are the way, others are walls.
    let mut sides: Vec<[u32; 2]> = borders
        .strip
        .iter()
        .flat_map(|t| (0..3).map(|s| [t[s].min(t[(s + 1) % 3]), t[s].max(t[(s + 1) % 3])]))
        .collect();
    sides.sort_unstable();
    sides.dedup();
    let tree = RTree::bulk_load(
        sides
            .iter()
            .map(|s| {
                GeomWithData::new(
                    Line::new(borders.sites[s[0] as usize], borders.sites[s[1] as usize]),
                    *s,
                )
            })
            .collect(),
    );
    let mut laid: HashMap<usize, Vec<Piece>> = HashMap::new();
    for line in lines {
        let line: Vec<[f64; 2]> = line.iter().map(|p| borders.map.project(*p)).collect();
        let crossings = crossings(&line, &tree, &place);
        let mut from = 0;
        while from < crossings.len() {
            let mut to = from;
            let mut step = 0isize;
            while to + 1 < crossings.len() {
                let (Some(a), Some(b)) = (crossings[to].place, crossings[to + 1].place) else {
                    break;
                };
                let way = b.1 as isize - a.1 as isize;
                if a.0 != b.0 || way.abs() != 1 || (step != 0 && way != step) {
                    break;
                }
                step = way;
                to += 1;
            }
            if to + 1 - from >= LEAST {
                let run = &crossings[from..=to];
                if let (Some(a), Some(b)) = (run[0].place, run[run.len() - 1].place) {
                    let mut points = way(&line, run);
                    if step < 0 {
                        points.reverse();
                    }
                    laid.entry(a.0)
                        .or_default()
                        .push((a.1.min(b.1), a.1.max(b.1), points));
                }
            }
            from = to.max(from) + 1;
        }
    }
    for (arc, mut pieces) in laid {
        // The longest first; what overlaps with it is left out.
        pieces.sort_by(|a, b| (b.1 - b.0).cmp(&(a.1 - a.0)).then(a.0.cmp(&b.0)));
        let mut taken: Vec<Piece> = Vec::new();
        for piece in pieces {
            if taken.iter().all(|t| piece.1 < t.0 || piece.0 > t.1) {
                taken.push(piece);
            }
        }
        taken.sort_by_key(|t| t.0);
        let mut points = Vec::new();
        let mut between = Vec::new();
        let mut fixed = Vec::new();
        let mut i = 0;
        let mut next = taken.into_iter().peekable();
        while i < borders.lines[arc].len() {
            if let Some((_, to, line)) = next.next_if(|t| t.0 == i) {
                between.extend(line.iter().map(|_| None));
                fixed.extend(line.iter().map(|_| true));
                points.extend(line);
                i = to + 1;
            } else {
                points.push(borders.lines[arc][i]);
                between.push(borders.between[arc][i]);
                fixed.push(borders.fixed[arc][i]);
                i += 1;
            }
        }
        // A closed arc still ends where it starts.
        let closed = borders.arcs[arc].points.first() == borders.arcs[arc].points.last();
        if closed && points.first() != points.last() {
            points.push(points[0]);
            between.push(between[0]);
            fixed.push(fixed[0]);
        }
        out.lines[arc] = points;
        out.between[arc] = between;
        out.fixed[arc] = fixed;
    }
    out
}

/// Where the line crosses sides, in its order.
fn crossings(
    line: &[[f64; 2]],
    tree: &RTree<GeomWithData<Line<[f64; 2]>, [u32; 2]>>,
    place: &HashMap<[u32; 2], (usize, usize)>,
) -> Vec<Crossing> {
    let mut found = Vec::new();
    for (segment, ends) in line.windows(2).enumerate() {
        let (p, q) = (ends[0], ends[1]);
        let envelope = AABB::from_corners([p[0].min(q[0]), p[1].min(q[1])], [p[0].max(q[0]), p[1].max(q[1])]);
        for side in tree.locate_in_envelope_intersecting(envelope) {
            let (a, b) = (side.geom().from, side.geom().to);
            let (d, e) = ([q[0] - p[0], q[1] - p[1]], [b[0] - a[0], b[1] - a[1]]);
            let across = d[0] * e[1] - d[1] * e[0];
            if across == 0.0 {
                continue;
            }
            let t = ((a[0] - p[0]) * e[1] - (a[1] - p[1]) * e[0]) / across;
            let u = ((a[0] - p[0]) * d[1] - (a[1] - p[1]) * d[0]) / across;
            // Not through a customer itself: it would lie on the border.
            if (0.0..1.0).contains(&t) && u > 1e-6 && u < 1.0 - 1e-6 {
                found.push(Crossing {
                    along: (segment, t),
                    at: [p[0] + t * d[0], p[1] + t * d[1]],
                    place: place.get(&side.data).copied(),
                });
            } else if (0.0..1.0).contains(&t) && (0.0..=1.0).contains(&u) {
                found.push(Crossing {
                    along: (segment, t),
                    at: a,
                    place: None,
                });
            }
        }
    }
    found.sort_by(|a, b| a.along.0.cmp(&b.along.0).then(a.along.1.total_cmp(&b.along.1)));
    found
}

/// The line from the first crossing to the last.
fn way(line: &[[f64; 2]], run: &[Crossing]) -> Vec<[f64; 2]> {
    let (first, last) = (run[0], run[run.len() - 1]);
    let mut points = vec![first.at];
    points.extend(&line[first.along.0 + 1..=last.along.0]);
    points.push(last.at);
    points
}
