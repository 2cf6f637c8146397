//! Is history whole? The chain of the feed, and every stored version against its digest.

use std::collections::HashMap;

use crate::catalog::RecordType;
use crate::chain::{START, chained, digest, digest_of};
use crate::erase::versions;
use crate::feed::{CHANGE_COLUMNS, change};
use crate::rows::{CHANGE_SET, ID, RECORDED_AT, RawRow, VERSION, raw_columns, raw_row};
use crate::statement::{Bind, Statement, Transaction};
use crate::store::Store;
use crate::{Broken, Change, Error, VerifyReport};

/// Entries read at a time.
const PAGE: u32 = 1000;

impl Store {
    pub(crate) async fn verify_all(&self) -> Result<VerifyReport, Error> {
        // One moment for the whole check: writers go on beside it.
        let mut tx = Transaction::snapshot(self.db()).await?;
        let report = self.verify_in(&mut tx).await;
        tx.rollback().await?;
        report
    }

    async fn verify_in(&self, tx: &mut Transaction) -> Result<VerifyReport, Error> {
        let mut report = VerifyReport::default();
        let erasures = erasures(tx).await?;
        let (mut seq, mut hash) = (0, START.to_string());
        loop {
            let page = read_page(tx, seq).await?;
            if page.is_empty() {
                break;
            }
            let stored = self.stored_versions(tx, &page).await?;
            for change in &page {
                report.entries += 1;
                let broken = |reason: String| Broken {
                    seq: Some(change.seq),
                    type_name: change.type_name.clone(),
                    id: change.record_id.clone(),
                    reason,
                };
                if change.seq != seq + 1 {
                    report.broken = Some(broken(format!("entry {} is missing before this one", seq + 1)));
                    return Ok(report);
                }
                if chained(&hash, change) != change.hash {
                    report.broken = Some(broken("the entry is not as it was written".into()));
                    return Ok(report);
                }
                if let Err(reason) = self
                    .check_version(tx, change, &stored, &erasures, &mut report)
                    .await?
                {
                    report.broken = Some(broken(reason));
                    return Ok(report);
                }
                seq = change.seq;
                hash.clone_from(&change.hash);
            }
        }
        report.broken = check_head(tx, seq, &hash).await?;
        if report.broken.is_none() {
            report.broken = self.check_strays(tx).await?;
        }
        Ok(report)
    }

    /// The rows that a page of entries speaks of, by type, id and version.
    async fn stored_versions(
        &self,
        tx: &mut Transaction,
        page: &[Change],
    ) -> Result<HashMap<(String, String, i64), RawRow>, Error> {
        let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
        for change in page
            .iter()
            .filter(|c| c.operation == "create" || c.operation == "update")
        {
            ids.entry(&change.type_name).or_default().push(&change.record_id);
        }
        let mut stored = HashMap::new();
        for (type_name, ids) in ids {
            let Some(record_type) = self.catalog().get(type_name) else {
                continue;
            };
            let columns = record_type.columns();
            let names = raw_columns(record_type, "v");
            for table in [record_type.table.clone(), record_type.history_table()] {
                let mut statement = Statement::new(
                    tx.dialect(),
                    format!("select {names} from {table} v where v.id in "),
                );
                statement.bind_list(ids.iter().copied());
                for row in statement.fetch_in(tx).await? {
                    let key = (
                        type_name.to_string(),
                        row.require_text(ID)?,
                        row.require_integer(VERSION)?,
                    );
                    stored.insert(key, raw_row(&columns, &row, 0)?);
                }
            }
        }
        Ok(stored)
    }

    /// The version an entry speaks of is there and as it was written.
    async fn check_version(
        &self,
        tx: &mut Transaction,
        change: &Change,
        stored: &HashMap<(String, String, i64), RawRow>,
        erasures: &HashMap<(String, String), (i64, i64)>,
        report: &mut VerifyReport,
    ) -> Result<Result<(), String>, Error> {
        let Some(record_type) = self.catalog().get(&change.type_name) else {
            // A type that is no longer declared has no columns to check; its chain is checked.
            return Ok(Ok(()));
        };
        let erased = erasures.get(&(change.type_name.clone(), change.record_id.clone()));
        match change.operation.as_str() {
            "create" | "update" => {
                let key = (change.type_name.clone(), change.record_id.clone(), change.version);
                let Some(row) = stored.get(&key) else {
                    return Ok(Err(format!("version {} is missing", change.version)));
                };
                if erased.is_some_and(|(seq, _)| *seq > change.seq) {
                    // The erasure's own entry vouches for what stands there now.
                    report.redacted += 1;
                    return Ok(Ok(()));
                }
                report.versions += 1;
                if digest(row, record_type) != change.digest {
                    return Ok(Err(format!(
                        "the values of version {} are not as they were written",
                        change.version
                    )));
                }
                if row[RECORDED_AT] != Bind::from(change.at.0)
                    || row[CHANGE_SET] != Bind::text(&change.change_set)
                {
                    return Ok(Err(format!(
                        "version {} names another time or change set",
                        change.version
                    )));
                }
                Ok(Ok(()))
            }
            "erase" if erased.is_some_and(|(seq, _)| *seq == change.seq) => {
                let columns = record_type.columns();
                let mut statement = versions(tx.dialect(), record_type, &change.record_id);
                statement.push(" order by version");
                let mut digests = Vec::new();
                for row in statement.fetch_in(tx).await? {
                    // Versions after the erasure have their own entries.
                    if row.require_integer(VERSION)? <= change.version {
                        digests.push(digest(&raw_row(&columns, &row, 0)?, record_type));
                    }
                }
                report.versions += digests.len() as u64;
                if digest_of(&digests) != change.digest {
                    return Ok(Err("an erased version is not as the erasure left it".into()));
                }
                Ok(Ok(()))
            }
            _ => Ok(Ok(())),
        }
    }

