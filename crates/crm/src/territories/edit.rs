//! Changing territories. A version is never edited: each change ends the one that holds and begins the next,
//! so the past stays as it was. Assignments follow from it and are not written here.

use std::collections::{BTreeSet, HashMap};

use geom::{Meters, Timestamp};
use records::{At, Author, Filter, Op, Query, Store, Viewer, Written, fields};
use serde_json::{Map, Value};
use territory::Shape;

use super::layout::{Layout, Standing, number, present};
use super::{area, store};
use crate::problem::Problem;

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

/// Makes a territory with its first version and its owner; gives its id. Assignments follow with
/// [`super::settle`].
///
/// # Errors
/// A [`Problem`] naming what is wrong with the input, or that the author may not do it.
pub async fn draw(store: &Store, author: &Author, new: NewTerritory) -> Result<(String, Written), Problem> {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(Problem::bad("/name", "required", "Give the territory a name."));
    }
    if new.geometry.is_none() && new.location_ids.is_empty() {
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
    let at = present(store).await?;
    let named = existing(store, author, &new.location_ids, "/location_ids").await?;
    let line = new.line.as_deref().map(str::trim).filter(|line| !line.is_empty());
    let id = records::new_id();
    let colour = new.colour.unwrap_or_else(|| free_colour(&layout, shape.as_ref()));
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
        geometry,
        named.iter().map(String::as_str),
        at,
    ));
    ops.extend(new.owner_id.as_deref().map(|user| owner(&id, user, at)));
    let written = store.write(author, ops).await?;
    Ok((id, written))
}

