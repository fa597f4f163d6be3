//! Who may ask: only the page that this server gave out, by the address under which it gave it out. Other pages in the same browser are
//! refused by `Origin`, and pages that made their own name point at 127.0.0.1 by `Host`.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// The address of this server and what its pages may do.
#[derive(Clone)]
pub struct Own {
    host: String,
    policy: HeaderValue,
}

impl Own {
    /// The server at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            host: address.to_string(),
            policy: policy(),
        }
    }

    fn is_asked_by_own_page(&self, headers: &HeaderMap) -> bool {
        let origin = format!("http://{}", self.host);
        let is_own = |value: Option<&HeaderValue>, own: &str| value.map(|value| value == own);
        is_own(headers.get(header::HOST), &self.host) == Some(true)
            && is_own(headers.get(header::ORIGIN), &origin).unwrap_or(true)
    }
}

/// The content security policy of the program's own window, but for where a page may connect to: here that is this server.
fn policy() -> HeaderValue {
    let config = include_str!("../../../src-tauri/tauri.conf.json");
    let config: serde_json::Value = serde_json::from_str(config).expect("tauri.conf.json is JSON");
    let rules = config["app"]["security"]["csp"].as_object().expect("it has a policy");
    let rule = |(name, value): (&String, &serde_json::Value)| match name.as_str() {
        "connect-src" => "connect-src 'self'".to_owned(),
        _ => format!("{name} {}", value.as_str().unwrap_or_default()),
    };
    let rules: Vec<_> = rules.iter().map(rule).collect();
    HeaderValue::from_str(&rules.join("; ")).expect("a policy is a header")
}

/// Refuses strangers, and puts the window's policy on every answer.
pub async fn admit(State(own): State<Own>, request: Request, next: Next) -> Response {
    if !own.is_asked_by_own_page(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut answer = next.run(request).await;
    answer
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, own.policy.clone());
    answer
}
