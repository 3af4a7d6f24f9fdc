//! The configuration language from text to model.

use std::path::Path;

use ha::config::{Options, load};
use ha::drivers::config_loader::SystemLoader;

#[test]
fn the_tutorial_configuration_runs() {
    let outcome = load(Path::new("tests/config/tutorial.conf"), &Options::default(), &SystemLoader);
    for found in &outcome.diagnostics {
        let at = found.span.and_then(|span| outcome.sources.location(span));
        eprintln!(
            "{} {:?} {} -- {}",
            found.code.text(),
            at.map(|l| (l.line, l.column)),
            found.message,
            found.remedy
        );
    }
    let model = outcome.model.expect("no error");
    assert_eq!(model.vrrp.routers.len(), 1);
    eprintln!("{}", serde_json::to_string_pretty(&model).expect("serialises"));
}
