//! Uploading, mapping, checking, importing and undoing over HTTP.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Op, Query, Record, fields};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::columns::{self, Column, Target};
use super::{Mapping, RowError, Summary, sniff, store};
use crate::Shared;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// Largest file taken: a million rows have room.
const LARGEST_FILE: usize = 512 * 1024 * 1024;
/// Errors shown at once.
const SHOWN_ERRORS: usize = 200;

/// Why rows failed, and how many for that reason.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorGroup {
    message: String,
    count: u64,
}

/// An import and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportJson {
    id: String,
    file_name: String,
    /// uploaded, checking, checked, running, done, failed, undone
    state: String,
    encoding: String,
    delimiter: String,
    decimal: String,
    date_style: String,
    rows: u64,
    columns: Vec<Column>,
    /// The system whose export this looks like.
    preset: Option<String>,
    /// Where columns can go.
    fields: Vec<Target>,
    mapping: Mapping,
    summary: Option<Summary>,
    /// The first 200.
    errors: Vec<RowError>,
    error_groups: Vec<ErrorGroup>,
    /// Why the whole import failed.
    message: Option<String>,
    change_set: Option<String>,
    job: Option<Job>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Imports {
    imports: Vec<ImportJson>,
}

fn importers(signed: &Signed) -> Result<(), Problem> {
    signed.needs(&[Role::Admin, Role::Manager], "Importing")
}

/// Upload a CSV file
#[utoipa::path(post, path = "/api/v1/imports", tag = "imports",
    request_body(content = Object, content_type = "multipart/form-data", description = "a field `file`"),
    responses((status = 201, body = ImportJson), (status = 400, body = Problem)))]
async fn upload(
    State(app): State<Shared>,
    signed: Signed,
    mut multipart: Multipart,
) -> Result<(StatusCode, Json<ImportJson>), Problem> {
    importers(&signed)?;
    let broken = |e: axum::extract::multipart::MultipartError| {
        Problem::new(
            e.status(),
            "bad-upload",
            format!("The file did not arrive whole: {}.", e.body_text()),
        )
    };
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field
            .file_name()
            .unwrap_or("customers.csv")
            .chars()
            .take(200)
            .collect::<String>();
        let bytes = field.bytes().await.map_err(broken)?;
        let import = create(&app, &signed, &name, &bytes).await?;
        return Ok((StatusCode::CREATED, Json(import)));
    }
    Err(Problem::bad(
        "/file",
        "required",
        "Send the CSV file in the form field `file`.",
    ))
}

/// Keeps an uploaded file and proposes how to read it.
async fn create(app: &App, signed: &Signed, name: &str, bytes: &[u8]) -> Result<ImportJson, Problem> {
    let owned = bytes.to_vec();
    let sniffed = tokio::task::spawn_blocking(move || sniff::sniff(&owned))
        .await
        .map_err(Problem::unexpected)??;
    let columns = columns::propose(app.store.catalog(), &sniffed.headers, &sniffed.first_rows);
    let mapping = Mapping {
        columns: columns::proposed_mapping(&columns),
        ..Mapping::default()
    };
    let settings = json!({
        "encoding": sniffed.style.encoding, "delimiter": sniffed.style.delimiter,
        "decimal": sniffed.style.decimal, "date_style": sniffed.style.date_style,
        "rows": sniffed.rows, "preset": columns::preset(&sniffed.headers),
        "columns": columns,
    });
    let hash: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    let record = fields([
        ("file_name", name.into()),
        ("file_hash", hash.into()),
        ("state", "uploaded".into()),
        ("settings", settings),
        (
            "mapping",
            serde_json::to_value(&mapping).map_err(Problem::unexpected)?,
        ),
        ("owner_id", signed.user_id.clone().into()),
    ]);
    let author = signed.author("import-state", format!("Upload {name}"));
    let written = app
        .store
        .write(&author, vec![Op::create("import_job", record)])
        .await?;
    let record = written
        .records
        .into_iter()
        .next()
        .ok_or_else(|| Problem::unexpected("an import without a record"))?;
    store::save(app.store.db(), &record.id, bytes).await?;
    import_json(app, record).await
}

async fn find(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    importers(signed)?;
    let found = app
        .store
        .get(&signed.viewer, "import_job", id, At::PRESENT)
        .await?;
    found.ok_or_else(|| Problem::not_found(format!("Import {id}")))
}

