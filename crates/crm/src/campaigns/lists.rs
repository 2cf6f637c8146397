//! Lists that leave the house: letters as CSV or on labels, calls, e-mails, visits. Whoever objected since the start is
//! not on them.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use records::{Filter, Query as RecordQuery, Record};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::labels::labels;
use super::mailing::{filled, own_words};
use super::setup::{purpose_of, variant_of};
use super::{campaign, stop};
use crate::consent::{Channel, Person, decide, of_accounts, of_contacts, of_leads};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits::by_ids;
use crate::{App, Shared, spreadsheet};

/// A member who may be addressed now, with their person and address.
struct Entry {
    member: Record,
    person: Person,
    address: Address,
}

#[derive(Clone, Default)]
struct Address {
    street: String,
    postal_code: String,
    city: String,
    country: String,
}

impl Address {
    fn of(record: &Record) -> Self {
        let text = |name: &str| record.text(name).unwrap_or_default().trim().to_owned();
        Self {
            street: [text("street"), text("house_number")].join(" ").trim().to_owned(),
            postal_code: text("postal_code"),
            city: text("city"),
            country: text("country"),
        }
    }
}

fn ids(members: &[Record], link: &str) -> Vec<String> {
    let mut ids: Vec<String> = members
        .iter()
        .filter_map(|m| m.text(link).map(str::to_owned))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Names of members by their ids: the firm, and the person there.
pub(super) async fn names(app: &App, members: &[Record]) -> Result<HashMap<String, String>, Problem> {
    let mut of: HashMap<String, String> = HashMap::new();
    for (type_name, link) in [
        ("account", "account_id"),
        ("contact", "contact_id"),
        ("lead", "lead_id"),
    ] {
        for some in ids(members, link).chunks(1_000) {
            for (id, record) in by_ids(&app.store, type_name, some).await? {
                of.insert(id, record.text("name").unwrap_or_default().to_owned());
            }
        }
    }
    let name = |member: &Record| {
        let parts = ["account_id", "contact_id", "lead_id"].into_iter();
        let parts = parts
            .filter_map(|link| of.get(member.text(link)?))
            .filter(|n| !n.is_empty());
        parts.cloned().collect::<Vec<_>>().join(", ")
    };
    Ok(members.iter().map(|m| (m.id.clone(), name(m))).collect())
}

/// Who members are, by the members' ids; whoever is gone is not in it.
pub(super) async fn people(app: &App, members: &[Record]) -> Result<HashMap<String, Person>, Problem> {
    let firms: Vec<Record> = members
        .iter()
        .filter(|m| m.text("contact_id").is_none() && m.text("lead_id").is_none())
        .cloned()
        .collect();
    let contacts = of_contacts(app, &ids(members, "contact_id")).await?;
    let leads = of_leads(app, &ids(members, "lead_id")).await?;
    let accounts = of_accounts(app, &ids(&firms, "account_id")).await?;
    let known = contacts.into_iter().chain(leads).chain(accounts);
    let known: HashMap<String, Person> = known.map(|p| (p.id.clone(), p)).collect();
    let of = |member: &Record| {
        let id = ["contact_id", "lead_id", "account_id"]
            .into_iter()
            .find_map(|link| member.text(link));
        Some((member.id.clone(), known.get(id?)?.clone()))
    };
    Ok(members.iter().filter_map(of).collect())
}

/// Those addressed by a way who may be addressed this very moment, as far as the viewer sees them, by firm and name; and
/// how many may not be any more.
async fn entries(
    app: &App,
    signed: &Signed,
    campaign: &Record,
    channel: Channel,
) -> Result<(Vec<Entry>, usize), Problem> {
    let purpose = purpose_of(campaign);
    let filter = Filter::eq("campaign_id", campaign.id.as_str())
        .and(Filter::eq("arm", "treated"))
        .and(Filter::eq("channel", channel.as_str()))
        .and(Filter::one_of("status", ["planned", "sent", "responded"]));
    let mut query = RecordQuery::of("campaign_member")
        .filter(filter)
        .limit(RecordQuery::MAX_LIMIT);
    let mut members = Vec::new();
    loop {
        let page = app.store.list(&signed.viewer, &query).await?;
        members.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => break,
        }
    }
    let known = people(app, &members).await?;
    let mut places = HashMap::new();
    for some in ids(&members, "location_id").chunks(1_000) {
        places.extend(by_ids(&app.store, "location", some).await?);
    }
    for some in ids(&members, "lead_id").chunks(1_000) {
        places.extend(by_ids(&app.store, "lead", some).await?);
    }
    let (mut entries, mut stopped) = (Vec::new(), 0);
    for member in members {
        let person = known.get(&member.id).cloned();
        let Some(person) = person.filter(|p| decide(p, channel, purpose, app.store.now()).allowed) else {
            stopped += 1;
            continue;
        };
        let place = ["location_id", "lead_id"]
            .into_iter()
            .find_map(|link| places.get(member.text(link)?));
        entries.push(Entry {
            address: place.map(Address::of).unwrap_or_default(),
            member,
            person,
        });
    }
    entries.sort_by(|a, b| {
        let key = |e: &Entry| {
            (
                e.address.postal_code.clone(),
                e.person.firm.clone(),
                e.person.name.clone(),
                e.member.id.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    Ok((entries, stopped))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// email, letter, phone or visit.
    channel: String,
    /// csv or labels (PDF, three by eight on A4; letters only); csv unless said.
    form: Option<String>,
}

fn channel_of(word: &str) -> Result<Channel, Problem> {
    Channel::parse(word).ok_or_else(|| {
        Problem::bad(
            "?channel",
            "unknown-channel",
            format!("{word:?} is none of email, letter, phone, visit."),
        )
    })
}

/// Where links of letters and mails begin: the address the server is known by, else the one it was asked at.
pub(super) fn base(app: &App, headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|h| h.to_str().ok())
        .unwrap_or("localhost");
    app.settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{host}"))
}

/// Everybody addressed by a way, for a printer, a telephone or a mail program. Whoever may not be addressed any more is not on it; the header `x-left-off` says how many
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/list", tag = "marketing", params(("id" = String, Path), ListParams),
    responses((status = 200, description = "text/csv or application/pdf"), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<ListParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let channel = channel_of(&params.channel)?;
    let campaign = campaign(&app, &signed, &id).await?;
    if signed.viewer.grant("contact").read == records::Scope::None {
        return Err(Problem::forbidden("Contacts are not part of your role."));
    }
    let (entries, stopped) = entries(&app, &signed, &campaign, channel).await?;
    let left_off = [("x-left-off", stopped.to_string())];
    if params.form.as_deref() == Some("labels") {
        let address = |entry: Entry| {
            let Entry { person, address, .. } = entry;
            let town = [address.postal_code, address.city].join(" ").trim().to_owned();
            let name = if person.name == person.firm {
                String::new()
            } else {
                person.name
            };
            let lines = [person.firm, name, address.street, town, address.country];
            lines
                .into_iter()
                .filter(|l| !l.trim().is_empty())
                .collect::<Vec<_>>()
        };
        let addresses: Vec<Vec<String>> = entries.into_iter().map(address).collect();
        let pdf = tokio::task::spawn_blocking(move || labels(&addresses))
            .await
            .map_err(Problem::unexpected)?
            .map_err(Problem::unexpected)?;
        let type_and_name = [
            (header::CONTENT_TYPE, "application/pdf"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"labels.pdf\""),
        ];
        return Ok((left_off, type_and_name, pdf).into_response());
    }
    let base = base(&app, &headers);
    let mut records: HashMap<String, Record> = HashMap::new();
    let shown: Vec<Record> = entries.iter().map(|e| e.member.clone()).collect();
    for (type_name, link) in [("contact", "contact_id"), ("lead", "lead_id")] {
        for some in ids(&shown, link).chunks(1_000) {
            records.extend(by_ids(&app.store, type_name, some).await?);
        }
    }
    let heads = [
        "Firm",
        "Name",
        "Street",
        "Postcode",
        "Town",
        "Country",
        "E-mail",
        "Telephone",
        "Variant",
        "Offer",
        "Subject",
        "Text",
        "Code",
        "Link",
    ];
    let mut text = spreadsheet::line(&heads.map(str::to_owned))?;
    for Entry {
        member,
        person,
        address,
    } in entries
    {
        let variant = variant_of(&campaign, member.text("variant"));
        let said = |name: &str| variant[name].as_str().unwrap_or_default();
        let code = member.text("code").unwrap_or_default();
        let path = app.links.path(&app, code).await?;
        let mut own = own_words(&person, records.get(&person.id), &member, &base, &path);
        own.offer = said("offer").to_owned();
        text.push_str(&spreadsheet::line(&[
            person.firm,
            person.name,
            address.street,
            address.postal_code,
            address.city,
            address.country,
            person.email.unwrap_or_default(),
            person.phone.unwrap_or_default(),
            member.text("variant").unwrap_or_default().to_owned(),
            said("offer").to_owned(),
            filled(said("subject"), &own),
            filled(said("text"), &own),
            code.to_owned(),
            own.link,
        ])?);
    }
    let type_and_name = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"campaign-{}.csv\"", channel.as_str()),
        ),
    ];
    Ok((left_off, type_and_name, text).into_response())
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CampaignSentBody)]
struct SentBody {
    channel: Channel,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CampaignSent)]
struct Sent {
    sent: usize,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Note that a list was posted or sent: those on it are reached
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/sent", tag = "marketing", params(("id" = String, Path)),
    request_body = SentBody,
    responses((status = 200, body = Sent), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn sent(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<SentBody>,
) -> Result<Json<Sent>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let label = format!("Sent {}", campaign.text("name").unwrap_or_default());
    let author = signed
        .program_on(&app, "campaign", &id, "campaign", &label)
        .await?;
    let (entries, _) = entries(&app, &signed, &campaign, body.channel).await?;
    let allowed: HashSet<String> = entries.into_iter().map(|e| e.member.id).collect();
    let (change_set, sent) = stop::mark_sent(&app, &author, &campaign, body.channel, &allowed).await?;
    Ok(Json(Sent { sent, change_set }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(sent))
}
