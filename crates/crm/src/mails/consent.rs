//! May this address be written to? Asked before every message that goes out.

use records::{Comparison, Filter, Query, Viewer};

use crate::App;
use crate::problem::Problem;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody writes to somebody: an answer, an offer that was asked for.
    Personal,
    /// To win attention: only with consent.
    #[expect(
        dead_code,
        reason = "campaigns ask for it; they come with the consent records"
    )]
    Marketing,
}

/// Why an address is not written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub code: &'static str,
    pub text: String,
}

/// The one place that decides whether a message may go to an address. Mail that came back holds everything up;
/// marketing needs consent, and without consent on record there is none.
pub(crate) async fn may_send(app: &App, address: &str, purpose: Purpose) -> Result<Option<Refused>, Problem> {
    let same = Filter::Compare {
        field: "email".into(),
        op: Comparison::Equal,
        value: address.trim().into(),
        folded: true,
    };
    for type_name in ["contact", "account", "lead"] {
        let marked = same.clone().and(Filter::Not(Box::new(Filter::IsNull {
            field: "email_bounced_at".into(),
        })));
        let query = Query::of(type_name).filter(marked).limit(1);
        let found = app.store.list(&Viewer::system(), &query).await?.records;
        if let Some(record) = found.first() {
            let why = record.text("email_bounce").unwrap_or_default();
            return Ok(Some(Refused {
                code: "bounced",
                text: format!("Mail to {address} came back ({why}). Correct the address first."),
            }));
        }
    }
    match purpose {
        Purpose::Personal => Ok(None),
        Purpose::Marketing => Ok(Some(Refused {
            code: "no-consent",
            text: format!("{address} has not agreed to this."),
        })),
    }
}
