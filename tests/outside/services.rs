//! The map's services in other programs' forms: OSRM's, Nominatim's and Photon's clients read these fields.

use serde_json::{Value, json};

use crate::harness::{Client, Server, World, list, scenario, text};

scenario!(
    routes_and_tables_as_osrm_answers,
    addresses_as_nominatim_and_photon_answer,
    tours_as_vroom_answers,
    services_are_closed_unless_opened
);

/// Three places of the demo's town: market, station, and the north.
const PLACES: &str = "13.2606,53.5561;13.2610,53.5615;13.2700,53.5700";

fn float(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("expected a number, read {value}"))
}

/// Opens the services on the world's database.
async fn open(world: &mut World) -> Client {
    world.server.kill();
    world.server = Server::start_with(&world.database, &["--open-services"]).await;
    Client::new(&world.server.address)
}

async fn routes_and_tables_as_osrm_answers(mut world: World) {
    let anybody = open(&mut world).await;
    let route = anybody
        .get(&format!(
            "/route/v1/driving/{PLACES}?steps=true&geometries=geojson&overview=full&annotations=true"
        ))
        .await
        .ok();
    assert_eq!(route["code"], "Ok");
    assert_eq!(list(&route["waypoints"]).len(), 3);
    let found = &route["routes"][0];
    let legs = list(&found["legs"]);
    assert_eq!(legs.len(), 2);
    let sum: f64 = legs.iter().map(|leg| float(&leg["duration"])).sum();
    assert!((sum - float(&found["duration"])).abs() < 0.2);
    for leg in legs {
        let steps = list(&leg["steps"]);
        assert_eq!(steps[0]["maneuver"]["type"], "depart");
        assert_eq!(steps[steps.len() - 1]["maneuver"]["type"], "arrive");
        assert!(steps.iter().any(|s| !text(&s["name"]).is_empty()), "{leg:#}");
        let lengths: f64 = list(&leg["annotation"]["distance"]).iter().map(float).sum();
        let told = float(&leg["distance"]);
        assert!(
            (lengths - told).abs() <= told * 0.01 + 5.0,
            "{lengths} and {told}"
        );
        let steps: f64 = steps.iter().map(|s| float(&s["distance"])).sum();
        assert!((steps - told).abs() < 1.0);
    }
    // The same line as a text is shorter when simplified.
    let line = async |overview: &str| {
        let route = anybody
            .get(&format!("/route/v1/driving/{PLACES}?overview={overview}"))
            .await
            .ok();
        route["routes"][0]["geometry"].as_str().map(str::len)
    };
    let [full, simplified, none] = [line("full").await, line("simplified").await, line("false").await];
    assert!(
        simplified.is_some_and(|s| s > 8) && simplified <= full,
        "{simplified:?} of {full:?}"
    );
    assert_eq!(none, None);

    // A table agrees with the routes, whole and in parts.
    let table = anybody
        .get(&format!(
            "/table/v1/driving/{PLACES}?annotations=duration,distance"
        ))
        .await
        .ok();
    assert_eq!(list(&table["durations"]).len(), 3);
    for (leg, (from, to)) in legs.iter().zip([(0, 1), (1, 2)]) {
        assert_eq!(table["durations"][from][to], leg["duration"]);
        assert_eq!(table["distances"][from][to], leg["distance"]);
    }
    assert_eq!(table["durations"][1][1], 0.0);
    let part = anybody
        .get(&format!("/table/v1/driving/{PLACES}?sources=1&destinations=2;0"))
        .await
        .ok();
    assert_eq!(
        part["durations"],
        json!([[table["durations"][1][2], table["durations"][1][0]]])
    );

    // The trip takes each place once and is no longer than the way in the order given, and back.
    let trip = anybody
        .get(&format!("/trip/v1/driving/{PLACES}?geometries=polyline6"))
        .await
        .ok();
    let mut order: Vec<i64> = list(&trip["waypoints"])
        .iter()
        .filter_map(|w| w["waypoint_index"].as_i64())
        .collect();
    assert_eq!(order[0], 0);
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
    let round = float(&table["durations"][0][1])
        + float(&table["durations"][1][2])
        + float(&table["durations"][2][0]);
    assert!(float(&trip["trips"][0]["duration"]) <= round + 1.0, "{trip:#}");

    let near = anybody
        .get("/nearest/v1/driving/13.2606,53.5561?number=3")
        .await
        .ok();
    let distances: Vec<f64> = list(&near["waypoints"])
        .iter()
        .map(|w| float(&w["distance"]))
        .collect();
    assert_eq!(distances.len(), 3);
    assert!(distances.is_sorted());

    // Around an area that is to be avoided the way is longer, and a road that is driven the other way is another.
    let here = "13.2606,53.5561;13.2700,53.5700";
    let duration = async |options: &str| {
        let route = anybody
            .get(&format!("/route/v1/driving/{here}?{options}"))
            .await
            .ok();
        float(&route["routes"][0]["duration"])
    };
    let free = duration("").await;
    let whole = anybody
        .get(&format!(
            "/route/v1/driving/{here}?overview=full&geometries=geojson"
        ))
        .await
        .ok();
    let line = list(&whole["routes"][0]["geometry"]["coordinates"]);
    let [lng, lat] = [0, 1].map(|axis| float(&line[line.len() / 2][axis]));
    let (west, south, east, north) = (lng - 0.001, lat - 0.001, lng + 0.001, lat + 0.001);
    let ring = [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
    ];
    let area = json!({"type": "Polygon", "coordinates": [ring]}).to_string();
    let around = duration(&format!("avoid_polygons={area}")).await;
    assert!(around > free, "{around} after {free}");
    assert!(duration("exclude=motorway,ferry,unpaved").await >= free);
    assert!(duration("bearings=90,60;&approaches=curb;").await >= free - 120.0);
    // A drive recorded along the way, a few metres off, is put back on it.
    let recorded: Vec<String> = line
        .iter()
        .step_by(3)
        .enumerate()
        .map(|(number, place)| {
            let off = if number % 2 == 0 { 0.000_03 } else { -0.000_03 };
            format!("{:.6},{:.6}", float(&place[0]) + off, float(&place[1]) + off)
        })
        .collect();
    let driven = anybody
        .get(&format!(
            "/match/v1/driving/{}?geometries=geojson&overview=full",
            recorded.join(";")
        ))
        .await
        .ok();
    assert_eq!(driven["code"], "Ok");
    assert_eq!(list(&driven["tracepoints"]).len(), recorded.len());
    let matched: f64 = list(&driven["matchings"])
        .iter()
        .map(|m| float(&m["distance"]))
        .sum();
    let told = float(&whole["routes"][0]["distance"]);
    assert!((matched - told).abs() < told * 0.05 + 30.0, "{matched} of {told}");
    assert!(float(&driven["matchings"][0]["confidence"]) > 0.3, "{driven:#}");
    let german = anybody
        .get(&format!("/route/v1/driving/{here}?steps=true&language=de"))
        .await
        .ok();
    let steps = list(&german["routes"][0]["legs"][0]["steps"]);
    assert_eq!(
        steps[steps.len() - 1]["maneuver"]["instruction"],
        "Sie haben Ihr Ziel erreicht"
    );
    // Of the nearest roads only those driven in a direction, where one is asked for.
    let eastward = anybody
        .get("/nearest/v1/driving/13.2606,53.5561?number=5&bearings=90,30")
        .await
        .ok();
    assert!(list(&eastward["waypoints"]).len() <= 5);
    assert_ne!(eastward["waypoints"], near["waypoints"]);
    for (address, code) in [
        (
            "/nearest/v1/driving/13.2606,53.5561?exclude=toll".to_owned(),
            "InvalidOptions",
        ),
        (
            "/match/v1/driving/13.26,53.55;13.27,53.56?snapping=any".to_owned(),
            "InvalidOptions",
        ),
        ("/match/v1/driving/2.35,48.86;2.36,48.87".to_owned(), "NoMatch"),
        ("/route/v1/driving/13.26,53.55".to_owned(), "InvalidOptions"),
        (format!("/route/v1/foot/{PLACES}"), "InvalidOptions"),
        (
            format!("/route/v1/driving/{PLACES}?exclude=stairs"),
            "InvalidValue",
        ),
        ("/route/v1/driving/13.26,53.55;2.35,48.86".to_owned(), "NoSegment"),
        ("/table/v1/driving/13.26,700;13.3,53".to_owned(), "InvalidValue"),
        ("/nearest/v1/driving/nowhere".to_owned(), "InvalidUrl"),
        (
            format!("/trip/v1/driving/{PLACES}?roundtrip=false"),
            "NotImplemented",
        ),
    ] {
        let answer = anybody.get(&address).await;
        assert_eq!(answer.status, 400, "{address}");
        let refusal = answer.json();
        assert_eq!(refusal["code"], code, "{address}: {refusal:#}");
        assert!(!text(&refusal["message"]).is_empty());
    }
}

