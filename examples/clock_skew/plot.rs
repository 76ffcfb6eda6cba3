//! The results, as a plot.

use std::error::Error;

use plotters::prelude::*;

use crate::Row;
use crate::run::Counts;

/// A curve: its name, its colour, and the counts that it shows.
type Curve = (&'static str, RGBColor, fn(&Row) -> &Counts);

/// Colours that people who see few colours can tell apart.
const CURVES: [Curve; 3] = [
    ("physical time", RGBColor(213, 94, 0), |row| &row.counts.physical),
    ("markers only", RGBColor(0, 114, 178), |row| &row.counts.markers_only),
    ("Chandy-Lamport", RGBColor(0, 158, 115), |row| &row.counts.chandy_lamport),
];

/// The plot as SVG.
pub(crate) fn draw(rows: &[Row]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    draw_into(&mut svg, rows)?;
    Ok(svg)
}

fn draw_into(svg: &mut String, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::with_string(svg, (900, 540)).into_drawing_area();
    area.fill(&WHITE)?;
    // Skews are listed in steps, and each step has the same room.
    let last = rows.len().saturating_sub(1) as f64;
    let mut chart = ChartBuilder::on(&area)
        .caption("Snapshots that are wrong", ("sans-serif", 26))
        .margin(16)
        .x_label_area_size(52)
        .y_label_area_size(64)
        .build_cartesian_2d(-0.3..last + 0.3, -3.0..103.0)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(rows.len())
        .x_label_formatter(&|place| label(rows, *place))
        .y_label_formatter(&|percent| format!("{percent:.0} %"))
        .x_desc("difference of the clocks, in latencies of a message")
        .label_style(("sans-serif", 16))
        .axis_desc_style(("sans-serif", 18))
        .draw()?;
    for (name, colour, counts) in CURVES {
        let points: Vec<_> =
            rows.iter().enumerate().map(|(x, row)| (x as f64, percent(counts(row)))).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), colour.stroke_width(3)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(3)));
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 5, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE)
        .label_font(("sans-serif", 18))
        .draw()?;
    Ok(area.present()?)
}

fn label(rows: &[Row], place: f64) -> String {
    let is_at_a_row = (place - place.round()).abs() < 0.01 && place > -0.5;
    let row = is_at_a_row.then(|| rows.get(place.round() as usize)).flatten();
    row.map_or_else(String::new, |row| row.skew.to_string())
}

fn percent(counts: &Counts) -> f64 {
    100.0 * counts.wrong() as f64 / counts.snapshots as f64
}
