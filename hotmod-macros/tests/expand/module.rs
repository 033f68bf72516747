name: "game", version: env!("CARGO_PKG_VERSION")
