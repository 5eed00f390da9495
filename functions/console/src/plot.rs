//! Plots, drawn here as SVG: they can be read without colours and without script.
//!
//! What belongs together has a pattern or a dash of its own, which the legend repeats. Time goes from left
//! to right in every language.

use std::fmt::Write;

use localization::{Html, escape};

/// The size of what is drawn, in its own units. What is written is around it.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 150.0;

/// The most labels below a plot that do not run into each other.
const MOST_LABELS: usize = 4;

/// What a plot shows, in words.
pub(crate) struct Axes {
    pub(crate) x: String,
    pub(crate) y: String,
    /// What is below each place.
    pub(crate) labels: Vec<String>,
}

/// One part of each bar.
pub(crate) struct Part {
    /// Its pattern and colour.
    pub(crate) look: u8,
    pub(crate) values: Vec<f64>,
}

/// One line, with gaps where nothing is known.
pub(crate) struct Line {
    pub(crate) look: u8,
    pub(crate) values: Vec<Option<f64>>,
}

/// Bars of parts on top of each other.
pub(crate) fn bars(axes: &Axes, parts: &[Part], number: impl Fn(f64) -> String) -> Html {
    let places = axes.labels.len();
    let sum = |at: usize| parts.iter().map(|part| part.values[at].max(0.0)).sum::<f64>();
    let top = round_up((0..places).map(sum).fold(0.0, f64::max));
    // Half a text is none.
    let ticks = if top > 1.0 { vec![top, top / 2.0, 0.0] } else { vec![top, 0.0] };
    let (step, mut from) = (WIDTH / places.max(1) as f64, vec![0.0; places]);
    let (wide, mut drawn) = ((step * 0.8).min(40.0), String::new());
    for part in parts {
        let mut path = String::new();
        for (at, value) in part.values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            let x = step * (at as f64 + 0.5) - wide / 2.0;
            let (y, high) = (height(from[at] / top), value / top * HEIGHT);
            let _ = write!(path, "M{x:.1} {y:.1}h{wide:.1}v-{high:.1}h-{wide:.1}z");
            from[at] += value;
        }
        let _ = write!(drawn, r#"<path class="part" fill="url(#look-{})" d="{path}"/>"#, part.look);
    }
    let ticks: Vec<_> = ticks.into_iter().map(number).collect();
    framed(axes, &ticks, &drawn)
}

