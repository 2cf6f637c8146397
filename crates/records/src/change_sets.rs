//! wip
use crate::*;
impl Store {
 pub(crate) async fn open_change_set(&self, _a: &Author, _u: Option<&str>) -> Result<String, Error> { todo!() }
 pub(crate) async fn require_open_change_set(&self, _i: &str) -> Result<(), Error> { todo!() }
 pub(crate) async fn close_change_set(&self, _i: &str) -> Result<ChangeSetInfo, Error> { todo!() }
 pub(crate) async fn list_change_sets(&self, _f: &ChangeSetFilter) -> Result<Vec<ChangeSetInfo>, Error> { todo!() }
}
