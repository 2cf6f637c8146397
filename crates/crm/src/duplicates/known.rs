//! Who may this be already? By e-mail, telephone, firm's domain, and by name where the place is the same.

use std::collections::{BTreeMap, BTreeSet};

use geom::LngLat;
use records::{At, Filter, Query, Record, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{ALIKE, likeness, words};
use crate::App;
use crate::accounts::domain::firm_domain;
use crate::accounts::phone::phone_key;
use crate::live::{accounts_of, id_text, index_problem};
use crate::plans::Language;
use crate::problem::Problem;

/// Two firms of like names are one if they are no further apart.
pub(crate) const NEAR_METERS: f64 = 150.0;
/// Looked at of each kind.
const MOST: u32 = 10;

/// What the newcomer says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newcomer {
    /// Its own id, which is no duplicate of itself.
    pub id: String,
    pub name: String,
    pub company: String,
    pub email: String,
    pub phone: String,
    pub place: Option<LngLat>,
}

/// Somebody on record who may be the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Duplicate {
    /// account, contact, lead
    #[serde(rename = "type")]
    pub type_name: String,
    /// Null for whoever may not see it.
    pub id: Option<String>,
    pub title: String,
    pub subtitle: String,
    /// In sentences.
    pub reasons: Vec<String>,
    /// From the newcomer's place, in metres.
    pub distance_m: Option<f64>,
    /// It exists, and somebody else may see it.
    pub hidden: bool,
    /// Whom to ask.
    pub owner_name: Option<String>,
    #[serde(skip)]
    pub owner_id: Option<String>,
}

/// Why two may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Email,
    Phone,
    Domain,
    NameAndPlace,
    Name,
}

impl Reason {
    fn text(self, language: Language) -> &'static str {
        let (english, german) = match self {
            Self::Email => ("same e-mail", "gleiche E-Mail-Adresse"),
            Self::Phone => ("same telephone number", "gleiche Telefonnummer"),
            Self::Domain => ("e-mail of this firm's domain", "E-Mail-Adresse dieser Firma"),
            Self::NameAndPlace => ("like name in the same place", "ähnlicher Name am selben Ort"),
            Self::Name => ("same name", "gleicher Name"),
        };
        if language == Language::German {
            german
        } else {
            english
        }
    }
}

/// Everybody on record who may be the newcomer, the surest first. Whom the viewer may not see is told without a name.
pub(crate) async fn duplicates(
    app: &App,
    viewer: &Viewer,
    newcomer: &Newcomer,
    language: Language,
) -> Result<Vec<Duplicate>, Problem> {
    let mut found: BTreeMap<(&'static str, String), BTreeSet<Reason>> = BTreeMap::new();
    by_mail(app, newcomer, &mut found).await?;
    by_phone(app, newcomer, &mut found).await?;
    by_index(app, newcomer, &mut found).await?;
    let mut all = Vec::new();
    for type_name in ["account", "contact", "lead"] {
        let ids: Vec<String> = found
            .keys()
            .filter(|(t, id)| *t == type_name && *id != newcomer.id)
            .map(|(_, id)| id.clone())
            .collect();
        if ids.is_empty() {
            continue;
        }
        let query = Query::of(type_name)
            .filter(Filter::Ids(ids))
            .limit(Query::MAX_LIMIT);
        let seen: BTreeSet<String> = app
            .store
            .list(viewer, &query)
            .await?
            .records
            .into_iter()
            .map(|r| r.id)
            .collect();
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            let reasons = &found[&(type_name, record.id.clone())];
            let hidden = !seen.contains(&record.id);
            all.push((
                reasons.first().copied(),
                told(app, record, type_name, reasons, hidden, newcomer, language).await?,
            ));
        }
    }
    all.sort_by(|a, b| (a.0, &a.1.title).cmp(&(b.0, &b.1.title)));
    Ok(all.into_iter().map(|one| one.1).collect())
}

