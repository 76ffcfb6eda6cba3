//! The ends of the connections: which peer has sent all that it will send, and to which peer all is
//! sent.

use std::sync::Arc;
use std::time::Duration;

use super::fate::Fate;
use crate::driver::{Loss, LostProcess};
use crate::runtime::Clock;
use crate::sync::{Condvar, Mutex, Thread};

/// The ends of the connections of a process, and its fate. The threads of the connections, of the
/// pulse and of the workers share it.
pub(super) struct Ends {
    pub(super) fate: Arc<Fate>,
    addresses: Vec<String>,
    epoch: u64,
    /// How long a process may be silent.
    pub(super) silence: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// By process. This process has neither to wait for itself nor to tell itself.
    peers: Vec<Peer>,
    /// Whether the workers need the connections no more, after a loss.
    is_abandoned: bool,
    /// The pulse's thread.
    pulse: Option<Thread>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Peer {
    /// The peer has said that it has sent everything.
    has_sent_all: bool,
    /// Everything for the peer is sent.
    all_sent: bool,
    /// The peer was told so.
    is_told: bool,
    /// Everything that the peer has sent is read.
    all_read: bool,
}

impl Peer {
    const DONE: Peer = Peer { has_sent_all: true, all_sent: true, is_told: true, all_read: true };
}

impl Ends {
    pub(super) fn new(
        addresses: &[String],
        process: usize,
        epoch: u64,
        silence: Duration,
    ) -> Arc<Self> {
        let mut peers = vec![Peer::default(); addresses.len()];
        peers[process] = Peer::DONE;
        let state = State { peers, is_abandoned: false, pulse: None };
        Arc::new(Ends {
            fate: Fate::new(),
            addresses: addresses.to_vec(),
            epoch,
            silence,
            state: Mutex::new(state),
            changed: Condvar::default(),
        })
    }

    /// Says that a process is lost.
    pub(super) fn lose(&self, process: usize, loss: Loss) -> bool {
        let address = self.addresses.get(process).map_or("", String::as_str);
        let is_first = self.fate.settle(LostProcess::new(process, address, self.epoch, loss));
        self.change(|_| {});
        is_first
    }

    /// The pulse's thread says that it is there.
    pub(super) fn set_pulse(&self, thread: Thread) {
        self.change(|state| state.pulse = Some(thread));
    }

    /// Everything for this peer is sent.
    pub(super) fn set_all_sent(&self, process: usize) {
        self.change(|state| state.peers[process].all_sent = true);
    }

    /// The peer was told that everything is sent.
    pub(super) fn set_told(&self, process: usize) {
        self.change(|state| state.peers[process].is_told = true);
    }

    /// The peer has said that it has sent everything.
    pub(super) fn set_has_sent_all(&self, process: usize) {
        self.change(|state| state.peers[process].has_sent_all = true);
    }

    /// Everything that this peer has sent is read.
    pub(super) fn set_all_read(&self, process: usize) {
        self.change(|state| state.peers[process].all_read = true);
    }

    /// Waits until everything from all peers is read. False if that takes too long: a peer has said
    /// that all is sent, and the network has lost its last bytes.
    pub(super) fn wait_until_read(&self) -> bool {
        self.wait(self.silence, |state| state.peers.iter().all(|peer| peer.all_read))
    }

    /// The workers need the connections no more.
    pub(super) fn abandon(&self) {
        self.change(|state| state.is_abandoned = true);
    }

    /// Whether the peer is to be told that everything is sent.
    pub(super) fn must_tell(&self, process: usize) -> bool {
        let peer = self.state.lock().peers[process];
        peer.all_sent && !peer.is_told
    }

    /// Whether the peer and this process need each other no more.
    pub(super) fn is_done_with(&self, process: usize) -> bool {
        let peer = self.state.lock().peers[process];
        peer.has_sent_all && peer.is_told
    }

    /// Whether everything is sent, to some peer at least.
    pub(super) fn is_ending(&self) -> bool {
        let state = self.state.lock();
        let is_near = |peer: &Peer| peer.has_sent_all || peer.all_sent;
        state.peers.iter().any(|peer| *peer != Peer::DONE && is_near(peer))
    }

    /// Whether no two processes need each other any more.
    pub(super) fn is_done(&self) -> bool {
        self.state.lock().peers.iter().all(|peer| peer.has_sent_all && peer.is_told)
    }

    /// Waits until the data of a peer whose connection has closed is known to be complete. False if
    /// a process is lost instead: the peer, if no other loss becomes known in time.
    pub(super) fn wait_whether_complete(&self, process: usize) -> bool {
        let is_known = |state: &State| state.peers[process].has_sent_all || self.is_lost();
        self.wait(self.silence, is_known);
        let is_complete = self.state.lock().peers[process].has_sent_all;
        if !is_complete && !self.is_lost() {
            self.lose(process, Loss::Closed);
        }
        is_complete
    }

    /// Waits for the loss that has closed the connection to a peer. It is the peer, if no other
    /// loss becomes known in time.
    pub(super) fn wait_for_loss(&self, process: usize) {
        self.nudge();
        self.wait(self.silence, |_| self.is_lost());
        if !self.is_lost() {
            self.lose(process, Loss::Closed);
        }
    }

    /// After a loss, waits until the workers need the connections no more.
    pub(super) fn wait_until_abandoned(&self) {
        while !self.wait(self.silence, |state| state.is_abandoned) {}
    }

    /// Waits until no two processes need each other any more, or one is lost. False in this case.
    pub(super) fn wait_until_done(&self) -> bool {
        let is_done =
            |state: &State| state.peers.iter().all(|peer| peer.has_sent_all && peer.is_told);
        self.wait(Duration::MAX, |state| is_done(state) || self.is_lost());
        is_done(&self.state.lock())
    }

    fn is_lost(&self) -> bool {
        self.fate.lost().is_some()
    }

    /// Wakes the pulse, which looks at every change.
    pub(super) fn nudge(&self) {
        if let Some(pulse) = &self.state.lock().pulse {
            pulse.unpark();
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        if let Some(pulse) = &state.pulse {
            pulse.unpark();
        }
        self.changed.notify_all();
    }

    /// Waits until `is_over`. False if the time passes first.
    fn wait(&self, time: Duration, is_over: impl Fn(&State) -> bool) -> bool {
        let deadline = Clock::deadline(time);
        let mut state = self.state.lock();
        while !is_over(&state) {
            match deadline {
                None => self.changed.wait(&mut state),
                Some(deadline) if self.changed.wait_until(&mut state, deadline) => {
                    return is_over(&state);
                }
                Some(_) => {}
            }
        }
        true
    }
}
