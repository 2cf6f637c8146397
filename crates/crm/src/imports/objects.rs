//! Which kind of record is each row of a table, and in which order do tables come?

use std::collections::BTreeSet;

use records::{Catalog, RecordType, Viewer};

use super::columns;
use super::signatures::SIGNATURES;

/// Types that the program keeps for itself or that are made elsewhere.
const NOT_IMPORTED: [&str; 27] = [
    "user",
    "role",
    "team",
    "territory",
    "territory_version",
    "territory_member",
    "assignment",
    "territory_scenario",
    "scenario_operation",
    "scenario_comment",
    "scenario_objection",
    "plan",
    "stop",
    "left_out_visit",
    "import_job",
    "external_id",
    "region",
    "custom_type",
    "custom_field",
    "webhook",
    "file",
    "form",
    "form_submission",
    "segment_member",
    "campaign_member",
    "campaign_response",
    "rep_calendar",
];

/// The order of types that do not link to each other; others come behind opportunities.
const ORDER: [&str; 8] = [
    "pipeline",
    "stage",
    "product",
    "account",
    "location",
    "contact",
    "lead",
    "opportunity",
];

/// Whether rows may be records of this type.
pub(super) fn is_object(record_type: &RecordType) -> bool {
    !record_type.derived
        && !record_type.retired
        && !NOT_IMPORTED.contains(&record_type.name.as_str())
        && record_type.fields.iter().any(|f| !f.read_only)
}

/// The types that somebody may import.
pub(super) fn objects<'a>(catalog: &'a Catalog, viewer: &Viewer) -> Vec<&'a RecordType> {
    let mut all: Vec<&RecordType> = catalog
        .iter()
        .filter(|t| is_object(t) && viewer.grant(&t.name).create)
        .collect();
    all.sort_by_key(|t| (rank(&t.name), t.name.clone()));
    all
}

fn rank(type_name: &str) -> usize {
    match type_name {
        "activity" => ORDER.len() + 1,
        name => ORDER.iter().position(|n| *n == name).unwrap_or(ORDER.len()),
    }
}

/// The types that a row of an object can fill: itself, and what stands beside it in the same row.
pub(super) fn family<'a>(object: &'a str, headers: &[String]) -> Vec<&'a str> {
    match object {
        "account" => vec!["account", "location", "contact"],
        "contact" => vec!["contact", "account", "location"],
        // One row for the whole deal: organisation, person and deal beside each other.
        "opportunity" if headers.iter().any(|h| columns::folded(h) == "organizationname") => {
            vec!["opportunity", "account", "location", "contact"]
        }
        other => vec![other],
    }
}

/// What a table was recognised as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    pub object: String,
    /// The known system whose export this looks like.
    pub preset: Option<&'static str>,
    /// By the headers, not only because something has to be proposed.
    pub sure: bool,
}

/// Recognises a table by its headers and, between equals, by what it is called.
pub(super) fn recognised(catalog: &Catalog, headers: &[String], name: &str, format: &str) -> Recognised {
    if format == "vcard" {
        return Recognised {
            object: "contact".to_owned(),
            preset: Some("vCard"),
            sure: true,
        };
    }
    let known: Vec<String> = headers.iter().map(|h| columns::folded(h)).collect();
    let hint = |object: &str| usize::from(is_called(catalog, object, name));
    // A preset needs a signature of at least three headers; a single `Email` or `Record ID` decides nothing.
    let signed = SIGNATURES
        .iter()
        .filter_map(|signature| {
            // `First Name` and `FirstName` are one header.
            let there = |headers: &[&str]| -> BTreeSet<String> {
                headers
                    .iter()
                    .map(|h| columns::folded(h))
                    .filter(|h| known.contains(h))
                    .collect()
            };
            let count = there(signature.headers).len();
            let keys = there(&signature.headers[..signature.keys]).len();
            (count >= 3).then_some((keys > 0, count + hint(signature.object), signature))
        })
        .max_by_key(|(key, count, _)| (*key, *count));
    if let Some((_, _, signature)) = signed {
        return Recognised {
            object: signature.object.to_owned(),
            preset: Some(signature.system),
            sure: true,
        };
    }
    let mut best = ("account", 0usize, false);
    let mut types: Vec<&RecordType> = catalog.iter().filter(|t| is_object(t)).collect();
    types.sort_by_key(|t| (t.name != "account", rank(&t.name), t.name.clone()));
    for record_type in types {
        let (fields, has_title) = columns::sure_fields(catalog, &record_type.name, headers);
        if fields == 0 || !has_title {
            continue;
        }
        let score = fields + 3 * hint(&record_type.name);
        if score > best.1 {
            best = (
                &record_type.name,
                score,
                fields >= 3 || hint(&record_type.name) > 0,
            );
        }
    }
    Recognised {
        object: best.0.to_owned(),
        preset: None,
        sure: best.2,
    }
}

