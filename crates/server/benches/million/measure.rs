//! What is asked, over HTTP, and how long each answer takes.

use geom::{LngLat, TileId};
use serde_json::{Value, json};
use testkit::crowd::{Crowd, Customer};

use crate::fill::{Of, id};
use crate::program::{Client, escaped};
use crate::sql::{Area, Figures, Question, Sql, figures};
use crate::times::Times;

/// Filters in CQL2 and in SQL.
pub const FILTERS: [(&str, &str); 4] = [
    ("", "1 = 1"),
    ("class = 'A'", "a.class = 'A'"),
    (
        "type = 'customer' and revenue > 1000000",
        "a.type = 'customer' and a.annual_revenue > 1000000",
    ),
    (
        "industry in ('Bakery', 'Hotel')",
        "a.industry in ('Bakery', 'Hotel')",
    ),
];

/// Everything that questions are made of.
pub struct Asker<'a> {
    pub crowd: &'a Crowd,
    pub manager: Client,
    pub rep: Client,
    pub sql: Sql,
}

impl Asker<'_> {
    fn customers(&self, every: usize) -> impl Iterator<Item = (u32, Customer)> {
        let all = 0..self.crowd.size().customers;
        all.step_by(every.max(1)).map(|n| (n, self.crowd.customer(n)))
    }

    /// About `count` customers all over the crowd.
    fn some(&self, count: usize) -> Vec<(u32, Customer)> {
        // Not a divisor of anything, so that days and classes are mixed.
        self.customers((self.crowd.size().customers as usize / count) | 1)
            .collect()
    }

    pub async fn tiles(&self) -> anyhow::Result<()> {
        let places: Vec<LngLat> = self.customers(1).map(|(_, c)| c.place).collect();
        for z in 5..=14 {
            let mut count = std::collections::HashMap::new();
            places
                .iter()
                .for_each(|p| *count.entry(TileId::at(*p, z)).or_insert(0usize) += 1);
            let densest = count
                .iter()
                .max_by_key(|(tile, n)| (**n, tile.x, tile.y))
                .map(|(tile, _)| *tile);
            let mut tiles: Vec<TileId> = places
                .iter()
                .step_by((places.len() / 24) | 1)
                .map(|p| TileId::at(*p, z))
                .collect();
            tiles.extend(densest);
            let mut times = Times::default();
            for tile in tiles {
                let address = format!("/tiles/customers/{z}/{}/{}.mvt", tile.x, tile.y);
                for (filter, _) in FILTERS {
                    let answer = self
                        .manager
                        .get(&format!("{address}?filter={}", escaped(filter)))
                        .await?;
                    assert!(
                        answer.body.len() <= 500_000,
                        "{address} has {} bytes",
                        answer.body.len()
                    );
                    assert!(
                        !answer.body.is_empty() || !filter.is_empty(),
                        "{address} is empty"
                    );
                    times.add(&answer);
                }
                times.add(&self.rep.get(&address).await?);
            }
            times.print(&format!(
                "tile z{z}, densest of {}",
                densest.map_or(0, |d| count[&d])
            ));
        }
        Ok(())
    }

    /// Areas with 64 corners that hold about half of all customers.
    fn halves(&self, number: usize) -> Vec<Area> {
        let places: Vec<LngLat> = self.customers(17).map(|(_, c)| c.place).collect();
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let lng = middle(places.iter().map(|p| p.lng()).collect());
        let lat = middle(places.iter().map(|p| p.lat()).collect());
        let away = |p: &LngLat| ((p.lng() - lng) * 0.6).hypot(p.lat() - lat);
        let radius = middle(places.iter().map(away).collect());
        let area = |i: usize| {
            let radius = radius * (1.0 + 0.04 * i as f64 / number as f64);
            let corner = |c: usize| {
                let angle = std::f64::consts::TAU * (c as f64 + i as f64 / number as f64) / 64.0;
                [lng + radius / 0.6 * angle.cos(), lat + radius * angle.sin()]
            };
            Area((0..64).map(corner).collect())
        };
        (0..number).map(area).collect()
    }

    async fn snapshot(
        &self,
        client: &Client,
        area: &Area,
        filter: &str,
        as_of: Option<i64>,
    ) -> anyhow::Result<crate::program::Answer> {
        let body = json!({ "shape": { "geometry": area.geojson() }, "filter": filter, "as_of": as_of });
        client.post("/api/v1/snapshot", &body).await
    }

    async fn check(&self, given: &Value, question: Question<'_>) -> anyhow::Result<Figures> {
        let expected = self.sql.ask(&question).await?;
        assert_eq!(
            figures(given),
            expected,
            "as of {:?}, {}, {:?}",
            question.as_of,
            question.filter,
            question.user
        );
        Ok(expected)
    }

    pub async fn snapshots(&self) -> anyhow::Result<()> {
        let rep = id(Of::User, 1);
        let areas = self.halves(24);
        let mut times = Times::default();
        for (i, area) in areas.iter().enumerate() {
            for (filter, sql) in FILTERS {
                let answer = self.snapshot(&self.manager, area, filter, None).await?;
                times.add(&answer);
                if i == 0 {
                    let question = Question {
                        area,
                        filter: sql,
                        as_of: None,
                        user: None,
                    };
                    let (count, ..) = self.check(&answer.json(), question).await?;
                    let all = self.sql.places().await?;
                    assert!(
                        !filter.is_empty() || (count - all / 2).abs() < all / 20,
                        "{count} of {all} is no half"
                    );
                }
            }
            times.add(&self.snapshot(&self.rep, area, "", None).await?);
        }
        times.print("snapshot of half, now");
        let answer = self.snapshot(&self.rep, &areas[0], "", None).await?.json();
        let question = Question {
            area: &areas[0],
            filter: "1 = 1",
            as_of: None,
            user: Some(rep.clone()),
        };
        self.check(&answer, question).await?;

        // Dates that nobody asked for before, the last one on a spring day two years ago.
        let now = records::Clock::now(&records::SystemClock).0;
        let (mut first, mut again) = (Times::default(), Times::default());
        for (i, days) in [3, 29, 61, 90, 181, 364, 420, 555, 640, 729]
            .into_iter()
            .enumerate()
        {
            let as_of = Some(now - days * 86_400_000 - 12_345);
            let (filter, sql) = FILTERS[i % FILTERS.len()];
            let answer = self.snapshot(&self.manager, &areas[i], filter, as_of).await?;
            first.add(&answer);
            again.add(&self.snapshot(&self.manager, &areas[i + 1], filter, as_of).await?);
            if i % 3 == 0 {
                let question = Question {
                    area: &areas[i],
                    filter: sql,
                    as_of,
                    user: None,
                };
                self.check(&answer.json(), question).await?;
                let of_rep = self.snapshot(&self.rep, &areas[i], filter, as_of).await?.json();
                let question = Question {
                    area: &areas[i],
                    filter: sql,
                    as_of,
                    user: Some(rep.clone()),
                };
                self.check(&of_rep, question).await?;
            }
        }
        first.print("the same as of a date not asked before");
        again.print("the same date again");
        Ok(())
    }

    pub async fn search(&self) -> anyhow::Result<()> {
        let ask = async |q: String| {
            self.manager
                .get(&format!("/api/v1/search?q={}", escaped(&q)))
                .await
        };
        let [mut name, mut street, mut phone, mut list] = std::array::from_fn(|_| Times::default());
        for (n, customer) in self.some(60) {
            if self.crowd.later(n).is_some() {
                continue;
            }
            // The number makes it one customer; the family name alone has tens of thousands.
            let part: String = customer.name.chars().skip(1).collect();
            let answer = ask(part.clone()).await?;
            let found = answer.json();
            let titles = found["records"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|r| r["title"].as_str().unwrap_or_default());
            assert!(
                titles.clone().any(|t| t == customer.name),
                "{part:?} finds {:?}",
                titles.collect::<Vec<_>>()
            );
            name.add(&answer);
            let family = customer.name.split(' ').nth(1).unwrap_or_default();
            name.add(&ask(family.chars().take(4).collect()).await?);
            let part: String = customer.street.chars().take(6).collect();
            let answer = ask(part.clone()).await?;
            assert!(
                answer.json()["records"].as_array().is_some_and(|r| !r.is_empty()),
                "{part:?} finds nothing"
            );
            street.add(&answer);
            let digits: String = customer.phone.chars().skip(8).collect();
            let answer = ask(digits.clone()).await?;
            assert!(
                answer.json()["records"].as_array().is_some_and(|r| !r.is_empty()),
                "{digits:?} finds nothing"
            );
            phone.add(&answer);
            let listed = self
                .manager
                .get(&format!("/api/v1/customers?q={}", escaped(&customer.name)))
                .await?;
            assert!(
                listed.json()["count"].as_i64() >= Some(1),
                "{} is not listed",
                customer.name
            );
            list.add(&listed);
        }
        name.print("search: part of a name");
        street.print("search: part of a street");
        phone.print("search: part of a telephone number");
        list.print("list of customers by ?q=");
        Ok(())
    }

    /// Changes names; gives how long until each is seen, after the answer to the change.
    pub async fn edits(&self, run: u64) -> anyhow::Result<()> {
        let [mut writing, mut tile, mut snapshot, mut search] = std::array::from_fn(|_| Times::default());
        for (n, customer) in self.some(40) {
            if self.crowd.later(n).is_some() {
                continue;
            }
            let name = format!("Zebrafink {run} {n}");
            let account = format!("/api/v1/accounts/{}", id(Of::Account, n));
            let change = json!({ "fields": { "name": name } });
            writing.add(
                &self
                    .manager
                    .ask(reqwest::Method::PATCH, &account, Some(&change))
                    .await?,
            );
            // Who changed it is answered when it can be seen, so each of these has it at once.
            let at = TileId::at(customer.place, 14);
            let filter = escaped(&format!("name like '%{name}%'"));
            let seen = self
                .manager
                .get(&format!(
                    "/tiles/customers/14/{}/{}.mvt?filter={filter}",
                    at.x, at.y
                ))
                .await?;
            assert!(
                seen.body.windows(name.len()).any(|w| w == name.as_bytes()),
                "{name} is not in its tile"
            );
            tile.add(&seen);
            let body = json!({ "shape": null, "filter": format!("name like '%{name}%'") });
            let summed = self.manager.post("/api/v1/snapshot", &body).await?;
            assert_eq!(summed.json()["a"]["count"], 1, "{name} is not counted");
            snapshot.add(&summed);
            let found = self
                .manager
                .get(&format!("/api/v1/search?q={}", escaped(&name)))
                .await?;
            assert_eq!(
                found.json()["records"][0]["title"],
                name.as_str(),
                "{name} is not found"
            );
            search.add(&found);
            // Back again, for the next run.
            let back = json!({ "fields": { "name": customer.name } });
            self.manager
                .ask(reqwest::Method::PATCH, &account, Some(&back))
                .await?;
        }
        writing.print("an edit: written, committed, in the index");
        tile.print("and seen in its tile");
        snapshot.print("and counted in a snapshot");
        search.print("and found by search");
        Ok(())
    }

    /// Whatever else a screen asks for.
    pub async fn screens(&self) -> anyhow::Result<()> {
        let all = self.sql.places().await?;
        for (what, path) in [
            ("list by name, first page", "/api/v1/customers?limit=100"),
            (
                "list by revenue, page 100",
                "/api/v1/customers?limit=100&sort=-revenue&cursor=9900",
            ),
            (
                "list by due, class A",
                "/api/v1/customers?limit=100&sort=due&filter=class%20%3D%20%27A%27",
            ),
            ("legend by territory", "/api/v1/legend?by=territory_id"),
            ("legend by due state", "/api/v1/legend?by=due_state"),
            ("overview of territories", "/api/v1/territories/overview"),
            ("issues of territories", "/api/v1/territories/issues"),
            (
                "records: accounts by name",
                "/api/v1/accounts?sort=name&limit=100",
            ),
        ] {
            let mut times = Times::default();
            for _ in 0..5 {
                let answer = self.manager.get(path).await?;
                let given = answer.json();
                let sum = |list: &Value, of: &str| {
                    list.as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|e| e[of].as_i64())
                        .sum::<i64>()
                };
                match what {
                    "list by name, first page" => assert_eq!(given["count"], all),
                    "legend by territory" | "legend by due state" => {
                        assert_eq!(sum(&given["entries"], "count"), all)
                    }
                    _ => {}
                }
                times.add(&answer);
            }
            times.print(what);
        }
        Ok(())
    }
}
