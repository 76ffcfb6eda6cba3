//! The pulse: a thread that tells each peer that this process is there, and notices who is not.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::beat::Beat;
use super::ends::Ends;
use super::meeting::read_some;
use crate::driver::Loss;
use crate::runtime::Clock;
use crate::sync::{current, park_for};

/// How often in the longest silence a process says that it is there.
const BEATS: u32 = 10;

/// The most time between two looks, and the time when the end is near.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_AT_END: Duration = Duration::from_millis(1);

/// How long the last words may take, after a loss.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The pulse connections of a process.
pub(super) struct Pulse {
    ends: Arc<Ends>,
    clock: Clock,
    peers: Vec<Peer>,
}

/// The pulse connection to a peer.
struct Peer {
    process: usize,
    socket: TcpStream,
    /// Bytes that the connection has not taken yet, and that have come.
    outbox: Vec<u8>,
    inbox: Vec<u8>,
    /// When it was last heard, and last told that this process is there.
    heard: Duration,
    told: Duration,
    is_closed: bool,
}

impl Pulse {
    /// The sockets must not block.
    pub(super) fn new(ends: Arc<Ends>, sockets: Vec<(usize, TcpStream)>) -> Self {
        let peer = |(process, socket)| Peer {
            process,
            socket,
            outbox: Vec::new(),
            inbox: Vec::new(),
            heard: Duration::ZERO,
            told: Duration::ZERO,
            is_closed: false,
        };
        Pulse { ends, clock: Clock::start(), peers: sockets.into_iter().map(peer).collect() }
    }

    /// Beats until a process is lost, or until no two processes need each other any more.
    pub(super) fn run(mut self) {
        self.ends.set_pulse(current());
        let period = self.ends.silence / BEATS;
        while self.ends.fate.lost().is_none() && !self.ends.is_done() {
            let mut is_near_end = false;
            for at in 0..self.peers.len() {
                self.hear(at);
                is_near_end |= self.speak(at, period);
            }
            park_for(if is_near_end { LOOK_AT_END } else { LOOK.min(period / 2) });
        }
        self.finish();
    }

    /// Hears a peer, and notices if it is gone.
    fn hear(&mut self, at: usize) {
        let peer = &mut self.peers[at];
        let (process, now) = (peer.process, self.clock.now());
        let beats = peer.listen(now);
        for beat in beats {
            match beat {
                Beat::Alive => {}
                Beat::SentAll => self.ends.set_has_sent_all(process),
                Beat::Lost(lost, loss) => {
                    self.ends.lose(lost, loss);
                }
            }
        }
        let silence = now.saturating_sub(peer.heard);
        if self.ends.is_done_with(process) {
            return;
        }
        if peer.is_closed {
            self.ends.lose(process, Loss::Closed);
        } else if silence > self.ends.silence {
            self.ends.lose(process, Loss::Silent(silence));
        }
    }

    /// Says what is to be said to a peer. Returns whether the connection will soon be done with.
    fn speak(&mut self, at: usize, period: Duration) -> bool {
        let peer = &mut self.peers[at];
        let now = self.clock.now();
        if self.ends.must_tell(peer.process) {
            Beat::SentAll.write(&mut peer.outbox);
            peer.flush();
            if peer.outbox.is_empty() {
                self.ends.set_told(peer.process);
            } else {
                peer.outbox.pop();
            }
            return true;
        }
        if now >= peer.told + period && peer.outbox.is_empty() {
            peer.told = now;
            Beat::Alive.write(&mut peer.outbox);
        }
        peer.flush();
        self.ends.is_ending()
    }

    /// Says the last words, and waits a while until the peers have heard them: a connection that is
    /// closed while something has come on it may lose what it has sent.
    fn finish(mut self) {
        let mut patience = self.ends.silence;
        if let Some(lost) = self.ends.fate.lost() {
            let word = Beat::Lost(lost.process, lost.loss.clone());
            for peer in &mut self.peers {
                word.write(&mut peer.outbox);
                peer.flush();
            }
            patience = LAST_WORDS;
        }
        for peer in &mut self.peers {
            // A connection that is closed already needs no end.
            let _ = peer.socket.shutdown(Shutdown::Write);
        }
        let until = self.clock.now() + patience;
        while self.clock.now() < until && self.peers.iter().any(|peer| !peer.is_closed) {
            let now = self.clock.now();
            self.peers.iter_mut().for_each(|peer| drop(peer.listen(now)));
            park_for(LOOK_AT_END);
        }
    }
}

impl Peer {
    /// Hears what has come.
    fn listen(&mut self, now: Duration) -> Vec<Beat> {
        let mut beats = Vec::new();
        while !self.is_closed {
            match read_some(&mut self.socket, &mut self.inbox, usize::MAX) {
                None => break,
                Some(Ok(0) | Err(_)) => self.is_closed = true,
                Some(Ok(_)) => self.heard = now,
            }
            loop {
                match Beat::take(&mut self.inbox) {
                    Ok(Some(beat)) => beats.push(beat),
                    Ok(None) => break,
                    Err(_) => {
                        self.is_closed = true;
                        break;
                    }
                }
            }
        }
        beats
    }

    /// Sends what the connection takes.
    fn flush(&mut self) {
        while !self.outbox.is_empty() {
            match self.socket.write(&self.outbox) {
                Ok(0) => return,
                Ok(count) => drop(self.outbox.drain(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A peer that does not read is silent too; one that is gone is noticed as we read.
                Err(_) => return,
            }
        }
    }
}
