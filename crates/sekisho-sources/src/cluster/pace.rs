//! How fast an API server is asked, and for how long it is left alone when it says that it is busy.

use std::time::{Duration, Instant};

/// How often a request is tried.
pub(super) const TRIES: u32 = 5;
/// The longest that a server is waited for at once: it may ask for any time.
const LONGEST: Duration = Duration::from_secs(30);

/// Spreads requests evenly: no burst, whatever the cluster's size.
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// At most `qps` requests a second; one in twenty seconds at the least.
    pub(super) fn new(qps: f64) -> Self {
        let gap = Duration::try_from_secs_f64(1.0 / qps.max(0.05)).unwrap_or(Duration::ZERO);
        Self { gap, next: None }
    }

    /// How long to wait before a request at `now`; the request then counts as made.
    pub(super) fn wait(&mut self, now: Instant) -> Duration {
        let at = self.next.map_or(now, |next| next.max(now));
        self.next = Some(at + self.gap);
        at - now
    }
}

/// How long to wait before the try behind `tried`: what the server asks for in seconds, or twice as
/// long each time.
pub(super) fn back_off(tried: u32, asked: Option<u64>) -> Duration {
    let own = Duration::from_millis(500) * 2_u32.pow(tried.min(8));
    asked.map_or(own, Duration::from_secs).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spread_and_a_pause_earns_no_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(4.0);
        let ms = Duration::from_millis;
        assert_eq!(pace.wait(start), ms(0));
        assert_eq!(pace.wait(start), ms(250));
        assert_eq!(pace.wait(start + ms(300)), ms(200));
        let later = start + Duration::from_secs(60);
        assert_eq!(pace.wait(later), ms(0));
        assert_eq!(pace.wait(later), ms(250));
    }

    #[test]
    fn a_busy_server_is_left_alone() {
        assert_eq!(back_off(0, None), Duration::from_millis(500));
        assert_eq!(back_off(3, None), Duration::from_secs(4));
        assert_eq!(back_off(0, Some(7)), Duration::from_secs(7));
        assert_eq!(back_off(0, Some(86_400)), LONGEST);
        assert_eq!(back_off(u32::MAX, None), LONGEST);
    }
}
