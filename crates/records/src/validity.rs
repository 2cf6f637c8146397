//! wip
use crate::*;
impl Store {
    pub(crate) async fn append_validity_changes(&self) -> Result<u64, Error> {
        todo!()
    }
}
