//! Breaking texts where the paper ends.

/// Rows of at most `width` characters: broken between words, long words within. There is always a
/// row, if an empty one.
pub(super) fn wrap(text: &[char], width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        let is_blank = |at: &usize| rest[*at] == ' ';
        let (end, next) = match (1..=width).rev().find(is_blank) {
            Some(blank) => (blank, blank + 1),
            None => (width, width),
        };
        rows.push(row(&rest[..end]));
        rest = &rest[next..];
    }
    rows.push(row(rest));
    rows
}

fn row(text: &[char]) -> String {
    let text: String = text.iter().collect();
    text.trim_end().to_owned()
}
