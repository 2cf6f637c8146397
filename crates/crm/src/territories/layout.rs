//! All territories as they stand at one moment: who they are, how far they reach, who works them; and the
//! index that says whose a place is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use geo_types::MultiPolygon;
use records::{At, Error, Record, Store};
use serde_json::Value;
use sha2::{Digest, Sha256};
use territory::{
    Area, Candidate, CandidateId, Claim, Decision, Extent, LineId, Overlap, Shape, TerritoryId,
    TerritoryIndex,
};

use super::area;
use super::claims::Claims;
use super::facts::Facts;
use super::present::{all_of, present};

/// One territory at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The territory's record.
    pub record: Record,
    /// The version that holds, if it has one.
    pub version: Option<Record>,
    /// Versions on record as holding too, with lower numbers: an undo that could not take back all of a set
    /// leaves such. They do not count, and are ended as soon as somebody looks.
    pub left_over: Vec<Record>,
    /// Its drawn area.
    pub shape: Option<Shape>,
    /// Blocks, reach and rules.
    pub claims: Claims,
    /// The shapes of all it claims by ground.
    pub(crate) shapes: OnceLock<Vec<Shape>>,
    /// The same as one.
    pub(crate) ground: OnceLock<Option<MultiPolygon<f64>>>,
    /// Locations it holds by name.
    pub named: Vec<String>,
    /// Who works it: owners first, then by share.
    pub members: Vec<Record>,
}

impl Standing {
    pub fn id(&self) -> &str {
        &self.record.id
    }

    pub fn name(&self) -> &str {
        self.record.text("name").unwrap_or_default()
    }

    /// The product line; `None` for the line that everything without one is in.
    pub fn line(&self) -> Option<&str> {
        line_of(&self.record)
    }

    /// Whose it is.
    pub fn owner(&self) -> Option<&str> {
        let owner = self.members.first().filter(|m| m.text("role") == Some("owner"));
        owner.and_then(|m| m.text("user_id"))
    }

    /// The shapes of all it claims by ground.
    pub fn shapes(&self) -> &[Shape] {
        self.shapes.get_or_init(|| {
            let drawn = self.shape.iter().cloned();
            drawn.chain(self.claims.shapes()).collect()
        })
    }

    /// All the ground it claims, as one shape: drawn, blocks and reach. `None` where it claims none.
    pub fn ground(&self) -> Option<&MultiPolygon<f64>> {
        let made = self.ground.get_or_init(|| {
            let shapes = self.shapes();
            match shapes {
                [] => None,
                [one] => Some(one.polygons().clone()),
                many => Some(geo::unary_union(many.iter().map(Shape::polygons))),
            }
        });
        made.as_ref()
    }

    /// A territory with the version that holds and the people who work it.
    pub fn of(record: Record, version: Option<Record>, mut members: Vec<Record>) -> Self {
        members.sort_by(|a, b| {
            let key = |m: &Record| (m.text("role") != Some("owner"), m.id.clone());
            let share = |m: &Record| m.number("share").unwrap_or(100.0);
            key(a)
                .0
                .cmp(&key(b).0)
                .then(share(b).total_cmp(&share(a)))
                .then_with(|| key(a).1.cmp(&key(b).1))
        });
        let shape = version.as_ref().and_then(shape_of);
        let claims = version.as_ref().map(Claims::of).unwrap_or_default();
        let named = version.as_ref().map(named_of).unwrap_or_default();
        Self {
            record,
            version,
            left_over: Vec::new(),
            shape,
            claims,
            shapes: OnceLock::new(),
            ground: OnceLock::new(),
            named,
            members,
        }
    }

    /// Locations that it leaves out although its area holds them.
    pub fn excluded(&self) -> Vec<String> {
        self.version
            .as_ref()
            .map(|v| ids_in(v, "excluded_locations"))
            .unwrap_or_default()
    }

