//! Which configurations run, side by side with Debian's keepalived: what its daemon runs, `ha`
//! runs; what its daemon ends with, `ha` refuses. Where they differ it is on purpose, told in
//! `docs/compatibility.md` and listed here.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::Namespace;

/// How long keepalived may take to find that it cannot run; one that lives longer runs.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long we wait for an end that the other verdict foretells.
const FORETOLD: Duration = Duration::from_secs(10);
/// keepalived's exit statuses for a configuration that it does not run with.
const REFUSED: [i32; 2] = [2, 6];
/// The signal of a crash.
const SEGMENTATION_FAULT: i32 = 11;
/// Files that are looked at at once; most of the time is waiting.
const WORKERS: usize = 8;

/// A reason to differ; each is a row of the section "Configuration verdicts".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Difference {
    /// FOLDER/FILE.
    file: &'static str,
    /// Which of the two runs it.
    runs: Runs,
    /// The code of `ha`, or what stands in the table instead.
    row: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runs {
    Keepalived,
    Ha,
}

const fn refused(file: &'static str, row: &'static str) -> Difference {
    Difference { file, runs: Runs::Keepalived, row }
}

const fn taken(file: &'static str, row: &'static str) -> Difference {
    Difference { file, runs: Runs::Ha, row }
}

const DIFFERENCES: [Difference; 23] = [
    refused("mistakes/hmac.conf", "`auth_hmac`"),
    refused("mistakes/net-namespace.conf", "`net_namespace`"),
    refused("mistakes/block-missing.conf", "E0005"),
    refused("mistakes/block-not-closed.conf", "E0002"),
    refused("mistakes/file-cut-short.conf", "E0002"),
    refused("mistakes/brace-without-keyword.conf", "E0004"),
    refused("real/several-keywords-on-a-line.conf", "E0004"),
    refused("mistakes/definition-uses-itself.conf", "E0006"),
    refused("mistakes/include-loop.conf", "E0007"),
    refused("mistakes/repetition-without-end.conf", "E0008"),
    refused("mistakes/name-missing.conf", "E0010"),
    refused("mistakes/instance-inside-instance.conf", "E0015"),
    refused("mistakes/quote-not-closed.conf", "E0003"),
    refused("mistakes/escape-takes-the-quote.conf", "E0003"),
    refused("mistakes/two-names.conf", "E0010"),
    refused("mistakes/duplicate-vrid-unicast.conf", "E0013"),
    taken("real/interface-missing.conf", "An interface that does not exist"),
    taken("real/track-missing-interface.conf", "An interface that does not exist"),
    taken("mistakes/undefined-name.conf", "An interface that does not exist"),
    taken("mistakes/lvs-http-no-url.conf", "`HTTP_GET` without `url`"),
    taken("real/reload-check-with-mistake.conf", "`reload_check_config`"),
    refused("real/lvs-checker-without-brace.conf", "E0005"),
    taken("mistakes/not-portable.conf", "W0101"),
];

/// Files that keepalived judges only where the kernel has IPVS.
const NEEDS_IPVS: &[&str] =
    &["samples/keepalived.conf.vrrp.lvs_syncd", "real/native-ipv6-old-spelling.conf"];

/// One file and what the two make of it.
#[derive(Debug)]
struct Verdict {
    file: String,
    keepalived: Option<bool>,
    ha: bool,
    details: String,
}

/// Every file to compare, with the name that [`DIFFERENCES`] has for it.
fn files() -> Vec<(String, PathBuf)> {
    let ours = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name);
    let samples = PathBuf::from("/usr/share/doc/keepalived/samples");
    let folders = [
        ("features", ours("features")),
        ("mistakes", ours("mistakes")),
        ("real", ours("real")),
        ("samples", samples),
    ];
    let mut files = Vec::new();
    for (folder, path) in folders {
        let Ok(entries) = fs::read_dir(&path) else {
            println!("SKIP: {}: not there", path.display());
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let ours = path.extension().is_some_and(|extension| extension == "conf");
            if path.is_file() && (ours || name.starts_with("keepalived.conf.")) {
                files.push((format!("{folder}/{name}"), path));
            }
        }
    }
    files.sort();
    files
}

