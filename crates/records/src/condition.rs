//! A filter becomes SQL. Every literal is bound; names come from the declaration.

use serde_json::Value;

use crate::catalog::{Catalog, Kind, RecordType};
use crate::db::{Db, Dialect};
use crate::filter::{Comparison, Filter, Property};
use crate::rights::{push_scope, push_scope_of_past};
use crate::shape::Shape;
use crate::statement::{Bind, Statement};
use crate::values::{fold, instant, whole_number};
use crate::{At, Error, FilterError, Viewer};

/// Which row of each record a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The recorded time; `None` is the present.
    pub recorded: Option<i64>,
    /// The validity asked for, of types that have one.
    pub valid: Option<i64>,
}

impl Moment {
    /// Types with a validity: valid at `as_of`, as recorded at `known_at`. Others: as recorded at the
    /// earlier of the two.
    pub fn of(at: At, record_type: &RecordType) -> Self {
        let (as_of, known_at) = (at.as_of.map(|t| t.0), at.known_at.map(|t| t.0));
        if record_type.validity {
            return Self {
                recorded: known_at,
                valid: as_of,
            };
        }
        Self {
            recorded: [as_of, known_at].into_iter().flatten().min(),
            valid: None,
        }
    }
}

/// Who asks, of which moment, and what spatial conditions were worked out before.
pub(crate) struct Asking<'a> {
    pub catalog: &'a Catalog,
    pub viewer: &'a Viewer,
    pub at: At,
    /// One for each [`Filter::Within`], in the order [`Filter::walk`] meets them.
    covers: std::vec::IntoIter<Cover>,
    aliases: usize,
}

/// A shape in one query: whole cells, and the rows of border cells that the exact test let in.
struct Cover {
    inside: Vec<(i64, i64)>,
    border: Vec<String>,
}

impl<'a> Asking<'a> {
    /// Checks the filter's size and asks the database for the border rows of its shapes.
    pub async fn prepare(
        db: &Db,
        catalog: &'a Catalog,
        viewer: &'a Viewer,
        at: At,
        record_type: &RecordType,
        filter: Option<&Filter>,
    ) -> Result<Self, Error> {
        let mut covers = Vec::new();
        if let Some(filter) = filter {
            check_size(filter)?;
            let mut shapes = Vec::new();
            collect_shapes(catalog, record_type, filter, &mut shapes)?;
            for (shaped, shape) in shapes {
                covers.push(cover(db, shaped, at, shape).await?);
            }
        }
        Ok(Self {
            catalog,
            viewer,
            at,
            covers: covers.into_iter(),
            aliases: 0,
        })
    }

    /// `from TABLE alias where RIGHTS and FILTER`; gives the alias.
    pub fn push_from(
        &mut self,
        statement: &mut Statement,
        record_type: &RecordType,
        filter: Option<&Filter>,
    ) -> Result<String, FilterError> {
        let alias = self.push_source(statement, record_type, "");
        if let Some(filter) = filter {
            statement.push(" and ");
            self.push_filter(statement, record_type, &alias, filter)?;
        }
        Ok(alias)
    }

    /// `from TABLE alias where [join and] VALIDITY and RIGHTS`. In `join`, `$row` is the alias.
    fn push_source(&mut self, statement: &mut Statement, record_type: &RecordType, join: &str) -> String {
        let alias = format!("row{}", self.aliases);
        self.aliases += 1;
        let moment = Moment::of(self.at, record_type);
        push_table(statement, record_type, moment, &alias);
        if !join.is_empty() {
            statement.push(&join.replace("$row", &alias)).push(" and ");
        }
        push_validity(statement, moment, &alias);
        let scope = self.viewer.grant(&record_type.name).read;
        if moment.recorded.is_some() {
            push_scope_of_past(statement, record_type, scope, self.viewer, &alias);
        } else {
            push_scope(statement, record_type, scope, self.viewer, &alias);
        }
        alias
    }

