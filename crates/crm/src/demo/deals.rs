//! Opportunities: they open, move from stage to stage, and are won or lost.

use jiff::ToSpan as _;
use records::{Op, fields};
use serde_json::json;

use super::Stage;
use super::people::create;
use super::random::Random;
use super::store::Customer;
use super::words::{DEALS, LOSS_REASONS};
use crate::problem::Problem;

/// An opportunity on its way.
pub(super) struct Deal {
    id: String,
    owner: String,
    name: String,
    /// Its stage, 0 the first.
    stage: usize,
    /// The day of its next step.
    next: i64,
    territory: Option<String>,
}

/// Opens one with a customer.
pub(super) async fn open(
    stage: &Stage,
    stages: &[String],
    customer: &Customer,
    territory: Option<String>,
    day: i64,
    random: &mut Random,
) -> Result<Option<Deal>, Problem> {
    let Some(owner) = customer.owner.clone() else {
        return Ok(None);
    };
    let id = records::new_id();
    let about = *random.pick(&DEALS);
    let most = match customer.class.as_str() {
        "A" => 400,
        "B" => 150,
        _ => 50,
    };
    // Hundreds of euros, small ones more often than large ones.
    let amount = (1 + (most as f64 * random.unit().powi(2)) as i64) * 10_000;
    let close = stage.day(day).saturating_add(random.between(40, 110).days());
    let record = json!({
        "name": format!("{about}, {}", customer.name).chars().take(200).collect::<String>(), "account_id": customer.account,
        "location_id": customer.location, "stage_id": stages[0], "amount": amount, "probability": 10,
        "close_date": close.to_string(), "owner_id": owner, "is_closed": false,
    });
    let label = format!("New opportunity with {}", customer.name);
    stage
        .write(
            &owner,
            &label,
            vec![create("opportunity", Some(id.clone()), record)],
        )
        .await?;
    let next = day + random.between(7, 25);
    Ok(Some(Deal {
        id,
        owner,
        name: about.to_owned(),
        stage: 0,
        next,
        territory,
    }))
}

/// Takes the step that is due; gives whether it goes on.
pub(super) async fn step(
    stage: &Stage,
    stages: &[String],
    deal: &mut Deal,
    day: i64,
    random: &mut Random,
) -> Result<bool, Problem> {
    const CHANCES: [i64; 4] = [10, 25, 50, 75];
    let lost = random.chance(0.16);
    let won = !lost && deal.stage == 3;
    let today = stage.day(day).to_string();
    let patch = if lost {
        fields([
            ("stage_id", stages[5].clone().into()),
            ("is_closed", true.into()),
            ("probability", 0.into()),
            ("close_date", today.into()),
            ("loss_reason", (*random.pick(&LOSS_REASONS)).into()),
            ("credited_territory_id", deal.territory.clone().into()),
        ])
    } else if won {
        fields([
            ("stage_id", stages[4].clone().into()),
            ("is_closed", true.into()),
            ("probability", 100.into()),
            ("close_date", today.into()),
            ("credited_territory_id", deal.territory.clone().into()),
        ])
    } else {
        deal.stage += 1;
        fields([
            ("stage_id", stages[deal.stage].clone().into()),
            ("probability", CHANCES[deal.stage].into()),
        ])
    };
    let label = match (lost, won) {
        (true, _) => format!("{} is lost", deal.name),
        (_, true) => format!("{} is won", deal.name),
        _ => format!("{} goes on", deal.name),
    };
    stage
        .write(
            &deal.owner,
            &label,
            vec![Op::update("opportunity", deal.id.clone(), patch)],
        )
        .await?;
    deal.next = day + random.between(7, 25);
    Ok(!lost && !won)
}

impl Deal {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Far enough for an offer in writing.
    pub fn is_offer(&self) -> bool {
        self.stage >= 2
    }

    /// A step is due.
    pub fn is_due(&self, day: i64) -> bool {
        self.next <= day
    }
}
