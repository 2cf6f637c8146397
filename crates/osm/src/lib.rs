//! osm
