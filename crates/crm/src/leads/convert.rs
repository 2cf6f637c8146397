//! A lead becomes a customer, a contact and a possible sale: in one change set, so that one undo takes it all back.

use records::{At, Filter, Op, Query, Record, Viewer, Written, new_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// The possible sale that a lead becomes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewOpportunity {
    name: String,
    /// Minor units.
    amount: Option<i64>,
    /// The first stage unless said.
    stage_id: Option<String>,
    close_date: Option<String>,
}

/// What a lead is to become.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ConvertBody {
    /// A customer who is on record; null makes a new one.
    account_id: Option<String>,
    /// A contact who is on record; null makes a new one.
    contact_id: Option<String>,
    /// Null where there is nothing to sell yet.
    opportunity: Option<NewOpportunity>,
}

/// What a lead has become.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Converted {
    account_id: String,
    /// The place of a new customer; null for one on record.
    location_id: Option<String>,
    contact_id: String,
    opportunity_id: Option<String>,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Converts; everything or nothing.
///
/// # Errors
/// A lead that was converted, a customer or contact that the person may not see, a type they may not create, whatever
/// the record engine finds wrong.
pub(super) async fn convert(
    app: &App,
    signed: &Signed,
    lead: &Record,
    body: ConvertBody,
) -> Result<(Converted, Written), Problem> {
    if lead.text("status") == Some("converted") {
        return Err(Problem::conflict(
            "converted",
            "This lead has been converted. Open the customer it became.",
        ));
    }
    for (type_name, needed) in [
        ("account", body.account_id.is_none()),
        ("contact", body.contact_id.is_none()),
        ("opportunity", body.opportunity.is_some()),
    ] {
        if needed && !signed.viewer.grant(type_name).create {
            return Err(Problem::forbidden(format!(
                "You may not make a new {type_name}. Choose one that is on record."
            )));
        }
    }
    let author = signed
        .program_on(
            app,
            "lead",
            &lead.id,
            "convert",
            &format!("Converted the lead {}", lead.text("name").unwrap_or_default()),
        )
        .await?;
    let mut ops = Vec::new();
    let mut create = |type_name: &str, fields: Value| {
        let id = new_id();
        ops.push(Op::Create {
            type_name: type_name.into(),
            id: Some(id.clone()),
            fields: object(fields),
        });
        id
    };
    let given = |name: &str| lead.fields.get(name).cloned().unwrap_or(Value::Null);
    let owner = match given("owner_id") {
        Value::Null => Value::from(signed.user_id.clone()),
        owner => owner,
    };
    let (account_id, location_id) = match body.account_id {
        Some(id) => (seen(app, signed, "account", id, "/account_id").await?.id, None),
        None => {
            let name = [given("company"), given("name")]
                .into_iter()
                .find(|n| !n.is_null());
            let account = create(
                "account",
                json!({
                    "name": name, "type": "prospect", "industry": given("industry"), "website": given("website"),
                    "employees": given("employees"), "phone": given("phone"), "email": given("email"), "owner_id": owner,
                    "source": given("source"),
                }),
            );
            let has_address = ["street", "postal_code", "city"]
                .iter()
                .any(|n| !given(n).is_null());
            let location = has_address.then(|| create("location", json!({
                "account_id": account, "street": given("street"), "house_number": given("house_number"),
                "postal_code": given("postal_code"), "city": given("city"), "country": given("country"),
            })));
            (account, location)
        }
    };
    let contact_id = match body.contact_id {
        Some(id) => {
            let contact = seen(app, signed, "contact", id, "/contact_id").await?;
            if contact.text("account_id") != Some(&account_id) {
                create(
                    "contact_role",
                    json!({ "account_id": account_id, "contact_id": contact.id, "title": given("title") }),
                );
            }
            contact.id
        }
        None => create(
            "contact",
            json!({
                "name": given("name"), "given_name": given("given_name"), "family_name": given("family_name"),
                "title": given("title"), "email": given("email"), "phone": given("phone"), "account_id": account_id,
            }),
        ),
    };
    let opportunity_id = match body.opportunity {
        None => None,
        Some(wanted) => {
            let stage = match wanted.stage_id {
                Some(stage) => stage,
                None => first_stage(app).await?,
            };
            Some(create(
                "opportunity",
                json!({
                    "name": wanted.name, "account_id": account_id, "location_id": location_id, "stage_id": stage,
                    "amount": wanted.amount, "close_date": wanted.close_date, "owner_id": owner, "source": given("source"),
                    "lead_id": lead.id, "currency": app.settings.currency,
                }),
            ))
        }
    };
    let origin = [given("source"), given("message")]
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n\n");
    create(
        "activity",
        json!({
            "kind": "note", "subject": format!("Was the lead {}", lead.text("name").unwrap_or_default()), "body": origin,
            "account_id": account_id, "contact_id": contact_id, "opportunity_id": opportunity_id, "owner_id": owner,
            "happened_at": app.store.now().0, "status": "done",
        }),
    );
    let lead_after = json!({
        "status": "converted", "converted_at": app.store.now().0, "account_id": account_id, "contact_id": contact_id,
        "opportunity_id": opportunity_id,
    });
    ops.push(Op::Update {
        type_name: "lead".into(),
        id: lead.id.clone(),
        version: Some(lead.version),
        patch: object(lead_after),
    });
    let written = app.store.write(&author, ops).await?;
    let converted = Converted {
        account_id,
        location_id,
        contact_id,
        opportunity_id,
        change_set: written.change_set.clone(),
    };
    Ok((converted, written))
}

async fn seen(
    app: &App,
    signed: &Signed,
    type_name: &str,
    id: String,
    pointer: &str,
) -> Result<Record, Problem> {
    app.store
        .get(&signed.viewer, type_name, &id, At::PRESENT)
        .await?
        .ok_or_else(|| {
            Problem::bad(
                pointer,
                "not-found",
                format!("There is no {type_name} {id} that you may see."),
            )
        })
}

async fn first_stage(app: &App) -> Result<String, Problem> {
    let open = Filter::eq("is_closed", true).negated();
    let query = Query::of("stage").filter(open).sort("position", false).limit(1);
    let stage = app
        .store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .into_iter()
        .next();
    stage.map(|s| s.id).ok_or_else(|| {
        Problem::bad(
            "/opportunity/stage_id",
            "no-stages",
            "No stages are set up. An administrator enters them under Sales.",
        )
    })
}
