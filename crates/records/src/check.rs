//! wip
use crate::*;
/// Compares declarations with tables.
pub async fn check_tables(_s: &Store) -> Result<Vec<String>, Error> {
    todo!()
}
