//! What a desk asks all day, over HTTP, and how long each answer takes; answers are checked.

use serde_json::{Value, json};
use testkit::crowd::Crowd;

use crate::fill::{DAY, Of, contact, id};
use crate::program::{Answer, Client, escaped};
use crate::times::Times;

pub struct Asker<'a> {
    pub crowd: &'a Crowd,
    pub manager: Client,
    pub rep: Client,
}

/// Lists: the type, filters in CQL2, and what they are sorted by.
const LISTS: [(&str, &[&str], &[&str]); 4] = [
    (
        "accounts",
        &[
            "",
            "class = 'A'",
            "type = 'prospect' and annual_revenue > 1000000",
            "name like '%lindner%'",
            "industry is null",
        ],
        &[
            "name",
            "-name",
            "annual_revenue",
            "-annual_revenue",
            "class",
            "owner_id",
        ],
    ),
    (
        "contacts",
        &[
            "",
            "name like 'anna%'",
            "email like '%.4711@%'",
            "do_not_contact = true",
        ],
        &["name", "-name", "-account_id"],
    ),
    (
        "opportunities",
        &[
            "",
            "is_closed = false",
            "amount > 5000000 and is_won = true",
            "close_date > date('2026-06-30')",
        ],
        &["name", "-amount", "close_date", "-stage_since", "owner_id"],
    ),
    (
        "activities",
        &[
            "",
            "kind = 'task' and status = 'open'",
            "subject like '%4711%'",
            "kind = 'call'",
        ],
        &["subject", "-happened_at", "due_at", "owner_id"],
    ),
];

