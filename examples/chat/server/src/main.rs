//! `chat-server MODULE PORT`, or `chat-server --expectations FILE` to write down what it was compiled with.
#![forbid(unsafe_code)]

use std::path::Path;

use chat_server::{Chat, host};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let host = host().build()?;
    match &args[..] {
        [flag, file] if flag == "--expectations" => Ok(host.expectations().write_to(file)?),
        [module, port] => {
            let chat = Chat::new(&host, Path::new(module))?;
            let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
            println!("listening at {}", listener.local_addr()?);
            Ok(chat.serve(listener).await?)
        }
        _ => Err("usage: chat-server MODULE PORT | chat-server --expectations FILE".into()),
    }
}
