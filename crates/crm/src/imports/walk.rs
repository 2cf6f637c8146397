//! The walk over all rows of an import: the same for the dry run and for the import, writing or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::{Author, ChangeSet, Op, Record, Viewer};
use serde_json::Value;

use super::chunk::Importer;
use super::draft::Draft;
use super::fate::{Written, faults};
use super::links::{Later, Nobody, Resolver};
use super::lookup::Memory;
use super::rows::RowReader;
use super::shown::{PartSettings, Settings};
use super::table::Rows;
use super::writing::{Writer, Writing};
use super::{FoundDuplicate, Mapping, RowError, Summary, failed_csv, objects, sniff, store};
use crate::App;
use crate::jobs::Progress;
use crate::problem::Problem;

/// Rows written in one transaction: some tens of milliseconds.
const CHUNK: usize = 250;
/// Errors kept with the import, which has a megabyte for them; all are counted.
const MOST_ERRORS: usize = 400;
const MOST_REMARKS: usize = 200;
const MOST_DUPLICATES: usize = 400;
/// Different reasons that are counted.
const MOST_REASONS: usize = 300;
/// Failed rows kept, in a file of their own.
const MOST_FAILED: usize = 100_000;

/// What a walk found.
#[derive(Default)]
pub(super) struct Outcome {
    /// Of each table.
    pub parts: Vec<Summary>,
    pub errors: Vec<RowError>,
    pub error_counts: BTreeMap<String, u64>,
    pub remarks: Vec<RowError>,
    pub remark_counts: BTreeMap<String, u64>,
    pub nobody: Nobody,
    pub duplicates: Vec<FoundDuplicate>,
    pub duplicate_count: u64,
    /// Of each table.
    pub failed_rows: Vec<Vec<Vec<String>>>,
    pub change_set: Option<String>,
}

impl Outcome {
    pub fn part(&mut self, part: usize) -> &mut Summary {
        if self.parts.len() <= part {
            self.parts.resize_with(part + 1, Summary::default);
        }
        &mut self.parts[part]
    }

    /// Of all tables.
    pub fn summary(&self) -> Summary {
        let mut all = Summary::default();
        for part in &self.parts {
            all.add(part);
        }
        all
    }

    pub fn fail(&mut self, draft: Draft) {
        let part = draft.part;
        self.part(part).failed += 1;
        for error in draft.errors {
            count(&mut self.error_counts, &error);
            if self.errors.len() < MOST_ERRORS {
                self.errors.push(error);
            }
        }
        if self.failed_rows.len() <= part {
            self.failed_rows.resize_with(part + 1, Vec::new);
        }
        if self.failed_rows.iter().map(Vec::len).sum::<usize>() < MOST_FAILED {
            self.failed_rows[part].push(draft.cells);
        }
    }

    /// A row that the database did not take after it was counted.
    pub fn refused(&mut self, part: usize, row: Written) {
        let summary = self.part(part);
        let counted = if row.is_new {
            &mut summary.created
        } else {
            &mut summary.updated
        };
        *counted = counted.saturating_sub(1);
        for op in row.creates.iter().filter(|op| op.type_name() != "external_id") {
            if let Some(count) = summary.records.get_mut(op.type_name()) {
                *count = count.saturating_sub(1);
            }
        }
        self.fail(row.draft);
    }

    pub fn remark(&mut self, remarks: Vec<RowError>) {
        for remark in remarks {
            count(&mut self.remark_counts, &remark);
            if self.remarks.len() < MOST_REMARKS {
                self.remarks.push(remark);
            }
        }
    }

    pub fn duplicate(&mut self, found: Vec<FoundDuplicate>) {
        self.duplicate_count += found.len() as u64;
        let room = MOST_DUPLICATES.saturating_sub(self.duplicates.len());
        self.duplicates.extend(found.into_iter().take(room));
    }
}

fn count(counts: &mut BTreeMap<String, u64>, error: &RowError) {
    let what = match &error.column {
        Some(column) => format!("{column}: {}", error.message),
        None => error.message.clone(),
    };
    let what = if counts.len() < MOST_REASONS || counts.contains_key(&what) {
        what
    } else {
        "other".to_owned()
    };
    *counts.entry(what).or_insert(0) += 1;
}

/// What all tables of a walk share.
struct Walk<'a> {
    app: &'a Arc<App>,
    import: &'a Record,
    settings: Settings,
    mapping: Mapping,
    set: Option<&'a ChangeSet>,
    resumed: bool,
    done: i64,
    total: i64,
}

pub(super) async fn walk(
    app: &Arc<App>,
    import: &Record,
    write: bool,
    progress: &mut Progress,
) -> Result<Outcome, Problem> {
    let settings = Settings::of(import)?;
    let mapping: Mapping = from_field(import.fields.get("mapping"))?;
    let resumed = import.text("import_change_set").is_some();
    let set = if write {
        Some(open_set(app, import).await?)
    } else {
        None
    };
    let total: u64 = settings.parts.iter().map(|part| part.rows).sum();
    let mut memory = Memory::new(app).await?;
    let mut outcome = Outcome {
        change_set: set.as_ref().map(|s| s.id().to_owned()),
        ..Outcome::default()
    };
    let objects: Vec<Option<&str>> = mapping.parts.iter().map(|part| part.object.as_deref()).collect();
    let order = objects::in_order(app.store.catalog(), &objects);
    let mut walk = Walk {
        app,
        import,
        settings,
        mapping: mapping.clone(),
        set: set.as_ref(),
        resumed,
        done: 0,
        total: i64::try_from(total).unwrap_or(i64::MAX),
    };
    for part in order {
        walk.part(part, &mut memory, &mut outcome, progress).await?;
    }
    if let Some(set) = set {
        set.close().await?;
    }
    Ok(outcome)
}

