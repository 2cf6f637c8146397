//! The dry run and the import: the same walk over the rows, writing or not.
//!
//! Every record gets an id made of the import's id and the row, so that an import that was killed goes on
//! where it stopped and writes nothing twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use atlas::Atlas;
use records::{At, Author, ChangeSet, Filter, Op, Query, Viewer, fold};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::rows::{Draft, RowReader};
use super::{Duplicates, FileStyle, Mapping, RowError, Summary, sniff, store};
use crate::App;
use crate::jobs::Progress;
use crate::problem::Problem;

/// Rows written in one transaction: some tens of milliseconds.
const CHUNK: usize = 250;
/// Errors kept with the import; all are counted.
const MOST_ERRORS: usize = 1_000;

/// The dry run as a job: reads and looks up every row, writes none.
pub(crate) async fn check(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    let id = import_id(&payload)?;
    let outcome = walk(app, &id, false, progress).await;
    finish(app, &id, "checked", outcome).await
}

/// The import as a job.
pub(crate) async fn run(app: &Arc<App>, payload: Value, progress: &mut Progress) -> Result<Value, Problem> {
    let id = import_id(&payload)?;
    let outcome = walk(app, &id, true, progress).await;
    finish(app, &id, "done", outcome).await
}

fn import_id(payload: &Value) -> Result<String, Problem> {
    let id = payload.get("import_id").and_then(Value::as_str);
    id.map(str::to_owned)
        .ok_or_else(|| Problem::unexpected("an import job without an import"))
}

/// What a walk found.
struct Outcome {
    summary: Summary,
    errors: Vec<RowError>,
    error_counts: BTreeMap<String, u64>,
    failed_rows: Vec<Vec<String>>,
    change_set: Option<String>,
}

async fn finish(
    app: &App,
    id: &str,
    state: &str,
    outcome: Result<Outcome, Problem>,
) -> Result<Value, Problem> {
    let author = Author::system("import-state", "Import");
    let patch = match &outcome {
        Ok(o) => json!({
            "state": state,
            "summary": o.summary,
            "errors": { "rows": o.errors, "counts": o.error_counts, "failed": o.failed_rows },
            "import_change_set": o.change_set,
        }),
        Err(problem) if problem.code == "cancelled" => json!({ "state": "checked" }),
        Err(problem) => json!({ "state": "failed", "errors": { "message": problem.detail } }),
    };
    let mut patch = patch.as_object().cloned().unwrap_or_default();
    if patch.get("import_change_set").is_some_and(Value::is_null) {
        patch.remove("import_change_set");
    }
    app.store
        .write(&author, vec![Op::update("import_job", id, patch)])
        .await?;
    outcome.map(|o| serde_json::to_value(o.summary).unwrap_or_default())
}

/// Customers already on record, by number and by name and street.
struct Known {
    by_number: HashMap<String, (String, Option<String>)>,
    by_name: HashMap<(String, String), (String, Option<String>)>,
}

