//! What may be done with records that are in sight: asked by the rights that a write would be asked by, so that nobody is
//! offered what would be refused.

use std::collections::HashMap;

use serde::Serialize;

use crate::catalog::RecordType;
use crate::rights::{Among, push_scope};
use crate::sharing::Right;
use crate::statement::Statement;
use crate::store::Store;
use crate::{Error, Scope, Viewer};

/// What a viewer may do with one record that they see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct May {
    /// Change its fields.
    pub write: bool,
    /// Delete it.
    pub delete: bool,
}

impl Store {
    /// What a viewer may do with present records of one type, by their ids; those out of sight are not among them.
    ///
    /// # Errors
    /// An unknown type; the database's.
    pub async fn may(
        &self,
        viewer: &Viewer,
        type_name: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, May>, Error> {
        let record_type = self.record_type(type_name)?;
        let mut may = HashMap::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(may);
        }
        let grant = viewer.grant(type_name);
        let mut statement = Statement::new(self.db().dialect(), "select row0.id, ");
        push_right(&mut statement, record_type, viewer, grant.write, Right::Write);
        statement.push(", ");
        push_right(&mut statement, record_type, viewer, grant.delete, Right::Delete);
        statement.push(&format!(" from {} row0 where row0.id in ", record_type.table));
        statement.bind_list(ids.iter().copied()).push(" and ");
        push_right(&mut statement, record_type, viewer, grant.read, Right::Read);
        for row in statement.fetch(self.db()).await? {
            let allowed = May {
                write: row.boolean(1)? == Some(true),
                delete: row.boolean(2)? == Some(true),
            };
            may.insert(row.require_text(0)?, allowed);
        }
        Ok(may)
    }

    /// What holds for every record of a type that a viewer sees, where that is told without looking at them: the rights
    /// reach as far as the sight does, or nowhere.
    #[must_use]
    pub fn may_all(&self, viewer: &Viewer, type_name: &str) -> Option<May> {
        let grant = viewer.grant(type_name);
        let shares = viewer.shares(type_name);
        let told = |scope: Scope, by_share: bool| match scope {
            Scope::All => Some(true),
            Scope::None if !by_share => Some(false),
            _ if shares.is_empty() && scope == grant.read => Some(true),
            _ => None,
        };
        Some(May {
            write: told(grant.write, shares.iter().any(crate::Share::may_write))?,
            delete: told(grant.delete, false)?,
        })
    }
}

fn push_right(
    statement: &mut Statement,
    record_type: &RecordType,
    viewer: &Viewer,
    scope: Scope,
    right: Right,
) {
    push_scope(statement, record_type, scope, viewer, right, Among::Few, "row0");
}
