//! Entry points that reach everything which a machine's processor would run. Only linked and looked at, never run.
//!
//! Each takes and gives plain memory that the caller owns, as firmware would.
#![no_std]
#![allow(unsafe_code, reason = "entry points of a C library must be unmangled; this crate is never run")]

use leuka_blood::Sex;
use leuka_blood::quantity::{Length, Mass};
use leuka_control::{Controller, OperatorAction, Output, Prescription};
use leuka_device::frame::{MAX_FRAME, decode, encode};
use leuka_device::{Commands, GuardTelemetry, Permit, Telemetry};
use leuka_guard::{Guard, LimitTable};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Makes a controller; false when the prescription is refused.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_control_new(prescription: &Prescription, out: &mut Option<Controller>) -> bool {
    *out = Controller::new(prescription.clone()).ok();
    out.is_some()
}

/// One step of control.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_control_step(controller: &mut Controller, telemetry: &Telemetry, action: &OperatorAction, out: &mut Output) {
    *out = controller.step(telemetry, Some(action));
}

/// Makes a guard; false when the limits are refused.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_guard_new(limits: &LimitTable, out: &mut Option<Guard>) -> bool {
    *out = Guard::new(*limits).ok();
    out.is_some()
}

/// One step of the guard.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_guard_step(guard: &mut Guard, telemetry: &GuardTelemetry, commands: &Commands, out: &mut Permit) {
    *out = guard.step(telemetry, commands);
}

/// Every frame, there and back; the length of the last.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_frames(
    telemetry: &mut Telemetry,
    guard: &mut GuardTelemetry,
    commands: &mut Commands,
    permit: &mut Permit,
    bytes: &mut [u8; MAX_FRAME],
) -> usize {
    let mut length;
    macro_rules! there_and_back {
        ($($message:ident)+) => {$(
            length = encode($message, bytes).unwrap_or(0);
            if let Ok(message) = decode(bytes.get(..length.saturating_sub(1)).unwrap_or(&[])) {
                *$message = message;
            }
        )+};
    }
    there_and_back!(telemetry guard commands permit);
    length
}

/// The blood volume by the published formulas, mL; negative for implausible input.
#[unsafe(no_mangle)]
pub extern "C" fn leuka_blood_volume_ml(is_female: bool, age_years: f64, height_cm: f64, weight_kg: f64) -> f64 {
    let sex = if is_female { Sex::Female } else { Sex::Male };
    leuka_dose::total_blood_volume(sex, age_years, Length::from_cm(height_cm), Mass::from_kg(weight_kg))
        .map_or(-1.0, |blood| blood.volume.ml())
}
