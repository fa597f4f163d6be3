//! What happened, line by line: a number that stands for all of it (same seed, same number), and the lines themselves where somebody reads them.

use std::fmt::Write as _;

/// The record of one run.
#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
    line: String,
}

impl Trace {
    /// A record that keeps its lines.
    pub fn kept() -> Self {
        Self {
            lines: Some(vec![]),
            ..Self::default()
        }
    }

    /// Adds a line.
    pub fn note(&mut self, said: std::fmt::Arguments<'_>) {
        self.line.clear();
        if self.line.write_fmt(said).is_err() {
            return;
        }
        // FNV-1a.
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(self.line.clone());
        }
    }

    /// The number that stands for all of it.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines, where they were kept.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
