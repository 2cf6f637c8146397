//! Columns that hold another system's ids: of the row's own record, and of records that it links to.

/// Headers of a record's own id, by type.
const OWN: [(&str, &[&str]); 7] = [
    (
        "account",
        &[
            "Account ID",
            "Organization - ID",
            "Company ID",
            "(Do Not Modify) Account",
            "Associated Company ID",
            "Associated Company IDs (Primary)",
            "Associated Company IDs",
        ],
    ),
    (
        "contact",
        &["Contact ID", "Person - ID", "(Do Not Modify) Contact", "UID"],
    ),
    ("lead", &["Lead ID", "Lead - ID", "(Do Not Modify) Lead"]),
    (
        "opportunity",
        &[
            "Opportunity ID",
            "Deal ID",
            "Deal - ID",
            "Deal - Pipedrive System ID",
            "(Do Not Modify) Opportunity",
        ],
    ),
    ("case", &["Case ID", "Ticket ID", "(Do Not Modify) Case"]),
    (
        "activity",
        &[
            "Activity ID",
            "Activity - ID",
            "Task ID",
            "(Do Not Modify) Task",
            "(Do Not Modify) Activity",
        ],
    ),
    (
        "product",
        &["Product ID", "Product - ID", "(Do Not Modify) Product"],
    ),
];

/// Headers that are the id of whatever the rows are.
const ROW: [&str; 3] = ["Id", "Record ID", "External ID"];

/// Headers of the ids of linked records: type, link, headers.
const LINKED: [(&str, &str, &[&str]); 9] = [
    (
        "account",
        "parent_id",
        &["Parent Account ID", "ParentId", "Parent Company ID"],
    ),
    (
        "opportunity",
        "account_id",
        &[
            "Account ID",
            "Associated Company IDs (Primary)",
            "Associated Company IDs",
            "Associated Company ID",
            "Deal - Organization ID",
        ],
    ),
    (
        "case",
        "account_id",
        &["Account ID", "Associated Company IDs", "Associated Company ID"],
    ),
    (
        "case",
        "contact_id",
        &["Contact ID", "Associated Contact IDs", "Associated Contact ID"],
    ),
    (
        "activity",
        "account_id",
        &[
            "Account ID",
            "WhatId",
            "Associated Company IDs",
            "Activity - Organization ID",
        ],
    ),
    (
        "activity",
        "contact_id",
        &[
            "Contact ID",
            "WhoId",
            "Associated Contact IDs",
            "Activity - Person ID",
        ],
    ),
    (
        "activity",
        "opportunity_id",
        &["Opportunity ID", "Activity - Deal ID", "Associated Deal IDs"],
    ),
    ("activity", "case_id", &["Case ID", "Associated Ticket IDs"]),
    ("activity", "lead_id", &["Lead ID"]),
];

/// How sure it is, 0..=1, that a folded header is the id of a record of this type in the other system. `is_main`: the
/// rows are records of it.
pub(super) fn own(type_name: &str, is_main: bool, wanted: &str) -> f64 {
    let says = |headers: &[&str]| headers.iter().any(|h| super::columns::folded(h) == wanted);
    if OWN.iter().any(|(t, headers)| *t == type_name && says(headers)) {
        return 0.98;
    }
    match wanted {
        _ if is_main && says(&ROW) => 0.97,
        // The number on the case stands for its id where there is no other.
        "casenumber" if type_name == "case" => 0.8,
        _ => 0.0,
    }
}

/// The link whose record's id a folded header holds.
pub(super) fn linked(type_name: &str, wanted: &str) -> Option<&'static str> {
    let says = |headers: &[&str]| headers.iter().any(|h| super::columns::folded(h) == wanted);
    LINKED
        .iter()
        .find(|(t, _, headers)| *t == type_name && says(headers))
        .map(|(_, link, _)| *link)
}

/// Another system's id as it is compared and kept: Salesforce gives the same record 15 letters in reports and 18 in
/// exports, of which the last three say which letters are capitals.
pub(super) fn comparable(system: &str, external: &str) -> String {
    let external = external.trim();
    let is_short = system == "salesforce"
        && external.len() == 15
        && external.bytes().all(|b| b.is_ascii_alphanumeric())
        && external.bytes().any(|b| b.is_ascii_alphabetic());
    let mut whole: String = external.chars().take(200).collect();
    if is_short {
        for five in external.as_bytes().chunks(5) {
            let capitals = (0usize..)
                .zip(five)
                .filter(|(_, b)| b.is_ascii_uppercase())
                .map(|(bit, _)| 1 << bit)
                .sum::<usize>();
            whole.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals]));
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_ids_of_one_record_are_the_same() {
        // a 001 D0 → bit 4 of the first five is D: 16 is Q; of `00000` none: A; of `XyZab` bits 0 and 2: 5 is F.
        assert_eq!(comparable("salesforce", "0015D00000XyZab"), "0015D00000XyZabQAF");
        assert_eq!(
            comparable("salesforce", " 0015D00000XyZabQAF"),
            "0015D00000XyZabQAF"
        );
        assert_eq!(comparable("salesforce", "4711"), "4711");
        assert_eq!(comparable("file", "0015D00000XyZab"), "0015D00000XyZab");
        assert_eq!(own("account", true, "recordid"), 0.97);
        assert_eq!(own("account", false, "recordid"), 0.0);
        // The firm of a person: of a deal it is a link, which is surer.
        assert_eq!(own("account", false, "associatedcompanyids"), 0.98);
        assert_eq!(linked("activity", "whoid"), Some("contact_id"));
    }
}
