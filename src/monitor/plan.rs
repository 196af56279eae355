//! What a monitor is to do.

use std::{fmt, time::Duration};

use super::{MIN_PERIOD, MonitorError, MonitorTarget, Probe, Sample};

/// What is done with each row, on the monitor's own thread: whoever takes long here makes gaps, which are reported.
pub type OnRow = Box<dyn FnMut(&Sample) + Send>;

/// What a monitor is to do.
pub struct MonitorPlan {
    /// The process.
    pub target: MonitorTarget,
    /// From one row to the next.
    pub period: Duration,
    /// What is measured besides, each on a thread of its own and a column of the file.
    pub probes: Vec<Box<dyn Probe>>,
    /// What is done with each row.
    pub on_row: Option<OnRow>,
}

impl MonitorPlan {
    /// The process alone.
    pub fn new(target: MonitorTarget, period: Duration) -> Self {
        Self { target, period, probes: Vec::new(), on_row: None }
    }

    /// Whether it can be done.
    ///
    /// # Errors
    /// The period is too short.
    pub fn check(&self) -> Result<(), MonitorError> {
        let period = self.period;
        if period < MIN_PERIOD { Err(MonitorError::Period { period }) } else { Ok(()) }
    }
}

impl fmt::Debug for MonitorPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let probes: Vec<_> = self.probes.iter().map(|probe| probe.name()).collect();
        f.debug_struct("MonitorPlan")
            .field("target", &self.target)
            .field("period", &self.period)
            .field("probes", &probes)
            .finish_non_exhaustive()
    }
}
