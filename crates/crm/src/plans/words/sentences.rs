//! Whole sentences and titles: what if, progress, changes, what is missing.

use jiff::civil::{Date, Time};

use super::{Language, clock};

/// The questions of "what if", as titles.
pub(crate) fn what_if_ill(lang: Language, name: &str, from: Date, to: Date) -> String {
    let (from, to) = (lang.date(from), lang.date(to));
    match lang {
        Language::English if from == to => format!("{name} is away on {from}"),
        Language::English => format!("{name} is away from {from} to {to}"),
        Language::German if from == to => format!("{name} fehlt am {from}"),
        Language::German => format!("{name} fehlt vom {from} bis {to}"),
    }
}

pub(crate) fn what_if_one_more(lang: Language, name: &str) -> String {
    format!(
        "{} {name}",
        lang.pick("With one more rep:", "Mit zusätzlicher Person:")
    )
}

pub(crate) fn what_if_promise(lang: Language, customer: &str, day: Date, time: &str) -> String {
    let date = format!("{} {}", lang.weekday(day.weekday()), lang.date(day));
    match lang {
        Language::English => format!("{customer} promised for {date} at {time}"),
        Language::German => format!("{customer} zugesagt für {date}, {time}"),
    }
}

/// How far a cycle is.
pub(crate) fn cycle_progress(lang: Language, visits: i64, kilometres: i64) -> String {
    match lang {
        Language::English => format!("{visits} visits, {kilometres} km so far"),
        Language::German => format!("bisher {visits} Besuche, {kilometres} km"),
    }
}

/// What became of a stop in a new plan.
pub(crate) fn moved(lang: Language, before: Time, after: Time) -> String {
    match lang {
        Language::English => format!("{} instead of {}", clock(after), clock(before)),
        Language::German => format!("{} statt {}", clock(after), clock(before)),
    }
}

pub(crate) fn kept(lang: Language, at: Time, promised: bool) -> String {
    match (lang, promised) {
        (Language::English, true) => format!("keeps the promised {}", clock(at)),
        (Language::English, false) => format!("stays at {}", clock(at)),
        (Language::German, true) => format!("bleibt bei den zugesagten {}", clock(at)),
        (Language::German, false) => format!("bleibt bei {}", clock(at)),
    }
}

pub(crate) fn comes_in(lang: Language, at: Time) -> String {
    match lang {
        Language::English => format!("comes in at {}", clock(at)),
        Language::German => format!("kommt um {} dazu", clock(at)),
    }
}

pub(crate) fn leaves(lang: Language, why: Option<&str>, best: Option<(Date, i64)>) -> String {
    let mut text = lang.pick("leaves today", "entfällt heute").to_owned();
    if let Some(why) = why {
        text.push_str(": ");
        text.push_str(why);
    }
    if let Some((day, minutes)) = best {
        let weekday = lang.weekday(day.weekday());
        text.push_str(&match lang {
            Language::English => format!("; {weekday} {} costs {minutes} min", lang.date(day)),
            Language::German => format!("; {weekday}, {} kostet {minutes} Min.", lang.date(day)),
        });
    }
    text
}

/// What moving a visit to a day costs: driving, when the rep is home, who would be visited too late.
pub(crate) fn price_of_move(
    lang: Language,
    minutes: i64,
    rep: &str,
    home: &str,
    late: &[(String, i64)],
) -> String {
    let sign = if minutes < 0 { "−" } else { "+" };
    let n = minutes.abs();
    let mut text = match lang {
        Language::English if n == 0 => format!("no extra driving, {rep} home at {home}"),
        Language::German if n == 0 => format!("keine zusätzliche Fahrt, {rep} um {home} zu Hause"),
        Language::English => format!("{sign}{n} min of driving, {rep} home at {home}"),
        Language::German => format!("{sign}{n} Min. Fahrt, {rep} um {home} zu Hause"),
    };
    for (name, minutes) in late {
        text.push_str(&match lang {
            Language::English => format!(", {name} {minutes} min too late"),
            Language::German => format!(", {name} {minutes} Min. zu spät"),
        });
    }
    text
}

