//! How often a form is sent: few times by one address, not too often by all together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// What is counted together, in milliseconds.
const WINDOW: i64 = 600_000;
/// Of one address to one form.
const BY_ADDRESS: u32 = 5;
/// To one form, by all.
const BY_FORM: u32 = 120;
/// Counters kept; more than that is a flood from everywhere, which the form's own limit meets.
const MOST: usize = 20_000;

/// Counters of this process.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    counters: Mutex<HashMap<String, (i64, u32)>>,
}

impl Limits {
    /// Counts one sending; `false` when it is too many. `now` in milliseconds.
    pub fn allow(&self, form: &str, address: Option<IpAddr>, now: i64) -> bool {
        let mut counters = self
            .counters
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if counters.len() >= MOST {
            counters.retain(|_, (begun, _)| now - *begun < WINDOW);
        }
        let is_full = counters.len() >= MOST;
        let mut count = |key: String, most: u32| {
            if is_full && !counters.contains_key(&key) {
                return true;
            }
            let counter = counters.entry(key).or_insert((now, 0));
            if now - counter.0 >= WINDOW {
                *counter = (now, 0);
            }
            counter.1 = counter.1.saturating_add(1);
            counter.1 <= most
        };
        // Who is stopped at their own limit does not use up everybody's.
        count(format!("{form} {}", neighbourhood(address)), BY_ADDRESS) && count(form.to_owned(), BY_FORM)
    }
}

/// One subscriber has a whole /64 of IPv6.
fn neighbourhood(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".into(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(inner) => inner.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_one_and_a_hundred_and_twenty_of_all() {
        let limits = Limits::default();
        let address = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        let sent: Vec<bool> = (0..7).map(|_| limits.allow("f", address(1), 0)).collect();
        assert_eq!(sent, [true, true, true, true, true, false, false]);
        // Another form, and another time, count anew.
        assert!(limits.allow("g", address(1), 0));
        assert!(limits.allow("f", address(1), WINDOW));
        // 120 by all: one is there already in this window.
        let others = (2..200)
            .filter(|n| limits.allow("f", address(*n), WINDOW))
            .count();
        assert_eq!(others, 119);
        assert!(limits.allow("f", address(3), 2 * WINDOW));
        let six: Vec<IpAddr> = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
            .iter()
            .map(|a| a.parse().unwrap())
            .collect();
        assert_eq!(neighbourhood(Some(six[0])), neighbourhood(Some(six[1])));
        assert_ne!(neighbourhood(Some(six[0])), neighbourhood(Some(six[2])));
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let limits = Limits::default();
        for n in 0..30_000_u32 {
            limits.allow(
                &format!("form {}", n % 400),
                Some(IpAddr::from(n.to_be_bytes())),
                0,
            );
        }
        assert!(limits.counters.lock().unwrap().len() <= MOST + 1);
    }
}
