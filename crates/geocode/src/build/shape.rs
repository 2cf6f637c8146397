//! Is a point inside an area? Edges sorted into bands of latitude, so that a question reads few of them.

use geo_types::MultiPolygon;
use geom::{BBox, LngLat};

/// An area prepared for many questions.
#[derive(Debug)]
pub(crate) struct Shape {
    pub bbox: BBox,
    bands: Vec<Vec<[f64; 4]>>,
}

impl Shape {
    /// Prepares an area; `None` where it has no ring.
    pub fn new(area: &MultiPolygon<f64>) -> Option<Self> {
        let rings = || {
            area.iter()
                .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        };
        let mut bbox = BBox::EMPTY;
        for c in rings().flat_map(|r| r.coords()) {
            bbox.west = bbox.west.min(c.x);
            bbox.east = bbox.east.max(c.x);
            bbox.south = bbox.south.min(c.y);
            bbox.north = bbox.north.max(c.y);
        }
        if bbox.is_empty() {
            return None;
        }
        let edges: usize = rings().map(|r| r.0.len()).sum();
        let mut shape = Self {
            bbox,
            bands: vec![Vec::new(); (edges / 8).clamp(1, 4096)],
        };
        for ring in rings() {
            for line in ring.lines() {
                let (low, high) = (line.start.y.min(line.end.y), line.start.y.max(line.end.y));
                for band in shape.band(low)..=shape.band(high) {
                    shape.bands[band].push([line.start.x, line.start.y, line.end.x, line.end.y]);
                }
            }
        }
        Some(shape)
    }

    fn band(&self, lat: f64) -> usize {
        let height = (self.bbox.north - self.bbox.south).max(f64::MIN_POSITIVE);
        let share = ((lat - self.bbox.south) / height).clamp(0.0, 1.0);
        ((share * self.bands.len() as f64) as usize).min(self.bands.len() - 1)
    }

    /// Half-open, so that a point on a shared border lies in one of two neighbours.
    pub fn contains(&self, p: LngLat) -> bool {
        if !self.bbox.contains(p) {
            return false;
        }
        let (x, y) = (p.lng(), p.lat());
        self.bands[self.band(y)]
            .iter()
            .filter(|[x1, y1, x2, y2]| (y1 <= &y) != (y2 <= &y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
            .count()
            % 2
            == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Contains;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_plain_test(
            ring in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 3..60),
            x in 0.0..1.0f64,
            y in 0.0..1.0f64,
        ) {
            // Sorted by angle around the middle, so that the ring does not cross itself.
            let mut ring = ring;
            ring.sort_by(|a, b| {
                let angle = |p: &(f64, f64)| (p.1 - 0.5).atan2(p.0 - 0.5);
                angle(a).total_cmp(&angle(b))
            });
            let polygon = geo_types::Polygon::new(ring.into_iter().collect(), Vec::new());
            let area = MultiPolygon::new(vec![polygon]);
            let shape = Shape::new(&area).unwrap();
            let p = LngLat::new(x, y).unwrap();
            prop_assert_eq!(shape.contains(p), area.contains(&geo_types::Point::from(p)));
        }
    }
}
