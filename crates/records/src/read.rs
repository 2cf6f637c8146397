//! The one read path: type, filter, order, page, moment and viewer become one SQL statement.

use std::collections::HashMap;

use futures::future::try_join_all;
use geom::Timestamp;
use serde_json::Value;

use crate::catalog::{ColumnType, Kind, RecordType};
use crate::condition::{Asking, Moment, among_of};
use crate::cursor::{SortKey, Stretch, after, push_after, push_order, push_order_of, sort_keys, stretches};
use crate::db::Dialect;
use crate::feed::last_seq;
use crate::filter::{Filter, Property};
use crate::parts::{first_of_all, parts_of};
use crate::patience::Patience;
use crate::rights::{Among, push_scope_of_past};
use crate::rows::{field_value, record, record_columns, record_width};
use crate::sharing::sees_any;
use crate::statement::{Bind, Row, Statement};
use crate::store::{Group, Page, Query, Store};
use crate::{At, Error, Record, Revision, Scope, Viewer};

/// Most groups one sum gives.
const MAX_GROUPS: usize = 200_000;
/// Steps of SQLite's machine that a list is walked in its order: some 50,000 rows, a twentieth of a second.
const MOST_STEPS: i64 = 500_000;
/// … and for whoever sees a part of all, before that part is put together.
const MOST_STEPS_OF_PART: i64 = 200_000;
/// Most versions a history gives.
const MAX_VERSIONS: i64 = 1000;

/// A text to group by that is no field of the record.
#[derive(Clone, Copy, Debug)]
pub struct DerivedKey {
    /// An expression over the row: `$row` stands for it, `$at` for the moment.
    pub sql: &'static str,
    /// Milliseconds since 1970 take the place of `$at`.
    pub at: Timestamp,
}

impl DerivedKey {
    fn push(self, statement: &mut Statement, alias: &str) {
        for (index, part) in self.sql.split("$at").enumerate() {
            if index > 0 {
                statement.bind(self.at.0);
            }
            statement.push(&part.replace("$row", alias));
        }
    }
}

/// One stretch of a list as it was asked for.
struct Wanted<'a> {
    viewer: &'a Viewer,
    query: &'a Query,
    record_type: &'a RecordType,
    keys: &'a [SortKey],
    stretch: Stretch,
    limit: usize,
}

impl Store {
    pub(crate) async fn read_one(
        &self,
        viewer: &Viewer,
        type_name: &str,
        id: &str,
        at: At,
    ) -> Result<Option<Record>, Error> {
        let query = Query::of(type_name).filter(Filter::in_ids([id])).limit(1).at(at);
        Ok(self.read_page(viewer, &query).await?.records.pop())
    }

    pub(crate) async fn read_page(&self, viewer: &Viewer, query: &Query) -> Result<Page, Error> {
        let record_type = self.record_type(&query.type_name)?;
        let keys = sort_keys(record_type, query)?;
        let limit = match query.limit {
            0 => 100,
            limit => limit.min(Query::MAX_LIMIT),
        } as usize;
        let mut rows = Vec::new();
        for stretch in stretches(record_type, &keys, query.cursor.as_deref())? {
            // One more than asked for tells whether there is a next page.
            let missing = limit + 1 - rows.len();
            rows.extend(
                self.read_rows(viewer, query, record_type, &keys, *stretch, missing)
                    .await?,
            );
            if rows.len() > limit {
                break;
            }
        }
        let mut records = rows
            .iter()
            .take(limit)
            .map(|row| record(record_type, row))
            .collect::<Result<Vec<_>, _>>()?;
        records.shrink_to_fit();
        let next_cursor = match records.last() {
            Some(last) if rows.len() > limit => Some(after(record_type, &keys, last)),
            _ => None,
        };
        Ok(Page { records, next_cursor })
    }

