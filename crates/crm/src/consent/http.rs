//! Consent over HTTP: the decision with its reason. Consents themselves are plain records.

use axum::Json;
use axum::extract::{Query, State};
use records::At;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Asked, Channel, Purpose, Verdict, decide, person};
use crate::Shared;
use crate::crud::as_of_of;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CheckParams {
    /// The contact, or the lead.
    contact_id: Option<String>,
    lead_id: Option<String>,
    /// marketing unless said.
    purpose: Option<String>,
    /// The moment to decide for; the present unless said.
    at: Option<String>,
}

/// What is allowed, by each way.
#[derive(Serialize, ToSchema)]
struct Verdicts {
    verdicts: Vec<Verdict>,
    do_not_contact: bool,
}

/// May this person be contacted, by which way, and why not?
#[utoipa::path(get, path = "/api/v1/consent/check", tag = "marketing", params(CheckParams),
    responses((status = 200, body = Verdicts), (status = 404, body = Problem)))]
async fn check(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<CheckParams>,
) -> Result<Json<Verdicts>, Problem> {
    let (type_name, id) = match (params.contact_id.as_deref(), params.lead_id.as_deref()) {
        (Some(id), None) => ("contact", id),
        (None, Some(id)) => ("lead", id),
        _ => {
            return Err(Problem::bad(
                "?contact_id",
                "one-person",
                "Name one contact_id or one lead_id.",
            ));
        }
    };
    let word = params.purpose.as_deref().unwrap_or("marketing");
    let purpose = Purpose::parse(word).ok_or_else(|| {
        Problem::bad(
            "?purpose",
            "unknown-purpose",
            format!("{word:?} is no purpose: marketing, newsletter, survey, service."),
        )
    })?;
    let at = match params.at.as_deref() {
        None | Some("") => app.store.now(),
        Some(text) => as_of_of(&app, "at", text)?,
    };
    let missing = || Problem::not_found(format!("{type_name} {id}"));
    app.store
        .get(&signed.viewer, type_name, id, At::PRESENT)
        .await?
        .ok_or_else(missing)?;
    if signed.viewer.grant("consent").read == records::Scope::None {
        return Err(Problem::forbidden("Consents are not part of your role."));
    }
    let asked = if type_name == "contact" {
        Asked::Contact(id)
    } else {
        Asked::Lead(id)
    };
    let person = person(&app, asked).await?.ok_or_else(missing)?;
    let verdicts = Channel::ALL
        .into_iter()
        .map(|channel| decide(&person, channel, purpose, at))
        .collect();
    Ok(Json(Verdicts {
        verdicts,
        do_not_contact: person.do_not_contact,
    }))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(check))
}
