//! How the page is painted on a PC without a graphics card. WebKitGTK then composes layers by a software renderer of OpenGL, which takes
//! several times as long as painting the page plainly (`bench-window keys`); counter PCs and remote desktops often have no card.

#[cfg(target_os = "linux")]
const PLAINLY: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Begins the program anew with plain painting where there is no graphics card. WebKit reads the choice from its environment alone: its
/// setting of the same name leaves the window blank (WebKitGTK 2.50).
#[cfg(target_os = "linux")]
pub fn choose() {
    use std::os::unix::process::CommandExt as _;

    if std::env::var_os(PLAINLY).is_some() || has_card() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    // `exec` returns only when it failed; then the page is painted slowly.
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(PLAINLY, "1")
        .exec();
    eprintln!("Aura Desk paints without its shortcut: {error}");
}

#[cfg(target_os = "linux")]
fn has_card() -> bool {
    let devices = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    devices
        .into_iter()
        .any(|device| device.file_name().to_string_lossy().starts_with("render"))
}

/// Where the page is painted plainly, the page holds still, as with a person who asked for less motion: each frame of a movement would be
/// painted whole, and the first key after the movement began would wait for it.
#[cfg(target_os = "linux")]
pub fn hold_still() {
    if std::env::var_os(PLAINLY).is_some()
        && let Some(settings) = gtk::Settings::default()
    {
        gtk::traits::GtkSettingsExt::set_gtk_enable_animations(&settings, false);
    }
}

/// The engines of other systems choose by themselves.
#[cfg(not(target_os = "linux"))]
pub fn choose() {}

/// The same.
#[cfg(not(target_os = "linux"))]
pub fn hold_still() {}
