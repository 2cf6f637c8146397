//! Places of customers. An address that is edited loses its pin: the status says `pending` until it is
//! looked up again. A pin set by hand and locked stays.

use geom::Timestamp;
use records::{Fault, Record, Rules};
use serde_json::{Map, Value};

/// The fields that say where a place is.
pub(crate) const ADDRESS_FIELDS: [&str; 6] = [
    "source_text",
    "street",
    "house_number",
    "postal_code",
    "city",
    "country",
];

/// What the look-up writes; cleared when the address changes.
const FOUND_FIELDS: [&str; 6] = [
    "geocode_level",
    "geocode_confidence",
    "geocode_label",
    "geocode_why",
    "geocode_map",
    "geocoded_at",
];

pub(crate) fn rules(rules: Rules) -> Rules {
    rules.on("location", edited_address)
}

/// Clears the pin of an address that changed, unless the same write brings a new place.
fn edited_address(
    before: Option<&Record>,
    after: &mut Map<String, Value>,
    _: Timestamp,
) -> Result<(), Vec<Fault>> {
    let missing = |fields: &Map<String, Value>, name: &str| fields.get(name).is_none_or(Value::is_null);
    let Some(before) = before else {
        let status = if missing(after, "lng") {
            "pending"
        } else {
            "imported"
        };
        if missing(after, "geocode_status") {
            after.insert("geocode_status".into(), status.into());
        }
        return Ok(());
    };
    let same = |name: &str| {
        before.fields.get(name).unwrap_or(&Value::Null) == after.get(name).unwrap_or(&Value::Null)
    };
    let address_same = ADDRESS_FIELDS.iter().all(|f| same(f));
    let place_same = ["lng", "lat", "geocode_status"].iter().all(|f| same(f));
    if address_same || !place_same {
        return Ok(());
    }
    for field in ["lng", "lat", "geocode_locked", "pin_distance_m", "pin_confidence"]
        .iter()
        .chain(&FOUND_FIELDS)
    {
        after.insert((*field).to_owned(), Value::Null);
    }
    after.insert("geocode_status".into(), "pending".into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(fields: Value) -> Record {
        Record {
            type_name: "location".into(),
            id: "a".into(),
            version: 1,
            recorded_at: Timestamp(0),
            changed_by: None,
            change_set: "s".into(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn an_edited_address_loses_its_pin() {
        let before = place(
            json!({"street": "Ring 1", "lng": 13.2, "lat": 53.5, "geocode_status": "pinned", "geocode_locked": true}),
        );
        let mut after = before.fields.clone();
        after.insert("street".into(), "Ring 2".into());
        edited_address(Some(&before), &mut after, Timestamp(1)).unwrap();
        assert_eq!(after["geocode_status"], "pending");
        assert_eq!(after["lng"], Value::Null);
        assert_eq!(after["geocode_locked"], Value::Null);
    }

    #[test]
    fn other_edits_keep_the_pin_and_a_new_pin_wins() {
        let before = place(json!({"street": "Ring 1", "lng": 13.2, "lat": 53.5, "geocode_status": "auto"}));
        let mut after = before.fields.clone();
        after.insert("access_note".into(), "behind the church".into());
        edited_address(Some(&before), &mut after, Timestamp(1)).unwrap();
        assert_eq!(after["geocode_status"], "auto");

        let mut moved = before.fields.clone();
        moved.insert("street".into(), "Ring 2".into());
        moved.insert("lng".into(), json!(13.3));
        moved.insert("geocode_status".into(), "pinned".into());
        edited_address(Some(&before), &mut moved, Timestamp(1)).unwrap();
        assert_eq!(moved["geocode_status"], "pinned");
        assert_eq!(moved["lng"], 13.3);
    }

    #[test]
    fn a_new_place_waits_for_its_look_up_unless_it_brings_coordinates() {
        let mut new = json!({"street": "Ring 1"}).as_object().cloned().unwrap();
        edited_address(None, &mut new, Timestamp(1)).unwrap();
        assert_eq!(new["geocode_status"], "pending");
        let mut given = json!({"street": "Ring 1", "lng": 13.2, "lat": 53.5})
            .as_object()
            .cloned()
            .unwrap();
        edited_address(None, &mut given, Timestamp(1)).unwrap();
        assert_eq!(given["geocode_status"], "imported");
    }
}