    /// What it lays claim to, as the engine takes it, each with words for it. `ground` gives the shapes of a
    /// territory and of what is below it.
    pub fn areas(&self, ground: &dyn Fn(&str) -> Vec<Shape>) -> Vec<(Area, Option<String>)> {
        let mut areas = areas_of(
            number(self.id()),
            &self.record,
            self.shape.clone(),
            self.named.iter().map(String::as_str),
            self.claims.extents(ground),
        );
        areas.extend(self.left_out().map(|area| (area, None)));
        areas
    }

    /// Whom it leaves out, as the engine takes it.
    pub(super) fn left_out(&self) -> Option<Area> {
        let excluded: BTreeSet<CandidateId> = self.excluded().iter().map(|id| candidate_number(id)).collect();
        (!excluded.is_empty()).then(|| Area {
            territory: number(self.id()),
            line: self.line().map(line_number),
            extent: Arc::new(Extent::Excluded(excluded)),
            priority: 0,
        })
    }
}

/// The product line of a territory's record.
pub(crate) fn line_of(record: &Record) -> Option<&str> {
    record.text("line").map(str::trim).filter(|line| !line.is_empty())
}

/// Claims of a territory with this area and these names.
pub(super) fn areas_of<'a>(
    territory: TerritoryId,
    record: &Record,
    shape: Option<Shape>,
    named: impl Iterator<Item = &'a str>,
    more: Vec<(Extent, Option<String>)>,
) -> Vec<(Area, Option<String>)> {
    let priority = record.integer("priority").unwrap_or(0);
    let priority = i32::try_from(priority).unwrap_or(if priority < 0 { i32::MIN } else { i32::MAX });
    let line = line_of(record).map(line_number);
    let named: BTreeSet<CandidateId> = named.map(candidate_number).collect();
    let area = |extent: Extent| Area {
        territory,
        line,
        extent: Arc::new(extent),
        priority,
    };
    let mut areas = Vec::new();
    if !named.is_empty() {
        areas.push((area(Extent::Named(named)), None));
    }
    areas.extend(shape.map(|shape| (area(Extent::Drawn(shape)), None)));
    areas.extend(more.into_iter().map(|(extent, words)| (area(extent), words)));
    areas
}

/// The engine's number for a record's id. Ids are UUIDs that begin with their time, so older is smaller.
fn number_of(id: &str) -> u128 {
    uuid::Uuid::parse_str(id).map_or_else(|_| hashed(id), |uuid| uuid.as_u128())
}

fn hashed(text: &str) -> u128 {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(16)
        .fold(0, |number, byte| number << 8 | u128::from(*byte))
}

pub(crate) fn number(territory: &str) -> TerritoryId {
    TerritoryId(number_of(territory))
}

pub(crate) fn candidate_number(location: &str) -> CandidateId {
    CandidateId(number_of(location))
}

pub(crate) fn line_number(line: &str) -> LineId {
    LineId(hashed(line))
}

/// Overlaps smaller than this are rounding along shared borders.
const LEAST_OVERLAP: f64 = 1.0;

/// All territories at one moment.
#[derive(Debug)]
pub(crate) struct Layout {
    /// By name, then id.
    pub territories: Vec<Standing>,
    /// Whose is this place?
    pub index: TerritoryIndex,
    by_number: HashMap<TerritoryId, usize>,
    by_id: HashMap<String, usize>,
    /// Locations that some territory holds by name, or leaves out by name.
    named: HashSet<CandidateId>,
    /// Words for the engine's areas, where there are any.
    words: Vec<Option<String>>,
    overlaps: OnceLock<Vec<Overlap>>,
}

impl Layout {
    /// Reads the territories of a moment; `None` is the present. What may be seen of them is the caller's
    /// business: who decides about a place must know all.
    pub async fn load(store: &Store, at: At) -> Result<Self, Error> {
        let valid_at = match at.as_of {
            Some(_) => at,
            None => At {
                as_of: Some(present(store).await?),
                known_at: at.known_at,
            },
        };
        let records = all_of(store, "territory", at).await?;
        let versions = all_of(store, "territory_version", valid_at).await?;
        let members = all_of(store, "territory_member", valid_at).await?;
        Ok(Self::build(records, versions, members))
    }

