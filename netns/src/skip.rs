//! Honest skips: a line on the real standard error, or a panic where the need is required.

use std::os::fd::AsFd;

/// Skips a test because `need` is absent: prints `SKIP <test>: <need>: <reason>` on standard error.
///
/// The caller returns afterwards. The line goes to descriptor 2 itself, because libtest hides what
/// the macros print in a test that passes. `need` is a word of [`Needs`](crate::Needs) or any word of the caller's own.
///
/// # Panics
///
/// If `SOCKETS_TEST_REQUIRE` lists `need`.
///
/// ```
/// netns::skip("c_examples_compile", "c-compiler", "cc is not installed");
/// ```
#[track_caller]
pub fn skip(test: &str, need: &str, reason: &str) {
    assert!(!required(need), "{test} cannot run, and SOCKETS_TEST_REQUIRE asks for `{need}`: {reason}");
    let line = format!("SKIP {test}: {need}: {reason}\n");
    // One write(2), so that lines of parallel tests do not mix. Without standard error nobody reads it.
    let _ = crate::sys::write(std::io::stderr().as_fd(), line.as_bytes());
}

/// Whether `SOCKETS_TEST_REQUIRE`, a comma-separated list, contains `need`.
///
/// Words that nobody asks for are ignored: several test suites may share the variable.
#[must_use]
pub fn required(need: &str) -> bool {
    let list = std::env::var_os("SOCKETS_TEST_REQUIRE").unwrap_or_default();
    listed(&list.to_string_lossy(), need)
}

fn listed(list: &str, need: &str) -> bool {
    list.split(',').any(|word| word.trim().eq_ignore_ascii_case(need))
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn the_list_is_of_whole_words() {
        assert!(listed("userns, RAW,veth", "raw"));
        assert!(!listed("userns,rawhide", "raw"));
        assert!(!listed("", "raw"));
    }
}
