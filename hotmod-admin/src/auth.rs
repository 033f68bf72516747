//! Who may do what: tokens with scopes, and the hosts and origins that requests may name.

use std::fmt;
use std::net::Ipv6Addr;
use std::time::{Duration, SystemTime};

use hotmod::codes::{self, coded};
use subtle::ConstantTimeEq;

/// The fewest characters of a token's secret.
const SHORTEST: usize = 24;

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scope {
    /// See modules, versions, events, operations and metrics.
    Read,
    /// Change what runs: update, roll back, freeze and the like, and see the plan of each.
    Operate,
    /// Read the live state of instances.
    State,
}

impl Scope {
    /// All of them.
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Operate, Scope::State];

    /// The name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Operate => "operate",
            Scope::State => "state",
        }
    }
}

/// A secret by which a caller is known, and what it lets the caller do. Only a digest of the secret is kept.
#[derive(Clone)]
pub struct Token {
    name: String,
    digest: [u8; 32],
    scopes: Vec<Scope>,
    expires: Option<SystemTime>,
}

/// A secret that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It has fewer than 24 characters.
    #[non_exhaustive]
    Short {
        /// How many it has.
        found: usize,
    },
    /// It holds something else than visible ASCII, which no header carries.
    Unprintable,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::TOKEN_UNFIT, |f| match self {
            TokenError::Short { found } => write!(
                f,
                "a token of {found} characters can be guessed\n  help: use at least {SHORTEST}, as \
                 `openssl rand -hex 24` prints them"
            ),
            TokenError::Unprintable => f.write_str(
                "a token has characters that are not visible ASCII\n  help: use letters and digits",
            ),
        })
    }
}

impl std::error::Error for TokenError {}

impl Token {
    /// A token. The name is that of who has it, and stands in the audit.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if the secret could be guessed, or no header carries it.
    pub fn new(
        name: impl Into<String>,
        secret: &str,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Self, TokenError> {
        if !secret.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(TokenError::Unprintable);
        }
        if secret.len() < SHORTEST {
            let found = secret.len();
            return Err(TokenError::Short { found });
        }
        Ok(Token {
            name: name.into(),
            digest: digest(secret.as_bytes()),
            scopes: scopes.into_iter().collect(),
            expires: None,
        })
    }

    /// The token is worth nothing from then on.
    #[must_use]
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires = Some(time);
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What is compared: of one length for all secrets, so that how long comparing takes says nothing of them.
fn digest(secret: &[u8]) -> [u8; 32] {
    blake3::derive_key("hotmod-admin 2026 bearer token", secret)
}

/// Who may do what. By default nobody may do anything over TCP; over the [unix socket](crate::Admin::serve_unix), the
/// user that the server runs as, and root, may do all.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use hotmod_admin::{Auth, Scope, Token};
///
/// # fn main() -> Result<(), hotmod_admin::TokenError> {
/// # let secret = |_: &str| "0123456789abcdef0123456789abcdef".to_owned();
/// let month = Duration::from_secs(30 * 24 * 3600);
/// let auth = Auth::new()
///     .token(Token::new("prometheus", &secret("METRICS_TOKEN"), [Scope::Read])?)
///     .token(Token::new("ada", &secret("ADA_TOKEN"), Scope::ALL)?.expires_at(SystemTime::now() + month))
///     .allow_host("game.example.org");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Auth {
    tokens: Vec<Token>,
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Default for Auth {
    fn default() -> Self {
        Auth::new()
    }
}

impl Auth {
    /// No tokens, and requests for `localhost`, `127.0.0.1` and `[::1]` alone.
    #[must_use]
    pub fn new() -> Self {
        Auth {
            tokens: Vec::new(),
            hosts: ["localhost", "127.0.0.1", "[::1]"]
                .map(str::to_owned)
                .into(),
            origins: Vec::new(),
        }
    }

    /// Lets who has this token do what its scopes say.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.tokens.push(token);
        self
    }

