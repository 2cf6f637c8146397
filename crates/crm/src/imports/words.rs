//! Choices as other systems and languages write them, both ways: what comes in goes out in the same word.

use records::Field;

use super::columns::folded;

/// A system's own word for a choice.
type Theirs = (&'static str, &'static str);

/// Field, our choice, each system's word for it, and other words that mean it, folded.
type Word = (
    &'static str,
    &'static str,
    &'static [Theirs],
    &'static [&'static str],
);

const SF: &str = "salesforce";
const HS: &str = "hubspot";
const PD: &str = "pipedrive";
const MS: &str = "dynamics";

#[rustfmt::skip]
const WORDS: &[Word] = &[
    ("account.type", "customer", &[(SF, "Customer - Direct"), (HS, "Customer"), (MS, "Customer")],
        &["kunde", "client", "customerchannel", "bestandskunde", "evangelist", "other"]),
    ("account.type", "prospect", &[(SF, "Prospect"), (HS, "Lead"), (MS, "Prospect")],
        &["interessent", "opportunity", "potenziellerkunde", "subscriber", "marketingqualifiedlead", "salesqualifiedlead"]),
    ("account.type", "partner", &[(SF, "Channel Partner / Reseller"), (HS, "Partner"), (MS, "Partner")],
        &["installationpartner", "technologypartner", "reseller"]),
    ("account.type", "supplier", &[(SF, "Supplier"), (HS, "Vendor"), (MS, "Supplier")], &["lieferant"]),
    ("account.type", "competitor", &[(SF, "Competitor"), (HS, "Competitor"), (MS, "Competitor")], &["mitbewerber", "wettbewerber"]),
    ("account.type", "household", &[], &["haushalt"]),
    ("account.type", "donor", &[], &["spender"]),
    ("account.status", "active", &[], &["aktiv"]),
    ("account.status", "closed", &[], &["inactive", "inaktiv"]),
    ("account.class", "A", &[], &["hot", "high", "hoch"]),
    ("account.class", "B", &[], &["warm", "medium", "mittel"]),
    ("account.class", "C", &[], &["cold", "low", "niedrig"]),
    ("lead.status", "new", &[(SF, "Open - Not Contacted"), (HS, "New"), (MS, "New")], &["open", "offen"]),
    ("lead.status", "working", &[(SF, "Working - Contacted"), (HS, "In progress"), (MS, "Contacted")],
        &["attemptedtocontact", "connected", "opendeal"]),
    ("lead.status", "nurturing", &[(SF, "Nurturing"), (HS, "Bad timing"), (MS, "Nurturing")], &[]),
    ("lead.status", "qualified", &[(SF, "Closed - Converted"), (HS, "Qualified"), (MS, "Qualified")], &[]),
    ("lead.status", "unqualified", &[(SF, "Closed - Not Converted"), (HS, "Unqualified"), (MS, "Disqualified")], &["lost"]),
    ("opportunity.kind", "new", &[(SF, "New Customer"), (HS, "New Business")], &["neugeschaeft"]),
    ("opportunity.kind", "more", &[(SF, "Existing Customer - Upgrade"), (HS, "Existing Business")], &["existingcustomerdowngrade"]),
    ("opportunity.kind", "renewal", &[(SF, "Existing Customer - Replacement"), (HS, "Renewal")], &[]),
    ("activity.kind", "task", &[(SF, "Task"), (HS, "To-do"), (PD, "Task"), (MS, "Task")],
        &["todo", "deadline", "lunch", "other", "aufgabe"]),
    ("activity.kind", "call", &[(SF, "Call"), (HS, "Call"), (PD, "Call"), (MS, "Phone Call")], &["anruf"]),
    ("activity.kind", "email", &[(SF, "Email"), (HS, "Email"), (PD, "Email"), (MS, "Email")], &["mail"]),
    ("activity.kind", "meeting", &[(SF, "Meeting"), (HS, "Meeting"), (PD, "Meeting"), (MS, "Appointment")],
        &["event", "termin", "besprechung"]),
    ("activity.kind", "note", &[(SF, "Note"), (HS, "Note"), (PD, "Note"), (MS, "Note")], &["notiz"]),
    ("activity.status", "open", &[(SF, "Not Started"), (HS, "Not started"), (PD, "To do"), (MS, "Open")],
        &["inprogress", "deferred", "waitingonsomeoneelse", "no", "false", "0", "nein", "offen"]),
    ("activity.status", "done", &[(SF, "Completed"), (HS, "Completed"), (PD, "Done"), (MS, "Completed")],
        &["yes", "true", "1", "ja", "erledigt", "closed"]),
    ("activity.status", "cancelled", &[(MS, "Canceled")], &["abgebrochen"]),
    ("case.status", "new", &[(SF, "New"), (HS, "New"), (MS, "New")], &["neu"]),
    ("case.status", "open", &[(SF, "Working"), (HS, "Waiting on us"), (MS, "In Progress")],
        &["escalated", "researching", "active"]),
    ("case.status", "waiting", &[(SF, "On Hold"), (HS, "Waiting on contact"), (MS, "Waiting for Details")], &["pending"]),
    ("case.status", "resolved", &[(SF, "Resolved"), (HS, "Resolved"), (MS, "Problem Solved")], &["solved", "geloest"]),
    ("case.status", "closed", &[(SF, "Closed"), (HS, "Closed"), (MS, "Canceled")], &["geschlossen", "merged", "cancelled"]),
    ("case.priority", "low", &[(SF, "Low"), (HS, "Low"), (MS, "Low")], &["niedrig"]),
    ("case.priority", "normal", &[(SF, "Medium"), (HS, "Medium"), (MS, "Normal")], &["mittel"]),
    ("case.priority", "high", &[(SF, "High"), (HS, "High"), (MS, "High")], &["hoch"]),
    ("case.priority", "urgent", &[(SF, "Urgent"), (HS, "Urgent"), (MS, "Urgent")], &["critical", "dringend"]),
    ("case.kind", "request", &[(SF, "Feature Request"), (MS, "Request")], &["anfrage"]),
    ("case.kind", "complaint", &[(SF, "Problem"), (MS, "Problem")], &["beschwerde", "reklamation", "incident"]),
    ("case.kind", "enquiry", &[(SF, "Question"), (MS, "Question")], &["inquiry", "frage"]),
    ("case.channel", "mail", &[(SF, "Email"), (HS, "Email"), (MS, "Email")], &[]),
    ("case.channel", "phone", &[(SF, "Phone"), (HS, "Phone"), (MS, "Phone")], &["telephone", "telefon"]),
    ("case.channel", "web", &[(SF, "Web"), (HS, "Form"), (MS, "Web")], &["chat", "website"]),
    ("product.life_cycle", "active", &[(SF, "true"), (PD, "Active"), (MS, "Active")], &["yes", "1", "ja"]),
    ("product.life_cycle", "phase_out", &[], &["auslaufend"]),
    ("product.life_cycle", "ended", &[(SF, "false"), (PD, "Inactive"), (MS, "Retired")], &["no", "0", "nein"]),
];