impl Asker<'_> {
    /// About `count` numbers all over `all`.
    fn some(all: u32, count: u32) -> impl Iterator<Item = u32> {
        (0..all).step_by(((all / count) | 1) as usize)
    }

    fn accounts(&self, count: u32) -> impl Iterator<Item = u32> {
        Self::some(self.crowd.size().customers, count)
    }

    /// Lists. A question that is refused is named, and the others are asked all the same; then the whole fails.
    pub async fn lists(&self) -> anyhow::Result<()> {
        let mut refused = 0;
        for (plural, filters, sorts) in LISTS {
            let [mut first, mut next, mut of_rep, mut counts] = std::array::from_fn(|_| Times::default());
            for filter in filters {
                let filter = escaped(filter);
                for sort in sorts {
                    let path = format!("/api/v1/{plural}?limit=100&sort={sort}&filter={filter}");
                    if let Err(error) = self.two_pages(&path, sort, &mut first, &mut next).await {
                        refused += taken(&mut first, Err(error));
                    }
                    refused += taken(&mut of_rep, timed(&self.rep, &path, 200.0).await);
                }
                let path = format!("/api/v1/{plural}/count?filter={filter}");
                refused += taken(&mut counts, timed(&self.manager, &path, 200.0).await);
            }
            first.print(&format!("{plural}: filtered, sorted, first page"));
            next.print(&format!("{plural}: the page after it"));
            of_rep.print(&format!("{plural}: first page, of a rep"));
            counts.print(&format!("{plural}: how many"));
        }
        anyhow::ensure!(refused == 0, "{refused} questions were refused");
        Ok(())
    }

    /// The first page of a list and the one after it, for a manager.
    async fn two_pages(
        &self,
        path: &str,
        sort: &str,
        first: &mut Times,
        next: &mut Times,
    ) -> anyhow::Result<()> {
        let answer = timed(&self.manager, path, 200.0).await?;
        let page = answer.json();
        in_order(&page, sort);
        first.add(&answer);
        if let Some(cursor) = page["next_cursor"].as_str() {
            let path = format!("{path}&cursor={}", escaped(cursor));
            let answer = timed(&self.manager, &path, 200.0).await?;
            in_order(&answer.json(), sort);
            next.add(&answer);
        }
        Ok(())
    }

    pub async fn pages(&self) -> anyhow::Result<()> {
        let [mut card, mut timeline, mut person, mut deal] = std::array::from_fn(|_| Times::default());
        for n in self.accounts(40) {
            let account = id(Of::Account, n);
            let answer = timed(&self.manager, &format!("/api/v1/accounts/{account}/card"), 100.0).await?;
            assert!(String::from_utf8_lossy(&answer.body).contains(&self.crowd.customer(n).name));
            card.add(&answer);
            timeline.add(
                &timed(
                    &self.manager,
                    &format!("/api/v1/accounts/{account}/timeline"),
                    100.0,
                )
                .await?,
            );
            let number = n * crate::fill::CONTACTS;
            let answer = timed(
                &self.manager,
                &format!("/api/v1/contacts/{}", id(Of::Contact, number)),
                100.0,
            )
            .await?;
            assert!(String::from_utf8_lossy(&answer.body).contains(&contact(number).0));
            person.add(&answer);
        }
        for n in Self::some(self.crowd.size().opportunities, 40) {
            let path = format!("/api/v1/opportunities/{}/card", id(Of::Deal, n));
            deal.add(&timed(&self.manager, &path, 100.0).await?);
        }
        card.print("a customer's page");
        timeline.print("a customer's timeline");
        person.print("a contact");
        deal.print("an opportunity's page");
        Ok(())
    }

    /// Board and forecast; what the one says is open, the other says too.
    pub async fn sales(&self) -> anyhow::Result<()> {
        let [mut whole, mut one, mut own] = std::array::from_fn(|_| Times::default());
        let [mut open, mut of_one] = [Value::Null, Value::Null];
        let me = self.rep.get("/api/v1/session").await?.json()["user"]["id"].clone();
        let of_rep = format!(
            "/api/v1/pipelines/board?owner={}",
            me.as_str().unwrap_or_default()
        );
        for _ in 0..5 {
            let answer = timed(&self.manager, &of_rep, 300.0).await?;
            of_one = answer.json();
            one.add(&answer);
            let answer = timed(&self.manager, "/api/v1/pipelines/board", 300.0).await?;
            open = answer.json();
            whole.add(&answer);
            own.add(&timed(&self.rep, "/api/v1/pipelines/board", 300.0).await?);
        }
        whole.print(&format!("board of {} open deals", open["count"]));
        assert!(of_one["count"].as_i64() > Some(0), "{}", of_one["count"]);
        one.print(&format!("board of {} open deals, one owner's", of_one["count"]));
        own.print("a rep's board");
        let years = "from=2023-01-01&to=2032-12-31";
        for by in ["owner", "territory", "stage", "month"] {
            let [mut now, mut quarter, mut past] = std::array::from_fn(|_| Times::default());
            for n in 0..5 {
                let answer =
                    timed(&self.manager, &format!("/api/v1/forecast?by={by}&{years}"), 300.0).await?;
                assert_eq!(answer.json()["total"]["open"], open["amount"], "by {by}");
                assert_eq!(answer.json()["total"]["weighted"], open["weighted"], "by {by}");
                now.add(&answer);
                quarter.add(&timed(&self.manager, &format!("/api/v1/forecast?by={by}"), 300.0).await?);
                let at = records::Clock::now(&records::SystemClock).0 - (40 + n * 97) * DAY;
                let at = jiff::Timestamp::from_millisecond(at)?;
                past.add(
                    &timed(
                        &self.manager,
                        &format!("/api/v1/forecast?by={by}&as_of={at}"),
                        1_000.0,
                    )
                    .await?,
                );
            }
            now.print(&format!("forecast by {by}, ten years"));
            quarter.print(&format!("forecast by {by}, this quarter"));
            past.print(&format!("forecast by {by}, a quarter as of a past date"));
        }
        Ok(())
    }

    pub async fn duplicates(&self) -> anyhow::Result<()> {
        let mut times = Times::default();
        for n in self.accounts(40) {
            let known = self.crowd.customer(n);
            for fields in [
                json!({ "name": known.name, "lng": known.place.lng(), "lat": known.place.lat() }),
                json!({ "name": "Somebody Else", "phone": known.phone }),
                json!({ "name": known.name.to_uppercase() }),
            ] {
                let has_phone = fields.get("phone").is_some();
                let answer = self
                    .manager
                    .post(
                        "/api/v1/duplicates/check",
                        &json!({ "type": "account", "fields": fields }),
                    )
                    .await?;
                late(&answer, &format!("duplicates of {fields}"), 50.0);
                let found = answer.json();
                let found = found["duplicates"].as_array().map_or(0, Vec::len);
                assert!(found > 0, "nobody is like {fields} ({has_phone})");
                times.add(&answer);
            }
        }
        times.print("duplicates of one who is entered");
        let mut times = Times::default();
        let answer = self.manager.get("/api/v1/duplicates?limit=100").await?;
        let count = answer.json()["count"].clone();
        times.add(&answer);
        times.print(&format!("sweep for duplicates ({count} pairs)"));
        Ok(())
    }

    pub async fn segments(&self) -> anyhow::Result<()> {
        for (subject, definition, what) in [
            (
                "account",
                json!({ "filter": "type = 'customer' and class in ('A', 'B', 'C')" }),
                "customers of a class",
            ),
            (
                "account",
                json!({ "filter": "type = 'customer'", "related": [{ "is": "records", "type": "opportunity",
                "filter": "is_closed = false" , "none": true }] }),
                "customers without an open deal",
            ),
            (
                "account",
                json!({ "related": [{ "is": "not_visited", "days": 90 }] }),
                "not visited for 90 days",
            ),
            (
                "contact",
                json!({ "customers": "type = 'customer'" }),
                "contacts of customers",
            ),
        ] {
            let mut times = Times::default();
            let mut count = Value::Null;
            for _ in 0..5 {
                let body = json!({ "subject": subject, "definition": definition });
                let answer = self.manager.post("/api/v1/segments/preview", &body).await?;
                late(&answer, what, 1_000.0);
                count = answer.json()["count"].clone();
                assert!(count.as_i64() > Some(0), "{what}: {count}");
                times.add(&answer);
            }
            times.print(&format!("segment of {count}: {what}"));
        }
        Ok(())
    }

    pub async fn morning(&self) -> anyhow::Result<()> {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        for (path, what) in [
            (
                "/api/v1/customers?sort=due&limit=100".to_owned(),
                "a rep's customers, most due first",
            ),
            (format!("/api/v1/days/{today}"), "a rep's day"),
            (
                "/api/v1/activities?sort=due_at&limit=100&filter=status%20%3D%20%27open%27".to_owned(),
                "a rep's open tasks",
            ),
        ] {
            let mut times = Times::default();
            for _ in 0..10 {
                times.add(&timed(&self.rep, &path, 100.0).await?);
            }
            times.print(what);
        }
        Ok(())
    }
}

