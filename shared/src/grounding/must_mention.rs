//! Check 10: what this kind of document must mention. A rule finds its facts in the record; a fact that no
//! delivered sentence cites is then rendered by code into the rule's section.

use std::cell::OnceCell;

use crate::facts::{Category, Change, Cue, Detail, Fact, Kind};
use crate::template::Template;
use crate::text::{AnyOf, Groups, nfkc};

/// What a template may say that this kind of document must mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Allergies,
    DischargeMedication,
    StoppedMedication,
    HighRiskMedication,
    Procedures,
    Devices,
    AdverseEvents,
    PendingResults,
    IncidentalFindings,
    AdvanceDirectives,
    Appointments,
    Diet,
    Infections,
}

impl Rule {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "allergies" => Self::Allergies,
            "discharge-medication" => Self::DischargeMedication,
            "stopped-medication" => Self::StoppedMedication,
            "high-risk-medication" => Self::HighRiskMedication,
            "procedures" => Self::Procedures,
            "devices" => Self::Devices,
            "adverse-events" => Self::AdverseEvents,
            "pending-results" => Self::PendingResults,
            "incidental-findings" => Self::IncidentalFindings,
            "advance-directives" => Self::AdvanceDirectives,
            "appointments" => Self::Appointments,
            "diet" => Self::Diet,
            "infections" => Self::Infections,
            _ => return None,
        })
    }
}

/// Anticoagulants, insulins, opioids, steroids, antiplatelets, immunosuppressants, digitalis: stems of generic and common brand names.
const HIGH_RISK: &[&str] = &[
    "ワルファリン", "ワーファリン", "アピキサバン", "エリキュース", "リバーロキサバン", "イグザレルト", "エドキサバン",
    "リクシアナ", "ダビガトラン", "プラザキサ", "ヘパリン", "インスリン", "ランタス", "トレシーバ", "ノボラピッド",
    "ヒューマログ", "モルヒネ", "オキシコドン", "フェンタニル", "ヒドロモルフォン", "トラマドール", "プレドニン",
    "プレドニゾロン", "デキサメタゾン", "メチルプレドニゾロン", "ヒドロコルチゾン", "メトトレキサート", "タクロリムス",
    "シクロスポリン", "ジゴキシン", "クロピドグレル", "アスピリン",
];
const ADVERSE: &[&str] =
    &["転倒", "転落", "褥瘡", "誤嚥", "薬疹", "副作用", "輸血副反応", "院内感染", "自己抜去", "せん妄", "薬熱"];
const PENDING: &[&str] = &["結果待ち", "未着", "結果未", "培養中", "病理結果は後日", "結果は後日"];
const INCIDENTAL: &[&str] = &["偶発", "偶然", "結節影", "小結節", "肺結節"];
const DIRECTIVES: &[&str] = &["DNAR", "DNR", "事前指示", "延命", "人生会議", "ACP"];
/// What may have happened, or be open, that a reader has to be told.
#[derive(Clone, Copy)]
enum Event {
    Adverse,
    Pending,
    Incidental,
    Directive,
}
/// The words of each [`Event`], in that order. Hardly any sentence holds one. None of them holds a space.
pub(crate) const EVENTS: &[&[&str]] = &[ADVERSE, PENDING, INCIDENTAL, DIRECTIVES];
/// Which of them may stand in a text, by the place of a list among them.
static EVENT: Groups = Groups::new(&[&[ADVERSE], &[PENDING], &[INCIDENTAL], &[DIRECTIVES]]);
static RISKY: AnyOf = AnyOf::new(&[HIGH_RISK]);
/// What turns an event into its absence.
const NEGATED: &[&str] =
    &["なし", "なく", "ない", "認めず", "せず", "認めない", "(-)", "予防", "リスク", "危険", "注意"];

/// Whether one of several rules is about this fact.
pub fn concerns_any(rules: &[Rule], fact: &Fact) -> bool {
    if concerns_none(fact) {
        return false;
    }
    let words = Words::default();
    rules.iter().any(|rule| concerns(*rule, fact, &words))
}

/// Whether it is one of the many notes in which no rule looks for anything.
pub(crate) fn concerns_none(fact: &Fact) -> bool {
    fact.kind == Kind::Note && !fact.may_tell(Cue::Event)
}

/// What rules ask of a fact's words, once one has asked.
#[derive(Default)]
pub struct Words {
    folded: OnceCell<String>,
    /// One bit for each list of events of which a word may stand in them.
    events: OnceCell<u32>,
}

/// Whether a rule is about this fact, of whose words some may be known already.
pub fn concerns(rule: Rule, fact: &Fact, known: &Words) -> bool {
    let text = || known.folded.get_or_init(|| nfkc(&fact.fields.join(" ")));
    let medication = |wanted: fn(Category) -> bool| matches!(&fact.detail, Detail::Medication(m) if wanted(m.category));
    // Field by field, since no word begins in one and ends in the next.
    let events = || *known.events.get_or_init(|| fact.fields.iter().fold(0, |all, f| all | EVENT.standing_in(f)));
    let says = |event: Event| {
        let list = event as usize;
        // The kind first: folding every result of a large record costs more than all else.
        let told = matches!(fact.kind, Kind::Note | Kind::Report) && !fact.is_earlier();
        // 誤嚥性肺炎 that brought the patient in is a diagnosis, no event of the stay.
        let holds = |w: &&str| text().match_indices(*w).any(|(at, _)| !text()[at..].starts_with("誤嚥性肺炎"));
        told && fact.may_tell(Cue::Event) && events() >> list & 1 == 1 && EVENTS[list].iter().any(holds)
    };
    let denied = || NEGATED.iter().any(|w| text().contains(w));
    match rule {
        Rule::Allergies => fact.kind == Kind::Allergy,
        Rule::DischargeMedication => medication(|c| c == Category::Discharge),
        Rule::StoppedMedication => {
            matches!(fact.detail, Detail::Change(Change::Stopped | Change::Held | Change::Absent))
        }
        Rule::HighRiskMedication => medication(|c| c != Category::Administered) && high_risk(&fact.name),
        Rule::Procedures => is_operation(fact),
        Rule::Devices => fact.kind == Kind::Device,
        Rule::AdverseEvents => says(Event::Adverse) && !denied(),
        Rule::PendingResults => matches!(&fact.detail, Detail::Result(r) if r.pending) || says(Event::Pending),
        Rule::IncidentalFindings => says(Event::Incidental),
        Rule::AdvanceDirectives => fact.kind == Kind::Consent || says(Event::Directive),
        Rule::Appointments => fact.kind == Kind::Appointment,
        Rule::Diet => fact.kind == Kind::Diet,
        Rule::Infections => is_infection(fact),
    }
}

