//! What will be sold? Open and closed sales of a span of time, by rep, territory, stage or month, now or as of a
//! past day. A parent's figures are the sums of its own and its children's.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Query, State};
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::{At, DerivedKey, Filter, Group, Query as RecordQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::board::weighted;
use super::stages::{Stage, stages_of};
use super::territory::TERRITORY_OF;
use crate::crud::{When, read_at, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::Layout;
use crate::time::parse_day;
use crate::{App, Shared};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ForecastParams {
    /// First close date; the first of this quarter unless said.
    from: Option<String>,
    /// Last close date; the last of this quarter unless said.
    to: Option<String>,
    /// owner (unless said), territory, stage, month
    by: Option<String>,
}

/// Amounts in minor units of the organisation's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct ForecastFigures {
    /// Not closed yet.
    open: i64,
    /// Each open amount times its probability.
    weighted: i64,
    /// Open, in stages that count as committed.
    commit: i64,
    /// Open, in stages that count as the best case.
    best_case: i64,
    won: i64,
    lost: i64,
    count: u64,
    target: i64,
}

impl ForecastFigures {
    fn add(&mut self, other: &Self) {
        self.open += other.open;
        self.weighted += other.weighted;
        self.commit += other.commit;
        self.best_case += other.best_case;
        self.won += other.won;
        self.lost += other.lost;
        self.count += other.count;
        self.target += other.target;
    }

    fn take(&mut self, stage: &Stage, amount: i64, probability: i64, count: u64) {
        self.count += count;
        match (stage.is_closed, stage.is_won) {
            (true, true) => self.won += amount,
            (true, false) => self.lost += amount,
            _ if stage.forecast == "omitted" => {}
            _ => {
                self.open += amount;
                self.weighted += weighted(amount, probability);
                match stage.forecast.as_str() {
                    "commit" => self.commit += amount,
                    "best_case" => self.best_case += amount,
                    _ => {}
                }
            }
        }
    }
}

/// One rep, territory, stage or month.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForecastRow {
    /// Null for what belongs to none.
    id: Option<String>,
    name: String,
    parent_id: Option<String>,
    own: ForecastFigures,
    /// With everything below it.
    rolled_up: ForecastFigures,
}

/// What was asked, and the rows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Forecast {
    /// Milliseconds since 1970.
    as_of: i64,
    from: String,
    to: String,
    by: String,
    rows: Vec<ForecastRow>,
    total: ForecastFigures,
}

/// The sales forecast
#[utoipa::path(get, path = "/api/v1/forecast", tag = "sales", params(ForecastParams, When),
    responses((status = 200, body = Forecast), (status = 400, body = Problem)))]
async fn forecast(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ForecastParams>,
    Query(when): Query<When>,
) -> Result<Json<Forecast>, Problem> {
    let at = read_at(&app, &when)?;
    let now = at.as_of.unwrap_or_else(|| app.store.now());
    let (first, last) = quarter(app.settings.zone.date(now));
    let day =
        |text: &Option<String>, pointer: &str, usual: Date| match text.as_deref().filter(|t| !t.is_empty()) {
            None => Ok(usual),
            Some(text) => parse_day(text, pointer),
        };
    let (from, to) = (day(&params.from, "?from", first)?, day(&params.to, "?to", last)?);
    if from > to || to > from.saturating_add(10.years()) {
        return Err(Problem::bad(
            "?from",
            "out-of-range",
            "from is before to, by at most ten years.",
        ));
    }
    let by = params.by.as_deref().filter(|b| !b.is_empty()).unwrap_or("owner");
    let asked = Asked {
        app: &app,
        signed: &signed,
        at,
        now,
        from,
        to,
        stages: stages_of(&app, at).await?,
    };
    let mut rows = match by {
        "owner" => asked.by_owner().await?,
        "stage" => asked.by_stage().await?,
        "month" => asked.by_month().await?,
        "territory" => asked.by_territory().await?,
        other => {
            return Err(Problem::bad(
                "?by",
                "unknown",
                format!("by is owner, territory, stage or month, not {other:?}."),
            ));
        }
    };
    roll_up(&mut rows);
    let mut total = ForecastFigures::default();
    for row in &rows {
        total.add(&row.own);
    }
    Ok(Json(Forecast {
        as_of: now.0,
        from: from.to_string(),
        to: to.to_string(),
        by: by.to_owned(),
        rows,
        total,
    }))
}

