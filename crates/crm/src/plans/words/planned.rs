//! Why a stop is where it is, and what a person did to it.

use jiff::civil::{Date, Time};

use super::{Language, clock, reason};
use crate::plans::Reason;

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
    let minutes = |span: &::plan::Span| crate::plans::present::minutes(i64::from(span.0));
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
