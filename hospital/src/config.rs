//! The one configuration file (TOML), and what is wrong with it. Paths in it are relative to its folder.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use fude::role::Role;
use fude::template::Template;
use serde::Deserialize;

use crate::source::Settings;
use crate::source::select::INLINE_LIMIT;
use crate::sourced::House;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Id under which the operator registered the hospital.
    pub hospital: String,
    /// The hospital's name, as staff read it at the top of every page.
    pub name: String,
    /// Where browsers reach the desk, `0.0.0.0:443`.
    pub listen: SocketAddr,
    /// `https://desk.hospital.example`, as browsers name the desk; needed unless it listens on loopback.
    #[serde(default)]
    pub origin: Option<String>,
    /// Folder of kept work and of the list of documents; holds patient data, readable by the desk alone.
    pub state: PathBuf,
    /// Days for which typed text that was never sent is kept.
    #[serde(default = "kept_days")]
    pub kept_days: u16,
    /// Certificate that browsers see; without it the desk serves loopback alone.
    #[serde(default)]
    pub tls: Option<Identity>,
    pub api: ApiConfig,
    pub sign_in: SignInConfig,
    /// Patients of the house, as the EMR lists them.
    pub census: CensusConfig,
    /// Where the desk reads records; without it, those that the hospital staged with the operator are drafted from.
    #[serde(default)]
    pub source: Option<Settings>,
    /// Names of those who sign in; a clerk types for the physicians among them.
    #[serde(default)]
    pub staff: Vec<Staff>,
    /// The address book.
    #[serde(default)]
    pub addressee: Vec<Addressee>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// PEM, the chain.
    pub certificate: PathBuf,
    /// PEM, readable by its owner alone.
    pub key: PathBuf,
}

/// Fude's API and what the hospital shows there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// `https://…`, without a path.
    pub url: String,
    /// CA that signed the API's certificate, PEM.
    pub ca: PathBuf,
    /// The hospital's client certificate and key.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Data source of the hospital's records.
    pub data_source: String,
    /// Most bytes of a record in a request: 4 MiB through API Gateway, 943718 through an ALB.
    #[serde(default = "inline_limit")]
    pub inline_limit: usize,
}

/// The user pool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// `https://cognito-idp.ap-northeast-1.amazonaws.com`
    pub url: String,
    pub client_id: String,
    /// CA of that address, PEM; not needed on loopback.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CensusConfig {
    /// JSON array that the EMR writes, see `census.rs`; read again whenever it changes.
    pub file: PathBuf,
}

#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// User name in the pool.
    pub user: String,
    pub name: String,
    /// `physician`, `clerk`, `nurse` or `auditor`; what somebody may do comes from the token alone.
    pub role: String,
    #[serde(default)]
    pub department: String,
}

#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// `medical-institution` and so on, as the contract names them.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub institution: String,
    #[serde(default)]
    pub department: String,
    #[serde(default)]
    pub recipient: String,
}

fn inline_limit() -> usize {
    INLINE_LIMIT
}

fn kept_days() -> u16 {
    14
}

/// The file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{0} is not a configuration: {1}")]
    Form(PathBuf, String),
}

impl Config {
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::File(path.to_owned(), e))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|e| ConfigError::Form(path.to_owned(), e.message().to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in config.files_mut() {
            *file = folder.join(&file);
        }
        Ok(config)
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut files = vec![
            &mut self.state, &mut self.api.ca, &mut self.api.certificate, &mut self.api.key, &mut self.census.file,
        ];
        files.extend(&mut self.sign_in.ca);
        match &mut self.source {
            Some(Settings::FhirServer(server)) => {
                files.extend(
                    [&mut server.bearer_file, &mut server.basic_file, &mut server.ca_file].into_iter().flatten(),
                );
            }
            Some(Settings::Folder(source)) => files.push(&mut source.folder),
            Some(Settings::Ssmix2(storage)) => files.extend(&mut storage.roots),
            None => {}
        }
        if let Some(tls) = &mut self.tls {
            files.extend([&mut tls.certificate, &mut tls.key]);
        }
        files
    }

    pub fn house(&self) -> Result<Option<House>, String> {
        let open = |settings| House::open(settings, self.api.inline_limit).map_err(|e| format!("source: {e}"));
        self.source.as_ref().map(open).transpose()
    }

    pub fn physicians(&self) -> Vec<&Staff> {
        self.staff.iter().filter(|s| s.role == Role::Physician.as_str()).collect()
    }

    /// Everything that is wrong, each with what to do.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, value) in
            [("hospital", &self.hospital), ("name", &self.name), ("api.data_source", &self.api.data_source)]
        {
            if value.trim().is_empty() {
                found.push(format!("{name} is empty"));
            }
        }
        self.addresses(&mut found);
        self.secrets(&mut found);
        if let Err(error) = crate::api::Api::new(&self.api) {
            found.push(error);
        }
        if let Err(error) = crate::cognito::Cognito::new(&self.sign_in) {
            found.push(error);
        }
        if let Some(Err(error)) = self.tls.as_ref().map(crate::serve::tls) {
            found.push(error);
        }
        if let Err(error) = crate::census::read(&self.census.file) {
            found.push(error);
        }
        if let Err(error) = self.house() {
            found.push(error);
        }
        for person in self.staff.iter().filter(|s| Role::parse(&s.role).is_none()) {
            found.push(format!("staff: \"{}\" is no role", person.role));
        }
        let known: Vec<String> = crate::kinds::all().into_iter().flat_map(|t: Template| t.addressee.types).collect();
        for entry in self.addressee.iter().filter(|a| !known.contains(&a.kind)) {
            found.push(format!("addressee: no document goes to the type \"{}\"", entry.kind));
        }
        found
    }

    fn addresses(&self, found: &mut Vec<String>) {
        if !self.api.url.starts_with("https://") {
            found.push("api.url must begin with https://".to_owned());
        }
        if !self.sign_in.url.starts_with("https://") && !is_loopback_url(&self.sign_in.url) {
            found.push("sign_in.url must begin with https://, or passwords would travel in clear".to_owned());
        }
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            found.push("tls is missing: without a certificate the desk may listen on loopback alone".to_owned());
        }
        match &self.origin {
            None if !self.listen.ip().is_loopback() => {
                found.push("origin is missing: say how browsers name the desk, https://…".to_owned());
            }
            Some(origin) if !origin.starts_with("https://") || origin.ends_with('/') => {
                found.push("origin must begin with https:// and end without a slash".to_owned());
            }
            _ => {}
        }
    }

    /// Keys and kept work must not be open to others on this machine.
    fn secrets(&self, found: &mut Vec<String>) {
        use std::os::unix::fs::PermissionsExt;
        let keys = std::iter::once(&self.api.key).chain(self.tls.as_ref().map(|t| &t.key)).chain([&self.state]);
        for path in keys {
            let mode = std::fs::metadata(path).map(|m| m.permissions().mode());
            if mode.is_ok_and(|m| m & 0o077 != 0) {
                found.push(format!("{} can be read by others: chmod go-rwx", path.display()));
            }
        }
    }
}

/// `http://127.0.0.1:…`: nothing leaves this machine.
fn is_loopback_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback_url;

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        for (url, loopback) in [
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000/", true),
            ("http://localhost", true),
            ("http://127.0.0.1.example:80", false),
            ("http://10.0.0.1:80", false),
            ("https://127.0.0.1", false),
        ] {
            assert_eq!(is_loopback_url(url), loopback, "{url}");
        }
    }
}
