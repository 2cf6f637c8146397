//! Points along lines.

use std::collections::HashMap;

use geom::{LngLat, LocalMeters};

/// The point at this share (0..=1) of a line's length. `None` for an empty line.
pub(crate) fn at_share(line: &[LngLat], share: f64) -> Option<LngLat> {
    let first = *line.first()?;
    let plane = LocalMeters::at(first);
    let flat: Vec<[f64; 2]> = line.iter().map(|p| plane.project(*p)).collect();
    let total: f64 = flat.windows(2).map(|w| length(w[0], w[1])).sum();
    Some(plane.unproject(at_length(&flat, share.clamp(0.0, 1.0) * total)))
}

/// The point this many metres along a flat line; its ends beyond them.
pub(crate) fn at_length(flat: &[[f64; 2]], mut rest: f64) -> [f64; 2] {
    for w in flat.windows(2) {
        let step = length(w[0], w[1]);
        if rest <= step {
            let share = if step > 0.0 { (rest / step).max(0.0) } else { 0.0 };
            return [
                w[0][0] + (w[1][0] - w[0][0]) * share,
                w[0][1] + (w[1][1] - w[0][1]) * share,
            ];
        }
        rest -= step;
    }
    flat.last().copied().unwrap_or([0.0; 2])
}

pub(crate) fn length(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The nearest point of a piece to a point: the point and its distance in metres.
pub(crate) fn nearest_on_piece(piece: [[f64; 2]; 2], p: [f64; 2]) -> ([f64; 2], f64) {
    let [a, b] = piece;
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let on = [a[0] + dx * share, a[1] + dy * share];
    (on, length(on, p))
}

/// Where along a flat line the nearest point to `p` lies: (metres from its start, distance).
pub(crate) fn project(flat: &[[f64; 2]], p: [f64; 2]) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    let mut before = 0.0;
    for w in flat.windows(2) {
        let (on, distance) = nearest_on_piece([w[0], w[1]], p);
        if best.is_none_or(|b| distance < b.1) {
            best = Some((before + length(w[0], on), distance));
        }
        before += length(w[0], w[1]);
    }
    best
}

/// Douglas–Peucker: keeps vertices that lie further than `tolerance` metres from the simpler line.
pub(crate) fn simplify(line: &[LngLat], tolerance: f64) -> Vec<LngLat> {
    let plane = LocalMeters::at(line[0]);
    let flat: Vec<[f64; 2]> = line.iter().map(|p| plane.project(*p)).collect();
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut open = vec![(0, line.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let far = (from + 1..to)
            .map(|k| (k, nearest_on_piece([flat[from], flat[to]], flat[k]).1))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((k, _)) = far.filter(|(_, distance)| *distance > tolerance) {
            keep[k] = true;
            open.push((from, k));
            open.push((k, to));
        }
    }
    line.iter()
        .zip(keep)
        .filter(|(_, keep)| *keep)
        .map(|(p, _)| *p)
        .collect()
}

/// Joins lines that continue each other and drops vertices that hardly bend (2 m).
pub(crate) fn join_lines(mut lines: Vec<Vec<LngLat>>) -> Vec<Vec<LngLat>> {
    let key = |p: LngLat| {
        let f = geom::Fixed::from(p);
        (f.lng, f.lat)
    };
    lines.sort_by_key(|l| (key(l[0]), l.len()));
    let mut out: Vec<Vec<LngLat>> = Vec::new();
    let mut starts: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        starts.entry(key(line[0])).or_default().push(at);
    }
    let ends: std::collections::HashSet<_> = lines.iter().map(|l| key(l[l.len() - 1])).collect();
    let mut used = vec![false; lines.len()];
    // First those that nothing leads into, then what is left of rings.
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| ends.contains(&key(lines[*at][0])));
    for at in order {
        if std::mem::replace(&mut used[at], true) {
            continue;
        }
        let mut line = lines[at].clone();
        loop {
            let end = key(line[line.len() - 1]);
            let next = starts
                .get(&end)
                .and_then(|s| s.iter().copied().find(|next| !used[*next]));
            let Some(next) = next else { break };
            used[next] = true;
            line.extend_from_slice(&lines[next][1..]);
        }
        out.push(simplify(&line, 2.0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_way_along_an_angle() {
        let at = |lng, lat| LngLat::new(lng, lat).unwrap();
        // 200 m east, then 100 m north at the equator: half way is 150 m, 50 m before the corner.
        let plane = LocalMeters::at(at(0.0, 0.0));
        let line: Vec<LngLat> = [[0.0, 0.0], [200.0, 0.0], [200.0, 100.0]]
            .iter()
            .map(|p| plane.unproject(*p))
            .collect();
        let middle = plane.project(at_share(&line, 0.5).unwrap());
        assert!(
            (middle[0] - 150.0).abs() < 0.1 && middle[1].abs() < 0.1,
            "{middle:?}"
        );
    }

    #[test]
    fn projecting_finds_the_place_along_the_line() {
        let flat = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]];
        // Beside the second piece, 30 m up: 100 + 30 = 130 m along, 10 m away.
        assert_eq!(project(&flat, [110.0, 30.0]), Some((130.0, 10.0)));
        assert_eq!(project(&flat[..1], [0.0, 0.0]), None);
    }

    #[test]
    fn lines_that_continue_each_other_become_one() {
        let at = |x: f64| LngLat::new(x / 1e3, 0.0).unwrap();
        let lines = vec![
            vec![at(1.0), at(2.0)],
            vec![at(0.0), at(1.0)],
            vec![at(5.0), at(6.0)],
        ];
        let joined = join_lines(lines);
        // The vertex at 1 does not bend and is dropped.
        assert_eq!(joined, [vec![at(0.0), at(2.0)], vec![at(5.0), at(6.0)]]);
    }
}
