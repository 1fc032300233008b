//! What a request is called: service and operation, by header or by method, path and query.

use serde::{Deserialize, Serialize};

use crate::http::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Bedrock,
    S3,
    Dynamodb,
    Kms,
}

/// `GetItem`, `PutObjectRetention`, `Converse`, as the service's own reference names it.
pub fn operation(service: Service, request: &Request) -> String {
    match service {
        Service::Dynamodb | Service::Kms => {
            let target = request.header("x-amz-target").unwrap_or("?");
            target.rsplit('.').next().unwrap_or(target).to_owned()
        }
        Service::Bedrock => "Converse".to_owned(),
        Service::S3 => s3(&request.method, &request.target),
    }
}

fn s3(method: &str, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameters: Vec<&str> = query.split('&').map(|p| p.split('=').next().unwrap_or(p)).collect();
    let has = |name: &str| parameters.contains(&name);
    let of_bucket = !path.trim_start_matches('/').contains('/') || path.ends_with('/');
    let name = match method {
        "GET" if has("list-type") => "ListObjectsV2",
        "GET" if has("retention") => "GetObjectRetention",
        "PUT" if has("retention") => "PutObjectRetention",
        "GET" if !of_bucket => "GetObject",
        "PUT" if !of_bucket => "PutObject",
        "HEAD" if !of_bucket => "HeadObject",
        _ => return format!("{method}?"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::s3;

    #[test]
    fn operations_of_s3_show_from_method_path_and_query() {
        for (method, target, name) in [
            ("GET", "/audit/?list-type=2&prefix=x", "ListObjectsV2"),
            ("GET", "/documents/final/a/1/b?x-id=GetObject", "GetObject"),
            ("PUT", "/documents/final/a/1/b?x-id=PutObject", "PutObject"),
            ("GET", "/documents/final/a/1/b?retention", "GetObjectRetention"),
            ("PUT", "/documents/final/a/1/b?retention=", "PutObjectRetention"),
            ("DELETE", "/documents/a", "DELETE?"),
        ] {
            assert_eq!(s3(method, target), name, "{method} {target}");
        }
    }
}
