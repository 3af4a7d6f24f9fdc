//! `ha config fmt`: the canonical form of a configuration.

use std::path::{Path, PathBuf};

use crate::config::format;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::input;
use crate::io::replace_file::replace;
use crate::output::{Printer, diagnostics};

/// Arguments of `ha config fmt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; name the files that would change: exit 0 none, 1 some.
    #[arg(long, conflicts_with = "write")]
    check: bool,

    /// Rewrite the files that are not in this form yet, and name them.
    #[arg(long)]
    write: bool,

    /// Configuration files; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// A file and its canonical form.
struct Formatted {
    path: PathBuf,
    text: Vec<u8>,
    changed: bool,
}

/// Run the command.
///
/// # Errors
/// A file that cannot be read, written, or laid out.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    let whole = !args.check && !args.write;
    if whole && args.files.len() > 1 {
        let cause = "one file goes to stdout; several need --check or --write";
        return Err(Error::new("format", "several files", cause).exit(Exit::Usage));
    }
    if args.write && args.files.iter().any(|path| is_stdin(path)) {
        let cause = "stdin cannot be rewritten; leave out --write";
        return Err(Error::new("format", "-", cause).exit(Exit::Usage));
    }
    // Every file is laid out before the first one is written.
    let files = args.files.iter().map(|path| formatted(path)).collect::<Result<Vec<_>>>()?;
    if args.write {
        for file in files.iter().filter(|file| file.changed) {
            replace(&file.path, &file.text)
                .map_err(|e| Error::new("rewrite", file.path.display().to_string(), e))?;
        }
    }
    tell(&files, whole, printer)?;
    let changes = files.iter().any(|file| file.changed);
    Ok(if args.check && changes { Exit::No } else { Exit::Success })
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn formatted(path: &Path) -> Result<Formatted> {
    let name = || path.display().to_string();
    let old = input::bytes(path).map_err(|e| Error::new("read", name(), e).exit(Exit::Invalid))?;
    match format(path, &old) {
        Ok(text) => Ok(Formatted { path: path.to_owned(), changed: text != old, text }),
        Err(refusal) => {
            diagnostics::print(&refusal);
            let cause = "its blocks do not end where they should, as told above; it is unchanged";
            Err(Error::new("format", name(), cause).exit(Exit::Invalid))
        }
    }
}

fn tell(files: &[Formatted], whole: bool, printer: Printer) -> Result<()> {
    if printer.is_json() {
        let files: Vec<_> = files
            .iter()
            .map(|file| {
                let mut entry = serde_json::json!({ "file": file.path, "changed": file.changed });
                if whole {
                    entry["text"] = String::from_utf8_lossy(&file.text).into();
                }
                entry
            })
            .collect();
        return printer.document(&serde_json::json!({ "v": 1, "files": files }));
    }
    for file in files {
        if whole {
            printer.bytes(&file.text)?;
        } else if file.changed {
            printer.line(file.path.display().to_string())?;
        }
    }
    Ok(())
}
