//! A connection whose other end has not said yet what it is.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::hello::{Channel, Hello, LENGTH, NoHello};
use super::meeting::read_some;

/// A connection whose other end has not greeted yet.
pub(super) struct Visitor {
    socket: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) from: From,
    /// Since when it is there.
    pub(super) since: Duration,
    bytes: Vec<u8>,
}

/// Which end began a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Outside,
    /// This process has called a peer.
    Called {
        process: usize,
        channel: Channel,
    },
}

/// The words of a visitor so far.
pub(super) enum Said {
    /// Nothing, or the beginning of a greeting.
    Nothing,
    Hello(Hello),
    Version(u16),
    Garbage,
    /// It has closed the connection.
    Closed,
}

impl Visitor {
    pub(super) fn new(
        socket: TcpStream,
        address: SocketAddr,
        from: From,
        since: Duration,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Visitor { socket, address, from, since, bytes: Vec::new() })
    }

    /// Hears what has come. It reads no byte after the greeting.
    pub(super) fn listen(&mut self) -> Said {
        loop {
            match Hello::read(&self.bytes) {
                Err(NoHello::Garbage) => return Said::Garbage,
                Err(NoHello::Version(theirs)) => return Said::Version(theirs),
                Ok(Some(hello)) => return Said::Hello(hello),
                Ok(None) => {}
            }
            let missing = LENGTH - self.bytes.len();
            match read_some(&mut self.socket, &mut self.bytes, missing) {
                None => return Said::Nothing,
                Some(Ok(0) | Err(_)) => return Said::Closed,
                Some(Ok(_)) => {}
            }
        }
    }

    /// Answers. A peer that does not get the answer asks again.
    pub(super) fn say(&mut self, hello: Hello) {
        let _ = self.socket.write_all(&hello.to_bytes());
    }

    pub(super) fn into_socket(self) -> TcpStream {
        self.socket
    }
}