async fn told(
    app: &App,
    record: Record,
    type_name: &'static str,
    reasons: &BTreeSet<Reason>,
    hidden: bool,
    newcomer: &Newcomer,
    language: Language,
) -> Result<Duplicate, Problem> {
    let account = match type_name {
        "contact" => match record.text("account_id") {
            Some(id) => {
                app.store
                    .get(&Viewer::system(), "account", id, At::PRESENT)
                    .await?
            }
            None => None,
        },
        _ => None,
    };
    let owner_id = account
        .as_ref()
        .unwrap_or(&record)
        .text("owner_id")
        .map(str::to_owned);
    let owner = match &owner_id {
        Some(id) => app.store.get(&Viewer::system(), "user", id, At::PRESENT).await?,
        None => None,
    };
    let owner_name = owner.and_then(|o| o.text("name").map(str::to_owned));
    let subtitle = match (type_name, &account) {
        (_, Some(account)) => account.text("name"),
        ("lead", _) => record.text("company"),
        _ => record.text("industry"),
    };
    let title = match (hidden, &owner_name, language == Language::German) {
        (false, ..) => record.text("name").unwrap_or_default().to_owned(),
        (true, Some(name), false) => format!("exists, ask {name}"),
        (true, Some(name), true) => format!("gibt es schon, bitte {name} fragen"),
        (true, None, false) => "exists, ask an administrator".to_owned(),
        (true, None, true) => "gibt es schon, bitte jemanden aus der Verwaltung fragen".to_owned(),
    };
    let distance = newcomer.place.zip(record.place()).map(|(a, b)| a.distance(b).0);
    Ok(Duplicate {
        type_name: type_name.to_owned(),
        subtitle: if hidden {
            String::new()
        } else {
            subtitle.unwrap_or_default().to_owned()
        },
        id: (!hidden).then_some(record.id),
        title,
        reasons: reasons.iter().map(|r| r.text(language).to_owned()).collect(),
        distance_m: distance.filter(|_| !hidden),
        hidden,
        owner_name,
        owner_id,
    })
}

/// By the same telephone number, however it is written.
async fn by_phone(
    app: &App,
    newcomer: &Newcomer,
    found: &mut BTreeMap<(&'static str, String), BTreeSet<Reason>>,
) -> Result<(), Problem> {
    let Some(key) = phone_key(&newcomer.phone) else {
        return Ok(());
    };
    for type_name in ["account", "contact", "lead"] {
        let query = Query::of(type_name)
            .filter(Filter::eq("phone_key", key.as_str()))
            .limit(MOST);
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            found
                .entry((type_name, record.id))
                .or_default()
                .insert(Reason::Phone);
        }
    }
    Ok(())
}

/// By the same e-mail address, and by the domain of a firm's own.
async fn by_mail(
    app: &App,
    newcomer: &Newcomer,
    found: &mut BTreeMap<(&'static str, String), BTreeSet<Reason>>,
) -> Result<(), Problem> {
    let email = newcomer.email.trim();
    if email.is_empty() {
        return Ok(());
    }
    for type_name in ["account", "contact", "lead"] {
        let same = Filter::Compare {
            field: "email".into(),
            op: records::Comparison::Equal,
            value: email.into(),
            folded: true,
        };
        let query = Query::of(type_name).filter(same).limit(MOST);
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            found
                .entry((type_name, record.id))
                .or_default()
                .insert(Reason::Email);
        }
    }
    if let Some(domain) = firm_domain(email) {
        let query = Query::of("account")
            .filter(Filter::eq("domain", domain))
            .limit(MOST);
        for record in app.store.list(&Viewer::system(), &query).await?.records {
            found
                .entry(("account", record.id))
                .or_default()
                .insert(Reason::Domain);
        }
    }
    Ok(())
}

/// Customers by a like name, near or anywhere.
async fn by_index(
    app: &App,
    newcomer: &Newcomer,
    found: &mut BTreeMap<(&'static str, String), BTreeSet<Reason>>,
) -> Result<(), Problem> {
    let name = if newcomer.company.is_empty() {
        &newcomer.name
    } else {
        &newcomer.company
    };
    let state = app.live.present();
    let mut hits: Vec<(String, Reason)> = Vec::new();
    {
        let view = state.index.view(&points::Filter::All).map_err(index_problem)?;
        if let Some(place) = newcomer.place {
            for near in view.nearest(place, 50) {
                let apart = near
                    .found
                    .place()
                    .map_or(f64::MAX, |there| place.distance(there).0);
                if apart <= NEAR_METERS
                    && likeness(name, near.found.text("name").unwrap_or_default()) >= ALIKE
                {
                    hits.push((id_text(near.found.id()), Reason::NameAndPlace));
                }
            }
        }
        for hit in view.search(&words(name).join(" "), MOST as usize) {
            if likeness(name, hit.found.text("name").unwrap_or_default()) > 0.99 {
                hits.push((id_text(hit.found.id()), Reason::Name));
            }
        }
    }
    let ids: Vec<String> = hits.iter().map(|h| h.0.clone()).collect();
    let accounts = accounts_of(app, &ids).await?;
    for (location, reason) in hits {
        if let Some(account) = accounts.get(&location) {
            found
                .entry(("account", account.clone()))
                .or_default()
                .insert(reason);
        }
    }
    Ok(())
}
