//! Rust source, parted into code, comments and literals, so that a rule about one does not trip
//! over another.

use super::tree::File;

/// What a stretch of source is to the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Comment,
    /// A string or a character, with its quotes.
    Literal,
}

/// The lines of a Rust file with everything but `kinds` blanked out; none of any other file.
pub(super) fn lines(kinds: &[Kind], file: &File) -> Vec<(usize, String)> {
    if !file.has_extension(&["rs"]) {
        return Vec::new();
    }
    let lines = only(kinds, &file.text);
    (1..).zip(lines.lines().map(str::to_owned)).collect()
}

/// Whether `code` names `name`, alone or as the start of a longer name.
pub(super) fn names(code: &str, name: &str) -> bool {
    code.match_indices(name)
        .any(|(at, _)| !code[..at].ends_with(is_word))
}

fn only(kinds: &[Kind], source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while !rest.is_empty() {
        let (found, length) = first(rest);
        let (text, after) = rest.split_at(length);
        if kinds.contains(&found) {
            kept.push_str(text);
        } else {
            kept.extend(text.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        rest = after;
    }
    kept
}

/// Kind and length of what `source` starts with.
fn first(source: &str) -> (Kind, usize) {
    let through = |from: usize, end: &str| {
        let found = source.get(from..).and_then(|rest| rest.find(end));
        found.map_or(source.len(), |at| from + at + end.len())
    };
    if source.starts_with("//") {
        (Kind::Comment, source.find('\n').unwrap_or(source.len()))
    } else if source.starts_with("/*") {
        (Kind::Comment, through(2, "*/"))
    } else if source.starts_with('"') {
        (Kind::Literal, text_length(source))
    } else if let Some((open, close)) = raw_quotes(source) {
        (Kind::Literal, through(open, &close))
    } else if source.starts_with("'\\") {
        (Kind::Literal, through(3, "'"))
    } else if source.starts_with('\'') && source.chars().nth(2) == Some('\'') {
        (Kind::Literal, through(1, "'"))
    } else {
        let word = source.find(|c| !is_word(c)).unwrap_or(source.len());
        (
            Kind::Code,
            word.max(source.chars().next().map_or(0, char::len_utf8)),
        )
    }
}

/// Length of the string literal that `source` starts with.
fn text_length(source: &str) -> usize {
    let mut escaped = false;
    let end = source.char_indices().skip(1).find(|&(_, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    end.map_or(source.len(), |(at, _)| at + 1)
}

/// Length of the opening and text of the closing of the raw string that `source` starts with.
fn raw_quotes(source: &str) -> Option<(usize, String)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        source
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with(['"', '#']))
    })?;
    let hashes = source[prefix.len()..].find(|c| c != '#')?;
    let open = prefix.len() + hashes + 1;
    let opens = source.get(..open)?.ends_with('"');
    opens.then(|| (open, format!("\"{}", "#".repeat(hashes))))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Compares what is left of `source`, without the blanks.
#[cfg(test)]
#[track_caller]
fn check(source: &str, kind: Kind, expected: &str) {
    let kept = only(&[kind], source);
    assert_eq!(
        kept.split_whitespace().collect::<Vec<_>>().join(" "),
        expected
    );
    assert_eq!(kept.lines().count(), source.lines().count());
}

#[test]
fn comments_end_with_their_line_or_their_mark() {
    let source = "a // b \"c\"\nd /* e\nf */ g";
    check(source, Kind::Comment, "// b \"c\" /* e f */");
    check(source, Kind::Code, "a d g");
}

#[test]
fn literals_end_at_their_own_quote() {
    let source = r##"a("b\"c//", r#"d"e"#, br"\", '"', '\'', '\u{7f}') f::<'g>("h")"##;
    check(source, Kind::Code, "a( , , , , , ) f::<'g>( )");
    check(
        source,
        Kind::Literal,
        r##""b\"c//" r#"d"e"# br"\" '"' '\'' '\u{7f}' "h""##,
    );
}

#[test]
fn names_are_found_at_the_start_of_words_only() {
    assert!(names("use tokio_util::x;", "tokio"));
    assert!(!names("let toolkit = toolkit::x();", "kit::"));
}
