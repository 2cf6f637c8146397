//! Other territories become true: versions, members, fields and every assignment that follows, in one transaction and
//! one change set. A server that dies on the way leaves nothing of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use geom::{LngLat, Timestamp};
use records::{Author, Db, Error, Op, Record, fields};
use serde_json::{Map, Value};

use super::compare::{FIELDS, Fate, changed_fields, pairs, same_extent, value};
use crate::App;
use crate::problem::Problem;
use crate::territories::{Layout, Move, Open, Standing, facts, plan_moves, store};

/// Assignments written by one batch of the transaction: an end and a beginning each.
const BATCH: usize = 2_000;

/// What is to become true.
pub(super) struct Commit<'a> {
    pub app: &'a App,
    pub author: &'a Author,
    /// What is on record now.
    pub present: &'a Layout,
    /// What is to be; versions that differ are written anew.
    pub target: Vec<Standing>,
    /// From when.
    pub at: Timestamp,
    /// Words for the new versions.
    pub message: &'a str,
    /// The id of the change set, a [`records::new_id`].
    pub change_set: String,
    /// The number of the feed's last change before anything of this was read, if all up to it was worked off.
    pub seen: Option<i64>,
}

/// Everything worked out, to be written.
pub(super) struct Plan {
    /// Territories, versions, members.
    parts: Vec<Op>,
    /// Territories that go, after everything else.
    gone: Vec<Op>,
    pub moves: Vec<Move>,
    /// All that follows is among the moves. Where rules look at customers anywhere, the follower looks for more.
    pub is_whole: bool,
    at: Timestamp,
}

impl Commit<'_> {
    /// Works out what has to be written; nothing is.
    pub async fn plan(&self) -> Result<Plan, Problem> {
        let mut parts: Vec<Op> = Vec::new();
        let mut gone: Vec<Op> = Vec::new();
        let mut target: Vec<Standing> = self.target.clone();
        let mut concerned: Vec<(Option<&Standing>, Standing)> = Vec::new();
        let wanted = Layout::of(self.target.clone());
        for (before, after) in pairs(self.present, &wanted) {
            match (Fate::of(before, after), before, after) {
                (Fate::Same, ..) | (_, None, None) => {}
                (_, Some(before), None) => {
                    parts.extend(
                        before
                            .version
                            .iter()
                            .chain(&before.members)
                            .map(|r| end(r, self.at)),
                    );
                    gone.push(Op::Delete {
                        type_name: "territory".into(),
                        id: before.id().to_owned(),
                        version: Some(before.record.version),
                    });
                    concerned.push((Some(before), before.clone()));
                }
                (_, before, Some(after)) => {
                    let number = store::last_number(self.app.store.db(), after.id()).await? + 1;
                    let version = self.change(before, after, number, &mut parts);
                    let standing = target.iter_mut().find(|t| t.id() == after.id());
                    if let (Some(version), Some(standing)) = (version, standing) {
                        standing.version = Some(version);
                    }
                    concerned.push((before, after.clone()));
                }
            }
        }
        // Runs of one sort are written together; a territory is there before its versions.
        parts.sort_by_key(|op| match op {
            Op::Create { type_name, .. } if type_name == "territory" => 0,
            Op::Update { type_name, .. } if type_name == "territory" => 1,
            Op::Update { .. } => 2,
            _ => 3,
        });
        let db = self.app.store.db();
        let (held, placed) = tokio::try_join!(held(db, &concerned), placed(db, &concerned))?;
        let mut asked: BTreeSet<String> = held.iter().map(|open| open.location_id.clone()).collect();
        asked.extend(placed.keys().cloned());
        for (before, after) in &concerned {
            for standing in before.iter().copied().chain([after]) {
                asked.extend(standing.named.iter().cloned());
                asked.extend(standing.excluded());
            }
        }
        let layout = Arc::new(Layout::of(target));
        let by_rule_within = [self.present, layout.as_ref()]
            .iter()
            .any(|layout| layout.ruled_within().next().is_some());
        let by_facts = concerned
            .iter()
            .flat_map(|(before, after)| before.iter().copied().chain([after]))
            .any(Standing::reads_facts);
        let is_whole = !by_rule_within && !by_facts;
        let of_others = store::open_elsewhere(db, &asked, concerned.iter().map(|(_, after)| after.id()));
        let (places, of_others) = tokio::try_join!(facts::asked_by(db, &layout, &asked, placed), of_others)?;
        let mut open = held;
        open.extend(of_others);
        let moves = tokio::task::spawn_blocking(move || plan_moves(&layout, &asked, &places, open))
            .await
            .map_err(Problem::unexpected)?;
        Ok(Plan {
            parts,
            gone,
            moves,
            is_whole,
            at: self.at,
        })
    }

    /// What has to be written for a territory that stays or comes; its new version, if it gets one.
    fn change(
        &self,
        before: Option<&Standing>,
        after: &Standing,
        number: i64,
        parts: &mut Vec<Op>,
    ) -> Option<Record> {
        match before {
            None => {
                let said = FIELDS
                    .iter()
                    .map(|f| ((*f).to_owned(), value(&after.record, f).clone()));
                parts.push(Op::Create {
                    type_name: "territory".into(),
                    id: Some(after.id().to_owned()),
                    fields: said.filter(|(_, v)| !v.is_null()).collect(),
                });
            }
            Some(before) => {
                let changed = changed_fields(before, after);
                if !changed.is_empty() {
                    parts.push(Op::Update {
                        type_name: "territory".into(),
                        id: before.id().to_owned(),
                        version: Some(before.record.version),
                        patch: changed
                            .into_iter()
                            .map(|f| (f.to_owned(), value(&after.record, f).clone()))
                            .collect(),
                    });
                }
            }
        }
        self.people(before, after, parts);
        if before.is_some_and(|before| same_extent(before, after)) {
            return None;
        }
        parts.extend(before.and_then(|b| b.version.as_ref()).map(|v| end(v, self.at)));
        let version = after.version.as_ref()?;
        let mut said: Map<String, Value> = version
            .fields
            .iter()
            .filter(|(name, value)| !value.is_null() && name.as_str() != "custom")
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let user = &self.author.viewer.user_id;
        said.insert("territory_id".into(), after.id().into());
        said.insert("number".into(), number.into());
        said.insert("message".into(), self.message.into());
        said.insert(
            "author_id".into(),
            user.as_deref().map_or(Value::Null, Value::from),
        );
        said.insert("valid_from".into(), self.at.0.into());
        said.remove("valid_to");
        let record = Record {
            id: records::new_id(),
            fields: said.clone(),
            ..version.clone()
        };
        said.retain(|_, value| !value.is_null());
        parts.push(Op::Create {
            type_name: "territory_version".into(),
            id: Some(record.id.clone()),
            fields: said,
        });
        Some(record)
    }

    fn people(&self, before: Option<&Standing>, after: &Standing, parts: &mut Vec<Op>) {
        let key = |m: &Record| {
            let text = |field: &str| m.text(field).unwrap_or_default().to_owned();
            (text("user_id"), text("role"), m.number("share").map(f64::to_bits))
        };
        let stays: BTreeSet<_> = after.members.iter().map(key).collect();
        let was = before.map(|b| b.members.as_slice()).unwrap_or_default();
        parts.extend(
            was.iter()
                .filter(|m| !stays.contains(&key(m)))
                .map(|m| end(m, self.at)),
        );
        let had: BTreeSet<_> = was.iter().map(key).collect();
        for member in after.members.iter().filter(|m| !had.contains(&key(m))) {
            let mut said = fields([
                ("territory_id", after.id().into()),
                ("user_id", value(member, "user_id").clone()),
                ("role", value(member, "role").clone()),
                ("valid_from", self.at.0.into()),
            ]);
            let share = value(member, "share");
            if !share.is_null() {
                said.insert("share".into(), share.clone());
            }
            parts.push(Op::create("territory_member", said));
        }
    }

    /// Writes it all, with `more`, or nothing.
    pub async fn write(&self, plan: Plan, more: Vec<Op>) -> Result<records::Written, Problem> {
        let at = plan.at;
        let (parts, gone) = (plan.parts, plan.gone);
        let mut moves = plan.moves.into_iter();
        let chunks = [parts, more];
        let chunks: Vec<Vec<Op>> = chunks
            .iter()
            .flat_map(|b| b.chunks(BATCH))
            .map(<[Op]>::to_vec)
            .collect();
        let assignments = std::iter::from_fn(move || {
            let chunk: Vec<Move> = moves.by_ref().take(BATCH).collect();
            if chunk.is_empty() {
                return None;
            }
            let ends = chunk.iter().flat_map(|m| m.end.iter().map(|open| open.end(at)));
            let mut ops: Vec<Op> = ends.collect();
            ops.extend(chunk.into_iter().filter_map(|m| m.begin_at(at)));
            Some(ops)
        });
        let last = (!gone.is_empty()).then_some(gone);
        let batches = chunks.into_iter().chain(assignments).chain(last);
        let set = self.change_set.clone();
        let written = self.app.store.write_whole(self.author, set, batches).await?;
        Ok(written)
    }
}

