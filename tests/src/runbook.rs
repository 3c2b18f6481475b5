//! The commands of a runbook, as they stand there, for tests that run them.
//!
//! A block that can be run is fenced as `sh` and has a name after that: `sh make-image`.

use std::collections::BTreeSet;
use std::fs;

use crate::hotel::repository;

/// A page of `docs/runbooks`.
#[derive(Debug)]
pub struct Runbook {
    page: String,
    blocks: Vec<Block>,
    taken: BTreeSet<String>,
}

#[derive(Debug)]
struct Block {
    name: String,
    commands: String,
}

impl Runbook {
    /// Reads a page: `provisioning.md`.
    pub fn read(page: &str) -> Self {
        let path = repository().join("docs/runbooks").join(page);
        let text = fs::read_to_string(path).expect("the page is in docs/runbooks");
        Self {
            page: page.to_owned(),
            blocks: blocks(&text),
            taken: BTreeSet::new(),
        }
    }

    /// The commands of a block.
    ///
    /// # Panics
    ///
    /// When the page has no such block.
    pub fn take(&mut self, name: &str) -> String {
        let block = self.blocks.iter().find(|block| block.name == name);
        let page = &self.page;
        let block = block.unwrap_or_else(|| panic!("{page} has no block {name}"));
        self.taken.insert(name.to_owned());
        block.commands.clone()
    }

    /// Says that every block of commands was taken.
    ///
    /// # Panics
    ///
    /// When one was not, with its name.
    pub fn is_done(&self) {
        let left: Vec<_> = self
            .blocks
            .iter()
            .filter(|block| !self.taken.contains(&block.name))
            .map(|block| &block.name)
            .collect();
        let page = &self.page;
        assert!(left.is_empty(), "no test runs {left:?} of {page}");
    }
}

/// Every fenced block of commands; one without a name is called by its first line.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```sh") else {
            continue;
        };
        let commands: Vec<_> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .collect();
        let name = match name.trim() {
            "" => commands.first().copied().unwrap_or_default(),
            name => name,
        };
        blocks.push(Block {
            name: name.to_owned(),
            commands: commands.join("\n"),
        });
    }
    blocks
}
