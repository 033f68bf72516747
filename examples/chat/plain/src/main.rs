//! `chat-plain PORT`
#![forbid(unsafe_code)]

use std::error::Error;

use chat_plain::{Chat, router};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let port = std::env::args().nth(1).ok_or("usage: chat-plain PORT")?;
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening at {}", listener.local_addr()?);
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let stopped = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let mut metrics = Registry::default();
    let chat = Chat::new(&mut metrics);
    axum::serve(listener, router(chat, metrics))
        .with_graceful_shutdown(stopped)
        .await?;
    Ok(())
}
