//! Reasons in words, English and German.

use jiff::civil::{Date, Time, Weekday};

use super::Reason;

/// The language of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// By its code; English where there is none.
    pub fn of(code: Option<&str>) -> Self {
        if code == Some("de") {
            Self::German
        } else {
            Self::English
        }
    }

    fn pick<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    fn weekday(self, day: Weekday) -> &'static str {
        let names = match day {
            Weekday::Monday => ("Monday", "Montag"),
            Weekday::Tuesday => ("Tuesday", "Dienstag"),
            Weekday::Wednesday => ("Wednesday", "Mittwoch"),
            Weekday::Thursday => ("Thursday", "Donnerstag"),
            Weekday::Friday => ("Friday", "Freitag"),
            Weekday::Saturday => ("Saturday", "Samstag"),
            Weekday::Sunday => ("Sunday", "Sonntag"),
        };
        if self == Self::English { names.0 } else { names.1 }
    }

    fn date(self, day: Date) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        match self {
            Self::English => format!(
                "{} {}",
                day.day(),
                MONTHS[usize::try_from(day.month() - 1).unwrap_or(0)]
            ),
            Self::German => format!("{}.{}.", day.day(), day.month()),
        }
    }

    fn days(self, n: i64) -> String {
        match (self, n) {
            (Self::English, 1) => "1 day".into(),
            (Self::English, n) => format!("{n} days"),
            (Self::German, 1) => "1 Tag".into(),
            (Self::German, n) => format!("{n} Tage"),
        }
    }
}

/// A time of the clock without seconds.
pub(crate) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn reason(code: &str, text: String, amount: Option<i64>) -> Reason {
    Reason {
        code: code.to_owned(),
        text,
        amount,
    }
}

/// Why a visit is due.
pub(crate) fn due(lang: Language, days: i64) -> Reason {
    match days {
        n if n < 0 => {
            let days = lang.days(-n);
            let text = if lang == Language::English {
                format!("{days} overdue")
            } else {
                format!("{days} überfällig")
            };
            reason("OVERDUE", text, Some(-n))
        }
        0 => reason("DUE", lang.pick("due today", "heute fällig").into(), Some(0)),
        n => {
            let text = if lang == Language::English {
                format!("due in {}", lang.days(n))
            } else if n == 1 {
                "in 1 Tag fällig".to_owned()
            } else {
                format!("in {n} Tagen fällig")
            };
            reason("DUE", text, Some(n))
        }
    }
}

pub(crate) fn promised(lang: Language, at: Time) -> Reason {
    reason(
        "KEPT_PROMISE",
        format!("{} {}", lang.pick("promised for", "zugesagt für"), clock(at)),
        None,
    )
}

pub(crate) fn promise_broken(lang: Language, at: Time, late_minutes: i64) -> Reason {
    let text = match lang {
        Language::English => format!("promised for {}, {late_minutes} min late", clock(at)),
        Language::German => format!("zugesagt für {}, {late_minutes} Min. zu spät", clock(at)),
    };
    reason("PROMISE_LATE", text, Some(late_minutes))
}

pub(crate) fn time_locked(lang: Language) -> Reason {
    reason(
        "LOCKED",
        lang.pick("time fixed by hand", "Uhrzeit von Hand gesperrt")
            .into(),
        None,
    )
}

pub(crate) fn order_locked(lang: Language) -> Reason {
    reason(
        "LOCKED",
        lang.pick(
            "place in the order fixed by hand",
            "Reihenfolge von Hand gesperrt",
        )
        .into(),
        None,
    )
}

pub(crate) fn added(lang: Language) -> Reason {
    reason(
        "ADDED",
        lang.pick("added by hand", "von Hand aufgenommen").into(),
        None,
    )
}

pub(crate) fn dropped(lang: Language) -> Reason {
    reason(
        "DROPPED",
        lang.pick("left out by hand", "von Hand ausgelassen").into(),
        None,
    )
}

