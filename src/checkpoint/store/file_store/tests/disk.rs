//! A disk in memory that fails, and that loses unsynced writes in a crash.

use std::fmt;
use std::io;
use std::sync::Arc;

use redb::StorageBackend;

use crate::chance::Chance;
use crate::sync::Mutex;

/// The smallest unit that a crash leaves whole.
const SECTOR: usize = 512;

/// A disk. Clones are the same disk.
#[derive(Clone)]
pub(super) struct Disk(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    /// The bytes that a crash keeps.
    durable: Vec<u8>,
    /// The bytes that a read returns.
    current: Vec<u8>,
    /// The changes since the last sync, which a crash may lose.
    unsynced: Vec<Change>,
    calls: u64,
    /// The numbers of the calls that fail, and how.
    fault: Option<(u64, Fault)>,
    is_off: bool,
}

enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// This call fails and does nothing. The next one succeeds.
    Once,
    /// This call and all later ones fail until the disk is mended.
    Full,
    /// A write does half its work and fails. Another call fails and does nothing.
    Short,
    /// A sync fails, and the changes before it are never durable (as Linux drops pages that could
    /// not be written). Another call succeeds.
    LostSync,
    /// The machine stops before the call.
    Crash,
}

impl Disk {
    pub(super) fn new() -> Self {
        Disk::holding(Vec::new())
    }

    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        let contents = Contents { current: bytes.clone(), durable: bytes, ..Contents::default() };
        Disk(Arc::new(Mutex::new(contents)))
    }

    /// Sets which call from now on fails, counted from 0.
    pub(super) fn fail(&self, call: u64, fault: Fault) {
        let mut contents = self.0.lock();
        contents.fault = Some((contents.calls + call, fault));
    }

    /// No further call fails. Returns whether a call has failed since [`fail`](Self::fail).
    pub(super) fn mend(&self) -> bool {
        let mut contents = self.0.lock();
        let fault = contents.fault.take();
        fault.is_some_and(|(call, _)| contents.calls > call)
    }

    pub(super) fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// The bytes after the machine has stopped: those that were synced, and some of the later
    /// changes, each whole or in part.
    pub(super) fn after_crash(&self, chance: &mut Chance) -> Vec<u8> {
        let mut contents = self.0.lock();
        contents.is_off = true;
        let mut bytes = contents.durable.clone();
        for change in &contents.unsynced {
            match change {
                _ if chance.below(3) == 0 => {}
                Change::Length(length) => bytes.resize(*length, 0),
                Change::Write(offset, data) => {
                    let sectors = data.len().div_ceil(SECTOR);
                    let whole = chance.below(2) == 0;
                    for sector in 0..sectors {
                        let (from, to) = (sector * SECTOR, ((sector + 1) * SECTOR).min(data.len()));
                        let end = offset + to;
                        if (whole || chance.below(2) == 0) && end <= bytes.len() {
                            bytes[offset + from..end].copy_from_slice(&data[from..to]);
                        }
                    }
                }
            }
        }
        bytes
    }

    /// The bytes after the program alone has stopped: all that reached the disk.
    pub(super) fn after_kill(&self) -> Vec<u8> {
        let mut contents = self.0.lock();
        contents.is_off = true;
        contents.current.clone()
    }
}

impl Contents {
    /// Counts a call, and says how it fails.
    fn call(&mut self, is_sync: bool) -> io::Result<Option<Fault>> {
        if self.is_off {
            return Err(io::Error::other("the machine has stopped"));
        }
        let call = self.calls;
        self.calls += 1;
        let Some((at, fault)) = self.fault else { return Ok(None) };
        let hits = call == at || fault == Fault::Full && call > at;
        match fault {
            _ if !hits => Ok(None),
            Fault::Crash => {
                self.is_off = true;
                Err(io::Error::other("the machine stops"))
            }
            Fault::LostSync if is_sync => {
                self.unsynced.clear();
                Err(io::Error::other("the sync has failed"))
            }
            Fault::LostSync => Ok(None),
            Fault::Short => Ok(Some(fault)),
            Fault::Once | Fault::Full => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn put(&mut self, offset: usize, data: &[u8]) {
        let end = (offset + data.len()).max(self.current.len());
        self.current.resize(end, 0);
        self.current[offset..offset + data.len()].copy_from_slice(data);
        self.unsynced.push(Change::Write(offset, data.to_vec()));
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut contents = self.0.lock();
        if contents.call(false)?.is_some() {
            return Err(io::Error::other("the read has failed"));
        }
        let from = contents.current.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut contents = self.0.lock();
        if contents.call(false)?.is_some() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        contents.current.resize(length as usize, 0);
        contents.unsynced.push(Change::Length(length as usize));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut contents = self.0.lock();
        if contents.call(true)?.is_some() {
            return Err(io::Error::other("the sync has failed"));
        }
        for change in std::mem::take(&mut contents.unsynced) {
            match change {
                Change::Length(length) => contents.durable.resize(length, 0),
                Change::Write(offset, data) => {
                    let end = (offset + data.len()).max(contents.durable.len());
                    contents.durable.resize(end, 0);
                    contents.durable[offset..offset + data.len()].copy_from_slice(&data);
                }
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut contents = self.0.lock();
        if contents.call(false)?.is_some() {
            contents.put(offset as usize, &data[..data.len() / 2]);
            return Err(io::ErrorKind::StorageFull.into());
        }
        contents.put(offset as usize, data);
        Ok(())
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}
