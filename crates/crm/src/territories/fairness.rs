//! Is the work shared fairly? The same measures for everybody who works a territory, how far apart they are, and
//! who lost or gained customers since a date.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geom::Timestamp;
use records::{At, Store};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::{MemberJson, TerritoryJson};
use super::layout::Layout;
use super::store;
use crate::cycles::PlannedHours;
use crate::problem::Problem;

/// One person's part.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FairRow {
    pub user_id: String,
    pub name: String,
    /// Names of the territories, with the share in per cent.
    pub territories: Vec<FairShare>,
    /// Places of customers and prospects, by share.
    pub customers: f64,
    /// Minor units, by share.
    pub revenue: i64,
    /// Hours of visits in an average week.
    pub visit_hours: f64,
    /// Hours on the road in an average week: of the last accepted cycle, or an estimate.
    pub drive_hours: f64,
    /// No accepted cycle has this person: the hours on the road are an estimate.
    pub drive_is_estimate: bool,
    /// Places that came from somebody else since the date.
    pub gained: u64,
    /// Places that went to somebody else, or to nobody, since the date.
    pub lost: u64,
}

/// A territory somebody works.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FairShare {
    pub id: String,
    pub name: String,
    /// Per cent.
    pub share: f64,
}

/// How far apart people are in one measure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Distribution {
    /// customers, revenue, visit_hours, drive_hours, hours
    pub measure: String,
    pub mean: f64,
    /// The most against the mean: 1 when all have the same. Null where nobody has anything.
    pub max_to_mean: Option<f64>,
    /// Gini's coefficient: 0 when all have the same, towards 1 when one has everything. Null where nobody has anything.
    pub gini: Option<f64>,
}

/// The fairness page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FairnessJson {
    /// Milliseconds since 1970.
    pub as_of: i64,
    /// From when changes of hands are counted.
    pub since: i64,
    /// By name. A rep gets the own row.
    pub people: Vec<FairRow>,
    /// Over everybody; empty for a rep.
    pub distribution: Vec<Distribution>,
    /// Places that have another owner than on the date.
    pub disrupted: u64,
    /// Share of the places had on the date that kept their owner, 0 to 1.
    pub continuity: Option<f64>,
    /// First and last day of the accepted cycle that hours on the road are of.
    pub cycle: Option<[String; 2]>,
}

/// Everybody's part. `planned` are hours of an accepted cycle.
pub(super) fn rows(territories: &[TerritoryJson], planned: Option<&PlannedHours>) -> Vec<FairRow> {
    let mut rows: BTreeMap<String, FairRow> = BTreeMap::new();
    for territory in territories {
        for (owner, share) in shares(&territory.members) {
            let row = rows.entry(owner.user_id.clone()).or_insert_with(|| FairRow {
                user_id: owner.user_id.clone(),
                name: owner.name.clone(),
                drive_is_estimate: true,
                ..FairRow::default()
            });
            let totals = &territory.totals;
            row.territories.push(FairShare {
                id: territory.id.clone(),
                name: territory.name.clone(),
                share: tenths(share * 100.0),
            });
            row.customers += share * (totals.accounts + totals.prospects) as f64;
            row.revenue += (share * totals.revenue as f64).round() as i64;
            row.visit_hours += share * totals.visit_hours;
            row.drive_hours += share * totals.drive_hours_estimate;
        }
    }
    let mut rows: Vec<FairRow> = rows.into_values().collect();
    for row in &mut rows {
        if let Some(hours) = planned.and_then(|p| p.drive_hours_a_week.get(&row.user_id)) {
            row.drive_hours = *hours;
            row.drive_is_estimate = false;
        }
        row.customers = tenths(row.customers);
        row.visit_hours = tenths(row.visit_hours);
        row.drive_hours = tenths(row.drive_hours);
    }
    rows.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    rows
}

