//! Few among very many that no index finds: SQLite reads the whole table, in parts side by side, each on a connection of
//! its own.

use std::cmp::Ordering;

use futures::future::try_join_all;

use crate::Error;
use crate::cursor::{SortKey, id_descends};
use crate::db::{Db, Dialect};
use crate::rows::ID;
use crate::statement::{Bind, Row, Statement};

/// Rows of a table that are worth a part; of fewer, telling another thread takes longer than reading them.
const PART: i64 = 20_000;
/// Most parts of one question: others ask as well, and there are eight connections.
const MOST_PARTS: i64 = 4;

/// What follows `where` for each part of a table's rows, in the order they were made. Nothing where the statement enters
/// an index, where the table is small, or where there is one processor.
pub(crate) async fn parts_of(
    db: &Db,
    statement: &Statement,
    table: &str,
    alias: &str,
) -> Result<Vec<String>, Error> {
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as i64);
    if statement.dialect != Dialect::Sqlite || processors < 2 {
        return Ok(Vec::new());
    }
    // What the plan says of a table that is read from end to end.
    let whole = format!("SCAN {alias}");
    let plan = statement.explained().fetch(db).await?;
    let mut steps = plan.iter().map(|row| row.require_text(3));
    if !steps.any(|step| step.is_ok_and(|step| step == whole)) {
        return Ok(Vec::new());
    }
    // Two questions in one: SQLite looks either end up, and reads all rows for both at once.
    let ends = format!("select (select min(rowid) from {table}), (select max(rowid) from {table})");
    let ends = Statement::new(Dialect::Sqlite, ends).fetch(db).await?;
    let end = |column| ends.first().map_or(Ok(None), |row| row.integer(column));
    let (Some(first), Some(last)) = (end(0)?, end(1)?) else {
        return Ok(Vec::new());
    };
    let rows = last - first + 1;
    let parts = (rows / PART).min(processors).min(MOST_PARTS);
    if parts < 2 {
        return Ok(Vec::new());
    }
    // Open at both ends: rows come while this is asked.
    let from = |part: i64| first + rows / parts * part;
    Ok((0..parts)
        .map(|part| match part {
            0 => format!(" and {alias}.rowid < {}", from(1)),
            part if part == parts - 1 => format!(" and {alias}.rowid >= {}", from(part)),
            part => format!(
                " and {alias}.rowid >= {} and {alias}.rowid < {}",
                from(part),
                from(part + 1)
            ),
        })
        .collect())
}

/// The first `limit` rows of all parts in the order of a list. Each statement gives its own first ones in that order, the
/// keys' columns after `width` others.
pub(crate) async fn first_of_all(
    db: &Db,
    statements: Vec<Statement>,
    keys: &[SortKey],
    width: usize,
    limit: usize,
) -> Result<Vec<Row>, Error> {
    let parts = try_join_all(statements.into_iter().map(|statement| statement.fetch(db))).await?;
    let mut rows = Vec::new();
    for row in parts.into_iter().flatten() {
        let mut place = Vec::with_capacity(keys.len() + 1);
        for (index, key) in keys.iter().enumerate() {
            place.push(row.value(key.column_type(), width + index)?);
        }
        place.push(Bind::Text(row.text(ID)?));
        rows.push((place, row));
    }
    rows.sort_by(|(a, _), (b, _)| {
        let by_key = keys.iter().enumerate().map(|(index, key)| {
            let order = order_of(&a[index], &b[index]);
            if key.descending { order.reverse() } else { order }
        });
        let by_id = std::iter::once_with(|| {
            let order = order_of(&a[keys.len()], &b[keys.len()]);
            if id_descends(keys) { order.reverse() } else { order }
        });
        by_key.chain(by_id).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
    rows.truncate(limit);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// As the database orders values of one column: text by its bytes, and what is empty is the greatest.
fn order_of(a: &Bind, b: &Bind) -> Ordering {
    fn empty_last<T>(a: Option<T>, b: Option<T>, order: impl Fn(T, T) -> Ordering) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => order(a, b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
    match (a, b) {
        (Bind::Text(a), Bind::Text(b)) => empty_last(a.as_deref(), b.as_deref(), |a, b| a.cmp(b)),
        (Bind::Integer(a), Bind::Integer(b)) => empty_last(*a, *b, |a, b| a.cmp(&b)),
        (Bind::Number(a), Bind::Number(b)) => empty_last(*a, *b, |a, b| a.total_cmp(&b)),
        (Bind::Boolean(a), Bind::Boolean(b)) => empty_last(*a, *b, |a, b| a.cmp(&b)),
        // A column has one type.
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the database's words for its plan are still those that are looked for.
    #[tokio::test]
    async fn a_table_without_an_index_is_read_in_parts_and_one_with_an_index_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("toy.sqlite").display());
        let db = Db::open(&url).await.unwrap();
        let Db::Sqlite { write, .. } = &db else {
            panic!("a file is SQLite's");
        };
        for sql in [
            "create table toys (id text primary key, name text)",
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) \
             insert into toys select i, 'toy ' || i from n",
        ] {
            sqlx::query(sql).execute(write).await.unwrap();
        }
        let asked = |condition: &str| {
            Statement::new(
                Dialect::Sqlite,
                format!("select count(*) from toys row0 where {condition}"),
            )
        };
        let scan = asked("row0.name like '%77%'");
        let parts = parts_of(&db, &scan, "toys", "row0").await.unwrap();
        if std::thread::available_parallelism().map_or(1, |n| n.get()) < 2 {
            println!("one processor: nothing is read in parts, and nothing is tested");
            return;
        }
        assert!(parts.len() > 1, "{parts:?}");
        let mut sum = 0;
        for part in &parts {
            let mut one = scan.clone();
            one.push(part);
            sum += one.fetch(&db).await.unwrap()[0].require_integer(0).unwrap();
        }
        let whole = scan.fetch(&db).await.unwrap()[0].require_integer(0).unwrap();
        assert_eq!(sum, whole);
        let found = asked("row0.id = '7'");
        assert!(parts_of(&db, &found, "toys", "row0").await.unwrap().is_empty());
    }
}
