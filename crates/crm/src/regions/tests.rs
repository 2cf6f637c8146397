//! Regions from outside: the figures are what plain SQL over the records says, today and on past dates.

use std::collections::{BTreeMap, BTreeSet};

use records::{Op, fields, on_db};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::test_world::{DAY, MONDAY, World, customer, square};

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.below(1 << 30) as f64 / f64::from(1 << 30))
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

const STAGES: [(&str, &str, bool); 3] = [
    ("open", "Open", false),
    ("offer", "Offer", false),
    ("won", "Won", true),
];

/// Two months of a small firm: customers come, move, grow, and go; gives the moments to ask about.
async fn two_months(world: &World, dice: &mut Dice) -> Vec<i64> {
    let mut ops: Vec<Op> = Vec::new();
    for (position, (id, name, closed)) in STAGES.into_iter().enumerate() {
        let values = fields([
            ("name", name.into()),
            ("position", position.into()),
            ("is_closed", closed.into()),
        ]);
        ops.push(Op::Create {
            type_name: "stage".into(),
            id: Some(id.into()),
            fields: values,
        });
    }
    world.write(ops).await;
    for (name, west) in [("West", 13.0), ("East", 13.25)] {
        let body = json!({ "name": name, "geometry": square(west, 53.3, west + 0.25, 53.7) });
        world.post("max", "/api/v1/territories/draw", body).await;
    }
    let mut alive: Vec<(String, String)> = Vec::new();
    let mut moments = Vec::new();
    for step in 0..12 {
        world.set_time(MONDAY + step * 5 * DAY);
        let mut new: Vec<Op> = Vec::new();
        for i in 0..12 {
            let (account, location) = (records::new_id(), records::new_id());
            let place = (dice.below(10) > 0).then(|| (dice.between(13.0, 13.6), dice.between(53.3, 53.8)));
            let mut more = json!({ "type": dice.pick(&["customer", "customer", "prospect", "partner"]) });
            for (field, choices) in [
                ("class", ["A", "B", "C"]),
                ("industry", ["Bakery", "Bank", "Bar"]),
                ("owner_id", ["rita", "rolf", "max"]),
            ] {
                if dice.below(5) > 0 {
                    more[field] = dice.pick(&choices).into();
                }
            }
            if dice.below(4) > 0 {
                more["annual_revenue"] = (dice.below(1_000_000) as i64).into();
            }
            new.extend(customer(
                &account,
                &location,
                &format!("C {step} {i}"),
                place,
                more,
            ));
            if dice.below(4) == 0 {
                // A second place, sometimes with a smaller id than the first.
                let second = fields([
                    ("account_id", account.as_str().into()),
                    ("lng", dice.between(13.0, 13.6).into()),
                    ("lat", dice.between(53.3, 53.8).into()),
                ]);
                let id = if dice.below(2) == 0 {
                    Some(format!("00000000{}", &records::new_id()[8..]))
                } else {
                    None
                };
                new.push(Op::Create {
                    type_name: "location".into(),
                    id,
                    fields: second,
                });
            }
            alive.push((account, location));
        }
        new.sort_by_key(|op| op.type_name().to_owned());
        world.write(new).await;
        let mut changes: Vec<Op> = Vec::new();
        let mut touched = BTreeSet::new();
        for _ in 0..40 {
            let (account, location) = alive[dice.below(alive.len() as u64) as usize].clone();
            if !touched.insert(account.clone()) {
                continue;
            }
            match dice.below(9) {
                0 | 6.. => changes.push(Op::update(
                    "account",
                    account,
                    fields([("annual_revenue", (dice.below(1_000_000) as i64).into())]),
                )),
                1 => changes.push(Op::update(
                    "account",
                    account,
                    fields([("type", "customer".into()), ("class", "A".into())]),
                )),
                2 => {
                    let to = fields([
                        ("lng", dice.between(13.0, 13.6).into()),
                        ("lat", dice.between(53.3, 53.8).into()),
                    ]);
                    changes.push(Op::update("location", location, to));
                }
                3 => {
                    let mut deal = fields([
                        ("name", "Deal".into()),
                        ("account_id", account.into()),
                        ("stage_id", dice.pick(&["open", "offer"]).into()),
                        ("amount", (dice.below(90_000) as i64).into()),
                    ]);
                    if dice.below(2) == 0 {
                        deal.insert("location_id".into(), location.into());
                    }
                    changes.push(Op::create("opportunity", deal));
                }
                4 => {
                    let at = MONDAY + step * 5 * DAY - dice.below(120) as i64 * DAY;
                    let visit = fields([
                        ("account_id", account.into()),
                        ("location_id", location.into()),
                        ("status", "done".into()),
                        ("check_in_at", at.into()),
                    ]);
                    changes.push(Op::create("visit", visit));
                }
                5 => {
                    alive.retain(|a| a.0 != account);
                    changes.push(Op::delete("account", account));
                }
            }
        }
        changes.sort_by_key(|op| op.type_name().to_owned());
        world.write(changes).await;
        moments.push(MONDAY + step * 5 * DAY + 2 * DAY);
    }
    moments
}

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
    let mut dice = Dice(seed);
    let moments = two_months(&world, &mut dice).await;
    let now = MONDAY + 70 * DAY;
    world.set_time(now);
    world.settle().await;
    let (mut compared, mut changed) = (0, [0; 4]);
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
        check_figures(&snapshot["a"], &a, &format!("now, {what}"));
        check_figures(&snapshot["b"], &b, &format!("then, {what}"));
        compared += a.len() + b.len();

        let ids = |rows: Vec<&String>| rows.into_iter().cloned().collect::<BTreeSet<String>>();
        let revenue = |id: &String| Some((a.get(id)?.revenue?, b.get(id)?.revenue?));
        let expected = [
            ("new", ids(a.keys().filter(|id| !b.contains_key(*id)).collect())),
            ("lost", ids(b.keys().filter(|id| !a.contains_key(*id)).collect())),
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
    // The comparison is about something.
    assert!(
        compared > 500 && changed.iter().all(|n| *n > 3),
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

#[tokio::test]
async fn a_territory_is_what_is_assigned_to_it_and_to_its_branches() {
    let world = World::new().await;
    let (_, inside) = world.customer("Inside", Some((13.25, 53.55)), json!({})).await;
    let (_, named) = world.customer("By name", Some((14.0, 53.0)), json!({})).await;
    world.customer("Outside", Some((13.5, 53.0)), json!({})).await;
    let region = world
        .post(
            "max",
            "/api/v1/territories/draw",
            json!({ "name": "Region", "location_ids": [named] }),
        )
        .await;
    let region = region["territory"]["id"].clone();
    let district =
        json!({ "name": "District", "geometry": square(13.2, 53.5, 13.3, 53.6), "parent_id": region });
    world.post("max", "/api/v1/territories/draw", district).await;
    let body = json!({ "shape": { "territory_id": region } });
    let snapshot = world.post("anna", "/api/v1/snapshot", body.clone()).await;
    assert_eq!(snapshot["a"]["count"], 2);
    assert_eq!(snapshot["shape"]["properties"]["name"], "Region");
    let rows = world.post("anna", "/api/v1/snapshot/rows", body).await;
    let ids: Vec<&Value> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["location_id"])
        .collect();
    assert_eq!(ids, [&json!(named), &json!(inside)], "sorted by name");
    assert_eq!(rows["count"], 2);
}

#[tokio::test]
async fn a_filter_and_rights_narrow_what_is_counted_and_the_answer_says_so() {
    let world = World::new().await;
    for (name, lat, class) in [
        ("North A", 53.55, "A"),
        ("North B", 53.56, "B"),
        ("South A", 53.45, "A"),
    ] {
        world
            .customer(name, Some((13.25, lat)), json!({ "class": class }))
            .await;
    }
    for (name, south, owner) in [("North", 53.5, "rita"), ("South", 53.4, "rolf")] {
        let body =
            json!({ "name": name, "geometry": square(13.2, south, 13.3, south + 0.1), "owner_id": owner });
        world.post("max", "/api/v1/territories/draw", body).await;
    }
    let everywhere = json!({ "shape": null });
    let all = world.post("anna", "/api/v1/snapshot", everywhere.clone()).await;
    assert_eq!(
        (&all["a"]["count"], &all["rights_note"]),
        (&json!(3), &Value::Null)
    );
    let north = world.post("rita", "/api/v1/snapshot", everywhere).await;
    assert_eq!(north["a"]["count"], 2);
    assert_eq!(north["rights_note"], "Counted within North only");
    let only_a = world
        .post("anna", "/api/v1/snapshot", json!({ "filter": "class = 'A'" }))
        .await;
    assert_eq!(only_a["a"]["count"], 2);
    let (status, problem) = world
        .ask(
            "anna",
            "POST",
            "/api/v1/snapshot",
            json!({ "filter": "shoe = 42" }),
        )
        .await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("bad-filter"))
    );
    let bow = json!({ "type": "Polygon", "coordinates": [[[13.0, 53.0], [13.2, 53.2], [13.2, 53.0], [13.0, 53.2], [13.0, 53.0]]] });
    for (shape, code) in [
        (json!({ "geometry": bow }), "crosses-itself"),
        (
            json!({ "geometry": square(13.0, 53.0, 13.1, 53.1), "territory_id": "x" }),
            "too-many-shapes",
        ),
        (
            json!({ "reach": { "lng": 13.0, "lat": 700.0, "minutes": 5 } }),
            "not-on-earth",
        ),
    ] {
        let (status, problem) = world
            .ask("anna", "POST", "/api/v1/snapshot", json!({ "shape": shape }))
            .await;
        assert_eq!(
            (status.as_u16(), problem["code"].as_str()),
            (400, Some(code)),
            "{problem}"
        );
    }
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot", json!({ "as_of": "soon" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["pointer"]),
        (400, &json!("/as_of"))
    );
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot/rows", json!({ "kind": "new" }))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["faults"][0]["pointer"]),
        (400, &json!("/compare_to"))
    );
}

