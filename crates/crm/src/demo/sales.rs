//! What is sold in the demo: products and prices, leads, quotes for sales that have come so far, orders, targets.
//!
//! It has dice of its own, so that it changes nothing of what else is played.

use std::collections::HashMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use records::{At, Filter, Op, Query, Record, Viewer, fields};
use serde_json::{Value, json};

use super::people::{People, create};
use super::random::Random;
use super::store::Customer;
use super::words::{FAMILY_NAMES, GIVEN_NAMES, TITLES};
use super::{DAYS, SEED, Stage};
use crate::problem::Problem;

/// Name, code, family, unit, price in cents, tax in hundredths of a percent.
const PRODUCTS: [(&str, &str, &str, &str, i64, i64); 8] = [
    ("Display stand", "DS-10", "Fittings", "piece", 18_900, 1_900),
    ("Shelf system, metre", "SH-20", "Fittings", "m", 9_450, 1_900),
    ("Starter assortment", "AS-01", "Assortments", "box", 24_000, 700),
    ("Seasonal assortment", "AS-02", "Assortments", "box", 31_500, 700),
    ("Refill pack", "RF-05", "Assortments", "box", 4_290, 700),
    ("Counter scale", "SC-07", "Equipment", "piece", 64_900, 1_900),
    ("Service visit", "SV-01", "Service", "hour", 7_800, 1_900),
    ("Counter scale, old", "SC-03", "Equipment", "piece", 49_900, 1_900),
];
const SOURCES: [&str; 5] = ["Web form", "Fair", "Recommendation", "Telephone", "Newsletter"];
const WISHES: [&str; 5] = [
    "We open a second shop in spring and need fittings for it.",
    "Please send us your price list.",
    "A customer of yours told us about the seasonal assortment. Who can come by and show it?",
    "Our scale is broken and cannot be repaired. What would you recommend for a small counter?",
    "",
];
/// Leads of the last days are still open.
const FRESH: i64 = 25;

/// What of the selling is under way.
pub(super) struct Sales {
    random: Random,
    products: Vec<String>,
    /// The last quote of a sale, while it is not decided.
    quotes: HashMap<String, String>,
    /// Orders on their way: (day of the next step, id, how far).
    orders: Vec<(i64, String, usize)>,
    /// Targets are set once there are territories.
    targeted: bool,
}

impl Sales {
    /// Products, price books, and what stages ask for.
    pub async fn set_up(stage: &Stage, people: &People, stages: &[String]) -> Result<Self, Problem> {
        let random = Random::new(SEED ^ 0x5a1e5);
        let products: Vec<String> = PRODUCTS.iter().map(|_| records::new_id()).collect();
        let (list, best) = (records::new_id(), records::new_id());
        let mut ops = Vec::new();
        for (number, ((name, code, family, unit, _, tax), id)) in PRODUCTS.iter().zip(&products).enumerate() {
            let last = number + 1 == PRODUCTS.len();
            ops.push(create(
                "product",
                Some(id.clone()),
                json!({
                    "name": name, "code": code, "family": family, "unit": unit, "tax_rate": tax,
                    "life_cycle": if last { "phase_out" } else { "active" },
                    "successor_id": last.then(|| products[5].clone()),
                }),
            ));
        }
        ops.push(create(
            "price_book",
            Some(list.clone()),
            json!({ "name": "List prices", "currency": "EUR" }),
        ));
        ops.push(create(
            "price_book",
            Some(best.clone()),
            json!({ "name": "Key customers", "currency": "EUR", "class": "A" }),
        ));
        for ((_, _, _, _, price, _), product) in PRODUCTS.iter().zip(&products) {
            ops.push(create(
                "price",
                None,
                json!({ "price_book_id": list, "product_id": product, "amount": price }),
            ));
            let (better, many) = (price * 93 / 100, price * 88 / 100);
            ops.push(create(
                "price",
                None,
                json!({ "price_book_id": best, "product_id": product, "amount": better }),
            ));
            ops.push(create(
                "price",
                None,
                json!({ "price_book_id": best, "product_id": product, "amount": many, "min_quantity": 10 }),
            ));
        }
        let wants = [
            (
                0,
                "pipeline",
                30,
                json!([{ "subject": "Call back and ask what is needed", "days": 2 }]),
            ),
            (
                1,
                "pipeline",
                30,
                json!([{ "subject": "Write down who decides", "days": 3 }]),
            ),
            (
                2,
                "best_case",
                21,
                json!([{ "subject": "Call about the offer", "days": 5 }]),
            ),
            (3, "commit", 21, json!([])),
        ];
        for (at, category, days, tasks) in wants {
            let patch = json!({ "forecast_category": category, "days": days, "tasks": tasks });
            ops.push(Op::update("stage", stages[at].clone(), object(patch)));
        }
        stage.write(&people.admin, "Products and prices", ops).await?;
        Ok(Self {
            random,
            products,
            quotes: HashMap::new(),
            orders: Vec::new(),
            targeted: false,
        })
    }