    /// Rows that no entry speaks of, present rows of deleted records, and ends that no entry made.
    async fn check_strays(&self, tx: &mut Transaction) -> Result<Option<Broken>, Error> {
        for record_type in self.catalog().iter() {
            let (table, twin) = (&record_type.table, record_type.history_table());
            for (sql, reason) in [
                (
                    format!(
                        "select v.id from {table} v where not exists (select 1 from changes c where c.record_id = v.id \
                         and c.version = v.version and c.record_type = {{type}} and c.operation in ('create', 'update', 'erase'))"
                    ),
                    "a present row that no entry of the feed speaks of",
                ),
                (
                    format!(
                        "select v.id from {table} v where exists (select 1 from changes c where c.record_id = v.id \
                         and c.version > v.version and c.record_type = {{type}})"
                    ),
                    "the present row is older than the feed says",
                ),
                (
                    format!(
                        "select v.id from {twin} v where not exists (select 1 from changes c where c.record_id = v.id \
                         and c.version = v.version and c.record_type = {{type}} and c.operation in ('create', 'update', 'erase'))"
                    ),
                    "a past row that no entry of the feed speaks of",
                ),
                (
                    format!(
                        "select v.id from {twin} v where not exists (select 1 from changes c where c.record_id = v.id \
                         and c.version = v.version + 1 and c.record_type = {{type}} and c.at = v.superseded_at \
                         and c.change_set = v.superseded_by and (c.operation = 'delete') = v.removed)"
                    ),
                    "a past row ended at a time or in a way that no entry of the feed speaks of",
                ),
            ] {
                if let Some(id) = first_id(tx, &sql, record_type).await? {
                    return Ok(Some(Broken {
                        seq: None,
                        type_name: record_type.name.clone(),
                        id,
                        reason: reason.into(),
                    }));
                }
            }
        }
        Ok(None)
    }
}

async fn read_page(tx: &mut Transaction, after: i64) -> Result<Vec<Change>, Error> {
    let mut statement = Statement::new(
        tx.dialect(),
        format!("select {CHANGE_COLUMNS} from changes where seq > "),
    );
    statement
        .bind(after)
        .push(" order by seq limit ")
        .bind(i64::from(PAGE));
    statement.fetch_in(tx).await?.iter().map(change).collect()
}

/// Last erasure of each erased record: the entry's number and the version it vouches for.
async fn erasures(tx: &mut Transaction) -> Result<HashMap<(String, String), (i64, i64)>, Error> {
    let statement = Statement::new(
        tx.dialect(),
        "select record_type, record_id, max(seq), max(version) from changes where operation = 'erase' \
         group by record_type, record_id",
    );
    let mut erasures = HashMap::new();
    for row in statement.fetch_in(tx).await? {
        erasures.insert(
            (row.require_text(0)?, row.require_text(1)?),
            (row.require_integer(2)?, row.require_integer(3)?),
        );
    }
    Ok(erasures)
}

/// The head stands on the last entry, so that none was cut off at the end.
async fn check_head(tx: &mut Transaction, seq: i64, hash: &str) -> Result<Option<Broken>, Error> {
    let rows = Statement::new(tx.dialect(), "select seq, hash from feed_head")
        .fetch_in(tx)
        .await?;
    let Some(head) = rows.first() else {
        return Err(Error::Schema("feed_head has no row".into()));
    };
    let (head_seq, head_hash) = (head.require_integer(0)?, head.require_text(1)?);
    Ok((head_seq != seq || head_hash != hash).then(|| Broken {
        seq: Some(seq),
        type_name: String::new(),
        id: String::new(),
        reason: format!("the feed ends at entry {seq}, its head says {head_seq} or another hash"),
    }))
}

async fn first_id(
    tx: &mut Transaction,
    sql: &str,
    record_type: &RecordType,
) -> Result<Option<String>, Error> {
    let mut statement = Statement::new(tx.dialect(), "");
    for (index, part) in sql.split("{type}").enumerate() {
        if index > 0 {
            statement.bind(&record_type.name);
        }
        statement.push(part);
    }
    statement.push(" limit 1");
    statement
        .fetch_in(tx)
        .await?
        .first()
        .map(|row| row.require_text(0))
        .transpose()
}
