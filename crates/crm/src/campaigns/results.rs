//! What came of a campaign: those addressed against those left out, by way, variant and area, with intervals.
//!
//! Everybody counts in the group they were drawn into, whether a letter arrived or not (intention to treat): anything else
//! would compare people who chose themselves. What is compared is what both groups can do alike: orders within so many
//! days of the start, and leads that became customers. Clicks and replies are told beside it; those left out had nothing
//! to click on.

use std::collections::{BTreeMap, HashSet};

use axum::Json;
use axum::extract::{Path, Query, State};
use records::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::campaign;
use super::outcome::{AnswerCount, Drawn, Outcome};
use super::statistics::{Amounts, Estimate, mean_difference, rate, rate_difference};
use crate::Shared;
use crate::live::Names;
use crate::problem::Problem;
use crate::sessions::Signed;

/// A figure with the interval that covers the truth in 95 of 100 such campaigns.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

impl From<Estimate> for Interval {
    fn from(e: Estimate) -> Self {
        Self {
            value: e.value,
            low: e.low,
            high: e.high,
        }
    }
}

/// One of the two groups.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignArm)]
struct ArmJson {
    /// Customers and leads.
    count: u64,
    /// Of them, who ordered within the time, or became customers.
    bought: u64,
    /// Of them, who answered in any way or bought.
    responded: u64,
    /// Minor units, net.
    revenue: i64,
    /// Share of those who bought, with Wilson's interval.
    rate: Option<Interval>,
    /// Minor units a head.
    mean: Option<f64>,
}

/// Those addressed against those left out, of all or of a part.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignComparison)]
struct Comparison {
    /// The way, the variant or the area; null: all, or an area that is not known.
    key: Option<String>,
    label: String,
    treated: ArmJson,
    control: ArmJson,
    /// How much more of those addressed bought: a difference of shares, with Newcombe's interval.
    lift: Option<Interval>,
    /// How much more they brought a head, in minor units, with Welch's interval.
    revenue_lift: Option<Interval>,
    /// A head, times those addressed: what the campaign brought beyond what would have come anyway.
    extra_revenue: Option<i64>,
}

/// What came of a campaign.
#[derive(Serialize, ToSchema)]
struct CampaignResults {
    /// Local days between which orders count.
    from: String,
    to: String,
    /// The time is not over.
    open: bool,
    total: Comparison,
    by_channel: Vec<Comparison>,
    /// Each variant against all left out.
    by_variant: Vec<Comparison>,
    /// territory or city.
    area: &'static str,
    by_area: Vec<Comparison>,
    answers: Vec<AnswerCount>,
    /// Orders with the campaign's code by customers who were not in it.
    others_with_code: AnswerCount,
    /// Minor units, spent on those addressed.
    cost: i64,
    /// Extra revenue less cost, by cost; null without cost or without a group to compare with.
    return_on_cost: Option<f64>,
    /// The figures cover what the viewer may see, not the whole campaign.
    partial: bool,
}

fn arm<'a>(of: impl Iterator<Item = &'a Drawn>) -> (ArmJson, Amounts) {
    let mut amounts = Amounts::default();
    let (mut bought, mut responded) = (0, 0);
    for drawn in of {
        amounts.add(drawn.revenue as f64);
        bought += u64::from(drawn.bought);
        responded += u64::from(drawn.responded);
    }
    let arm = ArmJson {
        count: amounts.count,
        bought,
        responded,
        revenue: amounts.sum().round() as i64,
        rate: rate(bought, amounts.count).map(Interval::from),
        mean: amounts.mean(),
    };
    (arm, amounts)
}

fn compared(key: Option<String>, label: String, treated: &[&Drawn], control: &[&Drawn]) -> Comparison {
    let (a, amounts_a) = arm(treated.iter().copied());
    let (b, amounts_b) = arm(control.iter().copied());
    let revenue_lift = mean_difference(&amounts_a, &amounts_b);
    Comparison {
        key,
        label,
        lift: rate_difference((a.bought, a.count), (b.bought, b.count)).map(Interval::from),
        extra_revenue: revenue_lift.map(|lift| (lift.value * a.count as f64).round() as i64),
        revenue_lift: revenue_lift.map(Interval::from),
        treated: a,
        control: b,
    }
}

