//! NAME: names and passwords that are empty, overlong, or written to break the SQL of a server that builds it by hand.

use super::{
    case::{Case, Needs},
    expect::{Failure, Outcome, ensure},
    info, must, should,
};
use crate::{
    client::{Account, ClientError, fresh_name},
    fixture::Fixture,
    wire::{Entry, UserId, dialect::Kind},
};

pub(super) const CASES: &[Case] = &[
    info("NAME-1", "what becomes of a registration with an empty name and password", |f| {
        Box::pin(empty_name(f))
    })
    .may_kill(),
    should("NAME-2", "a name of 200 bytes is refused, or comes back whole", |f| {
        Box::pin(long_name(f, 200))
    })
    .may_kill(),
    should("NAME-3", "a name of 10 kB is refused, or comes back whole", |f| {
        Box::pin(long_name(f, 10_000))
    })
    .may_kill(),
    should("NAME-4", "a name with an apostrophe is registered and comes back unchanged", |f| {
        Box::pin(name_is_kept(f, "O'Brien"))
    })
    .may_kill(),
    should("NAME-5", "a name with a quote is registered and comes back unchanged", |f| {
        Box::pin(name_is_kept(f, "\"Bob\""))
    })
    .may_kill(),
    should("NAME-6", "a name with a backslash is registered and comes back unchanged", |f| {
        Box::pin(name_is_kept(f, "a\\b\\"))
    })
    .may_kill(),
    should("NAME-7", "a name with percent signs is registered and comes back unchanged", |f| {
        Box::pin(name_is_kept(f, "%s%n%d%p"))
    })
    .may_kill(),
    must(
        "NAME-8",
        "SQL in a name, a password, a message or a group's name is not carried out",
        |f| Box::pin(sql_is_not_carried_out(f)),
    )
    .may_kill(),
    must("NAME-9", "SQL in place of a password opens no account", |f| {
        Box::pin(sql_opens_no_account(f))
    })
    .may_kill(),
    should("NAME-10", "a password with an apostrophe can be used to log in", |f| {
        Box::pin(password_is_kept(f, "it's \"secret\" \\ 100%"))
    })
    .may_kill(),
    should("NAME-11", "a group's name with an apostrophe comes back unchanged", |f| {
        Box::pin(group_name_is_kept(f))
    })
    .needs(&[Needs::Request(Kind::CreateGroup), Needs::GroupList])
    .may_kill(),
];

async fn empty_name(server: &Fixture) -> Outcome {
    let mut session = server.session().await?;
    let seen = match session.register("", "").await {
        Ok(_) => "accepted",
        Err(ClientError::Refused { .. }) => "refused (or taken by an earlier run)",
        Err(ClientError::Closed { .. }) => "the connection was closed",
        Err(ClientError::Silent { .. }) => "not answered",
        Err(error) => return Err(error.into()),
    };
    Err(Failure::Observed(seen.to_owned()))
}

/// Registers a name; `None` when it is refused or the connection closed.
async fn register(
    server: &Fixture,
    name: &str,
    password: &str,
) -> Result<Option<Account>, Failure> {
    let mut session = server.session().await?;
    match session.register(name, password).await {
        Ok(told) => Ok(Some(Account {
            user: told.unwrap_or(UserId(0)),
            name: name.to_owned(),
            password: password.to_owned(),
        })),
        Err(ClientError::Refused { .. } | ClientError::Closed { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Logs in and compares the name that the reply tells, where it does.
async fn comes_back(server: &Fixture, account: &Account) -> Outcome {
    let user = server.log_in(account).await.map_err(|error| match error {
        ClientError::Refused { .. } => {
            Failure::violation(format!("it was registered, and cannot log in ({error})"))
        }
        other => other.into(),
    })?;
    let told = user.reply.name.clone();
    user.leave().await?;
    ensure(told.as_deref().is_none_or(|told| told == account.name), || {
        let told = told.unwrap_or_default();
        format!(
            "registered {} bytes, {} came back: {:?}",
            account.name.len(),
            told.len(),
            told.chars().take(60).collect::<String>()
        )
    })
}

async fn long_name(server: &Fixture, bytes: usize) -> Outcome {
    let name = format!("{}{}", fresh_name(), "n".repeat(bytes));
    match register(server, &name[..bytes], server.password()).await? {
        Some(account) => comes_back(server, &account).await,
        None => Ok(()),
    }
}

async fn name_is_kept(server: &Fixture, end: &str) -> Outcome {
    let name = format!("{}{end}", fresh_name());
    match register(server, &name, server.password()).await? {
        Some(account) => comes_back(server, &account).await,
        None => Err(Failure::violation(format!("the new name {name:?} was refused"))),
    }
}

async fn sql_is_not_carried_out(server: &Fixture) -> Outcome {
    let witness = server.absent_user().await?;
    // One statement for each spelling of the table in the family.
    for table in ["user", "User", "users", "user1"] {
        for sql in [
            format!("'; delete from {table}; -- "),
            format!("\"; delete from {table}; -- "),
            format!("x'), ('y', 'z'); delete from {table}; -- "),
            format!("' or 1=1; update {table} set password='hx'; -- "),
        ] {
            register(server, &format!("{}{sql}", fresh_name()), &sql).await?;
        }
    }
    let mut user = server.user().await?;
    let sql = "'); delete from user; -- ";
    user.chat(witness.user, sql).await?;
    if server.dialect().request(Kind::CreateGroup).is_some() {
        // Refused or not: what counts is what it does.
        match user.create_group(sql, sql).await {
            Ok(_) | Err(ClientError::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    user.leave().await?;
    server.log_in(&witness).await?.leave().await?;
    Ok(())
}

async fn sql_opens_no_account(server: &Fixture) -> Outcome {
    let account = server.absent_user().await?;
    for password in
        ["' or '1'='1", "\" or \"1\"=\"1", "' or 1=1 -- ", "x' or id>0 #", "\\' or 1=1 -- "]
    {
        let mut session = server.session().await?;
        match session.login_wrongly(account.user, &account.name, password).await {
            Ok(_) => {
                return Err(Failure::violation(format!(
                    "the password {password:?} opened somebody else's account"
                )));
            }
            Err(ClientError::Refused { .. } | ClientError::Closed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn password_is_kept(server: &Fixture, password: &str) -> Outcome {
    match register(server, &fresh_name(), password).await? {
        Some(account) => comes_back(server, &account).await,
        None => Err(Failure::violation(format!("the password {password:?} was refused"))),
    }
}

async fn group_name_is_kept(server: &Fixture) -> Outcome {
    let (name, description) = (format!("{} O'Brien's", fresh_name()), "it's \"ours\" \\");
    let mut user = server.user().await?;
    user.create_group(&name, description).await?;
    // A request that is answered proves that the one before it has been dealt with.
    user.session.register(&fresh_name(), server.password()).await?;
    let user = user.come_back().await?;
    let names: Vec<_> =
        user.reply.groups.iter().filter_map(Entry::read).map(|group| group.name.clone()).collect();
    user.leave().await?;
    ensure(names.contains(&Some(name.clone())), || {
        format!("a group {name:?} was made, the groups listed are {names:?}")
    })
}
