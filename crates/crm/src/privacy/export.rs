//! All that is on record of a person, as one archive: a page to read, the same as JSON, each kind as CSV, and the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use records::{At, Field, Kind, Record, RecordType, Revision};
use serde_json::{Value, json};

use super::person::{Key, gather};
use super::zip::Zip;
use crate::App;
use crate::crud::user_names;
use crate::exports::cells::{Titles, cell};
use crate::files::Vault;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::spreadsheet::line;

/// Words of the page, in the language of the one who asks.
struct Words {
    german: bool,
}

impl Words {
    fn of<'a>(&self, english: &'a str, german: &'a str) -> &'a str {
        if self.german { german } else { english }
    }

    fn label<'a>(&self, label: &'a records::Label) -> &'a str {
        self.of(&label.en, &label.de)
    }
}

/// One kind of record, with what it says in words.
struct Kindred {
    record_type: RecordType,
    records: Vec<Record>,
    titles: Titles,
}

/// The archive.
pub(super) async fn archive(
    app: &App,
    signed: &Signed,
    type_name: &str,
    id: &str,
) -> Result<Vec<u8>, Problem> {
    let person = gather(app, type_name, id).await?;
    let person = person.ok_or_else(|| Problem::not_found(format!("{type_name} {id}")))?;
    let user = app
        .store
        .get(&signed.viewer, "user", &signed.user_id, At::PRESENT)
        .await?;
    let words = Words {
        german: user.is_some_and(|u| u.text("language") == Some("de")),
    };
    let mut hidden = 0_u64;
    let mut by_type: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for (type_name, id) in person.own.keys() {
        match app.store.get(&signed.viewer, type_name, id, At::PRESENT).await? {
            Some(record) => by_type.entry(type_name.clone()).or_default().push(record),
            None => hidden += 1,
        }
    }
    let mut kinds = Vec::new();
    for (name, records) in by_type {
        let record_type = app.store.record_type(&name)?.clone();
        let links: Vec<&Field> = record_type
            .fields
            .iter()
            .filter(|f| f.kind == Kind::Link)
            .collect();
        let titles = Titles::of(app, &signed.viewer, At::PRESENT, &links, &records).await?;
        kinds.push(Kindred {
            record_type,
            records,
            titles,
        });
    }
    // The person first, then what is theirs.
    kinds.sort_by_key(|k| !super::person::PEOPLE.contains(&k.record_type.name.as_str()));
    let mut history: BTreeMap<Key, Vec<Revision>> = BTreeMap::new();
    for key in person
        .own
        .keys()
        .filter(|(t, _)| ["contact", "lead", "consent"].contains(&t.as_str()))
    {
        let versions = app.store.history(&signed.viewer, &key.0, &key.1).await?;
        history.insert(key.clone(), versions);
    }
    let names = user_names(app).await?;
    let page = page(app, &words, &person.title, &kinds, &history, &names, hidden);
    pack(app, page, &kinds, &history, hidden).await
}

async fn pack(
    app: &App,
    page: String,
    kinds: &[Kindred],
    history: &BTreeMap<Key, Vec<Revision>>,
    hidden: u64,
) -> Result<Vec<u8>, Problem> {
    let mut zip = Zip::default();
    zip.add("index.html", page.as_bytes())
        .map_err(Problem::unexpected)?;
    let records: serde_json::Map<String, Value> = kinds
        .iter()
        .map(|k| (k.record_type.name.clone(), json!(k.records)))
        .collect();
    let versions: Vec<Value> = history
        .iter()
        .map(|((type_name, id), versions)| json!({ "type": type_name, "id": id, "versions": versions }))
        .collect();
    let all = json!({
        "exported_at": app.store.now().0,
        "records": records,
        "history": versions,
        "not_shown": hidden,
    });
    let all = serde_json::to_vec_pretty(&all).map_err(Problem::unexpected)?;
    zip.add("person.json", &all).map_err(Problem::unexpected)?;
    for kind in kinds {
        let mut csv = String::from('\u{feff}');
        let fields = shown(&kind.record_type);
        let names = fields.iter().map(|f| f.name.clone());
        csv.push_str(&line(
            &["id".to_owned()].into_iter().chain(names).collect::<Vec<_>>(),
        )?);
        for record in &kind.records {
            let cells = fields.iter().map(|f| said(app, f, record, &kind.titles, None));
            csv.push_str(&line(
                &[record.id.clone()].into_iter().chain(cells).collect::<Vec<_>>(),
            )?);
        }
        zip.add(&format!("csv/{}.csv", kind.record_type.table), csv.as_bytes())
            .map_err(Problem::unexpected)?;
    }
    for file in kinds
        .iter()
        .filter(|k| k.record_type.name == "file")
        .flat_map(|k| &k.records)
    {
        let Some(digest) = file.text("digest").map(str::to_owned) else {
            continue;
        };
        let vault = Vault::of(app)?;
        let bytes = tokio::task::spawn_blocking(move || vault.get(&digest)).await;
        if let Some(bytes) = bytes.map_err(Problem::unexpected)?.map_err(Problem::unexpected)? {
            let name = format!("files/{}", mail::file_name(file.text("name").unwrap_or("file")));
            zip.add(&name, &bytes).map_err(Problem::unexpected)?;
        }
    }
    zip.finish().map_err(Problem::unexpected)
}

