//! Working together: comments on records and on spots of shapes, mentions, following, and what each person is told.
//!
//! Who is told follows from the feed, whatever door a change came by. A notification names records and people by their ids
//! only; what it says is read when it is shown, with the rights of that moment.

mod follow;
mod http;
mod mentions;
mod show;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use follow::follow;
pub(crate) use http::router;
