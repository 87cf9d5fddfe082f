//! The probes of one hop, and the line that they become.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use sockets::NameInfoFlags;

pub struct Answer {
    pub who: SocketAddr,
    pub millis: f64,
    pub flag: String,
}

pub struct Probe {
    /// When it was sent, since 1970.
    pub sent: Duration,
    pub answer: Option<Answer>,
    /// It has to be sent again: it was too long.
    pub is_due: bool,
    /// How often it was sent.
    pub tries: u32,
}

pub struct Hop<'a> {
    pub ttl: u8,
    pub probes: &'a [Probe],
    pub shows_names: bool,
}

impl fmt::Display for Hop<'_> {
    /// A host is named when it is not the one before.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2} ", self.ttl)?;
        let mut last = None;
        for probe in self.probes {
            let Some(answer) = &probe.answer else {
                write!(f, " *")?;
                continue;
            };
            if last != Some(answer.who.ip()) {
                write!(f, " {}", self.name(answer.who))?;
                last = Some(answer.who.ip());
            }
            write!(f, "  {:.3} ms", answer.millis)?;
            if !answer.flag.is_empty() {
                write!(f, " {}", answer.flag)?;
            }
        }
        Ok(())
    }
}

impl Hop<'_> {
    fn name(&self, who: SocketAddr) -> String {
        let flags = if self.shows_names { NameInfoFlags::empty() } else { NameInfoFlags::NI_NUMERICHOST };
        let number = match sockets::getnameinfo(who, NameInfoFlags::NI_NUMERICHOST) {
            Ok(info) => info.host().into_owned(),
            Err(_) => who.ip().to_string(),
        };
        match sockets::getnameinfo(who, flags) {
            Ok(info) if info.host() != number => format!("{} ({number})", info.host()),
            _ => number,
        }
    }
}
