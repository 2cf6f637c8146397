//! Points and boxes on the WGS 84 ellipsoid, taken as a sphere for distances.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

use crate::Meters;

/// Mean radius of the earth (IUGG), as the haversine formula wants it.
pub const EARTH_RADIUS: Meters = Meters(6_371_008.8);

/// A coordinate that is not on the earth. Says what was given.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadPlace {
    /// The longitude is not in −180..=180 or not a number.
    #[error("longitude {0} is not between -180 and 180; coordinates are [longitude, latitude]")]
    Longitude(f64),
    /// The latitude is not in −90..=90 or not a number.
    #[error("latitude {0} is not between -90 and 90; coordinates are [longitude, latitude]")]
    Latitude(f64),
}

/// A point: longitude −180..=180, latitude −90..=90, in degrees. Checked when made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct LngLat {
    lng: f64,
    lat: f64,
}

impl LngLat {
    /// Longitude first. Refuses what is not on the earth, NaN included.
    pub fn new(lng: f64, lat: f64) -> Result<Self, BadPlace> {
        if !(-180.0..=180.0).contains(&lng) {
            return Err(BadPlace::Longitude(lng));
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(BadPlace::Latitude(lat));
        }
        Ok(Self { lng, lat })
    }

    /// Degrees east.
    #[must_use]
    pub fn lng(self) -> f64 {
        self.lng
    }

    /// Degrees north.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Great-circle distance (haversine). Within 0.6 % of the ellipsoid.
    #[must_use]
    pub fn distance(self, other: Self) -> Meters {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half_dlat = (lat2 - lat1) / 2.0;
        let half_dlng = (other.lng - self.lng).to_radians() / 2.0;
        let h = half_dlat.sin().powi(2) + lat1.cos() * lat2.cos() * half_dlng.sin().powi(2);
        EARTH_RADIUS * (2.0 * h.sqrt().min(1.0).asin())
    }

    /// Initial bearing to the other point: degrees clockwise from north, 0..360.
    #[must_use]
    pub fn bearing(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let dlng = (other.lng - self.lng).to_radians();
        let y = dlng.sin() * lat2.cos();
        let x = lat1.cos() * lat2.sin() - lat1.sin() * lat2.cos() * dlng.cos();
        y.atan2(x).to_degrees().rem_euclid(360.0)
    }
}

impl TryFrom<[f64; 2]> for LngLat {
    type Error = BadPlace;
    fn try_from([lng, lat]: [f64; 2]) -> Result<Self, BadPlace> {
        Self::new(lng, lat)
    }
}

impl From<LngLat> for [f64; 2] {
    fn from(p: LngLat) -> [f64; 2] {
        [p.lng, p.lat]
    }
}

impl From<LngLat> for geo_types::Point {
    fn from(p: LngLat) -> Self {
        geo_types::Point::new(p.lng, p.lat)
    }
}

impl From<LngLat> for geo_types::Coord {
    fn from(p: LngLat) -> Self {
        geo_types::Coord { x: p.lng, y: p.lat }
    }
}

/// A point as files store it: degrees × 10⁷ in two `i32` (1.1 cm at the equator), longitude first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub struct Fixed {
    /// Longitude × 10⁷.
    pub lng: i32,
    /// Latitude × 10⁷.
    pub lat: i32,
}

impl From<LngLat> for Fixed {
    fn from(p: LngLat) -> Self {
        Self {
            lng: (p.lng * 1e7).round() as i32,
            lat: (p.lat * 1e7).round() as i32,
        }
    }
}

impl From<Fixed> for LngLat {
    /// A file's bytes may hold anything, so out-of-range values are clamped onto the earth.
    fn from(f: Fixed) -> Self {
        Self {
            lng: (f64::from(f.lng) / 1e7).clamp(-180.0, 180.0),
            lat: (f64::from(f.lat) / 1e7).clamp(-90.0, 90.0),
        }
    }
}

/// A box of longitudes and latitudes; `west <= east`, so it never crosses the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BBox {
    /// Smallest longitude.
    pub west: f64,
    /// Smallest latitude.
    pub south: f64,
    /// Largest longitude.
    pub east: f64,
    /// Largest latitude.
    pub north: f64,
}

impl BBox {
    /// A box that holds nothing and grows by [`BBox::include`].
    pub const EMPTY: Self = Self {
        west: f64::INFINITY,
        south: f64::INFINITY,
        east: f64::NEG_INFINITY,
        north: f64::NEG_INFINITY,
    };

