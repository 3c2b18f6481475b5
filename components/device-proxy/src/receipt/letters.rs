//! The characters that a printer has, and how others are spelled with them.

use std::iter;

use oem_cp::code_table::{
    ENCODING_TABLE_CP437, ENCODING_TABLE_CP850, ENCODING_TABLE_CP852, ENCODING_TABLE_CP858,
    ENCODING_TABLE_CP866,
};

use crate::print::{CodePage, Profile};

/// Letters of U+00C0 to U+017F without their accents.
const BARE: &str = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty\
    AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRr\
    SsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// The byte of a character beyond ASCII in a code page.
fn byte_of(page: CodePage, letter: char) -> Option<u8> {
    let table = match page {
        CodePage::Cp437 => &ENCODING_TABLE_CP437,
        CodePage::Cp850 => &ENCODING_TABLE_CP850,
        CodePage::Cp852 => &ENCODING_TABLE_CP852,
        CodePage::Cp858 => &ENCODING_TABLE_CP858,
        CodePage::Cp866 => &ENCODING_TABLE_CP866,
    };
    table.get(&letter).copied().filter(|byte| *byte >= 0x80)
}

/// A text in characters that the printer has.
pub(super) fn readable(text: &str, profile: &Profile) -> Vec<char> {
    text.chars()
        .flat_map(|letter| spell(letter, profile))
        .collect()
}

fn spell(letter: char, profile: &Profile) -> impl Iterator<Item = char> {
    let has = |letter| {
        let mut pages = profile.code_pages.keys();
        pages.any(|page| byte_of(*page, letter).is_some())
    };
    let is_plain = matches!(letter, ' '..='~');
    let kept = (is_plain || letter != '\u{a0}' && has(letter)).then_some(letter);
    let spelled = if kept.is_some() { "" } else { spelling(letter) };
    let bare = (kept.is_none() && spelled.is_empty() && !is_unseen(letter)).then(|| bare(letter));
    kept.into_iter().chain(spelled.chars()).chain(bare)
}

/// Characters that are spelled with several, or with another.
fn spelling(letter: char) -> &'static str {
    match letter {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{3000}' => {
            " "
        }
        '€' => "EUR",
        '£' => "GBP",
        '¥' => "JPY",
        '\u{2010}'..='\u{2015}' | '−' => "-",
        '‘' | '’' | '‚' | '‛' | '′' | '´' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '…' => "...",
        '•' | '·' => "*",
        '×' => "x",
        '©' => "(c)",
        '®' => "(R)",
        '™' => "(TM)",
        'Ä' => "Ae",
        'Ö' => "Oe",
        'Ü' => "Ue",
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'Æ' => "AE",
        'Œ' => "OE",
        '½' => "1/2",
        '¼' => "1/4",
        '¾' => "3/4",
        '°' => "o",
        _ => "",
    }
}

/// Marks that join, direct or adorn other characters and take no place of their own.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{300}'..='\u{36f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

fn bare(letter: char) -> char {
    let at = (letter as usize).checked_sub('À' as usize);
    let found = at.and_then(|at| BARE.as_bytes().get(at));
    found.map_or('?', |byte| char::from(*byte))
}

/// The same characters as runs, each with its bytes and the page they are in; pages are changed as
/// seldom as can be.
pub(crate) fn runs<'a>(
    text: &'a str,
    profile: &'a Profile,
    mut page: CodePage,
) -> impl Iterator<Item = (CodePage, u8)> + 'a {
    let mut letters = text.chars();
    iter::from_fn(move || {
        let letter = letters.next()?;
        if let plain @ b' '..=b'~' = u8::try_from(letter).unwrap_or(0) {
            return Some((page, plain));
        }
        let others = profile.code_pages.keys().copied();
        let found = iter::once(page)
            .filter(|page| profile.code_pages.contains_key(page))
            .chain(others)
            .find_map(|page| byte_of(page, letter).map(|byte| (page, byte)));
        let (found, byte) = found.unwrap_or((page, b'?'));
        page = found;
        Some((page, byte))
    })
}
