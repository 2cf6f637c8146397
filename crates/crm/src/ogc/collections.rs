//! What can be read, and the links from one thing to the next.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::app::App;

/// The only coordinate reference system: longitude, latitude.
pub(super) const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
pub(super) const JSON: &str = "application/json";
pub(super) const GEOJSON: &str = "application/geo+json";
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The parts of the standard that are met.
pub(super) const CONFORMANCE: [&str; 3] = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
];

/// A collection of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    /// Customers: all their places as one feature.
    Accounts,
    /// Places of customers.
    Locations,
    /// Territories with their drawn areas.
    Territories,
}

impl Collection {
    pub const ALL: [Self; 3] = [Self::Accounts, Self::Locations, Self::Territories];

    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.id() == id)
    }

    /// Its name in addresses.
    pub fn id(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Locations => "locations",
            Self::Territories => "territories",
        }
    }

    /// The record type behind it.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Accounts => "account",
            Self::Locations => "location",
            Self::Territories => "territory",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Accounts => "Customers",
            Self::Locations => "Places of customers",
            Self::Territories => "Territories",
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Self::Accounts => {
                "Accounts of every type. The geometry is a MultiPoint of all places that are on the map."
            }
            Self::Locations => {
                "Places, each with the account and the territory that has it. The geometry is a Point."
            }
            Self::Territories => {
                "Territories with who works them. The geometry is the drawn area, a MultiPolygon."
            }
        }
    }
}

/// Where this server is reached: the setting, or what the request says.
pub(super) fn base(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = &app.settings.public_url {
        return format!("{}/ogc", url.trim_end_matches('/'));
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let scheme = text("x-forwarded-proto")
        .filter(|p| p == "https")
        .unwrap_or_else(|| "http".to_owned());
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
    format!(
        "{scheme}://{}/ogc",
        host.unwrap_or_else(|| "localhost".to_owned())
    )
}

pub(super) fn link(rel: &str, kind: &str, title: &str, href: impl Into<String>) -> Value {
    json!({ "rel": rel, "type": kind, "title": title, "href": href.into() })
}

/// The page one begins at.
pub(super) fn landing(base: &str) -> Value {
    json!({
        "title": "Bailiwick",
        "description": "Customers, their places and territories, with your rights, now and on past dates.",
        "links": [
            link("self", JSON, "This page", base),
            link("service-desc", OPENAPI, "The API in OpenAPI 3.0", format!("{base}/api")),
            link("conformance", JSON, "Which parts of the standard are met", format!("{base}/conformance")),
            link("data", JSON, "The collections", format!("{base}/collections")),
        ],
    })
}

/// A collection's description. `bounds` are west, south, east, north of what the viewer sees of it.
pub(super) fn describe(collection: Collection, base: &str, bounds: Option<[f64; 4]>) -> Value {
    let here = format!("{base}/collections/{}", collection.id());
    let mut described = json!({
        "id": collection.id(),
        "title": collection.title(),
        "description": collection.description(),
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link("self", JSON, "This collection", here.clone()),
            link("items", GEOJSON, "Its features", format!("{here}/items")),
            link("parent", JSON, "The page one begins at", base),
        ],
    });
    if let Some(bounds) = bounds {
        described["extent"] = json!({ "spatial": { "bbox": [bounds], "crs": CRS84 } });
    }
    described
}
