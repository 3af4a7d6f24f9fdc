//! `ha check`: probe one thing: exit 0 healthy, 1 not.

mod databases;
#[cfg(feature = "http2")]
mod grpc;
mod local;
mod network;
mod repeat;
mod script;
mod secure;
mod services;
mod way;
mod web;
mod words;

use std::time::Duration;

use repeat::{Repeat, Retry};

use crate::drivers::check::{self, Question};
use crate::engine::check::Health;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;

/// How long the last lines may take to be read.
const PATIENCE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  ha check tcp 192.0.2.10:80 && echo answers
  ha check icmp 192.0.2.1 --timeout 200ms || echo the gateway is silent
  ha check http http://192.0.2.10/health --host www.example.com --contains ready
  ha check https https://www.example.com/ --verify --least-days 14
  ha check dns 192.0.2.53 --name example.com
  ha check redis 192.0.2.6 --role primary
  ha check tcp '[2001:db8::10]:443' --watch --interval 500ms --fall 3
  ha check script --watch --interval 2s -- /usr/local/bin/check_nginx --quick
  ha check tcp 192.0.2.10:80 --count 5 --json | jq -c .

The answer is the exit code: 0 healthy; 1 not; 4 a privilege is missing; 5 it could not be found
out from here. With --watch a line is written when the verdict changes, and the exit code is that
of the last verdict.

Anybody may check over the network, and run scripts. icmp takes a group within
net.ipv4.ping_group_range or CAP_NET_RAW, --fwmark takes CAP_NET_ADMIN, and scripts of other users
take CAP_SETUID and CAP_SETGID.";

/// Arguments of `ha check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    probe: Probe,
}