#[tokio::test]
async fn an_export_says_what_it_holds_and_holds_it() {
    let world = World::new().await;
    world
        .customer(
            "Bäckerei \"X\", Markt",
            Some((13.25, 53.55)),
            json!({ "annual_revenue": 123_456, "phone": "+49 395 1" }),
        )
        .await;
    world.customer("=HYPERLINK(1)", None, json!({})).await;
    world.customer("Far", Some((14.0, 54.0)), json!({})).await;
    let body =
        json!({ "shape": { "geometry": square(13.2, 53.5, 13.3, 53.6) }, "filter": "type = 'customer'" });
    let (status, headers, bytes) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", body.clone())
        .await;
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(status, 200, "{text}");
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"customers-drawn-shape-2026-03-02.csv\""
    );
    let about: Vec<&str> = text.lines().take_while(|l| l.starts_with("# ")).collect();
    assert!(about.contains(&"# shape: Drawn shape"), "{about:?}");
    assert!(about.contains(&"# filter: type = 'customer'"), "{about:?}");
    assert!(about.contains(&"# rights: all customers"), "{about:?}");
    assert!(about.contains(&"# rows: 1"), "{about:?}");
    assert!(
        about.contains(&"# as of: 2026-03-02 09:00 Europe/Berlin"),
        "{about:?}"
    );
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| &rows[0][header.iter().position(|h| h == name).unwrap()];
    assert_eq!(
        (cell("name"), cell("revenue"), cell("longitude")),
        ("Bäckerei \"X\", Markt", "1234.56", "13.25")
    );
    assert_eq!(cell("phone"), "+49 395 1");

    let (_, headers, bytes) = world
        .raw(
            "anna",
            "POST",
            "/api/v1/snapshot/export?format=geojson",
            json!({}),
        )
        .await;
    assert_eq!(headers["content-type"], "application/geo+json");
    let collection: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(collection["readme"]["rows"], "3");
    let features = collection["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    assert_eq!(features.iter().filter(|f| f["geometry"].is_null()).count(), 1);
    assert!(bytes.starts_with(b"{\"type\":\"FeatureCollection\""));

    let (_, _, bytes) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", json!({}))
        .await;
    assert!(String::from_utf8(bytes).unwrap().contains("'=HYPERLINK(1)"));
    let (status, problem) = world
        .ask("anna", "POST", "/api/v1/snapshot/export?format=xlsx", json!({}))
        .await;
    assert_eq!(
        (status.as_u16(), problem["code"].as_str()),
        (400, Some("unknown-format"))
    );
}

