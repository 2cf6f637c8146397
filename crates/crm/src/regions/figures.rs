//! The figures of one shape at one moment.

use points::{Filter, Shape, SnapshotSpec};
use serde::Serialize;
use utoipa::ToSchema;

use super::question::Side;
use crate::live::{Names, stage_amount, stage_count};

/// Open opportunities of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct StageFigures {
    pub stage: String,
    pub label: String,
    /// Opportunities.
    pub count: u64,
    /// Minor units.
    pub amount: i64,
}

/// One bar of a breakdown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Part {
    /// Null: not known.
    pub value: Option<String>,
    /// The value's name where it is an id.
    pub label: String,
    /// Places.
    pub count: u64,
    /// Minor units.
    pub revenue: i64,
}

/// What there is in a shape at a moment. The parts of each breakdown sum to `count` and `revenue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// Milliseconds since 1970.
    pub as_of: i64,
    /// Places of accounts of every type.
    pub count: u64,
    /// Places of customers.
    pub customers: u64,
    /// Places of prospects.
    pub prospects: u64,
    /// Places that pass filter and rights but are on no map: in no shape, and counted only everywhere.
    pub not_placed: u64,
    /// Revenue of 12 months in minor units; a customer's counts once, at its first place.
    pub revenue: i64,
    /// Of the accounts counted, the share whose revenue is known: 0..=1; 1 where there are none.
    pub revenue_known: f64,
    /// Open pipeline in minor units.
    pub pipeline: i64,
    pub pipeline_by_stage: Vec<StageFigures>,
    /// Visits done on the day and in the 90 days before it.
    pub visits_90_days: u64,
    /// Of the customers' places, the share visited in those days: 0..=1; 1 where there are none.
    pub coverage: f64,
    pub by_class: Vec<Part>,
    pub by_industry: Vec<Part>,
    pub by_territory: Vec<Part>,
    pub by_owner: Vec<Part>,
}

/// Names for what the index knows by id.
pub(super) struct Labels {
    pub names: Names,
    /// Stages of the sales process: id, name.
    pub stages: Vec<(String, String)>,
}

const SUMS: [&str; 4] = ["revenue", "pipeline", "visits_90_days", "accounts"];
const GROUPS: [&str; 5] = ["type", "class", "industry", "territory_id", "owner_id"];

/// Sums up.
pub(super) fn figures(side: &Side, shape: &Shape, labels: &Labels) -> Result<Figures, points::Error> {
    let index = &side.state.index;
    let stages = &side.state.stages;
    let mut sums: Vec<String> = SUMS.iter().map(ToString::to_string).collect();
    sums.extend(stages.iter().map(|s| stage_amount(s)));
    sums.extend(stages.iter().map(|s| stage_count(s)));
    let spec = SnapshotSpec {
        sums,
        group_by: GROUPS.iter().map(ToString::to_string).collect(),
    };
    let view = index.view(&side.filter)?;
    let snapshot = view.snapshot(shape, &spec)?;
    let count_of = |kind: &str| {
        let types = snapshot.groups.iter().find(|g| g.column == "type");
        types
            .and_then(|g| g.values.iter().find(|v| v.value.as_deref() == Some(kind)))
            .map_or(0, |v| v.count)
    };
    let customers = count_of("customer");
    let also = |condition: Filter| -> Result<u64, points::Error> {
        Ok(index.view(&side.filter.clone().and(condition))?.count_in(shape))
    };
    let known = also(Filter::Not(Box::new(Filter::Missing {
        column: "revenue".into(),
    })))?;
    let visited = also(Filter::category("type", ["customer"]).and(Filter::Range {
        column: "visits_90_days".into(),
        from: Some(1),
        to: None,
    }))?;
    let parts = |column: &str, label: &dyn Fn(&str) -> String| {
        let values = snapshot
            .groups
            .iter()
            .filter(|g| g.column == column)
            .flat_map(|g| &g.values);
        let mut parts: Vec<Part> = values
            .map(|v| Part {
                label: v.value.as_deref().map_or_else(|| "Not known".to_owned(), label),
                value: v.value.clone(),
                count: v.count,
                revenue: amount(v.sums[0]),
            })
            .collect();
        if column != "class" {
            // The longest bar first; what is not known stays last.
            parts.sort_by(|a, b| {
                (a.value.is_none(), std::cmp::Reverse(a.count), &a.label).cmp(&(
                    b.value.is_none(),
                    std::cmp::Reverse(b.count),
                    &b.label,
                ))
            });
        }
        parts
    };
    let itself = |value: &str| value.to_owned();
    let territory = |id: &str| {
        labels
            .names
            .territory(id)
            .cloned()
            .unwrap_or_else(|| "A territory of the past".to_owned())
    };
    let user = |id: &str| {
        labels
            .names
            .user(id)
            .cloned()
            .unwrap_or_else(|| "Somebody of the past".to_owned())
    };
    let pipeline_by_stage = stages
        .iter()
        .enumerate()
        .map(|(i, stage)| StageFigures {
            stage: stage.clone(),
            label: labels
                .stages
                .iter()
                .find(|s| &s.0 == stage)
                .map(|s| s.1.clone())
                .unwrap_or_default(),
            count: u64::try_from(snapshot.sums[SUMS.len() + stages.len() + i]).unwrap_or(0),
            amount: amount(snapshot.sums[SUMS.len() + i]),
        })
        .collect();
    Ok(Figures {
        as_of: side.as_of,
        count: snapshot.count,
        customers,
        prospects: count_of("prospect"),
        not_placed: view.count() - view.placed(),
        revenue: amount(snapshot.sums[0]),
        revenue_known: share(known, u64::try_from(snapshot.sums[3]).unwrap_or(0)),
        pipeline: amount(snapshot.sums[1]),
        pipeline_by_stage,
        visits_90_days: u64::try_from(snapshot.sums[2]).unwrap_or(0),
        coverage: share(visited, customers),
        by_class: parts("class", &itself),
        by_industry: parts("industry", &itself),
        by_territory: parts("territory_id", &territory),
        by_owner: parts("owner_id", &user),
    })
}

fn amount(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
