//! What users in session must say now and then, where the dialect says so: beside the schedule, and beside its counts.

use super::{connection::Written, engine::Engine, users::Step};
use crate::{
    ledger::Ending,
    wire::{UserId, encode_custom},
};

impl Engine {
    /// Lets every user in session be heard whose time it is.
    pub(super) fn look_after_heartbeats(&mut self) {
        let dialect = self.input.dialect.clone();
        let Some(heartbeat) = &dialect.heartbeat else { return };
        let (now, every_ns) = (self.now(), heartbeat.every.as_nanos() as u64);
        for index in 0..self.users.len() as u32 {
            let user = &mut self.users[index as usize];
            if !user.in_session || user.heartbeat_due_ns > now || user.step != Step::Idle {
                continue;
            }
            let Some(connection) = &mut user.connection else { continue };
            // Later: at the next look.
            if connection.is_blocked() || !self.spacer.is_clear(&mut connection.gap, now) {
                continue;
            }
            let id = UserId(user.id.unwrap_or_default());
            let written = user.lane.as_ref().map_or(0, |lane| lane.writes);
            let message = &heartbeat.message;
            let Some(document) = encode_custom(message, id, &user.name, written, &user.carried)
            else {
                continue;
            };
            self.frame.clear();
            dialect.to_server.encode(&document, &mut self.frame);
            match connection.write(&self.frame) {
                Ok(Written::Nothing) => {}
                Ok(written) => {
                    if written == Written::Part {
                        // Only a failing poller could refuse; the deadline would tell.
                        let _ = self.poller.watch_writable(&*connection, index, true);
                    }
                    connection.gap.wrote(true, self.frame.len(), now);
                    user.heartbeat_due_ns = now + every_ns;
                    if let Some(lane) = &mut user.lane {
                        lane.writes += 1;
                    }
                }
                Err(_) => self.lost_connection(index, Ending::Reset),
            }
        }
    }
}
