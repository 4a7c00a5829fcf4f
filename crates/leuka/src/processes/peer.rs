//! `leuka control` and `leuka guard`: a channel that sees nothing but frames.

use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant as Clock};

use leuka_device::frame::{self, Message};
use leuka_device::handshake::{End, Hello, Seat, Welcome};
use leuka_device::receive::{Age, Order};
use leuka_device::{Commands, GuardTelemetry, Instant, Telemetry};
use leuka_procedure::{Act, Inputs, Local, Standing, Told};

use super::PeerArguments;
use super::link::{Arrival, Sender, now};
use crate::Failure;

/// What is older than this by the receiver's own clock is dropped.
const STALE_MICROS: u64 = 250_000;

/// `leuka control`.
pub(crate) fn control(arguments: &PeerArguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.files.inputs()?;
    let mut controller = Local::new(&inputs)?.into_control();
    let mut link = Link::join(arguments, Seat::Control, &inputs)?;
    let (mut acts, mut pending) = (Order::default(), None);
    let mut told = 0;
    while let Some(bytes) = link.next()? {
        if frame::kind(&bytes) == Ok(Act::KIND) {
            pending = link.decode::<Act>(&bytes, &mut acts).map(|act| act.action).or(pending);
            continue;
        }
        let Some(telemetry) = link.current::<Telemetry>(&bytes) else { continue };
        let output = controller.step(&telemetry, pending.take().as_ref());
        for event in output.events {
            told += 1;
            link.sender.add(&Told { sequence: told, at: telemetry.at, event });
        }
        link.sender.add(&Standing::of(&controller, output.commands.sequence, output.commands.at));
        link.sender.send(&output.commands);
    }
    Ok(ExitCode::SUCCESS)
}

/// `leuka guard`.
pub(crate) fn guard(arguments: &PeerArguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.files.inputs()?;
    let mut guard = Local::new(&inputs)?.into_guard();
    let mut link = Link::join(arguments, Seat::Guard, &inputs)?;
    let (mut order, mut commands) = (Order::default(), Commands::default());
    while let Some(bytes) = link.next()? {
        if frame::kind(&bytes) == Ok(Commands::KIND) {
            // The machine repeats what it holds on every beat: that is no disorder.
            commands = link.decode::<Commands>(&bytes, &mut order).unwrap_or(commands);
        } else if let Some(telemetry) = link.current::<GuardTelemetry>(&bytes) {
            link.sender.send(&guard.step(&telemetry, &commands));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The link to the machine.
struct Link {
    sender: Sender,
    arrivals: mpsc::Receiver<Arrival>,
    patience: Duration,
    real_from: Instant,
    began: Clock,
    order: Order,
    age: Age,
}

impl Link {
    /// Takes a seat.
    fn join(arguments: &PeerArguments, seat: Seat, inputs: &Inputs) -> Result<Self, Failure> {
        let address = &arguments.machine;
        let io = |error| Failure::Work(format!("the machine at {address}: {error}"));
        let mut sender = Sender::new(TcpStream::connect(address).map_err(io)?).map_err(io)?;
        sender.send(&Hello { sequence: 0, at: Instant::START, seat, inputs: inputs.sha256() });
        let welcome: Welcome =
            sender.greeting().map_err(|error| Failure::Work(format!("the machine at {address}: {error}")))?;
        if let Some(refused) = welcome.refused {
            return Err(Failure::Input(format!("the machine at {address}: {refused}")));
        }
        Ok(Self {
            arrivals: sender.arrivals().map_err(io)?,
            sender,
            patience: arguments.patience.time(),
            real_from: welcome.real_from,
            began: now(),
            order: Order::default(),
            age: Age::default(),
        })
    }

    /// The next frame; `None` when the machine says that the procedure is over.
    fn next(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.arrivals.recv_timeout(self.patience) {
            Ok(Arrival::Frame(bytes)) if frame::kind(&bytes) == Ok(End::KIND) => Ok(None),
            Ok(Arrival::Frame(bytes)) => Ok(Some(bytes)),
            Ok(Arrival::Closed) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(Failure::Work("the link to the machine is lost".into()))
            }
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Failure::Work("the machine is silent".into())),
        }
    }

    /// A message that is whole and in order.
    fn decode<M: Message>(&self, bytes: &[u8], order: &mut Order) -> Option<M> {
        frame::decode::<M>(bytes).ok().filter(|message| order.is_next(message.sequence()))
    }

    /// Telemetry that is whole, in order, and in real pace not stale.
    fn current<M: Message>(&mut self, bytes: &[u8]) -> Option<M> {
        let mut order = self.order;
        let message = self.decode::<M>(bytes, &mut order)?;
        self.order = order;
        let clock_us = u64::try_from(now().duration_since(self.began).as_micros()).unwrap_or(u64::MAX);
        let is_real = message.at() >= self.real_from;
        let is_stale = is_real && self.age.micros(message.at(), clock_us) > STALE_MICROS;
        (!is_stale).then_some(message)
    }
}
