//! What some weeks would cost if reps had these customers: planned as a cycle is, but kept nowhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use ::plan::Options;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::Question;
use super::facts::{Facts, days_of, rep_on};
use super::layout::lay_out;
use crate::App;
use crate::plans::Language;
use crate::problem::Problem;
use crate::visits;

/// Steps of the search for each rep.
const STEPS: u64 = 20_000;
const SEED: u64 = 1;
/// Answers kept for the next question.
const KEPT: usize = 400;

/// A rep with the places they would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Portfolio {
    pub user_id: String,
    pub places: BTreeSet<String>,
}

/// A rep's weeks as planned; sums over all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Weeks {
    pub user_id: String,
    pub name: String,
    /// Why they cannot be planned; null when they are.
    pub message: Option<String>,
    pub drive_s: i64,
    pub visit_s: i64,
    pub meters: i64,
    pub overtime_s: i64,
    pub nights_away: i64,
    /// Visits planned, and visits that rhythms ask for beyond them.
    pub met: i64,
    pub unmet: i64,
}

/// Answers by what was planned: a rep whose customers stay is not planned again.
#[derive(Default)]
pub(crate) struct KeptWeeks(Mutex<Vec<(String, Vec<Weeks>)>>);

/// Plans the days from `first` to `last` for reps who share places, or for one alone; see [`together`].
pub(crate) async fn weeks_of(
    app: &Arc<App>,
    group: &[Portfolio],
    first: Date,
    last: Date,
) -> Result<Vec<Weeks>, Problem> {
    let atlas = app.map()?;
    let mut question = Question::default();
    let mut reps = Vec::new();
    let days = days_of(first, last);
    for portfolio in group {
        question.people.push(portfolio.user_id.clone());
        let mut rep = rep_on(app, &question, &portfolio.user_id, &days, Language::English).await?;
        rep.wanted = visits::horizon_at(app, &portfolio.user_id, &portfolio.places, first, last).await?;
        reps.push(rep);
    }
    let facts = Facts {
        first,
        days,
        reps,
        language: Language::English,
    };
    let (zone, shared) = (app.settings.zone.clone(), app.clone());
    let work = move || -> Result<Vec<Weeks>, Problem> {
        let layout = lay_out(&atlas, &zone, &facts, &question)?;
        let mark = serde_json::to_vec(&(layout.kept(), atlas.hash_hex(), &question.people))
            .map_err(Problem::unexpected)?;
        let mark: String = Sha256::digest(&mark).iter().map(|b| format!("{b:02x}")).collect();
        if let Some(weeks) = shared.priced.get(&mark) {
            return Ok(weeks);
        }
        let puzzle = layout.puzzle()?;
        let options = Options {
            seed: SEED,
            steps: STEPS * facts.reps.len() as u64,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            ..Options::default()
        };
        let plan = ::plan::solve(&puzzle, &options, &mut |_| ControlFlow::Continue(()));
        let mut weeks: Vec<Weeks> = facts
            .reps
            .iter()
            .map(|rep| Weeks {
                user_id: rep.user_id.clone(),
                name: rep.name.clone(),
                message: rep.message.clone(),
                ..Weeks::default()
            })
            .collect();
        for (route, (rep, _)) in plan.routes.iter().zip(&layout.slot_of) {
            let one = &mut weeks[*rep];
            if route.stops.is_empty() {
                continue;
            }
            one.drive_s += i64::from(route.drive.time.0);
            one.meters += i64::try_from(route.drive.meters).unwrap_or(i64::MAX);
            one.overtime_s += i64::from(route.overtime.0);
            one.nights_away += i64::from(route.night_away);
            one.met += i64::try_from(route.stops.len()).unwrap_or(0);
            one.visit_s += route
                .stops
                .iter()
                .map(|s| i64::from((s.depart - s.start).0))
                .sum::<i64>();
        }
        for left in &plan.left_out {
            let origin = &layout.origins[left.visit.0 as usize];
            weeks[origin.wanted.0].unmet += i64::from(left.missing.max(1));
        }
        shared.priced.keep(mark, &weeks);
        Ok(weeks)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
}

/// Reps by who shares a place with whom, each group in the order asked.
pub(crate) fn together(portfolios: &[Portfolio]) -> Vec<Vec<Portfolio>> {
    let mut group: Vec<usize> = (0..portfolios.len()).collect();
    let mut holder: HashMap<&str, usize> = HashMap::new();
    for (i, portfolio) in portfolios.iter().enumerate() {
        for place in &portfolio.places {
            let other = *holder.entry(place).or_insert(i);
            let (a, b) = (group[i].max(group[other]), group[i].min(group[other]));
            group.iter_mut().filter(|g| **g == a).for_each(|g| *g = b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<Portfolio>> = BTreeMap::new();
    for (portfolio, group) in portfolios.iter().zip(group) {
        groups.entry(group).or_default().push(portfolio.clone());
    }
    groups.into_values().collect()
}

impl KeptWeeks {
    fn get(&self, mark: &str) -> Option<Vec<Weeks>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|k| k.0 == mark).map(|k| k.1.clone())
    }

    fn keep(&self, mark: String, weeks: &[Weeks]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(0, (mark, weeks.to_vec()));
        kept.truncate(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portfolio(user: &str, places: &[&str]) -> Portfolio {
        Portfolio {
            user_id: user.to_owned(),
            places: places.iter().map(|p| (*p).to_owned()).collect(),
        }
    }

    #[test]
    fn who_shares_a_place_is_planned_together_also_by_way_of_others() {
        let all = [
            portfolio("a", &["1", "2"]),
            portfolio("b", &["3"]),
            portfolio("c", &["4", "2"]),
            portfolio("d", &[]),
            portfolio("e", &["4"]),
        ];
        let names: Vec<Vec<String>> = together(&all)
            .into_iter()
            .map(|g| g.into_iter().map(|p| p.user_id).collect())
            .collect();
        assert_eq!(names, [vec!["a", "c", "e"], vec!["b"], vec!["d"]]);
    }
}