    /// What every rep is to sell in each quarter, in the territory that is theirs.
    async fn targets(&mut self, stage: &Stage, people: &People) -> Result<(), Problem> {
        let mut territories = Vec::new();
        for rep in &people.reps {
            let theirs = Query::of("territory_member")
                .filter(Filter::eq("user_id", rep.as_str()).and(Filter::eq("role", "owner")))
                .sort("id", false)
                .limit(1);
            let found = stage.store().list(&Viewer::system(), &theirs).await?.records;
            territories.push(
                found
                    .first()
                    .and_then(|m| m.text("territory_id"))
                    .map(str::to_owned),
            );
        }
        let mut ops = Vec::new();
        let mut quarter = quarter_of(stage.day(0));
        while quarter <= stage.today {
            let last = quarter.saturating_add(2.months()).last_of_month();
            for (rep, territory) in people.reps.iter().zip(&territories) {
                let amount = self.random.between(12, 22) * 250_000;
                ops.push(create("target", None, json!({
                    "user_id": rep, "territory_id": territory, "from_day": quarter.to_string(), "to_day": last.to_string(), "amount": amount,
                })));
            }
            quarter = quarter.saturating_add(3.months());
        }
        stage.write(&people.admin, "Targets", ops).await?;
        self.targeted = true;
        Ok(())
    }

    /// After a sale took a step: an offer is written at the third stage, and decided with the sale.
    pub async fn follow(
        &mut self,
        stage: &Stage,
        deal: &str,
        is_offer: bool,
        day: i64,
    ) -> Result<(), Problem> {
        let record = stage
            .store()
            .get(&Viewer::system(), "opportunity", deal, At::PRESENT)
            .await?;
        let Some(record) = record else { return Ok(()) };
        let owner = record.text("owner_id").unwrap_or_default().to_owned();
        if record.boolean("is_closed") == Some(true) {
            let Some(quote) = self.quotes.remove(deal) else {
                return Ok(());
            };
            return match record.boolean("is_won") {
                Some(true) => self.ordered(stage, &owner, &quote, day).await,
                _ => {
                    status(
                        stage,
                        &owner,
                        "quote",
                        &quote,
                        "rejected",
                        "The quote was declined",
                    )
                    .await
                }
            };
        }
        if is_offer && !self.quotes.contains_key(deal) {
            let quote = self.offer(stage, &owner, &record, day).await?;
            self.quotes.insert(deal.to_owned(), quote);
        }
        Ok(())
    }

    async fn offer(
        &mut self,
        stage: &Stage,
        owner: &str,
        deal: &Record,
        day: i64,
    ) -> Result<String, Problem> {
        let mut left = deal.integer("amount").unwrap_or(0);
        let mut lines = Vec::new();
        // Products until about the amount is reached.
        for _ in 0..4 {
            let at = usize::try_from(self.random.between(0, PRODUCTS.len() as i64 - 2)).unwrap_or(0);
            let (name, _, _, unit, price, tax) = PRODUCTS[at];
            let count = (left / price).clamp(1, self.random.between(1, 40));
            lines.push(json!({
                "product_id": self.products[at], "text": name, "quantity": count, "unit": unit, "unit_price": price,
                "tax_rate": tax, "discount": if self.random.chance(0.3) { 500 } else { 0 },
            }));
            left -= price * count;
            if left <= 0 {
                break;
            }
        }
        let id = records::new_id();
        // Two steps follow an offer, of at most 25 days and a weekend each: it is decided while it holds.
        let until = stage.day(day).saturating_add(60.days()).to_string();
        let quote = json!({
            "account_id": deal.fields.get("account_id"), "opportunity_id": deal.id, "owner_id": owner, "status": "draft",
            "currency": "EUR", "valid_until": until, "terms": "Payable within 14 days, net.", "lines": lines,
        });
        stage
            .write(
                owner,
                "Wrote a quote",
                vec![create("quote", Some(id.clone()), quote)],
            )
            .await?;
        status(stage, owner, "quote", &id, "sent", "Sent the quote").await?;
        Ok(id)
    }

