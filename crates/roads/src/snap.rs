//! Putting a place on a road: the packed R-tree searched best first, and the choice among what it finds.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use geom::{BBox, Fixed, LngLat, LocalMeters, Meters};

use crate::cost::LARGEST_PART;
use crate::format::{Box4, FAN_OUT};
use crate::index::{ComponentId, RoadIndex, levels};

/// Components of at least this many nodes count as large, however large the largest is.
const LARGE: usize = 1000;

/// How a place is put on a road.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapOptions {
    /// No road farther away is taken. 0 to 100,000 m; 1,000 m by default.
    pub radius: Meters,
    /// What to do about roads that do not connect to the rest.
    pub component: ComponentRule,
    /// The street the address names. A road of that name wins over one that is nearer by up to
    /// [`SnapOptions::street_detour`]. Compared without case, spaces and hyphens, with `str.` for `straße`.
    pub street: Option<String>,
    /// How much nearer another road must be to win over the named street; 60 m by default.
    pub street_detour: Meters,
}

impl Default for SnapOptions {
    fn default() -> Self {
        Self {
            radius: Meters(1000.0),
            component: ComponentRule::PreferLarge {
                detour: Meters(200.0),
            },
            street: None,
            street_detour: Meters(60.0),
        }
    }
}

impl SnapOptions {
    /// These options for an address on that street.
    #[must_use]
    pub fn on_street(&self, street: &str) -> Self {
        Self {
            street: Some(street.to_owned()),
            ..self.clone()
        }
    }
}

/// Which roads may be taken when some do not connect to the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ComponentRule {
    /// The nearest, wherever it leads.
    Any,
    /// One that connects to much (the largest component, or one of 1,000 edges and more), unless another is
    /// nearer by more than `detour`: a gated car park gives way, a real island does not.
    PreferLarge {
        /// In metres.
        detour: Meters,
    },
    /// Only roads of this component, so that all of a set of places reach each other.
    Only(ComponentId),
}

/// A place on a road. Belongs to the index that made it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snap {
    /// The place that was asked about.
    pub place: LngLat,
    /// The nearest point of the chosen road.
    pub point: LngLat,
    /// How far apart they are.
    pub distance: Meters,
    /// The component of the road: places of one component reach each other.
    pub component: ComponentId,
    /// The component is a large one; if not, the place may be reachable from few others or none.
    pub on_large_component: bool,
    /// The road bears the name that was asked for.
    pub street_matches: bool,
    pub(crate) segment: u32,
    /// The point lies between this point of the segment and the next.
    pub(crate) piece: u32,
    /// Centimetres from the segment's first point.
    pub(crate) along: u32,
}

/// Why a place could not be put on a road.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SnapError {
    /// There is no road near it.
    #[error("no road within {radius:.0} m of {lng:.5}, {lat:.5} (longitude, latitude)", radius = .radius.0, lng = .place.lng(), lat = .place.lat())]
    NoRoad {
        /// The place.
        place: LngLat,
        /// How far was searched.
        radius: Meters,
    },
    /// There are roads near it, but none is connected to those it must be connected to.
    #[error("no road of {component} within {radius:.0} m of {lng:.5}, {lat:.5}: the roads there (the nearest is {nearest:.0} m away) do not connect to it", radius = .radius.0, nearest = .nearest.0, lng = .place.lng(), lat = .place.lat())]
    NotConnected {
        /// The place.
        place: LngLat,
        /// The component that was asked for.
        component: ComponentId,
        /// How far was searched.
        radius: Meters,
        /// How far the nearest road of any component is.
        nearest: Meters,
    },
}

