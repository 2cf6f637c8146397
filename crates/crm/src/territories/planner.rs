//! What has to change so that every location is assigned as the territories say: a pure comparison of what is
//! on record with what the index decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geom::{LngLat, Timestamp};
use rayon::prelude::*;
use records::{Op, fields};
use serde_json::{Map, Value, json};
use territory::{Cause, Claim, DecidedBy, Decision};

use super::facts::Facts;
use super::layout::{Layout, candidate_number};

/// The cause of an assignment beside the one by the rules: open deals stay with who had the place, for a while.
pub(crate) const HOLDOVER: &str = "holdover";

/// An assignment on record whose end is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub id: String,
    pub location_id: String,
    pub territory_id: String,
    pub line: Option<String>,
    pub cause: String,
    /// Milliseconds since 1970.
    pub valid_from: i64,
}

/// An assignment to begin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Begin {
    pub territory_id: String,
    pub cause: &'static str,
    pub version_id: Option<String>,
    /// The rule, the numbers behind it, and who else would have had a claim.
    pub reason: Value,
}

/// A location that changes hands within one product line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Move {
    pub location_id: String,
    pub line: Option<String>,
    /// Assignments that end: one, or more where something went wrong before.
    pub end: Vec<Open>,
    pub begin: Option<Begin>,
}

impl Open {
    /// Ends it, not before it began.
    pub(crate) fn end(&self, at: Timestamp) -> Op {
        let until = at.0.max(self.valid_from);
        Op::update(
            "assignment",
            self.id.clone(),
            fields([("valid_to", until.into())]),
        )
    }
}

impl Move {
    /// Who has the place before.
    pub(crate) fn from(&self) -> Option<&str> {
        self.end.first().map(|open| open.territory_id.as_str())
    }

    /// Who has it after.
    pub(crate) fn to(&self) -> Option<&str> {
        self.begin.as_ref().map(|begin| begin.territory_id.as_str())
    }

    /// Another territory, not only another reason.
    pub(crate) fn is_transfer(&self) -> bool {
        self.from() != self.to()
    }

    /// The new assignment.
    pub(crate) fn begin_at(self, at: Timestamp) -> Option<Op> {
        let begin = self.begin?;
        // Never two at a time: the new one begins where the last one ended.
        let from = self.end.iter().map(|o| o.valid_from).fold(at.0, i64::max);
        let mut values: Map<String, Value> = fields([
            ("location_id", self.location_id.into()),
            ("territory_id", begin.territory_id.into()),
            ("cause", begin.cause.into()),
            ("reason", begin.reason),
            ("valid_from", from.into()),
        ]);
        values.insert("line".into(), self.line.map_or(Value::Null, Value::from));
        values.insert(
            "version_id".into(),
            begin.version_id.map_or(Value::Null, Value::from),
        );
        Some(Op::create("assignment", values))
    }
}

/// Compares. `asked` are the locations looked at, with their places; those that are not in `places` are
/// gone. `open` holds all their open assignments. The moves come in the order of the locations' ids.
pub(crate) fn plan(
    layout: &Layout,
    asked: &BTreeSet<String>,
    places: &HashMap<String, Facts>,
    open: Vec<Open>,
) -> Vec<Move> {
    let mut open_of: HashMap<String, Vec<Open>> = HashMap::new();
    // What a publication left with a territory for a while ends when that is over, whatever the rules say.
    for one in open.into_iter().filter(|one| one.cause != HOLDOVER) {
        open_of.entry(one.location_id.clone()).or_default().push(one);
    }
    let lines = layout.lines();
    let quick = !layout.reads_facts();
    let asked: Vec<(&String, Vec<Open>)> = asked
        .iter()
        .map(|id| (id, open_of.remove(id).unwrap_or_default()))
        .collect();
    asked
        .into_par_iter()
        .flat_map_iter(|(id, open)| moves_of(layout, &lines, id, places.get(id), quick, open))
        .collect()
}

