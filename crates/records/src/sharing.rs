//! What is shared beside what roles say: a condition on records is one more way for them to come into sight.
//!
//! A share is part of the viewer, so it is asked wherever rights are asked, in the same query. It adds and never takes: a
//! record is in sight by its scope or by a share.

use std::sync::Arc;

use crate::catalog::RecordType;
use crate::compare::{push_compare, push_in, push_is_null, push_like};
use crate::condition::balanced;
use crate::db::Dialect;
use crate::filter::{Comparison, Filter};
use crate::rights::{Among, push_scope};
use crate::statement::Statement;
use crate::store::Store;
use crate::{Error, FilterError, Scope, Viewer};

/// Records of one type that somebody sees, and perhaps changes, because a rule says so.
#[derive(Clone, Debug)]
pub struct Share {
    rule: String,
    write: bool,
    /// Where the condition is about what the records link to: the field, and the type it links to.
    through: Option<(String, Arc<RecordType>)>,
    filter: Arc<Filter>,
}

impl Share {
    /// The rule it comes from, as whoever made it calls it.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Whether the records may be changed as well.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.write
    }

    /// The same, for reading what it lets change.
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.write = false;
        self
    }
}

impl Store {
    /// A share of the records of a type that meet a condition on their own fields, or, with `through`, of those whose link
    /// of that name leads to a record that meets it.
    ///
    /// # Errors
    /// [`Error::Filter`] for a condition with a shape or with links, or one that does not fit the type; an unknown type or
    /// link.
    pub fn share(
        &self,
        type_name: &str,
        through: Option<&str>,
        filter: Filter,
        rule: &str,
        write: bool,
    ) -> Result<Share, Error> {
        let shared = self.record_type(type_name)?;
        let through = match through {
            None => None,
            Some(field) => {
                let target = shared.field(field).and_then(|f| f.to.as_deref());
                let target = target.ok_or_else(|| FilterError {
                    message: format!("{type_name}.{field} links to nothing"),
                    property: Some(field.to_owned()),
                })?;
                Some((field.to_owned(), Arc::new(self.record_type(target)?.clone())))
            }
        };
        let share = Share {
            rule: rule.to_owned(),
            write,
            through,
            filter: Arc::new(filter),
        };
        // Tried once here, so that a question asked later has nothing to fail at.
        let mut tried = Statement::new(Dialect::Sqlite, "");
        push(&mut tried, shared, &share, "row0")?;
        Ok(share)
    }

    /// Ids of the records that a viewer sees together with what the field links to, where one of the two is in sight only
    /// because it is shared; in no order.
    ///
    /// # Errors
    /// An unknown type or link; the database's.
    pub async fn shared_with(
        &self,
        viewer: &Viewer,
        type_name: &str,
        field: &str,
    ) -> Result<Vec<String>, Error> {
        let record_type = self.record_type(type_name)?;
        let target = record_type.field(field).and_then(|f| f.to.as_deref());
        let Some(target) = target else {
            return Err(FilterError {
                message: format!("{type_name}.{field} links to nothing"),
                property: Some(field.to_owned()),
            }
            .into());
        };
        let target = self.record_type(target)?;
        if viewer.shares(type_name).is_empty() && viewer.shares(&target.name).is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = Statement::new(
            self.db().dialect(),
            format!(
                "select row0.id from {} row0 join {} row1 on row1.id = row0.{field} where ",
                record_type.table, target.table
            ),
        );
        let own = [(record_type, "row0"), (target, "row1")];
        for (of, alias) in own {
            push_scope(
                &mut statement,
                of,
                viewer.grant(&of.name).read,
                viewer,
                Right::Read,
                Among::Many,
                alias,
            );
            statement.push(" and ");
        }
        // Not both by their scopes alone: those are known already.
        statement.push("not coalesce(");
        let alone = Viewer {
            shared: std::collections::BTreeMap::new(),
            ..viewer.clone()
        };
        for (n, (of, alias)) in own.into_iter().enumerate() {
            statement.push(if n == 0 { "(" } else { " and " });
            push_scope(
                &mut statement,
                of,
                viewer.grant(&of.name).read,
                &alone,
                Right::Read,
                Among::Many,
                alias,
            );
        }
        statement.push("), false)");
        let rows = statement.fetch(self.db()).await?;
        rows.iter().map(|row| row.require_text(0)).collect()
    }

