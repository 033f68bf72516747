//! The listeners of this crate.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hotmod_admin::{Admin, Auth, Limits};
use hotmod_host::{Host, PathLock};
use hotmod_tests::patience::PATIENCE;
use tempfile::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::served::hosted;

/// What `curl` says of an address behind a socket.
async fn curl(before: &[&str], socket: &str, arguments: &[&str]) -> (bool, String) {
    let mut words = before.iter().chain(&["curl"]).copied();
    let mut command = Command::new(words.next().expect("a program"));
    let output = command
        .args(words)
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--unix-socket",
            socket,
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("curl, which this test needs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text)
}

/// Serves at a socket, and waits until that answers.
async fn serving(
    host: &Host,
    path: &Path,
) -> (Admin, tokio::task::JoinHandle<std::io::Result<()>>) {
    let admin = Admin::new(host, Auth::new());
    let (serves, socket) = (admin.clone(), path.to_owned());
    let server = tokio::spawn(async move { serves.serve_unix(&socket).await });
    let patience = Instant::now() + PATIENCE;
    while tokio::net::UnixStream::connect(path).await.is_err() {
        assert!(Instant::now() < patience);
        tokio::task::yield_now().await;
    }
    (admin, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_left_to_a_server_that_is_taking_its_place() {
    let (_modules, host) = hosted();
    let directory = Builder::new().prefix("s").tempdir_in("/tmp");
    let directory = directory.expect("a directory");
    let path = directory.path().join("admin.sock");
    let (admin, server) = serving(&host, &path).await;
    let other = PathLock::wait(&path).expect("a lock");
    admin.stop();
    server.await.expect("a task").expect("a server");
    assert!(path.exists());
    drop(other);
    let (admin, server) = serving(&host, &path).await;
    admin.stop();
    server.await.expect("a task").expect("a server");
    let left = fs::read_dir(directory.path()).expect("a directory");
    assert_eq!(left.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_socket_the_servers_user_needs_no_token_and_others_are_not_answered() {
    let (directory, host) = hosted();
    host.load_untyped("base.so").expect("a module");
    // Other users can come as far as the socket.
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = directory.path().join("admin.sock");
    // What a server that was killed has left is removed.
    drop(UnixListener::bind(&path).expect("a socket"));
    let (admin, server) = serving(&host, &path).await;
    let made = fs::symlink_metadata(&path).expect("a socket");
    assert!(made.file_type().is_socket());
    assert_eq!(made.permissions().mode() & 0o777, 0o600);
    let text = path.to_str().expect("text");
    let (_, answer) = curl(&[], text, &["http://localhost/v1"]).await;
    assert!(
        answer.contains("\"scopes\":[\"read\",\"operate\",\"state\"]"),
        "{answer}"
    );
    // No name of a host leads a page of another one here.
    let (_, answer) = curl(&[], text, &["http://anything/v1/modules"]).await;
    assert!(answer.contains("\"name\":\"rooms\""), "{answer}");
    // A token that is given counts, and not who is at the socket.
    let (_, answer) = curl(
        &[],
        text,
        &["-H", "Authorization: Bearer none", "http://localhost/v1"],
    )
    .await;
    assert!(answer.contains("token-unknown"), "{answer}");

    let nobody = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ];
    let can_be_nobody = Command::new(nobody[0])
        .args(&nobody[1..])
        .arg("true")
        .output()
        .await;
    match can_be_nobody {
        Ok(output) if output.status.success() => {
            let (is_answered, answer) = curl(&nobody, text, &["http://localhost/v1"]).await;
            assert!(!is_answered && answer.is_empty(), "{answer}");
            // Also where the socket is open to all: the kernel says who is at the other end.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("permissions");
            let (is_answered, answer) = curl(&nobody, text, &["http://localhost/v1"]).await;
            assert!(!is_answered && answer.is_empty(), "{answer}");
        }
        _ => eprintln!("skipped: this process cannot run another as nobody"),
    }

    let second = admin.serve_unix(&path).await.expect_err("somebody listens");
    assert_eq!(second.kind(), ErrorKind::AddrInUse);
    let file = directory.path().join("base.so");
    let other = admin
        .serve_unix(&file)
        .await
        .expect_err("a file lies there");
    assert_eq!(other.kind(), ErrorKind::AlreadyExists);
    admin.stop();
    server.await.expect("a task").expect("a server");
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_it_listens_to_the_machine_itself_and_ends_slow_heads() {
    let (_directory, host) = hosted();
    let mut limits = Limits::default();
    limits.body_time = Duration::from_millis(300);
    let admin = Admin::builder(&host, crate::served::auth())
        .limits(limits)
        .build();
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    let refused = admin
        .serve_tcp(everywhere)
        .await
        .expect_err("it is open to all");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a listener");
    let address = listener.local_addr().expect("an address");
    let serves = admin.clone();
    let server = tokio::spawn(async move { serves.serve_listener(listener).await });
    let mut slow = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    slow.write_all(b"GET /v1 HTTP/1.1\r\nHost: local")
        .await
        .expect("a beginning");
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut answer)).await;
    ended.expect("the server ends it").ok();
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
    // One that asks again and again, and takes no answer.
    let mut idle = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    let asks = "GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
    let asks = async { while idle.write_all(asks.as_bytes()).await.is_ok() {} };
    let ended = tokio::time::timeout(PATIENCE, asks).await;
    ended.expect("the server ends it");
    for (head, status) in [
        (
            format!(
                "GET /v1 HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
                "X: y\r\n".repeat(100)
            ),
            "431",
        ),
        (
            format!(
                "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "x".repeat(200_000)
            ),
            "4",
        ),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "400"),
        (
            "GET /v1 HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
            "403",
        ),
    ] {
        let mut client = tokio::net::TcpStream::connect(address)
            .await
            .expect("a connection");
        // The server may answer, and end it, before all is sent.
        let _ = client.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, client.read_to_end(&mut answer))
            .await
            .expect("an end");
        let answer = String::from_utf8_lossy(&answer);
        let is_it = answer.starts_with(&format!("HTTP/1.1 {status}"));
        // A head that is much too long may be cut off before its answer is read.
        assert!(
            is_it || answer.is_empty() && status == "4",
            "{status}: {answer}"
        );
    }
    admin.stop();
    server.await.expect("a task").expect("a server");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_listened_to_is_told_with_what_helps() {
    let (_directory, host) = hosted();
    let mut limits = Limits::default();
    limits.body_time = Duration::MAX;
    let admin = Admin::builder(&host, Auth::new()).limits(limits).build();
    // Not beneath the one of the test, whose path may be long.
    let short = Builder::new()
        .prefix("s")
        .tempdir_in("/tmp")
        .expect("a directory");
    let taken = UnixListener::bind(short.path().join("taken")).expect("a socket");
    fs::write(short.path().join("file"), "").expect("a file");
    let name = |length: usize| "x".repeat(length - short.path().as_os_str().len() - 1);
    for (name, kind, help) in [
        (&*name(108), ErrorKind::InvalidInput, "107 bytes at most"),
        ("none/s", ErrorKind::NotFound, "make the directory"),
        ("taken", ErrorKind::AddrInUse, "choose another address"),
        ("file/s", ErrorKind::NotADirectory, ""),
    ] {
        let path = short.path().join(name);
        let error = admin.serve_unix(&path).await.expect_err("it cannot be");
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{text}");
        assert!(text.contains(name) && text.contains(help), "{text}");
    }
    drop(taken);
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let address = taken.as_ref().expect("a listener").local_addr();
    let address = address.expect("an address");
    let error = admin.serve_tcp(address).await.expect_err("it is taken");
    let text = error.to_string();
    assert!(
        text.contains(&address.to_string()) && text.contains("help: "),
        "{text}"
    );

    // The longest path that there can be, in a directory whose own is almost as long.
    let deep = short.path().join(name(105));
    fs::create_dir(&deep).expect("a directory");
    let path = deep.join("s");
    let (serves, socket) = (admin.clone(), path.clone());
    let server = tokio::spawn(async move { serves.serve_unix(&socket).await });
    let patience = Instant::now() + PATIENCE;
    while tokio::net::UnixStream::connect(&path).await.is_err() {
        assert!(Instant::now() < patience);
        tokio::task::yield_now().await;
    }
    // It answers, though nothing is too slow for it.
    let text = path.to_str().expect("text");
    let (_, answer) = curl(&[], text, &["http://localhost/v1"]).await;
    assert!(answer.contains("\"scopes\""), "{answer}");
    admin.stop();
    server.await.expect("a task").expect("a server");
    assert_eq!(fs::read_dir(&deep).expect("the directory").count(), 0);
}
