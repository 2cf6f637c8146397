//! What is known of a road besides where it runs: its name, its kind, and what some would rather avoid.

use crate::format;

/// What kind of road it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "OpenStreetMap's own words")]
pub enum RoadClass {
    Motorway,
    Trunk,
    Primary,
    Secondary,
    Tertiary,
    Unclassified,
    Residential,
    LivingStreet,
    Service,
    Track,
    Ferry,
    /// Anything else a profile lets the vehicle use.
    Other,
}

impl RoadClass {
    /// All of them, the largest roads first.
    pub const ALL: [Self; 12] = [
        Self::Motorway,
        Self::Trunk,
        Self::Primary,
        Self::Secondary,
        Self::Tertiary,
        Self::Unclassified,
        Self::Residential,
        Self::LivingStreet,
        Self::Service,
        Self::Track,
        Self::Ferry,
        Self::Other,
    ];

    /// By the value of `highway`; a slip road counts as what it leads to.
    pub(crate) fn of_highway(highway: &str) -> Self {
        match highway.strip_suffix("_link").unwrap_or(highway) {
            "motorway" => Self::Motorway,
            "trunk" => Self::Trunk,
            "primary" => Self::Primary,
            "secondary" => Self::Secondary,
            "tertiary" => Self::Tertiary,
            "unclassified" => Self::Unclassified,
            "residential" => Self::Residential,
            "living_street" => Self::LivingStreet,
            "service" => Self::Service,
            "track" => Self::Track,
            _ => Self::Other,
        }
    }

    /// What profiles and requests call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Unclassified => "unclassified",
            Self::Residential => "residential",
            Self::LivingStreet => "living_street",
            Self::Service => "service",
            Self::Track => "track",
            Self::Ferry => "ferry",
            Self::Other => "other",
        }
    }

    pub(crate) fn number(self) -> u32 {
        self as u32
    }

    fn from_number(number: u32) -> Self {
        Self::ALL.get(number as usize).copied().unwrap_or(Self::Other)
    }
}

/// What a road is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Road<'a> {
    /// Its name; `None` where it has none.
    pub name: Option<&'a str>,
    /// Its number, such as `B 96`.
    pub reference: Option<&'a str>,
    /// Where signposts say it leads, such as `A 20, Rostock`; of one-way roads only.
    pub destination: Option<&'a str>,
    /// The number of the exit it begins at, where it is a slip road that leaves a motorway.
    pub exit: Option<&'a str>,
    /// Its kind; of a slip road that of the road it belongs to.
    pub class: RoadClass,
    /// It is a slip road.
    pub link: bool,
    /// It is part of a roundabout.
    pub roundabout: bool,
    /// One pays to use it.
    pub toll: bool,
    /// It runs through a tunnel.
    pub tunnel: bool,
    /// Its surface is not paved.
    pub unpaved: bool,
}

impl Road<'_> {
    /// A road of which nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        name: None,
        reference: None,
        destination: None,
        exit: None,
        class: RoadClass::Other,
        link: false,
        roundabout: false,
        toll: false,
        tunnel: false,
        unpaved: false,
    };

    pub(crate) fn new<'a>([name, reference, destination, exit]: [Option<&'a str>; 4], kind: u32) -> Road<'a> {
        Road {
            name,
            reference,
            destination,
            exit,
            link: kind & format::LINK != 0,
            class: RoadClass::from_number(kind & 0xff),
            roundabout: kind & format::ROUNDABOUT != 0,
            toll: kind & format::TOLL != 0,
            tunnel: kind & format::TUNNEL != 0,
            unpaved: kind & format::UNPAVED != 0,
        }
    }
}
