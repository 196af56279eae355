//! REG: accounts.

use super::{
    case::Case,
    expect::{Failure, Outcome, ensure},
};
use crate::{
    client::{Account, ClientError, fresh_name},
    fixture::Fixture,
    wire::UserId,
};

pub(super) const CASES: &[Case] = &[
    Case::must("REG-1", "a new name is registered", |f| Box::pin(a_new_name_is_registered(f)))
        .after(&["CONN-1"]),
    Case::must("REG-2", "a taken name is refused", |f| Box::pin(a_taken_name_is_refused(f)))
        .after(&["REG-1"]),
    Case::must("REG-3", "a Chinese name is registered and comes back unchanged", |f| {
        Box::pin(a_chinese_name_is_registered(f))
    })
    .after(&["REG-1", "LOGIN-1"]),
    Case::must("REG-4", "every account has an id of its own", |f| Box::pin(ids_are_distinct(f)))
        .after(&["REG-1", "LOGIN-1"]),
];

async fn a_new_name_is_registered(server: &Fixture) -> Outcome {
    let mut session = server.session().await?;
    let id = session.register(&fresh_name(), server.password()).await?;
    ensure(id.is_none_or(|id| id.0 > 0), || {
        format!("the new account got the id {}, which is no id", id.unwrap_or(UserId(0)))
    })?;
    session.leave().await?;
    Ok(())
}

async fn a_taken_name_is_refused(server: &Fixture) -> Outcome {
    let name = fresh_name();
    let mut session = server.session().await?;
    session.register(&name, server.password()).await?;
    match session.register(&name, "another-password").await {
        Err(ClientError::Refused { .. }) => {}
        Err(error) => return Err(error.into()),
        Ok(id) => {
            return Err(Failure::violation(format!(
                "the name {name} was registered twice{}",
                id.map(|id| format!(", the second time with the id {id}")).unwrap_or_default()
            )));
        }
    }
    session.leave().await?;
    Ok(())
}

async fn a_chinese_name_is_registered(server: &Fixture) -> Outcome {
    let name = format!("张三{}", fresh_name());
    let user = Account::enrol(&server.contact(), &name, server.password()).await?;
    if let Some(told) = &user.reply.name {
        ensure(*told == name, || {
            format!("registered {name:?}, but the login reply says {told:?}")
        })?;
    }
    user.leave().await?;
    Ok(())
}

async fn ids_are_distinct(server: &Fixture) -> Outcome {
    let [alice, bob] = server.users().await?;
    ensure(alice.id() != bob.id(), || format!("two accounts share the id {}", alice.id()))?;
    alice.leave().await?;
    bob.leave().await?;
    Ok(())
}
