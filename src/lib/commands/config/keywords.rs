//! `ha config keywords`: the keyword table.

use crate::config::nearest;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Printer;
use crate::output::keywords::{self, Query, Status};

/// Arguments of `ha config keywords`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only keywords of this block, by its path or its last name.
    #[arg(long)]
    block: Option<String>,

    /// Only keywords with which this is done.
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<Wanted>,

    /// The same as --status not-yet.
    #[arg(long, conflicts_with = "status")]
    unsupported: bool,

    /// A keyword, which is described in full; or a part of the name of keywords or blocks.
    #[arg(value_name = "NAME")]
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Wanted {
    /// Acted on.
    Works,
    /// Accepted; has no meaning here.
    Accepted,
    /// Known and not acted on yet.
    NotYet,
}

/// Run the command.
///
/// # Errors
/// When nothing is called so.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let wanted = args.status.or(args.unsupported.then_some(Wanted::NotYet));
    let status = wanted.map(|wanted| match wanted {
        Wanted::Works => Status::Works,
        Wanted::Accepted => Status::Accepted,
        Wanted::NotYet => Status::NotYet,
    });
    let query = Query { block: args.block, status, words: args.words };
    let found = keywords::find(&query);
    if found.is_empty() {
        return Err(nothing(&query));
    }
    let described = found.iter().all(|found| query.words.iter().any(|w| w == found.name()));
    if printer.is_json() {
        printer.document(&keywords::document(&found))?;
    } else if described {
        printer.line(keywords::entries(&found))?;
    } else {
        printer.line(keywords::list(&found))?;
    }
    Ok(Exit::Success)
}

/// What to try instead.
fn nothing(query: &Query) -> Error {
    let all = keywords::find(&Query::default());
    let near = query.words.first().and_then(|word| {
        let names = all.iter().map(keywords::Keyword::name);
        nearest(word, names).map(str::to_owned)
    });
    let cause = "no keyword and no block has this in its name, or not with this block and status";
    let named = query.words.iter().chain(&query.block).cloned().collect::<Vec<_>>().join(" ");
    let error = Error::new("list keywords with", named, cause).exit(Exit::No);
    match near {
        Some(near) => error.remedy(format!("did you mean `{near}`?")),
        None => error.remedy("`ha config keywords` lists them all"),
    }
}
