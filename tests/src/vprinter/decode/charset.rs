//! Which characters bytes are.

use oem_cp::code_table::DECODING_TABLE_CP_MAP;

use crate::vprinter::op::Op;

/// What stands for bytes that are no character.
const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// The ASCII characters that countries replace.
const NATIONAL: &str = "#$@[\\]^`{|}~";
/// What they replace them with, by the argument of ESC R.
const COUNTRIES: [&str; 14] = [
    NATIONAL,
    "#$à°ç§^`éùè¨",
    "#$§ÄÖÜ^`äöüß",
    "£$@[\\]^`{|}~",
    "#$@ÆØÅ^`æøå~",
    "#¤ÉÄÖÅÜéäöåü",
    "#$@°\\é^ùàòèì",
    "₧$@¡Ñ¿^`¨ñ}~",
    "#$@[¥]^`{|}~",
    "#¤ÉÆØÅÜéæøåü",
    "#$ÉÆØÅÜéæøåü",
    "#$á¡Ñ¿é`íñóú",
    "#$á¡Ñ¿éüíñóú",
    "#$@[₩]^`{|}~",
];

/// 0x80..=0x9F of the Katakana page: bars and rules.
const KATAKANA_RULES: &str = "▁▂▃▄▅▆▇█▏▎▍▌▋▊▉┼┴┬┤├▔─│▕┌┐└┘╭╮╰╯";
/// 0xE0..=0xFF of the Katakana page.
const KATAKANA_SIGNS: &str = "═╞╪╡◢◣◥◤♠♥♦♣●○╱╲╳円年月日時分秒〒市区町村人▒\u{a0}";
/// 0x80..=0x9F of Windows-1252; the rest is Latin-1.
const WINDOWS_1252: &str = "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ";

/// The settings that say how text is read.
#[derive(Debug, Default)]
pub(super) struct Charset {
    page: u8,
    country: u8,
    kanji: bool,
    utf8: bool,
}

impl Charset {
    /// Follows a command that may change how text is read.
    pub(super) fn heed(&mut self, op: &Op) {
        match *op {
            Op::Initialize => *self = Self::default(),
            Op::CodePage(page) => self.page = page,
            Op::Country(country) => self.country = country,
            Op::Kanji(on) => self.kanji = on,
            Op::Utf8(on) => self.utf8 = on,
            _ => {}
        }
    }

    /// The characters of `bytes`, none of which is a control.
    pub(super) fn read(&self, bytes: &[u8]) -> String {
        if self.utf8 {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        bytes.iter().map(|&byte| self.character(byte)).collect()
    }

    fn character(&self, byte: u8) -> char {
        if byte.is_ascii() {
            national(self.country, char::from(byte))
        } else if self.kanji {
            UNREADABLE
        } else {
            upper(self.page, byte).unwrap_or(UNREADABLE)
        }
    }
}

fn national(country: u8, c: char) -> char {
    let variant = COUNTRIES.get(usize::from(country)).unwrap_or(&NATIONAL);
    let place = NATIONAL.chars().position(|replaced| replaced == c);
    place.and_then(|at| variant.chars().nth(at)).unwrap_or(c)
}

fn upper(page: u8, byte: u8) -> Option<char> {
    match page {
        1 => katakana(byte),
        16 => windows_1252(byte),
        _ => DECODING_TABLE_CP_MAP
            .get(&number(page)?)?
            .decode_char_checked(byte),
    }
}

/// The number of the code page that ESC t calls `page`, for those that have one.
fn number(page: u8) -> Option<u16> {
    Some(match page {
        0 => 437,
        2 => 850,
        3 => 860,
        4 => 863,
        5 => 865,
        13 => 857,
        14 => 737,
        17 => 866,
        18 => 852,
        19 => 858,
        32 => 720,
        33 => 775,
        34 => 855,
        35 => 861,
        36 => 862,
        37 => 864,
        38 => 869,
        _ => return None,
    })
}

fn katakana(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => KATAKANA_RULES.chars().nth(usize::from(byte - 0x80)),
        0xa1..=0xdf => char::from_u32(0xff61 + u32::from(byte - 0xa1)),
        0xe0..=0xff => KATAKANA_SIGNS.chars().nth(usize::from(byte - 0xe0)),
        _ => None,
    }
}

fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => WINDOWS_1252.chars().nth(usize::from(byte - 0x80)),
        _ => Some(char::from(byte)),
    }
}
