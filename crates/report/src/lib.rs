//! Pictures and tables from plain series.
//!
//! Knows nothing of blood: it draws what it is given, in one style. No red, yellow or cyan curves, which are the colours
//! of alarms; series differ by dash as well as by colour. In a picture of layers, straw and dark red are plasma and red
//! cells; what a colour means stands beside it.

mod forest;
mod layers;
mod picture;
mod table;

pub use forest::{Forest, ForestRow};
pub use layers::{Destination, Layer, LayerMap, Outlet, Tint, Window};
pub use picture::{Limit, Panel, Picture, Series, Stage};
pub use table::table;

/// What every picture, report and screen must say where it could be mistaken for that of a cleared device.
pub const NOT_A_DEVICE: &str = "For research, engineering and training. Not a medical device; not for treating people.";
