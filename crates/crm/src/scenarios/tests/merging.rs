//! Two managers at once: what goes together, what collides, and that nothing is lost silently.

use serde_json::json;

use super::Firm;
use crate::test_world::square;

#[tokio::test]
async fn what_does_not_collide_goes_together() {
    let firm = Firm::new().await;
    let (mine, theirs) = (firm.scenario("mia").await, firm.scenario("max").await);
    firm.operate(&mine, firm.strip()).await;
    // Max gives E2's end of East to a new territory.
    let path = format!("/api/v1/scenarios/{theirs}/operations");
    let add = json!({ "kind": "add", "name": "Far", "geometry": square(13.27, 53.5, 13.3, 53.6), "owner_id": "rita" });
    firm.world.post("max", &path, add).await;
    firm.publish("max", &theirs).await;
    let merge = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{mine}/merge"))
        .await;
    assert_eq!(merge["superseded"], true);
    assert_eq!(merge["conflicts"], json!([]), "{merge:#}");
    assert!(
        merge["since"][0]["label"]
            .as_str()
            .unwrap()
            .starts_with("Publish ")
    );
    let published = firm.publish("mia", &mine).await;
    assert_eq!(published["moved"], 1);
    // Both changes hold.
    assert_eq!(firm.owner(2).await, "East");
    assert_eq!(firm.owner(4).await, "Far");
    assert_eq!(firm.owner(3).await, "East");
    // Taking mine back leaves theirs: East's border was mine last.
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{mine}/revert"), json!({}))
        .await;
    assert_eq!(firm.owner(2).await, "West");
    assert_eq!(firm.owner(4).await, "Far");
}