/// Whether a note only repeats a directive that is told: 「DNARの方針とする。」 beside the Consent that says DNAR.
pub fn restates(note: &Fact, directive: &Fact) -> bool {
    let (said, told) = (nfkc(&note.fields.concat()), nfkc(&directive.fields.concat()));
    let short = note.fields.get(1).is_some_and(|t| t.chars().count() <= 20);
    note.kind == Kind::Note
        && directive.kind == Kind::Consent
        && short
        && DIRECTIVES.iter().any(|w| said.contains(w) && told.contains(w))
}

/// An operation or transfusion that was done.
pub fn is_operation(fact: &Fact) -> bool {
    const OPERATIONS: &[&str] = &[
        "切除", "置換", "移植", "輸血", "吻合", "縫合", "PCI", "IVR", "ステント", "バイパス", "シャント",
        "ペースメーカ",
    ];
    if fact.kind != Kind::Procedure {
        return false;
    }
    let text = nfkc(&fact.fields.join(" "));
    let done = !["実施せず", "予定", "中止"].iter().any(|w| text.contains(w));
    done && (nfkc(&fact.name).contains('術') || OPERATIONS.iter().any(|w| text.contains(w)))
}

/// An infectious disease, or a test that is told about one: what the next house has to know on the first day.
pub fn is_infection(fact: &Fact) -> bool {
    const DISEASES: &[&str] = &[
        "B型肝炎", "C型肝炎", "B型慢性肝炎", "C型慢性肝炎", "結核", "MRSA", "VRE", "ESBL", "疥癬", "梅毒", "保菌",
        "COVID", "新型コロナ", "インフルエンザ", "ノロウイルス", "クロストリジオイデス", "HTLV", "帯状疱疹", "麻疹",
        "水痘",
    ];
    const TESTS: &[&str] = &[
        "HBs抗原", "HBs抗体", "HBc抗体", "HCV抗体", "梅毒", "TPHA", "TP抗体", "RPR", "HTLV", "抗酸菌", "MRSA",
        "SARS-CoV-2", "インフルエンザ", "ノロウイルス", "CDトキシン", "T-SPOT", "クォンティフェロン",
    ];
    const RESISTANT: &[&str] = &["MRSA", "VRE", "MDRP", "CRE"];
    static DISEASE: AnyOf = AnyOf::new(&[DISEASES]);
    static TEST: AnyOf = AnyOf::new(&[TESTS]);
    static GERM: AnyOf = AnyOf::new(&[RESISTANT]);
    match &fact.detail {
        Detail::Condition(c) => !c.claim && DISEASE.is_in_folded(&fact.name),
        _ if fact.kind == Kind::Result => {
            let value = fact.fields.get(1).map_or("", String::as_str);
            // Most results are figures, which name no germ.
            let figure = value.is_ascii() && !value.bytes().any(|b| b.is_ascii_alphabetic());
            TEST.is_in_folded(&fact.name) || (!figure && GERM.is_in_folded(value) && !nfkc(value).contains("陰性"))
        }
        _ => false,
    }
}

fn high_risk(name: &str) -> bool {
    RISKY.is_in_folded(name)
}

/// Section where code puts what the model left out: the one that takes it by name, else the first of these that
/// the kind has, else the last that the model writes.
pub fn target<'t>(rule: &str, template: &'t Template) -> Option<&'t str> {
    let codes: &[&str] = match rule {
        "allergies" => &["510"],
        "infections" => &["520", "510"],
        "discharge-medication" | "stopped-medication" => &["444", "430", "424"],
        // Never below the drugs to take home: an order of the stay is not one of them.
        "high-risk-medication" => &["713", "330", "333"],
        "procedures" => &["713", "730", "333", "330"],
        "devices" => &["810"],
        "advance-directives" => &["410"],
        "adverse-events" => &["333", "330"],
        _ => &["424", "420", "330", "333"],
    };
    let takes = || template.sections.iter().find(|s| s.takes.iter().any(|t| t == rule));
    let usual = || codes.iter().find_map(|c| template.section(c));
    takes().or_else(usual).or_else(|| template.model_sections().last()).map(|s| s.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, target};
    use crate::template::Template;

    #[test]
    fn no_word_of_an_event_reaches_over_two_fields() {
        assert!(EVENTS.iter().copied().flatten().all(|word| !word.contains(char::is_whitespace)));
    }

    #[test]
    fn a_template_says_where_left_over_facts_stand() {
        let (mut t, _) = Template::find("discharge-summary").expect("a kind");
        assert_eq!(target("diet", &t), Some("424"));
        let last = t.sections.len() - 1;
        t.sections[last].takes = vec!["diet".to_owned()];
        assert_eq!(target("diet", &t), Some(t.sections[last].code.as_str()));
    }
}