/// A file or sheet is called like the type: `Contacts.csv`, `Deals 2026`.
fn is_called(catalog: &Catalog, object: &str, name: &str) -> bool {
    const ALSO: [(&str, &[&str]); 7] = [
        (
            "account",
            &[
                "accounts",
                "companies",
                "organizations",
                "organisations",
                "customers",
                "kunden",
                "firmen",
            ],
        ),
        (
            "contact",
            &["contacts", "people", "persons", "kontakte", "ansprechpartner"],
        ),
        ("lead", &["leads"]),
        ("opportunity", &["opportunities", "deals", "verkaufschancen"]),
        (
            "activity",
            &["activities", "tasks", "notes", "aktivitaeten", "notizen"],
        ),
        ("product", &["products", "produkte", "artikel"]),
        ("case", &["cases", "tickets", "faelle"]),
    ];
    let name = columns::folded(name);
    let Some(record_type) = catalog.get(object) else {
        return false;
    };
    let own = [&record_type.table, &record_type.plural.en, &record_type.plural.de];
    let also = ALSO
        .iter()
        .filter(|(o, _)| *o == object)
        .flat_map(|(_, words)| words.iter().copied());
    own.into_iter()
        .map(|word| columns::folded(word))
        .chain(also.map(str::to_owned))
        .any(|word| word.len() >= 4 && name.contains(&word))
}

