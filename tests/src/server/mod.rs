//! The test server: one PC's desk with its window in a browser. The real `desk_app::Desk` (cache, search, sync, demo clinic, a connection to a real
//! PostgreSQL) behind HTTP on 127.0.0.1, for the pages built with the HTTP door (`ui/src/backend/http.ts`).
//!
//! | request | answer |
//! |---|---|
//! | `POST /<command>` | the command's response; 422 with an `AppError` when it is refused |
//! | `GET /events` | what the shell tells its window, as server-sent events ([`events`]) |
//! | `GET /…` | the pages, under the window's own content security policy ([`guard`]) |
//!
//! It stands in for the desktop shell in tests and ships in no program. That is why it may do what the shell may not: keep secrets in memory
//! and show no toasts, only remember them (see [`ports`](crate::harness::ports)).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a part of the tests: a server that cannot start is a failed test, and the panic names why"
)]

pub mod events;
pub mod guard;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use desk_app::command::*;
use desk_app::error::{AppError, Code};
use desk_app::ports::Secrets;
use desk_app::{Desk, Places, Ports};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

use crate::harness::ports::{Memory, TestClock, Toasts};
use events::Events;
use guard::Own;

/// A refusal as the window's error shape.
struct Refused(AppError);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(self.0)).into_response()
    }
}

/// A request that is not of the command's form ends in the one error shape too, as in the shell's adapters.
fn understood<T>(request: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    request
        .map(|Json(request)| request)
        .map_err(|_| Refused(Code::Unexpected.into()))
}

macro_rules! routes {
    ($($name:ident: $request:ty => $response:ty,)+) => {
        fn commands() -> Router<Arc<Desk>> {
            $(
                async fn $name(
                    State(desk): State<Arc<Desk>>,
                    request: Result<Json<$request>, JsonRejection>,
                ) -> Result<Json<$response>, Refused> {
                    desk.$name(understood(request)?).await.map(Json).map_err(Refused)
                }
            )+
            Router::new()$(.route(concat!("/", stringify!($name)), post($name)))+
        }
    };
}
desk_app::for_each_command!(routes);

/// A PC whose window is a browser. Dropping it ends the server, and removes the PC's folder if that was made for it.
pub struct Served {
    /// The desk itself, for what does not come through a window.
    pub desk: Arc<Desk>,
    /// What the desk wanted to show on this PC's screen.
    pub toasts: Arc<Toasts>,
    /// The PC's clock.
    pub clock: Arc<TestClock>,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _folder: Option<TempDir>,
}

impl Served {
    /// A new PC, with the pages of this folder.
    pub async fn start(pages: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("aura-desk-served").tempdir().unwrap();
        let mut served = Self::on(folder.path(), Arc::new(Memory::default()), pages).await;
        served._folder = Some(folder);
        served
    }

    /// A PC whose folder and keyring are there before and after.
    pub async fn on(folder: &Path, secrets: Arc<dyn Secrets>, pages: &Path) -> Self {
        let (toasts, clock, events) = (Arc::<Toasts>::default(), Arc::<TestClock>::default(), Arc::default());
        let ports = Ports {
            clock: clock.clone(),
            secrets,
            notifier: toasts.clone(),
            window: Arc::clone(&events) as _,
        };
        let data = folder.to_owned();
        let desk = Desk::launch(ports, Places { data }, "test".into()).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("loopback has a free port");
        let address = listener.local_addr().unwrap();
        let router = router(desk.clone(), events, pages, address);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self {
            desk,
            toasts,
            clock,
            address,
            serving,
            _folder: None,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(desk: Arc<Desk>, events: Arc<Events>, pages: &Path, address: SocketAddr) -> Router {
    commands()
        .with_state(desk)
        .merge(Router::new().route("/events", get(tell)).with_state(events))
        .fallback_service(ServeDir::new(pages))
        .layer(middleware::from_fn_with_state(Own::at(address), guard::admit))
}

async fn tell(State(events): State<Arc<Events>>, headers: HeaderMap) -> impl IntoResponse {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let heard = last.unwrap_or_else(|| events.count());
    Sse::new(events.after(heard)).keep_alive(KeepAlive::default())
}

/// The pages with the HTTP door, as `make build` leaves them.
///
/// # Panics
/// When they are not there.
#[must_use]
pub fn pages() -> PathBuf {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist-http");
    assert!(
        pages.join("index.html").is_file(),
        "ui/dist-http is not built: make build, or npm --prefix ui run build:http"
    );
    pages
}
