//! Territories as a GeoPackage (OGC 12-128r19): an SQLite database with one layer, made and read in memory.

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteOwnedBuf};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::geojson::{portable, properties};
use super::{Portable, unreadable, wkb};
use crate::problem::Problem;

/// What the format asks for, and the layer. `application_id` is "GPKG", the version 1.3.
const SCHEMA: [&str; 9] = [
    "pragma application_id = 1196444487",
    "pragma user_version = 10300",
    "create table gpkg_spatial_ref_sys (srs_name text not null, srs_id integer not null primary key, organization text not null, \
     organization_coordsys_id integer not null, definition text not null, description text)",
    "insert into gpkg_spatial_ref_sys values ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', null), \
     ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', null), \
     ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],\
     PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]', 'longitude, latitude')",
    "create table gpkg_contents (table_name text not null primary key, data_type text not null, identifier text unique, \
     description text default '', last_change datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')), \
     min_x double, min_y double, max_x double, max_y double, srs_id integer references gpkg_spatial_ref_sys(srs_id))",
    "create table gpkg_geometry_columns (table_name text not null, column_name text not null, geometry_type_name text not null, \
     srs_id integer not null, z tinyint not null, m tinyint not null, primary key (table_name, column_name))",
    "create table territories (fid integer primary key autoincrement not null, geom multipolygon, name text not null, parent text, \
     line text, colour integer, priority integer, capacity_hours double, owner text, details text)",
    "insert into gpkg_contents (table_name, data_type, identifier, last_change, srs_id) \
     values ('territories', 'features', 'territories', '2000-01-01T00:00:00.000Z', 4326)",
    "insert into gpkg_geometry_columns values ('territories', 'geom', 'MULTIPOLYGON', 4326, 0, 0)",
];

async fn in_memory() -> Result<SqliteConnection, Problem> {
    let options = SqliteConnectOptions::new()
        .in_memory(true)
        .pragma("trusted_schema", "off");
    options.connect().await.map_err(Problem::unexpected)
}

pub(super) async fn write(territories: &[Portable]) -> Result<Vec<u8>, Problem> {
    const INSERT: &str = "insert into territories (geom, name, parent, line, colour, priority, capacity_hours, owner, details) \
                          values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let mut file = in_memory().await?;
    for statement in SCHEMA {
        sqlx::query(statement)
            .execute(&mut file)
            .await
            .map_err(Problem::unexpected)?;
    }
    for territory in territories {
        let owner = territory
            .members
            .iter()
            .find(|m| m.role == super::super::edit::MemberRole::Owner);
        sqlx::query(INSERT)
            .bind(territory.geometry().map(wkb::write))
            .bind(&territory.name)
            .bind(&territory.parent)
            .bind(&territory.line)
            .bind(territory.colour)
            .bind(territory.priority)
            .bind(territory.capacity_hours)
            .bind(owner.map(|m| m.name.as_str()))
            .bind(properties(territory)?.to_string())
            .execute(&mut file)
            .await
            .map_err(Problem::unexpected)?;
    }
    let bytes = file.serialize(None).await.map_err(Problem::unexpected)?.to_vec();
    file.close().await.map_err(Problem::unexpected)?;
    Ok(bytes)
}

pub(super) async fn read(bytes: &[u8]) -> Result<Vec<Portable>, Problem> {
    let damaged = |error: sqlx::Error| unreadable(&format!("It cannot be read as a GeoPackage: {error}."));
    let mut file = in_memory().await?;
    let owned = SqliteOwnedBuf::try_from(bytes).map_err(damaged)?;
    file.deserialize(None, owned, true).await.map_err(damaged)?;
    const LAYER: &str = "select table_name, column_name from gpkg_geometry_columns order by table_name = 'territories' desc limit 1";
    let layer: Option<(String, String)> = sqlx::query_as(LAYER)
        .fetch_optional(&mut file)
        .await
        .map_err(damaged)?;
    let (table, column) = layer.ok_or_else(|| unreadable("It has no layer with geometries."))?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let select = sqlx::AssertSqlSafe(format!(
        "select * from {} limit {}",
        quoted(&table),
        super::MOST + 1
    ));
    let rows = sqlx::query(select).fetch_all(&mut file).await.map_err(damaged)?;
    let mut territories = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let text = |name: &str| row.try_get::<Option<String>, _>(name).ok().flatten();
        let blob: Option<Vec<u8>> = row.try_get(column.as_str()).map_err(damaged)?;
        let geometry = match blob {
            None => None,
            Some(blob) => wkb::read(&blob)
                .map_err(|why| unreadable(&format!("The geometry of row {}: {why}.", i + 1)))?,
        };
        let details = text("details").and_then(|json| serde_json::from_str::<Value>(&json).ok());
        let details = details.unwrap_or_else(|| {
            let name = ["name", "Name", "NAME", "title", "GEN"]
                .iter()
                .find_map(|n| text(n));
            serde_json::json!({ "name": name })
        });
        territories.push(portable(&details, geometry, i + 1)?);
    }
    Ok(territories)
}
