//! The methods: how cells are taken out of the blood, with what each needs to know.
//!
//! Glossary
//! - elution: washing cells off the fibre that they adhere to.
//! - chamber cycle: an elutriation chamber fills with white cells, and is flushed into the product bag when it is full.

use leuka_blood::quantity::{FlowRate, Fraction, TimeSpan, Volume};

use crate::prescription::{PrescriptionError, within};

/// How the cells are taken out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Centrifuge; the collect line delivers all the time.
    Continuous,
    /// Centrifuge with an elutriation chamber behind the collect port.
    Chamber(ChamberCycle),
    /// A filter that cells adhere to, eluted at the end.
    DepthFilter(Elution),
    /// A column that cells adhere to, and stay on: there is no product.
    AdsorptionColumn,
    /// A microfluidic filter whose middle stream goes to the product bag.
    SizeFilter(Dilution),
}

/// When and how the chamber is flushed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChamberCycle {
    /// Filling at which it is flushed: white cells spill at 1.
    pub flush_at: Fraction,
    /// Time of filling after which it is flushed whatever its sensor says.
    pub longest_fill: TimeSpan,
    /// Flow of the collect pump meanwhile.
    pub flow: FlowRate,
    /// Volume that goes to the product bag.
    pub volume: Volume,
}

/// How a filter is eluted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elution {
    /// Saline that first returns the blood in lines and filter.
    pub displace: Volume,
    /// Flow of the saline that elutes.
    pub flow: FlowRate,
    /// Its volume, which goes to the product bag.
    pub volume: Volume,
}

/// How blood is diluted with saline before the filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dilution {
    /// Inlet over the anticoagulated blood in it; 1 for no dilution.
    pub factor: f64,
    /// Time in which the draw valve turns to the donor and to the saline bag once.
    pub period: TimeSpan,
}

impl Method {
    /// True when a centrifuge separates, with an interface to be held.
    #[must_use]
    pub const fn spins(&self) -> bool {
        matches!(self, Self::Continuous | Self::Chamber(_))
    }

    /// Inlet over the anticoagulated blood in it.
    #[must_use]
    pub const fn dilution(&self) -> f64 {
        match self {
            Self::SizeFilter(dilution) => dilution.factor,
            _ => 1.0,
        }
    }

    pub(crate) const fn chamber(&self) -> Option<ChamberCycle> {
        match self {
            Self::Chamber(cycle) => Some(*cycle),
            _ => None,
        }
    }

    pub(crate) const fn elution(&self) -> Option<Elution> {
        match self {
            Self::DepthFilter(elution) => Some(*elution),
            _ => None,
        }
    }

    pub(crate) fn check(&self, most_collect: FlowRate) -> Result<(), PrescriptionError> {
        let most = most_collect.ml_min();
        match self {
            Self::Continuous | Self::AdsorptionColumn => Ok(()),
            Self::Chamber(cycle) => {
                within("filling at which the chamber is flushed", cycle.flush_at.pct(), 5.0, 150.0, "%")?;
                within("longest filling of the chamber", cycle.longest_fill.minutes(), 1.0, 240.0, "min")?;
                within("flush flow", cycle.flow.ml_min(), 0.5, most, "mL/min")?;
                within("flush volume", cycle.volume.ml(), 1.0, 200.0, "mL")
            }
            Self::DepthFilter(elution) => {
                within("volume before elution", elution.displace.ml(), 0.0, 1000.0, "mL")?;
                within("elution flow", elution.flow.ml_min(), 1.0, most, "mL/min")?;
                within("elution volume", elution.volume.ml(), 1.0, 2000.0, "mL")
            }
            Self::SizeFilter(dilution) => {
                within("dilution", dilution.factor, 1.0, 10.0, "")?;
                within("period of the draw valve", dilution.period.seconds(), 2.0, 120.0, "s")
            }
        }
    }
}
