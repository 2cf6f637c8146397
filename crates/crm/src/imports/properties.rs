//! The lines of a vCard: folded and quoted-printable ones put together, each a property with parameters and a value.

use encoding_rs::Encoding;

/// A property as it stands in the file.
pub(super) struct Property {
    pub name: String,
    /// In capitals: `HOME`, `TYPE=HOME`, `CHARSET=UTF-8`.
    parameters: Vec<String>,
    pub value: String,
}

impl Property {
    pub fn of(line: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let mut parts = head.split(';');
        let name = parts.next()?.trim();
        // `item1.EMAIL`: the group says which label belongs to which value.
        let name = name
            .rsplit_once('.')
            .map_or(name, |(_, name)| name)
            .to_uppercase();
        Some(Self {
            name,
            parameters: parts.map(|p| p.trim().to_uppercase()).collect(),
            value: value.to_owned(),
        })
    }

    pub fn says(&self, word: &str) -> bool {
        self.parameters.iter().any(|p| {
            p.split_once('=')
                .map_or(p.as_str(), |(_, values)| values)
                .split(',')
                .any(|v| v.trim_matches('"') == word)
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find_map(|p| p.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
    }

    fn is_quoted_printable(&self) -> bool {
        self.says("QUOTED-PRINTABLE")
    }

    /// The value without its transfer encoding.
    pub fn decoded(&self) -> String {
        if !self.is_quoted_printable() {
            return self.value.clone();
        }
        let bytes = quoted_printable(&self.value);
        let label = self.parameter("CHARSET").unwrap_or("UTF-8");
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::UTF_8);
        encoding.decode_without_bom_handling(&bytes).0.into_owned()
    }
}

pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = || u8::from_str_radix(std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?, 16).ok();
        match (byte, hex()) {
            (b'=', Some(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            (b'=', None) => at += 1,
            (plain, _) => {
                out.push(*plain);
                at += 1;
            }
        }
    }
    out
}

/// Folded lines put together, each with the number of its first, from 1.
pub(super) fn logical_lines(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut soft_break = false;
    for (number, line) in (1u64..).zip(text.lines()) {
        let folded = line.strip_prefix([' ', '\t']);
        match (lines.last_mut(), folded) {
            (Some((_, last)), _) if soft_break => last.push_str(folded.unwrap_or(line)),
            (Some((_, last)), Some(rest)) => last.push_str(rest),
            _ => lines.push((number, line.to_owned())),
        }
        soft_break = false;
        if let Some((_, last)) = lines.last_mut()
            && last.ends_with('=')
            && Property::of(last).is_some_and(|p| p.is_quoted_printable())
        {
            last.pop();
            soft_break = true;
        }
    }
    lines
}

/// A value's parts between signs that are not escaped, each unescaped.
pub(super) fn parts(value: &str, sign: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => '\n',
                Some(other) => other,
                None => break,
            },
            letter if letter == sign => {
                parts.push(String::new());
                continue;
            }
            letter => letter,
        };
        if let Some(last) = parts.last_mut() {
            last.push(plain);
        }
    }
    parts
}
