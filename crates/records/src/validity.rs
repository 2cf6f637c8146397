//! A validity begins or ends without a write: the feed hears of it all the same.

use crate::catalog::RecordType;
use crate::statement::Statement;
use crate::store::Store;
use crate::transaction::Writing;
use crate::values::new_id;
use crate::{Author, Error};

/// Entries appended in one transaction.
const CHUNK: usize = 2000;

impl Store {
    pub(crate) async fn append_validity_changes(&self) -> Result<u64, Error> {
        let author = Author::system("validity", "Validities that began or ended");
        let change_set = new_id();
        let now = self.now().0;
        let mut total = 0;
        loop {
            let mut writing = Writing::begin(self, &author, change_set.clone()).await?;
            let head = Statement::new(writing.dialect(), "select validity_noted_until from feed_head");
            let rows = head.fetch_in(&mut writing.tx).await?;
            let since = rows.first().map_or(Ok(0), |row| row.require_integer(0))?;
            let mut count = 0;
            for record_type in self.catalog().iter().filter(|t| t.validity) {
                for (column, operation) in [("valid_from", "begin"), ("valid_to", "end")] {
                    let room = CHUNK - count;
                    count +=
                        enter_some(&mut writing, record_type, column, operation, since, now, room).await?;
                }
            }
            let is_last = count < CHUNK;
            if is_last && now > since {
                let mut statement =
                    Statement::new(writing.dialect(), "update feed_head set validity_noted_until = ");
                statement.bind(now).push(" where one = 1");
                statement.execute_in(&mut writing.tx).await?;
            }
            if count > 0 && total == 0 {
                writing.insert_change_set(&author, None, true).await?;
            }
            writing.commit(self).await?;
            total += count as u64;
            if is_last {
                return Ok(total);
            }
        }
    }
}

/// Enters up to `room` validities that began or ended in `since < time <= now` and are not in the feed yet.
async fn enter_some(
    writing: &mut Writing,
    record_type: &RecordType,
    column: &str,
    operation: &'static str,
    since: i64,
    now: i64,
    room: usize,
) -> Result<usize, Error> {
    // One that was written after its time came is in the feed by its own entry.
    let mut statement = Statement::new(
        writing.dialect(),
        format!(
            "select t.id, t.version from {} t where t.{column} > ",
            record_type.table
        ),
    );
    statement
        .bind(since)
        .push(&format!(" and t.{column} <= "))
        .bind(now)
        .push(&format!(
            " and t.recorded_at < t.{column} and not exists (select 1 from changes c where c.record_id = t.id \
             and c.version = t.version and c.operation = '{operation}') order by t.{column}, t.id limit "
        ))
        .bind(room as i64);
    let rows = statement.fetch_in(&mut writing.tx).await?;
    for row in &rows {
        let (id, version) = (row.require_text(0)?, row.require_integer(1)?);
        writing.enter(operation, &record_type.name, &id, version, String::new());
    }
    Ok(rows.len())
}
