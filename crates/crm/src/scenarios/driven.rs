//! Hours on the road: as they were planned in the newest cycle, by rep; and what becomes of them when customers move.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use records::{Error, on_db};
use serde::Deserialize;
use territory::TerritoryId;

use super::figures::{Basis, owners};
use super::outcome::{Moved, Outcome, Tally};
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Standing, Sums, number};

/// Hours a week on the road, by user.
#[derive(Clone, Debug, Default)]
pub(super) struct Driven(HashMap<String, f64>);

/// What was read last, with the cycle and the day it is of: a preview asks many times a second.
#[derive(Default)]
pub(crate) struct KeptDriven(Mutex<Option<(String, Arc<Driven>)>>);

/// What of a cycle's plan is looked at.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    people: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    user_id: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    met: i64,
    #[serde(default)]
    drive_s: i64,
}

const NEWEST: &str = "where state in ('accepted', 'ready') and parent_id is null and body is not null \
                      order by state, created_at desc, id desc limit 1";

impl Driven {
    /// Reads the newest accepted cycle; without one the newest that is ready.
    pub async fn load(app: &App) -> Result<Arc<Self>, Problem> {
        let sql = sqlx::AssertSqlSafe(format!(
            "select id, state, cast(length(body) as bigint), first_day, last_day from cycles {NEWEST}"
        ));
        type Mark = (String, String, i64, String, String);
        let mark: Option<Mark> =
            on_db!(read app.store.db(), pool => sqlx::query_as(sql).fetch_optional(pool).await)
                .map_err(Error::from)?;
        let Some((id, state, length, first, last)) = mark else {
            return Ok(Arc::default());
        };
        let mark = format!("{id} {state} {length} {first} {last}");
        let kept = &app.scenarios.driven.0;
        let found = {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.as_ref().filter(|k| k.0 == mark).map(|k| k.1.clone())
        };
        if let Some(driven) = found {
            return Ok(driven);
        }
        let body: Option<(String,)> = on_db!(read app.store.db(), pool =>
            sqlx::query_as("select body from cycles where id = $1 and body is not null").bind(&id).fetch_optional(pool).await)
        .map_err(Error::from)?;
        let Some((body,)) = body else {
            return Ok(Arc::default());
        };
        let driven = Arc::new(Self::of(&body, &first, &last)?);
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((mark, driven.clone()));
        Ok(driven)
    }

    fn of(body: &str, first: &str, last: &str) -> Result<Self, Problem> {
        let day = |text: &str| text.parse::<jiff::civil::Date>().map_err(Problem::unexpected);
        let days = (day(last)? - day(first)?).get_days() + 1;
        let weeks = f64::from(days.max(1)) / 7.0;
        let body: Body = serde_json::from_str(body).map_err(Problem::unexpected)?;
        let planned = body
            .people
            .into_iter()
            .filter(|r| r.message.is_none() && r.met > 0);
        let hours = |row: Row| (row.user_id, row.drive_s as f64 / 3600.0 / weeks);
        Ok(Self(planned.map(hours).collect()))
    }

    /// Nothing was planned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hours a week for each territory where they are known: where one rep owns it alone, and nothing else.
    fn by_territory(&self, layout: &Layout) -> BTreeMap<TerritoryId, f64> {
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for owner in layout.territories.iter().flat_map(owners) {
            *uses.entry(owner).or_default() += 1;
        }
        let known = |standing: &Standing| {
            let [owner] = owners(standing)[..] else {
                return None;
            };
            let hours = self.0.get(owner).filter(|_| uses[owner] == 1)?;
            Some((number(standing.id()), *hours))
        };
        layout.territories.iter().filter_map(known).collect()
    }
}

/// How the hours on the road of one territory are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Road {
    planned: Option<f64>,
    /// Hours driven for an hour that is estimated.
    rate: f64,
}

/// An estimate and nothing better.
pub(super) const ESTIMATE: Road = Road {
    planned: None,
    rate: 1.0,
};

impl Road {
    /// Hours of an average week.
    pub fn hours(&self, sums: &Sums) -> f64 {
        self.planned.unwrap_or_else(|| self.rate * sums.drive_hours())
    }

    /// With other customers than were planned for.
    #[must_use]
    pub fn changed(self) -> Self {
        Self {
            planned: None,
            ..self
        }
    }

    pub fn basis(&self) -> Basis {
        match self.planned {
            Some(_) => Basis::Plan,
            None => Basis::Estimate,
        }
    }
}

/// Both sides' hours on the road. Before, they are those of the plan where there is one. After a change they are an
/// estimate again; where there was a plan, its hours change as the estimate does, so that both sides can be compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Roads {
    before: BTreeMap<TerritoryId, Road>,
    after: BTreeMap<TerritoryId, Road>,
    /// Of all that was planned together.
    rate: Option<f64>,
}

/// Hours a week on the road of territories whose weeks were planned for a scenario, by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Replanned {
    pub before: BTreeMap<TerritoryId, f64>,
    pub after: BTreeMap<TerritoryId, f64>,
}