/// `facts`: `None` for a location that is gone. `quick`: nobody asks for more than a place.
fn moves_of(
    layout: &Layout,
    lines: &[Option<String>],
    id: &str,
    facts: Option<&Facts>,
    quick: bool,
    open: Vec<Open>,
) -> Vec<Move> {
    let mut by_line: BTreeMap<Option<String>, Vec<Open>> = BTreeMap::new();
    for one in open {
        by_line.entry(one.line.clone()).or_default().push(one);
    }
    for line in lines {
        by_line.entry(line.clone()).or_default();
    }
    let mut moves = Vec::new();
    for (line, mut open) in by_line {
        open.sort_by(|a, b| (a.valid_from, &a.id).cmp(&(b.valid_from, &b.id)));
        if let (Some(facts), [one], true) = (facts, open.as_slice(), quick)
            && stays(layout, one, facts.place)
        {
            continue;
        }
        let decision = facts.map(|facts| layout.decide(id, facts, line.as_deref()));
        let winner = decision.as_ref().and_then(|d| d.winner.as_ref());
        let wanted = winner.and_then(|w| Some((layout.by_number(w.territory)?.id(), cause_word(w.cause))));
        let kept = open
            .iter()
            .position(|o| Some((o.territory_id.as_str(), o.cause.as_str())) == wanted);
        let begin = match (wanted, kept) {
            (Some((territory, cause)), None) => Some(Begin {
                territory_id: territory.to_owned(),
                cause,
                version_id: layout
                    .get(territory)
                    .and_then(|t| t.version.as_ref())
                    .map(|v| v.id.clone()),
                reason: decision
                    .as_ref()
                    .map_or(Value::Null, |d| reason(layout, d, facts.and_then(|f| f.place))),
            }),
            _ => None,
        };
        if let Some(kept) = kept {
            open.remove(kept);
        }
        if begin.is_some() || !open.is_empty() {
            moves.push(Move {
                location_id: id.to_owned(),
                line,
                end: open,
                begin,
            });
        }
    }
    moves
}

/// The quick way for the many that stay: on no list, and still in the drawn area of the territory they have.
fn stays(layout: &Layout, open: &Open, place: Option<LngLat>) -> bool {
    open.line.is_none()
        && open.cause == cause_word(Cause::Polygon)
        && !layout.is_named(candidate_number(&open.location_id))
        && place
            .and_then(|p| layout.index.owner_at(p, None))
            .is_some_and(|number| {
                layout
                    .by_number(number)
                    .is_some_and(|t| t.id() == open.territory_id)
            })
}

/// The word of the record for what kind of claim decided.
pub(crate) fn cause_word(cause: Cause) -> &'static str {
    match cause {
        Cause::Named | Cause::Required => "named",
        Cause::Rule => "rule",
        Cause::Polygon | Cause::Cell => "polygon",
        Cause::Unit => "unit",
        Cause::Reach | Cause::Nearest => "reach",
    }
}

/// What told the winner from the next.
pub(super) fn decided_by_word(by: DecidedBy) -> &'static str {
    match by {
        DecidedBy::OnlyClaim => "only_claim",
        DecidedBy::Cause => "cause",
        DecidedBy::Priority => "priority",
        DecidedBy::Distance => "distance",
        DecidedBy::SmallerArea => "smaller_area",
        DecidedBy::OlderTerritory => "older_territory",
    }
}

/// Most competing claims a reason lists.
const MOST_COMPETING: usize = 8;

/// The decision as it is kept with the assignment.
fn reason(layout: &Layout, decision: &Decision, place: Option<LngLat>) -> Value {
    let claim = |claim: &Claim| {
        let territory = layout.by_number(claim.territory);
        json!({
            "territory_id": territory.map(|t| t.id()),
            "territory": territory.map(|t| t.name()),
            "version": territory.and_then(|t| t.version.as_ref()).and_then(|v| v.integer("number")),
            "rule": cause_word(claim.cause),
            "unit": claim.unit,
            "words": layout.words_of(claim),
            "priority": claim.priority,
            "square_meters": claim.square_meters.map(f64::round),
            "on_border": claim.on_border,
        })
    };
    json!({
        "winner": decision.winner.as_ref().map(claim),
        "decided_by": decision.decided_by.map(decided_by_word),
        "competing": decision.competing.iter().take(MOST_COMPETING).map(claim).collect::<Vec<_>>(),
        "place": place.map(|p| [p.lng(), p.lat()]),
    })
}
