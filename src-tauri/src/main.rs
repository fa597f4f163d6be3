//! The program. Everything is in the library, so that tests can drive its parts.
// No console window beside the program on Windows; in debug builds it shows the log.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    aura_desk::run()
}
