//! The known word that a mistyped one is nearest to.

/// The nearest of `known` to `word`, when it is near enough to be meant: one edit for short words,
/// up to a third of the letters for long ones. Capitals and `-` for `_` are none.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    if !(3..=64).contains(&letters) {
        return None;
    }
    let limit = (letters / 3).clamp(1, 4);
    known
        // Each letter more or less is an edit.
        .filter(|candidate| candidate.chars().count().abs_diff(letters) <= limit)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether `word` may be meant for `known`.
pub(super) fn is_near(word: &str, known: &str) -> bool {
    let (letters, wanted) = (word.chars().count(), known.chars().count());
    let limit = (wanted / 3).clamp(1, 4);
    letters.abs_diff(wanted) <= limit && distance(word, known) <= limit
}

/// Letters to insert, remove, replace, or swap with a neighbour to get from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let plain = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    let [from, to] = [from, to].map(|word| word.chars().map(plain).collect::<Vec<char>>());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut cost = at(&last, column) + usize::from(a != b);
            cost = cost.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && from.get(row - 1) == Some(b)
                && to.get(column - 1) == Some(a);
            if swapped {
                cost = cost.min(at(&before, column - 1) + 1);
            }
            current.push(cost);
        }
        before = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_edit_and_far_words_are_not_offered() {
        assert_eq!(distance("prioirty", "priority"), 1);
        assert_eq!(distance("", "abc"), 3);
        let known = ["priority", "preempt", "interface"];
        assert_eq!(nearest("prioirty", known.into_iter()), Some("priority"));
        assert_eq!(nearest("interfaces", known.into_iter()), Some("interface"));
        assert_eq!(nearest("tcp_check", ["tcp", "TCP_CHECK"].into_iter()), Some("TCP_CHECK"));
        assert_eq!(distance("virtual-router-id", "virtual_router_id"), 0);
        assert_eq!(nearest("bananas", known.into_iter()), None);
    }
}
