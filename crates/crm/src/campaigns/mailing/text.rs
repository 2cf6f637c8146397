//! Texts with a person's own words in them: `{name}`, `{firm}`, `{link}`.

use serde_json::Value;

/// What may stand in braces in a subject or a text.
pub(in super::super) const WORDS: [&str; 9] = [
    "name",
    "given_name",
    "family_name",
    "firm",
    "town",
    "offer",
    "code",
    "link",
    "stop",
];

/// A person's own words, by what stands for them in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Own {
    pub name: String,
    pub given_name: String,
    pub family_name: String,
    pub firm: String,
    pub town: String,
    pub offer: String,
    pub code: String,
    /// The whole address of the page behind the link.
    pub link: String,
    /// The whole address of the page that ends this.
    pub stop: String,
}

impl Own {
    /// `None` for what is no word of ours. Whoever has no given or family name is called by the name there is.
    fn word(&self, word: &str) -> Option<&str> {
        let or_name = |own: &'_ str| own.is_empty();
        Some(match word {
            "name" => &self.name,
            "given_name" if or_name(&self.given_name) => &self.name,
            "given_name" => &self.given_name,
            "family_name" if or_name(&self.family_name) => &self.name,
            "family_name" => &self.family_name,
            "firm" => &self.firm,
            "town" => &self.town,
            "offer" => &self.offer,
            "code" => &self.code,
            "link" => &self.link,
            "stop" => &self.stop,
            _ => return None,
        })
    }
}

/// A piece of a text: as it stands, or a word in braces.
enum Piece<'a> {
    Plain(&'a str),
    Word(&'a str),
}

/// Braces around anything but small letters and underscores stay as they are.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut plain = 0;
    while let Some(at) = rest[plain..].find('{').map(|at| at + plain) {
        let inner = rest[at + 1..].split('}').next().unwrap_or_default();
        let closed = rest[at + 1..].len() > inner.len();
        let is_word = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if closed && is_word {
            pieces.push(Piece::Plain(&rest[..at]));
            pieces.push(Piece::Word(inner));
            rest = &rest[at + inner.len() + 2..];
            plain = 0;
        } else {
            plain = at + 1;
        }
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// The first word in braces that nobody knows.
pub(in super::super) fn unknown(text: &str) -> Option<&str> {
    pieces(text).into_iter().find_map(|piece| match piece {
        Piece::Word(word) if !WORDS.contains(&word) => Some(word),
        _ => None,
    })
}

/// Whether a word stands in the text.
pub(super) fn has(text: &str, wanted: &str) -> bool {
    pieces(text)
        .iter()
        .any(|piece| matches!(piece, Piece::Word(word) if *word == wanted))
}

/// The text with the person's own words. What they say is taken as it is: braces in a name stand for nothing.
pub(in super::super) fn filled(text: &str, own: &Own) -> String {
    let mut filled = String::with_capacity(text.len() + 64);
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => filled.push_str(plain),
            Piece::Word(word) => match own.word(word) {
                Some(said) => filled.push_str(said),
                None => filled.push_str(&format!("{{{word}}}")),
            },
        }
    }
    filled
}

/// A letter's words in the language of whoever reads it; both where it is not known.
fn said(language: &str, german: &str, english: &str) -> String {
    match language.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("de") => german.to_owned(),
        Some("en") => english.to_owned(),
        _ => format!("{german} / {english}"),
    }
}

/// Subject and text of a mail, as they go out. What a variant leaves out is added: the link to the offer, and always the
/// way to get no more.
pub(super) fn mail(variant: &Value, fallback: &str, language: &str, own: &Own) -> (String, String) {
    let part = |name: &str| variant[name].as_str().unwrap_or_default().trim();
    let subject = [part("subject"), part("offer"), fallback]
        .into_iter()
        .find(|s| !s.is_empty())
        .unwrap_or_default();
    let mut text = filled(part("text"), own);
    if !has(part("text"), "link") {
        let more = said(language, "Mehr dazu", "More");
        text.push_str(&format!("\n\n{more}: {}", own.link));
    }
    if !has(part("text"), "stop") {
        let end = said(
            language,
            "Keine weiteren E-Mails dieser Art",
            "No more e-mails of this kind",
        );
        text.push_str(&format!("\n\n{end}: {}", own.stop));
    }
    text.push('\n');
    (filled(subject, own), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own {
            name: "Eva {code} Müller".into(),
            family_name: "Müller".into(),
            firm: "Bäckerei".into(),
            code: "C0DE".into(),
            link: "https://x/r/1".into(),
            stop: "https://x/r/1/stop".into(),
            ..Own::default()
        }
    }

    #[test]
    fn words_in_braces_become_the_persons_own() {
        for (text, said) in [
            ("Hello {family_name}, {firm}!", "Hello Müller, Bäckerei!"),
            // Nobody's given name is known: the whole name; what stands in it is no word.
            ("{given_name}", "Eva {code} Müller"),
            ("{{code}}", "{C0DE}"),
            ("{ code } {Code} {} { {code", "{ code } {Code} {} { {code"),
            ("a{b{code}", "a{bC0DE"),
            ("{town}|", "|"),
            ("ä{code}ß", "äC0DEß"),
        ] {
            assert_eq!(filled(text, &own()), said, "{text}");
        }
        assert_eq!(unknown("Dear {nmae}"), Some("nmae"));
        assert_eq!(unknown("Dear {name} {A} {1}"), None);
    }

    #[test]
    fn a_mail_always_says_how_it_ends() {
        let variant = serde_json::json!({ "offer": "Ten per cent", "text": "Hello {name}" });
        let (subject, text) = mail(&variant, "Spring", "de-DE", &own());
        assert_eq!(subject, "Ten per cent");
        assert_eq!(
            text,
            "Hello Eva {code} Müller\n\nMehr dazu: https://x/r/1\n\nKeine weiteren E-Mails dieser Art: https://x/r/1/stop\n"
        );
        let variant = serde_json::json!({ "text": "{link} {stop}", "subject": "For {firm}" });
        let said = mail(&variant, "Spring", "", &own());
        assert_eq!(
            said,
            ("For Bäckerei".into(), "https://x/r/1 https://x/r/1/stop\n".into())
        );
    }
}
