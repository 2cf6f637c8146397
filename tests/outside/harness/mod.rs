//! The program as its users meet it: built, started on a free port over a fresh database, asked over HTTP.
//!
//! [`scenario!`] runs a story twice, on SQLite and on PostgreSQL. A story gets a [`World`]: a database with one
//! user of each role (and a second rep), and a server on it.

mod client;
mod database;
mod program;
mod server;
pub mod wait;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use client::{Answer, Client};
pub use database::{Engine, fresh_database};
pub use program::{map_pack, repository, run};
pub use server::Server;

/// The password of every user of a [`World`].
pub const PASSWORD: &str = "outside-test-1";

/// Makes two tests of a story: `sqlite` and `postgres`. Where no PostgreSQL is installed the reason is printed,
/// and with `BAILIWICK_REQUIRE_POSTGRES=1` that is a failure.
macro_rules! scenario {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            use crate::harness::{Engine, World};

            #[tokio::test]
            async fn sqlite() {
                super::$name(World::start(Engine::Sqlite).await.expect("SQLite needs no server")).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(world) = World::start(Engine::Postgres).await {
                    super::$name(world).await;
                }
            }
        }
    )+ };
}
pub(crate) use scenario;

/// One database with users, and a server on it.
pub struct World {
    pub engine: Engine,
    /// What `--database` takes.
    pub database: String,
    pub server: Server,
    folder: TempDir,
}

impl World {
    /// A fresh one; `None` where the engine is not installed.
    pub async fn start(engine: Engine) -> Option<Self> {
        let folder = TempDir::with_prefix("bailiwick-outside-").expect("a temporary folder");
        let database = database::with_users(engine, folder.path())?;
        let server = Server::start(&database).await;
        Some(Self {
            engine,
            database,
            server,
            folder,
        })
    }

    /// A file or folder of this world's own.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Signs in as `manager`, `rep`, `colleague` (a second rep), `analyst` or `admin`.
    pub async fn sign_in(&self, who: &str) -> Client {
        let client = Client::new(&self.server.address);
        let session = client
            .post(
                "/api/v1/session",
                json!({"email": email(who), "password": PASSWORD}),
            )
            .await
            .ok();
        client.remember_user(&session);
        client
    }

    /// Kills the server with a signal it cannot handle, and starts another on the same database.
    pub async fn kill_and_restart(&mut self) {
        self.server.kill();
        self.server = Server::start(&self.database).await;
    }
}

/// The address somebody signs in with.
pub fn email(who: &str) -> String {
    format!("{who}@outside.example")
}

/// Makes an account and a place for it; gives both ids.
pub async fn customer(client: &Client, account: Value, place: Value) -> (String, String) {
    let account = client.create("accounts", account).await;
    let mut place = place;
    place["account_id"] = account.clone().into();
    let location = client.create("locations", place).await;
    (account, location)
}

/// A record's id, from any answer that holds one.
pub fn id_of(record: &Value) -> String {
    text(&record["id"])
}

/// A text that has to be there.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("expected a text, read {value}"))
        .to_owned()
}

/// A whole number that has to be there.
#[track_caller]
pub fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("expected a whole number, read {value}"))
}

/// A list that has to be there.
#[track_caller]
pub fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("expected a list, read {value}"))
}
