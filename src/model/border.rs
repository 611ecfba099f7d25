//! The border between this side and a gateway that may run in a container: whether there is one, and how the gateway
//! sees the files of this side (`container` and `paths` of a state directory in the configuration).

use std::path::{Path, PathBuf};

/// The border of one installation. The default is that there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Border {
    /// The gateway runs in a container: it has pids, a `/tmp` and paths of its own.
    pub container: bool,
    /// The path of a directory or file on this side, and the one that the gateway has for it.
    pairs: Vec<(PathBuf, PathBuf)>,
}

impl Border {
    /// A border without pairs.
    pub const fn new(container: bool) -> Self {
        Self { container, pairs: Vec::new() }
    }

    /// Adds a pair of paths, unless it is there.
    pub fn add(&mut self, here: PathBuf, there: PathBuf) {
        let pair = (here, there);
        if !self.pairs.contains(&pair) {
            self.pairs.push(pair);
        }
    }

    /// Adds what another entry says of the same border.
    pub fn merge(&mut self, other: &Self) {
        self.container |= other.container;
        other.pairs.iter().for_each(|(here, there)| self.add(here.clone(), there.clone()));
    }

    /// All pairs, in the order in which they were added.
    pub fn pairs(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.pairs.iter().map(|(here, there)| (here.as_path(), there.as_path()))
    }

    /// A path of this side as the gateway sees it. `None` where it runs in a container and no pair covers the path.
    #[must_use]
    pub fn there(&self, here: &Path) -> Option<PathBuf> {
        self.mapped(here, self.pairs())
    }

    /// A path of the gateway's as this side sees it. `None` where it runs in a container and no pair covers the path.
    #[must_use]
    pub fn here(&self, there: &Path) -> Option<PathBuf> {
        self.mapped(there, self.pairs().map(|(here, there)| (there, here)))
    }

    /// The longest pair counts: a mount may lie within another one.
    fn mapped<'a>(&self, path: &Path, pairs: impl Iterator<Item = (&'a Path, &'a Path)>) -> Option<PathBuf> {
        let covers = pairs.filter_map(|(from, to)| Some((from, path.strip_prefix(from).ok()?, to)));
        match covers.max_by_key(|(from, ..)| from.components().count()) {
            // `join` of nothing would add a slash, and a file's path must not end in one.
            Some((_, rest, to)) if rest.as_os_str().is_empty() => Some(to.to_owned()),
            Some((_, rest, to)) => Some(to.join(rest)),
            None => (!self.container).then(|| path.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn border(container: bool, pairs: &[(&str, &str)]) -> Border {
        let mut border = Border::new(container);
        pairs.iter().for_each(|(here, there)| border.add(here.into(), there.into()));
        border
    }

    #[test]
    fn the_longest_pair_counts_and_whole_names_only() {
        let pairs = [("/home/me", "/host"), ("/home/me/.claude", "/home/node/.claude"), ("/srv/claw/", "/data")];
        let border = border(true, &pairs);
        for (here, there) in [
            ("/home/me/.claude/.credentials.json", Some("/home/node/.claude/.credentials.json")),
            ("/home/me/.claude", Some("/home/node/.claude")),
            ("/home/me/.claude-work/x", Some("/host/.claude-work/x")),
            ("/srv/claw", Some("/data")),
            ("/srv/claw/agents/main", Some("/data/agents/main")),
            ("/home/men", None),
            ("/", None),
        ] {
            assert_eq!(border.there(Path::new(here)).as_deref(), there.map(Path::new), "{here}");
            if let Some(there) = there {
                assert_eq!(border.here(Path::new(there)).unwrap(), Path::new(here), "{there}");
            }
        }
        assert_eq!(border.here(Path::new("/home/node")), None);
    }

    #[test]
    fn without_a_container_a_path_that_no_pair_covers_is_the_same_on_both_sides() {
        let open = border(false, &[("/a", "/b")]);
        assert_eq!(
            ["/a/x", "/c"].map(|path| open.there(Path::new(path)).unwrap()),
            ["/b/x", "/c"].map(PathBuf::from)
        );
        assert_eq!(["/b/x", "/c"].map(|path| open.here(Path::new(path)).unwrap()), ["/a/x", "/c"].map(PathBuf::from));
    }

    #[test]
    fn a_file_keeps_its_name_and_what_two_entries_say_counts_once() {
        let mut first = border(false, &[("/usr/local/bin/ocsync", "/opt/ocsync")]);
        assert_eq!(first.there(Path::new("/usr/local/bin/ocsync")).unwrap().as_os_str(), "/opt/ocsync");
        first.merge(&border(true, &[("/usr/local/bin/ocsync", "/opt/ocsync"), ("/a", "/b")]));
        assert_eq!((first.pairs().count(), first.container), (2, true));
    }
}
