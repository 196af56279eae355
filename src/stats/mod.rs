//! Numbers about numbers: latency histograms, series per second, the line through a column and its trend.

#[cfg(any(feature = "load", feature = "report"))]
mod histogram;
mod line;
mod second;
#[cfg(feature = "load")]
mod series;
mod summary;
mod trend;

#[cfg(any(feature = "load", feature = "report"))]
pub use histogram::{Histogram, HistogramError};
pub use line::{Line, slope};
pub use second::Second;
#[cfg(feature = "load")]
pub use series::{MAX_SECONDS, Series};
pub use summary::{JudgedPercentiles, LatencySummary, Statistic};
pub use trend::{TREND_SAMPLES, Trend};
