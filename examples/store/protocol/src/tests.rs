//! Requests, whole and broken, in pieces of every size.

use crate::{Requests, serve};

fn words(bytes: &[u8]) -> (Vec<Vec<Vec<u8>>>, Option<String>) {
    let (mut found, mut requests) = (Vec::new(), Requests::new(bytes));
    loop {
        match requests.next() {
            Ok(Some(words)) => found.push(words.iter().map(|word| word.to_vec()).collect()),
            Ok(None) => return (found, None),
            Err(broken) => return (found, Some(broken.to_string())),
        }
    }
}

#[test]
fn a_request_is_given_out_when_it_is_whole() {
    let bytes = b"*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING  x\r\n*1\r\n$0\r\n\r\n";
    let all = [
        vec![b"GET".to_vec(), b"a\r\nb".to_vec()],
        vec![b"PING".to_vec(), b"x".to_vec()],
        vec![vec![]],
    ];
    let ends = [23, 32, bytes.len()];
    for len in 0..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= len).count();
        assert_eq!(words(&bytes[..len]), (all[..whole].to_vec(), None), "{len}");
    }
}

#[test]
fn a_line_is_words_of_which_some_are_in_quotes() {
    for (line, expected) in [
        ("\r\n", &[][..]),
        ("  get \ta\r\n", &["get", "a"]),
        ("set a \"hello  world\" \r\n", &["set", "a", "hello  world"]),
        ("set a 'it\\' ''\n", &["set", "a", "it\\", ""]),
        ("set a b\"c\r\n", &["set", "a", "b\"c"]),
    ] {
        let words: Vec<_> = expected.iter().map(|it| it.as_bytes().to_vec()).collect();
        assert_eq!(self::words(line.as_bytes()), (vec![words], None), "{line}");
    }
}

#[test]
fn what_is_no_request_is_told() {
    let nested = b"*1\r\n".repeat(100_000);
    let endless = [b"*1\r\n$".as_slice(), &b"1".repeat(100)].concat();
    for (bytes, why) in [
        (b"*x\r\n".as_slice(), "invalid multibulk length"),
        (b"*99999999\r\n", "invalid multibulk length"),
        (b"*1\r\n:1\r\n", "expected '$'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"get \"a\r\n", "unbalanced quotes in request"),
        (b"get \"a\"b\r\n", "unbalanced quotes in request"),
        (b"get \"a\\n\"\r\n", "no escapes in quotes, send an array"),
        (&nested, "expected '$'"),
        (&endless, "too big mbulk count string"),
    ] {
        assert_eq!(words(bytes), (vec![], Some(why.to_owned())));
    }
}

#[test]
fn what_every_store_answers_alike_reaches_no_command() {
    let mut replies = Vec::new();
    let sent = b"ping\r\nEcho a\r\nconfig get save\r\nget x\r\nquit\r\nping\r\n";
    let mut commands = Vec::new();
    let (taken, ends) = serve(sent, &mut replies, "1.0.0", |name, args, replies| {
        commands.push((name.to_vec(), args[0].to_vec()));
        replies.nothing();
    });
    assert_eq!((taken, ends), (sent.len() - 6, true));
    assert_eq!(commands, [(b"GET".to_vec(), b"x".to_vec())]);
    let expected = "+PONG\r\n$1\r\na\r\n*2\r\n$4\r\nsave\r\n$0\r\n\r\n$-1\r\n+OK\r\n";
    assert_eq!(String::from_utf8_lossy(&replies), expected);
}

#[test]
fn many_replies_are_sent_before_there_are_more() {
    let mut replies = Vec::new();
    let sent = b"get x\r\n".repeat(1000);
    let (taken, _) = serve(&sent, &mut replies, "1.0.0", |_, _, replies| {
        replies.bulk(&[0; 1 << 16]);
    });
    assert_eq!(taken, 16 * 7);
}
