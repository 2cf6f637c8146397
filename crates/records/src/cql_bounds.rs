//! Text that would make the CQL2 parser slow or deep is refused before it sees it.

use crate::FilterError;
use crate::cql::refuse;

/// The parser tries each pair of brackets twice, so time doubles with each level.
pub(crate) const MAX_BRACKETS: usize = 12;

/// Words outside quotes.
pub(crate) const MAX_WORDS: usize = 1500;

/// Signs outside quotes, and the word `not`: the parser's stack grows with a chain of them.
pub(crate) const MAX_SIGNS: usize = 400;

pub(crate) const MAX_NOTS: usize = 40;

/// Refuses text that would make the parser slow or deep, before it sees it.
pub(crate) fn check_bounds(text: &str) -> Result<(), FilterError> {
    let (mut depth, mut deepest, mut words, mut signs) = (0usize, 0, 0, 0);
    let mut quote = None;
    let mut in_word = false;
    for c in text.chars() {
        if let Some(q) = quote {
            if c == q {
                quote = None;
            }
            continue;
        }
        let is_word = c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
        match c {
            '\'' | '"' => quote = Some(c),
            '(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| refuse("the filter has a ) without its (".into()))?;
            }
            _ => {}
        }
        // Numbers and the signs before them do not count, or no shape would pass.
        words += usize::from(is_word && !in_word && !c.is_ascii_digit());
        signs += usize::from(matches!(c, '=' | '<' | '>' | '+' | '*' | '/' | '%' | '^' | '!'));
        in_word = is_word;
    }
    let minuses = text
        .as_bytes()
        .windows(2)
        .filter(|w| w[0] == b'-' && !w[1].is_ascii_digit())
        .count();
    let nots = text
        .as_bytes()
        .windows(3)
        .filter(|w| w.eq_ignore_ascii_case(b"not"))
        .count();
    if quote.is_some() {
        return Err(refuse("the filter has a quote that is never closed".into()));
    }
    if depth > 0 {
        return Err(refuse("the filter has a ( that is never closed".into()));
    }
    if deepest > MAX_BRACKETS {
        return Err(refuse(format!(
            "the filter has brackets {deepest} deep, at most {MAX_BRACKETS} are read"
        )));
    }
    if words > MAX_WORDS {
        return Err(refuse(format!(
            "the filter has {words} words, at most {MAX_WORDS} are read"
        )));
    }
    if signs + minuses > MAX_SIGNS || nots > MAX_NOTS {
        return Err(refuse(format!(
            "the filter has {} signs and {nots} times not; at most {MAX_SIGNS} and {MAX_NOTS} are read",
            signs + minuses
        )));
    }
    Ok(())
}