impl RoadIndex {
    /// Puts a place on the best road within reach.
    pub fn snap(&self, place: LngLat, options: &SnapOptions) -> Result<Snap, SnapError> {
        let street = options.street.as_deref().map(fold_street);
        let bonus = if street.is_some() {
            options.street_detour.0.max(0.0)
        } else {
            0.0
        };
        let mut best: Option<(f64, Snap)> = None;
        let mut nearest: Option<Meters> = None;
        for mut found in self.roads_near(place, options.radius) {
            nearest.get_or_insert(found.distance);
            // Found in order of distance: nothing that follows can be better.
            if best
                .as_ref()
                .is_some_and(|(score, _)| found.distance.0 - bonus > *score)
            {
                break;
            }
            let detour = match options.component {
                ComponentRule::Any => 0.0,
                ComponentRule::PreferLarge { .. } if found.on_large_component => 0.0,
                ComponentRule::PreferLarge { detour } => detour.0.max(0.0),
                ComponentRule::Only(wanted) => {
                    if !self.components_of(found.segment as usize).any(|c| c == wanted) {
                        continue;
                    }
                    found.component = wanted;
                    0.0
                }
            };
            if let (Some(street), Some(name)) = (&street, self.road(&found).name) {
                found.street_matches = fold_street(name) == *street;
            }
            let bonus = if found.street_matches { bonus } else { 0.0 };
            let score = found.distance.0 + detour - bonus;
            if best.as_ref().is_none_or(|(known, _)| score < *known) {
                best = Some((score, found));
            }
        }
        let (radius, nearest) = (options.radius, nearest);
        best.map(|(_, snap)| snap)
            .ok_or(match (options.component, nearest) {
                (ComponentRule::Only(component), Some(nearest)) => SnapError::NotConnected {
                    place,
                    component,
                    radius,
                    nearest,
                },
                _ => SnapError::NoRoad { place, radius },
            })
    }

    /// Puts many places on roads that reach each other where that is possible: each is snapped by itself, and
    /// those that missed the component of most are tried again on that one. A place with no such road
    /// within reach keeps the road it had.
    #[must_use]
    pub fn snap_together(&self, places: &[LngLat], options: &SnapOptions) -> Vec<Result<Snap, SnapError>> {
        let mut snaps: Vec<_> = places.iter().map(|p| self.snap(*p, options)).collect();
        let mut components: Vec<ComponentId> = snaps.iter().flatten().map(|s| s.component).collect();
        components.sort_unstable();
        let runs = components.chunk_by(|a, b| a == b);
        // The last of equal runs would win, so count backwards: the smallest number wins a draw.
        let Some(common) = runs.rev().max_by_key(|run| run.len()).map(|run| run[0]) else {
            return snaps;
        };
        let together = SnapOptions {
            component: ComponentRule::Only(common),
            ..options.clone()
        };
        for snap in &mut snaps {
            if let Ok(known) = snap
                && known.component != common
                && let Ok(better) = self.snap(known.place, &together)
            {
                *known = better;
            }
        }
        snaps
    }

    /// The roads within a radius, nearest first, each segment once. Lazy: taking few is cheap.
    pub fn roads_near(&self, place: LngLat, radius: Meters) -> impl Iterator<Item = Snap> + '_ {
        Nearby::new(self, place, radius)
    }
}

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
        let mut segments: Vec<u32> = open.iter().map(|piece| self.pieces[*piece].segment).collect();
        segments.sort_unstable();
        segments.dedup();
        segments
    }
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

struct Nearby<'a> {
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
    fn new(roads: &'a RoadIndex, place: LngLat, radius: Meters) -> Self {
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

/// A street's name for comparison: lower case, letters and digits only, `strasse` and `straße` as `str`.
fn fold_street(name: &str) -> String {
    let lower = name.to_lowercase().replace('ß', "ss");
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    match letters.strip_suffix("strasse") {
        Some(stem) => format!("{stem}str"),
        None => letters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_compare_without_case_hyphens_and_spelling_of_strasse() {
        for name in ["Lange Straße", "lange str.", "Lange-Strasse", "LANGE STRASSE"] {
            assert_eq!(fold_street(name), "langestr", "{name}");
        }
        assert_ne!(fold_street("Lange Gasse"), "langestr");
    }

    #[test]
    fn the_nearest_point_of_a_line_may_be_an_end() {
        assert_eq!(nearest_on_line([-1.0, 2.0], [1.0, 2.0]), (4.0, 0.5));
        assert_eq!(nearest_on_line([3.0, 4.0], [6.0, 8.0]), (25.0, 0.0));
        assert_eq!(nearest_on_line([3.0, 4.0], [3.0, 4.0]), (25.0, 0.0));
    }
}