impl Known {
    async fn load(app: &App) -> Result<Self, Problem> {
        let mut known = Self {
            by_number: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (account, number, name, place, street) in store::known_accounts(app.store.db()).await? {
            let found = (account, place);
            if let Some(number) = number.filter(|n| !n.is_empty()) {
                known.by_number.insert(number, found.clone());
            }
            known
                .by_name
                .insert((name.unwrap_or_default(), street.unwrap_or_default()), found);
        }
        Ok(known)
    }

    fn find(&self, draft: &Draft) -> Option<(String, Option<String>)> {
        let text = |fields: &Map<String, Value>, name: &str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let number = text(&draft.account, "number");
        if !number.is_empty() {
            // A number of its own is a customer of its own, whatever it is called.
            return self.by_number.get(&number).cloned();
        }
        let key = (
            fold(&text(&draft.account, "name")),
            fold(&text(&draft.location, "street")),
        );
        self.by_name.get(&key).cloned()
    }

    fn insert(&mut self, draft: &Draft, account: String, place: Option<String>) {
        if let Some(number) = draft.account.get("number").and_then(Value::as_str) {
            self.by_number
                .insert(number.to_owned(), (account.clone(), place.clone()));
        }
        let text = |fields: &Map<String, Value>, name: &str| {
            fold(fields.get(name).and_then(Value::as_str).unwrap_or_default())
        };
        self.by_name.insert(
            (text(&draft.account, "name"), text(&draft.location, "street")),
            (account, place),
        );
    }
}

async fn walk(app: &Arc<App>, id: &str, write: bool, progress: &mut Progress) -> Result<Outcome, Problem> {
    let import = app
        .store
        .get(&Viewer::system(), "import_job", id, At::PRESENT)
        .await?
        .ok_or_else(|| Problem::not_found(format!("Import {id}")))?;
    let style: FileStyle = from_field(import.fields.get("settings"))?;
    let mapping: Mapping = from_field(import.fields.get("mapping"))?;
    let owner = import.text("owner_id").map(str::to_owned);
    let bytes = store::load(app.store.db(), id).await?;
    let (text, _) = sniff::decode(&bytes)?;
    drop(bytes);
    let delimiter = style.delimiter.chars().next().unwrap_or(',');
    let total = i64::try_from(rows_in(&text, delimiter)).unwrap_or(i64::MAX);
    let mut reader = sniff::reader(&text, delimiter);
    let headers: Vec<String> = reader
        .headers()
        .map_err(Problem::unexpected)?
        .iter()
        .map(str::to_owned)
        .collect();
    let atlas = app.atlas();
    let bounds = atlas.as_ref().map(|atlas| atlas.bounds());
    let row_reader = RowReader::new(app.store.catalog(), &headers, &style, &mapping, bounds);
    let mut known = Known::load(app).await?;
    let label = format!("Import {}", import.text("file_name").unwrap_or_default());
    let set = if write {
        Some(open_set(app, &import, owner.clone(), label).await?)
    } else {
        None
    };

    let mut outcome = Outcome {
        summary: Summary::default(),
        errors: Vec::new(),
        error_counts: BTreeMap::new(),
        failed_rows: Vec::new(),
        change_set: set.as_ref().map(|s| s.id().to_owned()),
    };
    let mut chunk: Vec<Draft> = Vec::with_capacity(CHUNK);
    let mut record = csv::StringRecord::new();
    let mut row = 0u64;
    let mut lines = sniff::Lines::new(&text);
    loop {
        let more = reader.read_record(&mut record).map_err(Problem::unexpected)?;
        if more && record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if more {
            row += 1;
            chunk.push(row_reader.read(row, lines.of(&record), &record));
        }
        if chunk.len() == CHUNK || (!more && !chunk.is_empty()) {
            let drafts = std::mem::take(&mut chunk);
            let importer = Importer {
                app,
                id,
                atlas: atlas.as_ref(),
                duplicates: mapping.duplicates,
                owner: owner.as_deref(),
                set: set.as_ref(),
            };
            importer.chunk(drafts, &mut known, &mut outcome).await?;
            let message = if write { "Importing" } else { "Checking" };
            progress
                .report(i64::try_from(row).unwrap_or(i64::MAX), total, message)
                .await?;
        }
        if !more {
            break;
        }
    }
    if let Some(set) = set {
        set.close().await?;
    }
    Ok(outcome)
}

/// The change set of an import: a new one, or the one of the worker that died.
async fn open_set(
    app: &App,
    import: &records::Record,
    owner: Option<String>,
    label: String,
) -> Result<ChangeSet, Problem> {
    let viewer = owner.map_or_else(Viewer::system, Viewer::system_for);
    let author = Author::new(viewer, "import", label);
    if let Some(id) = import.text("import_change_set") {
        return Ok(app.store.resume_change_set(&author, id).await?);
    }
    let set = app.store.change_set(&author).await?;
    // Remembered before the first row is written, so that a second worker finds it.
    let patch = records::fields([("import_change_set", set.id().into())]);
    app.store
        .write(
            &Author::system("import-state", "Import"),
            vec![Op::update("import_job", import.id.clone(), patch)],
        )
        .await?;
    Ok(set)
}

fn from_field<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Result<T, Problem> {
    serde_json::from_value(value.cloned().unwrap_or_default()).map_err(Problem::unexpected)
}

fn rows_in(text: &str, delimiter: char) -> usize {
    let mut reader = sniff::reader(text, delimiter);
    reader
        .byte_records()
        .filter(|r| r.as_ref().is_ok_and(|r| r.iter().any(|c| !c.is_empty())))
        .count()
}

struct Importer<'a> {
    app: &'a Arc<App>,
    id: &'a str,
    atlas: Option<&'a Arc<Atlas>>,
    duplicates: Duplicates,
    owner: Option<&'a str>,
    set: Option<&'a ChangeSet>,
}

/// What a row comes to.
enum Fate {
    Create(Box<Draft>),
    Update {
        account: String,
        place: Option<String>,
        draft: Box<Draft>,
    },
}