/// Both groups of each value of a field.
fn by(drawn: &[Drawn], field: &str, label: impl Fn(&str) -> String) -> Vec<Comparison> {
    let mut parts: BTreeMap<Option<String>, (Vec<&Drawn>, Vec<&Drawn>)> = BTreeMap::new();
    for one in drawn {
        let part = parts.entry(one.word(field)).or_default();
        if one.treated {
            part.0.push(one)
        } else {
            part.1.push(one)
        }
    }
    let parts = parts.into_iter().map(|(key, (treated, control))| {
        let label = key.as_deref().map(&label).unwrap_or_default();
        compared(key, label, &treated, &control)
    });
    parts.collect()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ResultsParams {
    /// territory or city; territory unless said.
    area: Option<String>,
}

/// What came of a campaign: lift with intervals, by way, variant and area, with cost and return
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/results", tag = "marketing", params(("id" = String, Path), ResultsParams),
    responses((status = 200, body = CampaignResults), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn results(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<ResultsParams>,
) -> Result<Json<CampaignResults>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let outcome = Outcome::load(&app, &signed, &campaign).await?;
    let names = Names::load(&app).await?;
    let (area, field) = match params.area.as_deref() {
        None | Some("" | "territory") => ("territory", "territory_id"),
        Some("city") => ("city", "city"),
        Some(other) => {
            return Err(Problem::bad(
                "?area",
                "unknown-area",
                format!("{other:?} is neither territory nor city."),
            ));
        }
    };
    let drawn = &outcome.drawn;
    let (treated, control): (Vec<&Drawn>, Vec<&Drawn>) = drawn.iter().partition(|d| d.treated);
    let total = compared(None, String::new(), &treated, &control);
    let mut variants: BTreeMap<String, Vec<&Drawn>> = BTreeMap::new();
    for one in &treated {
        variants
            .entry(one.word("variant").unwrap_or_default())
            .or_default()
            .push(one);
    }
    let by_variant = variants
        .into_iter()
        .map(|(name, of)| compared(Some(name.clone()), name, &of, &control));
    let territory = |id: &str| {
        names
            .territory(id)
            .cloned()
            .unwrap_or_else(|| "A territory of the past".to_owned())
    };
    let cost = cost(&campaign, &outcome);
    let by_area = match field {
        "territory_id" => by(drawn, field, territory),
        _ => by(drawn, field, str::to_owned),
    };
    // The whole campaign was counted when it was drawn.
    let all = campaign
        .fields
        .get("drawn")
        .map(|d| d["treated"].as_u64().unwrap_or(0) + d["control"].as_u64().unwrap_or(0));
    Ok(Json(CampaignResults {
        from: outcome.from.to_string(),
        to: outcome.to.to_string(),
        open: app.settings.zone.date(app.store.now()) <= outcome.to,
        by_channel: by(drawn, "channel", str::to_owned),
        by_variant: by_variant.collect(),
        area,
        by_area,
        answers: answers(&outcome),
        others_with_code: outcome.others.clone(),
        return_on_cost: total
            .extra_revenue
            .filter(|_| cost > 0)
            .map(|extra| (extra - cost) as f64 / cost as f64),
        cost,
        total,
        partial: all.is_some_and(|all| all > outcome.members.len() as u64),
    }))
}

/// Fixed, and of each who was addressed and not stopped before.
fn cost(campaign: &Record, outcome: &Outcome) -> i64 {
    let ways = campaign
        .fields
        .get("channels")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let each = |channel: &str| {
        let way = ways.iter().find(|w| w["channel"].as_str() == Some(channel));
        way.and_then(|w| w["cost_each"].as_i64()).unwrap_or(0)
    };
    let addressed = outcome
        .members
        .values()
        .filter(|m| m.text("arm") == Some("treated") && m.text("status") != Some("stopped"));
    let fixed = campaign.integer("cost").unwrap_or(0);
    addressed.fold(fixed, |sum, m| {
        sum.saturating_add(each(m.text("channel").unwrap_or_default()))
    })
}

/// Answers of those addressed, by kind.
fn answers(outcome: &Outcome) -> Vec<AnswerCount> {
    let mut counts: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for response in &outcome.responses {
        let count = counts
            .entry(response.text("kind").unwrap_or_default())
            .or_default();
        count.0 += 1;
        count.1 = count.1.saturating_add(response.integer("value").unwrap_or(0));
    }
    let treated: HashSet<&str> = outcome
        .drawn
        .iter()
        .filter(|d| d.treated)
        .filter_map(|d| d.member.text("account_id"))
        .collect();
    for order in outcome
        .orders
        .iter()
        .filter(|o| treated.contains(o.account.as_str()))
    {
        let count = counts.entry("order").or_default();
        count.0 += 1;
        count.1 = count.1.saturating_add(order.net);
    }
    let count = |(kind, (count, value)): (&str, (u64, i64))| AnswerCount {
        kind: kind.to_owned(),
        count,
        value,
    };
    counts.into_iter().map(count).collect()
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(results))
}
