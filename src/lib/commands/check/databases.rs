//! `ha check redis`, `postgres` and `mysql`: databases, and what they are among their like.

use std::path::PathBuf;
use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::secure::MaybeTls;
use super::way::Way;
use super::words::{host_or_port, positive_duration};
use crate::drivers::check::Question;
use crate::engine::check::database::{Demand, Login, Password, Role};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::input;
use crate::io::probe::database::{Database, Protocol};
use crate::output::Printer;

#[derive(Debug, clap::Args)]
pub(super) struct RedisArgs {
    /// Address or name of the server, and its port unless that is 6379.
    #[arg(value_name = "HOST[:PORT]", value_parser = redis_server)]
    target: (String, u16),

    /// User of the access lists [default: the user without a name].
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    user: String,

    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, clap::Args)]
pub(super) struct PostgresArgs {
    /// Address or name of the server, and its port unless that is 5432.
    #[arg(value_name = "HOST[:PORT]", value_parser = postgres_server)]
    target: (String, u16),

    /// User who asks; no rights are needed but to connect.
    #[arg(long, value_name = "NAME", value_parser = name)]
    user: String,

    /// Database to connect to.
    #[arg(long, value_name = "NAME", default_value = "postgres", value_parser = name)]
    database: String,

    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, clap::Args)]
pub(super) struct MysqlArgs {
    /// Address or name of the server, and its port unless that is 3306.
    #[arg(value_name = "HOST[:PORT]", value_parser = mysql_server)]
    target: (String, u16),

    /// User who asks.
    #[arg(long, value_name = "NAME", value_parser = name)]
    user: String,

    #[command(flatten)]
    asking: Asking,
}

/// What all databases are asked alike.
#[derive(Debug, clap::Args)]
struct Asking {
    /// The password is the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,

    /// The password is in this environment variable.
    #[arg(long, value_name = "VARIABLE")]
    password_env: Option<String>,

    /// What the server must be.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,

    /// A replica must not be further behind its primary, and must know how far it is.
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    max_lag: Option<Duration>,

    /// The server must take writes, by what it says of itself; nothing is written.
    #[arg(long)]
    read_write: bool,

    /// Longest wait for the verdict.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    tls: MaybeTls,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn redis(args: RedisArgs, printer: Printer) -> Result<Exit> {
    let password = args.asking.password()?;
    if password.is_none() && !args.user.is_empty() {
        let why = "a user without a password cannot log in";
        return Err(Error::new("log in as", args.user, why)
            .remedy("give --password-file or --password-env")
            .exit(Exit::Usage));
    }
    let login = Login { user: args.user, password };
    args.asking.put(args.target, Protocol::Redis, login, printer)
}

pub(super) fn postgres(args: PostgresArgs, printer: Printer) -> Result<Exit> {
    let login = Login { user: args.user, password: args.asking.password()? };
    args.asking.put(args.target, Protocol::Postgres(args.database), login, printer)
}

pub(super) fn mysql(args: MysqlArgs, printer: Printer) -> Result<Exit> {
    let login = Login { user: args.user, password: args.asking.password()? };
    args.asking.put(args.target, Protocol::Mysql, login, printer)
}

impl Asking {
    fn put(
        self,
        (host, port): (String, u16),
        protocol: Protocol,
        login: Login,
        printer: Printer,
    ) -> Result<Exit> {
        let demand =
            Demand { role: self.role, longest_lag: self.max_lag, read_write: self.read_write };
        // Files are read before privileges are given up.
        let tls = self.tls.tls(Vec::new())?;
        let target = self.way.to(host, port, self.timeout, &[])?;
        let database = Database { target, tls, protocol, login, demand };
        put(&Question::Database(Box::new(database)), &self.retry, &self.repeat, printer)
    }

    /// What proves who asks. It is no argument, for everybody on a host sees those.
    fn password(&self) -> Result<Option<Password>> {
        let failed = |source: String, why: &dyn std::fmt::Display| {
            Error::new("read the password in", source, why).exit(Exit::Invalid)
        };
        let (source, text) = match (&self.password_file, &self.password_env) {
            (Some(file), _) => {
                let source = file.display().to_string();
                let text = input::text(file).map_err(|error| failed(source.clone(), &error))?;
                (source, text.lines().next().unwrap_or_default().to_owned())
            }
            (None, Some(name)) => {
                let text = std::env::var_os(name)
                    .ok_or_else(|| failed(name.clone(), &"the environment has no such variable"))?;
                // The system's own words for what is no text would show it.
                let text =
                    text.into_string().map_err(|_| failed(name.clone(), &"it is no text"))?;
                (name.clone(), text)
            }
            (None, None) => return Ok(None),
        };
        if text.is_empty() {
            return Err(failed(source, &"there is nothing in it"));
        }
        Ok(Some(Password::new(text)))
    }
}

fn role(text: &str) -> std::result::Result<Role, String> {
    match text {
        "primary" | "master" => Ok(Role::Primary),
        "replica" | "slave" | "standby" => Ok(Role::Replica),
        _ => Err(format!("`{text}` is no role: primary or replica")),
    }
}

fn redis_server(text: &str) -> std::result::Result<(String, u16), String> {
    host_or_port(text, 6379)
}

fn postgres_server(text: &str) -> std::result::Result<(String, u16), String> {
    host_or_port(text, 5432)
}

fn mysql_server(text: &str) -> std::result::Result<(String, u16), String> {
    host_or_port(text, 3306)
}

/// Names end with a zero on the wire.
fn name(text: &str) -> std::result::Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 255 && !text.contains('\0');
    if fits { Ok(text.to_owned()) } else { Err("a name has 1 to 255 bytes".to_owned()) }
}