/// The order in which tables are imported: what a record links to comes before it.
pub(super) fn in_order(catalog: &Catalog, objects: &[Option<&str>]) -> Vec<usize> {
    let mut left: Vec<(usize, &str)> = objects
        .iter()
        .enumerate()
        .filter_map(|(i, o)| Some((i, (*o)?)))
        .collect();
    left.sort_by_key(|(index, object)| (rank(object), *index));
    let links_to = |object: &str, other: &str| {
        object != other
            && catalog.get(object).is_some_and(|t| {
                t.fields
                    .iter()
                    .any(|f| !f.read_only && f.to.as_deref() == Some(other))
            })
    };
    let mut order = Vec::new();
    while !left.is_empty() {
        let free = left
            .iter()
            .position(|(_, object)| !left.iter().any(|(_, other)| links_to(object, other)));
        // Types that link to each other: the customary order decides.
        order.push(left.remove(free.unwrap_or(0)).0);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(headers: &str, name: &str) -> (String, Option<&'static str>) {
        let headers: Vec<String> = headers.split(',').map(str::to_owned).collect();
        let found = recognised(&crate::catalog().unwrap(), &headers, name, "csv");
        (found.object, found.preset)
    }

    #[test]
    fn exports_are_recognised_with_what_their_rows_are() {
        let cases = [
            (
                "Account Name,Website,Billing City,Billing State/Province,Billing Zip/Postal Code,Account Owner,Territory,Type",
                "account",
                "Salesforce",
            ),
            (
                "Salutation,First Name,Last Name,Title,Mailing Street,Mailing City,Mailing State/Province,Mailing Zip/Postal Code,Mailing Country,Phone,Email,Contact Record Type,Account Name,Account Owner,Lead Source",
                "contact",
                "Salesforce",
            ),
            (
                "Lead Owner,First Name,Last Name,Title,Company / Account,Lead Source,Rating,Street,Email",
                "lead",
                "Salesforce",
            ),
            (
                "Lead ID,Lead Owner,First Name,Last Name,Email,Lead Status,Last Activity,Phone,Primary Campaign,Create Date",
                "lead",
                "Salesforce",
            ),
            (
                "Opportunity Owner,Account Name,Opportunity Name,Stage,Forecast Category,Fiscal Period,Close Date,Type",
                "opportunity",
                "Salesforce",
            ),
            (
                "Name,StageName,CloseDate,Id,IsDeleted,AccountId,IsPrivate,Description,Amount,Probability",
                "opportunity",
                "Salesforce",
            ),
            (
                "Case Number,Subject,Status,Priority,Origin,Owner,Account,Contact",
                "case",
                "Salesforce",
            ),
            (
                "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Lead Status,Associated Company,Job Title",
                "contact",
                "HubSpot",
            ),
            (
                "Record ID,Company name,Company Domain Name,Company owner,Phone Number,Industry,City,State/Region,Country/Region",
                "account",
                "HubSpot",
            ),
            (
                "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Deal owner,Close Date,Associated Company",
                "opportunity",
                "HubSpot",
            ),
            (
                "Ticket ID,Ticket name,Pipeline,Ticket status,Priority,Create date,Owner",
                "case",
                "HubSpot",
            ),
            (
                "Deal - Title,Deal - Value,Deal - Stage,Deal - Owner,Deal - Organization,Deal - Contact person",
                "opportunity",
                "Pipedrive",
            ),
            (
                "Person - Name,Person - Email,Person - Phone,Person - Organization",
                "contact",
                "Pipedrive",
            ),
            (
                "Person - Name*,Person - First name,Person - Last name,Person - Phone,Person - Email (Work),Organization - Name*,Organization - Address,Deal - Title,Deal - Value",
                "opportunity",
                "Pipedrive",
            ),
            (
                "Activity - ID,Activity - Subject,Activity - Type,Activity - Due date,Activity - Done,Activity - Organization",
                "activity",
                "Pipedrive",
            ),
            (
                "(Do Not Modify) Lead,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Subject,First Name,Last Name",
                "lead",
                "Dynamics 365",
            ),
            (
                "(Do Not Modify) Contact,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Full Name,Company Name",
                "contact",
                "Dynamics 365",
            ),
            (
                "Given Name,Family Name,E-mail 1 - Value,Phone 1 - Value,Organization 1 - Name",
                "contact",
                "Google Contacts",
            ),
        ];
        for (headers, object, preset) in cases {
            assert_eq!(
                recognise(headers, "report.csv"),
                (object.to_owned(), Some(preset)),
                "{headers}"
            );
        }
        assert_eq!(
            recognise("Firma,Straße,Ort", "liste.csv"),
            ("account".into(), None)
        );
        assert_eq!(
            recognise("First Name,Last Name,Email,Phone", "x.csv").0,
            "contact"
        );
        assert_eq!(recognise("Name,Email,Phone", "leads.csv").0, "lead");
        assert_eq!(recognise("Name,Code,Unit,Family", "x.csv").0, "product");
        assert_eq!(recognise("a,b,c", "x.csv"), ("account".into(), None));
    }

    #[test]
    fn what_is_linked_to_comes_first() {
        let catalog = crate::catalog().unwrap();
        let order = in_order(
            &catalog,
            &[
                Some("activity"),
                Some("opportunity"),
                None,
                Some("contact"),
                Some("account"),
                Some("case"),
            ],
        );
        assert_eq!(order, [4, 3, 1, 5, 0]);
    }
}
