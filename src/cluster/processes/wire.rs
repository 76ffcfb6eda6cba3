//! The data connection to a peer, as timely reads and writes it.
//!
//! timely takes every error of a connection for a bug, and its threads panic. So an error waits
//! here until the pulse has said how the peer ended. After a loss, bytes that are written are
//! dropped, and a thread that reads ends when no worker needs it any more. It ends by an unwinding
//! of which no panic hook hears: the loss has been told in other ways.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;

use timely::communication::allocator::zero_copy::stream::Stream;

use super::ends::Ends;

pub(super) struct Wire {
    socket: TcpStream,
    peer: usize,
    ends: Arc<Ends>,
}

impl Wire {
    pub(super) fn new(socket: TcpStream, peer: usize, ends: Arc<Ends>) -> Self {
        Wire { socket, peer, ends }
    }

    /// The connection gives nothing more. Returns whether all has come.
    fn is_complete(&self) -> bool {
        self.ends.nudge();
        self.ends.wait_whether_complete(self.peer)
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.socket.read(bytes) {
                Ok(0) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
                read => return read,
            }
        }
        // If so, the end is in order whatever is lost later.
        if self.is_complete() {
            self.ends.set_all_read(self.peer);
            return Ok(0);
        }
        self.ends.wait_until_abandoned();
        resume_unwind(Box::new("a process of the cluster is lost"));
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.ends.fate.lost().is_some() {
            return Ok(bytes.len());
        }
        match self.socket.write(bytes) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                // Its data may have come, but it must not have gone before ours was sent.
                self.ends.wait_for_loss(self.peer);
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Wire {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Wire::new(self.socket.try_clone()?, self.peer, Arc::clone(&self.ends)))
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.socket.set_nonblocking(nonblocking)
    }

    /// timely shuts the writing half down when everything is sent.
    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if self.ends.fate.lost().is_none() {
            match self.socket.shutdown(how) {
                Ok(()) => self.ends.set_all_sent(self.peer),
                Err(_) => self.ends.wait_for_loss(self.peer),
            }
        }
        Ok(())
    }
}
