//! Whom does a cell mean? Links by the other system's id, by e-mail and by name, to what is on record and to what the same
//! import makes.

use std::collections::BTreeMap;

use records::{Catalog, Record, fold};
use serde_json::Value;

use super::draft::{Draft, LinkText};
use super::lookup::{Candidate, Memory, first_of};
use super::rows::custom_name;
use super::wrong::Wrong;
use super::{NamedLink, Unresolved};

/// Names that nobody bears, with the rows that name them.
#[derive(Default)]
pub(super) struct Nobody(BTreeMap<(String, String), (u64, bool)>);

/// So many are listed.
const MOST_LISTED: usize = 500;

impl Nobody {
    pub fn add(&mut self, to: &str, read: &str, ambiguous: bool) {
        if self.0.len() < 10_000 && read.chars().count() <= 200 {
            let entry = self
                .0
                .entry((to.to_owned(), read.to_owned()))
                .or_insert((0, ambiguous));
            entry.0 += 1;
        }
    }

    /// The commonest first.
    pub fn listed(self) -> Vec<Unresolved> {
        let mut all: Vec<Unresolved> = self
            .0
            .into_iter()
            .map(|((to, read), (rows, ambiguous))| Unresolved {
                to,
                read,
                rows,
                ambiguous,
            })
            .collect();
        all.sort_by(|a, b| {
            b.rows
                .cmp(&a.rows)
                .then_with(|| (&a.to, &a.read).cmp(&(&b.to, &b.read)))
        });
        all.truncate(MOST_LISTED);
        all
    }
}

/// The types that a cell for a link may mean: Salesforce has one column for whatever a task is about, and one for whom.
pub(super) fn may_mean<'a>(type_name: &str, to: &'a str) -> &'a [&'a str] {
    match (type_name, to) {
        ("activity", "account") => &["account", "opportunity", "case"],
        ("activity", "contact") => &["contact", "lead"],
        (_, "account") => &["account"],
        (_, "contact") => &["contact"],
        (_, "opportunity") => &["opportunity"],
        (_, "case") => &["case"],
        (_, "lead") => &["lead"],
        (_, "product") => &["product"],
        (_, "asset") => &["asset"],
        _ => &[],
    }
}

/// A link to a record of the same table that may come later.
pub(super) struct Later {
    pub id: String,
    pub link: LinkText,
    pub row: u64,
    pub line: u64,
}

/// What resolving needs to know beside the row.
pub(super) struct Resolver<'a> {
    pub catalog: &'a Catalog,
    pub named: &'a [NamedLink],
    pub object: &'a str,
}

/// Why a cell means nobody.
pub(super) enum Missing {
    Unknown,
    Ambiguous,
}

