//! Consent: may this person be contacted in this way, for this purpose, at this moment, and if not, why not?
//!
//! One function decides for everything that reaches out: campaigns, call lists, letters, exports for mailings, outbound
//! mail. What it decides from is on record with its evidence, so that the answer can be shown to whoever asks.

mod decide;
mod http;
mod store;
#[cfg(test)]
mod tests;

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

use crate::App;
use crate::problem::Problem;

pub(crate) use decide::{Channel, Person, PersonKind, Purpose, Verdict, decide};
pub(crate) use http::router;
pub(crate) use store::{of_accounts, of_address, of_contacts, of_leads};

/// Whom a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    Contact(&'a str),
    Lead(&'a str),
}

/// May this person be contacted on this channel for this purpose at this moment, and why not? `None`: there is no such
/// person. Decides for the program: whoever shows the answer has to look up the person with the viewer's rights first.
///
/// # Errors
/// The database's.
pub(crate) async fn may_contact(
    app: &App,
    asked: Asked<'_>,
    channel: Channel,
    purpose: Purpose,
    at: Timestamp,
) -> Result<Option<Verdict>, Problem> {
    Ok(person(app, asked)
        .await?
        .map(|person| decide(&person, channel, purpose, at)))
}

/// Everything that is decided from, of one person.
pub(crate) async fn person(app: &App, asked: Asked<'_>) -> Result<Option<Person>, Problem> {
    let mut found = match asked {
        Asked::Contact(id) => of_contacts(app, &[id.to_owned()]).await?,
        Asked::Lead(id) => of_leads(app, &[id.to_owned()]).await?,
    };
    Ok(found.pop())
}

/// A consent is somebody's, and was given or withdrawn.
pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("consent", sensible)
}

fn sensible(_: Option<&Record>, after: &mut Map<String, Value>, now: Timestamp) -> Result<(), Vec<Fault>> {
    let has = |after: &Map<String, Value>, name: &str| after.get(name).is_some_and(|v| !v.is_null());
    if has(after, "contact_id") == has(after, "lead_id") {
        return Err(vec![Fault::of(
            "contact_id",
            "one-person",
            "A consent is that of one contact or of one lead.",
        )]);
    }
    if !has(after, "given_at") && !has(after, "withdrawn_at") {
        after.insert("given_at".into(), now.0.into());
    }
    let moment = |name: &str| after.get(name).and_then(Value::as_i64);
    if let (Some(given), Some(withdrawn)) = (moment("given_at"), moment("withdrawn_at"))
        && withdrawn < given
    {
        return Err(vec![Fault::of(
            "withdrawn_at",
            "before-given",
            "It cannot be withdrawn before it was given.",
        )]);
    }
    Ok(())
}