    fn push_filter(
        &mut self,
        statement: &mut Statement,
        record_type: &RecordType,
        alias: &str,
        filter: &Filter,
    ) -> Result<(), FilterError> {
        match filter {
            Filter::And(all) if all.is_empty() => {
                statement.push("true");
                Ok(())
            }
            Filter::Or(all) if all.is_empty() => {
                statement.push("false");
                Ok(())
            }
            Filter::And(all) => balanced(statement, all.len(), " and ", &mut |s, i| {
                self.push_filter(s, record_type, alias, &all[i])
            }),
            Filter::Or(all) => balanced(statement, all.len(), " or ", &mut |s, i| {
                self.push_filter(s, record_type, alias, &all[i])
            }),
            Filter::Not(inner) => {
                statement.push("not (");
                self.push_filter(statement, record_type, alias, inner)?;
                statement.push(")");
                Ok(())
            }
            Filter::Compare {
                field,
                op,
                value,
                folded,
            } => push_compare(statement, record_type, alias, field, *op, value, *folded),
            Filter::In { field, values } => push_in(statement, record_type, alias, field, values),
            Filter::Between { field, low, high } => {
                statement.push("(");
                push_compare(
                    statement,
                    record_type,
                    alias,
                    field,
                    Comparison::AtLeast,
                    low,
                    false,
                )?;
                statement.push(" and ");
                push_compare(
                    statement,
                    record_type,
                    alias,
                    field,
                    Comparison::AtMost,
                    high,
                    false,
                )?;
                statement.push(")");
                Ok(())
            }
            Filter::Like {
                field,
                pattern,
                folded,
            } => push_like(statement, record_type, alias, field, pattern, *folded),
            Filter::IsNull { field } => {
                match record_type.property(field)? {
                    Property::Column { .. } if is_open_end(record_type, field) => {
                        statement.push(&format!("({alias}.{field} = 9223372036854775807)"));
                    }
                    Property::Column { .. } => {
                        statement.push(&format!("({alias}.{field} is null)"));
                    }
                    Property::Custom(key) => {
                        let text = match statement.dialect {
                            Dialect::Sqlite => format!("(({alias}.custom ->> '$.{key}') is null)"),
                            Dialect::Postgres => format!("(({alias}.custom::jsonb ->> '{key}') is null)"),
                        };
                        statement.push(&text);
                    }
                }
                Ok(())
            }
            Filter::Ids(ids) if ids.len() == 1 => {
                statement.push(&format!("{alias}.id = ")).bind(&ids[0]);
                Ok(())
            }
            Filter::Ids(ids) => {
                statement
                    .push(&format!("({alias}.id in "))
                    .bind_list(ids.iter().map(String::as_str))
                    .push(")");
                Ok(())
            }
            Filter::Within(_) => {
                let cover = self.covers.next().ok_or_else(|| FilterError {
                    message: "a shape was not prepared".into(),
                    property: None,
                })?;
                push_cover(statement, alias, &cover);
                Ok(())
            }
            Filter::Linked { field, filter } => {
                let target = link_target(self.catalog, record_type, field)?;
                statement.push("exists (select 1 ");
                let inner = self.push_source(statement, target, &format!("$row.id = {alias}.{field}"));
                statement.push(" and ");
                self.push_filter(statement, target, &inner, filter)?;
                statement.push(")");
                Ok(())
            }
            Filter::Linking {
                type_name,
                field,
                filter,
            } => {
                let source = linking_type(self.catalog, record_type, type_name, field)?;
                statement.push("exists (select 1 ");
                let inner = self.push_source(statement, source, &format!("$row.{field} = {alias}.id"));
                statement.push(" and ");
                self.push_filter(statement, source, &inner, filter)?;
                statement.push(")");
                Ok(())
            }
        }
    }
}

/// ` from TABLE alias where `: the table, or the table and its twin at a recorded time.
pub(crate) fn push_table(statement: &mut Statement, record_type: &RecordType, moment: Moment, alias: &str) {
    let (table, twin) = (&record_type.table, record_type.history_table());
    match moment.recorded {
        None => {
            statement.push(&format!("from {table} {alias} where "));
        }
        Some(time) => {
            let (present, past) = (
                crate::rows::raw_columns(record_type, "t"),
                crate::rows::raw_columns(record_type, "h"),
            );
            statement
                .push(&format!(
                    "from (select {present} from {table} t where t.recorded_at <= "
                ))
                .bind(time)
                .push(&format!(
                    " union all select {past} from {twin} h where h.recorded_at <= "
                ))
                .bind(time)
                .push(" and h.superseded_at > ")
                .bind(time)
                .push(&format!(") {alias} where "));
        }
    }
}

