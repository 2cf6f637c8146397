//! Who may see it? One more condition on every query, written in one place.

use crate::catalog::RecordType;
use crate::db::Dialect;
use crate::sharing::{Right, push_shares, sees_any, shares};
use crate::statement::{Bind, Statement};
use crate::{Scope, Viewer};

/// How many rows the condition is asked of. The answer is the same; what it costs is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// A few that are known by other means: each is looked up.
    Few,
    /// As many as there may be: what the viewer sees is put together once, and each row looked up in that.
    Many,
}

/// Adds the condition that a present row (`alias`) lies in the viewer's scope, or is shared with them for this right.
pub(crate) fn push_scope(
    statement: &mut Statement,
    record_type: &RecordType,
    scope: Scope,
    viewer: &Viewer,
    right: Right,
    among: Among,
    alias: &str,
) {
    if scope == Scope::All || shares(viewer, record_type, right).next().is_none() {
        return push_own_scope(statement, record_type, scope, viewer, among, alias);
    }
    statement.push("(");
    push_own_scope(statement, record_type, scope, viewer, among, alias);
    push_shares(statement, record_type, viewer, right, alias);
    statement.push(")");
}

fn push_own_scope(
    statement: &mut Statement,
    record_type: &RecordType,
    scope: Scope,
    viewer: &Viewer,
    among: Among,
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
        Some(predicate) if among == Among::Few => {
            let one = one_by_one(predicate, statement.dialect);
            push_predicate(statement, &one, viewer, alias);
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
    if scope == Scope::All || !sees_any(viewer, record_type) {
        return push_own_scope(statement, record_type, scope, viewer, Among::Few, alias);
    }
    let (table, twin) = (&record_type.table, record_type.history_table());
    statement.push(&format!(
        "(exists (select 1 from {table} present where present.id = {alias}.id and "
    ));
    push_scope(
        statement,
        record_type,
        scope,
        viewer,
        Right::Read,
        Among::Few,
        "present",
    );
    statement.push(&format!(
        ") or exists (select 1 from {twin} gone where gone.id = {alias}.id and gone.removed \
         and gone.version = (select max(m.version) from {twin} m where m.id = {alias}.id) \
         and not exists (select 1 from {table} p where p.id = {alias}.id) and "
    ));
    push_scope(
        statement,
        record_type,
        scope,
        viewer,
        Right::Read,
        Among::Few,
        "gone",
    );
    statement.push("))");
}

/// `r.a in (select x.b from … where …)` as `exists (select 1 from … where (…) and x.b = r.a)`: declared is the set, because
/// it reads better, and SQLite looks a single row up by an index only where it is asked for that row. PostgreSQL would make a
/// set of it again where it expects many rows, unless something in it forbids that.
fn one_by_one(predicate: &str, dialect: Dialect) -> String {
    let fence = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " offset 0",
    };
    const SET: &str = " in (select ";
    let mut written = String::with_capacity(predicate.len() + 32);
    let mut rest = predicate;
    while let Some(at) = rest.find(SET) {
        let (before, inner) = (&rest[..at], &rest[at + SET.len()..]);
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let head = before.trim_end_matches(is_word);
        let item = &before[head.len()..];
        let Some((set, after)) = closed(inner) else { break };
        let parts = set
            .split_once(" from ")
            .and_then(|(column, source)| Some((column, source.split_once(" where ")?)));
        match parts {
            Some((column, (source, condition))) if item.starts_with("r.") => {
                written.push_str(head);
                written.push_str(&format!(
                    "exists (select 1 from {source} where ({condition}) and {column} = {item}{fence})"
                ));
            }
            _ => written.push_str(&rest[..rest.len() - after.len()]),
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

/// What stands before the bracket that closes one opened before, and what stands behind it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
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

    #[test]
    fn a_set_becomes_a_question_about_one_row() {
        for (declared, one) in [
            ("r.owner_id = $viewer", "r.owner_id = $viewer"),
            (
                "r.a = $viewer or r.b in (select x.c from t x join u y on y.d = x.e where y.f = $viewer or y.g) or r.h",
                "r.a = $viewer or exists (select 1 from t x join u y on y.d = x.e where (y.f = $viewer or y.g) and x.c = r.b) or r.h",
            ),
            (
                "(r.b in (select x.c from t x where x.f = (select z.g from z where z.id = $viewer)) and true)",
                "(exists (select 1 from t x where (x.f = (select z.g from z where z.id = $viewer)) and x.c = r.b) and true)",
            ),
            ("r.b in (select x.c from t x)", "r.b in (select x.c from t x)"),
            (
                "exists (select 1 from o where o.a in (select x.c from t x where x.f))",
                "exists (select 1 from o where o.a in (select x.c from t x where x.f))",
            ),
        ] {
            assert_eq!(one_by_one(declared, Dialect::Sqlite), one);
            let fenced = one_by_one(declared, Dialect::Postgres);
            assert_eq!(fenced.replace(" offset 0", ""), one);
            assert_eq!(fenced.contains(" offset 0"), one != declared);
        }
    }

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
