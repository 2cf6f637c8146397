//! The words by which a person is known, found in any text: names in either order, addresses in any case, telephone
//! numbers in any spelling.

use std::collections::BTreeSet;

use records::{Record, Words};
use serde_json::Value;

use crate::accounts::phone::phone_key;

/// What stands where a word was.
const GONE: &str = "[erased]";
/// Between two words of one name: `Muster, Erika`, `erika.muster`, `Erika_Muster`.
const WIDEST_GAP: usize = 3;
/// A single name shorter than this is in too many other words.
const SHORTEST_NAME: usize = 3;
/// A number shorter than this may be any other number.
const SHORTEST_NUMBER: usize = 7;
/// Not part of anybody's name: titles, and what stands where a name was.
const TITLES: [&str; 13] = [
    "erased", "herr", "frau", "dr", "prof", "med", "dipl", "ing", "mr", "mrs", "ms", "van", "von",
];

/// One thing by which a person is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Words that follow each other, in lower case; a single one only among what belongs to the person.
    Name(Vec<String>),
    /// An address, in lower case.
    Email(String),
    /// The digits without country and trunk noughts.
    Phone(String),
}

impl Mark {
    /// name, email, phone.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub marks: BTreeSet<Mark>,
}

impl Marks {
    /// Takes up what a version of a record of a person says.
    pub fn learn(&mut self, record: &Record) {
        let text = |name: &str| record.text(name).unwrap_or_default();
        let (given, family) = (words_of(text("given_name")), words_of(text("family_name")));
        let whole = words_of(text("name"));
        for (first, last) in [(&given, &family), (&family, &given)] {
            if !first.is_empty() && !last.is_empty() {
                self.marks
                    .insert(Mark::Name([first.clone(), last.clone()].concat()));
            }
        }
        if let [first @ .., last] = whole.as_slice()
            && !first.is_empty()
        {
            self.marks.insert(Mark::Name(whole.clone()));
            self.marks
                .insert(Mark::Name([std::slice::from_ref(last), first].concat()));
        }
        let email = text("email").trim().to_lowercase();
        if email.contains('@') {
            self.marks.insert(Mark::Email(email));
        }
        for number in ["phone", "phone_key"] {
            if let Some(key) = phone_key(text(number)).filter(|k| k.len() >= SHORTEST_NUMBER) {
                self.marks.insert(Mark::Phone(key));
            }
        }
    }

    /// With each word of the names by itself: for texts that are the person's own.
    pub fn near(&self, versions: &[Record]) -> Self {
        let mut near = self.clone();
        for field in ["name", "given_name", "family_name"] {
            for version in versions {
                let words = words_of(version.text(field).unwrap_or_default());
                let long = words.into_iter().filter(|w| w.chars().count() >= SHORTEST_NAME);
                near.marks.extend(long.map(|word| Mark::Name(vec![word])));
            }
        }
        near
    }

    /// One of them alone.
    pub fn only(mark: &Mark) -> Self {
        Self {
            marks: [mark.clone()].into(),
        }
    }

    /// Which of them are in some texts.
    pub fn among<'a>(&self, texts: impl IntoIterator<Item = &'a str> + Clone) -> BTreeSet<Mark> {
        let is_there = |mark: &&Mark| {
            texts
                .clone()
                .into_iter()
                .any(|t| Self::only(mark).without(t).is_some())
        };
        self.marks.iter().filter(is_there).cloned().collect()
    }

    fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        let words = words_in(text);
        let low = text.to_lowercase();
        // Lower case may be longer or shorter than what was written; then places in one are none in the other.
        let same_places = low.len() == text.len();
        let mut spans = Vec::new();
        for mark in &self.marks {
            match mark {
                Mark::Name(name) => spans.extend(names_in(text, &words, name)),
                Mark::Email(email) if same_places => spans.extend(emails_in(&low, email)),
                Mark::Email(email) => spans.extend(emails_in(text, email)),
                Mark::Phone(key) => spans.extend(numbers_in(text, key)),
            }
        }
        spans.sort_unstable();
        spans
    }
}

