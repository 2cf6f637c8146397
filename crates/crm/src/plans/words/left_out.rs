//! Why a visit is not planned.

use jiff::civil::{Date, Time};

use super::{Language, clock, due, reason};
use crate::plans::Reason;

pub(crate) fn closed_that_day(lang: Language, day: Date) -> Reason {
    let weekday = lang.weekday(day.weekday());
    let text = match lang {
        Language::English => format!("closed on {weekday} {}", lang.date(day)),
        Language::German => format!("am {weekday}, {} geschlossen", lang.date(day)),
    };
    reason("CLOSED_THAT_DAY", text, None)
}

pub(crate) fn no_coordinates(lang: Language) -> Reason {
    reason(
        "NO_COORDINATES",
        lang.pick(
            "its address is not placed on the map yet",
            "Adresse noch nicht auf der Karte",
        )
        .into(),
        None,
    )
}

pub(crate) fn unreachable(lang: Language) -> Reason {
    reason(
        "UNREACHABLE",
        lang.pick("no road leads there", "keine Straße führt dorthin")
            .into(),
        None,
    )
}

pub(crate) fn rep_absent(lang: Language) -> Reason {
    reason(
        "REP_ABSENT",
        lang.pick("you are away", "Abwesenheit").into(),
        None,
    )
}

pub(crate) fn beyond_limit(lang: Language, limit: usize) -> Reason {
    let text = match lang {
        Language::English => format!("less urgent than the {limit} that the day was planned from"),
        Language::German => format!("weniger dringend als die {limit}, aus denen der Tag geplant wurde"),
    };
    reason("BEYOND_LIMIT", text, i64::try_from(limit).ok())
}

pub(crate) fn not_due(lang: Language, days: i64) -> Reason {
    let due = due(lang, days);
    let said = lang.pick("not due yet", "noch nicht fällig");
    reason("NOT_DUE", format!("{said}, {}", due.text), Some(days))
}

pub(crate) fn no_time_left(lang: Language, short_minutes: i64) -> Reason {
    let text = match lang {
        Language::English => format!("no time left ({short_minutes} min short)"),
        Language::German => format!("keine Zeit mehr ({short_minutes} Min. zu wenig)"),
    };
    reason("NO_TIME_LEFT", text, Some(short_minutes))
}

pub(crate) fn window_missed(lang: Language, of: Option<&str>, minutes: i64) -> Reason {
    let text = match (lang, of) {
        (Language::English, None) => format!("would be reached {minutes} min after it closes"),
        (Language::English, Some(other)) => format!("{other} would be reached {minutes} min too late"),
        (Language::German, None) => format!("würde {minutes} Min. nach Schluss erreicht"),
        (Language::German, Some(other)) => format!("{other} würde {minutes} Min. zu spät erreicht"),
    };
    reason("WINDOW_MISSED", text, Some(minutes))
}

pub(crate) fn too_far(lang: Language, minutes: i64) -> Reason {
    let text = match lang {
        Language::English => format!("too far for one day, by {minutes} min"),
        Language::German => format!("für einen Tag zu weit, um {minutes} Min."),
    };
    reason("TOO_FAR", text, Some(minutes))
}

pub(crate) fn too_long(lang: Language, minutes: i64) -> Reason {
    let text = match lang {
        Language::English => format!("takes {minutes} min longer than the day"),
        Language::German => format!("dauert {minutes} Min. länger als der Tag"),
    };
    reason("TOO_LONG", text, Some(minutes))
}

pub(crate) fn drive_limit(lang: Language, minutes: i64) -> Reason {
    let text = match lang {
        Language::English => format!("{minutes} min over the most you drive in a day"),
        Language::German => format!("{minutes} Min. über Ihrer längsten Fahrzeit am Tag"),
    };
    reason("DRIVE_LIMIT", text, Some(minutes))
}

pub(crate) fn no_room_for_lunch(lang: Language) -> Reason {
    reason(
        "NO_ROOM_FOR_LUNCH",
        lang.pick("lunch would no longer fit", "die Mittagspause passte nicht mehr")
            .into(),
        None,
    )
}

pub(crate) fn lower_priority(lang: Language, than: &[String]) -> Reason {
    let text = if than.is_empty() {
        lang.pick(
            "less urgent than what is planned",
            "weniger dringend als das Geplante",
        )
        .to_owned()
    } else {
        let names = than.join(", ");
        format!(
            "{} {names}",
            lang.pick("less urgent than", "weniger dringend als")
        )
    };
    reason("LOWER_PRIORITY_THAN", text, None)
}