async fn import_json(app: &App, record: Record) -> Result<ImportJson, Problem> {
    let empty = Value::Null;
    let settings = record.fields.get("settings").unwrap_or(&empty);
    let text = |name: &str| {
        settings
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let errors = record.fields.get("errors").unwrap_or(&empty);
    let rows: Vec<RowError> = errors
        .get("rows")
        .and_then(|r| serde_json::from_value(r.clone()).ok())
        .unwrap_or_default();
    let mut groups: Vec<ErrorGroup> = errors
        .get("counts")
        .and_then(Value::as_object)
        .map(|counts| {
            counts
                .iter()
                .map(|(m, c)| ErrorGroup {
                    message: m.clone(),
                    count: c.as_u64().unwrap_or(0),
                })
                .collect()
        })
        .unwrap_or_default();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.message.cmp(&b.message)));
    let job = match settings.get("job").and_then(Value::as_str) {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    #[derive(serde::Deserialize)]
    struct Stored {
        index: usize,
        header: String,
        samples: Vec<String>,
        field: Option<String>,
        custom: bool,
        confidence: f64,
    }
    let columns: Vec<Stored> = settings
        .get("columns")
        .and_then(|c| serde_json::from_value(c.clone()).ok())
        .unwrap_or_default();
    Ok(ImportJson {
        file_name: record.text("file_name").unwrap_or_default().to_owned(),
        state: record.text("state").unwrap_or_default().to_owned(),
        encoding: text("encoding"),
        delimiter: text("delimiter"),
        decimal: text("decimal"),
        date_style: text("date_style"),
        rows: settings.get("rows").and_then(Value::as_u64).unwrap_or(0),
        columns: columns
            .into_iter()
            .map(|c| Column {
                index: c.index,
                header: c.header,
                samples: c.samples,
                field: c.field,
                custom: c.custom,
                confidence: c.confidence,
            })
            .collect(),
        preset: settings.get("preset").and_then(Value::as_str).map(str::to_owned),
        fields: columns::targets(app.store.catalog()),
        mapping: record
            .fields
            .get("mapping")
            .and_then(|m| serde_json::from_value(m.clone()).ok())
            .unwrap_or_default(),
        summary: record
            .fields
            .get("summary")
            .and_then(|s| serde_json::from_value(s.clone()).ok()),
        errors: rows.into_iter().take(SHOWN_ERRORS).collect(),
        error_groups: groups,
        message: errors.get("message").and_then(Value::as_str).map(str::to_owned),
        change_set: record.text("import_change_set").map(str::to_owned),
        id: record.id,
        job,
    })
}

/// My imports, newest first
#[utoipa::path(get, path = "/api/v1/imports", tag = "imports", responses((status = 200, body = Imports)))]
async fn list(State(app): State<Shared>, signed: Signed) -> Result<Json<Imports>, Problem> {
    importers(&signed)?;
    let query = Query::of("import_job").sort("recorded_at", true).limit(50);
    let mut imports = Vec::new();
    for record in app.store.list(&signed.viewer, &query).await?.records {
        imports.push(import_json(&app, record).await?);
    }
    Ok(Json(Imports { imports }))
}

/// One import
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "imports", responses((status = 200, body = ImportJson)))]
async fn get(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    Ok(Json(import_json(&app, record).await?))
}

/// Say which column is which field
#[utoipa::path(put, path = "/api/v1/imports/{id}/mapping", tag = "imports", request_body = Mapping,
    responses((status = 200, body = ImportJson), (status = 400, body = Problem)))]
async fn mapping(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(given): Json<Mapping>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    not_begun(&record)?;
    let known: Vec<String> = columns::targets(app.store.catalog())
        .into_iter()
        .map(|t| t.name)
        .collect();
    let mut taken: Vec<&str> = Vec::new();
    for (position, column) in given.columns.iter().enumerate() {
        if let Some(field) = column.field.as_deref() {
            let pointer = format!("/columns/{position}/field");
            if !known.iter().any(|k| k == field) {
                return Err(Problem::bad(
                    &pointer,
                    "unknown-field",
                    format!("There is no field {field} to import into."),
                ));
            }
            if taken.contains(&field) {
                return Err(Problem::bad(
                    &pointer,
                    "twice",
                    format!("Two columns go to {field}. Choose one of them."),
                ));
            }
            taken.push(field);
        }
    }
    if !taken.contains(&"account.name") {
        return Err(Problem::bad(
            "/columns",
            "name-missing",
            "Say which column holds the customer's name.",
        ));
    }
    let patch = fields([
        (
            "mapping",
            serde_json::to_value(&given).map_err(Problem::unexpected)?,
        ),
        ("state", "uploaded".into()),
        ("summary", Value::Null),
        ("errors", Value::Null),
    ]);
    update(&app, &signed, record, patch).await
}

async fn update(
    app: &App,
    signed: &Signed,
    record: Record,
    patch: serde_json::Map<String, Value>,
) -> Result<Json<ImportJson>, Problem> {
    let author = signed.author("import-state", "Import");
    let written = app
        .store
        .write(&author, vec![Op::update("import_job", record.id.clone(), patch)])
        .await?;
    let record = written.records.into_iter().next().unwrap_or(record);
    Ok(Json(import_json(app, record).await?))
}

