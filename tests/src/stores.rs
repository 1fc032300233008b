//! What lies in table and buckets, and what reached the model.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fude::integrity::Digest;
use serde_json::{Value, json};

use crate::client::{Answer, answer, plain};
use crate::stack::Stack;

impl Stack {
    /// One DynamoDB operation.
    pub fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        self.dynamodb.json(&format!("DynamoDB_20120810.{operation}"), body).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Every row of the table, in DynamoDB's JSON.
    pub fn rows(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut body = json!({ "TableName": self.text("table"), "ConsistentRead": true });
            if !start.is_null() {
                body["ExclusiveStartKey"] = start;
            }
            let mut page = self.dynamodb("Scan", &body);
            if let Value::Array(items) = page["Items"].take() {
                rows.extend(items);
            }
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                return rows;
            }
        }
    }

    /// Rows under one partition key, ordered by sort key.
    pub fn rows_under(&self, pk: &str) -> Vec<Value> {
        let body = json!({ "TableName": self.text("table"), "ConsistentRead": true,
            "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": { ":pk": { "S": pk } } });
        self.dynamodb("Query", &body)["Items"].as_array().expect("a list").clone()
    }

    /// The `STATE` row of a document of the first hospital, by its key alone.
    pub fn state_row(&self, id: &str) -> Value {
        let rows = self.rows_under(&format!("DOC#hospital-a#{id}"));
        rows.into_iter().find(|r| s(r, "sk") == "STATE").expect("the document has a state")
    }

    /// Whether the log holds every event, published.
    pub fn nothing_pending(&self) -> bool {
        let body = json!({ "TableName": self.text("table"), "IndexName": "pending", "Select": "COUNT" });
        self.dynamodb("Scan", &body)["Count"] == 0
    }

    /// Rows of one document, ordered by sort key.
    pub fn rows_of(&self, id: &str) -> Vec<Value> {
        let mut rows: Vec<Value> =
            self.rows().into_iter().filter(|r| s(r, "pk").ends_with(&format!("#{id}"))).collect();
        rows.sort_by_key(|r| s(r, "sk").to_owned());
        rows
    }

    /// The `STATE` row of a document.
    pub fn state_of(&self, id: &str) -> Value {
        self.rows_of(id).into_iter().find(|r| s(r, "sk") == "STATE").expect("the document has a state")
    }

    pub fn s3(&self, method: &str, bucket: &str, key_and_query: &str, body: &[u8]) -> Answer {
        let path = format!("/{}/{key_and_query}", self.bucket(bucket));
        // S3 wants a checksum of what concerns locks
        let checksum = BASE64.encode(Digest::of(body).as_bytes());
        let headers: &[_] = if method == "PUT" { &[("x-amz-checksum-sha256", checksum.as_str())] } else { &[] };
        let answered = self.s3.send(method, &path, headers, body);
        let fude_target::Answer { status, headers, body } = answered.unwrap_or_else(|e| panic!("no answer: {e}"));
        Answer { status, headers, body }
    }

    /// A bucket's name here.
    pub(crate) fn bucket(&self, bucket: &str) -> &str {
        self.ready["buckets"][bucket].as_str().expect("a bucket")
    }

    /// Whether there is an object.
    pub fn has_object(&self, bucket: &str, key: &str) -> bool {
        self.s3("HEAD", bucket, key, b"").status == 200
    }

    /// Keys below a prefix, in order.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let mut keys = Vec::new();
        let mut from = String::new();
        loop {
            let page = self
                .s3("GET", bucket, &format!("?list-type=2&prefix={prefix}&start-after={from}"), b"")
                .expect(200)
                .text();
            let found = page.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned()));
            keys.extend(found);
            if !page.contains("<IsTruncated>true</IsTruncated>") {
                return keys;
            }
            from.clone_from(keys.last().expect("a truncated page has keys"));
        }
    }

    pub fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        self.s3("GET", bucket, key, b"").expect(200).body
    }

    /// The file in which the stand-in holds an object's only version.
    pub fn file_of(&self, bucket: &str, key: &str) -> PathBuf {
        self.state.join("s3").join(self.bucket(bucket)).join(key)
    }

    /// Arms faults of the model.
    pub fn arm(&self, mode: &str, times: u32) {
        self.control("POST", "faults", &json!([{ "mode": mode, "times": times }]));
    }

    /// Empties the queues of faults and replies.
    pub fn disarm(&self) {
        self.control("DELETE", "faults", &Value::Null);
        self.control("DELETE", "replies", &Value::Null);
    }

    /// Queues an exact text of the assistant.
    pub fn reply(&self, text: &str) {
        self.control("POST", "replies", &json!([{ "text": text }]));
    }

    /// Bodies of the last 100 requests to the model, oldest first.
    pub fn model_requests(&self) -> Vec<Value> {
        let answered = self.control("GET", "requests", &Value::Null).json();
        answered.as_array().expect("a list").clone()
    }

    fn control(&self, method: &str, what: &str, body: &Value) -> Answer {
        let url = format!("{}/__standin/{what}", self.text("bedrock"));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = ureq::http::Request::builder().method(method).uri(url).body(body).expect("a request");
        let answered = answer(plain().run(request));
        assert!(answered.status < 300, "{method} {what}: {}", answered.text());
        answered
    }
}

/// A string attribute of a row; empty where there is none.
pub fn s<'r>(row: &'r Value, name: &str) -> &'r str {
    row[name]["S"].as_str().unwrap_or_default()
}

/// All files below a folder, with their paths relative to it.
pub fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("the state folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
                out.push((name, path));
            }
        }
    }
    out
}
