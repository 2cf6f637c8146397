//! What reps learn, what they object to, and what becomes of their deals.

use records::{At, Op, Viewer, fields};
use serde_json::{Value, json};

use super::Firm;
use crate::test_world::{DAY, MONDAY};

impl Firm {
    /// An open or closed deal of a place's account.
    async fn deal(&self, place: usize, owner: &str, closed: bool) -> String {
        let location = self
            .world
            .store()
            .get(&Viewer::system(), "location", &self.places[place], At::PRESENT)
            .await
            .unwrap()
            .unwrap();
        let stage = records::new_id();
        let id = records::new_id();
        let made = fields([
            ("name", "Stage".into()),
            ("position", 1.into()),
            ("is_closed", closed.into()),
        ]);
        let deal = fields([
            ("name", "Deal".into()),
            ("account_id", location.text("account_id").unwrap().into()),
            ("stage_id", stage.as_str().into()),
            ("owner_id", owner.into()),
            ("amount", 5_000.into()),
        ]);
        self.world
            .write(vec![
                Op::Create {
                    type_name: "stage".into(),
                    id: Some(stage),
                    fields: made,
                },
                Op::Create {
                    type_name: "opportunity".into(),
                    id: Some(id.clone()),
                    fields: deal,
                },
            ])
            .await;
        id
    }

    async fn field(&self, deal: &str, field: &str) -> Value {
        let store = self.world.store();
        let deal = store
            .get(&Viewer::system(), "opportunity", deal, At::PRESENT)
            .await;
        deal.unwrap().unwrap().fields[field].clone()
    }

    async fn sees(&self, who: &str, place: usize) -> bool {
        let path = format!("/api/v1/customers/{}", self.places[place]);
        self.world
            .ask(who, "GET", &path, Value::Null)
            .await
            .0
            .is_success()
    }
}

#[tokio::test]
async fn a_rep_gets_a_list_objects_and_the_manager_accepts() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let body = json!({ "message": "Ann has room" });
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/publish"), body)
        .await;

    let own = firm.world.get("ben", "/api/v1/moves").await;
    let letter = &own["publications"][0];
    assert_eq!(
        (&letter["lost_count"], &letter["gained_count"]),
        (&json!(1), &json!(0)),
        "{own:#}"
    );
    assert_eq!(letter["lost"][0]["name"], "W3");
    assert_eq!(letter["lost"][0]["to"]["owner_name"], "Ann");
    let reason = letter["lost"][0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Inside the area of East, version 2, "),
        "{reason}"
    );
    assert!(letter["text"].as_str().unwrap().contains("Why: Ann has room"));
    let other = firm.world.get("ann", "/api/v1/moves").await;
    assert_eq!(other["publications"][0]["gained"][0]["name"], "W3");
    // Whom it does not concern gets nothing, and nobody reads another's list.
    assert_eq!(
        firm.world.get("rita", "/api/v1/moves").await["publications"],
        json!([])
    );
    let (status, _, _) = firm
        .refused("ann", "GET", "/api/v1/moves?user=ben", Value::Null)
        .await;
    assert_eq!(status, 403);
    let managed = firm.world.get("mia", "/api/v1/moves?user=ben").await;
    assert_eq!(managed["publications"][0]["lost_count"], 1);

    let objections = format!("/api/v1/scenarios/{id}/objections");
    let against =
        |place: usize| json!({ "location_id": firm.places[place], "reason": "I know them for years" });
    let (status, code, _) = firm.refused("ben", "POST", &objections, against(0)).await;
    assert_eq!((status, code.as_str()), (404, "not-found"), "it did not move");
    let (status, _, _) = firm.refused("rita", "POST", &objections, against(2)).await;
    assert_eq!(status, 404, "it is not hers");
    let made = firm.world.post("ben", &objections, against(2)).await;
    assert_eq!(made["change"]["to"]["name"], "West");
    let (status, code, _) = firm.refused("ben", "POST", &objections, against(2)).await;
    assert_eq!((status, code.as_str()), (409, "already-objected"));
    // Ann sees none of it.
    assert_eq!(
        firm.world.get("ann", "/api/v1/objections").await["objections"],
        json!([])
    );
    let one = format!("/api/v1/objections/{}", made["id"].as_str().unwrap());
    assert_eq!(
        firm.world.ask("ann", "GET", &one, Value::Null).await.0.as_u16(),
        404
    );

    let open = firm.world.get("mia", "/api/v1/objections?state=open").await;
    assert_eq!(open["objections"][0]["name"], "W3");
    let shown = firm.world.get("mia", &one).await;
    assert_eq!(shown["effect"]["moved_count"], 1, "{shown:#}");
    let (status, code, _) = firm
        .refused("mia", "POST", &format!("{one}/decline"), json!({ "answer": " " }))
        .await;
    assert_eq!((status, code.as_str()), (400, "required"));
    let accepted = firm
        .world
        .post(
            "mia",
            &format!("{one}/accept"),
            json!({ "answer": "You are right" }),
        )
        .await;
    assert_eq!(accepted["objection"]["state"], "accepted");
    let draft = accepted["scenario_id"].as_str().unwrap();
    let made = firm.world.get("mia", &format!("/api/v1/scenarios/{draft}")).await;
    assert!(made["name"].as_str().unwrap().starts_with("Objections to "));
    assert_eq!(made["operations_list"][0]["title"], "1 place: East → West");
    firm.publish("mia", draft).await;
    assert_eq!(firm.owner(2).await, "West");
    let (status, code, _) = firm
        .refused("mia", "POST", &format!("{one}/accept"), json!({}))
        .await;
    assert_eq!((status, code.as_str()), (409, "not-open"));
    let answered = firm.world.get("ben", &one).await;
    assert_eq!(answered["answer"], "You are right");
}

