//! A peer in the meeting: its connections so far, and what was heard of it.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::connect_error::MissingProcess;
use super::hello::Channel;
use super::meeting::read_some;
use super::visitor::Said;

/// The connections to a peer.
pub(super) struct Pair {
    pub(super) data: TcpStream,
    pub(super) pulse: TcpStream,
}

/// A peer in the meeting.
#[derive(Default)]
pub(super) struct Partner {
    data: Option<TcpStream>,
    pulse: Option<TcpStream>,
    /// Distinguishes this process from another that says the same of itself.
    start: u64,
    /// Whether it has all its pairs.
    has_all: bool,
    /// Whether it was told that this process has all its pairs.
    pub(super) is_told: bool,
    /// When to call it.
    call_data: Option<Duration>,
    call_pulse: Option<Duration>,
    /// What was last heard of it.
    pub(super) heard: Heard,
}

/// What was heard of a peer that is not there.
pub(super) enum Heard {
    /// It was not reached, and why.
    Nothing(String),
    /// It takes connections, and says nothing.
    Mute(String),
    /// Something else is at its address.
    Garbage(String),
    /// It is in another epoch.
    OtherEpoch(u64),
}

impl Default for Heard {
    fn default() -> Self {
        Heard::Nothing("it has not connected".to_owned())
    }
}

impl Heard {
    pub(super) fn of(said: &Said, patience: Duration) -> Self {
        match said {
            Said::Closed => Heard::Mute("it closes the connection without an answer".to_owned()),
            Said::Nothing => Heard::Mute(format!("it says nothing for {patience:?}")),
            _ => Heard::Garbage("it speaks another protocol".to_owned()),
        }
    }

    /// How much can be learnt from it.
    fn rank(&self) -> u8 {
        match self {
            Heard::Nothing(_) => 0,
            Heard::Mute(_) => 1,
            Heard::Garbage(_) => 2,
            Heard::OtherEpoch(_) => 3,
        }
    }
}

impl Partner {
    /// Notes what was heard. A peer that is silent now may have said more before.
    pub(super) fn hear(&mut self, heard: Heard) {
        if heard.rank() >= self.heard.rank() {
            self.heard = heard;
        }
    }

    pub(super) fn call_again(&mut self, at: Duration) {
        (self.call_data, self.call_pulse) = (Some(at), Some(at));
    }

    pub(super) fn call_again_on(&mut self, channel: Channel, at: Duration) {
        match channel {
            Channel::Data => self.call_data = Some(at),
            Channel::Pulse => self.call_pulse = Some(at),
        }
    }

    /// The connections for which to call it now.
    pub(super) fn take_calls(&mut self, now: Duration) -> impl Iterator<Item = Channel> + use<> {
        let data = self.call_data.take_if(|at| *at <= now).map(|_| Channel::Data);
        let pulse = self.call_pulse.take_if(|at| *at <= now).map(|_| Channel::Pulse);
        data.into_iter().chain(pulse)
    }

    /// The address of another process with this index that is still there.
    pub(super) fn other_that_lives(&self, start: u64) -> Option<String> {
        let mut sockets = [&self.data, &self.pulse].into_iter().flatten();
        let is_other = start != self.start;
        let living = sockets.find(|socket| is_open(socket)).filter(|_| is_other);
        living.and_then(|socket| socket.peer_addr().ok()).map(|address| address.to_string())
    }

