//! Figures of random shapes, today and on past dates, against plain SQL over the records.

use std::collections::{BTreeMap, BTreeSet};

use records::on_db;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use testkit::Dice;

use super::months::two_months;
use crate::test_world::{DAY, MONDAY, World, square};

/// A table as it stood.
fn table(name: &str, columns: &str, at: i64) -> String {
    format!(
        "(select {columns} from {name} where recorded_at <= {at} union all \
         select {columns} from {name}_history where recorded_at <= {at} and superseded_at > {at})"
    )
}

/// Rows of a shape by plain SQL: one line a place, with its money and its visits.
async fn rows_by_sql(world: &World, condition: &str, at: i64) -> BTreeMap<String, Row> {
    let locations = table("locations", "id, account_id, lng, lat", at);
    let accounts = table(
        "accounts",
        "id, type, class, industry, owner_id, annual_revenue",
        at,
    );
    let deals = table(
        "opportunities",
        "id, account_id, location_id, stage_id, amount, is_closed",
        at,
    );
    let visits = table("visits", "id, location_id, status, check_in_at", at);
    let first = format!("(select min(f.id) from {locations} f where f.account_id = l.account_id)");
    let deal = format!(
        "from {deals} o where coalesce(o.is_closed, false) = false and \
         (o.location_id = l.id or (o.location_id is null and o.account_id = l.account_id and l.id = {first}))"
    );
    let since = world.app.settings.zone.day_start(geom::Timestamp(at)).0 - 90 * DAY;
    let sql = format!(
        "select l.id, a.type, a.class, a.industry, a.owner_id, \
           (select s.territory_id from assignments s where s.location_id = l.id and s.line is null and s.valid_from <= {at} and s.valid_to > {at}), \
           case when l.id = {first} then a.annual_revenue end, \
           (select cast(coalesce(sum(o.amount), 0) as bigint) {deal} and o.stage_id = 'open'), \
           (select cast(coalesce(sum(o.amount), 0) as bigint) {deal} and o.stage_id = 'offer'), \
           (select count(*) from {visits} v where v.location_id = l.id and v.status = 'done' and v.check_in_at <= {at} and v.check_in_at >= {since}) \
         from {locations} l join {accounts} a on a.id = l.account_id where {condition}"
    );
    type Columns = (
        String,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<i64>,
        i64,
        i64,
        i64,
    );
    let sql = AssertSqlSafe(sql);
    let rows: Vec<Columns> =
        on_db!(read world.store().db(), pool => sqlx::query_as(sql).fetch_all(pool).await).unwrap();
    rows.into_iter()
        .map(
            |(id, kind, class, industry, owner, territory, revenue, open, offer, visits)| {
                let row = Row {
                    kind,
                    groups: [class, industry, territory, owner],
                    revenue,
                    open,
                    offer,
                    visits,
                };
                (id, row)
            },
        )
        .collect()
}

#[derive(Debug)]
struct Row {
    kind: String,
    /// Class, industry, territory, owner.
    groups: [Option<String>; 4],
    revenue: Option<i64>,
    open: i64,
    offer: i64,
    visits: i64,
}

const GROUPS: [&str; 4] = ["by_class", "by_industry", "by_territory", "by_owner"];

fn check_figures(figures: &Value, rows: &BTreeMap<String, Row>, what: &str) {
    let of_type = |kind: &str| rows.values().filter(|r| r.kind == kind).count();
    assert_eq!(figures["count"], rows.len(), "{what}");
    assert_eq!(figures["customers"], of_type("customer"), "{what}");
    assert_eq!(figures["prospects"], of_type("prospect"), "{what}");
    assert_eq!(
        figures["revenue"],
        rows.values().filter_map(|r| r.revenue).sum::<i64>(),
        "{what}"
    );
    let (open, offer) = (
        rows.values().map(|r| r.open).sum::<i64>(),
        rows.values().map(|r| r.offer).sum::<i64>(),
    );
    assert_eq!(figures["pipeline"], open + offer, "{what}");
    assert_eq!(figures["pipeline_by_stage"][0]["amount"], open, "{what}");
    assert_eq!(figures["pipeline_by_stage"][0]["label"], "Open");
    assert_eq!(figures["pipeline_by_stage"][1]["amount"], offer, "{what}");
    assert_eq!(
        figures["visits_90_days"],
        rows.values().map(|r| r.visits).sum::<i64>(),
        "{what}"
    );
    let visited = rows
        .values()
        .filter(|r| r.kind == "customer" && r.visits > 0)
        .count();
    let coverage = if of_type("customer") == 0 {
        1.0
    } else {
        visited as f64 / of_type("customer") as f64
    };
    assert_eq!(figures["coverage"], coverage, "{what}");
    for (group, name) in GROUPS.into_iter().enumerate() {
        let mut expected: BTreeMap<Option<&str>, (i64, i64)> = BTreeMap::new();
        for row in rows.values() {
            let entry = expected.entry(row.groups[group].as_deref()).or_default();
            entry.0 += 1;
            entry.1 += row.revenue.unwrap_or(0);
        }
        let found: BTreeMap<Option<&str>, (i64, i64)> = figures[name]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| {
                (
                    p["value"].as_str(),
                    (p["count"].as_i64().unwrap(), p["revenue"].as_i64().unwrap()),
                )
            })
            .collect();
        assert_eq!(found, expected, "{what} {name}");
    }
}

