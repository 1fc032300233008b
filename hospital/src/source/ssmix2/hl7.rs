//! HL7 v2.5 messages as segments, fields, repetitions, components and subcomponents (HL7 v2.5 chapter 2).
//! Numbers count from 1, as in the standard. What a value means is not decided here.

use std::borrow::Cow;

/// The characters that part a message: MSH-1 and MSH-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub field: char,
    pub component: char,
    pub repetition: char,
    pub escape: char,
    pub subcomponent: char,
}

/// Why a text is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHl7 {
    #[error("the message does not begin with MSH")]
    NoHeader,
    #[error("MSH-1 and MSH-2 do not name five different delimiters")]
    Delimiters,
}

/// One message: MSH and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub segments: Vec<Segment>,
}

/// One segment, with its place in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    /// Which of its name it is, from 1.
    pub number: usize,
    fields: Vec<String>,
    delimiters: Delimiters,
}

impl Message {
    /// Reads decoded lines, one a segment.
    pub fn parse<'l>(lines: impl IntoIterator<Item = &'l str>) -> Result<Self, NotHl7> {
        let mut lines = lines.into_iter().filter(|l| !l.trim().is_empty());
        let header = lines.next().unwrap_or_default().trim_start_matches('\u{feff}');
        let delimiters = Delimiters::of(header)?;
        let mut segments = vec![Segment::header(header, delimiters)];
        for line in lines {
            let mut fields = line.split(delimiters.field);
            let name = fields.next().unwrap_or_default().trim().to_owned();
            let number = segments.iter().filter(|s: &&Segment| s.name == name).count() + 1;
            segments.push(Segment { name, number, fields: fields.map(str::to_owned).collect(), delimiters });
        }
        Ok(Self { segments })
    }

    pub fn first(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|s| s.name == name)
    }

    pub fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Segment> {
        self.segments.iter().filter(move |s| s.name == name)
    }

    /// Groups that each begin with a segment of this name (ORC, SPM, PRB), in order. What stands before the first is
    /// in none.
    pub fn groups(&self, name: &str) -> Vec<&[Segment]> {
        let starts: Vec<usize> = (0..self.segments.len()).filter(|i| self.segments[*i].name == name).collect();
        let ends = starts.iter().skip(1).copied().chain([self.segments.len()]);
        starts.iter().zip(ends).map(|(start, end)| &self.segments[*start..end]).collect()
    }

    /// Message code and trigger event: `RDE`, `O11`.
    pub fn kind(&self) -> (String, String) {
        let kind = self.segments[0].field(9);
        (kind.component(1), kind.component(2))
    }
}

impl Delimiters {
    fn of(header: &str) -> Result<Self, NotHl7> {
        let rest = header.strip_prefix("MSH").ok_or(NotHl7::NoHeader)?;
        let field = rest.chars().next().ok_or(NotHl7::Delimiters)?;
        let named: Vec<char> = rest.split(field).nth(1).unwrap_or_default().chars().collect();
        let [component, repetition, escape, subcomponent] = named[..] else { return Err(NotHl7::Delimiters) };
        let all = [field, component, repetition, escape, subcomponent];
        let good = all
            .iter()
            .enumerate()
            .all(|(i, c)| !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control() && !all[..i].contains(c));
        if good { Ok(Self { field, component, repetition, escape, subcomponent }) } else { Err(NotHl7::Delimiters) }
    }
}

impl Segment {
    /// MSH-1 is the delimiter itself, so that its fields count one further; MSH-2 is never split.
    fn header(line: &str, delimiters: Delimiters) -> Self {
        let mut fields: Vec<String> = line.split(delimiters.field).skip(1).map(str::to_owned).collect();
        fields.insert(0, delimiters.field.to_string());
        Self { name: "MSH".to_owned(), number: 1, fields, delimiters }
    }

    /// A field by its number; an absent one is empty.
    pub fn field(&self, number: usize) -> Field<'_> {
        let raw = number.checked_sub(1).and_then(|i| self.fields.get(i)).map_or("", String::as_str);
        Field { raw, delimiters: self.delimiters }
    }

    /// Numbers of the fields that say something.
    pub fn filled(&self) -> impl Iterator<Item = usize> + '_ {
        (1..=self.fields.len()).filter(|n| !self.field(*n).is_empty())
    }
}