#[tokio::test]
async fn of_two_who_publish_at_once_one_wins_and_the_other_decides() {
    let firm = Firm::new().await;
    let third = firm
        .world
        .post(
            "mia",
            "/api/v1/territories/draw",
            json!({ "name": "North", "geometry": square(13.2, 53.6, 13.3, 53.7), "owner_id": "rita" }),
        )
        .await["territory"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let (mine, theirs) = (firm.scenario("mia").await, firm.scenario("max").await);
    firm.operate(&mine, firm.strip()).await;
    firm.operate(
        &mine,
        json!({ "kind": "set", "territory_id": firm.west, "name": "Sunset" }),
    )
    .await;
    let path = format!("/api/v1/scenarios/{theirs}/operations");
    let strip = json!({ "kind": "move", "to": third, "geometry": square(13.23, 53.5, 13.25, 53.6) });
    firm.world.post("max", &path, strip).await;
    let rename = json!({ "kind": "set", "territory_id": firm.west, "name": "Abend" });
    firm.world.post("max", &path, rename).await;

    let publish = |id: &str| format!("/api/v1/scenarios/{id}/publish");
    let (mine_path, theirs_path) = (publish(&mine), publish(&theirs));
    let (a, b) = tokio::join!(
        firm.world.ask("max", "POST", &theirs_path, json!({})),
        firm.world.ask("mia", "POST", &mine_path, json!({})),
    );
    let codes = [a.0.as_u16(), b.0.as_u16()];
    assert!(
        codes == [200, 409] || codes == [409, 200],
        "{codes:?} {} {}",
        a.1,
        b.1
    );
    let (loser, refused, winner) = if codes[0] == 409 {
        ((theirs.clone(), "max"), a.1, "mine")
    } else {
        ((mine.clone(), "mia"), b.1, "theirs")
    };
    assert_eq!(refused["code"], "conflicts", "{refused:#}");
    let conflicts = refused["current"]["conflicts"].as_array().unwrap().clone();
    let units: Vec<&str> = conflicts.iter().map(|c| c["unit"].as_str().unwrap()).collect();
    assert!(
        units.contains(&format!("place:{}", firm.places[2]).as_str()),
        "{units:?} {winner}"
    );
    assert!(
        units.contains(&format!("name:{}", firm.west).as_str()),
        "{units:?}"
    );
    // Not everything is decided: the rest is listed again.
    let update = format!("/api/v1/scenarios/{}/update", loser.0);
    let some = json!({ "resolutions": [{ "unit": format!("place:{}", firm.places[2]), "take": "theirs" }] });
    let (status, code, left) = firm.refused(loser.1, "POST", &update, some).await;
    assert_eq!((status, code.as_str()), (409, "conflicts"));
    assert_eq!(
        left["current"]["conflicts"].as_array().unwrap().len(),
        conflicts.len() - 1
    );
    let all = json!({ "resolutions": [
        { "unit": format!("place:{}", firm.places[2]), "take": "theirs" }, { "unit": "*", "take": "yours" }] });
    let updated = firm.world.post(loser.1, &update, all).await;
    assert_eq!(updated["scenario"]["superseded"], false);
    let w3 = firm.owner(2).await;
    firm.publish(loser.1, &loser.0).await;
    assert_eq!(firm.owner(2).await, w3, "theirs stays where it was decided so");
    let name = firm
        .world
        .get("mia", &format!("/api/v1/territories/{}", firm.west))
        .await;
    let wanted = if loser.1 == "mia" { "Sunset" } else { "Abend" };
    assert_eq!(name["fields"]["name"], wanted);
    assert!(firm.world.app.store.verify().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn what_is_removed_by_one_and_changed_by_the_other_is_asked_about() {
    let firm = Firm::new().await;
    let mine = firm.scenario("mia").await;
    firm.operate(
        &mine,
        json!({ "kind": "remove", "territory_id": firm.west, "to": firm.east }),
    )
    .await;
    // Directly on the map, as a draft is not needed for that.
    let (status, _) = firm
        .world
        .ask(
            "max",
            "PUT",
            &format!("/api/v1/territories/{}/geometry", firm.west),
            json!({ "geometry": square(13.1, 53.5, 13.25, 53.6) }),
        )
        .await;
    assert!(status.is_success());
    let (status, code, refused) = firm
        .refused(
            "mia",
            "POST",
            &format!("/api/v1/scenarios/{mine}/publish"),
            json!({}),
        )
        .await;
    assert_eq!((status, code.as_str()), (409, "conflicts"), "{refused:#}");
    let unit = &refused["current"]["conflicts"][0]["unit"];
    assert_eq!(unit, &json!(format!("removed:{}", firm.west)));
    let update = format!("/api/v1/scenarios/{mine}/update");
    let decided = json!({ "resolutions": [{ "unit": unit, "take": "theirs" }] });
    let updated = firm.world.post("mia", &update, decided).await;
    // The step that removed it is taken back, so nothing is left to publish.
    assert_eq!(updated["scenario"]["operations"], 0, "{updated:#}");
    assert_eq!(firm.owner(0).await, "West");
}

#[tokio::test]
async fn a_revert_names_what_was_changed_since() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    firm.publish("mia", &id).await;
    let (status, _) = firm
        .world
        .ask(
            "max",
            "PUT",
            &format!("/api/v1/territories/{}/geometry", firm.east),
            json!({ "geometry": square(13.24, 53.5, 13.4, 53.6) }),
        )
        .await;
    assert!(status.is_success());
    let revert = format!("/api/v1/scenarios/{id}/revert");
    let (status, code, answer) = firm.refused("mia", "POST", &revert, json!({})).await;
    assert_eq!((status, code.as_str()), (409, "changed-since"));
    assert_eq!(answer["current"]["conflicts"][0]["name"], "East");
    firm.world
        .post("mia", &revert, json!({ "keep_later": true }))
        .await;
    // West has its strip again; East's later border overlaps it, and the smaller area wins.
    let shown = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(shown["state"], "reverted");
    assert_eq!(firm.owner(2).await, "West");
    let again = firm.refused("mia", "POST", &revert, json!({})).await;
    assert_eq!((again.0, again.1.as_str()), (409, "not-published"));
}

#[tokio::test]
async fn ground_that_two_would_claim_is_told_before_it_is_published() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let told = async || {
        let path = format!("/api/v1/scenarios/{id}/consequences");
        firm.world.get("mia", &path).await["overlaps"].clone()
    };
    firm.operate(&id, firm.strip()).await;
    assert_eq!(
        told().await,
        json!([]),
        "a strip is cut out of the one that gives it"
    );
    let over = json!({ "kind": "reshape", "territory_id": firm.east, "neighbours": "keep",
        "geometry": square(13.22, 53.5, 13.3, 53.6) });
    firm.operate(&id, over).await;
    let found = told().await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found[0]["territories"], json!(["West", "East"]), "{found:#}");
    assert_eq!(found[0]["cause"], "polygon");
    let (lng, lat) = (
        found[0]["lng"].as_f64().unwrap(),
        found[0]["lat"].as_f64().unwrap(),
    );
    assert!(
        (13.22..13.24).contains(&lng) && (53.5..53.6).contains(&lat),
        "{found:#}"
    );
    assert!(
        found[0]["text"].as_str().unwrap().ends_with("West has it."),
        "{found:#}"
    );
    // What is so already is no news to a draft that leaves it as it is.
    firm.publish("mia", &id).await;
    let next = firm.scenario("mia").await;
    let name = json!({ "kind": "set", "territory_id": firm.east, "name": "Far east" });
    firm.operate(&next, name).await;
    let path = format!("/api/v1/scenarios/{next}/consequences");
    assert_eq!(firm.world.get("mia", &path).await["overlaps"], json!([]));
}