#[derive(Debug, clap::Subcommand)]
enum Probe {
    /// Does a TCP port accept connections?
    #[command(after_help = "\
Examples:
  ha check tcp 192.0.2.10:80 && echo answers
  ha check tcp web.example:443 --watch --rise 2 --fall 3")]
    Tcp(network::TcpArgs),
    /// Does a host answer an ICMP echo request (ping)?
    #[command(after_help = "\
Example:
  ha check icmp 192.0.2.1 --timeout 200ms || echo the gateway is silent")]
    Icmp(network::IcmpArgs),
    /// Does a web server answer as it should?
    #[command(after_help = "\
Examples:
  ha check http http://192.0.2.10/health --status 200 --contains ready
  ha check http http://www.example.com/ --connect 192.0.2.10:8080 --redirects 2
  ha check http http://192.0.2.10/ --json | jq -r .data.http.md5    the value for --digest

The status is judged first, then the digest, then what is in the body. The body is always read to
its end: one that breaks off, or has more bytes than --body-limit, is a failure. A digest may be
that of the body as it came, as genhash takes it, or of what its chunks make together.")]
    Http(Box<web::HttpArgs>),
    /// Does a web server answer over TLS as it should?
    #[command(after_help = "\
Examples:
  ha check https https://www.example.com/ --verify --least-days 14
  ha check https https://www.example.com/ --connect 192.0.2.10 --ca ca.pem
  ha check https https://www.example.com/ --protocol 2 --watch --interval 2s --resume
  ha check https https://192.0.2.10/ --json | jq .data.tls.certificate_days

Without --verify or --ca any certificate will do, as in keepalived. TLS 1.2 and 1.3 are spoken,
and HTTP/1 in them, or HTTP/2 with --protocol 2. The rest is as with ha check http.")]
    Https(Box<web::HttpsArgs>),
    /// Does a server complete a TLS handshake?
    #[command(after_help = "\
Examples:
  ha check tls mail.example.com:993 --verify --least-days 14
  ha check tls 192.0.2.10:443 --sni www.example.com --tls-min 1.3")]
    Tls(Box<secure::TlsProbeArgs>),
    /// Does a DNS server answer a question?
    #[command(after_help = "\
Examples:
  ha check dns 192.0.2.53 --name www.example.com --type A --answers 1
  ha check dns '[2001:db8::53]:5353' --name gone.example.com --rcode NXDOMAIN

An answer counts when it is one to this question. One that was cut is asked for again by TCP.")]
    Dns(Box<services::DnsArgs>),
    /// Does a mail server greet as it should?
    #[command(after_help = "\
Examples:
  ha check smtp mail.example.com --helo lb1.example.com
  ha check smtp 192.0.2.25 192.0.2.26:587")]
    Smtp(Box<services::SmtpArgs>),
    /// Does a UDP service answer, or at least not refuse?
    #[command(after_help = "\
Examples:
  ha check udp 192.0.2.10:514
  ha check udp 192.0.2.10:123 --payload e30000000000000000 --require-reply=x4

Without --require-reply it is good when no ICMP error has come at the end of --timeout.")]
    Udp(Box<services::UdpArgs>),
    /// Does a gRPC server serve, by its health service?
    #[cfg(feature = "http2")]
    #[command(after_help = "\
Examples:
  ha check grpc 192.0.2.10:50051 && echo serving
  ha check grpc grpc.example.com:443 --service shop.Orders --verify --least-days 14

It calls grpc.health.v1.Health/Check: SERVING is good. Without TLS, HTTP/2 is spoken at once.")]
    Grpc(Box<grpc::GrpcArgs>),
    /// Does a Redis server work, and is it what it should be?
    #[command(after_help = "\
Examples:
  ha check redis 192.0.2.6 --role primary --password-file /etc/ha/redis.password
  ha check redis 192.0.2.7 --role replica --max-lag 10s --tls --verify
  ha check redis 192.0.2.6 --json | jq .data.database

It is asked PING, INFO server and INFO replication; a user of its access lists needs +ping +info.
A replica is as far behind as it has not heard its primary; one that has never heard it does not
know. Valkey and KeyDB speak the same.")]
    Redis(Box<databases::RedisArgs>),
    /// Does a PostgreSQL server work, and is it what it should be?
    #[command(after_help = "\
Examples:
  ha check postgres 192.0.2.4 --user probe --role primary --password-file /etc/ha/pg.password
  ha check postgres 192.0.2.5 --user probe --role replica --max-lag 10s --tls --verify
  PGPASSWORD=… ha check postgres 192.0.2.4 --user probe --read-write --password-env PGPASSWORD

The user needs no rights but to connect: CREATE ROLE probe LOGIN PASSWORD '…'. The login is by
SCRAM-SHA-256, in which the server proves itself too, by MD5, or without a password; one as it is
goes out within TLS only. A replica that has replayed all that it received is not behind, which it
also believes while its primary is cut off and the connection to it has not ended; else it is as old
as the last transaction that it replayed, by both hosts' clocks.")]
    Postgres(Box<databases::PostgresArgs>),
    /// Does a MySQL or MariaDB server work, and is it what it should be?
    #[command(after_help = "\
Examples:
  ha check mysql 192.0.2.8 --user probe --read-write --password-file /etc/ha/my.password
  ha check mysql 192.0.2.9 --user probe --role replica --max-lag 10s --tls --ca ca.pem

Whether it takes writes everybody may ask (read_only). Role and lag take REPLICATION CLIENT, in
MariaDB REPLICA MONITOR; without it they are unknown. Who follows another server is a replica, also
where two follow each other: ask for --read-write there. The login is by mysql_native_password or
caching_sha2_password; what the latter wants of an unknown client goes out within TLS only.")]
    Mysql(Box<databases::MysqlArgs>),
    /// Does a file say that all is well?
    #[command(after_help = "\
Examples:
  ha check file /run/maintenance && echo nobody works here
  ha check file /run/heartbeat --max-age 30s

The file has a number in it: 0, or nothing, is good. One that is not there is bad.")]
    File(local::FileArgs),
    /// Do as many processes of a name run as should?
    #[command(after_help = "\
Examples:
  ha check process nginx --min 2
  ha check process /usr/sbin/sshd --full-command
  ha check process postgres --max 0 || echo still running")]
    Process(local::ProcessArgs),
    /// Does a command exit with status 0?
    #[command(after_help = "\
Examples:
  ha check script -- /usr/local/bin/check_nginx --quick
  ha check script --watch --interval 2s -- pidof nginx")]
    Script(script::ScriptArgs),
    /// Run all checks of a configuration, or of a plan on stdin.
    #[command(after_help = "\
Examples:
  ha check run -f keepalived.conf --verbose
  ha check run -f lb.conf --json | ha ipvs apply --follow lb.conf

Scripts that routers track, and every check of the real servers, each once however many servers
share it. A line is written when a verdict changes, or what a check sets: a weight (misc_dynamic),
the number in a file (FILE_CHECK). SIGHUP reads the file again; what stays the same goes on as it
stands. What a BFD_CHECK needs to know is not found out here.")]
    Run(script::RunArgs),
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.probe {
        Probe::Tcp(args) => network::tcp(args, printer),
        Probe::Icmp(args) => network::icmp(args, printer),
        Probe::Http(args) => web::http(*args, printer),
        Probe::Https(args) => web::https(*args, printer),
        Probe::Tls(args) => secure::tls(*args, printer),
        Probe::Dns(args) => services::dns(*args, printer),
        Probe::Smtp(args) => services::smtp(*args, printer),
        Probe::Udp(args) => services::udp(*args, printer),
        #[cfg(feature = "http2")]
        Probe::Grpc(args) => grpc::grpc(*args, printer),
        Probe::Redis(args) => databases::redis(*args, printer),
        Probe::Postgres(args) => databases::postgres(*args, printer),
        Probe::Mysql(args) => databases::mysql(*args, printer),
        Probe::File(args) => local::file(args, printer),
        Probe::Process(args) => local::process(args, printer),
        Probe::Script(args) => script::script(args, printer),
        Probe::Run(args) => script::run(args, printer),
    }
}

/// Put `question` as often as wanted.
fn put(question: &Question, retry: &Retry, repeat: &Repeat, printer: Printer) -> Result<Exit> {
    let (config, verbose) = (retry.config(repeat), repeat.verbose);
    let health = if repeat.is_wanted() {
        let mut emit = |line: &_| printer.event(line);
        check::watch(question, config, retry.warmup, verbose, &mut emit)?
    } else {
        check::ask(question, config, retry.warmup, verbose, &mut |line| printer.answer(line))?
    };
    Ok(exit_of(health))
}

/// Healthy, not, or not to be told from here.
const fn exit_of(health: Health) -> Exit {
    match health {
        Health::Up => Exit::Success,
        Health::Down => Exit::No,
        Health::Unknown => Exit::System,
    }
}
