//! wip
impl crate::Filter { /// Parses CQL2, text or JSON (begins with `{`), and checks every property against the type.
/// # Errors
/// [`crate::FilterError`] naming the property and the known ones, or what cannot be read.
pub fn parse_cql2(_text: &str, _record_type: &crate::RecordType) -> Result<Self, crate::FilterError> { todo!() } }
