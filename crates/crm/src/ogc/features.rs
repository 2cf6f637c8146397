//! Records as features.

use std::collections::{BTreeMap, HashMap};

use geo::Intersects;
use geo_types::{MultiPolygon, Rect};
use records::{At, Filter, Query, Record, Scope, Viewer};
use serde_json::{Map, Value, json};

use super::collections::Collection;
use super::question::Question;
use crate::app::App;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::territories::{Layout, to_geojson};

/// One page of features.
pub(super) struct FeaturePage {
    pub features: Vec<Value>,
    /// On all pages.
    pub matched: u64,
    pub next: Option<String>,
}

/// The features asked for.
pub(super) async fn page(
    app: &App,
    viewer: &Viewer,
    collection: Collection,
    question: &Question,
) -> Result<FeaturePage, Problem> {
    if collection == Collection::Territories {
        return territories(app, viewer, question).await;
    }
    let record_type = app.store.record_type(collection.type_name())?;
    let mut query = question.query(record_type)?;
    if let Some(bbox) = question.bbox {
        let within = Filter::Within(bbox.shape()?);
        query = query.filter(match collection {
            Collection::Accounts => Filter::Linking {
                type_name: "location".into(),
                field: "account_id".into(),
                filter: Box::new(within),
            },
            _ => within,
        });
    }
    let found = app.store.list(viewer, &query).await?;
    let matched = app.store.count(viewer, &query).await?;
    let features = match collection {
        Collection::Accounts => accounts(app, viewer, question.at, found.records).await?,
        _ => locations(app, viewer, question.at, found.records).await?,
    };
    Ok(FeaturePage {
        features,
        matched,
        next: found.next_cursor,
    })
}

/// One feature, if the viewer may see it.
pub(super) async fn one(
    app: &App,
    viewer: &Viewer,
    collection: Collection,
    id: &str,
    at: At,
) -> Result<Option<Value>, Problem> {
    let Some(record) = app.store.get(viewer, collection.type_name(), id, at).await? else {
        return Ok(None);
    };
    let mut features = match collection {
        Collection::Accounts => accounts(app, viewer, at, vec![record]).await?,
        Collection::Locations => locations(app, viewer, at, vec![record]).await?,
        Collection::Territories => {
            let layout = Layout::load(&app.store, at).await?;
            let users = user_names(app).await?;
            vec![territory(&layout, &users, record)]
        }
    };
    Ok(features.pop())
}

fn feature(id: &str, geometry: Option<Value>, properties: Map<String, Value>) -> Value {
    json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties })
}

/// The record's fields, its custom ones beside them. What is JSON inside stays JSON.
fn properties(record: Record) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut custom = Map::new();
    for (name, value) in record.fields {
        match value {
            Value::Object(fields) if name == "custom" => custom = fields,
            value => drop(properties.insert(name, value)),
        }
    }
    for (name, value) in custom {
        properties.insert(format!("custom.{name}"), value);
    }
    properties.insert("recorded_at".into(), record.recorded_at.0.into());
    properties.insert("version".into(), record.version.into());
    properties
}

/// Records of a type with one of these values in a field, as the viewer sees them.
async fn linked(
    app: &App,
    viewer: &Viewer,
    type_name: &str,
    filter: Filter,
    at: At,
) -> Result<Vec<Record>, Problem> {
    let mut records = Vec::new();
    let mut query = Query::of(type_name).filter(filter).at(at).limit(Query::MAX_LIMIT);
    loop {
        let page = app.store.list(viewer, &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(records),
        }
    }
}

async fn accounts(app: &App, viewer: &Viewer, at: At, records: Vec<Record>) -> Result<Vec<Value>, Problem> {
    let ids = records.iter().map(|r| r.id.as_str());
    let places = linked(app, viewer, "location", Filter::one_of("account_id", ids), at).await?;
    let mut places_of: HashMap<String, Vec<[f64; 2]>> = HashMap::new();
    for place in places {
        if let (Some(account), Some(at)) = (place.text("account_id"), place.place()) {
            places_of
                .entry(account.to_owned())
                .or_default()
                .push([at.lng(), at.lat()]);
        }
    }
    let users = user_names(app).await?;
    let features = records.into_iter().map(|record| {
        let places = places_of.remove(&record.id).unwrap_or_default();
        let owner = record.text("owner_id").and_then(|id| users.get(id)).cloned();
        let id = record.id.clone();
        let mut properties = properties(record);
        properties.insert("owner".into(), owner.into());
        properties.insert("places".into(), places.len().into());
        let geometry = (!places.is_empty()).then(|| json!({ "type": "MultiPoint", "coordinates": places }));
        feature(&id, geometry, properties)
    });
    Ok(features.collect())
}

