# Copy this file to /etc/cron.d/ocsync (cron ignores a name with a dot). In the place of alice, write
# the user whose OpenClaw it is, with these lines for each user. Do not write root: ocsync refuses to
# work as root in another user's home.
#
# cron mails what a job prints, to root unless MAILTO says otherwise. With --quiet ocsync prints
# errors only. check-expiry prints a line in every run, so the last job prints it only if the exit
# code is not 0.
# While a login is dead, every run mails that. For one notice, and one when it is over, let a hook mail
# (`on_problem`, see contrib/notify/README.md) and set MAILTO="".
#MAILTO=me@example.test
PATH=/usr/local/bin:/usr/bin:/bin
17,47 * * * * alice /usr/local/bin/ocsync sync --quiet
# Use this line in its place to refresh the CLIs' logins as well. Claude Code does it in the last five minutes.
#1-59/4 * * * * alice /usr/local/bin/ocsync refresh --interval 4m --quiet
23 8 * * * alice out=$(/usr/local/bin/ocsync check-expiry) || echo "$out"
