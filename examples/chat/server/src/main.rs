//! `chat-server MODULES PORT` serves `libchat.so` of this directory, and takes up what is moved there. Who has the token
//! that stands in `CHAT_TOKEN` operates it at `/hotmod`.
//! `chat-server --expectations FILE` writes down what it was compiled with.
#![forbid(unsafe_code)]

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;

use chat_server::{Chat, admin, host, router};
use hotmod_host::Signals;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [flag, file] if flag == "--expectations" => {
            Ok(host().build()?.expectations().write_to(file)?)
        }
        [modules, port] => serve(modules, port).await,
        _ => Err("usage: chat-server MODULES PORT | chat-server --expectations FILE".into()),
    }
}

async fn serve(modules: &str, port: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let host = host().module_dir(modules).build()?;
    let mut metrics = Registry::default();
    let chat = Chat::new(&host, Path::new("libchat.so"), &mut metrics)?;
    let token = std::env::var("CHAT_TOKEN").ok();
    let admin = admin(&host, token.as_deref(), &mut metrics)?;
    let (stop, mut stopped) = mpsc::unbounded_channel();
    let signals = Signals::builder(&host)
        .watch(chat.watch(&host)?)
        .on_stop(move || {
            // An error says that the server has ended by itself, and waits for no word to stop.
            let _ = stop.send(());
        })
        .start()?;

    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening at {}", listener.local_addr()?);
    // With who is connected from where, or the audit could not say from where a change was asked for.
    let app = router(chat, metrics, &admin).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stopped.recv().await;
            // Or pages that are open would hold it up.
            admin.stop();
        })
        .await?;
    let finish = move || eprintln!("{}", signals.stop().finish());
    Ok(tokio::task::spawn_blocking(finish).await?)
}
