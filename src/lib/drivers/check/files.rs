//! Files whose number acts on real servers (`FILE_CHECK`): what is in them is told whenever it is
//! something else.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::drivers::{Emit, stamped};
use crate::engine::check::file::{LOOKED_AT, number};
use crate::engine::check::{CheckPlan, Health, Known, PlannedFile};
use crate::error::{Error, Result};
use crate::io::file_watch::{FileWatch, Found};

/// Changes that may wait; then who looks does.
const WAITING: usize = 64;

pub(super) struct Files {
    all: BTreeMap<u64, File>,
    next_key: u64,
    sender: Sender<(u64, Found)>,
    found: Receiver<(u64, Found)>,
}

struct File {
    planned: PlannedFile,
    _watch: FileWatch,
    health: Health,
    value: Option<i64>,
    reason: String,
}

impl Files {
    pub(super) fn new() -> Self {
        let (sender, found) = channel(WAITING);
        Self { all: BTreeMap::new(), next_key: 0, sender, found }
    }

    /// Files that stay keep what is known of them.
    pub(super) fn take_plan(&mut self, plan: &CheckPlan) -> Result<()> {
        self.all.retain(|_, file| plan.files.contains(&file.planned));
        for planned in &plan.files {
            if self.all.values().any(|file| file.planned == *planned) {
                continue;
            }
            let known = plan.resume.iter().rev().find(|known| is_about(known, planned));
            let path = PathBuf::from(&*planned.path);
            let bytes = u64::try_from(LOOKED_AT).unwrap_or(u64::MAX);
            let watch = FileWatch::start(path, bytes, self.next_key, self.sender.clone())
                .map_err(|error| Error::new("watch", &*planned.path, error))?;
            let file = File {
                planned: planned.clone(),
                _watch: watch,
                health: known.map_or(Health::Unknown, |known| known.to),
                value: known.and_then(|known| known.value),
                reason: known.map_or_else(String::new, |known| known.reason.to_string()),
            };
            self.all.insert(self.next_key, file);
            self.next_key += 1;
        }
        Ok(())
    }

    /// Something else is in a file; never, as long as there is none.
    pub(super) async fn changed(&mut self) -> (u64, Found) {
        match self.found.recv().await {
            Some(found) => found,
            None => std::future::pending().await,
        }
    }

    /// Tell what is in a file now, if it is news.
    pub(super) fn hear(&mut self, (key, found): (u64, Found), emit: &mut Emit<'_>) -> Result<()> {
        let Some(file) = self.all.get_mut(&key) else { return Ok(()) };
        let (from, was) = (file.health, file.value);
        (file.health, file.reason) = match judge(found) {
            Ok((value, reason)) => {
                file.value = Some(value);
                (if value == 0 { Health::Up } else { Health::Down }, reason)
            }
            // What it held last stands: whoever could not read it knows nothing new.
            Err(why) => (Health::Unknown, why),
        };
        if from == file.health && was == file.value {
            return Ok(());
        }
        let data = json!({
            "check": file.planned.name, "kind": "file", "from": from, "to": file.health,
            "reason": file.reason, "value": file.value,
        });
        emit(&stamped("check.transition", without_null(data)))
    }

    pub(super) fn status(&self) -> Vec<serde_json::Value> {
        let one = |file: &File| {
            without_null(json!({
                "name": file.planned.name, "path": file.planned.path, "health": file.health,
                "reason": file.reason, "value": file.value,
            }))
        };
        self.all.values().map(one).collect()
    }
}

fn is_about(known: &Known, planned: &PlannedFile) -> bool {
    &*known.name.kind == "file" && known.name.check == planned.name
}

/// The number in a file, in words too. One that is not there holds 0, as for keepalived.
fn judge(found: Found) -> std::result::Result<(i64, String), String> {
    match found {
        Ok(None) => Ok((0, "there is no such file, which counts as 0".to_owned())),
        Ok(Some(text)) => match number(&text) {
            Some(value) => Ok((value, format!("its value is {value}"))),
            None => Err("it does not begin with a number".to_owned()),
        },
        Err(why) => Err(format!("it cannot be read: {why}")),
    }
}

fn without_null(mut data: serde_json::Value) -> serde_json::Value {
    if let Some(map) = data.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    data
}
