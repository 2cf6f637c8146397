//! The rows of a type in another CRM's columns: some records with what they link to, loaded together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use records::{At, Filter, Query, Record, RecordType, Viewer};
use serde_json::Value;

use super::cells::{cell, day};
use super::objects::{Cell, OBJECT_PRESETS, ObjectPreset};
use crate::App;
use crate::imports::{custom_name, theirs};
use crate::problem::Problem;

/// The columns of a system for a type.
pub(super) fn preset_of(record_type: &RecordType, system: &str) -> Result<&'static ObjectPreset, Problem> {
    let known: Vec<&ObjectPreset> = OBJECT_PRESETS
        .iter()
        .filter(|p| p.type_name == record_type.name)
        .collect();
    if let Some(preset) = known.iter().find(|p| p.system == system) {
        return Ok(preset);
    }
    let names: Vec<&str> = known.iter().map(|p| p.system).collect();
    let message = if names.is_empty() {
        format!(
            "No other system's columns are known for {}; export them without `preset`.",
            record_type.table
        )
    } else {
        format!(
            "{} are exported in the columns of {}, not of {system:?}.",
            record_type.plural.en,
            names.join(", ")
        )
    };
    Err(Problem::bad("?preset", "unknown-preset", message))
}

/// Records by id, as far as the viewer may see them.
type ById = HashMap<String, Record>;

/// Some records with what stands beside them in the columns.
pub(super) struct Page<'a> {
    app: &'a App,
    preset: &'a ObjectPreset,
    record_type: &'a RecordType,
    /// By type.
    linked: BTreeMap<String, ById>,
    /// Customer → its first place.
    places: HashMap<String, Record>,
    /// (type, id) → the other system's id.
    numbers: HashMap<(String, String), String>,
}

