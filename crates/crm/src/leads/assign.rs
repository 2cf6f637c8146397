//! Whose is a new lead? By the customer it already belongs to, by territory, by industry, by load: the first that
//! has an answer, said with its numbers.

use std::collections::BTreeMap;

use records::{At, Filter, Query, Record, Viewer};
use serde_json::{Value, json};

use crate::App;
use crate::duplicates::Duplicate;
use crate::plans::Language;
use crate::problem::Problem;
use crate::territories::Facts;

/// The answer, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assigned {
    pub owner_id: String,
    pub territory_id: Option<String>,
    /// As kept with the lead: rule, who else, how many leads each has.
    pub reason: Value,
}

/// Finds the owner of a lead; `None` when there is no rep at all.
pub(super) async fn assign(
    app: &App,
    lead_id: &str,
    facts: &Facts,
    industry: Option<&str>,
    duplicates: &[Duplicate],
) -> Result<(Option<String>, Option<Assigned>), Problem> {
    let layout = app.territories.layout.get(&app.store).await?;
    let decision = layout.decide(lead_id, facts, None);
    let winner = decision
        .winner
        .as_ref()
        .and_then(|w| layout.by_number(w.territory));
    let territory_id = winner.map(|t| t.id().to_owned());
    let active = active_users(app).await?;
    let open = open_leads(app).await?;
    let load = |user: &str| open.get(user).copied().unwrap_or(0);

    // Whoever knows the customer goes on with it.
    let known = duplicates
        .iter()
        .filter(|d| d.type_name != "lead")
        .find_map(|d| d.owner_id.clone().filter(|o| active.contains_key(o)));
    if let Some(owner_id) = known {
        let reason = json!({ "rule": "customer" });
        return Ok((
            territory_id.clone(),
            Some(Assigned {
                owner_id,
                territory_id,
                reason,
            }),
        ));
    }
    if let Some(territory) = winner {
        let members: Vec<(&str, f64)> = territory
            .members
            .iter()
            .filter(|m| m.text("role") == Some("owner"))
            .filter_map(|m| Some((m.text("user_id")?, m.number("share").unwrap_or(100.0).max(1.0))))
            .filter(|(user, _)| active.contains_key(*user))
            .collect();
        // The fewest leads for one's share.
        let least = members.iter().min_by(|a, b| {
            let weight = |m: &(&str, f64)| load(m.0) as f64 / m.1;
            weight(a).total_cmp(&weight(b)).then_with(|| a.0.cmp(b.0))
        });
        if let Some((owner_id, share)) = least {
            let reason = json!({
                "rule": "territory", "territory": territory.name(),
                "version": territory.version.as_ref().and_then(|v| v.integer("number")),
                "share": share, "open": load(owner_id), "of": members.len(),
            });
            let owner_id = (*owner_id).to_owned();
            return Ok((
                territory_id.clone(),
                Some(Assigned {
                    owner_id,
                    territory_id,
                    reason,
                }),
            ));
        }
    }
    let reps: Vec<&String> = active
        .iter()
        .filter(|(_, role)| *role == "rep")
        .map(|(id, _)| id)
        .collect();
    if let Some(industry) = industry.filter(|i| !i.is_empty()) {
        let mut best: Option<(u64, &String)> = None;
        for rep in &reps {
            let theirs = Filter::eq("industry", industry).and(Filter::eq("owner_id", rep.as_str()));
            let count = app
                .store
                .count(&Viewer::system(), &Query::of("account").filter(theirs))
                .await?;
            if count > 0 && best.is_none_or(|(most, _)| count > most) {
                best = Some((count, rep));
            }
        }
        if let Some((count, rep)) = best {
            let reason = json!({ "rule": "industry", "industry": industry, "customers": count });
            return Ok((
                territory_id.clone(),
                Some(Assigned {
                    owner_id: rep.clone(),
                    territory_id,
                    reason,
                }),
            ));
        }
    }
    let least = reps.iter().min_by_key(|id| (load(id), id.as_str()));
    let assigned = least.map(|owner| Assigned {
        owner_id: (*owner).clone(),
        territory_id: territory_id.clone(),
        reason: json!({ "rule": "load", "open": load(owner), "of": reps.len() }),
    });
    Ok((territory_id, assigned))
}

/// People who work here: id and role.
async fn active_users(app: &App) -> Result<BTreeMap<String, String>, Problem> {
    let query = Query::of("user")
        .filter(Filter::eq("active", true))
        .limit(Query::MAX_LIMIT);
    let users = app.store.list(&Viewer::system(), &query).await?.records;
    let role = |u: &Record| u.text("role").unwrap_or_default().to_owned();
    Ok(users.into_iter().map(|u| (u.id.clone(), role(&u))).collect())
}

/// How many leads each has to work on.
async fn open_leads(app: &App) -> Result<BTreeMap<String, u64>, Problem> {
    let open = Filter::In {
        field: "status".into(),
        values: ["new", "to_verify", "working"].map(Value::from).to_vec(),
    };
    let groups = app
        .store
        .sum(
            &Viewer::system(),
            &Query::of("lead").filter(open),
            &[],
            &["owner_id"],
        )
        .await?;
    Ok(groups
        .into_iter()
        .filter_map(|g| Some((g.key.first()?.as_str()?.to_owned(), g.count)))
        .collect())
}

/// Why somebody has a lead, in a sentence.
pub(super) async fn reason_text(
    app: &App,
    lead: &Record,
    language: Language,
) -> Result<Option<String>, Problem> {
    let Some(reason) = lead.fields.get("assignment_reason").filter(|r| !r.is_null()) else {
        return Ok(None);
    };
    let owner = match lead.text("owner_id") {
        Some(id) => app.store.get(&Viewer::system(), "user", id, At::PRESENT).await?,
        None => None,
    };
    let owner = owner
        .and_then(|o| o.text("name").map(str::to_owned))
        .unwrap_or_default();
    let word = |name: &str| {
        reason
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |name: &str| reason.get(name).and_then(Value::as_i64).unwrap_or(0);
    let german = language == Language::German;
    Ok(Some(match word("rule").as_str() {
        "customer" if german => format!("{owner} betreut diesen Kunden schon."),
        "customer" => format!("{owner} already looks after this customer."),
        "territory" => {
            let (territory, version, open) = (word("territory"), number("version"), number("open"));
            match (number("of") > 1, german) {
                (false, true) => {
                    format!("Gebiet {territory}, Fassung {version}: der Ort liegt darin. Es gehört {owner}.")
                }
                (false, false) => format!(
                    "Territory {territory}, version {version}: the place lies in it. It is {owner}'s."
                ),
                (true, true) => format!(
                    "Gebiet {territory}, Fassung {version}: der Ort liegt darin. {owner} hat dort nach Anteil am wenigsten offen ({open})."
                ),
                (true, false) => format!(
                    "Territory {territory}, version {version}: the place lies in it. {owner} has the fewest open leads there for the share ({open})."
                ),
            }
        }
        "industry" if german => format!(
            "{owner} hat die meisten Kunden der Branche {} ({}).",
            word("industry"),
            number("customers")
        ),
        "industry" => format!(
            "{owner} has the most customers in {} ({}).",
            word("industry"),
            number("customers")
        ),
        "load" if german => format!("{owner} hat die wenigsten offenen Leads ({}).", number("open")),
        "load" => format!("{owner} has the fewest open leads ({}).", number("open")),
        "given" if german => format!("{owner} wurde genannt."),
        "given" => format!("{owner} was named."),
        _ => return Ok(None),
    }))
}