impl Words for Marks {
    fn without(&self, text: &str) -> Option<String> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return None;
        }
        let mut left = String::with_capacity(text.len());
        let mut end = 0;
        for (from, to) in spans {
            if from >= end {
                left.push_str(&text[end..from]);
                left.push_str(GONE);
            }
            end = end.max(to);
        }
        left.push_str(&text[end..]);
        Some(left)
    }
}

/// The words of a name, in lower case, without titles.
fn words_of(name: &str) -> Vec<String> {
    let words = words_in(name).into_iter().map(|(_, _, word)| word);
    words.filter(|w| !TITLES.contains(&w.as_str())).collect()
}

/// Letters and digits that stand together: from, to, in lower case.
fn words_in(text: &str) -> Vec<(usize, usize, String)> {
    let mut words = Vec::new();
    let mut from = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), from) {
            (true, None) => from = Some(at),
            (false, Some(begun)) => {
                words.push((begun, at, text[begun..at].to_lowercase()));
                from = None;
            }
            _ => {}
        }
    }
    words
}

/// One spelling of a word: `müller` and `mueller` are one name.
fn plain(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let spelt = word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    records::fold(&spelt.replace('ß', "ss"))
}

fn is_word(written: &str, name: &str, last: bool) -> bool {
    let (written, name) = (plain(written), plain(name));
    // The genitive: Musters Angebot.
    written == name || (last && written.strip_suffix('s') == Some(name.as_str()))
}

fn names_in(text: &str, words: &[(usize, usize, String)], name: &[String]) -> Vec<(usize, usize)> {
    let (Some(first), count) = (name.first(), name.len()) else {
        return Vec::new();
    };
    let mut spans = Vec::new();
    for (start, window) in words.windows(count).enumerate() {
        if count > 1 && !is_word(&window[0].2, first, false) {
            continue;
        }
        let fits = window
            .iter()
            .zip(name)
            .enumerate()
            .all(|(i, (w, n))| is_word(&w.2, n, i + 1 == count));
        let close = window.windows(2).all(|pair| {
            let gap = &text[pair[0].1..pair[1].0];
            gap.chars().count() <= WIDEST_GAP && !gap.contains(['"', '\\', '\n', ':', ';', '@', '|'])
        });
        if fits && close {
            spans.push((words[start].0, words[start + count - 1].1));
        }
    }
    spans
}

fn emails_in(text: &str, email: &str) -> Vec<(usize, usize)> {
    let found = text
        .match_indices(email)
        .map(|(at, found)| (at, at + found.len()));
    found
        .filter(|(from, to)| {
            let before = text[..*from].chars().next_back();
            let mut after = text[*to..].chars();
            let (next, second) = (after.next(), after.next());
            let is_part = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
            let goes_on = next.is_some_and(|c| {
                c.is_alphanumeric() || (".-".contains(c) && second.is_some_and(char::is_alphanumeric))
            });
            !before.is_some_and(is_part) && !goes_on
        })
        .collect()
}

/// Digits with what people put between them, with or without country and trunk noughts.
fn numbers_in(text: &str, key: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut run: Vec<(usize, char)> = Vec::new();
    let may_stand = |c: char| c.is_ascii_digit() || " -/().+\u{a0}\u{2011}\u{2013}".contains(c);
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if may_stand(c) {
            run.push((at, c));
            continue;
        }
        spans.extend(number_in_run(text, &run, key));
        run.clear();
    }
    spans
}

fn number_in_run(text: &str, run: &[(usize, char)], key: &str) -> Option<(usize, usize)> {
    let digits: Vec<usize> = run
        .iter()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(at, _)| *at)
        .collect();
    let written: String = run.iter().map(|(_, c)| *c).filter(char::is_ascii_digit).collect();
    let run_from = run.first()?.0;
    written.match_indices(key).find_map(|(at, _)| {
        let end = digits[at + key.len() - 1] + 1;
        if text[end..].chars().next().is_some_and(char::is_alphanumeric) {
            return None;
        }
        let from = beginning(&text[run_from..digits[at]])?;
        let starts_inside = from == 0
            && text[..run_from]
                .chars()
                .next_back()
                .is_some_and(char::is_alphanumeric);
        (!starts_inside).then_some((run_from + from, end))
    })
}

