//! A link that does what it is told to the frames that pass: between a channel and the machine, in both directions.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What happens to frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Garble {
    /// They pass.
    Nothing,
    /// Each passes twice.
    Twice,
    /// None passes.
    Drop,
    /// The first passes again and again instead of the newer ones.
    Replay,
    /// Four are held and pass in reverse.
    Reorder,
    /// Each is held for 300 ms.
    Delay,
    /// One bit of each is flipped.
    Flip,
    /// The link is closed.
    Cut,
}

impl Garble {
    const ALL: [Self; 8] =
        [Self::Nothing, Self::Twice, Self::Drop, Self::Replay, Self::Reorder, Self::Delay, Self::Flip, Self::Cut];
}

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    pub(crate) address: String,
    mode: Arc<AtomicU8>,
}

impl Proxy {
    pub(crate) fn to(machine: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mode = Arc::new(AtomicU8::new(0));
        let (machine, shared) = (machine.to_owned(), Arc::clone(&mode));
        thread::spawn(move || {
            let (near, _) = listener.accept().unwrap();
            let far = TcpStream::connect(machine).unwrap();
            for (from, to) in [(&near, &far), (&far, &near)] {
                from.set_nodelay(true).unwrap();
                carry(from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&shared));
            }
        });
        Self { address, mode }
    }

    pub(crate) fn set(&self, garble: Garble) {
        self.mode.store(garble as u8, Ordering::SeqCst);
    }
}

/// Carries frames from one stream to the other: one thread reads, one garbles and writes.
fn carry(mut from: TcpStream, mut to: TcpStream, mode: Arc<AtomicU8>) {
    let (sender, frames) = mpsc::channel();
    thread::spawn(move || {
        let mut rest = Vec::new();
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            rest.extend_from_slice(&bytes[..length]);
            while let Some(end) = rest.iter().position(|&byte| byte == 0) {
                let frame: Vec<u8> = rest.drain(..=end).collect();
                if sender.send((Instant::now(), frame)).is_err() {
                    return;
                }
            }
        }
    });
    thread::spawn(move || {
        let mut held: Vec<Vec<u8>> = Vec::new();
        for (arrived, frame) in frames {
            let garble = Garble::ALL[usize::from(mode.load(Ordering::SeqCst))];
            let gone = match garble {
                Garble::Nothing => to.write_all(&frame),
                Garble::Twice => to.write_all(&[&frame[..], &frame[..]].concat()),
                Garble::Drop => Ok(()),
                Garble::Replay => {
                    held.push(frame);
                    to.write_all(&held[0])
                }
                Garble::Reorder => {
                    held.push(frame);
                    if held.len() == 4 {
                        held.drain(..).rev().try_for_each(|frame| to.write_all(&frame))
                    } else {
                        Ok(())
                    }
                }
                Garble::Delay => {
                    thread::sleep((arrived + Duration::from_millis(300)).saturating_duration_since(Instant::now()));
                    to.write_all(&frame)
                }
                Garble::Flip => {
                    let mut frame = frame;
                    let middle = frame.len() / 2;
                    frame[middle] ^= 0b10;
                    to.write_all(&frame)
                }
                Garble::Cut => to.shutdown(std::net::Shutdown::Both),
            };
            if gone.is_err() || garble == Garble::Cut {
                return;
            }
        }
    });
}
