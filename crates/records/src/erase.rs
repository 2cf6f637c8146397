//! Erasure: the personal fields of a record are replaced in every version, for good, and the feed says so.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::catalog::{ColumnType, Field, OnErase, RecordType};
use crate::chain::{digest, digest_of, hex, salt};
use crate::rows::{
    CHANGE_SET, CHANGED_BY, CUSTOM, FIRST_FIELD, RECORDED_AT, RawRow, SALT, VERSION, derive, raw_columns,
    raw_row,
};
use crate::statement::{Bind, Statement};
use crate::store::Store;
use crate::sweep::{json_without, without};
use crate::transaction::{Writing, insert, names};
use crate::values::new_id;
use crate::{Author, Error, Scope, Written};

/// What stands in a required field afterwards.
const ERASED: &str = "erased";

/// Words that go from texts: names, addresses and numbers of a person.
pub trait Words: Send + Sync {
    /// The text without them; `None` when none of them is in it. What is put in their place holds no quotes and no
    /// backslashes, and is not found again.
    fn without(&self, text: &str) -> Option<String>;
}

/// What goes from one record, in every version of it.
#[derive(Clone)]
pub struct Erasure {
    /// The record type.
    pub type_name: String,
    /// The record.
    pub id: String,
    /// Its personal fields, and the values that nobody declared, go whole.
    pub whole: bool,
    /// What goes from the texts that stay.
    pub words: Option<Arc<dyn Words>>,
}

/// What an erasure of many records did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The change set it is, which cannot be undone; `None` when there was nothing to erase.
    pub change_set: Option<String>,
    /// How many records were changed; those that are not on record any more, and never were, are not counted.
    pub records: u64,
    /// Number of the last entry in the feed.
    pub last_seq: i64,
}

/// Records erased in one transaction: about 50 ms.
const CHUNK: usize = 100;

impl Store {
    pub(crate) async fn erase_record(
        &self,
        author: &Author,
        type_name: &str,
        id: &str,
    ) -> Result<Written, Error> {
        let record_type = self.record_type(type_name)?;
        if !record_type.fields.iter().any(|f| f.personal) {
            return Err(Error::BadField(format!(
                "{type_name} has no personal fields to erase"
            )));
        }
        if !self.is_visible(&author.viewer, record_type, id).await? {
            return Err(Error::NotFound {
                type_name: type_name.into(),
                id: id.into(),
            });
        }
        may_erase(author, type_name)?;
        let erasure = Erasure {
            type_name: type_name.into(),
            id: id.into(),
            whole: true,
            words: None,
        };
        let mut writing = Writing::begin(self, author, new_id()).await?;
        if !enter(&mut writing, record_type, &erasure).await? {
            writing.roll_back().await?;
            return Err(Error::NotFound {
                type_name: type_name.into(),
                id: id.into(),
            });
        }
        writing.insert_change_set(author, None, true).await?;
        let (change_set, at) = (writing.change_set.clone(), writing.at);
        let last_seq = writing.commit(self).await?;
        let record = self
            .get(&author.viewer, type_name, id, crate::At::PRESENT)
            .await?;
        Ok(Written {
            change_set,
            records: record.into_iter().collect(),
            last_seq,
            at,
        })
    }

    /// Erases many records as one change set, a hundred a transaction: each record's entry in the feed vouches for what is
    /// left of it. What was erased when it breaks off stays erased.
    ///
    /// # Errors
    /// [`Error::UnknownType`], [`Error::Forbidden`] (it takes the right to delete every record of each type),
    /// [`Error::Database`].
    pub async fn erase_all(&self, author: &Author, erasures: &[Erasure]) -> Result<Erased, Error> {
        for erasure in erasures {
            self.record_type(&erasure.type_name)?;
            may_erase(author, &erasure.type_name)?;
        }
        let mut erased = Erased {
            change_set: None,
            records: 0,
            last_seq: self.last_seq().await?,
        };
        if erasures.is_empty() {
            return Ok(erased);
        }
        let change_set = self.open_change_set(author, None).await?;
        for chunk in erasures.chunks(CHUNK) {
            let mut writing = Writing::begin(self, author, change_set.clone()).await?;
            for erasure in chunk {
                let record_type = self.record_type(&erasure.type_name)?;
                erased.records += u64::from(enter(&mut writing, record_type, erasure).await?);
            }
            erased.last_seq = writing.commit(self).await?;
        }
        self.close_change_set(&change_set).await?;
        erased.change_set = Some(change_set);
        Ok(erased)
    }
}