    /// Puts records together. Of several versions of one territory the one with the highest number holds.
    fn build(records: Vec<Record>, versions: Vec<Record>, members: Vec<Record>) -> Self {
        let mut versions_of: HashMap<String, Vec<Record>> = HashMap::new();
        for version in versions {
            if let Some(territory) = version.text("territory_id").map(str::to_owned) {
                versions_of.entry(territory).or_default().push(version);
            }
        }
        let mut members_of: HashMap<String, Vec<Record>> = HashMap::new();
        for member in members {
            if let Some(territory) = member.text("territory_id").map(str::to_owned) {
                members_of.entry(territory).or_default().push(member);
            }
        }
        let territories: Vec<Standing> = records
            .into_iter()
            .map(|record| {
                let mut left_over = versions_of.remove(&record.id).unwrap_or_default();
                left_over.sort_by_key(|v| (v.integer("number"), v.id.clone()));
                let version = left_over.pop();
                let members = members_of.remove(&record.id).unwrap_or_default();
                Standing {
                    left_over,
                    ..Standing::of(record, version, members)
                }
            })
            .collect();
        Self::of(territories)
    }

    /// These territories, whether on record or only thought of.
    pub fn of(mut territories: Vec<Standing>) -> Self {
        territories.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
        let ground = |id: &str| ground_of(&territories, id);
        let (areas, words): (Vec<Area>, Vec<Option<String>>) =
            territories.iter().flat_map(|t| t.areas(&ground)).unzip();
        let index = TerritoryIndex::build(areas);
        Self {
            by_number: territories
                .iter()
                .enumerate()
                .map(|(i, t)| (number(t.id()), i))
                .collect(),
            by_id: territories
                .iter()
                .enumerate()
                .map(|(i, t)| (t.id().to_owned(), i))
                .collect(),
            named: territories
                .iter()
                .flat_map(|t| t.named.iter().cloned().chain(t.excluded()))
                .map(|id| candidate_number(&id))
                .collect(),
            words,
            overlaps: OnceLock::new(),
            territories,
            index,
        }
    }

    pub fn get(&self, id: &str) -> Option<&Standing> {
        self.by_id.get(id).map(|i| &self.territories[*i])
    }

    pub fn by_number(&self, number: TerritoryId) -> Option<&Standing> {
        self.by_number.get(&number).map(|i| &self.territories[*i])
    }

    /// Who has a location, without the reasons and much faster than [`Layout::decide`].
    pub fn owner_of(&self, location: &str, facts: &Facts, line: Option<&str>) -> Option<TerritoryId> {
        let in_line = line.map(line_number);
        match facts.place {
            Some(place)
                if !self.is_named(candidate_number(location)) && !self.index.reads_attributes(in_line) =>
            {
                self.index.owner_at(place, in_line)
            }
            _ => self.decide(location, facts, line).territory(),
        }
    }

    /// Every product line that some territory is in, the common one first.
    pub fn lines(&self) -> Vec<Option<String>> {
        let own: BTreeSet<&str> = self.territories.iter().filter_map(Standing::line).collect();
        std::iter::once(None)
            .chain(own.into_iter().map(|line| Some(line.to_owned())))
            .collect()
    }

    /// Who has a location, and why.
    pub fn decide(&self, location: &str, facts: &Facts, line: Option<&str>) -> Decision {
        let candidate = candidate(location, facts);
        self.index.decide(&candidate, line.map(line_number))
    }

    /// Some territory of the line, or of any, asks for more than a place: rules, or codes of addresses.
    pub fn reads_facts(&self) -> bool {
        let mut lines = self.lines().into_iter();
        lines.any(|line| self.index.reads_attributes(line.as_deref().map(line_number)))
    }