/// The choice that a word in a file means.
pub(super) fn ours<'a>(type_name: &str, field: &'a Field, cell: &str) -> Option<&'a str> {
    let wanted = folded(cell);
    let is_known = |choice: &&String| {
        let words = field.words.get(*choice);
        folded(choice) == wanted || words.is_some_and(|w| folded(&w.en) == wanted || folded(&w.de) == wanted)
    };
    if let Some(choice) = field.choices.iter().find(is_known) {
        return Some(choice);
    }
    let key = format!("{type_name}.{}", field.name);
    let (_, choice, ..) = WORDS.iter().find(|(of, _, theirs, also)| {
        *of == key
            && (also.contains(&wanted.as_str()) || theirs.iter().any(|(_, word)| folded(word) == wanted))
    })?;
    field.choices.iter().find(|c| c == choice).map(String::as_str)
}

/// What a system calls our choice; our own English word where it has none.
pub(crate) fn theirs(system: &str, type_name: &str, field: &Field, choice: &str) -> String {
    let key = format!("{type_name}.{}", field.name);
    let word = WORDS
        .iter()
        .find(|(of, ours, ..)| *of == key && *ours == choice)
        .and_then(|(_, _, theirs, _)| theirs.iter().find(|(s, _)| *s == system));
    match word {
        Some((_, word)) => (*word).to_owned(),
        None => field
            .words
            .get(choice)
            .map_or_else(|| choice.to_owned(), |w| w.en.clone()),
    }
}

/// How a deal ended, as other systems write it: won, lost, open.
pub(super) fn outcome(cell: &str) -> Option<bool> {
    match folded(cell).as_str() {
        "won" | "closedwon" | "gewonnen" => Some(true),
        "lost" | "closedlost" | "verloren" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_of_a_choice_and_comes_back() {
        let catalog = crate::catalog().unwrap();
        for (of, choice, theirs_words, also) in WORDS {
            let (type_name, name) = of.split_once('.').unwrap();
            let field = catalog.get(type_name).unwrap().field(name).unwrap();
            for (system, word) in *theirs_words {
                assert_eq!(ours(type_name, field, word), Some(*choice), "{of} {word}");
                assert_eq!(theirs(system, type_name, field, choice), *word);
            }
            for word in *also {
                assert_eq!(ours(type_name, field, word), Some(*choice), "{of} {word}");
                assert_eq!(folded(word), *word);
            }
        }
    }
}