    /// The smallest box around some points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = LngLat>) -> Option<Self> {
        let mut bbox = Self::EMPTY;
        for p in points {
            bbox.include(p);
        }
        (!bbox.is_empty()).then_some(bbox)
    }

    /// Grows to hold the point.
    pub fn include(&mut self, p: LngLat) {
        self.west = self.west.min(p.lng());
        self.east = self.east.max(p.lng());
        self.south = self.south.min(p.lat());
        self.north = self.north.max(p.lat());
    }

    /// Grows to hold the other box.
    pub fn union(&mut self, other: Self) {
        self.west = self.west.min(other.west);
        self.east = self.east.max(other.east);
        self.south = self.south.min(other.south);
        self.north = self.north.max(other.north);
    }

    /// Holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.west > self.east || self.south > self.north
    }

    /// The point lies inside or on the edge.
    #[must_use]
    pub fn contains(&self, p: LngLat) -> bool {
        (self.west..=self.east).contains(&p.lng()) && (self.south..=self.north).contains(&p.lat())
    }

    /// The boxes share at least a point.
    #[must_use]
    pub fn intersects(&self, o: &Self) -> bool {
        self.west <= o.east && o.west <= self.east && self.south <= o.north && o.south <= self.north
    }

    /// The middle; on the equator for an empty box.
    #[must_use]
    pub fn center(&self) -> LngLat {
        if self.is_empty() {
            return LngLat { lng: 0.0, lat: 0.0 };
        }
        LngLat {
            lng: ((self.west + self.east) / 2.0).clamp(-180.0, 180.0),
            lat: ((self.south + self.north) / 2.0).clamp(-90.0, 90.0),
        }
    }

    /// Larger by a margin on every side, kept on the earth.
    #[must_use]
    pub fn grown(&self, margin: Meters) -> Self {
        let dlat = (margin.0 / EARTH_RADIUS.0).to_degrees();
        let widest = self.south.abs().max(self.north.abs()).min(89.0);
        let dlng = dlat / widest.to_radians().cos();
        Self {
            west: (self.west - dlng).max(-180.0),
            south: (self.south - dlat).max(-90.0),
            east: (self.east + dlng).min(180.0),
            north: (self.north + dlat).min(90.0),
        }
    }
}

/// A flat metric plane touching the earth at one point (equirectangular): metres east and north.
/// Good to about 0.1 % within 100 km.
#[derive(Clone, Copy, Debug)]
pub struct LocalMeters {
    origin: LngLat,
    per_lng: f64,
    per_lat: f64,
}

impl LocalMeters {
    /// The plane that touches at `origin`.
    #[must_use]
    pub fn at(origin: LngLat) -> Self {
        let per_lat = EARTH_RADIUS.0.to_radians();
        Self {
            origin,
            per_lng: per_lat * origin.lat.to_radians().cos(),
            per_lat,
        }
    }

    /// Metres east and north of the origin.
    #[must_use]
    pub fn project(&self, p: LngLat) -> [f64; 2] {
        [
            (p.lng - self.origin.lng) * self.per_lng,
            (p.lat - self.origin.lat) * self.per_lat,
        ]
    }

    /// The point that many metres east and north of the origin, kept on the earth.
    #[must_use]
    pub fn unproject(&self, [x, y]: [f64; 2]) -> LngLat {
        LngLat {
            lng: (self.origin.lng + x / self.per_lng.max(1e-9)).clamp(-180.0, 180.0),
            lat: (self.origin.lat + y / self.per_lat).clamp(-90.0, 90.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_on_the_earth() {
        assert_eq!(LngLat::new(13.0, 700.0), Err(BadPlace::Latitude(700.0)));
        assert_eq!(LngLat::new(-181.0, 0.0), Err(BadPlace::Longitude(-181.0)));
        assert!(LngLat::new(f64::NAN, 0.0).is_err());
    }

    #[test]
    fn one_degree_of_latitude_is_about_111_km() {
        let d = LngLat::new(13.0, 53.0)
            .unwrap()
            .distance(LngLat::new(13.0, 54.0).unwrap());
        // 6371008.8 × π / 180 = 111195.08
        assert!((d.0 - 111_195.08).abs() < 0.1, "{d:?}");
    }

    #[test]
    fn the_local_plane_agrees_with_the_sphere_nearby() {
        let origin = LngLat::new(13.26, 53.55).unwrap();
        let plane = LocalMeters::at(origin);
        let p = plane.unproject([3000.0, 4000.0]);
        assert!((origin.distance(p).0 - 5000.0).abs() < 5.0);
        let back = plane.project(p);
        assert!((back[0] - 3000.0).abs() < 1e-6 && (back[1] - 4000.0).abs() < 1e-6);
    }
}
