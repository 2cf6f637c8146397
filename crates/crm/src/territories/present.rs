//! The territories of the present, kept until they change; and the tree as others ask for it.

use std::collections::HashMap;
use std::sync::Arc;

use geom::Timestamp;
use records::{At, Error, Query, Record, Store, Types, Viewer};

use super::layout::Layout;

/// The present: now by the clock, or the last write where that is later (writes never share a moment).
pub(crate) async fn present(store: &Store) -> Result<Timestamp, Error> {
    let last = store.last_seq().await?;
    let written = store.changes(last - 1, 1).await?;
    Ok(written
        .last()
        .map_or(store.now(), |change| store.now().max(change.at)))
}

/// Every record of a type at a moment.
pub(super) async fn all_of(store: &Store, type_name: &str, at: At) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    let mut query = Query::of(type_name).at(at).limit(Query::MAX_LIMIT);
    loop {
        let page = store.list(&Viewer::system(), &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(records),
        }
    }
}

/// What lies below each territory, itself included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branches(HashMap<String, Vec<String>>);

impl Branches {
    /// The territory and everything below it; `None` for one that does not exist.
    pub fn below(&self, territory: &str) -> Option<&[String]> {
        self.0.get(territory).map(Vec::as_slice)
    }
}

/// The tree of a moment.
pub(crate) async fn branches(app: &crate::App, as_of: Option<Timestamp>) -> Result<Branches, Error> {
    let records = match as_of {
        None => {
            let layout = app.territories.layout.get(&app.store).await?;
            layout.territories.iter().map(|t| t.record.clone()).collect()
        }
        Some(_) => {
            let at = At {
                as_of,
                known_at: None,
            };
            all_of(&app.store, "territory", at).await?
        }
    };
    let parents: HashMap<&str, &str> = records
        .iter()
        .filter_map(|r| Some((r.id.as_str(), r.text("parent_id")?)))
        .collect();
    let mut below: HashMap<String, Vec<String>> = HashMap::new();
    for record in &records {
        // Each is below itself and all above it; a circle ends where it began.
        let mut above = vec![record.id.as_str()];
        while let Some(next) = above.last().and_then(|id| parents.get(id)) {
            if above.contains(next) {
                break;
            }
            above.push(next);
        }
        for id in above {
            below.entry(id.to_owned()).or_default().push(record.id.clone());
        }
    }
    Ok(Branches(below))
}

/// The present layout, kept until a change of the feed concerns it.
#[derive(Default)]
pub(crate) struct PresentLayout(tokio::sync::Mutex<Option<(i64, Arc<Layout>)>>);

/// Types whose changes make another layout.
const CONCERN: [&str; 3] = ["territory", "territory_version", "territory_member"];

impl PresentLayout {
    /// The territories as they stand now.
    pub async fn get(&self, store: &Store) -> Result<Arc<Layout>, Error> {
        let mut kept = self.0.lock().await;
        let last = store.last_seq().await?;
        if let Some((seq, layout)) = kept.as_mut() {
            if *seq == last {
                return Ok(layout.clone());
            }
            let (upto, changes) = store.changes_of(*seq, 1, Types::Only(&CONCERN)).await?;
            if changes.is_empty() {
                *seq = upto;
                return Ok(layout.clone());
            }
        }
        let layout = Arc::new(Layout::load(store, At::PRESENT).await?);
        *kept = Some((last, layout.clone()));
        Ok(layout)
    }
}
