//! The text of a dialect file: what the loader takes can be spoken, what it refuses is refused with a line.
#![no_main]

use chatserver_harness::wire::{
    Carried, GroupId, Request, Scanner, UserId, decode,
    dialect::{Dialect, Kind},
    encode,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(dialect) = Dialect::load("fuzzed", text) else { return };
    let (user, name, password, time) = (UserId(7), "张三", "\"\\", "now");
    let requests = [
        Request::Register { name, password },
        Request::Login { user, name, password },
        Request::Logout { user, name },
        Request::Chat { user, name, to: UserId(8), text: "hello", time },
        Request::AddFriend { user, friend: UserId(8) },
        Request::CreateGroup { user, name, description: "" },
        Request::JoinGroup { user, group: GroupId(9) },
        Request::GroupChat { user, name, group: GroupId(9), text: "hello", time },
    ];
    let scanner = Scanner::new(&dialect);
    for request in requests {
        let Some(document) = encode(&dialect, &request, &Carried::default()) else { continue };
        // A request is an object of this dialect too, whoever sends it.
        decode(&dialect, &document, &Kind::ALL).expect("what was encoded is an object");
        let _ = scanner.scan(&document);
    }
    assert!(dialect.differences(&dialect).is_empty(), "a dialect does not differ from itself");
});
