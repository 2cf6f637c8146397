//! What is on record as files for other programs: every type as CSV, by our own names or in the columns that other CRMs
//! give their own exports, so that leaving is as easy as coming.

pub(crate) mod cells;
mod http;
mod objects;
mod of_type;
mod places;
mod presets;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

pub(crate) use http::router;
