# fish completion for banish(8). test/docs.py compares verbs and options with "banish VERB --help".

# The jails in force, whether somebody is banned or not. Anybody may ask who may read the
# configuration; what is counted since now is counted soon.
function __banish_jails
	printf '%s\n' manual forced
	banish status --json --since now 2>/dev/null |
		string replace -rf '^\{"what":"jail","jail":"([^"]*)".*' '$1'
end

function __banish_banned
	banish list --json 2>/dev/null |
		string replace -rf '.*"address":"([^"]*)","prefix":"([^"]*)".*' '$1\n$2' | string split '\n'
end

function __banish_units
	systemctl list-units --no-legend --plain --full --type service 2>/dev/null | string replace -r ' .*' ''
end

complete -c banish -f
complete -c banish -n __fish_use_subcommand -l version -d 'the version'
complete -c banish -l help -d 'the options of the verb'

complete -c banish -n __fish_use_subcommand -a run -d 'the daemon: follow the journal, ban attackers'
complete -c banish -n __fish_use_subcommand -a setup -d 'write a policy for the services that run here'
complete -c banish -n __fish_use_subcommand -a check -d "test the configuration and every rule's examples"
complete -c banish -n __fish_use_subcommand -a test -d 'what would the rules make of this line?'
complete -c banish -n __fish_use_subcommand -a replay -d 'what would have been decided over a journal?'
complete -c banish -n __fish_use_subcommand -a import -d 'take over the configuration of fail2ban'
complete -c banish -n __fish_use_subcommand -a status -d 'does it work, and what is wrong?'
complete -c banish -n __fish_use_subcommand -a report -d 'what happened in the last day?'
complete -c banish -n __fish_use_subcommand -a list -d 'who is banned?'
complete -c banish -n __fish_use_subcommand -a why -d 'is this address banned, and which lines did it?'
complete -c banish -n __fish_use_subcommand -a ban -d 'ban addresses by hand'
complete -c banish -n __fish_use_subcommand -a unban -d 'end bans'
complete -c banish -n __fish_use_subcommand -a resolve -d 'resolve the host names in ignoreip'

# One option a line: the verbs that have it.
complete -c banish -n '__fish_seen_subcommand_from run setup check test import replay resolve status report list why ban unban' -l config -xa '(__fish_complete_directories)' -d 'directory of banish.json and rules.d'
complete -c banish -n '__fish_seen_subcommand_from run setup check test import replay status report list why ban unban' -l rules -xa '(__fish_complete_directories)' -d 'directory of the shipped rules'
complete -c banish -n '__fish_seen_subcommand_from test replay status report list why ban unban' -l json -d 'one JSON object a line'
complete -c banish -n '__fish_seen_subcommand_from setup import replay status report why' -l file -r -F -d 'read this journal file'
complete -c banish -n '__fish_seen_subcommand_from run setup import replay status report why' -l directory -xa '(__fish_complete_directories)' -d 'read the journal files of this directory'
complete -c banish -n '__fish_seen_subcommand_from import replay status report why unban' -l since -xa 'now today yesterday -1h -1d' -d 'begin here'
complete -c banish -n '__fish_seen_subcommand_from replay report why' -l until -xa 'now today yesterday -1h -1d' -d 'end here'
complete -c banish -n '__fish_seen_subcommand_from run status' -l state -xa '(__fish_complete_directories)' -d 'directory of the durable state'
complete -c banish -n '__fish_seen_subcommand_from run' -l dry-run -d 'log what would be done'
complete -c banish -n '__fish_seen_subcommand_from check' -l quiet -d 'print faults only'
complete -c banish -n '__fish_seen_subcommand_from check' -l verbose -d 'say what each rule counts, too'
complete -c banish -n '__fish_seen_subcommand_from test' -l unit -xa '(__banish_units)' -d 'the messages are of this unit'
complete -c banish -n '__fish_seen_subcommand_from test' -l identifier -x -d 'and of this SYSLOG_IDENTIFIER'
complete -c banish -n '__fish_seen_subcommand_from test' -l suggest -d 'print a rule for the first line that none takes'
complete -c banish -n '__fish_seen_subcommand_from test' -l mode -xa 'normal aggressive' -d 'for every jail'
complete -c banish -n '__fish_seen_subcommand_from setup' -l ignore-me -d 'put the address that you log in from into ignoreip'
complete -c banish -n '__fish_seen_subcommand_from setup' -l yes -d 'enable and start it, too'
complete -c banish -n '__fish_seen_subcommand_from replay' -l against -xa '(__fish_complete_directories)' -d 'compare with the configuration in this directory'
complete -c banish -n '__fish_seen_subcommand_from status report' -l color -xa 'auto always never' -d 'colours'
complete -c banish -n '__fish_seen_subcommand_from status report' -l no-pager -d 'print to the terminal, not through a pager'
complete -c banish -n '__fish_seen_subcommand_from import resolve' -l output -xa '(__fish_complete_directories)' -d 'directory that is written to'
complete -c banish -n '__fish_seen_subcommand_from resolve' -l print -d 'show the answers, write nothing'
complete -c banish -n '__fish_seen_subcommand_from status' -l prometheus -d 'print metrics'
complete -c banish -n '__fish_seen_subcommand_from report' -l html -r -F -d 'write a page for a browser'
complete -c banish -n '__fish_seen_subcommand_from report' -l top -x -d 'lines of each list'
complete -c banish -n '__fish_seen_subcommand_from list ban unban' -l jail -xa '(__banish_jails)' -d 'of this jail'
complete -c banish -n '__fish_seen_subcommand_from ban' -l time -xa '1h 1d 1w infinity' -d 'how long'
complete -c banish -n '__fish_seen_subcommand_from ban' -l force -d 'also exempt addresses'
complete -c banish -n '__fish_seen_subcommand_from ban' -l reason -x -d 'stands in the comment'
complete -c banish -n '__fish_seen_subcommand_from unban' -l all -d 'every ban'

complete -c banish -n '__fish_seen_subcommand_from import' -a fail2ban
complete -c banish -n '__fish_seen_subcommand_from import' -l bans -d 'take the running bans over'
complete -c banish -n '__fish_seen_subcommand_from list' -a '(__banish_jails)'
complete -c banish -n '__fish_seen_subcommand_from why unban' -a '(__banish_banned)'
