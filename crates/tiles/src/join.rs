//! Lines that look alike, joined where exactly two of them meet: fewer and longer, for names to run along.

use std::collections::HashMap;

use crate::world::Point;

const NONE: usize = usize::MAX;

/// Joins lines end to end. `directed` lines keep their direction and are joined end to start only. Where
/// three or more meet, all end.
pub(crate) fn join_lines(lines: &[&[Point]], directed: bool) -> Vec<Vec<Point>> {
    // The two ends of line i are 2i, its first point, and 2i + 1, its last.
    let point = |end: usize| {
        let line = lines[end / 2];
        if end.is_multiple_of(2) {
            line[0]
        } else {
            line[line.len() - 1]
        }
    };
    let mut meeting: HashMap<Point, (usize, usize, usize)> = HashMap::new();
    for end in 0..lines.len() * 2 {
        let (count, first, second) = meeting.entry(point(end)).or_insert((0, NONE, NONE));
        match count {
            0 => *first = end,
            1 => *second = end,
            _ => {}
        }
        *count += 1;
    }
    let partner = |end: usize| {
        let (count, first, second) = meeting[&point(end)];
        let other = if first == end { second } else { first };
        let joined = count == 2 && other / 2 != end / 2 && (!directed || other % 2 != end % 2);
        joined.then_some(other)
    };
    let mut used = vec![false; lines.len()];
    let mut joined = Vec::new();
    // First the chains, from a free end; what is left over are rings, begun anywhere.
    let free = (0..lines.len() * 2).filter(|end| partner(*end).is_none() && !(directed && end % 2 == 1));
    let any = (0..lines.len()).map(|line| line * 2);
    for begin in free.chain(any) {
        let mut end = begin;
        let mut chain: Vec<Point> = Vec::new();
        while !used[end / 2] {
            used[end / 2] = true;
            let line = lines[end / 2].iter().copied();
            let skip = usize::from(!chain.is_empty());
            if end.is_multiple_of(2) {
                chain.extend(line.skip(skip));
            } else {
                chain.extend(line.rev().skip(skip));
            }
            match partner(end ^ 1) {
                Some(next) => end = next,
                None => break,
            }
        }
        if chain.len() > 1 {
            joined.push(chain);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::at;

    fn check(lines: &[&[(i32, i32)]], directed: bool, expected: &[&[(i32, i32)]]) {
        let points = |lines: &[&[(i32, i32)]]| -> Vec<Vec<Point>> {
            lines
                .iter()
                .map(|l| l.iter().map(|(x, y)| at(*x, *y)).collect())
                .collect()
        };
        let lines = points(lines);
        let borrowed: Vec<&[Point]> = lines.iter().map(Vec::as_slice).collect();
        assert_eq!(join_lines(&borrowed, directed), points(expected));
    }

    #[test]
    fn a_street_of_three_ways_becomes_one() {
        let (a, b, c, d) = ((0, 0), (1, 0), (2, 0), (3, 0));
        check(&[&[a, b], &[d, c], &[b, c]], false, &[&[a, b, c, d]]);
    }

    #[test]
    fn one_way_streets_keep_their_direction() {
        let (a, b, c, d) = ((0, 0), (1, 0), (2, 0), (3, 0));
        check(&[&[a, b], &[d, c], &[b, c]], true, &[&[a, b, c], &[d, c]]);
    }

    #[test]
    fn all_end_where_three_meet() {
        let (a, b, c, d) = ((0, 0), (1, 0), (2, 0), (1, 1));
        check(&[&[a, b], &[b, c], &[b, d]], false, &[&[a, b], &[b, c], &[b, d]]);
    }

    #[test]
    fn a_roundabout_of_two_halves_closes() {
        let (a, b, c, d) = ((0, 0), (1, 0), (1, 1), (0, 1));
        check(&[&[a, b, c], &[c, d, a]], true, &[&[a, b, c, d, a]]);
    }

    proptest! {
        #[test]
        fn every_segment_is_kept_once(
            lines in prop::collection::vec(prop::collection::vec((0..6i32, 0..6i32), 2..5), 0..12),
            directed: bool,
        ) {
            let lines: Vec<Vec<Point>> = lines
                .into_iter()
                .map(|line| line.into_iter().map(|(x, y)| at(x, y)).collect())
                .collect();
            let borrowed: Vec<&[Point]> = lines.iter().map(Vec::as_slice).collect();
            let segments = |lines: &[Vec<Point>]| {
                let mut all: Vec<(Point, Point)> = lines
                    .iter()
                    .flat_map(|l| l.windows(2))
                    .map(|s| if directed { (s[0], s[1]) } else { (s[0].min(s[1]), s[0].max(s[1])) })
                    .collect();
                all.sort_unstable();
                all
            };
            prop_assert_eq!(segments(&join_lines(&borrowed, directed)), segments(&lines));
        }
    }
}