    /// The rows of one stretch of a list, at most `limit`.
    async fn read_rows(
        &self,
        viewer: &Viewer,
        query: &Query,
        record_type: &RecordType,
        keys: &[SortKey],
        stretch: Stretch,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let filter = query.filter.as_ref();
        let among = among_of(self.catalog(), record_type, filter);
        let wanted = Wanted {
            viewer,
            query,
            record_type,
            keys,
            stretch,
            limit,
        };
        // A list is walked in its order as long as that finds a page soon; where few meet the condition they are found first
        // and put in order then. Whoever sees a part of all is asked of each row on the way: putting together what they
        // see takes longer than most pages. PostgreSQL knows its tables and chooses by itself, but takes everybody to see half.
        let is_present = Moment::of(query.at, record_type).recorded.is_none();
        let sees_all = viewer.grant(&record_type.name).read == Scope::All;
        let is_sqlite = self.db().dialect() == Dialect::Sqlite;
        if among == Among::Many && is_present && !is_sqlite && !sees_all {
            return self.find_part(&wanted).await;
        }
        if among == Among::Many && is_present && is_sqlite && (filter.is_some() || !sees_all) {
            let steps = if sees_all { MOST_STEPS } else { MOST_STEPS_OF_PART };
            let walk = self.statement_of(&wanted, Among::Few, Among::Many).await?;
            if let Some(rows) = walk.fetch_within(self.db(), steps).await? {
                return Ok(rows);
            }
            if sees_all {
                return self.find_first(&wanted).await;
            }
        }
        let statement = self.statement_of(&wanted, among, among).await?;
        statement.fetch(self.db()).await
    }

    /// A page of few among many that whoever asks sees all of: they are found and put in order then. SQLite reads a table
    /// that no index helps with in parts side by side.
    async fn find_first(&self, wanted: &Wanted<'_>) -> Result<Vec<Row>, Error> {
        let whole = self.statement_of(wanted, Among::Few, Among::Few).await?;
        let table = &wanted.record_type.table;
        let conditions = parts_of(self.db(), &whole, table, "row0").await?;
        if conditions.is_empty() {
            return whole.fetch(self.db()).await;
        }
        let seq = last_seq(self.db()).await?;
        let mut parts = Vec::with_capacity(conditions.len());
        for condition in &conditions {
            parts.push(self.part_of(wanted, Among::Few, Among::Few, condition).await?);
        }
        let width = record_width(wanted.record_type);
        let rows = first_of_all(self.db(), parts, wanted.keys, width, wanted.limit).await?;
        // Each part is read at a moment of its own.
        if last_seq(self.db()).await? == seq {
            return Ok(rows);
        }
        whole.fetch(self.db()).await
    }

    /// A page of what somebody sees a part of, on PostgreSQL: walked in its order with each row asked for, then as PostgreSQL
    /// likes with what they see put together, and where it walks all the same and finds nothing, sorted after it was found.
    async fn find_part(&self, wanted: &Wanted<'_>) -> Result<Vec<Row>, Error> {
        if wanted.query.filter.is_none() {
            let walk = self.statement_of(wanted, Among::Few, Among::Many).await?;
            if let Some(rows) = walk.fetch_soon(self.db(), Patience::Little).await? {
                return Ok(rows);
            }
        }
        let chosen = self.statement_of(wanted, Among::Many, Among::Many).await?;
        if let Some(rows) = chosen.fetch_soon(self.db(), Patience::Some).await? {
            return Ok(rows);
        }
        self.found_then_sorted(wanted).await?.fetch(self.db()).await
    }

