//! Who is this person, and what on record is theirs?
//!
//! A person is a contact, with the leads that became it, or a lead, with the contact it became. What links to one of them
//! is theirs, and so is what lies with that: the mails of their cases, their files, what they answered to a campaign.

use std::collections::{BTreeMap, BTreeSet};

use records::{Linked, Record, Viewer};

use super::words::Marks;
use crate::App;
use crate::problem::Problem;

/// Record types that are people.
pub(super) const PEOPLE: [&str; 2] = ["contact", "lead"];

/// What names a person but is the firm's: it loses their name and keeps the rest.
const BUSINESS: [&str; 8] = [
    "account",
    "location",
    "opportunity",
    "order",
    "quote",
    "visit",
    "asset",
    "region",
];

/// Type and id.
pub(super) type Key = (String, String);

/// A person with everything that hangs on them.
pub(super) struct Person {
    /// The records that are the person.
    pub people: BTreeSet<Key>,
    /// The person's name, as asked.
    pub title: String,
    /// The customers they belong to.
    pub accounts: BTreeSet<String>,
    /// What is theirs, and whether it goes whole (or loses only their name). The people are among them.
    pub own: BTreeMap<Key, bool>,
    /// What they are known by, anywhere.
    pub far: Marks,
    /// And in what is theirs.
    pub near: Marks,
}

impl Person {
    /// Ids of one type that go whole.
    pub fn whole(&self, type_name: &str) -> Vec<String> {
        let own = self
            .own
            .iter()
            .filter(|((t, _), whole)| t == type_name && **whole);
        own.map(|((_, id), _)| id.clone()).collect()
    }

    fn take(&mut self, type_name: &str, id: String, whole: bool) {
        let entry = self.own.entry((type_name.to_owned(), id)).or_insert(whole);
        *entry |= whole;
    }
}

/// Gathers a person; `None` when there is, and never was, such a record.
pub(super) async fn gather(app: &App, type_name: &str, id: &str) -> Result<Option<Person>, Problem> {
    let mut person = Person {
        people: BTreeSet::new(),
        title: String::new(),
        accounts: BTreeSet::new(),
        own: BTreeMap::new(),
        far: Marks::default(),
        near: Marks::default(),
    };
    let mut versions: Vec<Record> = Vec::new();
    let mut waiting = vec![(type_name.to_owned(), id.to_owned())];
    while let Some((type_name, id)) = waiting.pop() {
        if !person.people.insert((type_name.clone(), id.clone())) {
            continue;
        }
        person.take(&type_name, id.clone(), true);
        let history = app.store.history(&Viewer::system(), &type_name, &id).await?;
        for revision in history {
            let record = revision.record;
            if person.title.is_empty() {
                record
                    .text("name")
                    .unwrap_or_default()
                    .clone_into(&mut person.title);
            }
            person
                .accounts
                .extend(record.text("account_id").map(str::to_owned));
            if let Some(contact) = record.text("contact_id").filter(|_| type_name == "lead") {
                waiting.push(("contact".into(), contact.into()));
            }
            versions.push(record);
        }
        waiting.extend(linked(app, &mut person, &type_name, &id).await?);
    }
    if versions.is_empty() {
        return Ok(None);
    }
    for version in &versions {
        person.far.learn(version);
    }
    person.near = person.far.near(&versions);
    beneath(app, &mut person).await?;
    Ok(Some(person))
}

/// Takes up what links to a person; gives the people among it.
async fn linked(app: &App, person: &mut Person, type_name: &str, id: &str) -> Result<Vec<Key>, Problem> {
    let links: Vec<(String, String)> = app
        .store
        .catalog()
        .links_to(type_name)
        .map(|(owner, field)| (owner.name.clone(), field.name.clone()))
        .collect();
    let mut people = Vec::new();
    for (owner, field) in links {
        for Linked { id, now, gone } in app.store.linked_ever(&owner, &field, &[id.to_owned()]).await? {
            if PEOPLE.contains(&owner.as_str()) {
                if now || gone {
                    people.push((owner.clone(), id));
                }
                continue;
            }
            // What was somebody's and is another's now is not theirs any more, but may still name them.
            let whole = (now || gone) && !BUSINESS.contains(&owner.as_str());
            person.take(&owner, id, whole);
        }
    }
    Ok(people)
}

/// What lies with what is theirs.
async fn beneath(app: &App, person: &mut Person) -> Result<(), Problem> {
    for (above, owner, field) in [
        ("case", "activity", "case_id"),
        ("case", "form_submission", "case_id"),
        ("campaign_member", "campaign_response", "member_id"),
        ("contact", "comment", "about_id"),
        ("lead", "comment", "about_id"),
        ("case", "comment", "about_id"),
        ("activity", "comment", "about_id"),
        ("contact", "file", "about_id"),
        ("lead", "file", "about_id"),
        ("case", "file", "about_id"),
        ("activity", "file", "about_id"),
        ("contact", "external_id", "record_id"),
        ("lead", "external_id", "record_id"),
    ] {
        let ids = person.whole(above);
        if !ids.is_empty() {
            for Linked { id, now, gone } in app.store.linked_ever(owner, field, &ids).await? {
                person.take(owner, id, now || gone);
            }
        }
    }
    Ok(())
}