impl<'a> Page<'a> {
    pub async fn load(
        app: &'a App,
        viewer: &Viewer,
        at: At,
        preset: &'a ObjectPreset,
        record_type: &'a RecordType,
        records: &[Record],
    ) -> Result<Page<'a>, Problem> {
        let mut page = Self {
            app,
            preset,
            record_type,
            linked: BTreeMap::new(),
            places: HashMap::new(),
            numbers: HashMap::new(),
        };
        let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, from) in preset.columns {
            if let Cell::Title(link) | Cell::LinkNumber(link) | Cell::Of(link, _) | Cell::TitleOf(link, _) =
                from
            {
                page.want(record_type, link, records.iter(), &mut wanted);
            }
            if *from == Cell::Outcome {
                page.want(record_type, "stage_id", records.iter(), &mut wanted);
            }
        }
        page.fetch(viewer, at, wanted).await?;
        let mut second: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, from) in preset.columns {
            if let Cell::TitleOf(link, further) = from
                && let Some(between) = record_type.field(link).and_then(|f| f.to.as_deref())
                && let Some(linked) = page.linked.get(between)
            {
                page.want(
                    app.store.record_type(between)?,
                    further,
                    linked.values(),
                    &mut second,
                );
            }
        }
        page.fetch(viewer, at, second).await?;
        if preset
            .columns
            .iter()
            .any(|(_, from)| matches!(from, Cell::Place(_) | Cell::StreetAndNumber))
            && !record_type.place
        {
            page.fetch_places(viewer, at, records).await?;
        }
        page.fetch_numbers(viewer, at, records).await?;
        Ok(page)
    }

    fn want<'r>(
        &self,
        record_type: &RecordType,
        link: &str,
        records: impl Iterator<Item = &'r Record>,
        wanted: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        if let Some(to) = record_type.field(link).and_then(|f| f.to.clone()) {
            wanted
                .entry(to)
                .or_default()
                .extend(records.filter_map(|r| r.text(link)).map(str::to_owned));
        }
    }

    async fn fetch(
        &mut self,
        viewer: &Viewer,
        at: At,
        wanted: BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(), Problem> {
        for (type_name, ids) in wanted {
            let ids: Vec<String> = ids.into_iter().collect();
            for some in ids.chunks(Query::MAX_LIMIT as usize) {
                let query = Query::of(type_name.as_str())
                    .filter(Filter::Ids(some.to_vec()))
                    .limit(Query::MAX_LIMIT)
                    .at(at);
                let found = self.app.store.list(viewer, &query).await?.records;
                self.linked
                    .entry(type_name.clone())
                    .or_default()
                    .extend(found.into_iter().map(|r| (r.id.clone(), r)));
            }
        }
        Ok(())
    }

    async fn fetch_places(&mut self, viewer: &Viewer, at: At, records: &[Record]) -> Result<(), Problem> {
        let accounts: BTreeSet<&str> = records.iter().filter_map(|r| r.text("account_id")).collect();
        let mut query = Query::of("location")
            .filter(Filter::one_of("account_id", accounts.iter().copied()))
            .limit(Query::MAX_LIMIT)
            .at(at);
        loop {
            let page = self.app.store.list(viewer, &query).await?;
            for place in page.records {
                let Some(account) = place.text("account_id").map(str::to_owned) else {
                    continue;
                };
                let first = self.places.entry(account).or_insert_with(|| place.clone());
                if place.id < first.id {
                    *first = place;
                }
            }
            match page.next_cursor {
                Some(next) => query = query.cursor(Some(next)),
                None => return Ok(()),
            }
        }
    }

    async fn fetch_numbers(&mut self, viewer: &Viewer, at: At, records: &[Record]) -> Result<(), Problem> {
        let mut ids: BTreeSet<String> = records.iter().map(|r| r.id.clone()).collect();
        for (_, from) in self.preset.columns {
            if let Cell::LinkNumber(link) = from {
                ids.extend(records.iter().filter_map(|r| r.text(link)).map(str::to_owned));
            }
        }
        self.numbers = numbers(self.app, viewer, at, self.preset.system, ids).await?;
        Ok(())
    }

    /// A record as a row.
    pub fn cells(&self, record: &Record) -> Result<Vec<String>, Problem> {
        self.preset
            .columns
            .iter()
            .map(|(header, from)| self.cell(record, header, *from))
            .collect()
    }

    fn cell(&self, record: &Record, header: &str, from: Cell) -> Result<String, Problem> {
        Ok(match from {
            Cell::Own(name) => self.value(record, name)?,
            Cell::Word(name) => match (self.record_type.field(name), record.text(name)) {
                (Some(field), Some(choice)) => theirs(self.preset.system, &record.type_name, field, choice),
                _ => String::new(),
            },
            Cell::Day(name) => record
                .integer(name)
                .map(|at| day(self.app, at))
                .unwrap_or_default(),
            Cell::Title(link) => self.title(self.behind(record, link)),
            Cell::Number => self.number(&record.type_name, &record.id),
            Cell::LinkNumber(link) => {
                let to = self
                    .record_type
                    .field(link)
                    .and_then(|f| f.to.as_deref())
                    .unwrap_or_default();
                record
                    .text(link)
                    .map(|id| self.number(to, id))
                    .unwrap_or_default()
            }
            Cell::Of(link, name) => match self.behind(record, link) {
                Some(linked) => self.value(linked, name)?,
                None => String::new(),
            },
            Cell::TitleOf(link, further) => {
                self.title(self.behind(record, link).and_then(|r| self.behind(r, further)))
            }
            Cell::Place(name) => match self.place(record) {
                Some(place) => self.value(place, name)?,
                None => String::new(),
            },
            Cell::StreetAndNumber => match self.place(record) {
                Some(place) => {
                    let whole = format!(
                        "{} {}",
                        self.value(place, "street")?,
                        self.value(place, "house_number")?
                    );
                    whole.trim().to_owned()
                }
                None => String::new(),
            },
            Cell::Outcome => {
                let stage = self.behind(record, "stage_id");
                let says = |name: &str| stage.and_then(|s| s.boolean(name)).unwrap_or(false);
                match (says("is_closed"), says("is_won")) {
                    (_, true) => "won",
                    (true, false) => "lost",
                    (false, false) => "open",
                }
                .to_owned()
            }
            Cell::Kept => kept(record, header),
        })
    }

    fn place<'r>(&'r self, record: &'r Record) -> Option<&'r Record> {
        if self.record_type.place {
            Some(record)
        } else {
            self.places.get(record.text("account_id")?)
        }
    }

    fn behind(&self, record: &Record, link: &str) -> Option<&Record> {
        let to = self
            .app
            .store
            .catalog()
            .get(&record.type_name)?
            .field(link)?
            .to
            .as_deref()?;
        self.linked.get(to)?.get(record.text(link)?)
    }

    fn title(&self, record: Option<&Record>) -> String {
        let title = |r: &Record| {
            let title = self.app.store.catalog().get(&r.type_name)?.title.as_deref()?;
            r.text(title).map(str::to_owned)
        };
        record.and_then(title).unwrap_or_default()
    }

    fn value(&self, record: &Record, name: &str) -> Result<String, Problem> {
        let field = self.app.store.record_type(&record.type_name)?.field(name);
        let value = record.fields.get(name).unwrap_or(&Value::Null);
        Ok(field.map(|f| cell(self.app, f, value)).unwrap_or_default())
    }

    /// The other system's id; our own where it has none.
    fn number(&self, type_name: &str, id: &str) -> String {
        let key = (type_name.to_owned(), id.to_owned());
        self.numbers.get(&key).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// What a file had in a column that we have no field for.
pub(super) fn kept(record: &Record, header: &str) -> String {
    let custom = record.fields.get("custom").and_then(Value::as_object);
    match custom.and_then(|c| c.get(&custom_name(header))) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// (type, id) → what a system calls these records.
pub(super) async fn numbers(
    app: &App,
    viewer: &Viewer,
    at: At,
    system: &str,
    ids: BTreeSet<String>,
) -> Result<HashMap<(String, String), String>, Problem> {
    let mut numbers = HashMap::new();
    let ids: Vec<String> = ids.into_iter().collect();
    for some in ids.chunks(500) {
        let filter =
            Filter::eq("system", system).and(Filter::one_of("record_id", some.iter().map(String::as_str)));
        let query = Query::of("external_id")
            .filter(filter)
            .limit(Query::MAX_LIMIT)
            .at(at);
        for known in app.store.list(viewer, &query).await?.records {
            if let (Some(t), Some(id), Some(external)) = (
                known.text("record_type"),
                known.text("record_id"),
                known.text("external"),
            ) {
                numbers.insert((t.to_owned(), id.to_owned()), external.to_owned());
            }
        }
    }
    Ok(numbers)
}
