//! What came, went, grew and shrank between two dates.

use points::{RowId, Shape};
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::Figures;
use super::question::{RowKind, Side};

/// The date asked for less the date compared with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Difference {
    /// Places there now that were nowhere on record then; their rows with `kind` `new`.
    pub new: u64,
    /// Places there then that are nowhere on record now.
    pub lost: u64,
    /// Places there now that were on record then, but not here: another address, another territory, or they did not pass
    /// the filter.
    pub came: u64,
    /// Places there then that are on record now, but no longer here.
    pub went: u64,
    /// Places there both times whose known revenue rose.
    pub grown: u64,
    /// Places there both times whose known revenue fell.
    pub shrunk: u64,
    pub count: i64,
    pub customers: i64,
    pub prospects: i64,
    /// Minor units.
    pub revenue: i64,
    /// Minor units.
    pub pipeline: i64,
    pub visits_90_days: i64,
}

/// Rows by what became of them, each in the order of ids.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub new: Vec<RowId>,
    pub lost: Vec<RowId>,
    pub came: Vec<RowId>,
    pub went: Vec<RowId>,
    pub grown: Vec<RowId>,
    pub shrunk: Vec<RowId>,
}

impl Changed {
    /// Compares the rows of a shape on two dates.
    pub fn between(a: &Side, b: &Side, shape: &Shape) -> Result<Self, points::Error> {
        let (now, then) = (rows(a, shape)?, rows(b, shape)?);
        let mut changed = Self::default();
        let on_record = |side: &Side, id: RowId| side.state.index.get(id).is_some();
        let (mut i, mut j) = (0, 0);
        while i < now.len() || j < then.len() {
            let order = match (now.get(i), then.get(j)) {
                (Some(n), Some(t)) => n.0.cmp(&t.0),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, _) => std::cmp::Ordering::Greater,
            };
            match order {
                std::cmp::Ordering::Less if on_record(b, now[i].0) => changed.came.push(now[i].0),
                std::cmp::Ordering::Less => changed.new.push(now[i].0),
                std::cmp::Ordering::Greater if on_record(a, then[j].0) => changed.went.push(then[j].0),
                std::cmp::Ordering::Greater => changed.lost.push(then[j].0),
                std::cmp::Ordering::Equal => match (now[i].1, then[j].1) {
                    (Some(n), Some(t)) if n > t => changed.grown.push(now[i].0),
                    (Some(n), Some(t)) if n < t => changed.shrunk.push(now[i].0),
                    // Revenue that was not known on one of the dates neither rose nor fell.
                    _ => {}
                },
            }
            i += usize::from(order.is_le());
            j += usize::from(order.is_ge());
        }
        Ok(changed)
    }

    /// The ids of one kind; `None` for all rows, which is not a change.
    pub fn of(self, kind: RowKind) -> Option<Vec<RowId>> {
        match kind {
            RowKind::All => None,
            RowKind::New => Some(self.new),
            RowKind::Lost => Some(self.lost),
            RowKind::Came => Some(self.came),
            RowKind::Went => Some(self.went),
            RowKind::Grown => Some(self.grown),
            RowKind::Shrunk => Some(self.shrunk),
        }
    }

    /// With the figures' differences.
    pub fn difference(&self, a: &Figures, b: &Figures) -> Difference {
        let of = |get: fn(&Figures) -> u64| get(a) as i64 - get(b) as i64;
        Difference {
            new: self.new.len() as u64,
            lost: self.lost.len() as u64,
            came: self.came.len() as u64,
            went: self.went.len() as u64,
            grown: self.grown.len() as u64,
            shrunk: self.shrunk.len() as u64,
            count: of(|f| f.count),
            customers: of(|f| f.customers),
            prospects: of(|f| f.prospects),
            revenue: a.revenue.saturating_sub(b.revenue),
            pipeline: a.pipeline.saturating_sub(b.pipeline),
            visits_90_days: of(|f| f.visits_90_days),
        }
    }
}

/// Ids with revenue, in the order of ids.
fn rows(side: &Side, shape: &Shape) -> Result<Vec<(RowId, Option<i64>)>, points::Error> {
    let view = side.state.index.view(&side.filter)?;
    let mut rows: Vec<(RowId, Option<i64>)> = view
        .rows_in(shape)
        .iter()
        .map(|row| (row.id(), row.amount("revenue")))
        .collect();
    rows.sort_unstable_by_key(|row| row.0);
    Ok(rows)
}
