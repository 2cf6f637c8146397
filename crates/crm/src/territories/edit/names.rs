//! Customers held by name: taking them, and giving them up.

use std::collections::BTreeSet;

use geom::Timestamp;
use records::{At, Author, Op, Store, Written};

use super::super::layout::Layout;
use super::super::present::present;
use super::super::store;
use super::next::{Next, next_version};
use super::{MOST_NAMED, existing, places, seen};
use crate::problem::Problem;

/// A territory takes locations by name, wherever they lie. Other territories of its line that held them by
/// name give them up. Locations that it has already stay as they are.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn take(
    store: &Store,
    author: &Author,
    id: &str,
    locations: &[String],
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let asked = existing(store, author, locations, "/location_ids").await?;
    let line = territory.line();
    let has: BTreeSet<String> = store::open_of(store.db(), &asked)
        .await?
        .into_iter()
        .filter(|open| open.territory_id == id && open.line.as_deref() == line)
        .map(|open| open.location_id)
        .collect();
    let taken: BTreeSet<String> = asked.difference(&has).cloned().collect();
    if taken.is_empty() {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let mut named: BTreeSet<String> = territory.named.iter().cloned().collect();
    named.extend(taken.iter().cloned());
    if named.len() > MOST_NAMED {
        return Err(Problem::bad(
            "/location_ids",
            "too-many",
            format!(
                "{} would hold {} places by name; at most {MOST_NAMED} are kept. Draw an area around them.",
                territory.name(),
                named.len()
            ),
        ));
    }
    let mut ops = given_up(&layout, line, Some(id), &taken, author, at, store).await?;
    let message = format!("{} taken by name", places(taken.len()));
    ops.extend(next_version(store, territory, author, &message, by_name(named), at).await?);
    Ok(store.write(author, ops).await?)
}

/// A territory gives up locations that it holds by name: areas decide about them again.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn release(
    store: &Store,
    author: &Author,
    id: &str,
    locations: &[String],
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let gone: BTreeSet<&String> = locations.iter().collect();
    let named: BTreeSet<String> = territory
        .named
        .iter()
        .filter(|id| !gone.contains(id))
        .cloned()
        .collect();
    let count = territory.named.len() - named.len();
    if count == 0 {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let message = format!("{} no longer held by name", places(count));
    let ops = next_version(store, territory, author, &message, by_name(named), at).await?;
    Ok(store.write(author, ops).await?)
}

/// New versions of the other territories of a line that hold these locations by name.
pub(in super::super) async fn given_up(
    layout: &Layout,
    line: Option<&str>,
    except: Option<&str>,
    locations: &BTreeSet<String>,
    author: &Author,
    at: Timestamp,
    store: &Store,
) -> Result<Vec<Op>, Problem> {
    let mut ops = Vec::new();
    for other in &layout.territories {
        let held = other.named.iter().filter(|id| locations.contains(*id)).count();
        if held == 0 || Some(other.id()) == except || other.line() != line {
            continue;
        }
        let named = other
            .named
            .iter()
            .filter(|id| !locations.contains(*id))
            .cloned()
            .collect();
        let message = format!("{} given up to another territory", places(held));
        ops.extend(next_version(store, other, author, &message, by_name(named), at).await?);
    }
    // Runs of operations of one sort are written together.
    ops.sort_by_key(|op| !matches!(op, Op::Update { .. }));
    Ok(ops)
}

fn by_name(named: BTreeSet<String>) -> Next {
    Next {
        named: Some(named),
        ..Next::default()
    }
}
