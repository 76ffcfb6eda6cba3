//! The meeting of all processes: each pair gets a data connection and a pulse connection, and none
//! goes on before all are there.
//!
//! One thread does everything but dialling, with sockets that do not block. A connection that says
//! nothing, or something else, costs a place in a list until its time is over. A pair of processes
//! greets once on each connection; both check the other's greeting. A process that has all its
//! pairs says so on its pulse connections, and leaves the meeting when it has heard the same of
//! all.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::config::ProcessConfig;
use super::connect_error::{ConnectError, PlanDifference};
use super::dialer::{Dialed, Dialer};
use super::hello::{Answer, Channel, Hello};
use super::partner::{Heard, Pair, Partner};
use super::visitor::{From, Said, Visitor};
use crate::runtime::Clock;

/// The time between two looks at the sockets.
const LOOK: Duration = Duration::from_millis(2);

/// How long a new connection may take to greet or to answer, and half of all the time at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an address may still be in use, by a process that is ending.
const BIND_PATIENCE: Duration = Duration::from_secs(1);

/// The time between two calls to a peer that is not there.
const REDIAL: Duration = Duration::from_millis(50);

/// The most connections that have not greeted yet. More of them drop the oldest.
const MOST_VISITORS: usize = 1024;

/// The byte on a pulse connection that says: I have all my pairs.
const READY: u8 = b'R';

/// Connects this process to all others. The pair of this process itself is `None`.
pub(super) fn meet(config: &ProcessConfig) -> Result<Vec<Option<Pair>>, ConnectError> {
    if config.addresses.len() == 1 {
        return Ok(vec![None]);
    }
    Meeting::new(config)?.hold()
}

struct Meeting<'a> {
    config: &'a ProcessConfig,
    hello: Hello,
    clock: Clock,
    listener: TcpListener,
    dialer: Dialer,
    visitors: Vec<Visitor>,
    /// By process. The place of this process is not used.
    partners: Vec<Partner>,
}

impl<'a> Meeting<'a> {
    fn new(config: &'a ProcessConfig) -> Result<Self, ConnectError> {
        let clock = Clock::start();
        let listener = bind(config, clock)?;
        let mut partners: Vec<_> = config.addresses.iter().map(|_| Partner::default()).collect();
        for partner in &mut partners[..config.process] {
            partner.call_again(Duration::ZERO);
        }
        Ok(Meeting {
            config,
            hello: Hello::new(config.plan(), config.process, config.epoch),
            clock,
            listener,
            dialer: Dialer::start(&config.addresses)?,
            visitors: Vec::new(),
            partners,
        })
    }

    fn hold(mut self) -> Result<Vec<Option<Pair>>, ConnectError> {
        loop {
            self.accept();
            self.call();
            self.hear_visitors()?;
            self.hear_partners()?;
            let (here, process) = (self.clock.now(), self.config.process);
            let mut others = (0..).zip(&self.partners).filter(|(index, _)| *index != process);
            if others.all(|(_, partner)| partner.is_ready()) {
                let pairs = self.partners.into_iter().map(Partner::into_pair);
                return Ok(pairs.collect());
            }
            if here > self.config.connect_timeout {
                return Err(self.too_late());
            }
            // This is the sleep between two looks, too.
            if let Some(dialed) = self.dialer.wait(LOOK) {
                self.dialed(dialed)?;
            }
        }
    }

    /// Takes in new connections.
    fn accept(&mut self) {
        while let Ok((socket, address)) = self.listener.accept() {
            if self.visitors.len() == MOST_VISITORS
                && let Some(oldest) = self.visitors.iter().position(|v| v.from == From::Outside)
            {
                self.visitors.remove(oldest);
            }
            let now = self.clock.now();
            self.visitors.extend(Visitor::new(socket, address, From::Outside, now).ok());
        }
    }

    /// Calls the processes with a lower index, where that is due.
    fn call(&mut self) {
        let now = self.clock.now();
        for (process, partner) in self.partners.iter_mut().enumerate() {
            for channel in partner.take_calls(now) {
                self.dialer.dial(process, channel);
            }
        }
    }

