//! A filter becomes SQL. Every literal is bound; names come from the declaration.

use crate::catalog::{Catalog, RecordType};
use crate::compare::{push_any_folded, push_compare, push_in, push_is_null, push_like};
use crate::cover::{Cover, cover, push_cover};
use crate::db::Db;
use crate::filter::{Comparison, Filter};
use crate::rights::{Among, push_scope, push_scope_of_past};
use crate::shape::Shape;
use crate::sharing::Right;
use crate::statement::Statement;
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
        let among = among_of(self.catalog, record_type, filter);
        self.push_from_among(statement, record_type, filter, among)
    }

    /// The same with rights that are asked of each row, or put together once.
    pub fn push_from_among(
        &mut self,
        statement: &mut Statement,
        record_type: &RecordType,
        filter: Option<&Filter>,
        among: Among,
    ) -> Result<String, FilterError> {
        let alias = self.push_source(statement, record_type, among, "");
        if let Some(filter) = filter {
            statement.push(" and ");
            self.push_filter(statement, record_type, &alias, filter)?;
        }
        Ok(alias)
    }

    /// `from TABLE alias where [join and] VALIDITY and RIGHTS`. In `join`, `$row` is the alias.
    fn push_source(
        &mut self,
        statement: &mut Statement,
        record_type: &RecordType,
        among: Among,
        join: &str,
    ) -> String {
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
            push_scope(
                statement,
                record_type,
                scope,
                self.viewer,
                Right::Read,
                among,
                &alias,
            );
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
            Filter::Or(all) if push_any_folded(statement, record_type, alias, all)? => Ok(()),
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
            Filter::IsNull { field } => push_is_null(statement, record_type, alias, field),
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
                let inner = self.push_source(
                    statement,
                    target,
                    Among::Few,
                    &format!("$row.id = {alias}.{field}"),
                );
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
                let inner = self.push_source(
                    statement,
                    source,
                    Among::Few,
                    &format!("$row.{field} = {alias}.id"),
                );
                statement.push(" and ");
                self.push_filter(statement, source, &inner, filter)?;
                statement.push(")");
                Ok(())
            }
        }
    }
}

/// How many records a filter can let pass, as far as that is seen from what it says.
pub(crate) fn among_of(catalog: &Catalog, record_type: &RecordType, filter: Option<&Filter>) -> Among {
    match filter {
        Some(filter) if names_few(catalog, record_type, filter) => Among::Few,
        _ => Among::Many,
    }
}

/// A filter that few records can pass: it names them, or one record they link to. One that has a place or a customer of its
/// own gathers few others; a person, a stage or a territory gathers thousands.
fn names_few(catalog: &Catalog, record_type: &RecordType, filter: &Filter) -> bool {
    let of_one = |field: &str| {
        let target = record_type.field(field).and_then(|f| f.to.as_deref());
        let target = target.and_then(|name| catalog.get(name));
        let lies_somewhere = |t: &RecordType| {
            t.rights
                .territory
                .as_deref()
                .is_some_and(|p| p.contains(" in (select "))
        };
        field == "id" || target.is_some_and(lies_somewhere)
    };
    match filter {
        Filter::Ids(_) => true,
        Filter::And(all) => all.iter().any(|f| names_few(catalog, record_type, f)),
        Filter::Compare {
            field,
            op: Comparison::Equal,
            ..
        } => of_one(field),
        Filter::In { field, values } => values.len() <= 100 && of_one(field),
        _ => false,
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

pub(crate) fn push_validity(statement: &mut Statement, moment: Moment, alias: &str) {
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
pub(crate) fn balanced(
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
