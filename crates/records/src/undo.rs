//! Taking a change set back: a new change set that brings each record to what it was before, unless somebody
//! else has changed it since.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::RecordType;
use crate::later::find_later_changes;
use crate::statement::Statement;
use crate::store::Store;
use crate::take_back::{Block, Touched, block, is_refusal, refusal_in_words, take_back};
use crate::transaction::Writing;
use crate::{Author, Error, Scope, UndoReport};

/// Records taken back in one statement.
const CHUNK: usize = 500;
/// Entries after which a transaction ends. An undo of less is seen and survives as a whole or not at all.
const MOST_AT_ONCE: usize = 4_000;

impl Store {
    pub(crate) async fn undo_change_set(
        &self,
        author: &Author,
        change_set: &str,
    ) -> Result<UndoReport, Error> {
        let refuse = |reason: &str| Error::ChangeSet {
            id: change_set.to_string(),
            reason: reason.into(),
        };
        let found = self
            .find_change_set(change_set)
            .await?
            .ok_or_else(|| refuse("there is none with this id"))?;
        if found.undone_by.is_some() {
            return Err(refuse("was undone already"));
        }
        let sets = self.with_consequences(change_set).await?;
        if self.has_erasure(&sets).await? {
            return Err(refuse("is an erasure, which cannot be taken back"));
        }
        let touched = self.touched(&sets).await?;
        self.check_undo_rights(author, &found, &touched)?;
        let author = &Author {
            cause: "undo".into(),
            label: if author.label.is_empty() {
                format!("Undo: {}", found.label)
            } else {
                author.label.clone()
            },
            ..author.clone()
        };
        let undo = self.open_change_set(author, Some(change_set)).await?;
        let mut report = UndoReport {
            change_set: undo.clone(),
            undone: 0,
            blocked: Vec::new(),
            blocked_count: 0,
        };
        let ours: HashSet<&str> = sets.iter().map(String::as_str).collect();
        let mut going: HashSet<(String, String)> = touched
            .iter()
            .filter(|t| t.was_created)
            .map(|t| (t.type_name.clone(), t.id.clone()))
            .collect();
        let mut left = self.in_order(touched);
        // What the database refuses (a value still taken, a link still there) may be free after the rest went.
        let mut writing = Writing::begin(self, author, undo.clone()).await?;
        // Whoever undoes twice at once: the second finds the mark.
        mark_undone(&mut writing, &sets).await?;
        for last_round in [false, false, true] {
            let round = std::mem::take(&mut left);
            for chunk in round.chunk_by(|a, b| a.type_name == b.type_name && a.was_created == b.was_created) {
                for chunk in chunk.chunks(CHUNK) {
                    if writing.entry_count() >= MOST_AT_ONCE {
                        report.undone += writing.entry_count() as u64;
                        writing.commit(self).await?;
                        writing = Writing::begin(self, author, undo.clone()).await?;
                    }
                    let blocked = self.undo_chunk(&mut writing, chunk, &ours, &going).await?;
                    for (t, block) in blocked {
                        if block.is_refusal && !last_round {
                            left.push(t);
                            continue;
                        }
                        going.remove(&(t.type_name, t.id));
                        report.blocked_count += 1;
                        if report.blocked.len() < UndoReport::LISTED {
                            report.blocked.push(block.blocked);
                        }
                    }
                }
            }
            left = self.in_order(left);
        }
        report.undone += writing.entry_count() as u64;
        writing.commit(self).await?;
        self.close_change_set(&undo).await?;
        Ok(report)
    }

    /// Restored records first, what they link to before them; then those to take away, what links to them
    /// before them.
    fn in_order(&self, mut touched: Vec<Touched>) -> Vec<Touched> {
        let depths: HashMap<String, usize> = self
            .catalog()
            .iter()
            .map(|t| (t.name.clone(), self.link_depth(t, 0)))
            .collect();
        touched.sort_by_cached_key(|t| {
            let depth = depths.get(&t.type_name).copied().unwrap_or(0) as i64;
            let depth = if t.was_created { -depth } else { depth };
            (
                t.was_created,
                depth,
                t.type_name.clone(),
                std::cmp::Reverse(t.first_seq),
            )
        });
        touched
    }

