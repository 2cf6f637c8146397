//! A region's snapshot: the list's own numbers, now and then, within one's rights, as a file.

use serde_json::{Value, json};

use crate::harness::{World, customer, list, number, scenario, text};

scenario!(a_snapshot_is_the_lists_own_numbers);

async fn a_snapshot_is_the_lists_own_numbers(world: World) {
    let (manager, analyst, rep) = (
        world.sign_in("manager").await,
        world.sign_in("analyst").await,
        world.sign_in("rep").await,
    );
    let make = async |name: &str, class: &str, revenue: i64, lng: f64, owner: Option<String>| {
        let account = json!({"name": name, "type": "customer", "class": class, "annual_revenue": revenue, "owner_id": owner});
        customer(&manager, account, json!({"lng": lng, "lat": 53.55})).await
    };
    make("Anker", "A", 1000, 13.22, Some(rep.user())).await;
    let (birke, _) = make("Birke", "B", 2000, 13.26, None).await;
    make("Far", "A", 4000, 13.35, None).await;
    let before = number(&manager.get("/api/v1/session").await.ok()["now"]);
    make("New", "A", 8000, 13.24, None).await;
    manager
        .patch(
            &format!("/api/v1/accounts/{birke}"),
            json!({"fields": {"annual_revenue": 2500}}),
        )
        .await
        .ok();

    let shape = json!({"type": "Polygon", "coordinates": [[[13.2, 53.5], [13.3, 53.5], [13.3, 53.6], [13.2, 53.6], [13.2, 53.5]]]});
    let inside = "S_INTERSECTS(place, POLYGON((13.2 53.5, 13.3 53.5, 13.3 53.6, 13.2 53.6, 13.2 53.5)))";
    let ask = json!({"shape": {"geometry": shape}, "compare_to": before});
    let snapshot = analyst.post("/api/v1/snapshot", ask.clone()).await.ok();
    let (a, b) = (&snapshot["a"], &snapshot["b"]);
    // 1000 + 2500 + 8000 now; 1000 + 2000 then.
    assert_eq!(
        (number(&a["count"]), number(&a["revenue"])),
        (3, 11_500),
        "{snapshot:#}"
    );
    assert_eq!(
        (number(&b["count"]), number(&b["revenue"])),
        (2, 3_000),
        "{snapshot:#}"
    );
    assert_eq!(
        (&snapshot["difference"]["new"], &snapshot["difference"]["lost"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(snapshot["difference"]["revenue"], 8_500);
    let listed = async |as_of: &str| -> (i64, i64) {
        let page = analyst
            .ask("/api/v1/customers", &[("filter", inside), ("as_of", as_of)])
            .await
            .ok();
        (
            number(&page["count"]),
            list(&page["rows"]).iter().map(|r| number(&r["revenue"])).sum(),
        )
    };
    assert_eq!(listed("").await, (3, 11_500));
    assert_eq!(listed(&before.to_string()).await, (2, 3_000));
    let of_parts = |parts: &Value| list(parts).iter().map(|p| number(&p["count"])).sum::<i64>();
    for parts in ["by_class", "by_territory", "by_owner"] {
        assert_eq!(of_parts(&a[parts]), 3, "{parts} sums to the whole: {a:#}");
    }
    // The figures open their rows.
    let mut rows = ask.clone();
    rows["kind"] = "new".into();
    let rows = analyst.post("/api/v1/snapshot/rows", rows).await.ok();
    let names: Vec<String> = list(&rows["rows"]).iter().map(|r| text(&r["name"])).collect();
    assert_eq!(names, ["New"]);

    // Within a rep's rights it is another snapshot, and says so; nothing of the rest is in its file.
    let own = rep
        .post("/api/v1/snapshot", json!({"shape": {"geometry": shape}}))
        .await
        .ok();
    assert_eq!(
        (number(&own["a"]["count"]), number(&own["a"]["revenue"])),
        (1, 1000)
    );
    assert!(!text(&own["rights_note"]).is_empty(), "{own:#}");
    for format in ["csv", "geojson"] {
        let export = format!("/api/v1/snapshot/export?format={format}");
        let file = analyst.post(&export, json!({"shape": {"geometry": shape}})).await;
        assert!(file.status.is_success(), "{}", file.text());
        let file = String::from_utf8_lossy(&file.body).into_owned();
        for name in ["Anker", "Birke", "New"] {
            assert!(file.contains(name), "{format}: {file}");
        }
        assert!(!file.contains("Far"), "{format}");
        let file = rep
            .post(&export, json!({"shape": {"geometry": shape}}))
            .await
            .text();
        assert!(
            file.contains("Anker") && !file.contains("Birke"),
            "{format}: {file}"
        );
    }
    let bad = json!({"type": "Polygon", "coordinates": [[[13.2, 53.5], [13.3, 700.0], [13.3, 53.5], [13.2, 53.5]]]});
    let refused = analyst
        .post("/api/v1/snapshot", json!({"shape": {"geometry": bad}}))
        .await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}
