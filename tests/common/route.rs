//! Two hosts and a router between them, over veth, in both versions of IP.

#![allow(dead_code)] // Not every test needs all of it.

use std::io;

use netns::Namespace;

pub(crate) struct Route {
    /// 10.1.0.1, fd00:1::1; the router is 10.1.0.2, fd00:1::2 to it.
    pub(crate) near: Namespace,
    pub(crate) router: Namespace,
    /// 10.2.0.1, fd00:2::1; the router is 10.2.0.2, fd00:2::2 to it.
    pub(crate) far: Namespace,
}

/// The far host, and how the router is called from here.
pub(crate) const FAR: [(&str, &str); 2] = [("10.2.0.1", "10.1.0.2"), ("fd00:2::1", "fd00:1::2")];

impl Route {
    pub(crate) fn new() -> io::Result<Route> {
        let [near, router, far] = [Namespace::new()?, Namespace::new()?, Namespace::new()?];
        for (host, net) in [(&near, "near"), (&far, "far")] {
            host.veth("eth0", &router, net)?;
            let number = if net == "near" { 1 } else { 2 };
            for (prefix, length) in [(format!("10.{number}.0."), 24), (format!("fd00:{number}::"), 64)] {
                let address = |end: u8| format!("{prefix}{end}").parse().unwrap();
                host.add_address("eth0", address(1), length)?;
                router.add_address(net, address(2), length)?;
                host.add_default_route(address(2))?;
            }
        }
        router.set_sysctl("net/ipv4/ip_forward", "1")?;
        router.set_sysctl("net/ipv6/conf/all/forwarding", "1")?;
        // No error is held back for coming too soon. (Not icmp_ratelimit: with 0 it takes from the routes' own limit, which is five
        // errors at once and then one a second.)
        for host in [&router, &far] {
            host.set_sysctl("net/ipv4/icmp_ratemask", "0")?;
            host.set_sysctl("net/ipv6/icmp/ratelimit", "0")?;
        }
        Ok(Route { near, router, far })
    }
}
