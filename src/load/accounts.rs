//! Accounts: whom users log in as, where they are not made afresh.

use std::{
    collections::HashSet,
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{engine::Engine, users::VirtualUser};
use crate::client::NamePrefix;

/// Where the users of a stage come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Accounts {
    /// Registered for this stage, under names that nobody has.
    #[default]
    Fresh,
    /// These; nobody registers.
    Given(Arc<[Account]>),
    /// Those of this file; whoever is missing there is registered and written into it.
    Pool(PathBuf),
}

/// One account of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id that the server gave.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Arc<str>,
}

/// Why accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file cannot be read or written.
    #[error("the accounts in {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A row is no account.
    #[error("{}:{line}: `{seen}` is no account: write id,name,password, such as 101,alice,secret", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What stands there.
        seen: String,
    },
    /// Two users would be one.
    #[error("{}:{line}: the id {id} stands there a second time: two users cannot share an account", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// The id.
        id: i64,
    },
    /// Nobody.
    #[error("there is no account in {}: write one a line, id,name,password, such as 101,alice,secret", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A range without a member.
    #[error("the ids from {first} to {last}: the first is the smaller, and above 0")]
    Range {
        /// As written.
        first: i64,
        /// As written.
        last: i64,
    },
}

impl Accounts {
    /// The accounts with these ids, which all have one password.
    ///
    /// # Errors
    /// There is no such id.
    pub fn range(ids: RangeInclusive<i64>, password: &str) -> Result<Self, AccountsError> {
        let (first, last) = (*ids.start(), *ids.end());
        if first < 1 || last < first {
            return Err(AccountsError::Range { first, last });
        }
        let password: Arc<str> = password.into();
        let account = |id: i64| Account { id, name: id.to_string(), password: password.clone() };
        Ok(Self::Given(ids.map(account).collect()))
    }

    /// The accounts of a CSV file: id, name, password; a first line with these words is passed over.
    ///
    /// # Errors
    /// The file cannot be read, has no account, or has a line that is none.
    pub fn csv(path: &Path) -> Result<Self, AccountsError> {
        let accounts = read(path)?;
        if accounts.is_empty() {
            return Err(AccountsError::Empty { path: path.to_owned() });
        }
        Ok(Self::Given(accounts.into()))
    }

    /// Those that are there already. A pool that does not exist yet has none.
    pub(super) fn known(&self) -> Result<Arc<[Account]>, AccountsError> {
        match self {
            Self::Given(accounts) => Ok(accounts.clone()),
            Self::Pool(path) if path.exists() => Ok(read(path)?.into()),
            Self::Fresh | Self::Pool(_) => Ok(Arc::default()),
        }
    }
}

fn read(path: &Path) -> Result<Vec<Account>, AccountsError> {
    let file = |source| AccountsError::File { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| file(error.into()))?;
    let (mut accounts, mut seen) = (Vec::new(), HashSet::new());
    for row in reader.records() {
        let row = row.map_err(|error| file(error.into()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = row.iter().collect();
        if accounts.is_empty() && fields == ["id", "name", "password"] {
            continue;
        }
        let account = match fields[..] {
            [id, name, password] => id.parse().ok().map(|id| Account {
                id,
                name: name.to_owned(),
                password: password.into(),
            }),
            _ => None,
        };
        let Some(account) = account else {
            let seen = fields.join(",");
            return Err(AccountsError::Row { path: path.to_owned(), line, seen });
        };
        if !seen.insert(account.id) {
            return Err(AccountsError::Twice { path: path.to_owned(), line, id: account.id });
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// Writes a pool, whole or not at all.
pub(super) fn write(path: &Path, accounts: &[Account]) -> Result<(), AccountsError> {
    let file = |source| AccountsError::File { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut row =
        |fields: [&str; 3]| writer.write_record(fields).map_err(|error| file(error.into()));
    row(["id", "name", "password"])?;
    for account in accounts {
        row([&account.id.to_string(), &account.name, &account.password])?;
    }
    let bytes = writer.into_inner().map_err(|error| file(error.into_error()))?;
    let beside = path.with_extension("csv.new");
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(file)
}

impl VirtualUser {
    /// The `index`-th user of a stage: somebody known, else somebody new.
    pub(super) fn new(known: &[Account], names: &NamePrefix, index: usize) -> Self {
        match known.get(index) {
            Some(account) => Self {
                name: account.name.clone(),
                id: Some(account.id),
                password: Some(account.password.clone()),
                ..Self::default()
            },
            None => Self { name: names.name(index), ..Self::default() },
        }
    }
}

impl Engine {
    /// Writes whoever was registered for this stage into the pool, if there is one.
    pub(super) fn keep_pool(&self, password: &str) -> io::Result<()> {
        let Accounts::Pool(path) = &self.input.plan.accounts else { return Ok(()) };
        let mut accounts = self.input.plan.accounts.known().map_err(io::Error::other)?.to_vec();
        let before = accounts.len();
        let password: Arc<str> = password.into();
        let made = self.users.iter().filter(|user| user.password.is_none() && user.was_in_session);
        accounts.extend(made.filter_map(|user| {
            let (id, name) = (user.id?, user.name.clone());
            Some(Account { id, name, password: password.clone() })
        }));
        if accounts.len() == before {
            return Ok(());
        }
        write(path, &accounts).map_err(io::Error::other)
    }
}
