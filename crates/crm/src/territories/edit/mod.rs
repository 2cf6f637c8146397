//! Changing territories. A version is never edited: each change ends the one that holds and begins the next,
//! so the past stays as it was. Assignments follow from it and are not written here.

mod dates;
mod members;
mod names;
mod next;
mod overlap;
mod settings;
mod undo;

use std::collections::{BTreeSet, HashMap};

use geom::{BBox, Meters};
use records::{At, Author, Filter, Op, Query, Store, Written, fields};
use serde_json::{Map, Value};

use super::area;
use super::claims::{Block, Claims, CustomerRule, Reach, check_rules};
use super::layout::{Layout, Standing, number};
use super::present::present;
use crate::problem::Problem;

use names::given_up;
use next::{Extent, Next, end, next_version, owner, version};

pub(crate) use dates::correct_begin;
pub(super) use members::staffing;
pub(crate) use members::{Member, MemberRole, staff};
pub use names::{release, take};
pub(super) use next::{Next as NextVersion, first_version, geometry_value, next_version as begin_next};
pub(crate) use overlap::{OverlapRule, settle_overlap};
pub(crate) use settings::{Settings as TerritorySettings, set_up};
pub(crate) use undo::may_be_undone;

/// A territory to make.
#[derive(Clone, Debug, Default)]
pub struct NewTerritory {
    /// 1 to 120 characters.
    pub name: String,
    /// GeoJSON Polygon or MultiPolygon.
    pub geometry: Option<Value>,
    /// Locations that it holds by name, wherever they lie.
    pub location_ids: Vec<String>,
    /// Whose it is.
    pub owner_id: Option<String>,
    /// 1..=12; chosen so that neighbours differ unless said.
    pub colour: Option<i64>,
    /// The territory above it.
    pub parent_id: Option<String>,
    /// Product line; territories exclude each other within one.
    pub line: Option<String>,
    /// It stands above others and needs no extent of its own.
    pub is_group: bool,
    /// Why, for the version's history.
    pub message: Option<String>,
}

/// The cause of every change set written here.
pub(super) const CAUSE: &str = "territories";
/// Slots of the territory palette.
const COLOURS: i64 = 12;
/// Territories so near are neighbours, which get different colours.
const NEIGHBOURS: Meters = Meters(2_000.0);
/// Most locations a territory holds by name.
const MOST_NAMED: usize = 20_000;

/// A territory to make, with more than others outside this crate need to say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub new: NewTerritory,
    pub claims: Claims,
}

/// Makes a territory with its first version and its owner; gives its id. Assignments follow with
/// [`super::settle`].
///
/// # Errors
/// A [`Problem`] naming what is wrong with the input, or that the author may not do it.
pub async fn draw(store: &Store, author: &Author, new: NewTerritory) -> Result<(String, Written), Problem> {
    let claims = Claims::default();
    draw_with(store, author, Draft { new, claims }).await
}

