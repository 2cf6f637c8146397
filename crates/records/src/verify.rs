//! wip
use crate::*;
impl Store {
    pub(crate) async fn verify_all(&self) -> Result<VerifyReport, Error> {
        todo!()
    }
}
