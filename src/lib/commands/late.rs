//! Arguments that are described only when their subcommand is the one that was called: `ha` has
//! hundreds of options, and one call needs a few of them. Who writes them all down asks for all.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::Resettable;
use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};

/// Every subcommand is described at once.
static AT_ONCE: AtomicBool = AtomicBool::new(false);

/// From now on describe every subcommand at once.
pub fn describe_all() {
    AT_ONCE.store(true, Ordering::Relaxed);
}

/// The arguments `T` of a subcommand.
#[derive(Debug)]
pub struct Late<T>(pub T);

impl<T: Args> Args for Late<T> {
    fn group_id() -> Option<Id> {
        T::group_id()
    }

    fn augment_args(command: Command) -> Command {
        if AT_ONCE.load(Ordering::Relaxed) {
            return T::augment_args(command);
        }
        command.defer(|command| described(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| described(command, T::augment_args_for_update))
    }
}

impl<T: FromArgMatches> FromArgMatches for Late<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

/// `command` with its arguments. What it says of itself stays: arguments have a description of
/// their own, which is not for the caller.
fn described(command: Command, augment: fn(Command) -> Command) -> Command {
    let about = command.get_about().cloned();
    let long = command.get_long_about().cloned();
    let after = command.get_after_help().cloned();
    let command =
        augment(command).about(Resettable::from(about)).long_about(Resettable::from(long));
    match after {
        Some(after) => command.after_help(after),
        None => command,
    }
}
