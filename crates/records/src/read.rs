//! wip
use crate::*;
impl Store {
 pub(crate) async fn read_one(&self, _v: &Viewer, _t: &str, _i: &str, _a: At) -> Result<Option<Record>, Error> { todo!() }
 pub(crate) async fn read_page(&self, _v: &Viewer, _q: &Query) -> Result<Page, Error> { todo!() }
 pub(crate) async fn read_sums(&self, _v: &Viewer, _q: &Query, _f: &[&str], _g: &[&str]) -> Result<Vec<Group>, Error> { todo!() }
 pub(crate) async fn read_history(&self, _v: &Viewer, _t: &str, _i: &str) -> Result<Vec<Revision>, Error> { todo!() }
}
