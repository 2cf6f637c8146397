//! A toy trade: firms with a place, people in them, deals about them, posts that are valid for a while.

use std::sync::Arc;

use geom::Timestamp;
use records::{
    Author, Catalog, Error, Fault, Grant, ManualClock, Op, Record, Rules, Scope, Store, Viewer, fields,
    own_migration,
};
use serde_json::{Map, Value, json};
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use tempfile::TempDir;

pub const FIRM: &str = r#"
name = "firm"
table = "firms"
title = "name"
label = { en = "Firm", de = "Firma" }
[fields.name]
kind = "text"
required = true
search = true
sort = true
[fields.email]
kind = "email"
unique = true
personal = true
[fields.class]
kind = "choice"
choices = ["A", "B", "C"]
[fields.revenue]
kind = "money"
[fields.staff]
kind = "integer"
min = 0
max = 1000000
[fields.score]
kind = "number"
[fields.active]
kind = "boolean"
[fields.founded]
kind = "date"
[fields.called_at]
kind = "instant"
[fields.owner_id]
kind = "link"
to = "user"
[fields.tags]
kind = "json"
[fields.status]
kind = "text"
read_only = true
[place]
[rights]
own = "r.owner_id = $viewer"
team = "r.owner_id in (select s.id from users s where s.team = (select m.team from users m where m.id = $viewer))"
"#;

pub const PERSON: &str = r#"
name = "person"
table = "people"
title = "family_name"
[fields.family_name]
kind = "text"
required = true
personal = true
search = true
sort = true
[fields.phone]
kind = "phone"
personal = true
[fields.firm_id]
kind = "link"
to = "firm"
[fields.note]
kind = "long_text"
[fields.manager_id]
kind = "link"
to = "person"
on_delete = "clear"
[rights]
own = "exists (select 1 from firms f where f.id = r.firm_id and f.owner_id = $viewer)"
"#;

pub const POST: &str = r#"
name = "post"
table = "posts"
derived = true
[fields.firm_id]
kind = "link"
to = "firm"
required = true
[fields.user_id]
kind = "link"
to = "user"
[validity]
[rights]
own = "r.user_id = $viewer"
"#;

pub const MEMO: &str = r#"
name = "memo"
table = "memos"
[fields.text]
kind = "text"
[fields.firm_id]
kind = "link"
to = "firm"
on_delete = "cascade"
[fields.memo_id]
kind = "link"
to = "memo"
on_delete = "cascade"
[fields.firm_staff]
kind = "integer"
read_only = true
copy = "firm_id.staff"
[fields.number]
kind = "text"
read_only = true
sequence = "M-"
"#;

pub const USER: &str = r#"
name = "user"
table = "users"
[fields.name]
kind = "text"
sort = true
[fields.team]
kind = "text"
"#;

const COMMON: &str = "id text not null primary key, version bigint not null, recorded_at bigint not null, \
    changed_by text, change_set text not null, salt text not null, custom text";
const TWIN: &str = "id text not null, version bigint not null, recorded_at bigint not null, changed_by text, \
    change_set text not null, salt text not null, custom text";
const ENDED: &str = "superseded_at bigint not null, superseded_by text not null, removed boolean not null, \
    primary key (id, version)";

fn table(name: &str, columns: &str, constraints: &str) -> String {
    format!(
        "create table {name} ({COMMON}, {columns}{constraints});\n\
         create table {name}_history ({TWIN}, {columns}, {ENDED});\n\
         create index {name}_history_superseded on {name}_history (superseded_at);\n"
    )
}

fn tables() -> String {
    let mut sql = table(
        "users",
        "name text, name_folded text collate \"C\", team text",
        "",
    );
    sql += &table(
        "firms",
        "name text, name_folded text collate \"C\", email text, class text collate \"C\", revenue bigint, \
         staff bigint, score double precision, active boolean, founded text collate \"C\", called_at bigint, \
         owner_id text, tags text, status text, lng double precision, lat double precision, cell bigint",
        ", foreign key (owner_id) references users (id)",
    );
    sql += "create unique index firms_email on firms (email);\n\
            create index firms_name on firms (name_folded, id);\n\
            create index firms_cell on firms (cell);\n";
    sql += &table(
        "people",
        "family_name text, family_name_folded text collate \"C\", phone text, firm_id text, note text, \
         manager_id text",
        ", foreign key (firm_id) references firms (id), foreign key (manager_id) references people (id)",
    );
    sql += &table(
        "memos",
        "text text, firm_id text, memo_id text, firm_staff bigint, number text collate \"C\"",
        ", foreign key (firm_id) references firms (id), foreign key (memo_id) references memos (id)",
    );
    sql += &table(
        "posts",
        "firm_id text, user_id text, valid_from bigint not null, valid_to bigint not null",
        "",
    );
    sql
}