    /// The rules that let a viewer see a record, by their names, and whether each lets them change it; those that do not
    /// meet the record are not among them.
    ///
    /// # Errors
    /// An unknown type; the database's.
    pub async fn shares_of(
        &self,
        viewer: &Viewer,
        type_name: &str,
        id: &str,
    ) -> Result<Vec<(String, bool)>, Error> {
        let record_type = self.record_type(type_name)?;
        let mut found = Vec::new();
        for share in viewer.shares(type_name) {
            let mut statement = Statement::new(
                self.db().dialect(),
                format!("select 1 from {} row0 where row0.id = ", record_type.table),
            );
            statement.bind(id).push(" and ");
            push(&mut statement, record_type, share, "row0")?;
            if !statement.fetch(self.db()).await?.is_empty() {
                found.push((share.rule.clone(), share.write));
            }
        }
        Ok(found)
    }

    /// Whether a record is in a viewer's sight by their scope alone, without any share.
    ///
    /// # Errors
    /// An unknown type; the database's.
    pub async fn in_scope(&self, viewer: &Viewer, type_name: &str, id: &str) -> Result<bool, Error> {
        let alone = Viewer {
            shared: std::collections::BTreeMap::new(),
            ..viewer.clone()
        };
        let record_type = self.record_type(type_name)?;
        let mut statement = Statement::new(
            self.db().dialect(),
            format!("select 1 from {} row0 where row0.id = ", record_type.table),
        );
        statement.bind(id).push(" and ");
        let scope = viewer.grant(type_name).read;
        push_scope(
            &mut statement,
            record_type,
            scope,
            &alone,
            Right::Read,
            Among::Few,
            "row0",
        );
        Ok(!statement.fetch(self.db()).await?.is_empty())
    }
}

/// What is asked for: a share may let somebody read or change; nothing is deleted because it was shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    Write,
    Delete,
}

/// The shares that count for a right.
pub(crate) fn shares<'a>(
    viewer: &'a Viewer,
    record_type: &RecordType,
    right: Right,
) -> impl Iterator<Item = &'a Share> {
    viewer
        .shares(&record_type.name)
        .iter()
        .filter(move |share| match right {
            Right::Read => true,
            Right::Write => share.write,
            Right::Delete => false,
        })
}

/// ` or (CONDITION)` for each share that counts. A condition that no longer fits its type, because a field was taken back
/// meanwhile, shares nothing.
pub(crate) fn push_shares(
    statement: &mut Statement,
    record_type: &RecordType,
    viewer: &Viewer,
    right: Right,
    alias: &str,
) {
    for share in shares(viewer, record_type, right) {
        let before = statement.clone();
        statement.push(" or (");
        match push(statement, record_type, share, alias) {
            Ok(()) => {
                statement.push(")");
            }
            Err(_) => *statement = before,
        }
    }
}

fn push(
    statement: &mut Statement,
    record_type: &RecordType,
    share: &Share,
    alias: &str,
) -> Result<(), FilterError> {
    match &share.through {
        None => push_plain(statement, record_type, alias, &share.filter),
        Some((field, target)) => {
            // Named after the row it hangs on, so that it can stand inside any other question.
            let inner = format!("{alias}_shared");
            statement.push(&format!(
                "exists (select 1 from {} {inner} where {inner}.id = {alias}.{field} and ",
                target.table
            ));
            push_plain(statement, target, &inner, &share.filter)?;
            statement.push(")");
            Ok(())
        }
    }
}

/// A condition on a row's own fields.
fn push_plain(
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
            push_plain(s, record_type, alias, &all[i])
        }),
        Filter::Or(all) => balanced(statement, all.len(), " or ", &mut |s, i| {
            push_plain(s, record_type, alias, &all[i])
        }),
        Filter::Not(inner) => {
            statement.push("not (");
            push_plain(statement, record_type, alias, inner)?;
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
        Filter::Ids(ids) => {
            statement
                .push(&format!("({alias}.id in "))
                .bind_list(ids.iter().map(String::as_str))
                .push(")");
            Ok(())
        }
        Filter::Within(_) => Err(refused("a shape", "geometry")),
        Filter::Linked { field, .. } | Filter::Linking { field, .. } => Err(refused("links", field)),
    }
}

fn refused(what: &str, property: &str) -> FilterError {
    FilterError {
        message: format!("what is shared is told by the record's own fields, not by {what}"),
        property: Some(property.to_owned()),
    }
}

/// Whether anything of a type can be in sight.
pub(crate) fn sees_any(viewer: &Viewer, record_type: &RecordType) -> bool {
    viewer.grant(&record_type.name).read != Scope::None || !viewer.shares(&record_type.name).is_empty()
}
