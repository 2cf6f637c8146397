//! Whom does a message belong to? By our own id in what it answers, by the number in its subject, by its sender.

use mail::Message;
use records::{At, Comparison, Filter, Query, Record, Viewer};

use crate::App;
use crate::accounts::domain::firm_domain;
use crate::problem::Problem;

/// Whom a message belongs to.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    pub case: Option<Record>,
    pub lead_id: Option<String>,
    pub account_id: Option<String>,
    pub contact_id: Option<String>,
    pub opportunity_id: Option<String>,
    /// The message of ours that it answers, known by our signature.
    pub answered: Option<String>,
}

impl Links {
    pub fn is_none(&self) -> bool {
        self.case.is_none() && self.lead_id.is_none() && self.account_id.is_none()
    }
}

async fn get(app: &App, type_name: &str, id: &str) -> Result<Option<Record>, Problem> {
    Ok(app
        .store
        .get(&Viewer::system(), type_name, id, At::PRESENT)
        .await?)
}

async fn first(app: &App, type_name: &str, filter: Filter) -> Result<Option<Record>, Problem> {
    let query = Query::of(type_name).filter(filter).sort("id", false).limit(1);
    Ok(app
        .store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .into_iter()
        .next())
}

pub(super) fn same_mail(email: &str) -> Filter {
    Filter::Compare {
        field: "email".into(),
        op: Comparison::Equal,
        value: email.into(),
        folded: true,
    }
}

/// The conversation that a message goes on; `None` when it begins one.
pub(super) async fn thread(app: &App, message: &Message) -> Result<Option<Links>, Problem> {
    let seal = app.doors.seal(app).await?;
    for id in &message.answers {
        // Only what we signed: a made-up id names nothing.
        if let Some(activity) = seal.record_of(id)
            && let Some(activity) = get(app, "activity", activity).await?
        {
            let links = links_of(app, &activity).await?;
            return Ok(Some(Links {
                answered: Some(activity.id),
                ..links
            }));
        }
    }
    for id in &message.answers {
        // People answer their own message too; its id is no secret of ours, so the sender has to be the same.
        let own = Filter::eq("message_id", id.as_str())
            .and(Filter::eq("from_address", message.from.address.as_str()))
            .and(Filter::eq("direction", "in"));
        if let Some(activity) = first(app, "activity", own).await? {
            return links_of(app, &activity).await.map(Some);
        }
    }
    let Some(number) = case_number(&message.subject) else {
        return Ok(None);
    };
    let Some(case) = first(app, "case", Filter::eq("number", number)).await? else {
        return Ok(None);
    };
    // Numbers can be guessed: only those who have to do with the case go on with it.
    if !takes_part(app, &case, &message.from.address).await? {
        return Ok(None);
    }
    Ok(Some(of_case(case)))
}

async fn links_of(app: &App, activity: &Record) -> Result<Links, Problem> {
    let text = |name: &str| activity.text(name).map(str::to_owned);
    Ok(Links {
        case: match activity.text("case_id") {
            Some(id) => get(app, "case", id).await?,
            None => None,
        },
        lead_id: text("lead_id"),
        account_id: text("account_id"),
        contact_id: text("contact_id"),
        opportunity_id: text("opportunity_id"),
        answered: None,
    })
}

pub(super) fn of_case(case: Record) -> Links {
    Links {
        account_id: case.text("account_id").map(str::to_owned),
        contact_id: case.text("contact_id").map(str::to_owned),
        case: Some(case),
        ..Links::default()
    }
}

async fn takes_part(app: &App, case: &Record, from: &str) -> Result<bool, Problem> {
    if let Some(contact) = case.text("contact_id")
        && let Some(contact) = get(app, "contact", contact).await?
        && contact
            .text("email")
            .is_some_and(|e| e.eq_ignore_ascii_case(from))
    {
        return Ok(true);
    }
    if let Some(account) = case.text("account_id")
        && let Some(account) = get(app, "account", account).await?
    {
        let own = account
            .text("email")
            .is_some_and(|e| e.eq_ignore_ascii_case(from));
        let colleague = firm_domain(from).is_some_and(|d| account.text("domain") == Some(d.as_str()));
        if own || colleague {
            return Ok(true);
        }
    }
    let wrote = Filter::eq("case_id", case.id.as_str()).and(Filter::eq("from_address", from));
    Ok(first(app, "activity", wrote).await?.is_some())
}

/// The number in `[#C-2026-00001]`.
pub(super) fn case_number(subject: &str) -> Option<&str> {
    let (_, rest) = subject.split_once("[#")?;
    let (number, _) = rest.split_once(']')?;
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (plain && (1..=60).contains(&number.len())).then_some(number)
}

/// The queue one of these addresses belongs to.
pub(super) async fn queue_of<'a>(
    app: &App,
    addresses: impl Iterator<Item = &'a str> + Clone,
) -> Result<Option<Record>, Problem> {
    let query = Query::of("queue").sort("name", false).limit(Query::MAX_LIMIT);
    let queues = app.store.list(&Viewer::system(), &query).await?.records;
    let is_ours = |queue: &Record| {
        let own = queue.text("email").unwrap_or_default().trim().to_lowercase();
        !own.is_empty() && addresses.clone().any(|a| a == own)
    };
    Ok(queues.into_iter().find(is_ours))
}

/// Who writes, as far as they are on record.
pub(super) async fn sender(app: &App, address: &str) -> Result<Links, Problem> {
    if let Some(contact) = first(app, "contact", same_mail(address)).await? {
        return Ok(Links {
            account_id: contact.text("account_id").map(str::to_owned),
            contact_id: Some(contact.id),
            ..Links::default()
        });
    }
    let mut account = first(app, "account", same_mail(address)).await?;
    if let (None, Some(domain)) = (&account, firm_domain(address)) {
        account = first(app, "account", Filter::eq("domain", domain)).await?;
    }
    if let Some(account) = account {
        return Ok(Links {
            account_id: Some(account.id),
            ..Links::default()
        });
    }
    let open = Filter::In {
        field: "status".into(),
        values: ["new", "to_verify", "working", "nurturing", "qualified"]
            .map(Into::into)
            .to_vec(),
    };
    let lead = first(app, "lead", same_mail(address).and(open)).await?;
    Ok(Links {
        lead_id: lead.map(|l| l.id),
        ..Links::default()
    })
}

#[cfg(test)]
mod tests {
    use super::case_number;

    #[test]
    fn a_number_stands_in_brackets() {
        for (subject, number) in [
            ("Re: [#C-2026-00001] Pump", Some("C-2026-00001")),
            ("[#] x", None),
            ("[#C-2026-00001 Pump", None),
            ("[#a' or 1=1] x", None),
            ("Pump", None),
        ] {
            assert_eq!(case_number(subject), number, "{subject}");
        }
    }
}
