//! Which column is which field? Proposed by the names other CRMs give their columns.

use records::{Catalog, Field};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::targets::{fields, has_to_be_named};
use super::{ColumnMapping, numbers, objects};

/// Names of the two fields that every place has beside its declared ones.
const PLACE: [(&str, &[&str]); 2] = [
    (
        "lng",
        &[
            "lng",
            "lon",
            "long",
            "longitude",
            "laengengrad",
            "billinglongitude",
            "mailinglongitude",
            "x",
        ],
    ),
    (
        "lat",
        &[
            "lat",
            "latitude",
            "breitengrad",
            "billinglatitude",
            "mailinglatitude",
            "y",
        ],
    ),
];

/// What Pipedrive writes before a column's name, and the types that it means.
const ENTITIES: [(&str, &[&str]); 7] = [
    ("Organization", &["account", "location"]),
    ("Person", &["contact"]),
    ("Deal", &["opportunity"]),
    ("Activity", &["activity"]),
    ("Note", &["activity"]),
    ("Product", &["product"]),
    ("Lead", &["lead"]),
];

/// A column of the file, with the proposal for it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Column {
    pub index: usize,
    pub header: String,
    /// Up to three different values.
    pub samples: Vec<String>,
    /// The proposed field.
    pub field: Option<String>,
    /// Keep as a custom field.
    pub custom: bool,
    /// How sure the proposal is, 0..=1.
    pub confidence: f64,
}

/// A header or field name without case, blanks, punctuation and marks.
pub(super) fn folded(text: &str) -> String {
    let text = text
        .to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
        .replace('ß', "ss");
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Proposes a field for each column; columns nobody knows become custom fields, so that nothing is lost.
pub(super) fn propose(
    catalog: &Catalog,
    object: &str,
    headers: &[String],
    rows: &[Vec<String>],
) -> Vec<Column> {
    let mut taken: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = headers
        .iter()
        .enumerate()
        .map(|(index, header)| Column {
            index,
            header: header.clone(),
            samples: samples(rows, index),
            field: None,
            custom: false,
            confidence: 0.0,
        })
        .collect();
    let family = objects::family(object, headers);
    // Sure matches take their field before likely ones do.
    for least in [0.95, 0.7] {
        for column in &mut columns {
            if column.field.is_some() {
                continue;
            }
            let best = candidates(catalog, object, &family, &column.header)
                .into_iter()
                .filter(|(name, sure)| *sure >= least && !taken.contains(name))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((name, sure)) = best {
                taken.push(name.clone());
                column.field = Some(name);
                column.confidence = sure;
            }
        }
    }
    for column in &mut columns {
        column.custom = column.field.is_none() && !column.header.is_empty() && !column.samples.is_empty();
    }
    columns
}

/// Up to three different values of a column.
fn samples(rows: &[Vec<String>], index: usize) -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for value in rows
        .iter()
        .filter_map(|row| row.get(index))
        .filter(|v| !v.is_empty())
    {
        let value: String = value.chars().take(80).collect();
        if samples.len() < 3 && !samples.contains(&value) {
            samples.push(value);
        }
    }
    samples
}

/// How many headers are surely fields of a type itself, and whether its title is among them.
pub(super) fn sure_fields(catalog: &Catalog, type_name: &str, headers: &[String]) -> (usize, bool) {
    let mut found: Vec<String> = Vec::new();
    // A place stands beside its customer, row by row.
    let family: &[&str] = if type_name == "account" {
        &["account", "location"]
    } else {
        &[type_name]
    };
    for header in headers {
        let best = candidates(catalog, type_name, family, header)
            .into_iter()
            .filter(|(name, sure)| *sure >= 0.95 && !name.ends_with("external_id") && !found.contains(name))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        found.extend(best.map(|b| b.0));
    }
    let title = catalog
        .get(type_name)
        .and_then(|t| t.title.clone())
        .unwrap_or_default();
    let has = |name: &str| {
        found
            .iter()
            .any(|f| f.split_once('.').is_some_and(|(_, f)| f == name))
    };
    let has_title = has(&title) || (!has_to_be_named(type_name) && (has("family_name") || has("body")));
    (found.len(), has_title)
}

fn candidates(catalog: &Catalog, object: &str, family: &[&str], header: &str) -> Vec<(String, f64)> {
    let (entity, rest) = entity_of(header);
    let wanted = [folded(header), folded(rest)];
    if wanted[0].is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for type_name in family {
        let Some(record_type) = catalog.get(type_name) else {
            continue;
        };
        let rank = rank(object, type_name);
        // A name with an entity before it is that entity's, and without it nobody else's.
        let bare = entity.is_none_or(|types| types.contains(type_name));
        for field in fields(record_type, object) {
            let sure = wanted
                .iter()
                .take(if bare { 2 } else { 1 })
                .map(|wanted| likeness(field, wanted, bare))
                .fold(0.0, f64::max);
            if sure > 0.0 {
                found.push((format!("{type_name}.{}", field.name), sure - rank));
            }
        }
        let sure = numbers::own(type_name, *type_name == object, &wanted[0]);
        if sure > 0.0 {
            found.push((format!("{type_name}.external_id"), sure));
        }
        if let Some(link) = numbers::linked(type_name, &wanted[0]).filter(|_| *type_name == object) {
            found.push((format!("{type_name}.{link}.external_id"), 0.99));
        }
        // Dynamics calls a product's code so; where another column holds the code, it is the id.
        if *type_name == "product" && wanted[0] == "productid" {
            found.push(("product.code".to_owned(), 0.9));
        }
        if *type_name == "opportunity" && ["dealstatus", "status"].contains(&wanted[0].as_str()) {
            found.push(("opportunity.outcome".to_owned(), 0.95));
        }
        if record_type.place {
            for (name, known) in PLACE {
                if known.contains(&wanted[0].as_str()) {
                    found.push((format!("{type_name}.{name}"), 0.97 - rank));
                }
            }
        }
    }
    found
}

