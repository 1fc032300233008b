//! CPU time of this process, and medians of it.

use rustix::time::{ClockId, clock_gettime};

fn cpu_ms() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// Median CPU milliseconds of a run; the results are kept until all clocks have been read.
pub fn median<T>(repeats: usize, mut run: impl FnMut() -> T) -> f64 {
    let mut times = Vec::with_capacity(repeats);
    // Once without a clock: caches and allocator are then as they are in a warm function.
    let mut kept = run();
    for _ in 0..repeats {
        let start = cpu_ms();
        let result = std::hint::black_box(run());
        times.push(cpu_ms() - start);
        kept = result;
    }
    drop(kept);
    middle(times)
}

/// The median.
pub fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Processors, and the load average of the last minute.
pub fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{processors} processors with a load average of {}", load.split(' ').next().unwrap_or("?"))
}
