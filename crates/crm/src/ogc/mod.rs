//! OGC API – Features (17-069r3), so that QGIS and its like read customers, places and territories as layers:
//! with the caller's rights, a box, a date and the list's filter.
//!
//! Conformance: Core, OpenAPI 3.0, GeoJSON. `datetime` is the date that the data is of: the state at an instant,
//! or at the end of an interval. Coordinates are longitude and latitude (CRS84), nothing else.

mod collections;
mod features;
mod openapi;
mod question;

mod http;

#[cfg(test)]
mod tests;

pub(crate) use http::router;
