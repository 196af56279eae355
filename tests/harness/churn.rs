//! Users who leave and come back while the others send: the ledger against the reference server's own counts.

use chatserver_harness::{
    load::{Churn, Leave, Plan, Workload},
    record::StageRecord,
    verdict::Verdict,
    wire::dialect::builtin_names,
};
use chatserver_refserver::Counters;
use rstest::rstest;

use crate::load::{MS, assert_no_failure, plan, run};

/// Ten users, of whom twenty times one leaves while the others write.
fn churning(leave: Leave, workload: Workload) -> Plan {
    let churn = Some(Churn { per_second: 40.0, away: 60 * MS, leave });
    Plan { churn, leave, workload, ..plan(10) }
}

/// Every arrival that the server counted, and no other, is in the ledger.
#[track_caller]
fn assert_equal(record: &StageRecord, counters: &Counters, what: &str) {
    let delivery = &record.delivery;
    let received = counters.received_chat + counters.received_group_chat;
    assert_eq!(delivery.sent, received, "{what}: {delivery:#?}");
    let relayed = counters.relayed_chats + counters.relayed_group_copies;
    let arrived = delivery.delivered() + delivery.recovered;
    assert_eq!(arrived, relayed + counters.delivered_offline, "{what}: {delivery:#?}");
    assert_eq!(delivery.entitled, arrived, "{what}: {delivery:#?}");
    assert_eq!(delivery.lost + delivery.uncollected, 0, "{what}: {delivery:#?}");
    assert_eq!(delivery.duplicated + delivery.misdelivered, 0, "{what}: {delivery:#?}");
    let stored = counters.stored_chats + counters.stored_group_copies;
    assert_eq!(stored, counters.delivered_offline, "{what}: all was collected");
    let users = &record.users;
    assert!(users.left > 5, "{what}: {users:?}");
    assert_eq!(users.came_back, users.left, "{what}");
    // Where nothing else tells who is in a group, users log in once more to see it.
    if counters.received_group_chat == 0 {
        assert_eq!(users.logged_in() + users.came_back, counters.logins_ok, "{what}: {users:?}");
    }
}

#[rstest]
fn in_every_dialect_whoever_comes_back_collects_what_was_missed(
    #[values(Leave::Finish, Leave::Logout)] leave: Leave,
    #[values(Workload::ChatRing, Workload::Groups { size: 5 })] workload: Workload,
) {
    for dialect in builtin_names() {
        let what = format!("{dialect} {leave:?}");
        let (record, counters) = run(dialect, &[], churning(leave, workload));
        assert_no_failure(&record);
        assert_equal(&record, &counters, &what);
        assert_eq!(record.delivery.indeterminate, 0, "{what}: leaving was said and waited for");
        assert!(record.delivery.delivered_offline > 0, "{what}");
    }
}

#[test]
fn where_users_leave_by_reset_nothing_is_called_lost() {
    for dialect in builtin_names() {
        let (record, counters) = run(dialect, &[], churning(Leave::Reset, Workload::ChatRing));
        let (delivery, users) = (&record.delivery, &record.users);
        assert_no_failure(&record);
        assert_eq!((delivery.lost, delivery.uncollected), (0, 0), "{dialect}: {delivery:#?}");
        assert_eq!(delivery.duplicated + delivery.misdelivered + delivery.unexpected, 0);
        assert_eq!(delivery.accounted(), delivery.entitled, "{dialect}: {delivery:#?}");
        assert!(users.left > 5 && users.came_back == users.left, "{dialect}: {users:?}");
        // What the server never read is in doubt, as is what it wrote to a connection that was gone.
        let doubtful = delivery.indeterminate - delivery.recovered;
        assert!(delivery.sent - counters.received_chat <= doubtful, "{dialect}: {delivery:#?}");
        let arrived = delivery.delivered() + delivery.recovered;
        let handed_over = counters.relayed_chats + counters.delivered_offline;
        assert!(handed_over - arrived <= doubtful, "{dialect}: {delivery:#?} {counters:#?}");
    }
}

#[test]
fn what_a_server_drops_is_found_among_those_who_come_and_go() {
    let plan = churning(Leave::Finish, Workload::ChatRing);
    let (record, counters) = run("course", &["drop=7"], plan);
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(counters.faults_struck > 0);
    assert_eq!(record.delivery.lost, counters.faults_struck, "{:#?}", record.delivery);
}
