# To be put at /etc/cron.d/ocsync: cron passes over a name with a dot. Put the user whose OpenClaw
# it is in the place of alice, one line for each. Never root for another user's files: root works
# on them too, but has more rights than this needs.
#
# cron mails what a job prints, to root unless MAILTO says otherwise. With --quiet that is errors
# only. A login that is about to end is said by check-expiry, which prints a line each time: the
# `||` passes on its exit code only when there is something to do.
#MAILTO=me@example.test
PATH=/usr/local/bin:/usr/bin:/bin
17,47 * * * * alice /usr/local/bin/ocsync sync --quiet
# In its place, to have the CLIs' logins refreshed as well: Claude Code does it in the last five minutes.
#1-59/4 * * * * alice /usr/local/bin/ocsync refresh --interval 4m --quiet
23 8 * * * alice out=$(/usr/local/bin/ocsync check-expiry) || echo "$out"
