//! What a rep must not see is not there: not by any list, count, map, search, filter, error or event.

mod refusals;
mod roles;
mod sharing;
mod traces;

use serde_json::json;

use crate::harness::{Client, World, customer, text};

/// A name that occurs nowhere else, in the town of the demo map.
const SECRET: &str = "Xylophonwerk";

/// A customer of the colleague's with everything that hangs on one, and one of the rep's own.
struct Hidden {
    account: String,
    location: String,
    contact: String,
    opportunity: String,
    activity: String,
    visit: String,
    plan: String,
    change_set: String,
    segment: String,
    campaign: String,
    own_account: String,
    own_location: String,
}

async fn hidden(world: &World, manager: &Client) -> Hidden {
    let (rep, colleague) = (
        world.sign_in("rep").await.user(),
        world.sign_in("colleague").await.user(),
    );
    let place = json!({"street": "Geheimweg", "house_number": "7", "city": "Neubrandenburg", "lng": 13.2611, "lat": 53.5566});
    let account = manager
        .post(
            "/api/v1/accounts",
            json!({"fields": {
            "name": SECRET, "type": "customer", "class": "A", "industry": "Xylophones", "owner_id": colleague,
            "annual_revenue": 777_000_777, "phone": "0395 7770777", "number": "XYL-1"}}),
        )
        .await
        .ok();
    let change_set = text(&account["change_set"]);
    let account = text(&account["record"]["id"]);
    let mut fields = place.clone();
    fields["account_id"] = account.clone().into();
    let location = manager.create("locations", fields).await;
    let contact = manager
        .create(
            "contacts",
            json!({"name": "Xenia Xylander", "account_id": account}),
        )
        .await;
    let stage = manager
        .create("stages", json!({"name": "Offer", "position": 1}))
        .await;
    let opportunity = manager
        .create("opportunities", json!({"name": "Xylo deal", "account_id": account, "stage_id": stage, "amount": 55_555, "owner_id": colleague}))
        .await;
    let activity = manager
        .create(
            "activities",
            json!({"kind": "note", "subject": "Xylo note", "account_id": account, "owner_id": colleague}),
        )
        .await;
    // Somebody talks about it, and means the rep, who is not to be told.
    let session = world.sign_in("rep").await.get("/api/v1/session").await.ok();
    let said = format!("{SECRET}: ask @{}", text(&session["user"]["name"]));
    manager
        .post(
            "/api/v1/collaboration/comments",
            json!({"type": "account", "id": account, "text": said}),
        )
        .await
        .ok();
    // What marketing knows: a consent with its evidence, a fixed list and a running campaign with the customer in it.
    manager
        .create(
            "consents",
            json!({"contact_id": contact, "purpose": "marketing", "channel": "email", "lawful_basis": "consent", "evidence": "Xylo signature"}),
        )
        .await;
    let segment = manager
        .create(
            "segments",
            json!({"name": "Everybody", "subject": "account", "kind": "live", "definition": {"filter": "class = 'A'"}}),
        )
        .await;
    let campaign = manager
        .create(
            "campaigns",
            json!({"name": "Spring", "segment_id": segment, "control_share": 0, "channels": [{"channel": "visit"}]}),
        )
        .await;
    manager
        .post(&format!("/api/v1/campaigns/{campaign}/start"), json!({}))
        .await
        .ok();
    manager
        .post(&format!("/api/v1/segments/{segment}/freeze"), json!({}))
        .await
        .ok();
    let visit = manager
        .create("visits", json!({"location_id": location, "account_id": account, "owner_id": colleague, "status": "planned", "planned_start": 4_000_000_000_000_i64}))
        .await;
    let plan = manager
        .create(
            "plans",
            json!({"user_id": colleague, "day": "2099-01-05", "status": "proposed", "result": {}, "problem": {}}),
        )
        .await;
    let (own_account, own_location) = customer(
        manager,
        json!({"name": "Yachthafen", "type": "customer", "class": "B", "owner_id": rep, "annual_revenue": 100}),
        json!({"street": "Seeweg", "house_number": "1", "city": "Neubrandenburg", "lng": 13.2620, "lat": 53.5570}),
    )
    .await;
    Hidden {
        account,
        location,
        contact,
        opportunity,
        activity,
        visit,
        plan,
        change_set,
        segment,
        campaign,
        own_account,
        own_location,
    }
}
