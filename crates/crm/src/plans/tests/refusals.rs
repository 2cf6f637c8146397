//! Who may, what is missing, and input that makes no sense.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn missing_hours_home_and_days_off_are_said() {
    let world = World::new(&mixed(3)).await;
    let path = format!("/api/v1/days/{MONDAY}/plan");
    let (_, other) = world.t.user("rep", "Ben").await;
    let day = world
        .t
        .ok("GET", &format!("/api/v1/days/{MONDAY}"), &other, None)
        .await;
    assert_eq!(text(&day, "message"), "Your hours are missing: set them.");
    assert_eq!(day["shift"], Value::Null);
    assert_eq!(
        world.t.refused("POST", &path, &other, None).await,
        (409, "no-working-hours".into())
    );

    // 29 November is a Sunday.
    let sunday = world
        .t
        .ok("GET", "/api/v1/days/2026-11-29", &world.rep_token, None)
        .await;
    assert_eq!(text(&sunday, "message"), "No working hours on Sundays.");
    let refused = world
        .t
        .refused("POST", "/api/v1/days/2026-11-29/plan", &world.rep_token, None)
        .await;
    assert_eq!(refused, (409, "no-working-hours".into()));

    let calendar = format!("/api/v1/rep-calendars/{}", world.calendar);
    let none = json!({"fields": {"lng": null, "lat": null}});
    world.t.ok("PATCH", &calendar, &world.rep_token, Some(none)).await;
    assert_eq!(
        world.t.refused("POST", &path, &world.rep_token, None).await,
        (409, "no-home".into())
    );
    let far = json!({"fields": {"lng": 2.35, "lat": 48.86}});
    world.t.ok("PATCH", &calendar, &world.rep_token, Some(far)).await;
    assert_eq!(
        world.t.refused("POST", &path, &world.rep_token, None).await,
        (409, "home-without-road".into())
    );
    let wrong = json!({"fields": {"shifts": {"mo": ["16:30", "08:00"]}}});
    assert_eq!(
        world
            .t
            .refused("PATCH", &calendar, &world.rep_token, Some(wrong))
            .await
            .0,
        400
    );

    world.t.create("absence", json!({"user_id": world.rep, "first_day": "2026-11-23", "last_day": "2026-11-25", "reason": "vacation"})).await;
    let day = world.day().await;
    assert_eq!(text(&day, "absent"), "On vacation until 25 Nov");
    assert_eq!(
        world.t.refused("POST", &path, &world.rep_token, None).await,
        (409, "absent".into())
    );
    let past = world
        .t
        .refused("POST", "/api/v1/days/2026-11-20/plan", &world.rep_token, None)
        .await;
    assert_eq!(past, (409, "past-day".into()));
    assert_eq!(
        world
            .t
            .refused("GET", "/api/v1/days/tomorrow", &world.rep_token, None)
            .await
            .0,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_cannot_be_driven_to_have_their_reason() {
    let mut world = World::new(&mixed(8)).await;
    let now = world.t.at(&format!("{MONDAY} 10:00"));
    let overdue = Customer {
        class: "A",
        visited: Some(50),
        hours: None,
        minutes: 30,
    };
    let (_, nowhere) = world.customer("Nowhere", &overdue, json!({}), now).await;
    // In the middle of the Baltic.
    let (_, at_sea) = world
        .customer("At sea", &overdue, json!({"lng": 13.0, "lat": 54.9}), now)
        .await;
    let odd = Customer {
        hours: Some("immer, außer wenn nicht"),
        ..overdue.clone()
    };
    let (_, unreadable) = world
        .customer("Odd hours", &odd, json!({"lng": 13.262, "lat": 53.557}), now)
        .await;
    let long = Customer {
        minutes: 590,
        ..overdue.clone()
    };
    let (_, too_long) = world
        .customer("Too long", &long, json!({"lng": 13.263, "lat": 53.558}), now)
        .await;
    let plan = world.plan().await;
    check(&plan);
    let left = |place: &str| {
        let found = list(&plan, "left_out")
            .iter()
            .find(|l| text(l, "location_id") == place);
        codes(found.unwrap_or_else(|| panic!("{place} is left out")))
    };
    assert_eq!(left(&nowhere), ["NO_COORDINATES"]);
    assert_eq!(left(&at_sea), ["UNREACHABLE"]);
    assert_eq!(left(&too_long), ["TOO_LONG"]);
    let stop = list(&plan, "stops")
        .iter()
        .find(|s| text(s, "location_id") == unreadable)
        .expect("taken as open");
    assert!(codes(stop).contains(&"HOURS_UNREADABLE".to_owned()), "{stop:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_limit_is_said_not_dropped() {
    let customers: Vec<Customer> = (0..70)
        .map(|i| Customer {
            class: "C",
            visited: Some(60 + i),
            hours: None,
            minutes: 30,
        })
        .collect();
    let world = World::new(&customers).await;
    let plan = world.plan().await;
    let total = list(&plan, "stops").len() + list(&plan, "left_out").len();
    assert_eq!(total, 70);
    let beyond = list(&plan, "left_out")
        .iter()
        .filter(|l| codes(l) == ["BEYOND_LIMIT"]);
    // The ten least overdue.
    let names: Vec<&str> = beyond.map(|l| text(l, "name")).collect();
    assert_eq!(
        names,
        (0..10).rev().map(|i| format!("Customer {i}")).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rep_sees_and_works_on_their_own_day_only() {
    let world = World::new(&mixed(12)).await;
    let (other, other_token) = world.t.user("rep", "Ben").await;
    let plan = world.plan().await;
    world.accept(&plan).await;
    let id = text(&plan, "id");
    for (method, path, body) in [
        ("GET", format!("/api/v1/plans/{id}/day"), None),
        ("GET", format!("/api/v1/plans/{id}/gpx"), None),
        (
            "POST",
            format!("/api/v1/plans/{id}/replan"),
            Some(json!({"late_minutes": 10})),
        ),
        ("POST", format!("/api/v1/plans/{id}/accept"), None),
    ] {
        assert_eq!(
            world.t.refused(method, &path, &other_token, body).await.0,
            404,
            "{method} {path}"
        );
    }
    let foreign = format!("/api/v1/days/{MONDAY}?user={}", world.rep);
    assert_eq!(world.t.refused("GET", &foreign, &other_token, None).await.0, 403);
    let day = world.t.ok("GET", &foreign, &world.manager_token, None).await;
    assert_eq!(day["plan"]["id"], id);
    assert_eq!(day["user"]["name"], "Anna");

    // Ben comes to see the customer by a territory, but the visit stays Anna's.
    let stop = &list(&plan, "stops")[0];
    let territory = world.t.create("territory", json!({"name": "North"})).await;
    let since = world.t.at("2026-01-01 00:00");
    world
        .t
        .create(
            "territory_member",
            json!({"territory_id": territory, "user_id": other, "role": "backup", "valid_from": since}),
        )
        .await;
    let assignment = json!({"location_id": stop["location_id"], "territory_id": territory, "cause": "manual", "valid_from": since});
    world.t.create("assignment", assignment).await;
    let path = format!("/api/v1/visits/{}/check-in", text(stop, "visit_id"));
    assert_eq!(
        world
            .t
            .refused("POST", &path, &other_token, Some(json!({})))
            .await
            .0,
        403
    );
    world
        .t
        .ok("POST", &path, &world.manager_token, Some(json!({})))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_wishes_are_refused_by_their_place() {
    let world = World::new(&mixed(12)).await;
    let plan = world.plan().await;
    let replan = format!("/api/v1/plans/{}/replan", text(&plan, "id"));
    for (wish, pointer) in [
        (
            json!({"lock": [{"visit_id": "nobody", "time": true}]}),
            "/lock/0/visit_id",
        ),
        (json!({"drop": ["nobody"]}), "/drop/0"),
        (json!({"order": ["nobody"]}), "/order/0"),
        (json!({"add": ["nobody"]}), "/add/0"),
        (json!({"late_minutes": 0}), "/late_minutes"),
        (json!({"from": {"lng": 13.0, "lat": 700.0}}), "/from"),
    ] {
        let (status, answer) = world
            .t
            .ask("POST", &replan, &world.rep_token, Some(wish.clone()))
            .await;
        assert_eq!(status.as_u16(), 400, "{wish}: {answer:#}");
        assert_eq!(answer["faults"][0]["pointer"], pointer, "{answer:#}");
    }
    let visit = ids(&plan)[0].clone();
    world.accept(&plan).await;
    let check_in = format!("/api/v1/visits/{visit}/check-in");
    let tomorrow = world.t.at("2026-11-24 08:00");
    for (body, pointer) in [
        (json!({"lng": 13.2}), "/lat"),
        (json!({"lng": 13.2, "lat": 95.0}), "/lat"),
        (json!({"at": tomorrow}), "/at"),
    ] {
        let (status, answer) = world.t.ask("POST", &check_in, &world.rep_token, Some(body)).await;
        assert_eq!(
            (status.as_u16(), answer["faults"][0]["pointer"].as_str()),
            (400, Some(pointer)),
            "{answer:#}"
        );
    }
    let report = format!("/api/v1/visits/{visit}/report");
    for (body, pointer) in [
        (json!({"outcome": "fine"}), "/outcome"),
        (
            json!({"outcome": "talk", "next_date": "2026-11-01"}),
            "/next_date",
        ),
    ] {
        let (status, answer) = world.t.ask("POST", &report, &world.rep_token, Some(body)).await;
        assert_eq!(
            (status.as_u16(), answer["faults"][0]["pointer"].as_str()),
            (400, Some(pointer)),
            "{answer:#}"
        );
    }
    assert_eq!(
        world
            .t
            .refused("POST", "/api/v1/plans/none/accept", &world.rep_token, None)
            .await
            .0,
        404
    );
}
