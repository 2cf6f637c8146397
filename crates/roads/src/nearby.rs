//! The packed R-tree: roads near a place, best first, and segments in a box.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use geom::{BBox, Fixed, LngLat, LocalMeters, Meters};

use crate::cost::LARGEST_PART;
use crate::format::{Box4, FAN_OUT};
use crate::index::{RoadIndex, levels};
use crate::snap::Snap;

/// Components of at least this many nodes count as large, however large the largest is.
const LARGE: usize = 1000;

impl RoadIndex {
    /// The segments one may snap to whose pieces' boxes touch a box, each once, by number.
    pub(crate) fn segments_in(&self, bbox: BBox) -> Vec<u32> {
        let fixed = |lng: f64, lat: f64| [(lng * 1e7) as i32, (lat * 1e7) as i32];
        let ([west, south], [east, north]) = (fixed(bbox.west, bbox.south), fixed(bbox.east, bbox.north));
        let touches = |b: &Box4| b[0] <= east && west <= b[2] && b[1] <= north && south <= b[3];
        let mut levels: Vec<(usize, usize)> = levels_of(self).collect();
        let mut open: Vec<usize> = vec![0; usize::from(!levels.is_empty())];
        while let Some((start, _)) = levels.pop() {
            open.retain(|at| touches(&self.boxes[start + at]));
            let below = levels.last().map_or(self.pieces.len(), |(_, boxes)| *boxes);
            open = open
                .iter()
                .flat_map(|at| at * FAN_OUT..((at + 1) * FAN_OUT).min(below))
                .collect();
        }
        let mut found = vec![0u64; self.segments.len().div_ceil(64)];
        for piece in open {
            let segment = self.pieces[piece].segment;
            found[segment as usize / 64] |= 1 << (segment % 64);
        }
        numbers_in(&found)
    }
}

