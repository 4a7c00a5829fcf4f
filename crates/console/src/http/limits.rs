//! How many requests an address may send: a bucket that fills steadily.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use crate::clock;
use crate::error::Refused;

/// Requests at once, and in a second on average; a ward behind one address shares them.
const BURST: f64 = 600.0;
const PER_S: f64 = 200.0;
/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<BTreeMap<IpAddr, (f64, Instant)>>);

impl Limits {
    /// Takes one from the bucket of an address.
    fn take(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() > MOST_ADDRESSES {
            buckets.retain(|_, (_, at)| (now - *at).as_secs_f64() < BURST / PER_S);
        }
        let (left, at) = buckets.entry(address).or_insert((BURST, now));
        *left = (*left + PER_S * (now - *at).as_secs_f64()).min(BURST);
        *at = now;
        let enough = *left >= 1.0;
        *left -= if enough { 1.0 } else { 0.0 };
        enough
    }
}

/// Stands before everything.
pub(crate) async fn limit(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    if from.is_some_and(|from| !app.limits.take(from, clock::now())) {
        let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, "rate", "too many requests: wait a second");
        return refused.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_address_that_asks_too_often_waits_and_others_do_not() {
        let (limits, now) = (Limits::default(), clock::now());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!((0..1000).filter(|_| limits.take(one, now)).count(), 600);
        assert!(limits.take(other, now));
        let later = now + Duration::from_millis(100);
        assert_eq!((0..1000).filter(|_| limits.take(one, later)).count(), 20);
    }
}