impl Resolver<'_> {
    /// Fills a row's links. Those to its own type that nobody bears yet are given back.
    pub fn resolve(&self, draft: &mut Draft, memory: &Memory, nobody: &mut Nobody) -> Vec<LinkText> {
        let mut later = Vec::new();
        let mut links = std::mem::take(&mut draft.links);
        // An id says more than a name.
        links.sort_by_key(|link| !link.by_number);
        for (position, link) in links.iter().enumerate() {
            if draft
                .of(&link.type_name)
                .is_some_and(|f| f.contains_key(&link.field))
            {
                continue;
            }
            let Some(to) = self.to(link) else {
                continue;
            };
            if to == "stage" {
                self.stage(draft, link, memory, nobody);
                continue;
            }
            match self.find(link, to, memory, draft) {
                Ok((field, id)) => drop(draft.of_mut(&link.type_name).insert(field, id.into())),
                Err(_) if to == link.type_name => later.push(link.clone()),
                // The name beside the id may be known.
                Err(_)
                    if links[position + 1..]
                        .iter()
                        .any(|l| l.field == link.field && l.type_name == link.type_name) => {}
                Err(missing) => self.unknown(draft, link, to, &missing, nobody),
            }
        }
        draft.links = links;
        self.follow(draft, memory);
        if self.object == "opportunity" {
            self.complete_stage(draft, memory);
        }
        later
    }

    fn to(&self, link: &LinkText) -> Option<&str> {
        self.catalog
            .get(&link.type_name)?
            .field(&link.field)?
            .to
            .as_deref()
    }

    /// The record that a cell means, and the link that leads to it.
    pub fn find(
        &self,
        link: &LinkText,
        to: &str,
        memory: &Memory,
        draft: &Draft,
    ) -> Result<(String, String), Missing> {
        let text = link.text.trim();
        let field = link.field.clone();
        let named = self
            .named
            .iter()
            .find(|n| n.to == to && fold(&n.read) == fold(text));
        if let Some(named) = named {
            return Ok((field, named.id.clone()));
        }
        if to == "user" {
            return user(&memory.users, text).map(|id| (field, id));
        }
        if link.by_number {
            for meant in may_mean(&link.type_name, to).iter().chain([&to]) {
                if let Some(id) = memory.numbered(meant, first_of(text)) {
                    let field = if *meant == to {
                        field
                    } else {
                        format!("{meant}_id")
                    };
                    return Ok((field, id.to_owned()));
                }
            }
            return Err(Missing::Unknown);
        }
        let title = self
            .catalog
            .get(to)
            .and_then(|t| t.title.as_deref())
            .unwrap_or("name");
        let mut all = memory.with(to, title, &fold(text));
        if all.is_empty() && text.contains('@') {
            all = memory.with(to, "email", &fold(text));
        }
        // Of several of one name, the one at the customer of this row.
        if all.len() > 1
            && let Some(account) = draft
                .of(&link.type_name)
                .and_then(|f| f.get("account_id"))
                .and_then(Value::as_str)
        {
            let here: Vec<&Candidate> = all
                .iter()
                .copied()
                .filter(|c| c.parent.as_deref() == Some(account))
                .collect();
            if !here.is_empty() {
                all = here;
            }
        }
        match all[..] {
            [] => Err(Missing::Unknown),
            [one] => Ok((field, one.id.clone())),
            _ => Err(Missing::Ambiguous),
        }
    }

    /// Nobody bears the name: said, and the name is kept.
    pub fn unknown(
        &self,
        draft: &mut Draft,
        link: &LinkText,
        to: &str,
        missing: &Missing,
        nobody: &mut Nobody,
    ) {
        let ambiguous = matches!(missing, Missing::Ambiguous);
        nobody.add(to, &link.text, ambiguous);
        let declared = self
            .catalog
            .get(&link.type_name)
            .and_then(|t| t.field(&link.field));
        let what = self
            .catalog
            .get(to)
            .map_or(to, |t| t.label.en.as_str())
            .to_lowercase();
        let (code, why) = match (ambiguous, link.by_number) {
            (true, _) => ("ambiguous", format!("more than one {what} is called so")),
            (false, true) => (
                "unknown-id",
                format!("no {what} with this id of the other system is known"),
            ),
            (false, false) => ("unknown", format!("no {what} is called so")),
        };
        // `then`: what comes of the row.
        let wrong = |then: &str, message: String| Wrong::new(code, message).with("to", to).with("then", then);
        // A person whose firm is unknown is entered with it; a deal without a customer cannot be.
        if declared.is_some_and(|f| f.required) {
            let wrong = wrong(
                "fails",
                format!("{why}; import it too, or say which one is meant"),
            );
            draft
                .errors
                .push(draft.fault(Some(&link.column), &link.text, wrong));
            return;
        }
        let wrong = match to {
            "user" => wrong(
                "usual-owner",
                format!("{why}; the record gets the usual owner, and the name is kept"),
            ),
            _ => wrong(
                "without",
                format!("{why}; the row is imported without it, and the name is kept"),
            ),
        };
        draft
            .remarks
            .push(draft.fault(Some(&link.column), &link.text, wrong));
        draft.keep(
            &link.type_name,
            custom_name(&link.column),
            link.text.as_str().into(),
        );
    }

    /// What a row's contact or deal belongs to, the row belongs to.
    fn follow(&self, draft: &mut Draft, memory: &Memory) {
        let Some(record_type) = self.catalog.get(self.object) else {
            return;
        };
        if self.object == "contact" || record_type.field("account_id").is_none_or(|f| f.read_only) {
            return;
        }
        let own = draft.of_mut(self.object);
        if own.contains_key("account_id") {
            return;
        }
        let parent = ["contact_id", "opportunity_id", "case_id"]
            .iter()
            .find_map(|link| {
                let id = own.get(*link).and_then(Value::as_str)?;
                memory.by_id(id)?.parent.clone()
            });
        if let Some(parent) = parent {
            own.insert("account_id".into(), parent.into());
            // It was said that the customer is missing, and now it is not.
            draft.errors.retain(|e| {
                !draft
                    .links
                    .iter()
                    .any(|l| l.field == "account_id" && e.column.as_deref() == Some(&l.column))
            });
        }
    }
}

/// Somebody here, by e-mail, else by name where only one is called so.
fn user(users: &[Record], text: &str) -> Result<String, Missing> {
    let by_mail = |u: &&Record| u.text("email").is_some_and(|e| e.eq_ignore_ascii_case(text));
    // `Anna Kern (anna@example.org)`, as some exports write people.
    let inside = text
        .strip_suffix([')', '>'])
        .and_then(|t| t.rsplit_once(['(', '<']));
    let inside_mail = |u: &&Record| {
        inside.is_some_and(|(_, mail)| {
            u.text("email")
                .is_some_and(|e| e.eq_ignore_ascii_case(mail.trim()))
        })
    };
    if let Some(user) = users
        .iter()
        .find(|u| u.id == text || by_mail(u) || inside_mail(u))
    {
        return Ok(user.id.clone());
    }
    let called: Vec<&Record> = users
        .iter()
        .filter(|u| u.text("name").is_some_and(|n| fold(n) == fold(text)))
        .collect();
    match called[..] {
        [] => Err(Missing::Unknown),
        [one] => Ok(one.id.clone()),
        _ => Err(Missing::Ambiguous),
    }
}

/// People are called by the parts of their names, else by their address; whoever has neither is nobody.
pub(super) fn name_people(draft: &mut Draft) {
    for type_name in ["contact", "lead"] {
        if draft.of(type_name).is_none() || !draft.text(type_name, "name").is_empty() {
            continue;
        }
        let whole = [
            draft.text(type_name, "given_name"),
            draft.text(type_name, "family_name"),
        ]
        .join(" ");
        let names = [
            whole.trim(),
            draft.text(type_name, "company"),
            draft.text(type_name, "email"),
        ];
        let name = names.into_iter().find(|n| !n.is_empty()).map(str::to_owned);
        match name {
            Some(name) => drop(draft.of_mut(type_name).insert("name".into(), name.into())),
            // What is said of nobody is kept with the customer.
            None if type_name == "contact" => {
                for (field, value) in std::mem::take(draft.of_mut(type_name)) {
                    draft.keep("account", format!("contact_{field}"), value);
                }
            }
            None => {}
        }
    }
}
