//! The routes, as the standard names them.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::collections::{self, CONFORMANCE, Collection, GEOJSON, JSON, OPENAPI, link};
use super::features::{bounds, one, page};
use super::openapi::document;
use super::question::{Question, only, parse_datetime};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Parameters as they come, so that unknown ones can be refused by name.
type Given = Query<Vec<(String, String)>>;

fn answer(content_type: &'static str, body: &Value) -> Response {
    let mut response = body.to_string().into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // With another's rights it is another answer.
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
    response
}

fn collection_of(id: &str) -> Result<Collection, Problem> {
    Collection::parse(id).ok_or_else(|| Problem::not_found(format!("Collection {id}")))
}

/// OGC API – Features: the page one begins at
#[utoipa::path(get, path = "/ogc", tag = "ogc", responses((status = 200, body = Object)))]
async fn landing(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(given): Given,
) -> Result<Response, Problem> {
    only(&given, &[])?;
    Ok(answer(
        JSON,
        &collections::landing(&collections::base(&app, &headers)),
    ))
}

/// OGC API – Features: which parts of the standard are met
#[utoipa::path(get, path = "/ogc/conformance", tag = "ogc", responses((status = 200, body = Object)))]
async fn conformance(Query(given): Given) -> Result<Response, Problem> {
    only(&given, &[])?;
    Ok(answer(JSON, &json!({ "conformsTo": CONFORMANCE })))
}

/// OGC API – Features: its own description in OpenAPI 3.0
#[utoipa::path(get, path = "/ogc/api", tag = "ogc", responses((status = 200, body = Object)))]
async fn api(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(given): Given,
) -> Result<Response, Problem> {
    only(&given, &[])?;
    Ok(answer(OPENAPI, &document(&collections::base(&app, &headers))))
}

/// OGC API – Features: the collections
#[utoipa::path(get, path = "/ogc/collections", tag = "ogc", responses((status = 200, body = Object)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Query(given): Given,
) -> Result<Response, Problem> {
    only(&given, &[])?;
    let base = collections::base(&app, &headers);
    let mut described = Vec::new();
    for collection in Collection::ALL {
        described.push(collections::describe(
            collection,
            &base,
            bounds(&app, &signed.viewer, collection).await?,
        ));
    }
    let links = [
        link("self", JSON, "The collections", format!("{base}/collections")),
        link("parent", JSON, "The page one begins at", base),
    ];
    Ok(answer(JSON, &json!({ "links": links, "collections": described })))
}

/// OGC API – Features: one collection
#[utoipa::path(get, path = "/ogc/collections/{collection}", tag = "ogc",
    params(("collection" = String, Path, description = "accounts, locations or territories")),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn describe(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(given): Given,
) -> Result<Response, Problem> {
    only(&given, &[])?;
    let collection = collection_of(&id)?;
    let bounds = bounds(&app, &signed.viewer, collection).await?;
    Ok(answer(
        JSON,
        &collections::describe(collection, &collections::base(&app, &headers), bounds),
    ))
}

/// OGC API – Features: features of a collection
#[utoipa::path(get, path = "/ogc/collections/{collection}/items", tag = "ogc",
    params(("collection" = String, Path, description = "accounts, locations or territories"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north"),
        ("datetime" = Option<String>, Query, description = "the date that the data is of"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query),
        ("filter" = Option<String>, Query, description = "CQL2 text")),
    responses((status = 200, body = Object, content_type = "application/geo+json"), (status = 400, body = Problem)))]
async fn items(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(given): Given,
) -> Result<Response, Problem> {
    let collection = collection_of(&id)?;
    let question = Question::parse(&app, &given)?;
    let found = page(&app, &signed.viewer, collection, &question).await?;
    let base = collections::base(&app, &headers);
    let here = format!("{base}/collections/{}", collection.id());
    let with = |cursor: Option<&str>| {
        let kept = given
            .iter()
            .filter(|(name, _)| cursor.is_none() || name != "cursor");
        let mut parameters: Vec<(&str, &str)> = kept.map(|(n, v)| (n.as_str(), v.as_str())).collect();
        parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
        let query = encoded(&parameters);
        if query.is_empty() {
            format!("{here}/items")
        } else {
            format!("{here}/items?{query}")
        }
    };
    let mut links = vec![
        link("self", GEOJSON, "These features", with(None)),
        link("collection", JSON, collection.title(), here.clone()),
    ];
    links.extend(
        found
            .next
            .as_deref()
            .map(|next| link("next", GEOJSON, "The next page", with(Some(next)))),
    );
    let body = json!({
        "type": "FeatureCollection",
        "timeStamp": time_stamp(app.store.now().0),
        "numberMatched": found.matched,
        "numberReturned": found.features.len(),
        "links": links,
        "features": found.features,
    });
    Ok(answer(GEOJSON, &body))
}

/// OGC API – Features: one feature
#[utoipa::path(get, path = "/ogc/collections/{collection}/items/{id}", tag = "ogc",
    params(("collection" = String, Path, description = "accounts, locations or territories"), ("id" = String, Path),
        ("datetime" = Option<String>, Query, description = "the date that the data is of")),
    responses((status = 200, body = Object, content_type = "application/geo+json"), (status = 404, body = Problem)))]
async fn item(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Path((collection, id)): Path<(String, String)>,
    Query(given): Given,
) -> Result<Response, Problem> {
    only(&given, &["datetime"])?;
    let collection = collection_of(&collection)?;
    let datetime = given
        .iter()
        .find(|(name, _)| name == "datetime")
        .map(|(_, v)| v.as_str());
    let at = parse_datetime(&app, datetime.filter(|d| !d.trim().is_empty()))?;
    let found = one(&app, &signed.viewer, collection, &id, at).await?;
    let mut feature =
        found.ok_or_else(|| Problem::not_found(format!("Feature {id} of {}", collection.id())))?;
    let here = format!(
        "{}/collections/{}",
        collections::base(&app, &headers),
        collection.id()
    );
    feature["links"] = json!([
        link("self", GEOJSON, "This feature", format!("{here}/items/{id}")),
        link("collection", JSON, collection.title(), here),
    ]);
    Ok(answer(GEOJSON, &feature))
}

/// RFC 3339.
fn time_stamp(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .unwrap_or_default()
        .to_string()
}

/// `name=value&…`, with everything but letters, digits and `-._~` as `%XX`.
fn encoded(parameters: &[(&str, &str)]) -> String {
    let safe = |text: &str| -> String {
        let bytes = text.bytes().map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        });
        bytes.collect()
    };
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", safe(name), safe(value)))
        .collect();
    pairs.join("&")
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(landing))
        .route("/ogc/", axum::routing::get(landing))
        .routes(routes!(conformance))
        .routes(routes!(api))
        .routes(routes!(list))
        .routes(routes!(describe))
        .routes(routes!(items))
        .routes(routes!(item))
}
