//! All routes, and the one description of them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;
use crate::{
    Shared, accounts, campaigns, collaboration, consent, crud, cycles, duplicates, erp, events, exports,
    files, forms, imports, jobs, leads, live, mails, maps, mileage, ogc, opportunities, places, plans,
    privacy, regions, sales, scenarios, segments, service, services, sessions, sharing, territories, users,
    visits, webhooks,
};

/// A request's body is at most so large; uploads have their own limit.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bailiwick",
        description = "A geographic CRM. Longitude comes first; times are milliseconds since 1970 in UTC unless said; \
                       amounts are in minor units. Every read takes `as_of`; every write answers with a change set that can be undone.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem))
)]
struct Description;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(sessions::router())
        .merge(users::router())
        .merge(sharing::router())
        .merge(jobs::router())
        .merge(events::router())
        .merge(maps::router())
        .merge(live::router())
        .merge(accounts::router())
        .merge(duplicates::router())
        .merge(leads::router())
        .merge(opportunities::router())
        .merge(sales::router())
        .merge(service::router())
        .merge(erp::router())
        .merge(mails::router())
        .merge(files::router())
        .merge(forms::router())
        .merge(webhooks::router())
        .merge(segments::router())
        .merge(consent::router())
        .merge(campaigns::router())
        .merge(privacy::router())
        .merge(collaboration::router())
        .merge(territories::router())
        .merge(scenarios::router())
        .merge(regions::router())
        .merge(ogc::router())
        .merge(places::router())
        .merge(imports::router())
        .merge(visits::router())
        .merge(plans::router())
        .merge(cycles::router())
        .merge(mileage::router())
        .merge(services::router())
        .merge(exports::router())
        .merge(crud::router())
}

/// The API's description, OpenAPI 3.1.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    named_apart(routes().split_for_parts().1)
}

/// Handlers of different features may share a name; in the description each operation has its own, made
/// of method and address.
fn named_apart(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut api.paths.paths {
        let words: Vec<&str> = path
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        let address = words.join("_");
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{address}"));
            }
        }
    }
    api
}

/// Every route of the API, without middleware, metrics and the front end.
pub fn router(app: Shared) -> Router {
    let (router, description) = routes().split_for_parts();
    let description = serde_json::to_string(&named_apart(description)).unwrap_or_default();
    let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
    router
        .route(
            "/api/v1/openapi.json",
            get(async move || (json, description.clone())),
        )
        .route("/api/{*rest}", axum::routing::any(unknown))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(axum::middleware::from_fn(crate::rejections::as_problems))
        .with_state(app)
}

async fn unknown(uri: axum::http::Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-address",
        format!(
            "There is nothing at {}. The API is described at /api/v1/openapi.json.",
            uri.path()
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the sources can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }

    /// Two types of one name would be one schema in the description, silently: the later wins.
    #[test]
    fn no_two_types_share_a_name_in_the_description() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in &files {
            let text = std::fs::read_to_string(file).expect("a source can be read");
            // What follows a derive: its attributes, up to the name.
            for part in text.split("#[derive(").skip(1) {
                let Some((derived, rest)) = part.split_once(")]") else {
                    continue;
                };
                if !derived.split(',').any(|d| d.trim() == "ToSchema") {
                    continue;
                }
                let head = rest.split(['{', ';']).next().unwrap_or_default();
                let alias = head
                    .split_once("schema(as = ")
                    .and_then(|(_, a)| a.split([')', ',']).next());
                let own = head.split_once("struct ").or_else(|| head.split_once("enum "));
                let own = own.and_then(|(_, n)| n.split(|c: char| !c.is_alphanumeric()).next());
                let name = alias.or(own).expect("a derive stands before a type").trim();
                named
                    .entry(name.to_owned())
                    .or_default()
                    .push(file.display().to_string());
            }
        }
        assert!(named.len() > 100, "the sources are read");
        let twice: Vec<_> = named.iter().filter(|(_, files)| files.len() > 1).collect();
        assert!(
            twice.is_empty(),
            "give one of each another name with #[schema(as = …)]: {twice:#?}"
        );
    }
}
