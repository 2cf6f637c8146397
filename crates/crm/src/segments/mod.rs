//! Segments: whom something is meant for, as conditions that are asked anew each time, or as the list they gave once.
//!
//! A segment of customers is asked of the live index, in the words of the list of customers, with shapes, drive times
//! and what is on record about them elsewhere. Contacts and leads are asked of the records in one statement.

mod ask;
mod definition;
mod http;
mod members;
mod related;
#[cfg(test)]
mod tests;

pub(crate) use ask::{Members, ask, of_record};
pub(crate) use definition::{Definition, Subject, rules};
pub(crate) use http::router;
pub(crate) use members::SegmentRow;
