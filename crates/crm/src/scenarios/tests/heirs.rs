//! Accounts pass on with their places, and a price counts them as what publishing makes of them.

use std::collections::BTreeSet;

use records::{At, Viewer};
use serde_json::{Value, json};

use super::Firm;
use crate::scenarios::{branch, prices};

/// Accounts with their places: two of Ben's, of which one lies in the strip that goes to East; and one in the strip of
/// somebody who has no territory.
struct Owned {
    firm: Firm,
    stays: (String, String),
    passes: (String, String),
    key_account: (String, String),
}

impl Owned {
    async fn new() -> Self {
        let firm = Firm::new().await;
        let of = async |name: &str, lng: f64, owner: &str| {
            let more = json!({ "owner_id": owner });
            firm.world.customer(name, Some((lng, 53.56)), more).await
        };
        let (stays, passes) = (of("Stays", 13.22, "ben").await, of("Passes", 13.245, "ben").await);
        let key_account = of("Key", 13.246, "ola").await;
        firm.world.settle().await;
        Self {
            stays,
            passes,
            key_account,
            firm,
        }
    }

    async fn owner(&self, account: &str) -> Value {
        let store = self.firm.world.store();
        let found = store
            .get(&Viewer::system(), "account", account, At::PRESENT)
            .await;
        found.unwrap().unwrap().fields["owner_id"].clone()
    }

    async fn owners(&self) -> [Value; 3] {
        [
            self.owner(&self.stays.0).await,
            self.owner(&self.passes.0).await,
            self.owner(&self.key_account.0).await,
        ]
    }
}

#[tokio::test]
async fn an_account_passes_with_its_place_and_comes_back_with_it() {
    let owned = Owned::new().await;
    let firm = &owned.firm;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let path = |what: &str| format!("/api/v1/scenarios/{id}/{what}");
    let told = firm.world.get("mia", &path("consequences")).await;
    assert_eq!(told["accounts_passing"], 1, "{told:#}");
    firm.publish("mia", &id).await;
    assert_eq!(owned.owners().await, ["ben", "ann", "ola"]);
    firm.world.post("mia", &path("revert"), json!({})).await;
    assert_eq!(owned.owners().await, ["ben", "ben", "ola"]);

    // Whoever was given the account since keeps it.
    let again = firm.scenario("mia").await;
    firm.operate(&again, firm.strip()).await;
    firm.publish("mia", &again).await;
    let given = records::Op::update(
        "account",
        owned.passes.0.clone(),
        records::fields([("owner_id", "rita".into())]),
    );
    firm.world.write(vec![given]).await;
    let path = format!("/api/v1/scenarios/{again}/revert");
    firm.world.post("mia", &path, json!({})).await;
    assert_eq!(owned.owners().await, ["ben", "rita", "ola"]);
}

#[tokio::test]
async fn owners_of_accounts_stay_if_that_is_asked_for_and_pass_with_the_people_of_a_territory() {
    let owned = Owned::new().await;
    let firm = &owned.firm;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let body = json!({ "keep_account_owners": true });
    let path = format!("/api/v1/scenarios/{id}/publish");
    firm.world.post("mia", &path, body).await;
    assert_eq!(owned.owners().await, ["ben", "ben", "ola"]);
    let next = firm.scenario("mia").await;
    let people = json!({ "kind": "members", "territory_id": firm.west,
        "members": [{ "user_id": "rita", "role": "owner" }] });
    firm.operate(&next, people).await;
    firm.publish("mia", &next).await;
    assert_eq!(
        owned.owners().await,
        ["rita", "ben", "ola"],
        "the account in East is nobody's by West any more"
    );
}

#[tokio::test]
async fn a_price_counts_places_that_pass_as_one_reps_only() {
    let owned = Owned::new().await;
    let firm = &owned.firm;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let app = &firm.world.app;
    let branch = branch::load(app, &Viewer::system(), &id).await.unwrap();
    let (before, after) = prices::portfolios(app, &branch).await.unwrap();
    let has = |side: &std::collections::BTreeMap<String, BTreeSet<String>>, user: &str, place: &str| {
        side[user].contains(place)
    };
    let (stays, passes, key) = (&owned.stays.1, &owned.passes.1, &owned.key_account.1);
    assert!(has(&before, "ben", stays) && has(&before, "ben", passes) && has(&before, "ben", key));
    assert!(!has(&before, "ann", passes));
    assert!(has(&after, "ben", stays) && !has(&after, "ben", passes) && !has(&after, "ben", key));
    assert!(has(&after, "ann", passes) && has(&after, "ann", key));
    // And that is what publishing makes of it.
    firm.publish("mia", &id).await;
    let next = firm.scenario("mia").await;
    let branch = branch::load(app, &Viewer::system(), &next).await.unwrap();
    let (now, _) = prices::portfolios(app, &branch).await.unwrap();
    assert_eq!(now, after);
}