/// A field with its repetitions, or one of them.
#[derive(Clone, Copy, Debug)]
pub struct Field<'m> {
    raw: &'m str,
    delimiters: Delimiters,
}

impl<'m> Field<'m> {
    /// Nothing, or the explicit nothing `""`.
    pub fn is_empty(&self) -> bool {
        let raw = self.raw.trim();
        raw.is_empty() || raw == "\"\""
    }

    /// The repetitions that say something.
    pub fn repetitions(self) -> impl Iterator<Item = Field<'m>> {
        let delimiters = self.delimiters;
        self.raw.split(delimiters.repetition).map(move |raw| Field { raw, delimiters }).filter(|f| !f.is_empty())
    }

    /// The whole of the first repetition, unescaped: for fields of a primitive type.
    pub fn text(&self) -> String {
        value(self.first(), self.delimiters)
    }

    /// A component of the first repetition.
    pub fn component(&self, number: usize) -> String {
        self.subcomponent(number, 1)
    }

    /// A subcomponent of a component of the first repetition.
    pub fn subcomponent(&self, component: usize, number: usize) -> String {
        let nth = |text: &'m str, delimiter, n: usize| n.checked_sub(1).and_then(|n| text.split(delimiter).nth(n));
        let part = nth(self.first(), self.delimiters.component, component);
        let part = part.and_then(|p| nth(p, self.delimiters.subcomponent, number));
        value(part.unwrap_or_default(), self.delimiters)
    }

    fn first(&self) -> &'m str {
        self.raw.split(self.delimiters.repetition).next().unwrap_or_default()
    }
}

fn value(raw: &str, delimiters: Delimiters) -> String {
    let raw = raw.trim();
    if raw == "\"\"" { String::new() } else { unescaped(raw, delimiters).trim().to_owned() }
}

/// What stands for a character that cannot be read, as in Japanese print.
pub const GETA: char = '〓';

