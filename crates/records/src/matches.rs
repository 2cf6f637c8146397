//! wip
pub(crate) fn matches(_: &crate::Filter, _: &crate::RecordType, _: &crate::Record) -> Option<bool> { todo!() }
