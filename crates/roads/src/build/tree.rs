//! The R-tree over the straight pieces of all segments, packed in order of a Hilbert curve.

use geom::{Fixed, LngLat, TileId};

use crate::format::{Box4, FAN_OUT, Piece, Segment, box_around};
use crate::index::levels;

pub(crate) struct Tree {
    pub boxes: Vec<Box4>,
    pub pieces: Vec<Piece>,
}

pub(crate) fn build(
    segments: &[Segment],
    first_point: &[u32],
    points: &[Fixed],
    may_snap: impl Fn(&Segment) -> bool,
) -> Tree {
    let mut found: Vec<(u64, Piece, Box4)> = Vec::new();
    for number in (0..segments.len()).filter(|i| may_snap(&segments[*i])) {
        let line = &points[first_point[number] as usize..first_point[number + 1] as usize];
        for (from, ends) in line.windows(2).enumerate() {
            // A piece across the antimeridian would seem to run around the whole earth.
            if ends[0].lng.abs_diff(ends[1].lng) > 1_800_000_000 {
                continue;
            }
            let piece = Piece {
                segment: number as u32,
                from: from as u32,
            };
            found.push((along_curve(ends[0], ends[1]), piece, box_around(ends[0], ends[1])));
        }
    }
    found.sort_by_key(|(key, piece, _)| (*key, piece.segment, piece.from));
    let mut boxes = Vec::new();
    let mut below: Vec<Box4> = found.iter().map(|(_, _, b)| *b).collect();
    for count in levels(found.len()) {
        let level: Vec<Box4> = below.chunks(FAN_OUT).map(around).collect();
        debug_assert_eq!(level.len(), count);
        boxes.extend(&level);
        below = level;
    }
    Tree {
        boxes,
        pieces: found.into_iter().map(|(_, piece, _)| piece).collect(),
    }
}

fn around(boxes: &[Box4]) -> Box4 {
    let start = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
    boxes.iter().fold(start, |[w, s, e, n], b| {
        [w.min(b[0]), s.min(b[1]), e.max(b[2]), n.max(b[3])]
    })
}

fn along_curve(a: Fixed, b: Fixed) -> u64 {
    let middle = Fixed {
        lng: a.lng.midpoint(b.lng),
        lat: a.lat.midpoint(b.lat),
    };
    TileId::at(LngLat::from(middle), 20).hilbert()
}
