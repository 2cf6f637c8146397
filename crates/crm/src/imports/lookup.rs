//! What the rows of a chunk ask for, found on record at once, and what the import itself has made so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geom::LngLat;
use records::{Comparison, Filter, Kind, Query, Record, RecordType, Viewer, fold};
use serde_json::Value;

use super::draft::Draft;
use super::numbers::comparable;
use crate::App;
use crate::accounts::domain::{firm_domain, web_domain};
use crate::accounts::phone::phone_key;
use crate::problem::Problem;

/// Values asked for in one query.
const AT_ONCE: usize = 250;

/// A record that a row may mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    pub type_name: String,
    pub id: String,
    pub title: String,
    /// The customer it belongs to.
    pub parent: Option<String>,
    /// Its own fields; of one that this import makes, as the row gives them.
    pub fields: serde_json::Map<String, Value>,
    /// Of a customer: street and number of its places, folded.
    pub streets: Vec<String>,
    pub first_place: Option<String>,
    pub place: Option<LngLat>,
    /// The table and row of this import that makes it.
    pub row: Option<(usize, u64)>,
}

impl Candidate {
    fn of(record: Record, title: &str) -> Self {
        Self {
            type_name: record.type_name.clone(),
            title: record.text(title).unwrap_or_default().to_owned(),
            parent: record.text("account_id").map(str::to_owned),
            place: record.place(),
            id: record.id,
            fields: record.fields,
            ..Self::default()
        }
    }

    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Where something is looked for: type, field, value as it is compared.
type Key = (String, String, String);

/// Found and made, by what they are looked for by.
#[derive(Default)]
pub(super) struct Memory {
    /// The system whose ids the files hold.
    pub system: String,
    /// On record; of this chunk.
    found: HashMap<Key, Vec<String>>,
    records: HashMap<String, Candidate>,
    /// Made by this import; they stay.
    made: HashMap<Key, Vec<String>>,
    made_records: HashMap<String, Candidate>,
    /// (type, other system's id) → record; what this import made stays.
    external: HashMap<(String, String), String>,
    external_made: HashMap<(String, String), String>,
    /// All people and all stages, which are few.
    pub users: Vec<Record>,
    pub stages: Vec<Record>,
    pub pipelines: Vec<Record>,
}

impl Memory {
    pub async fn new(app: &App) -> Result<Self, Problem> {
        Ok(Self {
            users: all(app, "user").await?,
            stages: all(app, "stage").await?,
            pipelines: all(app, "pipeline").await?,
            ..Self::default()
        })
    }

    /// Everything that has this value, what is on record first, each once.
    pub fn with(&self, type_name: &str, field: &str, value: &str) -> Vec<&Candidate> {
        if value.is_empty() {
            return Vec::new();
        }
        let key = (type_name.to_owned(), field.to_owned(), value.to_owned());
        let found = self.found.get(&key).into_iter().flatten();
        let made = self.made.get(&key).into_iter().flatten();
        let mut ids: Vec<&String> = found.chain(made).collect();
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(id.as_str()));
        ids.into_iter().filter_map(|id| self.by_id(id)).collect()
    }

    /// One that was found or made.
    pub fn by_id(&self, id: &str) -> Option<&Candidate> {
        self.made_records.get(id).or_else(|| self.records.get(id))
    }

    /// This import makes it.
    pub fn is_made(&self, id: &str) -> bool {
        self.made_records.contains_key(id)
    }

    /// The record that the other system calls so.
    pub fn numbered(&self, type_name: &str, external: &str) -> Option<&str> {
        let key = (type_name.to_owned(), comparable(&self.system, external));
        self.external_made
            .get(&key)
            .or_else(|| self.external.get(&key))
            .map(String::as_str)
    }

    /// From now on the other system's id means this record.
    pub fn number(&mut self, type_name: &str, external: &str, id: &str) {
        let key = (type_name.to_owned(), comparable(&self.system, external));
        self.external_made.insert(key, id.to_owned());
    }

    /// The import makes a record.
    pub fn make(&mut self, record_type: &RecordType, candidate: Candidate) {
        for (field, value) in looked_for_by(record_type, &candidate.fields) {
            let key = (record_type.name.clone(), field, value);
            self.made.entry(key).or_default().push(candidate.id.clone());
        }
        self.made_records.insert(candidate.id.clone(), candidate);
    }

