//! Accounts go along with their places when territories are edited directly, and come back with one undo.

use records::{Op, fields};
use serde_json::{Value, json};

use super::*;
use crate::test_world::{square, worlds};

/// West is Rita's and East is Rolf's; customers of West, of which the last two are near the border, the last of them somebody
/// else's key account.
struct Firm {
    world: World,
    west: String,
    east: String,
    accounts: [String; 3],
    places: [String; 3],
}

/// The strip of West that is given away.
const STRIP: f64 = 13.24;

impl Firm {
    async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for world in worlds().await {
            let of = async |name: &str, lng: f64, owner: &str| {
                let more = json!({ "owner_id": owner });
                world.customer(name, Some((lng, 53.55)), more).await
            };
            let stays = of("Stays", 13.22, "rita").await;
            let passes = of("Passes", 13.245, "rita").await;
            let key = of("Key", 13.246, "anna").await;
            let draw = async |name: &str, west: f64, east: f64, owner: &str| {
                let body =
                    json!({ "name": name, "geometry": square(west, 53.5, east, 53.6), "owner_id": owner });
                let drawn = world.post("max", "/api/v1/territories/draw", body).await;
                assert_eq!(
                    drawn["accounts_passed"], 0,
                    "nobody had the places before: {drawn:#}"
                );
                id_of(&drawn)
            };
            let west = draw("West", 13.2, 13.25, "rita").await;
            let east = draw("East", 13.25, 13.3, "rolf").await;
            all.push(Self {
                accounts: [stays.0, passes.0, key.0],
                places: [stays.1, passes.1, key.1],
                world,
                west,
                east,
            });
        }
        all
    }

    async fn owners(&self) -> Vec<Value> {
        let mut owners = Vec::new();
        for account in &self.accounts {
            let found = self
                .world
                .store()
                .get(&Viewer::system(), "account", account, At::PRESENT)
                .await;
            owners.push(found.unwrap().unwrap().fields["owner_id"].clone());
        }
        owners
    }

    async fn reshape(&self, territory: &str, west: f64, east: f64) -> Value {
        let body = json!({ "geometry": square(west, 53.5, east, 53.6) });
        put(
            &self.world,
            &format!("/api/v1/territories/{territory}/geometry"),
            body,
        )
        .await
    }
}

#[tokio::test]
async fn accounts_pass_with_places_that_are_taken_and_one_undo_brings_both_back() {
    for firm in Firm::each().await {
        let asked = json!({ "territory_id": firm.east, "location_ids": firm.places });
        let told = firm
            .world
            .post("max", "/api/v1/territories/preview", asked.clone())
            .await;
        assert_eq!(told["accounts_passing"], 2, "{told:#}");
        let path = format!("/api/v1/territories/{}/take", firm.east);
        let taken = firm.world.post("max", &path, asked).await;
        assert_eq!(
            (&taken["moved"], &taken["accounts_passed"]),
            (&json!(3), &json!(2)),
            "{taken:#}"
        );
        assert_eq!(firm.owners().await, ["rolf", "rolf", "anna"]);
        // Why stands in the account's history: the consequence of what Max did.
        let history = firm
            .world
            .store()
            .history(&Viewer::system(), "account", &firm.accounts[0])
            .await
            .unwrap();
        let last = history.iter().max_by_key(|r| r.record.version).unwrap();
        let set = firm
            .world
            .store()
            .find_change_set(&last.record.change_set)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(set.caused_by.as_deref(), taken["change_set"].as_str());
        assert_eq!(set.label, "Assign 3 places. Pass on 2 accounts");
        assert_eq!(last.record.changed_by.as_deref(), Some("max"));
        // An account that somebody gave away since stays so; all else comes back.
        let given = Op::update(
            "account",
            firm.accounts[1].clone(),
            fields([("owner_id", "max".into())]),
        );
        firm.world.write(vec![given]).await;
        let undone = firm.world.undo("max", &taken["change_set"]).await;
        assert_eq!(undone["blocked_count"], 1, "{undone:#}");
        firm.world.settle().await;
        assert_eq!(firm.owners().await, ["rita", "max", "anna"]);
        assert_eq!(holders(&firm.world).await[&firm.places[0]], "West");
    }
}