/// Names after `interface` and `dev`, and entries of `track_interface`. Names that begin with
/// `never` stand for interfaces that are not there.
fn interfaces(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut tracked = false;
    for line in text.lines().map(|line| line.split(['#', '!']).next().unwrap_or_default()) {
        let line = line.replace(['{', '}'], " ");
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            if ["interface", "dev"].contains(&pair[0]) {
                names.insert(pair[1].to_owned());
            }
        }
        match words.as_slice() {
            ["track_interface", rest @ ..] => {
                tracked = true;
                names.extend(rest.first().map(|name| (*name).to_owned()));
            }
            [] => tracked = false,
            [name, ..] if tracked => {
                names.insert((*name).to_owned());
            }
            _ => {}
        }
    }
    let usable = |name: &String| {
        name.len() < 16 && !name.starts_with("never") && !name.contains(['$', '"', '/'])
    };
    names.retain(usable);
    names
}

/// A host with every interface that the files name.
fn host(files: &[(String, PathBuf)]) -> Namespace {
    let host = Namespace::new();
    let mut names: BTreeSet<String> = (0..4).map(|n| format!("eth{n}")).collect();
    for (_, path) in files {
        let bytes = fs::read(path).expect("readable");
        names.extend(interfaces(&String::from_utf8_lossy(&bytes)));
    }
    for (number, name) in names.iter().filter(|name| *name != "lo").enumerate() {
        host.ip(&format!("link add name {name} type veth peer name peer{number}"));
        host.ip(&format!("link set peer{number} up"));
        host.ip(&format!("link set {name} up"));
        host.ip(&format!("addr add 198.18.{number}.1/24 dev {name}"));
    }
    host
}

/// Whether `ha` runs it, and what it says. One that it refuses has a position.
fn ha(path: &Path) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["config", "check", "-i", "test", "--json"])
        .arg(path)
        .output()
        .expect("ha starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = document["files"][0]["diagnostics"].as_array().expect("a list");
    let errors: Vec<&Value> = found
        .iter()
        .filter(|found| found["code"].as_str().is_some_and(|code| code.starts_with('E')))
        .collect();
    let runs = match output.status.code() {
        Some(0) => true,
        Some(3) => false,
        other => panic!("{}: ha ends with {other:?}", path.display()),
    };
    assert_eq!(runs, errors.is_empty(), "{}: {errors:?}", path.display());
    for error in &errors {
        assert!(error["line"].as_u64() > Some(0), "{}: {error}", path.display());
        assert!(error["column"].as_u64() > Some(0), "{}: {error}", path.display());
    }
    let said: Vec<String> =
        errors.iter().map(|error| format!("  ha: {}", error["message"])).collect();
    (runs, said.join("\n"))
}

fn keepalived_command(host: &Namespace, path: &Path, words: &[&str]) -> Command {
    let mut command = host.command("keepalived");
    command.args(words).args(["-i", "test", "-f"]).arg(path);
    command.stdin(Stdio::null());
    command
}

