//! Hundreds of agents in a few lines: rows that say the same are told once.

use crate::report::ProfileRow;

/// Up to so many equal rows are listed one by one: their names are worth more than the lines.
const FEW: usize = 3;

/// Rows that say the same.
#[derive(Debug)]
pub struct Group<'a> {
    /// The one that is shown.
    pub row: &'a ProfileRow,
    /// How many others there are.
    pub more: usize,
    /// When the first of them ends.
    pub expires: Option<i64>,
    /// They do not all end at that time.
    pub several: bool,
}

impl<'a> Group<'a> {
    /// A row for itself.
    pub fn of(row: &'a ProfileRow) -> Self {
        Self { row, more: 0, expires: row.said.expires, several: false }
    }
}

/// The rows in groups, in the order of their first ones. What `advice` says belongs to a row.
pub fn equal<'a>(rows: &[&'a ProfileRow], advice: impl Fn(&ProfileRow) -> String) -> Vec<Group<'a>> {
    let key = |row: &ProfileRow| {
        (
            row.said.profile.clone(),
            row.said.kind,
            row.said.source,
            row.said.verdict,
            row.said.state,
            row.said.action,
            row.said.result,
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
                group.several |= group.expires != row.said.expires;
                group.expires = group.expires.into_iter().chain(row.said.expires).min();
            }
            _ => groups.push((index, Group::of(row))),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