    /// Finds on record what the rows ask for.
    pub async fn prepare(&mut self, app: &App, object: &str, drafts: &[Draft]) -> Result<(), Problem> {
        self.found.clear();
        self.records.clear();
        self.external.clear();
        let system = self.system.clone();
        let mut wanted: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        let mut numbers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut want = |type_name: &str, field: String, value: String| {
            if !value.is_empty() {
                wanted
                    .entry((type_name.to_owned(), field))
                    .or_default()
                    .insert(value);
            }
        };
        for draft in drafts {
            for (type_name, external) in &draft.external {
                numbers
                    .entry(type_name.clone())
                    .or_default()
                    .insert(comparable(&system, external));
            }
            for link in &draft.links {
                let declared = app.store.record_type(&link.type_name)?.field(&link.field);
                let Some(to) = declared
                    .and_then(|f| f.to.as_deref())
                    .filter(|to| !matches!(*to, "user" | "stage"))
                else {
                    continue;
                };
                if link.by_number {
                    let first = first_of(&link.text);
                    for to in super::links::may_mean(&link.type_name, to) {
                        numbers
                            .entry((*to).to_owned())
                            .or_default()
                            .insert(comparable(&system, first));
                    }
                } else if let Some(title) = app.store.catalog().get(to).and_then(|t| t.title.clone()) {
                    want(to, title, fold(&link.text));
                    if link.text.contains('@') {
                        want(to, "email".into(), fold(&link.text));
                    }
                }
            }
            for (type_name, fields) in &draft.fields {
                let is_looked_for =
                    type_name == object || matches!(type_name.as_str(), "account" | "contact");
                if let Some(record_type) = app.store.catalog().get(type_name).filter(|_| is_looked_for) {
                    for (field, value) in looked_for_by(record_type, fields) {
                        want(type_name, field, value);
                    }
                }
            }
            // A person whose firm the file does not name may be of the firm whose domain it is.
            if let Some(domain) = firm_domain(draft.text("contact", "email")) {
                want("account", "domain".into(), domain);
            }
        }
        for (type_name, numbers) in numbers {
            self.find_numbers(app, &type_name, numbers).await?;
        }
        for ((type_name, field), values) in wanted {
            self.find(app, &type_name, &field, values).await?;
        }
        self.find_places(app).await
    }

    async fn find(
        &mut self,
        app: &App,
        type_name: &str,
        field: &str,
        values: BTreeSet<String>,
    ) -> Result<(), Problem> {
        let record_type = app.store.record_type(type_name)?;
        let Some(declared) = record_type.field(field) else {
            return Ok(());
        };
        let folded = declared.is_folded();
        if declared.kind == Kind::LongText && !folded {
            return Ok(());
        }
        let title = record_type.title.clone().unwrap_or_default();
        let values: Vec<String> = values.into_iter().collect();
        for some in values.chunks(AT_ONCE) {
            let same = |value: &String| Filter::Compare {
                field: field.to_owned(),
                op: Comparison::Equal,
                value: value.as_str().into(),
                folded,
            };
            let filter = if folded {
                Filter::Or(some.iter().map(same).collect())
            } else {
                Filter::one_of(field, some.iter().map(String::as_str))
            };
            let query = Query::of(type_name).filter(filter).limit(Query::MAX_LIMIT);
            for record in app.store.list(&Viewer::system(), &query).await?.records {
                let value = record.text(field).unwrap_or_default();
                let value = if folded { fold(value) } else { value.to_owned() };
                let key = (type_name.to_owned(), field.to_owned(), value);
                // What this import makes is remembered as it was made, whether it is on record yet or not.
                if self.made.get(&key).is_some_and(|made| made.contains(&record.id)) {
                    continue;
                }
                self.found.entry(key).or_default().push(record.id.clone());
                self.records
                    .entry(record.id.clone())
                    .or_insert_with(|| Candidate::of(record, &title));
            }
        }
        Ok(())
    }

