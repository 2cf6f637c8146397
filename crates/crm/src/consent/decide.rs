//! The decision itself: facts in, an answer with its reason out.
//!
//! Electronic mail and telephone calls for advertising need a consent (in the EU: Directive 2002/58/EC, article 13; in
//! Germany § 7 UWG); a letter or a visit may rest on a legitimate interest as long as nobody objected (GDPR article
//! 6(1)(f) and recital 47; the right to object is article 21(2)). What belongs to a contract needs neither.

use geom::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContactChannel)]
pub(crate) enum Channel {
    Email,
    Letter,
    Phone,
    Visit,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::Email, Self::Letter, Self::Phone, Self::Visit];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Letter => "letter",
            Self::Phone => "phone",
            Self::Visit => "visit",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == word)
    }
}

/// What somebody is contacted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContactPurpose)]
pub(crate) enum Purpose {
    Marketing,
    Newsletter,
    Survey,
    /// What a contract or a case asks for.
    Service,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::Marketing, Self::Newsletter, Self::Survey, Self::Service];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Newsletter => "newsletter",
            Self::Survey => "survey",
            Self::Service => "service",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }
}

/// A consent on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub id: String,
    pub purpose: Purpose,
    /// `None`: every way.
    pub channel: Option<Channel>,
    pub given_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
}

/// Who a person is in the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PersonKind {
    /// At a customer.
    Contact,
    Lead,
    /// A customer of whom no person is on record: the firm itself.
    Account,
}

/// What is decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub kind: PersonKind,
    pub id: String,
    pub account_id: Option<String>,
    pub name: String,
    /// The firm's name, where it is another.
    pub firm: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Has an address to write to.
    pub has_address: bool,
    /// Has a place that a rep can drive to.
    pub has_place: bool,
    /// The person, or the customer they belong to.
    pub do_not_contact: bool,
    pub email_bounced_at: Option<Timestamp>,
    pub preferred: Option<Channel>,
    /// In no order.
    pub consents: Vec<Given>,
}

/// The answer, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ContactVerdict)]
pub(crate) struct Verdict {
    pub channel: Channel,
    pub purpose: Purpose,
    pub allowed: bool,
    /// Allowed: consent, not-objected, necessary. Not: do-not-contact, withdrawn, bounced, no-address, no-consent.
    pub code: &'static str,
    pub text: String,
    /// The consent that decided.
    pub consent_id: Option<String>,
    /// When that was given or withdrawn, in milliseconds since 1970.
    pub since: Option<i64>,
}

/// May this person be contacted in this way, for this purpose, at this moment? Stop signs come first, then whether
/// there is a way at all, then consent.
pub(crate) fn decide(person: &Person, channel: Channel, purpose: Purpose, at: Timestamp) -> Verdict {
    let answer = |allowed, code, text: &str, consent: Option<(&Given, Option<Timestamp>)>| Verdict {
        channel,
        purpose,
        allowed,
        code,
        text: text.to_owned(),
        consent_id: consent.map(|(given, _)| given.id.clone()),
        since: consent.and_then(|(_, since)| since).map(|t| t.0),
    };
    if person.do_not_contact && purpose != Purpose::Service {
        return answer(false, "do-not-contact", "Marked: do not contact.", None);
    }
    let last = last_word(person, channel, purpose, at);
    if let Some(Word {
        given,
        withdrawn: true,
        at,
    }) = last
    {
        return answer(
            false,
            "withdrawn",
            "Objected, or withdrew the consent.",
            Some((given, Some(at))),
        );
    }
    let reachable = match channel {
        Channel::Email => person.email.is_some(),
        Channel::Phone => person.phone.is_some(),
        Channel::Letter => person.has_address,
        Channel::Visit => person.has_place,
    };
    if !reachable {
        let text = match channel {
            Channel::Email => "No e-mail address is on record.",
            Channel::Phone => "No telephone number is on record.",
            Channel::Letter => "No postal address is on record.",
            Channel::Visit => "No place on the map is on record.",
        };
        return answer(false, "no-address", text, None);
    }
    if channel == Channel::Email && person.email_bounced_at.is_some_and(|bounced| bounced <= at) {
        return answer(false, "bounced", "The last e-mail could not be delivered.", None);
    }
    if let Some(Word { given, at, .. }) = last {
        return answer(true, "consent", "Consent is on record.", Some((given, Some(at))));
    }
    match (purpose, channel) {
        (Purpose::Service, _) => answer(
            true,
            "necessary",
            "Belongs to the contract; needs no consent.",
            None,
        ),
        (_, Channel::Letter | Channel::Visit) => answer(
            true,
            "not-objected",
            "Nobody objected; a letter or a visit needs no consent.",
            None,
        ),
        (_, Channel::Email | Channel::Phone) => answer(
            false,
            "no-consent",
            "No consent is on record, and this way needs one.",
            None,
        ),
    }
}

#[derive(Clone, Copy)]
struct Word<'a> {
    given: &'a Given,
    withdrawn: bool,
    at: Timestamp,
}

/// What the person said last about this channel and purpose before the moment. Of two things said at once the
/// withdrawal counts.
fn last_word(person: &Person, channel: Channel, purpose: Purpose, at: Timestamp) -> Option<Word<'_>> {
    let about = person
        .consents
        .iter()
        .filter(|c| c.purpose == purpose && c.channel.is_none_or(|own| own == channel));
    let words = about.filter_map(|given| {
        let past = |moment: Option<Timestamp>| moment.filter(|m| *m <= at);
        match (past(given.withdrawn_at), past(given.given_at)) {
            (Some(at), _) => Some(Word {
                given,
                withdrawn: true,
                at,
            }),
            (None, Some(at)) => Some(Word {
                given,
                withdrawn: false,
                at,
            }),
            (None, None) => None,
        }
    });
    words.max_by_key(|word| (word.at, word.withdrawn, word.given.id.clone()))
}
