//! Do as many processes of a name run as should? Names and arguments are compared as keepalived
//! compares those of a `track_process`.

use super::dialogue::Finding;

/// The kernel keeps so many bytes of a name.
const KEPT: usize = 15;

/// Which processes count, and how many are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessCheck {
    /// Name of the program, or its first word.
    pub name: String,
    /// `name` is the whole first word of the command line, not the kernel's name.
    pub full_command: bool,
    /// Arguments it must have.
    pub arguments: Option<Arguments>,
    /// Fewest that are good.
    pub least: u32,
    /// Most that are good.
    pub most: Option<u32>,
}

/// Arguments that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// They are the first ones, and others may follow.
    pub initial: bool,
    /// The last of them is a prefix.
    pub partial: bool,
    /// In order.
    pub words: Vec<String>,
}

impl ProcessCheck {
    /// Whether a process with this name and command line counts.
    #[must_use]
    pub fn counts(&self, name: &[u8], command: &[&[u8]]) -> bool {
        let named = if self.full_command {
            command.first().is_some_and(|first| *first == self.name.as_bytes())
        } else {
            let kept = self.name.as_bytes();
            name == kept.get(..KEPT).unwrap_or(kept)
        };
        let arguments = command.get(1..).unwrap_or_default();
        named && self.arguments.as_ref().is_none_or(|wanted| wanted.fit(arguments))
    }

    /// Judge a number of them.
    #[must_use]
    pub fn judge(&self, running: u32) -> Finding {
        let most = self.most.unwrap_or(u32::MAX);
        if (self.least..=most).contains(&running) {
            return Finding::good(format!("{running} running"));
        }
        let least = self.least;
        let wanted = match self.most {
            None => format!("at least {least}"),
            Some(most) if most == least => format!("{least}"),
            Some(most) => format!("{least} to {most}"),
        };
        Finding::bad(format!("{running} running, not {wanted}"))
    }
}

impl Arguments {
    fn fit(&self, given: &[&[u8]]) -> bool {
        let Some((last, first)) = self.words.split_last() else {
            return self.initial || given.is_empty();
        };
        let same = first.iter().zip(given).all(|(wanted, given)| wanted.as_bytes() == *given);
        let last = given.get(first.len()).is_some_and(|given| {
            let last = last.as_bytes();
            if self.partial { given.starts_with(last) } else { *given == last }
        });
        let no_more = given.len() == self.words.len();
        same && last && (no_more || self.initial || self.partial)
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Grade;
    use super::*;

    fn check(name: &str) -> ProcessCheck {
        ProcessCheck {
            name: name.into(),
            full_command: false,
            arguments: None,
            least: 1,
            most: None,
        }
    }

    #[test]
    fn a_process_is_known_by_its_name_or_its_first_word() {
        let command: &[&[u8]] = &[b"/usr/sbin/nginx", b"-g", b"daemon"];
        assert!(check("nginx").counts(b"nginx", command));
        assert!(!check("ngin").counts(b"nginx", command));
        // The kernel keeps fifteen bytes.
        assert!(check("a-very-long-name-indeed").counts(b"a-very-long-nam", &[]));
        let full = ProcessCheck { full_command: true, ..check("/usr/sbin/nginx") };
        assert!(full.counts(b"other", command));
        assert!(!full.counts(b"/usr/sbin/nginx", &[]));
    }

    #[test]
    fn arguments_are_compared_whole_in_part_or_from_the_start() {
        let given: &[&[u8]] = &[b"p", b"-a", b"one"];
        for (initial, partial, words, counts) in [
            (false, false, &["-a", "one"][..], true),
            (false, false, &["-a"], false),
            (false, false, &["-a", "o"], false),
            (false, false, &[], false),
            (true, false, &["-a"], true),
            (true, false, &[], true),
            (true, false, &["-"], false),
            (false, true, &["-a", "o"], true),
            (false, true, &["-b"], false),
            (true, true, &["-a", "one", "two"], false),
        ] {
            let words = words.iter().map(|&word| word.to_owned()).collect();
            let arguments = Some(Arguments { initial, partial, words });
            let check = ProcessCheck { arguments, ..check("p") };
            assert_eq!(check.counts(b"p", given), counts, "{check:?}");
        }
    }

    #[test]
    fn the_number_of_processes_is_judged() {
        let between = |least, most| ProcessCheck { least, most, ..check("p") };
        for (check, running, grade, reason) in [
            (between(1, None), 1, Grade::Good, "1 running"),
            (between(2, None), 1, Grade::Bad, "1 running, not at least 2"),
            (between(1, Some(2)), 3, Grade::Bad, "3 running, not 1 to 2"),
            (between(0, Some(0)), 1, Grade::Bad, "1 running, not 0"),
        ] {
            let finding = check.judge(running);
            assert_eq!((finding.grade, finding.reason.as_str()), (grade, reason));
        }
    }
}
