//! A place of the geocoder as other programs tell it: the same for what was searched and for what lies at a point.

use geocode::{Hit, Level, Reverse};
use geom::LngLat;

/// Longest address looked up.
const LONGEST_ADDRESS: usize = 500;

/// What Nominatim's and Photon's forms are written from.
pub(super) struct Found<'a> {
    pub point: LngLat,
    pub level: Level,
    pub label: &'a str,
    pub name: &'a str,
    pub street: &'a str,
    pub house_number: &'a str,
    pub postcode: &'a str,
    pub city: &'a str,
    pub country: &'a str,
    /// How likely it is the meant place, 0 to 1; 0 for what lies at a point.
    pub confidence: f32,
}

impl<'a> From<&'a Hit> for Found<'a> {
    fn from(hit: &'a Hit) -> Self {
        Self {
            point: hit.point,
            level: hit.level,
            label: &hit.label,
            name: &hit.name,
            street: &hit.street,
            house_number: &hit.house_number,
            postcode: &hit.postcode,
            city: &hit.city,
            country: &hit.country,
            confidence: hit.confidence,
        }
    }
}

impl<'a> From<&'a Reverse> for Found<'a> {
    fn from(found: &'a Reverse) -> Self {
        Self {
            point: found.point,
            level: found.level,
            label: &found.label,
            name: "",
            street: &found.street,
            house_number: &found.house_number,
            postcode: &found.postcode,
            city: &found.city,
            country: &found.country,
            confidence: 0.0,
        }
    }
}

/// Refuses addresses no address is as long as, in words.
pub(super) fn check_length<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    if texts.any(|text| text.len() > LONGEST_ADDRESS) {
        return Err(format!("An address has at most {LONGEST_ADDRESS} characters."));
    }
    Ok(())
}

/// A point from parameters, if both are given; refused in words where it lies off the earth.
pub(super) fn point(lon: Option<f64>, lat: Option<f64>) -> Result<Option<LngLat>, String> {
    let place = lon.zip(lat).map(|(lon, lat)| LngLat::new(lon, lat));
    place.transpose().map_err(|error| format!("{error}."))
}
