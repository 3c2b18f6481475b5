//! One connection to the nucleus.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{broadcast, mpsc};

use super::frame::{ACCEPTED, CONNECT, CONNECT_ACK, ERROR, Frame, LAST, MESSAGE};
use super::{Deferral, Kind, Push, Shared};

/// Messages that were read and wait.
const READ: usize = 64;

pub(super) struct Session {
    from: Option<OwnedReadHalf>,
    to: OwnedWriteHalf,
    shared: Arc<Shared>,
    pushes: broadcast::Receiver<Push>,
    configurations: Vec<i32>,
    updates: Vec<i32>,
}

/// An answer on a stream: its model and body, or an error.
enum Answer {
    Last(&'static str, Value),
    /// More comes on the same stream.
    First(&'static str),
    Error(&'static str, &'static str),
}

impl Session {
    pub(super) fn new(stream: UnixStream, shared: Arc<Shared>) -> Self {
        let (from, to) = stream.into_split();
        Self {
            from: Some(from),
            to,
            pushes: shared.pushes.subscribe(),
            shared,
            configurations: Vec::new(),
            updates: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let Some(mut from) = self.from.take() else {
            return;
        };
        if !matches!(self.greet(&mut from).await, Ok(true)) {
            return;
        }
        self.shared.lock().connected += 1;
        // Ended by either side; what was read by then is answered or not, as on a real one.
        drop(self.serve(from).await);
        let mut state = self.shared.lock();
        state.connected -= 1;
        state.listeners -= u32::from(!self.updates.is_empty());
    }

    /// CONNECT with the token of the start; whether it is that of the last one.
    async fn greet(&mut self, from: &mut OwnedReadHalf) -> io::Result<bool> {
        let hello = Frame::read(from).await?;
        let body: Value = serde_json::from_slice(&hello.payload).unwrap_or_default();
        let version = hello.texts.get(":version").map(String::as_str);
        let known = hello.kind == CONNECT
            && hello.stream == 0
            && version == Some("0.1.0")
            && body["authToken"].as_str() == Some(&self.shared.lock().token);
        if !known {
            self.shared.lock().refused += 1;
        }
        let flags = if known { ACCEPTED } else { 0 };
        self.send(CONNECT_ACK, flags, 0, None, &json!({})).await?;
        Ok(known)
    }

    async fn serve(&mut self, mut from: OwnedReadHalf) -> io::Result<()> {
        let (read, mut frames) = mpsc::channel(READ);
        // A task of its own, because a message that is half read must not be given up.
        let reading = tokio::spawn(async move {
            while let Ok(frame) = Frame::read(&mut from).await {
                if read.send(frame).await.is_err() {
                    return;
                }
            }
        });
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Some(frame) => self.take(&frame).await?,
                    None => return Ok(()),
                },
                push = self.pushes.recv() => match push {
                    Ok(Push::Changed(key)) => self.tell_changed(&key).await?,
                    Ok(Push::UpdateAhead(deployment)) => self.tell_ahead(&deployment).await?,
                    Ok(Push::End) | Err(_) => {
                        reading.abort();
                        return Ok(());
                    }
                },
            }
        }
    }

    async fn take(&mut self, frame: &Frame) -> io::Result<()> {
        if frame.flags & LAST != 0 {
            self.configurations.retain(|stream| *stream != frame.stream);
            self.updates.retain(|stream| *stream != frame.stream);
            return Ok(());
        }
        let operation = frame.texts.get("operation").cloned().unwrap_or_default();
        let body = serde_json::from_slice(&frame.payload);
        let answer = match body {
            Ok(body) if frame.kind == MESSAGE && frame.stream > 0 => {
                self.answer(&operation, frame.stream, &body)
            }
            Ok(_) | Err(_) => Answer::Error("InvalidArgumentsError", "not a request"),
        };
        match answer {
            Answer::Last(model, body) => {
                self.send(MESSAGE, LAST, frame.stream, Some(model), &body)
                    .await
            }
            Answer::First(model) => {
                self.send(MESSAGE, 0, frame.stream, Some(model), &json!({}))
                    .await
            }
            Answer::Error(model, message) => {
                let body = self.shared.problem(model, message);
                self.send(ERROR, LAST, frame.stream, Some(model), &body)
                    .await
            }
        }
    }

