//! Tells Tauri which commands exist, so that a window may call only those that its capability grants, and stops early with one clear
//! line when the page that goes into the program has not been built.

use std::path::Path;

const COMMANDS: &str = "crates/desk-app/src/command.rs";
const PAGE: &str = "../ui/dist";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={COMMANDS}");
    println!("cargo::rerun-if-changed={PAGE}");
    if !tauri_build::is_dev() && !Path::new(PAGE).join("index.html").is_file() {
        println!(
            "cargo::error=ui/dist is not built. Run `make run`, or `npm --prefix ui ci && npm --prefix ui run build`."
        );
        return Ok(());
    }
    let source = std::fs::read_to_string(COMMANDS)?;
    // The manifest wants names that live as long as the program; a build script is a short program.
    let names: &'static [&'static str] = names(source.leak()).leak();
    let app = tauri_build::AppManifest::new().commands(names);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(app))?;
    Ok(())
}

/// The names between the two marker lines: `name: Request => Response,`.
fn names(source: &'static str) -> Vec<&'static str> {
    let lines = source.lines().map(str::trim);
    let list = lines
        .skip_while(|line| *line != "// begin commands")
        .skip(1)
        .take_while(|line| *line != "// end commands");
    let names: Vec<_> = list
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    assert!(!names.is_empty(), "{COMMANDS} has lost its marker lines");
    names
}
