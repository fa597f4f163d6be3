//! A desk without a window for journeys across crates: the real use cases, cache, sync and PostgreSQL; only the ports to the machine are
//! stand-ins whose every word can be read.
#![allow(dead_code)] // each test file uses its own part

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use desk_app::{
    Desk, Places, Ports,
    api::{
        Nothing,
        session::{Connect, Phase, StartState, Unlock},
        sync::{SyncMode, SyncState},
    },
    ports::Window,
};
use desk_tests::harness::{
    ports::{Memory, TestClock, Toasts},
    wait::eventually,
};
use tempfile::TempDir;
use uuid::Uuid;

/// How long anything may take before a test gives up on it.
pub const LONG: Duration = Duration::from_secs(30);
/// The PIN of everyone in these journeys.
pub const PIN: &str = "2468";

/// Where the window was sent.
#[derive(Default)]
pub struct Paths {
    pub opened: Mutex<Vec<String>>,
    pub topics: Mutex<Vec<String>>,
}

impl Window for Paths {
    fn changed(&self, topics: &[String]) {
        self.topics.lock().unwrap().extend(topics.iter().cloned());
    }
    fn open(&self, path: &str) {
        self.opened.lock().unwrap().push(path.into());
    }
    fn show_display(&self, _: bool) {}
}

/// One PC: its folder and keyring stay while the program comes and goes.
pub struct Pc {
    pub folder: TempDir,
    pub clock: Arc<TestClock>,
    pub secrets: Arc<Memory>,
    pub toasts: Arc<Toasts>,
    pub window: Arc<Paths>,
}

impl Default for Pc {
    fn default() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::default(),
            secrets: Arc::default(),
            toasts: Arc::default(),
            window: Arc::default(),
        }
    }
}

impl Pc {
    /// Starts the program.
    pub async fn start(&self) -> Arc<Desk> {
        let ports = Ports {
            clock: self.clock.clone(),
            secrets: self.secrets.clone(),
            notifier: self.toasts.clone(),
            window: self.window.clone(),
        };
        let places = Places {
            data: self.folder.path().to_owned(),
        };
        Desk::launch(ports, places, "test".into()).await
    }

    /// Another PC with the same files and keyring; this one's program must not be running.
    pub fn copy(&self) -> Self {
        let copy = Self {
            secrets: Arc::new(self.secrets.copy()),
            ..Self::default()
        };
        let (from, to) = (self.folder.path().join("clinic"), copy.folder.path().join("clinic"));
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        copy
    }

    /// Starts the program on a new PC and connects it with a code; waits for the first load.
    pub async fn connect(&self, code: String, device: &str) -> Arc<Desk> {
        let desk = self.start().await;
        connect(&desk, code, device).await;
        desk
    }

    /// Starts the program again and unlocks it.
    pub async fn start_and_unlock(&self) -> Arc<Desk> {
        let desk = self.start().await;
        let person = stand(&desk).await.people[0].id;
        unlock(&desk, person).await;
        desk
    }
}

pub async fn connect(desk: &Arc<Desk>, code: String, device: &str) {
    desk.connect(Connect {
        code,
        pin: PIN.into(),
        device: device.into(),
    })
    .await
    .unwrap();
    eventually("the first load", LONG, async || {
        (stand(desk).await.phase == Phase::Ready).then_some(())
    })
    .await;
}

pub async fn stand(desk: &Arc<Desk>) -> StartState {
    desk.start(Nothing {}).await.unwrap()
}

pub async fn unlock(desk: &Arc<Desk>, person: Uuid) {
    desk.unlock(Unlock {
        person,
        pin: PIN.into(),
    })
    .await
    .unwrap();
}

pub async fn sync(desk: &Arc<Desk>) -> SyncState {
    desk.sync_state(Nothing {}).await.unwrap()
}

/// Waits until the desk is online and nothing waits.
pub async fn until_agreed(desk: &Arc<Desk>) {
    eventually("desk and clinic agree", LONG, async || {
        let state = sync(desk).await;
        (state.mode == SyncMode::Online && state.waiting.is_empty()).then_some(())
    })
    .await;
}

pub async fn until_mode(desk: &Arc<Desk>, mode: SyncMode) {
    eventually(format!("{mode:?}"), LONG, async || {
        (sync(desk).await.mode == mode).then_some(())
    })
    .await;
}