    /// How many links one can follow from a type to other types; circles are cut.
    pub(crate) fn link_depth(&self, record_type: &RecordType, steps: usize) -> usize {
        if steps > 8 {
            return 0;
        }
        let targets = record_type.fields.iter().filter_map(|f| f.to.as_deref());
        targets
            .filter(|to| *to != record_type.name)
            .filter_map(|to| self.catalog().get(to))
            .map(|target| 1 + self.link_depth(target, steps + 1))
            .max()
            .unwrap_or(0)
    }

    /// The set and everything caused by it, directly or through others.
    async fn with_consequences(&self, change_set: &str) -> Result<Vec<String>, Error> {
        let mut all = vec![change_set.to_string()];
        let mut known: BTreeSet<String> = all.iter().cloned().collect();
        let mut next = 0;
        while next < all.len() {
            let mut statement = Statement::new(
                self.db().dialect(),
                "select id from change_sets where caused_by in ",
            );
            statement.bind_list(all[next..].iter().map(String::as_str));
            next = all.len();
            for row in statement.fetch(self.db()).await? {
                let id = row.require_text(0)?;
                if known.insert(id.clone()) {
                    all.push(id);
                }
            }
        }
        Ok(all)
    }

    async fn has_erasure(&self, sets: &[String]) -> Result<bool, Error> {
        let mut statement = Statement::new(
            self.db().dialect(),
            "select 1 from changes where operation = 'erase' and change_set in ",
        );
        statement
            .bind_list(sets.iter().map(String::as_str))
            .push(" limit 1");
        Ok(!statement.fetch(self.db()).await?.is_empty())
    }

    async fn touched(&self, sets: &[String]) -> Result<Vec<Touched>, Error> {
        let mut touched: HashMap<(String, String), Touched> = HashMap::new();
        for set in sets {
            let mut after = 0;
            loop {
                let mut statement = Statement::new(
                    self.db().dialect(),
                    "select seq, operation, record_type, record_id, version from changes where change_set = ",
                );
                statement
                    .bind(set)
                    .push(" and seq > ")
                    .bind(after)
                    .push(" and operation in ('create', 'update', 'delete') order by seq limit 10000");
                let rows = statement.fetch(self.db()).await?;
                let Some(last) = rows.last() else { break };
                after = last.require_integer(0)?;
                for row in &rows {
                    let (seq, operation) = (row.require_integer(0)?, row.require_text(1)?);
                    let (type_name, id) = (row.require_text(2)?, row.require_text(3)?);
                    let version = row.require_integer(4)?;
                    let entry = touched
                        .entry((type_name.clone(), id.clone()))
                        .or_insert_with(|| Touched {
                            type_name,
                            id,
                            first_seq: seq,
                            last_seq: seq,
                            first_version: version,
                            last_version: version,
                            was_created: operation == "create",
                            last_operation: operation.clone(),
                        });
                    if seq < entry.first_seq {
                        entry.first_seq = seq;
                        entry.first_version = version;
                        entry.was_created = operation == "create";
                    }
                    if seq >= entry.last_seq {
                        entry.last_seq = seq;
                        entry.last_version = version;
                        entry.last_operation = operation;
                    }
                }
            }
        }
        Ok(touched.into_values().collect())
    }

    /// One's own change sets may be taken back by whoever made them; others' by those who may change every
    /// record of the types concerned.
    fn check_undo_rights(
        &self,
        author: &Author,
        found: &crate::ChangeSetInfo,
        touched: &[Touched],
    ) -> Result<(), Error> {
        if author.viewer.is_system
            || (author.viewer.user_id.is_some() && author.viewer.user_id == found.author)
        {
            return Ok(());
        }
        for t in touched {
            let grant = author.viewer.grant(&t.type_name);
            if grant.write != Scope::All || (t.was_created && grant.delete != Scope::All) {
                return Err(Error::Forbidden {
                    operation: "undo",
                    type_name: t.type_name.clone(),
                    id: t.id.clone(),
                });
            }
        }
        Ok(())
    }

