//! RecordComments, following and notifications over HTTP. Changing and deleting one's own comments is plain record work.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use records::{At, Author, Filter, Op, Query as RecordQuery, Record, Viewer, fields};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::mentions::{mentioned, people};
use super::show::{Notifications, notifications, title};
use super::store;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::sessions::{self, Signed};
use crate::{Shared, users};

/// The record, if the one who asks may see it.
async fn visible(app: &Shared, signed: &Signed, type_name: &str, id: &str) -> Result<Record, Problem> {
    let missing = || Problem::not_found(format!("{type_name} {id}"));
    if app.store.record_type(type_name).is_err() || type_name == "comment" {
        return Err(missing());
    }
    let record = app.store.get(&signed.viewer, type_name, id, At::PRESENT).await?;
    record.ok_or_else(missing)
}

/// What somebody said.
#[derive(Serialize, ToSchema)]
struct RecordComment {
    id: String,
    text: String,
    author_id: Option<String>,
    author_name: Option<String>,
    /// Milliseconds since 1970.
    said_at: i64,
    /// Longitude and latitude, of a comment on a spot of a shape.
    spot: Option<[f64; 2]>,
    version: i64,
    mine: bool,
}

fn comment_json(record: &Record, name: Option<String>, me: &str) -> RecordComment {
    let spot = record
        .fields
        .get("spot")
        .and_then(|s| serde_json::from_value(s.clone()).ok());
    RecordComment {
        id: record.id.clone(),
        text: record.text("text").unwrap_or_default().to_owned(),
        author_id: record.text("author_id").map(str::to_owned),
        author_name: name,
        said_at: record.integer("said_at").unwrap_or_default(),
        spot,
        version: record.version,
        mine: record.text("author_id") == Some(me),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AboutParams {
    /// A record's type.
    #[serde(rename = "type")]
    type_name: String,
    /// Its id.
    id: String,
}

/// What was said about a record.
#[derive(Serialize, ToSchema)]
struct RecordComments {
    /// Oldest first, at most 1,000.
    comments: Vec<RecordComment>,
    /// I follow it.
    following: bool,
    followers: i64,
}

/// RecordComments on a record, for whoever may see it
#[utoipa::path(get, path = "/api/v1/collaboration/comments", tag = "collaboration", params(AboutParams),
    responses((status = 200, body = RecordComments), (status = 404, body = Problem)))]
async fn comments(
    State(app): State<Shared>,
    signed: Signed,
    Query(about): Query<AboutParams>,
) -> Result<Json<RecordComments>, Problem> {
    let record = visible(&app, &signed, &about.type_name, &about.id).await?;
    let query = RecordQuery::of("comment")
        .filter(Filter::eq("about_id", record.id.as_str()))
        .filter(Filter::eq("about_type", record.type_name.as_str()))
        .sort("said_at", false)
        .limit(RecordQuery::MAX_LIMIT);
    // The right to read them is that of reading the record.
    let found = app.store.list(&Viewer::system(), &query).await?.records;
    let names = user_names(&app).await?;
    let (following, followers) = store::following(app.store.db(), &signed.user_id, &record.id).await?;
    let comments = found
        .iter()
        .map(|c| {
            comment_json(
                c,
                c.text("author_id").and_then(|a| names.get(a)).cloned(),
                &signed.user_id,
            )
        })
        .collect();
    Ok(Json(RecordComments {
        comments,
        following,
        followers,
    }))
}

/// Something to say.
#[derive(Deserialize, ToSchema)]
struct NewRecordComment {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    /// `@Name` mentions somebody.
    text: String,
    /// Longitude and latitude, of a spot of a shape.
    spot: Option<[f64; 2]>,
}

/// What was said, and who is told.
#[derive(Serialize, ToSchema)]
struct SaidComment {
    comment: RecordComment,
    change_set: String,
    /// Names of those who were mentioned and are told.
    told: Vec<String>,
    /// Names of those who were mentioned but may not see the record, so they are not told.
    unseen: Vec<String>,
}

