//! The example `arping`: the kernel answers, nobody answers, nobody can.

use std::io;

use netns::{Namespace, Needs};
use programs::{example, run};

#[path = "common/programs.rs"]
mod programs;

fn mac(host: &Namespace) -> io::Result<String> {
    let all = host.within(sockets::interfaces)??;
    let link = all.into_iter().find(|one| one.name == "eth0").unwrap();
    Ok(link.hardware_addr.unwrap().to_string())
}

#[test]
fn the_kernel_answers_arping() {
    netns::run(Needs::VETH | Needs::PACKET, || -> io::Result<()> {
        let (here, there) = (Namespace::new()?, Namespace::new()?);
        here.veth("eth0", &there, "eth0")?;
        let arping = |arguments: &[&str]| {
            let base = ["-i", "10", "-I"];
            here.within(|| run(&mut example("arping", &[&base, arguments].concat())))
        };
        there.add_address("eth0", "10.0.0.2".parse().unwrap(), 24)?;
        let expected = format!("\nUnicast reply from 10.0.0.2 [{}]  0.", mac(&there)?);
        for own in ["0.0.0.0", "10.0.0.1"] {
            if own != "0.0.0.0" {
                here.add_address("eth0", own.parse().unwrap(), 24)?;
            }
            let (status, said) = arping(&["eth0", "-W", "20000", "10.0.0.2"])?;
            assert_eq!(status, Some(0), "{said}");
            assert!(said.starts_with(&format!("ARPING 10.0.0.2 from {own} eth0\n")), "{said}");
            assert_eq!(said.matches(&expected).count(), 3, "{said}");
            assert!(said.ends_with("\nSent 3 probes (3 broadcast(s))\nReceived 3 response(s)\n"), "{said}");
        }

        let (status, said) = arping(&["eth0", "-c", "2", "-W", "50", "10.0.0.3"])?;
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("no answer from 10.0.0.3\n"), "{said}");
        assert!(said.ends_with("\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n"), "{said}");

        let (status, said) = arping(&["lo", "127.0.0.1"])?;
        assert_eq!((status, said.trim()), (Some(2), "arping: lo is no Ethernet, and has no ARP"));
        let (status, said) = arping(&["eth9", "127.0.0.1"])?;
        assert_eq!(status, Some(2));
        assert!(said.starts_with("arping: if_nametoindex: ENODEV: "), "{said}");
        Ok(())
    });
}
