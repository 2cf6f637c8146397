//! The public page of a form, and taking what is sent by it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{Filter, Query, Record, Viewer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::{self, CONSENT, FormPage, PAGE, TRAP, words};
use super::{Asked, asked, take};
use crate::plans::Language;
use crate::problem::Problem;
use crate::{App, Shared};

/// Largest form sent, in bytes.
const LARGEST: usize = 128 * 1024;
/// Nobody reads and fills in a form faster, in milliseconds.
const FASTEST: i64 = 2_000;
/// A page is good for so long.
const LONGEST: i64 = 86_400_000;

/// No script, no other site's anything; but any site may show it in a frame.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors *";

fn html(status: StatusCode, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

/// A form that is switched on, and what it asks for.
struct Open {
    form: Record,
    asked: Vec<Asked>,
    language: Language,
}

async fn open(app: &App, key: &str) -> Result<Option<Open>, Problem> {
    let wanted = Filter::eq("key", key).and(Filter::eq("active", true));
    let query = Query::of("form").filter(wanted).limit(1);
    let Some(form) = app
        .store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .into_iter()
        .next()
    else {
        return Ok(None);
    };
    let asked = asked(form.text("target").unwrap_or_default(), form.fields.get("fields"))
        .map_err(Problem::unexpected)?;
    let language = Language::of(form.text("language"));
    Ok(Some(Open {
        form,
        asked,
        language,
    }))
}

/// A new page's number, time and signature.
async fn new_page(app: &App, form: &str) -> Result<String, Problem> {
    let seal = app.doors.seal(app).await?;
    let (number, now) = (records::new_id(), app.store.now().0);
    let signature = seal.sign("form", &format!("{form}.{number}.{now}"));
    Ok(format!("{number}.{now}.{signature}"))
}

/// The number of a page of ours and how old it is, in milliseconds; `None` for a made-up one.
async fn read_page(app: &App, form: &str, text: &str) -> Result<Option<(String, i64)>, Problem> {
    let seal = app.doors.seal(app).await?;
    let Some((signed, signature)) = text.rsplit_once('.') else {
        return Ok(None);
    };
    if !seal.holds("form", &format!("{form}.{signed}"), signature) {
        return Ok(None);
    }
    let read = signed
        .split_once('.')
        .and_then(|(number, at)| Some((number.to_owned(), at.parse::<i64>().ok()?)));
    Ok(read.map(|(number, at)| (number, app.store.now().0 - at)))
}

fn no_form() -> Response {
    let language = Language::English;
    html(
        StatusCode::NOT_FOUND,
        page::message(language, "404", words(language).no_form),
    )
}

async fn shown(
    app: &App,
    open: &Open,
    status: StatusCode,
    given: &BTreeMap<String, String>,
    faults: &[String],
) -> Result<Response, Problem> {
    let page = new_page(app, &open.form.id).await?;
    let record_type = app
        .store
        .record_type(open.form.text("target").unwrap_or_default())?;
    let page = FormPage {
        form: &open.form,
        record_type,
        asked: &open.asked,
        language: open.language,
        page: &page,
        given,
        faults,
    };
    Ok(html(status, page.html()))
}

/// The page of a web form; for everybody, also in a frame of another site
#[utoipa::path(get, path = "/forms/{key}", tag = "forms", params(("key" = String, Path)),
    responses((status = 200, description = "HTML", content_type = "text/html"), (status = 404, description = "HTML", content_type = "text/html")))]
async fn form_page(State(app): State<Shared>, Path(key): Path<String>) -> Result<Response, Problem> {
    match open(&app, &key).await? {
        Some(open) => shown(&app, &open, StatusCode::OK, &BTreeMap::new(), &[]).await,
        None => Ok(no_form()),
    }
}

/// Who sends, as far as one can know: the other end of the connection, or whom our own proxy names.
fn sender(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    if app.settings.channels.behind_proxy {
        // What stands last was written by our proxy; what stands before, by anybody.
        let named = headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()?
            .to_str()
            .ok()?;
        return named.rsplit(',').next()?.trim().parse().ok();
    }
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip())
}

/// Send a web form
#[utoipa::path(post, path = "/forms/{key}", tag = "forms", params(("key" = String, Path)),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "HTML: thanks", content_type = "text/html"), (status = 400, description = "HTML: the form with what is wrong", content_type = "text/html"),
        (status = 404, description = "HTML", content_type = "text/html"), (status = 429, description = "HTML: too often", content_type = "text/html")))]
