//! Shows hundreds of agents in a few lines: equal rows become one group.

use crate::report::ProfileRow;

/// Up to this number of equal rows are shown one by one, because their names are useful.
const FEW: usize = 3;

/// Equal rows, of which one is shown.
#[derive(Debug)]
pub struct Group<'a> {
    /// The row that is shown.
    pub row: &'a ProfileRow,
    /// How many other rows are in the group.
    pub more: usize,
    /// The earliest expiry in the group.
    pub expires: Option<i64>,
    /// Not all rows have this expiry.
    pub several: bool,
}

impl<'a> Group<'a> {
    /// A group of a single row.
    pub fn of(row: &'a ProfileRow) -> Self {
        Self { row, more: 0, expires: row.finding.expires, several: false }
    }
}

/// The rows in groups, in the order of each group's first row. Equal rows have equal `advice` too.
pub fn equal<'a>(rows: &[&'a ProfileRow], advice: impl Fn(&ProfileRow) -> String) -> Vec<Group<'a>> {
    let key = |row: &ProfileRow| {
        (
            row.finding.profile.clone(),
            row.finding.kind,
            row.finding.source,
            row.finding.verdict,
            (row.finding.state, row.finding.setup_token),
            row.finding.action,
            row.finding.result,
            advice(row),
        )
    };
    let keys: Vec<_> = rows.iter().map(|row| key(row)).collect();
    let mut groups: Vec<(usize, Group<'a>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let few = || keys.iter().filter(|other| **other == keys[index]).take(FEW + 1).count() <= FEW;
        let known = groups.iter_mut().find(|(first, _)| keys[*first] == keys[index]);
        match known {
            Some((_, group)) if !few() => {
                group.more += 1;
                group.several |= group.expires != row.finding.expires;
                group.expires = group.expires.into_iter().chain(row.finding.expires).min();
            }
            _ => groups.push((index, Group::of(row))),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
