//! wip
use crate::*;
impl Store {
    pub(crate) async fn undo_change_set(&self, _a: &Author, _c: &str) -> Result<UndoReport, Error> {
        todo!()
    }
}