/// The open assignments of territories that change.
async fn held(db: &Db, concerned: &[(Option<&Standing>, Standing)]) -> Result<Vec<Open>, Error> {
    let mut held = Vec::new();
    for (_, after) in concerned {
        held.extend(store::open_in(db, after.id()).await?);
    }
    Ok(held)
}

/// The locations on their ground.
async fn placed(
    db: &Db,
    concerned: &[(Option<&Standing>, Standing)],
) -> Result<HashMap<String, LngLat>, Error> {
    let mut placed = HashMap::new();
    for shape in concerned.iter().flat_map(|(_, after)| after.shapes()) {
        placed.extend(store::locations_in(db, shape.bbox()).await?);
    }
    Ok(placed)
}

/// Ends a record's validity, not before it began. The version read goes along: who changed it meanwhile is not
/// overrun.
pub(super) fn end(record: &Record, at: Timestamp) -> Op {
    let from = record.integer("valid_from").unwrap_or(at.0);
    Op::Update {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        version: Some(record.version),
        patch: fields([("valid_to", at.0.max(from).into())]),
    }
}

impl Plan {
    /// Moves of the common line by (from, to).
    pub fn pairs(&self) -> BTreeMap<(Option<&str>, Option<&str>), u64> {
        let mut pairs = BTreeMap::new();
        for one in self.moves.iter().filter(|m| m.line.is_none() && m.is_transfer()) {
            *pairs.entry((one.from(), one.to())).or_insert(0) += 1;
        }
        pairs
    }

    /// Places that get another territory.
    pub fn places(&self) -> u64 {
        self.moves.iter().filter(|m| m.is_transfer()).count() as u64
    }

    /// From and to of every place of the common line that changes hands.
    pub fn transfers(&self) -> HashMap<&str, (Option<&str>, Option<&str>)> {
        let moves = self.moves.iter().filter(|m| m.line.is_none() && m.is_transfer());
        moves
            .map(|m| (m.location_id.as_str(), (m.from(), m.to())))
            .collect()
    }
}
