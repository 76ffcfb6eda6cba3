//! The thread that connects to the addresses of peers. Names take their time to be resolved, and
//! hosts that are down to be given up.

use std::io::{self, Error, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::connect_error::ConnectError;
use super::hello::Channel;
use crate::runtime::Clock;
use crate::sync::{Receiver, Sender, channel, spawn};

/// The most time for one connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// The other side of the thread. The thread ends when this is dropped, after the call that it
/// makes.
pub(super) struct Dialer {
    orders: Sender<(usize, Channel)>,
    dialed: Receiver<Dialed>,
}

/// A call that was made.
pub(super) struct Dialed {
    pub(super) process: usize,
    pub(super) channel: Channel,
    pub(super) result: io::Result<(TcpStream, SocketAddr)>,
}

impl Dialer {
    pub(super) fn start(addresses: &[String]) -> Result<Self, ConnectError> {
        let (orders, taken) = channel::<(usize, Channel)>();
        let (done, dialed) = channel();
        let addresses = addresses.to_vec();
        let body = move || {
            while let Some((process, channel)) = taken.recv() {
                let result = dial(&addresses[process]);
                if done.send(Dialed { process, channel, result }).is_err() {
                    return;
                }
            }
        };
        let thread = spawn("consistent-cut dialer".to_owned(), None, body);
        thread.map_err(|error| ConnectError::System { what: "a thread", error })?;
        Ok(Dialer { orders, dialed })
    }

    pub(super) fn dial(&self, process: usize, channel: Channel) {
        // The thread lives as long as this side.
        let _ = self.orders.send((process, channel));
    }

    /// Waits for a call to be made, for at most this time.
    pub(super) fn wait(&self, time: Duration) -> Option<Dialed> {
        Clock::deadline(time).and_then(|deadline| self.dialed.recv_until(deadline))
    }
}

/// Connects to an address. An error of kind `InvalidInput` will always be one.
fn dial(address: &str) -> io::Result<(TcpStream, SocketAddr)> {
    let mut last = Error::new(ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            // On one machine a connection to a free port may find itself.
            Ok(socket) if socket.local_addr().is_ok_and(|own| own == address) => {
                last = ErrorKind::ConnectionRefused.into();
            }
            Ok(socket) => return Ok((socket, address)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
