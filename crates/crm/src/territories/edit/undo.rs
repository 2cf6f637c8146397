//! When a change of a territory may be taken back.

use records::{At, Store, Viewer};

use super::super::store;
use super::CAUSE;
use crate::problem::Problem;

/// Whether a change of a territory may be taken back: only as a whole, so what it wrote has to be as it left
/// it. Two open versions of one territory would be the end of it otherwise.
///
/// # Errors
/// A conflict that says what was done since.
pub(crate) async fn may_be_undone(store: &Store, change_set: &str) -> Result<(), Problem> {
    let Some(set) = store
        .find_change_set(change_set)
        .await?
        .filter(|s| s.cause == CAUSE && s.undone_by.is_none())
    else {
        return Ok(());
    };
    for (type_name, id, version) in store::parts_of(store.db(), change_set).await? {
        let present = store.get(&Viewer::system(), &type_name, &id, At::PRESENT).await?;
        if present.as_ref().is_some_and(|p| p.version == version) {
            continue;
        }
        let history = store.history(&Viewer::system(), &type_name, &id).await?;
        let left = history
            .into_iter()
            .map(|r| r.record)
            .find(|r| r.version == version);
        if left.map(|r| r.fields) == present.as_ref().map(|p| p.fields.clone()) {
            continue;
        }
        let since = match present {
            Some(present) => store.find_change_set(&present.change_set).await?.map(|s| s.label),
            None => None,
        };
        let since = since
            .map(|label| format!(" by \u{201c}{label}\u{201d}"))
            .unwrap_or_default();
        return Err(Problem::conflict(
            "changed-since",
            format!(
                "\u{201c}{}\u{201d} was followed{since}. Undo that first; nothing was changed now.",
                set.label
            ),
        ));
    }
    Ok(())
}
