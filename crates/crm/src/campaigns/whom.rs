//! Whom a campaign is for: everybody of the segment, each with exactly one way, and those who cannot be, with the reason.

use std::collections::{BTreeMap, HashMap, HashSet};

use geom::Timestamp;
use records::{Db, Record, on_db};

use super::draw::Unit;
use super::setup::Setup;
use crate::App;
use crate::consent::{Channel, Person, PersonKind, decide, of_accounts, of_contacts, of_leads};
use crate::live::{State, row_id};
use crate::problem::Problem;
use crate::segments::{Members, Subject, of_record};
use crate::sessions::Signed;

/// Most people one campaign is drawn for.
pub(super) const MOST_PEOPLE: usize = 20_000;

/// Somebody with the way they would get.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub person: Person,
    pub location_id: Option<String>,
    pub channel: Channel,
    pub territory_id: Option<String>,
    pub city: Option<String>,
}

impl Chosen {
    /// Contacts of one customer are drawn together; customers of one way and territory are compared with each other.
    pub fn unit(&self) -> Unit {
        let key = self.person.account_id.as_ref().unwrap_or(&self.person.id);
        Unit {
            key: key.clone(),
            stratum: format!(
                "{}/{}",
                self.channel.as_str(),
                self.territory_id.as_deref().unwrap_or_default()
            ),
        }
    }

    /// The firm, and the person there.
    pub fn name(&self) -> String {
        let (name, firm) = (self.person.name.trim(), self.person.firm.trim());
        if firm.is_empty() || firm == name {
            name.to_owned()
        } else {
            format!("{firm}, {name}")
        }
    }
}

/// Everybody of the segment, sorted into those who are reached and those who are not.
pub(super) struct Whom {
    /// In the segment, as far as the asker sees it.
    pub in_segment: usize,
    /// In the order of their ids.
    pub chosen: Vec<Chosen>,
    /// How many cannot be addressed, by reason.
    pub excluded: BTreeMap<&'static str, usize>,
    pub rights_note: Option<String>,
}

/// A customer's place, as the index knows it.
#[derive(Clone, Default)]
struct Spot {
    location: Option<String>,
    territory: Option<String>,
    city: Option<String>,
    revenue: i64,
}

impl Spot {
    fn at(state: &State, location: &str) -> Self {
        let row = row_id(location).and_then(|id| state.index.get(id));
        let text = |name: &str| row.as_ref().and_then(|r| r.category(name)).map(str::to_owned);
        Self {
            location: Some(location.to_owned()),
            territory: text("territory_id"),
            city: text("city"),
            revenue: row.as_ref().and_then(|r| r.amount("revenue")).unwrap_or(0),
        }
    }
}

/// Asks the segment and decides for each.
pub(super) async fn whom(
    app: &App,
    signed: &Signed,
    setup: &Setup,
    segment: &Record,
) -> Result<Whom, Problem> {
    let members = of_record(app, signed, segment, None).await?;
    let in_segment = members.count();
    if in_segment > MOST_PEOPLE {
        return Err(Problem::conflict(
            "too-many",
            format!(
                "A campaign is drawn for at most {MOST_PEOPLE} people; the segment has {in_segment}. Narrow it, or make several campaigns of it."
            ),
        ));
    }
    let busy = Busy::load(app, &setup.id).await?;
    let mut sorting = Sorting {
        setup,
        at: app.store.now(),
        left: setup
            .ways
            .iter()
            .map(|w| (w.channel, w.most.unwrap_or(u32::MAX)))
            .collect(),
        visited: HashSet::new(),
        chosen: Vec::new(),
        excluded: BTreeMap::new(),
    };
    match members.subject {
        Subject::Account => sorting.customers(app, &members, &busy).await?,
        Subject::Contact => sorting.contacts(app, &members, &busy).await?,
        Subject::Lead => sorting.leads(app, &members, &busy).await?,
    }
    let Sorting {
        mut chosen, excluded, ..
    } = sorting;
    chosen.sort_by(|a, b| a.person.id.cmp(&b.person.id));
    Ok(Whom {
        in_segment,
        chosen,
        excluded,
        rights_note: members.rights_note,
    })
}

