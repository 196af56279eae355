//! Every format at once: what a run directory holds besides the rows written on the way.

use thiserror::Error;

use super::{
    Lang, csv,
    hdr_log::{self, HdrLogError},
    html::{self, HtmlError},
    json::{self, JsonError},
    junit::{self, JunitError},
    markdown, text,
};
use crate::record::{MonitorRows, RunRecord};

/// Why one of the files could not be made; the others are not touched by that.
#[derive(Debug, Error)]
pub enum RenderError {
    /// `run.json`.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// `junit.xml`.
    #[error(transparent)]
    Junit(#[from] JunitError),
    /// `report.html`.
    #[error(transparent)]
    Html(#[from] HtmlError),
    /// `latencies.hlog`.
    #[error(transparent)]
    HdrLog(#[from] HdrLogError),
}

/// One file of a report.
#[derive(Debug)]
pub struct Rendered {
    /// Its name in the run directory.
    pub name: &'static str,
    /// Its content.
    pub content: Result<Vec<u8>, RenderError>,
}

/// Renders the record in every format, the record itself (`run.json`) first: whoever writes them to a disk that fills
/// up has what the others are made from.
pub fn all(record: &RunRecord, monitor: &[MonitorRows], lang: Lang) -> Vec<Rendered> {
    let file = |name, content| Rendered { name, content };
    vec![
        file("run.json", json::render(record).map(String::into_bytes).map_err(Into::into)),
        file("report.txt", Ok(text::render(record, lang).into_bytes())),
        file("junit.xml", junit::render(record).map(String::into_bytes).map_err(Into::into)),
        file(
            "report.html",
            html::render(record, monitor, lang).map(String::into_bytes).map_err(Into::into),
        ),
        file("summary.md", Ok(markdown::render(record, lang).into_bytes())),
        file("stages.csv", Ok(csv::stages(record).into_bytes())),
        file("seconds.csv", Ok(csv::seconds(record).into_bytes())),
        file("latencies.hlog", hdr_log::render(record).map_err(Into::into)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example;

    #[test]
    fn every_format_is_made_of_a_run_with_everything_in_it() {
        let files = all(&example::run(), &[], Lang::En);
        assert_eq!(files[0].name, "run.json");
        for file in &files {
            let content = file.content.as_ref().unwrap();
            assert!(!content.is_empty() && content.ends_with(b"\n"), "{}", file.name);
        }
    }

    #[test]
    fn one_that_cannot_be_made_does_not_take_the_others_along() {
        let mut run = example::run();
        run.stages[0].latencies.login.as_mut().unwrap().histogram = "broken".into();
        let files = all(&run, &[], Lang::En);
        let failed: Vec<_> =
            files.iter().filter(|file| file.content.is_err()).map(|file| file.name).collect();
        assert_eq!(failed, ["latencies.hlog"]);
    }
}