/// Comment on a record, or on a spot of a shape; whoever does follows the record from then on
#[utoipa::path(post, path = "/api/v1/collaboration/comments", tag = "collaboration", request_body = NewRecordComment,
    responses((status = 201, body = SaidComment), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn say(
    State(app): State<Shared>,
    signed: Signed,
    Json(new): Json<NewRecordComment>,
) -> Result<(StatusCode, Json<SaidComment>), Problem> {
    let record = visible(&app, &signed, &new.type_name, &new.id).await?;
    if !signed.viewer.grant("comment").create {
        return Err(Problem::forbidden("RecordComments are not part of your role."));
    }
    if let Some([lng, lat]) = new.spot {
        geom::LngLat::new(lng, lat).map_err(|_| {
            Problem::bad(
                "/spot",
                "not-a-place",
                "A spot is longitude, then latitude, in degrees.",
            )
        })?;
    }
    let text = new.text.trim();
    let everybody = people(&users::all(&app).await?);
    let (mut told, mut unseen) = (Vec::new(), Vec::new());
    for person in mentioned(text, &everybody)
        .into_iter()
        .filter(|p| p.id != signed.user_id)
    {
        let viewer = sessions::load(&app, &person.id).await?.map(|s| s.viewer);
        let sees = match viewer {
            Some(viewer) => app
                .store
                .get(&viewer, &record.type_name, &record.id, At::PRESENT)
                .await?
                .is_some(),
            None => false,
        };
        if sees { &mut told } else { &mut unseen }.push(person.name.clone());
    }
    let values = fields([
        ("about_type", record.type_name.as_str().into()),
        ("about_id", record.id.as_str().into()),
        ("text", text.into()),
        ("author_id", signed.user_id.as_str().into()),
        ("said_at", app.store.now().0.into()),
        ("spot", serde_json::json!(new.spot)),
    ]);
    // Whose it is and what it is about are the program's to say; who may, was asked above.
    let viewer = Viewer::system_for(signed.user_id.clone());
    let author = Author::new(viewer, "api", format!("Commented on {}", title(&app, &record)));
    let written = app
        .store
        .write(&author, vec![Op::create("comment", values)])
        .await?;
    store::follow(
        app.store.db(),
        &signed.user_id,
        &record.type_name,
        &record.id,
        app.store.now().0,
    )
    .await?;
    let comment = written
        .records
        .first()
        .map(|c| comment_json(c, Some(signed.name.clone()), &signed.user_id));
    let comment = comment.ok_or_else(|| Problem::unexpected("a comment was written and is not there"))?;
    let change_set = written.change_set;
    Ok((
        StatusCode::CREATED,
        Json(SaidComment {
            comment,
            change_set,
            told,
            unseen,
        }),
    ))
}

/// Follow a record: what others change about it is told to me
#[utoipa::path(put, path = "/api/v1/collaboration/follows/{type}/{id}", tag = "collaboration",
    responses((status = 204), (status = 404, body = Problem)))]
async fn follow(
    State(app): State<Shared>,
    signed: Signed,
    Path((type_name, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let record = visible(&app, &signed, &type_name, &id).await?;
    store::follow(
        app.store.db(),
        &signed.user_id,
        &record.type_name,
        &record.id,
        app.store.now().0,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follow a record no longer
#[utoipa::path(delete, path = "/api/v1/collaboration/follows/{type}/{id}", tag = "collaboration", responses((status = 204)))]
async fn unfollow(
    State(app): State<Shared>,
    signed: Signed,
    Path(followed): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    store::unfollow(app.store.db(), &signed.user_id, &followed.1).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A record I follow.
#[derive(Serialize, ToSchema)]
struct Followed {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    title: String,
}

#[derive(Serialize, ToSchema)]
struct Follows {
    records: Vec<Followed>,
}

/// What I follow and may still see
#[utoipa::path(get, path = "/api/v1/collaboration/follows", tag = "collaboration", responses((status = 200, body = Follows)))]
async fn follows(State(app): State<Shared>, signed: Signed) -> Result<Json<Follows>, Problem> {
    let mut records = Vec::new();
    for (type_name, id) in store::followed(app.store.db(), &signed.user_id).await? {
        if let Ok(record) = visible(&app, &signed, &type_name, &id).await {
            let title = title(&app, &record);
            records.push(Followed { type_name, id, title });
        }
    }
    Ok(Json(Follows { records }))
}

/// What I was told: mentions, comments, changes of what I follow
#[utoipa::path(get, path = "/api/v1/collaboration/notifications", tag = "collaboration",
    responses((status = 200, body = Notifications)))]
async fn list(State(app): State<Shared>, signed: Signed) -> Result<Json<Notifications>, Problem> {
    Ok(Json(notifications(&app, &signed).await?))
}

/// What was read.
#[derive(Deserialize, ToSchema)]
struct ReadBody {
    /// One notification; all of them without.
    id: Option<String>,
}

/// Mark one notification, or all, as read
#[utoipa::path(post, path = "/api/v1/collaboration/notifications/read", tag = "collaboration", request_body = ReadBody,
    responses((status = 204)))]
async fn mark_read(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<ReadBody>,
) -> Result<StatusCode, Problem> {
    store::read(
        app.store.db(),
        &signed.user_id,
        body.id.as_deref(),
        app.store.now().0,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(comments, say))
        .routes(routes!(follow, unfollow))
        .routes(routes!(follows))
        .routes(routes!(list))
        .routes(routes!(mark_read))
}