    /// Takes back records of one type: as a whole, or one by one when the database refuses some of them.
    async fn undo_chunk(
        &self,
        writing: &mut Writing,
        chunk: &[Touched],
        ours: &HashSet<&str>,
        going: &HashSet<(String, String)>,
    ) -> Result<Vec<(Touched, Block)>, Error> {
        let record_type = self.record_type(&chunk[0].type_name)?;
        let was_created = chunk[0].was_created;
        let mut chunk = chunk.to_vec();
        let mut blocked = find_later_changes(writing, record_type, &mut chunk, ours).await?;
        if was_created {
            self.find_links(writing, record_type, &chunk, going, &mut blocked)
                .await?;
        }
        let free: Vec<&Touched> = chunk.iter().filter(|t| !blocked.contains_key(&t.id)).collect();
        let before = writing.entry_count();
        writing.tx.run("savepoint taken_back").await?;
        let refused = match take_back(self.catalog(), writing, record_type, &free).await {
            Ok(()) => None,
            Err(error) if is_refusal(&error) => Some(error),
            Err(error) => return Err(error),
        };
        if refused.is_some() {
            writing.tx.run("rollback to savepoint taken_back").await?;
            writing.forget_entries_after(before);
            for one in free {
                let before = writing.entry_count();
                writing.tx.run("savepoint one_taken_back").await?;
                match take_back(self.catalog(), writing, record_type, &[one]).await {
                    Ok(()) => writing.tx.run("release savepoint one_taken_back").await?,
                    Err(error) if is_refusal(&error) => {
                        writing.tx.run("rollback to savepoint one_taken_back").await?;
                        writing.forget_entries_after(before);
                        let block = block(one, refusal_in_words(&error), None);
                        blocked.insert(
                            one.id.clone(),
                            Block {
                                is_refusal: true,
                                ..block
                            },
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        writing.tx.run("release savepoint taken_back").await?;
        let by_id: HashMap<&str, &Touched> = chunk.iter().map(|t| (t.id.as_str(), t)).collect();
        Ok(blocked
            .into_iter()
            .filter_map(|(id, block)| Some(((*by_id.get(id.as_str())?).clone(), block)))
            .collect())
    }

    /// Blocks records that something points to which does not go with them.
    async fn find_links(
        &self,
        writing: &mut Writing,
        record_type: &RecordType,
        chunk: &[Touched],
        going: &HashSet<(String, String)>,
        blocked: &mut BTreeMap<String, Block>,
    ) -> Result<(), Error> {
        // What follows from this record is put right after the undo; it holds nobody here.
        let links = self.catalog().links_to(&record_type.name);
        for (other, field) in links.filter(|(other, _)| !other.derived) {
            let mut statement = Statement::new(
                writing.dialect(),
                format!(
                    "select {field}, id, changed_by from {} where {field} in ",
                    other.table,
                    field = field.name
                ),
            );
            statement.bind_list(chunk.iter().map(|t| t.id.as_str()));
            for row in statement.fetch_in(&mut writing.tx).await? {
                let (target, id) = (row.require_text(0)?, row.require_text(1)?);
                // Goes as well, now or in a moment.
                if going.contains(&(other.name.clone(), id.clone())) {
                    continue;
                }
                if let Some(t) = chunk.iter().find(|t| t.id == target) {
                    let reason = format!("{} {id} points to it by {}", other.name, field.name);
                    blocked.entry(target).or_insert(block(t, reason, row.text(2)?));
                }
            }
        }
        Ok(())
    }
}

/// Marks change sets as undone by the set that is being written; refused where they are already.
async fn mark_undone(writing: &mut Writing, sets: &[String]) -> Result<(), Error> {
    let mut statement = Statement::new(writing.dialect(), "update change_sets set undone_by = ");
    statement
        .bind(&writing.change_set)
        .push(", closed_at = coalesce(closed_at, ")
        .bind(writing.at.0)
        .push(") where undone_by is null and id in ")
        .bind_list(sets.iter().map(String::as_str));
    if statement.execute_in(&mut writing.tx).await? == 0 {
        return Err(Error::ChangeSet {
            id: sets[0].clone(),
            reason: "was undone already".into(),
        });
    }
    Ok(())
}
