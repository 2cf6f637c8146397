//! Chains that lead out of a cut extract, closed where that changes nothing inside it.

use geom::{BBox, Fixed, LngLat, LocalMeters};

/// Joints outside the extract may be at most this share of the ring they close. Beyond, it cannot be
/// told which side of the chain is inside.
const LARGEST_GAP: f64 = 0.25;

/// More loose ends than this are not worth the search.
const MOST_CHAINS: usize = 64;

/// Closes chains by straight lines between their ends, shortest first, where such a line lies
/// outside the bounds: what is inside them is then as it would be with the missing members.
/// Chains that cannot be closed so are left out.
pub(crate) fn close_outside(mut chains: Vec<Vec<Fixed>>, bounds: BBox) -> Vec<Vec<Fixed>> {
    let plane = LocalMeters::at(bounds.center());
    let metres = |a: Fixed, b: Fixed| {
        let ([ax, ay], [bx, by]) = (plane.project(a.into()), plane.project(b.into()));
        (ax - bx).hypot(ay - by)
    };
    chains.retain(|chain| chain.len() >= 2);
    let mut rings = Vec::new();
    if chains.len() > MOST_CHAINS {
        return rings;
    }
    let mut chains: Vec<(Vec<Fixed>, f64)> = chains.into_iter().map(|chain| (chain, 0.0)).collect();
    while let Some(joint) = shortest_joint(&chains, bounds, metres) {
        let gap = joint.gap;
        if joint.from.0 == joint.to.0 {
            let (mut ring, gaps) = chains.swap_remove(joint.from.0);
            let drawn: f64 = ring.windows(2).map(|edge| metres(edge[0], edge[1])).sum();
            if gaps + gap <= LARGEST_GAP * (drawn + gap) {
                ring.push(ring[0]);
                rings.push(ring);
            }
            continue;
        }
        let mut from = std::mem::take(&mut chains[joint.from.0]);
        let mut to = chains.swap_remove(joint.to.0);
        // The joint leads from the last point of one to the first of the other.
        if joint.from.1 == End::First {
            from.0.reverse();
        }
        if joint.to.1 == End::Last {
            to.0.reverse();
        }
        from.0.extend(to.0);
        chains[joint.from.0] = (from.0, from.1 + to.1 + gap);
    }
    rings
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// Two ends to be joined; the first chain stands before the second or is the same.
struct Joint {
    from: (usize, End),
    to: (usize, End),
    gap: f64,
}

fn shortest_joint(
    chains: &[(Vec<Fixed>, f64)],
    bounds: BBox,
    metres: impl Fn(Fixed, Fixed) -> f64,
) -> Option<Joint> {
    let at = |(chain, end): (usize, End)| match end {
        End::First => chains[chain].0[0],
        End::Last => *chains[chain].0.last().expect("a chain has two points"),
    };
    let mut shortest: Option<Joint> = None;
    for a in 0..chains.len() {
        for b in a..chains.len() {
            for (from_end, to_end) in [
                (End::First, End::Last),
                (End::Last, End::First),
                (End::First, End::First),
                (End::Last, End::Last),
            ] {
                if a == b && (from_end, to_end) != (End::First, End::Last) {
                    continue;
                }
                let (from, to) = ((a, from_end), (b, to_end));
                let gap = metres(at(from), at(to));
                let better = shortest.as_ref().is_none_or(|s| gap < s.gap);
                if better && lies_outside(at(from).into(), at(to).into(), bounds) {
                    shortest = Some(Joint { from, to, gap });
                }
            }
        }
    }
    shortest
}

/// No point of the straight line is in the box (Liang and Barsky's clipping).
fn lies_outside(a: LngLat, b: LngLat, bounds: BBox) -> bool {
    let (dx, dy) = (b.lng() - a.lng(), b.lat() - a.lat());
    let (mut enters, mut leaves) = (0.0f64, 1.0f64);
    for (step, room) in [
        (-dx, a.lng() - bounds.west),
        (dx, bounds.east - a.lng()),
        (-dy, a.lat() - bounds.south),
        (dy, bounds.north - a.lat()),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return true;
            }
        } else if step < 0.0 {
            enters = enters.max(room / step);
        } else {
            leaves = leaves.min(room / step);
        }
    }
    enters > leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: BBox = BBox {
        west: 0.0,
        south: 0.0,
        east: 10.0,
        north: 10.0,
    };

    fn chain(points: &[(i32, i32)]) -> Vec<Fixed> {
        let fixed = |(lng, lat): &(i32, i32)| Fixed {
            lng: lng * 10_000_000,
            lat: lat * 10_000_000,
        };
        points.iter().map(fixed).collect()
    }

    #[test]
    fn a_dip_into_the_extract_is_closed_outside() {
        let dip = chain(&[(2, 11), (2, 2), (5, 2), (5, 11)]);
        let mut ring = dip.clone();
        ring.push(dip[0]);
        assert_eq!(close_outside(vec![dip], BOUNDS), [ring]);
    }

    #[test]
    fn two_pieces_of_one_ring_are_joined_on_both_sides() {
        let rings = close_outside(
            vec![chain(&[(-1, 4), (11, 4)]), chain(&[(11, 6), (-1, 6)])],
            BOUNDS,
        );
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0].len(), 5);
    }

    #[test]
    fn nothing_is_closed_across_the_extract_or_over_a_wide_gap() {
        // Ends inside: something is missing that should be there.
        assert!(close_outside(vec![chain(&[(2, 9), (2, 2), (5, 2), (5, 9)])], BOUNDS).is_empty());
        // Straight through: which side is meant cannot be told.
        assert!(close_outside(vec![chain(&[(-1, 5), (11, 5)])], BOUNDS).is_empty());
        // 3 down, 9 along, 3 up is 15, the gap of 9 more than a quarter of 24.
        assert!(close_outside(vec![chain(&[(0, 11), (0, 8), (9, 8), (9, 11)])], BOUNDS).is_empty());
    }

    #[test]
    fn a_line_is_outside_only_if_no_point_of_it_is_in_the_box() {
        let at = |lng, lat| LngLat::new(lng, lat).unwrap();
        assert!(lies_outside(at(-1.0, 10.0), at(5.0, 17.0), BOUNDS));
        assert!(lies_outside(at(2.0, 11.0), at(8.0, 11.0), BOUNDS));
        assert!(!lies_outside(at(-1.0, 5.0), at(11.0, 5.0), BOUNDS));
        assert!(!lies_outside(at(5.0, 5.0), at(11.0, 5.0), BOUNDS));
        assert!(!lies_outside(at(10.0, 5.0), at(11.0, 5.0), BOUNDS)); // on the edge
    }
}
