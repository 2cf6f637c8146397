//! Borders as arcs: each piece of border once, with who is on its left and right, from which the rings of every seat are walked.

use std::collections::HashMap;

/// Nobody: what lies outside.
pub(crate) const OUTSIDE: u32 = u32::MAX;

/// A piece of border from `from` to `to` (points by number) with who has what on either side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub from: u32,
    pub to: u32,
    pub left: u32,
    pub right: u32,
}

/// A line of border between two places where more than two meet, or a closed one.
#[derive(Clone, Debug)]
pub(crate) struct Arc {
    /// By number; a closed arc ends where it starts.
    pub points: Vec<u32>,
    pub left: u32,
    pub right: u32,
}

/// Joins segments into arcs. Ends are where other than two segments meet, or the sides change.
pub(crate) fn join(points: usize, segments: &[Segment]) -> Vec<Arc> {
    let mut start = vec![0u32; points + 1];
    for s in segments {
        start[s.from as usize + 1] += 1;
        start[s.to as usize + 1] += 1;
    }
    (0..points).for_each(|i| start[i + 1] += start[i]);
    let mut at = vec![0u32; start[points] as usize];
    let mut next = start.clone();
    for (i, s) in segments.iter().enumerate() {
        for p in [s.from, s.to] {
            at[next[p as usize] as usize] = i as u32;
            next[p as usize] += 1;
        }
    }
    let meeting = |p: u32| &at[start[p as usize] as usize..start[p as usize + 1] as usize];
    // The segment seen as leaving the point, with left and right turned accordingly.
    let leaving = |i: u32, p: u32| -> Segment {
        let s = segments[i as usize];
        if s.from == p {
            s
        } else {
            Segment {
                from: s.to,
                to: s.from,
                left: s.right,
                right: s.left,
            }
        }
    };
    let end = |p: u32| {
        let here = meeting(p);
        here.len() != 2 || {
            let (a, b) = (leaving(here[0], p), leaving(here[1], p));
            (a.left, a.right) != (b.right, b.left)
        }
    };
    let mut used = vec![false; segments.len()];
    let mut arcs = Vec::new();
    let mut walk = |first: u32, from: u32, used: &mut Vec<bool>| {
        let begin = leaving(first, from);
        let mut arc = Arc {
            points: vec![from],
            left: begin.left,
            right: begin.right,
        };
        let (mut segment, mut here) = (first, from);
        loop {
            used[segment as usize] = true;
            here = leaving(segment, here).to;
            arc.points.push(here);
            if end(here) || here == from {
                break;
            }
            match meeting(here).iter().find(|i| !used[**i as usize]) {
                Some(i) => segment = *i,
                None => break,
            }
        }
        arcs.push(arc);
    };
    for p in 0..points as u32 {
        if end(p) {
            for i in meeting(p) {
                if !used[*i as usize] {
                    walk(*i, p, &mut used);
                }
            }
        }
    }
    for i in 0..segments.len() as u32 {
        if !used[i as usize] {
            walk(i, segments[i as usize].from, &mut used);
        }
    }
    arcs
}

/// The rings of every label: counter-clockwise around what it has, clockwise around what it has not. `lines` are the arcs' points.
pub(crate) fn rings(arcs: &[Arc], lines: &[Vec<[f64; 2]>]) -> HashMap<u32, Vec<Vec<[f64; 2]>>> {
    // Directed arcs by the label on their left: (arc, backwards).
    let mut of: HashMap<u32, Vec<(usize, bool)>> = HashMap::new();
    for (i, arc) in arcs.iter().enumerate() {
        if arc.left != OUTSIDE {
            of.entry(arc.left).or_default().push((i, false));
        }
        if arc.right != OUTSIDE {
            of.entry(arc.right).or_default().push((i, true));
        }
    }
    let ends = |(i, back): (usize, bool)| {
        let p = &arcs[i].points;
        let (a, b) = (p[0], p[p.len() - 1]);
        if back { (b, a) } else { (a, b) }
    };
    let line = |(i, back): (usize, bool)| -> Vec<[f64; 2]> {
        let mut line = lines[i].clone();
        if back {
            line.reverse();
        }
        line
    };
    let mut rings = HashMap::new();
    for (label, directed) in of {
        let mut leaving: HashMap<u32, Vec<usize>> = HashMap::new();
        for (n, d) in directed.iter().enumerate() {
            leaving.entry(ends(*d).0).or_default().push(n);
        }
        let mut used = vec![false; directed.len()];
        let mut out: Vec<Vec<[f64; 2]>> = Vec::new();
        for first in 0..directed.len() {
            if used[first] {
                continue;
            }
            let begin = ends(directed[first]).0;
            let mut ring: Vec<[f64; 2]> = Vec::new();
            let mut now = first;
            loop {
                used[now] = true;
                let piece = line(directed[now]);
                let skip = usize::from(!ring.is_empty());
                ring.extend(&piece[skip..]);
                let here = ends(directed[now]).1;
                if here == begin {
                    break;
                }
                let open = leaving
                    .get(&here)
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(|n| !used[*n]);
                // Where the label meets itself, the sharpest turn to the left keeps rings apart.
                let back = heading(piece[piece.len() - 1], piece[piece.len() - 2]);
                let turn = |n: usize| {
                    let other = line(directed[n]);
                    (back - heading(other[0], other[1])).rem_euclid(std::f64::consts::TAU)
                };
                match open.min_by(|a, b| turn(*a).total_cmp(&turn(*b))) {
                    Some(n) => now = n,
                    None => break,
                }
            }
            if ring.len() >= 4 {
                let start = ring[0];
                if ring[ring.len() - 1] != start {
                    ring.push(start);
                }
                out.push(ring);
            }
        }
        rings.insert(label, out);
    }
    rings
}

fn heading(from: [f64; 2], to: [f64; 2]) -> f64 {
    (to[1] - from[1]).atan2(to[0] - from[0])
}
