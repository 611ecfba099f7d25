//! The archive of `contrib/release` holds what ships, works where nothing else is, and is where `cargo binstall` looks
//! for it.
//!
//! Opt-in, as the Debian package is: `OCSYNC_PACKAGE=1`. It is made from the crate of `cargo package`, which is so built
//! by itself, and without optimising it: what is looked at here does not depend on that.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::crate_package::package;
use crate::home::{Home, chmod, put};
use crate::package::{ROOT, files, is_asked_for, printed};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// This machine's own target.
fn target() -> String {
    let said = printed(Command::new("rustc").arg("-vV"));
    said.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// The crate, unpacked.
fn unpacked_crate(build: &Path) -> PathBuf {
    let _ = fs::remove_dir_all(build.join("package"));
    printed(package().arg("--no-verify").arg("--target-dir").arg(build));
    let file = build.join(format!("package/ocsync-{VERSION}.crate"));
    printed(Command::new("tar").arg("-C").arg(build.join("package")).arg("-xzf").arg(file));
    build.join(format!("package/ocsync-{VERSION}"))
}

/// The archive of a clone or of a crate, and what was printed.
fn made(clone: &Path, build: &Path, is_quick: bool) -> (PathBuf, String) {
    let mut command = Command::new(clone.join("contrib/release"));
    command.env("CARGO_TARGET_DIR", build).current_dir("/");
    if is_quick {
        for (setting, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "0")] {
            command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
    }
    let said = printed(&mut command);
    (build.join(format!("dist/ocsync-{}-v{VERSION}.tar.gz", target())), said)
}

/// A file server on loopback that knows one path; its address.
fn serve(path: String, bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let asked = lines.next().unwrap();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let found = asked.starts_with(&format!("GET {path} "));
            let body: &[u8] = if found { &bytes } else { b"" };
            let status = if found { "200 OK" } else { "404 Not Found" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body).unwrap();
        }
    });
    format!("http://{address}")
}

/// A template of `[package.metadata.binstall]`, as cargo-binstall expands it for a repository at this address.
fn expanded(key: &str, repo: &str) -> String {
    let manifest: toml::Table = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap().parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    let target = target();
    let values = [("repo", repo), ("name", "ocsync"), ("bin", "ocsync"), ("version", VERSION), ("target", &target)];
    let mut text = binstall[key].as_str().unwrap().replace("{ archive-suffix }", ".tar.gz");
    text = text.replace("{ binary-ext }", "");
    for (name, value) in values {
        text = text.replace(&format!("{{ {name} }}"), value);
    }
    assert!(!text.contains('{'), "{text}");
    text
}

/// The files that the archive holds beside what is made for it, by their paths in the repository.
fn shipped() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for dir in
        ["compose", "completions", "config", "cron", "man", "nagios", "notify", "prometheus", "schema", "systemd"]
    {
        all.extend(files(&format!("contrib/{dir}")).into_keys().map(|name| format!("contrib/{dir}/{name}")));
    }
    let named = ["README.md", "MANUAL.md", "RELIABILITY.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];
    all.extend(named.into_iter().chain(["contrib/README.md", "contrib/install"]).map(str::to_owned));
    all
}

/// What the unpacked archive says of itself.
fn is_whole(unpacked: &Path) {
    let mut there: BTreeSet<String> = BTreeSet::new();
    for line in printed(Command::new("find").current_dir(unpacked).args([".", "-type", "f"])).lines() {
        there.insert(line.trim_start_matches("./").to_owned());
    }
    for made in ["ocsync", "sbom.cdx.json", "THIRD-PARTY-LICENSES", "SHA256SUMS"] {
        assert!(there.remove(made), "{made}");
    }
    assert_eq!(there, shipped());
    for name in &there {
        assert_eq!(fs::read(unpacked.join(name)).unwrap(), fs::read(Path::new(ROOT).join(name)).unwrap(), "{name}");
    }
    let sums = fs::read_to_string(unpacked.join("SHA256SUMS")).unwrap();
    printed(Command::new("sha256sum").current_dir(unpacked).args(["--check", "--strict", "SHA256SUMS"]));
    assert_eq!(sums.lines().count(), there.len() + 3);
    // No document of it has a link that leads out of it.
    for name in there.iter().filter(|name| name.ends_with(".md")) {
        let text = fs::read_to_string(unpacked.join(name)).unwrap();
        let links = text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            let to = unpacked.join(name).parent().unwrap().join(link);
            assert!(to.exists(), "{name}: {link}");
        }
    }
}

