//! Every screen in the real window can be used by everyone: axe finds nothing (colours included, which only a real engine can measure), in
//! both languages and both themes, and no text is cut when it is set to 150 %.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test: what is not as expected ends it, in its helpers too"
)]

mod e2e_support;

use desk_tests::harness::desk::Desk;
use e2e_support::{found_by_axe, press, screen, settings, strings, tour, unlock};
use serde_json::json;

/// Elements whose text is wider or taller than the box that hides what does not fit, and which do not say so with an ellipsis.
async fn cut(desk: &Desk) -> Vec<String> {
    let look = "const cut = [];
        for (const one of document.querySelectorAll('body *')) {
            const style = getComputedStyle(one);
            const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || !one.checkVisibility() || one.closest('.sr-only')) continue;
            const hides = (way) => way === 'hidden' || way === 'clip';
            const wide = hides(style.overflowX) && style.textOverflow !== 'ellipsis' && one.scrollWidth > one.clientWidth + 1;
            const tall = hides(style.overflowY) && one.scrollHeight > one.clientHeight + 2;
            if (wide || tall) cut.push(one.outerHTML.slice(0, 160));
        }
        return cut;";
    strings(desk.window().execute(look, vec![]).await.unwrap().json())
}

async fn demo() -> Desk {
    let mut desk = Desk::new();
    desk.start(&[]).await;
    screen(&desk, "first-start").await;
    press(&desk, "[data-action=\"demo\"]").await;
    unlock(&desk, "2468").await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_in_either_language_or_theme() {
    let desk = demo().await;
    let mut found = vec![];
    for (language, theme) in [("th", "light"), ("en", "dark"), ("th", "dark"), ("en", "light")] {
        settings(
            &desk,
            json!({ "language": language, "theme": theme, "autoLockMinutes": 60 }),
        )
        .await;
        let mut visit = async |name: &str| {
            let here = found_by_axe(&desk).await;
            found.extend(
                here.into_iter()
                    .map(|what| format!("{name} {language} {theme}: {what}")),
            );
        };
        tour(&desk, &mut visit).await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_cut_at_150_per_cent() {
    let desk = demo().await;
    let mut found = vec![];
    for language in ["th", "en"] {
        settings(
            &desk,
            json!({ "language": language, "scale": 150, "autoLockMinutes": 60 }),
        )
        .await;
        let mut visit = async |name: &str| {
            let here = cut(&desk).await;
            found.extend(here.into_iter().map(|what| format!("{name} {language}: {what}")));
        };
        tour(&desk, &mut visit).await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