/// Whether keepalived runs it; `None` when this machine is the reason that it does not. `ha`: the
/// other verdict.
fn keepalived(host: &Namespace, path: &Path, ha: bool) -> (Option<bool>, String) {
    let test: Output = keepalived_command(host, path, &["-t"]).output().expect("keepalived starts");
    let complaints = String::from_utf8_lossy(&test.stderr);
    let said: Vec<String> =
        complaints.lines().take(6).map(|line| format!("  keepalived: {line}")).collect();
    let complaint = said.join("\n");
    match test.status.code() {
        Some(0) => return (Some(true), complaint),
        // A value that is missing altogether ends each process that reads it, and so the daemon.
        Some(2) => return (Some(false), complaint),
        // What crashes the test crashes the daemon.
        None if test.status.signal() == Some(SEGMENTATION_FAULT) => {
            return (Some(false), complaint);
        }
        // Beyond these the test says little: what the daemon does counts.
        _ => {}
    }
    let folder = tempfile::tempdir().expect("a folder");
    // With a pid file of another one it would take itself for running already.
    let pid_files = ["-p", "-r", "-c", "-b"].map(|flag| [flag.into(), folder.path().join(flag)]);
    let mut daemon = keepalived_command(host, path, &["-P", "-n", "-l"])
        .args(pid_files.as_flattened())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("keepalived starts");
    let end = Instant::now() + if ha { PATIENCE } else { FORETOLD };
    let status = loop {
        if let Some(status) = daemon.try_wait().expect("our child") {
            break status.code();
        }
        if Instant::now() > end {
            // `ip netns exec` became keepalived: it is the process that we started.
            let process = nix::unistd::Pid::from_raw(i32::try_from(daemon.id()).expect("a pid"));
            nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM).expect("running");
            daemon.wait().expect("our child");
            return (Some(true), complaint);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let refused = status.is_some_and(|status| REFUSED.contains(&status));
    (refused.then_some(false), format!("{complaint}\n  keepalived: ended with {status:?}"))
}

fn compare(host: &Namespace, files: &[(String, PathBuf)]) -> Vec<Verdict> {
    let left = Mutex::new(files.iter());
    let verdicts = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some((file, path)) = left.lock().expect("no panic").next() else { return };
            let listed = DIFFERENCES.iter().any(|known| known.file == file);
            let (ha, ours) = ha(path);
            let (keepalived, theirs) = keepalived(host, path, ha || listed);
            let details = format!("{ours}\n{theirs}\n");
            let verdict = Verdict { file: file.clone(), keepalived, ha, details };
            verdicts.lock().expect("no panic").push(verdict);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    verdicts.into_inner().expect("no panic")
}

/// What is not as it should be about one verdict.
fn complaint(verdict: &Verdict) -> Option<String> {
    let known = DIFFERENCES.iter().find(|known| known.file == verdict.file);
    let keepalived = verdict.keepalived?;
    let differs = match (keepalived, verdict.ha) {
        (true, false) => Some(Runs::Keepalived),
        (false, true) => Some(Runs::Ha),
        _ => None,
    };
    if differs == known.map(|known| known.runs) {
        return None;
    }
    let runs = |yes: bool| if yes { "runs" } else { "is refused" };
    Some(format!(
        "{}: {} in keepalived and {} here; listed: {known:?}\n{}",
        verdict.file,
        runs(keepalived),
        runs(verdict.ha),
        verdict.details
    ))
}

#[test]
fn what_keepalived_runs_runs_here_and_what_ends_it_is_refused() {
    let name = "verdicts beside keepalived";
    if !support::can_run(name) {
        return;
    }
    if Command::new("keepalived").arg("--version").output().is_err() {
        println!("SKIP: {name}: keepalived is not installed");
        return;
    }
    let files = files();
    let host = host(&files);
    let verdicts = compare(&host, &files);
    assert_eq!(verdicts.len(), files.len());
    for verdict in verdicts.iter().filter(|verdict| verdict.keepalived.is_none()) {
        // Without IPVS in the kernel keepalived ends whatever else the file says.
        assert!(NEEDS_IPVS.contains(&verdict.file.as_str()), "{verdict:?}");
    }
    let wrong: Vec<String> = verdicts.iter().filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `lines` in an instance that is otherwise as it should be.
fn instance_with(lines: &str) -> String {
    format!(
        "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n\
         virtual_ipaddress {{\n10.0.0.1/24\n}}\n{lines}\n}}\n"
    )
}

#[test]
fn a_wrong_value_ends_here_what_it_ends_in_keepalived() {
    let lines = [
        ("virtual_router_id", true),
        ("interface", true),
        ("unicast_src_ip", true),
        ("version", true),
        ("notify_master", true),
        ("authentication {\nauth_type PASS\nauth_pass\n}", true),
        ("priority", true),
        ("priority 0", false),
        ("priority high", false),
        ("advert_int", true),
        ("advert_int 0", false),
        ("state", true),
        ("state FOO", false),
        ("authentication {\n}", false),
        ("authentication {\nauth_type FOO\nauth_pass x\n}", false),
        ("track_script {\nnope\n}", false),
        ("track_interface {\neth1 weight 1000\n}", false),
        ("unicast_peer {\n2001:db8::1\n}", false),
        ("unicast_src_ip foo", false),
        ("version 4", false),
        ("accept maybe", false),
        ("garp_master_delay -1", false),
        ("down_timer_adverts 0", false),
        ("foo {\nbar\n}", false),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    let installed = Command::new("keepalived").arg("--version").output().is_ok();
    if !installed {
        println!("SKIP: the verdict of keepalived: it is not installed");
    }
    for (line, ends) in lines {
        fs::write(&path, instance_with(line)).expect("written");
        assert_eq!(ha(&path).0, !ends, "{line}");
        if installed {
            let mut test = Command::new("keepalived");
            let status = test.args(["-t", "-f"]).arg(&path).output().expect("it starts").status;
            // 2: a value is missing altogether. Everything else here is only complained about.
            assert_eq!(status.code() == Some(2), ends, "{line}: keepalived -t ends with {status}");
        }
    }
}

/// A virtual server that is as it should be except for `line`, which stands in the block at `path`.
fn service_with(path: &str, line: &str) -> Option<String> {
    let service = |lines: &str| {
        format!(
            "virtual_server 10.0.0.1 80 {{\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n{lines}\n}}\n"
        )
    };
    let server = |lines: &str| service(&format!("real_server 10.1.0.1 80 {{\n{lines}\n}}"));
    let mut parts = path.split('/').skip(2);
    Some(match (path, parts.next(), parts.next()) {
        ("SSL" | "global_defs", ..) => format!("{path} {{\n{line}\n}}\n{}", server("")),
        ("virtual_server", ..) => service(&format!("real_server 10.1.0.1 80 {{\n}}\n{line}")),
        ("virtual_server/real_server", ..) => server(line),
        (_, Some("MISC_CHECK"), None) => {
            server(&format!("MISC_CHECK {{\nmisc_path /bin/true\n{line}\n}}"))
        }
        (_, Some(check @ ("HTTP_GET" | "SSL_GET")), None) => {
            server(&format!("{check} {{\nurl {{\npath /\n}}\n{line}\n}}"))
        }
        (_, Some(check), None) => server(&format!("{check} {{\n{line}\n}}")),
        (_, Some(check), Some("url")) => {
            server(&format!("{check} {{\nurl {{\npath /\n{line}\n}}\n}}"))
        }
        (_, Some(check), Some(inner)) => server(&format!("{check} {{\n{inner} {{\n{line}\n}}\n}}")),
        _ => return None,
    })
}

#[test]
fn a_keyword_of_the_balancer_without_its_value_ends_here_what_it_ends_in_keepalived() {
    if Command::new("keepalived").arg("--version").output().is_err() {
        println!("SKIP: the verdict of keepalived: it is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.conf");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for block in ha::config::schema::blocks() {
        let own = block.path.starts_with("virtual_server") || block.path == "SSL";
        let global = ["lvs_", "checker_", "nftables_ipvs"];
        let named = |keyword: &str| global.iter().any(|name| keyword.starts_with(name));
        for row in block.keywords().filter(|row| row.content.is_none()) {
            let wanted = own || block.path == "global_defs" && named(row.keyword);
            let service = service_with(block.path, row.keyword).filter(|_| wanted);
            let Some(service) = service else { continue };
            fs::write(&path, service).expect("written");
            let mut keepalived = Command::new("keepalived");
            keepalived.args(["-t", "-f"]).arg(&path);
            let status = keepalived.output().expect("it starts").status;
            let (theirs, ours) = (status.code() == Some(2), !ha(&path).0);
            seen += 1;
            if theirs != ours {
                wrong.push(format!("{} {}: keepalived {status}", block.path, row.keyword));
            }
        }
    }
    assert!(seen > 200, "{seen} keywords");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_files_that_are_compared_are_as_many_as_they_should_be() {
    let count = |folder: &str| {
        files().iter().filter(|(name, _)| name.starts_with(&format!("{folder}/"))).count()
    };
    let written = count("features") + count("mistakes") + count("real");
    assert!(written >= 250, "only {written} files of our own");
    // The package of Debian has 25.
    let samples = count("samples");
    assert!(samples == 0 || samples >= 25, "only {samples} samples");
    let known: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    for difference in DIFFERENCES {
        assert!(known.iter().any(|name| name == difference.file), "{difference:?}: no such file");
    }
}

#[test]
fn every_difference_is_told_in_the_compatibility_page() {
    let page = fs::read_to_string("docs/compatibility.md").expect("the page");
    let section = page.split("\n## ").find(|part| part.starts_with("Configuration verdicts"));
    let section = section.expect("its section");
    for known in DIFFERENCES {
        let row = format!("| {} ", known.row);
        assert!(section.contains(&row), "{}: no row {row:?}", known.file);
    }
}

#[test]
fn every_realistic_file_is_taken_or_refused_as_its_name_promises() {
    let mut refused: Vec<String> = files()
        .into_iter()
        .filter(|(name, path)| name.starts_with("real/") && !ha(path).0)
        .map(|(name, _)| name.trim_start_matches("real/").trim_end_matches(".conf").to_owned())
        .collect();
    refused.sort();
    let expected = [
        "include-check",
        "include-required",
        "lvs-checker-without-brace",
        "no-address-version-3",
        "no-vrid",
        "same-vrid-twice",
        "several-keywords-on-a-line",
        "sync-group-one-line",
        "unicast-no-interface",
        "vrid-zero",
    ];
    assert_eq!(refused, expected);
}
