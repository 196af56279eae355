//! Users who have an account already: a pool, a CSV, a range of ids.

use std::{fs, path::PathBuf};

use chatserver_harness::{
    campaign::CampaignPlan,
    load::{Accounts, Plan, run_stage_blocking},
    record::StageRecord,
};
use chatserver_refserver::RefServer;

use crate::load::{assert_no_failure, input, plan, server};

fn stage(server: &RefServer, dialect: &str, clients: usize, accounts: Accounts) -> StageRecord {
    let plan = Plan { accounts, ..plan(clients) };
    let record = run_stage_blocking(input(dialect, server.addr(), plan)).unwrap();
    assert_no_failure(&record);
    assert_eq!(record.users.logged_in_first_attempt, clients as u64);
    record
}

#[test]
fn a_pool_is_made_once_used_again_and_widened() {
    for dialect in ["course", "len4"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pool.csv");
        let server = server(dialect, &[]);
        let pool = || Accounts::Pool(path.clone());
        assert_eq!(stage(&server, dialect, 6, pool()).users.registered, 6);
        let made = fs::read_to_string(&path).unwrap();
        assert_eq!(stage(&server, dialect, 4, pool()).users.registered, 0);
        assert_eq!(fs::read_to_string(&path).unwrap(), made, "nobody new");
        assert_eq!(stage(&server, dialect, 8, pool()).users.registered, 2);
        let widened = fs::read_to_string(&path).unwrap();
        assert!(widened.starts_with(&made) && widened.lines().count() == 9, "{widened}");
        let csv = Accounts::csv(&path).unwrap();
        let last = stage(&server, dialect, 8, csv);
        assert_eq!(last.users.registered, 0);
        let counters = server.stop();
        assert_eq!(counters.registers_ok, 8, "{dialect}");
        assert_eq!(counters.logins_ok, 6 + 4 + 8 + 8, "{dialect}");
    }
}

#[test]
fn a_range_of_ids_has_one_password() {
    let server = server("course", &[]);
    stage(&server, "course", 5, Accounts::Fresh);
    // The first ids of the reference server are 1, 2, 3, ...; the harness gives all its users one password.
    let range = Accounts::range(1..=5, "harness1").unwrap();
    assert_eq!(stage(&server, "course", 5, range).users.registered, 0);
    let wrong = Plan { accounts: Accounts::range(1..=5, "wrong").unwrap(), ..plan(5) };
    let record = run_stage_blocking(input("course", server.addr(), wrong)).unwrap();
    assert_eq!((record.users.login_refused, record.users.logged_in()), (5, 0));
}

#[test]
fn accounts_that_cannot_be_used_are_refused_with_their_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = |text: &str| -> PathBuf {
        let path = directory.path().join("users.csv");
        fs::write(&path, text).unwrap();
        path
    };
    for (text, says) in [
        ("", "there is no account in"),
        ("id,name,password\n", "there is no account in"),
        ("id,name,password\n1,alice\n", "users.csv:2: `1,alice` is no account"),
        ("one,alice,secret\n", "users.csv:1: `one,alice,secret` is no account"),
        ("1,alice,a\n2,bob,b\n1,carol,c\n", "users.csv:3: the id 1 stands there a second time"),
    ] {
        let error = Accounts::csv(&file(text)).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let missing = Accounts::csv(&directory.path().join("none.csv")).unwrap_err().to_string();
    assert!(missing.contains("none.csv") && missing.contains("No such file"), "{missing}");
    for (accounts, says) in [
        ("{ ids = [5, 1], password = \"x\" }", "the ids from 5 to 1"),
        ("{ ids = [1, 3], password = \"x\" }", "4 clients and 3 accounts"),
        ("{ names = 3 }", "expected { ids ="),
    ] {
        let text = format!("[load]\naccounts = {accounts}\n[[stage]]\nclients = 4\nduration = 5\n");
        let error = CampaignPlan::parse("plan.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
