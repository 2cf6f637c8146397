//! Text inside XML and HTML.

/// As it is written between tags and inside quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0 has no way to write other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_cannot_break_the_file() {
        assert_eq!(
            super::escaped("Tom & <Jerry's> \"Bar\"\u{1}"),
            "Tom &amp; &lt;Jerry&#39;s&gt; &quot;Bar&quot;"
        );
    }
}