/// A random triangle: its GeoJSON and the same as SQL.
fn triangle(dice: &mut Dice) -> (Value, String) {
    let mut corners = [(); 3].map(|()| (dice.between(12.9, 13.7), dice.between(53.2, 53.9)));
    let cross =
        |a: (f64, f64), b: (f64, f64), c: (f64, f64)| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    if cross(corners[0], corners[1], corners[2]) < 0.0 {
        corners.swap(1, 2);
    }
    let [a, b, c] = corners;
    let left_of = |a: (f64, f64), b: (f64, f64)| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        format!(
            "({dx:.15}) * (lat - ({:.15})) - ({dy:.15}) * (lng - ({:.15})) > 0",
            a.1, a.0
        )
    };
    let ring = [a, b, c, a].map(|(lng, lat)| [lng, lat]);
    let shape = json!({ "geometry": { "type": "Polygon", "coordinates": [ring] } });
    (shape, [left_of(a, b), left_of(b, c), left_of(c, a)].join(" and "))
}

async fn equals_plain_sql(world: World, seed: u64) {
    let mut dice = Dice::seeded(seed);
    let moments = two_months(&world, &mut dice).await;
    let now = MONDAY + 70 * DAY;
    world.set_time(now);
    world.settle().await;
    let (mut compared, mut changed) = (0, [0; 6]);
    for round in 0..12 {
        let (shape, condition) = match round % 4 {
            0 => (Value::Null, "1 = 1".to_owned()),
            // Left and lower borders are inside, right and upper ones are not.
            1 => {
                let (w, s) = (dice.between(13.0, 13.3), dice.between(53.3, 53.5));
                let (e, n) = (w + dice.between(0.05, 0.3), s + dice.between(0.05, 0.3));
                (
                    json!({ "geometry": square(w, s, e, n) }),
                    format!("lng >= {w:.15} and lng < {e:.15} and lat >= {s:.15} and lat < {n:.15}"),
                )
            }
            _ => triangle(&mut dice),
        };
        let then = moments[dice.below(moments.len() as u64) as usize];
        let what = format!("seed {seed} round {round} at {then} in {shape}");
        let body = json!({ "shape": shape, "compare_to": then });
        let snapshot = world.post("anna", "/api/v1/snapshot", body.clone()).await;
        let (a, b) = (
            rows_by_sql(&world, &condition, now).await,
            rows_by_sql(&world, &condition, then).await,
        );
        let (anywhere_now, anywhere_then) = (
            rows_by_sql(&world, "1 = 1", now).await,
            rows_by_sql(&world, "1 = 1", then).await,
        );
        check_figures(&snapshot["a"], &a, &format!("now, {what}"));
        check_figures(&snapshot["b"], &b, &format!("then, {what}"));
        compared += a.len() + b.len();

        let ids = |rows: Vec<&String>| rows.into_iter().cloned().collect::<BTreeSet<String>>();
        let revenue = |id: &String| Some((a.get(id)?.revenue?, b.get(id)?.revenue?));
        let expected = [
            (
                "new",
                ids(a.keys().filter(|id| !anywhere_then.contains_key(*id)).collect()),
            ),
            (
                "lost",
                ids(b.keys().filter(|id| !anywhere_now.contains_key(*id)).collect()),
            ),
            (
                "came",
                ids(a
                    .keys()
                    .filter(|id| !b.contains_key(*id) && anywhere_then.contains_key(*id))
                    .collect()),
            ),
            (
                "went",
                ids(b
                    .keys()
                    .filter(|id| !a.contains_key(*id) && anywhere_now.contains_key(*id))
                    .collect()),
            ),
            (
                "grown",
                ids(a
                    .keys()
                    .filter(|id| revenue(id).is_some_and(|(now, then)| now > then))
                    .collect()),
            ),
            (
                "shrunk",
                ids(a
                    .keys()
                    .filter(|id| revenue(id).is_some_and(|(now, then)| now < then))
                    .collect()),
            ),
        ];
        for (i, (kind, expected)) in expected.into_iter().enumerate() {
            assert_eq!(snapshot["difference"][kind], expected.len(), "{kind} {what}");
            let mut asked = body.clone();
            asked["kind"] = kind.into();
            asked["limit"] = 500.into();
            let page = world.post("anna", "/api/v1/snapshot/rows", asked).await;
            let found: BTreeSet<String> = page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["location_id"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(found, expected, "{kind} {what}");
            changed[i] += found.len();
        }
        let sum = |rows: &BTreeMap<String, Row>| rows.values().filter_map(|r| r.revenue).sum::<i64>();
        assert_eq!(snapshot["difference"]["revenue"], sum(&a) - sum(&b), "{what}");
    }
    // The comparison is about something. Few of those who move cross the border of a shape.
    let [new, lost, came, went, grown, shrunk] = changed;
    assert!(
        compared > 500 && [new, lost, came + went, grown, shrunk].iter().all(|n| *n > 3),
        "{compared} {changed:?}"
    );
}

#[tokio::test]
async fn figures_of_random_shapes_equal_plain_sql() {
    for seed in [1, 2] {
        equals_plain_sql(World::new().await, seed).await;
    }
}

#[tokio::test]
async fn figures_of_random_shapes_equal_plain_sql_on_postgres() {
    if let Some(world) = World::on_postgres().await {
        equals_plain_sql(world, 3).await;
    }
}
