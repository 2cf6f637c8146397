//! Names and sentences of the demo.

pub(super) const GIVEN_NAMES: [&str; 20] = [
    "Anke", "Bernd", "Claudia", "Dirk", "Elke", "Frank", "Gisela", "Holger", "Ines", "Jens", "Karin", "Lars",
    "Martina", "Norbert", "Petra", "Ralf", "Silke", "Thomas", "Ute", "Volker",
];

pub(super) const FAMILY_NAMES: [&str; 20] = [
    "Albrecht",
    "Bartels",
    "Christoph",
    "Dahms",
    "Ehlert",
    "Freitag",
    "Grube",
    "Hinz",
    "Jahnke",
    "Krüger",
    "Lemke",
    "Maaß",
    "Neumann",
    "Ohm",
    "Peters",
    "Rohde",
    "Schulz",
    "Thiel",
    "Voß",
    "Wendt",
];

pub(super) const TITLES: [&str; 5] = ["Owner", "Manager", "Purchasing", "Branch manager", "Assistant"];

pub(super) const VISIT_NOTES: [&str; 18] = [
    "Wants the seasonal range from next month.",
    "Stock is fine, order comes by mail.",
    "Asked for a better price on larger amounts.",
    "New contact in purchasing, introduced myself.",
    "Complaint about the last delivery, settled.",
    "Shelf moved to the entrance, sells better.",
    "Compares with a competitor's offer, decides next week.",
    "Renovation planned in spring, wants a proposal.",
    "Happy with the service.",
    "Needs training for two new people.",
    "Samples left, will call.",
    "Agreed on a fixed delivery day.",
    "Budget is spent for this year.",
    "Second site opens in autumn.",
    "Only a short talk, came at a bad time.",
    "Reordered the usual.",
    "Interested in the new product, wants a demonstration.",
    "Invoice question, passed on to the office.",
];

pub(super) const CALLS: [(&str, &str); 10] = [
    ("call", "Called about the last order"),
    ("call", "Asked for a new appointment"),
    ("call", "Question about delivery times"),
    ("call", "Price enquiry"),
    ("email", "Offer sent"),
    ("email", "Product information sent"),
    ("email", "Confirmed the order"),
    ("note", "Parking only in the back yard"),
    ("note", "Closed for stocktaking in January"),
    ("meeting", "Planned the next half-year together"),
];

pub(super) const TASKS: [&str; 5] = [
    "Send the offer",
    "Call back about the sample",
    "Ask for the new contact",
    "Check the open invoice",
    "Prepare the demonstration",
];

pub(super) const DEALS: [&str; 10] = [
    "Annual contract",
    "New equipment",
    "Spring range",
    "Service contract",
    "Extension of the range",
    "Replacement order",
    "Second site",
    "Framework agreement",
    "Trial order",
    "Autumn campaign",
];

pub(super) const LOSS_REASONS: [&str; 4] = ["Price", "Went to a competitor", "No budget", "Project stopped"];
