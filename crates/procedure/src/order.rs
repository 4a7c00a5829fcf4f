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
        "goal_1e6_per_kg",
        "1e6/kg",
        0.001,
        100_000.0,
        Preset::Optional("the protocol's target dose, else what is usual for the cells"),
        "Dose whose probability is told",
    ),
    number(
        "minimum_1e6_per_kg",
        "1e6/kg",
        0.0001,
        100_000.0,
        Preset::Optional("what is usual for the cells, at most the goal"),
        "Dose below which the collection has failed",
    ),
    number(
        "entered_count_per_ul",
        "/uL",
        0.0,
        1_000_000.0,
        Preset::Optional("the donor's true count"),
        "Count of the dose's cells as it is entered into the machine; a laboratory's error can be rehearsed",
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
