//! What comes of a row: a record and what stands beside it, a change of one that is there, or nothing.

use records::Op;
use serde_json::{Map, Value};

use super::chunk::Importer;
use super::draft::Draft;
use super::known::{Match, known};
use super::lookup::Memory;
use super::making::Making;
use super::wrong::Wrong;
use super::{Duplicates, FoundDuplicate, RowError};

/// A change of a record that is there.
pub(super) struct Change {
    pub type_name: String,
    pub id: String,
    pub fields: Map<String, Value>,
    /// Update or fill.
    pub rule: Duplicates,
}

/// What a row comes to.
pub(super) enum Fate {
    Failed(Draft),
    Skipped,
    Written(Box<Written>),
}

/// What a row writes.
pub(super) struct Written {
    pub draft: Draft,
    /// In the order in which they depend on each other.
    pub creates: Vec<Op>,
    pub changes: Vec<Change>,
    /// It makes a record of the type that the rows are of.
    pub is_new: bool,
}

impl Importer<'_> {
    /// Decides on a row whose links are resolved, and remembers what it makes.
    pub fn decide(
        &self,
        mut draft: Draft,
        memory: &mut Memory,
        near: Option<Match>,
        duplicates: &mut Vec<FoundDuplicate>,
    ) -> Fate {
        if !draft.errors.is_empty() {
            return Fate::Failed(draft);
        }
        let object = self.object;
        let Some(record_type) = self.app.store.catalog().get(object) else {
            draft
                .errors
                .push(draft.whole("no-kind", "There is no such kind of record."));
            return Fate::Failed(draft);
        };
        // The customer beside a person or a deal, found or to be made.
        let beside = if object == "account" {
            None
        } else {
            self.account_beside(&mut draft, memory)
        };
        let own = self.record_id(draft.row, object);
        let known = known(record_type, &draft, memory, &own).or(near);
        let choice = self.choice(&draft, known.as_ref());
        if let Some(found) = &known {
            duplicates.push(self.told(&draft, found, choice));
        }
        let mut making = Making {
            draft,
            creates: Vec::new(),
            changes: Vec::new(),
            made: Vec::new(),
            numbers: Vec::new(),
        };
        let is_new = match (known, choice) {
            (Some(known), Duplicates::Skip) => {
                let is_ours = known.candidate.row.is_some();
                if !(object == "account"
                    && is_ours
                    && self.new_contact(&mut making, &known.candidate, memory))
                {
                    return Fate::Skipped;
                }
                true
            }
            (Some(known), rule @ (Duplicates::Update | Duplicates::Fill)) => {
                if rule == Duplicates::Update {
                    self.make_beside(&mut making, beside, rule);
                }
                self.change(&mut making, &known.candidate, rule, memory);
                false
            }
            _ => {
                self.make_beside(&mut making, beside, self.rule);
                self.make(&mut making, object);
                if object == "account" {
                    self.make(&mut making, "location");
                    self.make(&mut making, "contact");
                } else if object == "opportunity" {
                    self.contact_beside(&mut making, memory);
                }
                true
            }
        };
        if !making.draft.errors.is_empty() {
            return Fate::Failed(making.draft);
        }
        for candidate in making.made {
            if let Some(record_type) = self.app.store.catalog().get(&candidate.type_name) {
                memory.make(record_type, candidate);
            }
        }
        for (type_name, id) in making.numbers {
            if let Some(external) = making.draft.external.get(&type_name).cloned()
                && memory.numbered(&type_name, &external).is_none()
            {
                memory.number(&type_name, &external, &id);
                making
                    .creates
                    .push(self.number(&making.draft, &type_name, &external, &id, memory));
            }
        }
        Fate::Written(Box::new(Written {
            draft: making.draft,
            creates: making.creates,
            changes: making.changes,
            is_new,
        }))
    }

    /// What was chosen for a row, by itself or by the rule; what may be the same becomes a record of its own.
    pub fn choice(&self, draft: &Draft, known: Option<&Match>) -> Duplicates {
        let chosen = self.choices.get(&draft.row).copied();
        match known {
            None => Duplicates::Create,
            Some(known) => chosen.unwrap_or(if known.sure { self.rule } else { Duplicates::Create }),
        }
    }

    fn told(&self, draft: &Draft, found: &Match, fate: Duplicates) -> FoundDuplicate {
        let title = self
            .app
            .store
            .catalog()
            .get(self.object)
            .and_then(|t| t.title.clone())
            .unwrap_or_default();
        FoundDuplicate {
            part: draft.part,
            row: draft.row,
            line: draft.line,
            title: draft.text(self.object, &title).chars().take(100).collect(),
            type_name: self.object.to_owned(),
            id: found.candidate.row.is_none().then(|| found.candidate.id.clone()),
            known_as: found.candidate.title.chars().take(100).collect(),
            reasons: found.reasons.iter().map(|r| (*r).to_owned()).collect(),
            distance_m: found.distance_m,
            sure: found.sure,
            fate,
        }
    }

    /// The customer of a person or a deal: by id or name, by the domain of an address, else a new one. Gives its id and
    /// whether it has to be made, and writes the link.
    fn account_beside(&self, draft: &mut Draft, memory: &Memory) -> Option<(String, bool)> {
        if !matches!(self.object, "contact" | "opportunity")
            || draft
                .of(self.object)
                .is_some_and(|f| f.contains_key("account_id"))
        {
            return None;
        }
        let accounts = self.app.store.catalog().get("account")?;
        let own = self.record_id(draft.row, "account");
        let is_named = !draft.text("account", "name").is_empty();
        let numbered = draft
            .external
            .get("account")
            .and_then(|external| memory.numbered("account", external))
            .map(str::to_owned);
        let found = numbered.or_else(|| {
            let known =
                known(accounts, draft, memory, &own).filter(|k| k.sure || k.reasons.contains(&"name"));
            known.map(|k| k.candidate.id)
        });
        let by_domain = || {
            let domain = crate::accounts::domain::firm_domain(draft.text("contact", "email"))?;
            match memory.with("account", "domain", &domain)[..] {
                [one] => Some(one.id.clone()),
                _ => None,
            }
        };
        let found = found.or_else(|| if is_named { None } else { by_domain() });
        let (id, is_new) = match found {
            Some(id) => (id, false),
            None if is_named => (own, true),
            None if self.object == "contact" => {
                // A person without a firm is a household of their own.
                let name = draft.text("contact", "name").to_owned();
                let account = draft.of_mut("account");
                account.insert("name".into(), name.into());
                account.insert("type".into(), "household".into());
                (own, true)
            }
            None => return None,
        };
        draft
            .of_mut(self.object)
            .insert("account_id".into(), id.clone().into());
        Some((id, is_new))
    }
}

/// What the record engine finds wrong, as faults of the row.
pub(super) fn faults(draft: &Draft, error: &records::Error) -> Vec<RowError> {
    match error {
        records::Error::Invalid { faults, .. } => faults
            .iter()
            .map(|fault| {
                let field = fault.pointer.trim_start_matches("/fields/");
                let read = draft.fields.values().find_map(|fields| fields.get(field));
                let read = read.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                // Of the same fault in many rows there is one sentence.
                let wrong = match fault.code.as_str() {
                    "not-an-email" => Wrong::new("email", "expected an e-mail address"),
                    "not-a-url" => Wrong::new(
                        "url",
                        "expected a web address that begins with https:// or http://",
                    ),
                    "required" => Wrong::new("required", "must not be empty"),
                    _ => Wrong::new("", fault.message.clone()),
                };
                draft.fault(Some(field), &read.unwrap_or_default(), wrong)
            })
            .collect(),
        other => vec![draft.fault(None, "", Wrong::new("", other.to_string()))],
    }
}
