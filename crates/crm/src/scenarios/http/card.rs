//! What a change would do, before it is made: both sides, what moves, and what it is worth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{Card, CardMove, CardProblem, CardSide, LeftOut};
use super::super::branch::{self, Branch};
use super::super::change::Change;
use super::super::driven::{ESTIMATE, Replanned, Roads};
use super::super::figures::{Measures, Names};
use super::super::life;
use super::super::outcome::{Outcome, Tally, evaluate, grouped};
use super::super::prepare::{Bench, Prepared};
use super::super::prices::replanned;
use super::may;
use crate::Shared;
use crate::live::index_problem;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Layout, parse_area};

/// A change looked over, and what it would do.
pub(super) struct Tried {
    pub branch: Branch,
    pub prepared: Prepared,
    after: Arc<Layout>,
    pub outcome: Outcome,
    /// Hours on the road before and after the change, both as they differ from the scenario's base.
    roads: [Roads; 2],
}

pub(super) async fn try_out(
    app: &Shared,
    signed: &Signed,
    branch: Branch,
    change: &mut Change,
) -> Result<Tried, Problem> {
    let planned = replanned(app, &branch).await?;
    let bench = Bench::load(app, signed, &branch).await?;
    let prepared = bench.prepare(change).await?;
    let Bench {
        state,
        filter,
        known,
        driven,
        ..
    } = bench;
    let (root, base, effects) = (
        branch.base.clone(),
        branch.drafted.clone(),
        prepared.effects.clone(),
    );
    let work = move || {
        let mut draft = base.draft.clone();
        for effect in &effects {
            draft.apply(effect)?;
        }
        let after = Arc::new(draft.layout());
        let outcome = evaluate(&base.layout, &after, &state, &filter, &known).map_err(index_problem)?;
        let road = |to: &Layout, planned: &Replanned| -> Result<Roads, Problem> {
            if driven.is_empty() && planned.after.is_empty() {
                return Ok(Roads::default());
            }
            let whole = evaluate(&root, to, &state, &filter, &known).map_err(index_problem)?;
            Ok(Roads::of(&driven, &root, to, &whole, planned))
        };
        let roads = [
            road(&base.layout, &planned)?,
            road(&after, &planned.without(&outcome.moved))?,
        ];
        Ok::<_, Problem>((after, outcome, roads))
    };
    let (after, outcome, roads) = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)??;
    Ok(Tried {
        branch,
        prepared,
        after,
        outcome,
        roads,
    })
}

/// Words for the list of steps: what moves from where to where.
pub(super) fn title(tried: &Tried, change: &Change) -> String {
    if let Some(title) = &tried.prepared.title {
        return title.clone();
    }
    let names = Names {
        before: tried.branch.layout(),
        after: &tried.after,
    };
    let groups = grouped(&tried.outcome.moved);
    let places = crate::territories::places_words(tried.outcome.moved.len());
    match (change, &groups[..]) {
        (_, [((from, to), _)]) => format!("{places}: {} → {}", names.name(*from), names.name(*to)),
        (Change::Reshape(reshape), _) => {
            let standing = tried.after.get(&reshape.territory_id);
            format!("Border of {}: {places}", standing.map_or("", |t| t.name()))
        }
        (Change::Move(asked), _) => {
            let to = asked.to.as_deref().and_then(|to| tried.after.get(to));
            format!("{places} → {}", to.map_or("no territory", |t| t.name()))
        }
        _ => format!("{}: {places}", change.kind()),
    }
}

/// Moves that a card lists one by one.
const ON_CARD: usize = 200;
/// Faults of a drawing that are an answer while somebody draws.
const WHILE_DRAWING: [&str; 4] = ["crosses-itself", "too-few-corners", "empty-area", "hole-outside"];

/// What a change would do on all sides; nothing is written
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/preview", tag = "scenarios", request_body = Change,
    responses((status = 200, body = Card), (status = 400, body = Problem)))]
async fn preview(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(mut change): Json<Change>,
) -> Result<Json<Card>, Problem> {
    may(&signed)?;
    let began = Instant::now();
    let drawn = match &change {
        Change::Reshape(asked) => Some(asked.geometry.clone()),
        Change::Add(asked) => asked.geometry.clone().filter(|g| !g.is_null()),
        _ => None,
    };
    if let Some(Err(bad)) = drawn.as_ref().map(parse_area)
        && WHILE_DRAWING.contains(&bad.code)
    {
        return Ok(Json(Card {
            problem: Some(CardProblem {
                code: bad.code.to_owned(),
                lng: bad.place.map(|p| p[0]),
                lat: bad.place.map(|p| p[1]),
                message: bad.message,
            }),
            ..Card::default()
        }));
    }
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    life::must_be_editable(&branch.scenario)?;
    let tried = try_out(&app, &signed, branch, &mut change).await?;
    let mut card = card(&tried, &app.live.present());
    card.took_ms = (began.elapsed().as_secs_f64() * 1e4).round() / 10.0;
    Ok(Json(card))
}

/// The card of a change of any branch.
pub(super) async fn card_of(
    app: &Shared,
    signed: &Signed,
    branch: Branch,
    mut change: Change,
) -> Result<Card, Problem> {
    let tried = try_out(app, signed, branch, &mut change).await?;
    Ok(card(&tried, &app.live.present()))
}

fn card(tried: &Tried, state: &crate::live::State) -> Card {
    let names = Names {
        before: tried.branch.layout(),
        after: &tried.after,
    };
    let outcome = &tried.outcome;
    let mut touched: Vec<_> = outcome.moved.iter().flat_map(|m| [m.from, m.to]).collect();
    let mut uses: HashMap<_, usize> = HashMap::new();
    touched.iter().for_each(|t| *uses.entry(*t).or_default() += 1);
    touched.sort_by_key(|t| (std::cmp::Reverse(uses[t]), *t));
    touched.dedup();
    let side = |t: Option<territory::TerritoryId>| CardSide {
        territory_id: match t {
            None => Some("none".to_owned()),
            // Until it is made it has no id that anybody could know.
            Some(n) => names.before.by_number(n).map(|t| t.id().to_owned()),
        },
        name: names.name(t),
        colour: t
            .and_then(|n| names.standing(n))
            .and_then(|t| t.record.integer("colour")),
        before: Measures::of(&outcome.before_of(t), tried.roads[0].after(t)),
        after: Measures::of(&outcome.after_of(t), tried.roads[1].after(t)),
    };
    let mut selection = Tally::default();
    outcome.moved.iter().for_each(|m| selection += m.tally);
    let mut moved: Vec<CardMove> = outcome
        .moved
        .iter()
        .map(|m| CardMove {
            location_id: m.location(),
            name: state
                .index
                .get(m.row)
                .and_then(|row| row.text("name"))
                .unwrap_or_default()
                .to_owned(),
            from: names.reference(m.from),
            to: names.reference(m.to),
        })
        .collect();
    moved.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
    moved.truncate(ON_CARD);
    Card {
        sides: touched.into_iter().map(side).collect(),
        moved_count: outcome.moved.len() as u64,
        moved,
        selection: Measures::of(&selection, ESTIMATE),
        left_out: LeftOut {
            locked: tried.prepared.locked_out,
        },
        problem: None,
        took_ms: 0.0,
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(preview))
}
