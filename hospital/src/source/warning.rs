//! What of a source found no place in the record. Nothing is lost in silence: the desk shows these to whoever drafts.
//! A place names file kind, day, order and field, never a patient or a word of the record.

use serde::Serialize;

/// Where something stands that has no place, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Warning {
    /// `OMP-01 20260711 000000000001234 RXE[2]-30`, or `Observation/12`.
    pub place: String,
    pub reason: Reason,
}

impl Warning {
    pub fn new(place: impl Into<String>, reason: Reason) -> Self {
        Self { place: place.into(), reason }
    }
}

/// Why; the name in JSON is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    MisplacedFile,
    LinkOutside,
    FileTooLarge,
    FileUnreadable,
    Superseded,
    KindNotRead,
    CharsetNotRead,
    CharactersNotRead,
    NotHl7,
    OtherPatient,
    SeveralPatients,
    SegmentNotRead,
    FieldNotRead,
    CodeNotRead,
    DateNotRead,
    NumberNotRead,
    WithoutName,
    Cancelled,
    Restricted,
    ServerRemark,
    EntryUnreadable,
    AttachmentNotRead,
}

impl Reason {
    /// For the desk.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::MisplacedFile => "フォルダとファイル名が一致しないため読みませんでした。",
            Self::LinkOutside => "ストレージの外を指すリンクのため読みませんでした。",
            Self::FileTooLarge => "ファイルが大きすぎるため読みませんでした。",
            Self::FileUnreadable => "ファイルを開けませんでした。",
            Self::Superseded => "同じオーダのより新しいファイルがあるため、古い方は使いませんでした。",
            Self::KindNotRead => "この種別の情報は取り込みの対象外です。",
            Self::CharsetNotRead => "文字コードが規定と異なるため読めませんでした。",
            Self::CharactersNotRead => "読めない文字がありました（〓で示しています）。原本を確認してください。",
            Self::NotHl7 => "HL7メッセージとして読めませんでした。",
            Self::OtherPatient => "別の患者番号のメッセージのため読みませんでした。",
            Self::SeveralPatients => "1つのファイルに複数の患者が入っているため読みませんでした。",
            Self::SegmentNotRead => "このセグメントの内容は取り込みの対象外です。",
            Self::FieldNotRead => "この項目の内容は取り込みの対象外です。",
            Self::CodeNotRead => "コードの意味が分からないため、コードのまま残したか、使いませんでした。",
            Self::DateNotRead => "日付として読めませんでした。",
            Self::NumberNotRead => "数値として読めないため、文字のまま残しました。",
            Self::WithoutName => "名称がないため使いませんでした。",
            Self::Cancelled => "取り消しの通知のため使いませんでした。",
            Self::Restricted => "開示を制限された情報として扱います（文書には出しません）。",
            Self::ServerRemark => "FHIRサーバーが検索に注意を付けました。",
            Self::EntryUnreadable => "読めない形のため使いませんでした。",
            Self::AttachmentNotRead => "添付が本文として読めないため使いませんでした。",
        }
    }
}