/// The bill of materials names each crate that cargo links, and what is no crate.
fn bill_is_true(unpacked: &Path, version: &str) {
    let bill: Value = serde_json::from_slice(&fs::read(unpacked.join("sbom.cdx.json")).unwrap()).unwrap();
    let components = bill["components"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut linked = BTreeSet::new();
    for one in components.iter().filter(|one| one["scope"] == "required") {
        assert!(!text(&one["licenses"][0]["expression"]).is_empty(), "{one}");
        if text(&one["purl"]).starts_with("pkg:cargo/") {
            assert_eq!(text(&one["hashes"][0]["content"]).len(), 64, "{one}");
            linked.insert(text(&one["name"]));
        } else if one["name"] == "sqlite" {
            let line = format!("SQLite: {}", text(&one["version"]));
            assert!(version.lines().any(|said| said == line), "{line}: {version}");
        } else {
            assert!(["rust-std", "glibc"].contains(&text(&one["name"]).as_str()), "{one}");
        }
    }
    let tree = |edges: &str| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(ROOT).args(["tree", "--locked", "--offline", "--prefix=none", "--format={p}", "--edges"]);
        let said = printed(command.args([edges, "--target", &target()]));
        said.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let mut expected = tree("normal,no-proc-macro");
    assert!(expected.remove("ocsync") && expected.len() > 40, "{expected:?}");
    assert_eq!(linked, expected);
    let licences = fs::read_to_string(unpacked.join("THIRD-PARTY-LICENSES")).unwrap();
    for name in linked {
        assert!(licences.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} has no licence");
    }
    assert!(!licences.contains("comes without a text"));
}

#[test]
fn the_archive_is_where_binstall_looks_and_works_where_nothing_else_is() {
    if !is_asked_for() {
        return;
    }
    let home = Home::stale();
    let build = Path::new(ROOT).join("target/archive");
    let source = unpacked_crate(&build);
    let (archive, said) = made(&source, &build, true);
    let bytes = fs::read(&archive).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap();
    let sum = fs::read_to_string(archive.with_file_name(format!("{name}.sha256"))).unwrap();
    assert!(said.ends_with(&sum) && sum.ends_with(&format!("  {name}\n")), "{said}");

    // Its files are root's, and none is open to others for writing.
    for line in printed(Command::new("tar").args(["--numeric-owner", "-tvzf"]).arg(&archive)).lines() {
        let mode = line.split(' ').next().unwrap();
        assert!(line.contains(" 0/0 ") && ["drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"].contains(&mode), "{line}");
    }

    let server = serve(expanded("pkg-url", "/o/ocsync"), bytes);
    let url = expanded("pkg-url", &format!("{server}/o/ocsync"));
    let got = ureq::get(&url).call().unwrap().body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    fs::write(home.root().join("got.tar.gz"), got).unwrap();
    printed(Command::new("tar").arg("-C").arg(home.root()).arg("-xzf").arg(home.root().join("got.tar.gz")));
    let program = home.root().join(expanded("bin-dir", ""));
    let unpacked = program.parent().unwrap();
    is_whole(unpacked);

    let needs = printed(Command::new("readelf").args(["--dynamic", "--program-headers"]).arg(&program));
    assert!(!needs.contains("NEEDED") && !needs.contains("INTERP"), "{needs}");
    let bytes = fs::read(&program).unwrap();
    for place in [source.to_str().unwrap(), env!("CARGO").split("/.rustup/").next().unwrap()] {
        assert!(!bytes.windows(place.len()).any(|part| part == place.as_bytes()), "{place} is in the program");
    }
    let run = |args: &[&str]| {
        let mut command = Command::new(&program);
        home.dress(&mut command).args(args);
        home.start(command).end()
    };
    let version = run(&["--version", "-v"]).code(0).stdout.clone();
    // The crate lies in a clone, and is none.
    assert!(version.contains("commit: not recorded") && version.contains("OpenClaw's schemas: 1, "), "{version}");
    bill_is_true(unpacked, &version);

    // The installer in it installs the program in it.
    let systemctl = home.root().join("bin/systemctl");
    put(&systemctl, "#!/bin/sh\nexit 0\n");
    chmod(&systemctl, 0o755);
    let install = |args: &[&str]| {
        let mut command = Command::new(unpacked.join("contrib/install"));
        home.dress(&mut command).args(args);
        command.env("PATH", format!("{}:/usr/bin:/bin", home.root().join("bin").display()));
        home.start(command).end()
    };
    install(&["--user"]).code(0).prints(".local/bin/ocsync");
    assert_eq!(fs::read(home.path(".local/bin/ocsync")).unwrap(), fs::read(&program).unwrap());
    assert!(home.path(".local/share/man/man1/ocsync.1").exists());
    run(&["sync"]).code(0).prints("updated main");
    install(&["--uninstall"]).code(0);
    assert!(!home.path(".local/bin/ocsync").exists());
}

#[test]
#[ignore = "two optimised builds: just release-twice"]
fn two_clones_make_the_same_archive() {
    let home = Home::new();
    // Both first: a commit that is made meanwhile must not part them.
    let clones = [("a", "022"), ("a longer name, with blanks", "077")].map(|(clone, umask)| {
        let clone = home.root().join(clone);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {umask} && exec git clone -q \"$@\""), "sh", ROOT]).arg(&clone);
        printed(&mut command);
        clone
    });
    let mut archives = Vec::new();
    for clone in clones {
        let (archive, said) = made(&clone, &clone.join("target"), false);
        println!("{} bytes; {said}", fs::metadata(&archive).unwrap().len());
        let program = clone.join(format!("target/{}/release/ocsync", target()));
        let version = printed(Command::new(program).args(["--version", "-v"]));
        let commit = printed(Command::new("git").arg("-C").arg(&clone).args(["rev-parse", "HEAD"]));
        assert!(version.contains(&format!("commit: {commit}")), "{version}");
        archives.push(fs::read(archive).unwrap());
    }
    assert!(archives[0] == archives[1], "they differ");
}