/// Work in progress.
struct Sorting<'a> {
    setup: &'a Setup,
    at: Timestamp,
    /// How many more each way takes.
    left: HashMap<Channel, u32>,
    /// Customers who get a visit already.
    visited: HashSet<String>,
    chosen: Vec<Chosen>,
    excluded: BTreeMap<&'static str, usize>,
}

/// How bad a reason is, the most telling first: of several ways that fail, that of the first is told.
const REASONS: [&str; 8] = [
    "in-other-campaign",
    "do-not-contact",
    "withdrawn",
    "bounced",
    "no-consent",
    "way-is-full",
    "visited-already",
    "no-address",
];

impl Sorting<'_> {
    fn exclude(&mut self, reasons: &[&'static str]) {
        let worst = REASONS.into_iter().find(|reason| reasons.contains(reason));
        *self.excluded.entry(worst.unwrap_or("no-address")).or_default() += 1;
    }

    /// The first way that is open to a person, and where it stands in the order of preference; else why there is none.
    fn way(&self, person: &Person) -> Result<(usize, Channel), Vec<&'static str>> {
        let ways = self.setup.ways.iter().map(|w| w.channel);
        let preferred = person.preferred.filter(|p| ways.clone().any(|w| w == *p));
        let order = preferred
            .into_iter()
            .chain(ways.filter(|w| Some(*w) != preferred));
        let mut reasons = Vec::new();
        for (rank, channel) in order.enumerate() {
            let verdict = decide(person, channel, self.setup.purpose, self.at);
            let visited = person
                .account_id
                .as_ref()
                .is_some_and(|a| self.visited.contains(a));
            if !verdict.allowed {
                reasons.push(verdict.code);
            } else if self.left.get(&channel) == Some(&0) {
                reasons.push("way-is-full");
            } else if channel == Channel::Visit && visited {
                reasons.push("visited-already");
            } else {
                // Whoever prefers a way is asked before those who merely have it.
                return Ok((if preferred.is_some() { rank } else { rank + 1 }, channel));
            }
        }
        Err(reasons)
    }

    fn choose(&mut self, person: Person, channel: Channel, spot: Spot) {
        if let Some(left) = self.left.get_mut(&channel) {
            *left = left.saturating_sub(1);
        }
        if channel == Channel::Visit {
            self.visited.extend(person.account_id.clone());
        }
        self.chosen.push(Chosen {
            person,
            location_id: spot.location,
            channel,
            territory_id: spot.territory,
            city: spot.city,
        });
    }

    /// One person for each customer: whoever can be reached best; the firm itself where nobody there is on record.
    async fn customers(&mut self, app: &App, members: &Members, busy: &Busy) -> Result<(), Problem> {
        let places = members.customers(app).await?;
        let ids: Vec<String> = places.keys().cloned().collect();
        let mut people: HashMap<String, Vec<Person>> = HashMap::new();
        for person in of_accounts(app, &ids).await? {
            if let Some(account) = person.account_id.clone() {
                people.entry(account).or_default().push(person);
            }
        }
        let spots = places
            .iter()
            .map(|(account, place)| (account, Spot::at(members.state(), place)));
        let mut order: Vec<(&String, Spot)> = spots.collect();
        // Ways with few places go to those who are worth most.
        order.sort_by(|a, b| b.1.revenue.cmp(&a.1.revenue).then_with(|| a.0.cmp(b.0)));
        for (account, spot) in order {
            let mut here = people.remove(account).unwrap_or_default();
            if here.iter().any(|p| p.kind == PersonKind::Contact) {
                here.retain(|p| p.kind == PersonKind::Contact);
            }
            if busy.accounts.contains(account) {
                self.exclude(&["in-other-campaign"]);
                continue;
            }
            let mut reasons = Vec::new();
            let mut best: Option<(usize, Channel, Person)> = None;
            for person in here {
                match self.way(&person) {
                    Ok((rank, channel)) if best.as_ref().is_none_or(|b| rank < b.0) => {
                        best = Some((rank, channel, person))
                    }
                    Ok(_) => {}
                    Err(more) => reasons.extend(more),
                }
            }
            match best {
                Some((_, channel, person)) => self.choose(person, channel, spot),
                None => self.exclude(&reasons),
            }
        }
        Ok(())
    }

    async fn contacts(&mut self, app: &App, members: &Members, busy: &Busy) -> Result<(), Problem> {
        let people = of_contacts(app, members.people()).await?;
        let mut accounts: Vec<String> = people.iter().filter_map(|p| p.account_id.clone()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let places = first_places(app, members.state(), &accounts).await?;
        for person in people {
            let account = person.account_id.clone().unwrap_or_default();
            if busy.accounts.contains(&account) {
                self.exclude(&["in-other-campaign"]);
                continue;
            }
            match self.way(&person) {
                Ok((_, channel)) => {
                    let spot = places.get(&account).map(|place| Spot::at(members.state(), place));
                    self.choose(person, channel, spot.unwrap_or_default());
                }
                Err(reasons) => self.exclude(&reasons),
            }
        }
        Ok(())
    }

    async fn leads(&mut self, app: &App, members: &Members, busy: &Busy) -> Result<(), Problem> {
        let mut areas = lead_areas(app, members.people()).await?;
        for person in of_leads(app, members.people()).await? {
            if busy.leads.contains(&person.id) {
                self.exclude(&["in-other-campaign"]);
                continue;
            }
            match self.way(&person) {
                Ok((_, channel)) => {
                    let (territory, city) = areas.remove(&person.id).unwrap_or_default();
                    let spot = Spot {
                        territory,
                        city,
                        ..Spot::default()
                    };
                    self.choose(person, channel, spot);
                }
                Err(reasons) => self.exclude(&reasons),
            }
        }
        Ok(())
    }
}

