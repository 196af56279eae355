//! A very small chat server: a thread for each connection, one JSON object a line.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::{Value, json};

/// An account, and the connection that is logged in with it.
struct Account {
    name: String,
    secret: String,
    online: Option<TcpStream>,
}

/// Accounts by their ids.
type Accounts = Arc<Mutex<BTreeMap<u64, Account>>>;

fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or("127.0.0.1:6000".to_owned());
    let listener = TcpListener::bind(addr)?;
    println!("listening on {}", listener.local_addr()?);
    let accounts = Accounts::default();
    for stream in listener.incoming().flatten() {
        let accounts = Arc::clone(&accounts);
        thread::spawn(move || {
            let mut users = Vec::new();
            let outcome = serve(&stream, &accounts, &mut users);
            for user in users {
                if let Some(account) = lock(&accounts).get_mut(&user) {
                    account.online = None;
                }
            }
            outcome
        });
    }
    Ok(())
}

fn lock(accounts: &Accounts) -> MutexGuard<'_, BTreeMap<u64, Account>> {
    accounts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a connection until it ends; `users` are those who have logged in on it.
fn serve(stream: &TcpStream, accounts: &Accounts, users: &mut Vec<u64>) -> std::io::Result<()> {
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let Ok(request) = serde_json::from_str::<Value>(&line) else { continue };
        let mut accounts = lock(accounts);
        let reply = match request["type"].as_u64() {
            Some(1) => register(&mut accounts, &request),
            Some(2) => log_in(&mut accounts, &request, stream, users),
            Some(3) => {
                let to = request["to"].as_u64().and_then(|to| accounts.get(&to));
                if let Some(mut receiver) = to.and_then(|account| account.online.as_ref()) {
                    // A receiver who is gone hears nothing; their own thread notices.
                    let _ = writeln!(receiver, "{request}");
                }
                continue;
            }
            _ => continue,
        };
        let mut stream = stream;
        writeln!(stream, "{reply}")?;
    }
    Ok(())
}

fn register(accounts: &mut BTreeMap<u64, Account>, request: &Value) -> Value {
    let [Some(name), Some(secret)] = ["name", "secret"].map(|key| request[key].as_str()) else {
        return json!({"type": 101, "error": 1});
    };
    if accounts.values().any(|account| account.name == name) {
        return json!({"type": 101, "error": 2});
    }
    let user = accounts.len() as u64 + 1;
    let account = Account { name: name.to_owned(), secret: secret.to_owned(), online: None };
    accounts.insert(user, account);
    json!({"type": 101, "error": 0, "user": user})
}

fn log_in(
    accounts: &mut BTreeMap<u64, Account>,
    request: &Value,
    stream: &TcpStream,
    users: &mut Vec<u64>,
) -> Value {
    let user = request["user"].as_u64().unwrap_or(0);
    let Some(account) = accounts.get_mut(&user) else {
        return json!({"type": 102, "error": 1});
    };
    if request["secret"].as_str() != Some(account.secret.as_str()) {
        return json!({"type": 102, "error": 1});
    }
    if account.online.is_some() {
        return json!({"type": 102, "error": 3});
    }
    account.online = stream.try_clone().ok();
    users.push(user);
    json!({"type": 102, "error": 0, "user": user, "name": account.name})
}
