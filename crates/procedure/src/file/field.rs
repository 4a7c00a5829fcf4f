//! What may stand in a file.

/// The kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// How the procedure is to be done.
    Protocol,
    /// Who gives the cells.
    Donor,
    /// What is ordered, for whom.
    Order,
}

impl FileKind {
    /// The first part of every path into the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Donor => "donor",
            Self::Order => "order",
        }
    }

    /// The value of the file's field `schema`.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Protocol => "leuka.protocol/1",
            Self::Donor => "leuka.donor/1",
            Self::Order => "leuka.order/1",
        }
    }

    /// What may stand in the file.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Protocol => crate::protocol::FIELDS,
            Self::Donor => crate::donor::FIELDS,
            Self::Order => crate::order::FIELDS,
        }
    }

    /// True when fields stand inside the table at a path.
    #[must_use]
    pub fn has_table(self, path: &str) -> bool {
        self.fields().iter().any(|field| field.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// The field at a path inside the file (`anticoagulant.inlet_ratio`).
    #[must_use]
    pub fn field(self, path: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.path == path)
    }
}

/// The kind of value that a field takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number within a range, both ends allowed.
    Number {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// A limit in three tiers (a table of `warning`, `automatic` and `absolute`), each within a range. A single number
    /// sets all three.
    Tiers {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// True or false.
    Flag,
    /// Any text of at most 200 characters.
    Text,
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// What holds when the file does not say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Preset {
    /// The file must say.
    Required,
    /// The field may be left out and then means what the text says.
    Optional(&'static str),
    /// A number.
    Number(f64),
    /// A limit: warning, automatic, absolute.
    Tiers(f64, f64, f64),
    /// True or false.
    Flag(bool),
    /// A text or choice.
    Text(&'static str),
}

/// One field of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Path inside the file, parts joined by dots.
    pub path: &'static str,
    /// The unit, empty for none.
    pub unit: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds when it is left out.
    pub preset: Preset,
    /// What it means.
    pub about: &'static str,
}

/// A field that takes a number.
pub(crate) const fn number(
    path: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
    preset: Preset,
    about: &'static str,
) -> Field {
    Field { path, unit, kind: Kind::Number { low, high }, preset, about }
}

/// A field that takes a limit in three tiers.
pub(crate) const fn tiers(
    path: &'static str,
    unit: &'static str,
    low: f64,
    high: f64,
    preset: Preset,
    about: &'static str,
) -> Field {
    Field { path, unit, kind: Kind::Tiers { low, high }, preset, about }
}

/// A field that takes true or false.
pub(crate) const fn flag(path: &'static str, preset: bool, about: &'static str) -> Field {
    Field { path, unit: "", kind: Kind::Flag, preset: Preset::Flag(preset), about }
}

/// A field that takes a text.
pub(crate) const fn text(path: &'static str, preset: Preset, about: &'static str) -> Field {
    Field { path, unit: "", kind: Kind::Text, preset, about }
}

/// A field that takes one of some words.
pub(crate) const fn choice(
    path: &'static str,
    words: &'static [&'static str],
    preset: Preset,
    about: &'static str,
) -> Field {
    Field { path, unit: "", kind: Kind::Choice(words), preset, about }
}
