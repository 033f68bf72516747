//! Requests, whole and broken, in pieces of every size.

use crate::{Broken, Request, Requests, Served, serve};

fn words(bytes: &[u8]) -> (Vec<Vec<Vec<u8>>>, Option<String>) {
    let (mut found, mut requests) = (Vec::new(), Requests::new(bytes));
    loop {
        match requests.next() {
            Ok(Request::Whole(words)) => {
                found.push(words.iter().map(|word| word.to_vec()).collect());
            }
            Ok(Request::Lacks(_)) => return (found, None),
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
    let line = b"x".repeat(70_000);
    for (bytes, why) in [
        (b"*x\r\n".as_slice(), "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*01\r\n", "invalid multibulk length"),
        (b"*-0\r\n", "invalid multibulk length"),
        (b"*99999999\r\n", "invalid multibulk length"),
        (b"*99999999999999999999999\r\n", "invalid multibulk length"),
        (b"*1\r\n:1\r\n", "expected '$', got ':'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$+1\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"get \"a\r\n", "unbalanced quotes in request"),
        (b"get \"a\"b\r\n", "unbalanced quotes in request"),
        (b"get \"a\\n\"\r\n", "no escapes in quotes, send an array"),
        (&nested, "expected '$', got '*'"),
        (&endless, "too big bulk count string"),
        (&[b'*'; 32], "too big mbulk count string"),
        (&line, "too big inline request"),
    ] {
        assert_eq!(words(bytes), (vec![], Some(why.to_owned())));
    }
}

/// How many bytes are lacking, as far as can be told by these.
fn lacks(bytes: &[u8]) -> Result<usize, Broken> {
    let mut requests = Requests::new(bytes);
    loop {
        if let Request::Lacks(lacks) = requests.next()? {
            return Ok(lacks);
        }
    }
}

#[test]
fn no_more_is_asked_for_than_there_is_to_come() {
    let bytes = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$12\r\nhello, world\r\n";
    for len in 0..bytes.len() {
        let lacks = lacks(&bytes[..len]).expect("a part of a request");
        assert!((1..=bytes.len() - len).contains(&lacks), "{len}: {lacks}");
    }
    assert_eq!(lacks(bytes), Ok(1), "the next request's first");
    assert_eq!(lacks(b"*2\r\n$3\r\nGET\r\n$99999\r\nab"), Ok(99_999));
    let most = format!("*2\r\n${}\r\n", i64::MAX);
    assert!(lacks(most.as_bytes()).is_ok_and(|lacks| lacks > 1 << 62));
}

#[test]
fn what_comes_byte_by_byte_is_looked_through_few_times() {
    for (words, len) in [(1 << 16, 1), (1 << 13, 30), (1 << 11, 300), (3, 1 << 20)] {
        let word = format!("${len}\r\n{}\r\n", "x".repeat(len));
        let request = [format!("*{words}\r\n"), word.repeat(words)].concat();
        let (mut come, mut looked_through, mut looks) = (0, 0, 0);
        while come < request.len() {
            come += lacks(&request.as_bytes()[..come]).expect("a part of a request");
            looked_through += come / word.len();
            looks += 1;
        }
        assert_eq!(come, request.len());
        // By the bytes, and not by their product with the words.
        let at_most = request.len() * 4;
        assert!(
            looked_through < at_most,
            "{words}: {looked_through} words, {looks} looks"
        );
    }
}

#[test]
fn what_every_store_answers_alike_reaches_no_command() {
    let mut replies = Vec::new();
    let sent = b"ping\r\nEcho a\r\nconfig get save\r\nget x\r\nquit\r\nping\r\n";
    let mut commands = Vec::new();
    let served = serve(sent, &mut replies, "1.0.0", |name, args, replies| {
        commands.push((name.to_vec(), args[0].to_vec()));
        replies.nothing();
    });
    let (taken, lacks, ends) = (sent.len() - 6, 0, true);
    assert_eq!(served, Served { taken, lacks, ends });
    assert_eq!(commands, [(b"GET".to_vec(), b"x".to_vec())]);
    let expected = "+PONG\r\n$1\r\na\r\n*2\r\n$4\r\nsave\r\n$0\r\n\r\n$-1\r\n+OK\r\n";
    assert_eq!(String::from_utf8_lossy(&replies), expected);
}

#[test]
fn many_replies_are_sent_before_there_are_more() {
    let mut replies = Vec::new();
    let sent = b"get x\r\n".repeat(1000);
    let served = serve(&sent, &mut replies, "1.0.0", |_, _, replies| {
        replies.bulk(&[0; 1 << 16]);
    });
    let (taken, lacks, ends) = (16 * 7, 0, false);
    assert_eq!(served, Served { taken, lacks, ends });
}

/// What is replied to this, by a store whose values all have a mebibyte.
fn replied(sent: &[u8]) -> Vec<u8> {
    let mut replies = Vec::new();
    let value = vec![b'x'; 1 << 20];
    serve(sent, &mut replies, "1.0.0", |_, keys, replies| {
        replies.array(keys.iter().map(|_| Some(&*value)));
    });
    replies
}

#[test]
fn a_reply_has_an_end() {
    let many = |keys: usize| ["mget", &" k".repeat(keys), "\r\n"].concat();
    assert!(replied(many(63).as_bytes()).len() > 63 << 20);
    let too_many = replied(many(64).as_bytes());
    let expected = "-ERR too long a reply, of more than 67108864 bytes\r\n";
    assert_eq!(String::from_utf8_lossy(&too_many), expected);
}

#[test]
fn a_page_in_a_browser_gets_nothing_done() {
    for sent in [
        "POST / HTTP/1.1\r\nmget a\r\n",
        "GET /\r\nHost: localhost\r\nmget a\r\n",
    ] {
        let mut commands = Vec::new();
        let served = serve(sent.as_bytes(), &mut Vec::new(), "1.0.0", |name, _, _| {
            commands.push(String::from_utf8_lossy(name).into_owned());
        });
        assert!(served.ends, "{sent}");
        assert!(!commands.contains(&"MGET".to_owned()), "{sent}");
    }
}

#[test]
fn wrong_arguments_are_told_as_redis_tells_them() {
    for (sent, reply) in [
        (
            "ping a b",
            "-ERR wrong number of arguments for 'ping' command",
        ),
        ("echo", "-ERR wrong number of arguments for 'echo' command"),
        ("select 1", "-ERR DB index is out of range"),
        ("select x", "-ERR value is not an integer or out of range"),
    ] {
        let mut replies = Vec::new();
        let sent = format!("{sent}\r\n");
        serve(sent.as_bytes(), &mut replies, "1.0.0", |_, _, _| {});
        assert_eq!(String::from_utf8_lossy(&replies), format!("{reply}\r\n"));
    }
}
