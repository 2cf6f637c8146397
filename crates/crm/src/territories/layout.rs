//! All territories as they stand at one moment: who they are, how far they reach, who works them; and the
//! index that says whose a place is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use records::{At, Error, Record, Store};
use sha2::{Digest, Sha256};
use territory::{
    Area, Candidate, CandidateId, Claim, Decision, LineId, Overlap, Shape, TerritoryId, TerritoryIndex,
};

use super::facts::Facts;
use super::present::{all_of, present};

pub(crate) use super::standing::Standing;

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

    /// One of them lies below the other in the tree.
    pub(super) fn are_kin(&self, a: TerritoryId, b: TerritoryId) -> bool {
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
