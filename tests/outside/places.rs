//! Where customers are: an address looked up in the background, a pin set by hand, the repair queue.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text, wait};

scenario!(
    an_edited_address_loses_its_pin_and_is_looked_up_again,
    a_locked_pin_stays,
    the_repair_queue_is_worked_off,
    one_answer_serves_all_places_with_the_same_trouble,
    moved_pins_tell_how_good_the_look_up_is,
    a_job_is_seen_and_can_be_stopped_by_its_owner_only,
    looking_up_by_hand,
);

/// The place once its address has been looked up.
async fn looked_up(client: &Client, location: &str) -> Value {
    wait::until("the look-up of an address", async || {
        let place = client.get(&format!("/api/v1/locations/{location}")).await.ok();
        (place["fields"]["geocode_status"] != "pending").then_some(place)
    })
    .await
}

async fn an_edited_address_loses_its_pin_and_is_looked_up_again(world: World) {
    let manager = world.sign_in("manager").await;
    let place = json!({"street": "Demminer Straße", "house_number": "10", "postal_code": "17034", "city": "Neubrandenburg"});
    let (_, location) = customer(&manager, json!({"name": "Mover", "type": "customer"}), place).await;
    let first = looked_up(&manager, &location).await;
    assert_eq!(first["fields"]["geocode_status"], "auto", "{first:#}");
    assert_eq!(first["changed_by"], json!(null), "the program looked it up");
    let at = |place: &Value| {
        (
            place["fields"]["lng"].as_f64().expect("a pin"),
            place["fields"]["lat"].as_f64().expect("a pin"),
        )
    };
    let old = at(&first);

    let address = format!("/api/v1/locations/{location}");
    let edited = manager
        .patch(
            &address,
            json!({"fields": {"street": "Woldegker Straße", "house_number": "42"}}),
        )
        .await
        .ok();
    // The answer to the edit itself says that the old pin is not believed any more.
    assert_eq!(edited["record"]["fields"]["geocode_status"], "pending");
    assert_eq!(edited["record"]["fields"]["lng"], json!(null));
    assert_eq!(edited["record"]["fields"]["geocode_label"], json!(null));
    let second = looked_up(&manager, &location).await;
    assert_eq!(second["fields"]["geocode_status"], "auto", "{second:#}");
    assert_ne!(at(&second), old);
    wait::until("the map shows the new place", async || {
        let row = manager.get(&format!("/api/v1/customers/{location}")).await.ok();
        (row["geocode_status"] == "auto"
            && row["lng"]
                .as_f64()
                .is_some_and(|lng| (lng - at(&second).0).abs() < 1e-6))
        .then_some(())
    })
    .await;

    // Undoing the edit takes the look-up that followed from it back too.
    manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&edited["change_set"])),
            json!({}),
        )
        .await
        .ok();
    let back = looked_up(&manager, &location).await;
    assert_eq!(back["fields"]["street"], "Demminer Straße");
    assert_eq!(at(&back), old);
}

async fn a_locked_pin_stays(world: World) {
    let manager = world.sign_in("manager").await;
    let place = json!({"street": "Demminer Straße", "house_number": "10", "city": "Neubrandenburg"});
    let (_, location) = customer(&manager, json!({"name": "Pinned", "type": "customer"}), place).await;
    looked_up(&manager, &location).await;
    let pin = json!({"lng": 13.27, "lat": 53.56, "locked": true});
    let pinned = manager
        .post(&format!("/api/v1/locations/{location}/pin"), pin)
        .await
        .ok();
    assert_eq!(pinned["record"]["fields"]["geocode_status"], "pinned");
    assert!(
        pinned["distance_m"].as_f64().is_some_and(|m| m > 1.0),
        "{pinned:#}"
    );

    manager
        .post(&format!("/api/v1/locations/{location}/geocode"), json!({}))
        .await
        .refused(409, "pin-locked");
    let job = manager
        .post("/api/v1/geocode-jobs", json!({"again": true}))
        .await
        .ok();
    wait::job_done(&manager, &job).await;
    let fields = manager.get(&format!("/api/v1/locations/{location}")).await.ok()["fields"].clone();
    assert_eq!(
        (&fields["geocode_status"], &fields["lng"], &fields["lat"]),
        (&json!("pinned"), &json!(13.27), &json!(53.56))
    );
    let row = manager.get(&format!("/api/v1/customers/{location}")).await.ok();
    assert_eq!(row["geocode_status"], "pinned");

    for (lng, lat, pointer) in [(13.2, 700.0, "/lat"), (200.0, 53.5, "/lng")] {
        let refused = manager
            .post(
                &format!("/api/v1/locations/{location}/pin"),
                json!({"lng": lng, "lat": lat}),
            )
            .await;
        assert_eq!(
            refused.refused(400, "off-the-earth")["faults"][0]["pointer"],
            pointer
        );
    }
}

