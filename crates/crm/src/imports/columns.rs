//! Which column is which field? Proposed by the names other CRMs give their columns.

use records::{Catalog, Field};
use serde::Serialize;
use utoipa::ToSchema;

use super::ColumnMapping;

/// The record types a row can fill.
pub(super) const TYPES: [&str; 3] = ["account", "location", "contact"];

/// Names of two fields that every place has beside its declared ones.
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
            "x",
        ],
    ),
    ("lat", &["lat", "latitude", "breitengrad", "billinglatitude", "y"]),
];

/// A field that a column can go to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Target {
    /// `account.name`, `location.street`, …
    pub name: String,
    pub label_en: String,
    pub label_de: String,
    pub required: bool,
}

/// A column of the file, with the proposal for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
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

/// Every field a column can go to.
pub(super) fn targets(catalog: &Catalog) -> Vec<Target> {
    let mut targets = Vec::new();
    for type_name in TYPES {
        let Some(record_type) = catalog.get(type_name) else {
            continue;
        };
        for field in &record_type.fields {
            if field.read_only || field.to.is_some() {
                continue;
            }
            targets.push(Target {
                name: format!("{type_name}.{}", field.name),
                label_en: format!("{}: {}", record_type.label.en, field.label.en),
                label_de: format!("{}: {}", record_type.label.de, field.label.de),
                required: type_name == "account" && field.name == "name",
            });
        }
    }
    targets
}

/// Proposes a field for each column; columns nobody knows become custom fields, so that nothing is lost.
pub(super) fn propose(catalog: &Catalog, headers: &[String], rows: &[Vec<String>]) -> Vec<Column> {
    let mut taken: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = headers
        .iter()
        .enumerate()
        .map(|(index, header)| {
            let mut samples: Vec<String> = Vec::new();
            for value in rows
                .iter()
                .filter_map(|row| row.get(index))
                .filter(|v| !v.is_empty())
            {
                if samples.len() < 3 && !samples.contains(value) {
                    samples.push(value.chars().take(80).collect());
                }
            }
            Column {
                index,
                header: header.clone(),
                samples,
                field: None,
                custom: false,
                confidence: 0.0,
            }
        })
        .collect();
    // Sure matches take their field before likely ones do.
    for least in [0.95, 0.7] {
        for column in &mut columns {
            if column.field.is_some() {
                continue;
            }
            let best = candidates(catalog, &column.header)
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

fn candidates(catalog: &Catalog, header: &str) -> Vec<(String, f64)> {
    let wanted = folded(header);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for type_name in TYPES {
        let Some(record_type) = catalog.get(type_name) else {
            continue;
        };
        for field in record_type
            .fields
            .iter()
            .filter(|f| !f.read_only && f.to.is_none())
        {
            let sure = likeness(field, type_name, &wanted);
            if sure > 0.0 {
                found.push((format!("{type_name}.{}", field.name), sure));
            }
        }
    }
    for (name, known) in PLACE {
        if known.contains(&wanted.as_str()) {
            found.push((format!("location.{name}"), 0.97));
        }
    }
    found
}

fn likeness(field: &Field, type_name: &str, wanted: &str) -> f64 {
    // Contacts' names come last: "Name" alone is the customer's.
    let rank = if type_name == "contact" { 0.02 } else { 0.0 };
    if field.import.iter().any(|known| folded(known) == wanted) {
        return 1.0 - rank;
    }
    if folded(&field.name) == wanted || folded(&field.label.en) == wanted || folded(&field.label.de) == wanted
    {
        return 0.96 - rank;
    }
    let close = |known: &str| {
        let known = folded(known);
        known.len() >= 5 && wanted.len() >= 5 && (wanted.contains(&known) || known.contains(wanted))
    };
    if field.import.iter().any(|known| close(known)) {
        0.72 - rank
    } else {
        0.0
    }
}

/// The known system whose export this looks like, by at least three of its headers.
pub(super) fn preset(headers: &[String]) -> Option<&'static str> {
    const SIGNATURES: [(&str, &[&str]); 5] = [
        (
            "Salesforce",
            &[
                "Account Name",
                "Billing Street",
                "Billing City",
                "BillingStreet",
                "BillingCity",
                "Account Owner",
                "Billing Zip/Postal Code",
                "BillingPostalCode",
            ],
        ),
        (
            "HubSpot",
            &[
                "Record ID",
                "Company name",
                "Company Domain Name",
                "Company owner",
                "Lifecycle Stage",
                "Create Date",
            ],
        ),
        (
            "Pipedrive",
            &[
                "Organization - Name",
                "Organization - Address",
                "Person - Name",
                "Deal - Title",
                "Organization - ID",
            ],
        ),
        (
            "Dynamics 365",
            &[
                "(Do Not Modify) Account",
                "(Do Not Modify) Row Checksum",
                "(Do Not Modify) Modified On",
            ],
        ),
        (
            "Bailiwick",
            &["Kundennummer", "Firma", "Art", "Klasse", "Branche", "PLZ", "Ort"],
        ),
    ];
    let known: Vec<String> = headers.iter().map(|h| folded(h)).collect();
    SIGNATURES
        .iter()
        .map(|(name, headers)| {
            (
                *name,
                headers.iter().filter(|h| known.contains(&folded(h))).count(),
            )
        })
        .filter(|(_, count)| *count >= 3)
        .max_by_key(|(_, count)| *count)
        .map(|(name, _)| name)
}

/// The field proposed for each of these headers.
#[cfg(test)]
pub(crate) fn proposed(catalog: &Catalog, headers: &[&str]) -> Vec<Option<String>> {
    let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
    let columns = propose(catalog, &headers, &[]);
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

    fn fields_of(headers: &[&str]) -> Vec<String> {
        let catalog = crate::catalog().unwrap();
        let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
        let rows = vec![vec!["x".to_owned(); headers.len()]];
        propose(&catalog, &headers, &rows)
            .into_iter()
            .map(|c| {
                c.field
                    .unwrap_or_else(|| if c.custom { "custom".into() } else { "none".into() })
            })
            .collect()
    }

    #[test]
    fn exports_of_other_systems_are_recognised() {
        assert_eq!(
            fields_of(&[
                "Account Name",
                "Billing Street",
                "Billing Zip/Postal Code",
                "Billing City",
                "Phone",
                "Annual Revenue"
            ]),
            [
                "account.name",
                "location.street",
                "location.postal_code",
                "location.city",
                "account.phone",
                "account.annual_revenue"
            ]
        );
        assert_eq!(
            fields_of(&[
                "Company name",
                "Street Address",
                "Postal Code",
                "City",
                "Phone Number"
            ]),
            [
                "account.name",
                "location.street",
                "location.postal_code",
                "location.city",
                "account.phone"
            ]
        );
        assert_eq!(
            fields_of(&["Firma", "Straße", "PLZ", "Ort"]),
            [
                "account.name",
                "location.street",
                "location.postal_code",
                "location.city"
            ]
        );
        assert_eq!(
            fields_of(&["Name", "Latitude", "Longitude"]),
            ["account.name", "location.lat", "location.lng"]
        );
    }

    #[test]
    fn unknown_columns_are_kept_as_custom_fields() {
        assert_eq!(
            fields_of(&["Name", "Verkaufsfläche m²"]),
            ["account.name", "custom"]
        );
    }

    #[test]
    fn a_preset_needs_three_headers() {
        let of = |headers: &[&str]| preset(&headers.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["Record ID", "Company name"]), None);
        assert_eq!(
            of(&["Record ID", "Company name", "Company owner"]),
            Some("HubSpot")
        );
    }
}
