//! `quotes-server MODULE MARKET [PORT]`: serves quotes of this module file, of the market at this address.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;

use quotes_server::{Quotes, router};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "quotes-server MODULE MARKET [PORT]";
    let module = PathBuf::from(arguments.next().ok_or(usage)?);
    let market = arguments.next().ok_or(usage)?;
    let port = arguments.next().unwrap_or_else(|| "8080".to_owned());
    let quotes = Quotes::new(Handle::current(), &market, &module)?;
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!(
        "http://{}/quote?client=ada&symbol=ACME&count=2",
        listener.local_addr()?
    );
    axum::serve(listener, router(quotes)).await?;
    Ok(())
}
