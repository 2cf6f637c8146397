//! All territories as they stand at one moment: who they are, how far they reach, who works them; and the
//! index that says whose a place is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use geom::{LngLat, Timestamp};
use records::{At, Error, Query, Record, Store, Viewer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use territory::{
    Area, Candidate, CandidateId, Decision, Extent, LineId, Overlap, Shape, TerritoryId, TerritoryIndex,
};

use super::area;

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
        let named = version.as_ref().map(named_of).unwrap_or_default();
        Self {
            record,
            version,
            left_over: Vec::new(),
            shape,
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

    /// What it lays claim to, as the engine takes it.
    pub fn areas(&self) -> Vec<Area> {
        let mut areas = areas_of(
            number(self.id()),
            &self.record,
            self.shape.clone(),
            self.named.iter().map(String::as_str),
        );
        areas.extend(self.left_out());
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
) -> Vec<Area> {
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
        areas.push(area(Extent::Named(named)));
    }
    areas.extend(shape.map(|shape| area(Extent::Drawn(shape))));
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
        let index = TerritoryIndex::build(territories.iter().flat_map(Standing::areas).collect());
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
    pub fn owner_of(&self, location: &str, place: Option<LngLat>, line: Option<&str>) -> Option<TerritoryId> {
        match place {
            Some(place) if !self.is_named(candidate_number(location)) => {
                self.index.owner_at(place, line.map(line_number))
            }
            _ => self.decide(location, place, line).territory(),
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
    pub fn decide(&self, location: &str, place: Option<LngLat>, line: Option<&str>) -> Decision {
        let id = candidate_number(location);
        let candidate = Candidate {
            id,
            place,
            attributes: std::collections::BTreeMap::new(),
        };
        self.index.decide(&candidate, line.map(line_number))
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

/// The present: now by the clock, or the last write where that is later (writes never share a moment).
pub(crate) async fn present(store: &Store) -> Result<Timestamp, Error> {
    let last = store.last_seq().await?;
    let written = store.changes(last - 1, 1).await?;
    Ok(written
        .last()
        .map_or(store.now(), |change| store.now().max(change.at)))
}

/// Every record of a type at a moment.
pub(super) async fn all_of(store: &Store, type_name: &str, at: At) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    let mut query = Query::of(type_name).at(at).limit(Query::MAX_LIMIT);
    loop {
        let page = store.list(&Viewer::system(), &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(records),
        }
    }
}

/// The present layout, kept until a change of the feed concerns it.
#[derive(Default)]
pub(crate) struct PresentLayout(tokio::sync::Mutex<Option<(i64, Arc<Layout>)>>);

/// Changes looked through before the layout is simply read again.
const LOOKED_THROUGH: u32 = 1_000;

impl PresentLayout {
    /// The territories as they stand now.
    pub async fn get(&self, store: &Store) -> Result<Arc<Layout>, Error> {
        let mut kept = self.0.lock().await;
        let last = store.last_seq().await?;
        if let Some((seq, layout)) = kept.as_mut() {
            if *seq == last {
                return Ok(layout.clone());
            }
            let changes = store.changes(*seq, LOOKED_THROUGH).await?;
            let concerns =
                |name: &str| matches!(name, "territory" | "territory_version" | "territory_member");
            if changes.len() < LOOKED_THROUGH as usize && !changes.iter().any(|c| concerns(&c.type_name)) {
                *seq = changes.last().map_or(last, |c| c.seq);
                return Ok(layout.clone());
            }
        }
        let layout = Arc::new(Layout::load(store, At::PRESENT).await?);
        *kept = Some((last, layout.clone()));
        Ok(layout)
    }
}
