//! The packed R-tree: roads near a place, best first, and segments in a box.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashSet};

use geom::{EARTH_RADIUS, Fixed, LngLat, Meters};

use crate::cost::LARGEST_PART;
use crate::format::{Box4, FAN_OUT, Piece};
use crate::index::{ComponentId, RoadIndex, levels};
use crate::snap::{BOTH, Snap};

/// Components of at least this many nodes count as large, however large the largest is.
const LARGE: usize = 1000;

impl RoadIndex {
    /// One of the segment's directions connects to much.
    pub(crate) fn is_on_large_component(&self, segment: usize) -> bool {
        self.components_of(segment)
            .any(|component| self.is_large(component))
    }

    pub(crate) fn is_large(&self, component: ComponentId) -> bool {
        component == self.largest_component() || self.component_size(component) >= LARGE
    }
}

impl RoadIndex {
    /// Tells the pieces of segments one may snap to that lie in boxes which `touches` is true of, in the tree's order, and some of
    /// their neighbours.
    pub(crate) fn pieces_in(&self, touches: impl Fn(&Box4) -> bool, mut found: impl FnMut(Piece)) {
        let mut levels: Vec<(usize, usize)> = levels_of(self).collect();
        let mut open: Vec<usize> = vec![0; usize::from(!levels.is_empty())];
        while let Some((start, _)) = levels.pop() {
            open.retain(|at| touches(&self.boxes[start + at]));
            let below = levels.last().map_or(self.pieces.len(), |(_, boxes)| *boxes);
            let children = open
                .iter()
                .map(|at| at * FAN_OUT..((at + 1) * FAN_OUT).min(below));
            if levels.is_empty() {
                return children
                    .flat_map(|pieces| &self.pieces[pieces])
                    .for_each(|piece| found(*piece));
            }
            open = children.flatten().collect();
        }
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

/// Distances from a place, in the plane that touches the earth there.
#[derive(Clone, Copy)]
struct Frame {
    place: LngLat,
    /// The place in units of 10⁻⁷ degrees, and metres in such a unit, east and north.
    origin: [f64; 2],
    unit: [f64; 2],
}

impl Frame {
    fn at(place: LngLat) -> Self {
        let per_degree = EARTH_RADIUS.0.to_radians();
        Self {
            place,
            origin: [place.lng() * 1e7, place.lat() * 1e7],
            unit: [
                per_degree * place.lat().to_radians().cos() / 1e7,
                per_degree / 1e7,
            ],
        }
    }

    #[inline(always)]
    fn project(&self, p: Fixed) -> [f64; 2] {
        [
            (f64::from(p.lng) - self.origin[0]) * self.unit[0],
            (f64::from(p.lat) - self.origin[1]) * self.unit[1],
        ]
    }

    /// Squared metres.
    #[inline(always)]
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

    /// The nearest point of a piece: squared metres, and how far along the piece it lies, 0 to 1.
    #[inline(always)]
    fn nearest_on(&self, roads: &RoadIndex, piece: usize) -> (f64, f64) {
        let piece = roads.pieces[piece];
        let at = (roads.first_point[piece.segment as usize] + piece.from) as usize;
        nearest_on_line(self.project(roads.points[at]), self.project(roads.points[at + 1]))
    }

    /// The place put on a piece.
    fn snap(&self, roads: &RoadIndex, index: usize) -> Snap {
        let piece = roads.pieces[index];
        let segment = piece.segment as usize;
        let (far, share) = self.nearest_on(roads, index);
        let line = roads.line(segment);
        let (a, b) = (line[piece.from as usize], line[piece.from as usize + 1]);
        let between = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as i32;
        let point = Fixed {
            lng: between(a.lng, b.lng),
            lat: between(a.lat, b.lat),
        };
        let before: f64 = line[..=piece.from as usize]
            .windows(2)
            .map(|w| self.length(w[0], w[1]))
            .sum();
        let along = before + self.length(a, point);
        // A segment without directions would be in no component; none is ever built.
        let component = roads
            .components_of(segment)
            .next()
            .unwrap_or(roads.largest_component());
        let length = roads.segments[segment].length;
        Snap {
            place: self.place,
            point: point.into(),
            distance: Meters(far.sqrt()),
            component,
            on_large_component: roads.is_large(component),
            street_matches: false,
            segment: piece.segment,
            piece: piece.from,
            directions: BOTH,
            along: ((along * 100.0).round() as u32).min(length).min(LARGEST_PART),
        }
    }

    /// Metres between two neighbouring points of a road. Short pieces are measured in the plane that touches their
    /// middle, which differs by less than a millimetre from the sphere.
    fn length(&self, a: Fixed, b: Fixed) -> f64 {
        const SHORT: f64 = 5e4;
        let (lng, lat) = (
            f64::from(b.lng) - f64::from(a.lng),
            f64::from(b.lat) - f64::from(a.lat),
        );
        let off = (f64::from(a.lat) + f64::from(b.lat)) / 2.0 - self.origin[1];
        if lng.abs().max(lat.abs()) > SHORT || off.abs() > 20.0 * SHORT {
            return LngLat::from(a).distance(b.into()).0;
        }
        // The cosine of a latitude a little way off, as a series.
        let off = (off / 1e7).to_radians();
        let tangent = self.place.lat().to_radians().tan();
        let narrow = self.unit[0] * (1.0 - off * tangent - off * off / 2.0 + off * off * off * tangent / 6.0);
        (lng * narrow).hypot(lat * self.unit[1])
    }
}

/// The piece near a place that `rate` likes best: it is told a piece and its distance in metres, and gives a score that is
/// at most `bonus` lower than the distance, or `None` where the segment is out of the question. Of equal scores
/// the nearer one counts, then the one that comes first.
pub(crate) fn best(
    roads: &RoadIndex,
    place: LngLat,
    radius: Meters,
    bonus: f64,
    mut rate: impl FnMut(Piece, f64) -> Option<f64>,
) -> Option<Snap> {
    let frame = Frame::at(place);
    let radius = within(radius);
    let levels: Vec<(usize, usize)> = levels_of(roads).collect();
    let mut found: Option<(f64, f64, usize)> = None;
    // Squared distance, level and number of boxes still to be looked into; the nearest of each level last.
    let mut open: Vec<(f64, usize, usize)> = Vec::with_capacity(FAN_OUT * levels.len() + 1);
    // Squared metres beyond which nothing is of use.
    let mut limit = radius * radius;
    if let Some((start, _)) = levels.last() {
        open.push((frame.far_from_box(roads.boxes[*start]), levels.len(), 0));
    }
    while let Some((far, level, index)) = open.pop() {
        if far > limit {
            continue;
        }
        let below = match level {
            1 => roads.pieces.len(),
            _ => levels[level - 2].1,
        };
        let children = index * FAN_OUT..((index + 1) * FAN_OUT).min(below);
        if level > 1 {
            let (start, _) = levels[level - 2];
            let first = open.len();
            for child in children {
                let far = frame.far_from_box(roads.boxes[start + child]);
                if far <= limit {
                    open.push((far, level - 1, child));
                }
            }
            open[first..].sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.2.cmp(&a.2)));
            continue;
        }
        for child in children {
            let (far, _) = frame.nearest_on(roads, child);
            if far > limit {
                continue;
            }
            let meters = far.sqrt();
            let Some(score) = rate(roads.pieces[child], meters) else {
                continue;
            };
            let key = (score, meters, child);
            let better = found.is_none_or(|known| {
                key.0
                    .total_cmp(&known.0)
                    .then(key.1.total_cmp(&known.1))
                    .then(key.2.cmp(&known.2))
                    .is_lt()
            });
            if better {
                found = Some(key);
                let largest = (score + bonus).clamp(0.0, radius);
                limit = largest * largest;
            }
        }
    }
    found.map(|(_, _, piece)| frame.snap(roads, piece))
}