    async fn ordered(&mut self, stage: &Stage, owner: &str, quote: &str, day: i64) -> Result<(), Problem> {
        let record = stage
            .store()
            .get(&Viewer::system(), "quote", quote, At::PRESENT)
            .await?;
        let Some(record) = record else { return Ok(()) };
        let id = records::new_id();
        let given = |name: &str| record.fields.get(name).cloned().unwrap_or(Value::Null);
        let order = json!({
            "account_id": given("account_id"), "opportunity_id": given("opportunity_id"), "quote_id": quote,
            "owner_id": owner, "status": "confirmed", "currency": given("currency"), "lines": given("lines"),
            "ordered_on": stage.day(day).to_string(),
        });
        let accepted = Op::update("quote", quote, fields([("status", "accepted".into())]));
        let ops = vec![accepted, create("order", Some(id.clone()), order)];
        stage.write(owner, "The quote became an order", ops).await?;
        self.orders.push((day + self.random.between(3, 9), id, 0));
        Ok(())
    }

    /// Orders go on their way, leads come in.
    pub async fn day(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        if !self.targeted {
            self.targets(stage, people).await?;
        }
        for (next, id, steps) in &mut self.orders {
            let Some(word) = ["shipped", "invoiced"].get(*steps).filter(|_| *next <= day) else {
                continue;
            };
            status(stage, &people.admin, "order", id, word, "Status of the order").await?;
            *steps += 1;
            *next = day + self.random.between(2, 8);
        }
        let often = if day > DAYS - FRESH { 0.6 } else { 0.2 };
        if self.random.chance(often) && !customers.is_empty() {
            self.lead(stage, people, customers, day).await?;
        }
        Ok(())
    }

    async fn lead(
        &mut self,
        stage: &Stage,
        people: &People,
        customers: &[Customer],
        day: i64,
    ) -> Result<(), Problem> {
        let random = &mut self.random;
        let at = random.pick(customers).clone();
        let place = stage
            .store()
            .get(&Viewer::system(), "location", &at.location, At::PRESENT)
            .await?;
        let given = |name: &str| {
            place
                .as_ref()
                .and_then(|p| p.fields.get(name).cloned())
                .unwrap_or(Value::Null)
        };
        let (first, last) = (*random.pick(&GIVEN_NAMES), *random.pick(&FAMILY_NAMES));
        let company = format!("{last} & {}", random.pick(&FAMILY_NAMES));
        let host = records::fold(last).replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let mut lead = json!({
            "given_name": first, "family_name": last, "company": company, "title": random.pick(&TITLES),
            "source": random.pick(&SOURCES), "message": random.pick(&WISHES), "city": given("city"),
            "postal_code": given("postal_code"), "street": given("street"), "house_number": given("house_number"),
        });
        if random.chance(0.8) {
            lead["email"] = format!("{}@{host}.example", first.to_lowercase()).into();
        }
        if random.chance(0.6) {
            lead["phone"] = format!("+49 395 {}", random.between(100_000, 999_999)).into();
        }
        if random.chance(0.15) {
            lead["street"] = "Unknown Street".into();
        }
        if random.chance(0.5) {
            lead["employees"] = random.between(1, 120).into();
        }
        let author = super::author(&people.manager, "A lead came in");
        let (record, _) = crate::leads::capture(&stage.app, &author, object(lead)).await?;
        let owner = record.text("owner_id").unwrap_or(&people.manager).to_owned();
        let after = match random.between(0, 9) {
            _ if day > DAYS - FRESH => return Ok(()),
            0..=3 => json!({ "status": "unqualified" }),
            4..=6 => json!({ "status": "nurturing" }),
            _ => {
                json!({ "status": "converted", "account_id": at.account, "converted_at": stage.store().now().0 })
            }
        };
        let op = Op::update("lead", record.id, object(after));
        stage.write(&owner, "Worked on the lead", vec![op]).await?;
        Ok(())
    }
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

fn quarter_of(day: Date) -> Date {
    Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).unwrap_or(day)
}

/// Sets the status; what went with its customer has none any more.
async fn status(
    stage: &Stage,
    user: &str,
    type_name: &str,
    id: &str,
    word: &str,
    label: &str,
) -> Result<(), Problem> {
    let there = stage
        .store()
        .get(&Viewer::system(), type_name, id, At::PRESENT)
        .await?;
    if there.is_some() {
        let op = Op::update(type_name, id, fields([("status", word.into())]));
        stage.write(user, label, vec![op]).await?;
    }
    Ok(())
}