#[tokio::test]
async fn of_three_objections_to_what_is_queued_one_is_accepted() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let all = json!({ "kind": "move", "to": firm.east, "location_ids": &firm.places[..3] });
    firm.operate(&id, all).await;
    firm.world
        .post(
            "mia",
            &format!("/api/v1/scenarios/{id}/publish"),
            json!({ "from": "2026-03-10" }),
        )
        .await;
    let letter = firm.world.get("ben", "/api/v1/moves").await;
    assert_eq!(letter["publications"][0]["state"], "queued");
    assert_eq!(letter["publications"][0]["lost_count"], 3);
    let mut ids = Vec::new();
    for place in 0..3 {
        let body = json!({ "location_id": firm.places[place], "reason": "Mine" });
        let made = firm
            .world
            .post("ben", &format!("/api/v1/scenarios/{id}/objections"), body)
            .await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let path = |i: usize, what: &str| format!("/api/v1/objections/{}/{what}", ids[i]);
    firm.world
        .post("mia", &path(0, "decline"), json!({ "answer": "No room" }))
        .await;
    firm.world.post("ben", &path(1, "withdraw"), Value::Null).await;
    firm.world.post("mia", &path(2, "accept"), json!({})).await;
    // The queued scenario itself is updated, and stays queued.
    let diff = firm
        .world
        .get("mia", &format!("/api/v1/scenarios/{id}/diff"))
        .await;
    assert_eq!(diff["groups"][0]["places"], 2, "{diff:#}");
    let shown = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(shown["state"], "queued");
    assert_eq!(shown["objections_open"], 0);
}

#[tokio::test]
async fn open_deals_stay_for_a_while_and_closed_ones_for_good() {
    let firm = Firm::new().await;
    let open = firm.deal(2, "ben", false).await;
    let closed = firm.deal(2, "ben", true).await;
    let before = firm.hash().await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let told = firm
        .world
        .get(
            "mia",
            &format!("/api/v1/scenarios/{id}/consequences?holdover_days=60"),
        )
        .await;
    assert_eq!(
        told["text"],
        "1 place changes owner now. 1 open deal stays with Ben for 60 days. 2 reps get a list with reasons."
    );
    assert_eq!(
        (&told["open_deals"], &told["closed_deals"]),
        (&json!(1), &json!(1))
    );
    let body = json!({ "holdover_days": 60 });
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/publish"), body)
        .await;
    assert_eq!(firm.owner(2).await, "East");
    assert_eq!(
        firm.field(&closed, "credited_territory_id").await,
        firm.west.as_str()
    );
    assert_eq!(firm.field(&open, "owner_id").await, "ben");
    assert!(
        firm.sees("ben", 2).await,
        "as long as the deal is his, so is the look at the customer"
    );
    assert!(firm.sees("ann", 2).await);
    assert!(!firm.sees("rita", 2).await);
    let letter = firm.world.get("ben", "/api/v1/moves").await;
    assert!(
        letter["publications"][0]["lost"][0]["holdover_until"]
            .as_i64()
            .unwrap()
            > MONDAY + 59 * DAY
    );
    // A customer counts once, whoever still has a deal.
    let overview = firm.world.get("mia", "/api/v1/territories/overview").await;
    let accounts: i64 = overview["territories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["totals"]["accounts"].as_i64().unwrap())
        .sum();
    assert_eq!(accounts, 5);
    firm.world.set_time(MONDAY + 61 * DAY);
    crate::scenarios::queue::run_due(&firm.world.app).await.unwrap();
    firm.world.settle().await;
    assert_eq!(firm.field(&open, "owner_id").await, "ann");
    assert!(!firm.sees("ben", 2).await);
    // The deal was passed on by the clock and stays passed; credit is for good.
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(firm.hash().await, before);
    assert_eq!(
        firm.field(&closed, "credited_territory_id").await,
        firm.west.as_str()
    );
}

#[tokio::test]
async fn deals_that_pass_at_once_come_back_with_a_revert() {
    let firm = Firm::new().await;
    let open = firm.deal(2, "ben", false).await;
    let somebody_elses = firm.deal(2, "rolf", false).await;
    let id = firm.scenario("mia").await;
    firm.operate(&id, firm.strip()).await;
    let body = json!({ "holdover_days": 0 });
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/publish"), body)
        .await;
    assert_eq!(firm.field(&open, "owner_id").await, "ann");
    assert_eq!(firm.field(&somebody_elses, "owner_id").await, "rolf");
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/revert"), json!({}))
        .await;
    assert_eq!(firm.field(&open, "owner_id").await, "ben");
}

#[tokio::test]
async fn a_step_of_what_was_published_is_not_taken_out_of_it() {
    let firm = Firm::new().await;
    let id = firm.scenario("mia").await;
    let step = firm
        .world
        .post("mia", &format!("/api/v1/scenarios/{id}/operations"), firm.strip())
        .await;
    firm.world
        .post("mia", &format!("/api/v1/scenarios/{id}/publish"), json!({}))
        .await;
    let undo = format!(
        "/api/v1/change-sets/{}/undo",
        step["change_set"].as_str().unwrap()
    );
    let (status, code, _) = firm.refused("mia", "POST", &undo, Value::Null).await;
    assert_eq!((status, code.as_str()), (409, "not-a-draft"));
    let shown = firm.world.get("mia", &format!("/api/v1/scenarios/{id}")).await;
    assert_eq!(
        (&shown["operations"], &shown["state"]),
        (&json!(1), &json!("published"))
    );
}
