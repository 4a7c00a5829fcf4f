//! How control and guard take their seats at a machine on the other end of a link, and how they leave them.
//!
//! ```text
//!   control or guard                       machine
//!        Hello  ------------------------->          version by the frame; seat, inputs
//!               <-------------------------  Welcome seated, or why not
//!               <-------------------------  telemetry, beat by beat
//!        commands or permits ------------>
//!               <-------------------------  End     the procedure is over
//! ```

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// A place at the machine; each is taken once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Seat {
    /// Gives commands.
    Control,
    /// Gives permits.
    Guard,
}

/// The first frame on a link: who asks for which seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// 0: nothing came before.
    pub sequence: u32,
    /// [`Instant::START`]: no procedure time is known yet.
    pub at: Instant,
    /// The seat.
    pub seat: Seat,
    /// SHA-256 of the inputs that the asker works by; they must be the machine's.
    pub inputs: [u8; 32],
}

/// The machine's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// 0: nothing came before.
    pub sequence: u32,
    /// The machine's time.
    pub at: Instant,
    /// Procedure time from which the clock runs and late frames are stale; until then the machine waits for each reply.
    pub real_from: Instant,
    /// Why the seat is not given, if it is not.
    pub refused: Option<Refused>,
}

/// Why a seat is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refused {
    /// Another speaks for it.
    #[error("the seat is taken")]
    Taken,
    /// The asker works by other inputs.
    #[error("protocol, donor, seed or parameters differ from the machine's: give both the same")]
    Inputs,
    /// The first frame was no [`Hello`] of this version.
    #[error("the first frame was no greeting of this version of the wire form: update the older side")]
    Greeting,
}

/// The machine's last frame: the procedure is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// 0: it stands outside the numbered streams.
    pub sequence: u32,
    /// When it ended.
    pub at: Instant,
}
