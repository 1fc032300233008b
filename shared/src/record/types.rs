//! FHIR R4 data types, as narrow as the record needs them, borrowed from the bytes.
//! Everything is optional; decimals keep their digits ("7.40" is not 7.4).

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

/// A string that borrows from the input where it holds no escape sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(v)))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(v.to_owned())))
            }
            fn visit_string<E: de::Error>(self, v: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(v)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coding<'a> {
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    #[serde(borrow)]
    pub display: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeableConcept<'a> {
    #[serde(borrow)]
    pub coding: Vec<Coding<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

impl CodeableConcept<'_> {
    /// What a person reads: the text, else the first display, else the first code.
    pub fn label(&self) -> Option<&str> {
        let display = || self.coding.iter().find_map(|c| c.display.as_deref());
        let code = || self.coding.iter().find_map(|c| c.code.as_deref());
        self.text.as_deref().or_else(display).or_else(code).filter(|s| !s.trim().is_empty())
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.coding.iter().any(|c| c.code.as_deref() == Some(code))
    }

    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.coding.iter().filter_map(|c| c.code.as_deref())
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identifier<'a> {
    #[serde(borrow)]
    pub system: Option<Text<'a>>,
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference<'a> {
    #[serde(borrow)]
    pub reference: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    /// Boxed, as hardly any reference has one and resources are many.
    pub identifier: Option<Box<Identifier<'a>>>,
    #[serde(borrow)]
    pub display: Option<Text<'a>>,
}

/// A quantity whose value is the digits as they were sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Quantity<'a> {
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
    #[serde(borrow)]
    pub comparator: Option<Text<'a>>,
    #[serde(borrow)]
    pub unit: Option<Text<'a>>,
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
}

impl Quantity<'_> {
    /// "3.5 mEq/L", ">=100 mg/dL"; `None` without a value.
    pub fn label(&self) -> Option<String> {
        let value = self.digits()?;
        let mut out = String::with_capacity(32);
        if let Some(c) = self.comparator.as_deref() {
            out.push_str(c);
        }
        out.push_str(value);
        if let Some(unit) = self.unit_text() {
            // Counters and rates stick to their number in Japanese (2錠, 74/分), symbols stand apart (3.5 mEq/L).
            if unit.starts_with(|c: char| (c.is_ascii() && !"%/".contains(c)) || matches!(c, 'μ' | 'µ')) {
                out.push(' ');
            }
            out.push_str(unit);
        }
        Some(out)
    }

    pub fn digits(&self) -> Option<&str> {
        self.value.map(RawValue::get)
    }

    pub fn unit_text(&self) -> Option<&str> {
        self.unit.as_deref().or(self.code.as_deref()).filter(|u| !u.trim().is_empty())
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ratio<'a> {
    #[serde(borrow)]
    pub numerator: Option<Quantity<'a>>,
    #[serde(borrow)]
    pub denominator: Option<Quantity<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Range<'a> {
    #[serde(borrow)]
    pub low: Option<Quantity<'a>>,
    #[serde(borrow)]
    pub high: Option<Quantity<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Period<'a> {
    #[serde(borrow)]
    pub start: Option<Text<'a>>,
    #[serde(borrow)]
    pub end: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotation<'a> {
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Extension<'a> {
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
    #[serde(borrow)]
    pub value_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub value_string: Option<Text<'a>>,
    #[serde(borrow)]
    pub value_period: Option<Period<'a>>,
    #[serde(borrow)]
    pub value_duration: Option<Quantity<'a>>,
    #[serde(borrow)]
    pub value_codeable_concept: Option<CodeableConcept<'a>>,
}

/// The last path segment of an extension url names it: `…/JP_MedicationDosage_PeriodOfUse`.
pub fn extension<'e, 'a>(list: &'e [Extension<'a>], name: &str) -> Option<&'e Extension<'a>> {
    list.iter().find(|e| e.url.as_deref().is_some_and(|u| u.ends_with(name)))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HumanName<'a> {
    #[serde(borrow)]
    pub extension: Vec<Extension<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub family: Option<Text<'a>>,
    #[serde(borrow)]
    pub given: Vec<Option<Text<'a>>>,
}

impl HumanName<'_> {
    /// `SYL` marks the kana form (ISO 21090), else a name all in katakana is one.
    pub fn is_kana(&self) -> bool {
        match extension(&self.extension, "iso21090-EN-representation") {
            Some(e) => e.value_code.as_deref() == Some("SYL"),
            None => {
                let text = self.full();
                !text.is_empty() && text.chars().all(|c| matches!(c, 'ァ'..='ヿ' | 'ｦ'..='ﾟ' | ' ' | '　'))
            }
        }
    }

    /// The whole name, family first as Japanese names are written, unless `text` says it.
    pub fn full(&self) -> String {
        if let Some(text) = self.text.as_deref().filter(|t| !t.trim().is_empty()) {
            return text.trim().to_owned();
        }
        let given: Vec<&str> = self.given.iter().flatten().map(|g| &**g).collect();
        let mut parts: Vec<&str> = self.family.as_deref().into_iter().collect();
        parts.extend(given);
        parts.join(" ").trim().to_owned()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactPoint<'a> {
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Address<'a> {
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub line: Vec<Option<Text<'a>>>,
    #[serde(borrow)]
    pub postal_code: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Attachment<'a> {
    #[serde(borrow)]
    pub content_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub data: Option<Text<'a>>,
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    #[serde(borrow)]
    pub url: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Narrative<'a> {
    #[serde(borrow)]
    pub div: Option<Text<'a>>,
}