/// First and last day of the quarter.
fn quarter(day: Date) -> (Date, Date) {
    let month = (day.month() - 1) / 3 * 3 + 1;
    let first = Date::new(day.year(), month, 1).unwrap_or(day);
    let last = first.saturating_add(2.months()).last_of_month();
    (first, last)
}

/// Adds to every row what is below it.
fn roll_up(rows: &mut [ForecastRow]) {
    let parents: BTreeMap<String, Option<String>> = rows
        .iter()
        .filter_map(|r| Some((r.id.clone()?, r.parent_id.clone())))
        .collect();
    let mut sums: BTreeMap<String, ForecastFigures> = BTreeMap::new();
    for row in rows.iter() {
        let mut at = row.id.clone();
        // A circle of parents is not refused on write, so steps are counted.
        let mut seen = BTreeSet::new();
        while let Some(id) = at.filter(|id| seen.insert(id.clone())) {
            sums.entry(id.clone()).or_default().add(&row.own);
            at = parents.get(&id).cloned().flatten();
        }
    }
    for row in rows {
        row.rolled_up = row
            .id
            .as_ref()
            .and_then(|id| sums.get(id))
            .unwrap_or(&row.own)
            .clone();
    }
}

struct Asked<'a> {
    app: &'a App,
    signed: &'a Signed,
    at: At,
    now: geom::Timestamp,
    from: Date,
    to: Date,
    stages: Vec<Stage>,
}

impl Asked<'_> {
    fn query(&self) -> RecordQuery {
        let span = Filter::Between {
            field: "close_date".into(),
            low: self.from.to_string().into(),
            high: self.to.to_string().into(),
        };
        RecordQuery::of("opportunity").filter(span).at(self.at)
    }

    /// Figures by the values of a field, which may be empty.
    async fn groups(&self, field: &str) -> Result<BTreeMap<Option<String>, ForecastFigures>, Problem> {
        let by = [field, "stage_id", "probability"];
        let groups = self
            .app
            .store
            .sum(&self.signed.viewer, &self.query(), &["amount"], &by)
            .await?;
        Ok(self.figures(&groups))
    }

    /// The figures of groups by something, by stage and by probability.
    fn figures(&self, groups: &[Group]) -> BTreeMap<Option<String>, ForecastFigures> {
        let mut figures: BTreeMap<Option<String>, ForecastFigures> = BTreeMap::new();
        for group in groups {
            let text = |n: usize| group.key.get(n).and_then(Value::as_str).map(str::to_owned);
            let Some(stage) = self.stages.iter().find(|s| Some(&s.id) == text(1).as_ref()) else {
                continue;
            };
            let probability = group
                .key
                .get(2)
                .and_then(Value::as_i64)
                .unwrap_or(stage.probability);
            let amount = group.sums.first().and_then(Value::as_i64).unwrap_or(0);
            figures
                .entry(text(0))
                .or_default()
                .take(stage, amount, probability, group.count);
        }
        figures
    }

    /// Targets whose span lies in the one asked for, by a link.
    async fn targets(&self, link: &str) -> Result<BTreeMap<String, i64>, Problem> {
        let span = Filter::compare("from_day", records::Comparison::AtLeast, self.from.to_string()).and(
            Filter::compare("to_day", records::Comparison::AtMost, self.to.to_string()),
        );
        let query = RecordQuery::of("target").filter(span).at(self.at);
        let groups = self
            .app
            .store
            .sum(&self.signed.viewer, &query, &["amount"], &[link])
            .await?;
        Ok(groups
            .into_iter()
            .filter_map(|g| Some((g.key.first()?.as_str()?.to_owned(), g.sums.first()?.as_i64()?)))
            .collect())
    }

    async fn by_owner(&self) -> Result<Vec<ForecastRow>, Problem> {
        let names = user_names(self.app).await?;
        let mut figures = self.groups("owner_id").await?;
        for (user, target) in self.targets("user_id").await? {
            figures.entry(Some(user)).or_default().target = target;
        }
        let name = |id: &Option<String>| {
            id.as_ref()
                .and_then(|id| names.get(id))
                .cloned()
                .unwrap_or_default()
        };
        let mut rows: Vec<ForecastRow> = figures
            .into_iter()
            .map(|(id, own)| row(name(&id), id, None, own))
            .collect();
        rows.sort_by(|a, b| (a.id.is_none(), &a.name).cmp(&(b.id.is_none(), &b.name)));
        Ok(rows)
    }

    async fn by_stage(&self) -> Result<Vec<ForecastRow>, Problem> {
        let mut figures = self.groups("stage_id").await?;
        let rows = self.stages.iter().filter_map(|stage| {
            let own = figures.remove(&Some(stage.id.clone()))?;
            Some(row(stage.name.clone(), Some(stage.id.clone()), None, own))
        });
        Ok(rows.collect())
    }

    async fn by_month(&self) -> Result<Vec<ForecastRow>, Problem> {
        let mut months: BTreeMap<String, ForecastFigures> = BTreeMap::new();
        for (day, figures) in self.groups("close_date").await? {
            let month = day.unwrap_or_default().chars().take(7).collect();
            months.entry(month).or_default().add(&figures);
        }
        Ok(months
            .into_iter()
            .map(|(month, own)| row(month.clone(), Some(month), None, own))
            .collect())
    }

    /// Closed sales count where they were credited, open ones where their place is.
    async fn by_territory(&self) -> Result<Vec<ForecastRow>, Problem> {
        let territory = DerivedKey {
            sql: TERRITORY_OF,
            at: self.now,
        };
        let by = ["stage_id", "probability"];
        let groups = self
            .app
            .store
            .sum_by(&self.signed.viewer, &self.query(), &["amount"], territory, &by)
            .await?;
        let mut figures = self.figures(&groups);
        for (territory, target) in self.targets("territory_id").await? {
            figures.entry(Some(territory)).or_default().target = target;
        }
        let layout = Layout::load(&self.app.store, self.at).await?;
        // Names of territories that the viewer may not see stay away, their figures do not.
        let may_see: BTreeSet<String> = {
            let query = RecordQuery::of("territory")
                .limit(RecordQuery::MAX_LIMIT)
                .at(self.at);
            let seen = self.app.store.list(&self.signed.viewer, &query).await?;
            seen.records.into_iter().map(|r| r.id).collect()
        };
        let mut rows = Vec::new();
        for standing in layout.territories.iter().filter(|t| may_see.contains(t.id())) {
            let own = figures
                .remove(&Some(standing.id().to_owned()))
                .unwrap_or_default();
            let parent = standing.record.text("parent_id").filter(|p| may_see.contains(*p));
            rows.push(row(
                standing.name().to_owned(),
                Some(standing.id().to_owned()),
                parent.map(str::to_owned),
                own,
            ));
        }
        let mut rest = ForecastFigures::default();
        figures.values().for_each(|f| rest.add(f));
        if rest != ForecastFigures::default() {
            rows.push(row(String::new(), None, None, rest));
        }
        Ok(rows)
    }
}

