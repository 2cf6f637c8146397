//! Who may see it? One more condition on every query, written in one place.

use crate::catalog::RecordType;
use crate::statement::{Bind, Statement};
use crate::{Scope, Viewer};

/// Adds the condition that a present row (`alias`) lies in the viewer's scope.
pub(crate) fn push_scope(
    statement: &mut Statement,
    record_type: &RecordType,
    scope: Scope,
    viewer: &Viewer,
    alias: &str,
) {
    let predicate = match scope {
        Scope::All => {
            statement.push("true");
            return;
        }
        Scope::None => None,
        Scope::Own => record_type.rights.own.as_deref(),
        Scope::Team => record_type.rights.team.as_deref(),
        Scope::Territory => record_type.rights.territory.as_deref(),
    };
    match predicate {
        None => {
            statement.push("false");
        }
        Some(predicate) => push_predicate(statement, predicate, viewer, alias),
    }
}

/// Adds the condition that the present (or, when it is gone, the last) state of a row of the past lies
/// in the viewer's scope: today's grants on the record's present state, whatever `as_of` says.
pub(crate) fn push_scope_of_past(
    statement: &mut Statement,
    record_type: &RecordType,
    scope: Scope,
    viewer: &Viewer,
    alias: &str,
) {
    if scope == Scope::All || scope == Scope::None {
        return push_scope(statement, record_type, scope, viewer, alias);
    }
    let (table, twin) = (&record_type.table, record_type.history_table());
    statement.push(&format!(
        "(exists (select 1 from {table} present where present.id = {alias}.id and "
    ));
    push_scope(statement, record_type, scope, viewer, "present");
    statement.push(&format!(
        ") or exists (select 1 from {twin} gone where gone.id = {alias}.id and gone.removed \
         and gone.version = (select max(m.version) from {twin} m where m.id = {alias}.id) \
         and not exists (select 1 from {table} p where p.id = {alias}.id) and "
    ));
    push_scope(statement, record_type, scope, viewer, "gone");
    statement.push("))");
}

/// Writes a declared predicate with the alias `r` replaced and `$viewer` bound.
fn push_predicate(statement: &mut Statement, predicate: &str, viewer: &Viewer, alias: &str) {
    statement.push("(");
    let mut rest = predicate;
    let mut before = ' ';
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        if c == '\'' {
            quoted = !quoted;
        }
        if !quoted && !is_word(before) && rest.starts_with("r.") {
            statement.push(alias).push(".");
            rest = &rest[2..];
            before = '.';
            continue;
        }
        if !quoted && let Some(after) = rest.strip_prefix("$viewer") {
            statement.bind(Bind::Text(viewer.user_id.clone()));
            rest = after;
            before = 'r';
            continue;
        }
        let (head, tail) = rest.split_at(c.len_utf8());
        statement.push(head);
        rest = tail;
        before = c;
    }
    statement.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Dialect;

    #[test]
    fn a_predicate_gets_its_alias_and_its_viewer() {
        let mut s = Statement::new(Dialect::Postgres, "");
        let predicate = "r.owner_id = $viewer or exists (select 1 from other.x where other.r.a = 'r.b $viewer' and x.y=r.z)";
        push_predicate(&mut s, predicate, &Viewer::user("u", []), "t0");
        assert_eq!(
            s.sql(),
            "(t0.owner_id = $1 or exists (select 1 from other.x where other.r.a = 'r.b $viewer' and x.y=t0.z))"
        );
        assert_eq!(s.bind_count(), 1);
    }
}
