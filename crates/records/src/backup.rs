//! wip
use crate::*;
pub(crate) async fn write(_d: &Db, _p: &std::path::Path) -> Result<u64, Error> {
    todo!()
}
pub(crate) async fn read(_d: &Store, _p: &std::path::Path) -> Result<u64, Error> {
    todo!()
}
