# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ocsync_global_optspecs
    string join \n home= state-dir= claude-dir= codex-home= source= agent= bind= share= keychain= config= json q/quiet v/verbose color= now= h/help V/version
end

function __fish_ocsync_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ocsync_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ocsync_using_subcommand
    set -l cmd (__fish_ocsync_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ocsync -n "__fish_ocsync_needs_command" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_needs_command" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_needs_command" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_needs_command" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_needs_command" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_needs_command" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_needs_command" -s V -l version -d 'Print version'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "sync" -d 'Bring OpenClaw\'s profiles in step with the CLIs\' logins'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "refresh" -d 'Have the CLIs renew their logins where that is due, then do what sync does'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "status" -d 'Show logins, profiles, and what to do about them; write nothing'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "check-expiry" -d 'Print one line for monitoring, and exit with a code; write no credential'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "provide" -d 'Answer OpenClaw when it asks for an access token: OpenClaw starts this itself'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l link -d 'How OpenClaw from 2026.6.5 on reads a login that --create links: file (it reads the CLI\'s file), exec (it asks ocsync provide) [default: file]' -r -f -a "file\t'OpenClaw reads the CLI\'s file'
exec\t'OpenClaw asks `ocsync provide`'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l adopt -d 'Give this profile to the CLI\'s login, tokens and account, even if it belongs to another account. ocsync keeps what it held; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l restore -d 'Put back the login that an update has replaced in this profile, and leave the profile alone until --adopt; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l clear-cooldown -d 'Lift cooldowns that a dead credential has caused: auto (of profiles that are updated), always (of every profile in step), never [default: auto; without WHEN always]' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l reload -d 'Tell the gateway to read its profiles again: auto (if one seems to run), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l sqlite-write -d 'Update profiles of OpenClaw from 2026.6.5 on in its database, with the access token and never a refresh token: auto (in the layouts that ocsync knows), never [default: auto]' -r -f -a "auto\t'Where the layout is one that is known'
never\t'Nowhere'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l wait -d 'Wait at most this long for a lock [default: 10]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l openclaw -d 'The command that tells the gateway, words separated by spaces [default: openclaw]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l on-change -d 'Run CMD after a run that wrote something; its input is the JSON report' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l on-problem -d 'Run CMD when a problem begins, again while it lasts, and when it ends; its input is the JSON report' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l notify-every -d 'Announce a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l hook-timeout -d 'End a CMD that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l ping -d 'After the run, GET this URL; /CODE follows it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l flag-file -d 'Make this file while a login is needed, and remove it afterwards' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l dry-run -d 'Print what would be done, and write nothing'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l create -d 'Add a profile for a login where OpenClaw has none: the default profile of the main agent, and from OpenClaw 2026.6.5 on a link'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l access-only -d 'Deliver the access token alone, so that OpenClaw cannot spend the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l prefer-source -d 'Deliver the CLI\'s login also where the profile is newer, or the CLI\'s file holds an older token again'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l force-type -d 'Change a profile to the type that its "mode" in openclaw.json asks for'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l write-back -d 'Copy OpenClaw\'s tokens into the CLI\'s file, where OpenClaw is proven to have spent the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l via -d 'Who refreshes all logins, or one: cli (the CLI itself), http (ocsync, at the vendor\'s token endpoint; claude and codex only) [default: cli]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l within -d 'Refresh a login with at most this time left [default: 1h; minimax 10m; claude by its CLI 5m]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l interval -d 'How often the timer runs this; ocsync warns if a login may expire in between' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l container -d 'Run the CLI in this container, with docker exec' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l program -d 'The command of a CLI, words separated by spaces; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l timeout -d 'End a CLI that takes longer than this [default: 90s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l token-url -d 'Post to this URL on loopback, for tests (the configuration takes other URLs)' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l link -d 'How OpenClaw from 2026.6.5 on reads a login that --create links: file (it reads the CLI\'s file), exec (it asks ocsync provide) [default: file]' -r -f -a "file\t'OpenClaw reads the CLI\'s file'
exec\t'OpenClaw asks `ocsync provide`'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l adopt -d 'Give this profile to the CLI\'s login, tokens and account, even if it belongs to another account. ocsync keeps what it held; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l restore -d 'Put back the login that an update has replaced in this profile, and leave the profile alone until --adopt; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l clear-cooldown -d 'Lift cooldowns that a dead credential has caused: auto (of profiles that are updated), always (of every profile in step), never [default: auto; without WHEN always]' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l reload -d 'Tell the gateway to read its profiles again: auto (if one seems to run), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l sqlite-write -d 'Update profiles of OpenClaw from 2026.6.5 on in its database, with the access token and never a refresh token: auto (in the layouts that ocsync knows), never [default: auto]' -r -f -a "auto\t'Where the layout is one that is known'
never\t'Nowhere'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l wait -d 'Wait at most this long for a lock [default: 10]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l openclaw -d 'The command that tells the gateway, words separated by spaces [default: openclaw]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l on-change -d 'Run CMD after a run that wrote something; its input is the JSON report' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l on-problem -d 'Run CMD when a problem begins, again while it lasts, and when it ends; its input is the JSON report' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l notify-every -d 'Announce a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l hook-timeout -d 'End a CMD that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l ping -d 'After the run, GET this URL; /CODE follows it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l flag-file -d 'Make this file while a login is needed, and remove it afterwards' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l dry-run -d 'Print what would be done, and write nothing'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l create -d 'Add a profile for a login where OpenClaw has none: the default profile of the main agent, and from OpenClaw 2026.6.5 on a link'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l access-only -d 'Deliver the access token alone, so that OpenClaw cannot spend the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l prefer-source -d 'Deliver the CLI\'s login also where the profile is newer, or the CLI\'s file holds an older token again'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l force-type -d 'Change a profile to the type that its "mode" in openclaw.json asks for'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l write-back -d 'Copy OpenClaw\'s tokens into the CLI\'s file, where OpenClaw is proven to have spent the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l history -d 'List the newest N events of the last 30 days: rotations, refreshes, deliveries, failures [default: 20]. With a PROFILE: its own events and those of the logins' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l login-within -d 'Warn of a login that ends within this time' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l local -d 'Print local times beside those in UTC; TZ chooses the time zone'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l config-check -d 'Check ocsync\'s configuration, and do nothing else: print every error with key, line and column, and never a value'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l problems -d 'Show only what needs something'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l profile -d 'Check only this profile and the login that it is bound to; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l format -d 'Print text, json (as --json), nagios (exit codes 0 to 3, as its plugins have them) or prometheus' -r -f -a "text\t'One line'
json\t'The report'
nagios\t'A line and exit codes for Nagios and its kin'
prometheus\t'Metrics'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l textfile -d 'Also write the metrics to this file, for the textfile collector of Prometheus (PATH should end in .prom)' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l within -d 'Count an access token with less than this time left [default: 1h; 0s for one that can be renewed without a login]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l login-within -d 'Count a login that ends within this time' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l on-problem -d 'Run CMD when a problem begins, again while it lasts, and when it ends; its input is the JSON report' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l notify-every -d 'Announce a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l hook-timeout -d 'End a CMD that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l ping -d 'After the run, GET this URL; /CODE follows it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l flag-file -d 'Make this file while a login is needed, and remove it afterwards' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l wait -d 'Take at most this long, input included; OpenClaw waits for 5 s' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l home -d 'Work in this home directory, not in $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l state-dir -d 'OpenClaw\'s state directory; repeatable' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds a further login, claude:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds a further login, codex:NAME; repeatable' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l source -d 'Read only this login: claude, codex, minimax or qwen (all logins of this CLI), or claude:NAME (one of them); repeatable' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l agent -d 'Look only at this agent; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l bind -d 'Bind a profile to a login, or to none; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l share -d 'Deliver lineage (access token and refresh token) or access (the access token alone), of all logins or of one; repeatable' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal only), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l config -d 'Read this configuration file, not ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l color -d 'Use colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l json -d 'Print the report as JSON'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s v -l verbose -d 'Print every profile and the paths in use; in sync and refresh also each reason'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s h -l help -d 'Print help'
