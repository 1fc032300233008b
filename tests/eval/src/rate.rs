//! A rate with its bounds: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209–212.

use serde::Serialize;

/// 97.5 % quantile of the normal distribution: bounds of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    pub hits: usize,
    pub of: usize,
}

impl Rate {
    pub fn new(hits: usize, of: usize) -> Self {
        Self { hits, of }
    }

    pub fn count(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }

    /// `None` where nothing was counted.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// Lower and upper bound; everything is possible where nothing was counted.
    pub fn wilson(self) -> (f64, f64) {
        let Some(p) = self.share() else { return (0.0, 1.0) };
        let n = self.of as f64;
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let middle = p + Z * Z / (2.0 * n);
        let scale = 1.0 + Z * Z / n;
        (((middle - spread) / scale).max(0.0), ((middle + spread) / scale).min(1.0))
    }
}

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, high) = self.wilson();
        let round = |v: f64| (v * 1e6).round() / 1e6;
        serde_json::json!({ "hits": self.hits, "of": self.of, "share": self.share().map(round), "low": round(low), "high": round(high) })
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    /// Values of Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn bounds_are_those_of_the_literature() {
        for (hits, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let (l, h) = Rate::new(hits, of).wilson();
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{hits}/{of}: {l} {h}");
        }
        assert_eq!(Rate::default().wilson(), (0.0, 1.0));
    }
}