/// Irreversible, so it takes the right to delete any record of the type.
fn may_erase(author: &Author, type_name: &str) -> Result<(), Error> {
    if author.viewer.grant(type_name).delete == Scope::All {
        return Ok(());
    }
    Err(Error::Forbidden {
        operation: "erase",
        type_name: type_name.into(),
        id: String::new(),
    })
}

/// Erases one record and says so in the feed; `false` when there is none.
async fn enter(writing: &mut Writing, record_type: &RecordType, erasure: &Erasure) -> Result<bool, Error> {
    let Some(last) = erase(writing, record_type, erasure).await? else {
        return Ok(false);
    };
    relabel(writing, erasure).await?;
    let digests = digests(writing, record_type, &erasure.id).await?;
    writing.enter("erase", &record_type.name, &erasure.id, last, digest_of(&digests));
    Ok(true)
}

/// What was done to the record is told without the words too: "Attached NAME.pdf". Labels are no part of the chain.
async fn relabel(writing: &mut Writing, erasure: &Erasure) -> Result<(), Error> {
    let Some(words) = &erasure.words else {
        return Ok(());
    };
    let mut sets = Statement::new(
        writing.dialect(),
        "select id, label from change_sets where id in (select change_set from changes where record_id = ",
    );
    sets.bind(&erasure.id).push(")");
    for row in sets.fetch_in(&mut writing.tx).await? {
        let (id, label) = (row.require_text(0)?, row.require_text(1)?);
        if let Some(label) = words.without(&label) {
            let mut update = Statement::new(writing.dialect(), "update change_sets set label = ");
            update.bind(Bind::text(label)).push(" where id = ").bind(&id);
            update.execute_in(&mut writing.tx).await?;
        }
    }
    Ok(())
}

/// Replaces the values everywhere; gives the version the erasure made (of a deleted record: its last).
async fn erase(
    writing: &mut Writing,
    record_type: &RecordType,
    erasure: &Erasure,
) -> Result<Option<i64>, Error> {
    let id = erasure.id.as_str();
    let columns = record_type.columns();
    // The present version becomes the past first, so that the fact of the change has its place in history.
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select {} from {} t where t.id = ",
            raw_columns(record_type, "t"),
            record_type.table
        ),
    );
    statement.bind(id);
    let present = match statement.fetch_in(&mut writing.tx).await?.first() {
        Some(row) => Some(raw_row(&columns, row, 0)?),
        None => None,
    };
    if present.is_some() {
        writing.close(record_type, &[id], false).await?;
    }
    let past = past_rows(writing, record_type, id).await?;
    let Some(last_past) = past.iter().filter_map(|(row, _)| version(row)).max() else {
        return Ok(None);
    };
    let mut deletion = Statement::new(
        writing.dialect(),
        format!("delete from {} where id = ", record_type.history_table()),
    );
    deletion.bind(id);
    deletion.execute_in(&mut writing.tx).await?;
    let mut rows = Vec::with_capacity(past.len());
    for (mut row, ended) in past {
        redact(record_type, erasure, &mut row)?;
        row.extend(ended);
        rows.push(row);
    }
    let head = format!(
        "insert into {} ({}, superseded_at, superseded_by, removed) values ",
        record_type.history_table(),
        names(&columns)
    );
    insert(&mut writing.tx, &head, "", columns.len() + 3, rows.into_iter()).await?;
    let Some(mut row) = present else {
        return Ok(Some(last_past));
    };
    redact(record_type, erasure, &mut row)?;
    row[VERSION] = (last_past + 1).into();
    row[RECORDED_AT] = writing.at.0.into();
    row[CHANGED_BY] = Bind::Text(writing.author().map(str::to_string));
    row[CHANGE_SET] = Bind::text(&writing.change_set);
    writing.put(record_type, vec![row], true).await?;
    Ok(Some(last_past + 1))
}

fn version(row: &RawRow) -> Option<i64> {
    match row[VERSION] {
        Bind::Integer(version) => version,
        _ => None,
    }
}