async fn send_form(
    State(app): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Result<Response, Problem> {
    let Some(open) = open(&app, &key).await? else {
        return Ok(no_form());
    };
    let words = words(open.language);
    let title = open
        .form
        .text("title")
        .or_else(|| open.form.text("name"))
        .unwrap_or_default();
    if !app.doors.forms.allow(
        &open.form.id,
        sender(&app, &headers, &extensions),
        app.store.now().0,
    ) {
        return Ok(html(
            StatusCode::TOO_MANY_REQUESTS,
            page::message(open.language, title, words.too_often),
        ));
    }
    let given = read(&body)?;
    let own = open.form.text("thanks").map(str::trim).filter(|t| !t.is_empty());
    let thanks = || {
        html(
            StatusCode::OK,
            page::message(open.language, title, own.unwrap_or(words.thanks)),
        )
    };
    if given.get(TRAP).is_some_and(|v| !v.is_empty()) {
        // A robot is thanked too, so that it learns nothing.
        tracing::info!(form = open.form.id, "a form was filled in by a robot and dropped");
        return Ok(thanks());
    }
    let page = read_page(&app, &open.form.id, given.get(PAGE).map_or("", String::as_str)).await?;
    let number = match page {
        Some((number, age)) if (FASTEST..=LONGEST).contains(&age) => number,
        Some((_, age)) if age < FASTEST => {
            return shown(
                &app,
                &open,
                StatusCode::BAD_REQUEST,
                &given,
                &[words.too_fast.to_owned()],
            )
            .await;
        }
        _ => {
            return shown(
                &app,
                &open,
                StatusCode::BAD_REQUEST,
                &given,
                &[words.old_page.to_owned()],
            )
            .await;
        }
    };
    let faults = missing(&app, &open, &given)?;
    if !faults.is_empty() {
        return shown(&app, &open, StatusCode::BAD_REQUEST, &given, &faults).await;
    }
    if !take::take_page(&app, &number).await? {
        return Ok(thanks());
    }
    match take::take(&app, &open.form, &open.asked, &given).await {
        Ok(change_set) => {
            tracing::info!(form = open.form.id, change_set, "a form came in");
            Ok(thanks())
        }
        Err(problem) => {
            take::give_back(&app, &number).await?;
            if problem.status != 400 {
                return Err(problem);
            }
            let faults = told(&app, &open, &problem)?;
            shown(&app, &open, StatusCode::BAD_REQUEST, &given, &faults).await
        }
    }
}

/// The pairs of the body; of a name that comes twice the last one counts.
fn read(body: &Bytes) -> Result<BTreeMap<String, String>, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).map_err(|_| {
        Problem::bad(
            "",
            "not-a-form",
            "The body is no form (application/x-www-form-urlencoded).",
        )
    })?;
    // Neither database takes the character of number zero in a text.
    let clean = |text: String| text.replace('\0', "").replace("\r\n", "\n");
    Ok(pairs
        .into_iter()
        .take(200)
        .map(|(name, value)| (name, clean(value)))
        .collect())
}

/// What a form has to have and has not, in words.
fn missing(app: &App, open: &Open, given: &BTreeMap<String, String>) -> Result<Vec<String>, Problem> {
    let record_type = app
        .store
        .record_type(open.form.text("target").unwrap_or_default())?;
    let words = words(open.language);
    let is_empty = |name: &str| given.get(name).is_none_or(|v| v.trim().is_empty());
    let mut faults: Vec<String> = open
        .asked
        .iter()
        .filter(|f| f.required && is_empty(&f.name))
        .map(|f| format!("{}: {}", page::label(record_type, f, open.language), words.needed))
        .collect();
    if open.form.boolean("consent_required") == Some(true) && !given.contains_key(CONSENT) {
        faults.push(words.no_consent.to_owned());
    }
    Ok(faults)
}

/// What the records found wrong, by the names the form uses.
fn told(app: &App, open: &Open, problem: &Problem) -> Result<Vec<String>, Problem> {
    let record_type = app
        .store
        .record_type(open.form.text("target").unwrap_or_default())?;
    let named = |pointer: &str| {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let field = open.asked.iter().find(|f| f.name == name);
        field.map(|f| page::label(record_type, f, open.language))
    };
    let faults: Vec<String> = problem
        .faults
        .iter()
        .map(|f| {
            named(&f.pointer).map_or_else(|| f.message.clone(), |label| format!("{label}: {}", f.message))
        })
        .collect();
    Ok(if faults.is_empty() {
        vec![problem.detail.clone()]
    } else {
        faults
    })
}

pub(crate) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(form_page, send_form))
        .layer(DefaultBodyLimit::max(LARGEST))
}