/// Where a number begins whose own digits follow this: its country and its noughts belong to it. `None` when it is the
/// end of another number.
fn beginning(head: &str) -> Option<usize> {
    let between = |c: char| !c.is_ascii_digit() && c != '+';
    let mut from = head.len();
    let mut rest = head.trim_end_matches(between);
    if let Some(before) = rest.strip_suffix('0') {
        from = before.len();
        rest = before.trim_end_matches(between);
    }
    let code = rest.len() - rest.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, country) = rest.split_at(rest.len() - code);
    if (1..=3).contains(&code) && before.ends_with('+') {
        return Some(before.len() - 1);
    }
    if (3..=5).contains(&code) && country.starts_with("00") {
        return Some(before.len());
    }
    let adjoins = head[..from]
        .chars()
        .next_back()
        .is_some_and(|c| c.is_ascii_digit());
    (!adjoins).then_some(from)
}

/// Texts of a record that say who it is.
pub(super) fn identity(record: &Record) -> Vec<&str> {
    [
        "name",
        "given_name",
        "family_name",
        "email",
        "phone",
        "phone_key",
        "website",
        "domain",
    ]
    .into_iter()
    .filter_map(|field| record.fields.get(field).and_then(Value::as_str))
    .collect()
}

#[cfg(test)]
mod tests {
    use geom::Timestamp;
    use records::{Record, Words as _};
    use serde_json::json;

    use super::Marks;

    fn erika() -> Record {
        let fields = json!({ "name": "Dr. Erika Müller-Wald", "given_name": "Erika", "family_name": "Müller-Wald",
            "email": "Erika.Wald@Example.org", "phone": "+49 (0)395 4567-89" });
        Record {
            type_name: "contact".into(),
            id: "e".into(),
            version: 1,
            recorded_at: Timestamp(0),
            changed_by: None,
            change_set: String::new(),
            fields: fields.as_object().cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn names_addresses_and_numbers_are_found_as_people_write_them() {
        let mut marks = Marks::default();
        marks.learn(&erika());
        for (text, left) in [
            ("Call Erika Müller-Wald today", "Call [erased] today"),
            ("MUELLER-WALD, ERIKA", "[erased]"),
            ("Vertrag_Erika_Mueller_Wald.pdf", "Vertrag_[erased].pdf"),
            ("Erika Müller-Walds Angebot", "[erased] Angebot"),
            ("mail erika.wald@example.org.", "mail [erased]."),
            ("<ERIKA.WALD@EXAMPLE.ORG>", "<[erased]>"),
            ("Tel. 0395/456789", "Tel. [erased]"),
            ("(0395) 45 67 89, ext 3", "([erased], ext 3"),
            ("0049395456789", "[erased]"),
            ("am 3. 3. 0395 456789 abends", "am 3. 3. [erased] abends"),
            ("39545 6789", "[erased]"),
        ] {
            assert_eq!(marks.without(text).as_deref(), Some(left), "{text}");
            assert_eq!(marks.without(left), None, "once is enough: {left}");
        }
        for other in [
            "Erika Wald",
            "Erika, who met Müller-Wald",
            "Erika Müller-Waldorf",
            "xerika.wald@example.org",
            "erika.wald@example.org.uk",
            "10395456789012",
            "id 7139545678912",
            "0395 456788",
            "",
        ] {
            assert_eq!(marks.without(other), None, "{other}");
        }
        let near = marks.near(&[erika()]);
        assert_eq!(
            near.without("Frau Müller sagt: Erika ruft an, Herr Müllner nicht")
                .as_deref(),
            Some("Frau [erased] sagt: [erased] ruft an, Herr Müllner nicht")
        );
    }
}
