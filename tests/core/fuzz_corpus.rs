//! What the fuzz targets check, over the inputs that they have kept and over each of those with
//! a few bytes exchanged: a promise that no longer holds is noticed without a fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "../../fuzz/checks/mod.rs"]
mod checks;

fn fuzz() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Runs a check; says by which input it fails.
fn run(name: &str, check: checks::Check, from: &Path, data: &[u8]) {
    let outcome = std::panic::catch_unwind(|| check(data));
    assert!(outcome.is_ok(), "{name} fails by {} as {:?}", from.display(), String::from_utf8_lossy(data));
}

#[test]
fn every_check_holds_over_its_corpus() {
    for (name, check) in checks::ALL {
        let mut inputs = 0;
        for entry in fs::read_dir(fuzz().join("corpus").join(name)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            inputs += 1;
            run(name, *check, &path, &data);
            // Cut, and with a byte of another kind at a few places.
            for at in (0..data.len()).step_by(1 + data.len() / 40) {
                run(name, *check, &path, &data[..at]);
                for byte in [b'"', b'}', b' ', 0xff] {
                    let mut data = data.clone();
                    data[at] = byte;
                    run(name, *check, &path, &data);
                }
            }
        }
        assert!(inputs > 3, "{name} has {inputs} inputs");
    }
}

#[test]
fn every_check_is_a_target_and_has_a_corpus() {
    let names: BTreeSet<String> = checks::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let targets = manifest.split("[[bin]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    assert_eq!(names, targets.collect());
    let corpora = fs::read_dir(fuzz().join("corpus")).unwrap();
    assert_eq!(names, corpora.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect());
}
