//! A server of quotes, whose answers are a module's: `GET /quote?client=…&symbol=…&count=…` awaits its `async` function,
//! which awaits a market over HTTP; `GET /index` shows what its task follows, and `POST /load?module=…` updates it.
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use hotmod_host::{AsyncFunction, Host, Module, Pool, PoolError};
use quotes_interface::Account;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

/// What the function `quote` of the module is.
type Quote = fn(&str, u32) -> Result<(f64, String), String>;

type Answer<T> = Result<T, (StatusCode, String)>;

/// The module, and what the server keeps of it.
pub struct Quotes {
    /// The module that answers.
    pub module: Module<dyn Account>,
    /// What it knows of each client.
    pub accounts: Pool<String, dyn Account>,
    quote: AsyncFunction<Quote>,
    index: Arc<Mutex<Value>>,
}

#[derive(Deserialize)]
struct Asked {
    client: String,
    symbol: String,
    count: u32,
}

#[derive(Deserialize)]
struct Load {
    module: String,
}

impl Quotes {
    /// A server of the module in this file, that asks the market at this address: `GET ADDRESS/SYMBOL` is a price.
    ///
    /// # Errors
    ///
    /// If the file is refused.
    pub fn new(
        runtime: Handle,
        market: &str,
        file: &Path,
    ) -> Result<Arc<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let (client, market) = (reqwest::Client::new(), market.to_owned());
        let index = Arc::new(Mutex::new(Value::Null));
        let shown = index.clone();
        let host = Host::builder()
            .tokio(runtime)
            .provide_async("fetch_price", move |symbol: String| {
                let (client, url) = (client.clone(), format!("{market}/{symbol}"));
                async move {
                    price(&client, &url)
                        .await
                        .map_err(|error| error.to_string())
                }
            })
            .provide("show_index", move |price: f64, seen: u64, by: &str| {
                let index = json!({ "price": price, "seen": seen, "by": by });
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = index;
            })
            .build()?;
        let module = host.load::<dyn Account>(file)?;
        Ok(Arc::new(Quotes {
            quote: module.async_function::<Quote>("quote")?,
            accounts: Pool::builder(&module).build()?,
            module,
            index,
        }))
    }

    /// What the module answers a client.
    ///
    /// # Errors
    ///
    /// If the module or the market fails.
    pub async fn ask(&self, client: &str, symbol: &str, count: u32) -> Answer<Value> {
        let (total, version) = self
            .quote
            .call(symbol, count)
            .await
            .map_err(|error| failed(StatusCode::INTERNAL_SERVER_ERROR, error))?
            .map_err(|error| failed(StatusCode::BAD_GATEWAY, error))?;
        let client = client.to_owned();
        let note = || {
            self.accounts
                .call(&client, |account| account.note(symbol, total))
        };
        let noted = match note() {
            Err(PoolError::Absent { .. }) => {
                // Another request of the client may have created it meanwhile.
                let _ = self.accounts.create(client.clone(), "");
                note()
            }
            noted => noted,
        };
        let noted = noted.map_err(|error| failed(StatusCode::INTERNAL_SERVER_ERROR, error))?;
        Ok(json!({ "total": total, "version": version, "quotes": noted }))
    }
}

async fn price(
    client: &reqwest::Client,
    url: &str,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let answer = client.get(url).send().await?.error_for_status()?;
    Ok(answer.text().await?.parse()?)
}

/// The server.
pub fn router(quotes: Arc<Quotes>) -> Router {
    Router::new()
        .route("/quote", get(quote))
        .route("/index", get(index))
        .route("/load", post(load))
        .with_state(quotes)
}

async fn quote(State(quotes): State<Arc<Quotes>>, asked: Query<Asked>) -> Answer<Json<Value>> {
    let Query(Asked {
        client,
        symbol,
        count,
    }) = asked;
    quotes.ask(&client, &symbol, count).await.map(Json)
}

async fn index(State(quotes): State<Arc<Quotes>>) -> Json<Value> {
    let index = quotes.index.lock().unwrap_or_else(PoisonError::into_inner);
    Json(index.clone())
}

async fn load(State(quotes): State<Arc<Quotes>>, query: Query<Load>) -> Answer<String> {
    // Reads, checks and links a file: too long for a thread that answers calls.
    let update = move || quotes.module.update(&query.module);
    let done = tokio::task::spawn_blocking(update).await;
    match done.map_err(|error| failed(StatusCode::INTERNAL_SERVER_ERROR, error))? {
        Ok(update) => Ok(format!("{update}\n")),
        Err(refusal) => Err(failed(StatusCode::CONFLICT, refusal)),
    }
}

fn failed(status: StatusCode, error: impl Display) -> (StatusCode, String) {
    (status, format!("{error}\n"))
}
