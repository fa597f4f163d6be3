//! A file for support.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where the file for support lies.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SupportFile {
    /// Its place on this PC.
    pub path: String,
}