impl Replanned {
    /// Without those who lose or gain a place.
    #[must_use]
    pub fn without(&self, moved: &[Moved]) -> Self {
        let touched: HashSet<TerritoryId> = moved.iter().flat_map(|m| [m.from, m.to]).flatten().collect();
        let mut left = self.clone();
        left.after.retain(|id, _| !touched.contains(id));
        left
    }

    /// Against something else than the scenario's base.
    #[must_use]
    pub fn of_after(self) -> Self {
        Self {
            before: BTreeMap::new(),
            ..self
        }
    }
}

/// Estimates of less, in hours a week, are no measure for anything.
const LEAST: f64 = 0.1;

impl Roads {
    /// Where weeks were planned for the scenario, both sides are as planned.
    pub fn of(
        driven: &Driven,
        before: &Layout,
        after: &Layout,
        outcome: &Outcome,
        replanned: &Replanned,
    ) -> Self {
        let mut roads = Self::present(driven, before, &outcome.before);
        for (id, hours) in &replanned.before {
            let road = roads.before.entry(*id).or_insert(ESTIMATE);
            road.planned = Some(*hours);
        }
        let disturbed: HashSet<TerritoryId> = outcome
            .moved
            .iter()
            .flat_map(|m| [m.from, m.to])
            .flatten()
            .collect();
        let same_people = |standing: &Standing| {
            before
                .get(standing.id())
                .is_some_and(|b| owners(b) == owners(standing))
        };
        for standing in &after.territories {
            let id = number(standing.id());
            let road = match replanned.after.get(&id) {
                Some(hours) => Road {
                    planned: Some(*hours),
                    ..roads.before(Some(id))
                },
                None if same_people(standing) && !disturbed.contains(&id) => roads.before(Some(id)),
                None if before.get(standing.id()).is_none() => roads.added(),
                None => roads.changed(id),
            };
            roads.after.insert(id, road);
        }
        roads
    }

    /// Of the territories as they stand; what they hold after a change is asked with [`Roads::changed`].
    pub fn present(driven: &Driven, layout: &Layout, tallies: &BTreeMap<Option<TerritoryId>, Tally>) -> Self {
        let mut roads = Self::default();
        let (mut planned, mut estimated) = (0.0, 0.0);
        for (id, hours) in driven.by_territory(layout) {
            let tally = tallies.get(&Some(id)).copied().unwrap_or_default();
            let estimate = tally.sums.drive_hours();
            let rate = if estimate >= LEAST { hours / estimate } else { 1.0 };
            roads.before.insert(
                id,
                Road {
                    planned: Some(hours),
                    rate,
                },
            );
            planned += hours;
            estimated += estimate;
        }
        roads.rate = (estimated >= LEAST).then(|| planned / estimated);
        roads
    }

    pub fn before(&self, territory: Option<TerritoryId>) -> Road {
        territory
            .and_then(|t| self.before.get(&t))
            .copied()
            .unwrap_or(ESTIMATE)
    }

    pub fn after(&self, territory: Option<TerritoryId>) -> Road {
        territory
            .and_then(|t| self.after.get(&t))
            .copied()
            .unwrap_or(ESTIMATE)
    }

    /// Of a territory with other customers, or another rep, than were planned for.
    pub fn changed(&self, territory: TerritoryId) -> Road {
        self.before(Some(territory)).changed()
    }

    /// Of a territory that there was none of: it drives as those do that were planned.
    pub fn added(&self) -> Road {
        Road {
            planned: None,
            rate: self.rate.unwrap_or(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plan_with_visits_tells_of_the_road() {
        // Two weeks: 7,200 s are an hour a week. Who has no hours, and who has no visits, is not known.
        let body = r#"{"people": [
            {"user_id": "ann", "met": 3, "drive_s": 7200},
            {"user_id": "ben", "met": 0, "drive_s": 0},
            {"user_id": "cid", "met": 2, "drive_s": 3600, "message": "no working hours"}]}"#;
        let driven = Driven::of(body, "2026-03-02", "2026-03-15").unwrap();
        assert_eq!(driven.0, HashMap::from([("ann".to_owned(), 1.0)]));
        assert!(!driven.is_empty());
    }

    #[test]
    fn a_plan_goes_on_as_the_estimate_does() {
        let road = Road {
            planned: Some(6.0),
            rate: 1.5,
        };
        let nobody = Sums::default();
        assert_eq!((road.hours(&nobody), road.basis()), (6.0, Basis::Plan));
        // Nobody left to drive to: no estimate, no hours.
        let changed = road.changed();
        assert_eq!((changed.hours(&nobody), changed.basis()), (0.0, Basis::Estimate));
        let roads = Roads {
            rate: Some(2.0),
            ..Roads::default()
        };
        assert_eq!(roads.added().rate, 2.0);
        assert_eq!(roads.before(None), ESTIMATE);
    }
}
