//! Territories of a file become territories on record: compared first, so that a dry run says what would happen, and
//! written as one change set.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use records::{At, Author, Op, Record, Store, Written};
use serde::Serialize;
use territory::design::{BlockError, Blocks};
use territory::{Shape, ShapeError};
use utoipa::ToSchema;

use super::super::area;
use super::super::claims::{Block, Claims, check_rules};
use super::super::edit::{Member, NextVersion, begin_next};
use super::super::layout::{Layout, Standing};
use super::super::present::present;
use super::write_in::{change, create};
use super::{Portable, unreadable};
use crate::problem::Problem;

/// What becomes of a territory of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Action {
    /// There is none of this name.
    New,
    /// There is one of this name that is otherwise.
    Changed,
    /// It is there already.
    Same,
    /// It cannot be taken.
    Refused,
}

/// One territory of the file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct IntakeRow {
    pub name: String,
    pub action: Action,
    /// What would be otherwise: settings, extent, rules, names, people.
    pub what: Vec<&'static str>,
    /// Why it is refused, or what of it is left out.
    pub notes: Vec<String>,
}

/// What a file would do, or did.
#[derive(Debug, Default)]
pub(in super::super) struct Intake {
    pub rows: Vec<IntakeRow>,
    pub ops: Vec<Op>,
}

/// Who and what the file may name.
pub(in super::super) struct Known {
    /// User by e-mail in small letters.
    pub users: HashMap<String, String>,
    /// Locations that exist and that the author may see.
    pub locations: BTreeSet<String>,
}

/// A territory of the file, understood.
pub(super) struct Understood<'a> {
    pub id: String,
    pub from: &'a Portable,
    pub before: Option<&'a Standing>,
    pub shape: Option<Shape>,
    pub claims: Claims,
    pub named: BTreeSet<String>,
    pub members: Vec<Member>,
}

pub(super) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Compares a file with what is on record and gives the operations that make them agree. Territories that the file
/// does not name stay.
///
/// # Errors
/// A name stands twice in the file, or more than once on record.
pub(in super::super) async fn take_in(
    store: &Store,
    author: &Author,
    file: &[Portable],
    known: &Known,
) -> Result<Intake, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let at = present(store).await?;
    let mut on_record: HashMap<String, Vec<&Standing>> = HashMap::new();
    for standing in &layout.territories {
        on_record.entry(key(standing.name())).or_default().push(standing);
    }
    let mut ids: HashMap<String, String> = on_record
        .iter()
        .map(|(name, all)| (name.clone(), all[0].id().to_owned()))
        .collect();
    let mut once = BTreeSet::new();
    for territory in file {
        if !once.insert(key(&territory.name)) {
            return Err(unreadable(&format!("{} stands in it twice.", territory.name)));
        }
        if on_record
            .get(&key(&territory.name))
            .is_some_and(|all| all.len() > 1)
        {
            return Err(unreadable(&format!(
                "More than one territory is called {}: rename one first.",
                territory.name
            )));
        }
        ids.entry(key(&territory.name)).or_insert_with(records::new_id);
    }
    let mut intake = Intake::default();
    let mut understood = Vec::new();
    for territory in file {
        let before = on_record.get(&key(&territory.name)).map(|all| all[0]);
        let mut notes = Vec::new();
        match understand(territory, before, &ids, known, &mut notes) {
            Ok(one) => {
                understood.push(one);
                intake.rows.push(IntakeRow {
                    name: territory.name.trim().to_owned(),
                    action: Action::Same,
                    what: Vec::new(),
                    notes,
                });
            }
            Err(why) => intake.rows.push(IntakeRow {
                name: territory.name.trim().to_owned(),
                action: Action::Refused,
                what: Vec::new(),
                notes: vec![why],
            }),
        }
    }
    circles(&layout, &understood, &ids)?;
    let taken: BTreeSet<String> = understood.iter().flat_map(|u| u.named.iter().cloned()).collect();
    let mut rows: HashMap<String, usize> = HashMap::new();
    for (i, row) in intake.rows.iter().enumerate() {
        rows.insert(key(&row.name), i);
    }
    for one in &understood {
        let row = &mut intake.rows[rows[&key(&one.from.name)]];
        let ops = match one.before {
            None => {
                row.action = Action::New;
                create(store, author, &layout, one, &ids, at).await?
            }
            Some(before) => {
                let ops = change(store, author, one, before, &ids, &mut row.what, at).await?;
                if !row.what.is_empty() {
                    row.action = Action::Changed;
                }
                ops
            }
        };
        intake.ops.extend(ops);
    }
    // What two claim is no reason to refuse either: priorities settle it. But it is told, and where.
    let would_be = as_it_would_be(&layout, &understood, &ids);
    let in_file: BTreeSet<&str> = understood.iter().map(|u| u.id.as_str()).collect();
    for clash in would_be.clashes(&|id| in_file.contains(id)) {
        for one in understood.iter().filter(|u| clash.territory_ids.contains(&u.id)) {
            intake.rows[rows[&key(&one.from.name)]]
                .notes
                .push(clash.text.clone());
        }
    }
    // What others of the line hold by name, they give up.
    for other in &layout.territories {
        let stays = once.contains(&key(other.name()));
        let lost: BTreeSet<&String> = other.named.iter().filter(|id| taken.contains(*id)).collect();
        let same_line = |u: &&Understood<'_>| u.from.line.as_deref() == other.line();
        let claimed = understood
            .iter()
            .filter(same_line)
            .any(|u| u.named.iter().any(|id| lost.contains(id)));
        if stays || lost.is_empty() || !claimed {
            continue;
        }
        let next = NextVersion {
            named: Some(
                other
                    .named
                    .iter()
                    .filter(|id| !taken.contains(*id))
                    .cloned()
                    .collect(),
            ),
            ..NextVersion::default()
        };
        let message = format!("{} given up to another territory", lost.len());
        intake
            .ops
            .extend(begin_next(store, other, author, &message, next, at).await?);
    }
    // Territories before what refers to them; runs of one sort are written together.
    intake.ops.sort_by_key(|op| match op {
        Op::Create { type_name, .. } if type_name == "territory" => 0,
        Op::Update { .. } => 1,
        Op::Create { .. } => 3,
        _ => 2,
    });
    Ok(intake)
}