    /// A greeting was exchanged on this connection. A new pulse connection, or another process,
    /// makes this side forget what was said on the old one. A data connection does not: it may be
    /// heard after what the peer has said since.
    pub(super) fn set(&mut self, channel: Channel, start: u64, socket: TcpStream) {
        let is_other = start != self.start;
        if is_other {
            (self.start, self.data, self.pulse) = (start, None, None);
        }
        if is_other || channel == Channel::Pulse {
            (self.has_all, self.is_told) = (false, false);
        }
        match channel {
            Channel::Data => self.data = Some(socket),
            Channel::Pulse => self.pulse = Some(socket),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.data.is_some() && self.pulse.is_some()
    }

    /// Whether it is there, and has all its pairs.
    pub(super) fn is_ready(&self) -> bool {
        self.is_there() && self.has_all
    }

    /// Says a byte on the pulse connection, once.
    pub(super) fn tell(&mut self, byte: u8) {
        if let Some(pulse) = self.pulse.as_mut().filter(|_| !self.is_told) {
            self.is_told = true;
            // A connection that takes no byte closes, and that is noticed.
            let _ = pulse.write_all(&[byte]);
        }
    }

    /// Hears whether it says this byte on the pulse connection, and reads nothing after it. False
    /// if the connection has closed.
    pub(super) fn listen(&mut self, byte: u8) -> bool {
        let Some(pulse) = &mut self.pulse else { return true };
        if self.has_all {
            return is_open(pulse);
        }
        let mut bytes = Vec::new();
        match read_some(pulse, &mut bytes, 1) {
            None => true,
            Some(Ok(1)) if bytes == [byte] => {
                self.has_all = true;
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn into_pair(self) -> Option<Pair> {
        Some(Pair { data: self.data?, pulse: self.pulse? })
    }

    pub(super) fn missing(&self, process: usize, address: String) -> MissingProcess {
        let heard = match &self.heard {
            _ if self.is_there() => "it is there, and waits for others itself".to_owned(),
            Heard::Nothing(why) => why.clone(),
            Heard::Mute(what) | Heard::Garbage(what) => what.clone(),
            Heard::OtherEpoch(epoch) => format!("it is in epoch {epoch}"),
        };
        MissingProcess { process, address, heard }
    }
}

/// Whether a connection has not closed, as far as is known.
fn is_open(socket: &TcpStream) -> bool {
    match socket.peek(&mut [0]) {
        Ok(count) => count > 0,
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    const READY: u8 = b'R';

    /// Both ends of a connection.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let called = TcpStream::connect(address).expect("it listens");
        (called, listener.accept().expect("it is called").0)
    }

    #[test]
    fn a_peer_that_is_ready_before_its_data_connection_is_heard_stays_ready() {
        let mut partner = Partner::default();
        let (ours, mut theirs) = connection();
        partner.set(Channel::Pulse, 7, ours);
        theirs.write_all(&[READY]).expect("it is open");
        assert!(partner.listen(READY));
        assert!(!partner.is_ready());
        partner.set(Channel::Data, 7, connection().0);
        assert!(partner.is_ready());
        partner.set(Channel::Pulse, 7, connection().0);
        assert!(!partner.is_ready(), "it has said nothing on this connection");
    }

    #[test]
    fn a_peer_is_told_once_on_each_pulse_connection() {
        let mut partner = Partner::default();
        let mut told = Vec::new();
        for start in [7, 7, 8] {
            let (ours, mut theirs) = connection();
            partner.set(Channel::Pulse, start, ours);
            for _ in 0..2 {
                partner.set(Channel::Data, start, connection().0);
                partner.tell(READY);
            }
            // Another pulse connection closes this one.
            partner.set(Channel::Pulse, start, connection().0);
            theirs.read_to_end(&mut told).expect("it is open");
        }
        assert_eq!(told, [READY; 3]);
    }

    #[test]
    fn what_another_process_with_this_index_has_said_is_forgotten() {
        let mut partner = Partner::default();
        let (ours, mut theirs) = connection();
        partner.set(Channel::Pulse, 7, ours);
        partner.set(Channel::Data, 7, connection().0);
        theirs.write_all(&[READY]).expect("it is open");
        assert!(partner.listen(READY) && partner.is_ready());
        partner.set(Channel::Data, 8, connection().0);
        assert!(!partner.is_there() && !partner.is_ready());
    }
}
