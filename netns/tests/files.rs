//! A directory of the test's own.

use std::fs;
use std::io::ErrorKind;
use std::thread;

use netns::Needs;

#[test]
fn what_is_there_is_ours_and_ours_only() {
    netns::run(Needs::USERNS, || {
        let before = fs::read_dir("/etc").unwrap().count();
        thread::spawn(move || {
            netns::own_dir("/etc", &[("hosts", "192.0.2.1 www.example\n"), ("empty", "")]).unwrap();
            assert_eq!(fs::read_to_string("/etc/hosts").unwrap(), "192.0.2.1 www.example\n");
            assert_eq!(fs::read_dir("/etc").unwrap().count(), 2);
            // A thread sees what the one that started it saw.
            let inherited =
                thread::spawn(|| fs::read_to_string("/etc/hosts").is_ok_and(|text| text.contains("www")));
            assert!(inherited.join().unwrap());
            // It can be done again, elsewhere and there.
            netns::own_dir("/tmp", &[("file", "x")]).unwrap();
            assert_eq!(fs::read("/tmp/file").unwrap(), b"x");
            netns::own_dir("/etc", &[("hosts", "y")]).unwrap();
            assert_eq!(fs::read("/etc/hosts").unwrap(), b"y");
        })
        .join()
        .unwrap();
        // Nobody else has seen any of it.
        assert_eq!(fs::read_dir("/etc").unwrap().count(), before);
    });
}

#[test]
fn what_cannot_be_done_is_an_error() {
    netns::run(Needs::USERNS, || {
        let kind = |result: std::io::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(netns::own_dir("/no/such/dir", &[])), ErrorKind::NotFound);
        assert_eq!(kind(netns::own_dir("/etc\0", &[])), ErrorKind::InvalidInput);
        assert_eq!(kind(netns::own_dir("/etc", &[("no/such/dir", "x")])), ErrorKind::NotFound);
    });
}