/// The ground and codes of all territories once the file is taken in.
fn as_it_would_be(layout: &Layout, taken: &[Understood<'_>], ids: &HashMap<String, String>) -> Layout {
    let stays = |standing: &&Standing| taken.iter().all(|u| u.id != standing.id());
    let others = layout.territories.iter().filter(stays).cloned();
    let comes = taken.iter().map(|one| {
        let said = |value: Option<serde_json::Value>| value.unwrap_or(serde_json::Value::Null);
        let parent = one.from.parent.as_ref().and_then(|p| ids.get(&key(p)));
        let record = Record {
            type_name: "territory".into(),
            id: one.id.clone(),
            version: 0,
            recorded_at: geom::Timestamp(0),
            changed_by: None,
            change_set: String::new(),
            fields: records::fields([
                ("name", one.from.name.trim().into()),
                ("line", said(one.from.line.clone().map(Into::into))),
                ("priority", said(one.from.priority.map(Into::into))),
                ("parent_id", said(parent.cloned().map(Into::into))),
            ]),
        };
        Standing {
            shape: one.shape.clone(),
            claims: one.claims.clone(),
            ..Standing::of(record, None, Vec::new())
        }
    });
    Layout::of(others.chain(comes).collect())
}

/// Reads one territory against what there is. What is unknown is noted and left out.
fn understand<'a>(
    from: &'a Portable,
    before: Option<&'a Standing>,
    ids: &HashMap<String, String>,
    known: &Known,
    notes: &mut Vec<String>,
) -> Result<Understood<'a>, String> {
    if from.name.trim().is_empty() || from.name.trim().chars().count() > 120 {
        return Err("A name has 1 to 120 letters.".to_owned());
    }
    let shape = match &from.area {
        None => None,
        Some(area) => {
            let drawn = Shape::parse(area.clone()).or_else(|why| match why {
                // What lies in what can be told; where a border crosses itself, nobody knows what was meant.
                ShapeError::Nested(..) | ShapeError::HoleOutside { .. } => Shape::mended(area.clone()),
                other => Err(other),
            });
            Some(drawn.map_err(|e| area::BadArea::from(e).message)?)
        }
    };
    if from.colour.is_some_and(|c| !(1..=12).contains(&c)) {
        return Err("A colour is a slot of the palette, 1 to 12.".to_owned());
    }
    disjoint(&from.blocks)?;
    if let Some(reach) = &from.reach {
        area::parse(&reach.area).map_err(|bad| format!("The reach: {}", bad.message))?;
    }
    let mut rules = from.rules.clone();
    for rule in &mut rules {
        rule.within = match rule.within.take() {
            None => None,
            Some(name) => match ids.get(&key(&name)) {
                Some(id) => Some(id.clone()),
                None => return Err(format!("A rule holds within {name}, which there is not.")),
            },
        };
    }
    check_rules(&rules, &|_| true).map_err(|p| p.detail.clone())?;
    if let Some(parent) = from.parent.as_ref().filter(|p| !ids.contains_key(&key(p))) {
        notes.push(format!("{parent}, above it, is unknown."));
    }
    let mut named = BTreeSet::new();
    for place in &from.named {
        if known.locations.contains(&place.location_id) {
            named.insert(place.location_id.clone());
        } else {
            notes.push(format!(
                "The place {} is unknown.",
                if place.name.is_empty() {
                    &place.location_id
                } else {
                    &place.name
                }
            ));
        }
    }
    let mut members = Vec::new();
    for member in &from.members {
        match known.users.get(&member.email.trim().to_lowercase()) {
            Some(user) => members.push(Member {
                user_id: user.clone(),
                role: member.role,
                share: member.share,
            }),
            None => notes.push(format!("Nobody has the e-mail address {}.", member.email)),
        }
    }
    Ok(Understood {
        id: ids[&key(&from.name)].clone(),
        from,
        before,
        shape,
        claims: Claims {
            blocks: from.blocks.clone(),
            reach: from.reach.clone(),
            rules,
        },
        named,
        members,
    })
}

