//! build.rs: the targets that it refuses, and what it says of the others.

use std::path::Path;
use std::process::Command;

/// Compiles build.rs by itself and runs it as cargo would for a target; returns what it tells cargo.
fn build_script(os: &str, pointer_width: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = directory.join(format!("build-script-{os}-{pointer_width}"));
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(compiler)
        .args(["--edition=2024", "--crate-name=build_script", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs"))
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let told = Command::new(&program)
        .env("CARGO_CFG_TARGET_OS", os)
        .env("CARGO_CFG_TARGET_POINTER_WIDTH", pointer_width)
        .output()
        .unwrap();
    assert!(told.status.success() && told.stderr.is_empty(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn another_system_is_refused_in_one_line_that_names_it() {
    let told = build_script("freebsd", "64");
    let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("cargo::error=")).collect();
    assert_eq!(errors.len(), 1, "{told}");
    assert!(errors[0].contains("freebsd") && errors[0].contains("Linux"), "{told}");
}

#[test]
fn linux_is_taken_and_32_bit_has_the_options_with_64_bit_time() {
    for (pointer_width, time64) in [("64", false), ("32", true)] {
        let told = build_script("linux", pointer_width);
        assert!(!told.contains("cargo::error"), "{told}");
        assert_eq!(told.contains("cargo::rustc-cfg=sockopt_time64"), time64, "{told}");
        assert!(told.contains("cargo::rustc-check-cfg=cfg(sockopt_time64)"), "{told}");
    }
}