/// As [`draw`], with blocks, reach and rules.
pub(crate) async fn draw_with(
    store: &Store,
    author: &Author,
    draft: Draft,
) -> Result<(String, Written), Problem> {
    let Draft { new, claims } = draft;
    let name = new.name.trim();
    if name.is_empty() {
        return Err(Problem::bad("/name", "required", "Give the territory a name."));
    }
    // A territory above others needs no ground of its own: it has what they have.
    let has_extent = new.geometry.is_some() || !new.location_ids.is_empty() || claims != Claims::default();
    if !has_extent && !new.is_group {
        return Err(Problem::bad(
            "/geometry",
            "required",
            "Draw an area, or name the places of the territory.",
        ));
    }
    let shape = match &new.geometry {
        Some(geometry) => Some(area::parse(geometry).map_err(|bad| bad.problem("/geometry"))?),
        None => None,
    };
    if new.colour.is_some_and(|colour| !(1..=COLOURS).contains(&colour)) {
        return Err(Problem::bad(
            "/colour",
            "out-of-range",
            "A colour is a slot of the palette, 1 to 12.",
        ));
    }
    let layout = Layout::load(store, At::PRESENT).await?;
    check_rules(&claims.rules, &|id| layout.get(id).is_some())?;
    let at = present(store).await?;
    let named = existing(store, author, &new.location_ids, "/location_ids").await?;
    let line = new.line.as_deref().map(str::trim).filter(|line| !line.is_empty());
    let id = records::new_id();
    let boxes = shape.iter().cloned().chain(claims.shapes()).map(|s| *s.bbox());
    let around = boxes.reduce(|a, b| BBox {
        west: a.west.min(b.west),
        south: a.south.min(b.south),
        east: a.east.max(b.east),
        north: a.north.max(b.north),
    });
    let colour = new.colour.unwrap_or_else(|| free_colour(&layout, around));
    let mut values: Map<String, Value> = fields([("name", name.into()), ("colour", colour.into())]);
    for (field, value) in [("parent_id", new.parent_id.as_deref()), ("line", line)] {
        if let Some(value) = value {
            values.insert(field.into(), value.into());
        }
    }
    let mut ops = vec![Op::Create {
        type_name: "territory".into(),
        id: Some(id.clone()),
        fields: values,
    }];
    ops.extend(given_up(&layout, line, None, &named, author, at, store).await?);
    let geometry = shape
        .as_ref()
        .map(geometry_value)
        .transpose()?
        .unwrap_or(Value::Null);
    let message = new.message.unwrap_or_else(|| "Drawn".to_owned());
    ops.push(version(
        &id,
        1,
        author,
        &message,
        Extent {
            geometry,
            claims: &claims,
            named: named.iter().map(String::as_str),
        },
        at,
    )?);
    ops.extend(new.owner_id.as_deref().map(|user| owner(&id, user, at)));
    let written = store.write(author, ops).await?;
    Ok((id, written))
}

/// Gives a territory another area, instead of the ground it had by blocks or reach; names and rules stay.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn reshape(store: &Store, author: &Author, id: &str, geometry: &Value) -> Result<Written, Problem> {
    let shape = area::parse(geometry).map_err(|bad| bad.problem("/geometry"))?;
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let claims = Claims {
        rules: territory.claims.rules.clone(),
        ..Claims::default()
    };
    if territory.shape.as_ref() == Some(&shape) && territory.claims == claims {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let next = Next {
        geometry: Some(geometry_value(&shape)?),
        claims: Some(claims),
        ..Next::default()
    };
    let ops = next_version(store, territory, author, "Border changed", next, at).await?;
    Ok(store.write(author, ops).await?)
}

/// Gives a territory other blocks, another reach or other rules; the drawn area goes with the first two.
///
/// # Errors
/// As [`draw`]; not found.
pub(crate) async fn claim(
    store: &Store,
    author: &Author,
    id: &str,
    change: Claimed,
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let before = territory.claims.clone();
    let (claims, geometry, message) = match change {
        Claimed::Blocks(blocks) => {
            let message = format!("{} blocks by code", blocks.len());
            let reach = None;
            let claims = Claims {
                blocks,
                reach,
                ..before.clone()
            };
            (claims, Some(Value::Null), message)
        }
        Claimed::Reach(reach) => {
            let message = format!("Within {} minutes by {}", reach.minutes, reach.profile);
            let claims = Claims {
                blocks: Vec::new(),
                reach: Some(*reach),
                ..before.clone()
            };
            (claims, Some(Value::Null), message)
        }
        Claimed::Rules(rules) => {
            check_rules(&rules, &|other| other != id && layout.get(other).is_some())?;
            let message = match rules.len() {
                0 => "No rules about customers".to_owned(),
                1 => format!("Rule: {}", rules[0].words()),
                n => format!("{n} rules about customers"),
            };
            (
                Claims {
                    rules,
                    ..before.clone()
                },
                None,
                message,
            )
        }
    };
    if claims == before && (geometry.is_none() || territory.shape.is_none()) {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let next = Next {
        geometry,
        claims: Some(claims),
        ..Next::default()
    };
    let at = present(store).await?;
    let message: String = message.chars().take(400).collect();
    let ops = next_version(store, territory, author, &message, next, at).await?;
    Ok(store.write(author, ops).await?)
}

/// Another claim of a territory.
pub(crate) enum Claimed {
    /// These blocks, instead of whatever ground it had.
    Blocks(Vec<Block>),
    /// This reach, instead of whatever ground it had.
    Reach(Box<Reach>),
    /// These rules, beside its ground.
    Rules(Vec<CustomerRule>),
}

/// Gives a territory to somebody, or to nobody.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn give(store: &Store, author: &Author, id: &str, user: Option<&str>) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let at = present(store).await?;
    let owners = territory
        .members
        .iter()
        .filter(|m| m.text("role") == Some("owner"));
    let (kept, ended): (Vec<_>, Vec<_>) = owners.partition(|m| m.text("user_id") == user);
    let mut ops: Vec<Op> = ended.into_iter().map(|m| end(m, at)).collect();
    if let Some(user) = user.filter(|_| kept.is_empty()) {
        ops.push(owner(id, user, at));
    }
    Ok(store.write(author, ops).await?)
}

