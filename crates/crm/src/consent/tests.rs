//! Who may be contacted, case by case.

use geom::Timestamp;
use records::{Op, fields};
use serde_json::{Value, json};

use super::decide::{Given, decide};
use super::{Asked, Channel, Person, PersonKind, Purpose, may_contact};
use crate::test_world::{DAY, MONDAY, World};

fn person() -> Person {
    Person {
        kind: PersonKind::Contact,
        id: "p".into(),
        account_id: Some("a".into()),
        name: "Anna".into(),
        firm: "Bakery".into(),
        email: Some("anna@example.org".into()),
        phone: Some("0395 1".into()),
        has_address: true,
        has_place: true,
        do_not_contact: false,
        email_bounced_at: None,
        preferred: None,
        consents: Vec::new(),
    }
}

fn said(channel: Option<Channel>, given: Option<i64>, withdrawn: Option<i64>) -> Given {
    Given {
        id: format!("{given:?}/{withdrawn:?}"),
        purpose: Purpose::Marketing,
        channel,
        given_at: given.map(Timestamp),
        withdrawn_at: withdrawn.map(Timestamp),
    }
}

fn codes(person: &Person, at: i64) -> [&'static str; 4] {
    Channel::ALL.map(|c| decide(person, c, Purpose::Marketing, Timestamp(at)).code)
}

#[test]
fn what_is_allowed_without_a_word_and_what_after_one() {
    // In the order e-mail, letter, telephone, visit.
    let mut anna = person();
    assert_eq!(
        codes(&anna, 100),
        ["no-consent", "not-objected", "no-consent", "not-objected"]
    );
    anna.consents = vec![said(Some(Channel::Email), Some(50), None)];
    assert_eq!(
        codes(&anna, 100),
        ["consent", "not-objected", "no-consent", "not-objected"]
    );
    assert_eq!(codes(&anna, 49)[0], "no-consent", "before it was given");
    // Withdrawn for everything later, given again for letters after that.
    anna.consents.push(said(None, None, Some(60)));
    assert_eq!(codes(&anna, 100), ["withdrawn"; 4]);
    assert_eq!(codes(&anna, 55)[0], "consent");
    anna.consents.push(said(Some(Channel::Letter), Some(70), None));
    assert_eq!(
        codes(&anna, 100),
        ["withdrawn", "consent", "withdrawn", "withdrawn"]
    );
    // At one moment the objection counts.
    anna.consents.push(said(Some(Channel::Letter), None, Some(70)));
    assert_eq!(codes(&anna, 100)[1], "withdrawn");
    // What a contract asks for needs no consent, and an objection against marketing is none against it.
    let service = decide(&anna, Channel::Email, Purpose::Service, Timestamp(100));
    assert!(service.allowed && service.code == "necessary");
}

#[test]
fn stop_signs_and_missing_ways_come_before_consent() {
    let mut anna = person();
    anna.consents = vec![said(None, Some(50), None)];
    anna.email_bounced_at = Some(Timestamp(90));
    assert_eq!(codes(&anna, 100), ["bounced", "consent", "consent", "consent"]);
    assert_eq!(codes(&anna, 89)[0], "consent");
    anna.phone = None;
    anna.has_address = false;
    assert_eq!(
        codes(&anna, 100),
        ["bounced", "no-address", "no-address", "consent"]
    );
    anna.do_not_contact = true;
    assert_eq!(codes(&anna, 100), ["do-not-contact"; 4]);
    assert!(decide(&anna, Channel::Visit, Purpose::Service, Timestamp(100)).allowed);
    let verdict = decide(&person(), Channel::Email, Purpose::Marketing, Timestamp(1));
    assert!(!verdict.allowed && verdict.consent_id.is_none());
}