/// Gives a territory another area; names stay.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn reshape(store: &Store, author: &Author, id: &str, geometry: &Value) -> Result<Written, Problem> {
    let shape = area::parse(geometry).map_err(|bad| bad.problem("/geometry"))?;
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    if territory.shape.as_ref() == Some(&shape) {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let geometry = geometry_value(&shape)?;
    let ops = next_version(
        store,
        territory,
        author,
        "Border changed",
        Some(geometry),
        None,
        at,
    )
    .await?;
    Ok(store.write(author, ops).await?)
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

/// A territory takes locations by name, wherever they lie. Other territories of its line that held them by
/// name give them up. Locations that it has already stay as they are.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn take(
    store: &Store,
    author: &Author,
    id: &str,
    locations: &[String],
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let asked = existing(store, author, locations, "/location_ids").await?;
    let line = territory.line();
    let has: BTreeSet<String> = store::open_of(store.db(), &asked)
        .await?
        .into_iter()
        .filter(|open| open.territory_id == id && open.line.as_deref() == line)
        .map(|open| open.location_id)
        .collect();
    let taken: BTreeSet<String> = asked.difference(&has).cloned().collect();
    if taken.is_empty() {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let mut named: BTreeSet<String> = territory.named.iter().cloned().collect();
    named.extend(taken.iter().cloned());
    if named.len() > MOST_NAMED {
        return Err(Problem::bad(
            "/location_ids",
            "too-many",
            format!(
                "{} would hold {} places by name; at most {MOST_NAMED} are kept. Draw an area around them.",
                territory.name(),
                named.len()
            ),
        ));
    }
    let mut ops = given_up(&layout, line, Some(id), &taken, author, at, store).await?;
    let message = format!("{} taken by name", places(taken.len()));
    ops.extend(next_version(store, territory, author, &message, None, Some(named), at).await?);
    Ok(store.write(author, ops).await?)
}

/// A territory gives up locations that it holds by name: areas decide about them again.
///
/// # Errors
/// As [`draw`]; not found.
pub async fn release(
    store: &Store,
    author: &Author,
    id: &str,
    locations: &[String],
) -> Result<Written, Problem> {
    let layout = Layout::load(store, At::PRESENT).await?;
    let territory = seen(store, author, &layout, id).await?;
    let gone: BTreeSet<&String> = locations.iter().collect();
    let named: BTreeSet<String> = territory
        .named
        .iter()
        .filter(|id| !gone.contains(id))
        .cloned()
        .collect();
    let count = territory.named.len() - named.len();
    if count == 0 {
        return Ok(store.write(author, Vec::new()).await?);
    }
    let at = present(store).await?;
    let message = format!("{} no longer held by name", places(count));
    let ops = next_version(store, territory, author, &message, None, Some(named), at).await?;
    Ok(store.write(author, ops).await?)
}

/// Whether a change of a territory may be taken back: only as a whole, so what it wrote has to be as it left
/// it. Two open versions of one territory would be the end of it otherwise.
///
/// # Errors
/// A conflict that says what was done since.
pub(crate) async fn may_be_undone(store: &Store, change_set: &str) -> Result<(), Problem> {
    let Some(set) = store
        .find_change_set(change_set)
        .await?
        .filter(|s| s.cause == CAUSE && s.undone_by.is_none())
    else {
        return Ok(());
    };
    for (type_name, id, version) in store::parts_of(store.db(), change_set).await? {
        let present = store.get(&Viewer::system(), &type_name, &id, At::PRESENT).await?;
        if present.as_ref().is_some_and(|p| p.version == version) {
            continue;
        }
        let history = store.history(&Viewer::system(), &type_name, &id).await?;
        let left = history
            .into_iter()
            .map(|r| r.record)
            .find(|r| r.version == version);
        if left.map(|r| r.fields) == present.as_ref().map(|p| p.fields.clone()) {
            continue;
        }
        let since = match present {
            Some(present) => store.find_change_set(&present.change_set).await?.map(|s| s.label),
            None => None,
        };
        let since = since
            .map(|label| format!(" by \u{201c}{label}\u{201d}"))
            .unwrap_or_default();
        return Err(Problem::conflict(
            "changed-since",
            format!(
                "\u{201c}{}\u{201d} was followed{since}. Undo that first; nothing was changed now.",
                set.label
            ),
        ));
    }
    Ok(())
}

pub(crate) fn places(count: usize) -> String {
    if count == 1 {
        "1 place".to_owned()
    } else {
        format!("{count} places")
    }
}

/// A territory that exists and that the author may see.
async fn seen<'a>(
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

/// New versions of the other territories of a line that hold these locations by name.
async fn given_up(
    layout: &Layout,
    line: Option<&str>,
    except: Option<&str>,
    locations: &BTreeSet<String>,
    author: &Author,
    at: Timestamp,
    store: &Store,
) -> Result<Vec<Op>, Problem> {
    let mut ops = Vec::new();
    for other in &layout.territories {
        let held = other.named.iter().filter(|id| locations.contains(*id)).count();
        if held == 0 || Some(other.id()) == except || other.line() != line {
            continue;
        }
        let named = other
            .named
            .iter()
            .filter(|id| !locations.contains(*id))
            .cloned()
            .collect();
        let message = format!("{} given up to another territory", places(held));
        ops.extend(next_version(store, other, author, &message, None, Some(named), at).await?);
    }
    // Runs of operations of one sort are written together.
    ops.sort_by_key(|op| !matches!(op, Op::Update { .. }));
    Ok(ops)
}

/// Ends the version that holds and begins the next. What is `None` stays as it is.
async fn next_version(
    store: &Store,
    territory: &Standing,
    author: &Author,
    message: &str,
    geometry: Option<Value>,
    named: Option<BTreeSet<String>>,
    at: Timestamp,
) -> Result<Vec<Op>, Problem> {
    let geometry = geometry.unwrap_or_else(|| {
        let kept = territory.version.as_ref().and_then(|v| v.fields.get("area"));
        kept.cloned().unwrap_or(Value::Null)
    });
    let named = named.unwrap_or_else(|| territory.named.iter().cloned().collect());
    let next = store::last_number(store.db(), territory.id()).await? + 1;
    let mut ops: Vec<Op> = Vec::new();
    ops.extend(territory.version.as_ref().map(|v| end(v, at)));
    let mut begin = version(
        territory.id(),
        next,
        author,
        message,
        geometry,
        named.iter().map(String::as_str),
        at,
    );
    if let (Op::Create { fields, .. }, excluded @ [_, ..]) = (&mut begin, &territory.excluded()[..]) {
        fields.insert("excluded_locations".into(), excluded.into());
    }
    ops.push(begin);
    Ok(ops)
}

/// Ends a validity. The version read goes along, so of two who change at once the second is told.
fn end(record: &records::Record, at: Timestamp) -> Op {
    let from = record.integer("valid_from").unwrap_or(at.0);
    Op::Update {
        type_name: record.type_name.clone(),
        id: record.id.clone(),
        version: Some(record.version),
        patch: fields([("valid_to", at.0.max(from).into())]),
    }
}

fn version<'a>(
    territory: &str,
    number: i64,
    author: &Author,
    message: &str,
    geometry: Value,
    named: impl Iterator<Item = &'a str>,
    at: Timestamp,
) -> Op {
    let named: Vec<&str> = named.collect();
    let mut values: Map<String, Value> = fields([
        ("territory_id", territory.into()),
        ("number", number.into()),
        ("message", message.into()),
        ("area", geometry),
        ("valid_from", at.0.into()),
    ]);
    if !named.is_empty() {
        values.insert("named_locations".into(), named.into());
    }
    if let Some(user) = &author.viewer.user_id {
        values.insert("author_id".into(), user.as_str().into());
    }
    Op::create("territory_version", values)
}

fn owner(territory: &str, user: &str, at: Timestamp) -> Op {
    Op::create(
        "territory_member",
        fields([
            ("territory_id", territory.into()),
            ("user_id", user.into()),
            ("role", "owner".into()),
            ("valid_from", at.0.into()),
        ]),
    )
}

fn geometry_value(shape: &Shape) -> Result<Value, Problem> {
    serde_json::to_value(area::to_geojson(shape.polygons())).map_err(Problem::unexpected)
}

/// The least used colour that no neighbour has; where every colour has a neighbour, the least used.
pub(crate) fn free_colour(layout: &Layout, shape: Option<&Shape>) -> i64 {
    let mut uses: HashMap<i64, (bool, usize)> = HashMap::new();
    let around = shape.map(|s| s.bbox().grown(NEIGHBOURS));
    for other in &layout.territories {
        let Some(colour) = other.record.integer("colour") else {
            continue;
        };
        let entry = uses.entry(colour).or_default();
        let near = around
            .as_ref()
            .zip(other.shape.as_ref())
            .is_some_and(|(a, s)| a.intersects(s.bbox()));
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
