//! Members of a request that may be left out but, by the contract, are never `null`.

use serde::{Deserialize, Deserializer};

/// For `deserialize_with`, beside `default`: serde's own `Option` would take a `null` for a member that is not there.
pub fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Asked {
        #[serde(default, deserialize_with = "super::not_null")]
        kana: Option<String>,
    }

    #[test]
    fn a_member_is_left_out_or_has_its_type() {
        let kana = |body: &str| serde_json::from_str::<Asked>(body).map(|a| a.kana);
        assert_eq!(kana("{}").expect("left out"), None);
        assert_eq!(kana(r#"{"kana":"ハセガワ"}"#).expect("given"), Some("ハセガワ".to_owned()));
        assert!(kana(r#"{"kana":null}"#).is_err() && kana(r#"{"kana":1}"#).is_err());
    }
}