/// What accepting weeks changes in calendars.
pub(crate) fn cycle_changes(lang: Language, new: i64, moved: i64, released: i64, promises: i64) -> String {
    let count = |n: i64, one: (&str, &str), many: (&str, &str)| {
        let (english, german) = if n == 1 { one } else { many };
        format!("{n} {}", lang.pick(english, german))
    };
    let mut parts = vec![
        count(
            new,
            ("visit is new", "Besuch ist neu"),
            ("visits are new", "Besuche sind neu"),
        ),
        count(moved, ("moves", "wechselt den Tag"), ("move", "wechseln den Tag")),
    ];
    if released > 0 {
        parts.push(count(
            released,
            ("goes back to waiting", "wartet wieder"),
            ("go back to waiting", "warten wieder"),
        ));
    }
    if promises > 0 {
        parts.push(count(
            promises,
            ("promise is kept", "Zusage wird gehalten"),
            ("promises are kept", "Zusagen werden gehalten"),
        ));
    }
    format!("{}.", parts.join(", "))
}

/// How a cycle's change set is called.
pub(crate) fn cycle_label(lang: Language, first: &str, last: &str, visits: usize) -> String {
    match lang {
        Language::English => format!("Accept the cycle {first} to {last}, {visits} visits"),
        Language::German => format!("Zyklus {first} bis {last} übernommen, {visits} Besuche"),
    }
}

pub(crate) fn from_here(lang: Language) -> String {
    lang.pick("From here", "Von hier").to_owned()
}

pub(crate) fn hours_missing(lang: Language, mine: bool) -> String {
    let (english, german) = if mine {
        (
            "Your hours are missing: set them.",
            "Ihre Arbeitszeiten fehlen: Bitte eintragen.",
        )
    } else {
        (
            "This person's working hours are missing: set them.",
            "Die Arbeitszeiten dieser Person fehlen: Bitte eintragen.",
        )
    };
    lang.pick(english, german).to_owned()
}

pub(crate) fn home_missing(lang: Language) -> String {
    let (english, german) = (
        "The home place is missing: set where the day begins and ends.",
        "Der Wohnort fehlt: Bitte eintragen, wo der Tag beginnt und endet.",
    );
    lang.pick(english, german).to_owned()
}

pub(crate) fn day_off(lang: Language, day: Date) -> String {
    let weekday = lang.weekday(day.weekday());
    match lang {
        Language::English => format!("No working hours on {weekday}s."),
        Language::German => format!("Am {weekday} ist keine Arbeitszeit eingetragen."),
    }
}

pub(crate) fn public_holiday(lang: Language, day: Date) -> String {
    let date = lang.date(day);
    match lang {
        Language::English => format!("{date} is a public holiday."),
        Language::German => format!("Am {date} ist Feiertag."),
    }
}

pub(crate) fn absent(lang: Language, reason: &str, until: Date) -> String {
    let (english, german) = match reason {
        "vacation" => ("On vacation", "Urlaub"),
        "ill" => ("Ill", "Krank"),
        "training" => ("In training", "Schulung"),
        _ => ("Away", "Abwesend"),
    };
    match lang {
        Language::English => format!("{english} until {}", lang.date(until)),
        Language::German => format!("{german} bis {}", lang.date(until)),
    }
}

/// Notes on a whole day.
pub(crate) fn planned_from(lang: Language, from: Time, shift: Time) -> String {
    let (from, shift) = (clock(from), clock(shift));
    match lang {
        Language::English => format!("Planned from {from} on; the working day began at {shift}."),
        Language::German => format!("Geplant ab {from} Uhr; der Arbeitstag begann um {shift} Uhr."),
    }
}

pub(crate) fn lunch_is_over(lang: Language, from: Time) -> String {
    let from = clock(from);
    match lang {
        Language::English => format!("No lunch break: from {from} on there is no room for it in its hours."),
        Language::German => format!("Keine Mittagspause: Ab {from} Uhr ist in ihrer Zeit kein Platz mehr."),
    }
}

pub(crate) fn day_is_over(lang: Language, end: Time) -> String {
    let end = clock(end);
    match lang {
        Language::English => format!("The working day ended at {end}: nothing more is planned for it."),
        Language::German => format!("Der Arbeitstag endete um {end} Uhr: Es wird nichts mehr geplant."),
    }
}
