//! What cannot be read is refused by name.

use super::*;

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_name() {
    let world = World::new().await;
    for (parameters, code) in [
        ("bbox=1,2,3", "bad-bbox"),
        ("bbox=a,b,c,d", "bad-bbox"),
        ("bbox=0,0,200,10", "bad-bbox"),
        ("bbox=0,10,1,0", "bad-bbox"),
        ("bbox=NaN,0,1,1", "bad-bbox"),
        (
            "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
            "unknown-crs",
        ),
        ("limit=0", "out-of-range"),
        ("limit=-1", "out-of-range"),
        ("limit=many", "out-of-range"),
        ("datetime=soon", "not-a-moment"),
        ("datetime=2026-02-01/2026-01-01", "ends-before-start"),
        ("filter=shoe%20%3D%2042", "bad-filter"),
        ("filter-lang=cql2-json", "unknown-language"),
        ("f=html", "unknown-format"),
        ("offset=3", "unknown-parameter"),
    ] {
        for collection in ["accounts", "locations", "territories"] {
            let path = format!("/ogc/collections/{collection}/items?{parameters}");
            let (status, problem) = world.ask("anna", "GET", &path, Value::Null).await;
            assert_eq!(
                (status.as_u16(), problem["code"].as_str()),
                (400, Some(code)),
                "{path}: {problem}"
            );
        }
    }
    let point = world
        .get("anna", "/ogc/collections/locations/items?bbox=13,53,13,53")
        .await;
    assert_eq!(point["numberMatched"], 0);
}
