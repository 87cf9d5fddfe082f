//! SOL_RAW and IPPROTO_ICMPV6: the options of raw sockets ([raw(7)](https://man7.org/linux/man-pages/man7/raw.7.html), RFC 3542).

/// SOL_RAW.
pub(super) mod level_raw {
    use crate::opt::Icmp4Filter;
    use crate::opt::table::options;

    options! {
        level SOL_RAW, on RAWICMP4;

        /// Which types of ICMP are received; all, unless blocked here. On other raw sockets it is `EOPNOTSUPP`.
        ICMP_FILTER: Icmp4Filter, GetSet;
    }
}

/// IPPROTO_ICMPV6.
pub(super) mod level_icmpv6 {
    use crate::opt::Icmp6Filter;
    use crate::opt::table::options;

    options! {
        level IPPROTO_ICMPV6, on RAWICMP6;

        /// Which types of ICMPv6 are received; all, unless blocked here.
        ICMP6_FILTER: Icmp6Filter, GetSet;
    }
}

pub use level_icmpv6::ICMP6_FILTER;
pub use level_raw::ICMP_FILTER;
