//! Customers as rows in another CRM's columns: a customer, one of its places and its first contact.

use std::collections::HashMap;

use records::{At, Filter, Query as RecordQuery, Record, Viewer};
use serde_json::Value;

use super::cells::{Titles, cell};
use super::of_type::{kept, numbers};
use super::presets::{Preset, Source};
use crate::App;
use crate::imports::theirs;
use crate::problem::Problem;
use crate::spreadsheet::line;

/// Some places with their customers, as lines.
pub(super) async fn places(
    app: &App,
    viewer: &Viewer,
    preset: &Preset,
    at: At,
    ids: &[String],
) -> Result<String, Problem> {
    let query = RecordQuery::of("location")
        .filter(Filter::Ids(ids.to_vec()))
        .limit(RecordQuery::MAX_LIMIT)
        .at(at);
    let page = app.store.list(viewer, &query).await?;
    let mut ids: Vec<String> = page
        .records
        .iter()
        .filter_map(|r| r.text("account_id"))
        .map(str::to_owned)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let query = RecordQuery::of("account")
        .filter(Filter::Ids(ids.clone()))
        .limit(RecordQuery::MAX_LIMIT)
        .at(at);
    let accounts = app.store.list(viewer, &query).await?.records;
    let owner = app.store.record_type("account")?.field("owner_id");
    let owners = Titles::of(app, viewer, at, &owner.into_iter().collect::<Vec<_>>(), &accounts).await?;
    let accounts: HashMap<&str, &Record> = accounts.iter().map(|r| (r.id.as_str(), r)).collect();
    let contacts = if preset
        .columns
        .iter()
        .any(|(_, source)| matches!(source, Source::Contact(_)))
    {
        first_contacts(app, viewer, at, ids).await?
    } else {
        HashMap::new()
    };
    let numbers = if preset.columns.iter().any(|(_, source)| *source == Source::Number) {
        numbers(
            app,
            viewer,
            at,
            preset.name,
            accounts.keys().map(|id| (*id).to_owned()).collect(),
        )
        .await?
    } else {
        HashMap::new()
    };
    let mut text = String::new();
    for place in &page.records {
        let account_id = place.text("account_id").unwrap_or_default();
        let Some(account) = accounts.get(account_id) else {
            continue;
        };
        let row = Row {
            account,
            place,
            contact: contacts.get(account_id),
            owners: &owners,
            numbers: &numbers,
            system: preset.name,
        };
        let cells = preset
            .columns
            .iter()
            .map(|(header, source)| row.cell(app, header, *source));
        text += &line(&cells.collect::<Result<Vec<String>, Problem>>()?)?;
    }
    Ok(text)
}

/// The oldest contact of each of these accounts.
async fn first_contacts(
    app: &App,
    viewer: &Viewer,
    at: At,
    accounts: Vec<String>,
) -> Result<HashMap<String, Record>, Problem> {
    let filter = Filter::In {
        field: "account_id".into(),
        values: accounts.into_iter().map(Value::from).collect(),
    };
    let mut query = RecordQuery::of("contact")
        .filter(filter)
        .limit(RecordQuery::MAX_LIMIT)
        .at(at);
    let mut first = HashMap::new();
    loop {
        let page = app.store.list(viewer, &query).await?;
        for contact in page.records {
            let account = contact.text("account_id").unwrap_or_default().to_owned();
            first.entry(account).or_insert(contact);
        }
        match page.next_cursor {
            Some(next) => query = query.cursor(Some(next)),
            None => return Ok(first),
        }
    }
}

struct Row<'a> {
    account: &'a Record,
    place: &'a Record,
    contact: Option<&'a Record>,
    owners: &'a Titles,
    /// (type, id) → the other system's id.
    numbers: &'a HashMap<(String, String), String>,
    system: &'a str,
}

impl Row<'_> {
    fn cell(&self, app: &App, header: &str, source: Source) -> Result<String, Problem> {
        let of = |record: &Record, name: &str| -> Result<String, Problem> {
            let field = app.store.record_type(&record.type_name)?.field(name);
            let value = record.fields.get(name).unwrap_or(&Value::Null);
            Ok(field.map(|f| cell(app, f, value)).unwrap_or_default())
        };
        Ok(match source {
            Source::Account("owner_id") => self
                .owners
                .get(self.account.text("owner_id").unwrap_or_default())
                .to_owned(),
            Source::Account(name) => of(self.account, name)?,
            Source::Place(name) => of(self.place, name)?,
            Source::StreetAndNumber => {
                joined(&[of(self.place, "street")?, of(self.place, "house_number")?], " ")
            }
            Source::Address => {
                let street = joined(&[of(self.place, "street")?, of(self.place, "house_number")?], " ");
                let town = joined(&[of(self.place, "postal_code")?, of(self.place, "city")?], " ");
                let whole = joined(&[street, town, of(self.place, "country")?], ", ");
                if whole.is_empty() {
                    of(self.place, "source_text")?
                } else {
                    whole
                }
            }
            Source::Domain => {
                let website = of(self.account, "website")?;
                let bare = website
                    .trim_start_matches("https://")
                    .trim_start_matches("http://");
                bare.trim_end_matches('/').to_owned()
            }
            Source::Contact(name) => self
                .contact
                .map_or(Ok(String::new()), |contact| of(contact, name))?,
            Source::Word(name) => {
                let field = app.store.record_type("account")?.field(name);
                match (field, self.account.text(name)) {
                    (Some(field), Some(choice)) => theirs(self.system, "account", field, choice),
                    _ => String::new(),
                }
            }
            Source::Number => {
                let key = ("account".to_owned(), self.account.id.clone());
                self.numbers
                    .get(&key)
                    .cloned()
                    .unwrap_or_else(|| self.account.id.clone())
            }
            Source::Kept => kept(self.account, header),
        })
    }
}

fn joined(parts: &[String], by: &str) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|p| !p.is_empty())
        .collect();
    parts.join(by)
}
