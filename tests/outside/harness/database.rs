//! Fresh databases: of each engine one with users is made once a run, and copied for every story.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{PASSWORD, email, run};

/// A database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Users of every world: who, and their role.
const USERS: [(&str, &str); 5] = [
    ("manager", "manager"),
    ("rep", "rep"),
    ("colleague", "rep"),
    ("analyst", "analyst"),
    ("admin", "admin"),
];

/// The files of a database of SQLite, by what stands behind its name.
const SQLITE_FILES: [&str; 2] = ["", "-wal"];

/// An empty database; `None` where the engine is not installed.
pub fn fresh_database(engine: Engine, folder: &Path, name: &str) -> Option<String> {
    match engine {
        Engine::Sqlite => Some(
            folder
                .join(format!("{name}.sqlite"))
                .to_string_lossy()
                .into_owned(),
        ),
        Engine::Postgres => Some(testkit::postgres::cluster()?.database()),
    }
}

/// A database of its own with the users in it.
pub(super) fn with_users(engine: Engine, folder: &Path) -> Option<String> {
    match engine {
        Engine::Sqlite => {
            static TEMPLATE: OnceLock<[Option<Vec<u8>>; 2]> = OnceLock::new();
            let files = TEMPLATE.get_or_init(|| {
                let folder =
                    tempfile::TempDir::with_prefix("bailiwick-template-").expect("a temporary folder");
                let database = folder.path().join("template.sqlite");
                add_users(&database.to_string_lossy());
                // What is not in the file yet is in its log beside it.
                SQLITE_FILES.map(|end| std::fs::read(with_end(&database, end)).ok())
            });
            let database = folder.join("world.sqlite");
            for (end, bytes) in SQLITE_FILES.iter().zip(files) {
                if let Some(bytes) = bytes {
                    std::fs::write(with_end(&database, end), bytes).expect("the template can be copied");
                }
            }
            Some(database.to_string_lossy().into_owned())
        }
        Engine::Postgres => {
            static TEMPLATE: OnceLock<String> = OnceLock::new();
            let cluster = testkit::postgres::cluster()?;
            let template = TEMPLATE.get_or_init(|| {
                let database = cluster.database();
                add_users(&database);
                database
            });
            Some(cluster.copy_of(template))
        }
    }
}

fn with_end(database: &Path, end: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn add_users(database: &str) {
    for (who, role) in USERS {
        let line = format!("{PASSWORD}\n");
        run(
            &[
                "user",
                "add",
                "--database",
                database,
                "--name",
                who,
                "--role",
                role,
                &email(who),
            ],
            &line,
        )
        .ok();
    }
}
