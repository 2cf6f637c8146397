//! What the crowd is made of: plain values.

use geom::LngLat;

/// How much there is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrowdSize {
    /// Customers, each with one place.
    pub customers: u32,
    /// Opportunities over the two years.
    pub opportunities: u32,
    /// Visits over the two years, those still to come included.
    pub visits: u32,
}

impl CrowdSize {
    /// So many customers, with 3 opportunities for 10 of them and 2 visits for each.
    #[must_use]
    pub fn of(customers: u32) -> Self {
        Self {
            customers,
            opportunities: (u64::from(customers) * 3 / 10) as u32,
            visits: customers * 2,
        }
    }
}

/// A rectangle that one of the reps works; together they cover the extract and share only their borders.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// `North 3`, say.
    pub name: String,
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
}

/// A customer as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Such as `Bäckerei Lindner 4711`; different for each.
    pub name: String,
    /// Such as `+49 395 5550123`.
    pub phone: String,
    /// `customer`, `prospect` or `partner`.
    pub kind: &'static str,
    /// `A`, `B`, `C`, or not known.
    pub class: Option<&'static str>,
    /// One of [`INDUSTRIES`], or not known.
    pub industry: Option<&'static str>,
    /// Of 12 months, in minor units; or not known.
    pub revenue: Option<i64>,
    /// Who looks after it: a number below the number of patches.
    pub owner: u32,
    /// Of the address it is near.
    pub street: String,
    /// Of the address it is near.
    pub house_number: String,
    /// Of the address it is near, where the map says one.
    pub postal_code: Option<String>,
    /// Of the address it is near, where the map says one.
    pub city: Option<String>,
    /// At the address for one in sixteen, else within some tens of metres; always in the extract's bounds.
    pub place: LngLat,
    /// Day it came, 0..=[`DAYS`]; never before that of a customer with a lower number.
    pub joined: u16,
}

/// What became of a customer later.
#[derive(Clone, Debug, PartialEq)]
pub enum Later {
    /// It buys more or less, and perhaps is in another class.
    Revalued {
        /// Minor units.
        revenue: i64,
        /// The class from now on.
        class: Option<&'static str>,
    },
    /// Somebody else looks after it.
    HandedOver {
        /// A number below the number of patches.
        owner: u32,
    },
    /// It goes by another name.
    Renamed {
        /// The name from now on.
        name: String,
    },
    /// It moved to the address of another customer.
    Moved {
        /// Whose street, number, postcode, town and place it has from now on.
        to: u32,
    },
    /// It is a customer no more.
    Gone,
}

/// A visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The customer's number; it has come by then.
    pub customer: u32,
    /// 0.. ; never before that of a visit with a lower number. Beyond [`DAYS`] it is still to come.
    pub day: u16,
    /// Minutes after midnight.
    pub minute: u16,
    /// So many days before, it was written down as planned; `None`: only once it was done.
    pub planned_before: Option<u16>,
    /// Whether the customer was promised the time.
    pub is_promised: bool,
    /// At the visit a next one was agreed on, so many days later.
    pub next_after: Option<u16>,
}

/// An opportunity.
#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    /// The customer's number; it has come by then.
    pub customer: u32,
    /// 0..=[`DAYS`]; never before that of a deal with a lower number.
    pub day: u16,
    /// Such as `Order 815`.
    pub name: String,
    /// 0..=3.
    pub stage: u8,
    /// Minor units.
    pub amount: i64,
    /// Days after `day` on which it came to another stage, 4 (won) and 5 (lost) included; may lie beyond
    /// [`DAYS`].
    pub moved: Option<(u16, u8)>,
}

/// Days of the two years; the last is today's.
pub const DAYS: u16 = 730;

/// All industries of the crowd.
pub const INDUSTRIES: [&str; 12] = [
    "Bakery",
    "Pharmacy",
    "Garage",
    "Hotel",
    "Restaurant",
    "Surgery",
    "Florist",
    "Hairdresser",
    "Law firm",
    "Software",
    "Building",
    "School",
];
pub(super) const TRADES: [&str; 16] = [
    "Bäckerei",
    "Apotheke",
    "Autohaus",
    "Hotel",
    "Gasthaus",
    "Praxis",
    "Blumen",
    "Salon",
    "Kanzlei",
    "Büro",
    "Elektro",
    "Schule",
    "Optik",
    "Tischlerei",
    "Getränke",
    "Möbel",
];
pub(super) const FAMILIES: [&str; 24] = [
    "Lindner", "Krüger", "Behrens", "Schön", "Voß", "Petersen", "Möller", "Hagen", "Ullrich", "Jahn", "Weiß",
    "Thiel", "Groß", "Kühn", "Sommer", "Brandt", "Engel", "Franke", "Böhm", "Haase", "Seidel", "Winkler",
    "Zander", "Ost",
];
