//! Regions: what we have in a shape, now or on a past date, and the difference of the two.
//!
//! All figures come from the live index, with the viewer's rights and the list's filter; a past date is
//! another index of the same kind. A row is a place of a customer: counts are places, and a customer's money
//! counts once, at its first place. Saved regions are plain records.

mod difference;
mod export;
mod figures;
mod question;

mod http;

#[cfg(test)]
mod tests;

pub(crate) use http::router;
pub(crate) use question::{Ground, Moment, ShapeBody};
