//! Sign-in, sign-out, what one says of oneself; and [`Signed`], which every protected handler asks for.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use records::{At, Author, Grant, Op, Record, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store;
use crate::problem::Problem;
use crate::users::{self, Role};
use crate::{App, Shared};

const COOKIE: &str = "bailiwick_session";

/// Who is asking, checked: a session's cookie or an API token.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The user's id.
    pub user_id: String,
    /// The user's role.
    pub role: Role,
    /// What the user may see and do.
    pub viewer: Viewer,
    /// Name on screen.
    pub name: String,
    /// Asked with a token that may only read.
    pub reads_only: bool,
}

impl Signed {
    /// The author of a change this person makes now.
    pub(crate) fn author(&self, cause: &str, label: impl Into<String>) -> Author {
        Author::new(self.viewer.clone(), cause, label)
    }

    /// The program, acting for this person on a record that they may change: it may set the fields that are
    /// its own.
    pub(crate) async fn program_on(
        &self,
        app: &App,
        type_name: &str,
        id: &str,
        cause: &str,
        label: &str,
    ) -> Result<Author, Problem> {
        // Whoever could see the record if they saw what they may write, may write it.
        let read = self.viewer.grant(type_name).write;
        let grant = Grant {
            read,
            ..Grant::default()
        };
        let lent = self
            .viewer
            .shares(type_name)
            .iter()
            .filter(|s| s.may_write())
            .cloned();
        let writer = Viewer {
            shared: [(type_name.to_owned(), lent.collect())].into(),
            ..Viewer::user(self.user_id.clone(), [(type_name.to_owned(), grant)])
        };
        if app
            .store
            .get(&writer, type_name, id, At::PRESENT)
            .await?
            .is_none()
        {
            return Err(Problem::forbidden(format!(
                "You may look at this {type_name}, but not change it."
            )));
        }
        Ok(Author::new(
            Viewer::system_for(self.user_id.clone()),
            cause,
            label,
        ))
    }

    /// Refuses anyone who is neither manager nor admin.
    pub(crate) fn needs(&self, roles: &[Role], what: &str) -> Result<(), Problem> {
        if roles.contains(&self.role) {
            return Ok(());
        }
        let who: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
        Err(Problem::forbidden(format!(
            "{what} is for the role {}. Ask one of them.",
            who.join(" or ")
        )))
    }
}

impl FromRequestParts<Shared> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let now = app.store.now();
        let writes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let db = app.store.db();
        let bearer = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        let mut reads_only = false;
        let user_id = if let Some(secret) = bearer {
            match store::user_of_token(db, secret.trim(), now).await? {
                Some((_, false)) if writes => {
                    return Err(Problem::forbidden(
                        "This token may only read. Make one that may write.",
                    ));
                }
                found => {
                    reads_only = found.as_ref().is_some_and(|f| !f.1);
                    found.map(|f| f.0)
                }
            }
        } else {
            let jar = CookieJar::from_headers(&parts.headers);
            match jar.get(COOKIE) {
                Some(cookie) => {
                    if writes {
                        check_origin(&parts.headers)?;
                    }
                    store::user_of_session(db, cookie.value(), now).await?
                }
                None => None,
            }
        };
        let user_id = user_id.ok_or_else(not_signed_in)?;
        let signed = load(app, &user_id).await?.ok_or_else(not_signed_in)?;
        Ok(Self { reads_only, ..signed })
    }
}

/// A browser names the page a write comes from; it has to be one of ours.
fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|v: &header::HeaderValue| v.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return Ok(());
    };
    let host = text(header::HOST).unwrap_or_default();
    let forwarded = headers.get("x-forwarded-host").and_then(|v| v.to_str().ok());
    let origin_host = origin.split_once("://").map_or(origin, |o| o.1);
    if origin_host == host || Some(origin_host) == forwarded {
        return Ok(());
    }
    Err(Problem::forbidden(
        "This write came from a page of another site, so it was not done.",
    ))
}

fn not_signed_in() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "not-signed-in",
        "Sign in first, or send an API token.",
    )
}

