//! Marketing of the demo: consents, segments, and a campaign of three weeks ago by mail and letter, with some left out.
//!
//! It has dice of its own, so that it changes nothing of what else is played. Those addressed order more often than those
//! left out; how much the campaign brought is what its results find in the orders, like in any other.

use records::{Filter, Op, Query, Record, Viewer, fields};
use serde_json::json;

use super::people::{People, create};
use super::random::Random;
use super::store::Customer;
use super::{DAYS, SEED, Stage};
use crate::problem::Problem;

/// The campaign started so many days before today.
const AGO: i64 = 21;

/// What of the marketing is under way.
pub(super) struct Marketing {
    random: Random,
    campaign: Option<String>,
    /// Who still has to do something: (day, member, whether they order).
    coming: Vec<(i64, Record, bool)>,
}

async fn all(stage: &Stage, type_name: &str, filter: Filter) -> Result<Vec<Record>, Problem> {
    let mut query = Query::of(type_name).filter(filter).limit(Query::MAX_LIMIT);
    let mut found = Vec::new();
    loop {
        let page = stage.store().list(&Viewer::system(), &query).await?;
        found.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(found),
        }
    }
}

impl Marketing {
    pub fn new() -> Self {
        Self {
            random: Random::new(SEED ^ 0x3a_4e7),
            campaign: None,
            coming: Vec::new(),
        }
    }

    /// The campaign starts on its day; afterwards people answer.
    pub async fn day(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        // Nothing is played on days off, so the first day from then on.
        if day < DAYS - AGO {
            return Ok(());
        }
        stage.set(day, 17, 30);
        if self.campaign.is_none() {
            self.consents(stage, people).await?;
            self.begin(stage, people, customers, day).await?;
        } else if self.coming.iter().any(|c| c.0 <= day) {
            self.answers(stage, people, day).await?;
        }
        Ok(())
    }

    /// About half of the contacts gave their addresses, most of them with a consent; a few want to hear nothing.
    async fn consents(&mut self, stage: &Stage, people: &People) -> Result<(), Problem> {
        let mut contacts = all(stage, "contact", Filter::all()).await?;
        // Ids are new each time; names and numbers are not.
        contacts.sort_by_key(|c| {
            (
                c.text("phone").map(str::to_owned),
                c.text("name").map(str::to_owned),
            )
        });
        let mut ops = Vec::new();
        let given_at = stage.at(stage.day(DAYS - AGO - 60), 10, 0).0;
        for (number, contact) in contacts.iter().enumerate() {
            if self.random.chance(0.03) {
                ops.push(Op::update(
                    "contact",
                    contact.id.clone(),
                    fields([("do_not_contact", true.into())]),
                ));
                continue;
            }
            if !self.random.chance(0.55) {
                continue;
            }
            let email = format!("contact{number}@customers.example");
            ops.push(Op::update(
                "contact",
                contact.id.clone(),
                fields([("email", email.into())]),
            ));
            if !self.random.chance(0.8) {
                continue;
            }
            let (source, evidence) = *self.random.pick(&[
                ("Fair", "Ticked and signed on the form at our stand."),
                (
                    "Web form",
                    "Box ticked, and the link in the confirmation mail followed.",
                ),
                ("Visit", "Asked for the newsletter; noted in the visit's report."),
            ]);
            let withdrawn = self.random.chance(0.08).then_some(given_at + 20 * 86_400_000);
            ops.push(create("consent", None, json!({
                "contact_id": contact.id, "purpose": "marketing", "channel": "email", "lawful_basis": "consent",
                "given_at": given_at, "withdrawn_at": withdrawn, "source": source, "evidence": evidence,
            })));
        }
        stage.write(&people.manager, "Consents", ops).await?;
        Ok(())
    }