/// Metres, 0 for what is no number.
fn within(radius: Meters) -> f64 {
    match radius.0.is_nan() {
        true => 0.0,
        false => radius.0.clamp(0.0, 100_000.0),
    }
}

/// The roads near a place, nearest first.
pub(crate) struct Nearby<'a> {
    roads: &'a RoadIndex,
    frame: Frame,
    largest_far: f64,
    /// Where each level's boxes begin, and how many there are.
    levels: Vec<(usize, usize)>,
    queue: BinaryHeap<Reverse<Waiting>>,
    /// Segments already given.
    given: HashSet<u32>,
}

impl<'a> Nearby<'a> {
    pub(crate) fn new(roads: &'a RoadIndex, place: LngLat, radius: Meters) -> Self {
        let radius = within(radius);
        let mut search = Self {
            roads,
            frame: Frame::at(place),
            largest_far: radius * radius,
            levels: levels_of(roads).collect(),
            queue: BinaryHeap::with_capacity(64),
            given: HashSet::new(),
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
        self.push(
            self.frame.far_from_box(self.roads.boxes[start + index]),
            level,
            index,
        );
    }
}

impl Iterator for Nearby<'_> {
    type Item = Snap;
    fn next(&mut self) -> Option<Snap> {
        while let Some(Reverse(Waiting { level, index, .. })) = self.queue.pop() {
            if level == 0 {
                let segment = self.roads.pieces[index].segment;
                if self.given.insert(segment) {
                    return Some(self.frame.snap(self.roads, index));
                }
                continue;
            }
            let below = match level {
                1 => self.roads.pieces.len(),
                _ => self.levels[level - 2].1,
            };
            for child in index * FAN_OUT..((index + 1) * FAN_OUT).min(below) {
                match level {
                    1 => self.push(self.frame.nearest_on(self.roads, child).0, 0, child),
                    _ => self.push_box(level - 1, child),
                }
            }
        }
        None
    }
}

/// The point of the line a–b nearest to the origin: squared distance, and share of the way from a to b.
#[inline]
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
