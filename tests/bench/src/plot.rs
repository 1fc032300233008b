//! Cold starts as bars on a logarithmic scale: the floor, the functions, and their peers.

use crate::hosted::Figures;
use crate::report::Report;

const LEFT: f64 = 230.0;
const WIDTH: f64 = 460.0;
const ROW: f64 = 24.0;
/// Milliseconds at the left end and at the right.
const SCALE: (f64, f64) = (0.5, 1000.0);

pub fn cold_starts(report: &Report) -> String {
    let Some(hosted) = &report.hosted else { return String::new() };
    let bars: Vec<(&Figures, &str)> = std::iter::once((&hosted.floor, "#8a8a8a"))
        .chain(hosted.functions.iter().map(|f| (f, "#1f6f54")))
        .chain(hosted.peers.iter().map(|f| (f, if f.name.ends_with("Python") { "#3b6fb0" } else { "#b0793b" })))
        .collect();
    let height = bars.len() as f64 * ROW + 70.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"780\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"20\" font-size=\"14\">CPU of a cold start in milliseconds (logarithmic), median of {}</text>\n",
        report.repeats
    );
    for tick in [1.0, 10.0, 100.0, 1000.0] {
        let x = LEFT + along(tick);
        out.push_str(&format!(
            "<line x1=\"{x:.1}\" y1=\"34\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"#dddddd\"/>\n\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>\n",
            height - 24.0,
            height - 8.0
        ));
    }
    for (row, (figures, colour)) in bars.iter().enumerate() {
        let y = 40.0 + row as f64 * ROW;
        let length = along(figures.cold_cpu_ms);
        out.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"16\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.1}</text>\n",
            LEFT - 8.0,
            y + 13.0,
            figures.name,
            LEFT + length + 6.0,
            y + 13.0,
            figures.cold_cpu_ms
        ));
    }
    out.push_str("</svg>\n");
    out
}

fn along(milliseconds: f64) -> f64 {
    let (low, high) = (SCALE.0.ln(), SCALE.1.ln());
    ((milliseconds.max(SCALE.0).ln() - low) / (high - low)).min(1.05) * WIDTH
}