    /// Records by the other system's ids, and by our own.
    async fn find_numbers(
        &mut self,
        app: &App,
        type_name: &str,
        numbers: BTreeSet<String>,
    ) -> Result<(), Problem> {
        let Some(record_type) = app.store.catalog().get(type_name) else {
            return Ok(());
        };
        let title = record_type.title.clone().unwrap_or_default();
        let numbers: Vec<String> = numbers.into_iter().collect();
        for some in numbers.chunks(AT_ONCE) {
            let filter = Filter::eq("system", self.system.as_str())
                .and(Filter::eq("record_type", type_name))
                .and(Filter::one_of("external", some.iter().map(String::as_str)));
            let query = Query::of("external_id").filter(filter).limit(Query::MAX_LIMIT);
            let mut called: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for known in app.store.list(&Viewer::system(), &query).await?.records {
                if let (Some(external), Some(id)) = (known.text("external"), known.text("record_id")) {
                    called.entry(id.to_owned()).or_default().push(external.to_owned());
                }
            }
            for own in some.iter().filter(|n| uuid::Uuid::parse_str(n).is_ok()) {
                called.entry(own.clone()).or_default().push(own.clone());
            }
            if called.is_empty() {
                continue;
            }
            let query = Query::of(type_name)
                .filter(Filter::in_ids(called.keys().cloned()))
                .limit(Query::MAX_LIMIT);
            // What the other system's id meant may be deleted by now.
            for record in app.store.list(&Viewer::system(), &query).await?.records {
                for external in called.get(&record.id).into_iter().flatten() {
                    self.external
                        .insert((type_name.to_owned(), external.clone()), record.id.clone());
                }
                self.records
                    .entry(record.id.clone())
                    .or_insert_with(|| Candidate::of(record, &title));
            }
        }
        Ok(())
    }

    /// Where the customers found are.
    async fn find_places(&mut self, app: &App) -> Result<(), Problem> {
        let accounts = self.records.values().filter(|c| c.type_name == "account");
        let ids: Vec<String> = accounts.map(|c| c.id.clone()).collect();
        for some in ids.chunks(AT_ONCE) {
            let query = Query::of("location")
                .filter(Filter::one_of("account_id", some.iter().map(String::as_str)))
                .limit(Query::MAX_LIMIT);
            for place in app.store.list(&Viewer::system(), &query).await?.records {
                let Some(account) = place.text("account_id").and_then(|id| self.records.get_mut(id)) else {
                    continue;
                };
                account.streets.push(street_of(&place.fields));
                account.place = account.place.or_else(|| place.place());
                if account.first_place.as_ref().is_none_or(|first| *first > place.id) {
                    account.first_place = Some(place.id.clone());
                }
            }
        }
        Ok(())
    }
}

/// Street and number of a place, folded.
pub(super) fn street_of(fields: &serde_json::Map<String, Value>) -> String {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    fold(&format!("{} {}", text("street"), text("house_number")))
}

/// The first of several ids in a cell.
pub(super) fn first_of(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

/// By which fields a record is looked for, with its own values as they are compared.
pub(super) fn looked_for_by(
    record_type: &RecordType,
    fields: &serde_json::Map<String, Value>,
) -> Vec<(String, String)> {
    let mut by = Vec::new();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    for field in &record_type.fields {
        let is_title = record_type.title.as_deref() == Some(&field.name) && field.kind != Kind::Link;
        let is_number = record_type.name == "account" && field.name == "number";
        let value = match field.name.as_str() {
            "phone_key" => phone_key(text("phone")).unwrap_or_default(),
            "domain" if record_type.name == "account" => web_domain(text("website"))
                .or_else(|| firm_domain(text("email")))
                .unwrap_or_default(),
            name if is_title || is_number || field.unique || field.kind == Kind::Email => {
                if field.is_folded() {
                    fold(text(name))
                } else {
                    text(name).to_owned()
                }
            }
            _ => continue,
        };
        if !value.is_empty() {
            by.push((field.name.clone(), value));
        }
    }
    by
}

async fn all(app: &App, type_name: &str) -> Result<Vec<Record>, Problem> {
    let mut records = Vec::new();
    let mut query = Query::of(type_name).limit(Query::MAX_LIMIT);
    loop {
        let page = app.store.list(&Viewer::system(), &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(next) => query = query.cursor(Some(next)),
            None => return Ok(records),
        }
    }
}