impl Walk<'_> {
    async fn part(
        &mut self,
        part: usize,
        memory: &mut Memory,
        outcome: &mut Outcome,
        progress: &mut Progress,
    ) -> Result<(), Problem> {
        let (Some(settings), Some(mapping)) = (self.settings.parts.get(part), self.mapping.parts.get(part))
        else {
            return Ok(());
        };
        let settings: PartSettings = settings.clone();
        memory.system = self.settings.system(part);
        let bytes = store::load(self.app.store.db(), &self.import.id, part).await?;
        let (text, _) = sniff::decode(&bytes)?;
        drop(bytes);
        let headers: Vec<String> = settings.columns.iter().map(|c| c.header.clone()).collect();
        let atlas = self.app.atlas();
        let reader = RowReader::new(
            self.app.store.catalog(),
            part,
            &headers,
            &settings.style,
            mapping,
            atlas.as_ref().map(|atlas| atlas.bounds()),
            self.app.settings.zone.clone(),
        );
        let object = reader.object.clone();
        let importer = Importer {
            app: self.app,
            id: &self.import.id,
            part,
            object: &object,
            first_place: self.settings.parts.iter().take(part).map(|p| p.rows).sum(),
            atlas: atlas.as_ref(),
            rule: self.mapping.duplicates,
            choices: self
                .mapping
                .rows
                .iter()
                .filter(|r| r.part == part)
                .map(|r| (r.row, r.choice))
                .collect(),
            named: &self.mapping.links,
            owner: self.import.text("owner_id"),
        };
        let writer = self.set.map(|set| Writer {
            app: self.app.clone(),
            set: set.clone(),
            object: object.clone(),
            resumed: self.resumed,
        });
        outcome.part(part);
        let mut later: Vec<Later> = Vec::new();
        let mut rows = Rows::new(&text, &settings.style);
        let mut chunk: Vec<Draft> = Vec::with_capacity(CHUNK);
        let mut writing = Writing::new(writer, part, outcome);
        let read = async {
            loop {
                let row = rows.next_row()?;
                let more = row.is_some();
                chunk.extend(row.map(|row| reader.read(row)));
                if chunk.len() == CHUNK || (!more && !chunk.is_empty()) {
                    self.done += i64::try_from(chunk.len()).unwrap_or(0);
                    let read = std::mem::take(&mut chunk);
                    let written = importer
                        .chunk(read, memory, &mut later, writing.outcome())
                        .await?;
                    writing.write(written).await?;
                    let message = if self.set.is_some() {
                        "Importing"
                    } else {
                        "Checking"
                    };
                    progress.report(self.done, self.total, message).await?;
                }
                if !more {
                    return Ok::<(), Problem>(());
                }
            }
        }
        .await;
        // Also after a fault or when it is cancelled: nothing is written any more when this returns.
        let written = writing.finish().await;
        read?;
        written?;
        self.link_later(part, &object, later, memory, outcome).await?;
        if let Some(failed) = outcome.failed_rows.get(part).filter(|rows| !rows.is_empty()) {
            let bytes = failed_csv(headers.iter().map(String::as_str), failed)?;
            store::save_failed(self.app.store.db(), &self.import.id, part, &bytes).await?;
        }
        Ok(())
    }

    /// Links between records of one table, of which the second came later.
    async fn link_later(
        &self,
        part: usize,
        object: &str,
        later: Vec<Later>,
        memory: &mut Memory,
        outcome: &mut Outcome,
    ) -> Result<(), Problem> {
        let resolver = Resolver {
            catalog: self.app.store.catalog(),
            named: &self.mapping.links,
            object,
        };
        let mut ops = Vec::new();
        for waiting in later {
            let mut draft = Draft {
                part,
                row: waiting.row,
                line: waiting.line,
                ..Draft::default()
            };
            let mut patch = serde_json::Map::new();
            match resolver.find(&waiting.link, object, memory, &draft) {
                Ok((field, id)) if id != waiting.id => drop(patch.insert(field, id.into())),
                Ok(_) => {}
                Err(missing) => {
                    resolver.unknown(&mut draft, &waiting.link, object, &missing, &mut outcome.nobody);
                    outcome.remark(std::mem::take(&mut draft.remarks));
                    patch = draft.of(object).cloned().unwrap_or_default();
                    // The name is kept beside what the row brought.
                    let there = memory
                        .by_id(&waiting.id)
                        .and_then(|c| c.fields.get("custom"))
                        .and_then(Value::as_object);
                    if let (Some(there), Some(custom)) =
                        (there, patch.get_mut("custom").and_then(Value::as_object_mut))
                    {
                        for (name, value) in there {
                            custom.entry(name.clone()).or_insert_with(|| value.clone());
                        }
                    }
                }
            }
            if !patch.is_empty() {
                ops.push((draft, Op::update(object, waiting.id.as_str(), patch)));
            }
        }
        let Some(set) = self.set else {
            return Ok(());
        };
        for (draft, op) in ops {
            match set.write(vec![op]).await {
                Ok(_) => {}
                Err(error @ (records::Error::DiskFull | records::Error::Database(_))) => {
                    return Err(error.into());
                }
                // Its row is there, without the link.
                Err(error) => outcome.remark(faults(&draft, &error)),
            }
        }
        Ok(())
    }
}

/// The change set of an import: a new one, or the one of the worker that died.
async fn open_set(app: &App, import: &Record) -> Result<ChangeSet, Problem> {
    let label = format!("Import {}", import.text("file_name").unwrap_or_default());
    let owner = import.text("owner_id").map(str::to_owned);
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

pub(super) fn from_field<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Result<T, Problem> {
    serde_json::from_value(value.cloned().unwrap_or_default()).map_err(Problem::unexpected)
}
