//! May this address be written to? Asked before every message that goes out.

use records::{Comparison, Filter, Query, Viewer};

use crate::App;
use crate::consent::{Asked, Channel, Purpose, may_contact};
use crate::problem::Problem;

/// Why an address is not written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub code: &'static str,
    pub text: String,
}

/// People of one address that are asked about; a shared address is seldom of more.
const MOST_PEOPLE: u32 = 100;

/// The one place that decides whether a message may go to an address. Somebody writes to somebody here, an answer or an
/// offer that was asked for: that needs no consent, but an objection counts, and mail that came back holds everything up.
pub(crate) async fn may_send(app: &App, address: &str) -> Result<Option<Refused>, Problem> {
    let same = Filter::Compare {
        field: "email".into(),
        op: Comparison::Equal,
        value: address.trim().into(),
        folded: true,
    };
    for type_name in ["contact", "account", "lead"] {
        let query = Query::of(type_name).filter(same.clone()).limit(MOST_PEOPLE);
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            if record.integer("email_bounced_at").is_some() {
                let why = record.text("email_bounce").unwrap_or_default();
                return Ok(Some(Refused {
                    code: "bounced",
                    text: format!("Mail to {address} came back ({why}). Correct the address first."),
                }));
            }
            let asked = match type_name {
                "contact" => Asked::Contact(&record.id),
                "lead" => Asked::Lead(&record.id),
                _ => continue,
            };
            let verdict = may_contact(app, asked, Channel::Email, Purpose::Service, app.store.now()).await?;
            if let Some(verdict) = verdict.filter(|v| !v.allowed) {
                return Ok(Some(Refused {
                    code: verdict.code,
                    text: format!("{address}: {}", verdict.text),
                }));
            }
        }
    }
    Ok(None)
}
