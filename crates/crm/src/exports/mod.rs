//! What is on record as files for other programs: every type as CSV, and customers in the columns that other CRMs give
//! their own exports, so that leaving is as easy as coming.

pub(crate) mod cells;
mod http;
mod presets;
#[cfg(test)]
mod tests;

pub(crate) use http::router;
