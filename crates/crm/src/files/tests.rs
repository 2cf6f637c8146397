//! A file lies with a record, opens from its customer, and is what was sent.

use axum::http::StatusCode;
use records::Op;
use serde_json::{Value, json};

use super::Vault;
use super::http::disposition;
use crate::Channels;
use crate::test_world::World;

#[tokio::test]
async fn a_file_attached_to_a_visit_opens_from_the_customer_too() {
    let open = |folder: &std::path::Path| Channels {
        files: Some(folder.join("files")),
        ..Channels::default()
    };
    for world in World::with_channels(open).await {
        let (account, location) = world
            .customer("Müller", None, json!({ "owner_id": "rita" }))
            .await;
        let visit =
            json!({ "account_id": account, "location_id": location, "owner_id": "rita", "status": "done" });
        let visit = Op::Create {
            type_name: "visit".into(),
            id: Some("v1".into()),
            fields: serde_json::from_value(visit).unwrap(),
        };
        world.write(vec![visit]).await;
        let path = "/api/v1/files/upload?name=..%2FPlan%20S%C3%BCd.pdf&about_type=visit&about_id=v1";
        let (status, made) = world.upload("rita", path, b"%PDF-1.7 plan".to_vec()).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!(made["record"]["fields"]["name"], "Plan Süd.pdf");
        assert_eq!(made["record"]["fields"]["size"], 13);
        let found = world
            .get("rita", &format!("/api/v1/files?filter=account_id%3D'{account}'"))
            .await;
        assert_eq!(found["records"][0]["id"], made["record"]["id"]);
        let content = format!("/api/v1/files/{}/content", made["record"]["id"].as_str().unwrap());
        let (_, headers, bytes) = world.raw("rita", "GET", &content, Value::Null).await;
        assert_eq!(bytes, b"%PDF-1.7 plan");
        assert_eq!(
            headers["content-disposition"],
            "attachment; filename=\"Plan S_d.pdf\"; filename*=UTF-8''Plan%20S%C3%BCd.pdf"
        );
        // Not from a record one may not see, not without bytes, not too large, not by hand.
        assert_eq!(
            world.upload("rolf", path, b"x".to_vec()).await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            world.upload("anna", path, b"x".to_vec()).await.0,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            world.upload("rita", path, Vec::new()).await.0,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            world.upload("rita", path, vec![0; super::LARGEST + 1]).await.0,
            StatusCode::PAYLOAD_TOO_LARGE
        );
        let (status, _) = world
            .ask(
                "rita",
                "POST",
                "/api/v1/files",
                json!({ "fields": { "name": "a.txt" } }),
            )
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            world.raw("rolf", "GET", &content, Value::Null).await.0,
            StatusCode::NOT_FOUND
        );
        // The same bytes lie there once; what was changed on the disk is not given out as what it was.
        let vault = Vault::at(world.folder().join("files"));
        let digest = made["record"]["fields"]["digest"].as_str().unwrap();
        assert_eq!(vault.put(b"%PDF-1.7 plan").unwrap(), digest);
        let stored = world.folder().join("files").join(&digest[..2]).join(&digest[2..]);
        std::fs::write(&stored, b"%PDF-1.7 Plan").unwrap();
        assert_eq!(
            world.raw("rita", "GET", &content, Value::Null).await.0,
            StatusCode::INTERNAL_SERVER_ERROR
        );
        std::fs::remove_file(&stored).unwrap();
        assert_eq!(
            world.raw("rita", "GET", &content, Value::Null).await.0,
            StatusCode::GONE
        );
        for made_up in ["../../etc/passwd", "", "g".repeat(64).as_str()] {
            assert!(vault.get(made_up).unwrap().is_none(), "{made_up}");
        }
    }
}

#[test]
fn a_name_does_not_break_out_of_its_header() {
    assert_eq!(
        disposition("a\"; b\r\nX: y.txt"),
        "attachment; filename=\"a__ b__X_ y.txt\"; filename*=UTF-8''a%22%3B%20b%0D%0AX%3A%20y.txt"
    );
}
