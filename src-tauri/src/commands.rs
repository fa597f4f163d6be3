//! The window's side of the command list: one adapter per line, made by the list itself, so that a new command needs nothing here.
//! Which of them a window may call stands in `capabilities/main.json`.

use desk_app::command::*;
use desk_app::error::{AppError, Code};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tauri::State;

use crate::start::Started;

macro_rules! adapters {
    ($($name:ident: $request:ty => $response:ty,)+) => {
        $(
            #[tauri::command]
            async fn $name(started: State<'_, Started>, request: Value) -> Result<$response, AppError> {
                let request: $request = understood(stringify!($name), request)?;
                started.desk().await.$name(request).await
            }
        )+

        /// Answers every command of the list.
        pub fn all() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),+]
        }
    };
}
desk_app::for_each_command!(adapters);

/// A request that is not of the command's form ends in the one error shape too; Tauri alone would answer it with a sentence.
fn understood<T: DeserializeOwned>(command: &str, request: Value) -> Result<T, AppError> {
    serde_json::from_value(request).map_err(|_| {
        let error = AppError::new(Code::Unexpected);
        // Not serde's text: it quotes what was sent.
        tracing::error!(command, ref_id = error.ref_id, "a request of another form");
        error
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk_app::command::COMMANDS;

    #[test]
    fn a_request_of_another_form_is_an_error_of_the_one_shape() {
        let error = understood::<Unlock>("unlock", serde_json::json!({ "person": "x" })).expect_err("no such person");
        assert_eq!((error.code, error.ref_id.len()), (Code::Unexpected, 8));
    }

    #[test]
    fn each_window_may_call_its_own_commands_and_nothing_else() {
        /// What the customer's screen is for: nobody at the counter answers for them, and it can ask for nothing else.
        const CUSTOMERS: [&str; 2] = ["display_shown", "display_answer"];
        let counters: Vec<&str> = COMMANDS
            .iter()
            .copied()
            .filter(|name| !CUSTOMERS.contains(name))
            .collect();
        may_call(include_str!("../capabilities/main.json"), "main", &counters);
        may_call(include_str!("../capabilities/display.json"), "display", &CUSTOMERS);
    }

    fn may_call(capability: &str, window: &str, commands: &[&str]) {
        let capability: Value = serde_json::from_str(capability).expect("JSON");
        let granted: Vec<String> = serde_json::from_value(capability["permissions"].clone()).expect("a list of names");
        let to_hear = ["core:event:allow-listen", "core:event:allow-unlisten"].map(String::from);
        let to_call = commands.iter().map(|name| format!("allow-{}", name.replace('_', "-")));
        assert_eq!(granted, to_hear.into_iter().chain(to_call).collect::<Vec<_>>());
        assert_eq!(capability["windows"], serde_json::json!([window]));
        assert!(
            capability.get("remote").is_none(),
            "no page from elsewhere may call anything"
        );
    }
}
