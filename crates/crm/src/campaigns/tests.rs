//! Campaigns from the draw to the lift: everybody counted, nobody addressed who may not be, figures worked by hand.

use std::collections::{BTreeMap, BTreeSet};

use records::{Op, fields};
use serde_json::{Value, json};

use crate::test_world::{MONDAY, World};

pub(super) fn create(type_name: &str, values: Value) -> Op {
    Op::create(type_name, values.as_object().cloned().unwrap_or_default())
}

/// So many customers of rita's in a row, with one contact each who has an e-mail address and no consent.
pub(super) async fn customers(world: &World, count: usize) -> Vec<(String, String)> {
    let mut made = Vec::new();
    for n in 0..count {
        let place = Some((13.0 + 0.001 * n as f64, 53.5));
        let more = json!({ "owner_id": "rita", "annual_revenue": 1_000 * (count - n), "class": "B" });
        let (account, location) = world.customer(&format!("Shop {n:02}"), place, more).await;
        world.write(vec![create("contact", json!({ "name": format!("Person {n:02}"), "email": format!("p{n}@example.org"), "account_id": account }))]).await;
        made.push((account, location));
    }
    made
}

pub(super) async fn segment(world: &World) -> String {
    let body = json!({ "fields": { "name": "All", "subject": "account", "kind": "live", "definition": { "filter": "class = 'B'" } } });
    world.post("max", "/api/v1/segments", body).await["record"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub(super) async fn campaign(world: &World, segment: &str, more: Value) -> String {
    let mut values = json!({ "name": "Spring", "segment_id": segment, "seed": 5, "control_share": 20, "response_days": 30,
        "from_day": "2026-03-02", "to_day": "2026-03-20", "cost": 10_000, "code": "SPRING",
        "channels": [{ "channel": "email", "cost_each": 10 }, { "channel": "visit", "most": 4, "cost_each": 2_000 }, { "channel": "letter", "cost_each": 100 }],
        "variants": [{ "name": "A", "offer": "Ten per cent", "weight": 1 }, { "name": "B", "offer": "A display stand", "weight": 1 }] });
    for (name, value) in more.as_object().into_iter().flatten() {
        values[name] = value.clone();
    }
    world
        .post("max", "/api/v1/campaigns", json!({ "fields": values }))
        .await["record"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub(super) async fn members(world: &World, campaign: &str) -> Vec<Value> {
    let answer = world
        .get("max", &format!("/api/v1/campaigns/{campaign}/members?limit=500"))
        .await;
    answer["rows"].as_array().unwrap().clone()
}

async fn start_to_stop(world: World) {
    let made = customers(&world, 20).await;
    // Three gave their consent to mails, one of them prefers letters; one wants nothing at all.
    let contacts = world.get("max", "/api/v1/contacts?limit=100&sort=name").await;
    let contact = |n: usize| contacts["records"][n]["id"].as_str().unwrap().to_owned();
    for n in 0..3 {
        world.write(vec![create("consent", json!({ "contact_id": contact(n), "purpose": "marketing", "channel": "email", "lawful_basis": "consent", "given_at": MONDAY }))]).await;
    }
    world
        .write(vec![Op::update(
            "contact",
            contact(2),
            fields([("preferred_channel", "letter".into())]),
        )])
        .await;
    world
        .write(vec![Op::update(
            "contact",
            contact(19),
            fields([("do_not_contact", true.into())]),
        )])
        .await;
    // Letters go to streets with towns. A changed address loses its pin, so the first ten cannot be visited.
    for (_, location) in &made[..10] {
        world
            .write(vec![Op::update(
                "location",
                location.as_str(),
                fields([("city", "Neubrandenburg".into())]),
            )])
            .await;
    }
    let segment = segment(&world).await;
    let id = campaign(&world, &segment, json!({})).await;
    let path = |what: &str| format!("/api/v1/campaigns/{id}/{what}");
    let preview = world.post("max", &path("preview"), Value::Null).await;
    // Twenty customers: two by mail, eight of the ten with a town by letter, four visits to those of the rest who are
    // worth most; five with neither town nor consent nor a visit left, and one who wants nothing.
    let excluded: BTreeMap<String, i64> = preview["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            (
                e["code"].as_str().unwrap().to_owned(),
                e["count"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        excluded,
        BTreeMap::from([("do-not-contact".into(), 1), ("no-consent".into(), 5)]),
        "{preview}"
    );
    let ways: BTreeMap<String, i64> = preview["by_channel"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| {
            (
                w["channel"].as_str().unwrap().to_owned(),
                w["treated"].as_i64().unwrap() + w["control"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        ways,
        BTreeMap::from([("email".into(), 2), ("visit".into(), 4), ("letter".into(), 8)])
    );
    // A fifth of fourteen.
    assert_eq!(
        (&preview["treated"], &preview["control"], &preview["in_segment"]),
        (&json!(11), &json!(3), &json!(20))
    );
    assert_eq!(
        world
            .ask("rita", "POST", &path("start"), Value::Null)
            .await
            .0
            .as_u16(),
        403
    );
    assert_eq!(
        world
            .ask("anna", "POST", &path("start"), Value::Null)
            .await
            .0
            .as_u16(),
        403
    );
    assert_eq!(
        world
            .ask("max", "GET", &path("results"), Value::Null)
            .await
            .0
            .as_u16(),
        409
    );

    let started = world.post("max", &path("start"), Value::Null).await;
    assert_eq!(started["record"]["fields"]["status"], "running");
    let first = members(&world, &id).await;
    assert_eq!(first.len(), 14);
    let people: BTreeSet<&str> = first
        .iter()
        .map(|m| m["member"]["fields"]["account_id"].as_str().unwrap())
        .collect();
    assert_eq!(people.len(), 14, "each once");
    let drawn: Vec<&str> = preview["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["arm"] == "control")
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    let left: BTreeSet<&str> = first
        .iter()
        .filter(|m| m["member"]["fields"]["arm"] == "control")
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        left,
        drawn.into_iter().collect(),
        "what was shown is what was done"
    );
    // Whoever is left out has no visit and no code.
    assert!(
        first
            .iter()
            .all(|m| (m["member"]["fields"]["arm"] == "control") == m["member"]["fields"]["code"].is_null())
    );
    let (status, refused) = world
        .ask(
            "max",
            "PATCH",
            &format!("/api/v1/campaigns/{id}"),
            json!({ "fields": { "control_share": 5 } }),
        )
        .await;
    assert_eq!(
        (status.as_u16(), &refused["faults"][0]["code"]),
        (400, &json!("fixed")),
        "{refused}"
    );
    assert_eq!(
        world
            .ask("max", "POST", &path("start"), Value::Null)
            .await
            .0
            .as_u16(),
        409
    );

    // Nobody is in two campaigns at once.
    let other = campaign(&world, &segment, json!({ "name": "Other", "code": "OTHER" })).await;
    let second = world
        .post("max", &format!("/api/v1/campaigns/{other}/preview"), Value::Null)
        .await;
    let busy = second["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["code"] == "in-other-campaign")
        .unwrap();
    assert_eq!(busy["count"], 14);

    // Taken back, and drawn again: the same people, by the seed.
    world.undo("max", &started["change_set"]).await;
    assert_eq!(members(&world, &id).await.len(), 0);
    assert_eq!(
        world.get("max", &format!("/api/v1/campaigns/{id}")).await["fields"]["status"],
        "draft"
    );
    assert_eq!(
        world
            .get("max", "/api/v1/visits/count?filter=cause%20%3D%20%27campaign%27")
            .await["count"],
        0
    );
    let started = world.post("max", &path("start"), Value::Null).await;
    let arms = |rows: &[Value]| -> BTreeMap<String, (Value, Value)> {
        rows.iter()
            .map(|m| {
                (
                    m["name"].as_str().unwrap().to_owned(),
                    (
                        m["member"]["fields"]["arm"].clone(),
                        m["member"]["fields"]["variant"].clone(),
                    ),
                )
            })
            .collect()
    };
    let again = members(&world, &id).await;
    assert_eq!(arms(&first), arms(&again));

    // The visits come to the rep's day, with what they are for and until when; not before, not after, to nobody else.
    let visits = again.iter().filter(|m| m["visit_status"] == "due").count();
    assert_eq!(
        visits,
        usize::try_from(preview["by_channel"][1]["treated"].as_i64().unwrap()).unwrap()
    );
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    let gather = async |who: &str, on: &str| {
        crate::visits::gather(&world.app, who, day(on), &BTreeSet::new())
            .await
            .unwrap()
            .candidates
    };
    let found = gather("rita", "2026-03-03").await;
    assert_eq!(found.len(), visits);
    let wish = found[0].campaign.clone().unwrap();
    assert!(
        wish.name.starts_with("Spring: ") && wish.until == Some(day("2026-03-20")),
        "{wish:?}"
    );
    assert!(
        found
            .iter()
            .all(|c| c.on_record && c.tier == 3 && c.due_days == Some(17)),
        "{found:?}"
    );
    assert!(gather("rita", "2026-03-01").await.is_empty() && gather("rita", "2026-03-21").await.is_empty());
    assert!(gather("rolf", "2026-03-03").await.is_empty());
    let weeks = crate::visits::horizon(&world.app, "rita", day("2026-03-02"), day("2026-03-15"))
        .await
        .unwrap();
    assert_eq!(weeks.len(), visits);
    assert!(
        weeks
            .iter()
            .all(|w| w.asked == Some((Some(day("2026-03-02")), Some(day("2026-03-20")))))
    );

    // A mail list: those of the way who may still get one; whoever withdraws is off the next.
    let mails = async || {
        let (_, headers, bytes) = world
            .raw("max", "GET", &path("list?channel=email"), Value::Null)
            .await;
        (
            String::from_utf8(bytes).unwrap().lines().count() - 1,
            headers["x-left-off"].to_str().unwrap().to_owned(),
        )
    };
    let treated = usize::try_from(preview["by_channel"][0]["treated"].as_i64().unwrap()).unwrap();
    assert_eq!(mails().await, (treated, "0".into()));
    for n in 0..2 {
        world.write(vec![create("consent", json!({ "contact_id": contact(n), "purpose": "marketing", "channel": "any", "lawful_basis": "consent", "withdrawn_at": MONDAY }))]).await;
    }
    assert_eq!(mails().await, (0, treated.to_string()));
    let labels = world
        .raw(
            "max",
            "GET",
            &path("list?channel=letter&form=labels"),
            Value::Null,
        )
        .await;
    assert!(labels.2.starts_with(b"%PDF-"));

    // After letters were posted the start is not taken back any more; it can be stopped.
    let sent = world
        .post("max", &path("sent"), json!({ "channel": "letter" }))
        .await;
    assert_eq!(sent["sent"], preview["by_channel"][2]["treated"]);
    let undo = format!(
        "/api/v1/change-sets/{}/undo",
        started["change_set"].as_str().unwrap()
    );
    let (status, refused) = world.ask("max", "POST", &undo, Value::Null).await;
    assert_eq!(
        (status.as_u16(), refused["code"].as_str()),
        (409, Some("went-out"))
    );
    world.post("max", &path("stop"), Value::Null).await;
    assert!(gather("rita", "2026-03-03").await.is_empty());
    let ended = members(&world, &id).await;
    let with = |status: &str| {
        ended
            .iter()
            .filter(|m| m["member"]["fields"]["status"] == status)
            .count()
    };
    assert_eq!((with("left_out"), with("planned")), (3, 0));
}

async fn lift(world: World) {
    let made = customers(&world, 40).await;
    let segment = segment(&world).await;
    let more =
        json!({ "control_share": 50, "channels": [{ "channel": "visit", "cost_each": 1_000 }], "cost": 0 });
    let id = campaign(&world, &segment, more).await;
    let path = |what: &str| format!("/api/v1/campaigns/{id}/{what}");
    world.post("max", &path("start"), Value::Null).await;
    let rows = members(&world, &id).await;
    let of = |arm: &str| -> Vec<String> {
        let rows = rows.iter().filter(|m| m["member"]["fields"]["arm"] == arm);
        rows.map(|m| m["member"]["fields"]["account_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (treated, control) = (of("treated"), of("control"));
    assert_eq!((treated.len(), control.len()), (20, 20));
    // Half of those addressed order for 100.00, a tenth of those left out; one order is too late, one only a draft, one
    // brings the code along from outside.
    let order = |account: &str, status: &str, day: &str, code: Value| {
        let line = json!([{ "text": "Box", "quantity": 1, "unit_price": 10_000 }]);
        create(
            "order",
            json!({ "account_id": account, "status": status, "currency": "EUR", "lines": line, "ordered_on": day, "campaign_code": code }),
        )
    };
    let mut ops: Vec<Op> = treated[..10]
        .iter()
        .map(|a| order(a, "confirmed", "2026-03-10", Value::Null))
        .collect();
    ops.extend(
        control[..2]
            .iter()
            .map(|a| order(a, "invoiced", "2026-04-01", Value::Null)),
    );
    ops.push(order(&control[3], "confirmed", "2026-04-02", Value::Null));
    ops.push(order(&treated[15], "draft", "2026-03-10", Value::Null));
    let (outside, _) = world
        .customer("Elsewhere", Some((13.5, 53.5)), json!({ "class": "C" }))
        .await;
    ops.push(order(&outside, "confirmed", "2026-03-11", "SPRING".into()));
    world.write(ops).await;
    let results = world.get("max", &path("results")).await;
    let total = &results["total"];
    assert_eq!(
        (&total["treated"]["bought"], &total["control"]["bought"]),
        (&json!(10), &json!(2)),
        "{results}"
    );
    assert_eq!(
        (&total["treated"]["revenue"], &total["control"]["revenue"]),
        (&json!(100_000), &json!(20_000))
    );
    let near = |value: &Value, wanted: f64, by: f64| {
        assert!(
            (value.as_f64().unwrap() - wanted).abs() < by,
            "{value} is not {wanted}"
        )
    };
    // 10/20 - 2/20; Wilson 0.2993..0.7007 and 0.0279..0.3010, so 0.4 - sqrt(0.2007² + 0.2010²) and + sqrt(0.2007² + 0.0721²).
    near(&total["lift"]["value"], 0.4, 1e-9);
    near(&total["lift"]["low"], 0.1160, 0.0005);
    near(&total["lift"]["high"], 0.6132, 0.0005);
    // 50.00 a head against 10.00: 40.00 more, times twenty.
    near(&total["revenue_lift"]["value"], 4_000.0, 1e-6);
    assert!(total["revenue_lift"]["low"].as_f64().unwrap() > 0.0);
    assert_eq!(total["extra_revenue"], 80_000);
    // Twenty visits at 10.00: (800 - 200) / 200.
    assert_eq!(results["cost"], 20_000);
    near(&results["return_on_cost"], 3.0, 1e-9);
    assert_eq!(
        results["others_with_code"],
        json!({ "kind": "order", "count": 1, "value": 10_000 })
    );
    assert_eq!(results["by_channel"].as_array().unwrap().len(), 1);
    let of_variants: i64 = results["by_variant"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["treated"]["count"].as_i64().unwrap())
        .sum();
    assert_eq!(of_variants, 20);
    assert_eq!(
        (&results["from"], &results["to"], &results["open"]),
        (&json!("2026-03-02"), &json!("2026-04-01"), &json!(true))
    );
    let map = world.get("max", &path("map")).await;
    assert_eq!(map["features"].as_array().unwrap().len(), 40);
    let answers = world.get("max", &path("answers")).await;
    assert_eq!(answers["count"], 12);
    // Nobody is told of customers who are not theirs; the analyst is told of all.
    let none = world.get("rolf", &path("results")).await;
    assert_eq!(
        (&none["total"]["treated"]["count"], &none["partial"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(
        world.get("anna", &path("results")).await["total"],
        results["total"]
    );
    assert!(!made.is_empty());
}

async fn links(world: World) {
    customers(&world, 4).await;
    let segment = segment(&world).await;
    let more = json!({ "control_share": 0, "channels": [{ "channel": "visit" }], "landing_text": "Come & see <us>", "variants": [{ "name": "A", "offer": "Ten <b>per cent</b>" }] });
    let id = campaign(&world, &segment, more).await;
    world
        .post("max", &format!("/api/v1/campaigns/{id}/start"), Value::Null)
        .await;
    let (_, _, bytes) = world
        .raw(
            "max",
            "GET",
            &format!("/api/v1/campaigns/{id}/list?channel=visit"),
            Value::Null,
        )
        .await;
    let list = String::from_utf8(bytes).unwrap();
    let link = list
        .lines()
        .nth(1)
        .unwrap()
        .rsplit(',')
        .next()
        .unwrap()
        .to_owned();
    let link = link.strip_prefix("http://crm.example").unwrap().to_owned();
    let count = async |kind: &str| {
        world
            .get(
                "max",
                &format!("/api/v1/campaign-responses/count?filter=kind%20%3D%20%27{kind}%27"),
            )
            .await["count"]
            .clone()
    };
    // Nobody signs in here. One click counts, however often it is followed; text is text.
    for _ in 0..2 {
        let (status, headers, bytes) = world.raw("nobody", "GET", &link, Value::Null).await;
        let page = String::from_utf8(bytes).unwrap();
        assert_eq!(status.as_u16(), 200);
        assert!(
            page.contains("Ten &lt;b&gt;per cent&lt;/b&gt;") && page.contains("Come &amp; see &lt;us&gt;"),
            "{page}"
        );
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
    assert_eq!(count("click").await, 1);
    // Not made here: a changed letter, another code, no signature.
    let other = if link.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{other}", &link[..link.len() - 1]);
    for path in [forged.as_str(), "/r/AAAAAAAAAA-00000000", "/r/x"] {
        assert_eq!(
            world.raw("nobody", "GET", path, Value::Null).await.0.as_u16(),
            404,
            "{path}"
        );
    }
    // A robot is stopped.
    let mut statuses = BTreeSet::new();
    for _ in 0..25 {
        statuses.insert(world.raw("nobody", "GET", &link, Value::Null).await.0.as_u16());
    }
    assert_eq!(statuses, BTreeSet::from([200, 429]));
    assert_eq!(count("click").await, 1);
    // A code from a letter, read over the telephone in small letters.
    let member = &members(&world, &id).await[3];
    let code = member["member"]["fields"]["code"]
        .as_str()
        .unwrap()
        .to_lowercase();
    let body = json!({ "code": code, "kind": "call", "value": 500 });
    let made = world
        .post("rita", &format!("/api/v1/campaigns/{id}/responses"), body.clone())
        .await;
    assert_eq!(made["member"]["fields"]["status"], "responded");
    assert_eq!(
        world
            .ask("rolf", "POST", &format!("/api/v1/campaigns/{id}/responses"), body)
            .await
            .0
            .as_u16(),
        404
    );
    world.undo("max", &made["change_set"]).await;
    assert_eq!(count("call").await, 0);
}

macro_rules! on_both {
    ($($sqlite:ident, $postgres:ident => $test:ident;)*) => { $(
        #[tokio::test]
        async fn $sqlite() {
            $test(World::new().await).await;
        }

        #[tokio::test]
        async fn $postgres() {
            if let Some(world) = World::on_postgres().await {
                $test(world).await;
            }
        }
    )* };
}

on_both! {
    from_start_to_stop_on_sqlite, from_start_to_stop_on_postgresql => start_to_stop;
    the_lift_on_sqlite, the_lift_on_postgresql => lift;
    links_on_sqlite, links_on_postgresql => links;
}
