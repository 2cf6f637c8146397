//! Who is told of what, and who is not.

use axum::http::StatusCode;
use records::Op;
use serde_json::{Value, json};

use super::follow::take_up;
use super::store;
use crate::test_world::{MONDAY, World, worlds};

const LIST: &str = "/api/v1/collaboration/notifications";

/// Everybody is told up to here; what comes next is new.
async fn from_here(world: &World) {
    let last = world.store().last_seq().await.unwrap();
    store::cursor(world.store().db(), last).await.unwrap();
}

async fn told(world: &World, who: &str) -> Vec<Value> {
    take_up(&world.app).await.unwrap();
    let answer = world.get(who, LIST).await;
    let list = answer["notifications"].as_array().cloned().unwrap();
    let unread = list.iter().filter(|n| n["read"] == false).count();
    assert_eq!(answer["unread"], unread, "{answer}");
    list
}

#[tokio::test]
async fn a_mention_reaches_whom_it_means_if_they_may_see_it() {
    for world in worlds().await {
        let (account, _) = world
            .customer("Bakery", Some((13.26, 53.55)), json!({ "owner_id": "rita" }))
            .await;
        from_here(&world).await;
        let new =
            json!({ "type": "account", "id": account, "text": "@Rita please call; @rolf knows them, @Max" });
        let said = world.post("max", "/api/v1/collaboration/comments", new).await;
        // Rolf may not see this customer, so he is not told, and Max is told so. Nobody is told of what they said themselves.
        assert_eq!(
            (&said["told"], &said["unseen"]),
            (&json!(["Rita"]), &json!(["Rolf"])),
            "{said}"
        );
        let rita = told(&world, "rita").await;
        assert_eq!(rita.len(), 1, "{rita:?}");
        let of = |name: &str| rita[0][name].clone();
        assert_eq!(
            (of("kind"), of("type"), of("record_id"), of("title")),
            (
                json!("mention"),
                json!("account"),
                json!(account),
                json!("Bakery")
            )
        );
        assert_eq!((of("actor_name"), of("read")), (json!("Max"), json!(false)));
        assert!(of("text").as_str().unwrap().starts_with("@Rita please call"));
        assert!(told(&world, "rolf").await.is_empty());
        assert!(told(&world, "max").await.is_empty());
        // Read by reading it; another's notifications are not mine to mark.
        let read = json!({ "id": rita[0]["id"] });
        for (who, still) in [("rolf", false), ("rita", true)] {
            let (status, _) = world
                .ask(who, "POST", &format!("{LIST}/read"), read.clone())
                .await;
            assert_eq!(status, StatusCode::NO_CONTENT);
            assert_eq!(told(&world, "rita").await[0]["read"], still);
        }
        // Whoever sees the record reads the comment; others neither read nor write there.
        let about = format!("/api/v1/collaboration/comments?type=account&id={account}");
        let shown = world.get("rita", &about).await;
        assert_eq!(shown["comments"][0]["author_name"], "Max");
        assert_eq!(
            (
                &shown["comments"][0]["mine"],
                &shown["following"],
                &shown["followers"]
            ),
            (&json!(false), &json!(false), &json!(1))
        );
        assert_eq!(
            world.ask("rolf", "GET", &about, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        let secretly = json!({ "type": "account", "id": account, "text": "Hello" });
        assert_eq!(
            world
                .ask("rolf", "POST", "/api/v1/collaboration/comments", secretly)
                .await
                .0,
            StatusCode::NOT_FOUND
        );
        let id = said["comment"]["id"].as_str().unwrap();
        for who in ["rolf", "anna"] {
            assert_eq!(
                world
                    .ask(who, "GET", &format!("/api/v1/comments/{id}"), Value::Null)
                    .await
                    .0,
                StatusCode::NOT_FOUND
            );
        }
        assert_eq!(world.get("rolf", "/api/v1/comments/count").await["count"], 0);
        // Nobody puts words into another's mouth.
        let patch = json!({ "fields": { "text": "I never said that" } });
        let (status, _) = world
            .ask("rita", "PATCH", &format!("/api/v1/comments/{id}"), patch)
            .await;
        assert!(
            status == StatusCode::NOT_FOUND || status == StatusCode::FORBIDDEN,
            "{status}"
        );
        // What was taken from Rita's sight is told to her no more.
        world
            .write(vec![Op::update(
                "account",
                account.as_str(),
                records::fields([("owner_id", "rolf".into())]),
            )])
            .await;
        assert!(told(&world, "rita").await.is_empty());
    }
}

#[tokio::test]
async fn a_note_mentions_too_and_a_strangers_mail_does_not() {
    for world in worlds().await {
        let (account, _) = world
            .customer("Bakery", Some((13.26, 53.55)), json!({ "owner_id": "rita" }))
            .await;
        from_here(&world).await;
        let note = json!({ "fields": { "kind": "note", "subject": "Site", "body": "Ask @Max", "account_id": account, "owner_id": "rita" } });
        let made = world.post("rita", "/api/v1/activities", note).await;
        let letter = json!({ "fields": { "kind": "email", "direction": "in", "subject": "Hi", "body": "@Max win", "account_id": account, "owner_id": "rita" } });
        world.post("rita", "/api/v1/activities", letter).await;
        let max = told(&world, "max").await;
        assert_eq!(max.len(), 1, "{max:?}");
        assert_eq!(
            (&max[0]["type"], &max[0]["record_id"]),
            (&json!("activity"), &made["record"]["id"])
        );
        // Changing the note does not mention him again.
        let path = format!("/api/v1/activities/{}", made["record"]["id"].as_str().unwrap());
        let patch = json!({ "fields": { "body": "Ask @Max soon" } });
        assert_eq!(world.ask("rita", "PATCH", &path, patch).await.0, StatusCode::OK);
        assert_eq!(told(&world, "max").await.len(), 1);
    }
}

#[tokio::test]
async fn whoever_follows_is_told_what_others_change_there_and_beneath() {
    for world in worlds().await {
        let (account, _) = world
            .customer("Bakery", Some((13.26, 53.55)), json!({ "owner_id": "rita" }))
            .await;
        from_here(&world).await;
        let follow = format!("/api/v1/collaboration/follows/account/{account}");
        assert_eq!(
            world.ask("rolf", "PUT", &follow, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            world.ask("rita", "PUT", &follow, Value::Null).await.0,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            world.ask("rita", "PUT", &follow, Value::Null).await.0,
            StatusCode::NO_CONTENT,
            "twice is once"
        );
        let mine = world.get("rita", "/api/v1/collaboration/follows").await;
        assert_eq!(
            mine["records"],
            json!([{ "type": "account", "id": account, "title": "Bakery" }])
        );
        let account_path = format!("/api/v1/accounts/{account}");
        let own = json!({ "fields": { "industry": "Bread" } });
        assert_eq!(
            world.ask("rita", "PATCH", &account_path, own).await.0,
            StatusCode::OK
        );
        assert!(
            told(&world, "rita").await.is_empty(),
            "one's own changes are no news"
        );
        let theirs = json!({ "fields": { "industry": "Cakes" } });
        assert_eq!(
            world.ask("max", "PATCH", &account_path, theirs).await.0,
            StatusCode::OK
        );
        let contact = json!({ "fields": { "name": "Bea", "account_id": account } });
        let contact = world.post("max", "/api/v1/contacts", contact).await;
        world
            .post(
                "max",
                "/api/v1/collaboration/comments",
                json!({ "type": "account", "id": account, "text": "New baker" }),
            )
            .await;
        let rita = told(&world, "rita").await;
        let kinds: Vec<_> = rita
            .iter()
            .map(|n| {
                (
                    n["kind"].as_str().unwrap(),
                    n["by_type"].as_str().unwrap_or("-"),
                    n["operation"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            kinds,
            [
                ("comment", "comment", "create"),
                ("change", "contact", "create"),
                ("change", "-", "update")
            ],
            "{rita:?}"
        );
        assert_eq!(
            (&rita[1]["by_title"], &rita[1]["by_id"]),
            (&json!("Bea"), &contact["record"]["id"])
        );
        assert_eq!(rita[0]["text"], "New baker");
        // All at once; and no more after the end.
        let (status, _) = world
            .ask("rita", "POST", &format!("{LIST}/read"), json!({}))
            .await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(world.get("rita", LIST).await["unread"], 0);
        assert_eq!(
            world.ask("rita", "DELETE", &follow, Value::Null).await.0,
            StatusCode::NO_CONTENT
        );
        let again = json!({ "fields": { "industry": "Pies" } });
        assert_eq!(
            world.ask("max", "PATCH", &account_path, again).await.0,
            StatusCode::OK
        );
        assert_eq!(told(&world, "rita").await.len(), 3);
        // Max commented, so he follows.
        assert_eq!(
            world
                .ask(
                    "rita",
                    "PATCH",
                    &account_path,
                    json!({ "fields": { "industry": "Rolls" } })
                )
                .await
                .0,
            StatusCode::OK
        );
        assert_eq!(told(&world, "max").await.len(), 1);
        // An import of thousands tells nobody.
        let author = records::Author::new(records::Viewer::system_for("rita"), "import", "Import");
        let op = Op::update(
            "account",
            account.as_str(),
            records::fields([("industry", "All".into())]),
        );
        world.store().write(&author, vec![op]).await.unwrap();
        assert_eq!(told(&world, "max").await.len(), 1);
    }
}

#[tokio::test]
async fn a_comment_on_a_spot_of_an_area_reaches_the_managers() {
    for world in worlds().await {
        world
            .write(vec![
                Op::Create {
                    type_name: "territory".into(),
                    id: Some("north".into()),
                    fields: records::fields([("name", "North".into())]),
                },
                Op::create(
                    "territory_member",
                    records::fields([
                        ("territory_id", "north".into()),
                        ("user_id", "rita".into()),
                        ("role", "owner".into()),
                        ("valid_from", MONDAY.into()),
                    ]),
                ),
            ])
            .await;
        from_here(&world).await;
        let new = json!({ "type": "territory", "id": "north", "text": "The border cuts the village in two", "spot": [13.3, 53.6] });
        let said = world.post("rita", "/api/v1/collaboration/comments", new).await;
        assert_eq!(said["comment"]["spot"], json!([13.3, 53.6]));
        let max = told(&world, "max").await;
        assert_eq!(
            (&max[0]["kind"], &max[0]["spot"], &max[0]["title"]),
            (&json!("comment"), &json!([13.3, 53.6]), &json!("North"))
        );
        let nowhere = json!({ "type": "territory", "id": "north", "text": "Here", "spot": [200.0, 53.6] });
        let (status, refused) = world
            .ask("rita", "POST", "/api/v1/collaboration/comments", nowhere)
            .await;
        assert_eq!(
            (status, &refused["code"]),
            (StatusCode::BAD_REQUEST, &json!("not-a-place"))
        );
        let empty = json!({ "type": "territory", "id": "north", "text": "  " });
        assert_eq!(
            world
                .ask("rita", "POST", "/api/v1/collaboration/comments", empty)
                .await
                .0,
            StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn a_kept_region_is_talked_about_by_whoever_it_is_shared_with() {
    for world in worlds().await {
        let shape = crate::test_world::square(13.0, 53.0, 13.5, 53.6);
        let kept =
            json!({ "fields": { "name": "New quarter", "shape": { "geometry": shape }, "owner_id": "max" } });
        let region = world.post("max", "/api/v1/regions", kept).await["record"]["id"].clone();
        from_here(&world).await;
        let say = json!({ "type": "region", "id": region, "text": "@Rita: who lives here?", "spot": [13.26, 53.55] });
        let said = world
            .post("max", "/api/v1/collaboration/comments", say.clone())
            .await;
        // A region is its owner's: Rita neither sees it nor what is said of it.
        assert_eq!(
            (&said["told"], &said["unseen"]),
            (&json!([]), &json!(["Rita"])),
            "{said}"
        );
        let about = format!(
            "/api/v1/collaboration/comments?type=region&id={}",
            region.as_str().unwrap()
        );
        assert_eq!(
            world.ask("rita", "GET", &about, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        assert!(told(&world, "rita").await.is_empty());
        let rule = json!({ "fields": { "name": "Regions for reps", "record_type": "region", "condition": "name LIKE 'New%'", "access": "read", "role": "rep" } });
        world.post("ada", "/api/v1/sharing-rules", rule).await;
        let said = world.post("max", "/api/v1/collaboration/comments", say).await;
        assert_eq!(said["told"], json!(["Rita"]));
        let rita = told(&world, "rita").await;
        assert_eq!(rita.len(), 1, "{rita:?}");
        assert_eq!(
            (&rita[0]["type"], &rita[0]["title"], &rita[0]["spot"]),
            (&json!("region"), &json!("New quarter"), &json!([13.26, 53.55]))
        );
        let answer = json!({ "type": "region", "id": region, "text": "Mostly bakers." });
        world.post("rita", "/api/v1/collaboration/comments", answer).await;
        let comments = world.get("max", &about).await["comments"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(comments, 3);
    }
}
