//! Where can the columns of a table go?

use records::{Catalog, Field, RecordType};
use serde::Serialize;
use utoipa::ToSchema;

use super::objects;

/// A field that a column can go to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Target {
    /// `account.name`, `location.street`, `opportunity.account_id` (by name), `opportunity.account_id.external_id`, …
    pub name: String,
    pub label_en: String,
    pub label_de: String,
    pub required: bool,
}

/// The fields of a type that a column may fill, in a table whose rows are `object`.
pub(super) fn fields<'a>(record_type: &'a RecordType, object: &str) -> impl Iterator<Item = &'a Field> {
    let (is_main, is_of_contacts) = (record_type.name == object, object == "contact");
    let type_name = record_type.name.as_str();
    record_type.fields.iter().filter(move |f| {
        let is_open = !f.read_only && !f.retired;
        let is_link = f.to.is_some();
        // Beside another record, links are made by standing in the same row.
        let is_free =
            !is_link || f.name == "owner_id" || (is_main && !(is_of_contacts && f.name == "account_id"));
        // In a list of people these are the person's.
        let is_theirs = !(is_of_contacts
            && type_name == "account"
            && matches!(f.name.as_str(), "phone" | "email" | "description"));
        is_open && is_free && is_theirs
    })
}

/// Every field a column of a table of these records can go to.
pub(super) fn targets(catalog: &Catalog, object: &str, headers: &[String]) -> Vec<Target> {
    let mut targets = Vec::new();
    for type_name in objects::family(object, headers) {
        let Some(record_type) = catalog.get(type_name) else {
            continue;
        };
        let is_main = type_name == object;
        let (en, de) = (&record_type.label.en, &record_type.label.de);
        let mut put = |name: String, label_en: String, label_de: String, required: bool| {
            targets.push(Target {
                name: format!("{type_name}.{name}"),
                label_en: format!("{en}: {label_en}"),
                label_de: format!("{de}: {label_de}"),
                required,
            });
        };
        for field in fields(record_type, object) {
            // A person's name is made of its parts where it is not given; other things have a title.
            let required =
                is_main && record_type.title.as_ref() == Some(&field.name) && has_to_be_named(object);
            put(
                field.name.clone(),
                label(&field.label.en, &field.name),
                label(&field.label.de, &field.name),
                required,
            );
        }
        put(
            "external_id".into(),
            "id in the other system".into(),
            "Nummer im anderen System".into(),
            false,
        );
        for field in fields(record_type, object).filter(|f| is_numbered_link(catalog, f)) {
            let name = format!("{}.external_id", field.name);
            let (en, de) = (
                label(&field.label.en, &field.name),
                label(&field.label.de, &field.name),
            );
            put(
                name,
                format!("{en}, id in the other system"),
                format!("{de}, Nummer im anderen System"),
                false,
            );
        }
        if type_name == "opportunity" {
            put(
                "outcome".into(),
                "won, lost or open".into(),
                "gewonnen, verloren oder offen".into(),
                false,
            );
        }
    }
    targets
}

fn label(label: &str, name: &str) -> String {
    if label.is_empty() {
        name.to_owned()
    } else {
        label.to_owned()
    }
}

/// A row of this type needs a column for its title.
pub(super) fn has_to_be_named(object: &str) -> bool {
    !matches!(object, "contact" | "lead" | "activity")
}

/// A link to something that other systems have ids for.
fn is_numbered_link(catalog: &Catalog, field: &Field) -> bool {
    let to = field.to.as_deref().and_then(|to| catalog.get(to));
    to.is_some_and(objects::is_object)
}
