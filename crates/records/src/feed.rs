//! The change feed: numbers without gaps, a chained hash, and who is told of a commit.

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::watch;

use crate::db::{Db, is_postgres, sqlite_options};
use crate::statement::Statement;
use crate::{Change, Error, Store};

/// Follows commits of this process and of others, and tells subscribers.
pub(crate) struct Watcher {
    sender: watch::Sender<i64>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watcher {
    pub async fn start(db: &Db, url: &str) -> Result<Self, Error> {
        let (sender, _) = watch::channel(last_seq(db).await?);
        let task = if is_postgres(url) {
            tokio::spawn(listen(db.clone(), sender.clone()))
        } else {
            tokio::spawn(poll(db.clone(), url.to_string(), sender.clone()))
        };
        Ok(Self { sender, task })
    }

    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.sender.subscribe()
    }

    /// This process committed up to a number.
    pub fn tell(&self, seq: i64) {
        advance(&self.sender, seq);
    }
}

fn advance(sender: &watch::Sender<i64>, seq: i64) {
    sender.send_if_modified(|known| {
        let newer = seq > *known;
        *known = seq.max(*known);
        newer
    });
}

/// The name listeners of PostgreSQL wait on.
pub(crate) const CHANNEL: &str = "bailiwick_changes";

/// How often SQLite is asked whether another process wrote.
const POLL: Duration = Duration::from_millis(200);
/// How long to wait after the database was out of reach.
const RETRY: Duration = Duration::from_secs(2);

async fn poll(db: Db, url: String, sender: watch::Sender<i64>) {
    loop {
        if let Err(error) = poll_until_error(&db, &url, &sender).await {
            tracing::warn!(%error, "cannot see what other processes write; trying again");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn poll_until_error(db: &Db, url: &str, sender: &watch::Sender<i64>) -> Result<(), Error> {
    // `data_version` counts what other connections commit, so it is asked on one connection of its own.
    let options = sqlite_options(url)
        .create_if_missing(false)
        .pragma("query_only", "on");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut known = None;
    loop {
        let version: i64 = sqlx::query_scalar("pragma data_version")
            .fetch_one(&mut connection)
            .await?;
        if known != Some(version) {
            known = Some(version);
            advance(sender, last_seq(db).await?);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn listen(db: Db, sender: watch::Sender<i64>) {
    loop {
        if let Err(error) = listen_until_error(&db, &sender).await {
            tracing::warn!(%error, "cannot hear what other processes write; trying again");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn listen_until_error(db: &Db, sender: &watch::Sender<i64>) -> Result<(), Error> {
    let Db::Postgres(pool) = db else {
        return Ok(());
    };
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Read once after listening began, and after each lost connection: nothing falls in between.
        advance(sender, last_seq(db).await?);
        while let Some(notice) = listener.try_recv().await? {
            if let Ok(seq) = notice.payload().parse() {
                advance(sender, seq);
            }
        }
    }
}

pub(crate) async fn last_seq(db: &Db) -> Result<i64, Error> {
    let rows = Statement::new(db.dialect(), "select seq from feed_head")
        .fetch(db)
        .await?;
    rows.first()
        .ok_or_else(|| Error::Schema("feed_head has no row".into()))?
        .require_integer(0)
}

/// The columns of `changes`, in the order [`change`] reads them.
pub(crate) const CHANGE_COLUMNS: &str =
    "seq, at, author, cause, operation, record_type, record_id, version, change_set, caused_by, digest, hash";

pub(crate) fn change(row: &crate::statement::Row) -> Result<Change, Error> {
    Ok(Change {
        seq: row.require_integer(0)?,
        at: geom::Timestamp(row.require_integer(1)?),
        author: row.text(2)?,
        cause: row.require_text(3)?,
        operation: row.require_text(4)?,
        type_name: row.require_text(5)?,
        record_id: row.require_text(6)?,
        version: row.require_integer(7)?,
        change_set: row.require_text(8)?,
        caused_by: row.text(9)?,
        digest: row.require_text(10)?,
        hash: row.require_text(11)?,
    })
}

/// Entries of which record types.
#[derive(Clone, Copy, Debug)]
pub enum Types<'a> {
    /// Of these.
    Only(&'a [&'a str]),
    /// Of all but these.
    Except(&'a [&'a str]),
}

impl Types<'_> {
    fn push(self, statement: &mut Statement) {
        let (word, types) = match self {
            Self::Only(types) => (" and record_type in ", types),
            Self::Except(types) => (" and record_type not in ", types),
        };
        statement.push(word).bind_list(types.iter().copied());
    }
}

impl Store {
    pub(crate) async fn read_changes_of(
        &self,
        after_seq: i64,
        limit: u32,
        types: Types<'_>,
    ) -> Result<(i64, Vec<Change>), Error> {
        let db = self.db();
        // What is committed later has a greater number; up to here all are there.
        let last = last_seq(db).await?;
        if last <= after_seq {
            return Ok((after_seq, Vec::new()));
        }
        let limit = limit.clamp(1, 10_000);
        let mut statement = Statement::new(
            db.dialect(),
            format!("select {CHANGE_COLUMNS} from changes where seq > "),
        );
        statement.bind(after_seq).push(" and seq <= ").bind(last);
        types.push(&mut statement);
        statement.push(" order by seq limit ").bind(i64::from(limit));
        let rows = statement.fetch(db).await?;
        let changes = rows.iter().map(change).collect::<Result<Vec<Change>, Error>>()?;
        let upto = match changes.last() {
            Some(change) if changes.len() >= limit as usize => change.seq,
            _ => last,
        };
        Ok((upto, changes))
    }

    pub(crate) async fn read_changed(
        &self,
        after_seq: i64,
        most: u32,
        types: Types<'_>,
    ) -> Result<(i64, Vec<(String, String)>), Error> {
        let db = self.db();
        let last = last_seq(db)
            .await?
            .min(after_seq.saturating_add(i64::from(most.max(1))));
        if last <= after_seq {
            return Ok((after_seq, Vec::new()));
        }
        let mut statement = Statement::new(
            db.dialect(),
            "select record_type, record_id from changes where seq > ",
        );
        statement.bind(after_seq).push(" and seq <= ").bind(last);
        types.push(&mut statement);
        let rows = statement.fetch(db).await?;
        let pair = |row: &crate::statement::Row| Ok((row.require_text(0)?, row.require_text(1)?));
        Ok((last, rows.iter().map(pair).collect::<Result<_, Error>>()?))
    }

    pub(crate) async fn read_changes(&self, after_seq: i64, limit: u32) -> Result<Vec<Change>, Error> {
        let db = self.db();
        let mut statement = Statement::new(
            db.dialect(),
            format!("select {CHANGE_COLUMNS} from changes where seq > "),
        );
        statement
            .bind(after_seq)
            .push(" order by seq limit ")
            .bind(i64::from(limit.clamp(1, 10_000)));
        statement.fetch(db).await?.iter().map(change).collect()
    }
}