pub fn migrator() -> Migrator {
    let toy = Migration::new(
        2,
        "toy".into(),
        MigrationType::Simple,
        sqlx::AssertSqlSafe(tables()).into_sql_str(),
        false,
    );
    Migrator::with_migrations(vec![own_migration(), toy])
}

/// A store on one of the engines, and what keeps its database alive.
pub struct World {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub url: String,
}

pub const START: i64 = 1_700_000_000_000;
pub const HOUR: i64 = 3_600_000;

fn rules() -> Rules {
    Rules::new().on("firm", |before, after, now| {
        if after["name"] == "Forbidden" {
            return Err(vec![Fault::of(
                "name",
                "forbidden-name",
                "is a name nobody may have",
            )]);
        }
        if before.is_none() {
            after.insert("status".into(), "new".into());
        }
        if after["class"] == "A" && after["called_at"].is_null() {
            after.insert("called_at".into(), now.0.into());
        }
        Ok(())
    })
}

pub async fn open(url: &str, clock: Arc<ManualClock>) -> Result<Store, Error> {
    let catalog = Catalog::parse(&[USER, FIRM, PERSON, POST, MEMO]).expect("the toy declarations are right");
    Store::open_with(url, catalog, clock, rules(), &migrator()).await
}

async fn world(url: String) -> World {
    let clock = Arc::new(ManualClock::at(Timestamp(START)));
    let store = open(&url, clock.clone()).await.expect("a fresh database opens");
    let users = [("anna", "north"), ("ben", "north"), ("cleo", "south")];
    let ops = users
        .into_iter()
        .map(|(id, team)| Op::Create {
            type_name: "user".into(),
            id: Some(id.into()),
            fields: fields([("name", id.into()), ("team", team.into())]),
        })
        .collect();
    store.write(&system(), ops).await.expect("users can be made");
    World { store, clock, url }
}

/// A world in a file of this folder, which has to outlive it.
pub async fn sqlite(folder: &TempDir) -> World {
    world(folder.path().join("test.db").display().to_string()).await
}

pub async fn postgres() -> Option<World> {
    Some(world(testkit::postgres::cluster()?.database()).await)
}

/// Runs a scenario on both engines.
pub async fn on_both<F, R>(scenario: F)
where
    F: Fn(World) -> R,
    R: Future<Output = ()>,
{
    eprintln!("on SQLite");
    let folder = tempfile::tempdir().expect("a temporary folder");
    scenario(sqlite(&folder).await).await;
    if let Some(world) = postgres().await {
        eprintln!("on PostgreSQL");
        scenario(world).await;
    }
}

impl World {
    /// Moves the clock forward.
    pub fn pass(&self, milliseconds: i64) -> Timestamp {
        let now = Timestamp(self.store.now().0 + milliseconds);
        self.clock.set(now);
        now
    }

    pub async fn create(&self, author: &Author, type_name: &str, values: Value) -> Record {
        let written = self
            .store
            .write(author, vec![Op::create(type_name, map(values))])
            .await;
        written.expect("the record can be made").records.remove(0)
    }

    pub async fn update(&self, author: &Author, record: &Record, patch: Value) -> Record {
        let op = Op::update(&record.type_name, &record.id, map(patch));
        let written = self.store.write(author, vec![op]).await;
        written.expect("the record can be changed").records.remove(0)
    }
}

pub fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

pub fn firm(name: &str) -> Value {
    json!({ "name": name })
}

pub fn system() -> Author {
    Author::system("test", "Test")
}

/// A user who may read so far, write so far, create, and delete their own.
pub fn user(id: &str, read: Scope, write: Scope) -> Author {
    let grant = Grant {
        read,
        write,
        create: true,
        delete: write,
    };
    let grants = ["firm", "person", "post", "memo", "user"].map(|t| (t.to_string(), grant));
    let mut grants = std::collections::BTreeMap::from(grants);
    grants.insert("user".into(), Grant::ALL);
    Author::new(Viewer::user(id, grants), "api", "By hand")
}

/// The feed's chain is whole and every version is as it was written.
pub async fn assert_whole(store: &Store) {
    let report = store.verify().await.expect("history can be read");
    assert_eq!(report.broken, None);
    assert_eq!(
        report.entries,
        store
            .last_seq()
            .await
            .expect("the feed has a head")
            .unsigned_abs()
    );
}

/// Everything that is on record now, without versions and times: what an undo must bring back.
pub async fn state(store: &Store) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for record_type in ["user", "firm", "person", "post", "memo"] {
        let mut query = records::Query::of(record_type).limit(7);
        loop {
            let page = store.list(&Viewer::system(), &query).await.expect("a list");
            all.extend(
                page.records
                    .into_iter()
                    .map(|r| (r.type_name, r.id, Value::Object(r.fields))),
            );
            match page.next_cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => break,
            }
        }
    }
    all
}