/// Blocks are areas that do not overlap.
fn disjoint(blocks: &[Block]) -> Result<(), String> {
    let mut outlines = Vec::new();
    let mut codes = Vec::new();
    for block in blocks {
        if let Some(area) = &block.area {
            outlines
                .push(area::polygons(area).map_err(|bad| format!("Block {}: {}", block.code, bad.message))?);
            codes.push(&block.code);
        }
    }
    if outlines.is_empty() {
        return Ok(());
    }
    let code = |number: u32| codes[number as usize];
    match Blocks::parse(outlines) {
        Ok(_) => Ok(()),
        Err(BlockError::Outline { block, why }) => Err(format!(
            "Block {}: {}",
            code(block),
            area::BadArea::from(why).message
        )),
        Err(BlockError::Overlap {
            blocks: [a, b],
            lng,
            lat,
            ..
        }) => Err(format!(
            "Blocks {} and {} overlap near {lng:.6}, {lat:.6}: cut the one out of the other.",
            code(a),
            code(b)
        )),
    }
}

/// Nobody stands below itself.
fn circles(layout: &Layout, all: &[Understood<'_>], ids: &HashMap<String, String>) -> Result<(), Problem> {
    let mut parents: BTreeMap<String, String> = layout
        .territories
        .iter()
        .filter_map(|t| Some((t.id().to_owned(), t.record.text("parent_id")?.to_owned())))
        .collect();
    for one in all {
        match one.from.parent.as_ref().and_then(|p| ids.get(&key(p))) {
            Some(parent) => drop(parents.insert(one.id.clone(), parent.clone())),
            None => drop(parents.remove(&one.id)),
        }
    }
    for one in all {
        let mut at = one.id.as_str();
        for _ in 0..=parents.len() {
            match parents.get(at) {
                Some(above) if *above == one.id => {
                    return Err(unreadable(&format!(
                        "{} would stand below itself.",
                        one.from.name
                    )));
                }
                Some(above) => at = above,
                None => break,
            }
        }
    }
    Ok(())
}

impl Intake {
    /// How many there are of a sort.
    pub fn count(&self, action: Action) -> u64 {
        self.rows.iter().filter(|r| r.action == action).count() as u64
    }

    /// Writes it.
    pub async fn write(self, store: &Store, author: &Author) -> Result<Written, Problem> {
        Ok(store.write(author, self.ops).await?)
    }
}