pub(crate) fn on_the_way(lang: Language, minutes: i64) -> Reason {
    let sign = if minutes < 0 { "−" } else { "+" };
    let n = minutes.abs();
    let text = match (lang, minutes <= 10) {
        _ if minutes == 0 => lang
            .pick("on the way, no detour", "auf dem Weg, kein Umweg")
            .to_owned(),
        (Language::English, true) => format!("on the way, {sign}{n} min"),
        (Language::English, false) => format!("{sign}{n} min of driving"),
        (Language::German, true) => format!("auf dem Weg, {sign}{n} Min."),
        (Language::German, false) => format!("{sign}{n} Min. Fahrt"),
    };
    reason("ON_THE_WAY", text, Some(minutes))
}

/// Why a visit stands where it does and not elsewhere; `None` for what is said otherwise. `date` is the day of a slot.
pub(crate) fn why_there(
    lang: Language,
    why: &::plan::WhyPlanned,
    date: &dyn Fn(::plan::SlotId) -> Option<Date>,
) -> Option<Reason> {
    use ::plan::WhyPlanned as Why;
    let minutes = |span: &::plan::Span| super::present::minutes(i64::from(span.0));
    match why {
        Why::NextBestPosition { dearer, .. } if dearer.0 > 0 => {
            let n = minutes(dearer);
            let text = match lang {
                Language::English => format!("any other place in the order costs {n} min more"),
                Language::German => format!("jede andere Stelle im Tag kostet {n} Min. mehr"),
            };
            Some(reason("BEST_POSITION", text, Some(n)))
        }
        Why::OnlyPosition => {
            let text = lang.pick(
                "fits nowhere else in the order",
                "passt an keine andere Stelle im Tag",
            );
            Some(reason("ONLY_POSITION", text.into(), None))
        }
        Why::NextBestSlot { slot, dearer } if dearer.0 > 0 => {
            let (day, n) = (date(*slot)?, minutes(dearer));
            let weekday = lang.weekday(day.weekday());
            let text = match lang {
                Language::English => format!("{weekday} {} costs {n} min more", lang.date(day)),
                Language::German => format!("{weekday}, {} kostet {n} Min. mehr", lang.date(day)),
            };
            Some(reason("BEST_DAY", text, Some(n)))
        }
        _ => None,
    }
}

/// The days of a visit that comes again and again.
pub(crate) fn rhythm_days(lang: Language, every: i64, days: &[Date]) -> Reason {
    let days: Vec<String> = days.iter().map(|day| lang.date(*day)).collect();
    let text = match lang {
        Language::English => format!("every {}: {}", lang.days(every), days.join(", ")),
        Language::German if every == 1 => format!("jeden Tag: {}", days.join(", ")),
        Language::German => format!("alle {every} Tage: {}", days.join(", ")),
    };
    reason("RHYTHM", text, Some(every))
}

pub(crate) fn deal_closing(lang: Language, day: Date) -> Reason {
    let date = lang.date(day);
    reason(
        "DEAL_CLOSING",
        format!("{} {date}", lang.pick("deal closing", "Abschluss erwartet am")),
        None,
    )
}

pub(crate) fn campaign(lang: Language, name: &str, until: Option<Date>) -> Reason {
    let word = lang.pick("campaign", "Kampagne");
    let text = match until {
        Some(day) => format!("{word} {name}, {} {}", lang.pick("until", "bis"), lang.date(day)),
        None => format!("{word} {name}"),
    };
    reason("CAMPAIGN", text, None)
}

pub(crate) fn hours_unreadable(lang: Language, text: &str) -> Reason {
    let said = lang.pick(
        "opening hours cannot be read, taken as open",
        "Öffnungszeiten nicht lesbar, gilt als offen",
    );
    reason("HOURS_UNREADABLE", format!("{said}: “{text}”"), None)
}

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
    let names = than.join(", ");
    reason(
        "LOWER_PRIORITY_THAN",
        format!(
            "{} {names}",
            lang.pick("less urgent than", "weniger dringend als")
        ),
        None,
    )
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
