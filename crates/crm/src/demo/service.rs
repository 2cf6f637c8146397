//! Cases of the demo: customers who ask and complain, queues, service levels, what stands at customers'.

use jiff::ToSpan as _;
use records::{At, Op, Viewer, fields};
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

/// The last weeks are busier: some of what came in is still open.
const FRESH: i64 = 21;

/// What is done next about a case.
#[derive(Clone, Copy)]
enum Step {
    Take,
    /// Something is asked back.
    Ask,
    Solve,
    Close,
}

/// A case that is not over.
struct Running {
    id: String,
    owner: String,
    kind: &'static str,
    resolution: &'static str,
    customer: Customer,
    step: Step,
    /// The day of the next step.
    next: i64,
}

/// What of the service is under way.
pub(super) struct Service {
    random: Random,
    running: Vec<Running>,
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
            running: Vec::new(),
        })
    }

    /// Cases come in, are taken, wait for an answer and are solved.
    pub async fn day(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        let fresh = day > DAYS - FRESH;
        let (most, often) = if fresh { (2, 0.7) } else { (1, 0.3) };
        for _ in 0..most {
            if self.random.chance(often) && !customers.is_empty() {
                stage.set(day, 11, 0);
                self.open(stage, people, customers, day).await?;
            }
        }
        let mut going = Vec::new();
        for mut case in std::mem::take(&mut self.running) {
            // What was opened this morning is taken before noon, the rest is worked on in the afternoon.
            let mut goes_on = true;
            while goes_on && case.next <= day {
                goes_on = self.work(stage, &mut case, day).await?;
            }
            if goes_on {
                going.push(case);
            }
        }
        self.running = going;
        Ok(())
    }

    async fn open(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
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
        // Some lie about for too long.
        let lies = self.random.chance(0.2);
        let next = day
            + if lies {
                self.random.between(3, 9)
            } else {
                self.random.between(0, 1)
            };
        self.running.push(Running {
            id: case.id,
            owner,
            kind,
            resolution,
            customer,
            step: Step::Take,
            next,
        });
        Ok(())
    }

    /// Takes the step that is due; gives whether the case goes on.
    async fn work(&mut self, stage: &Stage, case: &mut Running, day: i64) -> Result<bool, Problem> {
        let (word, label, then, days) = match case.step {
            Step::Take if self.random.chance(0.3) => ("open", "Took the case", Step::Ask, (0, 2)),
            Step::Take => ("open", "Took the case", Step::Solve, (0, 4)),
            Step::Ask => ("waiting", "Asked the customer", Step::Solve, (2, 6)),
            Step::Solve => ("resolved", "Solved the case", Step::Close, (7, 14)),
            Step::Close => ("closed", "Closed the case", Step::Close, (0, 0)),
        };
        match case.step {
            Step::Take => stage.set(day, 11, 30),
            // Steps that take longer than the day are not played in it: the clock may not run ahead of the others.
            _ => stage.set(day, i8::try_from(self.random.between(12, 16)).unwrap_or(12), 15),
        }
        let there = stage
            .store()
            .get(&Viewer::system(), "case", &case.id, At::PRESENT)
            .await?;
        // What went with its customer is no case any more.
        if there.is_none() {
            return Ok(false);
        }
        let mut patch = fields([("status", word.into())]);
        if matches!(case.step, Step::Solve) {
            patch.insert("resolution".into(), case.resolution.into());
        }
        let op = Op::update("case", case.id.clone(), patch);
        stage.write(&case.owner, label, vec![op]).await?;
        if matches!(case.step, Step::Solve) && case.kind == "request" && self.random.chance(0.5) {
            let until = stage.day(day).saturating_add(2.years()).to_string();
            let asset = json!({
                "name": "Display stand", "account_id": case.customer.account, "location_id": case.customer.location,
                "serial": format!("DS-{:05}", self.random.between(1, 99_999)), "installed_on": stage.day(day).to_string(),
                "warranty_until": until, "status": "in_use",
            });
            stage
                .write(
                    &case.owner,
                    "Installed a product",
                    vec![create("asset", None, asset)],
                )
                .await?;
        }
        let is_over = matches!(case.step, Step::Close);
        case.step = then;
        case.next = day + self.random.between(days.0, days.1);
        Ok(!is_over)
    }
}
