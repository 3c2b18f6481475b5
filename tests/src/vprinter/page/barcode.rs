//! Draws barcodes: CODE128 (ISO/IEC 15417), EAN and UPC-A (ISO/IEC 15420).

use super::canvas::Canvas;
use crate::vprinter::layout::{Code, Look};
use crate::vprinter::op::Image;

/// The widths of three bars and three gaps of each CODE128 symbol, one digit each.
const CODE128: &str = "\
    212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231\
    113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211\
    212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131\
    113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111\
    314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211\
    241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141\
    214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214\
    211232";
/// Bars and gaps of the CODE128 stop sign.
const STOP: &str = "2331112";
/// Widths of the gaps and bars of the digits of EAN, odd parity.
const EAN: [&str; 10] = [
    "3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112",
];
/// Which of the left six digits of EAN13 are of even parity, by the first digit.
const PARITY: [u8; 10] = [
    0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101,
    0b01_0110, 0b01_1010,
];

/// The dots of a barcode with its text.
pub(super) fn image(code: &Code) -> Image {
    let Code::Bars {
        system,
        data,
        height,
        module,
        label,
    } = code
    else {
        return Image::from_dots(0, 0, |_, _| false);
    };
    let bars = Bars {
        height: u32::from(*height),
        module: u32::from(*module),
        below: label & 2 == 2,
        above: label & 1 == 1,
    };
    let modules = match system {
        65 => ean13(&[b"0".as_slice(), data].concat()),
        67 => ean13(data),
        68 => ean8(data),
        73 => code128(data),
        _ => None,
    };
    let text = readable(*system, data);
    match modules {
        Some(modules) => bars.draw(&modules, &text),
        None => bars.frame(&text),
    }
}

struct Bars {
    height: u32,
    module: u32,
    above: bool,
    below: bool,
}

impl Bars {
    fn draw(&self, modules: &[bool], text: &str) -> Image {
        let width = u32::try_from(modules.len()).expect("at most 255 characters") * self.module;
        self.with_labels(width, text, |canvas, top| {
            for (at, _) in (0..).zip(modules).filter(|(_, black)| **black) {
                canvas.fill((at * self.module, top), (self.module, self.height));
            }
        })
    }

    /// Stands for a barcode that is not drawn.
    fn frame(&self, text: &str) -> Image {
        let width = text_width(text).max(self.module) + 8;
        self.with_labels(width, text, |canvas, top| {
            canvas.fill((0, top), (width, 2));
            canvas.fill((0, top + self.height - 1), (width, 1));
        })
    }

    fn with_labels(&self, bars: u32, text: &str, draw: impl Fn(&mut Canvas, u32)) -> Image {
        let (_, line) = Look::default().cell();
        let top = if self.above { line } else { 0 };
        let bottom = if self.below { line } else { 0 };
        let labelled = self.above || self.below;
        let width = if labelled {
            bars.max(text_width(text))
        } else {
            bars
        };
        let height = top + self.height + bottom;
        let mut canvas = Canvas::new(width, height);
        draw(&mut canvas, top);
        let label = |canvas: &mut Canvas, y| write(canvas, text, bars, y);
        if self.above {
            label(&mut canvas, 0);
        }
        if self.below {
            label(&mut canvas, top + self.height);
        }
        let dots = canvas.into_dots();
        Image::from_dots(width, height, |x, y| dots[(y * width + x) as usize] < 0x80)
    }
}

fn text_width(text: &str) -> u32 {
    let characters = u32::try_from(text.chars().count()).expect("at most 255 characters");
    characters * Look::default().cell().0
}

fn write(canvas: &mut Canvas, text: &str, bars: u32, y: u32) {
    let (advance, _) = Look::default().cell();
    let mut x = bars.saturating_sub(text_width(text)) / 2;
    for c in text.chars() {
        super::glyph::draw(c, Look::default(), advance, canvas, (x, y));
        x += advance;
    }
}

/// What stands under the bars: EAN and UPC with their check digit; CODE128 without selections of a
/// set, pairs of set C as digits.
pub(in crate::vprinter) fn readable(system: u8, data: &[u8]) -> String {
    let digits = match system {
        65 => checked::<12>(data).map(Vec::from),
        67 => checked::<13>(data).map(Vec::from),
        68 => checked::<8>(data).map(Vec::from),
        73 => return code128_text(data),
        _ => None,
    };
    let digits = digits.map(|digits| digits.iter().map(usize::to_string).collect());
    digits.unwrap_or_else(|| String::from_utf8_lossy(data).into_owned())
}

