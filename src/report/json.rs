//! The record as JSON: `run.json`, and back.

use serde::Deserialize;
use thiserror::Error;

use crate::record::{RunRecord, SCHEMA_VERSION};

/// Why a record cannot be written or read.
#[derive(Debug, Error)]
pub enum JsonError {
    /// It cannot be written: a path in it is no UTF-8.
    #[error("cannot write the record as JSON: {0}")]
    Write(#[source] serde_json::Error),
    /// It is no record.
    #[error("not the record of a run (run.json): {0}")]
    Read(#[source] serde_json::Error),
    /// It is the record of another version of the harness.
    #[error(
        "the record has schema version {seen}, this harness reads {SCHEMA_VERSION}: read it with the harness that wrote it ({harness})"
    )]
    Version {
        /// The version it has.
        seen: u32,
        /// The harness that wrote it.
        harness: String,
    },
}

/// The record as JSON, indented, with a newline at its end. Control characters are escaped by JSON itself.
pub fn render(record: &RunRecord) -> Result<String, JsonError> {
    let mut text = serde_json::to_string_pretty(record).map_err(JsonError::Write)?;
    text.push('\n');
    Ok(text)
}

/// Reads a record back.
pub fn read(text: &str) -> Result<RunRecord, JsonError> {
    /// What every version has.
    #[derive(Deserialize)]
    struct Head {
        schema_version: u32,
        #[serde(default)]
        harness_version: String,
    }
    let head: Head = serde_json::from_str(text).map_err(JsonError::Read)?;
    if head.schema_version != SCHEMA_VERSION {
        let harness = super::escape::line(&head.harness_version, 40);
        return Err(JsonError::Version { seen: head.schema_version, harness });
    }
    serde_json::from_str(text).map_err(JsonError::Read)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;
    use crate::{
        record::{DeathCause, Ending, OperationCounts, TargetKind, example},
        stats::LatencySummary,
    };

    /// The names of fields by the path of the object they stand in.
    type Fields = BTreeMap<String, BTreeSet<String>>;

    /// Runs that have, together, every field of the format.
    fn every_field() -> Vec<RunRecord> {
        let mut run = example::run();
        let latency: Option<LatencySummary> = run.stages[0].latencies.response.clone();
        let latencies = &mut run.stages[0].latencies;
        for slot in [
            &mut latencies.register,
            &mut latencies.ack,
            &mut latencies.group_first,
            &mut latencies.group_median,
            &mut latencies.group_last,
            &mut latencies.group_spread,
        ] {
            slot.clone_from(&latency);
        }
        let name = "join_group".to_owned();
        let asked =
            OperationCounts { name, latency: latency.clone(), ..OperationCounts::default() };
        run.stages[0].operations.push(asked);
        let check = &mut run.stages[0].self_check;
        check.read_lateness = latency;
        (check.starved_percent, check.steal_percent) = (Some(0.0), Some(0.0));
        (check.enter_cpu_ms, check.own_cpu_ms) = (Some(1.0), Some(2.0));
        run.stages[0].ended_by = Some("duplicated = 0".into());
        run.target.how = TargetKind::Reference { in_process: true };
        let mut aborted = run.clone();
        aborted.ending = Ending::Aborted { reason: "the disk is full".into() };
        let died = |how| {
            let mut run = run.clone();
            run.ending = Ending::Interrupted { signal: "SIGINT".into() };
            run.stages[1].death.as_mut().unwrap().how = how;
            run
        };
        let exited = died(DeathCause::Exited { code: 3 });
        let lost = died(DeathCause::ConnectionLost { detail: "reset".into() });
        vec![aborted, exited, lost, run]
    }

    fn collect(path: &str, value: &Value, fields: &mut Fields) {
        match value {
            Value::Object(object) => {
                // What has the same fields is described once.
                let path = path.replace("further_monitors[]", "monitor");
                let path = path.replace("across_nodes", "same_node");
                let path = if object.contains_key("histogram") { "latency" } else { &path };
                let names = fields.entry(path.to_owned()).or_default();
                names.extend(object.keys().cloned());
                for (name, value) in object {
                    let inner = match path {
                        "run.json" => name.clone(),
                        _ => format!("{path}.{name}"),
                    };
                    // Its keys are causes, not fields.
                    if name != "unsent" {
                        collect(&inner, value, fields);
                    }
                }
            }
            Value::Array(values) => {
                for value in values {
                    collect(&format!("{path}[]"), value, fields);
                }
            }
            _ => (),
        }
    }

    #[test]
    fn the_documentation_names_every_field_and_no_other() {
        let mut written = Fields::new();
        for run in every_field() {
            collect("run.json", &serde_json::to_value(&run).unwrap(), &mut written);
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/records.md");
        let text = std::fs::read_to_string(path).unwrap();
        let mut documented = Fields::new();
        let mut section = String::new();
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.trim_matches('`').to_owned();
            } else if let Some(row) = line.strip_prefix("| `") {
                let name = row.split('`').next().unwrap().to_owned();
                documented.entry(section.clone()).or_default().insert(name);
            }
        }
        documented.remove("The other files of a run");
        assert_eq!(documented, written);
    }

    #[test]
    fn a_record_that_is_read_back_equals_the_one_that_was_written() {
        let record = example::run();
        let text = render(&record).unwrap();
        assert_eq!(read(&text).unwrap(), record);
        assert!(text.starts_with("{\n  \"schema_version\": 1,"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn every_measured_number_is_read_back_to_the_last_bit() {
        let mut record = example::run();
        for seed in 0..2_000_u32 {
            let percent = f64::from(seed).sqrt() * 1.000_000_1;
            record.stages[0].self_check.steal_percent = Some(percent);
            let check = serde_json::to_string(&record.stages[0].self_check).unwrap();
            let back: crate::record::SelfCheck = serde_json::from_str(&check).unwrap();
            assert_eq!(back, record.stages[0].self_check);
        }
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let text = render(&example::run()).unwrap();
        let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 99", 1);
        let error = read(&newer).unwrap_err();
        assert!(error.to_string().contains("schema version 99"), "{error}");
        assert!(matches!(read("{}"), Err(JsonError::Read(_))));
    }
}