fn push_validity(statement: &mut Statement, moment: Moment, alias: &str) {
    if let Some(valid) = moment.valid {
        statement
            .push(&format!("{alias}.valid_from <= "))
            .bind(valid)
            .push(&format!(" and {alias}.valid_to > "))
            .bind(valid)
            .push(" and ");
    }
}

/// `((a and b) and (c and d))`: the depth of the SQL grows with the logarithm, because SQLite stops at 1,000.
fn balanced(
    statement: &mut Statement,
    count: usize,
    word: &str,
    push: &mut impl FnMut(&mut Statement, usize) -> Result<(), FilterError>,
) -> Result<(), FilterError> {
    fn part(
        statement: &mut Statement,
        range: std::ops::Range<usize>,
        word: &str,
        push: &mut impl FnMut(&mut Statement, usize) -> Result<(), FilterError>,
    ) -> Result<(), FilterError> {
        if range.len() == 1 {
            return push(statement, range.start);
        }
        let middle = range.start + range.len() / 2;
        statement.push("(");
        part(statement, range.start..middle, word, push)?;
        statement.push(word);
        part(statement, middle..range.end, word, push)?;
        statement.push(")");
        Ok(())
    }
    part(statement, 0..count, word, push)
}

/// A row without a place is neither inside nor outside: the cell in each branch makes it null.
fn push_cover(statement: &mut Statement, alias: &str, cover: &Cover) {
    statement.push("(");
    if cover.inside.is_empty() {
        statement.push(&format!("{alias}.cell = -1"));
    } else {
        push_ranges(statement, alias, &cover.inside);
    }
    if !cover.border.is_empty() {
        statement
            .push(&format!(" or {alias}.id in "))
            .bind_list(cover.border.iter().map(String::as_str));
    }
    statement.push(")");
}

fn push_ranges(statement: &mut Statement, alias: &str, ranges: &[(i64, i64)]) {
    let pushed = balanced(statement, ranges.len(), " or ", &mut |s, i| {
        s.push(&format!("{alias}.cell between "))
            .bind(ranges[i].0)
            .push(" and ")
            .bind(ranges[i].1);
        Ok(())
    });
    debug_assert!(pushed.is_ok(), "ranges have nothing to refuse");
}

/// The border rows of a shape at a moment, tested exactly. Rights do not matter here: the list only
/// narrows what the query itself may see.
async fn cover(db: &Db, record_type: &RecordType, at: At, shape: &Shape) -> Result<Cover, Error> {
    let (inside, border_cells) = shape.cells();
    let mut border = Vec::new();
    if !border_cells.is_empty() {
        let mut statement = Statement::new(db.dialect(), "select b.id, b.lng, b.lat ");
        let moment = Moment::of(at, record_type);
        push_table(&mut statement, record_type, moment, "b");
        push_validity(&mut statement, moment, "b");
        push_ranges(&mut statement, "b", &border_cells);
        for row in statement.fetch(db).await? {
            if let (Some(lng), Some(lat)) = (row.number(1)?, row.number(2)?)
                && let Ok(place) = geom::LngLat::new(lng, lat)
                && shape.contains(place)
            {
                border.push(row.require_text(0)?);
            }
        }
    }
    Ok(Cover { inside, border })
}

fn collect_shapes<'a>(
    catalog: &'a Catalog,
    record_type: &'a RecordType,
    filter: &'a Filter,
    shapes: &mut Vec<(&'a RecordType, &'a Shape)>,
) -> Result<(), FilterError> {
    match filter {
        Filter::And(all) | Filter::Or(all) => all
            .iter()
            .try_for_each(|f| collect_shapes(catalog, record_type, f, shapes)),
        Filter::Not(f) => collect_shapes(catalog, record_type, f, shapes),
        Filter::Linked { field, filter } => {
            collect_shapes(catalog, link_target(catalog, record_type, field)?, filter, shapes)
        }
        Filter::Linking {
            type_name,
            field,
            filter,
        } => collect_shapes(
            catalog,
            linking_type(catalog, record_type, type_name, field)?,
            filter,
            shapes,
        ),
        Filter::Within(shape) if record_type.place => {
            shapes.push((record_type, shape));
            Ok(())
        }
        Filter::Within(_) => Err(FilterError {
            message: format!("{} has no place, so it lies in no shape", record_type.name),
            property: Some("geometry".into()),
        }),
        _ => Ok(()),
    }
}

