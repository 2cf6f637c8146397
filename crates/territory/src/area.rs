//! What makes a territory: drawn areas, blocks, reach, rules, lists of accounts; and who is asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use geom::{LngLat, Meters};
use serde::{Deserialize, Serialize};

use crate::Shape;

/// A territory, numbered by the caller (a UUID as a number, for instance). Where all else is equal the smaller number, being older,
/// wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TerritoryId(pub u128);

/// A product line or other overlay, numbered by the caller. Territories are exclusive within a line, never across lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub u128);

/// Someone to be assigned (a customer's location), numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CandidateId(pub u128);

/// What an attribute of a candidate is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// Words or a code, compared letter by letter.
    Text(String),
}

/// Who is asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its id, for lists of accounts.
    pub id: CandidateId,
    /// Where it is; without a place only lists and rules can claim it.
    pub place: Option<LngLat>,
    /// What rules look at, such as `industry` or `employees`.
    pub attributes: BTreeMap<String, Value>,
}

impl Candidate {
    /// Just a place.
    #[must_use]
    pub fn at(id: CandidateId, place: LngLat) -> Self {
        Self {
            id,
            place: Some(place),
            attributes: BTreeMap::new(),
        }
    }
}

/// A rule over attributes. An attribute that the candidate does not have meets no condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Every one of these; none means always.
    All(Vec<Rule>),
    /// At least one of these.
    Any(Vec<Rule>),
    /// Not this.
    Not(Box<Rule>),
    /// The attribute is one of these.
    OneOf {
        /// The attribute's name.
        attribute: String,
        /// Any of them.
        values: Vec<Value>,
    },
    /// The attribute is a number in this range, both ends included; an absent end is open.
    Between {
        /// The attribute's name.
        attribute: String,
        /// Not below.
        from: Option<f64>,
        /// Not above.
        to: Option<f64>,
    },
}

impl Rule {
    /// Whether a candidate with these attributes meets it.
    #[must_use]
    pub fn holds(&self, attributes: &BTreeMap<String, Value>) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.holds(attributes)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(attributes)),
            Self::Not(rule) => !rule.holds(attributes),
            Self::OneOf { attribute, values } => {
                attributes.get(attribute).is_some_and(|v| values.contains(v))
            }
            Self::Between { attribute, from, to } => match attributes.get(attribute) {
                Some(Value::Number(n)) => from.is_none_or(|from| *n >= from) && to.is_none_or(|to| *n <= to),
                _ => false,
            },
        }
    }
}

/// A building block: a postcode, municipality or grid cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its code, for the reason that is given.
    pub code: String,
    /// Its area.
    pub shape: Shape,
}

/// One way in which a territory lays claim to candidates.
#[derive(Clone, Debug, PartialEq)]
pub enum Extent {
    /// These accounts, held by hand or by name.
    Named(BTreeSet<CandidateId>),
    /// These accounts must be in the territory.
    Required(BTreeSet<CandidateId>),
    /// These accounts must not be in the territory, whatever weaker claim it has; names still hold.
    Excluded(BTreeSet<CandidateId>),
    /// Whoever meets a rule.
    Rule(Rule),
    /// Whoever meets a rule and is in an area.
    RuleWithin {
        /// What has to be true of the candidate.
        rule: Rule,
        /// Where it has to be.
        shape: Shape,
    },
    /// Whoever is in a drawn area.
    Drawn(Shape),
    /// Whoever is in one of these blocks.
    Units(Vec<Unit>),
    /// Whoever carries one of these codes: blocks whose area is not known, such as the postcodes of addresses.
    Codes {
        /// The attribute that holds the code.
        attribute: String,
        /// The codes.
        codes: BTreeSet<String>,
    },
    /// Whoever can be reached from somewhere in time: the area is worked out by the caller.
    Reach(Shape),
    /// Whoever is in a cell that an optimiser made.
    Cell(Shape),
    /// Whoever is nearer to this place than to those of other territories.
    Nearest {
        /// The place.
        from: LngLat,
        /// Not farther than this.
        within: Option<Meters>,
    },
}

/// A territory's claim in one line. A territory may have several.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Whose it is.
    pub territory: TerritoryId,
    /// The product line; `None` is a line of its own, not all lines.
    pub line: Option<LineId>,
    /// What it claims. Shared, so that an index with one area changed costs little.
    pub extent: Arc<Extent>,
    /// Between two claims of one kind the larger wins.
    pub priority: i32,
}

/// What kind of claim decided. In this order: an earlier kind beats every later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A named account.
    Named,
    /// A must-be-in list.
    Required,
    /// A rule over attributes.
    Rule,
    /// A drawn area.
    Polygon,
    /// A building block.
    Unit,
    /// A reach area.
    Reach,
    /// An optimiser's cell.
    Cell,
    /// The nearest territory's place.
    Nearest,
}

impl Extent {
    /// The kind of claim, `None` for an exclusion, which claims nobody.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        Some(match self {
            Self::Named(_) => Cause::Named,
            Self::Required(_) => Cause::Required,
            Self::Excluded(_) => return None,
            Self::Rule(_) | Self::RuleWithin { .. } => Cause::Rule,
            Self::Drawn(_) => Cause::Polygon,
            Self::Units(_) | Self::Codes { .. } => Cause::Unit,
            Self::Reach(_) => Cause::Reach,
            Self::Cell(_) => Cause::Cell,
            Self::Nearest { .. } => Cause::Nearest,
        })
    }

    /// Its shapes, for blocks one each.
    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        let (one, many): (Option<&Shape>, &[Unit]) = match self {
            Self::Drawn(shape) | Self::Reach(shape) | Self::Cell(shape) | Self::RuleWithin { shape, .. } => {
                (Some(shape), &[])
            }
            Self::Units(units) => (None, units),
            _ => (None, &[]),
        };
        one.into_iter().chain(many.iter().map(|unit| &unit.shape))
    }

    /// It claims all of the ground of its shapes; a rule claims only some of those who are there.
    #[must_use]
    pub fn is_ground(&self) -> bool {
        matches!(
            self,
            Self::Drawn(_) | Self::Units(_) | Self::Reach(_) | Self::Cell(_)
        )
    }

    /// Area of all its shapes together, `None` if it has none.
    #[must_use]
    pub fn square_meters(&self) -> Option<f64> {
        self.shapes().map(Shape::square_meters).reduce(|a, b| a + b)
    }
}
