//! The description of these routes in OpenAPI 3.0, the version that the standard's clients read.

use serde_json::{Value, json};

use super::collections::{Collection, OPENAPI};
use super::question::{LIMIT, MOST};

/// The document. `base` is where the landing page is.
pub(super) fn document(base: &str) -> Value {
    let mut paths = serde_json::Map::new();
    let mut add = |path: String, operation: Value| drop(paths.insert(path, json!({ "get": operation })));
    add(
        "/".into(),
        operation(
            "getLandingPage",
            "The page one begins at",
            "Capabilities",
            &[],
            "LandingPage",
            "application/json",
        ),
    );
    add(
        "/api".into(),
        json!({
            "operationId": "getApi", "summary": "This document", "tags": ["Capabilities"],
            "responses": { "200": { "description": "OpenAPI 3.0", "content": { (OPENAPI): { "schema": { "type": "object" } } } } },
        }),
    );
    add(
        "/conformance".into(),
        operation(
            "getConformance",
            "Which parts of the standard are met",
            "Capabilities",
            &[],
            "Conformance",
            "application/json",
        ),
    );
    add(
        "/collections".into(),
        operation(
            "getCollections",
            "The collections",
            "Capabilities",
            &[],
            "Collections",
            "application/json",
        ),
    );
    for collection in Collection::ALL {
        let here = format!("/collections/{}", collection.id());
        let id = |what: &str| format!("{what}.{}", collection.id());
        let items = ["bbox", "datetime", "limit", "cursor", "filter", "filter-lang"];
        add(
            here.clone(),
            operation(
                &id("describe"),
                collection.title(),
                "Data",
                &[],
                "Collection",
                "application/json",
            ),
        );
        add(
            format!("{here}/items"),
            operation(
                &id("getFeatures"),
                collection.description(),
                "Data",
                &items,
                "FeatureCollection",
                "application/geo+json",
            ),
        );
        add(
            format!("{here}/items/{{featureId}}"),
            operation(
                &id("getFeature"),
                "One feature",
                "Data",
                &["featureId", "datetime"],
                "Feature",
                "application/geo+json",
            ),
        );
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Bailiwick: OGC API - Features",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Customers, their places and territories as GeoJSON, with the caller's rights, now and on past dates.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": base }],
        "security": [{ "token": [] }, { "cookie": [] }],
        "tags": [{ "name": "Capabilities" }, { "name": "Data" }],
        "paths": paths,
        "components": { "parameters": parameters(), "responses": responses(), "schemas": schemas(), "securitySchemes": {
            "token": { "type": "http", "scheme": "bearer", "description": "An API token." },
            "cookie": { "type": "apiKey", "in": "cookie", "name": "bailiwick_session" },
        } },
    })
}

fn operation(id: &str, summary: &str, tag: &str, parameters: &[&str], schema: &str, content: &str) -> Value {
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect();
    json!({
        "operationId": id,
        "summary": summary,
        "tags": [tag],
        "parameters": parameters,
        "responses": {
            "200": { "description": summary, "content": { (content): { "schema": { "$ref": format!("#/components/schemas/{schema}") } } } },
            "400": { "$ref": "#/components/responses/Problem" },
            "401": { "$ref": "#/components/responses/Problem" },
            "404": { "$ref": "#/components/responses/Problem" },
            "500": { "$ref": "#/components/responses/Problem" },
        },
    })
}

fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema });
    let mut bbox = query(
        "bbox",
        "West, south, east, north in degrees, longitude first; features whose geometry meets the box.",
        json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } }),
    );
    bbox["style"] = "form".into();
    bbox["explode"] = false.into();
    let mut limit = query(
        "limit",
        "Features on a page; more than the maximum is taken for the maximum.",
        json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT }),
    );
    limit["style"] = "form".into();
    limit["explode"] = false.into();
    json!({
        "bbox": bbox,
        "limit": limit,
        "datetime": query("datetime", "The date that the data is of: an instant, or an interval, of which the end counts.", json!({ "type": "string" })),
        "cursor": query("cursor", "Where the page begins; it stands in the link to the next page.", json!({ "type": "string" })),
        "filter": query("filter", "A condition in CQL2 text on the collection's properties.", json!({ "type": "string" })),
        "filter-lang": query("filter-lang", "The filter's language.", json!({ "type": "string", "enum": ["cql2-text"], "default": "cql2-text" })),
        "featureId": { "name": "featureId", "in": "path", "required": true, "description": "The feature's id", "schema": { "type": "string" } },
    })
}

fn responses() -> Value {
    json!({ "Problem": {
        "description": "What went wrong, and what to do",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    } })
}

fn schemas() -> Value {
    let of = |reference: &str| json!({ "$ref": format!("#/components/schemas/{reference}") });
    let many = |reference: &str| json!({ "type": "array", "items": of(reference) });
    json!({
        "Problem": {
            "type": "object",
            "required": ["code", "title", "status", "detail"],
            "properties": {
                "type": { "type": "string" }, "code": { "type": "string" }, "title": { "type": "string" },
                "status": { "type": "integer" }, "detail": { "type": "string" },
            },
        },
        "Link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": { "href": { "type": "string" }, "rel": { "type": "string" }, "type": { "type": "string" }, "title": { "type": "string" } },
        },
        "LandingPage": {
            "type": "object",
            "required": ["links"],
            "properties": { "title": { "type": "string" }, "description": { "type": "string" }, "links": many("Link") },
        },
        "Conformance": {
            "type": "object",
            "required": ["conformsTo"],
            "properties": { "conformsTo": { "type": "array", "items": { "type": "string" } } },
        },
        "Collections": {
            "type": "object",
            "required": ["links", "collections"],
            "properties": { "links": many("Link"), "collections": many("Collection") },
        },
        "Collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {
                "id": { "type": "string" }, "title": { "type": "string" }, "description": { "type": "string" },
                "itemType": { "type": "string" }, "crs": { "type": "array", "items": { "type": "string" } },
                "extent": { "type": "object" }, "links": many("Link"),
            },
        },
        "Feature": {
            "type": "object",
            "required": ["type", "id", "geometry", "properties"],
            "properties": {
                "type": { "type": "string", "enum": ["Feature"] }, "id": { "type": "string" },
                "geometry": { "type": "object", "nullable": true }, "properties": { "type": "object" }, "links": many("Link"),
            },
        },
        "FeatureCollection": {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": { "type": "string", "enum": ["FeatureCollection"] }, "features": many("Feature"), "links": many("Link"),
                "timeStamp": { "type": "string", "format": "date-time" },
                "numberMatched": { "type": "integer", "minimum": 0 }, "numberReturned": { "type": "integer", "minimum": 0 },
            },
        },
    })
}
