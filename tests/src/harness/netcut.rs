//! The network between one PC and PostgreSQL: a TCP proxy on 127.0.0.1 that can be cut, silenced, half-opened, slowed and mended.
//!
//! The desk is given the proxy's port instead of the server's, so nothing in the program knows that it is being tested.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use super::background::Background;
use super::wait::{secs, wait_until};

/// What the path does to what is sent through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Open { delay: Duration },
    Cut,
    Silent,
    HalfOpen,
}

/// What the path reports about itself.
#[derive(Debug, Clone, Copy, Default)]
struct Now {
    is_listening: bool,
    clients: usize,
    servers: usize,
    accepted: usize,
    sent: usize,
}

/// A path to one server; gone, with all its connections, when dropped.
pub struct NetCut {
    port: u16,
    server: Arc<AtomicU16>,
    path: watch::Sender<Path>,
    now: watch::Receiver<Now>,
    _thread: Background,
}

impl NetCut {
    /// Opens a path to the server on this port of 127.0.0.1.
    #[must_use]
    pub fn to(server_port: u16) -> Self {
        let thread = Background::start("netcut");
        let (path, wish) = watch::channel(Path::Open { delay: Duration::ZERO });
        let (report, now) = watch::channel(Now {
            is_listening: true,
            ..Now::default()
        });
        let listener = thread
            .run(TcpListener::bind(("127.0.0.1", 0)))
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = Arc::new(AtomicU16::new(server_port));
        thread.spawn(accept(listener, server.clone(), wish, report));
        Self {
            port: address.port(),
            server,
            path,
            now,
            _thread: thread,
        }
    }

    /// The port that the desk is told.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on the path leads to another server, as a name does after a fail-over. Connections made before stay where they are.
    pub fn lead_to(&self, server_port: u16) {
        self.server.store(server_port, Ordering::SeqCst);
    }

    /// The same URL with this path's port in place of the server's.
    #[must_use]
    pub fn through(&self, url: &str, server_port: u16) -> String {
        let (before, after) = url
            .rsplit_once(&format!(":{server_port}"))
            .expect("the URL has the server's port");
        format!("{before}:{}{after}", self.port)
    }

    /// Pulls the cable at the desk's end: connections are closed and new ones refused. Returns when that is so.
    pub fn cut(&self) {
        self.path.send_replace(Path::Cut);
        self.wait("the path is cut", |now| {
            !now.is_listening && now.clients == 0 && now.servers == 0
        });
    }

    /// Lets packets vanish, as a dead router does: connections stay, new ones are taken, nothing ever arrives.
    /// What was sent meanwhile is delivered after [`Self::resume`], like a retransmission.
    pub fn silence(&self) {
        self.path.send_replace(Path::Silent);
    }

    /// Takes the server's side away without telling the desk, as a firewall that forgets a connection does.
    /// New connections are taken and stay silent. After [`Self::resume`] the desk finds its old ones closed.
    pub fn half_open(&self) {
        self.path.send_replace(Path::HalfOpen);
        self.wait("the server's side is closed", |now| now.servers == 0);
    }

    /// Holds back whatever is sent, in each direction, by this time.
    pub fn delay(&self, delay: Duration) {
        self.path.send_replace(Path::Open { delay });
        self.wait("the path listens", |now| now.is_listening);
    }

    /// Mends the path. Returns when it takes connections.
    pub fn resume(&self) {
        self.delay(Duration::ZERO);
    }

    /// How many connections the desk has open here now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.now.borrow().clients
    }

    /// How many connections the desk has ever opened here.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.now.borrow().accepted
    }

    /// How many bytes the desk has ever sent on its way here.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.now.borrow().sent
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Now) -> bool) {
        wait_until(what, secs(10), || is_so(&self.now.borrow()).then_some(()));
    }
}