#[tokio::test]
async fn an_export_of_more_than_one_piece_is_whole() {
    let world = World::new().await;
    let mut ops = Vec::new();
    for i in 0..2_100 {
        ops.extend(customer(
            &records::new_id(),
            &records::new_id(),
            &format!("C{i}"),
            Some((13.2, 53.5)),
            Value::Null,
        ));
    }
    ops.sort_by_key(|op| op.type_name().to_owned());
    world.write(ops).await;
    let (_, _, csv) = world
        .raw("anna", "POST", "/api/v1/snapshot/export?format=csv", json!({}))
        .await;
    let lines = String::from_utf8(csv).unwrap();
    let names: BTreeSet<&str> = lines
        .lines()
        .filter(|l| !l.starts_with('#'))
        .skip(1)
        .map(|l| l.split(',').nth(2).unwrap())
        .collect();
    assert_eq!(names.len(), 2_100);
    let (_, _, geojson) = world
        .raw(
            "anna",
            "POST",
            "/api/v1/snapshot/export?format=geojson",
            json!({}),
        )
        .await;
    let collection: Value = serde_json::from_slice(&geojson).unwrap();
    assert_eq!(collection["features"].as_array().unwrap().len(), 2_100);
    let page = world
        .post(
            "anna",
            "/api/v1/snapshot/rows",
            json!({ "limit": 3, "cursor": "2099", "sort": "-name" }),
        )
        .await;
    assert_eq!(
        (page["rows"].as_array().unwrap().len(), &page["next_cursor"]),
        (1, &Value::Null)
    );
    assert_eq!(page["rows"][0]["name"], "C0");
}
