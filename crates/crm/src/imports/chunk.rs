//! Some rows at once: what they ask for is found together, their places are looked up together, and each is decided on.

use std::collections::HashMap;
use std::sync::Arc;

use atlas::Atlas;
use geom::LngLat;
use serde_json::{Map, Value};

use super::draft::Draft;
use super::fate::{Fate, Written};
use super::known::{Match, known, near};
use super::links::{Later, Resolver};
use super::lookup::{Candidate, Memory};
use super::walk::Outcome;
use super::{Duplicates, NamedLink};
use crate::App;
use crate::live::accounts_of;
use crate::problem::Problem;

/// What the rows of one table have in common.
pub(super) struct Importer<'a> {
    pub app: &'a Arc<App>,
    /// The import.
    pub id: &'a str,
    pub part: usize,
    /// What each row is.
    pub object: &'a str,
    /// Rows of the tables before this one have smaller numbers.
    pub first_place: u64,
    pub atlas: Option<&'a Arc<Atlas>>,
    pub rule: Duplicates,
    /// Rows for which something else was chosen.
    pub choices: HashMap<u64, Duplicates>,
    pub named: &'a [NamedLink],
    pub owner: Option<&'a str>,
}

impl Importer<'_> {
    /// What rows come to. Those before them may still be being written: what this import makes is known from memory.
    pub async fn chunk(
        &self,
        mut drafts: Vec<Draft>,
        memory: &mut Memory,
        later: &mut Vec<Later>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Written>, Problem> {
        memory.prepare(self.app, self.object, &drafts).await?;
        let placed = self.look_up(&drafts, memory).await?;
        let near = self.near(&drafts, &placed, memory).await?;
        let resolver = Resolver {
            catalog: self.app.store.catalog(),
            named: self.named,
            object: self.object,
        };
        let mut all: Vec<Written> = Vec::new();
        for draft in &mut drafts {
            outcome.part(self.part).rows += 1;
            let mut draft = std::mem::take(draft);
            let row = draft.row;
            let waiting = resolver.resolve(&mut draft, memory, &mut outcome.nobody);
            if let Some(found) = placed.get(&row)
                && draft.of("location").is_some()
            {
                draft.of_mut("location").extend(found.clone());
            }
            let mut duplicates = Vec::new();
            let fate = self.decide(draft, memory, near.get(&row).cloned(), &mut duplicates);
            outcome.duplicate(duplicates);
            match fate {
                Fate::Failed(draft) => outcome.fail(draft),
                Fate::Skipped => outcome.part(self.part).skipped += 1,
                Fate::Written(mut written) => {
                    if written.is_new {
                        let line = written.draft.line;
                        let id = self.record_id(row, self.object);
                        later.extend(waiting.into_iter().map(|link| Later {
                            id: id.clone(),
                            link,
                            row,
                            line,
                        }));
                    }
                    outcome.remark(std::mem::take(&mut written.draft.remarks));
                    self.count(&written, &placed, outcome);
                    all.push(*written);
                }
            }
        }
        Ok(all)
    }

    fn count(&self, written: &Written, placed: &HashMap<u64, Map<String, Value>>, outcome: &mut Outcome) {
        let summary = outcome.part(self.part);
        if written.is_new {
            summary.created += 1;
        } else {
            summary.updated += 1;
        }
        for op in &written.creates {
            if op.type_name() != "external_id" {
                *summary.records.entry(op.type_name().to_owned()).or_default() += 1;
            }
            if let records::Op::Create {
                type_name, fields, ..
            } = op
                && (type_name == "location" || type_name == "lead")
            {
                let status = match placed
                    .get(&written.draft.row)
                    .and_then(|f| f.get("geocode_status"))
                    .and_then(Value::as_str)
                {
                    Some(status) => status,
                    None if fields.contains_key("lng") => "imported",
                    None => "pending",
                };
                *summary.geocode.entry(status.to_owned()).or_default() += 1;
            }
        }
    }

    /// Finds the places of rows that bring no coordinates and are to be made, all at once.
    async fn look_up(
        &self,
        drafts: &[Draft],
        memory: &Memory,
    ) -> Result<HashMap<u64, Map<String, Value>>, Problem> {
        let Some(atlas) = self.atlas.cloned() else {
            return Ok(HashMap::new());
        };
        let now = self.app.store.now();
        let type_name = if self.object == "lead" { "lead" } else { "location" };
        let accounts = self.app.store.record_type("account")?;
        let is_wanted = |draft: &&Draft| {
            let Some(fields) = draft.of(type_name) else {
                return false;
            };
            let is_there = || {
                let own = self.record_id(draft.row, "account");
                known(accounts, draft, memory, &own)
                    .is_some_and(|k| k.sure && self.choice(draft, Some(&k)) != Duplicates::Create)
            };
            draft.errors.is_empty() && !fields.contains_key("lng") && (type_name == "lead" || !is_there())
        };
        let wanted: Vec<(u64, Map<String, Value>)> = drafts
            .iter()
            .filter(is_wanted)
            .filter_map(|d| Some((d.row, d.of(type_name)?.clone())))
            .collect();
        let looked = tokio::task::spawn_blocking(move || {
            let fields: Vec<&Map<String, Value>> = wanted.iter().map(|w| &w.1).collect();
            let found = crate::places::request_fields(&atlas, &fields, now);
            wanted.into_iter().map(|w| w.0).zip(found).collect()
        });
        looked.await.map_err(Problem::unexpected)
    }

    /// Customers of a like name where rows' places are.
    async fn near(
        &self,
        drafts: &[Draft],
        placed: &HashMap<u64, Map<String, Value>>,
        memory: &Memory,
    ) -> Result<HashMap<u64, Match>, Problem> {
        if self.object != "account" {
            return Ok(HashMap::new());
        }
        let place_of = |fields: &Map<String, Value>| {
            let number = |name: &str| fields.get(name).and_then(Value::as_f64);
            LngLat::new(number("lng")?, number("lat")?).ok()
        };
        let rows: Vec<(u64, String, LngLat)> = drafts
            .iter()
            .filter(|draft| draft.errors.is_empty())
            .filter_map(|draft| {
                let place = placed
                    .get(&draft.row)
                    .or_else(|| draft.of("location"))
                    .and_then(place_of)?;
                Some((draft.row, draft.text("account", "name").to_owned(), place))
            })
            .collect();
        let found = near(self.app, &rows)?;
        let ids: Vec<String> = found.values().map(|f| f.0.clone()).collect();
        let accounts = accounts_of(self.app, &ids).await?;
        let matches = found.into_iter().filter_map(|(row, (place, title, distance))| {
            let candidate = Candidate {
                type_name: "account".to_owned(),
                id: accounts.get(&place)?.clone(),
                title,
                first_place: Some(place),
                ..Candidate::default()
            };
            let found = Match {
                candidate,
                reasons: vec!["near"],
                sure: false,
                distance_m: Some(distance),
            };
            Some((row, found))
        });
        // What this import writes itself, now or before it was stopped, the dry run could not see.
        let is_ours = |row: u64, id: &str| memory.is_made(id) || id == self.record_id(row, "account");
        Ok(matches
            .filter(|(row, found)| !is_ours(*row, &found.candidate.id))
            .collect())
    }
}
