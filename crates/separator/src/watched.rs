//! A separator that tells how far a study is.

use leuka_blood::Mixture;
use leuka_blood::quantity::TimeSpan;

use crate::{Outlets, Separator, Settings, View};

/// Passes everything on to a separator and tells after each step which part of a study is done.
pub struct Watched<'a, S> {
    separator: &'a mut S,
    whole: TimeSpan,
    elapsed: TimeSpan,
    tell: &'a mut dyn FnMut(f64),
}

impl<'a, S: Separator> Watched<'a, S> {
    /// Watches `separator` during a study that takes `whole`; `tell` is told the part done, 0 to 1.
    pub fn new(separator: &'a mut S, whole: TimeSpan, tell: &'a mut dyn FnMut(f64)) -> Self {
        Self { separator, whole, elapsed: TimeSpan::ZERO, tell }
    }
}

impl<S: Separator> Separator for Watched<'_, S> {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let outlets = self.separator.advance(inlet, settings, dt);
        self.elapsed += dt;
        (self.tell)((self.elapsed / self.whole).min(1.0));
        outlets
    }

    fn view(&self) -> View {
        self.separator.view()
    }

    fn contents(&self) -> Mixture {
        self.separator.contents()
    }
}
