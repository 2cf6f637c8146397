//! Duplicates over HTTP.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use records::{Filter, Query as RecordQuery, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::known::{Duplicate, Newcomer, duplicates};
use super::merge::{differences, merge, record};
use super::sweep::pairs;
use crate::Shared;
use crate::crud::{RecordJson, WrittenRecord};
use crate::plans::day::language_of;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Types that can be merged.
const TYPES: [(&str, &str); 3] = [
    ("accounts", "account"),
    ("contacts", "contact"),
    ("leads", "lead"),
];

#[derive(Deserialize, ToSchema)]
struct CheckBody {
    /// Fields as in a form: name, company, email, phone, lng, lat.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// The record that is being changed, which is no duplicate of itself.
    id: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Known {
    duplicates: Vec<Duplicate>,
}

/// Who may be on record already, while somebody is entered
#[utoipa::path(post, path = "/api/v1/duplicates/check", tag = "records", request_body = CheckBody,
    responses((status = 200, body = Known)))]
async fn check(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<CheckBody>,
) -> Result<Json<Known>, Problem> {
    let word = |name: &str| {
        body.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |name: &str| body.fields.get(name).and_then(Value::as_f64);
    let newcomer = Newcomer {
        id: body.id.clone().unwrap_or_default(),
        name: word("name"),
        company: word("company"),
        email: word("email"),
        phone: word("phone"),
        place: number("lng")
            .zip(number("lat"))
            .and_then(|(lng, lat)| geom::LngLat::new(lng, lat).ok()),
    };
    let language = language_of(&app, &signed.user_id).await?;
    Ok(Json(Known {
        duplicates: duplicates(&app, &signed.viewer, &newcomer, language).await?,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SweepParams {
    /// At most so many pairs, 100 unless said.
    limit: Option<usize>,
}

/// Two customers that may be one.
#[derive(Serialize, ToSchema)]
struct Pair {
    a: RecordJson,
    b: RecordJson,
    /// phone, email, name-and-place, domain
    signs: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Sweep {
    /// The surest first.
    pairs: Vec<Pair>,
    /// How many there are in all, of customers the reader may see.
    count: usize,
}

/// Customers that may stand there twice
#[utoipa::path(get, path = "/api/v1/duplicates", tag = "records", params(SweepParams),
    responses((status = 200, body = Sweep)))]
async fn sweep(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<SweepParams>,
) -> Result<Json<Sweep>, Problem> {
    let found = pairs(&app.store).await?;
    let ids: Vec<String> = {
        let mut ids: Vec<String> = found.keys().flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    // Rights: a pair is told to whoever may see both.
    let mut seen: BTreeMap<String, Record> = BTreeMap::new();
    for ids in ids.chunks(RecordQuery::MAX_LIMIT as usize) {
        let query = RecordQuery::of("account")
            .filter(Filter::Ids(ids.to_vec()))
            .limit(RecordQuery::MAX_LIMIT);
        let records = app.store.list(&signed.viewer, &query).await?.records;
        seen.extend(records.into_iter().map(|r| (r.id.clone(), r)));
    }
    let mut told: Vec<_> = found
        .iter()
        .filter(|((a, b), _)| seen.contains_key(a) && seen.contains_key(b))
        .collect();
    told.sort_by_key(|(pair, signs)| (std::cmp::Reverse(signs.len()), signs.first().copied(), *pair));
    let count = told.len();
    let limit = params.limit.unwrap_or(100).clamp(1, 1_000);
    let pairs = told
        .into_iter()
        .take(limit)
        .filter_map(|((a, b), signs)| {
            Some(Pair {
                a: seen.get(a)?.clone().into(),
                b: seen.get(b)?.clone().into(),
                signs: signs.iter().map(|s| s.code().to_owned()).collect(),
            })
        })
        .collect();
    Ok(Json(Sweep { pairs, count }))
}

#[derive(Deserialize, ToSchema)]
struct MergeBody {
    /// The record that goes.
    other_id: String,
    /// Fields whose values are taken from the one that goes; empty ones are filled in any case.
    #[serde(default)]
    take: Vec<String>,
}

fn type_of(plural: &str) -> Result<&'static str, Problem> {
    let found = TYPES.iter().find(|(p, _)| *p == plural);
    found.map(|(_, name)| *name).ok_or_else(|| {
        Problem::not_found(format!(
            "Merging {plural} (accounts, contacts and leads can be merged)"
        ))
    })
}

/// Merge another record into this one; undone like any change
#[utoipa::path(post, path = "/api/v1/{plural}/{id}/merge", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path)), request_body = MergeBody,
    responses((status = 200, body = WrittenRecord), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn merge_records(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id)): Path<(String, String)>,
    Json(body): Json<MergeBody>,
) -> Result<Json<WrittenRecord>, Problem> {
    let type_name = type_of(&plural)?;
    if id == body.other_id {
        return Err(Problem::bad(
            "/other_id",
            "the-same",
            "A record cannot be merged with itself.",
        ));
    }
    let kept = record(&app, &signed.viewer, type_name, &id).await?;
    let other = record(&app, &signed.viewer, type_name, &body.other_id).await?;
    let name = |r: &Record| r.text("name").unwrap_or_default().to_owned();
    let label = format!("Merged {} into {}", name(&other), name(&kept));
    // Whoever may change both may merge them.
    signed
        .program_on(&app, type_name, &other.id, "merge", &label)
        .await?;
    let author = signed.program_on(&app, type_name, &id, "merge", &label).await?;
    let written = merge(&app, &author, &kept, &other, &body.take).await?;
    app.live.wait_for(written.last_seq).await;
    let record = record(&app, &signed.viewer, type_name, &id).await?;
    Ok(Json(WrittenRecord {
        record: record.into(),
        change_set: written.change_set,
    }))
}

/// A field in which two records differ.
#[derive(Serialize, ToSchema)]
struct FieldDifference {
    field: String,
    #[schema(value_type = Object)]
    kept: Value,
    #[schema(value_type = Object)]
    other: Value,
}

#[derive(Serialize, ToSchema)]
struct Differences {
    differences: Vec<FieldDifference>,
}

/// In what two records differ, before they are merged
#[utoipa::path(get, path = "/api/v1/{plural}/{id}/merge/{other}", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path), ("other" = String, Path)),
    responses((status = 200, body = Differences), (status = 404, body = Problem)))]
async fn compare(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id, other)): Path<(String, String, String)>,
) -> Result<Json<Differences>, Problem> {
    let type_name = type_of(&plural)?;
    let kept = record(&app, &signed.viewer, type_name, &id).await?;
    let other = record(&app, &signed.viewer, type_name, &other).await?;
    let differences = differences(&app, &kept, &other)?
        .into_iter()
        .map(|(field, kept, other)| FieldDifference { field, kept, other })
        .collect();
    Ok(Json(Differences { differences }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(sweep))
        .routes(routes!(merge_records))
        .routes(routes!(compare))
}