async fn the_repair_queue_is_worked_off(world: World) {
    let manager = world.sign_in("manager").await;
    let make = async |name: &str, place: Value| {
        customer(&manager, json!({"name": name, "type": "customer"}), place)
            .await
            .1
    };
    let good = make(
        "Good",
        json!({"street": "Demminer Straße", "house_number": "10", "city": "Neubrandenburg"}),
    )
    .await;
    let lost = make("Lost", json!({"street": "Gibtesnichtallee", "house_number": "4711", "postal_code": "99999", "city": "Niemandsdorf"})).await;
    let empty = make("Empty", json!({"name": "no address at all"})).await;
    for location in [&good, &lost, &empty] {
        looked_up(&manager, location).await;
    }
    let queue = wait::until("all three are looked up and on the map", async || {
        let queue = manager.get("/api/v1/repair").await.ok();
        (number(&queue["total"]) + number(&queue["done"]) == 3).then_some(queue)
    })
    .await;
    assert_eq!(
        (number(&queue["total"]), number(&queue["done"])),
        (2, 1),
        "{queue:#}"
    );
    let groups: i64 = list(&queue["groups"]).iter().map(|g| number(&g["count"])).sum();
    assert_eq!(groups, 2, "the groups sum to the total");
    let items = list(&queue["items"]);
    assert_eq!(items.len(), 2);
    assert!(
        items.iter().all(|i| !text(&i["reason"]).is_empty()),
        "every item says why: {queue:#}"
    );
    assert_eq!(manager.get("/api/v1/customers").await.ok()["not_placed"], 2);

    // Another spelling is tried before anything is written, one of its candidates chosen, and the queue is shorter.
    let asked = format!("/api/v1/locations/{lost}/candidates");
    let found = manager
        .ask(&asked, &[("text", "Woldegker Straße 42, Neubrandenburg")])
        .await
        .ok();
    let best = &found["candidates"][0];
    assert!(text(&best["label"]).contains("Woldegker"), "{found:#}");
    assert!(!text(&best["why"]).is_empty());
    let pin = json!({"lng": best["lng"], "lat": best["lat"], "label": best["label"]});
    manager
        .post(&format!("/api/v1/locations/{lost}/pin"), pin)
        .await
        .ok();
    let queue = manager.get("/api/v1/repair").await.ok();
    assert_eq!(
        (number(&queue["total"]), number(&queue["done"])),
        (1, 2),
        "{queue:#}"
    );
    let summary = manager.get("/api/v1/places/summary").await.ok();
    assert_eq!(summary["by_status"]["pinned"], 1);
    manager
        .get("/api/v1/repair?status=lost")
        .await
        .refused(400, "unknown-status");
}

async fn a_job_is_seen_and_can_be_stopped_by_its_owner_only(world: World) {
    let (manager, admin, rep) = (
        world.sign_in("manager").await,
        world.sign_in("admin").await,
        world.sign_in("rep").await,
    );
    let job = manager.post("/api/v1/geocode-jobs", json!({})).await;
    assert_eq!(job.status, 202);
    let job = job.ok();
    let address = format!("/api/v1/jobs/{}", text(&job["id"]));
    wait::job_done(&manager, &job).await;
    let ended = manager.get(&address).await.ok();
    assert_eq!(ended["kind"], "geocode");
    assert!(number(&ended["finished_at"]) >= number(&ended["created_at"]));
    let ids = async |client: &Client| -> Vec<String> {
        let jobs = client.get("/api/v1/jobs").await.ok();
        list(&jobs["jobs"]).iter().map(|j| text(&j["id"])).collect()
    };
    assert_eq!(ids(&manager).await, [text(&job["id"])]);
    assert_eq!(ids(&admin).await, [text(&job["id"])]);
    assert!(ids(&rep).await.is_empty());
    rep.get(&address).await.refused(404, "not-found");
    rep.delete(&address).await.refused(404, "not-found");
}

async fn looking_up_by_hand(world: World) {
    let rep = world.sign_in("rep").await;
    let found = rep
        .ask("/geocode", &[("q", "Demminer Str. 10, 17034 Neubrandenburg")])
        .await
        .ok();
    let first = &found["features"][0];
    assert_eq!(found["type"], "FeatureCollection");
    assert!(
        text(&first["properties"]["label"]).contains("Demminer"),
        "{found:#}"
    );
    let (lng, lat) = (
        &first["geometry"]["coordinates"][0],
        &first["geometry"]["coordinates"][1],
    );
    let back = rep.get(&format!("/reverse?lng={lng}&lat={lat}")).await.ok();
    assert!(
        text(&back["features"][0]["properties"]["label"]).contains("Demminer"),
        "there and back: {back:#}"
    );
    let typed = rep.ask("/autocomplete", &[("q", "Demmi")]).await.ok();
    assert!(!list(&typed["features"]).is_empty());
    let area = rep.get("/isochrone?lng=13.26&lat=53.55&minutes=10").await.ok();
    assert_eq!(area["type"], "Feature");
    let numbers = area["geometry"]["coordinates"].to_string();
    let decimals = numbers
        .split(['[', ']', ','])
        .filter_map(|number| number.split_once('.'));
    let most = decimals.map(|(_, decimals)| decimals.len()).max();
    assert!(most.is_some_and(|most| (3..=7).contains(&most)), "{most:?}");
    rep.get("/isochrone?lng=13.26&lat=53.55")
        .await
        .refused(400, "required");
    rep.get("/geocode?q=").await.refused(400, "required");
    rep.get("/reverse?lng=13.2&lat=700")
        .await
        .refused(400, "off-the-earth");
    rep.get("/reverse?lng=NaN&lat=53")
        .await
        .refused(400, "off-the-earth");
}