fn check_size(filter: &Filter) -> Result<(), Error> {
    fn depth(filter: &Filter) -> usize {
        1 + match filter {
            Filter::And(all) | Filter::Or(all) => all.iter().map(depth).max().unwrap_or(0),
            Filter::Not(f) => depth(f),
            Filter::Linked { filter, .. } | Filter::Linking { filter, .. } => depth(filter),
            _ => 0,
        }
    }
    let (mut conditions, mut longest) = (0, 0);
    filter.walk(&mut |f| {
        conditions += 1;
        longest = longest.max(match f {
            Filter::In { values, .. } => values.len(),
            Filter::Ids(ids) => ids.len(),
            _ => 0,
        });
    });
    let refuse = |message: String| {
        Err(Error::Filter(FilterError {
            message,
            property: None,
        }))
    };
    if conditions > Filter::MAX_CONDITIONS {
        return refuse(format!(
            "the filter has {conditions} conditions, at most {} are taken",
            Filter::MAX_CONDITIONS
        ));
    }
    if depth(filter) > Filter::MAX_DEPTH {
        return refuse(format!("the filter is nested deeper than {}", Filter::MAX_DEPTH));
    }
    if longest > Filter::MAX_LIST {
        return refuse(format!(
            "a list in the filter has {longest} values, at most {} are taken",
            Filter::MAX_LIST
        ));
    }
    Ok(())
}

/// The type a link field points to.
pub(crate) fn link_target<'a>(
    catalog: &'a Catalog,
    record_type: &RecordType,
    field: &str,
) -> Result<&'a RecordType, FilterError> {
    record_type
        .field(field)
        .and_then(|f| f.to.as_deref())
        .and_then(|to| catalog.get(to))
        .ok_or_else(|| FilterError {
            message: format!(
                "{}.{field} is not a link to a declared record type",
                record_type.name
            ),
            property: Some(field.to_string()),
        })
}

fn linking_type<'a>(
    catalog: &'a Catalog,
    record_type: &RecordType,
    type_name: &str,
    field: &str,
) -> Result<&'a RecordType, FilterError> {
    let source = catalog.get(type_name);
    source
        .filter(|t| {
            t.field(field)
                .is_some_and(|f| f.to.as_deref() == Some(&record_type.name))
        })
        .ok_or_else(|| FilterError {
            message: format!("{type_name}.{field} is not a link to {}", record_type.name),
            property: Some(format!("{type_name}.{field}")),
        })
}

/// The end of a validity is null in JSON and the largest integer in the table.
fn is_open_end(record_type: &RecordType, field: &str) -> bool {
    record_type.validity && field == "valid_to"
}

fn wrong_value(record_type: &RecordType, field: &str, value: &Value, wanted: &str) -> FilterError {
    FilterError {
        message: format!(
            "{}.{field} cannot be compared with {value}; it takes {wanted}",
            record_type.name
        ),
        property: Some(field.to_string()),
    }
}

/// A literal of a filter as the column wants it.
pub(crate) fn literal(
    record_type: &RecordType,
    field: &str,
    kind: Kind,
    value: &Value,
) -> Result<Bind, FilterError> {
    let wrong = |wanted: &str| wrong_value(record_type, field, value, wanted);
    match kind {
        Kind::Json => Err(FilterError {
            message: format!(
                "{}.{field} holds JSON and can only be tested for being empty",
                record_type.name
            ),
            property: Some(field.to_string()),
        }),
        Kind::Boolean => value
            .as_bool()
            .map(|b| Bind::Boolean(Some(b)))
            .ok_or_else(|| wrong("true or false")),
        Kind::Integer | Kind::Money => match (whole_number(value), value.as_f64()) {
            (Some(whole), _) => Ok(whole.into()),
            (None, Some(number)) => Ok(Bind::Number(Some(number))),
            _ => Err(wrong("a number")),
        },
        Kind::Number => value
            .as_f64()
            .map(|n| Bind::Number(Some(n)))
            .ok_or_else(|| wrong("a number")),
        Kind::Instant => instant_literal(value).map(Bind::from).ok_or_else(|| {
            wrong("TIMESTAMP('2026-07-01T09:30:00Z'), DATE('2026-07-01') or milliseconds since 1970")
        }),
        Kind::Date => value
            .as_str()
            .and_then(|t| t.parse::<jiff::civil::Date>().ok())
            .map(|d| Bind::text(d.to_string()))
            .ok_or_else(|| wrong("DATE('2026-07-01')")),
        _ => match value.as_str() {
            Some(text) if !text.contains('\0') => Ok(Bind::text(text)),
            _ => Err(wrong("a text")),
        },
    }
}

