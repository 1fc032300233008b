//! The routes, read from the one HTTP contract that the gateway, the tests and the clients read as well.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::event::decode_percent;

const CONTRACT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.yaml"));

/// All routes of `openapi.yaml`.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    template: String,
    /// Upper-case method to function name.
    methods: BTreeMap<String, String>,
}

/// What a path and a method lead to.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'a> {
    /// A function answers.
    Operation(Operation<'a>),
    /// The address exists; these methods do.
    OtherMethods {
        /// The address as it stands in the contract.
        template: &'a str,
        /// Value of the header `Allow`.
        allow: String,
    },
    /// No such address.
    Nothing,
}

/// One operation of the contract, with the values of its path parameters.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation<'a> {
    pub(crate) template: &'a str,
    pub(crate) function: &'a str,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Why the contract could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContractError {
    #[error("openapi.yaml is no OpenAPI document")]
    Yaml(#[from] serde_yaml_ng::Error),
    #[error("openapi.yaml names no function for {0}")]
    NoFunction(String),
}

#[derive(Deserialize)]
struct Contract {
    paths: BTreeMap<String, BTreeMap<String, serde_yaml_ng::Value>>,
}

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

impl Routes {
    /// The routes of the contract that this crate was built with.
    pub(crate) fn of_contract() -> Result<Self, ContractError> {
        Self::parse(CONTRACT)
    }

    fn parse(contract: &str) -> Result<Self, ContractError> {
        let contract: Contract = serde_yaml_ng::from_str(contract)?;
        let mut routes = Vec::new();
        for (template, members) in contract.paths {
            let mut methods = BTreeMap::new();
            for (member, operation) in members.iter().filter(|(member, _)| METHODS.contains(&member.as_str())) {
                let function = operation.get("x-fude-function").and_then(serde_yaml_ng::Value::as_str);
                let function = function.ok_or_else(|| ContractError::NoFunction(format!("{member} {template}")))?;
                methods.insert(member.to_ascii_uppercase(), function.to_owned());
            }
            routes.push(Route { template, methods });
        }
        // A fixed segment wins over a parameter
        routes.sort_by_key(|route| route.template.matches('{').count());
        Ok(Self(routes))
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let mut nearest: Option<&Route> = None;
        for route in &self.0 {
            let Some(parameters) = matched(&route.template, path) else {
                continue;
            };
            if let Some(function) = route.methods.get(method) {
                return Found::Operation(Operation { template: &route.template, function, parameters });
            }
            nearest.get_or_insert(route);
        }
        // What another template would take at this path is no method of this address
        nearest.map_or(Found::Nothing, |route| Found::OtherMethods {
            template: &route.template,
            allow: route.methods.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        })
    }
}

/// The values of the template's parameters, decoded, if the path fits it.
fn matched(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parameters),
            (Some(wanted), Some(given)) => {
                let name = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                match name {
                    Some(name) if !given.is_empty() => {
                        parameters.insert(name.to_owned(), decode_percent(given, false));
                    }
                    None if wanted == given => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_yaml_ng::Value;

    use super::*;
    use crate::problem::Refusal;

    fn routes() -> Routes {
        Routes::of_contract().expect("the contract is sound")
    }

    #[test]
    fn every_operation_names_its_function() {
        let routes = routes();
        let function = |method, path| match routes.find(method, path) {
            Found::Operation(operation) => operation.function.to_owned(),
            other => panic!("{method} {path}: {other:?}"),
        };
        assert_eq!(function("POST", "/documents"), "generate-document");
        assert_eq!(function("POST", "/documents/search"), "fetch-document");
        assert_eq!(function("GET", "/documents/abc"), "fetch-document");
        assert_eq!(function("GET", "/documents/abc/content"), "fetch-document");
    }

    #[test]
    fn a_parameter_is_decoded_and_may_be_any_string() {
        let routes = routes();
        let Found::Operation(operation) = routes.find("GET", "/documents/%E6%BC%A2%2Fx") else { panic!("no route") };
        assert_eq!(operation.parameters["id"], "漢/x");
        let Found::Operation(operation) = routes.find("GET", "/documents/search") else { panic!("no route") };
        assert_eq!((operation.template, operation.parameters["id"].as_str()), ("/documents/{id}", "search"));
    }

    #[test]
    fn another_method_is_told_what_there_is() {
        let routes = routes();
        let allow = |method, path| match routes.find(method, path) {
            Found::OtherMethods { allow, .. } => allow,
            other => panic!("{other:?}"),
        };
        assert_eq!(allow("GET", "/documents"), "POST");
        assert_eq!(allow("DELETE", "/documents/search"), "POST");
    }

    #[test]
    fn an_unknown_address_is_nothing() {
        for path in ["/", "/document", "/documents/", "/documents/a/b", "/documents/a/content/", "//documents"] {
            assert_eq!(routes().find("GET", path), Found::Nothing, "{path}");
        }
    }

    #[test]
    fn a_contract_without_function_is_refused() {
        let contract = "paths: { /a: { parameters: [], get: { summary: x } } }";
        assert!(matches!(Routes::parse(contract), Err(ContractError::NoFunction(what)) if what == "get /a"));
    }

    /// The gateway in the cloud and the front door here say the same words.
    #[test]
    fn gateway_responses_of_the_contract_are_the_problems_of_the_front_door() {
        let contract: Value = serde_yaml_ng::from_str(CONTRACT).expect("YAML");
        let pairs = [
            ("BAD_REQUEST_BODY", Refusal::Malformed),
            ("BAD_REQUEST_PARAMETERS", Refusal::Malformed),
            ("UNAUTHORIZED", Refusal::Token),
            ("EXPIRED_TOKEN", Refusal::Token),
            ("MISSING_AUTHENTICATION_TOKEN", Refusal::NotFound),
            ("REQUEST_TOO_LARGE", Refusal::TooLarge),
            ("UNSUPPORTED_MEDIA_TYPE", Refusal::MediaType),
            ("THROTTLED", Refusal::Throttled),
            ("INTEGRATION_TIMEOUT", Refusal::StillDrafting),
            ("INTEGRATION_FAILURE", Refusal::Unavailable),
            ("DEFAULT_5XX", Refusal::Unavailable),
        ];
        for (name, refusal) in pairs {
            let response = &contract["x-amazon-apigateway-gateway-responses"][name];
            let (status, slug, title, detail) = refusal.words();
            assert_eq!(response["statusCode"].as_u64(), Some(u64::from(status.as_u16())), "{name}");
            let template = response["responseTemplates"]["application/json"].as_str().expect(name);
            let body: Value = serde_yaml_ng::from_str(template).expect("a JSON template");
            assert_eq!(body["type"], format!("https://fude.example/problems/{slug}"), "{name}");
            assert_eq!((&body["title"], &body["detail"]), (&title.into(), &detail.into()), "{name}");
            assert_eq!(body["status"].as_u64(), Some(u64::from(status.as_u16())), "{name}");
            assert_eq!(body["instance"], "$context.requestId", "{name}");
            let retry =
                refusal.response("x").headers().get("retry-after").map(|v| format!("'{}'", v.to_str().unwrap()));
            let given = response["responseParameters"]["gatewayresponse.header.Retry-After"].as_str();
            assert_eq!(given, retry.as_deref(), "{name}");
        }
    }
}
