//! Card numbers, wherever they stand in a text.
//!
//! Pure. A number is one when it has the length and the beginning of a brand, its last digit fits the
//! rest (Luhn, ISO/IEC 7812-1 annex B), and it is written as cards are: without a pause, or in the
//! groups of its brand with one and the same mark between them. Neither a letter nor a further digit
//! may touch it, so that digests and ids stay what they are.

/// What stands in the place of a card number.
pub(crate) const MASK: &str = "[card]";

/// Fewest and most digits of a card.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// How digits are grouped on cards.
const GROUPS: &[&[usize]] = &[
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 5],
    &[4, 4, 4, 1],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 3],
    &[6, 13],
];

/// The text with every card number masked; none when there is none.
pub(crate) fn masked(text: &str) -> Option<String> {
    // Most texts are short words: they are passed over at the cost of a count.
    if text.chars().filter(|char| digit(*char).is_some()).count() < *DIGITS.start() {
        return None;
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut told, mut found, mut from) = (String::with_capacity(text.len()), false, 0);
    while from < chars.len() {
        let touched = from > 0 && chars[from - 1].is_alphanumeric();
        let end = if touched { None } else { card(&chars[from..]) };
        if let Some(length) = end {
            told.push_str(MASK);
            found = true;
            from += length;
        } else {
            told.push(chars[from]);
            from += 1;
        }
    }
    found.then_some(told)
}

/// Whether a number without a pause is that of a card.
pub(crate) fn is_number(number: u64) -> bool {
    let digits: Vec<u8> = number.to_string().bytes().map(|byte| byte - b'0').collect();
    is_card(&digits)
}

/// How many characters a card number at the beginning takes.
fn card(chars: &[char]) -> Option<usize> {
    let (mut digits, mut groups, mut mark) = (Vec::new(), Vec::new(), None);
    let (mut place, mut group) = (0, 0);
    // The longest card is the right one: what goes on with further groups is no card of fewer.
    let mut longest = None;
    loop {
        match chars.get(place).copied() {
            Some(char) if let Some(value) = digit(char) => {
                digits.push(value);
                group += 1;
                place += 1;
                if digits.len() > *DIGITS.end() {
                    break;
                }
            }
            next => {
                if group == 0 {
                    break;
                }
                groups.push(group);
                group = 0;
                let ends = !next.is_some_and(char::is_alphanumeric);
                if ends && is_grouped(&groups) && is_card(&digits) {
                    longest = Some(place);
                }
                let Some(separator) = next.filter(|char| is_mark(*char)) else {
                    break;
                };
                if *mark.get_or_insert(separator) != separator {
                    break;
                }
                place += 1;
            }
        }
    }
    longest
}

fn is_grouped(groups: &[usize]) -> bool {
    groups.len() == 1 || GROUPS.contains(&groups)
}

/// What stands between groups: spaces of all widths, hyphens, dots.
fn is_mark(char: char) -> bool {
    matches!(
        char,
        ' ' | '-' | '.' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2010}' | '\u{2011}'
    )
}

/// A digit, also of full width as some keyboards of the east write it.
fn digit(char: char) -> Option<u8> {
    let value = match char {
        '0'..='9' => u32::from(char) - u32::from('0'),
        '０'..='９' => u32::from(char) - u32::from('０'),
        _ => return None,
    };
    u8::try_from(value).ok()
}

fn is_card(digits: &[u8]) -> bool {
    DIGITS.contains(&digits.len()) && is_issued(digits) && checks(digits)
}

/// Whether a brand begins like this and has this many digits.
fn is_issued(digits: &[u8]) -> bool {
    let begin = |length: usize| {
        digits[..length]
            .iter()
            .fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let length = digits.len();
    match (begin(1), begin(2), begin(3), begin(4)) {
        // Visa.
        (4, ..) => matches!(length, 13 | 16 | 18 | 19),
        // American Express.
        (_, 34 | 37, ..) => length == 15,
        // Mastercard.
        (_, 51..=55, ..) | (_, _, _, 2221..=2720) => length == 16,
        // Diners Club.
        (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) => (14..=19).contains(&length),
        // JCB.
        (_, _, _, 3528..=3589) => (16..=19).contains(&length),
        // Maestro, and what Discover, UnionPay, Elo, RuPay and others have of the sixes.
        (6, ..) | (_, 50 | 56..=58, ..) => (13..=19).contains(&length),
        _ => false,
    }
}

/// The check of Luhn.
fn checks(digits: &[u8]) -> bool {
    let doubled = |(place, digit): (usize, &u8)| {
        let digit = u32::from(*digit);
        match place % 2 {
            0 => digit,
            _ if digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        }
    };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