/// As [`instant`], and a bare day means its first moment in UTC.
fn instant_literal(value: &Value) -> Option<i64> {
    instant(value).map(|t| t.0).or_else(|| {
        let day = value.as_str()?.parse::<jiff::civil::Date>().ok()?;
        let start = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(start.timestamp().as_millisecond())
    })
}

fn push_compare(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    op: Comparison,
    value: &Value,
    folded: bool,
) -> Result<(), FilterError> {
    if value.is_null() {
        return Err(wrong_value(record_type, field, value, "a value, or IS NULL"));
    }
    let sign = op.sign();
    match record_type.property(field)? {
        Property::Column {
            kind,
            folded: has_folded,
        } => {
            if folded {
                let text = foldable(record_type, field, has_folded, value)?;
                statement
                    .push(&format!("{alias}.{field}_folded {sign} "))
                    .bind(Bind::text(text));
                return Ok(());
            }
            if kind == Kind::Boolean && !matches!(op, Comparison::Equal | Comparison::NotEqual) {
                return Err(wrong_value(record_type, field, value, "only = and <>"));
            }
            let bind = literal(record_type, field, kind, value)?;
            // Order by bytes on both engines; equality is by bytes anyway and keeps its index.
            let is_order = !matches!(op, Comparison::Equal | Comparison::NotEqual);
            let collation = if kind.is_text() && is_order {
                " collate \"C\""
            } else {
                ""
            };
            statement
                .push(&format!("{alias}.{field}{collation} {sign} "))
                .bind(bind);
            Ok(())
        }
        Property::Custom(key) => {
            let (column, bind) = custom(statement.dialect, alias, key, value)
                .ok_or_else(|| wrong_value(record_type, field, value, "a text, a number, true or false"))?;
            let collation = if matches!(bind, Bind::Text(_)) {
                " collate \"C\""
            } else {
                ""
            };
            statement.push(&format!("{column}{collation} {sign} ")).bind(bind);
            Ok(())
        }
    }
}

/// The text to compare a folded column with.
fn foldable(
    record_type: &RecordType,
    field: &str,
    has_folded: bool,
    value: &Value,
) -> Result<String, FilterError> {
    if !has_folded {
        return Err(FilterError {
            message: format!(
                "{}.{field} cannot be compared without case and accents; only fields declared with search or sort can",
                record_type.name
            ),
            property: Some(field.to_string()),
        });
    }
    match value.as_str() {
        Some(text) if !text.contains('\0') => Ok(fold(text)),
        _ => Err(wrong_value(record_type, field, value, "a text")),
    }
}

/// A custom field as a column of the literal's type; null when it holds another type.
fn custom(dialect: Dialect, alias: &str, key: &str, value: &Value) -> Option<(String, Bind)> {
    let (kind_sqlite, kind_postgres, cast, bind) = match value {
        Value::String(text) if !text.contains('\0') => ("('text')", "string", "text", Bind::text(text)),
        Value::Number(n) => (
            "('integer', 'real')",
            "number",
            "double precision",
            Bind::Number(n.as_f64()),
        ),
        Value::Bool(b) => ("('true', 'false')", "boolean", "boolean", Bind::Boolean(Some(*b))),
        _ => return None,
    };
    let column = match dialect {
        Dialect::Sqlite => format!(
            "(case when json_type({alias}.custom, '$.{key}') in {kind_sqlite} then {alias}.custom ->> '$.{key}' end)"
        ),
        Dialect::Postgres => format!(
            "(case when jsonb_typeof({alias}.custom::jsonb -> '{key}') = '{kind_postgres}' \
             then ({alias}.custom::jsonb ->> '{key}')::{cast} end)"
        ),
    };
    Some((column, bind))
}