impl Importer<'_> {
    async fn chunk(
        &self,
        drafts: Vec<Draft>,
        known: &mut Known,
        outcome: &mut Outcome,
    ) -> Result<(), Problem> {
        let mut fates = Vec::new();
        for draft in drafts {
            outcome.summary.rows += 1;
            if !draft.errors.is_empty() {
                fail(outcome, draft);
                continue;
            }
            match known.find(&draft) {
                // After a restart the customer on record is the one this very row made.
                Some((account, _)) if account == self.record_id(draft.row, "account") => {
                    fates.push(Fate::Create(Box::new(draft)))
                }
                Some((account, place)) => match self.duplicates {
                    Duplicates::Skip => outcome.summary.skipped += 1,
                    Duplicates::Create => fates.push(Fate::Create(Box::new(draft))),
                    Duplicates::Update | Duplicates::Fill => fates.push(Fate::Update {
                        account,
                        place,
                        draft: Box::new(draft),
                    }),
                },
                None => {
                    let place = (!draft.location.is_empty()).then(|| self.record_id(draft.row, "location"));
                    known.insert(&draft, self.record_id(draft.row, "account"), place);
                    fates.push(Fate::Create(Box::new(draft)));
                }
            }
        }
        self.look_up(&mut fates, outcome).await?;
        let created = fates.iter().filter(|f| matches!(f, Fate::Create(_))).count() as u64;
        outcome.summary.created += created;
        outcome.summary.updated += fates.len() as u64 - created;
        match self.set {
            Some(set) => self.write(set, fates, outcome).await,
            None => Ok(()),
        }
    }

    /// Places rows that bring no coordinates, all at once.
    async fn look_up(&self, fates: &mut [Fate], outcome: &mut Outcome) -> Result<(), Problem> {
        let now = self.app.store.now();
        let mut wanted: Vec<(usize, Map<String, Value>)> = Vec::new();
        for (index, fate) in fates.iter().enumerate() {
            let (Fate::Create(draft) | Fate::Update { draft, .. }) = fate;
            if draft.location.is_empty() {
                continue;
            }
            if draft.location.contains_key("lng") {
                *outcome.summary.geocode.entry("imported".into()).or_insert(0) += 1;
            } else if matches!(fate, Fate::Create(_)) {
                wanted.push((index, draft.location.clone()));
            }
        }
        let Some(atlas) = self.atlas.cloned() else {
            *outcome.summary.geocode.entry("pending".into()).or_insert(0) += wanted.len() as u64;
            return Ok(());
        };
        let (wanted, found) = tokio::task::spawn_blocking(move || {
            let fields: Vec<&Map<String, Value>> = wanted.iter().map(|w| &w.1).collect();
            let found = crate::places::request_fields(&atlas, &fields, now);
            (wanted, found)
        })
        .await
        .map_err(Problem::unexpected)?;
        for ((index, _), found) in wanted.into_iter().zip(found) {
            let status = found
                .get("geocode_status")
                .and_then(Value::as_str)
                .unwrap_or("pending")
                .to_owned();
            *outcome.summary.geocode.entry(status).or_insert(0) += 1;
            if let Fate::Create(draft) = &mut fates[index] {
                draft.location.extend(found);
            }
        }
        Ok(())
    }

    async fn write(&self, set: &ChangeSet, fates: Vec<Fate>, outcome: &mut Outcome) -> Result<(), Problem> {
        // What a worker that died wrote already is not written again.
        let ids: Vec<String> = fates
            .iter()
            .filter_map(|f| match f {
                Fate::Create(draft) => Some(self.record_id(draft.row, "account")),
                Fate::Update { .. } => None,
            })
            .collect();
        let there = Query::of("account")
            .filter(Filter::Ids(ids))
            .limit(Query::MAX_LIMIT);
        let there: Vec<String> = self
            .app
            .store
            .list(&Viewer::system(), &there)
            .await?
            .records
            .into_iter()
            .map(|r| r.id)
            .collect();

        let (mut accounts, mut locations, mut contacts, mut rows) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for fate in fates {
            match fate {
                Fate::Create(draft) => {
                    let account = self.record_id(draft.row, "account");
                    if there.contains(&account) {
                        continue;
                    }
                    let mut fields = draft.account.clone();
                    if let Some(owner) = self.owner_for(&fields) {
                        fields.insert("owner_id".into(), owner.into());
                    }
                    accounts.push(create("account", account.clone(), fields));
                    if !draft.location.is_empty() {
                        let mut fields = draft.location.clone();
                        fields.insert("account_id".into(), account.clone().into());
                        fields.entry("active").or_insert(true.into());
                        locations.push(create("location", self.record_id(draft.row, "location"), fields));
                    }
                    if !draft.contact.is_empty() {
                        let mut fields = draft.contact.clone();
                        fields.insert("account_id".into(), account.into());
                        contacts.push(create("contact", self.record_id(draft.row, "contact"), fields));
                    }
                    rows.push(*draft);
                }
                Fate::Update {
                    account,
                    place,
                    draft,
                } => {
                    let patch = self.patch("account", &account, &draft.account).await?;
                    accounts.extend(patch.map(|p| Op::update("account", account.clone(), p)));
                    if let Some(place) = place {
                        let patch = self.patch("location", &place, &draft.location).await?;
                        locations.extend(patch.map(|p| Op::update("location", place, p)));
                    }
                    rows.push(*draft);
                }
            }
        }
        let ops: Vec<Op> = accounts.into_iter().chain(locations).chain(contacts).collect();
        if ops.is_empty() {
            return Ok(());
        }
        match set.write(ops.clone()).await {
            Ok(_) => Ok(()),
            Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => Err(error.into()),
            // One row is at fault: each is written on its own, and the faulty ones are listed.
            Err(_) => self.write_one_by_one(set, ops, rows, outcome).await,
        }
    }

    async fn write_one_by_one(
        &self,
        set: &ChangeSet,
        ops: Vec<Op>,
        rows: Vec<Draft>,
        outcome: &mut Outcome,
    ) -> Result<(), Problem> {
        for mut draft in rows {
            let own: Vec<String> = ["account", "location", "contact"]
                .iter()
                .map(|kind| self.record_id(draft.row, kind))
                .collect();
            let of_row: Vec<Op> = ops
                .iter()
                .filter(|op| matches!(op, Op::Create { id: Some(id), .. } if own.contains(id)))
                .cloned()
                .collect();
            if of_row.is_empty() {
                continue;
            }
            match set.write(of_row).await {
                Ok(_) => {}
                Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    outcome.summary.created = outcome.summary.created.saturating_sub(1);
                    let message = error.to_string();
                    draft.errors.push(RowError {
                        row: draft.row,
                        line: draft.line,
                        column: None,
                        read: String::new(),
                        message,
                    });
                    fail(outcome, draft);
                }
            }
        }
        Ok(())
    }

    /// The owner of a new customer: whoever imports, where nobody is named.
    fn owner_for(&self, fields: &Map<String, Value>) -> Option<String> {
        if fields.contains_key("owner_id") {
            None
        } else {
            self.owner.map(str::to_owned)
        }
    }

    /// What an update writes: everything the row has, or only what is empty on record.
    async fn patch(
        &self,
        type_name: &str,
        id: &str,
        given: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, Problem> {
        let Some(record) = self
            .app
            .store
            .get(&Viewer::system(), type_name, id, At::PRESENT)
            .await?
        else {
            return Ok(None);
        };
        let is_empty = |name: &str| record.fields.get(name).is_none_or(Value::is_null);
        let patch: Map<String, Value> = given
            .iter()
            .filter(|(name, value)| record.fields.get(*name) != Some(value))
            .filter(|(name, _)| self.duplicates == Duplicates::Update || is_empty(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Ok((!patch.is_empty()).then_some(patch))
    }

    /// The id of a row's record: the same however often the import is run. It begins with the import's time and
    /// the row, so that rows written together stand together in every index of the database.
    fn record_id(&self, row: u64, kind: &str) -> String {
        let digest = Sha256::digest(format!("{}/{row}/{kind}", self.id));
        let began = uuid::Uuid::parse_str(self.id)
            .ok()
            .and_then(|id| id.get_timestamp());
        let (seconds, nanoseconds) = began.map_or((0, 0), |at| at.to_unix());
        // 4 bits of the first byte and 2 of the third make way for version and variant.
        let [_, _, _, _, r4, r5, r6, r7] = row.to_be_bytes();
        let mut rest = [0u8; 10];
        rest[0] = r4 >> 4;
        rest[1] = r4 << 4 | r5 >> 4;
        rest[2] = (r5 << 2 | r6 >> 6) & 0x3f;
        rest[3] = r6 << 2 | r7 >> 6;
        rest[4] = r7 << 2;
        rest[5..].copy_from_slice(&digest[..5]);
        let milliseconds = seconds * 1_000 + u64::from(nanoseconds / 1_000_000);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest)
            .into_uuid()
            .to_string()
    }
}

fn create(type_name: &str, id: String, fields: Map<String, Value>) -> Op {
    Op::Create {
        type_name: type_name.to_owned(),
        id: Some(id),
        fields,
    }
}

fn fail(outcome: &mut Outcome, draft: Draft) {
    outcome.summary.failed += 1;
    for error in draft.errors {
        let what = match &error.column {
            Some(column) => format!("{column}: {}", error.message),
            None => error.message.clone(),
        };
        *outcome.error_counts.entry(what).or_insert(0) += 1;
        if outcome.errors.len() < MOST_ERRORS {
            outcome.errors.push(error);
        }
    }
    if outcome.failed_rows.len() < MOST_ERRORS {
        outcome.failed_rows.push(draft.cells);
    }
}
