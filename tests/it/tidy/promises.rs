//! Every numbered promise of `docs/spec` is cited by a test, and every cited number is promised.

use std::collections::BTreeSet;

use super::rust::{self, Kind};
use super::tree::File;
use super::{Finding, check_tree, uphold_across};

/// Promises that no test proves, and citations of what nobody promised.
fn loose_promises(tree: &[File]) -> Vec<Finding> {
    let citations: Vec<_> = tree.iter().flat_map(citations).collect();
    let cited: BTreeSet<_> = citations
        .iter()
        .map(|citation| citation.number.as_str())
        .collect();
    let mut promised = BTreeSet::new();
    let mut findings = Vec::new();
    for promise in tree.iter().flat_map(promises) {
        if !promise
            .file
            .path
            .ends_with(&format!("/{}.md", promise.page()))
        {
            findings.push(promise.finding("stands on another page; number it after its page"));
        }
        if !cited.contains(promise.number.as_str()) {
            findings.push(promise.finding("is proved by no test; cite it in a comment above one"));
        }
        if promised.contains(&promise.number) {
            findings.push(promise.finding("is promised before; give it a number of its own"));
        }
        promised.insert(promise.number);
    }
    let unfounded = citations
        .iter()
        .filter(|citation| !promised.contains(&citation.number));
    findings.extend(unfounded.map(|citation| {
        citation.finding("is promised nowhere; correct the number, or promise it in docs/spec")
    }));
    findings
}

/// A numbered promise where it is made or cited: `uplink-2.3`.
struct Mention<'a> {
    file: &'a File,
    line: usize,
    number: String,
}

impl Mention<'_> {
    /// The page that the number belongs to.
    fn page(&self) -> &str {
        self.number.rsplit_once('-').map_or("", |(page, _)| page)
    }

    fn finding(&self, advice: &str) -> Finding {
        Finding::new(self.file, self.line, format!("{} {advice}", self.number))
    }
}

/// The list items of a page that start with a number in bold.
fn promises(file: &File) -> impl Iterator<Item = Mention<'_>> {
    let is_page = file.path.starts_with("docs/spec/");
    file.lines()
        .filter(move |_| is_page)
        .filter_map(move |(line, text)| {
            let (number, _) = text.trim().strip_prefix("- **")?.split_once("**")?;
            is_number(number).then(|| Mention {
                file,
                line,
                number: number.to_owned(),
            })
        })
}

/// The numbers that comments of a test file start with: `// uplink-2.3, uplink-2.4`.
fn citations(file: &File) -> Vec<Mention<'_>> {
    let mut citations = Vec::new();
    for (line, comment) in test_comments(file) {
        let words = comment
            .split(['/', '#', ',', ':', ' '])
            .filter(|word| !word.is_empty());
        let numbers = words.take_while(|word| is_number(word));
        citations.extend(numbers.map(|number| Mention {
            file,
            line,
            number: number.to_owned(),
        }));
    }
    citations
}

/// The comments of a test in Rust, TypeScript or shell.
fn test_comments(file: &File) -> Vec<(usize, String)> {
    let in_tests = file.path.starts_with("tests/") || file.path.contains("/tests/");
    if !(in_tests || file.path.ends_with("tests.rs") || file.path.ends_with(".test.ts")) {
        return Vec::new();
    }
    if !file.has_extension(&["sh", "ts"]) {
        return rust::lines(&[Kind::Comment], file);
    }
    let lines = file
        .lines()
        .map(|(line, text)| (line, text.trim().to_owned()));
    lines
        .filter(|(_, text)| text.starts_with("//") || text.starts_with('#'))
        .collect()
}

/// Whether `text` has the form `uplink-2.3`.
fn is_number(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.rsplit_once('-')
        .and_then(|(page, number)| Some((page, number.split_once('.')?)))
        .is_some_and(|(page, (chapter, item))| {
            !page.is_empty() && is_digits(chapter) && is_digits(item)
        })
}

#[test]
fn every_promise_has_a_test_and_every_citation_a_promise() {
    uphold_across(loose_promises);
}

#[test]
fn a_promise_without_a_test_and_a_citation_without_a_promise_are_refused() {
    let page = "- **uplink-1.1** a\n- **uplink-1.2** b\n- **uplink-1.3** c\n- **uplink-1.1** d\n\
        - **bus-1.1** e\n- **Order** f\n- **uplink-2.10** g";
    let test = "// uplink-1.1, uplink-1.2\n#[test]\nfn x() { f(\"// uplink-1.3\") }\n\
        // uplink-9.9: gone\n// bus-1.1\n// story-3\n// see uplink-7.7";
    let tree = [
        ("docs/spec/uplink.md", page),
        ("components/uplink/src/batch/tests.rs", test),
        ("components/uplink/src/batch.rs", "// uplink-1.3"),
        ("tests/run.sh", "# uplink-2.10\n"),
    ];
    check_tree(
        loose_promises,
        &tree,
        &[
            "docs/spec/uplink.md:3: uplink-1.3 is proved by no test; \
             cite it in a comment above one",
            "docs/spec/uplink.md:4: uplink-1.1 is promised before; give it a number of its own",
            "docs/spec/uplink.md:5: bus-1.1 stands on another page; number it after its page",
            "components/uplink/src/batch/tests.rs:4: uplink-9.9 is promised nowhere; \
             correct the number, or promise it in docs/spec",
        ],
    );
}
