//! Writes the TypeScript types from the command list; a committed file that differs fails this test (run it and commit what it wrote).

use std::{fmt::Write as _, fs, path::Path};

use ts_rs::{Config, TS};

use super::*;

macro_rules! typescript_map {
    ($($name:ident: $request:ty => $response:ty,)+) => {
        fn export(config: &Config) -> String {
            let mut map = String::new();
            $(
                <$request>::export_all(config).unwrap();
                <$response>::export_all(config).unwrap();
                writeln!(map, "  {}: {{ request: {}; response: {} }};", stringify!($name),
                    <$request as TS>::name(config), <$response as TS>::name(config)).unwrap();
            )+
            map
        }
    };
}
for_each_command!(typescript_map);

fn read_all(folder: &Path) -> std::collections::BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Default::default();
    };
    entries
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).unwrap_or_default())
        })
        .collect()
}

fn type_names(map: &str, folder: &Path) -> String {
    read_all(folder)
        .keys()
        .filter_map(|file| file.strip_suffix(".ts"))
        .filter(|name| *name != "commands" && map.contains(*name))
        .fold(String::new(), |mut text, name| {
            writeln!(text, "import type {{ {name} }} from \"./{name}\";").unwrap();
            text
        })
}

#[test]
fn typescript_bindings_match_the_command_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/backend/bindings");
    let before = read_all(&folder);
    let config = Config::new().with_large_int("number").with_out_dir(&folder);
    let map = export(&config);
    crate::error::AppError::export_all(&config).unwrap();
    let imports = type_names(&map, &folder);
    let commands = format!(
        "// Generated from the command list in desk-app; do not edit.\n{imports}\nexport interface Commands {{\n{map}}}\n"
    );
    fs::write(folder.join("commands.ts"), commands).unwrap();
    assert_eq!(
        before,
        read_all(&folder),
        "the bindings were stale and have been rewritten; commit them"
    );
}
