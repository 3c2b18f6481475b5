//! Files that are handed over.

use std::fs;

use wire::request::Nothing;
use wire::uplink::{FILE, File, Filed, STAT, Stat};
use wire::{Code, Integer};

use super::*;

const CONTENT: &[u8] = b"a backup";

impl Edge {
    /// Puts a file into the directory.
    fn offer(&self, name: &str) -> File {
        self.offer_with(name, CONTENT)
    }

    fn offer_with(&self, name: &str, content: &[u8]) -> File {
        let directory = self.disk.path().join("handover");
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        File {
            path: path.to_str().unwrap().to_owned(),
            sha256: sha256(content),
            bytes: Integer::new(content.len().try_into().unwrap()).unwrap(),
            name: name.to_owned(),
        }
    }

    async fn hand_over(&self, id: u8, file: &File) -> Result<Filed, Problem> {
        self.ask(id, FILE, file, LIMIT).await.unwrap()
    }

    async fn files(&self) -> wire::uplink::FilesStat {
        let stat = self.ask::<_, Stat>(9, STAT, Nothing {}, LIMIT).await;
        stat.unwrap().unwrap().files
    }

    /// Waits until so many files were uploaded, ever.
    async fn uploaded(&self, files: u64) {
        eventually(async || self.files().await.uploaded.value() >= files).await;
    }
}

// uplink-7.1, uplink-7.6
#[tokio::test]
async fn a_file_is_uploaded_then_removed_and_counted() {
    let edge = Edge::start(Mood::Fine).await;
    let file = edge.offer("one.age");
    let taken = edge.hand_over(1, &file).await.unwrap();
    edge.uploaded(1).await;
    let object = edge.stub.objects().remove(&taken.key).unwrap();
    assert_eq!(object.body, CONTENT);
    assert_eq!(object.headers["if-none-match"], "*");
    eventually(async || !fs::exists(&file.path).unwrap()).await;
    let files = edge.files().await;
    assert_eq!(
        (files.waiting.value(), files.uploaded_bytes.value()),
        (0, 8)
    );
    assert!(files.last_at.is_some());
}

// uplink-7.3
#[tokio::test]
async fn a_file_that_is_handed_over_again_is_not_uploaded_again() {
    let edge = Edge::start(Mood::Fine).await;
    let file = edge.offer("one.age");
    let filed = edge.hand_over(1, &file).await.unwrap();
    edge.uploaded(1).await;
    eventually(async || !fs::exists(&file.path).unwrap()).await;
    // Killed before it knew, whoever handed it over does so again.
    edge.offer("one.age");
    assert_eq!(edge.hand_over(2, &file).await.unwrap(), filed);
    eventually(async || !fs::exists(&file.path).unwrap()).await;
    assert_eq!(edge.stub.objects().len(), 1);
    assert_eq!(edge.files().await.uploaded.value(), 1);
}

// uplink-7.1, uplink-7.4
#[tokio::test]
async fn a_file_waits_for_the_cloud_through_restarts() {
    let edge = Edge::start(Mood::Deaf).await;
    let file = edge.offer("one.age");
    edge.hand_over(1, &file).await.unwrap();
    let edge = edge.restart().await;
    assert_eq!(edge.files().await.waiting.value(), 1);
    assert!(fs::exists(&file.path).unwrap());
    edge.stub.becomes(Mood::Fine);
    edge.uploaded(1).await;
}

// uplink-7.4
#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_recognised() {
    let edge = Edge::start(Mood::Mute).await;
    let file = edge.offer("one.age");
    edge.hand_over(1, &file).await.unwrap();
    eventually(async || edge.stub.objects().len() == 1).await;
    edge.stub.becomes(Mood::Fine);
    edge.uploaded(1).await;
    assert_eq!(edge.stub.objects().len(), 1);
}

// uplink-7.4
#[tokio::test]
async fn a_name_that_is_taken_is_left_to_its_owner() {
    let edge = Edge::start(Mood::Squatted).await;
    let filed = edge.hand_over(1, &edge.offer("one.age")).await.unwrap();
    edge.uploaded(1).await;
    let objects = edge.stub.objects();
    assert_eq!(objects[&filed.key].body, SOMETHING_ELSE);
    assert_eq!(objects[&format!("{}.again", filed.key)].body, CONTENT);
}

// uplink-7.4
#[tokio::test]
async fn a_file_that_vanished_before_it_was_uploaded_is_given_up_and_holds_up_no_other() {
    let edge = Edge::start(Mood::Deaf).await;
    let lost = edge.offer("lost.age");
    edge.hand_over(1, &lost).await.unwrap();
    fs::remove_file(&lost.path).unwrap();
    edge.stub.becomes(Mood::Fine);
    let edge = edge.restart().await;
    eventually(async || edge.files().await.waiting.value() == 0).await;
    assert!(edge.stub.objects().is_empty());
    edge.hand_over(2, &edge.offer("next.age")).await.unwrap();
    edge.uploaded(1).await;
}

// uplink-7.7
#[tokio::test]
async fn a_file_that_is_refused_holds_up_no_other_and_is_tried_again() {
    let edge = Edge::start(Mood::Dislikes("unwanted")).await;
    let unwanted = [
        edge.offer_with("unwanted-1.age", b"one"),
        edge.offer_with("unwanted-2.age", b"two"),
    ];
    for (id, file) in (1..).zip(&unwanted) {
        edge.hand_over(id, file).await.unwrap();
    }
    eventually(async || edge.uplink.outlook.borrow().cloud.is_some()).await;
    edge.hand_over(3, &edge.offer("wanted.age")).await.unwrap();
    edge.uploaded(1).await;
    assert_eq!(edge.files().await.waiting.value(), 2);
    edge.stub.becomes(Mood::Fine);
    edge.uploaded(3).await;
    for file in &unwanted {
        eventually(async || !fs::exists(&file.path).unwrap()).await;
    }
}

// uplink-7.2
#[tokio::test]
async fn what_is_refused_is_not_kept() {
    let edge = Edge::start(Mood::Fine).await;
    let good = edge.offer("one.age");
    let wrong = File {
        sha256: sha256(b"other"),
        ..good
    };
    let problem = edge.hand_over(1, &wrong).await.unwrap_err();
    assert_eq!(
        (problem.code, problem.field.as_deref()),
        (Code::Invalid, Some("body.sha256"))
    );
    assert_eq!(edge.files().await.waiting.value(), 0);
}
