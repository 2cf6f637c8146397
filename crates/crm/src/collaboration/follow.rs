//! Following the feed: who is told of a change?

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use records::{At, Change, Filter, Kind, Query, Record, Types, Viewer};
use serde_json::Value;

use super::mentions::{Person, mentioned, people};
use super::store::{self, Notice};
use crate::app::Event;
use crate::problem::Problem;
use crate::users::Role;
use crate::{App, sessions, users};

/// Changes read at once.
const BATCH: u32 = 500;
/// The feed is looked at this often, and at once when it grows.
const EVERY: Duration = Duration::from_secs(10);
/// Told things are kept so long.
const KEPT: i64 = 180 * 86_400_000;
/// What the program does by itself, or somebody with thousands of records at once, is told to nobody.
const SILENT: [&str; 7] = [
    "import",
    "demo",
    "geocode",
    "assign",
    "backfill",
    "erase",
    "import-state",
];

/// Follows until the task is dropped.
pub(crate) async fn follow(app: Arc<App>) {
    let mut grown = app.store.watch();
    loop {
        if let Err(error) = take_up(&app).await {
            tracing::error!(%error, "people could not be told of changes; trying again");
        }
        let nap = tokio::time::sleep(EVERY);
        tokio::select! { _ = grown.changed() => {}, () = nap => {} }
    }
}

/// Tells of everything that is new in the feed; gives how much there was to tell.
pub(super) async fn take_up(app: &App) -> Result<usize, Problem> {
    let db = app.store.db();
    let mut cursor = store::cursor(db, app.store.last_seq().await?).await?;
    let mut count = 0;
    loop {
        // What follows from others' records is told to nobody.
        let derived: Vec<&str> = app
            .store
            .catalog()
            .iter()
            .filter(|t| t.derived)
            .map(|t| t.name.as_str())
            .collect();
        let (end, changes) = app
            .store
            .changes_of(cursor, BATCH, Types::Except(&derived))
            .await?;
        if end == cursor {
            return Ok(count);
        }
        let told = tell(app, &changes).await?;
        for user_id in &told {
            // Nobody listening is no fault.
            let _ = app.events.send(Event::Notified {
                user_id: user_id.clone(),
            });
        }
        count += told.len();
        cursor = end;
        store::advance(db, cursor).await?;
        if count > 0 {
            store::sweep(db, app.store.now().0 - KEPT).await?;
        }
    }
}

/// What is needed to decide whom to tell, read once for a batch.
struct Readers<'a> {
    app: &'a App,
    people: Vec<Person>,
    managers: Vec<String>,
    /// By record: who follows it.
    followers: HashMap<String, Vec<String>>,
    viewers: HashMap<String, Option<Viewer>>,
}

impl Readers<'_> {
    /// Whether somebody may see a record now.
    async fn sees(&mut self, user: &str, key: &(String, String)) -> Result<bool, Problem> {
        if !self.viewers.contains_key(user) {
            let viewer = sessions::load(self.app, user).await?.map(|s| s.viewer);
            self.viewers.insert(user.to_owned(), viewer);
        }
        let Some(Some(viewer)) = self.viewers.get(user) else {
            return Ok(false);
        };
        Ok(self
            .app
            .store
            .get(viewer, &key.0, &key.1, At::PRESENT)
            .await?
            .is_some())
    }
}

async fn tell(app: &App, changes: &[Change]) -> Result<BTreeSet<String>, Problem> {
    let mut told = BTreeSet::new();
    let loud: Vec<&Change> = changes
        .iter()
        .filter(|c| ["create", "update", "delete"].contains(&c.operation.as_str()))
        .filter(|c| !SILENT.contains(&c.cause.as_str()) && c.author.is_some())
        .filter(|c| app.store.record_type(&c.type_name).is_ok_and(|t| !t.derived))
        .collect();
    if loud.is_empty() {
        return Ok(told);
    }
    let everybody = users::all(app).await?;
    let mut readers = Readers {
        app,
        people: people(&everybody),
        managers: everybody
            .iter()
            .filter(|u| u.text("role") == Some(Role::Manager.as_str()) && u.boolean("active") != Some(false))
            .map(|u| u.id.clone())
            .collect(),
        followers: HashMap::new(),
        viewers: HashMap::new(),
    };
    for (user, _, id) in store::all(app.store.db()).await? {
        readers.followers.entry(id).or_default().push(user);
    }
    let records = present(app, &loud).await?;
    for change in loud {
        let record = records.get(&(change.type_name.clone(), change.record_id.clone()));
        for notice in notices(&readers, app, change, record) {
            let mine = change.author.as_deref() == Some(notice.user_id.as_str());
            if !mine
                && readers.sees(&notice.user_id, &notice.record).await?
                && store::tell(app.store.db(), &notice).await?
            {
                told.insert(notice.user_id);
            }
        }
    }
    Ok(told)
}