fn not_begun(record: &Record) -> Result<(), Problem> {
    match record.text("state") {
        Some("running" | "done" | "undone") => Err(Problem::conflict(
            "import-begun",
            "This import has begun already. Upload the file again for another one.",
        )),
        _ => Ok(()),
    }
}

async fn begin(
    app: &App,
    signed: &Signed,
    id: &str,
    kind: &str,
    state: &str,
) -> Result<(StatusCode, Json<Job>), Problem> {
    let record = find(app, signed, id).await?;
    not_begun(&record)?;
    let job = jobs::enqueue(
        app,
        kind,
        "rows",
        &json!({ "import_id": id }),
        Some(&signed.user_id),
    )
    .await?;
    let mut settings = record.fields.get("settings").cloned().unwrap_or_default();
    settings["job"] = job.id.clone().into();
    let patch = fields([("state", state.into()), ("settings", settings)]);
    let author = signed.author("import-state", "Import");
    app.store
        .write(&author, vec![Op::update("import_job", record.id, patch)])
        .await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Dry run: reads every row, writes none
#[utoipa::path(post, path = "/api/v1/imports/{id}/check", tag = "imports", responses((status = 202, body = Job)))]
async fn check(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    begin(&app, &signed, &id, "import-check", "checking").await
}

/// Import as one change set
#[utoipa::path(post, path = "/api/v1/imports/{id}/run", tag = "imports", responses((status = 202, body = Job)))]
async fn run(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    begin(&app, &signed, &id, "import-run", "running").await
}

/// Take the whole import back
#[utoipa::path(post, path = "/api/v1/imports/{id}/undo", tag = "imports", responses((status = 200, body = ImportJson), (status = 409, body = Problem)))]
async fn undo(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    let Some(set) = record.text("import_change_set").map(str::to_owned) else {
        return Err(Problem::conflict(
            "nothing-to-undo",
            "This import has written nothing yet.",
        ));
    };
    let report = app
        .store
        .undo(&signed.author("undo", "Undo import"), &set)
        .await?;
    app.live.wait_for(app.store.last_seq().await?).await;
    let message = (report.blocked_count > 0).then(|| {
        let titles: Vec<&str> = report.blocked.iter().take(5).map(|b| b.reason.as_str()).collect();
        format!(
            "{} records were changed since and stay: {}",
            report.blocked_count,
            titles.join("; ")
        )
    });
    let mut errors = record.fields.get("errors").cloned().unwrap_or_default();
    if let (Some(errors), Some(message)) = (errors.as_object_mut(), message) {
        errors.insert("message".into(), message.into());
    }
    let patch = fields([("state", "undone".into()), ("errors", errors)]);
    update(&app, &signed, record, patch).await
}

/// The rows that failed, in the columns they came in
#[utoipa::path(get, path = "/api/v1/imports/{id}/failed", tag = "imports", responses((status = 200, description = "text/csv")))]
async fn failed(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find(&app, &signed, &id).await?;
    let import = import_json(&app, record.clone()).await?;
    let rows: Vec<Vec<String>> = record
        .fields
        .get("errors")
        .and_then(|e| e.get("failed"))
        .and_then(|f| serde_json::from_value(f.clone()).ok())
        .unwrap_or_default();
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer
        .write_record(import.columns.iter().map(|c| &c.header))
        .map_err(Problem::unexpected)?;
    for row in rows {
        writer.write_record(&row).map_err(Problem::unexpected)?;
    }
    let bytes = writer.into_inner().map_err(Problem::unexpected)?;
    let name = format!("attachment; filename=\"failed-{}.csv\"", import.id);
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, upload))
        .layer(DefaultBodyLimit::max(LARGEST_FILE))
        .routes(routes!(get))
        .routes(routes!(mapping))
        .routes(routes!(check))
        .routes(routes!(run))
        .routes(routes!(undo))
        .routes(routes!(failed))
}

/// Keeps a file with the proposed mapping, ready to run; gives the import's id.
pub(crate) async fn begin_file(
    app: &App,
    signed: &Signed,
    name: &str,
    bytes: &[u8],
    duplicates: &str,
) -> Result<String, Problem> {
    importers(signed)?;
    let duplicates: super::Duplicates = serde_json::from_value(duplicates.into()).map_err(|_| {
        Problem::bad(
            "duplicates",
            "unknown-choice",
            "duplicates is skip, update, fill or create.",
        )
    })?;
    let import = create(app, signed, name, bytes).await?;
    let mapping = Mapping {
        duplicates,
        ..import.mapping
    };
    let patch = fields([(
        "mapping",
        serde_json::to_value(&mapping).map_err(Problem::unexpected)?,
    )]);
    let author = signed.author("import-state", "Import");
    app.store
        .write(&author, vec![Op::update("import_job", import.id.clone(), patch)])
        .await?;
    Ok(import.id)
}
