//! Change sets: what belongs together, is listed together and is undone together.

use geom::Timestamp;

use crate::statement::{Bind, Row, Statement, Transaction};
use crate::store::Store;
use crate::transaction::Writing;
use crate::values::new_id;
use crate::{Author, ChangeSetFilter, ChangeSetInfo, Error};

/// The columns of `change_sets`, in the order [`info`] reads them.
pub(crate) const COLUMNS: &str = "id, opened_at, closed_at, author, cause, label, caused_by, undoes, undone_by, entries, first_seq, last_seq";

pub(crate) fn info(row: &Row) -> Result<ChangeSetInfo, Error> {
    Ok(ChangeSetInfo {
        id: row.require_text(0)?,
        opened_at: Timestamp(row.require_integer(1)?),
        closed_at: row.integer(2)?.map(Timestamp),
        author: row.text(3)?,
        cause: row.require_text(4)?,
        label: row.require_text(5)?,
        caused_by: row.text(6)?,
        undoes: row.text(7)?,
        undone_by: row.text(8)?,
        entries: row.require_integer(9)?,
        first_seq: row.integer(10)?,
        last_seq: row.integer(11)?,
    })
}

impl Writing {
    /// Makes the row of this transaction's change set.
    pub async fn insert_change_set(
        &mut self,
        author: &Author,
        undoes: Option<&str>,
        closed: bool,
    ) -> Result<(), Error> {
        let mut statement = Statement::new(
            self.dialect(),
            format!("insert into change_sets ({COLUMNS}) values ("),
        );
        statement
            .bind(&self.change_set)
            .push(", ")
            .bind(self.at.0)
            .push(", ")
            .bind(Bind::Integer(closed.then_some(self.at.0)));
        for text in [
            author.viewer.user_id.clone(),
            Some(author.cause.clone()),
            Some(author.label.clone()),
            author.caused_by.clone(),
            undoes.map(str::to_string),
            None,
        ] {
            statement.push(", ").bind(Bind::Text(text));
        }
        statement.push(", 0, null, null)");
        statement.execute_in(&mut self.tx).await?;
        Ok(())
    }

    /// Refuses a change set that is not open.
    pub async fn require_open(&mut self) -> Result<(), Error> {
        let id = self.change_set.clone();
        let found = find_in(&mut self.tx, &id).await?;
        require_open(&id, found)
    }
}

fn require_open(id: &str, found: Option<ChangeSetInfo>) -> Result<(), Error> {
    let reason = match found {
        None => "there is none with this id",
        Some(set) if set.closed_at.is_some() => "is closed and takes nothing more",
        Some(set) if set.undone_by.is_some() => "was undone and takes nothing more",
        Some(_) => return Ok(()),
    };
    Err(Error::ChangeSet {
        id: id.to_string(),
        reason: reason.into(),
    })
}

async fn find_in(tx: &mut Transaction, id: &str) -> Result<Option<ChangeSetInfo>, Error> {
    let mut statement = Statement::new(
        tx.dialect(),
        format!("select {COLUMNS} from change_sets where id = "),
    );
    statement.bind(id);
    statement.fetch_in(tx).await?.first().map(info).transpose()
}

impl Store {
    /// One change set.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_change_set(&self, id: &str) -> Result<Option<ChangeSetInfo>, Error> {
        let mut statement = Statement::new(
            self.db().dialect(),
            format!("select {COLUMNS} from change_sets where id = "),
        );
        statement.bind(id);
        statement.fetch(self.db()).await?.first().map(info).transpose()
    }

    pub(crate) async fn open_change_set(
        &self,
        author: &Author,
        undoes: Option<&str>,
    ) -> Result<String, Error> {
        let id = new_id();
        let mut writing = Writing::begin(self, author, id.clone()).await?;
        writing.insert_change_set(author, undoes, false).await?;
        writing.commit(self).await?;
        Ok(id)
    }

    pub(crate) async fn require_open_change_set(&self, id: &str) -> Result<(), Error> {
        require_open(id, self.find_change_set(id).await?)
    }

    pub(crate) async fn close_change_set(&self, id: &str) -> Result<ChangeSetInfo, Error> {
        let mut tx = Transaction::begin(self.db()).await?;
        let mut statement = Statement::new(tx.dialect(), "update change_sets set closed_at = ");
        statement
            .bind(self.now().0)
            .push(" where id = ")
            .bind(id)
            .push(" and closed_at is null");
        statement.execute_in(&mut tx).await?;
        let found = find_in(&mut tx, id).await?;
        tx.commit().await?;
        found.ok_or_else(|| Error::ChangeSet {
            id: id.to_string(),
            reason: "there is none with this id".into(),
        })
    }

    pub(crate) async fn list_change_sets(
        &self,
        filter: &ChangeSetFilter,
    ) -> Result<Vec<ChangeSetInfo>, Error> {
        let mut statement = Statement::new(
            self.db().dialect(),
            format!("select {COLUMNS} from change_sets where entries > 0"),
        );
        if let Some(author) = &filter.author {
            statement.push(" and author = ").bind(author);
        }
        if let Some(cause) = &filter.cause {
            statement.push(" and cause = ").bind(cause);
        }
        if let Some(record) = &filter.record {
            statement
                .push(" and id in (select change_set from changes where record_id = ")
                .bind(record)
                .push(")");
        }
        if filter.without_consequences {
            statement.push(" and caused_by is null");
        }
        if let Some(before) = filter.before {
            statement.push(" and opened_at < ").bind(before.0);
        }
        let limit = if filter.limit == 0 {
            100
        } else {
            filter.limit.min(1000)
        };
        statement
            .push(" order by opened_at desc, id desc limit ")
            .bind(i64::from(limit));
        statement.fetch(self.db()).await?.iter().map(info).collect()
    }
}