    /// Answers requests that name this host in their `Host` header: at any port, or at that one if a port is given.
    /// Others are answered 403, so that no page elsewhere reaches the server by a name of its own that it has lead to an
    /// address of yours.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        let host = host.into().to_ascii_lowercase();
        // Requests have it in brackets.
        self.hosts.push(match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host,
        });
        self
    }

    /// Answers requests of pages of this origin, such as `https://ops.example.org`, beside those of the page that the
    /// server itself has: for a proxy under that name, which asks the server by another one. No browser is told that pages
    /// may read answers of a server elsewhere (there is no CORS).
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        let origin = origin.into().to_ascii_lowercase();
        let origin = origin.trim_end_matches('/');
        // Browsers leave out the port that belongs to the scheme.
        let without = match origin.split_once("://") {
            Some(("https", at)) => at.strip_suffix(":443").map(|it| format!("https://{it}")),
            Some(("http", at)) => at.strip_suffix(":80").map(|it| format!("http://{it}")),
            _ => None,
        };
        self.origins.push(without.unwrap_or(origin.to_owned()));
        self
    }

    pub(crate) fn allows_host(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        let named = [without_port(&authority), &authority];
        self.hosts.iter().any(|it| named.contains(&it.as_str()))
    }

    /// Whether a page of this origin may ask, at the authority that the request names.
    pub(crate) fn allows_origin(&self, origin: &str, authority: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let own = origin.split_once("://");
        own.is_some_and(|(scheme, at)| {
            matches!(scheme, "http" | "https") && at == authority.to_ascii_lowercase()
        }) || self.origins.contains(&origin)
    }

    /// Who has this secret.
    ///
    /// All tokens are compared, however many differ, and all of each.
    pub(crate) fn caller(&self, secret: &str) -> Result<Caller, NoCaller> {
        let given = digest(secret.as_bytes());
        let mut found = None;
        for token in &self.tokens {
            if bool::from(token.digest.ct_eq(&given)) {
                found = Some(token);
            }
        }
        let token = found.ok_or(NoCaller::Unknown)?;
        if token.expires.is_some_and(|it| it <= SystemTime::now()) {
            return Err(NoCaller::Expired);
        }
        Ok(Caller {
            name: token.name.clone(),
            scopes: token.scopes.clone(),
            expires: token.expires,
        })
    }
}

/// An authority as `Host` has it, without its port.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) name: String,
    scopes: Vec<Scope>,
    expires: Option<SystemTime>,
}

impl Caller {
    /// Who may do all.
    pub(crate) fn owner(name: String) -> Self {
        Caller {
            name,
            scopes: Scope::ALL.into(),
            expires: None,
        }
    }

    /// For how long it goes on being one; `None` if that has no end.
    pub(crate) fn lasts(&self) -> Option<Duration> {
        let expires = self.expires?;
        Some(
            expires
                .duration_since(SystemTime::now())
                .unwrap_or_default(),
        )
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        self.scopes.iter().map(|it| it.as_str()).collect()
    }
}

/// Why nobody is known by a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoCaller {
    Unknown,
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_secret_that_could_be_guessed_is_no_token() {
        let short = Token::new("ada", "hunter2", [Scope::Read]);
        assert_eq!(short.expect_err("short"), TokenError::Short { found: 7 });
        let odd = Token::new("ada", "0123456789abcdef 0123456789abcdef", [Scope::Read]);
        assert_eq!(odd.expect_err("a space"), TokenError::Unprintable);
    }

    #[test]
    fn a_token_is_worth_what_its_scopes_say_until_it_expires() {
        let token = Token::new("ada", SECRET, [Scope::Read]).expect("a token");
        assert!(!format!("{token:?}").contains(SECRET));
        let auth = Auth::new().token(token.clone());
        let caller = auth.caller(SECRET).expect("a caller");
        assert!(
            caller.may(Scope::Read) && !caller.may(Scope::Operate) && !caller.may(Scope::State)
        );
        assert_eq!(auth.caller(&SECRET[1..]), Err(NoCaller::Unknown));
        let past = SystemTime::now() - Duration::from_secs(1);
        let auth = Auth::new().token(token.expires_at(past));
        assert_eq!(auth.caller(SECRET), Err(NoCaller::Expired));
    }

    #[test]
    fn hosts_and_origins_are_those_that_were_allowed() {
        let auth = Auth::new()
            .allow_host("Game.example.org")
            .allow_origin("https://ops.example.org");
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:80",
            "game.example.org:443",
        ] {
            assert!(auth.allows_host(host), "{host}");
        }
        for host in [
            "",
            "evil.org",
            "localhost.evil.org",
            "game.example.org.",
            "127.0.0.2",
            "::1",
        ] {
            assert!(!auth.allows_host(host), "{host}");
        }
        assert!(auth.allows_origin("http://localhost:80", "localhost:80"));
        assert!(auth.allows_origin("https://ops.example.org", "localhost:80"));
        for origin in [
            "null",
            "http://evil.org",
            "http://localhost",
            "file://localhost:80",
            "http://ops.example.org",
        ] {
            assert!(!auth.allows_origin(origin, "localhost:80"), "{origin}");
        }
    }

    #[test]
    fn hosts_and_origins_are_allowed_as_people_write_them() {
        let auth = Auth::new()
            .allow_host("game.example.org:8443")
            .allow_host("fd00:0:0::7")
            .allow_origin("https://ops.example.org/")
            .allow_origin("https://Ops2.example.org:443")
            .allow_origin("http://ops3.example.org:443");
        for host in ["game.example.org:8443", "[fd00::7]", "[fd00::7]:80"] {
            assert!(auth.allows_host(host), "{host}");
        }
        for host in ["game.example.org", "game.example.org:80", "", ":8443"] {
            assert!(!auth.allows_host(host), "{host}");
        }
        for origin in [
            "https://ops.example.org",
            "https://ops2.example.org",
            "http://ops3.example.org:443",
        ] {
            assert!(auth.allows_origin(origin, "localhost"), "{origin}");
        }
        for origin in ["https://ops.example.org:444", "http://ops2.example.org"] {
            assert!(!auth.allows_origin(origin, "localhost"), "{origin}");
        }
    }
}
