//! The settings that `status -v` prints: the values that result from the command line, the configuration and the
//! defaults. They show most mistakes in the setup of a timer.

use crate::command::units_shown;
use crate::model::policy::Share;
use crate::model::policy::When;
use crate::model::problem::Problem;
use crate::model::source::SourceKind;
use crate::model::source_id::SourceId;
use crate::model::time::{span, utc};
use crate::settings::options::Options;
use crate::settings::values::CommandLine;

/// One note for each setting. A hook is shown by its program and a ping by its host, because the rest may be secret.
#[must_use]
pub fn notes(options: &Options) -> Vec<Problem> {
    let notify = &options.notify;
    let none = || "none".to_owned();
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map_or_else(none, |path| path.display().to_string());
    let hook = |words: &Option<CommandLine>| {
        words.as_ref().and_then(|words| words.0.first()).map_or_else(none, String::clone)
    };
    let millis = i64::try_from(notify.hook_timeout.as_millis()).unwrap_or(i64::MAX);
    let bind = options.policy.bind.iter().map(|(id, to)| format!("{id}={}", to.map_or("none", |of| of.name)));
    let day = |at: i64| utc(at).and_then(|text| text.get(..10).map(str::to_owned)).unwrap_or_default();
    let days = options.policy.setup_tokens.iter().map(|(id, at)| format!("{id}={}", day(*at)));
    let logins: Vec<&str> = options.logins.iter().map(|id| id.name).collect();
    let openclaw: Vec<String> = options.openclaw.iter().map(|word| word.display().to_string()).collect();
    let values = [
        ("config", path(&options.config_file)),
        ("sources", logins.join(" ")),
        ("bind", bind.reduce(|all, one| format!("{all} {one}")).unwrap_or_else(none)),
        ("setup_tokens", days.reduce(|all, one| format!("{all} {one}")).unwrap_or_else(none)),
        ("share", shares(options)),
        ("keychain", if options.env.keychain { "asked" } else { "not asked" }.to_owned()),
        ("also_held", if options.also_held { "looked for" } else { "not looked for" }.to_owned()),
        ("reload", when(options.reload).to_owned()),
        ("openclaw", openclaw.join(" ")),
        ("clear_cooldown", when(options.clear_cooldown).to_owned()),
        ("wait", format!("{}s", options.wait)),
        ("hooks.on_change", hook(&notify.on_change)),
        ("hooks.on_problem", hook(&notify.on_problem)),
        ("hook_timeout", span(millis)),
        ("notify_every", notify.notify_every.map_or_else(|| "once".to_owned(), span)),
        ("ping", notify.ping.as_ref().map_or_else(none, |url| url.host().to_owned())),
        ("flag_file", path(&notify.flag_file)),
        ("export.env_file", path(&options.env_file)),
    ];
    let values = values.into_iter().chain(refreshing(options));
    let values = values.map(|(name, value)| Problem::note("setting", format!("{name}: {value}"), ""));
    values.chain(units_shown::notes(options)).collect()
}

/// The settings of the refresh. A program is shown without its arguments, and an endpoint by its host.
fn refreshing(options: &Options) -> [(&'static str, String); 9] {
    let settings = &options.refresh;
    let logins = options.env.logins().into_iter().filter(|id| id.kind != SourceKind::Qwen);
    let logins: Vec<SourceId> = logins.collect();
    let each = |of: &dyn Fn(SourceId) -> Option<String>| {
        let values = logins.iter().filter_map(|id| Some(format!("{}={}", id.name, of(*id)?)));
        values.reduce(|all, one| format!("{all} {one}")).unwrap_or_else(|| "none".to_owned())
    };
    let program = |id| settings.program(id).first().map(|program| program.display().to_string());
    let endpoint = |id: SourceId| settings.token_url(id).filter(|_| id.kind != SourceKind::MiniMax);
    [
        ("refresh.via", each(&|id| Some(settings.via(id).name().to_owned()))),
        ("refresh.within", each(&|id| Some(span(settings.threshold(id))))),
        ("refresh.interval", settings.interval.map_or_else(|| "none".to_owned(), span)),
        ("refresh.container", each(&|id| settings.container(id).map(str::to_owned))),
        ("refresh.programs", each(&program)),
        ("refresh.token_url", each(&|id| endpoint(id).map(|url| url.host().to_owned()))),
        ("refresh.timeout", format!("{}s", settings.timeout.as_secs())),
        ("write_back", yes(options.policy.write_back)),
        ("sqlite_write", options.policy.sqlite_write.name().to_owned()),
    ]
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn when(when: When) -> &'static str {
    match when {
        When::Auto => "auto",
        When::Always => "always",
        When::Never => "never",
    }
}

fn shares(options: &Options) -> String {
    let name = |share| if share == Share::Access { "access" } else { "lineage" };
    let logins = options.env.logins();
    let all: Vec<Share> = logins.iter().map(|id| options.policy.share(*id)).collect();
    if all.iter().all(|share| *share == all[0]) {
        return name(all[0]).to_owned();
    }
    let each = logins.iter().zip(all).map(|(id, share)| format!("{}={}", id.name, name(share)));
    each.collect::<Vec<_>>().join(" ")
}
