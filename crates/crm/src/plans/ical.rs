//! A rep's planned visits as iCalendar (RFC 5545).

use geom::{LngLat, Timestamp};

/// One visit in the calendar.
pub(super) struct Entry {
    /// The visit's id: the same wherever it moves.
    pub visit_id: String,
    /// Raised each time the visit moves.
    pub sequence: i64,
    pub changed: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
    pub name: String,
    pub address: String,
    pub place: Option<LngLat>,
    pub phone: Option<String>,
    pub note: Option<String>,
}

/// The calendar's text: lines of at most 75 bytes ended by CR LF.
pub(super) fn calendar(name: &str, entries: &[Entry]) -> String {
    let mut out = String::new();
    for fixed in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Bailiwick//My day//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ] {
        line(&mut out, fixed);
    }
    property(&mut out, "X-WR-CALNAME", name);
    line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION:PT15M");
    for entry in entries {
        line(&mut out, "BEGIN:VEVENT");
        line(&mut out, &format!("UID:{}@bailiwick", entry.visit_id));
        line(&mut out, &format!("SEQUENCE:{}", entry.sequence));
        line(&mut out, &format!("DTSTAMP:{}", utc(entry.changed)));
        line(&mut out, &format!("LAST-MODIFIED:{}", utc(entry.changed)));
        line(&mut out, &format!("DTSTART:{}", utc(entry.start)));
        line(&mut out, &format!("DTEND:{}", utc(entry.end.max(entry.start))));
        property(&mut out, "SUMMARY", &entry.name);
        if !entry.address.is_empty() {
            property(&mut out, "LOCATION", &entry.address);
        }
        if let Some(place) = entry.place {
            line(&mut out, &format!("GEO:{:.6};{:.6}", place.lat(), place.lng()));
        }
        let description: Vec<&str> = [&entry.phone, &entry.note]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !description.is_empty() {
            property(&mut out, "DESCRIPTION", &description.join("\n"));
        }
        line(&mut out, "STATUS:CONFIRMED");
        line(&mut out, "END:VEVENT");
    }
    line(&mut out, "END:VCALENDAR");
    out
}

/// `20261123T080000Z`
fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn property(out: &mut String, name: &str, text: &str) {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            ';' => escaped.push_str("\\;"),
            ',' => escaped.push_str("\\,"),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    line(out, &format!("{name}:{escaped}"));
}

/// One content line, folded after at most 75 bytes, never inside a character.
fn line(out: &mut String, text: &str) {
    let mut room = 75;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            // The space that marks a continuation counts.
            room = 74;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        Entry {
            visit_id: "v1".into(),
            sequence: 3,
            changed: Timestamp(1_795_420_800_000),
            start: Timestamp(1_795_424_400_000),
            end: Timestamp(1_795_426_200_000),
            name: name.into(),
            address: "Lange Straße 1, 17033 Neubrandenburg".into(),
            place: LngLat::new(13.26, 53.55).ok(),
            phone: None,
            note: Some("Ring twice;\nback door".into()),
        }
    }

    #[test]
    fn an_event_with_everything() {
        let text = calendar("Anna", &[entry("Bäckerei, Müller")]);
        for line in [
            "UID:v1@bailiwick",
            "SEQUENCE:3",
            "DTSTART:20261123T090000Z",
            "DTEND:20261123T093000Z",
            "SUMMARY:Bäckerei\\, Müller",
            "LOCATION:Lange Straße 1\\, 17033 Neubrandenburg",
            "GEO:53.550000;13.260000",
            "DESCRIPTION:Ring twice\\;\\nback door",
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} in {text}");
        }
        assert!(
            text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n")
        );
    }

    #[test]
    fn long_lines_are_folded_and_unfold_to_the_same() {
        let name = "Größte Bäckerei mit äußerst langem Namen ".repeat(6);
        let text = calendar("Anna", &[entry(name.trim())]);
        for line in text.split("\r\n") {
            assert!(line.len() <= 75, "{} bytes: {line}", line.len());
        }
        let unfolded = text.replace("\r\n ", "");
        assert!(
            unfolded.contains(&format!("SUMMARY:{}", name.trim())),
            "{unfolded}"
        );
    }
}
