//! How control and guard take their seats: one greeting each, answered before anything moves.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use leuka_device::Instant;
use leuka_device::handshake::{Hello, Refused, Seat, Welcome};

use super::link::{Arrival, Sender};

/// How often somebody who waits looks up.
const LOOK_UP: Duration = Duration::from_millis(20);

/// Both seats taken.
#[derive(Debug)]
pub(crate) struct Seats {
    pub(crate) control: Sender,
    pub(crate) guard: Sender,
    pub(crate) arrivals: mpsc::Receiver<(Seat, Arrival)>,
}

/// Waits until both seats are taken; `None` when it is interrupted.
pub(crate) fn fill(
    listener: &TcpListener,
    inputs: [u8; 32],
    real_from: Instant,
    interrupted: &AtomicBool,
) -> io::Result<Option<Seats>> {
    listener.set_nonblocking(true)?;
    let (arrived, arrivals) = mpsc::channel();
    let (mut control, mut guard) = (None, None);
    while !interrupted.load(Ordering::Relaxed) {
        (control, guard) = match (control, guard) {
            (Some(control), Some(guard)) => return Ok(Some(Seats { control, guard, arrivals })),
            others => others,
        };
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(LOOK_UP);
                continue;
            }
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(false)?;
        let mut sender = Sender::new(stream)?;
        let asked = match sender.greeting::<Hello>() {
            Ok(hello) if hello.inputs != inputs => Err(Refused::Inputs),
            Ok(Hello { seat: Seat::Control, .. }) if control.is_some() => Err(Refused::Taken),
            Ok(Hello { seat: Seat::Guard, .. }) if guard.is_some() => Err(Refused::Taken),
            Ok(hello) => Ok(hello.seat),
            Err(_) => Err(Refused::Greeting),
        };
        sender.send(&Welcome { sequence: 0, at: Instant::START, real_from, refused: asked.err() });
        let Ok(seat) = asked else { continue };
        let arrived = arrived.clone();
        sender.listen(move |arrival| arrived.send((seat, arrival)).is_ok())?;
        eprintln!("{seat:?} has taken its seat");
        match seat {
            Seat::Control => control = Some(sender),
            Seat::Guard => guard = Some(sender),
        }
    }
    Ok(None)
}
