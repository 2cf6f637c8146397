//! What each territory holds, summed from the live index.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use points::{Filter, Found, Index, Shape, View};
use rayon::prelude::*;

use super::facts::Known;
use super::layout::Layout;
use super::totals::Sums;
use crate::live::{id_text, row_id};

/// Sums by territory, and of places that none has.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    by_territory: HashMap<String, Sums>,
    without: Sums,
}

impl Holdings {
    /// What a territory holds.
    pub fn of(&self, territory: &str) -> Sums {
        self.by_territory.get(territory).copied().unwrap_or_default()
    }

    /// What no territory of the common line holds.
    pub fn without(&self) -> Sums {
        self.without
    }

    /// Sums up the rows that pass a filter. `in_lines` are the places of territories of a product line of
    /// their own, which the index does not know: (location, territory).
    pub fn sum(
        index: &Index,
        filter: &Filter,
        layout: &Layout,
        in_lines: &[(String, String)],
    ) -> Result<Self, points::Error> {
        let view = index.view(filter)?;
        let mut held = Self::sum_rows(&view.rows_in(&Shape::everywhere()), layout);
        for (location, territory) in in_lines {
            let found = row_id(location)
                .filter(|id| view.contains(*id))
                .and_then(|id| index.get(id));
            if let Some(row) = found.filter(|_| layout.get(territory).is_some()) {
                *held.by_territory.entry(territory.clone()).or_default() += Sums::of(&row);
            }
        }
        Ok(held)
    }

    /// Sums up the rows that pass a filter by what a layout decides, whatever is on record.
    pub fn decided(
        index: &Index,
        filter: &Filter,
        layout: &Layout,
        known: &Known,
    ) -> Result<Self, points::Error> {
        let view = index.view(filter)?;
        let rows = view.rows_in(&Shape::everywhere());
        let lines = layout.lines();
        let chunk = |rows: &[Found<'_>]| {
            let mut part = Self::default();
            for row in rows {
                let (location, sums) = (id_text(row.id()), Sums::of(row));
                let facts = known.of(&location, row.place());
                for line in &lines {
                    let owner = layout.owner_of(&location, &facts, line.as_deref());
                    match owner.and_then(|owner| layout.by_number(owner)) {
                        Some(t) => *part.by_territory.entry(t.id().to_owned()).or_default() += sums,
                        None if line.is_none() => part.without += sums,
                        None => {}
                    }
                }
            }
            part
        };
        let parts: Vec<Self> = rows.par_chunks(16_384).map(chunk).collect();
        let mut held = Self::default();
        for part in parts {
            held.without += part.without;
            for (territory, sums) in part.by_territory {
                *held.by_territory.entry(territory).or_default() += sums;
            }
        }
        Ok(held)
    }

    /// Sums up rows by the territory of the common line.
    pub fn sum_rows(rows: &[Found<'_>], layout: &Layout) -> Self {
        let chunk = |rows: &[Found<'_>]| {
            let mut part: HashMap<Option<&str>, Sums> = HashMap::new();
            for row in rows {
                *part.entry(territory_of(row, layout)).or_default() += Sums::of(row);
            }
            part.into_iter()
                .map(|(territory, sums)| (territory.map(str::to_owned), sums))
                .collect::<Vec<_>>()
        };
        let mut held = Self::default();
        let parts: Vec<Vec<(Option<String>, Sums)>> = rows.par_chunks(16_384).map(chunk).collect();
        for (territory, sums) in parts.into_iter().flatten() {
            match territory {
                Some(territory) => *held.by_territory.entry(territory).or_default() += sums,
                None => held.without += sums,
            }
        }
        held
    }
}

/// The territory that the index has for a place, if it is still one.
pub(super) fn territory_of<'a>(row: &Found<'a>, layout: &Layout) -> Option<&'a str> {
    row.category("territory_id").filter(|id| layout.get(id).is_some())
}

/// All of one view's rows with these ids.
pub(super) fn rows_of<'a>(index: &'a Index, view: &View<'_>, locations: &[String]) -> Vec<Found<'a>> {
    let ids = locations.iter().filter_map(|id| row_id(id));
    ids.filter(|id| view.contains(*id))
        .filter_map(|id| index.get(id))
        .collect()
}

/// The sums over everything, kept until the index changes: every preview needs them.
#[derive(Default)]
pub(crate) struct PresentHoldings(Mutex<Option<(i64, Arc<Holdings>)>>);

impl PresentHoldings {
    pub fn kept(&self, seq: i64) -> Option<Arc<Holdings>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|k| k.0 == seq).map(|k| k.1.clone())
    }

    pub fn keep(&self, seq: i64, holdings: Arc<Holdings>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, holdings));
    }
}
