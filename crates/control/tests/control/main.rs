//! The controller's behaviour on a toy machine.

mod enumeration;
mod flows;
mod interface;
mod methods;
mod needle;
mod phases;
mod rig;
mod robustness;
