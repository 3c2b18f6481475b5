//! A bucket in memory behind real HTTP, with moods.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the bucket behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As S3 does.
    Fine,
    /// Answers this status to everything.
    Status(u16),
    /// Refuses whatever has these words in its name; else as S3 does.
    Dislikes(&'static str),
    /// Hangs up without a word.
    Deaf,
    /// Stores, then hangs up without a word.
    Mute,
    /// Answers these bytes to everything, then hangs up.
    Says(&'static str),
    /// Reads and never answers.
    Silent,
    /// Takes its time, and is fine.
    Slow(Duration),
    /// Has something else under the next name that is used, then is fine.
    Squatted,
}

/// What a squatter puts under somebody else's name.
pub(crate) const SOMETHING_ELSE: &[u8] = b"something else";

/// An object with what was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    /// Headers of its upload, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

/// The bucket; it listens for as long as the test runs.
#[derive(Debug, Clone)]
pub(crate) struct Stub {
    /// Its address.
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    objects: BTreeMap<String, Object>,
}

/// A request that was read whole.
struct Asked {
    method: String,
    key: String,
    object: Object,
}

impl Stub {
    /// An empty bucket.
    pub(crate) async fn listen(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::new(Mutex::new(State {
                mood,
                objects: BTreeMap::new(),
            })),
        };
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        stub
    }

    /// Changes its mood.
    pub(crate) fn becomes(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Puts an object there behind everybody's back.
    pub(crate) fn put(&self, key: &str, object: Object) {
        self.state().objects.insert(key.to_owned(), object);
    }

    /// What it holds, by name.
    pub(crate) fn objects(&self) -> BTreeMap<String, Object> {
        self.state().objects.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(asked) = read(&mut stream).await {
            let mood = self.state().mood;
            match mood {
                Mood::Silent => std::future::pending::<()>().await,
                Mood::Slow(wait) => tokio::time::sleep(wait).await,
                _ => {}
            }
            let Some(answer) = self.answer(asked) else {
                return;
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            if matches!(self.state().mood, Mood::Says(_)) {
                return;
            }
        }
    }

    fn answer(&self, asked: Asked) -> Option<String> {
        let mut state = self.state();
        let Asked {
            method,
            key,
            object,
        } = asked;
        let found = state.objects.get(&key).cloned();
        match (state.mood, method.as_str(), found) {
            (Mood::Deaf | Mood::Silent, ..) => None,
            (Mood::Says(words), ..) => Some(words.to_owned()),
            (Mood::Status(status), method, _) => Some(failure(status, method)),
            (Mood::Dislikes(words), method, _) if key.contains(words) => Some(failure(403, method)),
            (_, "PUT", Some(_)) if object.headers.contains_key("if-none-match") => {
                Some(failure(412, "PUT"))
            }
            (Mood::Squatted, "PUT", None) => {
                let other = Object {
                    headers: BTreeMap::new(),
                    body: SOMETHING_ELSE.to_vec(),
                };
                state.objects.insert(key, other);
                state.mood = Mood::Fine;
                Some(failure(412, "PUT"))
            }
            (mood, "PUT", _) => {
                state.objects.insert(key, object);
                let told = "etag: \"x\"\r\nx-amz-request-id: 1\r\n";
                (mood != Mood::Mute).then(|| head(200, told, 0))
            }
            (_, _, Some(object)) => {
                let told = |name: &str| Some(format!("{name}: {}\r\n", object.headers.get(name)?));
                let told = ["x-amz-checksum-sha256", "x-amz-meta-sha256"].map(told);
                let told: String = told.into_iter().flatten().collect();
                let told = format!("x-amz-request-id: 1\r\netag: \"x\"\r\n{told}");
                Some(head(200, &told, object.body.len()))
            }
            (_, method, None) => Some(failure(404, method)),
        }
    }
}

fn failure(status: u16, method: &str) -> String {
    let body = "<Error><Code>Some</Code><Message>words</Message></Error>";
    let body = if method == "HEAD" { "" } else { body };
    head(status, "", body.len()) + body
}

fn head(status: u16, headers: &str, length: usize) -> String {
    format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n")
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let (method, rest) = line.split_once(' ')?;
    let path = rest.split([' ', '?']).next()?;
    let (_bucket, key) = path.trim_start_matches('/').split_once('/')?;
    let (method, key) = (method.to_owned(), key.replace("%3D", "="));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked {
        method,
        key,
        object: Object { headers, body },
    })
}
