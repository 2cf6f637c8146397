//! geocode
