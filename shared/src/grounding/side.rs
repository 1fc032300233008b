//! Check 8: right, left and both stay what they are. 右室 and 左方移動 are words, not sides.

use super::{Claim, Context, Verdict};

#[derive(Default, PartialEq, Eq, Clone, Copy)]
struct Sides {
    right: bool,
    left: bool,
    both: bool,
}

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let said = sides(&claim.text);
    let mut known = Sides::default();
    for evidence in &claim.evidence {
        let s = sides(evidence);
        known.right |= s.right;
        known.left |= s.left;
        known.both |= s.both;
    }
    let unsupported = (said.right && !known.right)
        || (said.left && !known.left)
        || (said.both && !known.both && !(known.right && known.left));
    if unsupported { Verdict::Drop("side-not-in-evidence") } else { Verdict::Keep }
}

/// Words in which 右 or 左 is no side of a finding.
const NOT_A_SIDE: &[&str] = &["右室", "右房", "右心", "左室", "左房", "左心", "左方移動", "右方移動", "左右"];

fn sides(text: &str) -> Sides {
    let mut text = text.to_owned();
    for word in NOT_A_SIDE {
        text = text.replace(word, "");
    }
    let lower = text.to_lowercase();
    let latin = |word: &str| lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|t| t == word);
    Sides {
        right: text.contains('右') || latin("rt") || latin("right"),
        left: text.contains('左') || latin("lt") || latin("left"),
        both: text.contains("両側") || text.contains("両肺") || text.contains("両下") || latin("bilateral"),
    }
}

#[cfg(test)]
mod tests {
    use super::sides;

    #[test]
    fn heart_chambers_are_no_sides() {
        let s = sides("左室駆出率 62%、核の左方移動あり");
        assert!(!s.left && !s.right);
        assert!(sides("右下葉に浸潤影").right && sides("Lt. pleural effusion").left);
    }
}
