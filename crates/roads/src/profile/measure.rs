//! Reading what people write into tags: speeds, lengths, weights, durations.

/// The number a text contains first, with `,` or `.` as its decimal mark.
fn first_number(text: &str) -> Option<f64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = text[start..].replace(',', ".");
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    let mut parts = digits[..end].splitn(3, '.');
    let whole = parts.next()?;
    match parts.next() {
        Some(fraction) => format!("{whole}.{fraction}").parse().ok(),
        None => whole.parse().ok(),
    }
}

/// `50`, `30 mph` in km/h. `None` for words such as `DE:urban`.
pub(super) fn speed(text: &str) -> Option<f64> {
    let starts_as_number = text.starts_with(|c: char| c.is_ascii_digit());
    let number = first_number(text).filter(|_| starts_as_number)?;
    Some(if text.contains("mph") {
        number * 1.609
    } else {
        number
    })
}

/// `2.1`, `2,1 m`, `6'11"` in metres.
pub(super) fn meters(text: &str) -> Option<f64> {
    let number = first_number(text)?;
    match text.split_once('\'') {
        Some((_, inches)) => Some((number * 12.0 + first_number(inches).unwrap_or(0.0)) * 0.0254),
        None => Some(number),
    }
}

/// `3.5`, `3.5 t`, `7500 lbs`, `2000 kg` in kilograms.
pub(super) fn kilograms(text: &str) -> Option<f64> {
    let number = first_number(text)?;
    Some(match text {
        _ if text.contains("lbs") => number * 0.453_592_37,
        _ if text.contains("kg") => number,
        _ => number * 1000.0,
    })
}

/// `00:25`, `1:30:00`, `90` (minutes), `PT1H30M` in seconds; at least one.
pub(super) fn duration(text: &str) -> Option<f64> {
    let text = text.trim();
    let seconds = match text.strip_prefix('P') {
        Some(iso) => iso_duration(iso)?,
        None => {
            let parts: Option<Vec<f64>> = text
                .split(':')
                .map(|part| part.parse::<u32>().ok().map(f64::from))
                .collect();
            match parts?[..] {
                [minutes] => minutes * 60.0,
                [hours, minutes] => hours * 3600.0 + minutes * 60.0,
                [hours, minutes, seconds] => hours * 3600.0 + minutes * 60.0 + seconds,
                _ => return None,
            }
        }
    };
    Some(seconds.max(1.0))
}

/// What follows the `P` of ISO 8601, without months and years.
fn iso_duration(text: &str) -> Option<f64> {
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    let mut seconds = 0.0;
    for (mut part, units) in [
        (days, &[('D', 86_400.0), ('W', 604_800.0)][..]),
        (time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)]),
    ] {
        while !part.is_empty() {
            let end = part.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, rest) = part.split_at(end);
            let unit = rest.chars().next()?;
            let (_, length) = units.iter().find(|(u, _)| *u == unit)?;
            seconds += number.parse::<u32>().ok().map(f64::from)? * length;
            part = &rest[1..];
        }
    }
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(speed("50"), Some(50.0));
        assert_eq!(speed("30 mph"), Some(30.0 * 1.609));
        assert_eq!(speed("DE:urban"), None);
        assert_eq!(speed("DE:zone30"), None);
        assert_eq!(meters("2,1 m"), Some(2.1));
        // 6 × 12 + 11 = 83 inches
        assert_eq!(meters("6'11\""), Some(83.0 * 0.0254));
        assert_eq!(meters("none"), None);
        assert_eq!(kilograms("3.5"), Some(3500.0));
        assert_eq!(kilograms("2000 kg"), Some(2000.0));
    }

    #[test]
    fn reads_durations_of_ferries() {
        for (text, seconds) in [
            ("00:25", 1500.0),
            ("1:30:00", 5400.0),
            ("90", 5400.0),
            ("PT1H30M", 5400.0),
            ("P1DT2H", 93_600.0),
            ("0", 1.0),
        ] {
            assert_eq!(duration(text), Some(seconds), "{text}");
        }
        for text in ["", "soon", "1:2:3:4", "PT", "P1Y", "1:-3", "PT1é"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