/// Lines over a scale on which each mark is ten times the one below.
pub(crate) fn lines(axes: &Axes, lines: &[Line], number: impl Fn(f64) -> String) -> Html {
    let all = || lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    let lowest = all().fold(f64::INFINITY, f64::min).max(0.001).log10().floor();
    let highest = all().fold(0.01, f64::max).log10().ceil();
    let (lowest, highest) = (lowest.min(highest - 1.0), highest);
    let part = |value: f64| (value.max(0.001).log10() - lowest) / (highest - lowest);
    let powers = (lowest as i32..=highest as i32).rev();
    let ticks: Vec<_> = powers.map(|power| number(10_f64.powi(power))).collect();
    let (step, mut drawn) = (WIDTH / axes.labels.len().max(1) as f64, String::new());
    for Line { look, values } in lines {
        let (mut path, mut marks, mut is_open) = (String::new(), String::new(), false);
        for (at, value) in values.iter().enumerate() {
            let Some(value) = value else {
                is_open = false;
                continue;
            };
            let (x, y) = (step * (at as f64 + 0.5), height(part(*value)));
            let _ = write!(path, "{}{x:.1} {y:.1}", if is_open { 'L' } else { 'M' });
            marks.push_str(&mark(*look, x, y));
            is_open = true;
        }
        let _ = write!(drawn, r#"<path class="line-{look}" d="{path}"/>"#);
        let _ = write!(drawn, r#"<path class="mark-{look}" d="{marks}"/>"#);
    }
    framed(axes, &ticks, &drawn)
}

/// What a line looks like, for the legend.
pub(crate) fn sample(look: u8) -> Html {
    let mark = mark(look, 16.0, 7.0);
    Html::safe(format!(
        r#"<svg class="swatch" viewBox="0 0 32 14" aria-hidden="true"><path class="line-{look}" d="M0 7h32"/><path class="mark-{look}" d="{mark}"/></svg>"#
    ))
}

/// What a part of a bar looks like, for the legend.
pub(crate) fn swatch(look: u8) -> Html {
    Html::safe(format!(
        r#"<svg class="swatch" viewBox="0 0 32 14" aria-hidden="true"><rect class="part" fill="url(#look-{look})" x="1" y="1" width="30" height="12"/></svg>"#
    ))
}

/// A square for even lines, a diamond for odd ones.
fn mark(look: u8, x: f64, y: f64) -> String {
    match look % 2 {
        0 => format!("M{:.1} {:.1}h4v4h-4z", x - 2.0, y - 2.0),
        _ => format!("M{x:.1} {:.1}l3 3l-3 3l-3 -3z", y - 3.0),
    }
}

/// How far down this part of the height is.
fn height(part: f64) -> f64 {
    HEIGHT - part * HEIGHT
}

/// The next of 1, 2, 4, 6 and 10, times a power of ten.
fn round_up(most: f64) -> f64 {
    let power = 10_f64.powf(most.max(f64::MIN_POSITIVE).log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 10.0].map(|step| step * power);
    let next = steps.into_iter().find(|step| *step >= most * 0.999_999);
    if most > 0.0 { next.unwrap_or(most) } else { 1.0 }
}

/// What is drawn, with its axes around it: the marks on its left side from the top, as many labels below as
/// there is room for, and the names of both. Whoever does not see it has the table.
fn framed(axes: &Axes, ticks: &[String], drawn: &str) -> Html {
    let places = axes.labels.len();
    let some = places.min(MOST_LABELS);
    let mut shown: Vec<_> = (0..some).map(|at| at * (places - 1) / (some - 1).max(1)).collect();
    shown.dedup();
    let labels = shown.into_iter().map(|at| escape(&axes.labels[at]));
    let spans = |all: Vec<String>| -> String {
        all.into_iter().map(|one| format!("<span><bdi>{one}</bdi></span>")).collect()
    };
    let marks = spans(ticks.iter().map(|tick| escape(tick)).collect());
    let grid: String = (0..ticks.len())
        .map(|at| height(at as f64 / (ticks.len() - 1).max(1) as f64))
        .map(|y| format!(r#"<path class="grid" d="M0 {y:.1}H{WIDTH}"/>"#))
        .collect();
    let (x, y, labels) = (escape(&axes.x), escape(&axes.y), spans(labels.collect()));
    Html::safe(format!(
        r#"<div class="plot" aria-hidden="true"><p class="y"><bdi>{y}</bdi></p><p class="marks">{marks}</p><svg viewBox="0 0 {WIDTH} {HEIGHT}">{grid}{drawn}</svg><p class="labels">{labels}</p><p class="x"><bdi>{x}</bdi></p></div>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(labels: &[&str]) -> Axes {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Axes { x: "day".into(), y: "texts".into(), labels }
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        let ends = [0.0, 1.0, 3.0, 4.0, 5.0, 37.0, 999.0, 0.03].map(round_up);
        assert_eq!(ends[..7], [1.0, 1.0, 4.0, 4.0, 6.0, 40.0, 1000.0]);
        assert!((ends[7] - 0.04).abs() < 1e-9, "{ends:?}");
    }

    #[test]
    fn bars_stand_on_each_other_and_have_patterns() {
        let parts = [1.0, 3.0].map(|it| Part { look: it as u8, values: vec![it, 0.0] });
        let drawn = bars(&axes(&["1", "2"]), &parts, |value| value.to_string()).to_string();
        // A quarter of the height, and the rest on top of it.
        assert!(drawn.contains(r#"fill="url(#look-1)" d="M55.0 150.0h40.0v-37.5"#), "{drawn}");
        assert!(drawn.contains(r#"fill="url(#look-3)" d="M55.0 112.5h40.0v-112.5"#), "{drawn}");
        assert!(drawn.contains("<bdi>texts</bdi>") && drawn.contains("<bdi>day</bdi>"), "{drawn}");
    }

    #[test]
    fn lines_have_gaps_where_nothing_is_known() {
        let line = Line { look: 0, values: vec![Some(1.0), None, Some(10.0), Some(10.0)] };
        let labels = axes(&["1", "2", "3", "4"]);
        let drawn = lines(&labels, &[line], |value| value.to_string()).to_string();
        let path = drawn.split_once(r#"class="line-0" d=""#).unwrap().1.split_once('"').unwrap().0;
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
    }

    #[test]
    fn a_plot_of_many_days_names_a_few_of_them() {
        let days: Vec<_> = (0..731).map(|day| day.to_string()).collect();
        let labels = axes(&days.iter().map(String::as_str).collect::<Vec<_>>());
        let part = Part { look: 0, values: vec![1.0; 731] };
        let drawn = bars(&labels, &[part], |value| value.to_string()).to_string();
        assert!(drawn.contains("<bdi>730</bdi>") && drawn.matches("<span").count() < 10, "{drawn}");
        assert!(!drawn.contains("NaN"));
    }
}
