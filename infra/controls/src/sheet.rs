//! The disclosure sheet, in Japanese, as a hospital's officer for information systems knows it.

use crate::controls::{Control, Controls, Edition, Standing, Who};

/// The sheet as Markdown: head, one line a demand, the answers, what is left.
pub fn markdown(controls: &Controls) -> String {
    let rows = controls.rows();
    let count = |standing| rows.iter().filter(|(_, c)| c.standing() == standing).count();
    let head = &controls.sheet;
    let mut out = format!(
        "# サービス事業者による医療情報セキュリティ開示書（補足資料）\n\n\
         | | |\n| --- | --- |\n\
         | 対象サービス | {} |\n\
         | 準拠する指針 | 厚生労働省「医療情報システムの安全管理に関するガイドライン」{}、経済産業省・総務省「医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン」第2.0版 |\n\
         | 位置づけ | {}の回答の根拠を項目ごとに示す資料。様式そのものに代わるものではない |\n\
         | 証拠の所在 | ソースコードの試験・命令・配備用テンプレート・文書。実在は `cargo run -p fude-controls -- --check` で確かめられる |\n\
         | 集計 | 全{}項目：はい {}、一部 {}、未 {} |\n\n\
         「はい」は挙げた証拠がすべて実在する項目、「一部」は未了の事項が残る項目、「未」は証拠のない項目である。\n\n",
        head.service,
        head.edition,
        head.form,
        rows.len(),
        count(Standing::Proved),
        count(Standing::Partly),
        count(Standing::Open),
    );
    out.push_str("## 一覧\n\n| 番号 | 項目 | 求められること | 対応 | 責任 |\n| --- | --- | --- | --- | --- |\n");
    for (id, control) in &rows {
        out.push_str(&format!(
            "| {id} | {} | {} | {} | {} |\n",
            item(control),
            cell(&control.demand),
            answer(control.standing()),
            who(control)
        ));
    }
    out.push_str("\n## 項目ごとの回答\n");
    for (id, control) in &rows {
        out.push_str(&one(*id, control));
    }
    let left: Vec<_> = rows.iter().filter(|(_, c)| c.standing() != Standing::Proved).collect();
    if !left.is_empty() {
        out.push_str("\n## 未了の事項\n\n");
        for (id, control) in left {
            out.push_str(&format!("- {id}　{}：{}\n", item(control), remaining(control)));
        }
    }
    out
}

fn one(id: u32, control: &Control) -> String {
    let mut out = format!("\n### {id}　{}\n\n", item(control));
    out.push_str(&format!("- 求められること：{}\n- 対応：{}\n", control.demand, answer(control.standing())));
    out.push_str(&format!("- 実施内容：{}\n", control.how));
    out.push_str(&format!("- 責任：{}\n", who(control)));
    if !control.hospital.is_empty() {
        out.push_str(&format!("- 医療機関で行うこと：{}\n", control.hospital));
    }
    let there: Vec<String> = control.proof.iter().filter(|p| !p.awaited).map(crate::proof::Proof::said).collect();
    out.push_str(&format!("- 証拠：{}\n", if there.is_empty() { "なし".to_owned() } else { there.join("、") }));
    if control.standing() != Standing::Proved {
        out.push_str(&format!("- 未了：{}\n", remaining(control)));
    }
    out
}

/// What is missing: in words, and the proofs that are announced.
fn remaining(control: &Control) -> String {
    let awaited = control.proof.iter().filter(|p| p.awaited).map(|p| format!("証拠待ち {}", p.said()));
    let open = (!control.open.is_empty()).then(|| control.open.clone());
    open.into_iter().chain(awaited).collect::<Vec<_>>().join("。")
}

fn item(control: &Control) -> String {
    let item = match control.guideline.item.strip_suffix('?') {
        Some(item) => format!("{item}（項番は要確認）"),
        None => control.guideline.item.clone(),
    };
    match control.guideline.edition {
        Edition::Six => format!("6.0　{item}"),
        Edition::Providers => format!("提供事業者2.0　{item}"),
        Edition::Law => item,
    }
}

fn answer(standing: Standing) -> &'static str {
    match standing {
        Standing::Proved => "はい",
        Standing::Partly => "一部",
        Standing::Open => "未",
    }
}

fn who(control: &Control) -> String {
    let names = control.who.iter().map(|who| match who {
        Who::Vendor => "事業者",
        Who::Hospital => "医療機関",
        Who::Cloud => "クラウド（AWS）",
    });
    names.collect::<Vec<_>>().join("・")
}

/// A table's cell holds no bar.
fn cell(text: &str) -> String {
    text.replace('|', "｜")
}
