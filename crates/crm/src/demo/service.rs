//! Cases of the demo: customers who ask and complain, queues, service levels, what stands at customers'.

use jiff::ToSpan as _;
use records::{Op, fields};
use serde_json::json;

use super::people::{People, create};
use super::random::Random;
use super::store::Customer;
use super::{DAYS, SEED, Stage};
use crate::problem::Problem;

/// Kind, subject, resolution.
const CASES: [(&str, &str, &str); 8] = [
    (
        "complaint",
        "Delivery was one box short",
        "The missing box went out the same day.",
    ),
    ("complaint", "Scale shows wrong weights", "Calibrated on site."),
    ("return", "Wrong assortment delivered", "Fetched and exchanged."),
    (
        "request",
        "Needs a second display stand",
        "Ordered with the next delivery.",
    ),
    ("request", "Copy of the last invoice", "Sent by e-mail."),
    (
        "enquiry",
        "When does the seasonal assortment come?",
        "From the first of next month.",
    ),
    (
        "enquiry",
        "Is there a cheaper shelf system?",
        "Sent the price list.",
    ),
    (
        "complaint",
        "Shelf arrived with a scratch",
        "Given five per cent off.",
    ),
];

/// What of the service is under way.
pub(super) struct Service {
    random: Random,
}

impl Service {
    /// Queues and service levels.
    pub async fn set_up(stage: &Stage, people: &People) -> Result<Self, Problem> {
        let level = |name: &str, priority: Option<&str>, class: Option<&str>, answer: i64, solve: i64| {
            create(
                "sla_policy",
                None,
                json!({
                    "name": name, "priority": priority, "class": class, "response_minutes": answer, "resolve_minutes": solve,
                    "hours": "Mo-Fr 08:00-17:00; PH off", "country": "DE", "time_zone": stage.app.settings.zone.name(),
                    "penalty": priority.map(|_| 5_000),
                }),
            )
        };
        let ops = vec![
            create(
                "queue",
                None,
                json!({ "name": "Complaints", "kind": "complaint" }),
            ),
            create("queue", None, json!({ "name": "Returns", "kind": "return" })),
            create("queue", None, json!({ "name": "Inside sales" })),
            level("Usual", None, None, 480, 2_400),
            level("Key customers", None, Some("A"), 120, 960),
            level("Urgent", Some("urgent"), None, 60, 240),
        ];
        stage
            .write(&people.admin, "Queues and service levels", ops)
            .await?;
        Ok(Self {
            random: Random::new(SEED ^ 0x5e41ce),
        })
    }

    /// Cases come in and are solved.
    pub async fn day(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        stage.set(day, 11, 0);
        if !self.random.chance(0.3) || customers.is_empty() {
            return Ok(());
        }
        let customer = self.random.pick(customers).clone();
        let (kind, subject, resolution) = *self.random.pick(&CASES);
        let urgent = self.random.chance(0.12);
        let owner = customer.owner.clone().unwrap_or_else(|| people.manager.clone());
        let given = fields([
            ("subject", subject.into()),
            ("kind", kind.into()),
            ("channel", (*self.random.pick(&["mail", "phone", "web"])).into()),
            ("priority", if urgent { "urgent" } else { "normal" }.into()),
            ("account_id", customer.account.as_str().into()),
            ("location_id", customer.location.as_str().into()),
            ("owner_id", owner.as_str().into()),
        ]);
        let author = super::author(&people.manager, "A case came in");
        let (case, _) = crate::service::open(&stage.app, &author, &Default::default(), given).await?;
        if day > DAYS - 8 {
            return Ok(());
        }
        stage.set(day, 11, 30);
        let taken = Op::update("case", case.id.clone(), fields([("status", "open".into())]));
        stage.write(&owner, "Took the case", vec![taken]).await?;
        // Those that take longer than the day are not played: the clock may not run ahead of the others.
        stage.set(day, i8::try_from(self.random.between(12, 16)).unwrap_or(12), 15);
        let solved = fields([("status", "resolved".into()), ("resolution", resolution.into())]);
        stage
            .write(
                &owner,
                "Solved the case",
                vec![Op::update("case", case.id, solved)],
            )
            .await?;
        if kind == "request" && self.random.chance(0.5) {
            let until = stage.day(day).saturating_add(2.years()).to_string();
            let asset = json!({
                "name": "Display stand", "account_id": customer.account, "location_id": customer.location,
                "serial": format!("DS-{:05}", self.random.between(1, 99_999)), "installed_on": stage.day(day).to_string(),
                "warranty_until": until, "status": "in_use",
            });
            stage
                .write(&owner, "Installed a product", vec![create("asset", None, asset)])
                .await?;
        }
        Ok(())
    }
}
