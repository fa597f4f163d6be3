//! The log: one text file a day beside the cache, two weeks of them. It holds codes, counts and reference ids, never a name, a phone number
//! or a text that someone wrote; that is the callers' duty, and `AURA_LOG` (for example `debug`, or `desk_sync=trace`) does not lift it.

use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// The libraries speak up only when something is wrong; what sqlx tells would be SQL text.
const QUIET: &str = "info,sqlx=warn,zbus=warn,tao=warn,wry=warn";
const DAYS: usize = 14;

/// Starts to write. Lines are written at once and not by a thread: there are few, and the last one before a crash is the one that matters.
///
/// # Errors
/// When the folder cannot be written, or there is a log already.
pub fn start(data: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let folder = data.join("log");
    std::fs::create_dir_all(&folder)?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("aura-desk")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)?;
    let filter = EnvFilter::try_from_env("AURA_LOG").unwrap_or_else(|_| EnvFilter::new(QUIET));
    let terminal = cfg!(debug_assertions).then(|| fmt::layer().with_writer(std::io::stderr));
    let file = fmt::layer().with_ansi(false).with_writer(file);
    tracing_subscriber::registry()
        .with(filter)
        .with(file)
        .with(terminal)
        .try_init()?;
    // Where, not what: the text of a panic may quote data.
    std::panic::set_hook(Box::new(|panic| tracing::error!(place = ?panic.location(), "panic")));
    Ok(())
}
