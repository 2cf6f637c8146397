//! Making users, setting passwords, and the matrix of roles and rights.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::{At, Op};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Role, grant_json, grants};
use crate::Shared;
use crate::crud::{RecordJson, WrittenRecord};
use crate::problem::Problem;
use crate::sessions::{Signed, set_password};

/// A user to make, with the first password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewUser {
    /// name, email, role, team_id, language.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    password: String,
}

/// Make a user
#[utoipa::path(post, path = "/api/v1/users/new", tag = "users", request_body = NewUser,
    responses((status = 201, body = WrittenRecord), (status = 400, body = Problem)))]
async fn make_user(
    State(app): State<Shared>,
    signed: Signed,
    Json(mut given): Json<NewUser>,
) -> Result<(StatusCode, Json<WrittenRecord>), Problem> {
    signed.needs(&[Role::Admin], "Making users")?;
    if let Some(Value::String(email)) = given.fields.get_mut("email") {
        *email = email.trim().to_lowercase();
    }
    if given.password.chars().count() < 8 {
        return Err(Problem::bad(
            "/password",
            "password-length",
            "A password has at least 8 characters.",
        ));
    }
    let name = given
        .fields
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or("user")
        .to_owned();
    let author = signed.author("api", format!("Add user {name}"));
    let written = app
        .store
        .write(&author, vec![Op::create("user", given.fields)])
        .await?;
    let record = written
        .records
        .into_iter()
        .next()
        .ok_or_else(|| Problem::unexpected("a user without a record"))?;
    set_password(app.store.db(), &record.id, &given.password, app.store.now()).await?;
    Ok((
        StatusCode::CREATED,
        Json(WrittenRecord {
            record: RecordJson::from(record),
            change_set: written.change_set,
        }),
    ))
}

/// A password to set.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPassword {
    password: String,
}

/// Set a user's password; everybody may set their own
#[utoipa::path(post, path = "/api/v1/users/{id}/password", tag = "users", request_body = NewPassword,
    responses((status = 204), (status = 400, body = Problem)))]
async fn password(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(given): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    if signed.user_id != id {
        signed.needs(&[Role::Admin], "Setting another person's password")?;
    }
    if app
        .store
        .get(&signed.viewer, "user", &id, At::PRESENT)
        .await?
        .is_none()
    {
        return Err(Problem::not_found(format!("User {id}")));
    }
    set_password(app.store.db(), &id, &given.password, app.store.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One role with its rights.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleRights {
    role: String,
    /// By record type: read, create, write, delete.
    #[schema(value_type = Object)]
    rights: Value,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RoleMatrix {
    roles: Vec<RoleRights>,
}

/// What each role may do
#[utoipa::path(get, path = "/api/v1/role-rights", tag = "users", responses((status = 200, body = RoleMatrix)))]
async fn matrix(State(app): State<Shared>, signed: Signed) -> Result<Json<RoleMatrix>, Problem> {
    signed.needs(&[Role::Admin, Role::Manager], "The matrix of rights")?;
    let mut roles = Vec::new();
    for role in [Role::Manager, Role::Rep, Role::Analyst, Role::Admin] {
        let rights = grants(&app, role).await?;
        let rights = rights
            .into_iter()
            .map(|(name, grant)| (name, grant_json(grant)))
            .collect();
        roles.push(RoleRights {
            role: role.as_str().to_owned(),
            rights: Value::Object(rights),
        });
    }
    Ok(Json(RoleMatrix { roles }))
}

/// Change what a role may do; parts not given stay
#[utoipa::path(put, path = "/api/v1/role-rights/{role}", tag = "users", request_body = Object,
    responses((status = 200, body = RoleMatrix), (status = 400, body = Problem)))]
async fn change(
    State(app): State<Shared>,
    signed: Signed,
    Path(role): Path<String>,
    Json(given): Json<Map<String, Value>>,
) -> Result<Json<RoleMatrix>, Problem> {
    signed.needs(&[Role::Admin], "Changing rights")?;
    let known = Role::parse(&role).ok_or_else(|| Problem::not_found(format!("Role {role}")))?;
    if known == Role::Admin {
        return Err(Problem::conflict(
            "admin-is-fixed",
            "The role admin keeps all rights, so that nobody is locked out.",
        ));
    }
    for (type_name, grant) in &given {
        if app.store.catalog().get(type_name).is_none() || !grant.is_object() {
            return Err(Problem::bad(
                &format!("/{type_name}"),
                "unknown-type",
                format!("{type_name} is no record type, or its rights are no object."),
            ));
        }
    }
    let filter = records::Filter::eq("name", role.as_str());
    let query = records::Query::of("role").filter(filter).limit(1);
    let stored = app
        .store
        .list(&signed.viewer, &query)
        .await?
        .records
        .into_iter()
        .next();
    let mut merged = stored
        .as_ref()
        .and_then(|r| r.fields.get("grants"))
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    merged.extend(given);
    let author = signed.author("api", format!("Change the rights of {role}"));
    let mut fields = Map::new();
    fields.insert("grants".into(), Value::Object(merged));
    let op = match stored {
        Some(record) => Op::update("role", record.id, fields),
        None => {
            fields.insert("name".into(), role.into());
            Op::create("role", fields)
        }
    };
    app.store.write(&author, vec![op]).await?;
    matrix(State(app), signed).await
}

/// The routes of this feature.
pub fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(make_user))
        .routes(routes!(password))
        .routes(routes!(matrix))
        .routes(routes!(change))
}
