//! OGC API – Features as QGIS reads it: pages by links, a box, a date, and the reader's rights.

use serde_json::{Value, json};

use crate::harness::{Client, World, customer, list, number, scenario, text};

scenario!(a_client_reads_all_pages_and_only_what_it_may_see);

/// All features from an address on, page by page, as their links lead.
async fn features(client: &Client, server: &str, from: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = Some(from.to_owned());
    while let Some(address) = next {
        let page = client.get(&address).await.ok();
        assert_eq!(page["type"], "FeatureCollection");
        assert_eq!(
            number(&page["numberReturned"]),
            list(&page["features"]).len() as i64
        );
        found.extend(list(&page["features"]).iter().cloned());
        let link = list(&page["links"]).iter().find(|l| l["rel"] == "next");
        next = link.map(|l| {
            let href = text(&l["href"]);
            href.strip_prefix(server)
                .expect("links stay on the server")
                .to_owned()
        });
    }
    found
}

async fn a_client_reads_all_pages_and_only_what_it_may_see(world: World) {
    let (manager, rep) = (world.sign_in("manager").await, world.sign_in("rep").await);
    let server = world.server.address.clone();
    let before = number(&manager.get("/api/v1/session").await.ok()["now"]);
    for (name, lng) in [("West", 13.20), ("Middle", 13.25), ("East", 13.30)] {
        let owner = (name == "West").then(|| rep.user());
        let fields = json!({"name": name, "type": "customer", "owner_id": owner});
        customer(&manager, fields, json!({"name": name, "lng": lng, "lat": 53.55})).await;
    }
    let items = "/ogc/collections/locations/items";
    let names = |features: Vec<Value>| {
        let mut names: Vec<String> = features.iter().map(|f| text(&f["properties"]["name"])).collect();
        names.sort();
        names
    };
    let all = features(&manager, &server, &format!("{items}?limit=1")).await;
    assert!(all.iter().all(|f| f["geometry"]["type"] == "Point"), "{all:#?}");
    assert_eq!(names(all), ["East", "Middle", "West"]);
    let boxed = features(&manager, &server, &format!("{items}?bbox=13.22,53.5,13.27,53.6")).await;
    assert_eq!(names(boxed), ["Middle"]);
    // The rep sees what is the rep's; a single feature of somebody else is not there.
    let own = features(&rep, &server, items).await;
    assert_eq!(own.len(), 1);
    let other = features(&manager, &server, &format!("{items}?bbox=13.22,53.5,13.27,53.6")).await;
    rep.get(&format!("{items}/{}", text(&other[0]["id"])))
        .await
        .refused(404, "not-found");
    // Before they were entered there were none.
    let moment = jiff::Timestamp::from_millisecond(before).expect("a moment of our time");
    assert_eq!(
        features(&manager, &server, &format!("{items}?datetime={moment}"))
            .await
            .len(),
        0
    );
    manager
        .get(&format!("{items}?bbox=1,2,3"))
        .await
        .refused(400, "bad-bbox");
    manager
        .get(&format!("{items}?colour=red"))
        .await
        .refused(400, "unknown-parameter");
    Client::new(&server)
        .get(items)
        .await
        .refused(401, "not-signed-in");
}
