//! Two layouts over the same customers: what each territory holds before and after, and who changes hands.

use std::collections::{BTreeMap, HashMap};
use std::ops::{AddAssign, SubAssign};

use points::{Filter, Found, RowId, Shape};
use rayon::prelude::*;
use territory::TerritoryId;

use crate::live::{State, id_text, stage_count};
use crate::territories::{Known, Layout, Sums};

/// What a territory holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub sums: Sums,
    /// Open opportunities.
    pub deals: i64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sums += other.sums;
        self.deals += other.deals;
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.sums -= other.sums;
        self.deals -= other.deals;
    }
}

/// A place that changes hands within a product line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub row: RowId,
    pub from: Option<TerritoryId>,
    pub to: Option<TerritoryId>,
    pub tally: Tally,
}

impl Moved {
    pub fn location(&self) -> String {
        id_text(self.row)
    }
}

/// What comes of another layout.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// By territory; `None`: places of no territory of the common line.
    pub before: BTreeMap<Option<TerritoryId>, Tally>,
    pub after: BTreeMap<Option<TerritoryId>, Tally>,
    /// In the order of the index.
    pub moved: Vec<Moved>,
}

impl Outcome {
    pub fn before_of(&self, territory: Option<TerritoryId>) -> Tally {
        self.before.get(&territory).copied().unwrap_or_default()
    }

    pub fn after_of(&self, territory: Option<TerritoryId>) -> Tally {
        self.after.get(&territory).copied().unwrap_or_default()
    }
}

/// Rows looked at by one thread at a time.
const CHUNK: usize = 8_192;

/// One row as it counts. `stages` are the names of the columns that count open opportunities.
pub(super) fn tally(row: &Found<'_>, stages: &[String]) -> Tally {
    Tally {
        sums: Sums::of(row),
        deals: stages.iter().filter_map(|s| row.amount(s)).sum(),
    }
}

/// The columns that count open opportunities.
pub(super) fn deal_columns(state: &State) -> Vec<String> {
    state.stages.iter().map(|s| stage_count(s)).collect()
}

/// Decides about every place that passes the filter, twice. `known`: loaded where either layout asks for facts.
pub(super) fn evaluate(
    before: &Layout,
    after: &Layout,
    state: &State,
    filter: &Filter,
    known: &Known,
) -> Result<Outcome, points::Error> {
    let view = state.index.view(filter)?;
    let rows = view.rows_in(&Shape::everywhere());
    let stages = deal_columns(state);
    let mut lines = before.lines();
    lines.extend(after.lines());
    lines.sort();
    lines.dedup();
    let chunk = |rows: &[Found<'_>]| {
        let mut part = Part::default();
        for row in rows {
            let location = id_text(row.id());
            let tally = tally(row, &stages);
            let facts = known.of(&location, row.place());
            for line in &lines {
                let owner = |layout: &Layout| layout.owner_of(&location, &facts, line.as_deref());
                let (from, to) = (owner(before), owner(after));
                // In a line of its own nobody counts whom it leaves out.
                let counts = |owner: Option<TerritoryId>| owner.is_some() || line.is_none();
                if counts(from) {
                    *part.before.entry(from).or_default() += tally;
                }
                if counts(to) {
                    *part.after.entry(to).or_default() += tally;
                }
                if from != to {
                    part.moved.push(Moved {
                        row: row.id(),
                        from,
                        to,
                        tally,
                    });
                }
            }
        }
        part
    };
    let parts: Vec<Part> = rows.par_chunks(CHUNK).map(chunk).collect();
    let mut outcome = Outcome::default();
    for part in parts {
        for (territory, tally) in part.before {
            *outcome.before.entry(territory).or_default() += tally;
        }
        for (territory, tally) in part.after {
            *outcome.after.entry(territory).or_default() += tally;
        }
        outcome.moved.extend(part.moved);
    }
    Ok(outcome)
}

#[derive(Default)]
struct Part {
    before: HashMap<Option<TerritoryId>, Tally>,
    after: HashMap<Option<TerritoryId>, Tally>,
    moved: Vec<Moved>,
}

/// From whom to whom.
pub(super) type Direction = (Option<TerritoryId>, Option<TerritoryId>);

/// Moves by (from, to), the largest first.
pub(super) fn grouped(moved: &[Moved]) -> Vec<(Direction, Vec<&Moved>)> {
    let mut groups: BTreeMap<Direction, Vec<&Moved>> = BTreeMap::new();
    for one in moved {
        groups.entry((one.from, one.to)).or_default().push(one);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, moved)| (std::cmp::Reverse(moved.len()), *key));
    groups
}
