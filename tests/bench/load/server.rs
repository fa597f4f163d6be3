//! What the processors did and what the server holds in memory, by the kernel's word.

use std::fs;
use std::time::Duration;

use desk_tests::harness::{pg::PgCluster, pooler::Pooler};

/// The kernel counts in hundredths of a second here (`getconf CLK_TCK`).
const TICK: Duration = Duration::from_millis(10);

/// Time that processors spent so far.
pub struct Cpu {
    pub postgres: Duration,
    pub pooler: Duration,
    pub desks: Duration,
}

/// Of every process of the server, those that have ended too; of the pooler; and of this one.
pub fn cpu(pg: &PgCluster, pooler: Option<&Pooler>) -> Cpu {
    let (first, others) = pg.processes();
    let ended = ticks(first, &[13, 14, 15, 16]);
    let running: u32 = others.iter().map(|id| ticks(*id, &[13, 14])).sum();
    Cpu {
        postgres: TICK * (ended + running),
        pooler: TICK * pooler.map_or(0, |pooler| ticks(pooler.pid(), &[13, 14])),
        desks: TICK * ticks(std::process::id(), &[13, 14]),
    }
}

/// Memory of the server's processes that is each one's own, in MB: what all share is not in it.
pub fn memory(pg: &PgCluster) -> u64 {
    let own = |id: &u32| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    pg.processes().1.iter().filter_map(own).sum::<u64>() / 1_024
}

/// Fields of `/proc/<id>/stat`, counted from 0 as in proc(5) less one; the name in front may hold anything, so counting begins behind it.
fn ticks(id: u32, fields: &[usize]) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return 0;
    };
    let numbers: Vec<&str> = rest.split_whitespace().collect();
    fields
        .iter()
        .map(|field| numbers[field - 2].parse::<u32>().unwrap())
        .sum()
}