async fn addresses_as_nominatim_and_photon_answer(mut world: World) {
    let anybody = open(&mut world).await;
    let found = anybody
        .get("/nominatim/search?q=Stargarder+Stra%C3%9Fe+Neubrandenburg&addressdetails=1&format=jsonv2")
        .await
        .ok();
    let first = &list(&found)[0];
    // Texts, as Nominatim writes them.
    let (lat, lon): (f64, f64) = (
        text(&first["lat"]).parse().expect("a number"),
        text(&first["lon"]).parse().expect("a number"),
    );
    assert!(
        (53.4..53.7).contains(&lat) && (13.1..13.5).contains(&lon),
        "{first:#}"
    );
    assert_eq!(list(&first["boundingbox"]).len(), 4);
    assert!(
        text(&first["display_name"]).contains("Neubrandenburg"),
        "{first:#}"
    );
    assert_eq!(first["address"]["road"], "Stargarder Straße", "{first:#}");
    let none = anybody
        .get("/nominatim/search?q=Qwxzy+Gibtesnicht+99&format=json")
        .await
        .ok();
    assert_eq!(none, json!([]));
    let here = anybody
        .get(&format!("/nominatim/reverse?lat={lat}&lon={lon}&format=jsonv2"))
        .await
        .ok();
    assert_eq!(here["address"]["city"], first["address"]["city"], "{here:#}");
    let features = anybody
        .get("/nominatim/search?q=Ringstra%C3%9Fe&format=geojson")
        .await
        .ok();
    assert_eq!(features["features"][0]["geometry"]["type"], "Point");

    let typed = anybody
        .get("/photon/api?q=ringstr&limit=3&lat=53.556&lon=13.26")
        .await
        .ok();
    let properties = &list(&typed["features"])[0]["properties"];
    assert!(text(&properties["name"]).contains("Ring"), "{typed:#}");
    assert_eq!(properties["osm_key"], "highway");
    let here = anybody.get("/photon/reverse?lat=53.5561&lon=13.2606").await.ok();
    assert_eq!(list(&here["features"]).len(), 1);

    for address in [
        "/nominatim/search?format=jsonv2",
        "/nominatim/search?q=a&format=xml",
        "/nominatim/reverse?lat=1",
        "/nominatim/reverse?lat=700&lon=1",
        "/photon/api",
        "/photon/reverse?lat=x&lon=1",
    ] {
        assert_eq!(anybody.get(address).await.status, 400, "{address}");
    }
}

