//! Which representation a request takes (RFC 9110, 12.5.1), and whether it has it already (13.1.2).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    Json,
    Text,
    Html,
    Fhir,
}

impl Media {
    /// In the order of preference where a request has none.
    const ALL: [Self; 4] = [Self::Json, Self::Text, Self::Html, Self::Fhir];

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Fhir => "application/fhir+json",
        }
    }

    fn essence(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Text => ("text", "plain"),
            Self::Html => ("text", "html"),
            Self::Fhir => ("application", "fhir+json"),
        }
    }
}

/// One media range: `text/*;q=0.5`.
struct Range {
    kind: String,
    subtype: String,
    /// Thousandths.
    weight: u16,
}

/// The representation of the highest weight; JSON where no header says anything. `None`: 406.
pub fn negotiate<'v>(values: impl Iterator<Item = &'v str>) -> Option<Media> {
    let Some(ranges) = ranges(values) else { return Some(Media::Json) };
    let mut best = None;
    for media in Media::ALL {
        let weight = weight(&ranges, media);
        if weight > 0 && best.is_none_or(|(_, most)| weight > most) {
            best = Some((media, weight));
        }
    }
    best.map(|(media, _)| media)
}

/// Whether the request takes this one; where no header says anything, it does.
pub fn takes<'v>(media: Media, values: impl Iterator<Item = &'v str>) -> bool {
    ranges(values).is_none_or(|ranges| weight(&ranges, media) > 0)
}

/// `None` where no header says anything.
fn ranges<'v>(values: impl Iterator<Item = &'v str>) -> Option<Vec<Range>> {
    let listed: Vec<&str> = values.flat_map(|v| v.split(',')).map(str::trim).filter(|r| !r.is_empty()).collect();
    (!listed.is_empty()).then(|| listed.into_iter().filter_map(range).collect())
}

/// The most specific range that matches decides, so that `text/html;q=0, */*` means anything but HTML.
fn weight(ranges: &[Range], media: Media) -> u16 {
    let (kind, subtype) = media.essence();
    let precision = |r: &Range| match (r.kind.as_str(), r.subtype.as_str()) {
        ("*", "*") => Some(0),
        (k, "*") if k == kind => Some(1),
        (k, s) if (k, s) == (kind, subtype) => Some(2),
        _ => None,
    };
    let matching = ranges.iter().filter_map(|r| Some((precision(r)?, r.weight)));
    matching.max().map_or(0, |(_, weight)| weight)
}

/// A range that cannot be read, or that asks for a parameter that no representation has, matches nothing.
fn range(text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut found =
        Range { kind: kind.trim().to_ascii_lowercase(), subtype: subtype.trim().to_ascii_lowercase(), weight: 1000 };
    for part in parts.filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            // What follows the weight is no part of the range.
            "q" => {
                found.weight = thousandths(value.trim())?;
                break;
            }
            "charset" if value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {}
            // R4; the parameter is FHIR's own.
            "fhirversion" if found.subtype == "fhir+json" && value.trim().trim_matches('"') == "4.0" => {}
            _ => return None,
        }
    }
    Some(found)
}

/// `0` to `1` with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let weight = format!("{whole}{decimals:0<3}").parse().ok()?;
    (weight <= 1000).then_some(weight)
}

/// `If-None-Match` names this tag, weakly compared.
pub fn has_already<'v>(mut values: impl Iterator<Item = &'v str>, etag: &str) -> bool {
    values.any(|v| v.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag))
}

#[cfg(test)]
mod tests {
    use super::{Media, has_already, negotiate};

    #[test]
    fn the_highest_weight_wins() {
        for (accept, media) in [
            ("", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("text/html;q=0.5, application/json;q=0.4", Some(Media::Html)),
            ("text/html;q=0.4, application/json;q=0.5", Some(Media::Json)),
            ("text/plain, text/html", Some(Media::Text)),
            ("text/*", Some(Media::Text)),
            ("text/*;q=0.9, text/plain;q=0.2, text/html;level=1;q=0", Some(Media::Html)),
            ("TEXT/HTML ; Charset=\"UTF-8\"", Some(Media::Html)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Media::Html)),
            ("application/json;q=0, */*;q=0.001", Some(Media::Text)),
            ("application/fhir+json, text/plain;q=0.1", Some(Media::Fhir)),
            ("application/fhir+json; charset=utf-8; fhirVersion=4.0", Some(Media::Fhir)),
            ("application/*", Some(Media::Json)),
        ] {
            assert_eq!(negotiate([accept].into_iter()), media, "{accept}");
        }
        assert_eq!(negotiate(std::iter::empty()), Some(Media::Json));
        assert_eq!(negotiate(["image/png", "text/html"].into_iter()), Some(Media::Html), "two header lines");
    }

    #[test]
    fn nothing_that_fits_is_not_acceptable() {
        for accept in [
            "application/fhir+xml", "application/fhir+json; fhirVersion=5.0", "application/json; fhirVersion=4.0",
            "image/*", "*/*;q=0", "application/json;q=0", "application/json;q=1.5", "application/json;q=x",
            "application/json;q=0.1234", "text/plain;charset=shift_jis", "json", "*",
        ] {
            assert_eq!(negotiate([accept].into_iter()), None, "{accept}");
        }
    }

    #[test]
    fn a_tag_is_found_in_any_list() {
        for (value, found) in
            [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false), ("a", false), ("", false)]
        {
            assert_eq!(has_already([value].into_iter(), "\"a\""), found, "{value}");
        }
    }
}
