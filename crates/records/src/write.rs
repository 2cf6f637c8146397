//! wip
use crate::*;
impl Store {
 pub(crate) async fn write_once(&self, _a: &Author, _o: Vec<Op>) -> Result<Written, Error> { todo!() }
 pub(crate) async fn write_chunk(&self, _a: &Author, _i: &str, _o: Vec<Op>) -> Result<Written, Error> { todo!() }
}
