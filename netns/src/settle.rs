//! Waiting until a link does what was asked of it: the kernel finishes some of it in work queues.
//!
//! Four things are late. The queue of a link whose carrier has come: until then it drops what is sent.
//! Its operational state: until then IPv6 does not use it. The multicast group of a new IPv6 address: until then
//! nobody finds it. And the route to it that ends here: until then packets that have come are not taken for this
//! machine's. Each loses the first packet, which is sent again after a second or never.
//! There is no event to wait for that could not have passed already, so ask until the answer is yes.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::link::State;
use crate::sysctl;

/// How long the kernel may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until packets pass through a link that has a carrier.
pub(crate) fn settle(name: &str) -> io::Result<()> {
    wait_until(|| {
        let state = State::of(name)?;
        if state.is_loopback {
            return has_local_routes(name);
        }
        Ok(!state.has_carrier || state.may_send && has_working_addresses(name)? && has_local_routes(name)?)
    })
}

/// Waits until packets pass through a new veth link, whose other end is up too.
pub(crate) fn settle_veth(name: &str) -> io::Result<()> {
    wait_until(|| {
        let state = State::of(name)?;
        Ok(state.is_up && state.may_send && has_link_local(name)? && has_working_addresses(name)?)
    })
}

fn wait_until(mut done: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !done()? {
        if Instant::now() > deadline {
            return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Whether the link has the IPv6 address that the kernel gives it, if it gives any.
fn has_link_local(name: &str) -> io::Result<bool> {
    let wanted = ["disable_ipv6", "addr_gen_mode"]
        .iter()
        .all(|knob| sysctl(&format!("net/ipv6/conf/{name}/{knob}")).is_ok_and(|value| value == "0"));
    Ok(!wanted || addresses(name)?.iter().any(|address| address.hex.starts_with("fe80")))
}

/// Whether every IPv6 address of the link can be used and found.
fn has_working_addresses(name: &str) -> io::Result<bool> {
    // Index, name, group, users, flags, timer.
    let groups = table("igmp6")?;
    let joined = |group: &str| {
        groups.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next() == Some(name) && fields.next() == Some(group)
        })
    };
    let tentative = libc::IFA_F_TENTATIVE;
    let refused = libc::IFA_F_DADFAILED;
    Ok(addresses(name)?.iter().all(|address| {
        address.flags & refused != 0
            || address.flags & tentative == 0 && joined(&solicited_node_group(&address.hex))
    }))
}

/// Whether packets to every IPv6 address of the link end here.
fn has_local_routes(name: &str) -> io::Result<bool> {
    let routes = table("ipv6_route")?;
    let ends_here = |hex: &str| {
        routes.lines().any(|line| {
            // Destination, its length, source, its length, gateway, metric, references, uses, flags, link.
            let fields: Vec<_> = line.split_whitespace().collect();
            let &[destination, "80", _, _, _, _, _, _, flags, _] = fields.as_slice() else { return false };
            destination == hex && u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & RTF_LOCAL != 0)
        })
    };
    let refused = libc::IFA_F_DADFAILED;
    Ok(addresses(name)?.iter().all(|address| address.flags & refused != 0 || ends_here(&address.hex)))
}

/// linux/ipv6_route.h.
const RTF_LOCAL: u32 = 0x8000_0000;

/// The group to which neighbours send when they look for the address (RFC 4291, 2.7.1).
fn solicited_node_group(hex: &str) -> String {
    let end = hex.get(26..).unwrap_or_default();
    format!("ff0200000000000000000001ff{end}")
}

/// One IPv6 address.
struct Address {
    hex: String,
    flags: u32,
}

/// The IPv6 addresses of a link.
fn addresses(name: &str) -> io::Result<Vec<Address>> {
    let parse = |line: &str| {
        // Address, index, prefix length, scope, flags, name.
        let fields: Vec<_> = line.split_whitespace().collect();
        let &[hex, _, _, _, flags, link] = fields.as_slice() else { return None };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        (link == name).then(|| Address { hex: hex.to_owned(), flags })
    };
    Ok(table("if_inet6")?.lines().filter_map(parse).collect())
}

/// A table of the thread's network namespace; empty where there is no IPv6.
fn table(name: &str) -> io::Result<String> {
    match fs::read_to_string(format!("/proc/thread-self/net/{name}")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::solicited_node_group;

    #[test]
    fn the_group_ends_like_the_address() {
        // 4037::1:800:200e:8c6c, from RFC 4291.
        let group = solicited_node_group("403700000000000000010800200e8c6c");
        assert_eq!(group, "ff0200000000000000000001ff0e8c6c");
    }
}
