//! People, roles, and what each role may do.

mod http;

pub use http::router;

use std::collections::BTreeMap;

use records::{Catalog, Grant, Query, Record, Scope, Viewer};
use serde_json::{Value, json};

use crate::App;
use crate::problem::Problem;

/// The password of the demo's sign-ins. It exists in demos only.
pub const DEMO_PASSWORD: &str = "bailiwick";

/// The demo's sign-ins, in the order the sign-in page shows them.
pub const DEMO_EMAILS: [&str; 4] = [
    "manager@demo.example",
    "rep@demo.example",
    "analyst@demo.example",
    "admin@demo.example",
];

/// What somebody is in the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Draws territories and leads a team.
    Manager,
    /// Visits customers.
    Rep,
    /// Looks at regions.
    Analyst,
    /// Runs the program.
    Admin,
}

impl Role {
    /// By its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Manager, Self::Rep, Self::Analyst, Self::Admin]
            .into_iter()
            .find(|r| r.as_str() == word)
    }

    /// Its word in the database and in interfaces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Rep => "rep",
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }

    /// The screen it begins on.
    #[must_use]
    pub fn landing(self) -> &'static str {
        match self {
            Self::Manager => "/map",
            Self::Rep => "/day",
            Self::Analyst => "/regions",
            Self::Admin => "/admin",
        }
    }
}

const READ_ALL: Grant = Grant {
    read: Scope::All,
    write: Scope::None,
    create: false,
    delete: Scope::None,
};
const NOTHING: Grant = Grant {
    read: Scope::None,
    write: Scope::None,
    create: false,
    delete: Scope::None,
};

/// One's own words; those of others are read where they were said, by whoever may see that record.
const OWN_WORDS: Grant = Grant {
    read: Scope::Own,
    write: Scope::Own,
    create: true,
    delete: Scope::Own,
};

/// What a role may do with a record type unless the organisation says otherwise.
fn standard_grant(role: Role, type_name: &str) -> Grant {
    let own_work = Grant {
        read: Scope::Territory,
        write: Scope::Territory,
        create: true,
        delete: Scope::None,
    };
    match role {
        Role::Admin => Grant::ALL,
        Role::Manager => match type_name {
            "user" | "role" => READ_ALL,
            // What records consist of is the administrator's; the types themselves tell everybody.
            "custom_field" | "custom_type" => NOTHING,
            // Addresses of other programs, with what they may know.
            "webhook" => NOTHING,
            // A log is read, not written.
            "erasure" => READ_ALL,
            // Who shares with whom is the administrator's to say, and no secret of those who lead.
            "sharing_rule" => READ_ALL,
            // Changed by their own rules only.
            "territory_scenario" | "scenario_operation" | "scenario_comment" | "scenario_objection" => {
                READ_ALL
            }
            _ => Grant::ALL,
        },
        Role::Analyst => match type_name {
            "region" | "segment" => Grant {
                read: Scope::All,
                write: Scope::Own,
                create: true,
                delete: Scope::Own,
            },
            // Whose home a day begins at, and where somebody is when, is no analyst's business.
            "territory_scenario" | "scenario_operation" | "scenario_comment" | "scenario_objection" => {
                NOTHING
            }
            "comment" => OWN_WORDS,
            "custom_field" | "custom_type" | "sharing_rule" | "webhook" | "import_job" | "erasure"
            | "retention_rule" | "plan" | "stop" | "left_out_visit" | "rep_calendar" | "absence" => NOTHING,
            _ => READ_ALL,
        },
        Role::Rep => match type_name {
            "account" | "contact" | "location" | "visit" | "activity" | "opportunity" | "lead" | "quote"
            | "order" | "opportunity_role" | "contact_role" | "case" | "asset" | "file" | "consent" => {
                own_work
            }
            "form_submission" => Grant {
                read: Scope::Territory,
                ..NOTHING
            },
            "plan" | "stop" | "left_out_visit" => Grant {
                read: Scope::Own,
                write: Scope::Own,
                create: true,
                delete: Scope::Own,
            },
            "rep_calendar" | "absence" => Grant {
                read: Scope::Own,
                write: Scope::Own,
                create: false,
                delete: Scope::None,
            },
            "territory" | "territory_version" | "territory_member" | "assignment" | "visit_frequency"
            | "target" | "segment_member" | "campaign_member" => Grant {
                read: Scope::Territory,
                write: Scope::None,
                create: false,
                delete: Scope::None,
            },
            "campaign_response" => Grant {
                read: Scope::Territory,
                write: Scope::None,
                create: true,
                delete: Scope::None,
            },
            "region" | "segment" => Grant {
                read: Scope::Own,
                write: Scope::Own,
                create: true,
                delete: Scope::Own,
            },
            "scenario_objection" => Grant {
                read: Scope::Own,
                ..NOTHING
            },
            // Names of colleagues and of stages stand beside everything; they are no secret inside the firm.
            "user" | "team" | "stage" | "pipeline" | "product" | "price_book" | "price" | "queue"
            | "sla_policy" | "campaign" => READ_ALL,
            "custom_field" | "custom_type" => NOTHING,
            "comment" => OWN_WORDS,
            added if added.starts_with(records::ADDED) => own_work,
            _ => NOTHING,
        },
    }
}