/// Longer ways than a vehicle may drive, by so many metres.
pub(crate) fn distance_limit(lang: Language, meters: i64) -> Reason {
    let text = match lang {
        Language::English => format!("{meters} m over the longest way allowed"),
        Language::German => format!("{meters} m über dem längsten erlaubten Weg"),
    };
    reason("DISTANCE_LIMIT", text, Some(meters))
}

/// A vehicle that may not do more tasks.
pub(crate) fn tasks_limit(lang: Language) -> Reason {
    let text = lang.pick(
        "as many tasks as are allowed are done already",
        "mehr Aufgaben sind nicht erlaubt",
    );
    reason("TASKS_LIMIT", text.into(), None)
}

pub(crate) fn blocked_by_lock(lang: Language, by: &[String]) -> Reason {
    let text = if by.is_empty() {
        lang.pick(
            "the fixed order leaves no room",
            "die gesperrte Reihenfolge lässt keinen Platz",
        )
        .to_owned()
    } else {
        format!(
            "{} {}",
            lang.pick("would need the time of", "bräuchte die Zeit von"),
            by.join(", ")
        )
    };
    reason("BLOCKED_BY_LOCK", text, None)
}

pub(crate) fn not_before(lang: Language, at: Time) -> Reason {
    reason(
        "NOT_BEFORE",
        format!("{} {}", lang.pick("not before", "nicht vor"), clock(at)),
        None,
    )
}

pub(crate) fn day_is_fixed(lang: Language) -> Reason {
    let text = lang.pick("that day is fixed", "der Tag ist festgelegt");
    reason("DAY_FIXED", text.into(), None)
}

pub(crate) fn no_working_day(lang: Language) -> Reason {
    let text = lang.pick(
        "nobody who may go works in these weeks",
        "niemand Zuständiges arbeitet in diesen Wochen",
    );
    reason("NO_WORKING_DAY", text.into(), None)
}

/// A reason that holds on so many of the days looked at.
pub(crate) fn on_days(lang: Language, why: Reason, days: usize, of: usize, rep: &str) -> Reason {
    let text = match (why.code.as_str(), lang) {
        ("CLOSED_THAT_DAY", Language::English) if days == of => "closed on every working day".to_owned(),
        ("CLOSED_THAT_DAY", Language::English) => format!("closed on {days} of {of} working days"),
        ("CLOSED_THAT_DAY", Language::German) if days == of => "an allen Arbeitstagen geschlossen".to_owned(),
        ("CLOSED_THAT_DAY", Language::German) => format!("an {days} von {of} Arbeitstagen geschlossen"),
        ("REP_ABSENT", Language::English) => format!("{rep} is away on {days} of {of} working days"),
        ("REP_ABSENT", Language::German) => format!("{rep} fehlt an {days} von {of} Arbeitstagen"),
        _ => return why,
    };
    Reason { text, ..why }
}

pub(crate) fn comes_that_day(lang: Language) -> Reason {
    let text = lang.pick("is visited on that day already", "wird an dem Tag schon besucht");
    reason("COMES_THAT_DAY", text.into(), None)
}

pub(crate) fn not_with(lang: Language, other: &str) -> Reason {
    let text = format!("{} {other}", lang.pick("not together with", "nicht zusammen mit"));
    reason("CONFLICTS_WITH", text, None)
}

pub(crate) fn car_full(lang: Language) -> Reason {
    reason(
        "CAR_FULL",
        lang.pick("the car is full", "das Auto ist voll").into(),
        None,
    )
}

pub(crate) fn pattern_incomplete(lang: Language, days: &[Date]) -> Reason {
    let days: Vec<String> = days
        .iter()
        .map(|day| format!("{} {}", lang.weekday(day.weekday()), lang.date(*day)))
        .collect();
    let said = lang.pick("no room on", "kein Platz am");
    reason("PATTERN_INCOMPLETE", format!("{said} {}", days.join(", ")), None)
}

pub(crate) fn too_soon(lang: Language, least: i64) -> Reason {
    let text = match lang {
        Language::English => format!("sooner than {} after another visit", lang.days(least)),
        Language::German if least == 1 => "früher als 1 Tag nach einem anderen Besuch".to_owned(),
        Language::German => format!("früher als {least} Tage nach einem anderen Besuch"),
    };
    reason("GAP_BROKEN", text, Some(least))
}

pub(crate) fn clash(lang: Language, others: &[String]) -> Reason {
    let text = format!(
        "{} {}",
        lang.pick("cannot be kept together with", "nicht zu halten zusammen mit"),
        others.join(", ")
    );
    reason("CLASH", text, None)
}

pub(crate) fn needs_skill(lang: Language) -> Reason {
    let text = lang.pick(
        "needs a skill the rep lacks",
        "erfordert eine fehlende Befähigung",
    );
    reason("NEEDS_SKILL", text.into(), None)
}