/// `Deal - Value`: what it is of, and what it is.
fn entity_of(header: &str) -> (Option<&'static [&'static str]>, &str) {
    let Some((entity, rest)) = header.split_once(" - ") else {
        return (None, header);
    };
    let known = ENTITIES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(entity.trim()));
    match known {
        Some((_, types)) => (Some(types), rest.strip_prefix("Address - ").unwrap_or(rest)),
        None => (None, header),
    }
}

/// What stands beside the row's own record comes after it.
fn rank(object: &str, type_name: &str) -> f64 {
    match (object, type_name) {
        // Contacts' names come last: "Name" alone is the customer's.
        ("account", "contact") => 0.02,
        ("account", _) => 0.0,
        _ if object == type_name => 0.0,
        _ => 0.1,
    }
}

fn likeness(field: &Field, wanted: &str, may_be_close: bool) -> f64 {
    if field.import.iter().any(|known| folded(known) == wanted) {
        return 1.0;
    }
    if folded(&field.name) == wanted || folded(&field.label.en) == wanted || folded(&field.label.de) == wanted
    {
        return 0.96;
    }
    let close = |known: &str| {
        let known = folded(known);
        known.len() >= 5 && wanted.len() >= 5 && (wanted.contains(&known) || known.contains(wanted))
    };
    if may_be_close && field.import.iter().any(|known| close(known)) {
        0.72
    } else {
        0.0
    }
}

/// The field proposed for each of these headers of a table of customers.
#[cfg(test)]
pub(crate) fn proposed(catalog: &Catalog, headers: &[&str]) -> Vec<Option<String>> {
    let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
    let columns = propose(catalog, "account", &headers, &[]);
    columns.into_iter().map(|c| c.field).collect()
}

/// A mapping as proposed.
pub(super) fn proposed_mapping(columns: &[Column]) -> Vec<ColumnMapping> {
    columns
        .iter()
        .map(|c| ColumnMapping {
            index: c.index,
            field: c.field.clone(),
            custom: c.custom,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_of(object: &str, headers: &[&str]) -> Vec<String> {
        let catalog = crate::catalog().unwrap();
        let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
        let rows = vec![vec!["x".to_owned(); headers.len()]];
        propose(&catalog, object, &headers, &rows)
            .into_iter()
            .map(|c| {
                c.field
                    .unwrap_or_else(|| if c.custom { "custom".into() } else { "none".into() })
            })
            .collect()
    }

    /// `header = field` line by line.
    fn check(object: &str, table: &str) {
        let pairs: Vec<(&str, &str)> = table
            .lines()
            .filter_map(|line| line.trim().split_once(" = "))
            .collect();
        let headers: Vec<&str> = pairs.iter().map(|p| p.0).collect();
        let wanted: Vec<&str> = pairs.iter().map(|p| p.1).collect();
        let found = fields_of(object, &headers);
        for ((header, wanted), found) in headers.iter().zip(wanted).zip(found) {
            assert_eq!(found, wanted, "{object}: {header}");
        }
    }

    #[test]
    fn exports_of_other_systems_are_recognised() {
        check(
            "account",
            "Account Name = account.name
             Billing Street = location.street
             Billing Zip/Postal Code = location.postal_code
             Billing City = location.city
             Phone = account.phone
             Annual Revenue = account.annual_revenue
             Account ID = account.external_id
             Parent Account ID = account.parent_id.external_id
             Account Owner = account.owner_id
             Verkaufsfläche m² = custom",
        );
        check(
            "account",
            "Company name = account.name
             Street Address = location.street
             Postal Code = location.postal_code
             City = location.city
             Phone Number = account.phone
             Record ID = account.external_id",
        );
        check(
            "account",
            "Firma = account.name\nStraße = location.street\nPLZ = location.postal_code\nOrt = location.city",
        );
        check(
            "account",
            "Name = account.name\nLatitude = location.lat\nLongitude = location.lng",
        );
        check(
            "contact",
            "First Name = contact.given_name
             Last Name = contact.family_name
             Title = contact.title
             Mailing Street = location.street
             Phone = contact.phone
             Email = contact.email
             Account Name = account.name
             Contact ID = contact.external_id
             Account ID = account.external_id",
        );
        check(
            "opportunity",
            "Opportunity Name = opportunity.name
             Stage = opportunity.stage_id
             Close Date = opportunity.close_date
             Amount = opportunity.amount
             Account Name = opportunity.account_id
             Opportunity Owner = opportunity.owner_id
             Probability (%) = opportunity.probability
             Forecast Category = custom",
        );
        check(
            "opportunity",
            "Deal - Title = opportunity.name
             Deal - Value = opportunity.amount
             Deal - Currency = opportunity.currency
             Deal - Stage = opportunity.stage_id
             Deal - Organization = opportunity.account_id
             Deal - Status = opportunity.outcome
             Deal - ID = opportunity.external_id
             Deal - Expected close date = opportunity.close_date",
        );
        check(
            "opportunity",
            "Organization - Name* = account.name
             Organization - Address = location.source_text
             Person - Name* = contact.name
             Person - Email (Work) = contact.email
             Deal - Title = opportunity.name
             Deal - Value = opportunity.amount",
        );
        check(
            "activity",
            "Activity - Subject = activity.subject
             Activity - Type = activity.kind
             Activity - Due date = activity.due_at
             Activity - Done = activity.status
             Activity - Organization = activity.account_id
             Activity - Contact person = activity.contact_id
             Activity - Deal ID = activity.opportunity_id.external_id
             Activity - Note = activity.body",
        );
    }
}
