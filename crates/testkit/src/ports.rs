//! Ports for the servers of a test.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{TcpListener, UdpSocket};

/// Ports that no connection is given by itself: below those that Linux (32768) and the others (49152) take.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port that is free, and stays with whoever has the answer: who else comes looking for one, in this process or
/// another, finds the same number taken as a port of UDP, which nobody speaks here. Asking the system for a free port and letting go of it
/// again would give it to others before the server has it.
pub(crate) fn reserve() -> io::Result<(u16, UdpSocket)> {
    let count = u64::from(PORTS.end - PORTS.start);
    // Others begin elsewhere.
    let mut seed = RandomState::new().build_hasher().finish();
    for _ in 0..1_000 {
        seed = seed.wrapping_add(1);
        let port = PORTS.start + u16::try_from(seed % count).map_err(io::Error::other)?;
        let Ok(mark) = UdpSocket::bind(("127.0.0.1", port)) else {
            continue;
        };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok((port, mark));
        }
    }
    Err(io::Error::other("no port is free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tests that began at one moment once had one port: the mail of one went to the mailbox server of the other.
    #[test]
    fn a_reserved_port_is_nobody_elses() {
        let mut all: Vec<(u16, UdpSocket)> = std::thread::scope(|scope| {
            let many = || (0..50).map(|_| reserve().unwrap()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(many)).collect();
            threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
        });
        all.sort_by_key(|(port, _)| *port);
        assert!(all.windows(2).all(|two| two[0].0 < two[1].0));
        for (port, _) in &all {
            assert!(PORTS.contains(port));
            assert!(UdpSocket::bind(("127.0.0.1", *port)).is_err(), "{port}");
            assert!(TcpListener::bind(("127.0.0.1", *port)).is_ok(), "{port}");
        }
    }
}