fn row(name: String, id: Option<String>, parent_id: Option<String>, own: ForecastFigures) -> ForecastRow {
    ForecastRow {
        id,
        name,
        parent_id,
        own,
        rolled_up: ForecastFigures::default(),
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(forecast))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_quarter_has_its_first_and_last_day() {
        assert_eq!(quarter(date(2026, 2, 28)), (date(2026, 1, 1), date(2026, 3, 31)));
        assert_eq!(
            quarter(date(2026, 12, 31)),
            (date(2026, 10, 1), date(2026, 12, 31))
        );
        assert_eq!(quarter(date(2024, 4, 1)), (date(2024, 4, 1), date(2024, 6, 30)));
    }

    #[test]
    fn a_parent_is_the_sum_of_its_children_even_in_a_circle() {
        let own = |open: i64| ForecastFigures {
            open,
            count: 1,
            ..ForecastFigures::default()
        };
        let named = |id: &str, parent: Option<&str>, open| {
            row(id.into(), Some(id.into()), parent.map(Into::into), own(open))
        };
        let mut rows = vec![
            named("all", None, 1),
            named("north", Some("all"), 10),
            named("far", Some("north"), 100),
            named("a", Some("b"), 1_000),
            named("b", Some("a"), 2_000),
            row(String::new(), None, None, own(7)),
        ];
        roll_up(&mut rows);
        let open: Vec<i64> = rows.iter().map(|r| r.rolled_up.open).collect();
        assert_eq!(open, [111, 110, 100, 3_000, 3_000, 7]);
    }
}
