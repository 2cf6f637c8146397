//! The places or postcodes that some words name: one as a rule, hundreds where villages share a name.

use std::cell::OnceCell;

use geom::{EARTH_RADIUS, LngLat};

use crate::index::{DocId, Index};

/// Documents of one name, asked again and again while candidates are compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// Sorted, each once.
    docs: Vec<DocId>,
    circles: OnceCell<Circles>,
    largest: OnceCell<Option<u8>>,
}

impl Named {
    pub fn of(docs: impl IntoIterator<Item = DocId>) -> Self {
        let mut docs: Vec<DocId> = docs.into_iter().collect();
        docs.sort_unstable();
        docs.dedup();
        Self {
            docs,
            ..Self::default()
        }
    }

    /// The same with more of them.
    pub fn with(&self, more: &[DocId]) -> Self {
        Self::of(self.docs.iter().chain(more).copied())
    }

    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    pub fn docs(&self) -> &[DocId] {
        &self.docs
    }

    pub fn has(&self, id: DocId) -> bool {
        self.docs.binary_search(&id).is_ok()
    }

    pub fn has_any(&self, ids: &[DocId]) -> bool {
        ids.iter().any(|id| self.has(*id))
    }

    /// The smallest rank, which is the largest place's.
    pub fn largest(&self, index: &Index<'_>) -> Option<u8> {
        *self
            .largest
            .get_or_init(|| self.docs.iter().filter_map(|d| Some(index.doc(*d)?.rank)).min())
    }

    /// Metres from a point to the edge of the nearest of them, 0 inside; `None` without any.
    pub fn metres_from(&self, here: LngLat, index: &Index<'_>) -> Option<f64> {
        let circles = || {
            let docs = self.docs.iter().filter_map(|d| index.doc(*d));
            Circles::of(docs.map(|d| (d.point.into(), d.reach.metres())))
        };
        self.circles.get_or_init(circles).metres_from(here)
    }
}

/// Points with a reach, sorted from south to north.
#[derive(Clone, Debug, Default)]
pub(crate) struct Circles {
    /// Middle and metres it reaches.
    sorted: Vec<(LngLat, f64)>,
    /// The longest reach.
    longest: f64,
}

impl Circles {
    pub fn of(circles: impl IntoIterator<Item = (LngLat, f64)>) -> Self {
        let mut sorted: Vec<(LngLat, f64)> = circles.into_iter().collect();
        sorted.sort_by(|a, b| a.0.lat().total_cmp(&b.0.lat()));
        let longest = sorted.iter().map(|c| c.1).fold(0.0, f64::max);
        Self { sorted, longest }
    }

    /// Metres from a point to the edge of the nearest circle, 0 inside; `None` without any.
    pub fn metres_from(&self, here: LngLat) -> Option<f64> {
        let north = self.sorted.partition_point(|c| c.0.lat() < here.lat());
        let (south, north) = self.sorted.split_at(north);
        let mut best: Option<f64> = None;
        // Away from the point, until even the longest reach from there ends too far off.
        for side in [
            &mut south.iter().rev() as &mut dyn Iterator<Item = _>,
            &mut north.iter(),
        ] {
            for (middle, reach) in side {
                let degrees = (middle.lat() - here.lat()).abs();
                let at_least = degrees.to_radians() * EARTH_RADIUS.0 * (1.0 - 1e-9) - self.longest;
                if best.is_some_and(|best| at_least >= best) {
                    break;
                }
                let metres = (middle.distance(here).0 - reach).max(0.0);
                best = Some(best.map_or(metres, |best| best.min(metres)));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Leaving out what lies too far north or south changes nothing.
        #[test]
        fn the_nearest_circle_is_the_one_a_linear_scan_finds(
            circles in prop::collection::vec((-3.0..3.0f64, 50.0..53.0f64, 0.0..40_000.0f64), 0..60),
            lng in -4.0..4.0f64,
            lat in 49.0..54.0f64,
        ) {
            let circles: Vec<(LngLat, f64)> =
                circles.into_iter().map(|(x, y, reach)| (LngLat::new(x, y).unwrap(), reach)).collect();
            let here = LngLat::new(lng, lat).unwrap();
            let slow = circles.iter().map(|(middle, reach)| (middle.distance(here).0 - reach).max(0.0));
            let slow = slow.min_by(f64::total_cmp);
            prop_assert_eq!(Circles::of(circles).metres_from(here), slow);
        }
    }

    #[test]
    fn each_document_counts_once_and_is_found() {
        let named = Named::of([DocId(7), DocId(3), DocId(7)]).with(&[DocId(9), DocId(3)]);
        assert_eq!(named.docs(), [DocId(3), DocId(7), DocId(9)]);
        assert!(named.has(DocId(7)) && !named.has(DocId(8)));
        assert!(named.has_any(&[DocId(8), DocId(9)]) && !named.has_any(&[]));
    }
}
