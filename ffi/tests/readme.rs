//! The C of the README is C that compiles and runs.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::compiler::Compiler;
use support::library::{Profile, library};
use support::scratch;

#[test]
fn the_programs_of_the_readme_run() {
    let Some(cc) = Compiler::c() else { return };
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let programs: Vec<&str> =
        readme.split("```c\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!programs.is_empty(), "there is no C in the README");
    for (i, program) in programs.iter().enumerate() {
        let source = scratch().join(format!("readme-{i}.c"));
        let binary = scratch().join(format!("readme-{i}"));
        fs::write(&source, program).unwrap();
        let archive = &library(Profile::Debug).archive;
        let libraries =
            ["-lpthread".as_ref(), "-ldl".as_ref(), "-lm".as_ref(), "-o".as_ref(), binary.as_os_str()];
        cc.compile("c99", &source, &[&[archive.as_os_str()], &libraries[..]].concat());
        let output = Command::new(&binary).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
