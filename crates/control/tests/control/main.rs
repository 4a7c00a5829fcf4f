//! The controller's behaviour on a toy machine.

mod enumeration;
mod flows;
mod interface;
mod live_dose;
mod methods;
mod needle;
mod phases;
mod rig;
mod robustness;