/// Asks, and says which question took longer than it should.
async fn timed(client: &Client, path: &str, most: f64) -> anyhow::Result<Answer> {
    let answer = client.get(path).await?;
    late(&answer, path, most);
    Ok(answer)
}

/// Adds an answer; of a refusal says what was asked. How many were refused.
fn taken(times: &mut Times, answer: anyhow::Result<Answer>) -> usize {
    match answer {
        Ok(answer) => {
            times.add(&answer);
            0
        }
        Err(error) => {
            eprintln!("  refused: {error:#}");
            1
        }
    }
}

fn late(answer: &Answer, what: &str, most: f64) {
    if answer.millis() > most {
        eprintln!("  {:.0} ms instead of {most}: {what}", answer.millis());
    }
}

/// Panics where numbers of a page are not in the order asked for.
fn in_order(page: &Value, sort: &str) {
    let (field, falling) = match sort.strip_prefix('-') {
        Some(field) => (field, true),
        None => (sort, false),
    };
    let records = page["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    let numbers = records
        .iter()
        .filter_map(|r| r["fields"][field].as_i64().or(r[field].as_i64()));
    let numbers: Vec<i64> = numbers.map(|n| if falling { -n } else { n }).collect();
    assert!(numbers.is_sorted(), "{sort}: {numbers:?}");
}
