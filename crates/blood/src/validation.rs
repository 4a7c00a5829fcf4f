//! Published results beside what a model makes of them, as data.
//!
//! Rows carry the ids of the project's table of published results. A row is fitted when one of the parameters was set
//! with it in sight, whether or not it was met. Where a row does not state an input that the simulation needs (a
//! duration, an efficiency, the volume of a set), the row says what was assumed: such an input was chosen with the
//! published value known, so agreement is weaker evidence than a prediction. All other rows are predictions.

/// How far a simulated value is from the published one, in the convention of the open physiology engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Within 10 %, or inside a range that was published without a centre.
    Green,
    /// Within 30 %.
    Amber,
    /// Further away.
    Red,
}

impl Band {
    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// A published value and what the model makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Id in the table of published results, or a short name where the row is not in it.
    pub id: &'static str,
    /// What was measured, in whom.
    pub what: &'static str,
    /// Unit of the values.
    pub unit: &'static str,
    /// The published value; none where only a range was published.
    pub published: Option<f64>,
    /// The published range or spread (mean and one standard deviation each way), where there is one.
    pub spread: Option<(f64, f64)>,
    /// The simulated value.
    pub simulated: f64,
    /// True when parameters were set with this row in sight.
    pub fitted: bool,
    /// An input that the row does not state and that was chosen with its result known; empty for none.
    pub assumed: &'static str,
}

impl Row {
    /// A row with a published value, predicted.
    #[must_use]
    pub fn value(id: &'static str, what: &'static str, unit: &'static str, published: f64, simulated: f64) -> Self {
        Self { id, what, unit, published: Some(published), spread: None, simulated, fitted: false, assumed: "" }
    }

    /// A row with a published range, predicted.
    #[must_use]
    pub fn range(id: &'static str, what: &'static str, unit: &'static str, range: (f64, f64), simulated: f64) -> Self {
        Self { id, what, unit, published: None, spread: Some(range), simulated, fitted: false, assumed: "" }
    }

    /// The same with the published standard deviation.
    #[must_use]
    pub fn with_sd(mut self, sd: f64) -> Self {
        self.spread = self.published.map(|mean| (mean - sd, mean + sd));
        self
    }

    /// The same, fitted.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        self.fitted = true;
        self
    }

    /// The same, with an input that was assumed.
    #[must_use]
    pub fn assuming(mut self, input: &'static str) -> Self {
        self.assumed = input;
        self
    }

    /// What the agreement is worth: `fitted`, `assumed` or `predicted`.
    #[must_use]
    pub const fn basis(&self) -> &'static str {
        match (self.fitted, self.assumed.is_empty()) {
            (true, _) => "fitted",
            (false, false) => "assumed",
            (false, true) => "predicted",
        }
    }

    /// True when the simulated value is inside the published spread; none where no spread was published.
    #[must_use]
    pub fn inside(&self) -> Option<bool> {
        self.spread.map(|(low, high)| (low..=high).contains(&self.simulated))
    }

    /// How far away the simulated value is.
    #[must_use]
    pub fn band(&self) -> Band {
        let Some(published) = self.published else {
            return if self.inside() == Some(true) { Band::Green } else { Band::Red };
        };
        match (self.simulated / published - 1.0).abs() {
            away if away <= 0.1 => Band::Green,
            away if away <= 0.3 => Band::Amber,
            _ => Band::Red,
        }
    }
}