    /// Words for the area that a claim comes from.
    pub fn words_of(&self, claim: &Claim) -> Option<&str> {
        self.words.get(claim.area)?.as_deref()
    }

    /// The shapes of a territory and of what is below it.
    pub fn ground_of(&self, id: &str) -> Vec<Shape> {
        ground_of(&self.territories, id)
    }

    /// Territories with a rule that holds within another territory.
    pub fn ruled_within(&self) -> impl Iterator<Item = &Standing> {
        self.territories
            .iter()
            .filter(|t| t.claims.rules.iter().any(|r| r.within.is_some()))
    }

    /// Some territory holds the location by name, or leaves it out.
    pub fn is_named(&self, location: CandidateId) -> bool {
        self.named.contains(&location)
    }

    /// Where two territories of one line claim the same ground; one of a tree's own branches is no conflict.
    pub fn overlaps(&self) -> &[Overlap] {
        self.overlaps.get_or_init(|| {
            let mut found = self.index.overlaps(LEAST_OVERLAP);
            found.retain(|o| !self.are_kin(o.territories.0, o.territories.1));
            found
        })
    }

    fn are_kin(&self, a: TerritoryId, b: TerritoryId) -> bool {
        let (Some(a), Some(b)) = (self.by_number(a), self.by_number(b)) else {
            return false;
        };
        self.is_within(a.id(), b.id()) || self.is_within(b.id(), a.id())
    }

    /// The territory is the other one or lies below it in the tree.
    pub fn is_within(&self, id: &str, ancestor: &str) -> bool {
        let mut at = Some(id.to_owned());
        // A circle of parents is not refused on write, so steps are counted.
        for _ in 0..=self.territories.len() {
            match at {
                Some(here) if here == ancestor => return true,
                Some(here) => {
                    at = self
                        .get(&here)
                        .and_then(|t| t.record.text("parent_id"))
                        .map(str::to_owned)
                }
                None => return false,
            }
        }
        false
    }

    /// The territory and everything below it.
    pub fn branch(&self, id: &str) -> Vec<&Standing> {
        self.territories
            .iter()
            .filter(|t| self.is_within(t.id(), id))
            .collect()
    }
}

/// A location as the engine asks about it.
pub(super) fn candidate(location: &str, facts: &Facts) -> Candidate {
    Candidate {
        id: candidate_number(location),
        place: facts.place,
        attributes: facts.attributes.clone(),
    }
}

/// The shapes of a territory and of what is below it.
fn ground_of(territories: &[Standing], id: &str) -> Vec<Shape> {
    let parent = |id: &str| {
        let territory = territories.iter().find(|t| t.id() == id);
        territory.and_then(|t| t.record.text("parent_id").map(str::to_owned))
    };
    let is_below = |of: &Standing| {
        let mut at = of.id().to_owned();
        // A circle of parents is not refused on write, so steps are counted.
        for _ in 0..=territories.len() {
            if at == id {
                return true;
            }
            match parent(&at) {
                Some(above) => at = above,
                None => return false,
            }
        }
        false
    };
    let branch = territories.iter().filter(|t| is_below(t));
    branch.flat_map(Standing::shapes).cloned().collect()
}

fn shape_of(version: &Record) -> Option<Shape> {
    let geometry = version.fields.get("area").filter(|g| !g.is_null())?;
    match area::parse(geometry) {
        Ok(shape) => Some(shape),
        Err(error) => {
            tracing::error!(
                version = version.id,
                error = error.message,
                "a territory's stored area cannot be read"
            );
            None
        }
    }
}

/// Ids of the locations a version holds by name.
pub(super) fn named_of(version: &Record) -> Vec<String> {
    ids_in(version, "named_locations")
}

fn ids_in(version: &Record, field: &str) -> Vec<String> {
    let list = version.fields.get(field).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