async fn locations(app: &App, viewer: &Viewer, at: At, records: Vec<Record>) -> Result<Vec<Value>, Problem> {
    let accounts: Vec<&str> = records.iter().filter_map(|r| r.text("account_id")).collect();
    let accounts = linked(app, viewer, "account", Filter::in_ids(accounts), at).await?;
    let accounts: HashMap<String, Record> = accounts.into_iter().map(|a| (a.id.clone(), a)).collect();
    let layout = Layout::load(&app.store, at).await?;
    let now = match at.as_of {
        Some(as_of) => as_of,
        None => crate::territories::present(&app.store).await?,
    };
    let ids = records.iter().map(|r| r.id.as_str());
    let assigned = Filter::one_of("location_id", ids).and(Filter::IsNull { field: "line".into() });
    let assigned = linked(
        app,
        viewer,
        "assignment",
        assigned,
        At {
            as_of: Some(now),
            known_at: at.known_at,
        },
    )
    .await?;
    let territory_of: HashMap<&str, &str> = assigned
        .iter()
        .filter_map(|a| Some((a.text("location_id")?, a.text("territory_id")?)))
        .collect();
    let features = records.into_iter().map(|record| {
        let account = record.text("account_id").and_then(|id| accounts.get(id));
        let of_account = |field: &str| {
            account
                .and_then(|a| a.fields.get(field))
                .cloned()
                .unwrap_or(Value::Null)
        };
        let names = [
            ("account", "name"),
            ("account_type", "type"),
            ("account_class", "class"),
            ("industry", "industry"),
        ];
        let about: Vec<(&str, Value)> = names
            .into_iter()
            .map(|(name, field)| (name, of_account(field)))
            .collect();
        let territory = territory_of.get(record.id.as_str()).copied();
        let geometry = record
            .place()
            .map(|p| json!({ "type": "Point", "coordinates": [p.lng(), p.lat()] }));
        let id = record.id.clone();
        let mut properties = properties(record);
        properties.shift_remove("lng");
        properties.shift_remove("lat");
        for (name, value) in about {
            properties.insert(name.into(), value);
        }
        properties.insert("territory_id".into(), territory.into());
        properties.insert(
            "territory".into(),
            territory.and_then(|id| layout.get(id)).map(|t| t.name()).into(),
        );
        feature(&id, geometry, properties)
    });
    Ok(features.collect())
}

fn territory(layout: &Layout, users: &HashMap<String, String>, record: Record) -> Value {
    let standing = layout.get(&record.id);
    let owner = standing.and_then(|t| t.owner());
    let version = standing.and_then(|t| t.version.as_ref());
    let geometry = standing
        .and_then(|t| t.ground())
        .map(|ground| json!(to_geojson(ground)));
    let id = record.id.clone();
    let mut properties = properties(record);
    properties.insert("owner_id".into(), owner.into());
    properties.insert("owner".into(), owner.and_then(|id| users.get(id)).cloned().into());
    properties.insert(
        "border_version".into(),
        version.and_then(|v| v.integer("number")).into(),
    );
    properties.insert(
        "border_since".into(),
        version.and_then(|v| v.integer("valid_from")).into(),
    );
    feature(&id, geometry, properties)
}

/// Territories are few and their areas are not in the records' own table, so the box is tested here.
async fn territories(app: &App, viewer: &Viewer, question: &Question) -> Result<FeaturePage, Problem> {
    let record_type = app.store.record_type("territory")?;
    let mut query = Question {
        cursor: None,
        ..question.clone()
    }
    .query(record_type)?
    .limit(Query::MAX_LIMIT);
    let layout = Layout::load(&app.store, question.at).await?;
    let rectangles = question.bbox.map(|bbox| bbox.rectangles());
    let mut matching: BTreeMap<String, Record> = BTreeMap::new();
    loop {
        let page = app.store.list(viewer, &query).await?;
        for record in page.records {
            let ground = layout.get(&record.id).and_then(|t| t.ground());
            let meets = |rectangles: &Vec<Rect<f64>>| {
                let touches =
                    |polygons: &MultiPolygon<f64>| rectangles.iter().any(|r| r.intersects(polygons));
                ground.is_some_and(touches)
            };
            if rectangles.as_ref().is_none_or(meets) {
                matching.insert(record.id.clone(), record);
            }
        }
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => break,
        }
    }
    let matched = matching.len() as u64;
    let after = question.cursor.clone().unwrap_or_default();
    let mut rest = matching.into_iter().filter(|(id, _)| *id > after);
    let users = user_names(app).await?;
    let limit = question.limit as usize;
    let shown: Vec<(String, Record)> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| shown.last()).map(|(id, _)| id.clone());
    let features = shown
        .into_iter()
        .map(|(_, record)| territory(&layout, &users, record))
        .collect();
    Ok(FeaturePage {
        features,
        matched,
        next,
    })
}

/// West, south, east, north of what the viewer sees of a collection.
pub(super) async fn bounds(
    app: &App,
    viewer: &Viewer,
    collection: Collection,
) -> Result<Option<[f64; 4]>, Problem> {
    let around = |b: geom::BBox| [b.west, b.south, b.east, b.north];
    if collection == Collection::Territories {
        if viewer.grant("territory").read != Scope::All {
            // Which are seen is known only after reading them; the map's own bounds say enough.
            return Ok(app.atlas().map(|atlas| around(atlas.bounds())));
        }
        let layout = Layout::load(&app.store, At::PRESENT).await?;
        let mut bounds = geom::BBox::EMPTY;
        for shape in layout.territories.iter().flat_map(|t| t.shapes()) {
            bounds.union(*shape.bbox());
        }
        return Ok((!bounds.is_empty()).then(|| around(bounds)));
    }
    let sight = crate::live::sight(app, viewer).await?;
    let state = app.live.present();
    let bounds = tokio::task::spawn_blocking(move || {
        let view = state.index.view(&sight.filter)?;
        let rows = view.rows_in(&points::Shape::everywhere());
        Ok(geom::BBox::around(rows.iter().filter_map(points::Found::place)))
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(crate::live::index_problem)?;
    Ok(bounds.map(around))
}
