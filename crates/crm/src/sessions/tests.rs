//! What somebody says of themselves is kept with them, and what is written to them follows it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::test_world::{World, worlds};

async fn speak(world: &World, who: &str, language: &str) -> (StatusCode, Value) {
    world
        .ask(who, "PATCH", "/api/v1/session", json!({ "language": language }))
        .await
}

#[tokio::test]
async fn a_language_is_kept_with_the_person_and_the_program_answers_in_it() {
    for mut world in worlds().await {
        let language = async |who: &str| world.get(who, "/api/v1/session").await["user"]["language"].clone();
        // A rep may not change users, themselves neither: what they read is theirs to say.
        assert_eq!(
            world
                .ask(
                    "rita",
                    "PATCH",
                    "/api/v1/users/rita",
                    json!({ "fields": { "language": "de" } })
                )
                .await
                .0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(language("rita").await, "en");
        let (status, session) = speak(&world, "rita", "de").await;
        assert_eq!(
            (status, &session["user"]["language"]),
            (StatusCode::OK, &json!("de")),
            "{session}"
        );
        // Wherever she asks from; and nobody else.
        assert_eq!(
            (language("rita").await, language("rolf").await),
            (json!("de"), json!("en"))
        );
        let record = world.get("ada", "/api/v1/users/rita").await;
        assert_eq!(
            (&record["fields"]["language"], &record["changed_by"]),
            (&json!("de"), &json!("rita"))
        );
        // Said again it is no change.
        speak(&world, "rita", "de").await;
        assert_eq!(
            world.get("ada", "/api/v1/users/rita").await["version"],
            record["version"]
        );

        // What the program says to her is in it from the next answer on.
        let lead = json!({ "fields": { "name": "Ida", "phone": "call", "owner_id": "rita" } });
        let lead = world.post("max", "/api/v1/leads/capture", lead).await["record"]["id"].clone();
        let card = format!("/api/v1/leads/{}/card", lead.as_str().unwrap());
        let said = async |who: &str| world.get(who, &card).await["checks"][0]["text"].clone();
        let (german, english) = (said("rita").await, said("max").await);
        assert_ne!(german, english);
        speak(&world, "max", "de").await;
        assert_eq!(said("max").await, german);
        speak(&world, "rita", "en").await;
        assert_eq!(said("rita").await, english);

        let (status, refused) = speak(&world, "rita", "fr").await;
        assert_eq!(
            (
                status,
                &refused["faults"][0]["pointer"],
                &refused["faults"][0]["message"]
            ),
            (
                StatusCode::BAD_REQUEST,
                &json!("/language"),
                &json!("The program speaks en and de.")
            )
        );
        assert_eq!(speak(&world, "nobody", "de").await.0, StatusCode::UNAUTHORIZED);
        world.reader("rita", "rita who only looks").await;
        assert_eq!(
            speak(&world, "rita who only looks", "de").await.0,
            StatusCode::FORBIDDEN
        );
    }
}