/// The numbers of the bits that are set, rising.
pub(crate) fn numbers_in(words: &[u64]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(words.iter().map(|word| word.count_ones() as usize).sum());
    for (at, word) in (0u32..).zip(words) {
        let mut word = *word;
        while word != 0 {
            numbers.push(at * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    numbers
}

/// Where each level's boxes begin, and how many there are.
fn levels_of(roads: &RoadIndex) -> impl Iterator<Item = (usize, usize)> + use<> {
    levels(roads.pieces.len()).scan(0, |start, boxes| {
        *start += boxes;
        Some((*start - boxes, boxes))
    })
}

/// What waits in the queue of a search: a box of some level, or a piece.
#[derive(Clone, Copy, PartialEq)]
struct Waiting {
    /// Squared distance in metres.
    far: f64,
    /// 0 is a piece, 1 a box of pieces, 2 a box of such boxes, …
    level: usize,
    index: usize,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.far.total_cmp(&other.far);
        // Boxes before pieces of the same distance, so that equally near pieces come out by number.
        order
            .then(other.level.cmp(&self.level))
            .then(self.index.cmp(&other.index))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The roads near a place, nearest first.
pub(crate) struct Nearby<'a> {
    roads: &'a RoadIndex,
    place: LngLat,
    plane: LocalMeters,
    largest_far: f64,
    /// Where each level's boxes begin, and how many there are.
    levels: Vec<(usize, usize)>,
    queue: BinaryHeap<Reverse<Waiting>>,
    /// Segments already given.
    given: Vec<u32>,
}

impl<'a> Nearby<'a> {
    pub(crate) fn new(roads: &'a RoadIndex, place: LngLat, radius: Meters) -> Self {
        let radius = radius.0.clamp(0.0, 100_000.0);
        let mut search = Self {
            roads,
            place,
            plane: LocalMeters::at(place),
            largest_far: radius * radius,
            levels: levels_of(roads).collect(),
            queue: BinaryHeap::with_capacity(64),
            given: Vec::new(),
        };
        if !search.levels.is_empty() {
            search.push_box(search.levels.len(), 0);
        }
        search
    }

    fn push(&mut self, far: f64, level: usize, index: usize) {
        if far <= self.largest_far {
            self.queue.push(Reverse(Waiting { far, level, index }));
        }
    }

    fn push_box(&mut self, level: usize, index: usize) {
        let (start, _) = self.levels[level - 1];
        self.push(self.far_from_box(self.roads.boxes[start + index]), level, index);
    }

    fn far_from_box(&self, [west, south, east, north]: Box4) -> f64 {
        let [west, south] = self.project(Fixed {
            lng: west,
            lat: south,
        });
        let [east, north] = self.project(Fixed {
            lng: east,
            lat: north,
        });
        let x = west.max(-east).max(0.0);
        let y = south.max(-north).max(0.0);
        x * x + y * y
    }

    fn project(&self, p: Fixed) -> [f64; 2] {
        self.plane.project(p.into())
    }

    /// The nearest point of a piece: its squared distance and how far along the piece it lies, 0 to 1.
    fn nearest_on(&self, piece: usize) -> (f64, f64) {
        let piece = self.roads.pieces[piece];
        let line = self.roads.line(piece.segment as usize);
        let a = self.project(line[piece.from as usize]);
        let b = self.project(line[piece.from as usize + 1]);
        nearest_on_line(a, b)
    }

    fn snap(&self, index: usize) -> Snap {
        let piece = self.roads.pieces[index];
        let segment = piece.segment as usize;
        let (far, share) = self.nearest_on(index);
        let line = self.roads.line(segment);
        let (a, b) = (line[piece.from as usize], line[piece.from as usize + 1]);
        let between = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as i32;
        let point = LngLat::from(Fixed {
            lng: between(a.lng, b.lng),
            lat: between(a.lat, b.lat),
        });
        let before: Meters = line[..=piece.from as usize]
            .windows(2)
            .map(|w| LngLat::from(w[0]).distance(w[1].into()))
            .sum();
        let along = before + LngLat::from(a).distance(point);
        // A segment without directions would be in no component; none is ever built.
        let component = self
            .roads
            .components_of(segment)
            .next()
            .unwrap_or(self.roads.largest_component());
        let length = self.roads.segments[segment].length;
        Snap {
            place: self.place,
            point,
            distance: Meters(far.sqrt()),
            component,
            on_large_component: component == self.roads.largest_component()
                || self.roads.component_size(component) >= LARGE,
            street_matches: false,
            segment: piece.segment,
            piece: piece.from,
            along: ((along.0 * 100.0).round() as u32).min(length).min(LARGEST_PART),
        }
    }
}

impl Iterator for Nearby<'_> {
    type Item = Snap;
    fn next(&mut self) -> Option<Snap> {
        while let Some(Reverse(Waiting { level, index, .. })) = self.queue.pop() {
            if level == 0 {
                let segment = self.roads.pieces[index].segment;
                if !self.given.contains(&segment) {
                    self.given.push(segment);
                    return Some(self.snap(index));
                }
                continue;
            }
            let below = match level {
                1 => self.roads.pieces.len(),
                _ => self.levels[level - 2].1,
            };
            for child in index * FAN_OUT..((index + 1) * FAN_OUT).min(below) {
                match level {
                    1 => self.push(self.nearest_on(child).0, 0, child),
                    _ => self.push_box(level - 1, child),
                }
            }
        }
        None
    }
}

/// The point of the line a–b nearest to the origin: squared distance, and share of the way from a to b.
pub(crate) fn nearest_on_line([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> (f64, f64) {
    let (dx, dy) = (bx - ax, by - ay);
    let square = dx * dx + dy * dy;
    let share = match square > 0.0 {
        true => (-(ax * dx + ay * dy) / square).clamp(0.0, 1.0),
        false => 0.0,
    };
    let (x, y) = (ax + dx * share, ay + dy * share);
    (x * x + y * y, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_point_of_a_line_may_be_an_end() {
        assert_eq!(nearest_on_line([-1.0, 2.0], [1.0, 2.0]), (4.0, 0.5));
        assert_eq!(nearest_on_line([3.0, 4.0], [6.0, 8.0]), (25.0, 0.0));
        assert_eq!(nearest_on_line([3.0, 4.0], [3.0, 4.0]), (25.0, 0.0));
    }
}
