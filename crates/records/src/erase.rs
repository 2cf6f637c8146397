//! wip
use crate::*;
impl Store {
    pub(crate) async fn erase_record(&self, _a: &Author, _c: &str, _i: &str) -> Result<Written, Error> {
        todo!()
    }
}