fn shown(record_type: &RecordType) -> Vec<&Field> {
    record_type
        .fields
        .iter()
        .filter(|f| !f.retired && !crate::accounts::phone::is_internal(&f.name))
        .collect()
}

/// A value as a person reads it: what a link points to is called, what a choice is in words.
fn said(app: &App, field: &Field, record: &Record, titles: &Titles, words: Option<&Words>) -> String {
    let value = record.fields.get(&field.name).unwrap_or(&Value::Null);
    if field.kind == Kind::Link {
        let id = value.as_str().unwrap_or_default();
        let title = titles.get(id);
        return if title.is_empty() { id } else { title }.to_owned();
    }
    if let (Kind::Choice, Some(words), Some(choice)) = (field.kind, words, value.as_str())
        && let Some(label) = field.words.get(choice)
    {
        return words.label(label).to_owned();
    }
    cell(app, field, value)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn page(
    app: &App,
    words: &Words,
    title: &str,
    kinds: &[Kindred],
    history: &BTreeMap<Key, Vec<Revision>>,
    names: &std::collections::HashMap<String, String>,
    hidden: u64,
) -> String {
    let moment = |at: geom::Timestamp| {
        let zone = &app.settings.zone;
        format!("{} {}", zone.date(at), zone.time(at).strftime("%H:%M"))
    };
    let mut page = String::from("<!doctype html>\n");
    let language = words.of("en", "de");
    let heading = words.of("What is on record about", "Gespeicherte Daten zu");
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<html lang=\"{language}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{heading} {title}</title>\n\
         <style>body{{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}dl{{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.1rem 1rem;border-top:1px solid #999;padding-top:.5rem}}dt{{color:#555}}dd{{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}}</style>\n\
         <h1>{heading} {title}</h1><p>{}</p>\n",
        moment(app.store.now()),
        title = escaped(title),
    );
    for kind in kinds {
        let _ = writeln!(
            page,
            "<h2>{} ({})</h2>",
            escaped(words.label(&kind.record_type.plural)),
            kind.records.len()
        );
        for record in &kind.records {
            page.push_str("<dl>");
            for field in shown(&kind.record_type) {
                let value = said(app, field, record, &kind.titles, Some(words));
                if !value.is_empty() {
                    let label = escaped(words.label(&field.label));
                    let _ = write!(page, "<dt>{label}</dt><dd>{}</dd>", escaped(&value));
                }
            }
            page.push_str("</dl>\n");
        }
    }
    let _ = writeln!(page, "<h2>{}</h2>", words.of("History", "Verlauf"));
    for ((type_name, _), versions) in history {
        let record_type = kinds
            .iter()
            .map(|k| &k.record_type)
            .find(|t| &t.name == type_name);
        let label = record_type.map_or(type_name.as_str(), |t| words.label(&t.label));
        for version in versions {
            let by = version
                .author
                .as_ref()
                .and_then(|a| names.get(a))
                .map_or("", String::as_str);
            let operation = match version.operation.as_str() {
                "create" => words.of("created", "angelegt"),
                "erase" => words.of("erased", "gelöscht"),
                _ => words.of("changed", "geändert"),
            };
            let _ = writeln!(
                page,
                "<p>{} · {} {operation} · {}</p>",
                moment(version.record.recorded_at),
                escaped(label),
                escaped(by)
            );
        }
    }
    if hidden > 0 {
        let _ = writeln!(
            page,
            "<p>{hidden} {}</p>",
            words.of(
                "further records were deleted, or are not yours to see; they are not in this archive.",
                "weitere Datensätze wurden gelöscht oder sind für Sie nicht sichtbar; sie fehlen in diesem Archiv."
            )
        );
    }
    page.push_str("</html>\n");
    page
}
