//! A panic of the harness becomes a value, so that what was measured before it is reported.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// Runs the future to its end. A panic in it is `Err` with what was said; the future is not touched again.
pub(super) async fn survive<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panic) => Poll::Ready(Err(said(panic.as_ref()))),
    })
    .await
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_value_and_what_went_well_too() {
        assert_eq!(survive(async { 7 }).await, Ok(7));
        let later = survive(async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "number {}", 3);
        });
        assert_eq!(later.await, Err("number 3".to_owned()));
    }
}
