//! What somebody wrote themselves, without the message they answer below it.

/// Lines that begin a copy of the message before, in the programs people use.
const SEPARATORS: [&str; 8] = [
    "-----original message-----",
    "-----ursprüngliche nachricht-----",
    "----- original message -----",
    "----- ursprüngliche nachricht -----",
    "-------- original message --------",
    "-------- originalnachricht --------",
    "---------- forwarded message",
    "---------- weitergeleitete nachricht",
];

/// A line like `On Monday … Eva wrote:` or `Am Montag … schrieb Eva:`, possibly broken in two.
fn is_attribution(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    let begins = ["on ", "am ", "le ", "il ", "el ", "op "]
        .iter()
        .any(|b| line.starts_with(b));
    let says = [
        " wrote:",
        " schrieb:",
        " schrieb ",
        " a écrit",
        " ha scritto",
        " escribió",
        " schreef",
    ]
    .iter()
    .any(|w| line.contains(w));
    begins && says && line.ends_with(':') && line.chars().count() < 300
}

/// The head of a copied message: `From:`, then at least two of `Sent:`, `To:`, `Subject:` in the lines below.
fn is_copied_head(lines: &[&str]) -> bool {
    let word = |line: &str| {
        let line = line.trim().trim_matches('*').to_lowercase();
        line.split_once(':')
            .map(|(w, _)| w.trim_matches('*').trim().to_owned())
    };
    let Some(first) = lines.first().and_then(|l| word(l)) else {
        return false;
    };
    if !["from", "von"].contains(&first.as_str()) {
        return false;
    }
    let known = [
        "sent", "date", "to", "cc", "subject", "gesendet", "datum", "an", "betreff",
    ];
    let heads = lines.iter().skip(1).take(6).filter_map(|l| word(l));
    heads.filter(|w| known.contains(&w.as_str())).count() >= 2
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// The text up to the copy of the message it answers. A text that would be empty then is left whole, and an
/// answer written between quoted lines keeps them: they are its context.
#[must_use]
pub fn own_words(text: &str) -> &str {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let lines: Vec<&str> = text.split('\n').collect();
    // From here on every line is quoted or empty.
    let tail = lines
        .iter()
        .rposition(|l| !l.trim().is_empty() && !is_quoted(l))
        .map_or(0, |last| last + 1);
    let mut cut = lines.len();
    for at in 0..lines.len() {
        let lower = lines[at].trim().to_lowercase();
        let separates = SEPARATORS.iter().any(|s| lower.starts_with(s)) || is_copied_head(&lines[at..]);
        let two = || {
            format!(
                "{} {}",
                lines[at].trim(),
                lines.get(at + 1).map_or("", |l| l.trim())
            )
        };
        let announces = (is_attribution(lines[at]) && tail <= at + 1)
            || (!lower.is_empty() && tail <= at + 2 && is_attribution(&two()));
        let quote = lines[at..].iter().any(|l| is_quoted(l));
        if separates || (announces && quote) || (at >= tail && is_quoted(lines[at])) {
            cut = at;
            break;
        }
    }
    let end = starts.get(cut).copied().unwrap_or(text.len());
    let mut own = text[..end].trim();
    // Outlook draws a line above the copied head.
    while let Some((before, last)) = own.rsplit_once('\n')
        && cut < lines.len()
        && last.trim().len() >= 10
        && last.trim().chars().all(|c| c == '_')
    {
        own = before.trim_end();
    }
    if own.is_empty() { text.trim() } else { own }
}

#[cfg(test)]
mod tests {
    use super::own_words;

    #[test]
    fn the_copy_below_an_answer_is_cut() {
        for (text, own) in [
            (
                "Yes.\n\nOn Mon, 2 Mar 2026 at 09:00, Eva <e@x.example> wrote:\n> Shall we?\n> Eva\n",
                "Yes.",
            ),
            (
                "Ja.\n\nAm 02.03.2026 um 09:00 schrieb Eva Lind\n<eva@x.example>:\n> Passt das?\n",
                "Ja.",
            ),
            ("Ja.\n-----Ursprüngliche Nachricht-----\nVon: Eva\nText", "Ja."),
            (
                "Yes\n________________________________\nFrom: Eva\nSent: Monday\nTo: Max\nSubject: Hello\n\nText",
                "Yes",
            ),
            ("Thanks!\n> one\n> two", "Thanks!"),
        ] {
            assert_eq!(own_words(text), own, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_copy_stays() {
        for text in [
            "On Monday I wrote:\nthe pump is broken",
            "> Is it broken?\nYes.\n> Since when?\nMonday.",
            "From: here to there it is 5 km.",
            "> only quoted",
            "Price > 100",
            "",
        ] {
            assert_eq!(own_words(text), text, "{text:?}");
        }
    }
}
