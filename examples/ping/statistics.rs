//! What ping counts, and how it says so: in the words of iputils.

use std::fmt;
use std::time::Duration;

#[derive(Default)]
pub struct Statistics {
    pub transmitted: u32,
    pub received: u32,
    pub duplicates: u32,
    pub corrupted: u32,
    pub errors: u32,
    /// Answers whose time of sending is this program's.
    pub by_user_clock: u32,
    /// From the first request to the end.
    pub took: Duration,
    round_trips: u32,
    min: f64,
    max: f64,
    sum: f64,
    sum_of_squares: f64,
}

impl Statistics {
    /// A round trip, in milliseconds. Those of duplicates count as well.
    pub fn add(&mut self, millis: f64) {
        self.min = if self.round_trips == 0 { millis } else { self.min.min(millis) };
        self.max = self.max.max(millis);
        self.sum += millis;
        self.sum_of_squares += millis * millis;
        self.round_trips += 1;
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets transmitted, {} received", self.transmitted, self.received)?;
        for (count, what) in
            [(self.duplicates, "duplicates"), (self.corrupted, "corrupted"), (self.errors, "errors")]
        {
            if count > 0 {
                write!(f, ", +{count} {what}")?;
            }
        }
        let lost = f64::from(self.transmitted - self.received) * 100.0 / f64::from(self.transmitted.max(1));
        write!(f, ", {}% packet loss", (lost * 10_000.0).round() / 10_000.0)?;
        write!(f, ", time {}ms", self.took.as_millis())?;
        if self.round_trips > 0 {
            let count = f64::from(self.round_trips);
            let average = self.sum / count;
            // Rounding can bring it below 0.
            let mdev = (self.sum_of_squares / count - average * average).max(0.0).sqrt();
            write!(f, "\nrtt min/avg/max/mdev = {:.3}/{average:.3}/{:.3}/{mdev:.3} ms", self.min, self.max)?;
        }
        if self.by_user_clock > 0 {
            write!(f, "\nof {} the time of sending is this program's, not the kernel's", self.by_user_clock)?;
        }
        Ok(())
    }
}
