//! What is decided from, read for many people at once.

use std::collections::HashMap;

use geom::Timestamp;
use records::{At, Filter, Query, Record, Viewer};

use super::decide::{Channel, Given, Person, PersonKind, Purpose};
use crate::App;
use crate::problem::Problem;

/// So many records are asked for by id at once.
const AT_ONCE: usize = 1_000;

/// Records of a type whose field has one of the values, by chunks.
async fn having(app: &App, type_name: &str, field: &str, values: &[String]) -> Result<Vec<Record>, Problem> {
    let mut found = Vec::new();
    for some in values.chunks(AT_ONCE) {
        let filter = match field {
            "id" => Filter::in_ids(some.to_vec()),
            field => Filter::one_of(field, some.to_vec()),
        };
        let mut query = Query::of(type_name)
            .filter(filter)
            .limit(Query::MAX_LIMIT)
            .at(At::PRESENT);
        loop {
            let page = app.store.list(&Viewer::system(), &query).await?;
            found.extend(page.records);
            match page.next_cursor {
                Some(cursor) => query = query.cursor(Some(cursor)),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The contacts with these ids, in the order of their ids.
///
/// # Errors
/// The database's.
pub(crate) async fn of_contacts(app: &App, ids: &[String]) -> Result<Vec<Person>, Problem> {
    contacts(app, having(app, "contact", "id", ids).await?).await
}

/// All contacts of these customers, in the order of their ids, and the customers themselves, after them.
///
/// # Errors
/// The database's.
pub(crate) async fn of_accounts(app: &App, accounts: &[String]) -> Result<Vec<Person>, Problem> {
    let mut people = contacts(app, having(app, "contact", "account_id", accounts).await?).await?;
    let firms = Firms::load(app, accounts).await?;
    let mut ids: Vec<&String> = firms.accounts.keys().collect();
    ids.sort_unstable();
    for id in ids {
        let account = &firms.accounts[id];
        people.push(Person {
            kind: PersonKind::Account,
            email: filled(account, "email"),
            phone: filled(account, "phone"),
            email_bounced_at: account.integer("email_bounced_at").map(Timestamp),
            ..firms.person(account, id)
        });
    }
    Ok(people)
}

/// The leads with these ids, in the order of their ids.
///
/// # Errors
/// The database's.
pub(crate) async fn of_leads(app: &App, ids: &[String]) -> Result<Vec<Person>, Problem> {
    let mut leads = having(app, "lead", "id", ids).await?;
    leads.sort_by(|a, b| a.id.cmp(&b.id));
    let mut consents = consents(app, "lead_id", &leads).await?;
    let people = leads.iter().map(|lead| Person {
        kind: PersonKind::Lead,
        id: lead.id.clone(),
        account_id: lead.text("account_id").map(str::to_owned),
        name: lead.text("name").unwrap_or_default().to_owned(),
        firm: lead.text("company").unwrap_or_default().to_owned(),
        email: filled(lead, "email"),
        phone: filled(lead, "phone"),
        has_address: lead.text("city").is_some_and(|c| !c.is_empty())
            && lead.text("street").is_some_and(|s| !s.is_empty()),
        // Visits go to places of customers; a lead is none yet.
        has_place: false,
        do_not_contact: lead.boolean("do_not_contact") == Some(true),
        email_bounced_at: lead.integer("email_bounced_at").map(Timestamp),
        preferred: lead.text("preferred_channel").and_then(Channel::parse),
        consents: consents.remove(&lead.id).unwrap_or_default(),
    });
    Ok(people.collect())
}

/// Every contact and lead with this e-mail address, and every customer whose own it is, in any spelling of capitals.
///
/// # Errors
/// The database's.
pub(crate) async fn of_address(app: &App, address: &str) -> Result<Vec<Person>, Problem> {
    if address.trim().is_empty() {
        return Ok(Vec::new());
    }
    let same = Filter::Compare {
        field: "email".into(),
        op: records::Comparison::Equal,
        value: address.trim().into(),
        folded: true,
    };
    let mut people = Vec::new();
    for type_name in ["contact", "lead", "account"] {
        let query = Query::of(type_name).filter(same.clone()).limit(Query::MAX_LIMIT);
        let found = app.store.list(&Viewer::system(), &query).await?.records;
        let ids: Vec<String> = found.iter().map(|r| r.id.clone()).collect();
        people.extend(match type_name {
            "contact" => contacts(app, found).await?,
            "lead" => of_leads(app, &ids).await?,
            _ => {
                let firms = Firms::load(app, &ids).await?;
                let firm = |account: &Record| Person {
                    email: filled(account, "email"),
                    email_bounced_at: account.integer("email_bounced_at").map(Timestamp),
                    ..firms.person(account, &account.id)
                };
                found.iter().map(firm).collect()
            }
        });
    }
    Ok(people)
}

async fn contacts(app: &App, mut contacts: Vec<Record>) -> Result<Vec<Person>, Problem> {
    contacts.sort_by(|a, b| a.id.cmp(&b.id));
    let mut accounts: Vec<String> = contacts
        .iter()
        .filter_map(|c| c.text("account_id").map(str::to_owned))
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    let firms = Firms::load(app, &accounts).await?;
    let mut consents = consents(app, "contact_id", &contacts).await?;
    let mut people = Vec::with_capacity(contacts.len());
    for contact in &contacts {
        let Some(account) = contact.text("account_id") else {
            continue;
        };
        let Some(firm) = firms.accounts.get(account) else {
            continue;
        };
        let base = firms.person(firm, account);
        people.push(Person {
            kind: PersonKind::Contact,
            id: contact.id.clone(),
            name: contact.text("name").unwrap_or_default().to_owned(),
            email: filled(contact, "email"),
            phone: filled(contact, "phone").or_else(|| filled(firm, "phone")),
            do_not_contact: base.do_not_contact || contact.boolean("do_not_contact") == Some(true),
            email_bounced_at: contact.integer("email_bounced_at").map(Timestamp),
            preferred: contact.text("preferred_channel").and_then(Channel::parse),
            consents: consents.remove(&contact.id).unwrap_or_default(),
            ..base
        });
    }
    Ok(people)
}

/// Customers with what is known of their places.
struct Firms {
    accounts: HashMap<String, Record>,
    /// Written to, driven to.
    places: HashMap<String, (bool, bool)>,
}

impl Firms {
    async fn load(app: &App, ids: &[String]) -> Result<Self, Problem> {
        let accounts = having(app, "account", "id", ids).await?;
        let mut places: HashMap<String, (bool, bool)> = HashMap::new();
        for place in having(app, "location", "account_id", ids).await? {
            let Some(account) = place.text("account_id") else {
                continue;
            };
            let filled = |name: &str| place.text(name).is_some_and(|t| !t.trim().is_empty());
            let known = places.entry(account.to_owned()).or_default();
            known.0 |= (filled("street") && filled("city")) || filled("source_text");
            known.1 |= place.place().is_some() && place.boolean("active") != Some(false);
        }
        Ok(Self {
            accounts: accounts.into_iter().map(|a| (a.id.clone(), a)).collect(),
            places,
        })
    }

    /// The customer as somebody to be reached, without an e-mail address or number.
    fn person(&self, account: &Record, id: &str) -> Person {
        let (has_address, has_place) = self.places.get(id).copied().unwrap_or_default();
        let name = account.text("name").unwrap_or_default().to_owned();
        Person {
            kind: PersonKind::Account,
            id: id.to_owned(),
            account_id: Some(id.to_owned()),
            firm: name.clone(),
            name,
            email: None,
            phone: None,
            has_address,
            has_place,
            do_not_contact: account.boolean("do_not_contact") == Some(true),
            email_bounced_at: None,
            preferred: None,
            consents: Vec::new(),
        }
    }
}

async fn consents(app: &App, link: &str, people: &[Record]) -> Result<HashMap<String, Vec<Given>>, Problem> {
    let ids: Vec<String> = people.iter().map(|p| p.id.clone()).collect();
    let mut found: HashMap<String, Vec<Given>> = HashMap::new();
    for record in having(app, "consent", link, &ids).await? {
        let (Some(person), Some(purpose)) =
            (record.text(link), record.text("purpose").and_then(Purpose::parse))
        else {
            continue;
        };
        found.entry(person.to_owned()).or_default().push(Given {
            id: record.id.clone(),
            purpose,
            channel: record.text("channel").and_then(Channel::parse),
            given_at: record.integer("given_at").map(Timestamp),
            withdrawn_at: record.integer("withdrawn_at").map(Timestamp),
        });
    }
    Ok(found)
}

fn filled(record: &Record, name: &str) -> Option<String> {
    record
        .text(name)
        .map(str::trim)
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}