/// Who is in another campaign that runs and is not past its last day, addressed or left out: two at once would each spoil
/// the other's comparison.
struct Busy {
    accounts: HashSet<String>,
    leads: HashSet<String>,
}

impl Busy {
    async fn load(app: &App, campaign: &str) -> Result<Self, Problem> {
        const SQL: &str = "select m.account_id, m.lead_id from campaign_members m join campaigns c on c.id = m.campaign_id \
                           where c.status = 'running' and c.id <> $1 and (c.to_day is null or c.to_day >= $2)";
        let today = app.settings.zone.date(app.store.now()).to_string();
        let rows: Vec<(Option<String>, Option<String>)> =
            on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(campaign).bind(today).fetch_all(pool).await)
                .map_err(records::Error::from)?;
        let (accounts, leads): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(Self {
            accounts: accounts.into_iter().flatten().collect(),
            leads: leads.into_iter().flatten().collect(),
        })
    }
}

/// The first place of each customer.
async fn first_places(
    app: &App,
    state: &State,
    accounts: &[String],
) -> Result<HashMap<String, String>, Problem> {
    const SQLITE: &str = "select id, account_id from locations where account_id in (select value from json_each($1)) order by id";
    const POSTGRES: &str = "select id, account_id from locations where account_id in (select jsonb_array_elements_text($1::jsonb)) order by id";
    let ids = serde_json::to_string(accounts).map_err(Problem::unexpected)?;
    let rows: Result<Vec<(String, String)>, sqlx::Error> = match app.store.db() {
        Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    let mut found: HashMap<String, String> = HashMap::new();
    for (place, account) in rows.map_err(records::Error::from)? {
        let is_first = row_id(&place)
            .and_then(|id| state.index.get(id))
            .is_some_and(|row| row.amount("accounts") == Some(1));
        if is_first || !found.contains_key(&account) {
            found.insert(account, place);
        }
    }
    Ok(found)
}

/// Territory and town of leads.
async fn lead_areas(
    app: &App,
    leads: &[String],
) -> Result<HashMap<String, (Option<String>, Option<String>)>, Problem> {
    const SQLITE: &str =
        "select id, territory_id, city from leads where id in (select value from json_each($1))";
    const POSTGRES: &str =
        "select id, territory_id, city from leads where id in (select jsonb_array_elements_text($1::jsonb))";
    type Row = (String, Option<String>, Option<String>);
    let ids = serde_json::to_string(leads).map_err(Problem::unexpected)?;
    let rows: Result<Vec<Row>, sqlx::Error> = match app.store.db() {
        Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    let rows = rows.map_err(records::Error::from)?;
    Ok(rows
        .into_iter()
        .map(|(id, territory, city)| (id, (territory, city)))
        .collect())
}
