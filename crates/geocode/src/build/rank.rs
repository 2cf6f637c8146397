//! What kind of place: from countries to single farms.

use geom::Meters;

/// What kind of place, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Rank {
    Country,
    State,
    County,
    District,
    Municipality,
    City,
    Town,
    Village,
    Suburb,
    Quarter,
    Hamlet,
    Dwelling,
}

impl Rank {
    pub fn of_tag(place: &str) -> Option<Self> {
        Some(match place {
            "country" => Self::Country,
            "state" | "province" | "region" => Self::State,
            "county" => Self::County,
            "district" | "island" => Self::District,
            "municipality" => Self::Municipality,
            "city" => Self::City,
            "town" => Self::Town,
            "village" => Self::Village,
            "borough" | "suburb" => Self::Suburb,
            "quarter" | "neighbourhood" | "city_block" => Self::Quarter,
            "hamlet" | "islet" => Self::Hamlet,
            "isolated_dwelling" | "farm" | "allotments" => Self::Dwelling,
            _ => return None,
        })
    }

    pub fn of_level(level: &str) -> Option<Self> {
        Some(match level.trim() {
            "2" => Self::Country,
            "3" | "4" => Self::State,
            "5" | "6" => Self::County,
            "7" => Self::District,
            "8" => Self::Municipality,
            "9" => Self::Suburb,
            "10" | "11" => Self::Quarter,
            _ => return None,
        })
    }

    /// How far such a place reaches where no boundary says it.
    pub fn reach(self) -> Meters {
        Meters(match self {
            Self::Country => 500_000.0,
            Self::State => 150_000.0,
            Self::County => 40_000.0,
            Self::District => 20_000.0,
            Self::Municipality | Self::City => 10_000.0,
            Self::Town => 5_000.0,
            Self::Village => 2_000.0,
            Self::Suburb => 2_000.0,
            Self::Quarter | Self::Hamlet => 800.0,
            Self::Dwelling => 400.0,
        })
    }

    /// [`Rank::is_town`] of a rank as stored.
    pub fn is_town_number(rank: u8) -> bool {
        (Self::Municipality as u8..=Self::Village as u8).contains(&rank)
    }

    /// What a letter may be addressed to.
    pub fn is_town(self) -> bool {
        matches!(self, Self::Municipality | Self::City | Self::Town | Self::Village)
    }
}
