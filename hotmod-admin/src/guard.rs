//! What stands before every route: how many, for which host, from which page, and who.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hotmod::codes;

use crate::auth::{Caller, NoCaller, Scope};
use crate::fault::Fault;
use crate::header::shortly;
use crate::peer::{Asking, Peer, from};
use crate::shared::Shared;

/// What a page of this crate may load: its own three files, and what `/v1` answers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Whoever reaches it: it says nothing of modules. Probes name any host.
    Nothing,
    /// Whoever reaches it under an allowed host: the files of the page.
    Host,
    /// A caller who may do this.
    Scope(Scope),
}

impl Needs {
    /// As the description of the routes has it.
    #[cfg(test)]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Needs::Nothing => "none",
            Needs::Host => "host",
            Needs::Scope(scope) => scope.as_str(),
        }
    }
}

/// Lets a request on to its route, or answers it.
pub(crate) async fn guard(
    State((shared, needs)): State<(Arc<Shared>, Needs)>,
    mut request: Request,
    next: Next,
) -> Response {
    let admitted = admit(&shared, needs, &mut request);
    let mut response = match admitted {
        Ok(_permit) => next.run(request).await,
        Err(fault) => {
            shared.counts.deny(fault.code.name());
            fault.into_response()
        }
    };
    shared.counts.answer(response.status());
    let headers = response.headers_mut();
    let always: [(HeaderName, &'static str); 5] = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a request may go on, for as long as the permit is held.
fn admit<'s>(
    shared: &'s Shared,
    needs: Needs,
    request: &mut Request,
) -> Result<Option<tokio::sync::SemaphorePermit<'s>>, Fault> {
    if needs == Needs::Nothing {
        return Ok(None);
    }
    let permit = shared.requests.try_acquire().map_err(|_| {
        let busy = "as many requests are worked on as may be at once";
        Fault::new(StatusCode::SERVICE_UNAVAILABLE, codes::BUSY, busy)
            .retry_after(Duration::from_secs(1))
    })?;
    let is_at_socket = matches!(request.extensions().get(), Some(Peer::Unix { .. }));
    if !is_at_socket {
        refuse_other_host(shared, request.headers(), request.uri())?;
    }
    let Needs::Scope(scope) = needs else {
        return Ok(Some(permit));
    };
    let caller = caller(shared, request)?;
    let rate = shared.limits.rate;
    if let Err(wait) = shared.rates.take(&caller.name, rate, Instant::now()) {
        let message = format!(
            "{} has made more requests than {rate} in a second",
            caller.name
        );
        let fault = Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            codes::TOO_MANY_REQUESTS,
            message,
        );
        return Err(fault.retry_after(wait));
    }
    if !caller.may(scope) {
        let message = format!("{} lacks the scope `{}`", caller.name, scope.as_str());
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            codes::SCOPE_MISSING,
            message,
        ));
    }
    let from = from(request.extensions());
    request.extensions_mut().insert(Asking { caller, from });
    Ok(Some(permit))
}

/// Refuses a request by another name than one of ours, and one that a page of another origin has a browser make.
fn refuse_other_host(shared: &Shared, headers: &HeaderMap, uri: &Uri) -> Result<(), Fault> {
    let named = headers.get(HOST).and_then(|it| it.to_str().ok());
    let authority = uri.authority().map(|it| it.as_str()).or(named);
    let authority = authority.unwrap_or_default();
    let not_allowed = match headers.get_all(HOST).iter().count() {
        0 | 1 if shared.auth.allows_host(authority) => None,
        0 | 1 => Some(shortly(authority)),
        several => Some(format!("by {several} headers `Host`")),
    };
    if let Some(named) = not_allowed {
        let message = format!(
            "the host that the request names, {named}, is none of those that were allowed (`Auth::allow_host`)"
        );
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            codes::HOST_NOT_ALLOWED,
            message,
        ));
    }
    for origin in headers.get_all(ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        if !shared.auth.allows_origin(&origin, authority) {
            let message = format!(
                "pages of the origin {} may not ask (`Auth::allow_origin`)",
                shortly(&origin)
            );
            return Err(Fault::new(
                StatusCode::FORBIDDEN,
                codes::ORIGIN_NOT_ALLOWED,
                message,
            ));
        }
    }
    Ok(())
}

/// Who asks: who has the token, or who is at the socket.
fn caller(shared: &Shared, request: &Request) -> Result<Caller, Fault> {
    let denied = |code, message: &'static str| Fault::new(StatusCode::UNAUTHORIZED, code, message);
    let mut given = request.headers().get_all(AUTHORIZATION).iter();
    let Some(header) = given.next() else {
        if let Some(Peer::Unix { user, .. }) = request.extensions().get() {
            // Whom the listener let in may do all.
            return Ok(Caller::owner(format!("user {user}")));
        }
        let message = "a token is needed: `Authorization: Bearer …`";
        return Err(denied(codes::TOKEN_MISSING, message));
    };
    let secret = header.to_str().ok().and_then(|it| it.split_once(' '));
    let secret = secret.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, secret)) = secret.filter(|_| given.next().is_none()) else {
        let message = "one header `Authorization: Bearer …` is needed";
        return Err(denied(codes::TOKEN_UNREADABLE, message));
    };
    shared
        .auth
        .caller(secret.trim())
        .map_err(|error| match error {
            NoCaller::Unknown => denied(codes::TOKEN_UNKNOWN, "nobody has this token"),
            NoCaller::Expired => denied(codes::TOKEN_EXPIRED, "this token has expired"),
        })
}