/// A user with role and rights; `None` if there is no such active user.
pub(crate) async fn load(app: &App, user_id: &str) -> Result<Option<Signed>, Problem> {
    let user = app
        .store
        .get(&Viewer::system(), "user", user_id, At::PRESENT)
        .await?;
    let Some(user) = user.filter(|u| u.boolean("active") != Some(false)) else {
        return Ok(None);
    };
    let Some(role) = user.text("role").and_then(Role::parse) else {
        return Ok(None);
    };
    let grants = users::grants(app, role).await?;
    let shared = crate::sharing::shared_with(app, &user).await?;
    Ok(Some(Signed {
        user_id: user.id.clone(),
        role,
        viewer: Viewer {
            shared,
            ..Viewer::user(user.id.clone(), grants)
        },
        name: user.text("name").unwrap_or_default().to_owned(),
        reads_only: false,
    }))
}

/// What a person signs in with.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    email: String,
    password: String,
}

/// The person, what they may do, and what the page needs to begin.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    user: SessionUser,
    /// Rights by record type.
    #[schema(value_type = Object)]
    rights: serde_json::Value,
    map: Option<MapInfo>,
    /// IANA name.
    time_zone: String,
    /// Local day, `YYYY-MM-DD`.
    today: String,
    /// Milliseconds since 1970.
    now: i64,
    /// ISO 4217.
    currency: String,
    /// Number of the last change: goes into tile addresses.
    data_version: i64,
    demo: bool,
    /// Where this role begins.
    landing: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionUser {
    id: String,
    name: String,
    email: String,
    role: String,
    language: String,
}

/// The map in use.
#[derive(Serialize, ToSchema)]
pub(crate) struct MapInfo {
    /// West, south, east, north.
    bounds: [f64; 4],
    /// Longitude, latitude.
    center: [f64; 2],
    attribution: String,
    /// Milliseconds since 1970; null where the extract does not say.
    extract_date: Option<i64>,
    hash: String,
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
async fn sign_in(
    State(app): State<Shared>,
    jar: CookieJar,
    headers: HeaderMap,
    Json(given): Json<SignIn>,
) -> Result<(CookieJar, Json<Session>), Problem> {
    check_origin(&headers)?;
    let db = app.store.db();
    let email = given.email.trim().to_lowercase();
    let user = store::check_password(db, &email, &given.password)
        .await?
        .ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "wrong-sign-in",
                "E-mail address and password do not fit together.",
            )
        })?;
    let secret = store::begin(db, &user, app.store.now()).await?;
    let signed = load(&app, &user).await?.ok_or_else(not_signed_in)?;
    let secure = headers.get("x-forwarded-proto").is_some_and(|p| p == "https");
    let cookie = Cookie::build((COOKIE, secret))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .permanent();
    Ok((jar.add(cookie), Json(session_of(&app, &signed).await?)))
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
async fn session(State(app): State<Shared>, signed: Signed) -> Result<Json<Session>, Problem> {
    Ok(Json(session_of(&app, &signed).await?))
}

/// What a person says of themselves.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionChange)]
pub(crate) struct Change {
    /// `en` or `de`: what they read here, on their next device, and in what is written to them.
    language: String,
}

/// Change what I said of myself
#[utoipa::path(patch, path = "/api/v1/session", tag = "session", request_body = Change,
    responses((status = 200, body = Session), (status = 400, body = Problem), (status = 401, body = Problem)))]