fn code128_text(data: &[u8]) -> String {
    let mut text = String::new();
    let mut set_c = false;
    let mut rest = data.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'{' => match rest.next() {
                Some(b'{') => text.push('{'),
                other => set_c = other == Some(&b'C'),
            },
            pair if set_c => text.extend([pair / 10 % 10, pair % 10].map(digit)),
            control if control.is_ascii_control() => {}
            plain => text.push(char::from(plain)),
        }
    }
    text
}

fn digit(value: u8) -> char {
    char::from(b'0' + value)
}

/// Bars and gaps, from widths that begin with a bar or a gap.
fn modules(widths: &str, begins_black: bool) -> Vec<bool> {
    let mut black = begins_black;
    let mut modules = Vec::new();
    for width in widths.bytes() {
        modules.extend((b'0'..width).map(|_| black));
        black = !black;
    }
    modules
}

/// `{A`, `{B` and `{C` select a set, `{{` is a brace, `{1`..`{4` are functions; in set C each byte
/// is a pair of digits.
fn code128(data: &[u8]) -> Option<Vec<bool>> {
    let symbols = code128_symbols(data)?;
    let weighted = (0..)
        .zip(&symbols)
        .map(|(at, &symbol)| symbol * u32::max(at, 1));
    let check = weighted.sum::<u32>() % 103;
    let mut widths = String::new();
    for symbol in symbols.into_iter().chain([check]) {
        let at = symbol as usize * 6;
        widths.push_str(CODE128.get(at..at + 6)?);
    }
    widths.push_str(STOP);
    Some(modules(&widths, true))
}

fn code128_symbols(data: &[u8]) -> Option<Vec<u32>> {
    let mut symbols = Vec::new();
    let mut set = 0;
    let mut rest = data.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'{' {
            symbols.push(character(set, byte)?);
            continue;
        }
        match (rest.next()?, symbols.is_empty()) {
            (select @ b'A'..=b'C', begins) => {
                set = select;
                let code = u32::from(select - b'A');
                symbols.push(if begins { 103 + code } else { 101 - code });
            }
            (b'{', _) => symbols.push(character(set, b'{')?),
            (b'1', _) => symbols.push(102),
            (b'2', _) => symbols.push(97),
            (b'3', _) => symbols.push(96),
            _ => return None,
        }
    }
    Some(symbols)
}

fn character(set: u8, byte: u8) -> Option<u32> {
    let byte = u32::from(byte);
    match (set, byte) {
        (b'A', 0..=31) => Some(byte + 64),
        (b'A', 32..=95) | (b'B', 32..=127) => Some(byte - 32),
        (b'C', 0..=99) => Some(byte),
        _ => None,
    }
}

fn ean13(data: &[u8]) -> Option<Vec<bool>> {
    let digits = checked::<13>(data)?;
    let parity = PARITY[digits[0]];
    let mut bars = modules("111", true);
    for (at, &digit) in digits[1..7].iter().enumerate() {
        let even = parity >> (5 - at) & 1 == 1;
        bars.extend(ean_left(digit, even));
    }
    bars.extend(modules("11111", false));
    bars.extend(
        digits[7..]
            .iter()
            .flat_map(|&digit| modules(EAN[digit], true)),
    );
    bars.extend(modules("111", true));
    Some(bars)
}

fn ean8(data: &[u8]) -> Option<Vec<bool>> {
    let digits = checked::<8>(data)?;
    let mut bars = modules("111", true);
    bars.extend(digits[..4].iter().flat_map(|&digit| ean_left(digit, false)));
    bars.extend(modules("11111", false));
    bars.extend(
        digits[4..]
            .iter()
            .flat_map(|&digit| modules(EAN[digit], true)),
    );
    bars.extend(modules("111", true));
    Some(bars)
}

/// Even parity is the mirror image of odd.
fn ean_left(digit: usize, even: bool) -> Vec<bool> {
    let widths = EAN[digit];
    if even {
        modules(&widths.chars().rev().collect::<String>(), false)
    } else {
        modules(widths, false)
    }
}

/// The digits, with the check digit added when it is missing.
fn checked<const N: usize>(data: &[u8]) -> Option<[usize; N]> {
    let is_whole = data.len() == N || data.len() + 1 == N;
    if !is_whole || !data.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut digits = [0; N];
    for (digit, byte) in digits.iter_mut().zip(data) {
        *digit = usize::from(byte - b'0');
    }
    let weighted = digits[..N - 1].iter().rev().enumerate();
    let sum: usize = weighted
        .map(|(at, digit)| if at % 2 == 0 { digit * 3 } else { *digit })
        .sum();
    digits[N - 1] = (10 - sum % 10) % 10;
    Some(digits)
}