    /// A page of which PostgreSQL finds all that meets the conditions before it puts any of it in order.
    async fn found_then_sorted(&self, wanted: &Wanted<'_>) -> Result<Statement, Error> {
        let (query, record_type) = (wanted.query, wanted.record_type);
        let filter = query.filter.as_ref();
        let mut asking = self.asking(wanted.viewer, query.at, record_type, filter).await?;
        let mut columns = record_columns(record_type, "row0");
        for (index, key) in wanted.keys.iter().enumerate() {
            columns.push_str(&format!(", {} as sort{index}", key.of("row0")));
        }
        let select = format!("select * from (select {columns}, row0.id as sort_id ");
        let mut statement = Statement::new(self.db().dialect(), select);
        let alias = asking.push_from_among(&mut statement, record_type, filter, Among::Many)?;
        if let Some(cursor) = &query.cursor {
            let how = (wanted.stretch, Among::Many);
            push_after(&mut statement, record_type, wanted.keys, &alias, cursor, how)?;
        }
        // Nothing is planned across this.
        statement.push(" offset 0) found");
        push_order_of(&mut statement, wanted.keys, |key| match key {
            Some(index) => format!("found.sort{index}"),
            None => "found.sort_id".to_owned(),
        });
        statement.push(" limit ").bind(wanted.limit as i64);
        Ok(statement)
    }

    /// A page with rights put together once or asked of each row, in the order of an index or sorted.
    async fn statement_of(
        &self,
        wanted: &Wanted<'_>,
        rights: Among,
        order: Among,
    ) -> Result<Statement, Error> {
        self.part_of(wanted, rights, order, "").await
    }

    /// The same of rows that meet one more condition; the columns of the sort keys come after those of the record.
    async fn part_of(
        &self,
        wanted: &Wanted<'_>,
        rights: Among,
        order: Among,
        condition: &str,
    ) -> Result<Statement, Error> {
        let (query, record_type) = (wanted.query, wanted.record_type);
        let filter = query.filter.as_ref();
        let mut asking = self.asking(wanted.viewer, query.at, record_type, filter).await?;
        let mut columns = record_columns(record_type, "row0");
        if !condition.is_empty() {
            for key in wanted.keys {
                columns.push_str(", ");
                columns.push_str(&key.of("row0"));
            }
        }
        let mut statement = Statement::new(self.db().dialect(), format!("select {columns} "));
        let alias = asking.push_from_among(&mut statement, record_type, filter, rights)?;
        statement.push(condition);
        if let Some(cursor) = &query.cursor {
            let how = (wanted.stretch, order);
            push_after(&mut statement, record_type, wanted.keys, &alias, cursor, how)?;
        }
        push_order(&mut statement, wanted.keys, order, &alias);
        statement.push(" limit ").bind(wanted.limit as i64);
        Ok(statement)
    }