    async fn begin(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        let open = "status NOT IN ('resolved', 'closed')";
        let quiet = json!({ "is": "records", "type": "case", "filter": open, "none": true });
        let (segment, campaign) = (records::new_id(), records::new_id());
        let mut ops = vec![create(
            "segment",
            Some(segment.clone()),
            json!({
                "name": "C customers without an open case", "subject": "account", "kind": "live", "owner_id": people.manager,
                "definition": { "filter": "type = 'customer' AND class = 'C'", "related": [quiet] },
            }),
        )];
        if let Some(place) = customers.iter().find_map(|c| c.place) {
            ops.push(create("segment", None, json!({
                "name": "Within 12 minutes, not visited for 40 days", "subject": "account", "kind": "live", "owner_id": people.manager,
                "definition": {
                    "filter": "type = 'customer'", "related": [{ "is": "not_visited", "days": 40 }],
                    "within": [{ "reach": { "lng": place.lng(), "lat": place.lat(), "minutes": 12.0 } }],
                },
            })));
        }
        ops.push(create("campaign", Some(campaign.clone()), json!({
            "name": "Seasonal assortment", "segment_id": segment, "owner_id": people.manager, "seed": 2026, "control_share": 25,
            "response_days": 30, "from_day": stage.day(day).to_string(), "to_day": stage.day(day + 35).to_string(), "code": "SEASON",
            "budget": 150_000, "cost": 20_000,
            "channels": [{ "channel": "email", "cost_each": 5 }, { "channel": "letter", "cost_each": 140 }],
            "variants": [
                { "name": "A", "offer": "Ten per cent on the seasonal assortment", "weight": 1, "subject": "Ten per cent on your season", "text": "The seasonal assortment is here." },
                { "name": "B", "offer": "A free display stand with the seasonal assortment", "weight": 1, "subject": "A stand for your season", "text": "The seasonal assortment is here, and it stands by itself." },
            ],
            "landing_text": "Press the button, and your sales representative brings it along on the next visit.",
        })));
        stage
            .write(&people.manager, "Segments and a campaign", ops)
            .await?;
        crate::territories::settle(stage.store()).await?;
        stage.app.live.catch_up().await?;
        let signed = crate::sessions::load(&stage.app, &people.manager).await?;
        let record = stage
            .store()
            .get(&Viewer::system(), "campaign", &campaign, records::At::PRESENT)
            .await?;
        let (Some(signed), Some(record)) = (signed, record) else {
            return Ok(());
        };
        crate::campaigns::start(&stage.app, &signed, &record).await?;
        let mut members = all(
            stage,
            "campaign_member",
            Filter::eq("campaign_id", campaign.as_str()),
        )
        .await?;
        let names: std::collections::HashMap<&str, &str> = customers
            .iter()
            .map(|c| (c.account.as_str(), c.name.as_str()))
            .collect();
        members.sort_by_key(|m| {
            m.text("account_id")
                .and_then(|a| names.get(a))
                .map(|n| (*n).to_owned())
        });
        let sent = |m: &Record| {
            Op::update(
                "campaign_member",
                m.id.clone(),
                fields([
                    ("status", "sent".into()),
                    ("sent_at", stage.store().now().0.into()),
                ]),
            )
        };
        let treated: Vec<&Record> = members
            .iter()
            .filter(|m| m.text("arm") == Some("treated"))
            .collect();
        stage
            .write(
                &people.manager,
                "Sent the campaign",
                treated.iter().map(|m| sent(m)).collect(),
            )
            .await?;
        // By count and not by dice: who is left out is drawn by ids, which are new each time, and the demo is the same.
        let (mut addressed, mut left_out) = (0, 0);
        for member in members {
            let orders = if member.text("arm") == Some("treated") {
                addressed += 1;
                if addressed % 3 == 1 {
                    self.coming
                        .push((day + self.random.between(1, 6), member.clone(), false));
                }
                addressed % 4 == 2
            } else {
                left_out += 1;
                left_out % 11 == 4
            };
            if orders {
                self.coming
                    .push((day + self.random.between(2, AGO - 2), member, true));
            }
        }
        self.campaign = Some(campaign);
        Ok(())
    }

    async fn answers(&mut self, stage: &Stage, people: &People, day: i64) -> Result<(), Problem> {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.coming)
            .into_iter()
            .partition(|c| c.0 <= day);
        self.coming = later;
        let mut ops = Vec::new();
        for (_, member, orders) in now {
            if orders {
                let count = self.random.between(1, 4);
                let line = json!([{ "text": "Seasonal assortment", "quantity": count, "unit": "box", "unit_price": 31_500, "tax_rate": 700 }]);
                // Those left out have no code.
                let coded = member.text("arm") == Some("treated");
                ops.push(create("order", None, json!({
                    "account_id": member.text("account_id"), "owner_id": people.manager, "status": "confirmed", "currency": "EUR",
                    "lines": line, "ordered_on": stage.day(day).to_string(), "campaign_code": coded.then_some("SEASON"),
                })));
            } else {
                ops.push(create(
                    "campaign_response",
                    None,
                    json!({
                        "campaign_id": self.campaign, "member_id": member.id,
                        "kind": if member.text("channel") == Some("email") { "click" } else { "code" },
                    }),
                ));
                ops.push(Op::update(
                    "campaign_member",
                    member.id.clone(),
                    fields([("status", "responded".into())]),
                ));
            }
        }
        stage
            .write(&people.manager, "Answers to the campaign", ops)
            .await?;
        Ok(())
    }
}
