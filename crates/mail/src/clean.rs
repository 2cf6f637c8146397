//! Text from strangers, made harmless: no control characters, no turned writing direction, bounded.

/// Characters that turn the reading direction or hide: a file `gpj.exe` must not look like `exe.jpg`.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// One line: no line breaks or other control characters, white space collapsed, at most `most` characters.
#[must_use]
pub fn header_text(text: &str, most: usize) -> String {
    let spaced: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(most).collect()
}

/// Running text: line breaks and tabs stay, other control characters go, at most `most` characters.
pub(crate) fn body_text(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|c| *c == '\n' || *c == '\t' || (!c.is_control() && !is_invisible(*c)))
        .take(most)
        .collect()
}

/// Longest file name kept, in characters.
const LONGEST_NAME: usize = 120;

/// A file name that means a file and nothing else on any system: no folders, no device, no hidden file.
#[must_use]
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = header_text(last, 1_000)
        .chars()
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let plain = plain.trim_matches([' ', '.']);
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 10 => (stem, Some(ending)),
        _ => (plain, None),
    };
    let room = LONGEST_NAME - ending.map_or(0, |e| e.chars().count() + 1);
    let mut kept: String = stem.chars().take(room).collect();
    if kept.trim().is_empty() {
        kept = "file".into();
    }
    let device = kept.to_ascii_uppercase();
    let device = device.split('.').next().unwrap_or_default();
    let numbered = device.len() == 4 && (device.starts_with("COM") || device.starts_with("LPT"));
    if ["CON", "PRN", "AUX", "NUL"].contains(&device) || numbered {
        kept.insert(0, '_');
    }
    match ending {
        Some(ending) => format!("{kept}.{ending}"),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_one_line() {
        for (given, expected) in [
            ("Offer\r\nBcc: all@x.example", "Offer Bcc: all@x.example"),
            ("a\0b\tc", "a b c"),
            ("  many   spaces ", "many spaces"),
            ("\u{202e}gpj.exe", "gpj.exe"),
        ] {
            assert_eq!(header_text(given, 100), expected);
        }
        assert_eq!(header_text("abcdef", 3), "abc");
    }

    #[test]
    fn a_file_name_names_a_file() {
        for (given, expected) in [
            ("offer.pdf", "offer.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\windows\\system32\\cmd.exe", "cmd.exe"),
            (".bashrc", "bashrc"),
            ("", "file"),
            ("...", "file"),
            ("con.txt", "_con.txt"),
            ("com1", "_com1"),
            ("a\r\nb.pdf", "a b.pdf"),
            ("a<b>:\"c\"|?*.txt", "a_b___c____.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("Übersicht März.xlsx", "Übersicht März.xlsx"),
        ] {
            assert_eq!(file_name(given), expected, "{given:?}");
        }
        let long = file_name(&format!("{}.pdf", "a".repeat(500)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with("a.pdf"));
    }
}
