//! The order.

use crate::file::field::{Field, Preset, choice, number, text};

pub(crate) const FIELDS: &[Field] = &[
    choice("schema", &["leuka.order/1"], Preset::Required, "Version of this form"),
    text("id", Preset::Text("ORDER-1"), "Identifier of the order"),
    text("donor_id", Preset::Optional("the donor's own identifier"), "Whose cells are ordered"),
    number(
        "recipient_weight_kg",
        "kg",
        2.0,
        250.0,
        Preset::Optional("the donor's weight: an autologous collection"),
        "Body weight that a dose per kilogram is for",
    ),
    number(
        "entered_hematocrit_pct",
        "%",
        15.0,
        60.0,
        Preset::Optional("the donor's true haematocrit"),
        "Haematocrit as it is entered into the machine; a wrong entry can be rehearsed",
    ),
];
