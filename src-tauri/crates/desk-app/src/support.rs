//! What support needs to see of this PC, as one file of plain JSON that a person can read before they send it: versions, counts, states, and
//! the log's last lines. Left out on purpose: names, numbers, texts and ids of anybody, the clinic's and the PC's name, the server's address.

use std::{fs, path::Path, sync::Arc};

use desk_cache::support;
use serde_json::{Value as Json, json};

use crate::{
    api::{Nothing, support::SupportFile},
    desk::Desk,
    error::{AppError, Code},
    row,
};

/// Lines of the log that go along.
const LINES: usize = 200;
/// A run of digits this long may be somebody's number. The log's own instants have shorter ones.
const LONGEST_NUMBER: usize = 6;

impl Desk {
    /// Writes the file into the program's data folder, in place of an earlier one.
    ///
    /// # Errors
    /// `disk_full`, `unexpected`, and what the cache says.
    pub async fn support_file(self: &Arc<Self>, _: Nothing) -> Result<SupportFile, AppError> {
        let bundle = self.support_bundle().await?;
        let text = serde_json::to_string_pretty(&bundle).map_err(|_| Code::Unexpected)?;
        let path = self.places.data.join("aura-desk-support.json");
        fs::write(&path, text).map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull => Code::DiskFull,
            _ => Code::Unexpected,
        })?;
        let path = path.to_string_lossy().into_owned();
        Ok(SupportFile { path })
    }

    async fn support_bundle(self: &Arc<Self>) -> Result<Json, AppError> {
        let is_open = self.state().open.is_some();
        let cache = if is_open {
            let is_code = |word: &str| Code::from_word(word).is_some();
            Some(
                self.with_cache(move |cache| support::count(&*cache.read()?, is_code))
                    .await?,
            )
        } else {
            None
        };
        let sync = self.sync_state(Nothing {}).await?;
        let stand = self.stand();
        Ok(json!({
            "made_at": self.now().timestamp_millis(),
            "program": self.version,
            "platform": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
            "phase": stand.phase,
            "blocked": stand.blocked,
            "is_demo": stand.is_demo,
            "people": stand.people.len(),
            "timezone": stand.day.timezone,
            "stale_since": stand.stale_since,
            "sync": {
                "mode": sync.mode,
                "since": sync.since,
                "last_synced_at": sync.last_synced_at,
                "wake": sync.wake,
                "problem": sync.problem,
                "now": row::millis(self.micros()),
            },
            "cache": cache,
            "log": last_lines(&self.places.data.join("log")),
        }))
    }
}

/// The end of the newest log, without what it should not hold in the first place.
fn last_lines(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let newest = files.map(|file| file.path()).max();
    let text = newest
        .and_then(|path| fs::read_to_string(path).ok())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    lines.into_iter().skip(from).map(plain).collect()
}

/// A line of the log word by word: what could be a number, an address, an id, a login or anything but plain English goes.
fn plain(line: &str) -> String {
    line.split(' ')
        .map(|word| if is_plain(word) { word } else { "…" })
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_plain(word: &str) -> bool {
    let longest = |is_of: fn(&char) -> bool| {
        let runs = word.split(|letter| !is_of(&letter));
        runs.map(str::len).max().unwrap_or_default()
    };
    word.is_ascii()
        && !word.contains('@')
        && longest(char::is_ascii_digit) <= LONGEST_NUMBER
        && longest(char::is_ascii_hexdigit) < 12
        && word.matches('.').count() < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_keeps_its_words_and_loses_what_could_be_somebodys() {
        let told = "2026-11-22T23:55:04.123456Z  WARN desk_sync::session: sync step failed failure=the clinic cannot be reached ref_id=1a2b3c4d";
        assert!(plain(told).contains("sync step failed failure=the clinic cannot be reached ref_id=1a2b3c4d"));
        for secret in [
            "0812345678",
            "ploy@example.com",
            "พลอย",
            "019a1234-aaaa-7bbb-8ccc-0123456789ab",
            "10.0.0.17:5432",
        ] {
            assert!(!plain(&format!("failed for={secret} x")).contains(secret), "{secret}");
        }
    }
}
