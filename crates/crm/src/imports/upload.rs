//! Files come in: each is read, every table in it recognised, and a mapping proposed.

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use records::{Op, Record, fields};
use sha2::{Digest, Sha256};

use super::http::importers;
use super::shown::{ImportJson, PartSettings, Settings, import_json};
use super::table::Table;
use super::{Duplicates, Mapping, PartMapping, columns, files, objects, sniff, store};
use crate::Shared;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Files of one upload at most.
const MOST_FILES: usize = 20;
/// Tables of one upload at most.
const MOST_PARTS: usize = 50;
/// Rows of one upload at most, all tables together.
const MOST_ROWS: u64 = 4_000_000;
/// Bytes that the description of an upload may have as JSON.
const LARGEST_SETTINGS: usize = 900_000;

/// A file as it was sent.
pub(super) struct Sent {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Upload files: lists as CSV, workbooks, address books; several at once belong together
#[utoipa::path(post, path = "/api/v1/imports", tag = "imports",
    request_body(content = Object, content_type = "multipart/form-data", description = "one or several fields `file`"),
    responses((status = 201, body = ImportJson), (status = 400, body = Problem)))]
pub(super) async fn upload(
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
    let mut sent = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        if sent.len() == MOST_FILES {
            return Err(sniff::refuse(
                "too-many-files",
                "At most 20 files are taken at once.",
            ));
        }
        let name = field
            .file_name()
            .unwrap_or("customers.csv")
            .chars()
            .take(200)
            .collect();
        let bytes = field.bytes().await.map_err(broken)?.to_vec();
        sent.push(Sent { name, bytes });
    }
    if sent.is_empty() {
        return Err(Problem::bad(
            "/file",
            "required",
            "Send the file in the form field `file`.",
        ));
    }
    let import = create(&app, &signed, sent).await?;
    Ok((StatusCode::CREATED, Json(import)))
}

/// Keeps uploaded files and proposes how to read them.
pub(super) async fn create(app: &App, signed: &Signed, sent: Vec<Sent>) -> Result<ImportJson, Problem> {
    let names: Vec<String> = sent.iter().map(|s| s.name.clone()).collect();
    let mut digest = Sha256::new();
    for file in &sent {
        digest.update(&file.bytes);
    }
    let hash: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let several = sent.len() > 1;
    let read = tokio::task::spawn_blocking(move || {
        let mut tables: Vec<(String, Table)> = Vec::new();
        for file in sent {
            let found = files::tables(file.bytes).map_err(|problem| named(problem, &file.name, several))?;
            tables.extend(found.into_iter().map(|table| (file.name.clone(), table)));
        }
        Ok::<_, Problem>(tables)
    });
    let tables = read.await.map_err(Problem::unexpected)??;
    if tables.len() > MOST_PARTS || tables.iter().map(|(_, t)| t.rows).sum::<u64>() > MOST_ROWS {
        return Err(sniff::refuse(
            "too-large",
            "These are too many tables or rows for one import. Send the files one after the other.",
        ));
    }
    let mut settings = Settings::default();
    let mut mapping = Mapping::default();
    for (position, (file_name, table)) in tables.iter().enumerate() {
        let (part, mapped) = proposed(app, signed, file_name, table, position == 0);
        settings.parts.push(part);
        mapping.parts.push(mapped);
    }
    let mut kept = serde_json::to_value(&settings).map_err(Problem::unexpected)?;
    if kept.to_string().len() > LARGEST_SETTINGS {
        for column in settings.parts.iter_mut().flat_map(|p| &mut p.columns) {
            column.samples.truncate(1);
            column
                .samples
                .iter_mut()
                .for_each(|s| *s = s.chars().take(20).collect());
        }
        kept = serde_json::to_value(&settings).map_err(Problem::unexpected)?;
        if kept.to_string().len() > LARGEST_SETTINGS {
            return Err(sniff::refuse(
                "too-many-columns",
                "These are too many columns for one import.",
            ));
        }
    }
    let title: String = names.join(", ").chars().take(300).collect();
    let record = fields([
        ("file_name", title.as_str().into()),
        ("file_hash", hash.into()),
        ("state", "uploaded".into()),
        ("settings", kept),
        (
            "mapping",
            serde_json::to_value(&mapping).map_err(Problem::unexpected)?,
        ),
        ("owner_id", signed.user_id.clone().into()),
    ]);
    let author = signed.author("import-state", format!("Upload {title}"));
    let written = app
        .store
        .write(&author, vec![Op::create("import_job", record)])
        .await?;
    let record: Record = written
        .records
        .into_iter()
        .next()
        .ok_or_else(|| Problem::unexpected("an import without a record"))?;
    for (part, (_, table)) in tables.iter().enumerate() {
        store::save(app.store.db(), &record.id, part, &table.kept).await?;
    }
    import_json(app, &signed.viewer, record).await
}

/// Says which of several files is at fault.
fn named(mut problem: Problem, name: &str, several: bool) -> Problem {
    if several {
        problem.detail = format!("{name}: {}", problem.detail);
        for fault in &mut problem.faults {
            fault.message = format!("{name}: {}", fault.message);
        }
    }
    problem
}

/// What a table looks like, and what may become of it.
fn proposed(
    app: &App,
    signed: &Signed,
    file_name: &str,
    table: &Table,
    is_first: bool,
) -> (PartSettings, PartMapping) {
    let catalog = app.store.catalog();
    let name = table
        .sheet
        .as_deref()
        .map_or_else(|| file_name.to_owned(), |sheet| format!("{sheet} {file_name}"));
    let recognised = objects::recognised(catalog, &table.headers, &name, &table.style.format);
    let columns = columns::propose(catalog, &recognised.object, &table.headers, &table.first_rows);
    // The second sheet of a workbook is often a remark or a sum: it is taken only if it is known.
    let is_taken = is_first || table.sheet.is_none() || recognised.sure;
    let may = signed.viewer.grant(&recognised.object).create;
    let mapping = PartMapping {
        object: (is_taken && may).then(|| recognised.object.clone()),
        columns: columns::proposed_mapping(&columns),
        ..PartMapping::default()
    };
    let settings = PartSettings {
        file_name: file_name.to_owned(),
        sheet: table.sheet.clone(),
        style: table.style.clone(),
        rows: table.rows,
        preset: recognised.preset.map(str::to_owned),
        columns,
    };
    (settings, mapping)
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
    let duplicates: Duplicates = serde_json::from_value(duplicates.into()).map_err(|_| {
        Problem::bad(
            "duplicates",
            "unknown-choice",
            "duplicates is skip, update, fill or create.",
        )
    })?;
    let sent = Sent {
        name: name.to_owned(),
        bytes: bytes.to_vec(),
    };
    let import = create(app, signed, vec![sent]).await?;
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