async fn in_the_records(world: World) {
    let (account, _) = world
        .customer("Bakery", Some((13.26, 53.55)), json!({ "owner_id": "rita" }))
        .await;
    let (contact, lead) = (records::new_id(), records::new_id());
    let create = |type_name: &str, id: &str, values: Value| Op::Create {
        type_name: type_name.into(),
        id: Some(id.into()),
        fields: values.as_object().cloned().unwrap_or_default(),
    };
    world
        .write(vec![
            create(
                "contact",
                &contact,
                json!({ "name": "Anna", "email": "anna@example.org", "account_id": account }),
            ),
            create(
                "lead",
                &lead,
                json!({ "name": "Leo", "email": "leo@example.org", "status": "new", "owner_id": "rolf" }),
            ),
        ])
        .await;
    let ask = async |asked: Asked<'_>, channel| {
        let verdict = may_contact(
            &world.app,
            asked,
            channel,
            Purpose::Marketing,
            world.app.store.now(),
        )
        .await;
        verdict.expect("an answer").map(|v| v.code)
    };
    assert_eq!(
        ask(Asked::Contact(&contact), Channel::Email).await,
        Some("no-consent")
    );
    assert_eq!(ask(Asked::Contact("nobody"), Channel::Email).await, None);
    // The account's place counts for its people; a lead has none to drive to.
    assert_eq!(
        ask(Asked::Contact(&contact), Channel::Visit).await,
        Some("not-objected")
    );
    assert_eq!(ask(Asked::Lead(&lead), Channel::Visit).await, Some("no-address"));
    let given = json!({ "fields": { "contact_id": contact, "purpose": "marketing", "channel": "email", "lawful_basis": "consent",
        "given_at": MONDAY - DAY, "evidence": "Ticked on the paper form of 1 March.", "source": "Fair" } });
    let made = world.post("rita", "/api/v1/consents", given).await;
    assert_eq!(
        ask(Asked::Contact(&contact), Channel::Email).await,
        Some("consent")
    );
    let path = format!("/api/v1/consent/check?contact_id={contact}");
    let checked = world.get("rita", &path).await;
    assert_eq!(checked["verdicts"][0]["code"], "consent");
    assert_eq!(checked["verdicts"][0]["consent_id"], made["record"]["id"]);
    // Another rep may know of neither.
    assert_eq!(world.ask("rolf", "GET", &path, Value::Null).await.0.as_u16(), 404);
    let id = made["record"]["id"].as_str().unwrap();
    assert_eq!(
        world
            .ask("rolf", "GET", &format!("/api/v1/consents/{id}"), Value::Null)
            .await
            .0
            .as_u16(),
        404
    );
    assert_eq!(world.get("rolf", "/api/v1/consents/count").await["count"], 0);
    let late = json!({ "fields": { "withdrawn_at": MONDAY - 2 * DAY } });
    let (status, refused) = world
        .ask("rita", "PATCH", &format!("/api/v1/consents/{id}"), late)
        .await;
    assert_eq!(
        (status.as_u16(), &refused["faults"][0]["code"]),
        (400, &"before-given".into()),
        "{refused}"
    );
    world
        .write(vec![Op::update(
            "consent",
            id,
            fields([("withdrawn_at", MONDAY.into())]),
        )])
        .await;
    assert_eq!(
        ask(Asked::Contact(&contact), Channel::Email).await,
        Some("withdrawn")
    );
    let both = json!({ "fields": { "contact_id": contact, "lead_id": lead, "purpose": "marketing", "channel": "any", "lawful_basis": "consent" } });
    assert_eq!(
        world.ask("max", "POST", "/api/v1/consents", both).await.1["faults"][0]["code"],
        "one-person"
    );
    // The customer's stop sign is that of everybody there.
    world
        .write(vec![Op::update(
            "account",
            account.as_str(),
            fields([("do_not_contact", true.into())]),
        )])
        .await;
    assert_eq!(
        ask(Asked::Contact(&contact), Channel::Letter).await,
        Some("do-not-contact")
    );
}

#[tokio::test]
async fn decided_from_the_records_on_sqlite() {
    in_the_records(World::new().await).await;
}

#[tokio::test]
async fn decided_from_the_records_on_postgresql() {
    if let Some(world) = World::on_postgres().await {
        in_the_records(world).await;
    }
}