/// The rows of the twin, oldest first, and their last three columns.
async fn past_rows(
    writing: &mut Writing,
    record_type: &RecordType,
    id: &str,
) -> Result<Vec<(RawRow, RawRow)>, Error> {
    let columns = record_type.columns();
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select {}, h.superseded_at, h.superseded_by, h.removed from {} h where h.id = ",
            raw_columns(record_type, "h"),
            record_type.history_table()
        ),
    );
    statement.bind(id).push(" order by h.version");
    let ended = [
        ("superseded_at".to_string(), ColumnType::Bigint),
        ("superseded_by".to_string(), ColumnType::Text),
        ("removed".to_string(), ColumnType::Boolean),
    ];
    statement
        .fetch_in(&mut writing.tx)
        .await?
        .iter()
        .map(|row| Ok((raw_row(&columns, row, 0)?, raw_row(&ended, row, columns.len())?)))
        .collect()
}

/// Digests of every version there is, oldest first.
async fn digests(writing: &mut Writing, record_type: &RecordType, id: &str) -> Result<Vec<String>, Error> {
    let columns = record_type.columns();
    let mut statement = versions(writing.dialect(), record_type, id);
    statement.push(" order by version");
    statement
        .fetch_in(&mut writing.tx)
        .await?
        .iter()
        .map(|row| Ok(digest(&raw_row(&columns, row, 0)?, record_type)))
        .collect()
}

/// Every stored version of a record, present and past, as raw rows.
pub(crate) fn versions(dialect: crate::db::Dialect, record_type: &RecordType, id: &str) -> Statement {
    let columns = raw_columns(record_type, "v");
    let mut statement = Statement::new(
        dialect,
        format!("select {columns} from {} v where v.id = ", record_type.table),
    );
    statement
        .bind(id)
        .push(&format!(
            " union all select {columns} from {} v where v.id = ",
            record_type.history_table()
        ))
        .bind(id);
    statement
}

fn redact(record_type: &RecordType, erasure: &Erasure, row: &mut RawRow) -> Result<(), Error> {
    for (index, field) in record_type.fields.iter().enumerate() {
        let cell = &mut row[FIRST_FIELD + index];
        if erasure.whole && field.personal {
            *cell = replacement(field, &erasure.id, cell)?;
        } else if let (Some(words), Bind::Text(Some(text))) = (&erasure.words, &*cell)
            && let Some(left) = without(field, words.as_ref(), text)
        {
            *cell = if field.kind.is_prose() && !field.unique {
                Bind::text(left)
            } else {
                replacement(field, &erasure.id, cell)?
            };
        }
    }
    if erasure.whole {
        // Nobody declared what custom fields hold, so they are taken for personal.
        row[CUSTOM] = Bind::Text(None);
    } else if let (Some(words), Bind::Text(Some(text))) = (&erasure.words, &row[CUSTOM])
        && let Some(left) = json_without(words.as_ref(), text)
    {
        row[CUSTOM] = Bind::text(left);
    }
    // With its old salt and digest a short value could be guessed; without, it cannot.
    row[SALT] = Bind::text(salt()?);
    derive(record_type, row);
    Ok(())
}

fn replacement(field: &Field, id: &str, cell: &Bind) -> Result<Bind, Error> {
    let kind = field.kind.column_type();
    if field.on_erase == OnErase::Digest
        && let Bind::Text(Some(text)) = cell
    {
        return Ok(Bind::text(digested(text)?));
    }
    if !field.required {
        return Ok(Bind::null(kind));
    }
    Ok(match kind {
        ColumnType::Text if field.unique => Bind::text(format!("{ERASED} {id}")),
        ColumnType::Text => Bind::text(field.choices.first().map_or(ERASED, String::as_str)),
        ColumnType::Bigint => 0.into(),
        ColumnType::Double => Bind::Number(Some(0.0)),
        ColumnType::Boolean => Bind::Boolean(Some(false)),
    })
}

/// What a digest left by an erasure begins with.
const DIGESTED: &str = "sha256:";

/// `sha256:SALT:DIGEST`, both hex: whoever has the text can show that it is the one (SHA-256 of salt and text); nobody can
/// read it from here. What is one already stays.
fn digested(text: &str) -> Result<String, Error> {
    if text.starts_with(DIGESTED) {
        return Ok(text.into());
    }
    let salt = salt()?;
    let mut sha = Sha256::new();
    sha.update(&salt);
    sha.update(text);
    Ok(format!("{DIGESTED}{salt}:{}", hex(&sha.finalize())))
}