async fn change(
    State(app): State<Shared>,
    signed: Signed,
    Json(given): Json<Change>,
) -> Result<Json<Session>, Problem> {
    let declared = app.store.record_type("user")?.field("language");
    let known = declared.map_or(&[][..], |f| f.choices.as_slice());
    if !known.contains(&given.language) {
        return Err(Problem::bad(
            "/language",
            "not-a-choice",
            format!("The program speaks {}.", known.join(" and ")),
        ));
    }
    // Everybody says for themselves what they read, whoever may change users.
    let author = Author::new(
        Viewer::system_for(signed.user_id.clone()),
        "api",
        "Change language of User",
    );
    let user = app
        .store
        .get(&Viewer::system(), "user", &signed.user_id, At::PRESENT)
        .await?;
    if user.as_ref().and_then(|u| u.text("language")) != Some(given.language.as_str()) {
        let field = records::fields([("language", given.language.into())]);
        let op = Op::update("user", signed.user_id.clone(), field);
        app.store.write(&author, vec![op]).await?;
    }
    Ok(Json(session_of(&app, &signed).await?))
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
async fn sign_out(
    State(app): State<Shared>,
    jar: CookieJar,
    headers: HeaderMap,
) -> Result<(CookieJar, StatusCode), Problem> {
    check_origin(&headers)?;
    if let Some(cookie) = jar.get(COOKIE) {
        store::end(app.store.db(), cookie.value()).await?;
    }
    Ok((
        jar.remove(Cookie::build(COOKIE).path("/")),
        StatusCode::NO_CONTENT,
    ))
}

/// The sign-ins of the demo, for the sign-in page
#[derive(Serialize, ToSchema)]
pub(crate) struct DemoSignIns {
    demo: bool,
    accounts: Vec<DemoAccount>,
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DemoAccount {
    email: String,
    name: String,
    role: String,
}

/// Which sign-ins the demo offers
#[utoipa::path(get, path = "/api/v1/session/demo", tag = "session", responses((status = 200, body = DemoSignIns)))]
async fn demo(State(app): State<Shared>) -> Result<Json<DemoSignIns>, Problem> {
    let password = app.settings.demo_password.clone();
    if password.is_none() {
        return Ok(Json(DemoSignIns {
            demo: false,
            accounts: Vec::new(),
            password,
        }));
    }
    let users = users::all(&app).await?;
    let demo_user = |user: &&Record| {
        user.text("email")
            .is_some_and(|e| users::DEMO_EMAILS.contains(&e))
    };
    let mut accounts: Vec<DemoAccount> = users
        .iter()
        .filter(demo_user)
        .map(|user| DemoAccount {
            email: user.text("email").unwrap_or_default().to_owned(),
            name: user.text("name").unwrap_or_default().to_owned(),
            role: user.text("role").unwrap_or_default().to_owned(),
        })
        .collect();
    accounts.sort_by_key(|a| users::DEMO_EMAILS.iter().position(|e| *e == a.email));
    Ok(Json(DemoSignIns {
        demo: true,
        accounts,
        password,
    }))
}

async fn session_of(app: &App, signed: &Signed) -> Result<Session, Problem> {
    let user = app
        .store
        .get(&Viewer::system(), "user", &signed.user_id, At::PRESENT)
        .await?;
    let text = |field: &str| {
        user.as_ref()
            .and_then(|u| u.text(field))
            .unwrap_or_default()
            .to_owned()
    };
    let now = app.store.now();
    let language = text("language");
    Ok(Session {
        user: SessionUser {
            id: signed.user_id.clone(),
            name: signed.name.clone(),
            email: text("email"),
            role: signed.role.as_str().to_owned(),
            language: if language.is_empty() {
                "en".to_owned()
            } else {
                language
            },
        },
        rights: users::rights_json(&signed.viewer, app.store.catalog()),
        map: app.atlas().map(|atlas| map_info(&atlas)),
        time_zone: app.settings.zone.name().to_owned(),
        today: app.settings.zone.date(now).to_string(),
        now: now.0,
        currency: app.settings.currency.clone(),
        data_version: app.live.present().seq,
        demo: app.settings.demo_password.is_some(),
        landing: signed.role.landing().to_owned(),
    })
}

fn map_info(atlas: &atlas::Atlas) -> MapInfo {
    let bounds = atlas.bounds();
    MapInfo {
        bounds: [bounds.west, bounds.south, bounds.east, bounds.north],
        center: bounds.center().into(),
        attribution: atlas.attribution().to_owned(),
        extract_date: atlas.extract_date().map(|d| d.0),
        hash: atlas.hash_hex(),
    }
}

/// The routes of this feature.
pub fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, session, change, sign_out))
        .routes(routes!(demo))
        .merge(super::tokens::router())
}