/// Owners with their shares, 0 to 1: shares that are not given are what the given ones leave, in equal parts.
pub(super) fn shares(members: &[MemberJson]) -> Vec<(&MemberJson, f64)> {
    let owners: Vec<&MemberJson> = members.iter().filter(|m| m.role == "owner").collect();
    let given: f64 = owners.iter().filter_map(|m| m.share).sum();
    let open = owners.iter().filter(|m| m.share.is_none()).count().max(1);
    let rest = (100.0 - given).max(0.0) / open as f64;
    let share = |m: &MemberJson| m.share.unwrap_or(rest) / 100.0;
    owners.into_iter().map(|m| (m, share(m))).collect()
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// How far apart people are, by measure.
pub(super) fn distribution(rows: &[FairRow]) -> Vec<Distribution> {
    type Of = fn(&FairRow) -> f64;
    let measures: [(&str, Of); 5] = [
        ("customers", |r| r.customers),
        ("revenue", |r| r.revenue as f64),
        ("visit_hours", |r| r.visit_hours),
        ("drive_hours", |r| r.drive_hours),
        ("hours", |r| r.visit_hours + r.drive_hours),
    ];
    let measures = measures.iter().filter(|_| !rows.is_empty());
    measures
        .map(|(name, of)| spread(name, &rows.iter().map(of).collect::<Vec<f64>>()))
        .collect()
}

fn spread(measure: &str, values: &[f64]) -> Distribution {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let some = mean > 0.0;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Half the mean difference of all pairs against the mean, by the order of values.
    let weighed = sorted
        .iter()
        .enumerate()
        .map(|(i, v)| (2.0 * (i as f64 + 1.0) - count - 1.0) * v);
    let gini = weighed.sum::<f64>() / (count * count * mean);
    let hundredths = |value: f64| (value * 100.0).round() / 100.0;
    Distribution {
        measure: measure.to_owned(),
        mean: hundredths(mean),
        max_to_mean: some.then(|| hundredths(sorted.last().copied().unwrap_or(0.0) / mean)),
        gini: some.then(|| hundredths(gini)),
    }
}

/// Who changed hands between two moments.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Disruption {
    /// (gained, lost) by user.
    pub by_user: HashMap<String, (u64, u64)>,
    pub disrupted: u64,
    /// Places that had an owner at the earlier moment.
    pub had: u64,
}

/// Compares who owned each place then and owns it now, in the common line. `sees` says which places count.
pub(super) async fn disruption(
    records: &Store,
    since: Timestamp,
    until: Timestamp,
    sees: impl Fn(&str) -> bool,
) -> Result<Disruption, Problem> {
    let at = |moment: Timestamp| At {
        as_of: Some(moment),
        known_at: None,
    };
    let owners = async |moment: Timestamp| -> Result<HashMap<String, String>, Problem> {
        let layout = Layout::load(records, at(moment)).await?;
        let held = store::held_at(records.db(), moment.0).await?;
        let owned = held.into_iter().filter_map(|(location, territory)| {
            Some((location, layout.get(&territory)?.owner()?.to_owned()))
        });
        Ok(owned.filter(|(location, _)| sees(location)).collect())
    };
    Ok(compare(&owners(since).await?, &owners(until).await?))
}

fn compare(before: &HashMap<String, String>, after: &HashMap<String, String>) -> Disruption {
    let mut found = Disruption {
        had: before.len() as u64,
        ..Disruption::default()
    };
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for location in all {
        let (old, new) = (before.get(location), after.get(location));
        if old == new {
            continue;
        }
        if let Some(old) = old {
            found.disrupted += 1;
            found.by_user.entry(old.clone()).or_default().1 += 1;
        }
        if let Some(new) = new {
            found.by_user.entry(new.clone()).or_default().0 += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_measures() {
        let same = spread("customers", &[5.0, 5.0, 5.0]);
        assert_eq!((same.max_to_mean, same.gini), (Some(1.0), Some(0.0)));
        // One has all of four: the most is four times the mean; Gini (n - 1) / n = 0.75.
        let one = spread("customers", &[0.0, 0.0, 8.0, 0.0]);
        assert_eq!(
            (one.mean, one.max_to_mean, one.gini),
            (2.0, Some(4.0), Some(0.75))
        );
        // 1 and 3: mean 2, the pairs differ by 2 in two of four cases: 1 / (2 · 2) = 0.25.
        assert_eq!(spread("customers", &[3.0, 1.0]).gini, Some(0.25));
        assert_eq!(spread("customers", &[0.0, 0.0]).gini, None);
        assert_eq!(distribution(&[]), []);
    }

    #[test]
    fn changing_hands_is_counted_on_both_sides() {
        let owners = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            let pairs = pairs.iter();
            pairs.map(|(l, u)| ((*l).to_owned(), (*u).to_owned())).collect()
        };
        let before = owners(&[("a", "rita"), ("b", "rita"), ("c", "rolf")]);
        let after = owners(&[("a", "rita"), ("b", "rolf"), ("d", "rolf")]);
        let found = compare(&before, &after);
        // b went from Rita to Rolf, c left Rolf for nobody, d is new with Rolf.
        assert_eq!((found.disrupted, found.had), (2, 3));
        assert_eq!(found.by_user["rita"], (0, 1));
        assert_eq!(found.by_user["rolf"], (2, 1));
    }
}
