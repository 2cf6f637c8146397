//! The rules in the order of precedence, each with what it says of a place.

use records::Record;
use territory::{Cause, Claim, DecidedBy, Decision};

use super::super::layout::Layout;
use super::Rung;
use super::history::Row;
use super::words::Words;

/// The rules, and what each says of this place.
pub(super) fn ladder(
    words: &Words,
    layout: &Layout,
    location: &Record,
    decision: &Decision,
    here: Option<&Row>,
    account_owner: Option<&str>,
) -> Vec<Rung> {
    const ORDER: [(Cause, &str, &str); 8] = [
        (Cause::Named, "named", "Not held by name"),
        (
            Cause::Required,
            "list",
            "On no list of customers that must be in a territory",
        ),
        (Cause::Rule, "rule", "No rule about customers applies"),
        (Cause::Polygon, "polygon", "Inside no drawn area"),
        (Cause::Unit, "unit", "In no block of a territory"),
        (Cause::Reach, "reach", "In no reach of a territory"),
        (Cause::Cell, "cell", "In no cell of a computed plan"),
        (Cause::Nearest, "nearest", "No territory takes what is nearest"),
    ];
    let claims = || decision.winner.iter().chain(&decision.competing);
    // What is on record and what the rules say now differ for the moment between a change and its
    // consequences, and where somebody assigned by hand.
    let agrees = match (&decision.winner, here) {
        (Some(winner), Some(row)) => layout
            .by_number(winner.territory)
            .is_some_and(|t| t.id() == row.territory_id),
        (None, None) => true,
        _ => false,
    };
    let mut rungs: Vec<Rung> = Vec::new();
    if let Some(row) = here.filter(|_| !agrees) {
        rungs.push(Rung {
            rule: row.cause.clone(),
            applies: true,
            decides: true,
            text: format!(
                "On record for {}; the rules as they stand would say otherwise",
                words.territory(&row.territory_id)
            ),
        });
    }
    for (cause, rule, nothing) in ORDER {
        let of_kind: Vec<&Claim> = claims().filter(|c| c.cause == cause).collect();
        let decides = agrees && decision.winner.as_ref().is_some_and(|w| w.cause == cause);
        let text = match of_kind.first() {
            _ if cause == Cause::Polygon && location.place().is_none() => {
                "The place is on no map, so no area can hold it".to_owned()
            }
            None => nothing.to_owned(),
            Some(first) => claim_words(
                words,
                layout,
                first,
                &of_kind[1..],
                decides.then_some(decision.decided_by).flatten(),
            ),
        };
        rungs.push(Rung {
            rule: rule.to_owned(),
            applies: !of_kind.is_empty(),
            decides,
            text,
        });
    }
    let owner = account_owner.and_then(|o| words.user(o));
    rungs.push(Rung {
        rule: "account_owner".to_owned(),
        applies: owner.is_some(),
        decides: here.is_none() && owner.is_some(),
        text: owner.map_or_else(
            || "The customer has no owner".to_owned(),
            |o| format!("{o} is entered as the customer's owner"),
        ),
    });
    rungs
}

fn claim_words(
    words: &Words,
    layout: &Layout,
    first: &Claim,
    others: &[&Claim],
    decided_by: Option<DecidedBy>,
) -> String {
    let name = |claim: &Claim| {
        layout
            .by_number(claim.territory)
            .map(|t| words.territory(t.id()))
            .unwrap_or_default()
    };
    let mut text = match first.cause {
        Cause::Named => format!("Held by name by {}", name(first)),
        Cause::Required => format!("On the list of {}", name(first)),
        Cause::Rule => match layout.words_of(first) {
            Some(rule) => format!("Meets the rule of {}: {rule}", name(first)),
            None => format!("Meets the rule of {}", name(first)),
        },
        Cause::Polygon if first.on_border => format!(
            "Exactly on the border of {}, which no neighbour claims",
            name(first)
        ),
        Cause::Polygon => format!("Inside the drawn area of {}", name(first)),
        Cause::Unit => format!(
            "In block {} of {}",
            first.unit.as_deref().unwrap_or("?"),
            name(first)
        ),
        Cause::Reach => format!("In the reach of {}", name(first)),
        Cause::Cell => format!("In the computed area of {}", name(first)),
        Cause::Nearest => format!("Nearest to {}", name(first)),
    };
    if others.is_empty() {
        return text;
    }
    let names: Vec<String> = others.iter().map(|c| name(c)).collect();
    text += &format!(", and of {}", names.join(", "));
    let next = others[0];
    text += &match decided_by {
        Some(DecidedBy::Priority) => format!(
            "; {} has the higher priority ({} against {})",
            name(first),
            first.priority,
            next.priority
        ),
        Some(DecidedBy::SmallerArea) => format!(
            "; {} is the smaller area ({} against {} km²)",
            name(first),
            square_kilometers(first),
            square_kilometers(next)
        ),
        Some(DecidedBy::Distance) => format!("; {} is nearer", name(first)),
        Some(DecidedBy::OlderTerritory) => format!("; {} is the older territory", name(first)),
        _ => String::new(),
    };
    text
}

fn square_kilometers(claim: &Claim) -> String {
    format!("{:.2}", claim.square_meters.unwrap_or(0.0) / 1e6)
}