/// The records of some changes as they stand.
async fn present(app: &App, changes: &[&Change]) -> Result<HashMap<(String, String), Record>, Problem> {
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    for change in changes {
        ids.entry(&change.type_name)
            .or_default()
            .push(change.record_id.clone());
    }
    let mut found = HashMap::new();
    for (type_name, ids) in ids {
        let query = Query::of(type_name)
            .filter(Filter::Ids(ids))
            .limit(Query::MAX_LIMIT);
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            found.insert((record.type_name.clone(), record.id.clone()), record);
        }
    }
    Ok(found)
}

/// What there is to tell of a change, mentions first: who is mentioned is not told of the same change twice.
fn notices(readers: &Readers, app: &App, change: &Change, record: Option<&Record>) -> Vec<Notice> {
    let own = (change.type_name.clone(), change.record_id.clone());
    let is_comment = change.type_name == "comment";
    // A comment is told of where it was made.
    let about = record
        .filter(|_| is_comment)
        .and_then(|r| Some((r.text("about_type")?.to_owned(), r.text("about_id")?.to_owned())));
    if is_comment && about.is_none() {
        return Vec::new();
    }
    let mut notices: Vec<Notice> = Vec::new();
    let mut push = |user: &str, kind: &'static str, record: (String, String), once: String| {
        if !notices.iter().any(|n| n.user_id == user) {
            let by = (record != own).then(|| own.clone());
            notices.push(Notice {
                user_id: user.to_owned(),
                kind,
                record,
                by,
                operation: change.operation.clone(),
                actor_id: change.author.clone(),
                at: change.at.0,
                once,
            });
        }
    };
    if let Some(record) = record {
        for text in long_texts(app, record) {
            for person in mentioned(text, &readers.people) {
                let to = about.clone().unwrap_or_else(|| own.clone());
                push(&person.id, "mention", to, format!("mention:{}", own.1));
            }
        }
    }
    if let Some(about) = about {
        // What is said of an area is the managers' to answer.
        let managers = readers.managers.iter().filter(|_| about.0 == "territory");
        let followers = readers.followers.get(&about.1).into_iter().flatten();
        for user in managers.chain(followers) {
            push(user, "comment", about.clone(), format!("comment:{}", own.1));
        }
        return notices;
    }
    for key in std::iter::once(own.clone()).chain(record.into_iter().flat_map(|r| linked(app, r))) {
        for user in readers.followers.get(&key.1).into_iter().flatten() {
            let once = format!("change:{}:{}:{}", key.1, own.1, change.change_set);
            push(user, "change", key.clone(), once);
        }
    }
    notices
}

/// Texts in which people write to each other.
fn long_texts<'a>(app: &App, record: &'a Record) -> Vec<&'a str> {
    let Ok(record_type) = app.store.record_type(&record.type_name) else {
        return Vec::new();
    };
    // A mail's text was written by a stranger, who mentions nobody of ours.
    if record.text("direction") == Some("in") {
        return Vec::new();
    }
    let texts = record_type
        .fields
        .iter()
        .filter(|f| f.kind == Kind::LongText && !f.read_only);
    texts
        .filter_map(|f| record.fields.get(&f.name).and_then(Value::as_str))
        .filter(|text| text.contains('@'))
        .collect()
}

/// What a record belongs to.
fn linked(app: &App, record: &Record) -> Vec<(String, String)> {
    let Ok(record_type) = app.store.record_type(&record.type_name) else {
        return Vec::new();
    };
    let links = record_type.fields.iter().filter(|f| f.kind == Kind::Link);
    links
        .filter_map(|f| {
            let to = f.to.as_deref().filter(|to| *to != "user")?;
            Some((to.to_owned(), record.text(&f.name)?.to_owned()))
        })
        .collect()
}
