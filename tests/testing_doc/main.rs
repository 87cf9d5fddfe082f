//! The code of docs/testing-without-root.md: runs it, and compares it with the page.

mod worked;

#[test]
fn the_page_shows_what_runs() {
    let page = include_str!("../../docs/testing-without-root.md");
    let blocks = page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    assert_eq!(blocks.collect::<Vec<_>>().join("\n"), include_str!("worked.rs"));
}