    /// Greets a process that has been called, or notes why it was not reached.
    fn dialed(&mut self, dialed: Dialed) -> Result<(), ConnectError> {
        let Dialed { process, channel, result } = dialed;
        let now = self.clock.now();
        let greeted = result.and_then(|(mut socket, address)| {
            let hello = Hello { channel, to: process, ..self.hello };
            let from = From::Called { process, channel };
            socket.write_all(&hello.to_bytes())?;
            Visitor::new(socket, address, from, now)
        });
        match greeted {
            Ok(visitor) => self.visitors.push(visitor),
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                let address = self.address(process);
                return Err(ConnectError::Unresolvable { process, address, error });
            }
            Err(error) => {
                self.partners[process].hear(Heard::Nothing(error.to_string()));
                self.partners[process].call_again_on(channel, now + REDIAL);
            }
        }
        Ok(())
    }

    /// Hears all who have not said yet what they are.
    fn hear_visitors(&mut self) -> Result<(), ConnectError> {
        let now = self.clock.now();
        let patience = PATIENCE.min(self.config.connect_timeout / 2);
        for mut visitor in std::mem::take(&mut self.visitors) {
            let said = visitor.listen();
            match (said, visitor.from) {
                (Said::Hello(hello), From::Outside) => self.asked(visitor, hello)?,
                (Said::Hello(hello), From::Called { process, channel }) => {
                    self.answered(visitor, process, channel, hello)?;
                }
                (Said::Nothing, _) if now < visitor.since + patience => self.visitors.push(visitor),
                // A stray connection.
                (_, From::Outside) => {}
                (Said::Version(theirs), From::Called { process, .. }) => {
                    let difference = PlanDifference::Version { theirs };
                    return Err(self.other_plan(process, difference));
                }
                (said, From::Called { process, channel }) => {
                    self.partners[process].hear(Heard::of(&said, patience));
                    self.partners[process].call_again_on(channel, now + REDIAL);
                }
            }
        }
        Ok(())
    }

    /// A process with a higher index greets.
    fn asked(&mut self, mut visitor: Visitor, theirs: Hello) -> Result<(), ConnectError> {
        let (us, from) = (self.config.process, theirs.from);
        if theirs.answer != Answer::Asks || theirs.start == self.hello.start {
            return Ok(());
        }
        let answer = Hello { channel: theirs.channel, to: from, ..self.hello };
        let refuse =
            |visitor: &mut Visitor| visitor.say(Hello { answer: Answer::Refuses, ..answer });
        if theirs.epoch != self.config.epoch {
            refuse(&mut visitor);
            return self.other_epoch(from, &visitor, theirs.epoch);
        }
        if let Some(difference) = self.hello.plan.difference(theirs.plan) {
            refuse(&mut visitor);
            return Err(self.other_plan_at(from, &visitor, difference));
        }
        if theirs.to != us {
            refuse(&mut visitor);
            let difference = PlanDifference::Order { ours: us, theirs: theirs.to };
            return Err(self.other_plan_at(from, &visitor, difference));
        }
        if from == us {
            refuse(&mut visitor);
            return Err(self.same_index(us, self.address(us), visitor.address.to_string()));
        }
        // Processes with a lower index are called, and do not call.
        let Some(partner) = self.partners.get_mut(from).filter(|_| from > us) else {
            return Ok(());
        };
        if let Some(first) = partner.other_that_lives(theirs.start) {
            refuse(&mut visitor);
            return Err(self.same_index(from, first, visitor.address.to_string()));
        }
        visitor.say(Hello { answer: Answer::Welcomes, ..answer });
        partner.set(theirs.channel, theirs.start, visitor.into_socket());
        Ok(())
    }

    /// A process that was called answers.
    fn answered(
        &mut self,
        visitor: Visitor,
        process: usize,
        channel: Channel,
        theirs: Hello,
    ) -> Result<(), ConnectError> {
        let again = self.clock.now() + REDIAL;
        if theirs.answer == Answer::Asks {
            self.partners[process].hear(Heard::Garbage("it asks, and does not answer".to_owned()));
            self.partners[process].call_again_on(channel, again);
            return Ok(());
        }
        if theirs.epoch != self.config.epoch {
            self.partners[process].call_again_on(channel, again);
            return self.other_epoch(process, &visitor, theirs.epoch);
        }
        if let Some(difference) = self.hello.plan.difference(theirs.plan) {
            return Err(self.other_plan(process, difference));
        }
        if theirs.from != process {
            let difference = PlanDifference::Order { ours: process, theirs: theirs.from };
            return Err(self.other_plan(process, difference));
        }
        if theirs.answer == Answer::Refuses {
            let us = self.config.process;
            let other = format!("an address that process {process} knows");
            return Err(self.same_index(us, self.address(us), other));
        }
        self.partners[process].set(channel, theirs.start, visitor.into_socket());
        Ok(())
    }

    /// Says that all pairs are there, hears who else says it, and notices who has gone.
    fn hear_partners(&mut self) -> Result<(), ConnectError> {
        let us = self.config.process;
        let mut others = (0..).zip(&self.partners).filter(|(index, _)| *index != us);
        let are_all_there = others.all(|(_, partner)| partner.is_there());
        if are_all_there {
            self.partners.iter_mut().for_each(|partner| partner.tell(READY));
        }
        let again = self.clock.now() + REDIAL;
        for process in 0..self.partners.len() {
            if self.partners[process].listen(READY) {
                continue;
            }
            // Its pulse connection has closed. A process that was told to go on may have done so.
            if self.partners.iter().any(|partner| partner.is_told) {
                return Err(ConnectError::Ended { process, address: self.address(process) });
            }
            let partner = &mut self.partners[process];
            *partner = Partner::default();
            partner.hear(Heard::Nothing("it has left the meeting".to_owned()));
            if process < us {
                partner.call_again(again);
            }
        }
        Ok(())
    }

    /// A process of another epoch has been heard. It is an error if this one is behind.
    fn other_epoch(
        &mut self,
        process: usize,
        visitor: &Visitor,
        theirs: u64,
    ) -> Result<(), ConnectError> {
        if theirs > self.config.epoch {
            let ours = self.config.epoch;
            let address = self.address_or(process, visitor);
            return Err(ConnectError::OtherEpoch { process, address, ours, theirs });
        }
        if let Some(partner) = self.partners.get_mut(process) {
            partner.hear(Heard::OtherEpoch(theirs));
        }
        Ok(())
    }

    /// The error when the time is over.
    fn too_late(&self) -> ConnectError {
        let absent = self.partners.iter().enumerate();
        let absent: Vec<_> = absent
            .filter(|(process, partner)| *process != self.config.process && !partner.is_ready())
            .map(|(process, partner)| (process, self.address(process), partner))
            .collect();
        for (process, address, partner) in &absent {
            let (process, address) = (*process, address.clone());
            match &partner.heard {
                _ if partner.is_there() => {}
                Heard::OtherEpoch(theirs) => {
                    let (ours, theirs) = (self.config.epoch, *theirs);
                    return ConnectError::OtherEpoch { process, address, ours, theirs };
                }
                Heard::Mute(heard) | Heard::Garbage(heard) => {
                    return ConnectError::NotACluster { process, address, heard: heard.clone() };
                }
                Heard::Nothing(_) => {}
            }
        }
        let missing = absent
            .iter()
            .map(|(process, address, partner)| partner.missing(*process, address.clone()));
        ConnectError::Missing { waited: self.config.connect_timeout, missing: missing.collect() }
    }

    fn other_plan(&self, process: usize, difference: PlanDifference) -> ConnectError {
        ConnectError::OtherPlan { process, address: self.address(process), difference }
    }

    fn other_plan_at(
        &self,
        process: usize,
        visitor: &Visitor,
        difference: PlanDifference,
    ) -> ConnectError {
        let address = self.address_or(process, visitor);
        ConnectError::OtherPlan { process, address, difference }
    }

    fn same_index(&self, process: usize, first: String, second: String) -> ConnectError {
        ConnectError::SameIndex { process, first, second }
    }

    fn address(&self, process: usize) -> String {
        self.config.addresses[process].clone()
    }

    /// The address of a process in the list, or the one from which it speaks.
    fn address_or(&self, process: usize, visitor: &Visitor) -> String {
        let listed = self.config.addresses.get(process).filter(|_| process != self.config.process);
        listed.cloned().unwrap_or_else(|| visitor.address.to_string())
    }
}

/// Listens at the address of this process.
fn bind(config: &ProcessConfig, clock: Clock) -> Result<TcpListener, ConnectError> {
    let (process, address) = (config.process, config.addresses[config.process].clone());
    let listener = loop {
        match TcpListener::bind(&address) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && clock.now() < BIND_PATIENCE => {
                crate::sync::park_for(REDIAL);
            }
            result => break result,
        }
    };
    let unblocked = listener.and_then(|listener: TcpListener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    unblocked.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable | ErrorKind::PermissionDenied => {
            ConnectError::Bind { process, address, error }
        }
        _ => ConnectError::Unresolvable { process, address, error },
    })
}

/// Reads what has come, up to `most` bytes. `None` if nothing has.
pub(super) fn read_some(
    socket: &mut TcpStream,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Option<io::Result<usize>> {
    let mut space = [0; 256];
    let room = most.min(space.len());
    match socket.read(&mut space[..room]) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            None
        }
        Ok(count) => {
            bytes.extend(&space[..count]);
            Some(Ok(count))
        }
        Err(error) => Some(Err(error)),
    }
}
