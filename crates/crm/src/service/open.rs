//! A case comes in: whose it is about, where it waits, and which service level holds.

use records::{At, Author, Filter, Op, Query, Record, Viewer, Written};
use serde_json::{Map, Value};

use crate::App;
use crate::accounts::phone::phone_key;
use crate::problem::Problem;

/// Who wrote or called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sender {
    pub email: Option<String>,
    pub phone: Option<String>,
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
}

/// Writes a case with what is [`filled_in`].
///
/// # Errors
/// Whatever the record engine finds wrong with the fields.
pub(crate) async fn open(
    app: &App,
    author: &Author,
    sender: &Sender,
    fields: Map<String, Value>,
) -> Result<(Record, Written), Problem> {
    let fields = filled_in(app, sender, fields).await?;
    let mut written = app.store.write(author, vec![Op::create("case", fields)]).await?;
    Ok((written.records.swap_remove(0), written))
}

/// Fills in what is not said: customer and contact by the sender, queue by the kind, service level by priority and the
/// customer's class.
pub(crate) async fn filled_in(
    app: &App,
    sender: &Sender,
    mut fields: Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let set = |fields: &mut Map<String, Value>, name: &str, value: &str| {
        if text(fields, name).is_none() {
            fields.insert(name.to_owned(), value.into());
        }
    };
    set(&mut fields, "status", "new");
    set(&mut fields, "kind", "request");
    set(&mut fields, "priority", "normal");
    if text(&fields, "contact_id").is_none()
        && let Some(contact) = contact_of(app, sender).await?
    {
        if let Some(account) = contact.text("account_id") {
            set(&mut fields, "account_id", account);
        }
        set(&mut fields, "contact_id", &contact.id);
    }
    if text(&fields, "account_id").is_none()
        && let Some(account) = account_of(app, sender).await?
    {
        set(&mut fields, "account_id", &account);
    }
    let account = match text(&fields, "account_id") {
        Some(id) => {
            app.store
                .get(&Viewer::system(), "account", id, At::PRESENT)
                .await?
        }
        None => None,
    };
    if text(&fields, "queue_id").is_none() {
        let kind = text(&fields, "kind").unwrap_or_default().to_owned();
        if let Some(queue) = queue_for(app, &kind).await? {
            set(&mut fields, "queue_id", &queue);
        }
    }
    if text(&fields, "policy_id").is_none() {
        let priority = text(&fields, "priority").unwrap_or_default().to_owned();
        let class = account.as_ref().and_then(|a| a.text("class"));
        if let Some(policy) = policy_for(app, &priority, class).await? {
            set(&mut fields, "policy_id", &policy);
        }
    }
    Ok(fields)
}

async fn first(app: &App, type_name: &str, filter: Filter) -> Result<Option<Record>, Problem> {
    // Of several the one who was there first.
    let query = Query::of(type_name).filter(filter).sort("id", false).limit(1);
    Ok(app
        .store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .into_iter()
        .next())
}

fn same_mail(email: &str) -> Filter {
    Filter::Compare {
        field: "email".into(),
        op: records::Comparison::Equal,
        value: email.trim().into(),
        folded: true,
    }
}

async fn contact_of(app: &App, sender: &Sender) -> Result<Option<Record>, Problem> {
    if let Some(email) = sender.email.as_deref().filter(|e| !e.trim().is_empty())
        && let Some(contact) = first(app, "contact", same_mail(email)).await?
    {
        return Ok(Some(contact));
    }
    match sender.phone.as_deref().and_then(phone_key) {
        Some(key) => first(app, "contact", Filter::eq("phone_key", key)).await,
        None => Ok(None),
    }
}

async fn account_of(app: &App, sender: &Sender) -> Result<Option<String>, Problem> {
    let mut found = None;
    if let Some(email) = sender.email.as_deref().filter(|e| !e.trim().is_empty()) {
        found = first(app, "account", same_mail(email)).await?;
        if let (None, Some(domain)) = (&found, crate::accounts::domain::firm_domain(email)) {
            found = first(app, "account", Filter::eq("domain", domain)).await?;
        }
    }
    if let (None, Some(key)) = (&found, sender.phone.as_deref().and_then(phone_key)) {
        found = first(app, "account", Filter::eq("phone_key", key)).await?;
    }
    Ok(found.map(|a| a.id))
}

async fn queue_for(app: &App, kind: &str) -> Result<Option<String>, Problem> {
    let queues = app
        .store
        .list(
            &Viewer::system(),
            &Query::of("queue").sort("name", false).limit(1_000),
        )
        .await?
        .records;
    let own = queues.iter().find(|q| q.text("kind") == Some(kind));
    Ok(own
        .or_else(|| queues.iter().find(|q| q.text("kind").is_none()))
        .map(|q| q.id.clone()))
}

/// The service level with the most conditions, all of them met.
async fn policy_for(app: &App, priority: &str, class: Option<&str>) -> Result<Option<String>, Problem> {
    let query = Query::of("sla_policy").sort("name", false).limit(1_000);
    let policies = app.store.list(&Viewer::system(), &query).await?.records;
    let score = |policy: &Record| {
        let meets = |name: &str, is: Option<&str>| match policy.text(name) {
            None => Some(0),
            Some(wanted) => (Some(wanted) == is).then_some(1),
        };
        Some(meets("class", class)? * 2 + meets("priority", Some(priority))?)
    };
    let mut best: Option<(i32, &Record)> = None;
    for policy in &policies {
        if let Some(score) = score(policy)
            && best.is_none_or(|(most, _)| score > most)
        {
            best = Some((score, policy));
        }
    }
    Ok(best.map(|(_, policy)| policy.id.clone()))
}
