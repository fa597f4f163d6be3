//! A Tauri window with nothing in it: the floor under the program's own start (`bench-window start`).

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            let blank = WebviewUrl::External("about:blank".parse()?);
            WebviewWindowBuilder::new(app, "main", blank).build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