/// Escape sequences (HL7 v2.5, 2.7). Highlighting vanishes, line breaks are breaks; what is not known becomes 〓.
fn unescaped(raw: &str, delimiters: Delimiters) -> Cow<'_, str> {
    if !raw.contains(delimiters.escape) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once(delimiters.escape) {
        out.push_str(before);
        let Some((sequence, behind)) = after.split_once(delimiters.escape) else {
            // A lone escape character is one that the sender forgot to escape.
            out.push(delimiters.escape);
            out.push_str(after);
            return Cow::Owned(out);
        };
        match sequence {
            "F" => out.push(delimiters.field),
            "S" => out.push(delimiters.component),
            "T" => out.push(delimiters.subcomponent),
            "R" => out.push(delimiters.repetition),
            "E" => out.push(delimiters.escape),
            "H" | "N" => {}
            ".br" | ".sp" => out.push('\n'),
            _ => match sequence.strip_prefix('X').and_then(hexadecimal) {
                Some(text) => out.push_str(&text),
                None => out.push(GETA),
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `\X0D\` and the like: printable ASCII and line ends only, as no character set is named for the rest.
fn hexadecimal(digits: &str) -> Option<String> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let bytes = (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).ok());
    let mut out = String::new();
    for byte in bytes {
        match byte? {
            b'\r' | b'\n' if out.ends_with('\n') => {}
            b'\r' | b'\n' => out.push('\n'),
            b'\t' => out.push(' '),
            byte @ b' '..=b'~' => out.push(byte as char),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(lines: &str) -> Message {
        Message::parse(lines.split('\r')).expect("a message")
    }

    #[test]
    fn fields_count_as_the_standard_counts() {
        let m = message(
            "MSH|^~\\&|HIS||GW||20260711||RDE^O11^RDE_O11|1|P|2.5||||||~ISO IR87||ISO 2022-1994\rPID|1||0001^^^^PI||患者^太郎~カンジャ^タロウ",
        );
        let header = m.first("MSH").expect("MSH");
        assert_eq!((header.field(1).text(), header.field(3).text()), ("|".to_owned(), "HIS".to_owned()));
        assert_eq!(m.kind(), ("RDE".to_owned(), "O11".to_owned()));
        let sets: Vec<String> = header.field(18).repetitions().map(|r| r.text()).collect();
        assert_eq!(sets, ["ISO IR87"]);
        let pid = m.first("PID").expect("PID");
        assert_eq!(pid.field(3).component(5), "PI");
        let names: Vec<String> = pid.field(5).repetitions().map(|n| n.component(2)).collect();
        assert_eq!(names, ["太郎", "タロウ"]);
        assert!(pid.field(99).is_empty() && pid.field(0).is_empty() && pid.field(5).component(0).is_empty());
    }

    #[test]
    fn every_escape_of_the_standard_is_read() {
        for (raw, said) in [
            (r"A\F\B", "A|B"),
            (r"A\S\B\T\C\R\D\E\E", r"A^B&C~D\E"),
            (r"\H\重要\N\", "重要"),
            (r"一行\.br\二行", "一行\n二行"),
            (r"\X0D0A\次", "次"),
            (r"\X41\", "A"),
            (r"50\", r"50\"),
            (r"\C2842\外", "〓外"),
            (r"\X8\", "〓"),
            (r"\Zx\", "〓"),
        ] {
            let m = message(&format!("MSH|^~\\&|\rNTE|1||{raw}"));
            assert_eq!(m.segments[1].field(3).text(), said, "{raw}");
        }
    }

    #[test]
    fn escaped_delimiters_do_not_part() {
        let m = message("MSH|^~\\&|\rOBX|1||A\\S\\B^C\\T\\D&E");
        let field = m.segments[1].field(3);
        assert_eq!(
            (field.component(1), field.component(2), field.subcomponent(2, 2)),
            ("A^B".into(), "C&D".into(), "E".into())
        );
    }

    #[test]
    fn the_explicit_nothing_is_nothing() {
        let m = message("MSH|^~\\&|\rRXE||\"\"^\"\"|\"\"");
        assert!(m.segments[1].field(3).is_empty());
        assert_eq!(m.segments[1].field(2).component(1), "");
    }

    #[test]
    fn other_delimiters_are_taken_from_the_header() {
        let m = message("MSH$*!?%$\rPID$1$$7*A!8");
        assert_eq!(m.segments[1].field(3).component(2), "A");
        assert_eq!(m.segments[1].field(3).repetitions().count(), 2);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for (text, why) in [
            ("", NotHl7::NoHeader),
            ("PID|1", NotHl7::NoHeader),
            ("MSH", NotHl7::Delimiters),
            ("MSH|^~", NotHl7::Delimiters),
            ("MSH|^^\\&|", NotHl7::Delimiters),
            ("MSHA^~\\&A", NotHl7::Delimiters),
            ("MSH|^~\\&日|", NotHl7::Delimiters),
        ] {
            assert_eq!(Message::parse(text.split('\r')), Err(why), "{text}");
        }
    }

    #[test]
    fn groups_begin_with_their_segment() {
        let m = message("MSH|^~\\&|\rPID|\rORC|1\rRXE|1\rTQ1|1\rORC|2\rRXE|2");
        let groups = m.groups("ORC");
        assert_eq!(groups.iter().map(|g| g.len()).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(groups[1][1].number, 2);
        assert!(m.groups("SPM").is_empty());
    }

    /// Text as it would have to be sent.
    fn escaped(text: &str) -> String {
        text.chars()
            .map(|c| match c {
                '|' => r"\F\".to_owned(),
                '^' => r"\S\".to_owned(),
                '&' => r"\T\".to_owned(),
                '~' => r"\R\".to_owned(),
                '\\' => r"\E\".to_owned(),
                c => c.to_string(),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "[|^&~\\\\a-z０-９ぁ-ん一-三]{1,20}") {
            let m = message(&format!("MSH|^~\\&|\rNTE|1||x^y&{}^z", escaped(&text)));
            prop_assert_eq!(m.segments[1].field(3).subcomponent(2, 2), text);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let line = format!("NTE{text}");
            if let Ok(m) = Message::parse(["MSH|^~\\&|", &line]) {
                for segment in &m.segments {
                    for n in segment.filled() {
                        for r in segment.field(n).repetitions() {
                            let _ = (r.text(), r.component(3), r.subcomponent(1, 2));
                        }
                    }
                }
            }
        }
    }
}