    pub(crate) async fn asking<'a>(
        &'a self,
        viewer: &'a Viewer,
        at: At,
        record_type: &RecordType,
        filter: Option<&Filter>,
    ) -> Result<Asking<'a>, Error> {
        Asking::prepare(self.db(), self.catalog(), viewer, at, record_type, filter).await
    }

    pub(crate) async fn read_count(&self, viewer: &Viewer, query: &Query) -> Result<u64, Error> {
        let record_type = self.record_type(&query.type_name)?;
        let filter = query.filter.as_ref();
        let mut asking = self.asking(viewer, query.at, record_type, filter).await?;
        let mut whole = Statement::new(self.db().dialect(), "select count(*) ");
        asking.push_from(&mut whole, record_type, filter)?;
        let rows = self.fetch_in_parts(viewer, whole, query.at, record_type).await?;
        let mut count = 0;
        for row in &rows {
            count += row.require_integer(0)?.unsigned_abs();
        }
        Ok(count)
    }

    /// The rows of a statement over all records of a type that ends with its condition, or those of several over a part of
    /// them each, of one moment all the same, where these are read sooner side by side.
    pub(crate) async fn fetch_in_parts(
        &self,
        viewer: &Viewer,
        whole: Statement,
        at: At,
        record_type: &RecordType,
    ) -> Result<Vec<Row>, Error> {
        let db = self.db();
        // The past is put together from two tables; what somebody sees a part of would be put together for each part.
        let is_plain = viewer.grant(&record_type.name).read == Scope::All
            && Moment::of(at, record_type).recorded.is_none();
        let conditions = match is_plain {
            true => parts_of(db, &whole, &record_type.table, "row0").await?,
            false => Vec::new(),
        };
        if conditions.is_empty() {
            return whole.fetch(db).await;
        }
        let seq = last_seq(db).await?;
        let parts = conditions.iter().map(|condition| {
            let mut part = whole.clone();
            part.push(condition);
            part.fetch(db)
        });
        let rows = try_join_all(parts).await?;
        // Each part is read at a moment of its own: where somebody wrote meanwhile, all is read at once.
        if last_seq(db).await? == seq {
            return Ok(rows.into_iter().flatten().collect());
        }
        whole.fetch(db).await
    }

    pub(crate) async fn read_sums(
        &self,
        viewer: &Viewer,
        query: &Query,
        fields: &[&str],
        group_by: &[&str],
        derived: Option<DerivedKey>,
    ) -> Result<Vec<Group>, Error> {
        let record_type = self.record_type(&query.type_name)?;
        let column = |name: &str| -> Result<Kind, Error> {
            match record_type.property(name)? {
                Property::Column { kind, .. } => Ok(kind),
                Property::Custom(_) => Err(Error::BadField(format!(
                    "custom field {name} cannot be summed or grouped by"
                ))),
            }
        };
        let mut kinds = Vec::new();
        let mut statement = Statement::new(self.db().dialect(), "select count(*)");
        if let Some(key) = derived {
            kinds.push(Kind::Text);
            statement.push(", ");
            key.push(&mut statement, "row0");
        }
        for name in group_by {
            kinds.push(column(name)?);
            statement.push(&format!(", row0.{name}"));
        }
        let keys = kinds.len();
        for name in fields {
            // Sums of bigint are numeric on PostgreSQL; both engines are told what to answer with.
            let kind = column(name)?;
            let cast = match kind {
                Kind::Integer | Kind::Money => "bigint",
                Kind::Number => "double precision",
                _ => {
                    return Err(Error::BadField(format!(
                        "{}.{name} is not a number to sum",
                        record_type.name
                    )));
                }
            };
            kinds.push(kind);
            statement.push(&format!(", cast(sum(row0.{name}) as {cast})"));
        }
        let filter = query.filter.as_ref();
        let mut asking = self.asking(viewer, query.at, record_type, filter).await?;
        statement.push(" ");
        asking.push_from(&mut statement, record_type, filter)?;
        if keys > 0 {
            // By their places: what is derived has values bound, and no two of them are the same to PostgreSQL.
            let places: Vec<String> = (2..2 + keys).map(|place| place.to_string()).collect();
            statement.push(&format!(" group by {}", places.join(", ")));
        }
        statement.push(" limit ").bind(MAX_GROUPS as i64 + 1);
        let rows = statement.fetch(self.db()).await?;
        if rows.len() > MAX_GROUPS {
            return Err(Error::TooMuch(format!(
                "more than {MAX_GROUPS} groups of {} by {}; narrow the filter",
                record_type.name,
                group_by.join(", ")
            )));
        }
        let mut groups = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut values = kinds
                .iter()
                .enumerate()
                .map(|(i, kind)| field_value(*kind, row, 1 + i))
                .collect::<Result<Vec<_>, _>>()?;
            let sums = values.split_off(keys);
            groups.push(Group {
                key: values,
                count: row.require_integer(0)?.unsigned_abs(),
                sums,
            });
        }
        groups.sort_by(|a, b| order_of_keys(&a.key, &b.key));
        Ok(groups)
    }

    pub(crate) async fn read_texts(
        &self,
        viewer: &Viewer,
        query: &Query,
        field: &str,
    ) -> Result<Vec<String>, Error> {
        let record_type = self.record_type(&query.type_name)?;
        match record_type.property(field)? {
            Property::Column { kind, .. } if kind.column_type() == ColumnType::Text => {}
            _ => {
                return Err(Error::BadField(format!(
                    "{}.{field} is no text to be listed",
                    record_type.name
                )));
            }
        }
        let filter = query.filter.as_ref();
        let mut asking = self.asking(viewer, query.at, record_type, filter).await?;
        // An id is one of its kind as it is, and telling a million apart takes long.
        let distinct = if field == "id" { "" } else { "distinct " };
        let mut statement = Statement::new(self.db().dialect(), format!("select {distinct}row0.{field} "));
        let alias = asking.push_from(&mut statement, record_type, filter)?;
        statement.push(&format!(" and {alias}.{field} is not null"));
        let rows = statement.fetch(self.db()).await?;
        rows.iter().map(|row| row.require_text(0)).collect()
    }

    pub(crate) async fn read_history(
        &self,
        viewer: &Viewer,
        type_name: &str,
        id: &str,
    ) -> Result<Vec<Revision>, Error> {
        let record_type = self.record_type(type_name)?;
        if !self.is_visible(viewer, record_type, id).await? {
            return Ok(Vec::new());
        }
        let db = self.db();
        let columns = record_columns(record_type, "v");
        let (table, twin) = (&record_type.table, record_type.history_table());
        let mut statement = Statement::new(
            db.dialect(),
            format!(
                "select {columns}, cast(null as bigint) as superseded_at, false as removed from {table} v where v.id = "
            ),
        );
        statement
            .bind(id)
            .push(&format!(
                " union all select {columns}, v.superseded_at, v.removed from {twin} v where v.id = "
            ))
            .bind(id)
            .push(" order by version desc limit ")
            .bind(MAX_VERSIONS);
        let rows = statement.fetch(db).await?;

        let mut statement = Statement::new(
            db.dialect(),
            "select version, operation, cause, author from changes where record_id = ",
        );
        statement
            .bind(id)
            .push(" and record_type = ")
            .bind(type_name)
            .push(" and operation in ('create', 'update', 'erase')");
        let mut causes = HashMap::new();
        for row in statement.fetch(db).await? {
            causes.insert(
                row.require_integer(0)?,
                (row.require_text(1)?, row.require_text(2)?, row.text(3)?),
            );
        }
        let width = record_width(record_type);
        let mut revisions = Vec::with_capacity(rows.len());
        for row in &rows {
            let record = record(record_type, row)?;
            let (operation, cause, author) = causes.remove(&record.version).unwrap_or_default();
            revisions.push(Revision {
                record,
                superseded_at: row.integer(width)?.map(Timestamp),
                operation,
                cause,
                author,
                removed: row.boolean(width + 1)?.unwrap_or(false),
            });
        }
        Ok(revisions)
    }

    /// The viewer sees the present or last state of a record.
    pub(crate) async fn is_visible(
        &self,
        viewer: &Viewer,
        record_type: &RecordType,
        id: &str,
    ) -> Result<bool, Error> {
        let scope = viewer.grant(&record_type.name).read;
        if !sees_any(viewer, record_type) {
            return Ok(false);
        }
        let mut statement = Statement::new(self.db().dialect(), "select 1 from (select cast(");
        statement
            .bind(Bind::text(id))
            .push(" as text) as id) asked where ");
        push_scope_of_past(&mut statement, record_type, scope, viewer, "asked");
        Ok(!statement.fetch(self.db()).await?.is_empty())
    }
}

fn order_of_keys(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    for (x, y) in a.iter().zip(b) {
        let order = match (x, y) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (Value::String(x), Value::String(y)) => x.cmp(y),
            (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
            (x, y) => match (x.as_i64(), y.as_i64()) {
                (Some(x), Some(y)) => x.cmp(&y),
                _ => x.as_f64().partial_cmp(&y.as_f64()).unwrap_or(Ordering::Equal),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