async fn one_answer_serves_all_places_with_the_same_trouble(world: World) {
    let manager = world.sign_in("manager").await;
    let mut places = Vec::new();
    // A street that several villages of the map have.
    for number in ["1", "2", "3"] {
        let fields = json!({"name": format!("Farm {number}"), "type": "customer"});
        let place = json!({"street": "Dorfstraße", "house_number": number});
        places.push(customer(&manager, fields, place).await.1);
    }
    let alone = json!({"street": "Gibtesnichtallee", "house_number": "1", "city": "Niemandsdorf"});
    let (_, alone) = customer(&manager, json!({"name": "Alone", "type": "customer"}), alone).await;
    for place in places.iter().chain([&alone]) {
        looked_up(&manager, place).await;
    }
    let groups = wait::until("the three stand in the queue as one group", async || {
        let groups = manager.get("/api/v1/repair/alike").await.ok()["groups"].clone();
        (groups[0]["count"] == 3).then_some(groups)
    })
    .await;
    assert_eq!(list(&groups).len(), 1, "{groups:#}");
    let group = &groups[0];
    assert_eq!(
        (&group["street"], &group["city"]),
        (&json!("Dorfstraße"), &json!(""))
    );
    let choices = list(&group["choices"]);
    assert!(choices.len() > 1, "several towns have it: {group:#}");
    let total = wait::until("the lonely one in the queue", async || {
        let total = number(&manager.get("/api/v1/repair").await.ok()["total"]);
        (total == 4).then_some(total)
    })
    .await;

    let answer =
        json!({"key": group["key"], "city": choices[0]["city"], "postal_code": choices[0]["postal_code"]});
    let rep = world.sign_in("rep").await;
    rep.post("/api/v1/repair/alike", answer.clone())
        .await
        .refused(404, "not-found");
    let done = manager.post("/api/v1/repair/alike", answer.clone()).await.ok();
    assert_eq!(
        (number(&done["changed"]), number(&done["skipped"])),
        (3, 0),
        "{done:#}"
    );
    let found = number(&done["found"]);
    assert!(found > 0, "{done:#}");
    assert_eq!(
        number(&manager.get("/api/v1/repair").await.ok()["total"]),
        total - found
    );
    for place in &places {
        let fields = manager.get(&format!("/api/v1/locations/{place}")).await.ok()["fields"].clone();
        assert_eq!(fields["city"], choices[0]["city"]);
    }
    manager
        .post("/api/v1/repair/alike", answer)
        .await
        .refused(404, "not-found");
    // One undo takes all of it back.
    manager
        .post(
            &format!("/api/v1/change-sets/{}/undo", text(&done["change_set"])),
            json!({}),
        )
        .await
        .ok();
    for place in &places {
        let fields = manager.get(&format!("/api/v1/locations/{place}")).await.ok()["fields"].clone();
        assert_eq!(fields["city"], Value::Null, "{fields:#}");
    }
}

async fn moved_pins_tell_how_good_the_look_up_is(world: World) {
    let manager = world.sign_in("manager").await;
    let place = json!({"street": "Demminer Straße", "house_number": "10", "city": "Neubrandenburg"});
    let (_, location) = customer(&manager, json!({"name": "Good", "type": "customer"}), place).await;
    let found = looked_up(&manager, &location).await;
    assert_eq!(
        manager.get("/api/v1/places/summary").await.ok()["moved"]["count"],
        0
    );
    let [lng, lat] = ["lng", "lat"].map(|name| found["fields"][name].as_f64().expect("a place"));
    let pin = async |lat: f64| {
        manager
            .post(
                &format!("/api/v1/locations/{location}/pin"),
                json!({"lng": lng, "lat": lat}),
            )
            .await
            .ok()
    };
    pin(lat + 0.0002).await;
    let summary = manager.get("/api/v1/places/summary").await.ok();
    let moved = &summary["moved"];
    assert_eq!(moved["count"], 1, "{summary:#}");
    assert!(
        moved["median_m"]
            .as_f64()
            .is_some_and(|m| (20.0..25.0).contains(&m)),
        "{summary:#}"
    );
    assert_eq!(moved["by_confidence"][0]["right"], 1.0);
    let statuses = summary["by_status"].as_object().expect("counts");
    assert_eq!(
        statuses.values().filter_map(Value::as_i64).sum::<i64>(),
        number(&summary["total"])
    );
    // Moving one's own pin says nothing about the look-up.
    pin(lat + 0.1).await;
    assert_eq!(
        manager.get("/api/v1/places/summary").await.ok()["moved"]["count"],
        0
    );
}
