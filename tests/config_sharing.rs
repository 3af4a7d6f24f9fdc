//! Very many virtual servers are built by two hands. What comes of it is what one hand makes of
//! them, whichever is done first.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ha::config::{FileStatus, LoadError, Loader, Options, load};
use ha::drivers::config_loader::Held;
use ha::output::diagnostics::text;

/// Virtual servers with a mistake each, of many kinds, and settings that depend on others.
fn configuration() -> String {
    let mut out = String::from(
        "virtual_server_group early {\n10.9.9.1 80\n}\n\
         virtual_server_group late {\n10.9.9.2 80\n}\n\
         virtual_server_group never {\n10.9.9.3 80\n}\n",
    );
    for number in 0..1200 {
        let (a, b) = (number / 250, number % 250);
        let name = match number {
            3 => "group early".to_owned(),
            1190 => "group late".to_owned(),
            // A service of the first half stands again in the second.
            1000 => "10.0.2.1 80".to_owned(),
            _ => format!("10.{a}.{b}.1 80"),
        };
        let mistake = match number % 300 {
            7 => "weight heavy",
            8 => "wieght 1",
            9 => "delay_loop 0.0000001",
            10 => "lthreshold 5",
            _ => "weight 2",
        };
        write!(
            out,
            "virtual_server {name} {{\nlb_algo rr\nlb_kind NAT\nprotocol TCP\ndelay_loop 7\n\
             real_server 192.168.{a}.{b} 80 {{\n{mistake}\nTCP_CHECK {{\nconnect_timeout 3\n}}\n}}\n}}\n"
        )
        .expect("a string takes all");
    }
    out
}

/// The order in which the pieces of work are done, one after the other.
struct InOrder<'a> {
    files: Held<'a>,
    backwards: bool,
}

impl Loader for InOrder<'_> {
    fn read(&self, path: &Path) -> Result<String, LoadError> {
        self.files.read(path)
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        self.files.glob(base, pattern)
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.files.environment(name)
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        self.files.user(name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.files.group(name)
    }

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        self.files.status(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        self.files.canonical(path)
    }

    fn identity(&self) -> (u32, u32) {
        self.files.identity()
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        if self.backwards {
            other();
            one();
        } else {
            one();
            other();
        }
    }
}

/// The model as data, and everything that is said.
fn outcome(loader: &dyn Loader) -> (String, String) {
    let options = Options { host_name: "host".to_owned(), ..Options::default() };
    let outcome = load(Path::new("many.conf"), &options, loader);
    let model = outcome.model.as_ref().expect("it can be run");
    assert_eq!(model.balancer.pools.len(), 1200);
    let model = serde_json::to_string(&model.balancer).expect("data");
    (model, text(&outcome, false))
}

#[test]
fn two_hands_build_what_one_hand_does() {
    let configuration = configuration();
    let files = Held { path: Path::new("many.conf"), text: &configuration };
    let at_once = outcome(&files);
    for found in ["heavy", "wieght", "is a service of two virtual servers", "group `never`"] {
        assert!(at_once.1.contains(found), "{found} in:\n{}", at_once.1);
    }
    for used in ["group `early`", "group `late`"] {
        assert!(!at_once.1.contains(used), "{used} is used:\n{}", at_once.1);
    }
    for backwards in [false, true] {
        let in_order = outcome(&InOrder { files, backwards });
        assert_eq!(at_once, in_order, "backwards: {backwards}");
    }
}
