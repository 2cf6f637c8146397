//! The rows nearest to a point: boxes by their least possible distance, until no box can hold a nearer row.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use geom::{EARTH_RADIUS, LngLat, Meters};

use crate::boxes::{BLOCK, Node, Rect, bits};
use crate::found::{Found, Near};
use crate::schema::RowId;
use crate::view::View;

/// A box of one of the parts, ordered by the least distance of anything in it.
struct Open {
    least: f64,
    part: usize,
    node: Node,
}

/// A row, ordered by distance and id, the farthest first out of the heap.
struct Kept {
    distance: f64,
    id: RowId,
    part: usize,
    row: usize,
}

pub(crate) fn nearest<'a>(view: &View<'a>, from: LngLat, limit: usize) -> Vec<Near<'a>> {
    let origin = Origin::new(from);
    let mut open: BinaryHeap<Reverse<Open>> = BinaryHeap::new();
    for (part, of) in view.parts.iter().enumerate() {
        open.extend(of.segment.boxes.root().map(|node| {
            Reverse(Open {
                least: 0.0,
                part,
                node,
            })
        }));
    }
    let mut kept: BinaryHeap<Kept> = BinaryHeap::new();
    while let Some(Reverse(Open { least, part, node })) = open.pop() {
        if limit == 0 || (kept.len() == limit && kept.peek().is_some_and(|worst| least > worst.distance)) {
            break;
        }
        let of = &view.parts[part];
        let segment = of.segment;
        if node.level > 0 {
            for child in segment.boxes.children(node) {
                let least = origin.least_distance(&segment.boxes.rect(child));
                open.push(Reverse(Open {
                    least,
                    part,
                    node: child,
                }));
            }
            continue;
        }
        let block = node.index as usize;
        // Rows outside of this window are farther than the farthest kept one; it only gets nearer.
        let window = kept
            .peek()
            .filter(|_| kept.len() == limit)
            .map(|worst| origin.window(worst.distance));
        for bit in bits(of.block(block) & segment.boxes.all_rows(block)) {
            let row = block * BLOCK + bit;
            if window
                .as_ref()
                .is_some_and(|window| !window.may_hold(segment.lngs[row], segment.lats[row]))
            {
                continue;
            }
            let Some(place) = segment.place(row) else { continue };
            let candidate = Kept {
                distance: from.distance(place).0,
                id: segment.ids[row],
                part,
                row,
            };
            if kept.len() < limit {
                kept.push(candidate);
            } else if let Some(mut worst) = kept.peek_mut()
                && candidate < *worst
            {
                *worst = candidate;
            }
        }
    }
    let near = |kept: Kept| Near {
        distance: Meters(kept.distance),
        found: Found::new(view.index, view.parts[kept.part].segment, kept.row),
    };
    kept.into_sorted_vec().into_iter().map(near).collect()
}

/// Where distances are taken from.
struct Origin {
    lng: f64,
    lat: f64,
    cos_lat: f64,
}

impl Origin {
    fn new(from: LngLat) -> Self {
        Self {
            lng: from.lng(),
            lat: from.lat(),
            cos_lat: from.lat().to_radians().cos(),
        }
    }

    /// Degrees that hold every point within a distance.
    fn window(&self, distance: f64) -> Window {
        // A little more, so that rounding leaves nothing out.
        let angle = distance / EARTH_RADIUS.0 * (1.0 + 1e-9) + 1e-12;
        let above = angle.to_degrees();
        // A circle that reaches a pole reaches every meridian.
        let beside = if self.lat.abs() + above >= 90.0 {
            360.0
        } else {
            (angle.sin() / self.cos_lat).min(1.0).asin().to_degrees() * (1.0 + 1e-9) + 1e-12
        };
        Window {
            lng: self.lng,
            lat: self.lat,
            beside,
            above,
        }
    }

    /// No point of the box is nearer than this many metres. The sphere turns on: a box on the other side
    /// of the antimeridian may be near.
    fn least_distance(&self, rect: &Rect) -> f64 {
        // Degrees to the nearest meridian of the box, the short way round.
        let beyond = if (rect.west..=rect.east).contains(&self.lng) {
            0.0
        } else {
            let to = |lng: f64| {
                let apart = (lng - self.lng).abs();
                apart.min(360.0 - apart)
            };
            to(rect.west).min(to(rect.east))
        };
        // Along any meridian of the box the nearest point is at one of the box's ends or between them.
        let south_or_north = (rect.south - self.lat).max(self.lat - rect.north).max(0.0);
        let by_latitude = half_chord(south_or_north);
        // The great circle distance to a meridian `beyond` away: sin d = cos lat · sin beyond, and a right
        // angle away or more it is the way over the pole.
        let by_longitude = if beyond >= 90.0 {
            half_chord(90.0 - self.lat.abs())
        } else {
            let sine = (self.cos_lat * beyond.to_radians().sin()).clamp(0.0, 1.0);
            // sin²(d/2) = (1 − cos d) / 2, without the cancellation for small d.
            let cosine = (1.0 - sine * sine).sqrt();
            sine * sine / (2.0 * (1.0 + cosine))
        };
        let half_chord = by_latitude.max(by_longitude);
        let distance = EARTH_RADIUS.0 * 2.0 * half_chord.sqrt().min(1.0).asin();
        // Rounding must not make it too far.
        distance * (1.0 - 1e-9) - 1e-3
    }
}

/// Degrees around a point.
struct Window {
    lng: f64,
    lat: f64,
    beside: f64,
    above: f64,
}

impl Window {
    fn may_hold(&self, lng: f64, lat: f64) -> bool {
        let apart = (lng - self.lng).abs();
        (lat - self.lat).abs() <= self.above && apart.min(360.0 - apart) <= self.beside
    }
}

/// sin²(d/2) of an angle in degrees.
fn half_chord(degrees: f64) -> f64 {
    (degrees.to_radians() / 2.0).sin().powi(2)
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |open: &Self| (open.part, open.node);
        self.least
            .total_cmp(&other.least)
            .then_with(|| key(self).cmp(&key(other)))
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance
            .total_cmp(&other.distance)
            .then_with(|| self.id.cmp(&other.id))
    }
}

macro_rules! ordered {
    ($type:ident) => {
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }
        impl Eq for $type {}
    };
}
ordered!(Open);
ordered!(Kept);