/// The rights of a role: the standard ones, with what the role's record changes.
pub(crate) async fn grants(app: &App, role: Role) -> Result<BTreeMap<String, Grant>, Problem> {
    let mut grants: BTreeMap<String, Grant> = app
        .store
        .catalog()
        .iter()
        .filter(|t| !t.retired)
        .map(|t| (t.name.clone(), standard_grant(role, &t.name)))
        .collect();
    if role == Role::Admin {
        // An administrator who could take these from the role could lock everybody out.
        return Ok(grants);
    }
    let filter = records::Filter::eq("name", role.as_str());
    let page = app
        .store
        .list(&Viewer::system(), &Query::of("role").filter(filter).limit(1))
        .await?;
    let changed = page.records.first().and_then(|r| r.fields.get("grants").cloned());
    for (type_name, grant) in changed.as_ref().and_then(Value::as_object).into_iter().flatten() {
        if let Some(known) = grants.get_mut(type_name) {
            *known = parse_grant(grant, *known);
        }
    }
    Ok(grants)
}

fn parse_grant(value: &Value, standard: Grant) -> Grant {
    let scope = |name: &str, standard: Scope| match value.get(name).and_then(Value::as_str) {
        Some("none") => Scope::None,
        Some("own") => Scope::Own,
        Some("territory") => Scope::Territory,
        Some("team") => Scope::Team,
        Some("all") => Scope::All,
        _ => standard,
    };
    Grant {
        read: scope("read", standard.read),
        write: scope("write", standard.write),
        create: value
            .get("create")
            .and_then(Value::as_bool)
            .unwrap_or(standard.create),
        delete: scope("delete", standard.delete),
    }
}

fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::None => "none",
        Scope::Own => "own",
        Scope::Territory => "territory",
        Scope::Team => "team",
        Scope::All => "all",
    }
}

/// Rights as the front end reads them.
pub(crate) fn rights_json(viewer: &Viewer, catalog: &Catalog) -> Value {
    let entries = catalog.iter().map(|t| {
        let mut rights = grant_json(viewer.grant(&t.name));
        // What a role has nothing of may still be shared.
        let shares = viewer.shares(&t.name);
        let writable = shares.iter().any(records::Share::may_write);
        for (right, by_rule) in [("read", !shares.is_empty()), ("write", writable)] {
            if by_rule && rights[right] == "none" {
                rights[right] = "shared".into();
            }
        }
        (t.name.clone(), rights)
    });
    Value::Object(entries.collect())
}

fn grant_json(grant: Grant) -> Value {
    json!({
        "read": scope_word(grant.read),
        "create": grant.create,
        "write": scope_word(grant.write),
        "delete": scope_word(grant.delete),
    })
}

/// All users, by name.
pub(crate) async fn all(app: &App) -> Result<Vec<Record>, Problem> {
    let mut users = Vec::new();
    let mut query = Query::of("user").sort("name", false).limit(Query::MAX_LIMIT);
    loop {
        let page = app.store.list(&Viewer::system(), &query).await?;
        users.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(users),
        }
    }
}
