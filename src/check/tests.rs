//! The registry: ids are well-formed and unique, and each case stands on earlier ones only.

use std::collections::BTreeSet;

use super::*;

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for case in registry() {
        let (section, number) = case.id.split_once('-').unwrap();
        assert!(section.bytes().all(|b| b.is_ascii_uppercase()), "{}", case.id);
        assert!(number.parse::<u32>().is_ok_and(|n| n > 0), "{}", case.id);
        assert!(seen.insert(case.id), "{} stands twice", case.id);
    }
}

#[test]
fn every_case_stands_on_earlier_or_later_cases_without_a_circle() {
    fn depth(case: &Case, path: &mut Vec<&'static str>) {
        assert!(!path.contains(&case.id), "a circle: {path:?}");
        path.push(case.id);
        for id in case.after {
            depth(
                find(id).unwrap_or_else(|| panic!("{} stands on {id}, which is no case", case.id)),
                path,
            );
        }
        path.pop();
    }
    for case in registry() {
        depth(case, &mut Vec::new());
    }
}

#[test]
fn a_section_has_its_own_cases_and_no_key_is_used_twice() {
    let keys: BTreeSet<_> = sections().map(|section| section.key).collect();
    assert_eq!(keys.len(), sections().count());
    for section in sections() {
        assert!(!section.cases.is_empty(), "{} is empty", section.key);
        for case in section.cases {
            let key = case.id.split_once('-').unwrap().0;
            assert_eq!(key, section.key, "{} stands in the wrong section", case.id);
        }
    }
}

#[test]
fn the_registry_is_both_parts_and_finds_each_of_its_cases() {
    assert_eq!(registry().count(), functional().count() + robustness().count());
    for case in registry() {
        assert_eq!(find(case.id).unwrap().requirement, case.requirement);
    }
    assert!(find("NOSUCH-1").is_none());
}

#[test]
fn a_hostile_case_proves_service_and_a_functional_one_stands_on_no_hostile_one() {
    assert!(robustness().all(|case| case.hostile && !case.after.is_empty()));
    assert!(functional().all(|case| !case.hostile && !case.signals));
    for id in functional().flat_map(|case| case.after) {
        assert!(!find(id).unwrap().hostile, "{id}");
    }
}

#[test]
fn every_case_can_be_said_in_some_dialect() {
    let dialects: Vec<_> = crate::wire::dialect::builtin_names()
        .map(|name| crate::wire::dialect::Dialect::builtin(name).unwrap().unwrap())
        .collect();
    for case in registry() {
        let said = dialects.iter().any(|dialect| case.inexpressible(dialect).is_none());
        assert!(said, "{} cannot be said in any built-in dialect", case.id);
    }
}

#[test]
fn requirements_are_sentences_about_the_server() {
    for case in registry() {
        assert!(!case.requirement.ends_with('.') && case.requirement.len() < 90, "{}", case.id);
    }
}