/// Arrivals of the steps of a route, with what they are.
fn arrivals(route: &Value) -> Vec<(String, i64)> {
    let steps = list(&route["steps"]).iter();
    let one = |step: &Value| (text(&step["type"]), step["arrival"].as_i64().expect("an arrival"));
    steps.map(one).collect()
}

/// Requests of VROOM's clients, with what VROOM 1.15 answered to the same.
async fn tours_as_vroom_answers(mut world: World) {
    let anybody = open(&mut world).await;
    let minutes = |places: u64, each: u64| -> Value {
        let row = |a: u64| (0..places).map(|b| each * a.abs_diff(b)).collect::<Vec<u64>>();
        (0..places).map(row).collect::<Vec<_>>().into()
    };
    let mut request = json!({
        "vehicles": [{
            "id": 7, "description": "van", "start_index": 0, "end_index": 0, "time_window": [1000, 15400],
            "skills": [1, 14], "capacity": [5], "costs": {"fixed": 100, "per_hour": 3600, "per_km": 5, "per_task_hour": 100},
            "breaks": [
                {"id": 1, "time_windows": [[6000, 9000], [9500, 9600]], "service": 1200},
                {"id": 2, "time_windows": [[10000, 12000]], "service": 300}
            ]
        }],
        "jobs": [
            {"id": 1, "location_index": 1, "setup": 60, "service": 600, "time_windows": [[0, 3000]], "delivery": [1]},
            {"id": 2, "location_index": 3, "setup": 60, "service": 600, "time_windows": [[10000, 11000]]},
            {"id": 3, "location_index": 2, "service": 600, "skills": [99]},
            {"id": 5, "location_index": 3, "setup": 60, "service": 600, "pickup": [2]},
            {"id": 4, "location_index": 9, "service": 7200, "priority": 1}
        ],
        "matrices": {"car": {"durations": minutes(10, 600), "distances": minutes(10, 6000)}}
    });
    let answer = anybody.post("/vroom", request.clone()).await.ok();
    let summary = json!({
        "cost": 3975, "routes": 1, "unassigned": 2, "delivery": [1], "amount": [1], "pickup": [2], "setup": 120,
        "service": 3300, "duration": 3600, "waiting_time": 3280, "priority": 0, "distance": 36000, "violations": []
    });
    for (name, value) in summary.as_object().expect("an object") {
        assert_eq!(&answer["summary"][name], value, "{name}");
    }
    let said = |steps: [(&str, i64); 7]| steps.map(|(step, at)| (step.to_owned(), at)).to_vec();
    assert_eq!(
        arrivals(&answer["routes"][0]),
        said([
            ("start", 2400),
            ("job", 3000),
            ("job", 4860),
            ("break", 5520),
            ("job", 7200),
            ("break", 10600),
            ("end", 12700)
        ])
    );
    // Beyond VROOM: why, in the language of whoever asks.
    let left = list(&answer["unassigned"]);
    assert_eq!(left[0]["id"], 3);
    assert_eq!(left[0]["reasons"][0]["code"], "NEEDS_SKILL");
    let german = anybody
        .request(reqwest::Method::POST, "/vroom")
        .header("Accept-Language", "de-DE");
    let german = anybody.send(german.json(&request)).await.ok();
    let words = text(&german["unassigned"][0]["reasons"][0]["text"]);
    assert_eq!(words, "erfordert eine fehlende Befähigung");

    // Plan mode: the steps as they are given, and what that violates.
    request["options"] = json!({"c": true});
    request["vehicles"][0]["steps"] = json!([
        {"type": "start"}, {"type": "job", "id": 2}, {"type": "job", "id": 1}, {"type": "break", "id": 1},
        {"type": "job", "id": 3}, {"type": "end"}
    ]);
    let answer = anybody.post("/vroom", request).await.ok();
    let arrivals: Vec<i64> = arrivals(&answer["routes"][0])
        .into_iter()
        .map(|(_, at)| at)
        .collect();
    assert_eq!(arrivals, [1080, 2880, 4740, 6000, 7200, 9000]);
    let mut violations = list(&answer["summary"]["violations"]).clone();
    violations.sort_by_key(|v| text(&v["cause"]));
    assert_eq!(
        Value::from(violations),
        json!([
            {"cause": "delay", "duration": 1740}, {"cause": "lead_time", "duration": 7120},
            {"cause": "missing_break"}, {"cause": "skills"}
        ])
    );

    // On the map, with the lines of the roads.
    let on_roads = json!({
        "vehicles": [{"id": 0, "start": [13.2606, 53.5561], "end": [13.2606, 53.5561]}],
        "jobs": [{"id": 1, "location": [13.2610, 53.5615]}, {"id": 2, "location": [13.2700, 53.5700]}],
        "options": {"g": true}
    });
    let answer = anybody.post("/vroom", on_roads).await.ok();
    let route = &answer["routes"][0];
    assert!(text(&route["geometry"]).len() > 20, "{route:#}");
    assert_eq!(list(&route["steps"])[3]["distance"], route["distance"]);
    anybody
        .get("/isochrone?lng=13.2606&lat=53.5561&minutes=5")
        .await
        .ok();
}

async fn services_are_closed_unless_opened(world: World) {
    let rep = world.sign_in("rep").await;
    let nobody = Client::new(&world.server.address);
    for address in [
        &format!("/route/v1/driving/{PLACES}"),
        &format!("/table/v1/driving/{PLACES}"),
        "/nearest/v1/driving/13.2606,53.5561",
        "/nominatim/search?q=Ringstra%C3%9Fe",
        "/photon/api?q=ring",
        "/isochrone?lng=13.2606&lat=53.5561&minutes=5",
    ] {
        nobody.get(address).await.refused(401, "not-signed-in");
        rep.get(address).await.ok();
    }
}
