//! A tar archive in memory (POSIX.1-1988 ustar), enough for a handful of files.

/// Size of a block.
const BLOCK: usize = 512;
/// Longest name.
const NAME_MAX: usize = 100;

/// An archive that grows.
#[derive(Debug)]
pub(super) struct Tar {
    content: Vec<u8>,
    files: usize,
    at: u64,
}

impl Tar {
    /// An empty archive whose files are of one moment, in Unix seconds.
    pub(super) fn new(at: u64) -> Self {
        Self {
            content: Vec::new(),
            files: 0,
            at,
        }
    }

    /// Adds a file; of a name that is too long the end is kept.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) {
        let from = name.len().saturating_sub(NAME_MAX);
        let name = name.as_bytes().get(from..).unwrap_or_default();
        self.content.extend(header(name, content.len(), self.at));
        self.content.extend(content);
        let rest = content.len() % BLOCK;
        if rest > 0 {
            self.content.resize(self.content.len() + BLOCK - rest, 0);
        }
        self.files += 1;
    }

    /// How many files there are, and the archive.
    pub(super) fn finish(mut self) -> (usize, Vec<u8>) {
        self.content.resize(self.content.len() + 2 * BLOCK, 0);
        (self.files, self.content)
    }
}

fn header(name: &[u8], size: usize, at: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |from: usize, text: &[u8]| {
        for (place, byte) in header.iter_mut().skip(from).zip(text) {
            *place = *byte;
        }
    };
    put(0, name);
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, format!("{at:011o}\0").as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    for (place, byte) in header
        .iter_mut()
        .skip(148)
        .zip(format!("{sum:06o}\0 ").bytes())
    {
        *place = byte;
    }
    header
}
