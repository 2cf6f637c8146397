//! What a territory holds, as shown; and one line over all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use territory::TerritoryId;
use utoipa::ToSchema;

use super::driven::{ESTIMATE, Road, Roads};
use super::ground::compactness;
use super::outcome::{Outcome, Tally};
pub(super) use crate::territories::heirs::owners;
use crate::territories::{Layout, Standing, number};

/// What a territory or a selection holds. Hours are those of an average week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Measures {
    /// Places of accounts that are no prospects.
    pub accounts: u64,
    pub prospects: u64,
    pub places: u64,
    /// Minor units; a customer's money counts once, at its first place.
    pub revenue: i64,
    /// Open pipeline, minor units.
    pub pipeline: i64,
    pub visit_hours: f64,
    pub drive_hours: f64,
    /// `plan`: of a plan for these customers. `estimate`: from how far apart the places lie, and from the plan for those
    /// that the territory had before.
    #[schema(value_type = String)]
    pub drive_basis: Basis,
    /// Visits and driving together.
    pub hours: f64,
    /// Open opportunities.
    pub open_deals: i64,
}

/// Where hours of driving come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    Plan,
    #[default]
    Estimate,
}

/// A figure that is not known better is not shown finer.
pub(super) fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl Measures {
    /// Of a tally, driven as `road` says.
    pub fn of(tally: &Tally, road: Road) -> Self {
        let totals = tally.sums.totals();
        let drive_hours = tenths(road.hours(&tally.sums));
        Self {
            accounts: totals.accounts,
            prospects: totals.prospects,
            places: tally.sums.places(),
            revenue: totals.revenue,
            pipeline: totals.pipeline,
            visit_hours: totals.visit_hours,
            drive_hours,
            drive_basis: road.basis(),
            hours: tenths(totals.visit_hours + drive_hours),
            open_deals: tally.deals,
        }
    }
}

/// An id with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Reference {
    pub id: String,
    pub name: String,
}

/// Territories of two layouts by the engine's numbers.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub before: &'a Layout,
    pub after: &'a Layout,
}

impl<'a> Names<'a> {
    pub fn standing(&self, number: TerritoryId) -> Option<&'a Standing> {
        self.after
            .by_number(number)
            .or_else(|| self.before.by_number(number))
    }

    pub fn reference(&self, number: Option<TerritoryId>) -> Option<Reference> {
        let standing = self.standing(number?)?;
        Some(Reference {
            id: standing.id().to_owned(),
            name: standing.name().to_owned(),
        })
    }

    pub fn name(&self, number: Option<TerritoryId>) -> String {
        number
            .and_then(|n| self.standing(n))
            .map_or_else(|| "no territory".to_owned(), |t| t.name().to_owned())
    }
}

/// One line over all territories of a side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ScenarioSummary)]
pub(crate) struct Summary {
    pub territories: u64,
    /// Most hours ÷ mean hours; 1 is even.
    pub imbalance: f64,
    /// Standard deviation of hours ÷ mean.
    pub spread: f64,
    pub worst: Option<Worst>,
    pub visit_hours: f64,
    pub drive_hours: f64,
    /// `plan` if all of it is.
    #[schema(value_type = String)]
    pub drive_basis: Basis,
    /// Mean of the areas' Polsby-Popper figures, 0..=1.
    pub compactness: f64,
    pub places_moved: u64,
    pub accounts_moved: u64,
    pub revenue_moved: i64,
    pub reps_changed: u64,
    pub reps: u64,
    /// Places of no territory.
    pub unassigned: u64,
}

/// The territory with the most hours.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Worst {
    pub territory_id: String,
    pub name: String,
    pub hours: f64,
}

/// A side of a comparison: a layout with what its territories hold.
pub(super) struct Side<'a> {
    pub layout: &'a Layout,
    pub tallies: &'a BTreeMap<Option<TerritoryId>, Tally>,
    pub roads: &'a Roads,
    pub is_after: bool,
}

impl Side<'_> {
    pub fn measures(&self, standing: &Standing) -> Measures {
        let id = number(standing.id());
        let tally = self.tallies.get(&Some(id)).copied().unwrap_or_default();
        let road = if self.is_after {
            self.roads.after(Some(id))
        } else {
            self.roads.before(Some(id))
        };
        Measures::of(&tally, road)
    }

    /// The line over all, without what moves.
    pub fn summary(&self) -> Summary {
        let all: Vec<(&Standing, Measures)> = self
            .layout
            .territories
            .iter()
            .map(|t| (t, self.measures(t)))
            .filter(|(t, m)| m.places > 0 || t.shape.is_some() || !t.named.is_empty())
            .collect();
        let hours: Vec<f64> = all.iter().map(|(_, m)| m.hours).collect();
        let count = hours.len() as f64;
        let mean = hours.iter().sum::<f64>() / count.max(1.0);
        let variance = hours.iter().map(|h| (h - mean).powi(2)).sum::<f64>() / count.max(1.0);
        let worst = all.iter().max_by(|a, b| {
            a.1.hours
                .total_cmp(&b.1.hours)
                .then_with(|| b.0.id().cmp(a.0.id()))
        });
        let shapes: Vec<f64> = all
            .iter()
            .filter_map(|(t, _)| t.shape.as_ref().map(compactness))
            .collect();
        let ratio = |value: f64| {
            if mean > 0.0 {
                thousandths(value / mean)
            } else {
                0.0
            }
        };
        let all_planned = !all.is_empty() && all.iter().all(|(_, m)| m.drive_basis == Basis::Plan);
        Summary {
            territories: all.len() as u64,
            imbalance: ratio(hours.iter().copied().fold(0.0, f64::max)),
            spread: ratio(variance.sqrt()),
            worst: worst.map(|(t, m)| Worst {
                territory_id: t.id().to_owned(),
                name: t.name().to_owned(),
                hours: m.hours,
            }),
            visit_hours: tenths(all.iter().map(|(_, m)| m.visit_hours).sum()),
            drive_hours: tenths(all.iter().map(|(_, m)| m.drive_hours).sum()),
            drive_basis: if all_planned { Basis::Plan } else { Basis::Estimate },
            compactness: thousandths(shapes.iter().sum::<f64>() / (shapes.len() as f64).max(1.0)),
            unassigned: self.tallies.get(&None).map_or(0, |t| t.sums.places()),
            reps: owners_of(self.layout).len() as u64,
            ..Summary::default()
        }
    }
}

