//! `{a,b}` of a pattern: every pattern that it stands for, as the shell and glibc have it.

/// Patterns that one may stand for: nobody names so many files in a line.
const MOST: usize = 1024;
/// Braces that one may have, and bytes: what has more is not meant as a pattern.
const MOST_BRACES: usize = 64;
const LONGEST: usize = 16 << 10;

/// The patterns without braces that `pattern` stands for, in order. `None`: there are too many.
/// A brace without its partner is a letter like any other.
pub(super) fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let bounded = pattern.len() <= LONGEST && pattern.matches('{').count() <= MOST_BRACES;
    let mut out = Vec::new();
    (bounded && expand(pattern, &mut out)).then_some(out)
}

/// Whether all of them had room in `out`.
fn expand(pattern: &str, out: &mut Vec<String>) -> bool {
    let Some((before, inside, after)) = group(pattern) else {
        out.push(pattern.to_owned());
        return out.len() <= MOST;
    };
    let mut depth = 0_usize;
    let mut parts = inside.split(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.all(|part| expand(&format!("{before}{part}{after}"), out))
}

/// What stands before, in and after the first outermost pair of braces.
fn group(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = pattern.split_once('{')?;
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some((before, rest.get(..at)?, rest.get(at + 1..)?)),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_neighbouring_braces_give_every_combination_in_order() {
        let of = |pattern| alternatives(pattern).unwrap();
        assert_eq!(of("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
        assert_eq!(of("{a,b}{1,2}"), ["a1", "a2", "b1", "b2"]);
        assert_eq!(of("x{,y}"), ["x", "xy"]);
        assert_eq!(of("{a}"), ["a"]);
        assert_eq!(of("plain*.conf"), ["plain*.conf"]);
    }

    #[test]
    fn a_brace_without_its_partner_is_a_letter() {
        for pattern in ["a{b", "a}b", "{{a,b}"] {
            assert_eq!(alternatives(pattern).unwrap(), [pattern]);
        }
    }

    #[test]
    fn too_many_are_none() {
        assert_eq!(alternatives(&"{a,b}".repeat(10)).map(|all| all.len()), Some(1024));
        assert_eq!(alternatives(&"{a,b}".repeat(11)), None);
        assert_eq!(alternatives(&"{a,b}".repeat(5000)), None);
        assert_eq!(alternatives(&"{".repeat(5000)), None);
    }
}
