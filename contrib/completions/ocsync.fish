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

complete -c ocsync -n "__fish_ocsync_needs_command" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_needs_command" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_needs_command" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_needs_command" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_needs_command" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_needs_command" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_needs_command" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_needs_command" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_needs_command" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_needs_command" -s V -l version -d 'Print version'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "sync" -d 'Bring OpenClaw\'s profiles in step with the CLIs\' logins'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "refresh" -d 'Refresh the CLIs\' own logins where they are due, then do what sync does'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "status" -d 'Show sources, profiles and what is wrong; touches nothing'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "check-expiry" -d 'One line and an exit code for monitoring; touches nothing'
complete -c ocsync -n "__fish_ocsync_needs_command" -f -a "provide" -d 'Plumbing: answers OpenClaw\'s exec secret provider with access tokens'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l link -d 'How a profile of OpenClaw 2026.6.5 and later is linked to a login that --create finds: file (OpenClaw reads the CLI\'s file), exec (it asks ocsync provide) [default: file]' -r -f -a "file\t'OpenClaw reads the CLI\'s file'
exec\t'OpenClaw asks `ocsync provide`'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l adopt -d 'Give this profile to the CLI\'s login, whosever it was: tokens and account. What it held is kept; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l restore -d 'Put the login back that an update has replaced in this profile, and leave it alone until --adopt; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l clear-cooldown -d 'Lift cooldowns that a dead credential has caused: auto (of profiles that are updated), always (of every profile in step), never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l reload -d 'Tell the gateway of a change: auto (if one seems to run), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l sqlite-write -d 'Update profiles of OpenClaw 2026.6.5 and later in the database itself, with the access token and never a refresh token: auto (in the layouts that are known), never [default: auto]' -r -f -a "auto\t'Where the layout is one that is known'
never\t'Nowhere'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l wait -d 'Wait at most so long for a lock [default: 10]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l openclaw -d 'Command that tells the gateway, words separated by spaces [default: openclaw]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l on-change -d 'Run CMD when something has changed, with the JSON report as its input' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l on-problem -d 'Run CMD when a problem begins, while it lasts, and when it ends, with the JSON report as its input' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l notify-every -d 'Tell a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l hook-timeout -d 'End a command that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l ping -d 'After the run, GET this URL, with /CODE behind it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l flag-file -d 'A file that is there while a login is needed' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l dry-run -d 'Print what would be done, and touch nothing'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l create -d 'Add the default profile to the main agent where its provider has none'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l access-only -d 'Deliver the access token alone: OpenClaw cannot spend the CLI\'s refresh token then'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l prefer-source -d 'Let the source win where the profile is newer, or the source was rolled back'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l force-type -d 'Make a profile of the type that openclaw.json\'s "mode" asks for'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l write-back -d 'Put what OpenClaw has refreshed into the CLI\'s file, where it is proven that OpenClaw has spent the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_using_subcommand sync" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l via -d 'Who refreshes, every source or one: cli (the CLI itself), http (ocsync, at the vendor\'s token endpoint; claude and codex alone) [default: cli]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l within -d 'Refresh a login with at most this left [default: 1h; minimax 10m; claude by its CLI 5m]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l interval -d 'How often the timer runs this: warns where a login may expire in between' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l container -d 'Run the CLI in this container, through docker exec' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l program -d 'A CLI\'s command, words separated by spaces; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l timeout -d 'End a CLI that takes longer than this [default: 90s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l token-url -d 'Post to this URL on loopback: for tests (any other needs the configuration)' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l link -d 'How a profile of OpenClaw 2026.6.5 and later is linked to a login that --create finds: file (OpenClaw reads the CLI\'s file), exec (it asks ocsync provide) [default: file]' -r -f -a "file\t'OpenClaw reads the CLI\'s file'
exec\t'OpenClaw asks `ocsync provide`'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l adopt -d 'Give this profile to the CLI\'s login, whosever it was: tokens and account. What it held is kept; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l restore -d 'Put the login back that an update has replaced in this profile, and leave it alone until --adopt; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l clear-cooldown -d 'Lift cooldowns that a dead credential has caused: auto (of profiles that are updated), always (of every profile in step), never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l reload -d 'Tell the gateway of a change: auto (if one seems to run), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l sqlite-write -d 'Update profiles of OpenClaw 2026.6.5 and later in the database itself, with the access token and never a refresh token: auto (in the layouts that are known), never [default: auto]' -r -f -a "auto\t'Where the layout is one that is known'
never\t'Nowhere'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l wait -d 'Wait at most so long for a lock [default: 10]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l openclaw -d 'Command that tells the gateway, words separated by spaces [default: openclaw]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l on-change -d 'Run CMD when something has changed, with the JSON report as its input' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l on-problem -d 'Run CMD when a problem begins, while it lasts, and when it ends, with the JSON report as its input' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l notify-every -d 'Tell a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l hook-timeout -d 'End a command that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l ping -d 'After the run, GET this URL, with /CODE behind it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l flag-file -d 'A file that is there while a login is needed' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l dry-run -d 'Print what would be done, and touch nothing'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l create -d 'Add the default profile to the main agent where its provider has none'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l access-only -d 'Deliver the access token alone: OpenClaw cannot spend the CLI\'s refresh token then'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l prefer-source -d 'Let the source win where the profile is newer, or the source was rolled back'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l force-type -d 'Make a profile of the type that openclaw.json\'s "mode" asks for'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l write-back -d 'Put what OpenClaw has refreshed into the CLI\'s file, where it is proven that OpenClaw has spent the CLI\'s refresh token'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_using_subcommand refresh" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l history -d 'List what happened in the last 30 days: rotations, refreshes, deliveries, failures; the newest N [default: 20]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l login-within -d 'Warn of a login that ends within this time' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l config-check -d 'Say whether ocsync\'s configuration can be read: every error with key, line and column, never a value; do nothing else'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l problems -d 'Show only what needs something'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_using_subcommand status" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l profile -d 'Only this profile, and the login it is bound to; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l format -d 'Form of the output: text, json (as --json), nagios (exit codes 0 to 3, as plugins have them), prometheus' -r -f -a "text\t'One line'
json\t'The report'
nagios\t'A line and exit codes for Nagios and its kin'
prometheus\t'Metrics'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l textfile -d 'Write metrics as well, for a textfile collector of Prometheus (PATH should end in .prom)' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l within -d 'Less than this left is "expiring" [default: 1h; 0s for a token that can be renewed without a login]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l login-within -d 'Less than this left of the login itself is "expiring" as well' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l on-problem -d 'Run CMD when a problem begins, while it lasts, and when it ends, with the JSON report as its input' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l notify-every -d 'Tell a problem that lasts again after this time, or "once" [default: 24h]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l hook-timeout -d 'End a command that runs longer than this [default: 30s]' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l ping -d 'After the run, GET this URL, with /CODE behind it if the exit code is not 0' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l flag-file -d 'A file that is there while a login is needed' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l test-hook -d 'Call the hooks with a made-up report, do nothing else, and end with 4 if one fails'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_using_subcommand check-expiry" -s h -l help -d 'Print help'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l wait -d 'Take at most so long, input included; OpenClaw waits 5 s' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l home -d 'Home directory to work in, in place of $HOME' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l state-dir -d 'OpenClaw state directory; may be given several times' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l claude-dir -d 'Directory of Claude Code\'s .credentials.json; NAME=DIR adds the login claude:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l codex-home -d 'Directory of Codex\'s auth.json; NAME=DIR adds the login codex:NAME; may be given several times' -r -f -a "(__fish_complete_directories)"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l source -d 'Only this source (claude, codex, minimax, qwen: all of its logins; claude:NAME: one); may be given several times' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
minimax\t'MiniMax CLI, `mmx`'
qwen\t'Qwen Code'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l agent -d 'Only this agent; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l bind -d 'What a profile is bound to: a source, or none; may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l share -d 'What OpenClaw gets, of every source or of one: lineage (the whole login), access (its access token); may be given several times' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l keychain -d 'Ask the macOS Keychain: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l config -d 'Configuration file, in place of ~/.config/ocsync/config.json' -r -F
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l color -d 'Colour: auto (on a terminal), always, never' -r -f -a "auto\t'When it is called for'
always\t'In any case'
never\t'In no case'"
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l now -d 'The time to work with, RFC 3339: for tests' -r
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -l json -d 'Print a JSON report'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s q -l quiet -d 'Print errors only'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s v -l verbose -d 'Print every profile and the paths that were used'
complete -c ocsync -n "__fish_ocsync_using_subcommand provide" -s h -l help -d 'Print help'