pub(crate) fn places(count: usize) -> String {
    if count == 1 {
        "1 place".to_owned()
    } else {
        format!("{count} places")
    }
}

/// A territory that exists and that the author may see.
pub(super) async fn seen<'a>(
    store: &Store,
    author: &Author,
    layout: &'a Layout,
    id: &str,
) -> Result<&'a Standing, Problem> {
    let missing = || Problem::not_found(format!("Territory {id}"));
    store
        .get(&author.viewer, "territory", id, At::PRESENT)
        .await?
        .ok_or_else(missing)?;
    layout.get(id).ok_or_else(missing)
}

/// The locations asked for, all of which have to exist and be the author's to see.
pub(crate) async fn existing(
    store: &Store,
    author: &Author,
    locations: &[String],
    pointer: &str,
) -> Result<BTreeSet<String>, Problem> {
    if locations.len() > MOST_NAMED {
        return Err(Problem::bad(
            pointer,
            "too-many",
            format!("At most {MOST_NAMED} places are taken at once."),
        ));
    }
    let asked: BTreeSet<String> = locations.iter().cloned().collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut query = Query::of("location")
        .filter(Filter::in_ids(asked.iter().cloned()))
        .limit(Query::MAX_LIMIT);
    while found.len() < asked.len() {
        let page = store.list(&author.viewer, &query).await?;
        found.extend(page.records.into_iter().map(|r| r.id));
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => break,
        }
    }
    match asked.iter().find(|id| !found.contains(*id)) {
        Some(missing) => Err(Problem::bad(
            pointer,
            "no-such-record",
            format!("Place {missing} was not found, or is not yours to see. Nothing was changed."),
        )),
        None => Ok(asked),
    }
}

/// The least used colour that no neighbour has; where every colour has a neighbour, the least used.
pub(crate) fn free_colour(layout: &Layout, around: Option<BBox>) -> i64 {
    let mut uses: HashMap<i64, (bool, usize)> = HashMap::new();
    let around = around.map(|b| b.grown(NEIGHBOURS));
    for other in &layout.territories {
        let Some(colour) = other.record.integer("colour") else {
            continue;
        };
        let entry = uses.entry(colour).or_default();
        let near = around
            .as_ref()
            .is_some_and(|a| other.shapes().iter().any(|s| a.intersects(s.bbox())));
        entry.0 |= near;
        entry.1 += 1;
    }
    let key = |colour: &i64| (uses.get(colour).copied().unwrap_or_default(), *colour);
    (1..=COLOURS).min_by_key(key).unwrap_or(1)
}

/// The number that the engine will know a new territory by while it is only a question: younger than all.
pub(super) fn unborn() -> territory::TerritoryId {
    debug_assert!(
        number("ffffffff-ffff-ffff-ffff-ffffffffffff").0 == u128::MAX,
        "UUIDs are compared as numbers"
    );
    territory::TerritoryId(u128::MAX)
}
