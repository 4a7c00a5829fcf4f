//! Sets of numbers that change with time: one field for each, and what an integrator needs of all of them together.

/// Declares a set of states. The same type holds the states and their rates of change.
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy, PartialEq)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: f64,)+
        }

        impl $name {
            /// The names of the states, in order.
            pub(crate) const NAMES: [&'static str; [$(stringify!($field)),+].len()] = [$(stringify!($field)),+];

            /// The states after `time` at these rates.
            pub(crate) fn after(&self, rates: &Self, time: f64) -> Self {
                Self { $($field: self.$field + rates.$field * time,)+ }
            }

            /// The middle between two sets of rates.
            pub(crate) fn mean(&self, other: &Self) -> Self {
                Self { $($field: 0.5 * (self.$field + other.$field),)+ }
            }

            /// The states in order.
            pub(crate) const fn values(&self) -> [f64; Self::NAMES.len()] {
                [$(self.$field),+]
            }

            /// The states from their values in order; what is missing is NaN.
            pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
                let mut values = values.into_iter();
                Self { $($field: values.next().unwrap_or(f64::NAN),)+ }
            }
        }
    };
}

states! {
    /// What changes in minutes to days beside the contents of the [`crate::body::Body`].
    Pools {
        /// Parathyroid hormone in the gland, pmol.
        hormone_in_gland;
        /// Parathyroid hormone in plasma, pmol/L.
        hormone_in_plasma;
        /// How far bone has followed parathyroid hormone: relative excess over rest.
        bone_response;
        /// Calcium swallowed and not yet taken up or passed on, mmol.
        gut_calcium;
        /// G-CSF under the skin, ug/kg.
        g_csf_depot;
        /// G-CSF in plasma, ng/mL.
        g_csf;
        /// Its effect on the making of granulocytes.
        g_csf_granulocyte;
        /// Its effect on progenitors, first transit.
        g_csf_progenitor_early;
        /// Its effect on progenitors, second transit.
        g_csf_progenitor;
        /// Plerixafor under the skin, relative to the usual dose.
        plerixafor_depot;
        /// Plerixafor in plasma, relative to the usual dose in its volume.
        plerixafor;
        /// Its effect on release, first transit.
        plerixafor_release_early;
        /// Its effect on release, second transit.
        plerixafor_release;
        /// Platelet precursors, youngest, relative to rest.
        precursor_young;
        /// Platelet precursors, middle, relative to rest.
        precursor_middle;
        /// Platelet precursors that shed platelets, relative to rest.
        precursor_ripe;
        /// Body temperature, C.
        temperature;
    }
}