fn push_in(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    values: &[Value],
) -> Result<(), FilterError> {
    let property = record_type.property(field)?;
    if values.is_empty() {
        statement.push("false");
        return Ok(());
    }
    if let Property::Column { kind, .. } = property {
        let binds = values
            .iter()
            .map(|v| literal(record_type, field, kind, v))
            .collect::<Result<Vec<_>, _>>()?;
        if kind.is_text() {
            let texts = binds.iter().filter_map(|b| match b {
                Bind::Text(Some(text)) => Some(text.as_str()),
                _ => None,
            });
            statement
                .push(&format!("({alias}.{field} in "))
                .bind_list(texts)
                .push(")");
            return Ok(());
        }
        let integers: Option<Vec<i64>> = binds
            .iter()
            .map(|b| if let Bind::Integer(i) = b { *i } else { None })
            .collect();
        if let Some(integers) = integers {
            statement
                .push(&format!("({alias}.{field} in "))
                .bind_integers(&integers)
                .push(")");
            return Ok(());
        }
    }
    if values.len() > Filter::MAX_CONDITIONS {
        return Err(FilterError {
            message: format!(
                "{}.{field}: at most {} values of this kind in a list",
                record_type.name,
                Filter::MAX_CONDITIONS
            ),
            property: Some(field.to_string()),
        });
    }
    balanced(statement, values.len(), " or ", &mut |s, i| {
        push_compare(s, record_type, alias, field, Comparison::Equal, &values[i], false)
    })
}

fn push_like(
    statement: &mut Statement,
    record_type: &RecordType,
    alias: &str,
    field: &str,
    pattern: &str,
    folded: bool,
) -> Result<(), FilterError> {
    let refuse = |message: String| FilterError {
        message,
        property: Some(field.to_string()),
    };
    let wildcards = pattern.chars().filter(|c| matches!(c, '%' | '_')).count();
    if pattern.len() > 1000 || wildcards > 20 || pattern.contains('\0') {
        return Err(refuse(format!(
            "the pattern for {}.{field} is too long or has more than 20 wildcards",
            record_type.name
        )));
    }
    match record_type.property(field)? {
        Property::Column {
            kind,
            folded: has_folded,
        } if kind.is_text() => {
            if folded {
                let pattern = foldable(record_type, field, has_folded, &pattern.into())?;
                statement
                    .push(&format!("{alias}.{field}_folded like "))
                    .bind(Bind::text(complete_escape(pattern)))
                    .push(" escape '\\'");
                return Ok(());
            }
            push_exact_like(statement, &format!("{alias}.{field}"), pattern);
            Ok(())
        }
        Property::Custom(key) if !folded => {
            let column = custom(statement.dialect, alias, key, &Value::from("")).map(|c| c.0);
            push_exact_like(statement, &column.unwrap_or_default(), pattern);
            Ok(())
        }
        _ => Err(refuse(format!(
            "{}.{field} is not text that LIKE can search",
            record_type.name
        ))),
    }
}

/// SQLite's `like` forgets the case of ASCII letters, so exact patterns are `glob` there.
fn push_exact_like(statement: &mut Statement, column: &str, pattern: &str) {
    match statement.dialect {
        Dialect::Sqlite => statement
            .push(&format!("{column} glob "))
            .bind(Bind::text(to_glob(pattern))),
        Dialect::Postgres => statement
            .push(&format!("{column} like "))
            .bind(Bind::text(complete_escape(pattern.to_string())))
            .push(" escape '\\'"),
    };
}

/// A pattern that ends in a lone `\` means the character itself.
fn complete_escape(mut pattern: String) -> String {
    let trailing = pattern.chars().rev().take_while(|c| *c == '\\').count();
    if trailing % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}

fn to_glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '%' => {
                glob.push('*');
                continue;
            }
            '_' => {
                glob.push('?');
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if matches!(literal, '*' | '?' | '[') {
            glob.push('[');
            glob.push(literal);
            glob.push(']');
        } else {
            glob.push(literal);
        }
    }
    glob
}
