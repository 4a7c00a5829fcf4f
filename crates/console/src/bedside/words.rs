//! Alarms in a nurse's words: what it is, and what to do.

use leuka_device::AlarmCode;

/// Title and what to do.
pub(crate) const fn alarm(code: AlarmCode) -> (&'static str, &'static str) {
    match code {
        AlarmCode::ReturnAir => {
            ("Air in the return line", "The return is clamped. Clear the drip chamber, then reset.")
        }
        AlarmCode::AirDetectorFailed => (
            "Air detector failed",
            "The donor must not be connected to this set any longer. End and take the lines off.",
        ),
        AlarmCode::ReturnPressureHigh => {
            ("Return pressure high", "Look at the return vein and line; the flow is lowered.")
        }
        AlarmCode::FilterPressure => ("Filter pressure high", "The flow is lowered. Look at the filter for clots."),
        AlarmCode::ReturnOcclusion => ("Return occluded", "Look for a kink, a closed clamp or a clot; then reset."),
        AlarmCode::AccessOcclusion => {
            ("Vein gives too little", "Warm the arm, let the donor pump, place the needle anew.")
        }
        AlarmCode::AnticoagulantNotDelivered => {
            ("Anticoagulant does not arrive", "Look at bag, drip chamber, clamp and pump tubing; then reset.")
        }
        AlarmCode::InletLowered => ("Inlet lowered", "A limit holds the flow down; nothing needs to be done."),
        AlarmCode::AnticoagulantRate => ("Anticoagulant rate high", "Watch for tingling; have calcium ready."),
        AlarmCode::InterfaceNotMeasured => {
            ("Interface not measured", "Clean the camera's window, or set the plasma flow by hand.")
        }
        AlarmCode::InterfaceNotDetected => {
            ("Interface not found", "Wait for it to form; otherwise set the plasma flow by hand.")
        }
        AlarmCode::InterfaceNotResponding => ("Interface does not follow", "Look at the plasma line for a kink."),
        AlarmCode::HematocritMismatch => ("Haematocrit does not fit", "Check what was entered against a new count."),
        AlarmCode::CollectLineRed => {
            ("Red cells in the collect line", "Collection waits until the interface stands again.")
        }
        AlarmCode::CitrateRate => ("Calcium falls", "Ask for tingling; give calcium by the ward's rule."),
        AlarmCode::HeartRate => ("Heart rate outside its limits", "Look at the donor."),
        AlarmCode::Hypotension => ("Blood pressure low", "Lay the donor flat, raise the legs, give saline."),
        AlarmCode::Desaturation => ("Oxygen saturation low", "Look at the donor and the sensor; give oxygen."),
        AlarmCode::FluidBalance => ("Fluid balance near its limit", "Check bags and balance."),
        AlarmCode::SensorFault => ("Sensor fault", "Look at the named sensor; the machine does not rely on it."),
        AlarmCode::ProtectiveStop => ("Protective stop", "All pumps stand. Find the cause, then reset."),
        AlarmCode::ReturnLineOff => ("Return line off", "Blood may be lost: look at the access at once."),
        AlarmCode::Infiltration => ("Return vein may leak", "Look at the arm for swelling; ask for pain."),
        AlarmCode::AnticoagulantExcess => {
            ("Too much anticoagulant", "The line is clamped. Look at the pump tubing; have calcium ready.")
        }
        AlarmCode::CitrateLimit => ("Citrate limit reached", "Return stands. Give calcium by the ward's rule."),
        AlarmCode::WrongSolution => ("Wrong bag on the line", "Close the line and exchange the bag."),
        AlarmCode::FluidDeficit => ("Donor has lost too much fluid", "Give saline; look for a leak."),
        AlarmCode::FluidSurplus => ("Donor has gained too much fluid", "Close the saline; look at the saline valve."),
        AlarmCode::ExtracorporealVolume => ("Too much blood outside the body", "Return blood before going on."),
        AlarmCode::Overspeed => ("Centrifuge too fast", "The drive is off. Have the machine serviced."),
        AlarmCode::Imbalance => {
            ("Centrifuge vibrates", "The drive is off. Wait until it stands, then look at the set.")
        }
        AlarmCode::DoorOpen => ("Centrifuge door open", "Keep hands away until it stands."),
        AlarmCode::Hemolysis => {
            ("Red cells are destroyed", "Return stands. Look for a kink; do not give this blood back.")
        }
        AlarmCode::Overheating => ("Returned blood too warm", "The warmer is off. Have it serviced."),
        AlarmCode::Clotting => ("Blood may clot in the set", "Flush the set and look for clots."),
        AlarmCode::DonorButton => ("The donor's button", "Go to the donor."),
        AlarmCode::StarchLimit => ("Starch limit reached", "No more starch today."),
        AlarmCode::PowerLost => ("Power lost", "Turn the pump by hand if power does not come back."),
        AlarmCode::MainsLost => ("On battery", "Find the plug; the battery carries on for a while."),
        AlarmCode::Leak => ("Leak", "Close both lines; look for blood under the machine."),
        AlarmCode::StepTimeOut => ("Step takes too long", "Look at what this step waits for."),
        AlarmCode::LongPause => ("Pause grows long", "Blood stands in the set: resume, or flush it."),
    }
}

/// Unit of an alarm's value and limit, and what turns control's number into it.
pub(crate) const fn unit(code: AlarmCode) -> (Option<&'static str>, f64) {
    match code {
        AlarmCode::HeartRate => (Some("/min"), 1.0),
        AlarmCode::Desaturation | AlarmCode::CollectLineRed => (Some("%"), 100.0),
        AlarmCode::Hypotension
        | AlarmCode::AccessOcclusion
        | AlarmCode::ReturnOcclusion
        | AlarmCode::ReturnPressureHigh
        | AlarmCode::FilterPressure => (Some("mmHg"), 1.0),
        AlarmCode::Overheating => (Some("°C"), 1.0),
        AlarmCode::FluidBalance => (Some("mL"), 1.0),
        AlarmCode::MainsLost => (Some("min"), 1.0),
        AlarmCode::LongPause => (Some("min"), 1.0 / 60.0),
        _ => (None, 1.0),
    }
}