/// Both lines: before, and after with what moves.
pub(super) fn summaries(
    before: &Layout,
    after: &Layout,
    outcome: &Outcome,
    roads: &Roads,
) -> (Summary, Summary) {
    let side = |layout, tallies, is_after| Side {
        layout,
        tallies,
        roads,
        is_after,
    };
    let first = side(before, &outcome.before, false).summary();
    let mut second = side(after, &outcome.after, true).summary();
    let mut all = Tally::default();
    outcome.moved.iter().for_each(|m| all += m.tally);
    let measures = Measures::of(&all, ESTIMATE);
    second.places_moved = measures.places;
    second.accounts_moved = measures.accounts;
    second.revenue_moved = measures.revenue;
    let reps = reps(before, after, outcome, roads);
    second.reps_changed = reps.iter().filter(|r| r.1.gains + r.1.losses > 0).count() as u64;
    (first, second)
}

/// Owners by territory.
fn owners_of(layout: &Layout) -> BTreeSet<&str> {
    layout.territories.iter().flat_map(owners).collect()
}

/// What changes for one rep.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RepChange {
    /// Places that become theirs, by a move or by another owner of the territory.
    pub gains: u64,
    pub losses: u64,
    pub hours_before: f64,
    pub hours_after: f64,
}

/// What changes for each rep, by user id.
pub(super) fn reps(
    before: &Layout,
    after: &Layout,
    outcome: &Outcome,
    roads: &Roads,
) -> BTreeMap<String, RepChange> {
    let owned = |layout: &Layout| -> HashMap<TerritoryId, BTreeSet<String>> {
        let one = |t: &Standing| {
            let people = owners(t).into_iter().map(str::to_owned).collect();
            (number(t.id()), people)
        };
        layout.territories.iter().map(one).collect()
    };
    let (then, now) = (owned(before), owned(after));
    let nobody = BTreeSet::new();
    let of = |map: &HashMap<TerritoryId, BTreeSet<String>>, t: Option<TerritoryId>| -> BTreeSet<String> {
        t.and_then(|t| map.get(&t)).unwrap_or(&nobody).clone()
    };
    let mut stays: HashMap<TerritoryId, u64> = HashMap::new();
    for (territory, tally) in &outcome.before {
        if let Some(territory) = territory {
            stays.insert(*territory, tally.sums.places());
        }
    }
    let mut changes: BTreeMap<String, RepChange> = BTreeMap::new();
    let mut pass = |from: &BTreeSet<String>, to: &BTreeSet<String>, places: u64| {
        for user in from.difference(to) {
            changes.entry(user.clone()).or_default().losses += places;
        }
        for user in to.difference(from) {
            changes.entry(user.clone()).or_default().gains += places;
        }
    };
    for one in &outcome.moved {
        pass(&of(&then, one.from), &of(&now, one.to), 1);
        if let Some(left) = one.from.and_then(|from| stays.get_mut(&from)) {
            *left = left.saturating_sub(1);
        }
    }
    for (territory, places) in stays {
        pass(&of(&then, Some(territory)), &of(&now, Some(territory)), places);
    }
    for (layout, tallies, is_after) in [(before, &outcome.before, false), (after, &outcome.after, true)] {
        for standing in &layout.territories {
            let tally = tallies
                .get(&Some(number(standing.id())))
                .copied()
                .unwrap_or_default();
            let id = Some(number(standing.id()));
            let road = if is_after {
                roads.after(id)
            } else {
                roads.before(id)
            };
            let hours = Measures::of(&tally, road).hours;
            for (user, share) in shares(standing) {
                let change = changes.entry(user).or_default();
                if is_after {
                    change.hours_after += share * hours;
                } else {
                    change.hours_before += share * hours;
                }
            }
        }
    }
    changes
}

/// Owners with their part of the work, 0..=1: shares that are not given are what the given ones leave.
fn shares(standing: &Standing) -> Vec<(String, f64)> {
    let owners: Vec<_> = standing
        .members
        .iter()
        .filter(|m| m.text("role") == Some("owner"))
        .collect();
    let given: f64 = owners.iter().filter_map(|m| m.number("share")).sum();
    let open = owners
        .iter()
        .filter(|m| m.number("share").is_none())
        .count()
        .max(1);
    let left = (100.0 - given).max(0.0) / open as f64;
    owners
        .into_iter()
        .filter_map(|m| {
            Some((
                m.text("user_id")?.to_owned(),
                m.number("share").unwrap_or(left) / 100.0,
            ))
        })
        .collect()
}
