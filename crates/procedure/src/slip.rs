//! What a person does, or does wrongly, at the machine: by name, for scenarios.

use leuka_device::Instant;

macro_rules! slips {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// Something that the operator does or does wrongly.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Slip { $($(#[$doc])* $name,)+ }

        impl Slip {
            /// All of them.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The name in scenario files, after `operator.`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

slips! {
    /// Presses pause, once.
    Pause = "pause";
    /// Ends the collection, once.
    EndEarly = "end_early";
    /// Leaves a pause as it is.
    IgnoresPause = "ignores_pause";
    /// Leaves a protective stop as it is.
    IgnoresStop = "ignores_stop";
    /// Resumes after a long pause without flushing the set.
    SkipsFlush = "skips_flush";
    /// Scans an order for another donor.
    WrongOrderDonor = "wrong_order_donor";
    /// Scans another order.
    WrongOrder = "wrong_order";
    /// Scans another donor's wristband.
    WrongDonor = "wrong_donor";
    /// The donor's second identifier does not agree.
    WrongSecondIdentifier = "wrong_second_identifier";
    /// Loads another set.
    WrongSet = "wrong_set";
    /// Scans something that is no saline for the saline line.
    WrongSaline = "wrong_saline";
    /// Scans saline for the anticoagulant line.
    WrongAnticoagulant = "wrong_anticoagulant";
    /// Scans the label of another product.
    WrongLabel = "wrong_label";
    /// Scans the label of another donor.
    WrongLabelDonor = "wrong_label_donor";
    /// Brings red cells for another donor.
    WrongRedCells = "wrong_red_cells";
    /// Brings red cells that are too old and hold much potassium.
    OldRedCells = "old_red_cells";
    /// Brings red cells from the refrigerator that were not warmed.
    ColdRedCells = "cold_red_cells";
}

/// What the operator does wrongly, and when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slips(Vec<Planned>);

#[derive(Debug, Clone, Copy)]
struct Planned {
    slip: Slip,
    from: Instant,
    to: Instant,
    done: bool,
}

impl Slips {
    pub(crate) fn plan(&mut self, slip: Slip, from: Instant, to: Instant) {
        self.0.push(Planned { slip, from, to, done: false });
    }

    /// True while the operator does this.
    pub(crate) fn holds(&self, slip: Slip, now: Instant) -> bool {
        self.0.iter().any(|planned| planned.slip == slip && planned.from <= now && now < planned.to)
    }

    /// True once, when it is time for this.
    pub(crate) fn due(&mut self, slip: Slip, now: Instant) -> bool {
        let due = self.0.iter_mut().find(|planned| planned.slip == slip && !planned.done && planned.from <= now);
        due.is_some_and(|planned| {
            planned.done = true;
            true
        })
    }
}