async fn accept(
    listener: TcpListener,
    server: Arc<AtomicU16>,
    mut wish: watch::Receiver<Path>,
    report: watch::Sender<Now>,
) {
    let address = listener.local_addr().expect("a bound socket has an address");
    let mut listener = Some(listener);
    loop {
        let path = *wish.borrow_and_update();
        if path == Path::Cut {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("the path's port is still ours"));
        }
        report.send_modify(|now| now.is_listening = listener.is_some());
        tokio::select! {
            changed = wish.changed() => if changed.is_err() { return },
            (client, _) = next(listener.as_ref()) => {
                report.send_modify(|now| now.accepted += 1);
                tokio::spawn(serve(client, server.clone(), wish.clone(), report.clone()));
            }
        }
    }
}

/// The next connection; never, without a listener.
async fn next(listener: Option<&TcpListener>) -> (TcpStream, SocketAddr) {
    match listener {
        Some(listener) => listener.accept().await.expect("a bound socket takes connections"),
        None => std::future::pending().await,
    }
}

async fn serve(
    mut client: TcpStream,
    server: Arc<AtomicU16>,
    mut wish: watch::Receiver<Path>,
    report: watch::Sender<Now>,
) {
    let _client = Count::up(&report, |now| &mut now.clients);
    if until_open(&mut wish).await
        && let Ok(mut server) = TcpStream::connect(("127.0.0.1", server.load(Ordering::SeqCst))).await
    {
        let _server = Count::up(&report, |now| &mut now.servers);
        _ = client.set_nodelay(true).and(server.set_nodelay(true));
        let (mut client_in, mut client_out) = client.split();
        let (mut server_in, mut server_out) = server.split();
        tokio::select! {
            () = pump(&mut client_in, &mut server_out, wish.clone(), |count| report.send_modify(|now| now.sent += count)) => {}
            () = pump(&mut server_in, &mut client_out, wish.clone(), |_| ()) => {}
        }
    }
    if *wish.borrow() == Path::HalfOpen {
        _ = wish.wait_for(|path| *path != Path::HalfOpen).await;
    }
}

/// Waits while the path is silent or half open; `false` once it is cut.
async fn until_open(wish: &mut watch::Receiver<Path>) -> bool {
    let decided = wish
        .wait_for(|path| matches!(path, Path::Open { .. } | Path::Cut))
        .await;
    decided.is_ok_and(|path| *path != Path::Cut)
}

/// Carries bytes one way until an end closes, or the path is cut or half opened; tells how many it has read.
async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut wish: watch::Receiver<Path>,
    tell: impl Fn(usize),
) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let path = *wish.borrow_and_update();
        // It may have come between two looks, while a connection was being made or bytes were carried.
        if is_broken(path) {
            return;
        }
        let read = async {
            match path {
                Path::Open { .. } => from.read(&mut bytes).await,
                Path::Cut | Path::Silent | Path::HalfOpen => std::future::pending().await,
            }
        };
        tokio::select! {
            read = read => match read {
                Ok(count @ 1..) => {
                    tell(count);
                    if carry(&bytes[..count], to, &mut wish).await.is_none() { return }
                }
                Ok(0) | Err(_) => return,
            },
            changed = wish.changed() => if changed.is_err() || is_broken(*wish.borrow()) { return },
        }
    }
}

/// Delivers what has been read; `None` when it can not be delivered any more.
async fn carry(bytes: &[u8], to: &mut (impl AsyncWriteExt + Unpin), wish: &mut watch::Receiver<Path>) -> Option<()> {
    let path = *wish.borrow();
    if let Path::Open { delay } = path {
        sleep(delay).await;
    }
    let path = *wish.wait_for(|path| *path != Path::Silent).await.ok()?;
    if is_broken(path) {
        None
    } else {
        to.write_all(bytes).await.ok()
    }
}

fn is_broken(path: Path) -> bool {
    matches!(path, Path::Cut | Path::HalfOpen)
}

/// One more while it lives.
struct Count<'a> {
    report: &'a watch::Sender<Now>,
    field: fn(&mut Now) -> &mut usize,
}

impl<'a> Count<'a> {
    fn up(report: &'a watch::Sender<Now>, field: fn(&mut Now) -> &mut usize) -> Self {
        report.send_modify(|now| *field(now) += 1);
        Self { report, field }
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.report.send_modify(|now| *(self.field)(now) -= 1);
    }
}
