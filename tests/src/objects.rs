//! What arrived in S3.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use wire::uplink::Line;

use crate::hotel::Hotel;

/// One uploaded batch.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its name in the bucket.
    pub key: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Hotel {
    /// Puts an object into the bucket.
    pub async fn upload(&self, key: &str, content: Vec<u8>) {
        let request = client(self)
            .put_object()
            .bucket(&self.places.s3.bucket)
            .key(key)
            .body(content.into())
            .send();
        Box::pin(request).await.expect("the bucket takes it");
    }

    /// Replaces a backup in the cloud.
    pub async fn replace_backup(&self, key: &str, content: Vec<u8>) {
        let request = client(self)
            .put_object()
            .bucket(&self.places.s3.backups)
            .key(key)
            .body(content.into())
            .send();
        Box::pin(request).await.expect("the bucket takes it");
    }

    /// Every file that was handed over, by name; none while S3 cannot be asked.
    pub async fn files(&self) -> Option<BTreeMap<String, Vec<u8>>> {
        let (client, bucket) = (client(self), &self.places.s3.backups);
        let listed = client.list_objects_v2().bucket(bucket).send();
        let listed = Box::pin(listed).await.ok()?;
        let mut files = BTreeMap::new();
        for object in listed.contents() {
            let key = object.key()?;
            let found = client.get_object().bucket(bucket).key(key).send();
            let body = Box::pin(found).await.ok()?.body.collect().await.ok()?;
            files.insert(key.to_owned(), body.to_vec());
        }
        Some(files)
    }

    /// How many uploads in parts were begun and neither finished nor ended; none while S3 cannot be asked.
    pub async fn unfinished_files(&self) -> Option<usize> {
        let bucket = &self.places.s3.backups;
        let listed = client(self).list_multipart_uploads().bucket(bucket).send();
        Some(Box::pin(listed).await.ok()?.uploads().len())
    }

    /// Takes an object out of the bucket, as nobody should.
    pub async fn remove_object(&self, key: &str) {
        let request = client(self)
            .delete_object()
            .bucket(&self.places.s3.bucket)
            .key(key)
            .send();
        Box::pin(request).await.expect("the bucket lets it go");
    }

    /// Every batch in the bucket, by name; none while S3 cannot be asked.
    pub async fn objects(&self) -> Option<Vec<Object>> {
        let mut known = BTreeMap::new();
        self.new_objects(&mut known).await?;
        Some(known.into_values().collect())
    }

    /// Adds the batches of the bucket that are not known yet; objects never change.
    pub async fn new_objects(&self, known: &mut BTreeMap<String, Object>) -> Option<()> {
        let (client, bucket) = (client(self), &self.places.s3.bucket);
        let mut pages = client
            .list_objects_v2()
            .bucket(bucket)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for object in page.ok()?.contents() {
                let key = object.key()?.to_owned();
                if !known.contains_key(&key) {
                    let lines = lines(&client, bucket, &key).await?;
                    known.insert(key.clone(), Object { key, lines });
                }
            }
        }
        Some(())
    }
}

async fn lines(client: &Client, bucket: &str, key: &str) -> Option<Vec<Line>> {
    let object = client
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .ok()?;
    let compressed = object.body.collect().await.ok()?.into_bytes();
    let text = zstd::decode_all(&*compressed).expect("an uploaded batch is zstd");
    let line = |text| wire::decode(text).expect("a line of a batch has the documented form");
    Some(
        text.split(|byte| *byte == b'\n')
            .filter(|text| !text.is_empty())
            .map(line)
            .collect(),
    )
}

fn client(hotel: &Hotel) -> Client {
    let s3 = &hotel.places.s3;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let credentials = Credentials::new(
        &s3.access_key_id,
        &s3.secret_access_key,
        None,
        None,
        "hotel.json",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(s3.region.clone()))
        .endpoint_url(&s3.endpoint)
        .credentials_provider(credentials)
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}