    fn answer(&mut self, operation: &str, stream: i32, body: &Value) -> Answer {
        let classic = self.shared.kind == Kind::Classic;
        match operation.trim_start_matches("aws.greengrass#") {
            "GetConfiguration" => self.configuration(body),
            "UpdateState" => match body["state"].as_str() {
                Some(state @ ("RUNNING" | "ERRORED")) => {
                    self.shared.lock().told.push(state.to_owned());
                    Answer::Last("UpdateStateResponse", json!({}))
                }
                Some(_) | None => Answer::Error("InvalidArgumentsError", "no such state"),
            },
            "SubscribeToConfigurationUpdate" => {
                self.configurations.push(stream);
                Answer::First("SubscribeToConfigurationUpdateResponse")
            }
            "SubscribeToComponentUpdates" if classic => {
                self.updates.push(stream);
                self.shared.lock().listeners += 1;
                Answer::First("SubscribeToComponentUpdatesResponse")
            }
            "DeferComponentUpdate" if classic => self.deferral(body),
            _ => Answer::Error("ServiceError", "operation is not supported"),
        }
    }

    /// The value below a key path; a leaf comes wrapped in its key.
    fn configuration(&self, body: &Value) -> Answer {
        let state = self.shared.lock();
        let path = body["keyPath"].as_array().cloned().unwrap_or_default();
        let keys: Option<Vec<_>> = path.iter().map(Value::as_str).collect();
        let Some(keys) = keys else {
            return Answer::Error("InvalidArgumentsError", "keyPath is not a list of texts");
        };
        let found = keys
            .iter()
            .try_fold(&state.configuration, |value, key| value.get(*key));
        let value = match (found, keys.last()) {
            (None, _) => return Answer::Error("ResourceNotFoundError", "key is not found"),
            (Some(value @ Value::Object(_)), _) | (Some(value), None) => value.clone(),
            (Some(leaf), Some(key)) => json!({ *key: leaf }),
        };
        let body = json!({ "componentName": "hotel", "value": value });
        Answer::Last("GetConfigurationResponse", body)
    }

    fn deferral(&self, body: &Value) -> Answer {
        let Some(deployment) = body["deploymentId"].as_str() else {
            return Answer::Error("InvalidArgumentsError", "deploymentId is missing");
        };
        self.shared.lock().deferrals.push(Deferral {
            deployment: deployment.to_owned(),
            recheck_ms: body["recheckAfterMs"].as_i64().unwrap_or_default(),
        });
        Answer::Last("DeferComponentUpdateResponse", json!({}))
    }

    async fn tell_changed(&mut self, key: &str) -> io::Result<()> {
        let path: Vec<_> = key.split('/').collect();
        let event = json!({ "componentName": "hotel", "keyPath": path });
        let body = json!({ "configurationUpdateEvent": event });
        let model = Some("ConfigurationUpdateEvents");
        for stream in self.configurations.clone() {
            self.send(MESSAGE, 0, stream, model, &body).await?;
        }
        Ok(())
    }

    async fn tell_ahead(&mut self, deployment: &str) -> io::Result<()> {
        let event = json!({ "deploymentId": deployment, "isGgcRestarting": false });
        let body = json!({ "preUpdateEvent": event });
        let model = Some("ComponentUpdatePolicyEvents");
        for stream in self.updates.clone() {
            self.send(MESSAGE, 0, stream, model, &body).await?;
        }
        Ok(())
    }

    async fn send(
        &mut self,
        kind: i32,
        flags: i32,
        stream: i32,
        model: Option<&str>,
        body: &Value,
    ) -> io::Result<()> {
        let mut texts = [(":content-type".to_owned(), "application/json".to_owned())].to_vec();
        if let Some(model) = model {
            let model = format!("aws.greengrass#{model}");
            texts.push(("service-model-type".to_owned(), model));
        }
        let frame = Frame {
            kind,
            flags,
            stream,
            texts: texts.into_iter().collect(),
            payload: body.to_string().into_bytes(),
        };
        self.to.write_all(&frame.encode()).await
    }
}