#[tokio::test]
async fn accounts_pass_with_a_border_also_when_a_place_was_nobodys_in_between() {
    for firm in Firm::each().await {
        let smaller = firm.reshape(&firm.west, 13.2, STRIP).await;
        assert_eq!(
            (&smaller["moved"], &smaller["accounts_passed"]),
            (&json!(2), &json!(0)),
            "nobody has them yet: {smaller:#}"
        );
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
        let larger = json!({ "territory_id": firm.east, "geometry": square(STRIP, 53.5, 13.3, 53.6) });
        let told = firm
            .world
            .post("max", "/api/v1/territories/preview", larger)
            .await;
        assert_eq!(told["accounts_passing"], 1, "{told:#}");
        let larger = firm.reshape(&firm.east, STRIP, 13.3).await;
        assert_eq!(larger["accounts_passed"], 1, "{larger:#}");
        assert_eq!(firm.owners().await, ["rita", "rolf", "anna"]);
        firm.world.undo("max", &larger["change_set"]).await;
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
        // A new territory for somebody, drawn over the strip.
        let body = json!({ "name": "New", "geometry": square(STRIP, 53.5, 13.25, 53.6), "owner_id": "max" });
        let asked = json!({ "territory_id": null, "geometry": body["geometry"], "owner_id": "max" });
        let told = firm.world.post("max", "/api/v1/territories/preview", asked).await;
        assert_eq!(told["accounts_passing"], 1, "{told:#}");
        let drawn = firm.world.post("max", "/api/v1/territories/draw", body).await;
        assert_eq!(drawn["accounts_passed"], 1, "{drawn:#}");
        assert_eq!(firm.owners().await, ["rita", "max", "anna"]);
    }
}

#[tokio::test]
async fn accounts_pass_with_the_people_of_a_territory_and_not_by_moving_a_pin() {
    for firm in Firm::each().await {
        let path = format!("/api/v1/territories/{}/owner", firm.west);
        let given = firm.world.post("max", &path, json!({ "user_id": "rolf" })).await;
        assert_eq!(
            (&given["moved"], &given["accounts_passed"]),
            (&json!(0), &json!(2)),
            "{given:#}"
        );
        assert_eq!(firm.owners().await, ["rolf", "rolf", "anna"]);
        firm.world.undo("max", &given["change_set"]).await;
        firm.world.settle().await;
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
        // A second owner beside Rita takes nothing from her.
        let both = [("rita", "owner"), ("rolf", "owner")]
            .map(|(user, role)| json!({ "user_id": user, "role": role, "share": 50.0 }));
        let body = json!({ "members": both });
        let path = format!("/api/v1/territories/{}/members", firm.west);
        let staffed = put(&firm.world, &path, body).await;
        assert_eq!(staffed["accounts_passed"], 0, "{staffed:#}");
        // Where a customer is, is no decision about who works it.
        let path = format!("/api/v1/locations/{}", firm.places[0]);
        let body = json!({ "fields": { "lng": 13.27, "lat": 53.55 } });
        assert_eq!(firm.world.ask("max", "PATCH", &path, body).await.0, 200);
        assert_eq!(holders(&firm.world).await[&firm.places[0]], "East");
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
        // A territory that is deleted leaves its customers to nobody, and their accounts to who has them.
        let path = format!("/api/v1/territories/{}", firm.west);
        assert_eq!(firm.world.ask("max", "DELETE", &path, Value::Null).await.0, 200);
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
    }
}

#[tokio::test]
async fn an_edit_taken_back_before_assignments_follow_passes_nothing_on() {
    for firm in Firm::each().await {
        let store = firm.world.store();
        let of_west = records::Query::of("territory_member")
            .filter(records::Filter::eq("territory_id", firm.west.as_str()));
        let members = store.list(&Viewer::system(), &of_west).await.unwrap().records;
        let [member] = members.as_slice() else {
            panic!("West is one person's: {members:?}");
        };
        let give = async |who: &str| {
            let op = Op::update(
                "territory_member",
                member.id.clone(),
                fields([("user_id", who.into())]),
            );
            let author = records::Author::system("api", "Give it away");
            store.write(&author, vec![op]).await.unwrap()
        };
        give("rolf").await;
        give("rita").await;
        firm.world.settle().await;
        assert_eq!(firm.owners().await, ["rita", "rita", "anna"]);
        // The same edit that stands passes them on.
        give("rolf").await;
        firm.world.settle().await;
        assert_eq!(firm.owners().await, ["rolf", "rolf", "anna"]);
    }
}
